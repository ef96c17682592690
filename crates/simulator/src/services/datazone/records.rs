//! What DataZone keeps.

use crate::service::later;
use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Values by the member names of the service's answers.
pub(crate) type Settings = Map<String, Value>;

/// A domain, stored by its id in the account that owns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Domain {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) root_unit: String,
    pub(crate) settings: Settings,
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// When its creation ends, one way or the other.
    pub(crate) available: Timestamp,
    /// Whether its creation fails in the end.
    pub(crate) fails: bool,
    pub(crate) deleted: Option<Timestamp>,
}

impl Domain {
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        if self.deleted.is_some() {
            "DELETING"
        } else if now < self.available {
            "CREATING"
        } else if self.fails {
            "CREATION_FAILED"
        } else {
            "AVAILABLE"
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.settings.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Record for Domain {
    const SERVICE: &'static str = "datazone";
    const KIND: &'static str = "domain";

    fn gone(&self) -> Option<Timestamp> {
        self.deleted
    }
}

/// Something in a domain, stored in the account that owns the domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) settings: Settings,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// The user profile of whoever made it.
    pub(crate) by: String,
    /// When its creation or last update ends.
    pub(crate) ready: Timestamp,
    /// Why that fails in the end.
    pub(crate) fault: Option<String>,
    /// When its deletion ends.
    pub(crate) deleted: Option<Timestamp>,
}

impl Thing {
    pub(crate) fn new(id: impl Into<String>, by: impl Into<String>, settings: Settings, now: Timestamp) -> Self {
        Self {
            id: id.into(),
            by: by.into(),
            settings,
            created: now,
            updated: now,
            ready: now,
            fault: None,
            deleted: None,
        }
    }

    /// The same, taking so many seconds.
    #[must_use]
    pub(crate) fn taking(mut self, seconds: f64) -> Self {
        self.ready = later(self.created, seconds);
        self
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.settings.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A kind of thing, each its own collection, keyed by `DOMAIN|ID` or `DOMAIN|PARENT|ID`.
pub(crate) trait Kind: Record {
    fn of(thing: Thing) -> Self;
    fn into_thing(self) -> Thing;
}

macro_rules! kinds {
    ($($name:ident $kind:literal $inventory:literal,)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub(crate) struct $name(Thing);

        impl Record for $name {
            const SERVICE: &'static str = "datazone";
            const KIND: &'static str = $kind;
            const INVENTORY: bool = $inventory;

            fn gone(&self) -> Option<Timestamp> {
                self.0.deleted
            }
        }

        impl Kind for $name {
            fn of(thing: Thing) -> Self {
                Self(thing)
            }

            fn into_thing(self) -> Thing {
                self.0
            }
        }
    )*};
}

kinds! {
    Project "project" true,
    // A project's creator is a member from the start: no resource of its own.
    Membership "membership" false,
    // Profiles cannot be deleted: they go with their domain.
    UserProfile "user-profile" false,
    GroupProfile "group-profile" false,
    Configuration "environment-blueprint-configuration" true,
    Profile "environment-profile" true,
    Environment "environment" true,
    // What is left of a deleted environment.
    BuriedEnvironment "buried-environment" false,
    Action "environment-action" true,
    SubscriptionTarget "subscription-target" true,
    DataSource "data-source" true,
    Run "data-source-run" false,
    // Runs bring them in, and they go with their project.
    Asset "asset" false,
    Listing "listing" true,
    // What is left of an unpublished one.
    PastListing "past-listing" false,
    SubscriptionRequest "subscription-request" false,
    Subscription "subscription" true,
    // What is left of one that was cancelled or revoked.
    PastSubscription "past-subscription" false,
    SubscriptionGrant "subscription-grant" false,
    DomainUnit "domain-unit" true,
    UnitOwner "owner" true,
    Grant "policy-grant" true,
    FormType "form-type" true,
    ProjectProfile "project-profile" true,
    Connection "connection" true,
}

/// What a client token made, stored by the token: the same request again makes nothing new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) digest: String,
    pub(crate) id: String,
}

impl Record for Token {
    const SERVICE: &'static str = "datazone";
    const KIND: &'static str = "token";
    const INVENTORY: bool = false;
}
