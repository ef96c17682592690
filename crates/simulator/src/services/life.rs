//! The moments in the life of something that takes its time to be made, changed and deleted: what state it is in follows from them
//! and from now.

use crate::service::later;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
