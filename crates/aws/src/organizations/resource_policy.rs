//! `AWS::Organizations::ResourcePolicy`: the one policy by which the management account delegates administration. Its
//! identifier is its id.

use super::tags;
use crate::clients::Clients;
use crate::convert;
use crate::documents::{decode_plain, text};
use crate::errors::failure;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, if_found};
use crate::tags::{Owner, owner};
use async_trait::async_trait;
use aws_sdk_organizations::operation::put_resource_policy::builders::PutResourcePolicyInputBuilder;
use aws_sdk_organizations::types;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct ResourcePolicy;

/// The policy, with its id; none if there is none.
async fn present(clients: &Clients) -> Result<Option<(String, types::ResourcePolicy)>, Failure> {
    let answer = if_found(clients.organizations().describe_resource_policy().send().await.map_err(failure))?;
    Ok(answer.and_then(|answer| answer.resource_policy).and_then(|policy| {
        let id = policy.resource_policy_summary.as_ref()?.id.clone()?;
        Some((id, policy))
    }))
}

#[async_trait]
impl Resource for ResourcePolicy {
    const TYPE: &'static [&'static str] = &["AWS::Organizations::ResourcePolicy"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        // The call would replace a policy that is there.
        if let Some((id, _)) = present(clients).await? {
            let message =
                format!("the organization has the resource policy {id} already: adopt it with `import: {id}`");
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        let input: PutResourcePolicyInputBuilder = convert::input(&request.properties)?;
        let call = input.content(text(&request.properties, "Content")?).send_with(clients.organizations());
        let summary = call.await.map_err(failure)?.resource_policy.and_then(|policy| policy.resource_policy_summary);
        let id = summary.and_then(|summary| summary.id);
        id.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the new resource policy has no id"))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        // The call makes a policy where there is none: a change must not bring back what somebody deleted.
        if present(change.clients).await?.is_none_or(|(id, _)| id != change.identifier) {
            return Err(not_found(Self::TYPE.first().copied().unwrap_or_default(), change.identifier));
        }
        if change.has("Content") {
            let content = text(change.desired, "Content")?;
            let call = change.clients.organizations().put_resource_policy().content(content);
            call.send().await.map_err(failure)?;
        }
        if change.has("Tags") {
            tags::change(change.clients, change.identifier, change.observed, change.desired).await?;
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some((_, policy)) = present(clients).await?.filter(|(id, _)| id == identifier) else { return Ok(None) };
        let Some(summary) = &policy.resource_policy_summary else { return Ok(None) };
        let mut properties = convert::properties(summary);
        if let Some(content) = &policy.content {
            properties.insert("Content".to_owned(), decode_plain(content));
        }
        tags::put(clients, identifier, &mut properties).await?;
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        match present(clients).await? {
            Some((id, _)) if id == request.identifier => {
                clients.organizations().delete_resource_policy().send().await.map_err(failure)?;
                Ok(Removed::Whole)
            }
            _ => Err(not_found(request.type_name.as_str(), &request.identifier)),
        }
    }

    async fn list(&self, clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        let identifiers = present(clients).await?.map(|(id, _)| id).into_iter().collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let Some((identifier, _)) = present(clients).await? else { return Ok(Recovered::Absent) };
        let is_ours = owner(&tags::of(clients, &identifier).await?, request) == Owner::Ours;
        Ok(if is_ours { Recovered::Exists { identifier } } else { Recovered::Absent })
    }
}
