//! What is kept of prompts.

use crate::services::shared::Tags;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A prompt with its versions, by its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Prompt {
    pub(super) id: String,
    pub(super) draft: Text,
    /// By number; a number is never used again.
    pub(super) versions: BTreeMap<u32, Text>,
    pub(super) last_version: u32,
}

/// The draft of a prompt, or a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Text {
    /// By the member names of the answers.
    pub(super) settings: Map<String, Value>,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Record for Prompt {
    const SERVICE: &'static str = "bedrock-agent";
    const KIND: &'static str = "prompt";
}

/// What a token made, by operation and token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) digest: String,
    pub(super) answer: Value,
}

impl Record for Token {
    const SERVICE: &'static str = "bedrock-agent";
    const KIND: &'static str = "token";
    const INVENTORY: bool = false;
}
