//! `AWS::QBusiness::DataSource`: a connector of an index.

use super::support::{self, arn, beside_tags, change_tags, marked, parse_document};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::{Entity, Found, parts, settings};
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_data_source::builders::CreateDataSourceInputBuilder;
use aws_sdk_qbusiness::operation::update_data_source::builders::UpdateDataSourceInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use serde_json::{Value, json};
use std::time::Duration;

const TYPE: &str = "AWS::QBusiness::DataSource";
const FORM: &str = "ApplicationId|DataSourceId|IndexId";

/// Serves data sources.
pub(super) struct DataSources;

#[async_trait]
impl Entity for DataSources {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(15);
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let mut properties = request.properties.clone();
        parse_document(&mut properties, "Configuration");
        let input: CreateDataSourceInputBuilder = convert::input(&properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let index: String = convert::required(&request.properties, "IndexId")?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        let id = call.await.map_err(failure)?.data_source_id.unwrap_or_default();
        Ok(format!("{application}|{id}|{index}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id, index] = parts(TYPE, FORM, identifier)?;
        let call =
            clients.q_business().get_data_source().application_id(&application).data_source_id(&id).index_id(&index);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let arn = arn(clients, &application, &format!("/index/{index}/data-source/{id}"));
        let properties = convert::properties(&answer);
        support::found(clients, &arn, properties, status, answer.error()).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [application, id, index] = parts(TYPE, FORM, change.identifier)?;
        let clients = change.clients;
        if change.has("Tags") {
            let arn = arn(clients, &application, &format!("/index/{index}/data-source/{id}"));
            change_tags(clients, &arn, change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let mut settings = settings(&change, &["Description", "SyncSchedule"]);
            parse_document(&mut settings, "Configuration");
            // Without a schedule it runs when asked to.
            for (name, empty) in
                [("DocumentEnrichmentConfiguration", json!({})), ("MediaExtractionConfiguration", off())]
            {
                if change.has(name) && !change.desired.contains_key(name) {
                    settings.insert(name.to_owned(), empty);
                }
            }
            let input: UpdateDataSourceInputBuilder = convert::input(&settings)?;
            let call = input.application_id(application).data_source_id(id).index_id(index);
            call.send_with(clients.q_business()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id, index] = parts(TYPE, FORM, &request.identifier)?;
        let call =
            clients.q_business().delete_data_source().application_id(application).data_source_id(id).index_id(index);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let index: String = convert::required(&request.filter, "IndexId")?;
        let call = clients.q_business().list_data_sources().application_id(&application).index_id(&index);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let ids = answer.data_sources.unwrap_or_default().into_iter().filter_map(|each| each.data_source_id);
        let identifiers = ids.map(|id| format!("{application}|{id}|{index}")).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}

/// Media that are not read.
fn off() -> Value {
    json!({
        "AudioExtractionConfiguration": {"AudioExtractionStatus": "DISABLED"},
        "ImageExtractionConfiguration": {"ImageExtractionStatus": "DISABLED"},
        "VideoExtractionConfiguration": {"VideoExtractionStatus": "DISABLED"},
    })
}
