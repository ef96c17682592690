//! Stands between a run and the two things that outlive it, its disk and its cloud, and counts: every durable write and every
//! request is a point at which the run may be stopped dead, or at which something may go wrong.
//!
//! What a crash leaves is what disk and cloud hold at that moment. So one undisturbed run shows what a crash at each of its points
//! would have left: the recorder keeps a copy of both wherever one of them has changed since the last copy. Crashing at a request
//! that reads leaves nothing else than crashing at the one before, so it is not a point of its own.

use crate::crash::figures::Figures;
use bytes::Bytes;
use charter_simulator::{CloudSnapshot, Simulator};
use charter_state::{Fault, MemoryFiles};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What a run leaves when it is stopped dead.
#[derive(Clone)]
pub struct Remains {
    /// The disk, as it would be found.
    pub files: MemoryFiles,
    /// The cloud.
    pub cloud: CloudSnapshot,
    /// After what it was stopped, for a person.
    pub after: String,
}

/// What goes wrong at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// A request's connection is cut before the request has an effect.
    ConnectionCut,
    /// A request has its effect, and its answer is lost.
    AnswerLost,
    /// The disk is full for one step, after so many bytes.
    DiskFull {
        /// How many bytes of the write arrive.
        kept: usize,
    },
    /// The disk stays full until the run has ended.
    DiskStaysFull,
}

/// What a recorder is to do.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// Keep a copy at each point.
    pub keep_all: bool,
    /// Stop the run dead when what an earlier one left is settled.
    pub until_recovered: bool,
    /// Stop the run dead at this step, counted from 0 over requests (two steps each: before and after) and writes.
    pub stop_at: Option<usize>,
    /// What goes wrong at which step.
    pub mishaps: BTreeMap<usize, Mishap>,
    /// What every request takes.
    pub latency: Duration,
}

struct State {
    orders: Orders,
    steps: usize,
    writes: u64,
    seen: Option<(u64, u64)>,
    lock_steps: usize,
    /// Whether the last step of the disk was about the lock: then the folder is synced for it.
    of_lock: bool,
    kept: Vec<Remains>,
    full: bool,
    dead: bool,
}

/// One run's recorder. Clones share what they record.
#[derive(Clone)]
pub struct Recorder {
    state: Arc<Mutex<State>>,
    stopped: Arc<Notify>,
    cloud: Simulator,
    files: MemoryFiles,
    figures: Arc<Figures>,
}

