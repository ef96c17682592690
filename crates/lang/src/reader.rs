//! From nodes to declared values: the checks that every file needs, all problems told, none of them fatal to the rest.
//! Imports `node`, `text`, `declared`, `expressions`.

use crate::declared::{Declared, DeclaredExpression, DeclaredKind, Named, Part};
use crate::expressions::{Language, known_functions};
use crate::node::{Entry, Node, NodeKind, Text};
use crate::text::{Piece, Unclosed, pieces};
use charter_model::{
    Diagnostic, Diagnostics, Locations, Pointer, PointerSegment, SecretReference, Sources, Span, Value, did_you_mean,
};
use std::ops::Range;
use std::sync::Arc;

/// Reads nodes; collects what is wrong with them.
pub(crate) struct Reader<'a> {
    pub(crate) language: &'a Language,
    pub(crate) sources: &'a Sources,
    pub(crate) diagnostics: &'a mut Diagnostics,
}

/// The members of a map that is meant to have certain keys only.
pub(crate) struct Fields<'n> {
    node: &'n Node,
    /// `a stack`, `a resource`: for messages.
    pub(crate) what: &'static str,
    /// Where a missing key is told.
    place: Span,
    asked: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// A member that may be missing; one without a value counts as missing.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.asked.push(key);
        self.node.get(key).filter(|entry| !matches!(entry.value.kind, NodeKind::Null))
    }

    /// A member that must be there.
    pub(crate) fn required(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<&'n Entry> {
        let found = self.optional(key);
        if found.is_none() {
            let near = self.near(key);
            let diagnostic = match near {
                // The slip itself is told as an unknown key.
                Some(_) => return None,
                None => Diagnostic::error("missing-key", format!("{} needs `{key}`", self.what))
                    .label(self.place, format!("`{key}` is missing here"))
                    .help(format!("add `{key}: …`")),
            };
            reader.diagnostics.push(diagnostic);
        }
        found
    }

    /// An unknown key that was probably meant to be this one.
    fn near(&self, key: &'static str) -> Option<&'n Entry> {
        self.node.entries()?.iter().find(|entry| {
            !self.asked.contains(&&*entry.key) && did_you_mean(&entry.key, [key]).is_some() && &*entry.key != key
        })
    }

    /// The members that were not asked for.
    pub(crate) fn rest(&self) -> impl Iterator<Item = &'n Entry> {
        self.node.entries().unwrap_or_default().iter().filter(|entry| !self.asked.contains(&&*entry.key))
    }

    /// Tells every key that was not asked for.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) {
        let unknown: Vec<&Entry> = self.rest().collect();
        for entry in unknown {
            let suggestion = did_you_mean(&entry.key, self.asked.iter().copied());
            reader.diagnostics.push(unknown_key(entry, self.what, suggestion, &self.asked));
        }
    }
}

/// The diagnostic of a key that is not known.
pub(crate) fn unknown_key(entry: &Entry, what: &str, suggestion: Option<&str>, known: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("unknown-key", format!("{what} has no `{}`", entry.key)).label(entry.key_span, "unknown key");
    match suggestion {
        Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
        None => {
            let mut known = known.to_vec();
            known.sort_unstable();
            diagnostic.help(format!("known keys: {}", known.join(", ")))
        }
    }
}

