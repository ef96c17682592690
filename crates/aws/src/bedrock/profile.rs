//! `AWS::Bedrock::ApplicationInferenceProfile`. Its identifier is its ARN.
//!
//! What it was copied from is not told, but the models that it comes to are: one model is the source itself, several are those of
//! one system profile. So a change of the source is seen, and an import that is identical changes nothing. Nothing of a profile can
//! be changed but its tags; what replaces it has another ARN, which every caller has to learn.

use super::models::{self, Strictness};
use super::tags;
use crate::adapter::ResourcePreflight;
use crate::clients::Clients;
use crate::convert::{self, get_at};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_bedrock::operation::create_inference_profile::builders::CreateInferenceProfileInputBuilder;
use aws_sdk_bedrock::types::{InferenceProfileModel, InferenceProfileType};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, PreflightFinding, Properties, RecoverRequest,
    Recovered,
};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) struct Profile;

fn arns(models: &[InferenceProfileModel]) -> BTreeSet<&str> {
    models.iter().filter_map(InferenceProfileModel::model_arn).collect()
}

/// What a profile was copied from. `recorded` is believed if it comes to the same models.
async fn source(clients: &Clients, models: &BTreeSet<&str>, recorded: Option<&str>) -> Result<Option<String>, Failure> {
    if let Some(recorded) = recorded {
        let same = match recorded.contains(":inference-profile/") {
            false => models.iter().eq([&recorded]),
            true => {
                let call = clients.bedrock().get_inference_profile().inference_profile_identifier(recorded);
                let found = if_found(call.send().await.map_err(failure))?;
                found.is_some_and(|found| arns(&found.models) == *models)
            }
        };
        if same {
            return Ok(Some(recorded.to_owned()));
        }
    }
    let own = format!(":bedrock:{}:", clients.region());
    if let Some(model) = models.first().filter(|model| models.len() == 1 && model.contains(&own)) {
        return Ok(Some((*model).to_owned()));
    }
    let call = clients.bedrock().list_inference_profiles().type_equals(InferenceProfileType::SystemDefined);
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        let profiles = page.map_err(failure)?.inference_profile_summaries.unwrap_or_default();
        if let Some(found) = profiles.into_iter().find(|profile| arns(&profile.models) == *models) {
            return Ok(Some(found.inference_profile_arn));
        }
    }
    Ok(None)
}

#[async_trait]
impl Resource for Profile {
    const TYPE: &'static [&'static str] = &["AWS::Bedrock::ApplicationInferenceProfile"];

    async fn preflight(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        let mut findings = models::of_resource(clients, resource, Strictness::Lenient).await?;
        if resource.replaces {
            findings.push(PreflightFinding {
                blocks: false,
                message: format!(
                    "{} gets a new ARN and id: whoever calls it by the old one fails from then on. Hand the new one out \
                     before the old one is deleted",
                    resource.address
                ),
            });
        }
        Ok(findings)
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateInferenceProfileInputBuilder = convert::input(&request.properties)?;
        let name = input.get_inference_profile_name().clone().unwrap_or_default();
        let input = input.client_request_token(&*request.token.0);
        let answer = input.send_with(clients.bedrock()).await.map_err(failure);
        Ok(answer.map_err(|failure| explain_existing(failure, "inference profile", &name))?.inference_profile_arn)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        if change.has("Tags") {
            tags::change_tags(change.clients, change.identifier, change.observed, change.desired).await?;
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let call = clients.bedrock().get_inference_profile().inference_profile_identifier(identifier);
        let Some(found) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&found);
        let arn = found.inference_profile_arn.as_str();
        properties.insert("InferenceProfileIdentifier".to_owned(), arn.into());
        let recorded: Option<String> =
            recorded.map(|recorded| get_at(recorded, &["ModelSource", "CopyFrom"])).transpose()?.flatten();
        if let Some(source) = source(clients, &arns(&found.models), recorded.as_deref()).await? {
            properties.insert("ModelSource".to_owned(), json!({"CopyFrom": source}));
        }
        let Some(()) = if_found(tags::put(clients, arn, &mut properties).await)? else { return Ok(None) };
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.bedrock().delete_inference_profile().inference_profile_identifier(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.bedrock().list_inference_profiles().type_equals(InferenceProfileType::Application);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let profiles = answer.inference_profile_summaries.into_iter().flatten();
        let identifiers = profiles.map(|profile| profile.inference_profile_arn).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = convert::required(&request.properties, "InferenceProfileName")?;
        let call = clients.bedrock().list_inference_profiles().type_equals(InferenceProfileType::Application);
        let mut pages = call.into_paginator().send();
        let mut named = Vec::new();
        while let Some(page) = pages.next().await {
            let profiles = page.map_err(failure)?.inference_profile_summaries.into_iter().flatten();
            let same = profiles.filter(|profile| profile.inference_profile_name == name);
            named.extend(same.map(|profile| profile.inference_profile_arn));
        }
        tags::recovered(clients, request, named).await
    }
}