impl Recorder {
    /// For a run over this cloud and this disk.
    pub fn new(cloud: Simulator, files: MemoryFiles, orders: Orders, figures: Arc<Figures>) -> Self {
        let state = State {
            orders,
            steps: 0,
            writes: 0,
            seen: None,
            lock_steps: 0,
            of_lock: false,
            kept: Vec::new(),
            full: false,
            dead: false,
        };
        Self { state: Arc::new(Mutex::new(state)), stopped: Arc::default(), cloud, files, figures }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many steps there were.
    pub fn steps(&self) -> usize {
        self.state().steps
    }

    /// Called when what an earlier run left is settled.
    pub fn mark_recovered(&self) {
        let mut state = self.state();
        if state.orders.until_recovered {
            state.dead = true;
            self.stopped.notify_one();
        }
    }

    /// What was kept.
    pub fn into_kept(self) -> Vec<Remains> {
        std::mem::take(&mut self.state().kept)
    }

    /// Ends when the run must be stopped.
    pub async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// From now on nothing of the run reaches disk or cloud: it is dead, whatever of it is still being dropped.
    pub fn bury(&self) {
        self.state().dead = true;
    }

    /// Whether it was stopped dead.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// One step: whether the run is dead, and what goes wrong here.
    fn step(&self, what: &dyn Fn() -> String) -> Result<Option<Mishap>, ()> {
        let mut state = self.state();
        if state.dead {
            return Err(());
        }
        let step = state.steps;
        state.steps += 1;
        if state.orders.keep_all {
            let now = (self.cloud.changes(), state.writes);
            if state.seen != Some(now) {
                state.seen = Some(now);
                let remains = Remains { files: self.files.fork(), cloud: self.cloud.snapshot(), after: what() };
                state.kept.push(remains);
            }
        }
        if state.orders.stop_at == Some(step) {
            state.dead = true;
            self.stopped.notify_one();
            return Err(());
        }
        Ok(state.orders.mishaps.get(&step).copied())
    }

    /// Answers a request of the run.
    pub async fn answer(&self, request: http::Request<Bytes>) -> std::io::Result<http::Response<Bytes>> {
        let lost = || Error::new(ErrorKind::ConnectionReset, "the connection was lost");
        let latency = self.state().orders.latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let mishap = match self.step(&|| format!("before {}", name_of(&request))) {
            Ok(mishap) => mishap,
            // A dead run hears nothing any more.
            Err(()) => std::future::pending().await,
        };
        if mishap == Some(Mishap::ConnectionCut) {
            self.figures.add_mishap();
            return Err(lost());
        }
        self.figures.add_request();
        let name = name_of(&request);
        let answer = self.cloud.handle(request).await;
        let after = match self.step(&|| format!("after {name}")) {
            Ok(mishap) => mishap,
            Err(()) => std::future::pending().await,
        };
        if mishap == Some(Mishap::AnswerLost) || after == Some(Mishap::AnswerLost) {
            self.figures.add_mishap();
            return Err(lost());
        }
        answer.map_err(Error::other)
    }

    /// What happens at a step of the disk.
    pub fn write(&self, name: &'static str, path: &Path) -> Fault {
        let refused = Fault::Before(ErrorKind::Other);
        // Renewing the lock writes the same again every ten seconds: each of its steps is kept once for each of a few times.
        let mut state = self.state();
        let of_lock = path.to_string_lossy().contains(".lock") || (name == "sync" && state.of_lock);
        state.of_lock = of_lock;
        if state.dead {
            return refused;
        }
        if of_lock {
            const MOST: usize = 12;
            state.lock_steps += 1;
            if state.lock_steps > MOST {
                return if state.full { Fault::Before(ErrorKind::StorageFull) } else { Fault::None };
            }
        }
        drop(state);
        let Ok(mishap) = self.step(&|| format!("before {name} {}", path.display())) else { return refused };
        let mut state = self.state();
        state.writes += 1;
        if mishap == Some(Mishap::DiskStaysFull) {
            state.full = true;
            self.figures.add_mishap();
        }
        if state.full && matches!(name, "append" | "write" | "rename") {
            return Fault::Before(ErrorKind::StorageFull);
        }
        match mishap {
            Some(Mishap::DiskFull { kept }) => {
                self.figures.add_mishap();
                Fault::Torn { kept, kind: ErrorKind::StorageFull }
            }
            _ => Fault::None,
        }
    }
}

fn name_of(request: &http::Request<Bytes>) -> String {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
    if let Some(target) = target {
        return target.to_owned();
    }
    let body = String::from_utf8_lossy(request.body());
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    match action {
        Some(action) => action.to_owned(),
        None => format!("{} {}", request.method(), request.uri().path()),
    }
}

/// What is on the disk if the step between two copies was cut short: the first copy with a part of what the step added. None
/// if the step was not a write that can be cut.
pub fn torn(before: &Remains, after: &Remains, kept: impl FnOnce(usize) -> usize) -> Option<Remains> {
    let paths: BTreeSet<PathBuf> = before.files.paths().into_iter().chain(after.files.paths()).collect();
    let written: Vec<PathBuf> =
        paths.into_iter().filter(|path| after.files.content(path) != before.files.content(path)).collect();
    let [path] = written.as_slice() else { return None };
    let (old, new) = (before.files.content(path).unwrap_or_default(), after.files.content(path)?);
    // A file is either added to, or written anew.
    let begin = if new.starts_with(&old) { old.len() } else { 0 };
    let added = new.len().checked_sub(begin).filter(|added| *added > 1)?;
    let kept = begin + 1 + kept(added - 1);
    let files = before.files.fork();
    files.set_content(path, new.get(..kept)?.to_vec());
    let after = format!("{kept} of {} bytes of {}", new.len(), path.display());
    Some(Remains { files, cloud: before.cloud.clone(), after })
}
