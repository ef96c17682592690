//! `AWS::DataZone::EnvironmentProfile`, `AWS::DataZone::Environment` and `AWS::DataZone::EnvironmentActions`.

use super::blueprints::hindrance;
use super::refusals::{done_in, found};
use super::within::{Member, Page, Place};
use crate::clients::Clients;
use crate::convert;
use crate::living::{Found, Health, optional};
use crate::settle::{Change, explain_existing};
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_environment::builders::CreateEnvironmentInputBuilder;
use aws_sdk_datazone::operation::create_environment_action::builders::CreateEnvironmentActionInputBuilder;
use aws_sdk_datazone::operation::create_environment_profile::builders::CreateEnvironmentProfileInputBuilder;
use aws_sdk_datazone::operation::get_environment::GetEnvironmentOutput;
use aws_sdk_datazone::operation::update_environment::builders::UpdateEnvironmentInputBuilder;
use aws_sdk_datazone::operation::update_environment_action::builders::UpdateEnvironmentActionInputBuilder;
use aws_sdk_datazone::operation::update_environment_profile::builders::UpdateEnvironmentProfileInputBuilder;
use aws_sdk_datazone::types::{ActionParameters, AwsConsoleLinkParameters, CustomParameter, EnvironmentStatus};
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, Properties};
use serde_json::{Value, json};
use std::time::Duration;

const ROLE: &str = "EnvironmentRoleArn";

/// Serves profiles of environments.
pub(super) struct Profiles;

/// Serves environments.
pub(super) struct Environments;

/// Serves links that environments show.
pub(super) struct Actions;

/// Only parameters that were asked for are compared: those of the blueprint come along, with values that nobody gave.
fn asked_for(parameters: &[CustomParameter], recorded: Option<&Properties>) -> Option<Value> {
    let asked = recorded?.get("UserParameters")?.as_array()?;
    let list: Vec<Value> = asked
        .iter()
        .filter_map(|each| {
            let name = each.get("Name")?.as_str()?;
            let there = parameters.iter().find(|there| there.key_name == name)?;
            Some(json!({"Name": name, "Value": there.default_value}))
        })
        .collect();
    (!list.is_empty()).then(|| list.into())
}

#[async_trait]
impl Member for Profiles {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::EnvironmentProfile"];
    const NOUN: &'static str = "environment profile";

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateEnvironmentProfileInputBuilder = convert::input(&request.properties)?;
        Ok(place.done(input.send_with(place.client()).await).await?.id)
    }

    async fn find(&self, place: &Place<'_>, recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_environment_profile().domain_identifier(&place.domain).identifier(place.id());
        let profile = place.found(call.send().await).await?;
        Ok(profile.map(|profile| {
            let mut properties = convert::properties(&profile);
            let parameters = asked_for(profile.user_parameters(), recorded);
            properties.extend(parameters.map(|parameters| ("UserParameters".to_owned(), parameters)));
            Found::ready(properties)
        }))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, _change: &Change<'_>) -> Result<(), Failure> {
        let input: UpdateEnvironmentProfileInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&place.domain).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_environment_profile().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let call = place.client().list_environment_profiles().domain_identifier(&place.domain);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        Ok((answer.items.into_iter().map(|each| each.id).collect(), answer.next_token))
    }
}

fn health(environment: &GetEnvironmentOutput) -> Health {
    match environment.status() {
        Some(EnvironmentStatus::Creating | EnvironmentStatus::Updating | EnvironmentStatus::Deleting) => {
            Health::Waiting
        }
        Some(
            EnvironmentStatus::CreateFailed
            | EnvironmentStatus::UpdateFailed
            | EnvironmentStatus::DeleteFailed
            | EnvironmentStatus::ValidationFailed,
        ) => {
            let deployment = environment.last_deployment();
            let why = deployment.and_then(|deployment| deployment.failure_reason()).map(|reason| reason.message());
            Health::Failed(why.map(str::to_owned))
        }
        // Suspended, disabled or expired is not of our doing, and ends nothing.
        _ => Health::Ready,
    }
}

