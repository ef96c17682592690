//! What IAM keeps besides roles, users and keys, which other services read too and `identity` holds.

use crate::identity::{Role, User};
use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A group, stored by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) path: String,
    pub(crate) members: BTreeSet<String>,
    pub(crate) inline_policies: BTreeMap<String, String>,
    pub(crate) attached_policies: BTreeSet<String>,
    pub(crate) created: Timestamp,
}

impl Record for Group {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "group";
}

/// A customer managed policy, stored by its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) path: String,
    pub(crate) description: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) versions: BTreeMap<u32, Version>,
    pub(crate) default_version: u32,
    /// Version numbers are never used again.
    pub(crate) next_version: u32,
    pub(crate) attachments: u32,
    pub(crate) boundaries: u32,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// One version of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) document: String,
    pub(crate) created: Timestamp,
}

impl Record for Policy {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "policy";
}

/// An instance profile, stored by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) path: String,
    pub(crate) role: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
}

impl Record for InstanceProfile {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "instance-profile";
}

/// An OpenID Connect provider, stored by its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OidcProvider {
    pub(crate) arn: String,
    /// Without `https://`.
    pub(crate) url: String,
    pub(crate) clients: Vec<String>,
    pub(crate) thumbprints: Vec<String>,
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
}

impl Record for OidcProvider {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "oidc-provider";
}

/// A SAML provider, stored by its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SamlProvider {
    pub(crate) arn: String,
    pub(crate) uuid: String,
    pub(crate) metadata: String,
    pub(crate) encryption_mode: Option<String>,
    pub(crate) private_keys: Vec<(String, Timestamp)>,
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
    pub(crate) valid_until: Timestamp,
}

impl Record for SamlProvider {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "saml-provider";
}

/// A name that is taken. IAM compares names without case, and keeps them with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TakenName;

impl Record for TakenName {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "taken-name";
    const INVENTORY: bool = false;
}

/// The end of the deletion of a service-linked role, stored by the task's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeletionTask {
    pub(crate) done: Timestamp,
}

impl Record for DeletionTask {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "deletion-task";
    const INVENTORY: bool = false;
}

/// Who can hold policies: a role, a user or a group.
pub(crate) trait Holder: Record {
    /// As messages call it: `role`.
    const NOUN: &'static str;
    /// The member of the input that names it.
    const MEMBER: &'static str;
    /// Characters that all inline policies together may have (IAM quotas:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
    const INLINE_LIMIT: usize;

    fn name(&self) -> &str;
    fn id(&self) -> &str;
    fn inline(&self) -> &BTreeMap<String, String>;
    fn inline_mut(&mut self) -> &mut BTreeMap<String, String>;
    fn attached(&self) -> &BTreeSet<String>;
    fn attached_mut(&mut self) -> &mut BTreeSet<String>;
    /// Whether only AWS changes it.
    fn protected(&self) -> bool {
        false
    }
}

macro_rules! holder {
    ($type:ty, $noun:literal, $member:literal, $limit:literal $(, $protected:ident)?) => {
        impl Holder for $type {
            const NOUN: &'static str = $noun;
            const MEMBER: &'static str = $member;
            const INLINE_LIMIT: usize = $limit;

            fn name(&self) -> &str {
                &self.name
            }
            fn id(&self) -> &str {
                &self.id
            }
            fn inline(&self) -> &BTreeMap<String, String> {
                &self.inline_policies
            }
            fn inline_mut(&mut self) -> &mut BTreeMap<String, String> {
                &mut self.inline_policies
            }
            fn attached(&self) -> &BTreeSet<String> {
                &self.attached_policies
            }
            fn attached_mut(&mut self) -> &mut BTreeSet<String> {
                &mut self.attached_policies
            }
            $(fn protected(&self) -> bool {
                self.$protected
            })?
        }
    };
}

holder!(Role, "role", "RoleName", 10_240, service_linked);
holder!(User, "user", "UserName", 2_048);
holder!(Group, "group", "GroupName", 5_120);
