//! `Charter::Kendra::Sync`: a run that brings the documents of a data source into its index.
//!
//! A run has no token and no tags. That is no harm: a second run brings in what the first one did, and a run that is already
//! under way is followed rather than disturbed, since Kendra takes only one at a time.

use super::lifecycle::OWN;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert::{self, ToJson};
use crate::errors::{failure, failure_on, reference_missing};
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use async_trait::async_trait;
use aws_sdk_kendra::types::DataSourceSyncJob;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Progress,
    Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

const TYPE: &str = "Charter::Kendra::Sync";
/// "Could take up to an hour or more, depending on the number of documents" (StartDataSourceSyncJob).
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long a run may be missing from the history that was just started.
const LOOKS: u32 = 10;

/// Serves runs.
pub(crate) struct Syncs;

/// What the journal keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    execution: String,
    #[serde(default)]
    polls: u32,
}

/// Where runs belong.
struct Source {
    index: String,
    id: String,
}

impl Source {
    fn from_properties(properties: &Properties) -> Result<Self, Failure> {
        Ok(Self {
            index: convert::required(properties, "IndexId")?,
            id: convert::required(properties, "DataSourceId")?,
        })
    }

    fn from_identifier(identifier: &str) -> Result<Self, Failure> {
        let (index, id) = identifier.split_once('|').ok_or_else(|| {
            let message = format!("{identifier} is not an identifier of {TYPE}: write IndexId|DataSourceId");
            Failure::new(FailureCode::InvalidRequest, message)
        })?;
        Ok(Self { index: index.to_owned(), id: id.to_owned() })
    }

    fn identifier(&self) -> String {
        format!("{}|{}", self.index, self.id)
    }

    /// The latest run of the history that fits; `NotFound` if the data source is gone.
    async fn find(
        &self,
        clients: &Clients,
        fits: impl Fn(&DataSourceSyncJob) -> bool + Send,
    ) -> Result<Option<DataSourceSyncJob>, Failure> {
        let call = clients.kendra().list_data_source_sync_jobs().index_id(&self.index).id(&self.id);
        let mut pages = call.into_paginator().send();
        let mut found: Option<DataSourceSyncJob> = None;
        while let Some(page) = pages.next().await {
            for job in page.map_err(|error| failure_on(error, OWN))?.history.unwrap_or_default() {
                // The order of the history is not documented.
                if fits(&job) && found.as_ref().is_none_or(|other| other.start_time < job.start_time) {
                    found = Some(job);
                }
            }
        }
        Ok(found)
    }

    async fn running(&self, clients: &Clients) -> Result<Option<DataSourceSyncJob>, Failure> {
        self.find(clients, |job| ending(job) == Ending::Running).await
    }

    /// Starts a run, or joins the one that is under way.
    async fn start(&self, clients: &Clients) -> Step {
        let call = clients.kendra().start_data_source_sync_job().index_id(&self.index).id(&self.id);
        let execution = match call.send().await.map_err(|error| failure_on(error, OWN)) {
            Ok(answer) => answer.execution_id.unwrap_or_default(),
            Err(failure) if failure.code == FailureCode::ResourceConflict => match self.running(clients).await? {
                Some(job) if status(&job) != "STOPPING" => job.execution_id.unwrap_or_default(),
                // It ends soon, or the data source is busy otherwise: the engine comes back.
                _ => return Err(failure),
            },
            Err(failure) => return Err(failure),
        };
        self.pending(Handle { execution, polls: 0 }, "syncing")
    }

    fn pending(&self, handle: Handle, status: &str) -> Step {
        let wait = wait_after(handle.polls, LONGEST_WAIT);
        pending(&handle, Some(self.identifier()), wait, status.to_lowercase().replace('_', " "))
    }

