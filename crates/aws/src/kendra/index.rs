//! `AWS::Kendra::Index`: takes half an hour to make. Capacity and metadata fields are not part of its creation; they follow by an
//! update once it is active, as CloudFormation does it.

use super::availability;
use super::lifecycle::{
    Candidate, Handle, Health, LOOKS, OWN, Stage, change_tags, complete, following, given_up, gone_if, health,
    index_arn, recovered_creation, tags_of,
};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on, reference_missing};
use crate::progress::{decode_handle, deleted, done, not_found};
use crate::recorded::top_level;
use async_trait::async_trait;
use aws_sdk_kendra::operation::create_index::builders::CreateIndexInputBuilder;
use aws_sdk_kendra::operation::describe_index::DescribeIndexOutput;
use aws_sdk_kendra::operation::update_index::builders::UpdateIndexInputBuilder;
use aws_sdk_kendra::types::{CapacityUnitsConfiguration, UserContextPolicy};
use charter_model::TypeName;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation,
    PreflightFinding, Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const TYPE: &str = "AWS::Kendra::Index";
/// "Creating an index can take about 30 minutes" (Developer Guide, "Creating an index").
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What UpdateIndex takes and CreateIndex does not.
const AFTERWARDS: &[&str] = &["CapacityUnits", METADATA];
const METADATA: &str = "DocumentMetadataConfigurations";

/// Serves indexes.
pub(crate) struct Indexes;

impl Indexes {
    async fn describe(&self, clients: &Clients, id: &str) -> Result<Option<DescribeIndexOutput>, Failure> {
        match clients.kendra().describe_index().id(id).send().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => match failure_on(error, OWN) {
                failure if failure.code == FailureCode::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    async fn properties(
        &self,
        clients: &Clients,
        index: &DescribeIndexOutput,
        recorded: Option<&Properties>,
    ) -> Result<Properties, Failure> {
        let mut properties = convert::properties(index);
        let arn = index_arn(clients, index.id().unwrap_or_default());
        if let Some(Value::Array(fields)) = properties.remove(METADATA) {
            let fields = asked_for(fields, recorded);
            if !fields.is_empty() {
                properties.insert(METADATA.to_owned(), Value::Array(fields));
            }
        }
        complete(&mut properties, &arn, tags_of(clients, &arn).await?);
        Ok(properties)
    }

    /// Changes settings: `names` of them, to what is desired or, where it is no longer, to what stands without asking.
    async fn modify(
        &self,
        clients: &Clients,
        id: &str,
        desired: &Properties,
        names: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let settings: Properties =
            names.iter().filter_map(|name| Some((name.clone(), desired.get(name)?.clone()))).collect();
        let mut input: UpdateIndexInputBuilder = convert::input(&settings)?;
        for name in names.iter().filter(|name| !desired.contains_key(*name)) {
            input = match name.as_str() {
                "Description" => input.description(""),
                "UserContextPolicy" => input.user_context_policy(UserContextPolicy::AttributeFilter),
                "UserTokenConfigurations" => input.set_user_token_configurations(Some(Vec::new())),
                "CapacityUnits" => {
                    let none = CapacityUnitsConfiguration::builder().storage_capacity_units(0).query_capacity_units(0);
                    input.capacity_units(
                        none.build().map_err(|error| Failure::new(FailureCode::InternalFailure, error.to_string()))?,
                    )
                }
                // A metadata field stays for the life of its index.
                _ => input,
            };
        }
        let call = input.id(id).send_with(clients.kendra());
        call.await.map(drop).map_err(|error| failure_on(error, OWN))
    }
}

/// Every index has a dozen fields of its own (`_document_title` …), and every field has settings that nobody asked for. Only
/// what was asked for is compared: those fields, and of them those settings. Without a record, all fields that users make.
fn asked_for(fields: Vec<Value>, recorded: Option<&Properties>) -> Vec<Value> {
    let recorded = recorded.and_then(|recorded| recorded.get(METADATA)).and_then(Value::as_array);
    let name = |field: &Value| field.get("Name").and_then(Value::as_str).map(str::to_owned);
    fields
        .into_iter()
        .filter_map(|field| {
            let own = name(&field)?;
            match recorded.and_then(|list| list.iter().find(|each| name(each).as_ref() == Some(&own))) {
                Some(asked) => Some(narrowed(field, asked)),
                None => (!own.starts_with('_')).then_some(field),
            }
        })
        .collect()
}

/// The members that are in `asked` too, at every depth of objects.
fn narrowed(field: Value, asked: &Value) -> Value {
    match (field, asked) {
        (Value::Object(members), Value::Object(asked)) => Value::Object(
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name.clone(), narrowed(value, asked.get(&name)?))))
                .collect(),
        ),
        (value, _) => value,
    }
}

