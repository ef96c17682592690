//! Compiling: the parsed expression, and every chain of names in it that reaches outside.
//!
//! A chain is what the language checks and binds: `knowledge.index.Arn`, `profiles['cards'].arn`. Imports the crate `cel`.

use super::library::EQUAL;
use crate::text::code;
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use std::ops::Range;
use std::sync::Arc;

/// Nobody writes longer ones, and the parser's time grows with the length.
const LONGEST: usize = 8 << 10;
/// Nesting; each level is many stack frames of the parser.
const DEEPEST: usize = 24;
/// Operators, which nest as well: `a + b + c` is two deep.
pub(super) const MOST_OPERATORS: usize = 256;
/// What an index or call counts as an operator that stands behind another one, as in `a[0][1]`: each level of it is many more
/// stack frames of the parser than one of `a.b.c`.
const CHAINED: usize = 16;
/// How deep comprehensions (`map`, `filter`, `all`, …) may stand inside each other: each level multiplies the work.
const DEEPEST_COMPREHENSION: usize = 3;

/// An expression, ready to be checked and evaluated.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) text: Arc<str>,
    pub(crate) expression: IdedExpr,
    /// Every chain that begins with a free name, in the order of the text.
    pub(crate) chains: Vec<Chain>,
    /// Every function called by name, with where it stands.
    pub(crate) calls: Vec<(String, Range<usize>)>,
    /// Whether the whole expression is its first chain, so that it can be followed without an interpreter.
    pub(crate) direct: bool,
    /// Whether the whole expression is its last chain: names that lead from one to the next, keys between them computed by the
    /// chains before it.
    pub(crate) leads: bool,
    /// Whether it asks for presence (`has`, `.?`): an unknown could be mistaken for an absent member.
    pub(crate) tests_presence: bool,
}

/// Names that lead from a free name inwards.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) root: Arc<str>,
    pub(crate) root_range: Range<usize>,
    pub(crate) steps: Vec<Step>,
    /// Whether the last step is only asked for: `has(a.b)`.
    pub(crate) presence: bool,
    /// What must hold for the chain to be looked at: it stands in a branch of `?:`, or behind `&&` or `||`.
    pub(crate) guards: Vec<Guard>,
}

/// A condition that decides whether a part of an expression is evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) condition: Arc<Compiled>,
    pub(crate) expected: bool,
}

/// One step of a chain.
#[derive(Debug)]
pub(crate) enum Step {
    /// `.name` or `['name']`
    Key(Arc<str>, Range<usize>),
    /// `[0]`
    Index(usize),
    /// `[…]`: an expression by itself; none if it uses names that only the expression around it knows.
    Computed(Option<Box<Compiled>>),
}

/// Why an expression does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CompileError {
    pub(crate) message: String,
    /// Where in the text.
    pub(crate) range: Range<usize>,
}

/// Names that the expression language keeps for itself: <https://github.com/google/cel-spec/blob/master/doc/langdef.md>
pub(crate) fn is_reserved(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ];
    WORDS.contains(&name) || is_type(name) || is_namespace(name)
}

fn is_type(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "bytes"
            | "double"
            | "dyn"
            | "int"
            | "list"
            | "map"
            | "null_type"
            | "optional_type"
            | "string"
            | "type"
            | "uint"
    )
}

fn is_namespace(name: &str) -> bool {
    matches!(name, "base64" | "google" | "lists" | "math" | "optional" | "strings")
}

impl Compiled {
    pub(crate) fn new(text: &str, environment: &cel::Env) -> Result<Self, CompileError> {
        if text.trim().is_empty() {
            return Err(CompileError { message: "nothing stands between the braces".to_owned(), range: 0..text.len() });
        }
        if text.len() > LONGEST {
            let message = format!("the expression is {} bytes long; at most {LONGEST} are read", text.len());
            return Err(CompileError { message, range: 0..1 });
        }
        check_nesting(text)?;
        let mut expression = environment.parser().parse(text).map_err(|errors| parse_error(text, &errors))?;
        compare_by_content(&mut expression);
        if comprehension_depth(&expression) > DEEPEST_COMPREHENSION {
            let message =
                format!("map, filter, all and exists stand more than {DEEPEST_COMPREHENSION} deep in each other");
            return Err(CompileError { message, range: 0..text.len() });
        }
        Ok(Self::from_expression(text, expression, &[]))
    }

