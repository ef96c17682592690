//! How an operation is getting on.

use crate::{Failure, Properties};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The answer to every mutating call and to a status request.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It is done.
    Done(Done),
    /// It goes on.
    Pending(Pending),
    /// It failed.
    Failed(Failure),
}

/// A finished operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The primary identifier.
    pub identifier: String,
    /// Properties and read-only attributes as they are now, without nulls; empty after a deletion.
    pub properties: Properties,
    /// After a deletion: what it left behind because the service cannot delete it, see [`LeftBehind::what`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_behind: Option<String>,
}

/// What the deletion of a resource of some type leaves behind because its service has no way to delete it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftBehind {
    /// What is done instead of a deletion and what stays, for a person, with a verb of its own: `deactivated: …`.
    pub what: &'static str,
    /// The property that holds the identifier of what it is in. When that goes, nothing of it stays.
    pub within: &'static str,
}

impl Done {
    /// Something that was done as it was asked for.
    pub fn new(identifier: impl Into<String>, properties: Properties) -> Self {
        Self { identifier: identifier.into(), properties, left_behind: None }
    }
}

/// An operation that goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// For the status request: opaque, made by the adapter, enough to go on in another process.
    pub handle: String,
    /// As soon as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// When to ask again, at the earliest. Adapters begin with a second and let it grow with the type's usual duration.
    pub retry_after: Duration,
    /// For a person, in the service's own words: `creating`, `backing-up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl Progress {
    /// What failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Done(_) | Self::Pending(_) => None,
        }
    }
}

impl From<Failure> for Progress {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
