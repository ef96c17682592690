//! What Kendra keeps.

use crate::services::life::Life;
use crate::services::shared::Tags;
use crate::services::sync_runs::SyncRun;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Values by the member names of the service's answers.
pub(crate) type Settings = Map<String, Value>;

macro_rules! record {
    ($type:ty, $kind:literal) => {
        impl Record for $type {
            const SERVICE: &'static str = "kendra";
            const KIND: &'static str = $kind;

            fn gone(&self) -> Option<Timestamp> {
                self.life.deleted
            }

            fn is_metered(&self) -> bool {
                Self::KIND == "index"
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

impl Record for SyncRun<Document> {
    const SERVICE: &'static str = "kendra";
    const KIND: &'static str = "sync-run";
    const INVENTORY: bool = false;

    fn gone(&self) -> Option<Timestamp> {
        self.gone
    }
}

/// A document in an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) uri: Option<String>,
}
