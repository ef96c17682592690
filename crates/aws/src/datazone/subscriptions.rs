//! `Charter::DataZone::Subscription`: a project's access to a listing, from the request over the approval to the grant.
//!
//! A project has one subscription to a listing at most, so domain, listing and project identify it. The request is made from the
//! subscriber's account; where the owner's account is of the same environment (`ApprovedBy`), its own credentials accept it: the
//! four eyes are those of two accounts. Without it the request waits for a person, within the resource's timeout.

use super::grants::{cause, grants, is_wanted, text};
use super::refusals::{done_in, found};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert::required;
use crate::living::{optional, parts};
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use crate::recorded::top_level;
use crate::settle::gone_is_fine;
use async_trait::async_trait;
use aws_sdk_datazone::types::{
    GrantedEntityInput, ListingRevisionInput, SubscribedListingInput, SubscribedPrincipalInput, SubscribedProjectInput,
    SubscriptionGrantOverallStatus as GrantStatus, SubscriptionRequestStatus, SubscriptionRequestSummary,
    SubscriptionStatus, SubscriptionSummary,
};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Progress,
    Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const TYPE: &str = "Charter::DataZone::Subscription";
const FORM: &str = "DomainIdentifier|ListingIdentifier|ProjectIdentifier";
/// The longest wait between two looks.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How many looks DataZone's own grant gets to appear before one is asked for. It grants managed assets by itself.
const OWN_GRANT: u32 = 3;
/// How many looks a read may be behind the answer to a request.
const LOOKS: u32 = 10;
/// How many looks the end of a grant gets.
const REVOKING: u32 = 30;

/// Serves subscriptions.
pub(super) struct Subscriptions;

/// Which subscription.
struct Place {
    domain: String,
    listing: String,
    project: String,
}

impl Place {
    fn of(identifier: &str) -> Result<Self, Failure> {
        let [domain, listing, project] = parts(TYPE, FORM, identifier)?;
        Ok(Self { domain, listing, project })
    }

    fn asked_for(properties: &Properties) -> Result<Self, Failure> {
        Ok(Self {
            domain: required(properties, "DomainIdentifier")?,
            listing: required(properties, "ListingIdentifier")?,
            project: required(properties, "ProjectIdentifier")?,
        })
    }

    fn identifier(&self) -> String {
        format!("{}|{}|{}", self.domain, self.listing, self.project)
    }
}

/// What the journal keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    /// Whether it is being ended.
    ending: bool,
    /// The request that was made.
    request: Option<String>,
    polls: u32,
}

impl Handle {
    fn new(request: Option<String>) -> Self {
        Self { ending: false, request, polls: 0 }
    }

    fn pending(&self, place: &Place, status: &str) -> Step {
        pending(self, Some(place.identifier()), wait_after(self.polls, LONGEST_WAIT), status)
    }
}

/// The approved subscription.
async fn approved(clients: &Clients, place: &Place) -> Result<Option<SubscriptionSummary>, Failure> {
    let call = clients.datazone().list_subscriptions().domain_identifier(&place.domain);
    let call = call.subscribed_listing_id(&place.listing).owning_project_id(&place.project);
    let mut pages = call.status(SubscriptionStatus::Approved).into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = found(clients, &place.domain, page).await? else { return Ok(None) };
        if let Some(subscription) = page.items.into_iter().next() {
            return Ok(Some(subscription));
        }
    }
    Ok(None)
}

/// The newest request.
async fn newest(clients: &Clients, place: &Place) -> Result<Option<SubscriptionRequestSummary>, Failure> {
    let call = clients.datazone().list_subscription_requests().domain_identifier(&place.domain);
    let call = call.subscribed_listing_id(&place.listing).owning_project_id(&place.project);
    let mut pages = call.into_paginator().send();
    let mut newest: Option<SubscriptionRequestSummary> = None;
    while let Some(page) = pages.next().await {
        let Some(page) = found(clients, &place.domain, page).await? else { break };
        for each in page.items {
            if newest.as_ref().is_none_or(|own| own.created_at <= each.created_at) {
                newest = Some(each);
            }
        }
    }
    Ok(newest)
}

async fn open_request(clients: &Clients, place: &Place) -> Result<Option<SubscriptionRequestSummary>, Failure> {
    Ok(newest(clients, place).await?.filter(|request| request.status == SubscriptionRequestStatus::Pending))
}

