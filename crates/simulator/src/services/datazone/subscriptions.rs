//! Subscriptions: requested by a project, decided by the owner of the listing, granted to the subscriber's targets.

use super::catalog::{active, listing};
use super::environments::environment;
use super::generic::is_busy;
use super::projects::{self, project};
use super::records::{
    PastSubscription, Settings, Subscription, SubscriptionGrant, SubscriptionRequest, SubscriptionTarget, Thing,
};
use super::support::{Scope, absent, conflict, invalid, listed, made_before, new_id, remember, scope};
use super::timing;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing};
use serde_json::{Value, json};

fn settings(value: Value) -> Settings {
    value.as_object().cloned().unwrap_or_default()
}

fn listing_shown(call: &Call<'_>, scope: &Scope, id: &str) -> Value {
    let listing = listing(call, scope, id).unwrap_or_else(|| Thing::new(id, "", settings(json!({})), call.now));
    json!({
        "id": id,
        "revision": listing.text("listingRevision"),
        "name": listing.text("name"),
        "description": "",
        "item": {"assetListing": {
            "entityId": listing.text("entityId"),
            "entityRevision": listing.text("entityRevision"),
            "entityType": "GlueTableAssetType",
        }},
        "ownerProjectId": listing.text("owningProjectId"),
    })
}

fn principal_shown(call: &Call<'_>, scope: &Scope, id: &str) -> Value {
    let name = scope.get::<super::records::Project>(call, id).map(|project| project.text("name").to_owned());
    json!({"project": {"id": id, "name": name}})
}

fn request_shown(call: &Call<'_>, scope: &Scope, request: &Thing) -> Value {
    json!({
        "domainId": scope.id(),
        "id": request.id,
        "createdBy": request.by,
        "createdAt": request.created.to_string(),
        "updatedAt": request.updated.to_string(),
        "status": request.text("status"),
        "requestReason": request.text("reason"),
        "subscribedPrincipals": [principal_shown(call, scope, request.text("projectId"))],
        "subscribedListings": [listing_shown(call, scope, request.text("listingId"))],
        "decisionComment": request.settings.get("comment"),
        "reviewerId": request.settings.get("reviewer"),
    })
}

/// The one subscription of a project to a listing that counts.
fn approved(call: &Call<'_>, scope: &Scope, project: &str, listing: &str) -> Option<Thing> {
    let all = scope.all::<Subscription>(call).into_iter().map(|(_, each)| each);
    let mut own = all.filter(|each| each.text("projectId") == project && each.text("listingId") == listing);
    own.find(|each| each.text("status") == "APPROVED")
}

pub(super) fn request(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(id) = made_before(call)? {
        let before = scope.get::<SubscriptionRequest>(call, &id).ok_or_else(|| missing_request(&id))?;
        return Ok(request_shown(call, &scope, &before));
    }
    let of = |member: &str, pointer: &str| {
        call.member(member).and_then(|list| list.pointer(pointer)).and_then(Value::as_str).map(str::to_owned)
    };
    let listing = of("subscribedListings", "/0/identifier").ok_or_else(|| invalid("A listing is required."))?;
    let Some(subscriber) = of("subscribedPrincipals", "/0/project/identifier") else {
        return Err(call.not_simulated());
    };
    let subscriber = project(call, &scope, &subscriber)?.id;
    projects::check_member(call, &scope, &subscriber)?;
    let listing = active(call, &scope, &listing)?;
    let same = |each: &Thing| each.text("projectId") == subscriber && each.text("listingId") == listing.id;
    let open = scope.all::<SubscriptionRequest>(call);
    if open.iter().any(|(_, each)| same(each) && each.text("status") == "PENDING") {
        return Err(conflict(format!("Project {subscriber} already has a pending request for listing {}", listing.id)));
    }
    if approved(call, &scope, &subscriber, &listing.id).is_some() {
        return Err(conflict(format!("Project {subscriber} is already subscribed to listing {}", listing.id)));
    }
    let kept = json!({
        "projectId": subscriber, "listingId": listing.id, "status": "PENDING", "reason": call.required("requestReason"),
    });
    let by = super::profiles::of_caller(call, &scope);
    let request = Thing::new(new_id(call), by, settings(kept), call.now);
    scope.put::<SubscriptionRequest>(call, &request.id.clone(), request.clone());
    remember(call, &request.id);
    Ok(request_shown(call, &scope, &request))
}

