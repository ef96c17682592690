//! The desired graph: what the stacks of an environment ask for. Made by the language, read by the planner.

use crate::{
    AccountId, AccountName, Address, EnvironmentName, Pointer, Region, Sources, Span, StackName, Template, TypeName,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// All that the stacks of one environment ask for.
#[derive(Debug, Clone)]
pub struct DesiredGraph {
    /// The environment.
    pub environment: EnvironmentName,
    /// What it runs against.
    pub target: TargetKind,
    /// Only such an environment may be torn down, and only there non-empty buckets are emptied.
    pub ephemeral: bool,
    /// The accounts that the environment names.
    pub accounts: BTreeMap<AccountName, AccountTarget>,
    /// Where resources go that name no region.
    pub region: Region,
    /// Tags for every taggable resource.
    pub tags: BTreeMap<Arc<str>, Arc<str>>,
    /// The stacks that were read; those without resources too.
    pub stacks: Vec<StackName>,
    /// Every resource, modules and `forEach` expanded.
    pub resources: BTreeMap<Address, DesiredResource>,
    /// The outputs of each stack.
    pub outputs: BTreeMap<StackName, BTreeMap<Arc<str>, Output>>,
    /// The grants as written; the policies that follow from them stand among the resources.
    pub grants: Vec<Grant>,
    /// What must hold about access.
    pub expectations: Vec<Expectation>,
    /// The files that all spans point into.
    pub sources: Arc<Sources>,
}

/// What an environment runs against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// The embedded simulator.
    Simulator,
    /// AWS.
    Aws,
}

/// Which account a name of the environment stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AccountSource {
    /// The one with this id: it was there before.
    Known(AccountId),
    /// The one that a resource of the stacks makes: its id is known once that is there.
    Made {
        /// The resource; its identifier is the account's id.
        by: Address,
        /// Where that resource lives: the account from which the role of the new one is assumed. None until the stacks were read.
        through: Option<AccountName>,
    },
}

impl From<AccountId> for AccountSource {
    fn from(id: AccountId) -> Self {
        Self::Known(id)
    }
}

/// How to reach an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTarget {
    /// Checked by `sts:GetCallerIdentity` before the first change.
    pub id: AccountSource,
    /// The name or ARN of the role to assume; none: the credentials as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Sent with the assumption of the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// A profile of the shared configuration files to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Sent as session tags with the assumption of the role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session_tags: BTreeMap<String, String>,
}

impl AccountTarget {
    /// The id, unless the stacks make the account.
    pub fn known_id(&self) -> Option<&AccountId> {
        match &self.id {
            AccountSource::Known(id) => Some(id),
            AccountSource::Made { .. } => None,
        }
    }

    /// The resource that makes the account, if the stacks do.
    pub fn made_by(&self) -> Option<&Address> {
        match &self.id {
            AccountSource::Known(_) => None,
            AccountSource::Made { by, .. } => Some(by),
        }
    }
}

/// Where a resource lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Placement {
    /// The account, by the name that the environment gives it.
    pub account: AccountName,
    /// The region; global services too are called through one.
    pub region: Region,
}

/// One resource as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredResource {
    /// Where it stands in the stacks.
    pub address: Address,
    /// Its type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// Always a map, constant or not; members are the type's properties.
    pub properties: Template,
    /// Where the block, and each property of it, was written.
    pub locations: Arc<Locations>,
    /// Everything that must exist before it: from references and `dependsOn`, each once, sorted by address.
    pub dependencies: Vec<Dependency>,
    /// How it lives and dies.
    pub lifecycle: Lifecycle,
}

/// Where a block and its properties were written. Shared by all instances of a `forEach` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locations {
    /// The name of the block.
    pub block: Option<Span>,
    /// The value of each property, by its place below `properties`.
    pub values: BTreeMap<Pointer, Span>,
    /// The name of each property, by its place below `properties`.
    pub keys: BTreeMap<Pointer, Span>,
}

impl Locations {
    /// The nearest written place: that of the property, else of what holds it, else of the block.
    pub fn nearest(&self, pointer: &Pointer) -> Option<Span> {
        let mut place = Some(pointer.clone());
        while let Some(pointer) = place {
            if let Some(span) = self.values.get(&pointer) {
                return Some(*span);
            }
            place = pointer.parent();
        }
        self.block
    }
}

/// One edge: this resource comes after `address`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dependency {
    /// What must exist first.
    pub address: Address,
    /// The property that refers to it; none for `dependsOn`.
    pub property: Option<Pointer>,
    /// Where the reference was written.
    pub span: Option<Span>,
}

/// Which of old and new comes first when a resource is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplaceOrder {
    /// The new one is made, dependants move over, then the old one goes.
    CreateFirst,
    /// The old one goes first; for what cannot exist twice.
    DeleteFirst,
}

/// How a resource lives and dies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lifecycle {
    /// Refuses deletion and replacement; kept in state, so it survives removal of the block.
    pub protect: bool,
    /// Leaves the real thing alone when the resource goes; only forgets it.
    pub retain: bool,
    /// Asked for by the user; none: as the type allows.
    pub replace: Option<ReplaceOrder>,
    /// Differences there are not acted on.
    pub ignore_changes: Vec<Pointer>,
    /// Adopt what exists under this identifier instead of creating.
    pub import: Option<String>,
    /// Where the resource stood before.
    pub moved_from: Option<Address>,
    /// How long to wait; none: as the type says.
    pub timeouts: Timeouts,
}

/// How long to wait for each operation to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeouts {
    /// For a creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<Duration>,
    /// For an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Duration>,
    /// For a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<Duration>,
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// What it comes to.
    pub value: Template,
    /// For a reader.
    pub description: Option<String>,
    /// Where it was written.
    pub span: Option<Span>,
}

/// A grant as written: `{to: "${reader}", on: "${knowledge.index}", access: query}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who receives it: a role.
    pub to: Address,
    /// What it is on.
    pub on: Address,
    /// The capability, a word of the type's own: `query`, `read`, `invoke`.
    pub access: String,
    /// Where it was written.
    pub span: Option<Span>,
}

/// What must hold about access; checked on every preview.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// Who asks: an ARN, or a role of the stacks.
    pub principal: Template,
    /// `bedrock:InvokeModel`
    pub action: String,
    /// The ARN of what is asked for.
    pub resource: Template,
    /// What the answer must be.
    pub expect: ExpectedDecision,
    /// The stack that states it.
    pub stack: StackName,
    /// The key of the element of `forEach` that it is about.
    pub key: Option<Arc<str>>,
    /// Where it was written.
    pub span: Option<Span>,
}

/// The answer that an expectation wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedDecision {
    /// It must be allowed.
    Allow,
    /// It must not.
    Deny,
}
