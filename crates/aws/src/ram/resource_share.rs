//! `AWS::RAM::ResourceShare`, identified by its ARN. Names need not be unique; the client token and the tags tell whose it is.
//!
//! A share is there at once, what it holds and whom it is for follow within a minute. A principal outside of the organization
//! stays `ASSOCIATING` until it accepts, which is another resource's matter ([`super::acceptance`]): it is not waited for. A
//! deleted share is told as `DELETED` for hours.

use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::errors::failure;
use crate::living::{Entity, Found, Health};
use crate::progress::not_found;
use crate::settle::{Change, gone_is_fine, if_found};
use crate::tags::{ADDRESS, ENVIRONMENT, TagChange, Tags, from_property, to_property};
use async_trait::async_trait;
use aws_sdk_ram::operation::create_resource_share::builders::CreateResourceShareInputBuilder;
use aws_sdk_ram::types::{
    ResourceOwner, ResourceShare, ResourceShareAssociation, ResourceShareAssociationStatus,
    ResourceShareAssociationType, ResourceShareStatus, Tag, TagFilter,
};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const TYPE: &str = "AWS::RAM::ResourceShare";

/// Serves shares.
pub(super) struct ResourceShares;

fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn is_gone(share: &ResourceShare) -> bool {
    matches!(share.status, Some(ResourceShareStatus::Deleted))
}

/// A share of the account's own; none if it is gone.
async fn share(clients: &Clients, arn: &str) -> Result<Option<ResourceShare>, Failure> {
    let call = clients.ram().get_resource_shares().resource_owner(ResourceOwner::SelfValue).resource_share_arns(arn);
    let answer = if_found(call.send().await.map_err(failure))?;
    Ok(answer.and_then(|answer| answer.resource_shares?.pop()).filter(|share| !is_gone(share)))
}

/// All associations of one kind, those left out that are over or ending.
async fn associations(
    clients: &Clients,
    arn: &str,
    kind: ResourceShareAssociationType,
) -> Result<Vec<ResourceShareAssociation>, Failure> {
    use ResourceShareAssociationStatus::{Disassociated, Disassociating};
    let call = clients.ram().get_resource_share_associations().association_type(kind).resource_share_arns(arn);
    let mut pages = call.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = if_found(page.map_err(failure))? else { return Ok(found) };
        let associations = page.resource_share_associations.unwrap_or_default();
        found.extend(
            associations.into_iter().filter(|each| !matches!(each.status, Some(Disassociated | Disassociating))),
        );
    }
    Ok(found)
}

/// The permissions of a share, each with whether it is the version that is the default today: a share keeps the version that was
/// the default when it was attached (API Reference, CreatePermissionVersion).
async fn permissions(clients: &Clients, arn: &str) -> Result<BTreeMap<String, bool>, Failure> {
    let mut pages = clients.ram().list_resource_share_permissions().resource_share_arn(arn).into_paginator().send();
    let mut found = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let Some(page) = if_found(page.map_err(failure))? else { return Ok(found) };
        let told = page.permissions.into_iter().flatten();
        found.extend(told.filter_map(|each| Some((each.arn?, each.default_version != Some(false)))));
    }
    Ok(found)
}

/// Where an association stands, and why it failed.
fn health(association: &ResourceShareAssociation) -> Health {
    use ResourceShareAssociationStatus::{Associated, Failed};
    match association.status {
        Some(Associated) => Health::Ready,
        Some(Failed) => {
            let entity = association.associated_entity().unwrap_or("something");
            let why = association.status_message().unwrap_or("no reason is given");
            Health::Failed(Some(format!("{entity} could not be associated: {why}")))
        }
        // It waits for the other account.
        _ if association.external == Some(true) => Health::Ready,
        _ => Health::Waiting,
    }
}

/// The names in a list property.
fn names(properties: &Properties, name: &str) -> Result<BTreeSet<String>, Failure> {
    Ok(get::<Vec<String>>(properties, name)?.into_iter().flatten().collect())
}

