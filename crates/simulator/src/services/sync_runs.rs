//! Runs of a data source's connector, of Kendra and of Q Business, which grew out of it: what a source holds when a run begins is
//! what it brings into the index, once it ends. A source has one run at a time.

use crate::service::{Call, later};
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `SYNCING` → `SYNCING_INDEXING` → `SUCCEEDED`, in virtual seconds: what the public acceptance tests of Terraform's provider show.
const CRAWL: f64 = 360.0;
const INDEXING: f64 = 240.0;
/// A crawl that cannot reach its source gives up sooner.
const FAILED_CRAWL: f64 = 120.0;
/// `STOPPING` → `ABORTED`.
const STOP: f64 = 30.0;

/// Documents by id.
pub(crate) type Documents<D> = BTreeMap<String, D>;

/// What a connector finds in its source.
pub(crate) struct Crawl<D> {
    pub(crate) documents: Documents<D>,
    /// How many more there are that cannot be taken in.
    pub(crate) failed: usize,
}

impl<D> From<Documents<D>> for Crawl<D> {
    fn from(documents: Documents<D>) -> Self {
        Self { documents, failed: 0 }
    }
}

/// A run, stored by the key of its source, `|` and its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SyncRun<D> {
    pub(crate) id: String,
    pub(crate) started: Timestamp,
    /// When crawling ends and indexing begins.
    crawled: Timestamp,
    ended: Timestamp,
    /// When it was asked to stop.
    stopped: Option<Timestamp>,
    fault: Option<String>,
    /// The documents that it brought: what the source held when the run began.
    documents: Documents<D>,
    added: usize,
    modified: usize,
    deleted: usize,
    /// How many documents could not be taken in.
    #[serde(default)]
    failed: usize,
    /// When its data source, and so its history, goes.
    #[serde(default)]
    pub(crate) gone: Option<Timestamp>,
}

/// How many documents a run has scanned and brought in so far. They grow while it runs: documents are scanned first, added when
/// they are indexed.
pub(crate) struct Counts {
    pub(crate) scanned: usize,
    pub(crate) added: usize,
    pub(crate) modified: usize,
    pub(crate) deleted: usize,
    pub(crate) failed: usize,
}

impl<D> SyncRun<D> {
    pub(crate) fn status(&self, now: Timestamp) -> &'static str {
        if let Some(stopped) = self.stopped {
            return if now < later(stopped, STOP) { "STOPPING" } else { "ABORTED" };
        }
        match now {
            now if now < self.crawled => "SYNCING",
            _ if self.fault.is_some() => "FAILED",
            now if now < self.ended => "SYNCING_INDEXING",
            _ if self.failed > 0 => "INCOMPLETE",
            _ => "SUCCEEDED",
        }
    }

    /// Whether it came to its end and brought in what it could.
    fn is_through(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "SUCCEEDED" | "INCOMPLETE")
    }

    fn running(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "SYNCING" | "SYNCING_INDEXING" | "STOPPING")
    }

    /// When it ended, if it has.
    pub(crate) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        match self.status(now) {
            "SUCCEEDED" | "INCOMPLETE" | "FAILED" => Some(self.ended),
            "ABORTED" => self.stopped.map(|stopped| later(stopped, STOP)),
            _ => None,
        }
    }

    /// Why it failed, if it has.
    pub(crate) fn told_fault(&self, now: Timestamp) -> Option<&str> {
        self.fault.as_deref().filter(|_| self.status(now) == "FAILED")
    }

    pub(crate) fn counts(&self, now: Timestamp) -> Counts {
        let part = |from: Timestamp, to: Timestamp, count: usize| {
            if self.is_through(now) || now >= to {
                return count;
            }
            let whole = to.duration_since(from).as_secs_f64();
            let done = (now.duration_since(from).as_secs_f64() / whole).clamp(0.0, 1.0);
            (0..count).filter(|place| (*place as f64) < done * count as f64).count()
        };
        let indexed = |count: usize| if now < self.crawled { 0 } else { part(self.crawled, self.ended, count) };
        Counts {
            scanned: part(self.started, self.crawled, self.documents.len() + self.failed),
            added: indexed(self.added),
            modified: indexed(self.modified),
            deleted: indexed(self.deleted),
            failed: indexed(self.failed),
        }
    }
}

/// The runs of a source, the oldest first.
pub(crate) fn of<D>(call: &Call<'_>, source: &str) -> Vec<(String, SyncRun<D>)>
where
    SyncRun<D>: Record,
{
    let prefix = format!("{source}|");
    let all = call.store.list::<SyncRun<D>>(call.account, call.region).into_iter();
    let mut runs: Vec<_> = all.filter(|(key, _)| key.starts_with(&prefix)).collect();
    runs.sort_by_key(|(_, run)| run.started);
    runs
}

/// What a source's last finished run brought.
pub(crate) fn synced<D>(call: &Call<'_>, source: &str) -> Documents<D>
where
    SyncRun<D>: Record,
{
    let finished = of(call, source).into_iter().rev().map(|(_, run)| run);
    finished.filter(|run| run.is_through(call.now)).map(|run| run.documents).next().unwrap_or_default()
}

/// Whether a source has a run under way.
pub(crate) fn is_running<D>(call: &Call<'_>, source: &str) -> bool
where
    SyncRun<D>: Record,
{
    of::<D>(call, source).iter().any(|(_, run)| run.running(call.now))
}

/// Starts a run with what the connector found, or why it finds nothing; its id.
pub(crate) fn start<D: PartialEq>(call: &mut Call<'_>, source: &str, crawl: Result<Crawl<D>, String>) -> String
where
    SyncRun<D>: Record,
{
    let before: Documents<D> = synced(call, source);
    let (Crawl { documents, failed }, fault) = match crawl {
        Ok(found) => (found, None),
        Err(fault) => (Documents::new().into(), Some(fault)),
    };
    let crawled = call.after(if fault.is_some() { FAILED_CRAWL } else { CRAWL });
    let run = SyncRun {
        id: call.random.uuid(),
        started: call.now,
        crawled,
        ended: if fault.is_some() { crawled } else { later(crawled, INDEXING) },
        stopped: None,
        added: documents.keys().filter(|id| !before.contains_key(*id)).count(),
        modified: documents.iter().filter(|(id, new)| before.get(*id).is_some_and(|old| old != *new)).count(),
        deleted: if fault.is_some() { 0 } else { before.keys().filter(|id| !documents.contains_key(*id)).count() },
        documents,
        failed,
        fault,
        gone: None,
    };
    call.store.put(call.account, call.region, &format!("{source}|{}", run.id), &run);
    run.id
}

/// Stops the run that is under way; whether there was one.
pub(crate) fn stop<D>(call: &mut Call<'_>, source: &str) -> bool
where
    SyncRun<D>: Record,
{
    let running = of::<D>(call, source).into_iter().find(|(_, run)| run.running(call.now));
    let Some((key, mut run)) = running else { return false };
    run.stopped = run.stopped.or(Some(call.now));
    call.store.put(call.account, call.region, &key, &run);
    true
}

/// Lets the histories go of every source whose key begins so.
pub(crate) fn forget<D>(call: &mut Call<'_>, prefix: &str, gone: Timestamp)
where
    SyncRun<D>: Record,
{
    for (key, mut run) in call.store.list::<SyncRun<D>>(call.account, call.region) {
        if key.starts_with(prefix) {
            run.gone = Some(gone);
            call.store.put(call.account, call.region, &key, &run);
        }
    }
}
