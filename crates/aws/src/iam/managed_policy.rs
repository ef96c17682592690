//! `AWS::IAM::ManagedPolicy`, with its versions and what it is attached to. Its identifier is its ARN.
//!
//! The registry knows no tags of it, IAM does: it is marked all the same, so that a lost creation can be told from a stranger's
//! policy. Others may attach it too, so what is read of `Roles`, `Users` and `Groups` is limited to what was recorded.
//!
//! A policy is deleted only once nothing holds it. Where it goes before its successor comes (both have one name), the roles and
//! users of the stacks that hold it are changed after it only, since they wait for the successor: so it lets go of those itself,
//! and the change that follows attaches the new one. Whatever carries no mark of this environment is left alone, and named.

use super::attachments::{self, Kind, Principal, principals};
use super::marks;
use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::documents::{decode, text};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, gone_is_fine, if_found};
use async_trait::async_trait;
use aws_sdk_iam::operation::create_policy::builders::CreatePolicyInputBuilder;
use aws_sdk_iam::types::{PolicyScopeType, PolicyVersion};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use std::collections::BTreeSet;

/// IAM User Guide, "IAM and AWS STS quotas": versions that a policy may have.
const VERSIONS: usize = 5;

pub(super) struct ManagedPolicy;

#[async_trait]
impl Resource for ManagedPolicy {
    const TYPE: &'static [&'static str] = &["AWS::IAM::ManagedPolicy"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePolicyInputBuilder = convert::input(&request.properties)?;
        let name = input.get_policy_name().clone().unwrap_or_default();
        let marks = marks::to_list(&marks::of(clients, &request.address))?;
        let answer = input.set_tags(Some(marks)).send_with(clients.iam()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "policy", &name))?;
        let arn = answer.policy.and_then(|policy| policy.arn);
        arn.map_or_else(|| arn_of(clients, &request.properties), Ok)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (iam, arn) = (change.clients.iam(), change.identifier);
        if change.has("PolicyDocument") {
            make_room(change.clients, arn).await?;
            let document = text(change.desired, "PolicyDocument")?;
            let call = iam.create_policy_version().policy_arn(arn).policy_document(document).set_as_default(true);
            call.send().await.map_err(failure)?;
        }
        if change.has_any(&["Groups", "Roles", "Users"]) {
            let (present, desired) = (principals(change.observed), principals(change.desired));
            for target in present.difference(&desired) {
                gone_is_fine(target.detach(change.clients, arn).await)?;
            }
            for target in desired.difference(&present) {
                target.attach(change.clients, arn).await?;
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let iam = clients.iam();
        let answer = if_found(iam.get_policy().policy_arn(identifier).send().await.map_err(failure))?;
        let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
        let mut properties = convert::properties(&policy);
        if let Some(version) = &policy.default_version_id {
            let call = iam.get_policy_version().policy_arn(identifier).version_id(version);
            let version = if_found(call.send().await.map_err(failure))?.and_then(|answer| answer.policy_version);
            // Gone between the two calls, or not known yet: the next look will tell.
            let Some(document) = version.and_then(|version| version.document) else { return Ok(None) };
            properties.insert("PolicyDocument".to_owned(), decode(&document));
        }
        let own = recorded.map(principals);
        if own.as_ref().is_none_or(|own| !own.is_empty()) {
            let found = attached_to(clients, identifier).await?;
            let kept = found.into_iter().filter(|each| own.as_ref().is_none_or(|own| own.contains(each)));
            attachments::put(&mut properties, &kept.collect());
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (iam, arn) = (clients.iam(), &request.identifier);
        let own = principals(&request.recorded);
        let (ours, others): (Vec<_>, Vec<_>) =
            attached_to(clients, arn).await?.into_iter().partition(|target| own.contains(target));
        let mut letting_go = ours;
        let mut strangers = Vec::new();
        for target in others {
            let known = target.is_of_environment(clients).await?;
            if known { &mut letting_go } else { &mut strangers }.push(target);
        }
        let others = strangers;
        for target in letting_go.into_iter().filter(|_| others.is_empty()) {
            gone_is_fine(target.detach(clients, arn).await)?;
        }
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(ToString::to_string).collect();
            let message = format!("the policy {arn} is still attached to {}: detach it there first", names.join(", "));
            return Err(Failure::new(FailureCode::ResourceConflict, message));
        }
        for version in versions(clients, arn).await?.into_iter().filter(|version| !version.is_default_version) {
            gone_is_fine(delete_version(clients, arn, &version).await)?;
        }
        iam.delete_policy().policy_arn(arn).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.iam().list_policies().scope(PolicyScopeType::Local).set_marker(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let next = answer.marker.filter(|_| answer.is_truncated);
        let identifiers = answer.policies.into_iter().flatten().filter_map(|policy| policy.arn).collect();
        Ok(ListResponse { identifiers, next })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let arn = arn_of(clients, &request.properties)?;
        let answer = if_found(clients.iam().list_policy_tags().policy_arn(&arn).send().await.map_err(failure))?;
        Ok(marks::recovered(answer.map(|answer| marks::from_list(&answer.tags)), arn, request))
    }
}

fn arn_of(clients: &Clients, properties: &Properties) -> Result<String, Failure> {
    let name: String = required(properties, "ManagedPolicyName")?;
    let path: String = get(properties, "Path")?.unwrap_or_else(|| "/".to_owned());
    Ok(format!("arn:{}:iam::{}:policy{path}{name}", clients.partition(), clients.account_id()))
}

async fn attached_to(clients: &Clients, arn: &str) -> Result<BTreeSet<Principal>, Failure> {
    let mut found = BTreeSet::new();
    let mut pages = clients.iam().list_entities_for_policy().policy_arn(arn).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failure)?;
        let groups = page.policy_groups.into_iter().flatten().filter_map(|group| group.group_name);
        let roles = page.policy_roles.into_iter().flatten().filter_map(|role| role.role_name);
        let users = page.policy_users.into_iter().flatten().filter_map(|user| user.user_name);
        found.extend(groups.map(|name| Principal { kind: Kind::Group, name }));
        found.extend(roles.map(|name| Principal { kind: Kind::Role, name }));
        found.extend(users.map(|name| Principal { kind: Kind::User, name }));
    }
    Ok(found)
}

