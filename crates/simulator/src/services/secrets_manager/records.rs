//! What Secrets Manager keeps. RDS makes secrets here too. No `Debug`: a secret's value is printed nowhere.

use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The stage of the version that a reader gets.
pub(crate) const CURRENT: &str = "AWSCURRENT";
/// The stage of the one before.
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

/// A secret, stored by its name.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) name: String,
    /// With six random characters at its end: a secret made again has another.
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) kms_key: Option<String>,
    /// The service that manages it: users cannot change or delete it.
    pub(crate) owning_service: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) versions: BTreeMap<String, Version>,
    pub(crate) policy: Option<String>,
    /// What `RotateSecret` was told, and the regions of `ReplicateSecretToRegions`.
    #[serde(default)]
    pub(crate) rotation: Option<Value>,
    #[serde(default)]
    pub(crate) replicas: Vec<Value>,
    pub(crate) created: Timestamp,
    pub(crate) changed: Timestamp,
    pub(crate) accessed: Option<Timestamp>,
    /// When its deletion was asked for.
    pub(crate) deleted: Option<Timestamp>,
    /// When its deletion takes place.
    pub(crate) purged: Option<Timestamp>,
}

impl Record for Secret {
    const SERVICE: &'static str = "secretsmanager";
    const KIND: &'static str = "secret";

    fn gone(&self) -> Option<Timestamp> {
        self.purged
    }

    fn is_metered(&self) -> bool {
        true
    }
}

/// One version of a secret's value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) string: Option<String>,
    pub(crate) binary: Option<String>,
    pub(crate) stages: BTreeSet<String>,
    pub(crate) created: Timestamp,
}

/// A name that a deletion without recovery keeps for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeletedName {
    pub(crate) until: Timestamp,
}

impl Record for DeletedName {
    const SERVICE: &'static str = "secretsmanager";
    const KIND: &'static str = "deleted-name";
    const INVENTORY: bool = false;

    fn gone(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

impl Secret {
    /// The version that has a stage.
    pub(crate) fn staged(&self, stage: &str) -> Option<(&String, &Version)> {
        self.versions.iter().find(|(_, version)| version.stages.contains(stage))
    }

    /// The current value, if it is text.
    pub(crate) fn current_text(&self) -> Option<&str> {
        self.staged(CURRENT)?.1.string.as_deref()
    }

    /// Moves a stage to a version; the one that loses `AWSCURRENT` becomes `AWSPREVIOUS`.
    pub(crate) fn stage(&mut self, stage: &str, version: &str) {
        let before = self.staged(stage).map(|(id, _)| id.clone()).filter(|before| before != version);
        if let Some(before) = before {
            if let Some(held) = self.versions.get_mut(&before) {
                held.stages.remove(stage);
            }
            if stage == CURRENT {
                for held in self.versions.values_mut() {
                    held.stages.remove(PREVIOUS);
                }
                if let Some(held) = self.versions.get_mut(&before) {
                    held.stages.insert(PREVIOUS.to_owned());
                }
            }
        }
        if let Some(held) = self.versions.get_mut(version) {
            held.stages.insert(stage.to_owned());
            if stage == CURRENT {
                held.stages.remove(PREVIOUS);
            }
        }
        // A version without a stage is deprecated; AWS keeps about a hundred, here the last few are enough.
        let stageless: Vec<String> =
            self.versions.iter().filter(|(_, held)| held.stages.is_empty()).map(|(id, _)| id.clone()).collect();
        for id in stageless.iter().rev().skip(20) {
            self.versions.remove(id);
        }
    }
}