/// Why no environment can be made as asked for, as far as this account can tell.
async fn hindered(clients: &Clients, domain: &str, properties: &Properties) -> Result<Option<String>, Failure> {
    let text = |name: &str| convert::get::<String>(properties, name);
    let (mut blueprint, mut account, mut region) = (
        text("EnvironmentBlueprintIdentifier")?,
        text("EnvironmentAccountIdentifier")?,
        text("EnvironmentAccountRegion")?,
    );
    if let Some(profile) = text("EnvironmentProfileIdentifier")?.filter(|profile| !profile.is_empty()) {
        let call = clients.datazone().get_environment_profile().domain_identifier(domain).identifier(profile);
        let Some(profile) = found(clients, domain, call.send().await).await? else { return Ok(None) };
        blueprint = blueprint.or(Some(profile.environment_blueprint_id));
        account = account.or(profile.aws_account_id);
        region = region.or(profile.aws_account_region);
    }
    match (blueprint, account, region) {
        // What another account has configured, this one cannot see.
        (Some(blueprint), Some(account), Some(region)) if account == clients.account_id().as_str() => {
            hindrance(clients, domain, &blueprint, &region).await
        }
        _ => Ok(None),
    }
}

/// Says more about a name that is taken. A deleted environment keeps its name: it is listed as `DELETED`, and CreateEnvironment
/// answers 409 (hashicorp/terraform-provider-awscc, issue 1879).
async fn name_taken(clients: &Clients, domain: &str, properties: &Properties, failed: Failure) -> Failure {
    if failed.code != FailureCode::AlreadyExists {
        return failed;
    }
    let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default();
    let (project, name) = (text("ProjectIdentifier"), text("Name"));
    let call = clients.datazone().list_environments().domain_identifier(domain).project_identifier(project);
    let mut pages = call.name(name).into_paginator().send();
    while let Some(Ok(page)) = pages.next().await {
        let deleted = |status: Option<&EnvironmentStatus>| status == Some(&EnvironmentStatus::Deleted);
        if page.items.iter().any(|each| each.name == name && deleted(each.status.as_ref())) {
            let message = format!(
                "{}. The one of that name is deleted, but DataZone keeps the name of a deleted environment: give another `Name`",
                failed.message.trim_end_matches('.')
            );
            return Failure { message, ..failed };
        }
    }
    explain_existing(failed, "environment", name)
}

async fn set_role(
    clients: &Clients,
    domain: &str,
    id: &str,
    role: Option<&Value>,
    is_there: bool,
) -> Result<(), Failure> {
    let Some(role) = role.and_then(Value::as_str) else { return Ok(()) };
    if is_there {
        let call = clients.datazone().associate_environment_role().domain_identifier(domain);
        let call = call.environment_identifier(id).environment_role_arn(role);
        return done_in(clients, domain, call.send().await).await.map(drop);
    }
    let call = clients.datazone().disassociate_environment_role().domain_identifier(domain);
    let call = call.environment_identifier(id).environment_role_arn(role);
    done_in(clients, domain, call.send().await).await.map(drop)
}