/// What is there, with what can never be read as it was recorded; none without a subscription or an open request.
async fn observe(
    clients: &Clients,
    place: &Place,
    recorded: Option<&Properties>,
) -> Result<Option<Properties>, Failure> {
    let mut properties = Properties::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            properties.insert(name.to_owned(), value.into());
        }
    };
    let of_record = |name: &str| recorded.and_then(|recorded| text(recorded, name));
    put("DomainIdentifier", Some(&place.domain));
    put("ListingIdentifier", Some(&place.listing));
    put("ProjectIdentifier", Some(&place.project));
    // Who shall approve and how is told by nobody.
    put("ApprovedBy", of_record("ApprovedBy"));
    put("DecisionComment", of_record("DecisionComment"));
    let Some(subscription) = approved(clients, place).await? else {
        let Some(request) = open_request(clients, place).await? else { return Ok(None) };
        put("RequestReason", Some(&request.request_reason));
        put("SubscriptionRequestId", Some(&request.id));
        put("Status", Some("PENDING"));
        return Ok(Some(properties));
    };
    let request = subscription.subscription_request_id();
    // Once it is decided the reason cannot be changed: what was asked for since is kept for the next request.
    match (of_record("RequestReason"), request) {
        (Some(reason), _) => put("RequestReason", Some(reason)),
        (None, Some(id)) => {
            let call = clients.datazone().get_subscription_request_details().domain_identifier(&place.domain);
            let details = found(clients, &place.domain, call.identifier(id).send().await).await?;
            put("RequestReason", details.as_ref().map(|details| details.request_reason()));
        }
        (None, None) => {}
    }
    put("SubscriptionRequestId", request);
    put("SubscriptionId", Some(subscription.id()));
    put("Status", Some("APPROVED"));
    if let Some(wanted) = recorded.filter(|recorded| recorded.contains_key("EnvironmentIdentifier")) {
        let all = grants(clients, &place.domain, subscription.id()).await?;
        if let Some(grant) = all.iter().find(|grant| is_wanted(grant, wanted)) {
            put("EnvironmentIdentifier", of_record("EnvironmentIdentifier"));
            put("SubscriptionTargetIdentifier", of_record("SubscriptionTargetIdentifier"));
            put("SubscriptionGrantId", Some(grant.id()));
            put("GrantStatus", Some(grant.status().as_str()));
        }
    }
    Ok(Some(properties))
}

async fn request(clients: &Clients, place: &Place, desired: &Properties, token: &str) -> Result<String, Failure> {
    let invalid = |error: aws_smithy_types::error::operation::BuildError| {
        Failure::new(FailureCode::InvalidRequest, error.to_string())
    };
    let project = SubscribedProjectInput::builder().identifier(&place.project).build();
    let listing = SubscribedListingInput::builder().identifier(&place.listing).build().map_err(invalid)?;
    let call = clients.datazone().create_subscription_request().domain_identifier(&place.domain);
    let call = call.subscribed_principals(SubscribedPrincipalInput::Project(project)).subscribed_listings(listing);
    let call = call.request_reason(required::<String>(desired, "RequestReason")?).client_token(token);
    Ok(done_in(clients, &place.domain, call.send().await).await?.id)
}

/// Accepts a request as the account that owns the listing.
async fn approve(
    clients: &Clients,
    place: &Place,
    request: &str,
    desired: &Properties,
    by: &str,
) -> Result<(), Failure> {
    let owner = clients.of_account(by).await?;
    let call = owner.datazone().accept_subscription_request().domain_identifier(&place.domain).identifier(request);
    let comment = text(desired, "DecisionComment").map(str::to_owned);
    // Not as a call in a domain that may be going: to an account outside of it, the domain is nowhere.
    let answer = call.set_decision_comment(comment).send().await.map_err(crate::errors::failure);
    answer.map(drop).map_err(|failure| match failure.code {
        FailureCode::AccessDenied => {
            let message = format!(
                "{}. Account {by} is to approve the subscription: its deployer must be a member of the project that owns the listing",
                failure.message.trim_end_matches('.')
            );
            Failure { message, ..failure }
        }
        _ => failure,
    })
}

