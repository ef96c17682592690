//! Runs of data sources, and what they brought.

use super::crawl::crawl;
use super::enrichment::enriched;
use super::records::{DataSource, Document, Index, Item, Thing};
use super::support::{absent, at_rest, conflict, held, listed};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, texts};
use crate::services::sync_runs::{self, SyncRun};
use jiff::Timestamp;
use serde_json::{Value, json};

fn source(call: &Call<'_>) -> Result<DataSource, ServiceError> {
    held::<Index>(call)?;
    held(call)
}

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let source = source(call)?;
    at_rest(call, &source)?;
    let item: &Item = source.item();
    if sync_runs::is_running::<Document>(call, &item.key()) {
        let message = format!("The data source {} has a sync job that is still running.", item.id);
        return Err(conflict(message, &item.id, DataSource::WORD));
    }
    let found = crawl(call, item).map(|documents| enriched(call, item, documents));
    Ok(json!({"executionId": sync_runs::start(call, &item.key(), found)}))
}

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let source = source(call)?;
    if !sync_runs::stop::<Document>(call, &source.item().key()) {
        return Err(absent(&source.item().id, "SyncJob"));
    }
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let source = source(call)?;
    let moment = |name: &str| -> Option<Timestamp> { call.text(name)?.parse().ok() };
    let (after, before) = (moment("startTime"), moment("endTime"));
    let history = sync_runs::of::<Document>(call, &source.item().key())
        .into_iter()
        .filter(|(_, run)| call.text("statusFilter").is_none_or(|wanted| wanted == run.status(call.now)))
        .filter(|(_, run)| after.is_none_or(|after| run.started >= after))
        .filter(|(_, run)| before.is_none_or(|before| run.started <= before))
        // The newest first: the page's key falls as time goes on.
        .map(|(_, run)| (format!("{:020}", i64::MAX - run.started.as_millisecond()), shown(call, &run)))
        .rev()
        .collect();
    listed(call, "history", history)
}

fn shown(call: &Call<'_>, run: &SyncRun<Document>) -> Value {
    let counts = run.counts(call.now);
    let fault = run.told_fault(call.now);
    json!({
        "executionId": run.id,
        "startTime": run.started.to_string(),
        "endTime": run.end(call.now).map(|ended| ended.to_string()),
        "status": run.status(call.now),
        "error": fault.map(|message| json!({"errorCode": "InvalidRequest", "errorMessage": message})),
        "metrics": {
            "documentsAdded": counts.added.to_string(),
            "documentsModified": counts.modified.to_string(),
            "documentsDeleted": counts.deleted.to_string(),
            "documentsFailed": counts.failed.to_string(),
            "documentsScanned": counts.scanned.to_string(),
        },
    })
}

pub(super) fn documents(call: &mut Call<'_>) -> Answer {
    let index: Index = held(call)?;
    let wanted = texts(call, "dataSourceIds");
    let sources = call.store.list::<DataSource>(call.account, call.region).into_iter();
    let mut items = Vec::new();
    for (key, source) in sources.filter(|(_, source)| source.item().index.as_deref() == Some(&index.item().id)) {
        if !wanted.is_empty() && !wanted.contains(&source.item().id) {
            continue;
        }
        let documents = sync_runs::synced::<Document>(call, &key).into_keys();
        items.extend(documents.map(|id| (id.clone(), json!({"documentId": id, "status": "INDEXED"}))));
    }
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, "documentDetailList", items)
}
