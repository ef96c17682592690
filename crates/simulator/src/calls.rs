//! The record of every call: what a deployer's least permissions are computed from, and what tests count.

use charter_model::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;

/// One call, as it was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// Virtual time.
    pub time: Timestamp,
    /// The service, by its folder name in botocore: `rds-data`.
    pub service: String,
    /// The operation; empty if it could not be told.
    pub operation: String,
    /// The account that it acted in; none if the caller is not known.
    pub account: Option<AccountId>,
    /// The region that it was signed for.
    pub region: String,
    /// The caller's ARN.
    pub principal: Option<String>,
    /// The code of the error that it was answered with.
    pub error: Option<String>,
    /// The fault that was injected.
    pub fault: Option<InjectedFault>,
}

/// A fault that the settings asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InjectedFault {
    /// The connection was cut before the call had an effect.
    ConnectionCut,
    /// The call had its effect, and its response was lost.
    LostResponse,
    /// The call was throttled.
    Throttled,
    /// The call failed with a 5xx.
    ServerError,
}

/// The most recent calls in memory; all of them in a file, if there is one.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    recent: VecDeque<CallRecord>,
    file: Option<File>,
}

const MOST: usize = 100_000;

impl CallLog {
    pub(crate) fn with_file(file: File) -> Self {
        Self { recent: VecDeque::new(), file: Some(file) }
    }

    pub(crate) fn add(&mut self, record: CallRecord) {
        if let Some(file) = &mut self.file
            && let Ok(mut line) = serde_json::to_vec(&record)
        {
            line.push(b'\n');
            if let Err(error) = file.write_all(&line) {
                tracing::warn!(%error, "the record of calls cannot be written");
                self.file = None;
            }
        }
        if self.recent.len() == MOST {
            self.recent.pop_front();
        }
        self.recent.push_back(record);
    }

    pub(crate) fn recent(&self) -> Vec<CallRecord> {
        self.recent.iter().cloned().collect()
    }
}
