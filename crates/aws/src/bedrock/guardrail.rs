//! `AWS::Bedrock::Guardrail`: its working draft. Its identifier is its ARN. It is made and changed in the background.

use super::tags;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use crate::recorded::top_level;
use crate::settle::{explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_bedrock::operation::create_guardrail::builders::CreateGuardrailInputBuilder;
use aws_sdk_bedrock::operation::get_guardrail::GetGuardrailOutput;
use aws_sdk_bedrock::operation::update_guardrail::builders::UpdateGuardrailInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const TYPE: &str = "AWS::Bedrock::Guardrail";
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How many looks one may be invisible that was just made.
const LOOKS: u32 = 10;

/// Serves guardrails.
pub(super) struct Guardrails;

/// What the journal keeps.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    polls: u32,
}

fn follow(polls: u32, identifier: &str, status: &str) -> Step {
    let wait = wait_after(polls, LONGEST_WAIT);
    pending(&Handle { polls }, Some(identifier.to_owned()), wait, status.to_lowercase())
}

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

#[async_trait]
impl Adapter for Guardrails {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let input: CreateGuardrailInputBuilder = convert::input(&request.properties)?;
        let name = input.get_name().clone().unwrap_or_default();
        let answer = input.client_request_token(&*request.token.0).send_with(clients.bedrock()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "guardrail", &name))?;
        follow(0, &answer.guardrail_arn, "creating")
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let Some(found) = describe(clients, &request.identifier).await? else { return Ok(Observed::Absent) };
        let properties = if_found(properties(clients, &found).await)?;
        Ok(properties.map_or(Observed::Absent, |properties| Observed::Present { properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (arn, desired) = (&request.identifier, &request.properties);
        let mut names = top_level(&request.changed);
        if names.remove("Tags") {
            tags::change(clients, arn, &request.observed, desired).await?;
        }
        if !names.is_empty() {
            // What is left out is taken away: the call replaces the draft.
            let input: UpdateGuardrailInputBuilder = convert::input(desired)?;
            input.guardrail_identifier(arn).send_with(clients.bedrock()).await.map_err(failure)?;
        }
        follow(0, arn, "updating")
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let call = clients.bedrock().delete_guardrail().guardrail_identifier(&request.identifier);
        call.send().await.map_err(failure)?;
        follow(0, &request.identifier, "deleting")
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let identifier = request.identifier.unwrap_or_default();
        let polls = decode_handle::<Handle>(&request.handle)?.polls.saturating_add(1);
        let found = describe(clients, &identifier).await?;
        match (request.operation, found) {
            (Operation::Delete, None) => Ok(deleted(identifier)),
            (Operation::Create, None) if polls <= LOOKS => follow(polls, &identifier, "not visible yet"),
            (_, None) => Err(not_found(TYPE, &identifier)),
            (operation, Some(found)) => match found.status().as_str() {
                "READY" if operation != Operation::Delete => {
                    let properties = properties(clients, &found).await?;
                    Ok(done(identifier, properties))
                }
                "FAILED" => {
                    let reasons = found.status_reasons().iter().chain(found.failure_recommendations());
                    let reasons: Vec<&str> = reasons.map(String::as_str).collect();
                    let message = format!("Bedrock gave up on the guardrail {identifier}: {}", reasons.join(" "));
                    Err(Failure::new(FailureCode::NotStabilized, message).with_identifier(&identifier))
                }
                status => follow(polls, &identifier, status),
            },
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.bedrock().list_guardrails().set_next_token(request.page).send().await.map_err(failure)?;
        let identifiers = answer.guardrails.into_iter().map(|guardrail| guardrail.arn).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        if let Some(identifier) = request.identifier {
            return Ok(match describe(clients, &identifier).await? {
                None => Recovered::Absent,
                Some(_) => Recovered::Exists { identifier },
            });
        }
        if request.operation != Operation::Create {
            return Ok(Recovered::Absent);
        }
        let name: String = convert::required(&request.properties, "Name")?;
        let mut pages = clients.bedrock().list_guardrails().into_paginator().send();
        let mut named = Vec::new();
        while let Some(page) = pages.next().await {
            let guardrails = page.map_err(failure)?.guardrails;
            let same = guardrails.into_iter().filter(|guardrail| guardrail.name == name);
            named.extend(same.map(|guardrail| guardrail.arn));
        }
        tags::recovered(clients, &request, named).await
    }
}
