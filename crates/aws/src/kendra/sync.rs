//! `Charter::Kendra::Sync`: a run that brings the documents of a data source into its index.

use super::lifecycle::OWN;
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on};
use crate::sync_runs::{Connector, Run};
use async_trait::async_trait;
use aws_sdk_kendra::types::DataSourceSyncJob;
use charter_provider::{Failure, ListRequest};

/// The runs of Kendra's data sources.
pub(crate) struct KendraRuns;

fn run(job: DataSourceSyncJob) -> Run {
    let metrics = job.metrics();
    let count = |text: Option<&str>| text.map(str::to_owned);
    let codes = [job.error_code().map(|code| code.as_str()), job.data_source_error_code()];
    Run {
        status: job.status().map_or("UNKNOWN", |status| status.as_str()).to_owned(),
        started: job.start_time,
        ended: job.end_time,
        error_codes: codes.into_iter().flatten().map(str::to_owned).collect(),
        error_message: job.error_message().map(str::to_owned),
        counts: metrics.map_or_else(Vec::new, |metrics| {
            vec![
                ("DocumentsAdded", count(metrics.documents_added())),
                ("DocumentsModified", count(metrics.documents_modified())),
                ("DocumentsDeleted", count(metrics.documents_deleted())),
                ("DocumentsFailed", count(metrics.documents_failed())),
            ]
        }),
        execution: job.execution_id.unwrap_or_default(),
    }
}

/// The index and the data source.
fn parts(source: &[String]) -> (&str, &str) {
    match source {
        [index, id, ..] => (index, id),
        _ => ("", ""),
    }
}

#[async_trait]
impl Connector for KendraRuns {
    const TYPE: &'static [&'static str] = &["Charter::Kendra::Sync"];
    const PARTS: &'static [&'static str] = &["IndexId", "DataSourceId"];
    const LOGS: &'static str = "the log group /aws/kendra";

    async fn runs(&self, clients: &Clients, source: &[String]) -> Result<Vec<Run>, Failure> {
        let (index, id) = parts(source);
        let mut pages = clients.kendra().list_data_source_sync_jobs().index_id(index).id(id).into_paginator().send();
        let mut runs = Vec::new();
        while let Some(page) = pages.next().await {
            let history = page.map_err(|error| failure_on(error, OWN))?.history.unwrap_or_default();
            runs.extend(history.into_iter().map(run));
        }
        Ok(runs)
    }

    async fn start(&self, clients: &Clients, source: &[String]) -> Result<Option<String>, Failure> {
        let (index, id) = parts(source);
        let call = clients.kendra().start_data_source_sync_job().index_id(index).id(id);
        Ok(call.send().await.map_err(|error| failure_on(error, OWN))?.execution_id)
    }

    async fn stop(&self, clients: &Clients, source: &[String]) -> Result<(), Failure> {
        let (index, id) = parts(source);
        let call = clients.kendra().stop_data_source_sync_job().index_id(index).id(id);
        call.send().await.map(drop).map_err(|error| failure_on(error, OWN))
    }

    async fn sources(
        &self,
        clients: &Clients,
        request: ListRequest,
    ) -> Result<(Vec<Vec<String>>, Option<String>), Failure> {
        let index: String = convert::required(&request.filter, "IndexId")?;
        let call = clients.kendra().list_data_sources().index_id(&index).set_next_token(request.page);
        let answer = call.send().await.map_err(failure)?;
        let ids = answer.summary_items.unwrap_or_default().into_iter().filter_map(|item| item.id);
        Ok((ids.map(|id| vec![index.clone(), id]).collect(), answer.next_token))
    }
}
