//! `Charter::RAM::ShareAcceptance`: what the account does that a resource share is offered to. Identified by the share's ARN.
//!
//! An account that is not in the owner's organization, or whose organization does not share by itself, gets an invitation, which
//! takes a moment to appear and stands for hours or days. Within an organization that shares, the share is simply there: then there
//! is nothing to accept and nothing to leave, and the resource says so (`AcceptedBy: ORGANIZATION`).

use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert::{self, required};
use crate::errors::failure;
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use crate::settle::{gone_is_fine, if_found};
use async_trait::async_trait;
use aws_sdk_ram::types::{
    ResourceOwner, ResourceShare, ResourceShareInvitation, ResourceShareInvitationStatus, ResourceShareStatus,
};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const TYPE: &str = "Charter::RAM::ShareAcceptance";
/// The longest wait between two looks.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How often an invitation is looked for: with the waits, about five minutes.
const LOOKS: u32 = 60;

/// Serves acceptances.
pub(super) struct ShareAcceptances;

/// What the journal keeps.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    /// Whether the account is leaving the share.
    leaving: bool,
    polls: u32,
}

impl Handle {
    fn pending(self, arn: &str, status: &str) -> Step {
        pending(&self, Some(arn.to_owned()), wait_after(self.polls, LONGEST_WAIT), status)
    }
}

/// The share as the account has it; none if it has not.
async fn received(clients: &Clients, arn: &str) -> Result<Option<ResourceShare>, Failure> {
    let call = clients.ram().get_resource_shares().resource_owner(ResourceOwner::OtherAccounts);
    let answer = if_found(call.resource_share_arns(arn).send().await.map_err(failure))?;
    let share = answer.and_then(|answer| answer.resource_shares?.pop());
    Ok(share.filter(|share| share.status == Some(ResourceShareStatus::Active)))
}

/// The newest invitation to the share.
async fn invitation(clients: &Clients, arn: &str) -> Result<Option<ResourceShareInvitation>, Failure> {
    let mut pages = clients.ram().get_resource_share_invitations().resource_share_arns(arn).into_paginator().send();
    let mut newest: Option<ResourceShareInvitation> = None;
    while let Some(page) = pages.next().await {
        let Some(page) = if_found(page.map_err(failure))? else { break };
        for each in page.resource_share_invitations.into_iter().flatten() {
            if newest.as_ref().is_none_or(|own| own.invitation_timestamp <= each.invitation_timestamp) {
                newest = Some(each);
            }
        }
    }
    Ok(newest)
}

/// What is there, if the account has the share.
async fn observe(clients: &Clients, arn: &str, recorded: Option<&Properties>) -> Result<Option<Properties>, Failure> {
    let Some(share) = received(clients, arn).await? else { return Ok(None) };
    let told = convert::properties(&share);
    let mut properties = Properties::new();
    for (own, theirs) in [
        ("ResourceShareArn", "Arn"),
        ("ResourceShareName", "Name"),
        ("OwningAccountId", "OwningAccountId"),
        ("Status", "Status"),
    ] {
        if let Some(value) = told.get(theirs) {
            properties.insert(own.to_owned(), value.clone());
        }
    }
    // RAM forgets an invitation that was accepted long ago.
    let known = recorded.and_then(|recorded| recorded.get("AcceptedBy")).cloned();
    let by = match known {
        Some(known) => known,
        None if invitation(clients, arn).await?.is_some() => "INVITATION".into(),
        None => "ORGANIZATION".into(),
    };
    properties.insert("AcceptedBy".to_owned(), by);
    Ok(Some(properties))
}

/// The failure of an invitation that is over.
fn over(clients: &Clients, arn: &str, invitation: &ResourceShareInvitation, what: &str) -> Failure {
    let message = format!(
        "the invitation of account {} to the resource share {arn} {what}. {} must invite it again: take the account out of the \
         share's Principals, apply, and put it back",
        clients.account_id(),
        invitation.sender_account_id().unwrap_or("its owner"),
    );
    Failure::new(FailureCode::InvalidRequest, message)
}

