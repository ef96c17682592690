//! The file of a store: a snapshot, then one line for each call that changed something. A line is with the operating system
//! before the call is answered, so killing the process loses nothing that a caller was told. A torn last line is a call that
//! was never answered.

use super::{Place, Slot};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Which moment of virtual time which moment of the machine's was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClockAnchor {
    pub(crate) virtual_time: Timestamp,
    pub(crate) wall_time: Timestamp,
    pub(crate) time_scale: f64,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("the simulator's store {path} cannot be used: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        problem: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "line {line} of the simulator's store {path} is not one of its lines; delete the file to begin with an empty cloud"
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// From one.
        line: usize,
    },
    /// Another process has it open.
    #[error("the simulator's store {path} is in use by another process; end it, or let this one connect to it")]
    InUse {
        /// The store's path.
        path: PathBuf,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    Header { version: u32, clock: ClockAnchor, calls: u64 },
    Call(Transaction),
}

/// What one call changed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Transaction {
    pub(super) call: u64,
    pub(super) now: Timestamp,
    pub(super) changes: Vec<Change>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Change {
    Put(Place, Slot),
    Remove(Place),
}

#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) slots: BTreeMap<Place, Slot>,
    pub(super) calls: u64,
    pub(super) clock: Option<ClockAnchor>,
}

#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

const VERSION: u32 = 1;

impl Log {
    /// Opens the file and reads it.
    pub(super) fn open(path: &Path) -> Result<(Self, Loaded), StoreError> {
        let failed = |problem| StoreError::File { path: path.to_owned(), problem };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().create(true).read(true).append(true).open(path).map_err(failed)?;
        let loaded = load(path, &file)?;
        Ok((Self { path: path.to_owned(), file }, loaded))
    }

    /// One write for the whole transaction.
    pub(super) fn append(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        // Borrowed into the line's form without a copy of the changes.
        let mut line = serde_json::to_vec(&serde_json::json!({ "call": transaction }))
            .map_err(|error| self.failed(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|error| self.failed(error))
    }

    /// Writes a snapshot beside the file and puts it in its place.
    pub(super) fn compact(
        &mut self,
        clock: ClockAnchor,
        calls: u64,
        slots: &BTreeMap<Place, Slot>,
    ) -> Result<(), StoreError> {
        let beside = self.path.with_extension("new");
        self.write_snapshot(&beside, clock, calls, slots).map_err(|error| self.failed(error))?;
        self.file = OpenOptions::new().append(true).open(&self.path).map_err(|error| self.failed(error))?;
        Ok(())
    }

    fn write_snapshot(
        &self,
        beside: &Path,
        clock: ClockAnchor,
        calls: u64,
        slots: &BTreeMap<Place, Slot>,
    ) -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(beside)?);
        serde_json::to_writer(&mut out, &Line::Header { version: VERSION, clock, calls })?;
        out.write_all(b"\n")?;
        for (place, slot) in slots {
            let changes = vec![Change::Put(place.clone(), slot.clone())];
            let line = Line::Call(Transaction { call: calls, now: clock.virtual_time, changes });
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(beside, &self.path)
    }

    fn failed(&self, problem: std::io::Error) -> StoreError {
        StoreError::File { path: self.path.clone(), problem }
    }
}

fn load(path: &Path, file: &File) -> Result<Loaded, StoreError> {
    let mut loaded = Loaded::default();
    let mut reader = BufReader::new(file);
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        let length = reader
            .read_until(b'\n', &mut text)
            .map_err(|problem| StoreError::File { path: path.to_owned(), problem })?;
        if length == 0 {
            break;
        }
        match serde_json::from_slice(&text) {
            Ok(Line::Header { version: VERSION, clock, calls }) => {
                loaded.clock = Some(clock);
                loaded.calls = calls;
            }
            Ok(Line::Call(transaction)) => {
                loaded.calls = loaded.calls.max(transaction.call);
                if let Some(clock) = &mut loaded.clock {
                    advance(clock, transaction.now);
                }
                for change in transaction.changes {
                    match change {
                        Change::Put(place, slot) => drop(loaded.slots.insert(place, slot)),
                        Change::Remove(place) => drop(loaded.slots.remove(&place)),
                    }
                }
            }
            // Not closed by a line's end: the process was killed while it wrote.
            Err(_) if text.last() != Some(&b'\n') => break,
            Ok(Line::Header { .. }) | Err(_) => return Err(StoreError::Line { path: path.to_owned(), line: number }),
        }
    }
    Ok(loaded)
}

/// Virtual time never goes back behind a moment that a caller was told, even if the machine's clock did.
fn advance(clock: &mut ClockAnchor, seen: Timestamp) {
    let elapsed = seen.duration_since(clock.virtual_time).as_secs_f64();
    if elapsed > 0.0 && clock.time_scale > 0.0 {
        clock.virtual_time = seen;
        clock.wall_time = crate::service::later(clock.wall_time, elapsed / clock.time_scale);
    }
}
