//! What Cost Explorer keeps.

use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A tag key that costs are told apart by, by the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Active {
    pub(super) since: Timestamp,
}

impl Record for Active {
    const SERVICE: &'static str = "ce";
    const KIND: &'static str = "cost-allocation-tag";
}

/// When a tag key was first asked for, by the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) first: Timestamp,
}

impl Record for Asked {
    const SERVICE: &'static str = "ce";
    const KIND: &'static str = "tag-key";
    const INVENTORY: bool = false;
}

/// When Cost Explorer was first asked for costs, by [`Enabled::KEY`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Enabled {
    pub(super) first: Timestamp,
}

impl Enabled {
    /// The only key.
    pub(super) const KEY: &'static str = "cost-explorer";
}

impl Record for Enabled {
    const SERVICE: &'static str = "ce";
    const KIND: &'static str = "enabled";
    const INVENTORY: bool = false;
}
