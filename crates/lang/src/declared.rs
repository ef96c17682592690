//! What the files declare: blocks with their spans, expressions compiled, nothing evaluated.
//! Imports `expressions` for compiled expressions.

use crate::expressions::Compiled;
use charter_model::{
    ExpectedDecision, Locations, Pointer, ReplaceOrder, SecretReference, SourceId, Span, StackName, Timeouts, TypeName,
    Value,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A value as written.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) span: Span,
    pub(crate) kind: DeclaredKind,
}

#[derive(Debug, Clone)]
pub(crate) enum DeclaredKind {
    /// No expression and no secret inside.
    Constant(Value),
    List(Vec<Declared>),
    Map(Vec<(Arc<str>, Declared)>),
    Expression(Arc<DeclaredExpression>),
    Interpolation(Vec<Part>),
    Secret(SecretReference),
    /// Something is wrong with it, and has been told.
    Invalid,
}

/// A part of a text with expressions.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Literal(Arc<str>),
    Expression(Arc<DeclaredExpression>),
}

/// An expression where it stands.
#[derive(Debug)]
pub(crate) struct DeclaredExpression {
    pub(crate) compiled: Arc<Compiled>,
    /// The text between the braces; the whole value where that cannot be told.
    pub(crate) span: Span,
    /// Whether `span` is the text itself, so that places inside it can be told.
    pub(crate) exact: bool,
}

impl DeclaredExpression {
    /// A stretch of the expression's text.
    pub(crate) fn within(&self, range: &Range<usize>) -> Span {
        match (self.exact, u32::try_from(range.start), u32::try_from(range.len())) {
            (true, Ok(start), Ok(length)) => {
                Span { source: self.span.source, offset: self.span.offset + start, length }
            }
            _ => self.span,
        }
    }
}

/// A text where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Named<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// What a stack or a module holds.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) source: SourceId,
    pub(crate) parameters: BTreeMap<Arc<str>, ParameterDeclaration>,
    pub(crate) blocks: BTreeMap<Arc<str>, Block>,
    pub(crate) grants: Vec<GrantDeclaration>,
    pub(crate) outputs: BTreeMap<Arc<str>, OutputDeclaration>,
    pub(crate) expectations: Vec<ExpectationDeclaration>,
}

#[derive(Debug)]
pub(crate) struct StackFile {
    pub(crate) name: StackName,
    pub(crate) name_span: Span,
    pub(crate) account: Option<Declared>,
    pub(crate) region: Option<Declared>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) struct ModuleFile {
    pub(crate) body: Body,
}

/// A parameter: a JSON Schema of the words that Charter takes.
#[derive(Debug)]
pub(crate) struct ParameterDeclaration {
    pub(crate) name_span: Span,
    pub(crate) schema: crate::parameters::ValueSchema,
    pub(crate) default: Option<Declared>,
    pub(crate) required: bool,
    pub(crate) secret: bool,
}

/// A resource or module block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name_span: Span,
    pub(crate) kind: BlockKind,
    pub(crate) for_each: Option<Declared>,
    pub(crate) when: Option<Declared>,
    pub(crate) depends_on: Vec<Arc<DeclaredExpression>>,
    pub(crate) account: Option<Declared>,
    pub(crate) region: Option<Declared>,
    pub(crate) protect: Option<Declared>,
    pub(crate) retain: Option<Declared>,
    pub(crate) moved_from: Option<Declared>,
}

#[derive(Debug)]
pub(crate) enum BlockKind {
    Resource(Box<ResourceBlock>),
    Module(ModuleBlock),
}

#[derive(Debug)]
pub(crate) struct ResourceBlock {
    pub(crate) type_name: TypeName,
    pub(crate) properties: Declared,
    pub(crate) locations: Arc<Locations>,
    pub(crate) replace: Option<ReplaceOrder>,
    pub(crate) ignore_changes: Vec<Pointer>,
    pub(crate) import: Option<Declared>,
    pub(crate) timeouts: Timeouts,
}

#[derive(Debug)]
pub(crate) struct ModuleBlock {
    pub(crate) module: Named<Arc<str>>,
    pub(crate) with: BTreeMap<Arc<str>, (Span, Declared)>,
}

#[derive(Debug)]
pub(crate) struct GrantDeclaration {
    pub(crate) span: Span,
    pub(crate) to: Declared,
    pub(crate) on: Declared,
    pub(crate) access: Vec<Named<Arc<str>>>,
    pub(crate) prefix: Option<Declared>,
    pub(crate) when: Option<Declared>,
}

#[derive(Debug)]
pub(crate) struct OutputDeclaration {
    pub(crate) name_span: Span,
    pub(crate) value: Declared,
    pub(crate) description: Option<String>,
}

#[derive(Debug)]
pub(crate) struct ExpectationDeclaration {
    pub(crate) span: Span,
    pub(crate) principal: Declared,
    pub(crate) actions: Vec<Arc<str>>,
    pub(crate) resource: Declared,
    pub(crate) expect: ExpectedDecision,
    pub(crate) for_each: Option<Declared>,
    pub(crate) when: Option<Declared>,
}

impl Declared {
    /// Every expression inside.
    pub(crate) fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Arc<DeclaredExpression>)) {
        match &self.kind {
            DeclaredKind::Constant(_) | DeclaredKind::Secret(_) | DeclaredKind::Invalid => {}
            DeclaredKind::List(list) => list.iter().for_each(|each| each.expressions(visit)),
            DeclaredKind::Map(map) => map.iter().for_each(|(_, each)| each.expressions(visit)),
            DeclaredKind::Expression(expression) => visit(expression),
            DeclaredKind::Interpolation(parts) => {
                for part in parts {
                    if let Part::Expression(expression) = part {
                        visit(expression);
                    }
                }
            }
        }
    }

    /// The expression, if the value is nothing else.
    pub(crate) fn sole_expression(&self) -> Option<&Arc<DeclaredExpression>> {
        match &self.kind {
            DeclaredKind::Expression(expression) => Some(expression),
            _ => None,
        }
    }
}
