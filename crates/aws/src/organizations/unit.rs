//! `AWS::Organizations::OrganizationalUnit`, identified by its id. Its name is unique in its parent.

use super::tags;
use crate::clients::Clients;
use crate::convert::{self, required};
use crate::errors::{failure, reference_missing};
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use crate::tags::{Owner, owner};
use async_trait::async_trait;
use aws_sdk_organizations::operation::create_organizational_unit::builders::CreateOrganizationalUnitInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct OrganizationalUnit;

/// Moves the accounts of a unit to its parent: a unit that holds accounts cannot be deleted, and an account is not ours to close.
async fn release(clients: &Clients, unit: &str) -> Result<(), Failure> {
    let organizations = clients.organizations();
    let answer = if_found(organizations.list_parents().child_id(unit).send().await.map_err(failure))?;
    let Some(parent) = answer.and_then(|answer| answer.parents).into_iter().flatten().find_map(|parent| parent.id)
    else {
        return Ok(());
    };
    // Gathered first: pages of a list that is being emptied would skip some.
    let mut accounts = Vec::new();
    let mut pages = organizations.list_accounts_for_parent().parent_id(unit).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failure)?.accounts.unwrap_or_default();
        accounts.extend(page.into_iter().filter_map(|account| account.id));
    }
    for account in accounts {
        let call = organizations.move_account().account_id(account);
        let moved = call.source_parent_id(unit).destination_parent_id(&parent).send().await.map_err(failure);
        match moved {
            // Moved already, by an earlier try whose answer was lost.
            Err(failure) if matches!(failure.code, FailureCode::NotFound | FailureCode::AlreadyExists) => {}
            moved => drop(moved?),
        }
    }
    Ok(())
}

#[async_trait]
impl Resource for OrganizationalUnit {
    const TYPE: &'static [&'static str] = &["AWS::Organizations::OrganizationalUnit"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateOrganizationalUnitInputBuilder = convert::input(&request.properties)?;
        let name = input.get_name().clone().unwrap_or_default();
        let answer = input.send_with(clients.organizations()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "organizational unit", &name))?;
        let id = answer.organizational_unit.and_then(|unit| unit.id);
        id.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the new organizational unit has no id"))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        if change.has("Name") {
            let name: String = required(change.desired, "Name")?;
            let call = change.clients.organizations().update_organizational_unit();
            call.organizational_unit_id(change.identifier).name(name).send().await.map_err(failure)?;
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
        let organizations = clients.organizations();
        let call = organizations.describe_organizational_unit().organizational_unit_id(identifier);
        let Some(unit) = if_found(call.send().await.map_err(failure))?.and_then(|answer| answer.organizational_unit)
        else {
            return Ok(None);
        };
        let mut properties = convert::properties(&unit);
        let call = organizations.list_parents().child_id(identifier);
        // Gone between the two calls.
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        if let Some(parent) = answer.parents.into_iter().flatten().find_map(|parent| parent.id) {
            properties.insert("ParentId".to_owned(), parent.into());
        }
        tags::put(clients, identifier, &mut properties).await?;
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        if request.discard_contents {
            release(clients, &request.identifier).await?;
        }
        let call = clients.organizations().delete_organizational_unit().organizational_unit_id(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let parent: String = required(&request.filter, "ParentId")?;
        let call = clients.organizations().list_organizational_units_for_parent().parent_id(parent);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let identifiers = answer.organizational_units.into_iter().flatten().filter_map(|unit| unit.id).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let parent: String = required(&request.properties, "ParentId")?;
        let name: String = required(&request.properties, "Name")?;
        let mut pages =
            clients.organizations().list_organizational_units_for_parent().parent_id(parent).into_paginator().send();
        while let Some(page) = pages.next().await {
            let units = page.map_err(failure).map_err(reference_missing)?.organizational_units.unwrap_or_default();
            for unit in units.into_iter().filter(|unit| unit.name.as_deref() == Some(&*name)) {
                if let Some(identifier) = unit.id
                    && owner(&tags::of(clients, &identifier).await?, request) == Owner::Ours
                {
                    return Ok(Recovered::Exists { identifier });
                }
            }
        }
        Ok(Recovered::Absent)
    }
}
