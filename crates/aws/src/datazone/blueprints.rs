//! `AWS::DataZone::EnvironmentBlueprintConfiguration`: in which regions of an account a blueprint may make environments, with
//! which roles and parameters. Each account has its own.

use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert;
use crate::living::{Entity, Found, parts};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::get_environment_blueprint_configuration::GetEnvironmentBlueprintConfigurationOutput;
use aws_sdk_datazone::operation::put_environment_blueprint_configuration::builders::PutEnvironmentBlueprintConfigurationInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

const TYPE: &str = "AWS::DataZone::EnvironmentBlueprintConfiguration";
const FORM: &str = "DomainId|EnvironmentBlueprintId";
/// Blueprints whose environments need a place for their data in each region: without `S3Location` they cannot be made
/// (User Guide, "Enable built-in blueprints").
const NEED_PARAMETERS: &[&str] = &["DefaultDataLake", "DefaultDataWarehouse"];

/// Serves configurations of blueprints.
pub(super) struct Blueprints;

/// The id of a blueprint that is given by its id or, as CloudFormation has it, by the name of one that AWS provides.
async fn resolve(clients: &Clients, domain: &str, blueprint: &str) -> Result<String, Failure> {
    let call = clients.datazone().list_environment_blueprints().domain_identifier(domain).managed(true);
    let mut pages = call.name(blueprint).into_paginator().send();
    while let Some(page) = pages.next().await {
        let items = done_in(clients, domain, page).await?.items;
        if let Some(named) = items.into_iter().find(|each| each.name == blueprint) {
            return Ok(named.id);
        }
    }
    Ok(blueprint.to_owned())
}

/// What a blueprint is called.
async fn name_of(clients: &Clients, domain: &str, id: &str) -> Result<Option<String>, Failure> {
    let call = clients.datazone().get_environment_blueprint().domain_identifier(domain).identifier(id);
    Ok(found(clients, domain, call.send().await).await?.map(|blueprint| blueprint.name))
}

async fn configuration(
    clients: &Clients,
    domain: &str,
    id: &str,
) -> Result<Option<GetEnvironmentBlueprintConfigurationOutput>, Failure> {
    let call = clients.datazone().get_environment_blueprint_configuration().domain_identifier(domain);
    found(clients, domain, call.environment_blueprint_identifier(id).send().await).await
}

/// Why no environment of a blueprint can be made in a region of this account, if that is so. Asked before: an environment whose
/// creation failed keeps its name for ever.
pub(super) async fn hindrance(
    clients: &Clients,
    domain: &str,
    blueprint: &str,
    region: &str,
) -> Result<Option<String>, Failure> {
    let id = resolve(clients, domain, blueprint).await?;
    let name = name_of(clients, domain, &id).await?.unwrap_or_else(|| blueprint.to_owned());
    let account = clients.account_id();
    let Some(configuration) = configuration(clients, domain, &id).await? else {
        return Ok(Some(format!(
            "the blueprint {name} has no configuration in account {account}: add an {TYPE} with {region} in EnabledRegions"
        )));
    };
    if !configuration.enabled_regions().iter().any(|each| each == region) {
        return Ok(Some(format!(
            "the blueprint {name} is not enabled in {region} of account {account}: add the region to EnabledRegions of its {TYPE}"
        )));
    }
    let has_parameters = configuration.regional_parameters().is_some_and(|regions| regions.contains_key(region));
    if NEED_PARAMETERS.contains(&name.as_str()) && !has_parameters {
        return Ok(Some(format!(
            "the blueprint {name} has no parameters for {region}: add {{Region: {region}, Parameters: {{S3Location: …}}}} to \
             RegionalParameters of its {TYPE}"
        )));
    }
    Ok(None)
}

fn regional(properties: &Properties) -> Result<HashMap<String, HashMap<String, String>>, Failure> {
    let list: Vec<Properties> = convert::get(properties, "RegionalParameters")?.unwrap_or_default();
    let pairs = list
        .iter()
        .map(|each| Ok((convert::required(each, "Region")?, convert::get(each, "Parameters")?.unwrap_or_default())));
    pairs.collect()
}

/// The whole configuration at once: there is no other way to write it.
async fn put(clients: &Clients, domain: &str, id: &str, desired: &Properties) -> Result<(), Failure> {
    let input: PutEnvironmentBlueprintConfigurationInputBuilder = convert::input(desired)?;
    let input = input.domain_identifier(domain).environment_blueprint_identifier(id);
    let input = input.set_regional_parameters(Some(regional(desired)?));
    done_in(clients, domain, input.send_with(clients.datazone()).await).await.map(drop)
}

#[async_trait]
impl Entity for Blueprints {
    const TYPE: &'static [&'static str] = &[TYPE];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let blueprint: String = convert::required(&request.properties, "EnvironmentBlueprintIdentifier")?;
        let id = resolve(clients, &domain, &blueprint).await?;
        // Put would write over it.
        if configuration(clients, &domain, &id).await?.is_some() {
            let message = format!(
                "the blueprint {blueprint} is configured already in account {}: adopt it with `import: {domain}|{id}`",
                clients.account_id()
            );
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        put(clients, &domain, &id, &request.properties).await?;
        Ok(format!("{domain}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(TYPE, FORM, identifier)?;
        let Some(configuration) = configuration(clients, &domain, &id).await? else { return Ok(None) };
        let mut properties = convert::properties(&configuration);
        let regions: BTreeMap<_, _> = configuration.regional_parameters().into_iter().flatten().collect();
        let list: Vec<Value> =
            regions.into_iter().map(|(region, values)| json!({"Region": region, "Parameters": values})).collect();
        if !list.is_empty() {
            properties.insert("RegionalParameters".to_owned(), list.into());
        }
        // By name, if it was asked for by its name.
        let asked =
            recorded.and_then(|recorded| recorded.get("EnvironmentBlueprintIdentifier")).and_then(Value::as_str);
        if let Some(asked) = asked.filter(|asked| *asked != id)
            && name_of(clients, &domain, &id).await?.as_deref() == Some(asked)
        {
            properties.insert("EnvironmentBlueprintIdentifier".to_owned(), asked.into());
        }
        Ok(Some(Found::ready(properties)))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(TYPE, FORM, change.identifier)?;
        if configuration(change.clients, &domain, &id).await?.is_none() {
            return Err(Failure::new(FailureCode::NotFound, format!("the blueprint {id} has no configuration")));
        }
        put(change.clients, &domain, &id, change.desired).await
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(TYPE, FORM, &request.identifier)?;
        if configuration(clients, &domain, &id).await?.is_none() {
            return Err(Failure::new(FailureCode::NotFound, format!("the blueprint {id} has no configuration")));
        }
        let call = clients.datazone().delete_environment_blueprint_configuration().domain_identifier(&domain);
        done_in(clients, &domain, call.environment_blueprint_identifier(id).send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let call = clients.datazone().list_environment_blueprint_configurations().domain_identifier(&domain);
        let answer = done_in(clients, &domain, call.set_next_token(request.page.clone()).send().await).await?;
        let items = answer.items.unwrap_or_default().into_iter();
        let identifiers = items.map(|each| format!("{domain}|{}", each.environment_blueprint_id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }
}
