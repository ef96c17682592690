//! Where state is kept, as a trait: a folder now, an object store with conditional writes in the same shape.

use crate::{Entry, Holder, Lease, Snapshot, StateError};
use async_trait::async_trait;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The snapshot with the journal replayed.
    pub snapshot: Snapshot,
    /// How many journal batches were replayed on top of the stored snapshot.
    pub replayed: usize,
    /// Whether the journal holds anything at all, also what was ignored: it must be emptied before it is written to.
    pub journal_in_use: bool,
    /// What a person should know: a half-written tail was ignored.
    pub notes: Vec<String>,
}

/// The place of a batch in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// [`Snapshot::serial`] of the stored snapshot that it continues. Batches of any other serial are not replayed.
    pub serial: u64,
    /// Which batch on top of that snapshot, from 0: a missing one is noticed.
    pub sequence: u64,
}

/// The state of one environment, wherever it is kept.
///
/// Every write checks the lease first and is durable when it returns.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Takes the lock, or says who has it.
    async fn lock(&self, holder: Holder) -> Result<Lease, StateError>;

    /// Extends the lease.
    async fn renew(&self, lease: &Lease) -> Result<(), StateError>;

    /// Gives the lock back.
    async fn unlock(&self, lease: &Lease) -> Result<(), StateError>;

    /// Takes the lock away from a dead holder and says who that was. `host` is the machine that asks: a holder on the same one is
    /// known to be dead at once, on any other when it has not renewed its lease in time.
    ///
    /// A live one keeps it ([`StateError::Locked`]), unless `force`: then its next write will be refused.
    async fn break_lock(&self, host: &str, force: bool) -> Result<Option<Holder>, StateError>;

    /// Reads snapshot and journal; none if the environment has no state yet. Needs no lock and changes nothing.
    async fn load(&self) -> Result<Option<Loaded>, StateError>;

    /// Appends one batch to the journal: all of it or nothing.
    async fn append(&self, lease: &Lease, position: Position, entries: &[Entry]) -> Result<(), StateError>;

    /// Replaces the snapshot, then empties the journal. The snapshot's serial must be another than that of any batch in the
    /// journal, so that a crash between both steps loses and repeats nothing.
    async fn save(&self, lease: &Lease, snapshot: &Snapshot) -> Result<(), StateError>;
}
