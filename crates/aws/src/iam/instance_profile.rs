//! `AWS::IAM::InstanceProfile`: the wrapper through which EC2 takes a role. Marked like a managed policy.

use super::{marks, names};
use crate::clients::Clients;
use crate::convert::{self, required};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, gone_is_fine, if_found};
use async_trait::async_trait;
use aws_sdk_iam::operation::create_instance_profile::builders::CreateInstanceProfileInputBuilder;
use aws_sdk_iam::types::InstanceProfile as Profile;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use std::collections::BTreeSet;

pub(super) struct InstanceProfile;

#[async_trait]
impl Resource for InstanceProfile {
    const TYPE: &'static [&'static str] = &["AWS::IAM::InstanceProfile"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateInstanceProfileInputBuilder = convert::input(&request.properties)?;
        let name = input.get_instance_profile_name().clone().unwrap_or_default();
        let marks = marks::to_list(&marks::of(clients, &request.address))?;
        let answer = input.set_tags(Some(marks)).send_with(clients.iam()).await.map_err(failure);
        answer.map_err(|failure| explain_existing(failure, "instance profile", &name))?;
        Ok(name)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (iam, name) = (change.clients.iam(), change.identifier);
        let desired = names(change.desired, "Roles");
        // What is told may be what was before: whoever was seen in it goes.
        let seen = get(change.clients, name).await?.into_iter().flat_map(|profile| profile.roles);
        let mut present: BTreeSet<String> = seen.map(|role| role.role_name).collect();
        let missing: Vec<String> = desired.difference(&present).cloned().collect();
        present.extend(names(change.observed, "Roles"));
        // There is room for one only.
        for role in present.difference(&desired) {
            let call = iam.remove_role_from_instance_profile().instance_profile_name(name).role_name(role);
            gone_is_fine(call.send().await.map_err(failure))?;
        }
        for role in missing {
            let call = iam.add_role_to_instance_profile().instance_profile_name(name).role_name(role);
            call.send().await.map_err(failure).map_err(|failure| explain_full(failure, name))?;
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        Ok(get(clients, identifier).await?.map(|profile| convert::properties(&profile)))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (iam, name) = (clients.iam(), &request.identifier);
        for role in get(clients, name).await?.into_iter().flat_map(|profile| profile.roles) {
            let call = iam.remove_role_from_instance_profile().instance_profile_name(name).role_name(role.role_name);
            gone_is_fine(call.send().await.map_err(failure))?;
        }
        iam.delete_instance_profile().instance_profile_name(name).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.iam().list_instance_profiles().set_marker(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let next = answer.marker.filter(|_| answer.is_truncated);
        let names = answer.instance_profiles.into_iter().map(|profile| profile.instance_profile_name);
        Ok(ListResponse { identifiers: names.collect(), next })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name: String = required(&request.properties, "InstanceProfileName")?;
        let tags = get(clients, &name).await?.map(|profile| marks::from_list(profile.tags()));
        Ok(marks::recovered(tags, name, request))
    }
}

/// "An instance profile can contain only one role, and this quota cannot be increased"
/// (<https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/AddRoleToInstanceProfile>): the one that is in it was put there a moment
/// ago, and is not told yet. That passes.
fn explain_full(failure: Failure, name: &str) -> Failure {
    if failure.code != FailureCode::ServiceLimitExceeded {
        return failure;
    }
    let message = format!("{}. The profile {name} holds a role that IAM does not tell yet", failure.message);
    Failure { code: FailureCode::ResourceConflict, message, ..failure }
}

async fn get(clients: &Clients, name: &str) -> Result<Option<Profile>, Failure> {
    let answer = clients.iam().get_instance_profile().instance_profile_name(name).send().await.map_err(failure);
    Ok(if_found(answer)?.and_then(|answer| answer.instance_profile))
}
