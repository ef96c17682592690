//! The tree that a YAML file is read into: every key and value with the bytes that it was written in.
//! Imports `model` only.

use charter_model::Span;
use std::sync::Arc;

/// A value of a file, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// From the first to the last character; for block collections up to the last non-blank one.
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
    /// How many nodes this one holds, itself included.
    pub(crate) size: usize,
    /// How many levels lie below it.
    pub(crate) depth: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Text),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A text, and how it was written: needed to find a place inside it again.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) value: Arc<str>,
    /// Bytes before the text proper: 1 if it is quoted.
    pub(crate) quote: u32,
}

/// A member of a map.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Arc<str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// What the value is, in words for a person, with an article.
    pub(crate) fn noun(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "a text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        }
    }

    /// The text, if this is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(&text.value),
            _ => None,
        }
    }

    /// The members, if this is a map.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// A member of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| &*entry.key == key)
    }
}