#[async_trait]
impl Adapter for Indexes {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn preflight(&self, clients: &Clients, _types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        availability::preflight(clients).await
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let input: CreateIndexInputBuilder = convert::input(&request.properties)?;
        let answer = input.client_token(&*request.token.0).send_with(clients.kendra()).await;
        let id = answer.map_err(|error| reference_missing(failure(error)))?.id.unwrap_or_default();
        Handle::at(Stage::Creating).pending(&id, "creating", LONGEST_WAIT)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let Some(index) = self.describe(clients, &request.identifier).await? else { return Ok(Observed::Absent) };
        let properties = self.properties(clients, &index, request.recorded.as_ref()).await?;
        Ok(Observed::Present { properties })
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let id = &request.identifier;
        let mut names = top_level(&request.changed);
        if names.remove("Tags") {
            let changed = change_tags(clients, &index_arn(clients, id), &request.observed, &request.properties).await;
            if let Err(failure) = changed {
                return Err(gone_if(failure, self.describe(clients, id).await?, TYPE, id));
            }
        }
        if !names.is_empty() {
            self.modify(clients, id, &request.properties, &names).await?;
        }
        Handle::at(Stage::Settling).pending(id, "updating", LONGEST_WAIT)
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let id = &request.identifier;
        let handle = Handle::at(Stage::Deleting);
        match clients.kendra().delete_index().id(id).send().await.map_err(|error| failure_on(error, OWN)) {
            Ok(_) => handle.pending(id, "deleting", LONGEST_WAIT),
            // The deletion may be our own, of which no answer came.
            Err(failure) if failure.code == FailureCode::ResourceConflict => match self.describe(clients, id).await? {
                Some(index) if index.status().is_some_and(|status| status.as_str() == "DELETING") => {
                    handle.pending(id, "deleting", LONGEST_WAIT)
                }
                _ => Err(failure),
            },
            Err(failure) => Err(failure),
        }
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        handle.polls = handle.polls.saturating_add(1);
        let id = request.identifier.unwrap_or_default();
        let Some(index) = self.describe(clients, &id).await? else {
            return match handle.stage {
                Stage::Deleting => Ok(deleted(id)),
                Stage::Creating if handle.polls <= LOOKS => handle.pending(&id, "not visible yet", LONGEST_WAIT),
                _ => Err(not_found(TYPE, &id)),
            };
        };
        let status = index.status().map_or("unknown", |status| status.as_str()).to_owned();
        match (handle.stage, health(&status)) {
            (Stage::Deleting, Health::Failed) => Err(given_up(TYPE, &id, index.error_message())),
            (Stage::Deleting, _) | (_, Health::Waiting) => handle.pending(&id, &status, LONGEST_WAIT),
            (_, Health::Failed) => Err(given_up(TYPE, &id, index.error_message())),
            (Stage::Creating, Health::Ready) => {
                let names: BTreeSet<String> = AFTERWARDS
                    .iter()
                    .filter(|name| request.properties.contains_key(**name))
                    .map(|name| (*name).to_owned())
                    .collect();
                if names.is_empty() {
                    let properties = self.properties(clients, &index, Some(&request.properties)).await?;
                    return Ok(done(id, properties));
                }
                let settled = self.modify(clients, &id, &request.properties, &names).await;
                settled.map_err(|failure| match failure.code.is_retryable() {
                    true => failure,
                    false => failure.with_identifier(&id),
                })?;
                Handle::at(Stage::Settling).pending(&id, "updating", LONGEST_WAIT)
            }
            (Stage::Settling, Health::Ready) => {
                let properties = self.properties(clients, &index, Some(&request.properties)).await?;
                Ok(done(id, properties))
            }
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.kendra().list_indices().set_next_token(request.page).send().await.map_err(failure)?;
        let items = answer.index_configuration_summary_items.unwrap_or_default();
        let identifiers = items.into_iter().filter_map(|item| item.id).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        if let Some(id) = &request.identifier {
            let Some(index) = self.describe(clients, id).await? else { return Ok(Recovered::Absent) };
            let status = index.status().map_or("unknown", |status| status.as_str());
            return following(Stage::of(request.operation), id, status, LONGEST_WAIT);
        }
        if request.operation != Operation::Create {
            return Ok(Recovered::Absent);
        }
        let name: Option<String> = convert::get(&request.properties, "Name")?;
        let mut candidates = Vec::new();
        let mut pages = clients.kendra().list_indices().into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.map_err(failure)?.index_configuration_summary_items.unwrap_or_default() {
                if item.name == name
                    && let Some(identifier) = item.id
                {
                    let tags = tags_of(clients, &index_arn(clients, &identifier)).await?;
                    candidates.push(Candidate { identifier, tags, status: item.status.as_str().to_owned() });
                }
            }
        }
        recovered_creation(&request, candidates, LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_metadata_fields_that_were_asked_for_are_compared() {
        let fields = vec![
            json!({"Name": "_document_title", "Type": "STRING_VALUE", "Search": {"Facetable": false, "Searchable": true}}),
            json!({"Name": "_created_at", "Type": "DATE_VALUE"}),
            json!({"Name": "brand", "Type": "STRING_VALUE"}),
        ];
        let recorded = match json!({METADATA: [
            {"Name": "_document_title", "Type": "STRING_VALUE", "Search": {"Facetable": true}},
        ]}) {
            Value::Object(members) => members,
            _ => panic!("an object"),
        };
        assert_eq!(
            Value::Array(asked_for(fields.clone(), Some(&recorded))),
            json!([
                {"Name": "_document_title", "Type": "STRING_VALUE", "Search": {"Facetable": false}},
                {"Name": "brand", "Type": "STRING_VALUE"},
            ])
        );
        assert_eq!(Value::Array(asked_for(fields, None)), json!([{"Name": "brand", "Type": "STRING_VALUE"}]));
    }
}
