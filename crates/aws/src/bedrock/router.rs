//! `AWS::Bedrock::IntelligentPromptRouter`. Its identifier is its ARN. Nothing of it can be changed but its tags.

use super::models::{self, Strictness};
use super::tags;
use crate::adapter::ResourcePreflight;
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_bedrock::operation::create_prompt_router::builders::CreatePromptRouterInputBuilder;
use aws_sdk_bedrock::types::PromptRouterType;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, PreflightFinding, Properties,
    RecoverRequest, Recovered,
};

pub(super) struct Router;

#[async_trait]
impl Resource for Router {
    const TYPE: &'static [&'static str] = &["AWS::Bedrock::IntelligentPromptRouter"];

    async fn preflight(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        models::of_resource(clients, resource, Strictness::Lenient).await
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePromptRouterInputBuilder = convert::input(&request.properties)?;
        let name = input.get_prompt_router_name().clone().unwrap_or_default();
        let answer = input.client_request_token(&*request.token.0).send_with(clients.bedrock()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "prompt router", &name))?;
        let arn = answer.prompt_router_arn;
        arn.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the new prompt router has no ARN"))
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
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let call = clients.bedrock().get_prompt_router().prompt_router_arn(identifier);
        let Some(found) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&found);
        let Some(()) = if_found(tags::put(clients, identifier, &mut properties).await)? else { return Ok(None) };
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.bedrock().delete_prompt_router().prompt_router_arn(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.bedrock().list_prompt_routers().r#type(PromptRouterType::Custom);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let routers = answer.prompt_router_summaries.into_iter().flatten();
        Ok(ListResponse {
            identifiers: routers.map(|router| router.prompt_router_arn).collect(),
            next: answer.next_token,
        })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = convert::required(&request.properties, "PromptRouterName")?;
        let mut pages = clients.bedrock().list_prompt_routers().into_paginator().send();
        let mut named = Vec::new();
        while let Some(page) = pages.next().await {
            let routers = page.map_err(failure)?.prompt_router_summaries.into_iter().flatten();
            named.extend(
                routers.filter(|router| router.prompt_router_name == name).map(|router| router.prompt_router_arn),
            );
        }
        tags::recovered(clients, request, named).await
    }
}