/// Brings about what a share holds, or whom it is for.
async fn associate(change: &Change<'_>, property: &str, kind: ResourceShareAssociationType) -> Result<(), Failure> {
    let (ram, arn) = (change.clients.ram(), change.identifier);
    let desired = names(change.desired, property)?;
    // What is really there: an earlier try may have got half-way.
    let there = associations(change.clients, arn, kind.clone()).await?;
    let failed = |each: &&ResourceShareAssociation| each.status == Some(ResourceShareAssociationStatus::Failed);
    let broken: BTreeSet<String> =
        there.iter().filter(failed).filter_map(|each| each.associated_entity.clone()).collect();
    let present: BTreeSet<String> = there.iter().filter_map(|each| each.associated_entity.clone()).collect();
    let gone: Vec<String> =
        present.iter().filter(|each| !desired.contains(*each) || broken.contains(*each)).cloned().collect();
    let new: Vec<String> =
        desired.iter().filter(|each| !present.contains(*each) || broken.contains(*each)).cloned().collect();
    if !gone.is_empty() {
        let call = ram.disassociate_resource_share().resource_share_arn(arn);
        let call = match kind {
            ResourceShareAssociationType::Principal => call.set_principals(Some(gone)),
            ResourceShareAssociationType::Source => call.set_sources(Some(gone)),
            _ => call.set_resource_arns(Some(gone)),
        };
        gone_is_fine(call.send().await.map_err(failure))?;
    }
    if !new.is_empty() {
        let call = ram.associate_resource_share().resource_share_arn(arn);
        let call = match kind {
            ResourceShareAssociationType::Principal => call.set_principals(Some(new)),
            ResourceShareAssociationType::Source => call.set_sources(Some(new)),
            _ => call.set_resource_arns(Some(new)),
        };
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

/// A share has one permission for each resource type: another one takes its place, or a newer version of the same.
async fn permit(change: &Change<'_>) -> Result<(), Failure> {
    let (ram, arn) = (change.clients.ram(), change.identifier);
    let desired = names(change.desired, "PermissionArns")?;
    let present = permissions(change.clients, arn).await?;
    for permission in desired.iter().filter(|permission| present.get(*permission) != Some(&true)) {
        let call = ram.associate_resource_share_permission().resource_share_arn(arn).permission_arn(permission);
        call.replace(true).send().await.map_err(failure)?;
    }
    let present = permissions(change.clients, arn).await?;
    for permission in present.keys().filter(|permission| !desired.contains(*permission)) {
        let call = ram.disassociate_resource_share_permission().resource_share_arn(arn).permission_arn(permission);
        match gone_is_fine(call.send().await.map_err(failure)) {
            // The share still holds resources of its type: it is the default, which nobody asked for and which has to stay.
            Err(refusal) if refusal.code == FailureCode::ResourceConflict && desired.is_empty() => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

async fn tag(change: &Change<'_>) -> Result<(), Failure> {
    let difference =
        TagChange::between(&from_property(change.observed, "Tags"), &from_property(change.desired, "Tags"));
    let (ram, arn) = (change.clients.ram(), change.identifier);
    if !difference.set.is_empty() {
        let call = ram.tag_resource().resource_share_arn(arn).set_tags(Some(tags(&difference.set)));
        call.send().await.map_err(failure)?;
    }
    if !difference.remove.is_empty() {
        let call = ram.untag_resource().resource_share_arn(arn).set_tag_keys(Some(difference.remove));
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

#[async_trait]
impl Entity for ResourceShares {
    const TYPE: &'static [&'static str] = &[TYPE];
    const HAS_TOKEN: bool = true;
    const LONGEST_WAIT: Duration = Duration::from_secs(5);

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateResourceShareInputBuilder = convert::input(&request.properties)?;
        let own = from_property(&request.properties, "Tags");
        let input = input.client_token(&*request.token.0).set_tags((!own.is_empty()).then(|| tags(&own)));
        let answer = input.send_with(clients.ram()).await.map_err(failure)?;
        let arn = answer.resource_share.and_then(|share| share.resource_share_arn);
        arn.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the new resource share has no ARN"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let Some(share) = share(clients, identifier).await? else { return Ok(None) };
        let mut properties = convert::properties(&share);
        let mut worst = match share.status {
            Some(ResourceShareStatus::Active) => Health::Ready,
            Some(ResourceShareStatus::Failed) => Health::Failed(share.status_message.clone()),
            _ => Health::Waiting,
        };
        let is_going = share.status == Some(ResourceShareStatus::Deleting);
        for (property, kind) in [
            ("ResourceArns", ResourceShareAssociationType::Resource),
            ("Principals", ResourceShareAssociationType::Principal),
            ("Sources", ResourceShareAssociationType::Source),
        ] {
            let mut told = BTreeSet::new();
            for association in associations(clients, identifier, kind).await? {
                match health(&association) {
                    Health::Ready => {}
                    // What failed is not there; a change associates it again.
                    Health::Failed(why) => {
                        worst = if is_going { worst } else { Health::Failed(why) };
                        continue;
                    }
                    Health::Waiting if worst == Health::Ready => worst = Health::Waiting,
                    Health::Waiting => {}
                }
                told.extend(association.associated_entity);
            }
            if !told.is_empty() {
                properties.insert(property.to_owned(), told.into_iter().collect());
            }
        }
        // One in an outdated version does not count: so it shows as drift where it was asked for, and is attached anew.
        let current = permissions(clients, identifier).await?.into_iter().filter(|(_, is_current)| *is_current);
        let current: Vec<String> = current.map(|(arn, _)| arn).collect();
        if !current.is_empty() {
            properties.insert("PermissionArns".to_owned(), current.into());
        }
        let own = share.tags.unwrap_or_default().into_iter();
        if let Some(tags) = to_property(own.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))) {
            properties.insert("Tags".to_owned(), tags);
        }
        let status = share.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        Ok(Some(Found { properties, status, health: worst }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let (clients, arn) = (change.clients, change.identifier);
        if share(clients, arn).await?.is_none() {
            return Err(not_found(TYPE, arn));
        }
        if change.has_any(&["Name", "AllowExternalPrincipals"]) {
            let call = clients.ram().update_resource_share().resource_share_arn(arn);
            let call = call.name(required::<String>(change.desired, "Name")?);
            let allows = change.desired.get("AllowExternalPrincipals").and_then(Value::as_bool);
            call.set_allow_external_principals(allows).send().await.map_err(failure)?;
        }
        if change.has("PermissionArns") {
            permit(&change).await?;
        }
        if change.has("ResourceArns") {
            associate(&change, "ResourceArns", ResourceShareAssociationType::Resource).await?;
        }
        if change.has("Principals") {
            associate(&change, "Principals", ResourceShareAssociationType::Principal).await?;
        }
        if change.has("Sources") {
            associate(&change, "Sources", ResourceShareAssociationType::Source).await?;
        }
        if change.has("Tags") {
            tag(&change).await?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let arn = &request.identifier;
        if share(clients, arn).await?.is_none() {
            return Err(not_found(TYPE, arn));
        }
        let call = clients.ram().delete_resource_share().resource_share_arn(arn).client_token(&*request.token.0);
        call.send().await.map_err(failure).map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.ram().get_resource_shares().resource_owner(ResourceOwner::SelfValue);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let there = answer.resource_shares.into_iter().flatten();
        let there = there.filter(|share| !is_gone(share) && share.status != Some(ResourceShareStatus::Deleting));
        let identifiers = there.filter_map(|share| share.resource_share_arn).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let filter = |key: &str, value: String| TagFilter::builder().tag_key(key).tag_values(value).build();
        let call = clients.ram().get_resource_shares().resource_owner(ResourceOwner::SelfValue);
        let call = call.tag_filters(filter(ADDRESS, request.address.to_string()));
        let call = call.tag_filters(filter(ENVIRONMENT, request.environment.to_string()));
        let mut pages = call.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let shares = page.map_err(failure)?.resource_shares.unwrap_or_default();
            found.extend(
                shares.into_iter().filter(|share| !is_gone(share)).filter_map(|share| share.resource_share_arn),
            );
        }
        Ok(Some(found))
    }
}
