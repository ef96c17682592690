//! State held open under its lock. Many operations record at the same time; those that wait at the same moment share one durable write.

use crate::{Backend, Entry, Held, Holder, Lease, Position, RENEWAL, Snapshot, StateError};
use charter_model::EnvironmentName;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How to open a session.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// The environment whose state it is.
    pub environment: EnvironmentName,
    /// Who opens it.
    pub holder: Holder,
    /// What a state begins with that does not exist yet.
    pub fresh: Fresh,
    /// How long to wait for the lock of another.
    pub wait: Duration,
}

/// What a new state begins with: random texts, made by the caller, so that all randomness has one source.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// See [`Snapshot::lineage`].
    pub lineage: Arc<str>,
    /// See [`Snapshot::salt`].
    pub salt: Arc<str>,
}

/// State held open. Dropping it without [`Session::finish`] is what a crash does: nothing is lost, and the next run goes on.
pub struct Session {
    shared: Arc<Shared>,
    /// None once finished.
    queue: Option<mpsc::UnboundedSender<Request>>,
    writer: Option<JoinHandle<Written>>,
    heartbeat: JoinHandle<()>,
    notes: Vec<String>,
    /// Given back with the session at once, not when its tasks have noticed that they were stopped.
    _presence: Option<Box<dyn Held>>,
}

struct Shared {
    backend: Arc<dyn Backend>,
    lease: Lease,
    snapshot: Mutex<Snapshot>,
    lost: watch::Sender<Option<StateError>>,
}

struct Request {
    entries: Vec<Entry>,
    done: oneshot::Sender<Result<(), StateError>>,
}

/// What the writer leaves: how many batches it wrote, and why it stopped if it had to.
struct Written {
    batches: u64,
    failure: Option<StateError>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("lease", &self.shared.lease).finish_non_exhaustive()
    }
}

impl Session {
    /// Takes the lock, reads the state (or begins one), and makes what an earlier run left in the journal part of the snapshot.
    pub async fn open(backend: Arc<dyn Backend>, options: SessionOptions) -> Result<Self, StateError> {
        let lease = lock(backend.as_ref(), &options).await?;
        match prepare(backend.as_ref(), &lease, &options).await {
            Ok((snapshot, notes)) => Ok(Self::start(backend, lease, snapshot, notes)),
            Err(error) => {
                // The first error is what the user must know; a lease that cannot be given back expires.
                let _ = backend.unlock(&lease).await;
                Err(error)
            }
        }
    }

    fn start(backend: Arc<dyn Backend>, mut lease: Lease, snapshot: Snapshot, notes: Vec<String>) -> Self {
        let presence = lease.presence.take();
        let serial = snapshot.serial;
        let shared =
            Arc::new(Shared { backend, lease, snapshot: Mutex::new(snapshot), lost: watch::Sender::new(None) });
        let (queue, requests) = mpsc::unbounded_channel();
        let writer = tokio::spawn(write(shared.clone(), serial, requests));
        let heartbeat = tokio::spawn(beat(shared.clone()));
        Self { shared, queue: Some(queue), writer: Some(writer), heartbeat, notes, _presence: presence }
    }

    /// What a person should know about how the state was found.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A copy of the state as it is now: all that was recorded and is durable.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.snapshot().clone()
    }

    /// Looks at the state as it is now without copying it.
    pub fn read<R>(&self, look: impl FnOnce(&Snapshot) -> R) -> R {
        look(&self.shared.snapshot())
    }

    /// Makes entries durable, all of them or none, then part of the snapshot. Once one write has failed, all later ones fail: what is
    /// on disk must stay a prefix of what was asked for.
    pub async fn record(&self, entries: Vec<Entry>) -> Result<(), StateError> {
        if entries.is_empty() {
            return Ok(());
        }
        let closed = || StateError::Closed { reason: "the session has ended".to_owned() };
        let (done, result) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(Request { entries, done }).map_err(|_| closed())?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Tells when the lock is lost: becomes the error, once.
    pub fn lost(&self) -> watch::Receiver<Option<StateError>> {
        self.shared.lost.subscribe()
    }

    /// Waits for what is being written, saves the snapshot if anything was recorded, and gives the lock back.
    pub async fn finish(mut self) -> Result<Snapshot, StateError> {
        self.queue = None;
        let written = match self.writer.take() {
            Some(writer) => writer.await.map_err(|error| StateError::Closed { reason: error.to_string() })?,
            None => Written { batches: 0, failure: None },
        };
        let mut snapshot = self.snapshot();
        let mut result = match written.failure {
            Some(error) => Err(error),
            None => Ok(()),
        };
        if result.is_ok() && written.batches > 0 {
            snapshot.serial += 1;
            result = self.shared.backend.save(&self.shared.lease, &snapshot).await;
        }
        self.heartbeat.abort();
        let unlocked = self.shared.backend.unlock(&self.shared.lease).await;
        result.and(unlocked).map(|()| snapshot)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.heartbeat.abort();
        if let Some(writer) = &self.writer {
            writer.abort();
        }
    }
}

