//! `Charter::DataZone::DataSourceRun`: a run that brings the assets of a data source into its project.
//!
//! A run is over when it is over: nothing of it can be changed or deleted, and what it brought in stays with the data source.

use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert::{self, ToJson};
use crate::living::{Entity, Found, Health, parts};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::get_data_source_run::GetDataSourceRunOutput;
use aws_sdk_datazone::types::DataSourceRunStatus;
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties};
use serde_json::Value;
use std::time::Duration;

const TYPE: &str = "Charter::DataZone::DataSourceRun";
const FORM: &str = "DomainIdentifier|RunId";

/// Serves runs.
pub(super) struct Runs;

fn health(run: &GetDataSourceRunOutput) -> Health {
    let failed = |words: &str| {
        let told = run.error_message().map(|error| {
            let detail = error.error_detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{}{detail}", error.error_type().as_str())
        });
        Health::Failed(Some(told.unwrap_or_else(|| words.to_owned())))
    };
    match run.status() {
        DataSourceRunStatus::Success => Health::Ready,
        DataSourceRunStatus::Failed => failed("the run brought nothing in"),
        DataSourceRunStatus::PartiallySucceeded => failed("some assets could not be brought in"),
        _ => Health::Waiting,
    }
}

fn properties(run: &GetDataSourceRunOutput, recorded: Option<&Properties>) -> Properties {
    let mut properties = Properties::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            properties.insert(name.to_owned(), value);
        }
    };
    put("DomainIdentifier", run.domain_id().to_owned().to_json());
    put("DataSourceIdentifier", run.data_source_id().to_owned().to_json());
    put("Trigger", recorded.and_then(|recorded| recorded.get("Trigger")).cloned());
    put("RunId", run.id().to_owned().to_json());
    put("Status", Some(run.status().as_str().into()));
    put("StartedAt", run.started_at.to_json());
    put("StoppedAt", run.stopped_at.to_json());
    if let Some(counts) = run.run_statistics_for_assets() {
        put("AssetsAdded", counts.added().to_json());
        put("AssetsUpdated", counts.updated().to_json());
        put("AssetsUnchanged", counts.unchanged().to_json());
        put("AssetsSkipped", counts.skipped().to_json());
        put("AssetsFailed", counts.failed().to_json());
    }
    properties
}

#[async_trait]
impl Entity for Runs {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(15);
    const HAS_TOKEN: bool = true;
    const IS_HISTORY: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let source: String = convert::required(&request.properties, "DataSourceIdentifier")?;
        // While another run is under way this is a conflict, which passes.
        let call = clients.datazone().start_data_source_run().domain_identifier(&domain);
        let call = call.data_source_identifier(source).client_token(&*request.token.0);
        let answer = done_in(clients, &domain, call.send().await).await?;
        Ok(format!("{domain}|{}", answer.id))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.datazone().get_data_source_run().domain_identifier(&domain).identifier(&id);
        if let Some(run) = found(clients, &domain, call.send().await).await? {
            let status = run.status().as_str().to_owned();
            return Ok(Some(Found { properties: properties(&run, recorded), status, health: health(&run) }));
        }
        // Old runs are forgotten; what they did stands as long as the data source does.
        let Some(recorded) = recorded.filter(|recorded| recorded.contains_key("RunId")) else { return Ok(None) };
        let source: String = convert::required(recorded, "DataSourceIdentifier")?;
        let call = clients.datazone().get_data_source().domain_identifier(&domain).identifier(source);
        let source = found(clients, &domain, call.send().await).await?;
        Ok(source.map(|_| Found::ready(recorded.clone())))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let message = format!("the run {} is over: another trigger starts another run", change.identifier);
        Err(Failure::new(FailureCode::NotUpdatable, message))
    }

    async fn remove(&self, _clients: &Clients, _request: &DeleteRequest) -> Result<(), Failure> {
        // A run cannot be stopped; its data source waits for its end.
        Ok(())
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let source: String = convert::required(&request.filter, "DataSourceIdentifier")?;
        let call = clients.datazone().list_data_source_runs().domain_identifier(&domain);
        let call = call.data_source_identifier(source).set_next_token(request.page.clone());
        let answer = done_in(clients, &domain, call.send().await).await?;
        let identifiers = answer.items.iter().map(|each| format!("{domain}|{}", each.id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(
        &self,
        _clients: &Clients,
        _request: &charter_provider::RecoverRequest,
    ) -> Result<Option<Vec<String>>, Failure> {
        // Runs look alike: the same token tells.
        Ok(Some(Vec::new()))
    }
}
