//! `AWS::Organizations::Account`: made in the background, then moved to its parent. Its identifier is the account's id.
//!
//! An account is never closed here: what it holds would be gone after 90 days, and its address could not be used again. A
//! deletion says so and fails, unless the account was closed by an act of its own ([`super::closing`]); `retain: true` takes it out
//! of the state.

use super::closing::is_closed;
use super::tags;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::errors::{failure, reference_missing};
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use crate::recorded::top_level;
use crate::settle::if_found;
use async_trait::async_trait;
use aws_sdk_organizations::operation::create_account::builders::CreateAccountInputBuilder;
use aws_sdk_organizations::types::{CreateAccountState, CreateAccountStatus};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties, ReadRequest,
    RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const TYPE: &str = "AWS::Organizations::Account";
/// A creation takes from half a minute to a few minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often what has just been made is looked for.
const LOOKS: u32 = 10;

/// Serves accounts.
pub(super) struct Accounts;

/// What the journal keeps of a creation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    /// `car-…`; none once the account is there and is only to be brought to what was asked for.
    request: Option<String>,
    polls: u32,
}

impl Handle {
    fn pending(request: Option<String>, identifier: Option<String>, polls: u32, status: &str) -> Step {
        pending(&Self { request, polls }, identifier, wait_after(polls, LONGEST_WAIT), status)
    }
}

async fn parent_of(clients: &Clients, id: &str) -> Result<Option<String>, Failure> {
    let answer = if_found(clients.organizations().list_parents().child_id(id).send().await.map_err(failure))?;
    Ok(answer.and_then(|answer| answer.parents).into_iter().flatten().find_map(|parent| parent.id))
}

async fn observe(clients: &Clients, id: &str) -> Result<Option<Properties>, Failure> {
    let call = clients.organizations().describe_account().account_id(id);
    let Some(account) = if_found(call.send().await.map_err(failure))?.and_then(|answer| answer.account) else {
        return Ok(None);
    };
    let mut properties = convert::properties(&account);
    let Some(parent) = parent_of(clients, id).await? else { return Ok(None) };
    properties.insert("ParentIds".to_owned(), serde_json::json!([parent]));
    tags::put(clients, id, &mut properties).await?;
    Ok(Some(properties))
}

/// Moves the account to the parent that it shall have, if it has another.
async fn settle_in(clients: &Clients, id: &str, desired: &Properties) -> Result<(), Failure> {
    let parents: Option<Vec<String>> = get(desired, "ParentIds")?;
    let Some(to) = parents.and_then(|parents| parents.into_iter().next()) else { return Ok(()) };
    let from = parent_of(clients, id).await?.ok_or_else(|| not_found(TYPE, id))?;
    if from != to {
        let call = clients.organizations().move_account().account_id(id);
        let call = call.source_parent_id(from).destination_parent_id(to);
        call.send().await.map_err(failure).map_err(reference_missing)?;
    }
    Ok(())
}

fn refused(status: &CreateAccountStatus) -> Failure {
    let reason = status.failure_reason.as_ref().map_or("no reason was given", |reason| reason.as_str());
    let code = match reason {
        "EMAIL_ALREADY_EXISTS" => FailureCode::AlreadyExists,
        "ACCOUNT_LIMIT_EXCEEDED" => FailureCode::ServiceLimitExceeded,
        "INTERNAL_FAILURE" | "CONCURRENT_ACCOUNT_MODIFICATION" => FailureCode::GeneralServiceException,
        _ => FailureCode::InvalidRequest,
    };
    let help = match reason {
        "EMAIL_ALREADY_EXISTS" => {
            ": an address belongs to one account of all of AWS; adopt that account with `import`, \
                                   or give another address"
        }
        "ACCOUNT_LIMIT_EXCEEDED" => ": ask AWS for a higher quota of accounts",
        _ => "",
    };
    Failure::new(code, format!("the account was not made: {reason}{help}"))
}