    fn from_expression(text: &str, expression: IdedExpr, locals: &[String]) -> Self {
        let mut walk = Walk {
            text,
            locals: locals.to_vec(),
            chains: Vec::new(),
            calls: Vec::new(),
            tests_presence: false,
            uses_locals: false,
            guards: Vec::new(),
        };
        walk.expression(&expression);
        let leads = is_chain(&expression.expr) && walk.chains.last().is_some_and(|last| !last.presence);
        let direct = leads && walk.chains.len() == 1;
        let Walk { mut chains, calls, tests_presence, .. } = walk;
        locate_chains(text, &mut chains);
        Self { text: text.into(), expression, chains, calls, direct, leads, tests_presence }
    }
}

/// Puts Charter's own comparison in the place of `==` and `!=`: the interpreter's compares its own maps with its own only, so that
/// a map written in the expression would never be equal to one that a name stands for.
fn compare_by_content(expression: &mut IdedExpr) {
    fn entry(entry: &mut EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => compare_by_content(&mut field.value),
            EntryExpr::MapEntry(entry) => {
                compare_by_content(&mut entry.key);
                compare_by_content(&mut entry.value);
            }
        }
    }
    let id = expression.id;
    match &mut expression.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => {}
        Expr::Select(select) => compare_by_content(&mut select.operand),
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| compare_by_content(target));
            call.args.iter_mut().for_each(compare_by_content);
            if call.func_name == operators::EQUALS {
                EQUAL.clone_into(&mut call.func_name);
            } else if call.func_name == operators::NOT_EQUALS {
                let args = std::mem::take(&mut call.args);
                let equal = Expr::Call(CallExpr { func_name: EQUAL.to_owned(), target: None, args });
                operators::LOGICAL_NOT.clone_into(&mut call.func_name);
                call.args = vec![IdedExpr { id, expr: equal }];
            }
        }
        Expr::List(list) => list.elements.iter_mut().for_each(compare_by_content),
        Expr::Map(map) => map.entries.iter_mut().for_each(|each| entry(&mut each.expr)),
        Expr::Struct(structure) => structure.entries.iter_mut().for_each(|each| entry(&mut each.expr)),
        Expr::Comprehension(comprehension) => {
            for part in [
                &mut comprehension.iter_range,
                &mut comprehension.accu_init,
                &mut comprehension.loop_cond,
                &mut comprehension.loop_step,
                &mut comprehension.result,
            ] {
                compare_by_content(part);
            }
        }
    }
}

/// How deep comprehensions stand inside each other. The parser has bounded how deep this recurses.
fn comprehension_depth(expression: &IdedExpr) -> usize {
    let of_entry = |entry: &EntryExpr| match entry {
        EntryExpr::StructField(field) => comprehension_depth(&field.value),
        EntryExpr::MapEntry(entry) => comprehension_depth(&entry.key).max(comprehension_depth(&entry.value)),
    };
    match &expression.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => 0,
        Expr::Select(select) => comprehension_depth(&select.operand),
        Expr::Call(call) => {
            call.target.iter().map(|target| &**target).chain(&call.args).map(comprehension_depth).max().unwrap_or(0)
        }
        Expr::List(list) => list.elements.iter().map(comprehension_depth).max().unwrap_or(0),
        Expr::Map(map) => map.entries.iter().map(|entry| of_entry(&entry.expr)).max().unwrap_or(0),
        Expr::Struct(structure) => structure.entries.iter().map(|entry| of_entry(&entry.expr)).max().unwrap_or(0),
        Expr::Comprehension(comprehension) => {
            let range = comprehension_depth(&comprehension.iter_range);
            range.max(1 + comprehension_depth(&comprehension.loop_step))
        }
    }
}

/// The parser recurses without a limit of its own on some paths; a stack that overflows cannot be caught.
fn check_nesting(text: &str) -> Result<(), CompileError> {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    let mut before = None;
    for (place, each) in code(text) {
        if matches!(each, '(' | '[') && matches!(before, Some(')' | ']' | '}')) {
            operators += CHAINED;
        }
        if !each.is_whitespace() {
            before = Some(each);
        }
        match each {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '+' | '-' | '*' | '/' | '%' | '!' | '?' | '&' | '|' | '<' | '>' | '=' | '.' => operators += 1,
            _ => {}
        }
        let range = place..place + each.len_utf8();
        if depth > DEEPEST {
            return Err(CompileError { message: format!("brackets nest more than {DEEPEST} deep"), range });
        }
        if operators > MOST_OPERATORS {
            return Err(CompileError { message: format!("it has more than {MOST_OPERATORS} operators"), range });
        }
    }
    Ok(())
}