    fn properties(&self, job: &DataSourceSyncJob, trigger: Option<&Value>) -> Properties {
        let mut properties = Properties::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                properties.insert(name.to_owned(), value);
            }
        };
        put("IndexId", self.index.to_json());
        put("DataSourceId", self.id.to_json());
        put("Trigger", trigger.cloned());
        put("ExecutionId", job.execution_id.to_json());
        put("Status", Some(status(job).into()));
        put("StartTime", job.start_time.to_json());
        put("EndTime", job.end_time.to_json());
        put("ErrorMessage", job.error_message.to_json());
        if let Some(metrics) = job.metrics() {
            // Counts are texts in this API.
            let count = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok()).map(Value::from);
            put("DocumentsAdded", count(metrics.documents_added()));
            put("DocumentsModified", count(metrics.documents_modified()));
            put("DocumentsDeleted", count(metrics.documents_deleted()));
            put("DocumentsFailed", count(metrics.documents_failed()));
        }
        properties
    }
}

fn status(job: &DataSourceSyncJob) -> &str {
    job.status().map_or("UNKNOWN", |status| status.as_str())
}

/// How a run ended, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Running,
    Succeeded,
    Failed,
}

fn ending(job: &DataSourceSyncJob) -> Ending {
    match status(job) {
        "SUCCEEDED" => Ending::Succeeded,
        "FAILED" | "INCOMPLETE" | "ABORTED" => Ending::Failed,
        _ => Ending::Running,
    }
}

/// Why a run did not bring everything in, with what it did bring in.
fn failed(job: &DataSourceSyncJob) -> Failure {
    let count = |text: Option<&str>| text.unwrap_or("0").to_owned();
    let counts = job.metrics().map(|metrics| {
        format!(
            "; documents added {}, modified {}, deleted {}, failed {}",
            count(metrics.documents_added()),
            count(metrics.documents_modified()),
            count(metrics.documents_deleted()),
            count(metrics.documents_failed())
        )
    });
    let codes = [job.error_code().map(|code| code.as_str()), job.data_source_error_code()];
    let codes: Vec<&str> = codes.into_iter().flatten().collect();
    let code = if codes.is_empty() { String::new() } else { format!("{}: ", codes.join(", ")) };
    let reason = job.error_message().unwrap_or(match status(job) {
        "ABORTED" => "somebody stopped it",
        "INCOMPLETE" => "some documents could not be read",
        _ => "Kendra gives no reason; the log group /aws/kendra may",
    });
    let message = format!(
        "the sync {} ended {}: {code}{reason}{}",
        job.execution_id().unwrap_or_default(),
        status(job),
        counts.unwrap_or_default()
    );
    Failure::new(FailureCode::NotStabilized, message)
}

