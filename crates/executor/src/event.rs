//! What happens during a run, as data. The terminal, the JSON lines and every report render from these.

use charter_model::{Address, Placement, StackName, TypeName, Value};
use charter_provider::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// One event, with when it happened since the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Since the run began.
    pub at: Duration,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "event")]
pub enum EventKind {
    /// A run begins.
    RunStarted {
        /// How many operations there are.
        operations: usize,
    },
    /// Reading what is there, before planning.
    Reading {
        /// How many resources have been read.
        done: usize,
        /// Of how many.
        total: usize,
    },
    /// An intent that an earlier run left open was settled.
    Recovered {
        /// Which resource.
        address: Address,
        /// What it was in the middle of.
        operation: OperationName,
        /// What became of it, for a person.
        result: String,
    },
    /// An operation begins.
    Started {
        /// Which resource.
        address: Address,
        /// Its type.
        #[serde(rename = "type")]
        type_name: TypeName,
        /// Where.
        placement: Placement,
        /// What.
        operation: OperationName,
    },
    /// An operation goes on.
    Waiting {
        /// Which resource.
        address: Address,
        /// What.
        operation: OperationName,
        /// The identifier, once known.
        identifier: Option<String>,
        /// The service's own word: `creating`.
        status: Option<String>,
        /// Since it began.
        elapsed: Duration,
    },
    /// A call is repeated.
    Retrying {
        /// Which resource.
        address: Address,
        /// What.
        operation: OperationName,
        /// Why.
        failure: Failure,
        /// When.
        after: Duration,
    },
    /// An operation ended.
    Finished {
        /// Which resource.
        address: Address,
        /// What.
        operation: OperationName,
        /// The identifier.
        identifier: Option<String>,
        /// How.
        result: OperationResult,
        /// What a deletion left behind because the service cannot delete it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_behind: Option<String>,
        /// How long it took.
        elapsed: Duration,
    },
    /// An interrupt was taken: nothing new starts.
    Stopping {
        /// What still runs.
        running: Vec<Address>,
    },
    /// The run ended.
    RunFinished {
        /// In figures.
        summary: RunSummary,
        /// The outputs of each stack.
        outputs: BTreeMap<StackName, BTreeMap<Arc<str>, Value>>,
    },
}

/// The name of an operation in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationName {
    /// Makes it.
    Create,
    /// Changes it.
    Update,
    /// Deletes it.
    Delete,
    /// Deletes what a replacement left.
    DeleteDeposed,
    /// Records what exists.
    Adopt,
    /// Records without a call.
    Record,
    /// Forgets it.
    Forget,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "result")]
pub enum OperationResult {
    /// It succeeded.
    Succeeded,
    /// Nothing was left to do.
    Unchanged,
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// It was never started.
    Skipped {
        /// The failed one that it depends on; none after an interrupt.
        because: Option<Address>,
    },
}

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// Made.
    pub created: usize,
    /// Changed.
    pub updated: usize,
    /// Deleted, deposed ones too.
    pub deleted: usize,
    /// What deletions left behind because the service cannot delete it; they are counted as deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<(Address, String)>,
    /// Adopted, moved, recorded or forgotten.
    pub recorded: usize,
    /// Needed nothing after all.
    pub unchanged: usize,
    /// Failed, with the reason.
    pub failed: Vec<(Address, Failure)>,
    /// Not started, with the failed one that it depends on.
    pub skipped: Vec<(Address, Option<Address>)>,
    /// Begun and not followed to the end, after a second interrupt: the next run goes on with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Address>,
    /// Outputs that could not be finished although what they depend on was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_outputs: Vec<FailedOutput>,
    /// Stopped by an interrupt.
    pub interrupted: bool,
}

/// An output whose expression failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedOutput {
    /// Of which stack.
    pub stack: StackName,
    /// Its name.
    pub name: Arc<str>,
    /// Why, for a user.
    pub reason: String,
}

impl RunSummary {
    /// Whether everything was done that was planned.
    pub fn is_complete(&self) -> bool {
        !self.interrupted
            && self.failed.is_empty()
            && self.skipped.is_empty()
            && self.unfinished.is_empty()
            && self.failed_outputs.is_empty()
    }
}