/// Asks for the grant that is wanted, or tells how it stands.
async fn granted(
    clients: &Clients,
    place: &Place,
    subscription: &SubscriptionSummary,
    desired: &Properties,
    token: &str,
    mut handle: Handle,
) -> Step {
    let Some(environment) = text(desired, "EnvironmentIdentifier") else {
        return finished(clients, place, desired).await;
    };
    let all = grants(clients, &place.domain, subscription.id()).await?;
    if let Some(grant) = all.iter().find(|grant| is_wanted(grant, desired)) {
        return match grant.status() {
            GrantStatus::Completed => finished(clients, place, desired).await,
            GrantStatus::Pending | GrantStatus::InProgress => handle.pending(place, "granting access"),
            status => {
                let message = format!("DataZone could not grant access ({}): {}", status.as_str(), cause(grant));
                Err(Failure::new(FailureCode::NotStabilized, message).with_identifier(place.identifier()))
            }
        };
    }
    if handle.polls < OWN_GRANT {
        handle.polls = handle.polls.saturating_add(1);
        return handle.pending(place, "waiting for the grant");
    }
    let invalid = |error: aws_smithy_types::error::operation::BuildError| {
        Failure::new(FailureCode::InvalidRequest, error.to_string())
    };
    let call = clients.datazone().get_listing().domain_identifier(&place.domain).identifier(&place.listing);
    let revision = done_in(clients, &place.domain, call.send().await).await?.listing_revision;
    let listing =
        ListingRevisionInput::builder().identifier(&place.listing).revision(revision).build().map_err(invalid)?;
    let call = clients.datazone().create_subscription_grant().domain_identifier(&place.domain);
    let call = call.environment_identifier(environment).granted_entity(GrantedEntityInput::Listing(listing));
    let target = text(desired, "SubscriptionTargetIdentifier").map(str::to_owned);
    let call = call.set_subscription_target_identifier(target).client_token(token);
    match done_in(clients, &place.domain, call.send().await).await {
        // DataZone's own came first.
        Err(failure) if matches!(failure.code, FailureCode::AlreadyExists | FailureCode::ResourceConflict) => {}
        outcome => drop(outcome.map_err(|failure| failure.with_identifier(place.identifier()))?),
    }
    handle.pending(place, "granting access")
}

async fn finished(clients: &Clients, place: &Place, desired: &Properties) -> Step {
    let found = observe(clients, place, Some(desired)).await?;
    found.map(|found| done(place.identifier(), found)).ok_or_else(|| not_found(TYPE, &place.identifier()))
}

/// Brings a subscription one step further.
async fn advance(clients: &Clients, place: &Place, desired: &Properties, token: &str, mut handle: Handle) -> Step {
    if let Some(subscription) = approved(clients, place).await? {
        return granted(clients, place, &subscription, desired, token, handle).await;
    }
    handle.polls = handle.polls.saturating_add(1);
    let Some(found) = newest(clients, place).await? else {
        return handle.pending(place, "not visible yet");
    };
    match found.status {
        SubscriptionRequestStatus::Pending => {
            handle.request = Some(found.id.clone());
            let Some(by) = text(desired, "ApprovedBy") else {
                let owner =
                    found.subscribed_listings().first().map_or("the owner", |listing| listing.owner_project_id());
                return handle.pending(place, &format!("waiting for the approval of project {owner}"));
            };
            match approve(clients, place, &found.id, desired, by).await {
                Ok(()) => handle.polls = 0,
                // It was answered already, which a read does not show yet.
                Err(failure) if failure.code == FailureCode::ResourceConflict && handle.polls <= LOOKS => {}
                Err(failure) => return Err(failure.with_identifier(place.identifier())),
            }
            handle.pending(place, "approved")
        }
        // An older one: the new request is not visible yet.
        SubscriptionRequestStatus::Rejected if handle.request.as_deref().is_none_or(|own| own != found.id) => {
            handle.pending(place, "not visible yet")
        }
        SubscriptionRequestStatus::Rejected => {
            let comment = found.decision_comment().map(|comment| format!(": {comment}")).unwrap_or_default();
            let message = format!(
                "the project that owns the listing rejected the subscription{comment}. Settle it with its owners and apply again: that \
                 makes a new request"
            );
            Err(Failure::new(FailureCode::InvalidRequest, message))
        }
        _ => handle.pending(place, "waiting for the subscription"),
    }
}

