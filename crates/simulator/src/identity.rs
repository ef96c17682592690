//! Who exists and who calls: the records of IAM that more than one service reads, and the caller of a request.
//!
//! Users, roles and keys are global: they are stored under the region [`GLOBAL`].

use crate::store::{GLOBAL, Record, Store};
use charter_model::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A role, stored by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Role {
    /// `Reader`.
    pub(crate) name: String,
    /// `AROA…`, unique over all time: a role made again has another.
    pub(crate) id: String,
    pub(crate) arn: String,
    /// `/` or `/service-role/`.
    pub(crate) path: String,
    /// As it was given.
    pub(crate) trust_policy: String,
    pub(crate) description: Option<String>,
    /// In seconds.
    pub(crate) max_session_duration: u32,
    pub(crate) permissions_boundary: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Inline policies by name, as they were given.
    #[serde(default)]
    pub(crate) inline_policies: BTreeMap<String, String>,
    /// ARNs of managed policies.
    #[serde(default)]
    pub(crate) attached_policies: BTreeSet<String>,
    pub(crate) created: Timestamp,
    /// When it, or its trust policy as it is now, has reached every region: before, nobody can assume it.
    pub(crate) assumable: Timestamp,
    /// Whether AWS, or a service, made it and users cannot change it.
    #[serde(default)]
    pub(crate) service_linked: bool,
}

impl Record for Role {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "role";
}

/// A user, stored by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    /// `AIDA…`.
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) path: String,
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) inline_policies: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) attached_policies: BTreeSet<String>,
    pub(crate) created: Timestamp,
}

impl Record for User {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "user";
}

/// An access key: of a user for good, or of a session until it expires. Stored by its id in the account that it acts in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    /// `AKIA…` or, of a session, `ASIA…`.
    pub(crate) id: String,
    pub(crate) secret: String,
    /// Only of a session.
    pub(crate) session_token: Option<String>,
    /// By the caller's clock; only of a session.
    pub(crate) expires: Option<Timestamp>,
    pub(crate) caller: Caller,
}

impl Record for AccessKey {
    const SERVICE: &'static str = "iam";
    const KIND: &'static str = "access-key";
    const INVENTORY: bool = false;
}

/// Who makes a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    /// `arn:aws:iam::111111111111:user/admin`, `arn:aws:sts::111111111111:assumed-role/Reader/session`.
    pub(crate) arn: String,
    /// As `GetCallerIdentity` tells it: `AIDA…`, `AROA…:session`.
    pub(crate) user_id: String,
    pub(crate) kind: CallerKind,
}

/// What kind of principal calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum CallerKind {
    /// A user, by name.
    User(String),
    /// A session of a role.
    Session {
        /// The role's name.
        role: String,
        /// The role's ARN, which is what policies name.
        role_arn: String,
        /// Session tags.
        tags: BTreeMap<String, String>,
        /// What was passed to limit the session; none: nothing was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policies: Option<SessionPolicies>,
    },
}

/// Policies that were passed when a session was opened. The session may do what they and the role's own policies allow.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SessionPolicies {
    /// A document.
    pub(crate) inline: Option<String>,
    /// ARNs of managed policies, AWS's or of the role's account.
    pub(crate) managed: Vec<String>,
}

impl Caller {
    /// The ARN that a policy names: of a session, its role's.
    pub(crate) fn policy_arn(&self) -> &str {
        match &self.kind {
            CallerKind::User(_) => &self.arn,
            CallerKind::Session { role_arn, .. } => role_arn,
        }
    }
}

impl AccessKey {
    /// The key of an id, whatever account it acts in: a request tells only the id.
    pub(crate) fn find(store: &Store, id: &str) -> Option<Self> {
        store.anywhere(GLOBAL, id)
    }

    /// The key of a user, if it has one.
    pub(crate) fn of_user(store: &Store, user: &User, account: &AccountId) -> Option<Self> {
        let keys = store.list::<Self>(account, GLOBAL);
        keys.into_iter().map(|(_, key)| key).find(|key| key.session_token.is_none() && key.caller.arn == user.arn)
    }

    pub(crate) fn save(&self, store: &mut Store) {
        store.put(&self.caller.account, GLOBAL, &self.id, self);
    }

    /// Forgets an account's sessions that were over at a moment of the caller's clock.
    pub(crate) fn forget_expired(store: &mut Store, account: &AccountId, caller_now: Timestamp) {
        for (id, key) in store.list::<Self>(account, GLOBAL) {
            // A day longer than they live, so that their late users are told that they expired.
            if key.expires.is_some_and(|expires| crate::service::later(expires, 86_400.0) < caller_now) {
                store.remove::<Self>(account, GLOBAL, &id);
            }
        }
    }
}