impl<'a> Reader<'a> {
    /// The members of a node that must be a map.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &'static str, place: Span) -> Option<Fields<'n>> {
        if node.entries().is_none() {
            self.wrong_type(node, "a map");
            return None;
        }
        Some(Fields { node, what, place, asked: Vec::new() })
    }

    /// The members of a node whose keys the user chooses.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node) -> &'n [Entry] {
        match &node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Null => &[],
            _ => {
                self.wrong_type(node, "a map");
                &[]
            }
        }
    }

    /// The elements of a node that must be a list.
    pub(crate) fn elements<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.kind {
            NodeKind::List(list) => list,
            NodeKind::Null => &[],
            _ => {
                self.wrong_type(node, "a list");
                &[]
            }
        }
    }

    /// One node, or the elements of a list.
    pub(crate) fn one_or_many(node: &Node) -> &[Node] {
        match &node.kind {
            NodeKind::List(list) => list,
            _ => std::slice::from_ref(node),
        }
    }

    /// A text that must be constant.
    pub(crate) fn text(&mut self, node: &Node) -> Option<Named<Arc<str>>> {
        match &node.kind {
            NodeKind::Text(text) if text.value.contains("${") => {
                self.diagnostics.push(
                    Diagnostic::error("expression-not-allowed", "no expression can stand here")
                        .label(node.span, "must be a plain text")
                        .help("write the text out"),
                );
                None
            }
            NodeKind::Text(text) => Some(Named { value: text.value.clone(), span: node.span }),
            _ => {
                self.wrong_type(node, "a text");
                None
            }
        }
    }

    /// A text or a number, as it was written: for ids, which people give without quotes.
    pub(crate) fn written(&mut self, node: &Node) -> Option<Named<Arc<str>>> {
        match &node.kind {
            NodeKind::Number(_) => {
                let raw = self.sources.text(node.span).unwrap_or_default();
                Some(Named { value: raw.into(), span: node.span })
            }
            _ => self.text(node),
        }
    }

    /// A boolean that must be constant.
    pub(crate) fn boolean(&mut self, node: &Node) -> Option<bool> {
        match &node.kind {
            NodeKind::Bool(value) => Some(*value),
            _ => {
                self.wrong_type(node, "a boolean");
                None
            }
        }
    }

    /// Tells that a node is not what is needed.
    pub(crate) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        let mut diagnostic = Diagnostic::error("wrong-type", format!("{wanted} is needed here, not {}", node.noun()))
            .label(node.span, node.noun());
        if wanted == "a text" && matches!(node.kind, NodeKind::Number(_) | NodeKind::Bool(_)) {
            let raw = self.sources.text(node.span).unwrap_or_default();
            diagnostic = diagnostic.help(format!("put it in quotes: \"{raw}\""));
        } else if wanted == "a boolean" && matches!(node.text(), Some("yes" | "no" | "on" | "off" | "Yes" | "No")) {
            diagnostic = diagnostic.help("write true or false: YAML 1.2 knows no other booleans");
        } else {
            diagnostic = diagnostic.help(format!("give {wanted}"));
        }
        self.diagnostics.push(diagnostic);
    }

    /// A value that may hold expressions and secrets.
    pub(crate) fn value(&mut self, node: &Node) -> Declared {
        let kind = match &node.kind {
            NodeKind::Null => DeclaredKind::Constant(Value::Null),
            NodeKind::Bool(value) => DeclaredKind::Constant(Value::Bool(*value)),
            NodeKind::Number(number) => DeclaredKind::Constant(Value::Number(number.clone())),
            NodeKind::Text(text) => self.text_value(node, text),
            NodeKind::List(list) => {
                let list: Vec<Declared> = list.iter().map(|each| self.value(each)).collect();
                match list.iter().map(constant).collect::<Option<Vec<_>>>() {
                    Some(constants) => DeclaredKind::Constant(constants.into()),
                    None => DeclaredKind::List(list),
                }
            }
            NodeKind::Map(entries) => {
                let members: Vec<(Arc<str>, Declared)> =
                    entries.iter().map(|entry| (entry.key.clone(), self.value(&entry.value))).collect();
                let constants: Option<_> =
                    members.iter().map(|(key, each)| Some((key.clone(), constant(each)?))).collect();
                match constants {
                    Some(constants) => DeclaredKind::Constant(Value::Map(constants)),
                    None => DeclaredKind::Map(members),
                }
            }
        };
        Declared { span: node.span, kind }
    }

    /// A value without expressions; secrets may be named.
    pub(crate) fn data(&mut self, node: &Node) -> Declared {
        let value = self.value(node);
        let mut found = Vec::new();
        value.expressions(&mut |expression| found.push(expression.span));
        for span in found {
            self.diagnostics.push(
                Diagnostic::error("expression-not-allowed", "an environment holds no expressions")
                    .label(span, "must be plain data")
                    .help("write the value out, or $${ for a literal ${"),
            );
        }
        value
    }

    fn text_value(&mut self, node: &Node, text: &Text) -> DeclaredKind {
        let decoded = &*text.value;
        let plain = || DeclaredKind::Constant(Value::String(text.value.clone()));
        if decoded.starts_with("secret://") && !decoded.contains("${") {
            return match secret(decoded) {
                Ok(reference) => DeclaredKind::Secret(reference),
                Err((summary, help)) => {
                    self.diagnostics.push(
                        Diagnostic::error("secret-reference", summary).label(node.span, "not a secret").help(help),
                    );
                    DeclaredKind::Invalid
                }
            };
        }
        if decoded.contains("secret://") {
            self.diagnostics.push(
                Diagnostic::error("secret-inside-text", "a secret must be the whole value")
                    .label(node.span, "secret:// inside a text")
                    .help("give the secret to a parameter, and put the text together with an expression"),
            );
            return DeclaredKind::Invalid;
        }
        if !decoded.contains('$') {
            return plain();
        }
        let cut = match pieces(decoded) {
            Ok(cut) => cut,
            Err(Unclosed(offset)) => {
                let (span, _) = self.locate(node, text, &(offset..decoded.len()), &mut 0);
                self.diagnostics.push(
                    Diagnostic::error("unclosed-expression", "`${` without its `}`")
                        .label(span, "opened here")
                        .help("close it with }, or write $${ for a literal ${"),
                );
                return DeclaredKind::Invalid;
            }
        };
        let (mut searched, mut valid) = (0, true);
        let mut parts = Vec::with_capacity(cut.len());
        for piece in cut {
            match piece {
                Piece::Literal(literal) => parts.push(Part::Literal(literal.into())),
                Piece::Expression(range) => {
                    let (span, exact) = self.locate(node, text, &range, &mut searched);
                    match self.expression(decoded.get(range).unwrap_or_default(), span, exact) {
                        Some(expression) => parts.push(Part::Expression(expression)),
                        None => valid = false,
                    }
                }
            }
        }
        match parts.as_slice() {
            _ if !valid => DeclaredKind::Invalid,
            [] => plain(),
            [Part::Literal(literal)] => DeclaredKind::Constant(Value::String(literal.clone())),
            [Part::Expression(expression)] => DeclaredKind::Expression(expression.clone()),
            _ => DeclaredKind::Interpolation(parts),
        }
    }

    /// Compiles an expression; tells what is wrong with its grammar and its functions.
    pub(crate) fn expression(&mut self, text: &str, span: Span, exact: bool) -> Option<Arc<DeclaredExpression>> {
        match self.language.compile(text) {
            Ok(compiled) => {
                let expression = Arc::new(DeclaredExpression { compiled, span, exact });
                let mut valid = true;
                for (name, range) in &expression.compiled.calls {
                    if !known_functions().any(|known| known == name) {
                        let diagnostic =
                            Diagnostic::error("unknown-function", format!("there is no function `{name}`"))
                                .label(expression.within(range), "unknown function");
                        valid = false;
                        self.diagnostics.push(match did_you_mean(name, known_functions()) {
                            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                            None => diagnostic.help("see the list of functions in docs/language.md"),
                        });
                    }
                }
                valid.then_some(expression)
            }
            Err(error) => {
                let place = DeclaredExpression { compiled: self.language.compile("null").ok()?, span, exact };
                self.diagnostics.push(
                    Diagnostic::error("expression", format!("this expression cannot be read: {}", error.message))
                        .label(place.within(&error.range), "here")
                        .help("expressions are CEL: names, 'texts', numbers, [lists], {'maps': 1}, functions, ? and :"),
                );
                None
            }
        }
    }

    /// Where a stretch of a decoded text stands in the file, and whether that is the stretch itself.
    fn locate(&self, node: &Node, text: &Text, range: &Range<usize>, searched: &mut usize) -> (Span, bool) {
        let raw = self.sources.text(node.span).unwrap_or_default();
        let quote = text.quote as usize;
        let inner = raw.get(quote..raw.len().saturating_sub(quote)).unwrap_or_default();
        let offset = if inner == &*text.value {
            Some(quote + range.start)
        } else {
            let needle = text.value.get(range.clone()).unwrap_or_default();
            let found = raw.get(*searched..).and_then(|rest| rest.find(needle)).map(|found| *searched + found);
            *searched = found.map_or(*searched, |found| found + needle.len());
            found.filter(|_| !needle.is_empty())
        };
        match offset.and_then(|offset| Some((u32::try_from(offset).ok()?, u32::try_from(range.len()).ok()?))) {
            Some((offset, length)) => {
                (Span { source: node.span.source, offset: node.span.offset + offset, length }, true)
            }
            None => (node.span, false),
        }
    }
}