#[async_trait]
impl Adapter for Subscriptions {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request_for: CreateRequest) -> Step {
        let (desired, token) = (&request_for.properties, &request_for.token.0);
        let place = Place::asked_for(desired)?;
        // What is approved or asked for already is adopted: a project has one subscription to a listing.
        if let Some(subscription) = approved(clients, &place).await? {
            return granted(clients, &place, &subscription, desired, token, Handle::new(None)).await;
        }
        let id = match open_request(clients, &place).await? {
            Some(open) => open.id,
            None => request(clients, &place, desired, token).await.map_err(crate::errors::reference_missing)?,
        };
        let handle = Handle::new(Some(id));
        match advance(clients, &place, desired, token, handle.clone()).await {
            // The request was made: nothing that happens here may lose it.
            Err(failure) if failure.code.is_retryable() => handle.pending(&place, "requested"),
            Err(failure) => Err(failure.with_identifier(place.identifier())),
            step => step,
        }
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let place = Place::of(&request.identifier)?;
        let found = observe(clients, &place, request.recorded.as_ref()).await?;
        Ok(found.map_or(Observed::Absent, |properties| Observed::Present { properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let place = Place::of(&request.identifier)?;
        let desired = &request.properties;
        let changed = top_level(&request.changed);
        if observe(clients, &place, Some(&request.observed)).await?.is_none() {
            return Err(not_found(TYPE, &request.identifier));
        }
        let open = open_request(clients, &place).await?;
        if let Some(open) = open.as_ref().filter(|_| changed.contains("RequestReason")) {
            let call = clients.datazone().update_subscription_request().domain_identifier(&place.domain);
            let call = call.identifier(&open.id).request_reason(required::<String>(desired, "RequestReason")?);
            done_in(clients, &place.domain, call.send().await).await?;
        }
        if let Some(subscription) = approved(clients, &place).await?
            && (changed.contains("EnvironmentIdentifier") || changed.contains("SubscriptionTargetIdentifier"))
            && let Some(grant) = text(&request.observed, "SubscriptionGrantId")
        {
            // The place that had access before has it no longer.
            let all = grants(clients, &place.domain, subscription.id()).await?;
            if all.iter().any(|own| own.id() == grant && !is_wanted(own, desired)) {
                let call = clients.datazone().delete_subscription_grant().domain_identifier(&place.domain);
                gone_is_fine(done_in(clients, &place.domain, call.identifier(grant).send().await).await)?;
            }
        }
        let handle = Handle::new(open.map(|open| open.id));
        advance(clients, &place, desired, &request.token.0, handle).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let place = Place::of(&request.identifier)?;
        let mut handle = Handle { ending: true, request: None, polls: 0 };
        if let Some(subscription) = approved(clients, &place).await? {
            let call = clients.datazone().cancel_subscription().domain_identifier(&place.domain);
            gone_is_fine(done_in(clients, &place.domain, call.identifier(subscription.id()).send().await).await)?;
            // Its grants are told until they are revoked.
            handle.request = Some(subscription.id);
            return handle.pending(&place, "revoking access");
        }
        let open = open_request(clients, &place).await?.ok_or_else(|| not_found(TYPE, &request.identifier))?;
        let call = clients.datazone().delete_subscription_request().domain_identifier(&place.domain);
        gone_is_fine(done_in(clients, &place.domain, call.identifier(open.id).send().await).await)?;
        handle.pending(&place, "deleting the request")
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        let place = match &request.identifier {
            Some(identifier) => Place::of(identifier)?,
            None => Place::asked_for(&request.properties)?,
        };
        if !handle.ending {
            return advance(clients, &place, &request.properties, &request.token.0, handle).await;
        }
        handle.polls = handle.polls.saturating_add(1);
        let there = observe(clients, &place, None).await?.is_some();
        let left = match &handle.request {
            Some(subscription) if handle.polls < REVOKING => {
                !grants(clients, &place.domain, subscription).await?.is_empty()
            }
            _ => false,
        };
        if there || left { handle.pending(&place, "revoking access") } else { Ok(deleted(place.identifier())) }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = required(&request.filter, "DomainIdentifier")?;
        let call = clients.datazone().list_subscriptions().domain_identifier(&domain);
        let call = call.set_owning_project_id(optional(&request, "ProjectIdentifier")).set_next_token(request.page);
        let answer = done_in(clients, &domain, call.status(SubscriptionStatus::Approved).send().await).await?;
        let own = answer.items.into_iter().filter_map(|each| {
            let listing = each.subscribed_listing.map(|listing| listing.id)?;
            let project = each.subscribed_principal.and_then(|principal| principal.as_project().ok()?.id.clone())?;
            Some(Place { domain: domain.clone(), listing, project }.identifier())
        });
        Ok(ListResponse { identifiers: own.collect(), next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let place = match &request.identifier {
            Some(identifier) => Place::of(identifier)?,
            None => Place::asked_for(&request.properties)?,
        };
        if approved(clients, &place).await?.is_some() {
            return Ok(Recovered::Exists { identifier: place.identifier() });
        }
        let Some(open) = open_request(clients, &place).await? else { return Ok(Recovered::Absent) };
        if request.operation != Operation::Create {
            return Ok(Recovered::Exists { identifier: place.identifier() });
        }
        match Handle::new(Some(open.id)).pending(&place, "requested")? {
            Progress::Pending(found) => Ok(Recovered::Pending(found)),
            Progress::Done(_) | Progress::Failed(_) => Ok(Recovered::Absent),
        }
    }
}
