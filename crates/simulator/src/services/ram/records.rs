//! What RAM keeps.

use crate::services::shared::Tags;
use crate::store::Record;
use charter_model::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A resource share, by its ARN in the account that owns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) owner: AccountId,
    pub(crate) allows_external: bool,
    pub(crate) resources: Vec<Association>,
    pub(crate) principals: Vec<Association>,
    /// The permission of each resource type.
    pub(crate) permissions: BTreeMap<String, String>,
    /// Of each of these that the account made itself: its version.
    #[serde(default)]
    pub(crate) versions: BTreeMap<String, i64>,
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// When its creation ends.
    pub(crate) active: Timestamp,
}

impl Share {
    /// Whether it holds a resource by now.
    pub(crate) fn holds(&self, now: Timestamp, resource: &str) -> bool {
        self.resources.iter().any(|each| each.entity == resource && each.status(now) == "ASSOCIATED")
    }
}

impl Record for Share {
    const SERVICE: &'static str = "ram";
    const KIND: &'static str = "resource-share";
}

/// What is left of a deleted share, which is told for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BuriedShare {
    pub(crate) share: Share,
    /// When its deletion ends.
    pub(crate) deleted: Timestamp,
    pub(crate) forgotten: Timestamp,
}

impl Record for BuriedShare {
    const SERVICE: &'static str = "ram";
    const KIND: &'static str = "buried-resource-share";
    const INVENTORY: bool = false;

    fn gone(&self) -> Option<Timestamp> {
        Some(self.forgotten)
    }
}

/// A resource or a principal of a share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Association {
    /// An ARN, or an account's id.
    pub(crate) entity: String,
    /// Whether it is outside of the organization, or sharing within it is off.
    pub(crate) external: bool,
    pub(crate) created: Timestamp,
    /// When it takes effect; none until an invitation is accepted.
    pub(crate) ready: Option<Timestamp>,
    /// When an invitation that nobody answers ends.
    pub(crate) expires: Option<Timestamp>,
    /// When its end takes effect.
    pub(crate) ended: Option<Timestamp>,
}

impl Association {
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        match (self.ended, self.ready, self.expires) {
            (Some(ended), ..) if now < ended => "DISASSOCIATING",
            (Some(_), ..) => "DISASSOCIATED",
            (None, Some(ready), _) if ready <= now => "ASSOCIATED",
            // RAM User Guide, "Accepting and rejecting resource share invitations": the principal "is disassociated".
            (None, None, Some(expires)) if expires <= now => "DISASSOCIATED",
            _ => "ASSOCIATING",
        }
    }

    /// Whether it is there or on its way.
    pub(crate) fn counts(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "ASSOCIATED" | "ASSOCIATING")
    }
}

/// An invitation, by its ARN in the account that receives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub(crate) arn: String,
    pub(crate) share: String,
    pub(crate) share_name: String,
    pub(crate) sender: AccountId,
    pub(crate) receiver: AccountId,
    /// When it can be seen.
    pub(crate) sent: Timestamp,
    pub(crate) expires: Timestamp,
    /// `ACCEPTED` or `REJECTED`.
    pub(crate) answer: Option<String>,
}

impl Invitation {
    pub(crate) fn status(&self, now: Timestamp) -> &str {
        match &self.answer {
            Some(answer) => answer,
            None if self.expires <= now => "EXPIRED",
            None => "PENDING",
        }
    }
}

impl Record for Invitation {
    const SERVICE: &'static str = "ram";
    const KIND: &'static str = "invitation";
    const INVENTORY: bool = false;
}

/// That sharing within the organization is on; kept in its management account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OrganizationSharing {
    pub(crate) since: Timestamp,
}

impl OrganizationSharing {
    /// The only key.
    pub(crate) const KEY: &'static str = "organization-sharing";
}

impl Record for OrganizationSharing {
    const SERVICE: &'static str = "ram";
    const KIND: &'static str = "organization-sharing";
    const INVENTORY: bool = false;
}

/// What a client token did, by the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) digest: String,
    pub(crate) share: String,
}

impl Record for Token {
    const SERVICE: &'static str = "ram";
    const KIND: &'static str = "token";
    const INVENTORY: bool = false;
}

/// A permission that an account made, by its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Permission {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// The type of resource that it is for.
    pub(crate) kind: String,
    /// The default version, which is the newest.
    pub(crate) version: i64,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

impl Record for Permission {
    const SERVICE: &'static str = "ram";
    const KIND: &'static str = "permission";
}
