//! What the Data API keeps: the databases of clusters, and open transactions.

use super::sql::{Database, Typed};
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One database of a cluster, stored by `RESOURCE-ID/NAME`: a cluster made again under its old name has another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) database: Database,
}

impl Record for Held {
    const SERVICE: &'static str = "rds-data";
    const KIND: &'static str = "database";
    const INVENTORY: bool = false;
}

/// A statement of a transaction, to be run again if another transaction committed meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) sql: String,
    pub(crate) path: Vec<String>,
    pub(crate) parameters: BTreeMap<String, Typed>,
}

/// An open transaction, stored by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) cluster: String,
    pub(crate) secret: String,
    pub(crate) name: String,
    pub(crate) path: Vec<String>,
    /// What it sees: its own copy.
    pub(crate) database: Database,
    /// The version that it began from.
    pub(crate) version: u64,
    pub(crate) steps: Vec<Step>,
    pub(crate) begun: Timestamp,
    pub(crate) used: Timestamp,
    /// After an error nothing but a rollback goes through.
    pub(crate) aborted: bool,
}

impl Record for Transaction {
    const SERVICE: &'static str = "rds-data";
    const KIND: &'static str = "transaction";
    const INVENTORY: bool = false;

    /// Three minutes without a call, or a day (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html>).
    fn gone(&self) -> Option<Timestamp> {
        let idle = crate::service::later(self.used, 180.0);
        Some(idle.min(crate::service::later(self.begun, 86_400.0)))
    }
}
