//! The catalogue: assets that runs of data sources bring in, and their listings.

use super::generic::is_busy;
use super::projects;
use super::records::{Asset, Listing, PastListing, Thing};
use super::support::{Scope, absent, conflict, invalid, listed, new_id, scope};
use super::timing;
use crate::service::{Call, ServiceError, later};
use crate::services::cloud_control::resources_of;
use crate::services::shared::Answer;
use charter_model::AccountId;
use serde_json::{Value, json};

/// An asset as a run finds it.
pub(super) struct Found {
    name: String,
    external: String,
}

/// Whether a pattern with stars fits.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name
            .strip_prefix(start)
            .is_some_and(|end| (0..=end.len()).any(|from| end.get(from..).is_some_and(|end| fits(rest, end)))),
    }
}

/// The tables of a database that a filter lets through: those of AWS Glue that Cloud Control made in the account; else those that
/// the filter names (what a crawler finds is not simulated); else one with the name of the database.
pub(super) fn tables(call: &Call<'_>, account: &AccountId, filter: &Value) -> Vec<Found> {
    let database = filter.get("databaseName").and_then(Value::as_str).unwrap_or_default();
    let expressions = |kind: &str| -> Vec<String> {
        let all = filter.get("filterExpressions").and_then(Value::as_array).into_iter().flatten();
        let fitting = all.filter(|each| each.get("type").and_then(Value::as_str) == Some(kind));
        fitting.filter_map(|each| each.get("expression").and_then(Value::as_str)).map(str::to_owned).collect()
    };
    let (included, excluded) = (expressions("INCLUDE"), expressions("EXCLUDE"));
    let text = |table: &Value, pointer: &str| table.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let made = resources_of(call, account, "AWS::Glue::Table").into_iter();
    let mut names: Vec<String> = made
        .filter(|table| text(table, "/DatabaseName").as_deref() == Some(database))
        .filter_map(|table| text(&table, "/TableInput/Name"))
        .filter(|name| included.is_empty() || included.iter().any(|pattern| fits(pattern, name)))
        .filter(|name| !excluded.iter().any(|pattern| fits(pattern, name)))
        .collect();
    if names.is_empty() {
        names = included.into_iter().filter(|name| !name.contains('*')).collect();
    }
    if names.is_empty() {
        names.push(database.to_owned());
    }
    let arn = |name: &str| format!("arn:{}:glue:{}:{account}:table/{database}/{name}", call.partition(), call.region);
    names.into_iter().map(|name| Found { external: arn(&name), name }).collect()
}

/// Brings assets into a project at a moment to come; returns how many are new and how many were there.
pub(super) fn bring_in(
    call: &mut Call<'_>,
    scope: &Scope,
    source: &Thing,
    found: Vec<Found>,
    at: jiff::Timestamp,
) -> (usize, usize) {
    let (mut new, mut known) = (0, 0);
    let assets = scope.all::<Asset>(call);
    for Found { name, external } in found {
        let project = source.text("projectId").to_owned();
        let there = |(_, asset): &&(String, Thing)| {
            asset.text("externalIdentifier") == external && asset.text("owningProjectId") == project
        };
        if assets.iter().find(there).is_some() {
            known += 1;
            continue;
        }
        new += 1;
        let settings = json!({
            "name": name,
            "externalIdentifier": external,
            "owningProjectId": project,
            "typeIdentifier": "amazon.datazone.GlueTableAssetType",
            "typeRevision": "1",
            "revision": "1",
        });
        let settings = settings.as_object().cloned().unwrap_or_default();
        let mut asset = Thing::new(new_id(call), "", settings, call.now);
        // The search knows it a moment after the run.
        asset.ready = later(at, timing::SEARCH);
        asset.created = at;
        let id = asset.id.clone();
        scope.put::<Asset>(call, &id, asset.clone());
        if source.settings.get("publishOnImport").and_then(Value::as_bool) == Some(true) {
            publish(call, scope, &asset);
        }
    }
    (new, known)
}

/// The asset of an id, once its run has brought it in.
fn asset(call: &Call<'_>, scope: &Scope, id: &str) -> Result<Thing, ServiceError> {
    let asset = scope.get::<Asset>(call, id).filter(|asset| asset.created <= call.now);
    asset.ok_or_else(|| absent(format!("Asset {id} not found")))
}

