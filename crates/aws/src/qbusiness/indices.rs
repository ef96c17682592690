//! `AWS::QBusiness::Index`, with the attributes of its documents, which an update takes and a creation does not.

use super::support::{self, arn, beside_tags, change_tags, marked};
use crate::clients::Clients;
use crate::convert;
use crate::datazone::lifecycle::{Entity, Found, parts, settings};
use crate::errors::failure;
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_index::builders::CreateIndexInputBuilder;
use aws_sdk_qbusiness::operation::update_index::builders::UpdateIndexInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use serde_json::{Value, json};
use std::time::Duration;

/// One unit, where nobody asks for more.
const CAPACITY: &str = "CapacityConfiguration";
const ATTRIBUTES: &str = "DocumentAttributeConfigurations";
const TYPE: &str = "AWS::QBusiness::Index";
const FORM: &str = "ApplicationId|IndexId";

/// Serves indices.
pub(super) struct Indices;

#[async_trait]
impl Entity for Indices {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(15);
    const AFTERWARDS: &'static [&'static str] = &[ATTRIBUTES];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateIndexInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        let id = call.await.map_err(failure)?.index_id.unwrap_or_default();
        Ok(format!("{application}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.q_business().get_index().application_id(&application).index_id(&id);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let arn = arn(clients, &application, &format!("/index/{id}"));
        let mut properties = convert::properties(&answer);
        if let Some(Value::Array(attributes)) = properties.remove(ATTRIBUTES) {
            let attributes = asked_for(attributes, recorded);
            if !attributes.is_empty() {
                properties.insert(ATTRIBUTES.to_owned(), attributes.into());
            }
        }
        support::found(clients, &arn, properties, status, answer.error()).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, change.identifier)?;
        let clients = change.clients;
        if change.has("Tags") {
            let arn = arn(clients, &application, &format!("/index/{id}"));
            change_tags(clients, &arn, change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let mut settings = settings(&change, &["Description"]);
            if change.has(CAPACITY) && !change.desired.contains_key(CAPACITY) {
                settings.insert(CAPACITY.to_owned(), json!({"Units": 1}));
            }
            let input: UpdateIndexInputBuilder = convert::input(&settings)?;
            let call = input.application_id(application).index_id(id);
            call.send_with(clients.q_business()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.q_business().delete_index().application_id(application).index_id(id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let call = clients.q_business().list_indices().application_id(&application);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let ids = answer.indices.unwrap_or_default().into_iter().filter_map(|each| each.index_id);
        let identifiers = ids.map(|id| format!("{application}|{id}")).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}

/// Every index has attributes of its own (`_document_title` …), which nobody asked for: of those, only what was.
fn asked_for(attributes: Vec<Value>, recorded: Option<&Properties>) -> Vec<Value> {
    let recorded = recorded.and_then(|recorded| recorded.get(ATTRIBUTES)).and_then(Value::as_array);
    let name = |attribute: &Value| attribute.get("Name").and_then(Value::as_str).map(str::to_owned);
    let is_recorded = |own: &Option<String>| recorded.is_some_and(|list| list.iter().any(|each| name(each) == *own));
    attributes
        .into_iter()
        .filter(|attribute| {
            let own = name(attribute);
            is_recorded(&own) || own.is_some_and(|own| !own.starts_with('_'))
        })
        .collect()
}
