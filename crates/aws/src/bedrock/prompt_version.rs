//! `AWS::Bedrock::PromptVersion`: a copy of a prompt's draft that never changes. Its identifier is its ARN, which ends in its
//! number.

use super::prompt::{tags_of, tags_property};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, if_found};
use crate::tags::{Owner, owner};
use async_trait::async_trait;
use aws_sdk_bedrockagent::operation::create_prompt_version::builders::CreatePromptVersionInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct PromptVersion;

/// The prompt's ARN and the version's number.
fn parts(identifier: &str) -> Result<(&str, &str), Failure> {
    identifier.rsplit_once(':').filter(|(prompt, _)| prompt.contains(":prompt/")).ok_or_else(|| {
        let message = format!("{identifier} is not the ARN of a prompt's version: it ends in :NUMBER");
        Failure::new(FailureCode::InvalidRequest, message)
    })
}

#[async_trait]
impl Resource for PromptVersion {
    const TYPE: &'static [&'static str] = &["AWS::Bedrock::PromptVersion"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePromptVersionInputBuilder = convert::input(&request.properties)?;
        let call = input.client_token(&*request.token.0).send_with(clients.bedrock_agent());
        Ok(call.await.map_err(failure)?.arn)
    }

    async fn apply(&self, _change: Change<'_>) -> Result<(), Failure> {
        // Every property is create-only.
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let (prompt, version) = parts(identifier)?;
        let call = clients.bedrock_agent().get_prompt().prompt_identifier(prompt).prompt_version(version);
        let Some(found) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&found);
        // The id of the prompt goes by another name here.
        properties.remove("Id");
        properties.insert("PromptArn".to_owned(), prompt.into());
        // It is gone when it can no longer be read itself: its tags may be gone before that is so.
        let tags = if_found(tags_of(clients, identifier).await)?.unwrap_or_default();
        properties.extend(tags_property(tags).map(|tags| ("Tags".to_owned(), tags)));
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (prompt, version) = parts(&request.identifier)?;
        let call = clients.bedrock_agent().delete_prompt().prompt_identifier(prompt).prompt_version(version);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let prompt: String = convert::required(&request.filter, "PromptArn")?;
        let call = clients.bedrock_agent().list_prompts().prompt_identifier(prompt);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let versions = answer.prompt_summaries.into_iter().filter(|each| each.version != "DRAFT");
        Ok(ListResponse { identifiers: versions.map(|each| each.arn).collect(), next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let prompt: String = convert::required(&request.properties, "PromptArn")?;
        let mut pages = clients.bedrock_agent().list_prompts().prompt_identifier(prompt).into_paginator().send();
        while let Some(page) = pages.next().await {
            // With its prompt everything of it is gone.
            let Some(page) = if_found(page.map_err(failure))? else { return Ok(Recovered::Absent) };
            for version in page.prompt_summaries.into_iter().filter(|each| each.version != "DRAFT") {
                let tags = if_found(tags_of(clients, &version.arn).await)?;
                if tags.is_some_and(|tags| owner(&tags, request) == Owner::Ours) {
                    return Ok(Recovered::Exists { identifier: version.arn });
                }
            }
        }
        // The same token makes the same version.
        Ok(Recovered::Repeat)
    }
}
