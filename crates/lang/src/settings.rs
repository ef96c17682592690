//! What an environment file says, as the rest of Charter reads it. Imports `model` only.

use charter_model::{AccountName, AccountTarget, EnvironmentName, Region, TargetKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An environment file, checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSettings {
    /// Its name, which is also the name of the file.
    pub environment: EnvironmentName,
    /// What it runs against.
    pub target: TargetKind,
    /// Where resources go that name no region.
    pub region: Region,
    /// The accounts, by the names that stacks use.
    pub accounts: BTreeMap<AccountName, AccountTarget>,
    /// Tags for every taggable resource.
    pub tags: BTreeMap<Arc<str>, Arc<str>>,
    /// Only such an environment may be torn down.
    pub ephemeral: bool,
    /// Where state is kept.
    pub state: StateSettings,
    /// Settings of the simulator, as written: `timeScale`, `latency`, `faults`, `port`, …
    pub simulator: serde_json::Map<String, serde_json::Value>,
    /// Values for the parameters of stacks: by stack, then parameter.
    pub parameters: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// Everything else in the file: free data, such as `linesOfBusiness`.
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// Where state is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "backend", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum StateSettings {
    /// On this machine.
    Local {
        /// The folder, relative to the project; none: the usual one.
        path: Option<String>,
    },
    /// In an S3 bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// What the names of the objects begin with.
        prefix: Option<String>,
        /// The bucket's region; none: that of the environment.
        region: Option<Region>,
        /// The key that the objects are encrypted with.
        kms_key_id: Option<String>,
        /// A profile of the shared configuration files: state has credentials of its own.
        profile: Option<String>,
    },
}

impl Default for StateSettings {
    fn default() -> Self {
        Self::Local { path: None }
    }
}
