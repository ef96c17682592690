//! `AWS::IAM::Role`, with its inline policies and the managed policies attached to it.
//!
//! Other resources may add policies to a role: `AWS::IAM::RolePolicy`, `AWS::IAM::Policy`, `AWS::IAM::ManagedPolicy`. So once the
//! role's own lists are recorded, what is read of them is limited: inline policies to those that were recorded, attached ones
//! to all but the policies that Charter itself made. A policy of AWS or of a stranger that somebody attached shows as drift.

use super::{marks, names};
use crate::clients::Clients;
use crate::convert::{self, get};
use crate::documents::{decode, same, text};
use crate::errors::failure;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, explain_existing, gone_is_fine, if_found};
use crate::tags;
use async_trait::async_trait;
use aws_sdk_iam::operation::create_role::builders::CreateRoleInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What IAM takes for a role that says nothing of its sessions (IAM API Reference, "CreateRole"): an hour.
const DEFAULT_SESSION: i32 = 3600;

pub(super) struct Role;

#[async_trait]
impl Resource for Role {
    const TYPE: &'static [&'static str] = &["AWS::IAM::Role"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateRoleInputBuilder = convert::input(&request.properties)?;
        let name = input.get_role_name().clone().unwrap_or_default();
        let answer = input.send_with(clients.iam()).await.map_err(failure);
        answer.map_err(|failure| explain_existing(failure, "role", &name))?;
        Ok(name)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (iam, name, desired) = (change.clients.iam(), change.identifier, change.desired);
        // First of all, since it is the one that another resource's absence can make fail.
        if change.has("AssumeRolePolicyDocument") {
            let document = text(desired, "AssumeRolePolicyDocument")?;
            iam.update_assume_role_policy().role_name(name).policy_document(document).send().await.map_err(failure)?;
        }
        if change.has_any(&["Description", "MaxSessionDuration"]) {
            // What is not given is reset: the desired properties are complete.
            iam.update_role()
                .role_name(name)
                .description(get::<String>(desired, "Description")?.unwrap_or_default())
                .max_session_duration(get(desired, "MaxSessionDuration")?.unwrap_or(DEFAULT_SESSION))
                .send()
                .await
                .map_err(failure)?;
        }
        if change.has("PermissionsBoundary") {
            match get::<String>(desired, "PermissionsBoundary")? {
                Some(boundary) => {
                    let call = iam.put_role_permissions_boundary().role_name(name).permissions_boundary(boundary);
                    call.send().await.map_err(failure)?;
                }
                None => {
                    let call = iam.delete_role_permissions_boundary().role_name(name);
                    gone_is_fine(call.send().await.map_err(failure))?;
                }
            }
        }
        if change.has("Tags") {
            apply_tags(&change).await?;
        }
        if change.has("ManagedPolicyArns") {
            apply_attached(&change).await?;
        }
        if change.has("Policies") {
            apply_inline(&change).await?;
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let answer = clients.iam().get_role().role_name(identifier).send().await.map_err(failure);
        let Some(role) = if_found(answer)?.and_then(|answer| answer.role) else { return Ok(None) };
        let mut properties = convert::properties(&role);
        marks::put(&mut properties, role.tags());
        if let Some(document) = &role.assume_role_policy_document {
            properties.insert("AssumeRolePolicyDocument".to_owned(), decode(document));
        }
        // The role may go away between two calls.
        let Some(attached) = if_found(attached(clients, identifier, recorded).await)? else { return Ok(None) };
        if !attached.is_empty() {
            properties.insert("ManagedPolicyArns".to_owned(), attached.into_iter().collect());
        }
        let Some(inline) = if_found(inline(clients, identifier, recorded).await)? else { return Ok(None) };
        if !inline.is_empty() {
            let policies =
                inline.into_iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document}));
            properties.insert("Policies".to_owned(), policies.collect());
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (iam, name) = (clients.iam(), &request.identifier);
        let profiles = instance_profiles(clients, name).await?;
        if !profiles.is_empty() {
            let message = format!(
                "the role {name} is in the instance profile {}: remove it there first (aws iam \
                 remove-role-from-instance-profile), or delete the instance profile",
                profiles.join(", ")
            );
            return Err(Failure::new(FailureCode::ResourceConflict, message));
        }
        for arn in attached(clients, name, None).await? {
            gone_is_fine(iam.detach_role_policy().role_name(name).policy_arn(arn).send().await.map_err(failure))?;
        }
        for policy in inline_names(clients, name).await? {
            gone_is_fine(iam.delete_role_policy().role_name(name).policy_name(policy).send().await.map_err(failure))?;
        }
        iam.delete_role().role_name(name).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.iam().list_roles().set_marker(request.page.clone()).send().await.map_err(failure)?;
        let next = answer.marker.filter(|_| answer.is_truncated);
        // Roles of services are AWS's own: nobody can change or delete them.
        let own = answer.roles.into_iter().filter(|role| !role.path.starts_with("/aws-service-role/"));
        Ok(ListResponse { identifiers: own.map(|role| role.role_name).collect(), next })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = convert::required(&request.properties, "RoleName")?;
        let answer = if_found(clients.iam().get_role().role_name(&name).send().await.map_err(failure))?;
        let tags = answer.and_then(|answer| answer.role).map(|role| marks::from_list(role.tags()));
        Ok(marks::recovered(tags, name, request))
    }
}

