//! What a soak counted.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that all worlds of a run share.
#[derive(Debug, Default)]
pub struct Figures {
    /// Runs: recovery, plan, apply, to their end or to their death.
    pub runs: AtomicU64,
    /// Runs that were stopped dead.
    pub crashes: AtomicU64,
    /// Requests that reached the cloud.
    pub requests: AtomicU64,
    /// Faults: of the cloud, of the way there, of the disk.
    pub faults: AtomicU64,
    /// Resources that were made, replacements included.
    pub made: AtomicU64,
    /// Resources that were changed in place.
    pub changed: AtomicU64,
    /// Resources that were deleted.
    pub deleted: AtomicU64,
    /// Intents that a run found open and settled.
    pub settled: AtomicU64,
    /// Cases that came to their end, judged.
    pub cases: AtomicU64,
}

impl Figures {
    pub(crate) fn add(&self, counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_request(&self) {
        self.add(&self.requests, 1);
    }

    pub(crate) fn add_mishap(&self) {
        self.add(&self.faults, 1);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("cases judged", &self.cases),
            ("runs", &self.runs),
            ("crashes", &self.crashes),
            ("faults injected", &self.faults),
            ("requests answered", &self.requests),
            ("resources made", &self.made),
            ("resources changed in place", &self.changed),
            ("resources deleted", &self.deleted),
            ("interrupted operations settled", &self.settled),
        ];
        for (name, count) in rows {
            writeln!(formatter, "{name:<32}{:>12}", count.load(Ordering::Relaxed))?;
        }
        Ok(())
    }
}