impl Shared {
    fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, error: StateError) {
        self.lost.send_if_modified(|lost| {
            let first = lost.is_none();
            lost.get_or_insert(error);
            first
        });
    }
}

async fn lock(backend: &dyn Backend, options: &SessionOptions) -> Result<Lease, StateError> {
    const POLL: Duration = Duration::from_secs(1);
    let until = Instant::now() + options.wait;
    loop {
        match backend.lock(options.holder.clone()).await {
            Err(StateError::Locked { .. }) if Instant::now() < until => sleep(POLL).await,
            result => return result,
        }
    }
}

async fn prepare(
    backend: &dyn Backend,
    lease: &Lease,
    options: &SessionOptions,
) -> Result<(Snapshot, Vec<String>), StateError> {
    let Some(mut loaded) = backend.load().await? else {
        // Durable before anything refers to its lineage or salt.
        let Fresh { lineage, salt } = options.fresh.clone();
        let snapshot = Snapshot::new(options.environment.clone(), lineage, salt);
        backend.save(lease, &snapshot).await?;
        return Ok((snapshot, Vec::new()));
    };
    if loaded.journal_in_use {
        // The journal's lines belong to the old serial. Under a new one, they mean nothing any more, whenever they vanish.
        if loaded.replayed > 0 {
            loaded.snapshot.serial += 1;
        }
        backend.save(lease, &loaded.snapshot).await?;
    }
    Ok((loaded.snapshot, loaded.notes))
}

/// Writes requests in the order in which they came; all that wait at the same moment in one batch.
async fn write(shared: Arc<Shared>, serial: u64, mut requests: mpsc::UnboundedReceiver<Request>) -> Written {
    const MOST_ENTRIES: usize = 1024;
    let mut written = Written { batches: 0, failure: None };
    while let Some(first) = requests.recv().await {
        let mut entries = first.entries;
        let mut waiting = vec![first.done];
        while entries.len() < MOST_ENTRIES
            && let Ok(next) = requests.try_recv()
        {
            entries.extend(next.entries);
            waiting.push(next.done);
        }
        let result = match &written.failure {
            Some(error) => Err(error.clone()),
            None => {
                let position = Position { serial, sequence: written.batches };
                shared.backend.append(&shared.lease, position, &entries).await
            }
        };
        match &result {
            Ok(()) => {
                written.batches += 1;
                let mut snapshot = shared.snapshot();
                entries.iter().for_each(|entry| snapshot.apply(entry));
            }
            Err(error) => {
                written.failure.get_or_insert_with(|| error.clone());
                if matches!(error, StateError::LockLost { .. }) {
                    shared.lose(error.clone());
                }
            }
        }
        for done in waiting {
            // Who no longer waits was interrupted; what it recorded is durable all the same.
            let _ = done.send(result.clone());
        }
    }
    written
}

/// Renews the lease for as long as the session is open.
async fn beat(shared: Arc<Shared>) {
    let mut renewed = Instant::now();
    loop {
        sleep(RENEWAL).await;
        match shared.backend.renew(&shared.lease).await {
            Ok(()) => renewed = Instant::now(),
            Err(error @ StateError::LockLost { .. }) => return shared.lose(error),
            // A disk that is full for a moment costs the lock only when the lease has run out.
            Err(_) if renewed.elapsed() < crate::LEASE => {}
            Err(error) => return shared.lose(error),
        }
    }
}
