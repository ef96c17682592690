//! `Charter::DataZone::Listing`: an asset or data product, published to the catalogue of its domain.
//!
//! Assets are made by runs of data sources: what is published is named by its id, or by the name that the run gave it, which is
//! looked up in the project. The search knows it a moment after the run, so the look-up waits.

use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert;
use crate::living::{Entity, Found, Health, optional, parts};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::types::{
    ChangeAction, EntityType, InventorySearchScope, ListingItem, ListingStatus, SearchInventoryResultItem,
    SearchResultItem,
};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
};
use serde_json::Value;

const TYPE: &str = "Charter::DataZone::Listing";
const FORM: &str = "DomainIdentifier|ListingId";

/// Serves listings.
pub(super) struct Listings;

fn text<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

fn kind(properties: &Properties) -> EntityType {
    EntityType::from(text(properties, "EntityType").unwrap_or("ASSET"))
}

/// The ids of what bears exactly this name in a project.
async fn named(
    clients: &Clients,
    domain: &str,
    project: &str,
    kind: &EntityType,
    name: &str,
) -> Result<Vec<String>, Failure> {
    let scope = match kind {
        EntityType::DataProduct => InventorySearchScope::DataProduct,
        _ => InventorySearchScope::Asset,
    };
    let call = clients.datazone().search().domain_identifier(domain).search_scope(scope);
    let call = call.owning_project_identifier(project).search_text(name);
    let mut pages = call.into_paginator().send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        for item in done_in(clients, domain, page).await?.items.unwrap_or_default() {
            // The text is searched for in all words; what is meant is the name itself.
            match item {
                SearchInventoryResultItem::AssetItem(asset) if asset.name == name => ids.push(asset.identifier),
                SearchInventoryResultItem::DataProductItem(product) if product.name == name => ids.push(product.id),
                _ => {}
            }
        }
    }
    Ok(ids)
}

/// What is to be published: its id.
async fn entity(clients: &Clients, domain: &str, properties: &Properties) -> Result<String, Failure> {
    if let Some(id) = text(properties, "EntityIdentifier") {
        return Ok(id.to_owned());
    }
    let project: String = convert::required(properties, "ProjectIdentifier")?;
    let name: String = convert::required(properties, "EntityName")?;
    let mut ids = named(clients, domain, &project, &kind(properties), &name).await?;
    match (ids.pop(), ids.is_empty()) {
        (Some(id), true) => Ok(id),
        (Some(id), false) => {
            ids.push(id);
            let message = format!(
                "several assets of the project {project} are called {name}: {}. Say which is meant by EntityIdentifier",
                ids.join(", ")
            );
            Err(Failure::new(FailureCode::InvalidRequest, message))
        }
        (None, _) => {
            let message = format!(
                "the project {project} has no asset called {name}: a run of its data source brings assets in, so the listing must \
                 depend on the run (`dependsOn`, or `Trigger: ${{RUN.RunId}}`)"
            );
            Err(Failure::new(FailureCode::NotFound, message))
        }
    }
}

/// The listing of an asset that is published already.
async fn published(
    clients: &Clients,
    domain: &str,
    entity: &str,
    kind: &EntityType,
) -> Result<Option<String>, Failure> {
    if *kind == EntityType::DataProduct {
        // Of a data product only the search of listings tells.
        let call = clients.datazone().search_listings().domain_identifier(domain);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in done_in(clients, domain, page).await?.items.unwrap_or_default() {
                if let SearchResultItem::DataProductListing(listing) = item
                    && listing.entity_id.as_deref() == Some(entity)
                {
                    return Ok(listing.listing_id);
                }
            }
        }
        return Ok(None);
    }
    let call = clients.datazone().get_asset().domain_identifier(domain).identifier(entity);
    let asset = done_in(clients, domain, call.send().await).await?;
    let listing = asset.listing.filter(|listing| listing.listing_status != ListingStatus::Inactive);
    Ok(listing.map(|listing| listing.listing_id))
}

async fn publish(
    clients: &Clients,
    domain: &str,
    entity: &str,
    kind: EntityType,
    token: &str,
) -> Result<String, Failure> {
    let call = clients.datazone().create_listing_change_set().domain_identifier(domain).entity_identifier(entity);
    let call = call.entity_type(kind).action(ChangeAction::Publish).client_token(token);
    Ok(done_in(clients, domain, call.send().await).await?.listing_id)
}