/// Accepts as soon as there is something to accept, and waits until the account has the share.
async fn accept(clients: &Clients, arn: &str, token: &str, mut handle: Handle) -> Step {
    use ResourceShareInvitationStatus::{Accepted, Expired, Pending, Rejected};
    if let Some(properties) = observe(clients, arn, None).await? {
        return Ok(done(arn, properties));
    }
    handle.polls = handle.polls.saturating_add(1);
    let Some(found) = invitation(clients, arn).await? else {
        if handle.polls <= LOOKS {
            return handle.pending(arn, "waiting for the invitation");
        }
        let message = format!(
            "no invitation to the resource share {arn} has come to account {0}, and the organization does not share it either: the \
             share must name {0} among its Principals, in this region, and allow external principals",
            clients.account_id(),
        );
        return Err(Failure::new(FailureCode::NotStabilized, message));
    };
    match &found.status {
        Some(Pending) => {
            let call = clients.ram().accept_resource_share_invitation().client_token(token);
            let call = call.set_resource_share_invitation_arn(found.resource_share_invitation_arn.clone());
            call.send().await.map_err(failure)?;
            handle.pending(arn, "accepting the share")
        }
        Some(Accepted) if handle.polls <= LOOKS => handle.pending(arn, "waiting for the share"),
        Some(Accepted) => {
            let message = format!("the resource share {arn} was accepted, but does not reach the account");
            Err(Failure::new(FailureCode::NotStabilized, message))
        }
        Some(Rejected) => Err(over(clients, arn, &found, "was rejected")),
        Some(Expired) => Err(over(clients, arn, &found, "has expired")),
        other => {
            let status = other.as_ref().map_or("unknown", |status| status.as_str());
            Err(over(clients, arn, &found, &format!("is {status}")))
        }
    }
}

#[async_trait]
impl Adapter for ShareAcceptances {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let arn: String = required(&request.properties, "ResourceShareArn")?;
        if let Some(properties) = observe(clients, &arn, None).await? {
            if properties.get("AcceptedBy").is_some_and(|by| by == "ORGANIZATION") {
                return Ok(done(arn, properties));
            }
            let message = format!(
                "account {} has accepted the resource share already: adopt that with `import: {arn}`",
                clients.account_id()
            );
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        accept(clients, &arn, &request.token.0, Handle { leaving: false, polls: 0 }).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = observe(clients, &request.identifier, request.recorded.as_ref()).await?;
        Ok(found.map_or(Observed::Absent, |properties| Observed::Present { properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        // Nothing of it can be changed in place.
        let found = observe(clients, &request.identifier, Some(&request.observed)).await?;
        found.map(|found| done(&request.identifier, found)).ok_or_else(|| not_found(TYPE, &request.identifier))
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let arn = &request.identifier;
        let found = observe(clients, arn, Some(&request.recorded)).await?.ok_or_else(|| not_found(TYPE, arn))?;
        if found.get("AcceptedBy").is_some_and(|by| by == "ORGANIZATION") {
            // The account cannot leave what its organization gives it; the owner takes it back.
            return Ok(deleted(arn));
        }
        let call = clients.ram().disassociate_resource_share().resource_share_arn(arn);
        let call = call.principals(clients.account_id().as_str()).client_token(&*request.token.0);
        gone_is_fine(call.send().await.map_err(failure))?;
        Handle { leaving: true, polls: 0 }.pending(arn, "leaving the share")
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        let arn = match request.identifier {
            Some(arn) => arn,
            None => required(&request.properties, "ResourceShareArn")?,
        };
        if !handle.leaving {
            return accept(clients, &arn, &request.token.0, handle).await;
        }
        handle.polls = handle.polls.saturating_add(1);
        match received(clients, &arn).await? {
            None => Ok(deleted(arn)),
            Some(_) => handle.pending(&arn, "leaving the share"),
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.ram().get_resource_shares().resource_owner(ResourceOwner::OtherAccounts);
        let answer = call.set_next_token(request.page).send().await.map_err(failure)?;
        let shares = answer.resource_shares.into_iter().flatten();
        let active = shares.filter(|share| share.status == Some(ResourceShareStatus::Active));
        Ok(ListResponse {
            identifiers: active.filter_map(|share| share.resource_share_arn).collect(),
            next: answer.next_token,
        })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let identifier = match request.identifier {
            Some(identifier) => identifier,
            None => required(&request.properties, "ResourceShareArn")?,
        };
        if received(clients, &identifier).await?.is_some() {
            return Ok(Recovered::Exists { identifier });
        }
        let accepted = invitation(clients, &identifier).await?;
        let accepted = accepted.is_some_and(|found| found.status == Some(ResourceShareInvitationStatus::Accepted));
        if !accepted || request.operation == Operation::Delete {
            return Ok(Recovered::Absent);
        }
        match (Handle { leaving: false, polls: 0 }).pending(&identifier, "waiting for the share")? {
            charter_provider::Progress::Pending(found) => Ok(Recovered::Pending(found)),
            _ => Ok(Recovered::Absent),
        }
    }
}
