//! `Charter::Billing::CostAllocationTags`: tag keys that costs are told apart by. They belong to the account that pays, which
//! identifies them; keys that are not named are left as they are.
//!
//! AWS Billing knows a key up to 24 hours after a resource first carries it, and takes as long again to activate it (AWS Billing User
//! Guide, "Activating user-defined cost allocation tags"). What is not known yet fails with the hour to come back, or is waited for.

use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert::{get, required};
use crate::errors::failure;
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use crate::recorded::top_level;
use async_trait::async_trait;
use aws_sdk_costexplorer::types::{CostAllocationTagStatus, CostAllocationTagStatusEntry, CostAllocationTagType};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

const TYPE: &str = "Charter::Billing::CostAllocationTags";
/// The most keys of one call (UpdateCostAllocationTagsStatus).
const BATCH: usize = 20;
/// Keys turn up within a day.
const WAIT: Duration = Duration::from_secs(1_800);
/// How many looks a listing gets to show what was set, and the longest wait between two.
const LOOKS: u32 = 12;
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Serves the keys.
pub(super) struct CostAllocationTags;

/// What the journal keeps.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    /// Since everything was set.
    polls: u32,
    /// The keys that must no longer be told.
    #[serde(default)]
    gone: BTreeSet<String>,
}

impl Handle {
    /// One more look at what was set.
    fn look_again(mut self, identifier: &str, status: &str) -> Step {
        let wait = wait_after(self.polls, LONGEST_WAIT);
        self.polls = self.polls.saturating_add(1);
        pending(&self, Some(identifier.to_owned()), wait, status)
    }

    /// Whether a listing shows what was set, or had its time.
    fn is_shown(&self, wanted: &BTreeSet<String>, there: &BTreeSet<String>) -> bool {
        self.polls >= LOOKS || wanted.is_subset(there) && self.gone.is_disjoint(there)
    }
}

fn keys(properties: &Properties) -> Result<BTreeSet<String>, Failure> {
    let keys: Vec<String> = required(properties, "TagKeys")?;
    Ok(keys.into_iter().collect())
}

/// The keys that are active.
async fn active(clients: &Clients) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    let mut token = None;
    loop {
        let call = clients.cost_explorer().list_cost_allocation_tags().status(CostAllocationTagStatus::Active);
        let call = call.r#type(CostAllocationTagType::UserDefined).set_next_token(token);
        let answer = call.send().await.map_err(failure).map_err(explained)?;
        found.extend(answer.cost_allocation_tags.into_iter().flatten().map(|tag| tag.tag_key));
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

/// Whether costs are told apart by a key. An account that does not pay is not told: there it is taken to be.
pub(super) async fn is_active(clients: &Clients, key: &str) -> Result<bool, Failure> {
    let call = clients.cost_explorer().list_cost_allocation_tags().tag_keys(key);
    match call.status(CostAllocationTagStatus::Active).send().await.map_err(failure) {
        Ok(answer) => Ok(answer.cost_allocation_tags.into_iter().flatten().any(|tag| tag.tag_key == key)),
        Err(failure) if failure.message.contains("Linked account") => Ok(true),
        Err(failure) => Err(failure),
    }
}

/// Says where the resource belongs, if it is in the wrong account.
fn explained(failure: Failure) -> Failure {
    if failure.message.contains("Linked account") {
        let message = format!(
            "{}. Cost allocation tags belong to the account that pays for the organization: give the resource `account: \
             management`",
            failure.message.trim_end_matches('.')
        );
        return Failure { message, ..failure };
    }
    failure
}

/// Sets keys; answers those that are not known.
async fn set(
    clients: &Clients,
    keys: impl IntoIterator<Item = String>,
    status: &CostAllocationTagStatus,
) -> Result<Vec<String>, Failure> {
    let keys: Vec<String> = keys.into_iter().collect();
    let mut unknown = Vec::new();
    for batch in keys.chunks(BATCH) {
        let mut call = clients.cost_explorer().update_cost_allocation_tags_status();
        for key in batch {
            let entry = CostAllocationTagStatusEntry::builder().tag_key(key).status(status.clone()).build();
            let entry = entry.map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))?;
            call = call.cost_allocation_tags_status(entry);
        }
        let answer = call.send().await.map_err(failure).map_err(explained)?;
        unknown.extend(answer.errors.into_iter().flatten().filter_map(|error| error.tag_key));
    }
    Ok(unknown)
}

