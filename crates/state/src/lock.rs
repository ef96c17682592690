//! The lock: a lease that is renewed while its holder lives, and that ends by itself when it does not.

use crate::{Held, StateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// How long a lease lasts without being renewed.
pub const LEASE: Duration = Duration::from_secs(30);

/// How often it is renewed.
pub const RENEWAL: Duration = Duration::from_secs(10);

/// The wall clock, of which only leases need one: they are compared between machines.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Who holds the lock, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The login name.
    pub user: String,
    /// The machine. On the same one, a dead holder is told at once.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// `apply -e prod`
    pub command: String,
    /// Since when.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, host, pid, command, since } = self;
        write!(formatter, "{user}@{host} (process {pid}, `charter {command}`, since {since:.0})")
    }
}

/// The lock, held. Dropping it without [`crate::Backend::unlock`] is what a crash does: the lease stays until it expires or the
/// next run on this machine sees that its holder is gone.
pub struct Lease {
    /// Grows with every holder: a write that carries an older one is refused.
    pub token: u64,
    /// Who holds it.
    pub holder: Holder,
    /// Shows to others on the same machine that the process lives.
    pub(crate) presence: Option<Box<dyn Held>>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("token", &self.token)
            .field("holder", &self.holder)
            .field("presence", &self.presence.is_some())
            .finish()
    }
}

/// What the lock file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LockFile {
    /// The token of the present or last holder.
    pub(crate) token: u64,
    /// None: free.
    pub(crate) holder: Option<Holder>,
    /// When it was last renewed.
    pub(crate) renewed: Timestamp,
    /// How long that lasts.
    pub(crate) lease_seconds: u64,
}

impl LockFile {
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, StateError> {
        serde_json::from_slice(bytes).map_err(|error| StateError::Corrupt {
            path: path.to_owned(),
            byte: crate::snapshot_file::byte_of(bytes, &error),
            reason: format!("it is not a lock file ({error})"),
        })
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Serialising plain data to memory cannot fail.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// How long the lease still lasts; none once it has expired. A clock that was set back must not make a lease eternal, so no
    /// lease is believed to last longer than it may.
    pub(crate) fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let lease = Duration::from_secs(self.lease_seconds);
        let age = now.duration_since(self.renewed);
        let Ok(age) = Duration::try_from(age) else { return Some(lease) };
        lease.checked_sub(age).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_itself_and_a_clock_set_back_does_not_make_it_longer() {
        let lock =
            LockFile { token: 1, holder: None, renewed: Timestamp::from_second(1_000).unwrap(), lease_seconds: 30 };
        let at = |second| lock.remaining(Timestamp::from_second(second).unwrap());
        assert_eq!(at(1_000), Some(Duration::from_secs(30)));
        assert_eq!(at(1_029), Some(Duration::from_secs(1)));
        assert_eq!(at(1_030), None);
        assert_eq!(at(10), Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_holder_is_named_in_full() {
        let holder = Holder {
            user: "ada".into(),
            host: "build-7".into(),
            pid: 42,
            command: "apply -e prod".into(),
            since: Timestamp::from_second(0).unwrap(),
        };
        insta::assert_snapshot!(
            StateError::Locked { holder: Box::new(holder), expires_in: Duration::from_secs(21) },
            @"the state is locked by ada@build-7 (process 42, `charter apply -e prod`, since 1970-01-01T00:00:00Z). Wait for that run to end; if its machine is gone, the lock expires by itself in 21 s"
        );
    }
}