fn missing_request(id: &str) -> ServiceError {
    absent(format!("Subscription request {id} not found"))
}

fn named_request(call: &Call<'_>, scope: &Scope) -> Result<Thing, ServiceError> {
    let id = call.required("identifier");
    scope.get::<SubscriptionRequest>(call, id).ok_or_else(|| missing_request(id))
}

pub(super) fn get_request(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let request = named_request(call, &scope)?;
    Ok(request_shown(call, &scope, &request))
}

pub(super) fn update_request(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut request = named_request(call, &scope)?;
    if request.text("status") != "PENDING" {
        return Err(conflict(format!("Subscription request {} is {}", request.id, request.text("status"))));
    }
    request.settings.insert("reason".to_owned(), json!(call.required("requestReason")));
    scope.put::<SubscriptionRequest>(call, &request.id.clone(), request.clone());
    Ok(request_shown(call, &scope, &request))
}

pub(super) fn delete_request(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let request = named_request(call, &scope)?;
    if request.text("status") != "PENDING" {
        return Err(conflict(format!("Subscription request {} is {}", request.id, request.text("status"))));
    }
    scope.remove::<SubscriptionRequest>(call, &request.id);
    nothing()
}

pub(super) fn list_requests(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let (listing, owner, approver, status) = (
        call.text("subscribedListingId"),
        call.text("owningProjectId"),
        call.text("approverProjectId"),
        call.text("status"),
    );
    let all = scope.told::<SubscriptionRequest>(call).into_iter();
    let items = all
        .filter(|(_, each)| listing.is_none_or(|id| id == each.text("listingId")))
        .filter(|(_, each)| owner.is_none_or(|id| id == each.text("projectId")))
        .filter(|(_, each)| status.is_none_or(|word| word == each.text("status")))
        .filter(|(_, each)| approver.is_none_or(|id| owner_of(call, &scope, each.text("listingId")) == id))
        .map(|(id, each)| (id, request_shown(call, &scope, &each)))
        .collect();
    listed(call, "items", items)
}

fn owner_of(call: &Call<'_>, scope: &Scope, id: &str) -> String {
    listing(call, scope, id).map(|listing| listing.text("owningProjectId").to_owned()).unwrap_or_default()
}

/// Decides a request; only a member of the owning project may.
fn decide(call: &mut Call<'_>, word: &str) -> Result<(Scope, Thing), ServiceError> {
    let scope = scope(call)?;
    let mut request = named_request(call, &scope)?;
    projects::check_member(call, &scope, &owner_of(call, &scope, request.text("listingId")))?;
    if request.text("status") != "PENDING" {
        return Err(conflict(format!("Subscription request {} is {}", request.id, request.text("status"))));
    }
    let reviewer = super::profiles::of_caller(call, &scope);
    request.settings.extend([
        ("status".to_owned(), json!(word)),
        ("comment".to_owned(), json!(call.text("decisionComment"))),
        ("reviewer".to_owned(), json!(reviewer)),
    ]);
    request.updated = call.now;
    scope.put::<SubscriptionRequest>(call, &request.id.clone(), request.clone());
    Ok((scope, request))
}

pub(super) fn reject(call: &mut Call<'_>) -> Answer {
    let (scope, request) = decide(call, "REJECTED")?;
    Ok(request_shown(call, &scope, &request))
}

pub(super) fn accept(call: &mut Call<'_>) -> Answer {
    let (scope, request) = decide(call, "ACCEPTED")?;
    let kept = json!({
        "projectId": request.text("projectId"),
        "listingId": request.text("listingId"),
        "requestId": request.id,
        "status": "APPROVED",
    });
    let subscription = Thing::new(new_id(call), &request.by, settings(kept), call.now);
    scope.put::<Subscription>(call, &subscription.id.clone(), subscription.clone());
    // Managed assets are granted to every target of the project by itself (User Guide, "Grant access").
    for (key, target) in scope.all::<SubscriptionTarget>(call) {
        if target.text("projectId") == request.text("projectId") {
            let environment = key.split('|').next().unwrap_or_default().to_owned();
            grant(call, &scope, &subscription, &environment, &target.id);
        }
    }
    Ok(request_shown(call, &scope, &request))
}

