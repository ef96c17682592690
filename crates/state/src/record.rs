//! The snapshot: one record for each resource.

use crate::{Act, Intent};
use charter_model::{
    AccountId, AccountName, Address, EnvironmentName, Placement, Pointer, ReplaceOrder, StackName, TypeName, Value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The version of the state's schema that this program writes. Older ones are migrated when read, newer ones refused.
pub const STATE_VERSION: u32 = 1;

/// The whole state of one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// [`STATE_VERSION`] when it was written.
    pub version: u32,
    /// The environment that it belongs to.
    pub environment: EnvironmentName,
    /// Made once, at random: two states of the same environment name are told apart by it.
    pub lineage: Arc<str>,
    /// Grows with every run that changes anything.
    pub serial: u64,
    /// Salt of the fingerprints that stand in for secrets; random, of this state only.
    pub salt: Arc<str>,
    /// What is recorded, by address.
    pub resources: BTreeMap<Address, Record>,
    /// Old resources of create-first replacements that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Deposed>,
    /// Intents without a result: settled first by the next run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<crate::IntentId, Intent>,
    /// Acts without a result: what became of them is looked for by the next run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acts: BTreeMap<crate::IntentId, Act>,
    /// The outputs as of the last apply; secret ones as fingerprints.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<StackName, BTreeMap<Arc<str>, Value>>,
    /// Of each account that the stacks made: which it was when something was first made in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountName, AccountId>,
}

/// One resource as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Where it stands in the stacks.
    pub address: Address,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The primary identifier; none for a creation that failed before the identifier was known.
    pub identifier: Option<String>,
    /// What was last asked for, complete with name and tags; secrets and write-only properties as fingerprints.
    pub inputs: Value,
    /// What was last read: properties and read-only attributes.
    pub attributes: Value,
    /// Where inputs come from secrets: the text of the reference (never the value), by place. So that a plan that cannot read
    /// the secrets can still tell that nothing changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_references: BTreeMap<Pointer, Arc<str>>,
    /// What it came after; deletion goes the other way round.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Address>,
    /// Refuses deletion and replacement, also when its block is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Is forgotten, not deleted, when its block is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// The order of replacement that the user asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<ReplaceOrder>,
    /// How many times this address has been replaced: part of a fresh physical name.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// Whether it is whole.
    #[serde(default, skip_serializing_if = "RecordStatus::is_ready")]
    pub status: RecordStatus,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Whether a recorded resource is whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum RecordStatus {
    /// The last operation on it succeeded.
    #[default]
    Ready,
    /// Its creation failed half-way: the next plan replaces it.
    Incomplete {
        /// Why.
        reason: String,
    },
}

impl RecordStatus {
    /// Whether it is whole.
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }
}

/// The old resource of a create-first replacement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposed {
    /// The record as it was; `record.generation` tells several of one address apart.
    pub record: Record,
}
