//! The plan: self-describing data. What is shown, saved and applied is the same thing.

use crate::Selection;
use charter_model::{
    AccountName, Address, Diagnostics, EnvironmentName, Location, Placement, Pointer, ReplaceOrder, StackName,
    Template, Timeouts, TypeName, Value,
};
use charter_state::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version of the saved form.
pub const PLAN_VERSION: u32 = 1;

/// What an apply will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// What kind of plan it is.
    #[serde(default)]
    pub mode: Mode,
    /// The environment.
    pub environment: EnvironmentName,
    /// The state that it was made from: lineage, serial and content digest. Applying it to any other is refused as stale.
    pub state_lineage: Arc<str>,
    /// See `state_lineage`.
    pub state_serial: u64,
    /// See `state_lineage`.
    pub state_digest: String,
    /// The configuration that it was made from, so that it can be said what a stale plan was about.
    pub configuration_digest: String,
    /// One for each resource of the selection, sorted by address; those without a change too.
    pub steps: Vec<Step>,
    /// What the executor runs, in no particular order; `edges` say what waits for what.
    pub operations: Vec<Operation>,
    /// Which operation comes after which.
    pub edges: Vec<Edge>,
    /// The outputs as far as they are known, and how to finish them.
    pub outputs: BTreeMap<StackName, BTreeMap<Arc<str>, PlannedOutput>>,
    /// Attributes of resources that expressions may refer to and that this plan does not touch.
    pub attributes: BTreeMap<Address, Value>,
    /// The accounts of the operations that the stacks make, each with the resource that makes it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountName, Address>,
    /// Whether contents of deleted resources may be thrown away.
    pub discard_contents: bool,
    /// What the run was asked to be about; everything, if nothing is named.
    #[serde(default, skip_serializing_if = "Selection::is_everything")]
    pub selection: Selection,
    /// What was not selected and takes part all the same: each with the resource that needs it there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pulled_in: BTreeMap<Address, PulledIn>,
    /// The hand-offs that stand open once this plan is applied: somebody must do what they say, and confirm it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_hand_offs: Vec<Address>,
    /// What is worth knowing and stops nothing.
    #[serde(default, skip_serializing_if = "Diagnostics::is_empty")]
    pub warnings: Diagnostics,
}

/// What kind of plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Makes reality match the stacks.
    #[default]
    Apply,
    /// Deletes everything that is selected, in reverse order.
    Destroy,
    /// Only looks at what changed behind our back, and nothing of the stacks. Its steps say what drifted: `before` is what we
    /// asked for, `after` what is there. Its operations record what was seen, so applying it calls nothing; what we asked for
    /// stays on record, so the next plan still offers to put it back.
    Drift,
}

/// Why something that was not selected takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum PulledIn {
    /// A selected resource depends on it.
    NeededBy {
        /// Which.
        address: Address,
    },
    /// It depends on a resource that goes or is replaced.
    DependsOn {
        /// Which.
        address: Address,
    },
}

/// What happens to one resource, for a reader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Where it stands.
    pub address: Address,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// What happens.
    pub action: Action,
    /// The identifier, if it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// Each changed field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Why, in one line, where the changes do not say it: `its block was removed`, `its creation failed half-way`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What its deletion leaves behind because the service cannot delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_behind: Option<String>,
    /// The hand-off that somebody must confirm first: until then nothing of this is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Address>,
    /// Where its block was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// What happens to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum Action {
    /// Made.
    Create,
    /// Changed in place.
    Update,
    /// A new one in place of the old one.
    Replace {
        /// Which of both comes first.
        order: ReplaceOrder,
    },
    /// Taken away.
    Delete,
    /// Exists already and is recorded; then changed in place if `changes` is not empty.
    Adopt,
    /// Recorded at another address; then changed in place if `changes` is not empty.
    Move {
        /// Where it stood.
        from: Address,
    },
    /// No longer recorded; the real thing stays.
    Forget,
    /// Nothing. (Found changed behind our back but equal to what is desired: recorded anew.)
    None,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Where.
    pub pointer: Pointer,
    /// As it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// As it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Why.
    pub reason: ChangeReason,
    /// Whether this field forces a replacement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forces_replacement: bool,
    /// Where the value is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// Why a field changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeReason {
    /// The stacks say something else than before.
    Configured,
    /// The real thing was changed behind our back.
    Drifted,
    /// Both: the stacks changed, and the real thing is neither the old nor the new.
    ConfiguredAndDrifted,
    /// It follows from another resource of this plan: a reference whose value will be another.
    Reference,
}

/// The place of an operation in [`Plan::operations`].
pub type OperationId = usize;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The resource.
    pub address: Address,
    /// What to do.
    pub kind: OperationKind,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// Complete with name and tags, expressions still in it; none for what needs no inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Template>,
    /// The record that the operation starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Record>,
    /// The record that it leads to, but for identifier, inputs and attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Record>,
    /// How long it may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// For a deletion that would leave something behind: what it is in goes in the same plan, so that nothing stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_whole: bool,
}

/// The kinds of operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum OperationKind {
    /// Makes it; `depose` first makes the present one a deposed one (create-first replacement).
    Create {
        /// Whether the address has a resource that must be deposed.
        depose: bool,
    },
    /// Changes it in place. If, with all values known, nothing is left to change, the call is not made.
    Update,
    /// Deletes it.
    Delete,
    /// Deletes the deposed resource of this generation.
    DeleteDeposed {
        /// `record.generation` of the deposed one.
        generation: u32,
    },
    /// Reads what exists under an identifier and records it.
    Adopt {
        /// The primary identifier.
        identifier: String,
    },
    /// Records `next` and, for a move, forgets the address it came from. No call.
    Record {
        /// The address that is forgotten in the same write.
        from: Option<Address>,
    },
    /// Forgets it. No call.
    Forget,
}

/// `after` waits for `before`. If `before` fails, `after` is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// First.
    pub before: OperationId,
    /// Then.
    pub after: OperationId,
}

/// An output: what is known now, and how to finish it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedOutput {
    /// As of the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// As far as it is known; null for an output that goes.
    pub after: Value,
    /// To finish it.
    pub value: Template,
}
