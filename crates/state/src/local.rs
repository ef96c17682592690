//! State in a folder of this machine.
//!
//! `ENVIRONMENT.state.json` is the snapshot, `.journal` the journal, `.lock` who holds the lock. Two empty files carry locks of the
//! operating system: `.mutex` for the moment of one write, so that checking the lease and writing are one step, and `.presence` for
//! as long as a holder lives, so that a dead one is known at once on the same machine.

use crate::lock::LockFile;
use crate::{
    Backend, Clock, DiskFiles, Entry, Files, Held, Holder, LEASE, Lease, Loaded, Position, Snapshot, StateError,
    SystemClock, line, snapshot_file,
};
use async_trait::async_trait;
use charter_model::EnvironmentName;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// State in a folder.
#[derive(Clone)]
pub struct LocalBackend {
    place: Arc<Place>,
}

struct Place {
    folder: PathBuf,
    environment: EnvironmentName,
    files: Arc<dyn Files>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for LocalBackend {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("LocalBackend").field(&self.place.snapshot()).finish()
    }
}

impl LocalBackend {
    /// The state of an environment in a folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>, environment: EnvironmentName) -> Self {
        Self::with(folder, environment, Arc::new(DiskFiles), Arc::new(SystemClock))
    }

    /// The same, over other files and another clock.
    pub fn with(
        folder: impl Into<PathBuf>,
        environment: EnvironmentName,
        files: Arc<dyn Files>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { place: Arc::new(Place { folder: folder.into(), environment, files, clock }) }
    }

    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Place) -> Result<R, StateError> + Send + 'static,
    ) -> Result<R, StateError> {
        if !self.place.files.is_blocking() {
            return work(&self.place);
        }
        let place = self.place.clone();
        tokio::task::spawn_blocking(move || work(&place))
            .await
            .unwrap_or_else(|error| Err(StateError::Closed { reason: error.to_string() }))
    }
}

