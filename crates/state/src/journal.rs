//! The journal: what a run is about to do, is doing, and has done, one JSON line each.

use crate::Record;
use charter_model::{AccountId, AccountName, Address, Placement, StackName, TypeName, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names one intent: the idempotency token of its call, so unique over all runs.
pub type IntentId = Arc<str>;

/// Announces a mutating call. Durable before the call is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// The idempotency token that the call carries.
    pub id: IntentId,
    /// What is done.
    pub stage: Stage,
    /// The record as it will be if the operation succeeds (attributes as far as they are known); for a deletion, as it was.
    pub record: Record,
    /// From the provider's `Pending`, so that another process can go on following.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// For the creation of a create-first replacement: the generation of the resource that was deposed for it. If nothing comes of
    /// the creation, that one takes its address again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<u32>,
}

/// Something that changes AWS and that no plan contains: announced as an intent is, since nobody knows else what a run that died
/// had asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    /// What is done.
    pub kind: ActKind,
    /// Where it is called.
    pub placement: Placement,
    /// What it is done to, by its identifier.
    pub subject: String,
}

/// What an act does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    /// Closes an account.
    CloseAccount,
}

/// What an intent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Makes a resource at an address that has none (or whose old one was deposed by an earlier entry).
    Create,
    /// Changes the resource in place.
    Update,
    /// Deletes the resource of the address.
    Delete,
    /// Deletes a deposed resource of the address.
    DeleteDeposed,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "entry")]
pub enum Entry {
    /// A call is about to be made.
    Intent(Box<Intent>),
    /// Something of a running operation became known: identifier, handle.
    Progress {
        /// Which intent.
        id: IntentId,
        /// The identifier, once known.
        identifier: Option<String>,
        /// How to go on following.
        handle: Option<String>,
    },
    /// The operation ended.
    Settled {
        /// Which intent.
        id: IntentId,
        /// How.
        outcome: Box<Outcome>,
    },
    /// The resource of an address becomes deposed, before its create-first replacement is made.
    Depose {
        /// Which.
        address: Address,
    },
    /// Recorded without a call: adopted, moved, refreshed.
    Put {
        /// What is recorded now.
        record: Box<Record>,
    },
    /// Forgotten without a call. (A move is a `Put` at the new address and a `Forget` of the old one, in one append.)
    Forget {
        /// Which.
        address: Address,
    },
    /// A deposed resource forgotten without a call.
    ForgetDeposed {
        /// Whose.
        address: Address,
        /// `record.generation` of the deposed one.
        generation: u32,
    },
    /// A call is about to be made that no plan contains.
    Act {
        /// The act.
        id: IntentId,
        /// What is done.
        act: Box<Act>,
    },
    /// An act ended, or it became known what had become of it.
    ActSettled {
        /// Which.
        id: IntentId,
        /// How, for a person.
        result: String,
    },
    /// Which account a name stands for that the stacks made; durable before the first call in it.
    Account {
        /// The name.
        name: AccountName,
        /// The account.
        id: AccountId,
    },
    /// The outputs of a stack, as of now; none: the stack has no outputs any more.
    Outputs {
        /// Which stack.
        stack: StackName,
        /// By name.
        values: BTreeMap<Arc<str>, Value>,
    },
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Outcome {
    /// Created or updated: what is recorded now.
    Recorded {
        /// The record.
        record: Box<Record>,
    },
    /// Deleted, or found to be gone.
    Gone,
    /// Nothing changed: refused, or never took effect.
    Unchanged {
        /// Why.
        reason: String,
    },
    /// Failed half-way: it exists and is not whole.
    Incomplete {
        /// The record, with [`crate::RecordStatus::Incomplete`].
        record: Box<Record>,
    },
}

impl Outcome {
    /// The record that the operation leaves, if any.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Recorded { record } | Self::Incomplete { record } => Some(record),
            Self::Gone | Self::Unchanged { .. } => None,
        }
    }
}

/// Where an intent's resource lives and what it is: what recovery needs first.
impl Intent {
    /// The address.
    pub fn address(&self) -> &Address {
        &self.record.address
    }

    /// The type.
    pub fn type_name(&self) -> &TypeName {
        &self.record.type_name
    }

    /// The placement.
    pub fn placement(&self) -> &Placement {
        &self.record.placement
    }
}
