//! `AWS::QBusiness::Index`, with the attributes of its documents, which an update takes and a creation does not.

use super::parts::{Page, Part, Place, Seen, answered};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::settings;
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_index::builders::CreateIndexInputBuilder;
use aws_sdk_qbusiness::operation::update_index::builders::UpdateIndexInputBuilder;
use charter_provider::{CreateRequest, Failure, Properties};
use serde_json::{Value, json};
use std::time::Duration;

/// One unit, where nobody asks for more.
const CAPACITY: &str = "CapacityConfiguration";
const ATTRIBUTES: &str = "DocumentAttributeConfigurations";

/// Serves indices.
pub(super) struct Indices;

#[async_trait]
impl Part for Indices {
    const TYPE: &'static [&'static str] = &["AWS::QBusiness::Index"];
    const FORM: &'static str = "ApplicationId|IndexId";
    const PATH: &'static str = "index";
    const LONGEST_WAIT: Duration = Duration::from_secs(15);
    const AFTERWARDS: &'static [&'static str] = &[ATTRIBUTES];

    async fn make(clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateIndexInputBuilder = convert::input(&request.properties)?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        Ok(call.await.map_err(failure)?.index_id.unwrap_or_default())
    }

    async fn find(clients: &Clients, place: &Place, recorded: Option<&Properties>) -> Result<Option<Seen>, Failure> {
        let call = clients.q_business().get_index().application_id(&place.application).index_id(&place.id);
        let Some(answer) = answered(call.send().await)? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let mut properties = convert::properties(&answer);
        if let Some(Value::Array(attributes)) = properties.remove(ATTRIBUTES) {
            let attributes = asked_for(attributes, recorded);
            if !attributes.is_empty() {
                properties.insert(ATTRIBUTES.to_owned(), attributes.into());
            }
        }
        Ok(Some(Seen { properties, status: status.to_owned(), error: answer.error().cloned() }))
    }

    async fn change(change: &Change<'_>, place: Place) -> Result<(), Failure> {
        let mut settings = settings(change, &["Description"]);
        if change.has(CAPACITY) && !change.desired.contains_key(CAPACITY) {
            settings.insert(CAPACITY.to_owned(), json!({"Units": 1}));
        }
        let input: UpdateIndexInputBuilder = convert::input(&settings)?;
        let call = input.application_id(place.application).index_id(place.id);
        call.send_with(change.clients.q_business()).await.map(drop).map_err(failure)
    }

    async fn remove(clients: &Clients, place: Place) -> Result<(), Failure> {
        let call = clients.q_business().delete_index().application_id(place.application).index_id(place.id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(clients: &Clients, application: &str, page: Option<String>) -> Result<Page, Failure> {
        let call = clients.q_business().list_indices().application_id(application).set_next_token(page);
        let answer = call.send().await.map_err(failure)?;
        let ids = answer.indices.unwrap_or_default().into_iter().filter_map(|each| each.index_id);
        Ok((ids.collect(), answer.next_token))
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