#[async_trait]
impl Backend for LocalBackend {
    async fn lock(&self, holder: Holder) -> Result<Lease, StateError> {
        self.run(move |place| place.lock(holder)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), StateError> {
        let token = lease.token;
        let holder = lease.holder.clone();
        self.run(move |place| place.guarded(token, || place.write_lock(token, Some(holder)))).await
    }

    async fn unlock(&self, lease: &Lease) -> Result<(), StateError> {
        let token = lease.token;
        self.run(move |place| place.guarded(token, || place.write_lock(token, None))).await
    }

    async fn break_lock(&self, host: &str, force: bool) -> Result<Option<Holder>, StateError> {
        let host = host.to_owned();
        self.run(move |place| place.break_lock(&host, force)).await
    }

    async fn load(&self) -> Result<Option<Loaded>, StateError> {
        self.run(Place::load).await
    }

    async fn append(&self, lease: &Lease, position: Position, entries: &[Entry]) -> Result<(), StateError> {
        let token = lease.token;
        let line = line::encode(position, token, entries)
            .map_err(|error| StateError::io(self.place.journal(), "write", error.into()))?;
        self.run(move |place| place.guarded(token, || place.append(&line))).await
    }

    async fn save(&self, lease: &Lease, snapshot: &Snapshot) -> Result<(), StateError> {
        let token = lease.token;
        let bytes = snapshot_file::encode(snapshot)
            .map_err(|error| StateError::io(self.place.snapshot(), "write", error.into()))?;
        self.run(move |place| place.guarded(token, || place.save(&bytes))).await
    }
}

impl Place {
    fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.environment))
    }

    fn snapshot(&self) -> PathBuf {
        self.file("state.json")
    }

    fn journal(&self) -> PathBuf {
        self.file("journal")
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, StateError> {
        self.files.read(path).map_err(|error| StateError::io(path, "read", error))
    }

    /// No other process writes until the result is dropped.
    fn enter(&self) -> Result<Box<dyn Held>, StateError> {
        let path = self.file("mutex");
        self.files.enter(&path).map_err(|error| StateError::io(path, "lock", error))
    }

    /// Writes under a lease: refused if it is not the present one.
    fn guarded<R>(&self, token: u64, write: impl FnOnce() -> Result<R, StateError>) -> Result<R, StateError> {
        let _alone = self.enter()?;
        match self.read_lock()? {
            Some(lock) if lock.token == token && lock.holder.is_some() => write(),
            other => Err(StateError::LockLost { to: other.and_then(|lock| lock.holder).map(Box::new) }),
        }
    }

    fn read_lock(&self) -> Result<Option<LockFile>, StateError> {
        let path = self.file("lock");
        self.read(&path)?.map(|bytes| LockFile::parse(&path, &bytes)).transpose()
    }

    fn write_lock(&self, token: u64, holder: Option<Holder>) -> Result<(), StateError> {
        let lock = LockFile { token, holder, renewed: self.clock.now(), lease_seconds: LEASE.as_secs() };
        self.replace(&self.file("lock"), &lock.to_bytes())
    }

    fn lock(&self, holder: Holder) -> Result<Lease, StateError> {
        self.files.create_folder(&self.folder).map_err(|error| StateError::io(&self.folder, "create", error))?;
        let _alone = self.enter()?;
        let present = self.read_lock()?;
        let path = self.file("presence");
        let presence = self.files.hold(&path).map_err(|error| StateError::io(path, "lock", error))?;
        if let Some(lock) = &present {
            self.refuse_if_alive(lock, &holder.host, presence.is_some())?;
        }
        let token = present.map_or(0, |lock| lock.token) + 1;
        self.write_lock(token, Some(holder.clone()))?;
        Ok(Lease { token, holder, presence })
    }

    /// `mark_is_free`: our machine would not have given us the mark if a holder on it were alive.
    fn refuse_if_alive(&self, lock: &LockFile, host: &str, mark_is_free: bool) -> Result<(), StateError> {
        match (&lock.holder, lock.remaining(self.clock.now())) {
            (Some(holder), Some(expires_in)) if !(mark_is_free && holder.host == host) => {
                Err(StateError::Locked { holder: Box::new(holder.clone()), expires_in })
            }
            _ => Ok(()),
        }
    }

    fn break_lock(&self, host: &str, force: bool) -> Result<Option<Holder>, StateError> {
        let Some(_) = self.read_lock()? else { return Ok(None) };
        let _alone = self.enter()?;
        let Some(lock) = self.read_lock()? else { return Ok(None) };
        if lock.holder.is_none() {
            return Ok(None);
        }
        if !force {
            let path = self.file("presence");
            let mark = self.files.hold(&path).map_err(|error| StateError::io(path, "lock", error))?;
            self.refuse_if_alive(&lock, host, mark.is_some())?;
        }
        // The token goes up, so that the old holder's next write is refused.
        self.write_lock(lock.token + 1, None)?;
        Ok(lock.holder)
    }

    fn load(&self) -> Result<Option<Loaded>, StateError> {
        let (path, journal_path) = (self.snapshot(), self.journal());
        // Where nothing was ever written, nothing is made just to look at it.
        if self.read(&path)?.is_none() && self.files.length(&journal_path).unwrap_or(0) == 0 {
            return Ok(None);
        }
        // Snapshot and journal must be read as of one moment. Who may only read looks without.
        let _alone = match self.enter() {
            Err(StateError::Io { source, .. })
                if matches!(source.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
            {
                None
            }
            other => Some(other?),
        };
        let journal = self.read(&journal_path)?.unwrap_or_default();
        let Some(bytes) = self.read(&path)? else {
            return Err(StateError::Corrupt {
                path,
                byte: 0,
                reason: format!("the file is missing, but {} is not empty", journal_path.display()),
            });
        };
        let mut snapshot = snapshot_file::decode(&path, &bytes)?;
        if snapshot.environment != self.environment {
            return Err(StateError::OtherEnvironment {
                path,
                found: snapshot.environment.to_string(),
                expected: self.environment.to_string(),
            });
        }
        let mut notes = Vec::new();
        let replayed = replay(&mut snapshot, &journal, &journal_path, &mut notes)?;
        Ok(Some(Loaded { snapshot, replayed, journal_in_use: !journal.is_empty(), notes }))
    }

    fn append(&self, line: &str) -> Result<(), StateError> {
        let path = self.journal();
        let before = self.files.length(&path).map_err(|error| StateError::io(&path, "read", error))?;
        self.files.append(&path, line.as_bytes()).map_err(|error| {
            // What arrived of it must not stand before what may be written later. If this fails too, the session writes nothing
            // more, so that it stays the last line, which the next run ignores.
            let _ = self.files.truncate(&path, before);
            StateError::io(&path, "write", error)
        })?;
        if before == 0 {
            self.sync_folder()?;
        }
        Ok(())
    }

    fn save(&self, bytes: &[u8]) -> Result<(), StateError> {
        self.replace(&self.snapshot(), bytes)?;
        let journal = self.journal();
        if self.files.length(&journal).map_err(|error| StateError::io(&journal, "read", error))? > 0 {
            self.files.truncate(&journal, 0).map_err(|error| StateError::io(journal, "truncate", error))?;
        }
        Ok(())
    }

    /// The file holds the old or the new content at any time, never a part.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), StateError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        self.files.write(&new, bytes).map_err(|error| StateError::io(&new, "write", error))?;
        self.files.rename(&new, path).map_err(|error| StateError::io(path, "replace", error))?;
        self.sync_folder()
    }

    fn sync_folder(&self) -> Result<(), StateError> {
        self.files.sync_folder(&self.folder).map_err(|error| StateError::io(&self.folder, "write", error))
    }
}

/// Replays what belongs on top of this snapshot; returns how many batches that were.
fn replay(snapshot: &mut Snapshot, journal: &[u8], path: &Path, notes: &mut Vec<String>) -> Result<usize, StateError> {
    let corrupt = |byte, reason| StateError::Corrupt { path: path.to_owned(), byte, reason };
    let found = line::scan(journal).map_err(|damage| corrupt(damage.byte, damage.reason))?;
    let (mut replayed, mut fence) = (0_usize, 0);
    for (byte, batch) in &found.batches {
        // Older: the snapshot holds it already, the journal was about to be emptied.
        if batch.serial < snapshot.serial {
            continue;
        }
        if batch.serial > snapshot.serial {
            let reason = format!(
                "the line continues serial {}, but the snapshot beside it has serial {}: the two files do not belong together",
                batch.serial, snapshot.serial
            );
            return Err(corrupt(*byte, reason));
        }
        if batch.fence < fence {
            notes.push(format!("{}: a write of a run that had lost its lock was ignored", path.display()));
            continue;
        }
        if batch.sequence != replayed as u64 {
            let reason = format!("batch {replayed} should stand here, but batch {} does", batch.sequence);
            return Err(corrupt(*byte, reason));
        }
        fence = batch.fence;
        batch.entries.iter().for_each(|entry| snapshot.apply(entry));
        replayed += 1;
    }
    if let Some(byte) = found.torn {
        notes.push(format!(
            "{}: the last write was cut short at byte {byte} and is ignored; nothing had been done yet that depended on it",
            path.display()
        ));
    }
    Ok(replayed)
}
