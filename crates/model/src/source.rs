//! Source files and places in them.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A source file of a run, by its place in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(pub u32);

/// A stretch of bytes of a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// Where it begins, in bytes from the beginning of the file.
    pub offset: u32,
    /// How long it is, in bytes.
    pub length: u32,
}

/// A source file: its name as a user would type it (relative to the project, `/` between folders), and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// `stacks/product-reviews.yaml`
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// A place for a person: file, line and column, both from 1; the column counts characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The name of the file.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// All source files of a run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile { name: name.into(), text: text.into() });
        id
    }

    /// The file of an id.
    pub fn get(&self, id: SourceId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order in which they were added.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Where a span begins, for a person.
    pub fn location(&self, span: Span) -> Option<Location> {
        let file = self.get(span.source)?;
        let before = file.text.get(..span.offset as usize)?;
        let line = before.bytes().filter(|each| *each == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some(Location { file: file.name.clone(), line: u32::try_from(line).ok()?, column: u32::try_from(column).ok()? })
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> Option<&str> {
        let start = span.offset as usize;
        self.get(span.source)?.text.get(start..start + span.length as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let source = sources.add("a.yaml", "é: 1\nkey: value\n");
        let span = Span { source, offset: 11, length: 5 };
        assert_eq!(sources.text(span), Some("value"));
        assert_eq!(sources.location(span).unwrap().to_string(), "a.yaml:2:6");
        assert_eq!(sources.location(Span { source, offset: 2, length: 1 }).unwrap().to_string(), "a.yaml:1:2");
    }
}
