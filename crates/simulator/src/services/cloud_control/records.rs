//! What Cloud Control keeps: resources, and the requests that made them what they are.

use crate::service::Call;
use crate::store::Record;
use charter_catalog::has_price;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A resource, stored by its type and identifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::services) struct Resource {
    pub(in crate::services) type_name: String,
    pub(in crate::services) identifier: String,
    /// All of them, write-only ones too.
    pub(in crate::services) properties: Value,
    pub(in crate::services) created: Timestamp,
    /// When it has been made: before, nobody can read it.
    pub(in crate::services) ready: Timestamp,
    /// Until when an operation goes on.
    pub(in crate::services) busy: Timestamp,
    /// When it is gone.
    #[serde(default)]
    pub(in crate::services) gone: Option<Timestamp>,
}

impl Record for Resource {
    const SERVICE: &'static str = "cloudcontrol";
    const KIND: &'static str = "resource";

    fn gone(&self) -> Option<Timestamp> {
        self.gone
    }

    fn is_metered(&self) -> bool {
        has_price(&self.type_name)
    }
}

impl Resource {
    fn key(type_name: &str, identifier: &str) -> String {
        format!("{type_name} {identifier}")
    }

    /// What is there.
    pub(in crate::services) fn get(call: &Call<'_>, type_name: &str, identifier: &str) -> Option<Self> {
        call.store.get(call.account, call.region, &Self::key(type_name, identifier))
    }

    /// What a reader is told.
    pub(in crate::services) fn read(call: &Call<'_>, type_name: &str, identifier: &str) -> Option<Self> {
        call.store.read(call.account, call.region, &Self::key(type_name, identifier))
    }

    /// All of a type as a reader is told.
    pub(in crate::services) fn of_type(call: &Call<'_>, type_name: &str) -> Vec<Self> {
        call.store.read_prefix(call.account, call.region, &Self::key(type_name, ""))
    }

    pub(super) fn save(&self, call: &mut Call<'_>) {
        let (account, region) = (call.account, call.region);
        call.store.put(account, region, &Self::key(&self.type_name, &self.identifier), self);
    }
}

/// A request for a change, stored by its token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ChangeRequest {
    pub(super) token: String,
    pub(super) type_name: String,
    /// None while a creation fails before there is anything to identify.
    pub(super) identifier: Option<String>,
    pub(super) operation: Operation,
    pub(super) started: Timestamp,
    pub(super) completes: Timestamp,
    /// What comes of it.
    pub(super) outcome: Outcome,
    pub(super) cancelled: Option<Timestamp>,
    /// What is read of the resource once it is done.
    pub(super) model: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Outcome {
    Success,
    Failure(Failure),
}

/// Why a handler fails: a code of the handler contract, and its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// An error of EC2, as its handlers pass it on.
    pub(super) fn ec2(code: &str, message: impl std::fmt::Display) -> Self {
        Self::new(code, format!("{message} (Service: Ec2, Status Code: 400)"))
    }
}

impl Record for ChangeRequest {
    const SERVICE: &'static str = "cloudcontrol";
    const KIND: &'static str = "request";
    const INVENTORY: bool = false;

    /// Source: Cloud Control API User Guide, "Managing resource operation requests": requests are kept for seven days.
    fn gone(&self) -> Option<Timestamp> {
        Some(crate::service::later(self.started, 7.0 * 86_400.0))
    }
}

/// A client's token, stored by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ClientToken {
    /// The request that it stands for.
    pub(super) request: String,
    /// Of what was asked for.
    pub(super) digest: String,
    pub(super) used: Timestamp,
}

impl Record for ClientToken {
    const SERVICE: &'static str = "cloudcontrol";
    const KIND: &'static str = "client-token";
    const INVENTORY: bool = false;

    /// Source: Cloud Control API Reference, `CreateResource`: a client token is valid for 36 hours.
    fn gone(&self) -> Option<Timestamp> {
        Some(crate::service::later(self.used, 36.0 * 3600.0))
    }
}