fn constant(declared: &Declared) -> Option<Value> {
    match &declared.kind {
        DeclaredKind::Constant(value) => Some(value.clone()),
        _ => None,
    }
}

/// Reads `secret://…`; the error is what is wrong, and what to do.
pub(crate) fn secret(text: &str) -> Result<SecretReference, (String, String)> {
    const FORMS: &str = "write secret://secretsmanager/NAME#key or secret://env/NAME";
    let rest = text.strip_prefix("secret://").unwrap_or_default();
    let (store, name) = rest.split_once('/').unwrap_or((rest, ""));
    match store {
        "secretsmanager" => {
            let (name, key) = match name.split_once('#') {
                Some((name, key)) => (name, Some(key)),
                None => (name, None),
            };
            if name.is_empty() || key == Some("") {
                return Err(("this names no secret".to_owned(), FORMS.to_owned()));
            }
            Ok(SecretReference::SecretsManager { name: name.into(), key: key.map(Into::into) })
        }
        "env" => {
            let valid = !name.is_empty()
                && !name.starts_with(|first: char| first.is_ascii_digit())
                && name.bytes().all(|each| each.is_ascii_alphanumeric() || each == b'_');
            if !valid {
                return Err((format!("{name:?} is not the name of an environment variable"), FORMS.to_owned()));
            }
            Ok(SecretReference::Environment { name: name.into() })
        }
        other => {
            let suggestion = did_you_mean(other, ["secretsmanager", "env"]);
            let help = match suggestion {
                Some(suggestion) => format!("did you mean secret://{suggestion}/…?"),
                None => FORMS.to_owned(),
            };
            Err((format!("secrets are not kept in {other:?}"), help))
        }
    }
}

/// Where every property of a block was written.
pub(crate) fn locations(block: Span, properties: Option<&Node>) -> Locations {
    fn collect(node: &Node, place: &Pointer, found: &mut Locations) {
        match &node.kind {
            NodeKind::Map(entries) => {
                for entry in entries {
                    let inner = place.with(PointerSegment::Key(entry.key.clone()));
                    found.keys.insert(inner.clone(), entry.key_span);
                    found.values.insert(inner.clone(), entry.value.span);
                    collect(&entry.value, &inner, found);
                }
            }
            NodeKind::List(list) => {
                for (index, element) in list.iter().enumerate() {
                    let inner = place.index(index);
                    found.values.insert(inner.clone(), element.span);
                    collect(element, &inner, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Locations { block: Some(block), ..Locations::default() };
    if let Some(properties) = properties {
        collect(properties, &Pointer::root(), &mut found);
    }
    found
}