fn parse_error(text: &str, errors: &cel::ParseErrors) -> CompileError {
    let first = errors.errors.first();
    let message = first.map_or_else(|| "it cannot be read".to_owned(), |error| error.msg.clone());
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let line = usize::try_from(line).unwrap_or(1).max(1) - 1;
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(column).unwrap_or(1).max(1) - 1;
    let start = text
        .get(before..)
        .and_then(|rest| rest.char_indices().nth(column))
        .map_or(text.len(), |(offset, _)| before + offset);
    let end = text.get(start..).and_then(|rest| rest.chars().next()).map_or(start, |each| start + each.len_utf8());
    let message = message.lines().next().unwrap_or_default().trim_start_matches("Syntax error: ");
    CompileError { message: plain_message(message), range: start..end }
}

/// The parser's words without its list of tokens.
fn plain_message(message: &str) -> String {
    let quoted =
        |after: &str| message.split_once(after).and_then(|(_, rest)| rest.split('\'').nth(1)).map(str::to_owned);
    if message.contains("'<EOF>'") {
        return "it ends too early".to_owned();
    }
    for start in
        ["mismatched input", "extraneous input", "token recognition error at:", "no viable alternative at input"]
    {
        if let Some(found) = quoted(start) {
            return format!("`{found}` is not expected");
        }
    }
    match message.split_once(" expecting ") {
        Some((before, _)) => before.to_owned(),
        None => message.to_owned(),
    }
}

/// Whether an expression is nothing but a chain.
fn is_chain(expression: &Expr) -> bool {
    match expression {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test && is_chain(&select.operand.expr),
        Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() => {
            matches!(call.args.as_slice(), [operand, _] if is_chain(&operand.expr))
        }
        _ => false,
    }
}

struct Walk<'a> {
    text: &'a str,
    locals: Vec<String>,
    chains: Vec<Chain>,
    calls: Vec<(String, Range<usize>)>,
    tests_presence: bool,
    uses_locals: bool,
    guards: Vec<Guard>,
}

