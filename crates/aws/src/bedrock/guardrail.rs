//! `AWS::Bedrock::Guardrail`: its working draft. Its identifier is its ARN. It is made and changed in the background.

use super::tags;
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::{Entity, Found, Health};
use crate::settle::{Change, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_bedrock::operation::create_guardrail::builders::CreateGuardrailInputBuilder;
use aws_sdk_bedrock::operation::get_guardrail::GetGuardrailOutput;
use aws_sdk_bedrock::operation::update_guardrail::builders::UpdateGuardrailInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};

/// Serves guardrails.
pub(super) struct Guardrails;

async fn describe(clients: &Clients, arn: &str) -> Result<Option<GetGuardrailOutput>, Failure> {
    if_found(clients.bedrock().get_guardrail().guardrail_identifier(arn).send().await.map_err(failure))
}

async fn properties(clients: &Clients, found: &GetGuardrailOutput) -> Result<Properties, Failure> {
    let mut properties = convert::properties(found);
    // A guardrail that is well has no reasons: that is what is told, too.
    for name in ["FailureRecommendations", "StatusReasons"] {
        properties.entry(name).or_insert_with(|| serde_json::json!([]));
    }
    tags::put(clients, &found.guardrail_arn, &mut properties).await?;
    Ok(properties)
}

fn health(found: &GetGuardrailOutput) -> Health {
    match found.status().as_str() {
        "READY" => Health::Ready,
        "FAILED" => {
            let reasons = found.status_reasons().iter().chain(found.failure_recommendations());
            let reasons: Vec<&str> = reasons.map(String::as_str).collect();
            Health::Failed(Some(reasons.join(" ")))
        }
        _ => Health::Waiting,
    }
}

#[async_trait]
impl Entity for Guardrails {
    const TYPE: &'static [&'static str] = &["AWS::Bedrock::Guardrail"];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateGuardrailInputBuilder = convert::input(&request.properties)?;
        let name = input.get_name().clone().unwrap_or_default();
        let answer = input.client_request_token(&*request.token.0).send_with(clients.bedrock()).await.map_err(failure);
        Ok(answer.map_err(|failure| explain_existing(failure, "guardrail", &name))?.guardrail_arn)
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let Some(found) = describe(clients, identifier).await? else { return Ok(None) };
        // Gone between the two calls.
        let Some(properties) = if_found(properties(clients, &found).await)? else { return Ok(None) };
        Ok(Some(Found { properties, status: found.status().as_str().to_owned(), health: health(&found) }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let Change { clients, identifier, observed, desired, changed, .. } = change;
        if change.has("Tags") {
            tags::change_tags(clients, identifier, observed, desired).await?;
        }
        if changed.iter().any(|name| name != "Tags") {
            // What is left out is taken away: the call replaces the draft.
            let input: UpdateGuardrailInputBuilder = convert::input(desired)?;
            input.guardrail_identifier(identifier).send_with(clients.bedrock()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let call = clients.bedrock().delete_guardrail().guardrail_identifier(&request.identifier);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.bedrock().list_guardrails().set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let identifiers = answer.guardrails.into_iter().map(|guardrail| guardrail.arn).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let name: String = convert::required(&request.properties, "Name")?;
        let mut pages = clients.bedrock().list_guardrails().into_paginator().send();
        let mut named = Vec::new();
        while let Some(page) = pages.next().await {
            let guardrails = page.map_err(failure)?.guardrails;
            let same = guardrails.into_iter().filter(|guardrail| guardrail.name == name);
            named.extend(same.map(|guardrail| guardrail.arn));
        }
        tags::ours(clients, request, named).await.map(Some)
    }
}
