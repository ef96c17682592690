//! `Charter::QBusiness::Sync`: a run that brings the documents of a data source into its index.

use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::sync_runs::{Connector, Run};
use async_trait::async_trait;
use aws_sdk_qbusiness::types::{DataSourceSyncJob, ErrorDetail};
use charter_provider::{Failure, ListRequest};

/// The runs of Q Business's data sources.
pub(super) struct QBusinessRuns;

fn run(job: DataSourceSyncJob) -> Run {
    let metrics = job.metrics();
    let count = |text: Option<&str>| text.map(str::to_owned);
    let codes = [job.error().and_then(ErrorDetail::error_code).map(|code| code.as_str()), job.data_source_error_code()];
    Run {
        status: job.status().map_or("UNKNOWN", |status| status.as_str()).to_owned(),
        started: job.start_time,
        ended: job.end_time,
        error_codes: codes.into_iter().flatten().map(str::to_owned).collect(),
        error_message: job.error().and_then(ErrorDetail::error_message).map(str::to_owned),
        counts: metrics.map_or_else(Vec::new, |metrics| {
            vec![
                ("DocumentsAdded", count(metrics.documents_added())),
                ("DocumentsModified", count(metrics.documents_modified())),
                ("DocumentsDeleted", count(metrics.documents_deleted())),
                ("DocumentsFailed", count(metrics.documents_failed())),
                ("DocumentsScanned", count(metrics.documents_scanned())),
            ]
        }),
        execution: job.execution_id.unwrap_or_default(),
    }
}

/// The application, the index and the data source.
fn parts(source: &[String]) -> (&str, &str, &str) {
    match source {
        [application, index, id, ..] => (application, index, id),
        _ => ("", "", ""),
    }
}

#[async_trait]
impl Connector for QBusinessRuns {
    const TYPE: &'static [&'static str] = &["Charter::QBusiness::Sync"];
    const PARTS: &'static [&'static str] = &["ApplicationId", "IndexId", "DataSourceId"];
    const LOGS: &'static str = "the log group /aws/qbusiness";

    async fn runs(&self, clients: &Clients, source: &[String]) -> Result<Vec<Run>, Failure> {
        let (application, index, id) = parts(source);
        let call = clients.q_business().list_data_source_sync_jobs().application_id(application);
        let mut pages = call.index_id(index).data_source_id(id).into_paginator().send();
        let mut runs = Vec::new();
        while let Some(page) = pages.next().await {
            runs.extend(page.map_err(failure)?.history.unwrap_or_default().into_iter().map(run));
        }
        Ok(runs)
    }

    async fn start(&self, clients: &Clients, source: &[String]) -> Result<Option<String>, Failure> {
        let (application, index, id) = parts(source);
        let call = clients.q_business().start_data_source_sync_job().application_id(application);
        Ok(call.index_id(index).data_source_id(id).send().await.map_err(failure)?.execution_id)
    }

    async fn stop(&self, clients: &Clients, source: &[String]) -> Result<(), Failure> {
        let (application, index, id) = parts(source);
        let call = clients.q_business().stop_data_source_sync_job().application_id(application);
        call.index_id(index).data_source_id(id).send().await.map(drop).map_err(failure)
    }

    async fn sources(
        &self,
        clients: &Clients,
        request: ListRequest,
    ) -> Result<(Vec<Vec<String>>, Option<String>), Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let index: String = convert::required(&request.filter, "IndexId")?;
        let call = clients.q_business().list_data_sources().application_id(&application).index_id(&index);
        let answer = call.set_next_token(request.page).send().await.map_err(failure)?;
        let ids = answer.data_sources.unwrap_or_default().into_iter().filter_map(|source| source.data_source_id);
        Ok((ids.map(|id| vec![application.clone(), index.clone(), id]).collect(), answer.next_token))
    }
}
