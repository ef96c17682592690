//! The state's files after a bad day. They load or are refused by name; what loads can be opened, written to and loaded again, and
//! is then what it was; what a run would plan from it keeps the rules of plans.
//!
//! An input holds `=== state`, `=== journal` and `=== lock` with the bytes of those files, or `=== entries` with the lines of a journal
//! without their sums, which are put in: so that mutation reaches what stands behind them.

use super::graph::{empty_graph, planned};
use super::sections::sections;
use charter_planner::Mode;
use charter_state::{Backend, Clock, Entry, Fresh, Holder, LocalBackend, MemoryFiles, Session, SessionOptions};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// See the module.
pub fn target(data: &[u8]) {
    let files = MemoryFiles::new();
    let mut journal = Vec::new();
    for (name, content) in sections(data) {
        match name {
            "state" => files.set_content(Path::new("/state/local.state.json"), content),
            "lock" => files.set_content(Path::new("/state/local.lock"), content),
            "entries" => journal.extend(summed(&content)),
            "journal" | "" => journal.extend(content),
            _ => {}
        }
    }
    if !journal.is_empty() {
        files.set_content(Path::new("/state/local.journal"), journal);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(check(files));
}

async fn check(files: MemoryFiles) {
    let environment: charter_model::EnvironmentName = "local".parse().expect("a name");
    let backend = Arc::new(LocalBackend::with("/state", environment.clone(), Arc::new(files), Arc::new(Fixed)));
    let Ok(first) = backend.load().await else { return };
    let Ok(session) = Session::open(backend.clone(), options()).await else { return };
    let opened = session.snapshot();
    if let Some(first) = &first {
        assert_eq!(first.snapshot.resources, opened.resources, "opening changes what is recorded");
        assert_eq!(first.snapshot.open, opened.open, "opening changes what is open");
    }
    if opened.environment == environment {
        planned(&empty_graph(), &opened, Mode::Destroy);
        planned(&empty_graph(), &opened, Mode::Apply);
    }
    let entry = Entry::Forget { address: "fuzz/nothing".parse().expect("an address") };
    if session.record(vec![entry]).await.is_err() {
        return;
    }
    let Ok(finished) = session.finish().await else { return };
    let again = backend.load().await.unwrap_or_else(|error| panic!("what was saved does not load: {error}"));
    let again = again.expect("what was saved is there");
    assert_eq!(again.snapshot, finished, "what was saved loads as something else");
    assert!(again.notes.is_empty(), "{:?}", again.notes);
}

fn options() -> SessionOptions {
    SessionOptions {
        environment: "local".parse().expect("a name"),
        holder: Holder {
            user: "ada".into(),
            host: "here".into(),
            pid: 1,
            command: "apply".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        },
        fresh: Fresh { lineage: "lineage".into(), salt: "salt".into() },
        wait: Duration::ZERO,
    }
}

/// A moment long after any lease.
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(4_000_000_000).expect("a time")
    }
}

/// The lines of a journal with the sum of each in front, as the journal writes them.
fn summed(lines: &[u8]) -> Vec<u8> {
    let mut journal = Vec::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let rest = line.strip_prefix(b"{").unwrap_or(line);
        let mut sum = hex::encode(Sha256::digest(rest));
        sum.truncate(16);
        journal.extend_from_slice(b"{\"sum\":\"");
        journal.extend_from_slice(sum.as_bytes());
        journal.extend_from_slice(b"\",");
        journal.extend_from_slice(rest);
        journal.push(b'\n');
    }
    journal
}