fn shown(clients: &Clients, keys: &BTreeSet<String>) -> Properties {
    Properties::from_iter([
        ("TagKeys".to_owned(), keys.iter().cloned().collect()),
        ("AccountId".to_owned(), clients.account_id().as_str().into()),
    ])
}

/// Activates what is not active yet, until it is told to be.
async fn activate(clients: &Clients, desired: &Properties, handle: Handle) -> Step {
    let wanted = keys(desired)?;
    let there = active(clients).await?;
    let missing = wanted.difference(&there).cloned();
    let unknown = set(clients, missing, &CostAllocationTagStatus::Active).await?;
    let id = clients.account_id().as_str();
    if unknown.is_empty() {
        if handle.is_shown(&wanted, &there) {
            return Ok(done(id, shown(clients, &wanted)));
        }
        return handle.look_again(id, "activating");
    }
    if get(desired, "WaitForKeys")?.unwrap_or(false) {
        let status = format!("waiting for AWS Billing to know {}", unknown.join(", "));
        return pending(&handle, Some(id.to_owned()), WAIT, status);
    }
    let message = format!(
        "AWS Billing does not know the tag keys {} yet: it does within 24 hours of the first resource that carries them. Apply \
         again then, or set `WaitForKeys: true` and a `timeouts` of a day",
        unknown.join(", ")
    );
    let failure = Failure::new(FailureCode::NotStabilized, message);
    // Some of them are active by now.
    let partly = unknown.len() < wanted.len();
    Err(if partly { failure.with_identifier(id) } else { failure })
}

/// Waits until keys that were set inactive are told so.
async fn deactivated(clients: &Clients, identifier: &str, handle: Handle) -> Step {
    if handle.is_shown(&BTreeSet::new(), &active(clients).await?) {
        return Ok(deleted(identifier));
    }
    handle.look_again(identifier, "deactivating")
}

#[async_trait]
impl Adapter for CostAllocationTags {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        activate(clients, &request.properties, Handle::default()).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        if request.identifier != clients.account_id().as_str() {
            return Ok(Observed::Absent);
        }
        let mut there = active(clients).await?;
        // Others may have activated keys of their own; without a record every key is meant.
        if let Some(recorded) = request.recorded.as_ref().filter(|recorded| recorded.contains_key("TagKeys")) {
            let own = keys(recorded)?;
            there.retain(|key| own.contains(key));
        }
        if there.is_empty() {
            return Ok(Observed::Absent);
        }
        Ok(Observed::Present { properties: shown(clients, &there) })
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        if request.identifier != clients.account_id().as_str() {
            return Err(not_found(TYPE, &request.identifier));
        }
        let mut handle = Handle::default();
        if top_level(&request.changed).contains("TagKeys") {
            let (before, wanted) = (keys(&request.observed)?, keys(&request.properties)?);
            let there = active(clients).await?;
            if before.is_disjoint(&there) {
                return Err(not_found(TYPE, &request.identifier));
            }
            handle.gone = before.difference(&wanted).filter(|key| there.contains(*key)).cloned().collect();
            set(clients, handle.gone.iter().cloned(), &CostAllocationTagStatus::Inactive).await?;
        }
        activate(clients, &request.properties, handle).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let there = active(clients).await?;
        let own = keys(&request.recorded)?;
        if own.is_disjoint(&there) || request.identifier != clients.account_id().as_str() {
            return Err(not_found(TYPE, &request.identifier));
        }
        let handle = Handle { polls: 0, gone: own.intersection(&there).cloned().collect() };
        set(clients, handle.gone.iter().cloned(), &CostAllocationTagStatus::Inactive).await?;
        deactivated(clients, &request.identifier, handle).await
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let handle: Handle = decode_handle(&request.handle)?;
        match request.operation {
            Operation::Delete => deactivated(clients, &request.identifier.unwrap_or_default(), handle).await,
            Operation::Create | Operation::Update => activate(clients, &request.properties, handle).await,
        }
    }

    async fn list(&self, clients: &Clients, _request: ListRequest) -> Result<ListResponse, Failure> {
        let any = !active(clients).await?.is_empty();
        let identifiers = any.then(|| clients.account_id().to_string()).into_iter().collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        // Whoever activated a key: it is what was asked for, and asking again harms nothing.
        let wanted = keys(&request.properties)?;
        let identifier = clients.account_id().to_string();
        let there = active(clients).await?;
        Ok(if wanted.is_disjoint(&there) { Recovered::Absent } else { Recovered::Exists { identifier } })
    }
}
