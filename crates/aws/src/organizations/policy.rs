//! `AWS::Organizations::Policy`: service control policies and the other types, with what they are attached to. Identified by
//! its id; its name is unique in its type.

use super::organization::root;
use super::tags;
use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::documents::{decode_plain, text};
use crate::errors::{failure, failure_on, service_code};
use crate::settle::{Change, Removed, Resource, explain_existing, gone_is_fine, if_found};
use crate::tags::{Owner, owner};
use async_trait::async_trait;
use aws_sdk_organizations::operation::create_policy::builders::CreatePolicyInputBuilder;
use aws_sdk_organizations::types::PolicyType;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use std::collections::BTreeSet;

pub(super) struct Policy;

/// What is missing of these is the policy itself; a missing target is something that a property refers to.
const OWN: &[&str] = &["PolicyNotFound"];

#[async_trait]
impl Resource for Policy {
    const TYPE: &'static [&'static str] = &["AWS::Organizations::Policy"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePolicyInputBuilder = convert::input(&request.properties)?;
        let name = input.get_name().clone().unwrap_or_default();
        // The API requires a description, the registry does not.
        let description = input.get_description().clone().unwrap_or_default();
        let input = input.content(text(&request.properties, "Content")?).description(description);
        let answer = input.send_with(clients.organizations()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "policy", &name))?;
        let id = answer.policy.and_then(|policy| policy.policy_summary).and_then(|summary| summary.id);
        id.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the new policy has no id"))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (organizations, id) = (change.clients.organizations(), change.identifier);
        if change.has_any(&["Content", "Description", "Name"]) {
            let description: Option<String> = get(change.desired, "Description")?;
            let call = organizations
                .update_policy()
                .policy_id(id)
                .name(required::<String>(change.desired, "Name")?)
                .description(description.unwrap_or_default())
                .content(text(change.desired, "Content")?);
            call.send().await.map_err(failure)?;
        }
        if change.has("TargetIds") {
            let desired: BTreeSet<String> =
                get::<Vec<String>>(change.desired, "TargetIds")?.into_iter().flatten().collect();
            // What it is really attached to: an earlier try may have got half-way.
            let present = targets(change.clients, id).await?.unwrap_or_default();
            for target in desired.difference(&present) {
                attach(&change, target).await?;
            }
            for target in present.difference(&desired) {
                let call = organizations.detach_policy().policy_id(id).target_id(target);
                gone_is_fine(call.send().await.map_err(failure))?;
            }
        }
        if change.has("Tags") {
            tags::change(change.clients, id, change.observed, change.desired).await?;
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let call = clients.organizations().describe_policy().policy_id(identifier);
        let Some(policy) = if_found(call.send().await.map_err(failure))?.and_then(|answer| answer.policy) else {
            return Ok(None);
        };
        let Some(summary) = &policy.policy_summary else { return Ok(None) };
        let mut properties = convert::properties(summary);
        // An empty description is none: the API requires one.
        properties.retain(|name, value| name != "Description" || value.as_str() != Some(""));
        if let Some(content) = &policy.content {
            properties.insert("Content".to_owned(), decode_plain(content));
        }
        let Some(targets) = targets(clients, identifier).await? else { return Ok(None) };
        if !targets.is_empty() {
            properties.insert("TargetIds".to_owned(), targets.into_iter().collect());
        }
        // What AWS manages has no tags.
        if !summary.aws_managed {
            tags::put(clients, identifier, &mut properties).await?;
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (organizations, id) = (clients.organizations(), &request.identifier);
        for target in targets(clients, id).await?.unwrap_or_default() {
            let call = organizations.detach_policy().policy_id(id).target_id(target);
            gone_is_fine(call.send().await.map_err(failure))?;
        }
        organizations.delete_policy().policy_id(id).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let kind: Option<String> = get(&request.filter, "Type")?;
        let kind = PolicyType::from(kind.as_deref().unwrap_or("SERVICE_CONTROL_POLICY"));
        let call = clients.organizations().list_policies().filter(kind).set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let own = answer.policies.into_iter().flatten().filter(|policy| !policy.aws_managed);
        Ok(ListResponse { identifiers: own.filter_map(|policy| policy.id).collect(), next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = required(&request.properties, "Name")?;
        let kind = PolicyType::from(&*required::<String>(&request.properties, "Type")?);
        let mut pages = clients.organizations().list_policies().filter(kind).into_paginator().send();
        while let Some(page) = pages.next().await {
            let policies = page.map_err(failure)?.policies.unwrap_or_default();
            let found = policies.into_iter().find(|policy| policy.name.as_deref() == Some(&*name));
            if let Some(identifier) = found.and_then(|policy| policy.id) {
                let is_ours = owner(&tags::of(clients, &identifier).await?, request) == Owner::Ours;
                // Another's means that our call never took effect: the service would have refused the name.
                return Ok(if is_ours { Recovered::Exists { identifier } } else { Recovered::Absent });
            }
        }
        Ok(Recovered::Absent)
    }
}

/// Attaches the policy to a root, unit or account. A root takes policies of a type only once that is enabled: it is, by the first
/// policy of the type. It stays so, since others may have attached theirs meanwhile.
async fn attach(change: &Change<'_>, target: &str) -> Result<(), Failure> {
    let call = change.clients.organizations().attach_policy().policy_id(change.identifier).target_id(target);
    let Err(error) = call.send().await else { return Ok(()) };
    if service_code(&error) != Some("PolicyTypeNotEnabledException") {
        return Err(failure_on(error, OWN));
    }
    let kind: String = required(change.desired, "Type")?;
    enable(change.clients, &kind).await?;
    // EnablePolicyType: "an asynchronous request that Amazon Web Services performs in the background". A conflict is tried again.
    let message = format!("the root of the organization is being enabled for policies of the type {kind}");
    Err(Failure::new(FailureCode::ResourceConflict, message))
}

/// Asks that the root takes policies of a type, unless somebody has asked already.
async fn enable(clients: &Clients, kind: &str) -> Result<(), Failure> {
    let root = root(clients).await?;
    let root = root.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the organization has no root"))?;
    let call = clients.organizations().enable_policy_type().root_id(root).policy_type(PolicyType::from(kind));
    match call.send().await {
        Ok(_) => Ok(()),
        Err(error) if service_code(&error) == Some("PolicyTypeAlreadyEnabledException") => Ok(()),
        Err(error) => Err(failure(error)),
    }
}

/// Ids of the roots, units and accounts that a policy is attached to; none if it is gone.
async fn targets(clients: &Clients, id: &str) -> Result<Option<BTreeSet<String>>, Failure> {
    let mut found = BTreeSet::new();
    let mut pages = clients.organizations().list_targets_for_policy().policy_id(id).into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = if_found(page.map_err(failure))? else { return Ok(None) };
        found.extend(page.targets.into_iter().flatten().filter_map(|target| target.target_id));
    }
    Ok(Some(found))
}
