//! What can go wrong with state, in words that say what to do.

use crate::Holder;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why state could not be read, written or locked. Cheap to clone: one failed write is reported to every operation that shared it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Someone else holds the lock.
    #[error(
        "the state is locked by {holder}. Wait for that run to end; if its machine is gone, the lock expires by itself in \
         {} s", .expires_in.as_secs()
    )]
    Locked {
        /// Who.
        holder: Box<Holder>,
        /// When it expires, if it is not renewed.
        expires_in: Duration,
    },
    /// The lock was ours and is not any more: nothing was written after that.
    #[error(
        "the lock on the state was lost{}; this run wrote nothing more. Nothing is lost: run the same command again",
        .to.as_ref().map(|holder| format!(" to {holder}")).unwrap_or_default()
    )]
    LockLost {
        /// Who has it now, if anyone.
        to: Option<Box<Holder>>,
    },
    /// A file does not hold what was written to it.
    #[error(
        "{} is damaged at byte {byte}: {reason}. Nothing was changed; restore the file from a backup, or move it aside together \
         with the other files of this environment and import the resources anew", .path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where, from its beginning.
        byte: u64,
        /// What is wrong there.
        reason: String,
    },
    /// Written by a later version of this program.
    #[error(
        "{} has schema version {found}; this program knows versions up to {known}. Use the version of charter that wrote it, or \
         a later one", .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file belongs to another environment.
    #[error("{} is the state of the environment {found}, not of {expected}. Put it back where it belongs", .path.display())]
    OtherEnvironment {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The file system refused.
    #[error("could not {action} {}: {source}.{}", .path.display(), advice(.source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `write`.
        action: &'static str,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// An earlier write failed, or the session was closed.
    #[error("the state takes no more writes: {reason}")]
    Closed {
        /// Why.
        reason: String,
    },
}

impl StateError {
    pub(crate) fn io(path: impl Into<PathBuf>, action: &'static str, source: io::Error) -> Self {
        Self::Io { path: path.into(), action, source: Arc::new(source) }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            " The disk is full: make room, then run the same command again; nothing is lost"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            " Allow writing there, then run the same command again"
        }
        _ => "",
    }
}
