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
    /// Where it is documented, or what documents the contrary: an `https://` address, or an operation in botocore's service models as
    /// `botocore/data/SERVICE/VERSION/service-2.json#OPERATION`.
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

/// Everything that is not as declared: breaches without an exception, exceptions without their breach or without a source. `peer` is
/// whoever stood in for AWS. A type may have several reports, of variants of it: an exception must happen in one of them. One of a type
/// is missed only where its row was reached; one of a peer always.
pub fn judge(reports: &[Report], peer: &str, exceptions: &[Exception]) -> Vec<String> {
    let concerns = |exception: &&Exception| {
        let examined = reports.iter().any(|report| report.type_name.as_str() == exception.type_name);
        examined && exception.peer.is_none_or(|name| name == peer)
    };
    let declared: Vec<&Exception> = exceptions.iter().filter(concerns).collect();
    let mut problems = Vec::new();
    for report in reports {
        let type_name = &report.type_name;
        for (row, verdict) in &report.rows {
            if let Verdict::Broken(message) = verdict
                && !declared.iter().any(|exception| exception.covers(type_name, *row, message))
            {
                problems.push(format!("{peer}: {type_name}: {row}: {message}"));
            }
        }
    }
    for exception in declared {
        let Exception { type_name, row, fault, source, .. } = exception;
        let of_type = reports.iter().filter(|report| report.type_name.as_str() == *type_name);
        let reached: Vec<&Verdict> = of_type.filter_map(|report| report.rows.get(row)).collect();
        let happens = reached.iter().any(|verdict| match verdict {
            Verdict::Broken(message) => message.contains(exception.shows),
            Verdict::Kept => false,
        });
        let may_be_missed = reached.is_empty() && exception.peer.is_none();
        if !(happens || may_be_missed) {
            problems.push(format!("{peer}: {type_name}: {row}: the declared exception no longer happens: {fault}"));
        }
        if !is_source(source) {
            problems.push(format!("{peer}: {type_name}: {row}: the exception names no source: {source}"));
        }
    }
    problems
}

impl Exception {
    fn covers(&self, type_name: &TypeName, row: Row, message: &str) -> bool {
        self.type_name == type_name.as_str() && self.row == row && message.contains(self.shows)
    }
}

/// Whether a text says where something can be read: an address, or an operation in a service model of botocore.
fn is_source(text: &str) -> bool {
    let is_operation = || {
        text.strip_prefix("botocore/data/")
            .and_then(|path| path.split_once("/service-2.json#"))
            .is_some_and(|(service, operation)| service.contains('/') && !operation.is_empty())
    };
    !text.contains(char::is_whitespace) && (text.starts_with("https://") && text.contains('.') || is_operation())
}
