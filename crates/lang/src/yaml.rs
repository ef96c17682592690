//! From the text of a file to a tree of nodes, by the event parser that `serde-saphyr` stands on.
//!
//! The deserialiser itself is not used: it stops at the first error, and has no places for keys. Imports `node`.

use crate::node::{Entry, Node, NodeKind, Text};
use charter_model::{Diagnostic, Diagnostics, SourceId, Span};
use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, Tag};
use std::collections::HashMap;
use std::sync::Arc;

/// Nobody writes deeper by hand, and every walk over the tree is a recursion.
const DEEPEST: usize = 64;
/// Aliases included, so that a few lines cannot stand for millions.
const MOST_NODES: usize = 1_000_000;
/// Bytes of one text.
const LONGEST_TEXT: usize = 1 << 20;

/// Reads the one document of a file. None if it could not be read at all; the diagnostics say why.
pub(crate) fn parse(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    let options = granit_parser::options! {
        flow_nesting_limit: DEEPEST + 1,
        block_nesting_limit: DEEPEST + 1,
        emit_unresolved_aliases: true,
        emit_comments: false,
    };
    let mut builder = Builder {
        parser: Parser::new_from_str_with_options(text, options),
        source,
        text,
        anchors: HashMap::new(),
        nodes: 0,
        diagnostics,
    };
    builder.document().unwrap_or_default()
}

/// The reading cannot go on; the diagnostic has been made.
struct Stop;