#[async_trait]
impl Entity for Listings {
    const TYPE: &'static [&'static str] = &[TYPE];
    const HAS_TOKEN: bool = true;
    const MAY_COME: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let entity = entity(clients, &domain, &request.properties).await?;
        let kind = kind(&request.properties);
        if let Some(listing) = published(clients, &domain, &entity, &kind).await? {
            let message = format!(
                "{entity} is published already, by hand or by its data source (PublishOnImport): adopt the listing with `import: \
                 {domain}|{listing}`"
            );
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        let listing = publish(clients, &domain, &entity, kind, &request.token.0).await?;
        Ok(format!("{domain}|{listing}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.datazone().get_listing().domain_identifier(&domain).identifier(&id);
        let Some(listing) = found(clients, &domain, call.send().await).await? else { return Ok(None) };
        // Unpublished: its record stays.
        if listing.status == Some(ListingStatus::Inactive) {
            return Ok(None);
        }
        let mut properties = Properties::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                properties.insert(name.to_owned(), value.into());
            }
        };
        let (kind, entity, revision, project) = match listing.item {
            Some(ListingItem::AssetListing(asset)) => {
                ("ASSET", asset.asset_id, asset.asset_revision, asset.owning_project_id)
            }
            Some(ListingItem::DataProductListing(product)) => {
                ("DATA_PRODUCT", product.data_product_id, product.data_product_revision, product.owning_project_id)
            }
            _ => ("ASSET", None, None, None),
        };
        let status = listing.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        put("DomainIdentifier", Some(domain));
        put("ProjectIdentifier", project);
        put("EntityType", Some(kind.to_owned()));
        // As it was asked for: by name, or by id.
        match recorded.and_then(|recorded| text(recorded, "EntityName")) {
            Some(name) => put("EntityName", Some(name.to_owned())),
            None => put("EntityIdentifier", entity.clone()),
        }
        put("ListingId", Some(listing.id));
        put("ListingRevision", Some(listing.listing_revision));
        put("ListingName", listing.name);
        put("Status", Some(status.clone()));
        put("EntityId", entity);
        put("EntityRevision", revision);
        if let Some(trigger) = recorded.and_then(|recorded| recorded.get("Trigger")) {
            properties.insert("Trigger".to_owned(), trigger.clone());
        }
        let health = if status == "CREATING" { Health::Waiting } else { Health::Ready };
        Ok(Some(Found { properties, status, health }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, _] = parts(TYPE, FORM, change.identifier)?;
        if self.find(change.clients, change.identifier, None).await?.is_none() {
            return Err(crate::progress::not_found(TYPE, change.identifier));
        }
        // Only the trigger can change: the newest revision takes the listing's place.
        let entity: String = convert::required(change.observed, "EntityId")?;
        publish(change.clients, &domain, &entity, kind(change.observed), &change.token.0).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, _] = parts(TYPE, FORM, &request.identifier)?;
        let there = self.find(clients, &request.identifier, None).await?;
        let there = there.ok_or_else(|| crate::progress::not_found(TYPE, &request.identifier))?;
        let entity: String = convert::required(&there.properties, "EntityId")?;
        let call = clients.datazone().create_listing_change_set().domain_identifier(&domain).entity_identifier(entity);
        let call = call.entity_type(kind(&there.properties)).action(ChangeAction::Unpublish);
        done_in(clients, &domain, call.client_token(&*request.token.0).send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let project = optional(request, "ProjectIdentifier");
        let call = clients.datazone().search_listings().domain_identifier(&domain);
        let answer = done_in(clients, &domain, call.set_next_token(request.page.clone()).send().await).await?;
        let of_listing = |item: SearchResultItem| match item {
            SearchResultItem::AssetListing(listing) => Some((listing.listing_id?, listing.owning_project_id)),
            SearchResultItem::DataProductListing(listing) => Some((listing.listing_id?, listing.owning_project_id)),
            _ => None,
        };
        let all = answer.items.into_iter().flatten().filter_map(of_listing);
        let own = all.filter(|(_, owner)| project.is_none() || *owner == project);
        Ok(ListResponse { identifiers: own.map(|(id, _)| format!("{domain}|{id}")).collect(), next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let entity = match entity(clients, &domain, &request.properties).await {
            // What it was to publish is not there: nothing was published.
            Err(failure) if failure.code == FailureCode::NotFound => return Ok(Some(Vec::new())),
            entity => entity?,
        };
        let listing = match published(clients, &domain, &entity, &kind(&request.properties)).await {
            Err(failure) if failure.code == FailureCode::NotFound => None,
            listing => listing?,
        };
        Ok(Some(listing.map(|listing| format!("{domain}|{listing}")).into_iter().collect()))
    }
}
