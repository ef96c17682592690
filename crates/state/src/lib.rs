//! What Charter remembers: the snapshot of what it made, the journal of what it is doing, and the lock that keeps two runs apart.
//!
//! The journal is written ahead: an intent is durable before the call that it announces, an identifier the instant it is known.
//! Snapshot + journal = state; a run begins by replaying what the last one left. A [`Session`] is state held open under its lock;
//! a [`Backend`] is a place where state is kept. Imports `model` only.

mod backend;
mod error;
mod files;
mod journal;
mod line;
mod local;
mod lock;
mod memory;
mod record;
mod replay;
mod secrecy;
mod session;
mod snapshot_file;

pub use backend::{Backend, Loaded, Position};
pub use error::StateError;
pub use files::{DiskFiles, Files, Held};
pub use journal::{Act, ActKind, Entry, Intent, IntentId, Outcome, Stage};
pub use local::LocalBackend;
pub use lock::{Clock, Holder, LEASE, Lease, RENEWAL, SystemClock};
pub use memory::{Fault, MemoryFiles};
pub use record::{Deposed, Record, RecordStatus, STATE_VERSION, Snapshot};
pub use secrecy::{seal_like, seal_places};
pub use session::{Fresh, Session, SessionOptions};