fn shown(call: &Call<'_>, scope: &Scope, each: &Thing) -> Value {
    json!({
        "domainId": scope.id(),
        "id": each.id,
        "createdBy": each.by,
        "createdAt": each.created.to_string(),
        "updatedAt": each.updated.to_string(),
        "status": each.text("status"),
        "subscribedPrincipal": principal_shown(call, scope, each.text("projectId")),
        "subscribedListing": listing_shown(call, scope, each.text("listingId")),
        "subscriptionRequestId": each.text("requestId"),
    })
}

fn missing(id: &str) -> ServiceError {
    absent(format!("Subscription {id} not found"))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier");
    let found = scope.read::<Subscription>(call, id).or_else(|| scope.read::<PastSubscription>(call, id));
    let each = found.ok_or_else(|| missing(id))?;
    Ok(shown(call, &scope, &each))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let (listing, owner, request, status) = (
        call.text("subscribedListingId"),
        call.text("owningProjectId"),
        call.text("subscriptionRequestIdentifier"),
        call.text("status"),
    );
    let mut all = scope.told::<Subscription>(call);
    all.extend(scope.told::<PastSubscription>(call));
    let items = all
        .into_iter()
        .filter(|(_, each)| listing.is_none_or(|id| id == each.text("listingId")))
        .filter(|(_, each)| owner.is_none_or(|id| id == each.text("projectId")))
        .filter(|(_, each)| request.is_none_or(|id| id == each.text("requestId")))
        // API Reference, ListSubscriptions: the approved ones, if no status is asked for.
        .filter(|(_, each)| status.unwrap_or("APPROVED") == each.text("status"))
        .map(|(id, each)| (id, shown(call, &scope, &each)))
        .collect();
    listed(call, "items", items)
}

/// Lets all of it go with the domain.
pub(super) fn end_all(call: &mut Call<'_>, scope: &Scope, gone: jiff::Timestamp) {
    scope.end::<SubscriptionRequest>(call, gone);
    scope.end::<Subscription>(call, gone);
    scope.end::<PastSubscription>(call, gone);
    scope.end::<SubscriptionGrant>(call, gone);
}

/// Lets the subscriptions of a project go with it.
pub(super) fn end_of_project(call: &mut Call<'_>, scope: &Scope, project: &str, gone: jiff::Timestamp) {
    for (key, mut each) in scope.all::<Subscription>(call) {
        if each.text("projectId") == project {
            each.deleted = Some(gone);
            scope.put::<Subscription>(call, &key, each);
        }
    }
}

/// Ends a subscription: by its own project, or by that of the listing.
pub(super) fn end(call: &mut Call<'_>, word: &str) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier").to_owned();
    let mut each = scope.get::<Subscription>(call, &id).ok_or_else(|| missing(&id))?;
    let by = if word == "CANCELLED" {
        each.text("projectId").to_owned()
    } else {
        owner_of(call, &scope, each.text("listingId"))
    };
    projects::check_member(call, &scope, &by)?;
    each.settings.insert("status".to_owned(), json!(word));
    each.updated = call.now;
    scope.remove::<Subscription>(call, &id);
    scope.put::<PastSubscription>(call, &id, each.clone());
    for (key, mut grant) in scope.all::<SubscriptionGrant>(call) {
        if grant.text("subscriptionId") == id {
            grant.deleted = Some(call.after(timing::GRANT));
            scope.put::<SubscriptionGrant>(call, &key, grant);
        }
    }
    Ok(shown(call, &scope, &each))
}

fn grant(call: &mut Call<'_>, scope: &Scope, subscription: &Thing, environment: &str, target: &str) -> Thing {
    let kept = json!({
        "subscriptionId": subscription.id,
        "projectId": subscription.text("projectId"),
        "listingId": subscription.text("listingId"),
        "environmentId": environment,
        "targetId": target,
    });
    let grant = Thing::new(new_id(call), &subscription.by, settings(kept), call.now).taking(timing::GRANT);
    scope.put::<SubscriptionGrant>(call, &grant.id.clone(), grant.clone());
    grant
}