fn listing_of(call: &Call<'_>, scope: &Scope, asset: &str) -> Option<Thing> {
    let mut all = scope.all::<PastListing>(call);
    all.extend(scope.all::<Listing>(call));
    all.into_iter().map(|(_, listing)| listing).find(|listing| listing.text("entityId") == asset)
}

pub(super) fn listing_status(call: &Call<'_>, listing: &Thing) -> &'static str {
    match (listing.text("removed").is_empty(), is_busy(call, listing.ready)) {
        (false, _) => "INACTIVE",
        (true, true) => "CREATING",
        (true, false) => "ACTIVE",
    }
}

/// A listing that subscribers can see.
pub(super) fn active(call: &Call<'_>, scope: &Scope, id: &str) -> Result<Thing, ServiceError> {
    let listing = scope.get::<Listing>(call, id).filter(|listing| listing_status(call, listing) == "ACTIVE");
    listing.ok_or_else(|| absent(format!("Listing {id} not found")))
}

/// Publishes an asset: its listing keeps its id over all revisions.
fn publish(call: &mut Call<'_>, scope: &Scope, asset: &Thing) -> Thing {
    let mut listing = listing_of(call, scope, &asset.id).unwrap_or_else(|| {
        let settings = json!({"entityId": asset.id, "listingRevision": "0"});
        Thing::new(new_id(call), "", settings.as_object().cloned().unwrap_or_default(), call.now)
    });
    let revision: u64 = listing.text("listingRevision").parse().unwrap_or_default();
    listing.settings.extend([
        ("listingRevision".to_owned(), json!((revision + 1).to_string())),
        ("entityRevision".to_owned(), json!(asset.text("revision"))),
        ("name".to_owned(), json!(asset.text("name"))),
        ("owningProjectId".to_owned(), json!(asset.text("owningProjectId"))),
        ("removed".to_owned(), json!("")),
    ]);
    listing.updated = call.now;
    listing.ready = later(call.now.max(asset.created), timing::LISTING);
    let id = listing.id.clone();
    scope.remove::<PastListing>(call, &id);
    scope.put::<Listing>(call, &id, listing.clone());
    listing
}

/// A listing, published or not.
pub(super) fn listing(call: &Call<'_>, scope: &Scope, id: &str) -> Option<Thing> {
    scope.get::<Listing>(call, id).or_else(|| scope.get::<PastListing>(call, id))
}

/// Lets the catalogue go with the domain.
pub(super) fn end(call: &mut Call<'_>, scope: &Scope, gone: jiff::Timestamp) {
    scope.end::<Asset>(call, gone);
    scope.end::<Listing>(call, gone);
    scope.end::<PastListing>(call, gone);
}

/// Lets what a project published go with it.
pub(super) fn end_of_project(call: &mut Call<'_>, scope: &Scope, project: &str, gone: jiff::Timestamp) {
    for (key, mut listing) in scope.all::<Listing>(call) {
        if listing.text("owningProjectId") == project {
            listing.deleted = Some(gone);
            scope.put::<Listing>(call, &key, listing);
        }
    }
    for (key, mut asset) in scope.all::<Asset>(call) {
        if asset.text("owningProjectId") == project {
            asset.deleted = Some(gone);
            scope.put::<Asset>(call, &key, asset);
        }
    }
}

pub(super) fn change_listing(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if call.required("entityType") != "ASSET" {
        return Err(call.not_simulated());
    }
    let asset = asset(call, &scope, call.required("entityIdentifier"))?;
    projects::check_member(call, &scope, asset.text("owningProjectId"))?;
    let listing = match call.required("action") {
        "PUBLISH" => publish(call, &scope, &asset),
        _ => {
            let there = listing_of(call, &scope, &asset.id);
            let there = there.filter(|listing| listing_status(call, listing) != "INACTIVE");
            let mut listing = there.ok_or_else(|| conflict(format!("Asset {} is not published", asset.id)))?;
            listing.settings.insert("removed".to_owned(), json!(call.now.to_string()));
            listing.updated = call.now;
            let id = listing.id.clone();
            scope.remove::<Listing>(call, &id);
            scope.put::<PastListing>(call, &id, listing.clone());
            listing
        }
    };
    Ok(json!({
        "listingId": listing.id,
        "listingRevision": listing.text("listingRevision"),
        "status": listing_status(call, &listing),
    }))
}

pub(super) fn get_listing(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier");
    let listing = scope.read::<Listing>(call, id).or_else(|| scope.read::<PastListing>(call, id));
    let listing = listing.ok_or_else(|| absent(format!("Listing {id} not found")))?;
    Ok(json!({
        "domainId": scope.id(),
        "id": listing.id,
        "listingRevision": listing.text("listingRevision"),
        "name": listing.text("name"),
        "status": listing_status(call, &listing),
        "createdAt": listing.created.to_string(),
        "updatedAt": listing.updated.to_string(),
        "item": {"assetListing": {
            "assetId": listing.text("entityId"),
            "assetRevision": listing.text("entityRevision"),
            "assetType": "GlueTableAssetType",
            "owningProjectId": listing.text("owningProjectId"),
        }},
    }))
}

/// Whether a search text fits a name, as free text does: any of its words.
fn found_by(text: Option<&str>, name: &str) -> bool {
    let name = name.to_lowercase();
    text.is_none_or(|text| text.to_lowercase().split_whitespace().any(|word| name.contains(word.trim_matches('"'))))
}

pub(super) fn search(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    match call.required("searchScope") {
        "ASSET" => {}
        "DATA_PRODUCT" => return listed(call, "items", Vec::new()),
        _ => return Err(call.not_simulated()),
    }
    if call.member("filters").is_some() {
        return Err(call.not_simulated());
    }
    let (project, text) = (call.text("owningProjectIdentifier"), call.text("searchText"));
    let assets = scope.told::<Asset>(call).into_iter().filter(|(_, asset)| !is_busy(call, asset.ready));
    let items = assets
        .filter(|(_, asset)| project.is_none_or(|project| project == asset.text("owningProjectId")))
        .filter(|(_, asset)| found_by(text, asset.text("name")))
        .map(|(id, asset)| {
            let item = json!({
                "domainId": scope.id(),
                "identifier": asset.id,
                "name": asset.text("name"),
                "typeIdentifier": asset.text("typeIdentifier"),
                "typeRevision": asset.text("typeRevision"),
                "externalIdentifier": asset.text("externalIdentifier"),
                "owningProjectId": asset.text("owningProjectId"),
                "createdAt": asset.created.to_string(),
            });
            (id, json!({ "assetItem": item }))
        })
        .collect();
    listed(call, "items", items)
}

pub(super) fn search_listings(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if call.member("filters").is_some() {
        return Err(call.not_simulated());
    }
    let text = call.text("searchText");
    let all = scope.told::<Listing>(call).into_iter();
    let items = all
        .filter(|(_, listing)| listing_status(call, listing) == "ACTIVE" && found_by(text, listing.text("name")))
        .map(|(id, listing)| {
            let item = json!({
                "listingId": listing.id,
                "listingRevision": listing.text("listingRevision"),
                "name": listing.text("name"),
                "entityId": listing.text("entityId"),
                "entityRevision": listing.text("entityRevision"),
                "entityType": "GlueTableAssetType",
                "owningProjectId": listing.text("owningProjectId"),
            });
            (id, json!({ "assetListing": item }))
        })
        .collect();
    listed(call, "items", items)
}

pub(super) fn get_asset(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let asset = asset(call, &scope, call.required("identifier"))?;
    let listing = listing_of(call, &scope, &asset.id);
    Ok(json!({
        "domainId": scope.id(),
        "id": asset.id,
        "name": asset.text("name"),
        "typeIdentifier": asset.text("typeIdentifier"),
        "typeRevision": asset.text("typeRevision"),
        "externalIdentifier": asset.text("externalIdentifier"),
        "owningProjectId": asset.text("owningProjectId"),
        "revision": asset.text("revision"),
        "createdAt": asset.created.to_string(),
        "formsOutput": [],
        "listing": listing.map(|listing| {
            json!({"listingId": listing.id, "listingStatus": listing_status(call, &listing)})
        }),
    }))
}

pub(super) fn delete_asset(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let asset = asset(call, &scope, call.required("identifier"))?;
    if listing_of(call, &scope, &asset.id).is_some_and(|listing| listing_status(call, &listing) != "INACTIVE") {
        return Err(invalid(format!("Asset {} is published: unpublish it first", asset.id)));
    }
    scope.remove::<Asset>(call, &asset.id);
    Ok(json!({}))
}
