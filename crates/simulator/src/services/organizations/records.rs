//! What Organizations keeps, all of it in the management account.

use crate::services::shared::Tags;
use crate::store::Record;
use charter_model::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The organization with its one root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    /// `o-…`
    pub(crate) id: String,
    /// `r-…`
    pub(crate) root: String,
    pub(crate) management: AccountId,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub(crate) features: String,
    /// The policy types that are enabled in the root.
    pub(crate) policy_types: BTreeSet<String>,
    /// Those of them that are still being enabled, until when.
    #[serde(default)]
    pub(crate) enabling: BTreeMap<String, Timestamp>,
    /// Services with trusted access, since when.
    pub(crate) services: BTreeMap<String, Timestamp>,
    pub(crate) tags: Tags,
}

impl Tree {
    /// The only key: an account manages one organization at most.
    pub(crate) const KEY: &'static str = "organization";

    pub(crate) fn new(id: String, root: String, management: AccountId, features: &str) -> Self {
        // Organizations API Reference, CreateOrganization: with all features, service control policies are enabled in the root.
        let types = if features == "ALL" { vec![SERVICE_CONTROL.to_owned()] } else { Vec::new() };
        Self {
            id,
            root,
            management,
            features: features.to_owned(),
            policy_types: types.into_iter().collect(),
            enabling: BTreeMap::new(),
            services: BTreeMap::new(),
            tags: Tags::new(),
        }
    }
}

impl Tree {
    /// Whether policies of a type can be attached.
    pub(crate) fn takes(&self, kind: &str, now: Timestamp) -> bool {
        self.policy_types.contains(kind) && self.enabling.get(kind).is_none_or(|until| *until <= now)
    }
}

impl Record for Tree {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "organization";
}

pub(crate) const SERVICE_CONTROL: &str = "SERVICE_CONTROL_POLICY";

/// An organizational unit, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) parent: String,
    pub(crate) tags: Tags,
}

impl Record for Unit {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "unit";
}

/// An account of the organization, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) parent: String,
    /// `CREATED` or `INVITED`.
    pub(crate) method: String,
    /// When it has joined: one that is being created is not there before.
    pub(crate) joined: Timestamp,
    /// When its closing was asked for.
    pub(crate) closed: Option<Timestamp>,
    pub(crate) tags: Tags,
}

impl Record for Member {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "member";
}

/// The creation of an account, by its id `car-…`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Creation {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) requested: Timestamp,
    pub(crate) completed: Timestamp,
    /// The account that it leads to, or why it does not.
    pub(crate) outcome: Result<AccountId, String>,
}

impl Record for Creation {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "creation";
    const INVENTORY: bool = false;
}

/// A policy, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: String,
    pub(crate) content: String,
    /// Ids of roots, units and accounts.
    pub(crate) targets: BTreeSet<String>,
    pub(crate) tags: Tags,
}

impl Record for Policy {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "policy";
}

/// The policy that says which accounts may administer what, by [`Delegation::KEY`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delegation {
    pub(crate) id: String,
    pub(crate) content: String,
    pub(crate) tags: Tags,
}

impl Delegation {
    pub(crate) const KEY: &'static str = "resource-policy";
}

impl Record for Delegation {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "resource-policy";
}