fn grant_shown(call: &Call<'_>, scope: &Scope, grant: &Thing) -> Value {
    let listing = listing(call, scope, grant.text("listingId"));
    let text = |name: &str| listing.as_ref().map(|listing| listing.text(name).to_owned()).unwrap_or_default();
    let (status, of_asset) = match (grant.deleted.is_some(), is_busy(call, grant.ready)) {
        (true, _) => ("IN_PROGRESS", "REVOKE_IN_PROGRESS"),
        (false, true) => ("IN_PROGRESS", "GRANT_IN_PROGRESS"),
        (false, false) => ("COMPLETED", "GRANTED"),
    };
    json!({
        "domainId": scope.id(),
        "id": grant.id,
        "createdBy": grant.by,
        "createdAt": grant.created.to_string(),
        "updatedAt": grant.updated.to_string(),
        "environmentId": grant.text("environmentId"),
        "subscriptionTargetId": grant.text("targetId"),
        "subscriptionId": grant.text("subscriptionId"),
        "grantedEntity": {"listing": {"id": grant.text("listingId"), "revision": text("listingRevision")}},
        "status": status,
        "assets": [{"assetId": text("entityId"), "assetRevision": text("entityRevision"), "status": of_asset}],
    })
}

pub(super) fn create_grant(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(id) = made_before(call)? {
        let before = scope.get::<SubscriptionGrant>(call, &id).ok_or_else(|| missing_grant(&id))?;
        return Ok(grant_shown(call, &scope, &before));
    }
    let place = environment(call, &scope, call.required("environmentIdentifier"))?;
    let project = place.text("projectId").to_owned();
    projects::check_member(call, &scope, &project)?;
    let listing = call.input.pointer("/grantedEntity/listing/identifier").and_then(Value::as_str).unwrap_or_default();
    let subscription = approved(call, &scope, &project, listing)
        .ok_or_else(|| invalid(format!("Project {project} is not subscribed to listing {listing}")))?;
    let prefix = format!("{}|", place.id);
    let targets = scope.all::<SubscriptionTarget>(call).into_iter().filter(|(key, _)| key.starts_with(&prefix));
    let wanted = call.text("subscriptionTargetIdentifier");
    let target = targets.map(|(_, target)| target.id).find(|id| wanted.is_none_or(|wanted| wanted == *id));
    let target = target.ok_or_else(|| absent(format!("No subscription target found in environment {}", place.id)))?;
    let grants = scope.all::<SubscriptionGrant>(call);
    let there = |grant: &Thing| grant.text("subscriptionId") == subscription.id && grant.text("targetId") == target;
    if grants.iter().any(|(_, grant)| grant.deleted.is_none() && there(grant)) {
        return Err(conflict(format!("A grant for subscription target {target} already exists")));
    }
    let grant = grant(call, &scope, &subscription, &place.id, &target);
    remember(call, &grant.id);
    Ok(grant_shown(call, &scope, &grant))
}

fn missing_grant(id: &str) -> ServiceError {
    absent(format!("Subscription grant {id} not found"))
}

pub(super) fn get_grant(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier");
    let grant = scope.read::<SubscriptionGrant>(call, id).ok_or_else(|| missing_grant(id))?;
    Ok(grant_shown(call, &scope, &grant))
}

pub(super) fn delete_grant(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier").to_owned();
    let mut grant = scope.get::<SubscriptionGrant>(call, &id).ok_or_else(|| missing_grant(&id))?;
    grant.deleted = Some(grant.deleted.unwrap_or_else(|| call.after(timing::GRANT)));
    scope.put::<SubscriptionGrant>(call, &id, grant.clone());
    Ok(grant_shown(call, &scope, &grant))
}

pub(super) fn list_grants(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let (subscription, environment, target, listing) = (
        call.text("subscriptionId"),
        call.text("environmentId"),
        call.text("subscriptionTargetId"),
        call.text("subscribedListingId"),
    );
    let items = scope
        .told::<SubscriptionGrant>(call)
        .into_iter()
        .filter(|(_, each)| subscription.is_none_or(|id| id == each.text("subscriptionId")))
        .filter(|(_, each)| environment.is_none_or(|id| id == each.text("environmentId")))
        .filter(|(_, each)| target.is_none_or(|id| id == each.text("targetId")))
        .filter(|(_, each)| listing.is_none_or(|id| id == each.text("listingId")))
        .map(|(id, each)| (id, grant_shown(call, &scope, &each)))
        .collect();
    listed(call, "items", items)
}
