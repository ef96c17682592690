//! What Charter remembers: the snapshot of what it made, the journal of what it is doing, and the lock that keeps two runs apart.
//!
//! The journal is written ahead: an intent is durable before the call that it announces, an identifier the instant it is known.
//! Snapshot + journal = state; a run begins by replaying what the last one left. Imports `model` only.

mod journal;
mod record;

pub use journal::{Entry, Intent, IntentId, Outcome, Stage};
pub use record::{Deposed, Record, RecordStatus, STATE_VERSION, Snapshot};