struct Builder<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    source: SourceId,
    text: &'a str,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut found = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(..) if found.is_some() => {
                    self.diagnostics.push(
                        Diagnostic::error("several-documents", "the file holds more than one document")
                            .label(self.span(&span), "the second document begins here")
                            .help("put each document into a file of its own"),
                    );
                    return Ok(None);
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => found = Some(self.node(event, &span, 0)?),
            }
        }
        match found {
            Some(Node { kind: NodeKind::Null, .. }) | None => {
                let span = Span { source: self.source, offset: 0, length: 0 };
                self.diagnostics.push(
                    Diagnostic::error("empty-file", "the file is empty")
                        .label(span, "nothing here")
                        .help("write the file, or remove it"),
                );
                Ok(None)
            }
            found => Ok(found),
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, granit_parser::Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let offset = error.marker().byte_offset().unwrap_or_default();
                let span = self.character_at(offset);
                let diagnostic = self.not_yaml(&error.info(), offset).label(span, "here");
                self.diagnostics.push(diagnostic);
                Err(Stop)
            }
            None => Err(Stop),
        }
    }

    fn not_yaml(&self, info: &str, offset: usize) -> Diagnostic {
        if info.contains("nest") || info.contains("recursion") {
            return Diagnostic::error("too-deep", format!("nested more than {DEEPEST} levels deep"))
                .help("split it into modules");
        }
        let line = self.text.get(..offset).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        let tab = info.contains("tab") || self.text.get(offset..).is_some_and(|rest| rest.starts_with('\t'));
        let help = if tab {
            "indent with spaces: YAML does not allow tabs"
        } else if line.contains("${") {
            "put the expression in quotes: YAML gives `: `, ` #`, brackets and braces a meaning of its own"
        } else {
            "check brackets, quotes and indentation here and above"
        };
        Diagnostic::error("yaml", format!("this is not YAML: {info}")).help(help)
    }

    fn node(&mut self, event: Event<'a>, span: &granit_parser::Span, level: usize) -> Result<Node, Stop> {
        self.nodes += 1;
        self.check_size(span, level)?;
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(&value, style, tag.as_deref(), span)?;
                Ok(self.anchored(anchor, node))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), span)?;
                let node = self.sequence(span, level)?;
                Ok(self.anchored(anchor, node))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), span)?;
                let node = self.mapping(span, level)?;
                Ok(self.anchored(anchor, node))
            }
            Event::Alias(anchor) => self.alias(anchor, span, level),
            Event::UnresolvedAlias(name) => {
                self.diagnostics.push(
                    Diagnostic::error("unknown-alias", format!("no anchor `&{name}` stands before this alias"))
                        .label(self.span(span), "unknown alias")
                        .help("define the anchor above, or put the text in quotes if it is not meant as an alias"),
                );
                Ok(self.leaf(span, NodeKind::Null))
            }
            _ => Err(Stop),
        }
    }

    fn check_size(&mut self, span: &granit_parser::Span, level: usize) -> Result<(), Stop> {
        if level > DEEPEST {
            self.diagnostics.push(
                Diagnostic::error("too-deep", format!("nested more than {DEEPEST} levels deep"))
                    .label(self.span(span), "here")
                    .help("split it into modules"),
            );
            return Err(Stop);
        }
        if self.nodes > MOST_NODES {
            self.diagnostics.push(
                Diagnostic::error(
                    "too-large",
                    format!("the file holds more than {MOST_NODES} values, aliases included"),
                )
                .label(self.span(span), "the limit is reached here")
                .help("split the file; if you did not write these aliases, do not trust the file"),
            );
            return Err(Stop);
        }
        Ok(())
    }

    fn anchored(&mut self, anchor: usize, node: Node) -> Node {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        node
    }

    fn alias(&mut self, anchor: usize, span: &granit_parser::Span, level: usize) -> Result<Node, Stop> {
        let Some((size, depth)) = self.anchors.get(&anchor).map(|known| (known.size, known.depth)) else {
            self.diagnostics.push(
                Diagnostic::error("alias-inside-itself", "the alias stands inside its own anchor")
                    .label(self.span(span), "refers to what holds it")
                    .help("write the value out"),
            );
            return Ok(self.leaf(span, NodeKind::Null));
        };
        // Counted before it is copied.
        self.nodes = self.nodes.saturating_add(size);
        self.check_size(span, level + depth)?;
        Ok(self.anchors.get(&anchor).cloned().unwrap_or_else(|| self.leaf(span, NodeKind::Null)))
    }

    fn sequence(&mut self, start: &granit_parser::Span, level: usize) -> Result<Node, Stop> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    let size = 1 + list.iter().map(|each: &Node| each.size).sum::<usize>();
                    let depth = list.iter().map(|each| each.depth + 1).max().unwrap_or(0);
                    return Ok(Node { span: self.join(start, &end), kind: NodeKind::List(list), size, depth });
                }
                (event, span) => list.push(self.node(event, &span, level + 1)?),
            }
        }
    }

    fn mapping(&mut self, start: &granit_parser::Span, level: usize) -> Result<Node, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: HashMap<Arc<str>, Span> = HashMap::new();
        let end = loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break span;
            }
            let key = self.node(event, &span, level + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, &span, level + 1)?;
            let Some(name) = self.key(&key) else { continue };
            match known.get(&name) {
                Some(first) => self.diagnostics.push(
                    Diagnostic::error("duplicate-key", format!("`{name}` is given twice"))
                        .label(key.span, "given again here")
                        .label(*first, "first given here")
                        .help("remove one of the two"),
                ),
                None => {
                    known.insert(name.clone(), key.span);
                    entries.push(Entry { key: name, key_span: key.span, value });
                }
            }
        };
        let size = 1 + entries.iter().map(|each| each.value.size + 1).sum::<usize>();
        let depth = entries.iter().map(|each| each.value.depth + 1).max().unwrap_or(0);
        Ok(Node { span: self.join(start, &end), kind: NodeKind::Map(entries), size, depth })
    }

    /// Keys are texts; a number or boolean is taken as it was written.
    fn key(&mut self, node: &Node) -> Option<Arc<str>> {
        let name: Arc<str> = match &node.kind {
            NodeKind::Text(text) => text.value.clone(),
            NodeKind::Number(_) | NodeKind::Bool(_) => self.slice(node.span).into(),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("wrong-key", "a key must be a text")
                        .label(node.span, format!("{} as a key", node.noun()))
                        .help("if this was meant as an expression, put it in quotes: \"${…}\""),
                );
                return None;
            }
        };
        if &*name == "<<" {
            self.diagnostics.push(
                Diagnostic::error("merge-key", "merge keys (`<<`) are not part of YAML 1.2")
                    .label(node.span, "not supported")
                    .help("use a parameter with a map as its default, and `merge(…)`"),
            );
            return None;
        }
        if name.contains("${") {
            self.diagnostics.push(
                Diagnostic::error("expression-in-key", "a key cannot hold an expression")
                    .label(node.span, "expressions stand in values only")
                    .help("give the whole map as one expression: ${{name: value}}"),
            );
            return None;
        }
        Some(name)
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &granit_parser::Span,
    ) -> Result<Node, Stop> {
        if value.len() > LONGEST_TEXT {
            self.diagnostics.push(
                Diagnostic::error(
                    "too-large",
                    format!("a text of {} bytes: at most {LONGEST_TEXT} are read", value.len()),
                )
                .label(self.character_at(span.start.byte_offset().unwrap_or_default()), "begins here")
                .help("keep large content in a file of its own and name it with ${file('…')}"),
            );
            return Err(Stop);
        }
        let quote = u32::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        let text = || NodeKind::Text(Text { value: value.into(), quote });
        let kind = match tag.map(|tag| (tag.core_suffix().map(str::to_owned), tag)) {
            None if style == ScalarStyle::Plain => self.plain(value, span),
            None => text(),
            Some((Some(core), _)) if core == "str" => text(),
            Some((Some(core), _)) if matches!(core.as_str(), "int" | "float" | "bool" | "null") => {
                self.plain(value, span)
            }
            Some((_, tag)) => {
                self.unknown_tag(tag, span);
                text()
            }
        };
        Ok(self.leaf(span, kind))
    }

    /// The core schema of YAML 1.2: `yes`, `on` and `2012-10-17` are texts.
    fn plain(&mut self, value: &str, span: &granit_parser::Span) -> NodeKind {
        match value {
            "" | "~" | "null" | "Null" | "NULL" => return NodeKind::Null,
            "true" | "True" | "TRUE" => return NodeKind::Bool(true),
            "false" | "False" | "FALSE" => return NodeKind::Bool(false),
            ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "-.inf" | "-.Inf" | "-.INF" => {
                self.diagnostics.push(
                    Diagnostic::error("wrong-type", "this number is not finite")
                        .label(self.span(span), "no AWS property takes it")
                        .help("put it in quotes if it is meant as a text"),
                );
                return NodeKind::Null;
            }
            _ => {}
        }
        match number(value) {
            Some(Ok(number)) => NodeKind::Number(number),
            Some(Err(())) => {
                self.diagnostics.push(
                    Diagnostic::error("wrong-type", "this number is too large to be kept exactly")
                        .label(self.span(span), "too large")
                        .help(format!("put it in quotes if it is meant as a text: \"{value}\"")),
                );
                NodeKind::Null
            }
            None => NodeKind::Text(Text { value: value.into(), quote: 0 }),
        }
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, span: &granit_parser::Span) -> Result<(), Stop> {
        if let Some(tag) = tag
            && !matches!(tag.core_suffix(), Some("map" | "seq"))
        {
            self.unknown_tag(tag, span);
        }
        Ok(())
    }

    fn unknown_tag(&mut self, tag: &Tag, span: &granit_parser::Span) {
        let written = tag.original();
        let help = match written.as_str() {
            "!Ref" | "!GetAtt" => "refer to a resource by its name and attribute: ${name.Attribute}",
            "!Sub" => "write the expression into the text: \"arn:…:${name.Attribute}\"",
            "!If" => "choose with an expression: ${condition ? one : other}",
            "!Join" => "join with an expression: ${join([…], ',')}",
            "!ImportValue" => "refer to the other stack: ${stacks.name.output}",
            _ => "remove the tag; put the text in quotes if the `!` belongs to it",
        };
        let span = span.tag_span().map_or_else(|| self.span(span), |tag| self.span(&tag));
        self.diagnostics.push(
            Diagnostic::error("unknown-tag", format!("the tag `{written}` means nothing here"))
                .label(span, "unknown tag")
                .help(help),
        );
    }

    fn leaf(&self, span: &granit_parser::Span, kind: NodeKind) -> Node {
        Node { span: self.span(span), kind, size: 1, depth: 0 }
    }

    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        self.trimmed(range.start, range.end)
    }

    fn join(&self, start: &granit_parser::Span, end: &granit_parser::Span) -> Span {
        let start = start.byte_range().unwrap_or_default().start;
        let end = end.byte_range().unwrap_or_default().end;
        self.trimmed(start, end)
    }

    fn trimmed(&self, start: usize, end: usize) -> Span {
        let slice = self.text.get(start..end.max(start)).unwrap_or_default();
        let length = slice.trim_end().len();
        Span { source: self.source, offset: offset(start), length: offset(length) }
    }

    fn character_at(&self, start: usize) -> Span {
        let start = start.min(self.text.len());
        let length = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span { source: self.source, offset: offset(start), length: offset(length) }
    }

    fn slice(&self, span: Span) -> &str {
        let start = span.offset as usize;
        self.text.get(start..start + span.length as usize).unwrap_or_default()
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A number of the core schema; an error if it is one that cannot be kept.
fn number(text: &str) -> Option<Result<serde_json::Number, ()>> {
    if let Some(digits) = text.strip_prefix("0o").filter(|digits| !digits.is_empty()) {
        let valid = digits.bytes().all(|each| matches!(each, b'0'..=b'7'));
        return valid.then(|| u64::from_str_radix(digits, 8).map(Into::into).map_err(drop));
    }
    if let Some(digits) = text.strip_prefix("0x").filter(|digits| !digits.is_empty()) {
        let valid = digits.bytes().all(|each| each.is_ascii_hexdigit());
        return valid.then(|| u64::from_str_radix(digits, 16).map(Into::into).map_err(drop));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if unsigned.bytes().all(|each| each.is_ascii_digit()) {
        let plain = text.strip_prefix('+').unwrap_or(text);
        return Some(match (plain.parse::<i64>(), plain.parse::<u64>()) {
            (Ok(number), _) => Ok(number.into()),
            (_, Ok(number)) => Ok(number.into()),
            _ => Err(()),
        });
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|each| each.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let valid = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    valid.then(|| text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).ok_or(()))
}
