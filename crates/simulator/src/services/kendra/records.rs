//! What Kendra keeps.

use crate::service::later;
use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values by the member names of the service's answers.
pub(crate) type Settings = Map<String, Value>;

/// The moments of something that is created, updated and deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) active: Timestamp,
    /// When an update holds that is under way.
    pub(crate) updating_until: Option<Timestamp>,
    pub(crate) deleted: Option<Timestamp>,
    /// Why it fails in the end.
    pub(crate) fault: Option<String>,
}

impl Life {
    pub(crate) fn new(now: Timestamp, seconds: f64, fault: Option<String>) -> Self {
        Self { created: now, updated: now, active: later(now, seconds), updating_until: None, deleted: None, fault }
    }

    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        if self.deleted.is_some() {
            "DELETING"
        } else if now < self.active {
            "CREATING"
        } else if self.fault.is_some() {
            "FAILED"
        } else if self.updating_until.is_some_and(|until| now < until) {
            "UPDATING"
        } else {
            "ACTIVE"
        }
    }
}

macro_rules! record {
    ($type:ty, $kind:literal) => {
        impl Record for $type {
            const SERVICE: &'static str = "kendra";
            const KIND: &'static str = $kind;

            fn gone(&self) -> Option<Timestamp> {
                self.life.deleted
            }
        }
    };
}

/// An index, stored by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) id: String,
    pub(crate) settings: Settings,
    pub(crate) tags: Tags,
    pub(crate) life: Life,
}
record!(Index, "index");

/// A data source, stored by `INDEX|ID`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSource {
    pub(crate) id: String,
    pub(crate) index: String,
    pub(crate) settings: Settings,
    pub(crate) tags: Tags,
    pub(crate) life: Life,
}
record!(DataSource, "data-source");

/// A FAQ, stored by `INDEX|ID`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Faq {
    pub(crate) id: String,
    pub(crate) index: String,
    pub(crate) settings: Settings,
    pub(crate) tags: Tags,
    pub(crate) life: Life,
}
record!(Faq, "faq");

/// A run of a data source, stored by `INDEX|SOURCE|EXECUTION`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SyncRun {
    pub(crate) id: String,
    pub(crate) started: Timestamp,
    /// When crawling ends and indexing begins.
    pub(crate) crawled: Timestamp,
    pub(crate) ended: Timestamp,
    /// When it was asked to stop.
    pub(crate) stopped: Option<Timestamp>,
    pub(crate) fault: Option<String>,
    /// The documents that it brought, by id: what the source held when the run began.
    pub(crate) documents: BTreeMap<String, Document>,
    pub(crate) added: usize,
    pub(crate) modified: usize,
    pub(crate) deleted: usize,
    /// When its data source, and so its history, goes.
    #[serde(default)]
    pub(crate) gone: Option<Timestamp>,
}

impl Record for SyncRun {
    const SERVICE: &'static str = "kendra";
    const KIND: &'static str = "sync-run";
    const INVENTORY: bool = false;

    fn gone(&self) -> Option<Timestamp> {
        self.gone
    }
}

impl SyncRun {
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        if let Some(stopped) = self.stopped {
            return if now < later(stopped, super::timing::STOP) { "STOPPING" } else { "ABORTED" };
        }
        match now {
            now if now < self.crawled => "SYNCING",
            _ if self.fault.is_some() => "FAILED",
            now if now < self.ended => "SYNCING_INDEXING",
            _ => "SUCCEEDED",
        }
    }

    pub(crate) fn running(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "SYNCING" | "SYNCING_INDEXING" | "STOPPING")
    }
}

/// A document in an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) uri: Option<String>,
}

/// What a client token made, stored by the token: the same request again makes nothing new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) digest: String,
    pub(crate) id: String,
}

impl Record for Token {
    const SERVICE: &'static str = "kendra";
    const KIND: &'static str = "token";
    const INVENTORY: bool = false;
}
