//! The files beside a store: the lock that one process holds, the address at which it serves, the record of calls.

use crate::store::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Held as long as the store is open; the operating system lets go of it however the process ends.
#[derive(Debug)]
pub(crate) struct StoreFiles {
    store: PathBuf,
    /// Locked while this lives.
    _lock: File,
}

impl StoreFiles {
    /// Takes the store for this process.
    pub(crate) fn lock(store: &Path) -> Result<Self, StoreError> {
        let path = beside(store, "lock");
        let failed = |problem| StoreError::File { path: path.clone(), problem };
        if let Some(folder) = store.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: store.to_owned() }),
            Err(TryLockError::Error(problem)) => return Err(failed(problem)),
        }
        // What the last process left.
        match std::fs::remove_file(beside(store, "address")) {
            Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => return Err(failed(problem)),
            _ => {}
        }
        Ok(Self { store: store.to_owned(), _lock: lock })
    }

    /// The file of the record of calls, to append to.
    pub(crate) fn calls(&self) -> Result<File, StoreError> {
        let path = beside(&self.store, "calls");
        OpenOptions::new().create(true).append(true).open(&path).map_err(|problem| StoreError::File { path, problem })
    }

    /// Lets other processes know where this one serves.
    pub(crate) fn announce(&self, address: SocketAddr) -> std::io::Result<()> {
        let new = beside(&self.store, "address.new");
        File::create(&new)?.write_all(address.to_string().as_bytes())?;
        std::fs::rename(new, beside(&self.store, "address"))
    }

    pub(crate) fn withdraw(&self) {
        // If it stays, the lock that nobody holds tells that it is stale.
        drop(std::fs::remove_file(beside(&self.store, "address")));
    }

    /// Where the process that holds the store serves it.
    pub(crate) fn address(store: &Path) -> Option<SocketAddr> {
        let lock = OpenOptions::new().write(true).open(beside(store, "lock")).ok()?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::fs::read_to_string(beside(store, "address")).ok()?.parse().ok(),
            _ => None,
        }
    }
}

fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}
