//! What RDS keeps, and what state a thing is in at a moment: nothing runs in the background, all follows from the moments that
//! the record holds.

use super::timing;
use crate::service::later;
use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Values by the member names of the service's answers.
pub(crate) type Settings = Map<String, Value>;

/// A change that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// When the status shows it.
    pub(crate) begins: Timestamp,
    /// When the new values hold.
    pub(crate) ends: Timestamp,
    /// `modifying`, `upgrading`, `stopping`, `starting`, `rebooting`.
    pub(crate) status: String,
    pub(crate) values: Settings,
    /// Whether the cluster is stopped when it ends.
    pub(crate) stopped: Option<bool>,
}

/// What clusters and instances have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) created: Timestamp,
    pub(crate) available: Timestamp,
    pub(crate) change: Option<Change>,
    pub(crate) stopped: bool,
    /// When the deletion ends, once it has begun.
    pub(crate) deleted: Option<Timestamp>,
}

impl Life {
    pub(crate) fn new(created: Timestamp, seconds: f64) -> Self {
        Self { created, available: later(created, seconds), change: None, stopped: false, deleted: None }
    }

    /// Makes a finished change part of the settings.
    pub(crate) fn settle(&mut self, settings: &mut Settings, now: Timestamp) {
        if let Some(change) = self.change.take_if(|change| change.ends <= now) {
            settings.extend(change.values);
            self.stopped = change.stopped.unwrap_or(self.stopped);
        }
    }

    /// The status as RDS words it, of what has settled.
    pub(crate) fn status(&self, now: Timestamp) -> &str {
        if self.deleted.is_some() {
            return "deleting";
        }
        if now < self.available {
            return "creating";
        }
        match &self.change {
            Some(change) if change.begins <= now => &change.status,
            _ if self.stopped => "stopped",
            _ => "available",
        }
    }
}

/// A DB cluster, stored by its identifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) identifier: String,
    pub(crate) arn: String,
    /// `cluster-ABC…`.
    pub(crate) resource_id: String,
    pub(crate) settings: Settings,
    /// What waits for the maintenance window.
    pub(crate) pending: Settings,
    pub(crate) tags: Tags,
    pub(crate) life: Life,
    /// The secret that RDS manages for it, by its name.
    pub(crate) secret: Option<String>,
    /// The hash of a password that the caller gave: the Data API compares it.
    pub(crate) password_digest: Option<String>,
    /// When the Data API last worked with it.
    pub(crate) used: Option<Timestamp>,
    /// When a paused one works again.
    #[serde(default)]
    pub(crate) resuming_until: Option<Timestamp>,
}

impl Record for Cluster {
    const SERVICE: &'static str = "rds";
    const KIND: &'static str = "cluster";

    fn gone(&self) -> Option<Timestamp> {
        self.life.deleted
    }

    fn is_metered(&self) -> bool {
        true
    }
}

impl Cluster {
    pub(crate) fn setting(&self, name: &str) -> &str {
        self.settings.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.settings.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// A DB instance, stored by its identifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) identifier: String,
    pub(crate) arn: String,
    /// `db-ABC…`.
    pub(crate) resource_id: String,
    pub(crate) cluster: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) pending: Settings,
    pub(crate) tags: Tags,
    pub(crate) life: Life,
}

impl Record for Instance {
    const SERVICE: &'static str = "rds";
    const KIND: &'static str = "instance";

    fn gone(&self) -> Option<Timestamp> {
        self.life.deleted
    }

    fn is_metered(&self) -> bool {
        true
    }
}

impl Instance {
    /// The status, with the phase that ends a creation.
    pub(crate) fn status(&self, now: Timestamp) -> &str {
        let status = self.life.status(now);
        if status != "creating" || later(now, timing::INSTANCE_CONFIGURATION) < self.life.available {
            return status;
        }
        let monitored = self.settings.get("MonitoringInterval").and_then(Value::as_i64).is_some_and(|every| every > 0);
        match (monitored, &self.cluster) {
            (true, _) => "configuring-enhanced-monitoring",
            (false, None) => "backing-up",
            (false, Some(_)) => "creating",
        }
    }
}

/// A DB subnet group, stored by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SubnetGroup {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: String,
    pub(crate) vpc: String,
    /// Identifier and zone.
    pub(crate) subnets: Vec<(String, String)>,
    pub(crate) tags: Tags,
}

impl Record for SubnetGroup {
    const SERVICE: &'static str = "rds";
    const KIND: &'static str = "subnet-group";
}

/// A parameter group, stored by `cluster/NAME` or `instance/NAME`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParameterGroup {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) family: String,
    pub(crate) description: String,
    /// Value and apply method of each parameter that a user set.
    pub(crate) parameters: std::collections::BTreeMap<String, (String, String)>,
    pub(crate) tags: Tags,
}

impl Record for ParameterGroup {
    const SERVICE: &'static str = "rds";
    const KIND: &'static str = "parameter-group";
}

/// A cluster's snapshot, as a final one leaves it; stored by its identifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterSnapshot {
    pub(crate) identifier: String,
    pub(crate) arn: String,
    pub(crate) cluster: String,
    pub(crate) engine: String,
    pub(crate) engine_version: String,
    pub(crate) created: Timestamp,
    pub(crate) available: Timestamp,
    pub(crate) tags: Tags,
}

impl Record for ClusterSnapshot {
    const SERVICE: &'static str = "rds";
    const KIND: &'static str = "cluster-snapshot";
}
