//! `AWS::Bedrock::Prompt`: its working draft. Its identifier is its ARN.

use super::models::{self, Strictness};
use crate::adapter::ResourcePreflight;
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use crate::tags::{self, Owner, TagChange, Tags, owner};
use async_trait::async_trait;
use aws_sdk_bedrockagent::operation::create_prompt::builders::CreatePromptInputBuilder;
use aws_sdk_bedrockagent::operation::update_prompt::builders::UpdatePromptInputBuilder;
use charter_model::{Pointer, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, PreflightFinding, Properties,
    RecoverRequest, Recovered,
};

pub(super) struct Prompt;

/// The tags of a prompt or of a version of one.
pub(super) async fn tags_of(clients: &Clients, arn: &str) -> Result<Tags, Failure> {
    let answer = clients.bedrock_agent().list_tags_for_resource().resource_arn(arn).send().await.map_err(failure)?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

/// Tags as the property has them, an object by key, without AWS's own.
pub(super) fn tags_property(tags: Tags) -> Option<serde_json::Value> {
    let tags: Tags = tags.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect();
    (!tags.is_empty()).then(|| tags.into_iter().map(|(key, value)| (key, value.into())).collect::<Properties>().into())
}

fn tags_in(properties: &Properties) -> Result<Tags, Failure> {
    let tags: Option<std::collections::HashMap<String, String>> = convert::get(properties, "Tags")?;
    Ok(tags.into_iter().flatten().collect())
}

#[async_trait]
impl Resource for Prompt {
    const TYPE: &'static [&'static str] = &["AWS::Bedrock::Prompt"];

    fn check(&self, desired: &Value) -> CheckResponse {
        let Some(Value::List(variants)) = desired.get("Variants") else { return CheckResponse::default() };
        let from_bucket =
            |variant: &Value| variant.get("TemplateConfiguration")?.get("Text")?.get("TextS3Location").map(drop);
        let failures =
            variants.iter().enumerate().filter(|(_, variant)| from_bucket(variant).is_some()).map(|(index, _)| {
                let place = Pointer::root().key("Variants").index(index).key("TemplateConfiguration").key("Text");
                let message =
                    "CloudFormation reads a text from a bucket, Bedrock's own API does not: write `Text`".to_owned();
                (place.key("TextS3Location"), message)
            });
        CheckResponse { failures: failures.collect() }
    }

    async fn preflight(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        models::of_resource(clients, resource, Strictness::Lenient).await
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePromptInputBuilder = convert::input(&request.properties)?;
        let name = input.get_name().clone().unwrap_or_default();
        let answer = input.client_token(&*request.token.0).send_with(clients.bedrock_agent()).await.map_err(failure);
        Ok(answer.map_err(|failure| explain_existing(failure, "prompt", &name))?.arn)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let client = change.clients.bedrock_agent();
        if change.has_any(&["Name", "Description", "CustomerEncryptionKeyArn", "DefaultVariant", "Variants"]) {
            // What is left out is taken away: the call replaces the draft.
            let input: UpdatePromptInputBuilder = convert::input(change.desired)?;
            input.prompt_identifier(change.identifier).send_with(client).await.map_err(failure)?;
        }
        if change.has("Tags") {
            let difference = TagChange::between(&tags_in(change.observed)?, &tags_in(change.desired)?);
            if !difference.set.is_empty() {
                let set = difference.set.into_iter().collect();
                let call = client.tag_resource().resource_arn(change.identifier).set_tags(Some(set));
                call.send().await.map_err(failure)?;
            }
            if !difference.remove.is_empty() {
                let call = client.untag_resource().resource_arn(change.identifier);
                call.set_tag_keys(Some(difference.remove)).send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let call = clients.bedrock_agent().get_prompt().prompt_identifier(identifier);
        let Some(found) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&found);
        let Some(tags) = if_found(tags_of(clients, identifier).await)? else { return Ok(None) };
        properties.extend(tags_property(tags).map(|tags| ("Tags".to_owned(), tags)));
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.bedrock_agent().delete_prompt().prompt_identifier(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.bedrock_agent().list_prompts().set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let identifiers = answer.prompt_summaries.into_iter().map(|prompt| prompt.arn).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = convert::required(&request.properties, "Name")?;
        let mut pages = clients.bedrock_agent().list_prompts().into_paginator().send();
        while let Some(page) = pages.next().await {
            let prompts = page.map_err(failure)?.prompt_summaries;
            for prompt in prompts.into_iter().filter(|prompt| prompt.name == name) {
                let tags: Option<tags::Tags> = if_found(tags_of(clients, &prompt.arn).await)?;
                if tags.is_some_and(|tags| owner(&tags, request) == Owner::Ours) {
                    return Ok(Recovered::Exists { identifier: prompt.arn });
                }
            }
        }
        Ok(Recovered::Repeat)
    }
}
