//! What was noted, held against what is declared.

use super::Row;
use charter_model::TypeName;
use std::collections::BTreeMap;

/// What an examination noted of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The contract was kept.
    Kept,
    /// It was not: what came instead.
    Broken(String),
}

/// What an examination noted. Rows that were not reached, or that the schema makes meaningless, are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of which type.
    pub type_name: TypeName,
    /// By row.
    pub rows: BTreeMap<Row, Verdict>,
}

/// A breach that is known: data, with where it is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// Who breaks the contract: `None` for the type itself, whoever serves it; else the peer that stands in for AWS.
    pub peer: Option<&'static str>,
    /// The type.
    pub type_name: &'static str,
    /// The row.
    pub row: Row,
    /// Part of what the examination notes: so that an exception hides no other breach of the same row.
    pub shows: &'static str,
    /// What is wrong.
    pub fault: &'static str,
    /// Where it is documented, or what documents the contrary.
    pub source: &'static str,
}

impl Report {
    pub(super) fn new(type_name: TypeName) -> Self {
        Self { type_name, rows: BTreeMap::new() }
    }

    /// Of an examination that could not even begin: what must stand there before could not be made.
    pub fn stopped(type_name: TypeName, message: impl Into<String>) -> Self {
        let mut report = Self::new(type_name);
        report.note(Row::Create, Err(message.into()));
        report
    }

    /// Notes a row; the first breach of a row stays.
    pub(super) fn note(&mut self, row: Row, result: Result<(), String>) {
        match result {
            Ok(()) => drop(self.rows.entry(row).or_insert(Verdict::Kept)),
            Err(message) => {
                let verdict = self.rows.entry(row).or_insert(Verdict::Kept);
                if *verdict == Verdict::Kept {
                    *verdict = Verdict::Broken(message);
                }
            }
        }
    }

    /// How many rows were kept.
    pub fn kept(&self) -> usize {
        self.rows.values().filter(|verdict| **verdict == Verdict::Kept).count()
    }
}

/// Everything that is not as declared: breaches without an exception, exceptions without their breach. `peer` is whoever stood in
/// for AWS. An exception of a type is missed only where its row was reached; one of a peer always.
pub fn judge(report: &Report, peer: &str, exceptions: &[Exception]) -> Vec<String> {
    let type_name = &report.type_name;
    let concerns = |exception: &&Exception| {
        exception.type_name == type_name.as_str() && exception.peer.is_none_or(|name| name == peer)
    };
    let declared: Vec<&Exception> = exceptions.iter().filter(concerns).collect();
    let mut problems = Vec::new();
    for (row, verdict) in &report.rows {
        if let Verdict::Broken(message) = verdict
            && !declared.iter().any(|exception| exception.row == *row && message.contains(exception.shows))
        {
            problems.push(format!("{peer}: {type_name}: {row}: {message}"));
        }
    }
    for exception in declared {
        let happens = match report.rows.get(&exception.row) {
            Some(Verdict::Broken(message)) => message.contains(exception.shows),
            Some(Verdict::Kept) => false,
            None => exception.peer.is_none(),
        };
        if !happens {
            let Exception { row, fault, .. } = exception;
            problems.push(format!("{peer}: {type_name}: {row}: the declared exception no longer happens: {fault}"));
        }
    }
    problems
}