#[async_trait]
impl Adapter for Accounts {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let input: CreateAccountInputBuilder = convert::input(&request.properties)?;
        let answer = input.send_with(clients.organizations()).await.map_err(failure)?;
        let id = answer.create_account_status.and_then(|status| status.id);
        let id =
            id.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the creation of the account has no id"))?;
        Handle::pending(Some(id), None, 0, "creating the account")
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = observe(clients, &request.identifier).await?;
        Ok(found.map_or(Observed::Absent, |properties| Observed::Present { properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (id, desired) = (&request.identifier, &request.properties);
        let names = top_level(&request.changed);
        if names.contains("AccountName") || names.contains("Email") {
            let message = "the name and the address of an account are changed by its own AWS Account Management settings \
                           (`aws account put-account-name`, `aws account start-primary-email-update`), not by Organizations";
            return Err(Failure::new(FailureCode::NotUpdatable, message));
        }
        if names.contains("ParentIds") {
            settle_in(clients, id, desired).await?;
        }
        if names.contains("Tags") {
            tags::change(clients, id, &request.observed, desired).await?;
        }
        let found = observe(clients, id).await?.ok_or_else(|| not_found(TYPE, id))?;
        Ok(done(id, found))
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let found = observe(clients, &request.identifier).await?;
        let found = found.ok_or_else(|| not_found(TYPE, &request.identifier))?;
        if found.get("Status").and_then(serde_json::Value::as_str).is_some_and(is_closed) {
            // By an act of its own: nothing is left to do.
            return Ok(deleted(&request.identifier));
        }
        let message = format!(
            "Charter does not close AWS accounts: what account {0} holds would be lost after 90 days, and its address could \
             not be used again. Keep it with `retain: true` on its block, or close it first: `charter account close {1} -e {2}`",
            request.identifier,
            request.address,
            clients.environment(),
        );
        Err(Failure::new(FailureCode::Unsupported, message))
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let handle: Handle = decode_handle(&request.handle)?;
        let polls = handle.polls.saturating_add(1);
        let identifier = match (handle.request, request.identifier) {
            (_, Some(identifier)) => identifier,
            (Some(creation), None) => {
                let call = clients.organizations().describe_create_account_status();
                let answer = call.create_account_request_id(&creation).send().await.map_err(failure)?;
                let status = answer.create_account_status;
                match status.as_ref().and_then(|status| status.state.as_ref()) {
                    Some(CreateAccountState::Failed) => {
                        return Err(status.as_ref().map_or_else(|| not_found(TYPE, &creation), refused));
                    }
                    Some(CreateAccountState::Succeeded) => match status.and_then(|status| status.account_id) {
                        // The identifier is journalled before anything else is done to the account.
                        Some(id) => return Handle::pending(None, Some(id), 0, "moving to its parent"),
                        None => return Err(not_found(TYPE, &creation)),
                    },
                    _ => return Handle::pending(Some(creation), None, polls, "creating the account"),
                }
            }
            (None, None) => {
                let message = "the journal does not say which account is being made";
                return Err(Failure::new(FailureCode::InternalFailure, message));
            }
        };
        let moved = settle_in(clients, &identifier, &request.properties).await;
        match moved {
            Err(failure) if failure.code == FailureCode::NotFound && polls <= LOOKS => {
                Handle::pending(None, Some(identifier), polls, "not visible yet")
            }
            Err(failure) => Err(failure.with_identifier(&identifier)),
            Ok(()) => match observe(clients, &identifier).await? {
                Some(found) => Ok(done(identifier, found)),
                None => Err(not_found(TYPE, &identifier).with_identifier(&identifier)),
            },
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.organizations().list_accounts().set_next_token(request.page);
        let answer = call.send().await.map_err(failure)?;
        // A closed account is told for 90 days more.
        let open = answer.accounts.into_iter().flatten();
        let open = open.filter(|account| !account.status.as_ref().is_some_and(|status| is_closed(status.as_str())));
        let identifiers = open.filter_map(|account| account.id).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        if let Some(identifier) = request.identifier {
            let found = observe(clients, &identifier).await?;
            return Ok(found.map_or(Recovered::Absent, |_| Recovered::Exists { identifier }));
        }
        let email: String = required(&request.properties, "Email")?;
        let mut pages = clients.organizations().list_accounts().into_paginator().send();
        while let Some(page) = pages.next().await {
            let accounts = page.map_err(failure)?.accounts.unwrap_or_default();
            let same = |found: &str| found.eq_ignore_ascii_case(&email);
            let found = accounts.into_iter().find(|account| account.email.as_deref().is_some_and(same));
            if let Some(identifier) = found.and_then(|account| account.id) {
                return match crate::tags::owner(&tags::of(clients, &identifier).await?, &request) {
                    crate::tags::Owner::Ours => Ok(Recovered::Exists { identifier }),
                    // Another's address: our call was refused.
                    crate::tags::Owner::Other(_) => Ok(Recovered::Absent),
                };
            }
        }
        // Still being made: its request does not tell the address, but its name.
        let name: String = required(&request.properties, "AccountName")?;
        let running = clients.organizations().list_create_account_status().states(CreateAccountState::InProgress);
        let mut pages = running.into_paginator().send();
        let mut requests = Vec::new();
        while let Some(page) = pages.next().await {
            let statuses = page.map_err(failure)?.create_account_statuses.unwrap_or_default();
            let own = statuses.into_iter().filter(|status| status.account_name.as_deref() == Some(&*name));
            requests.extend(own.filter_map(|status| status.id));
        }
        match <[String; 1]>::try_from(requests) {
            Ok([id]) => match Handle::pending(Some(id), None, 0, "creating the account")? {
                charter_provider::Progress::Pending(found) => Ok(Recovered::Pending(found)),
                _ => Ok(Recovered::Absent),
            },
            Err(none) if none.is_empty() => Ok(Recovered::Absent),
            Err(candidates) => Ok(Recovered::Ambiguous {
                candidates,
                reason: format!("several accounts named {name} are being made: wait until they are there"),
            }),
        }
    }
}