impl Walk<'_> {
    fn expression(&mut self, expression: &IdedExpr) {
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(_) => self.chain(expression, false),
            Expr::Select(select) if select.test => {
                self.tests_presence = true;
                // The member asked for is part of the chain, so that it is checked and bound.
                let asked = IdedExpr {
                    id: expression.id,
                    expr: Expr::Select(cel::common::ast::SelectExpr { test: false, ..select.clone() }),
                };
                self.chain(&asked, true);
            }
            Expr::Select(_) => self.chain(expression, false),
            Expr::Call(call) if call.func_name == operators::INDEX && call.args.len() == 2 => {
                self.chain(expression, false);
            }
            Expr::Call(call) => {
                if matches!(call.func_name.as_str(), operators::OPT_INDEX | operators::OPT_SELECT) {
                    self.tests_presence = true;
                }
                let namespace = call.target.as_ref().and_then(|target| match &target.expr {
                    Expr::Ident(name) if is_namespace(name) && !self.locals.contains(name) => Some(name.clone()),
                    _ => None,
                });
                if call.func_name.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    let name = match &namespace {
                        Some(namespace) => format!("{namespace}.{}", call.func_name),
                        None => call.func_name.clone(),
                    };
                    let range = self
                        .text
                        .find(&call.func_name)
                        .map_or(0..self.text.len(), |start| start..start + call.func_name.len());
                    self.calls.push((name, range));
                }
                if let Some(target) = call.target.as_ref().filter(|_| namespace.is_none()) {
                    self.expression(target);
                }
                self.arguments(&call.func_name, &call.args);
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.expression(element)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr)),
            Expr::Struct(structure) => structure.entries.iter().for_each(|entry| self.entry(&entry.expr)),
            Expr::Comprehension(comprehension) => {
                self.expression(&comprehension.iter_range);
                self.expression(&comprehension.accu_init);
                let outer = self.locals.len();
                self.locals.push(comprehension.iter_var.clone());
                self.locals.extend(comprehension.iter_var2.clone());
                self.locals.push(comprehension.accu_var.clone());
                self.expression(&comprehension.loop_cond);
                self.expression(&comprehension.loop_step);
                self.expression(&comprehension.result);
                self.locals.truncate(outer);
            }
        }
    }

    fn arguments(&mut self, function: &str, arguments: &[IdedExpr]) {
        match (function, arguments) {
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.expression(condition);
                self.guarded(condition, true, yes);
                self.guarded(condition, false, no);
            }
            (operators::LOGICAL_AND, [left, right]) => {
                self.expression(left);
                self.guarded(left, true, right);
            }
            (operators::LOGICAL_OR, [left, right]) => {
                self.expression(left);
                self.guarded(left, false, right);
            }
            _ => arguments.iter().for_each(|argument| self.expression(argument)),
        }
    }

    fn guarded(&mut self, condition: &IdedExpr, expected: bool, expression: &IdedExpr) {
        let outer = self.guards.len();
        if let Some(condition) = self.closed(condition) {
            self.guards.push(Guard { condition, expected });
        }
        self.expression(expression);
        self.guards.truncate(outer);
    }

    /// A part of the expression by itself; none if it uses names that only the expression around it knows.
    fn closed(&self, part: &IdedExpr) -> Option<Arc<Compiled>> {
        let mut inner = Walk {
            text: self.text,
            locals: self.locals.clone(),
            chains: Vec::new(),
            calls: Vec::new(),
            tests_presence: false,
            uses_locals: false,
            guards: Vec::new(),
        };
        inner.expression(part);
        (!inner.uses_locals).then(|| Arc::new(Compiled::from_expression(self.text, part.clone(), &[])))
    }

    fn entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.expression(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.expression(&entry.key);
                self.expression(&entry.value);
            }
        }
    }

    fn chain(&mut self, expression: &IdedExpr, presence: bool) {
        let mut steps = Vec::new();
        let mut place = expression;
        let root = loop {
            match &place.expr {
                Expr::Ident(name) => break Some(name),
                Expr::Select(select) if !select.test => {
                    steps.push(Step::Key(select.field.as_str().into(), 0..0));
                    place = &select.operand;
                }
                Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() => {
                    let [operand, index] = call.args.as_slice() else { break None };
                    steps.push(self.index_step(index));
                    place = operand;
                }
                _ => break None,
            }
        };
        match root {
            Some(root) if self.locals.contains(root) => self.uses_locals = true,
            Some(root) if is_type(root) && steps.is_empty() => {}
            Some(root) => {
                steps.reverse();
                let root = root.trim_start_matches('.').into();
                let guards = self.guards.clone();
                self.chains.push(Chain { root, root_range: 0..0, steps, presence, guards });
            }
            // The chain hangs on something else, such as a call: that may hold chains of its own.
            None => self.expression(place),
        }
    }

    fn index_step(&mut self, index: &IdedExpr) -> Step {
        match &index.expr {
            Expr::Literal(LiteralValue::String(text)) => Step::Key(text.inner().into(), 0..0),
            Expr::Literal(LiteralValue::Int(number)) => match usize::try_from(*number.inner()) {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Computed(None),
            },
            _ => {
                let mut inner = Walk {
                    text: self.text,
                    locals: self.locals.clone(),
                    chains: Vec::new(),
                    calls: Vec::new(),
                    tests_presence: false,
                    uses_locals: false,
                    guards: self.guards.clone(),
                };
                inner.expression(index);
                self.uses_locals |= inner.uses_locals;
                let closed = !inner.uses_locals;
                self.chains.append(&mut inner.chains);
                self.calls.append(&mut inner.calls);
                self.tests_presence |= inner.tests_presence;
                let compiled = || Box::new(Compiled::from_expression(self.text, index.clone(), &[]));
                Step::Computed(closed.then(compiled))
            }
        }
    }
}

/// Chains know only their names; the text tells where they stand. The walk is in the order of the text but for the parts
/// of macros, so each root is looked for behind the last place where it was found.
fn locate_chains(text: &str, chains: &mut [Chain]) {
    let mut last: std::collections::HashMap<Arc<str>, usize> = std::collections::HashMap::new();
    for chain in chains {
        let from = last.get(&chain.root).copied().unwrap_or(0);
        let found = find_word(text, &chain.root, from).or_else(|| find_word(text, &chain.root, 0));
        let range = found.unwrap_or(0..text.len());
        last.insert(chain.root.clone(), range.end);
        let mut place = range.end;
        chain.root_range = range;
        for step in &mut chain.steps {
            if let Step::Key(name, step_range) = step {
                let found = text.get(place..).and_then(|rest| rest.find(&**name));
                *step_range = match found {
                    Some(offset) => place + offset..place + offset + name.len(),
                    None => chain.root_range.clone(),
                };
                place = step_range.end.max(place);
            }
        }
    }
}

/// The next place of a whole word, outside quoted texts and not behind a dot.
fn find_word(text: &str, word: &str, from: usize) -> Option<Range<usize>> {
    let joins = |each: Option<char>| each.is_some_and(|each| each.is_alphanumeric() || each == '_');
    code(text).filter(|(place, _)| *place >= from).find_map(|(place, _)| {
        let rest = text.get(place..)?.strip_prefix(word)?;
        let before = text.get(..place)?.chars().next_back();
        let whole = !joins(before) && before != Some('.') && !joins(rest.chars().next());
        whole.then(|| place..place + word.len())
    })
}