#[async_trait]
impl Adapter for Syncs {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        Source::from_properties(&request.properties)?.start(clients).await.map_err(reference_missing)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let source = Source::from_identifier(&request.identifier)?;
        let recorded = request.recorded.as_ref();
        let trigger = recorded.and_then(|recorded| recorded.get("Trigger"));
        let execution = recorded.and_then(|recorded| recorded.get("ExecutionId")).and_then(Value::as_str);
        let wanted = |job: &DataSourceSyncJob| execution.is_none_or(|execution| job.execution_id() == Some(execution));
        match source.find(clients, wanted).await {
            Ok(Some(job)) => Ok(Observed::Present { properties: source.properties(&job, trigger) }),
            // Kendra forgets old runs; what they did stands.
            Ok(None) => Ok(match (recorded, execution) {
                (Some(recorded), Some(_)) => Observed::Present { properties: recorded.clone() },
                _ => Observed::Absent,
            }),
            Err(failure) if failure.code == FailureCode::NotFound => Ok(Observed::Absent),
            Err(failure) => Err(failure),
        }
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        // Only the trigger can change in place, and a change of it asks for another run.
        Source::from_identifier(&request.identifier)?.start(clients).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let source = Source::from_identifier(&request.identifier)?;
        // Documents stay in the index until their data source goes; only a run under way is ended.
        let Some(job) = source.running(clients).await? else { return Ok(deleted(request.identifier)) };
        let call = clients.kendra().stop_data_source_sync_job().index_id(&source.index).id(&source.id);
        call.send().await.map_err(|error| failure_on(error, OWN))?;
        source.pending(Handle { execution: job.execution_id.unwrap_or_default(), polls: 0 }, "stopping")
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        handle.polls = handle.polls.saturating_add(1);
        let source = match &request.identifier {
            Some(identifier) => Source::from_identifier(identifier)?,
            None => Source::from_properties(&request.properties)?,
        };
        let delete = request.operation == Operation::Delete;
        let found = source.find(clients, |job| job.execution_id() == Some(&handle.execution)).await;
        let job = match found {
            Ok(Some(job)) => job,
            Ok(None) if delete => return Ok(deleted(source.identifier())),
            Ok(None) if handle.polls <= LOOKS => return source.pending(handle, "starting"),
            Ok(None) => return Err(not_found(TYPE, &source.identifier())),
            Err(failure) if delete && failure.code == FailureCode::NotFound => return Ok(deleted(source.identifier())),
            Err(failure) => return Err(failure),
        };
        match ending(&job) {
            Ending::Running => source.pending(handle, status(&job)),
            _ if delete => Ok(deleted(source.identifier())),
            Ending::Succeeded => {
                Ok(done(source.identifier(), source.properties(&job, request.properties.get("Trigger"))))
            }
            Ending::Failed => Err(failed(&job)),
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let index: String = convert::required(&request.filter, "IndexId")?;
        let call = clients.kendra().list_data_sources().index_id(&index).set_next_token(request.page);
        let answer = call.send().await.map_err(failure)?;
        let mut identifiers = Vec::new();
        for id in answer.summary_items.unwrap_or_default().into_iter().filter_map(|item| item.id) {
            let source = Source { index: index.clone(), id };
            let call = clients.kendra().list_data_source_sync_jobs().index_id(&source.index).id(&source.id);
            let jobs = call.max_results(1).send().await.map_err(failure)?;
            if !jobs.history().is_empty() {
                identifiers.push(source.identifier());
            }
        }
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let source = match &request.identifier {
            Some(identifier) => Source::from_identifier(identifier)?,
            None => Source::from_properties(&request.properties)?,
        };
        let running = match source.running(clients).await {
            Err(failure) if failure.code == FailureCode::NotFound => return Ok(Recovered::Absent),
            running => running?,
        };
        let identifier = source.identifier();
        Ok(match (request.operation, running) {
            (Operation::Create | Operation::Update, Some(job)) => {
                let status = status(&job).to_owned();
                let handle = Handle { execution: job.execution_id.unwrap_or_default(), polls: 0 };
                match source.pending(handle, &status)? {
                    Progress::Pending(pending) => Recovered::Pending(pending),
                    Progress::Done(_) | Progress::Failed(_) => Recovered::Repeat,
                }
            }
            // Whether a run that has ended was this one cannot be told, and need not be: another one does no harm.
            (Operation::Create, None) => Recovered::Repeat,
            (Operation::Update, None) | (Operation::Delete, Some(_)) => Recovered::Exists { identifier },
            (Operation::Delete, None) => Recovered::Absent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_kendra::types::{DataSourceSyncJobMetrics, DataSourceSyncJobStatus, ErrorCode};

    #[test]
    fn a_failed_run_says_why_and_what_it_did() {
        let job = DataSourceSyncJob::builder()
            .execution_id("e1")
            .status(DataSourceSyncJobStatus::Failed)
            .error_code(ErrorCode::InvalidRequest)
            .error_message("connection refused")
            .metrics(DataSourceSyncJobMetrics::builder().documents_added("3").documents_failed("2").build())
            .build();
        assert_eq!(
            failed(&job).message,
            "the sync e1 ended FAILED: InvalidRequest: connection refused; documents added 3, modified 0, deleted 0, failed 2"
        );
    }

    #[test]
    fn counts_are_numbers_in_the_model() {
        let job = DataSourceSyncJob::builder()
            .execution_id("e1")
            .status(DataSourceSyncJobStatus::Succeeded)
            .metrics(DataSourceSyncJobMetrics::builder().documents_added("3").build())
            .build();
        let source = Source { index: "i".into(), id: "d".into() };
        assert_eq!(
            Value::Object(source.properties(&job, Some(&"t".into()))),
            serde_json::json!({"IndexId": "i", "DataSourceId": "d", "Trigger": "t", "ExecutionId": "e1",
                "Status": "SUCCEEDED", "DocumentsAdded": 3})
        );
    }
}