async fn apply_tags(change: &Change<'_>) -> Result<(), Failure> {
    let (iam, tags) = (change.clients.iam(), marks::change(change));
    if !tags.set.is_empty() {
        let list = marks::to_list(&tags.set)?;
        iam.tag_role().role_name(change.identifier).set_tags(Some(list)).send().await.map_err(failure)?;
    }
    if !tags.remove.is_empty() {
        let call = iam.untag_role().role_name(change.identifier).set_tag_keys(Some(tags.remove));
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

async fn apply_attached(change: &Change<'_>) -> Result<(), Failure> {
    let (iam, name) = (change.clients.iam(), change.identifier);
    let (present, desired) = (names(change.observed, "ManagedPolicyArns"), names(change.desired, "ManagedPolicyArns"));
    // Detaching first makes room: a role takes ten managed policies at first.
    for arn in present.difference(&desired) {
        gone_is_fine(iam.detach_role_policy().role_name(name).policy_arn(arn).send().await.map_err(failure))?;
    }
    for arn in desired.difference(&present) {
        iam.attach_role_policy().role_name(name).policy_arn(arn).send().await.map_err(failure)?;
    }
    Ok(())
}

async fn apply_inline(change: &Change<'_>) -> Result<(), Failure> {
    let (iam, name) = (change.clients.iam(), change.identifier);
    let (present, desired) = (policies(change.observed)?, policies(change.desired)?);
    for policy in present.keys().filter(|policy| !desired.contains_key(*policy)) {
        gone_is_fine(iam.delete_role_policy().role_name(name).policy_name(policy).send().await.map_err(failure))?;
    }
    for (policy, document) in &desired {
        if present.get(policy).is_some_and(|present| same(present, document)) {
            continue;
        }
        let document: String = convert::FromJson::from_json(document).map_err(Failure::from)?;
        let call = iam.put_role_policy().role_name(name).policy_name(policy).policy_document(document);
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

/// The inline policies that properties list, by name.
fn policies(properties: &Properties) -> Result<BTreeMap<String, Value>, Failure> {
    let list: Vec<Properties> = get(properties, "Policies")?.unwrap_or_default();
    let pairs = list
        .iter()
        .map(|policy| Ok((convert::required(policy, "PolicyName")?, convert::required(policy, "PolicyDocument")?)));
    pairs.collect()
}

/// The managed policies attached to a role, without those that another resource of Charter attached.
async fn attached(clients: &Clients, role: &str, recorded: Option<&Properties>) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    let mut pages = clients.iam().list_attached_role_policies().role_name(role).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failure)?;
        found.extend(page.attached_policies.into_iter().flatten().filter_map(|policy| policy.policy_arn));
    }
    let Some(recorded) = recorded else { return Ok(found) };
    let own = names(recorded, "ManagedPolicyArns");
    let account = format!(":iam::{}:policy/", clients.account_id());
    let mut kept = BTreeSet::new();
    for arn in found {
        let is_other_resource =
            !own.contains(&arn) && arn.contains(&account) && is_made_by_charter(clients, &arn).await?;
        if !is_other_resource {
            kept.insert(arn);
        }
    }
    Ok(kept)
}

async fn is_made_by_charter(clients: &Clients, policy_arn: &str) -> Result<bool, Failure> {
    let answer = clients.iam().list_policy_tags().policy_arn(policy_arn).send().await.map_err(failure);
    let tags = if_found(answer)?.map(|answer| marks::from_list(&answer.tags)).unwrap_or_default();
    Ok(tags.contains_key(tags::ADDRESS))
}

/// The inline policies of a role, limited to those that were recorded.
async fn inline(
    clients: &Clients,
    role: &str,
    recorded: Option<&Properties>,
) -> Result<BTreeMap<String, Value>, Failure> {
    let own = recorded.map(policies).transpose()?;
    let mut found = BTreeMap::new();
    if own.as_ref().is_some_and(BTreeMap::is_empty) {
        return Ok(found);
    }
    for name in inline_names(clients, role).await? {
        if own.as_ref().is_none_or(|own| own.contains_key(&name)) {
            let call = clients.iam().get_role_policy().role_name(role).policy_name(&name);
            if let Some(answer) = if_found(call.send().await.map_err(failure))? {
                found.insert(name, decode(&answer.policy_document));
            }
        }
    }
    Ok(found)
}

async fn inline_names(clients: &Clients, role: &str) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut pages = clients.iam().list_role_policies().role_name(role).into_paginator().send();
    while let Some(page) = pages.next().await {
        found.extend(page.map_err(failure)?.policy_names);
    }
    Ok(found)
}

async fn instance_profiles(clients: &Clients, role: &str) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut pages = clients.iam().list_instance_profiles_for_role().role_name(role).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failure).map_err(|failure| match failure.code {
            FailureCode::NotFound => not_found("AWS::IAM::Role", role),
            _ => failure,
        })?;
        found.extend(page.instance_profiles.into_iter().map(|profile| profile.instance_profile_name));
    }
    Ok(found)
}