#[async_trait]
impl Member for Environments {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::Environment"];
    const NOUN: &'static str = "environment";
    const LONGEST_WAIT: Duration = Duration::from_secs(15);
    const AFTERWARDS: &'static [&'static str] = &[ROLE];

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        if let Some(why) = hindered(place.clients, &place.domain, &request.properties).await? {
            return Err(Failure::new(FailureCode::InvalidRequest, why));
        }
        let input: CreateEnvironmentInputBuilder = convert::input(&request.properties)?;
        Ok(place.done(input.send_with(place.client()).await).await?.id.unwrap_or_default())
    }

    async fn explain(&self, place: &Place<'_>, request: &CreateRequest, failure: Failure) -> Failure {
        name_taken(place.clients, &place.domain, &request.properties, failure).await
    }

    async fn find(&self, place: &Place<'_>, recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_environment().domain_identifier(&place.domain).identifier(place.id());
        let environment = place.found(call.send().await).await?;
        // A deleted environment can still be read.
        let there = environment.filter(|there| there.status() != Some(&EnvironmentStatus::Deleted));
        Ok(there.map(|environment| {
            let mut properties = convert::properties(&environment);
            for name in ["EnvironmentProfileId", "EnvironmentProfileIdentifier"] {
                if properties.get(name).and_then(Value::as_str) == Some("") {
                    properties.remove(name);
                }
            }
            let parameters = asked_for(environment.user_parameters(), recorded);
            properties.extend(parameters.map(|parameters| ("UserParameters".to_owned(), parameters)));
            let status = environment.status().map_or_else(String::new, |status| status.as_str().to_owned());
            Found { properties, status, health: health(&environment) }
        }))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, change: &Change<'_>) -> Result<(), Failure> {
        if change.has(ROLE) {
            let wanted = change.desired.get(ROLE);
            let role = wanted.or_else(|| change.observed.get(ROLE));
            set_role(place.clients, &place.domain, place.id(), role, wanted.is_some()).await?;
        }
        if change.changed.iter().any(|name| name != ROLE) {
            let input: UpdateEnvironmentInputBuilder = convert::input(&settings)?;
            let input = input.domain_identifier(&place.domain).identifier(place.id());
            place.done(input.send_with(place.client()).await).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        if Member::find(self, place, None).await?.is_none() {
            return Err(Failure::new(FailureCode::NotFound, format!("the environment {} is deleted", place.id())));
        }
        let call = place.client().delete_environment().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let project: String = convert::required(&request.filter, "ProjectIdentifier")?;
        let call = place.client().list_environments().domain_identifier(&place.domain).project_identifier(project);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        let there = answer.items.into_iter().filter(|each| each.status != Some(EnvironmentStatus::Deleted));
        Ok((there.filter_map(|each| each.id).collect(), answer.next_token))
    }
}

/// The one kind of action that there is: a link to a console.
fn link(properties: &Properties) -> Result<Option<ActionParameters>, Failure> {
    let uri: Option<String> = convert::get_at(properties, &["Parameters", "Uri"])?;
    Ok(uri.map(|uri| ActionParameters::AwsConsoleLink(AwsConsoleLinkParameters::builder().uri(uri).build())))
}

#[async_trait]
impl Member for Actions {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::EnvironmentActions"];
    const NOUN: &'static str = "environment action";
    const FORM: &'static str = "DomainId|EnvironmentId|Id";

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateEnvironmentActionInputBuilder = convert::input(&request.properties)?;
        let input = input.set_parameters(link(&request.properties)?);
        let answer = place.done(input.send_with(place.client()).await).await?;
        Ok(format!("{}|{}", answer.environment_id, answer.id))
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_environment_action().domain_identifier(&place.domain);
        let call = call.environment_identifier(place.parent()).identifier(place.id());
        let action = place.found(call.send().await).await?;
        Ok(action.map(|action| {
            let mut properties = convert::properties(&action);
            if let Some(ActionParameters::AwsConsoleLink(link)) = action.parameters() {
                properties.extend(link.uri().map(|uri| ("Parameters".to_owned(), json!({"Uri": uri}))));
            }
            Found::ready(properties)
        }))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, _change: &Change<'_>) -> Result<(), Failure> {
        let input: UpdateEnvironmentActionInputBuilder = convert::input(&settings)?;
        let input = input.set_parameters(link(&settings)?).domain_identifier(&place.domain);
        let input = input.environment_identifier(place.parent()).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_environment_action().domain_identifier(&place.domain);
        let call = call.environment_identifier(place.parent()).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let environment: String = convert::required(&request.filter, "EnvironmentIdentifier")?;
        let call = place.client().list_environment_actions().domain_identifier(&place.domain);
        let call = call.environment_identifier(environment).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        let items = answer.items.unwrap_or_default().into_iter();
        let ids = items.map(|each| format!("{}|{}", each.environment_id, each.id)).collect();
        Ok((ids, answer.next_token))
    }
}