async fn versions(clients: &Clients, arn: &str) -> Result<Vec<PolicyVersion>, Failure> {
    let mut found = Vec::new();
    let mut pages = clients.iam().list_policy_versions().policy_arn(arn).into_paginator().send();
    while let Some(page) = pages.next().await {
        found.extend(page.map_err(failure)?.versions.into_iter().flatten());
    }
    Ok(found)
}

/// Deletes the oldest version that is not in force, if there is no room for another.
async fn make_room(clients: &Clients, arn: &str) -> Result<(), Failure> {
    let mut versions = versions(clients, arn).await?;
    if versions.len() < VERSIONS {
        return Ok(());
    }
    versions.retain(|version| !version.is_default_version);
    // `v10` is younger than `v9`.
    versions.sort_by_key(|version| number(version.version_id.as_deref()));
    match versions.first() {
        Some(oldest) => gone_is_fine(delete_version(clients, arn, oldest).await),
        None => Ok(()),
    }
}

fn number(version: Option<&str>) -> u64 {
    version.and_then(|version| version.strip_prefix('v')?.parse().ok()).unwrap_or(u64::MAX)
}

async fn delete_version(clients: &Clients, arn: &str, version: &PolicyVersion) -> Result<(), Failure> {
    let call = clients.iam().delete_policy_version().policy_arn(arn).set_version_id(version.version_id.clone());
    call.send().await.map(drop).map_err(failure)
}
