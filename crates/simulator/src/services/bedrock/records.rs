//! What Bedrock keeps.

use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values by the member names of the service's answers.
pub(super) type Settings = Map<String, Value>;

/// An application inference profile, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// ARNs.
    pub(super) models: Vec<String>,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
}

impl Record for Profile {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "inference-profile";
}

/// A guardrail with its versions, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Guardrail {
    pub(super) id: String,
    pub(super) settings: Settings,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// From when on it is ready, and what it is until then.
    pub(super) busy: (Timestamp, String),
    pub(super) deleted: Option<Timestamp>,
    /// By number; a number is never used again.
    pub(super) versions: BTreeMap<u32, Version>,
    pub(super) last_version: u32,
}

impl Record for Guardrail {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "guardrail";

    fn gone(&self) -> Option<Timestamp> {
        self.deleted
    }
}

/// A version of a guardrail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) settings: Settings,
    pub(super) created: Timestamp,
}

/// A prompt router, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Router {
    pub(super) id: String,
    pub(super) settings: Settings,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
}

impl Record for Router {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "prompt-router";
}

/// A model customization job, by its id. It is never deleted, and costs nothing once it is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) arn: String,
    pub(super) name: String,
    /// The ARN of the base model.
    pub(super) base: String,
    pub(super) role: String,
    /// The ARN of what comes of it.
    pub(super) model: String,
    pub(super) model_name: String,
    /// What encrypts that.
    pub(super) key: Option<String>,
    pub(super) settings: Settings,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
    /// When it is over, if nobody stops it.
    pub(super) ends: Timestamp,
    /// Why it fails.
    pub(super) fault: Option<String>,
    pub(super) stopped: Option<Timestamp>,
}

impl Record for Job {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "customization-job";
    const INVENTORY: bool = false;
}

/// A custom model, by the id of its job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CustomModel {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) job: String,
    pub(super) tags: Tags,
    /// When its job is over: before, nobody sees it.
    pub(super) created: Timestamp,
}

impl Record for CustomModel {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "custom-model";

    fn is_metered(&self) -> bool {
        true
    }
}

/// Provisioned throughput, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Provisioned {
    pub(super) arn: String,
    pub(super) name: String,
    /// ARNs.
    pub(super) model: String,
    pub(super) foundation: String,
    pub(super) units: i64,
    /// `OneMonth` or `SixMonths`.
    pub(super) commitment: Option<String>,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
}

impl Record for Provisioned {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "provisioned-model";
}

/// Where invocations are written down, by [`Logging::KEY`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Logging {
    pub(super) configuration: Value,
}

impl Logging {
    /// The only key: there is one in each account and region.
    pub(super) const KEY: &'static str = "invocations";
}

impl Record for Logging {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "invocation-logging";
}

/// That somebody agreed to the terms of a model, by its id. It holds for the whole account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Agreement {
    pub(super) in_force: Timestamp,
}

impl Record for Agreement {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "model-agreement";
    const INVENTORY: bool = false;
}

/// What a token made, by operation and token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) digest: String,
    /// What the answer was.
    pub(super) answer: Value,
}

impl Record for Token {
    const SERVICE: &'static str = "bedrock";
    const KIND: &'static str = "token";
    const INVENTORY: bool = false;
}
