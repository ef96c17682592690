//! `AWS::Bedrock::GuardrailVersion`: a copy of a guardrail's draft that never changes. Identified by the guardrail's id and its
//! number.

use crate::clients::Clients;
use crate::convert::{self, get};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, if_found};
use async_trait::async_trait;
use aws_sdk_bedrock::operation::create_guardrail_version::builders::CreateGuardrailVersionInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct GuardrailVersion;

fn parts(identifier: &str) -> Result<(&str, &str), Failure> {
    identifier.split_once('|').ok_or_else(|| {
        let message = format!("{identifier} is not an identifier of a guardrail's version: write GuardrailId|Version");
        Failure::new(FailureCode::InvalidRequest, message)
    })
}

#[async_trait]
impl Resource for GuardrailVersion {
    const TYPE: &'static [&'static str] = &["AWS::Bedrock::GuardrailVersion"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateGuardrailVersionInputBuilder = convert::input(&request.properties)?;
        let answer =
            input.client_request_token(&*request.token.0).send_with(clients.bedrock()).await.map_err(failure)?;
        Ok(format!("{}|{}", answer.guardrail_id, answer.version))
    }

    async fn apply(&self, _change: Change<'_>) -> Result<(), Failure> {
        // Every property is create-only.
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let (id, version) = parts(identifier)?;
        let call = clients.bedrock().get_guardrail().guardrail_identifier(id).guardrail_version(version);
        let Some(found) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&found);
        properties.retain(|name, _| ["Description", "GuardrailArn", "GuardrailId", "Version"].contains(&name.as_str()));
        // As it was given: by the id or by the ARN.
        let given: Option<String> =
            recorded.map(|recorded| get(recorded, "GuardrailIdentifier")).transpose()?.flatten();
        let by_id = given.is_some_and(|given| given == found.guardrail_id);
        let shown = if by_id { found.guardrail_id } else { found.guardrail_arn };
        properties.insert("GuardrailIdentifier".to_owned(), shown.into());
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (id, version) = parts(&request.identifier)?;
        let call = clients.bedrock().delete_guardrail().guardrail_identifier(id).guardrail_version(version);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let guardrail: String = convert::required(&request.filter, "GuardrailIdentifier")?;
        let call = clients.bedrock().list_guardrails().guardrail_identifier(guardrail);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let versions = answer.guardrails.into_iter().filter(|each| each.version != "DRAFT");
        let identifiers = versions.map(|each| format!("{}|{}", each.id, each.version)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, _clients: &Clients, _request: &RecoverRequest) -> Result<Recovered, Failure> {
        // It has no tags and no name: the token alone tells.
        Ok(Recovered::Repeat)
    }
}
