//! The life cycle of what reads show the state of: all DataZone types, those of Q Business, and resource shares. An [`Entity`] says
//! how one type is made, read, changed and removed, one plain call after the other; [`Living`] makes an [`Adapter`] of it that
//! follows what takes time, and keeps the handler contract.

use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::errors::reference_missing;
use crate::progress::{decode_handle, deleted, deleted_but, done, not_found, pending, wait_after};
use crate::recorded::{differing, top_level};
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use charter_catalog::Catalog;
use charter_model::{Address, TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, IdempotencyToken, LeftBehind, ListRequest,
    ListResponse, Observed, Operation, Pending, Progress, Properties, ReadRequest, RecoverRequest, Recovered,
    StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many looks a read gets to show what was written.
const LOOKS: u32 = 8;
/// The same where it is certain that they will: some minutes.
const CERTAIN: u32 = 60;

/// What a status word means for whoever waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    Ready,
    Waiting,
    /// With what the service says about it.
    Failed(Option<String>),
}

/// What was read.
pub(crate) struct Found {
    pub(crate) properties: Properties,
    /// The service's own word.
    pub(crate) status: String,
    pub(crate) health: Health,
}

impl Found {
    /// Of a type without status words: what can be read is there.
    pub(crate) fn ready(properties: Properties) -> Self {
        Self { properties, status: String::new(), health: Health::Ready }
    }
}

/// One type.
#[async_trait]
pub(crate) trait Entity: Send + Sync + 'static {
    /// Its name, as the one element of a list.
    const TYPE: &'static [&'static str];
    /// The longest wait between two looks.
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    /// Properties that an update takes and a creation does not.
    const AFTERWARDS: &'static [&'static str] = &[];
    /// Whether it is something that happened, which can only be forgotten.
    const IS_HISTORY: bool = false;
    /// Whether what a creation names may be made a moment ago and not be found yet.
    const MAY_COME: bool = false;
    /// A property that every change moves, where nothing else that is read shows that one was taken in.
    const MOVES: Option<&'static str> = None;
    /// Whether a change takes it away and makes it anew, so that for a while reads may show it as gone.
    const IS_MADE_ANEW: bool = false;
    /// What a deletion leaves behind: out of use is all that it can be brought to.
    const LEFT_BEHIND: Option<LeftBehind> = None;

    /// Checks beyond the schema. Offline.
    fn check(&self, desired: &Value) -> CheckResponse {
        let _ = desired;
        CheckResponse::default()
    }

    /// The call that brings it into being; returns the identifier. Empty: it is not known yet, and [`Entity::named`] is asked for it.
    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure>;

    /// The identifier of what was made, where a creation does not tell it; none: not to be seen yet.
    async fn named(&self, clients: &Clients, properties: &Properties) -> Result<Option<String>, Failure> {
        let _ = (clients, properties);
        Ok(None)
    }

    /// Reads it; none if it is gone.
    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure>;

    /// Brings the changed properties about. May be called again after it failed half-way.
    async fn change(&self, change: Change<'_>) -> Result<(), Failure>;

    /// Asks for its deletion.
    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure>;

    /// Lists identifiers.
    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure>;

    /// The identifiers of what is the outcome of a creation of which nothing was heard. None: it is looked for among all, by
    /// everything that was asked for.
    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let _ = (clients, request);
        Ok(None)
    }

    /// Whether a repeated creation with the same token makes nothing new.
    const HAS_TOKEN: bool = false;
}

/// The adapter of a type.
pub(crate) struct Living<E> {
    entity: E,
    catalog: &'static Catalog,
}

/// Adapts an entity.
pub(crate) fn adapter<E: Entity>(entity: E, catalog: &'static Catalog) -> Arc<dyn Adapter> {
    Arc::new(Living { entity, catalog })
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Stage {
    /// Not made yet: it names something that is not known yet.
    Making,
    /// Made; its identifier is not known yet.
    Naming,
    /// Made; what creation does not take comes once it is ready.
    Creating,
    /// All was called for.
    Settling,
    /// Being deleted.
    Deleting,
}

/// What the journal keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    stage: Stage,
    #[serde(default)]
    polls: u32,
    /// Of what is not made yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    /// What [`Entity::MOVES`] read before the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<serde_json::Value>,
}

impl Handle {
    fn new(stage: Stage) -> Self {
        Self { stage, polls: 0, address: None, before: None }
    }
}

/// The parts of a request that all steps need.
struct Target<'a> {
    clients: &'a Clients,
    type_name: &'a TypeName,
    identifier: &'a str,
    desired: &'a Properties,
    token: &'a IdempotencyToken,
}

impl<E: Entity> Living<E> {
    fn pending(&self, handle: &Handle, identifier: &str, status: &str) -> Step {
        let wait = wait_after(handle.polls, E::LONGEST_WAIT);
        pending(handle, Some(identifier.to_owned()), wait, status.to_lowercase().replace('_', " "))
    }

    /// Whether everything that comes after a creation has been done.
    fn is_whole(&self, request: &RecoverRequest, found: &Found) -> bool {
        let asked = E::AFTERWARDS.iter().filter(|name| request.properties.contains_key(**name));
        asked.copied().all(|name| found.properties.contains_key(name))
            && differing(self.catalog, &request.type_name, &found.properties, &request.properties).is_empty()
    }

    /// Those of which everything that was asked for, as far as it can be read, is there. Most types of DataZone have no tags, but
    /// names that are unique where they are.
    async fn search(&self, clients: &Clients, request: &RecoverRequest) -> Result<Vec<String>, Failure> {
        let mut same = Vec::new();
        for identifier in neighbours(&self.entity, clients, request).await? {
            if let Some(found) = self.entity.find(clients, &identifier, Some(&request.properties)).await?
                && differing(self.catalog, &request.type_name, &found.properties, &request.properties).is_empty()
            {
                same.push(identifier);
            }
        }
        Ok(same)
    }

    async fn make(&self, clients: &Clients, request: &CreateRequest, polls: u32) -> Step {
        let identifier = match self.entity.make(clients, request).await {
            Ok(identifier) => identifier,
            Err(failure) if E::MAY_COME && failure.code == FailureCode::NotFound && polls < LOOKS => {
                let address = Some(request.address.clone());
                let handle = Handle { polls, address, ..Handle::new(Stage::Making) };
                return pending(&handle, None, wait_after(polls, E::LONGEST_WAIT), "waiting for what it refers to");
            }
            Err(failure) => return Err(reference_missing(failure)),
        };
        let (type_name, desired, token) = (&request.type_name, &request.properties, &request.token);
        if identifier.is_empty() {
            return self.name(clients, type_name, desired, token, 0).await;
        }
        self.begin(&Target { clients, type_name, identifier: &identifier, desired, token }).await
    }

    /// Looks for the identifier of what was made, and goes on with it.
    async fn name(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        desired: &Properties,
        token: &IdempotencyToken,
        polls: u32,
    ) -> Step {
        match self.entity.named(clients, desired).await {
            Ok(Some(identifier)) => {
                self.begin(&Target { clients, type_name, identifier: &identifier, desired, token }).await
            }
            Err(failure) if !failure.code.is_retryable() => Err(failure),
            // The call for it was answered, and without its identifier nobody would know it again.
            _ if polls <= CERTAIN => {
                let handle = Handle { polls, ..Handle::new(Stage::Naming) };
                pending(&handle, None, wait_after(polls, E::LONGEST_WAIT), "not visible yet")
            }
            _ => {
                let message = format!("{type_name} was made, but DataZone does not show it: apply again");
                Err(Failure::new(FailureCode::NotStabilized, message))
            }
        }
    }

    /// Goes on with what was made: nothing that happens here may lose the identifier.
    async fn begin(&self, target: &Target<'_>) -> Step {
        let handle = Handle::new(Stage::Creating);
        match self.follow(target, handle.clone()).await {
            Err(failure) if failure.code.is_retryable() => self.pending(&handle, target.identifier, "creating"),
            Err(failure) => Err(failure.with_identifier(target.identifier)),
            step => step,
        }
    }

    async fn follow(&self, target: &Target<'_>, handle: Handle) -> Step {
        let Target { clients, type_name, identifier, desired, token } = *target;
        let Some(found) = self.entity.find(clients, identifier, Some(desired)).await? else {
            // Where the call that makes it was answered, a read that does not show it is behind.
            let is_made = handle.stage == Stage::Creating || handle.stage == Stage::Settling && E::IS_MADE_ANEW;
            return match handle.stage {
                Stage::Deleting => Ok(deleted_but(identifier, E::LEFT_BEHIND)),
                _ if handle.polls <= if is_made { CERTAIN } else { LOOKS } => {
                    self.pending(&handle, identifier, "not visible yet")
                }
                _ => Err(not_found(type_name.as_str(), identifier)),
            };
        };
        match (handle.stage, found.health) {
            (_, Health::Failed(why)) => Err(given_up(type_name, identifier, &found.status, why)),
            (Stage::Deleting, Health::Ready) => self.pending(&handle, identifier, "deleting"),
            (_, Health::Waiting) => self.pending(&handle, identifier, &found.status),
            (stage, Health::Ready) => {
                let differs = differing(self.catalog, type_name, &found.properties, desired);
                // What can never be read has to be set once in any case.
                let changed: BTreeSet<String> = (E::AFTERWARDS.iter().copied())
                    .filter(|name| desired.contains_key(*name))
                    .filter(|name| differs.contains(*name) || !found.properties.contains_key(*name))
                    .map(str::to_owned)
                    .collect();
                if stage == Stage::Creating && !changed.is_empty() {
                    let observed = &found.properties;
                    let change = Change { clients, identifier, observed, desired, changed: &changed, token };
                    self.entity.change(change).await.map_err(reference_missing)?;
                    return self.pending(&Handle::new(Stage::Settling), identifier, "updating");
                }
                let has_moved = handle.before.is_none() || moving::<E>(&found.properties) != handle.before;
                // Where out of use is all that a deletion leaves, a status that shows late must not be recorded as it was: when it
                // shows, it would count as a deletion.
                let is_late = E::LEFT_BEHIND.is_some() && E::AFTERWARDS.iter().any(|name| differs.contains(*name));
                let looks = if has_moved && !is_late { LOOKS } else { CERTAIN };
                if !(differs.is_empty() && has_moved) && handle.polls <= looks {
                    return self.pending(&handle, identifier, "settling");
                }
                Ok(done(identifier, found.properties))
            }
        }
    }
}

/// All that is where an intent's resource was to be.
pub(crate) async fn neighbours<E: Entity>(
    entity: &E,
    clients: &Clients,
    request: &RecoverRequest,
) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    let mut page = None;
    loop {
        let list = ListRequest {
            type_name: request.type_name.clone(),
            placement: request.placement.clone(),
            filter: request.properties.clone(),
            page,
        };
        // With what it was to be in, it is gone itself.
        let Some(listed) = if_found(entity.list(clients, &list).await)? else { return Ok(all) };
        all.extend(listed.identifiers);
        page = listed.next;
        if page.is_none() {
            return Ok(all);
        }
    }
}

fn moving<E: Entity>(properties: &Properties) -> Option<serde_json::Value> {
    properties.get(E::MOVES?).cloned()
}

/// The failure of what a service has given up on.
fn given_up(type_name: &TypeName, identifier: &str, status: &str, why: Option<String>) -> Failure {
    let why = why.unwrap_or_else(|| "it gives no reason".to_owned());
    let service = type_name.as_str().split("::").nth(1).unwrap_or("AWS");
    let message = format!("{service} gave up on {type_name} {identifier} ({status}): {why}");
    Failure::new(FailureCode::NotStabilized, message).with_identifier(identifier)
}

#[async_trait]
impl<E: Entity> Adapter for Living<E> {
    fn types(&self) -> &'static [&'static str] {
        E::TYPE
    }

    fn check(&self, _type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.entity.check(desired)
    }

    fn left_behind(&self) -> Option<LeftBehind> {
        E::LEFT_BEHIND
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        self.make(clients, &request, 0).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = self.entity.find(clients, &request.identifier, request.recorded.as_ref()).await?;
        Ok(found.map_or(Observed::Absent, |found| Observed::Present { properties: found.properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let changed = top_level(&request.changed);
        let change = Change {
            clients,
            identifier: &request.identifier,
            observed: &request.observed,
            desired: &request.properties,
            changed: &changed,
            token: &request.token,
        };
        if let Err(failure) = self.entity.change(change).await {
            // Either it is gone, or something that a property refers to.
            let may_be_gone = matches!(failure.code, FailureCode::NotFound | FailureCode::AccessDenied);
            if may_be_gone && self.entity.find(clients, &request.identifier, Some(&request.observed)).await?.is_none() {
                return Err(not_found(request.type_name.as_str(), &request.identifier));
            }
            return Err(reference_missing(failure));
        }
        let (type_name, desired, token) = (&request.type_name, &request.properties, &request.token);
        let target = Target { clients, type_name, identifier: &request.identifier, desired, token };
        let before = moving::<E>(&request.observed);
        self.follow(&target, Handle { before, ..Handle::new(Stage::Settling) }).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        if let Err(failure) = self.entity.remove(clients, &request).await {
            let found = match failure.code {
                FailureCode::NotFound => {
                    self.entity.find(clients, &request.identifier, Some(&request.recorded)).await?
                }
                _ => None,
            };
            match found.map(|found| found.health) {
                // What is being deleted already may not be found by another deletion, but is not gone: it may still hold others.
                Some(Health::Waiting) => {}
                // Out of use was how it was asked for: there is nothing to call, and it stays all the same.
                Some(Health::Ready) if E::LEFT_BEHIND.is_some() => {
                    return Ok(deleted_but(request.identifier, E::LEFT_BEHIND));
                }
                _ => return Err(failure),
            }
        }
        if E::IS_HISTORY {
            return Ok(deleted(request.identifier));
        }
        self.pending(&Handle::new(Stage::Deleting), &request.identifier, "deleting")
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        handle.polls = handle.polls.saturating_add(1);
        if let (Stage::Making, Some(address)) = (handle.stage, handle.address.take()) {
            request.can_be_asked_again()?;
            let StatusRequest { type_name, placement, properties, token, .. } = request;
            let create = CreateRequest { address, type_name, placement, properties, token };
            return self.make(clients, &create, handle.polls).await;
        }
        let identifier = request.identifier.unwrap_or_default();
        let (type_name, desired, token) = (&request.type_name, &request.properties, &request.token);
        if handle.stage == Stage::Naming {
            return self.name(clients, type_name, desired, token, handle.polls).await;
        }
        let target = Target { clients, type_name, identifier: &identifier, desired, token };
        self.follow(&target, handle).await
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        self.entity.list(clients, &request).await
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        // What a change brought cannot be read, so that nobody knows whether it was made: it is asked for again.
        if request.operation == Operation::Update && E::MOVES.is_some() {
            return Ok(Recovered::Repeat);
        }
        let identifier = match (&request.identifier, request.operation) {
            (Some(identifier), _) => identifier.clone(),
            (None, Operation::Create) => {
                let mut candidates = match self.entity.candidates(clients, &request).await? {
                    Some(candidates) => candidates,
                    None => self.search(clients, &request).await?,
                };
                match (candidates.pop(), candidates.is_empty()) {
                    (None, _) if E::HAS_TOKEN => return Ok(Recovered::Repeat),
                    (None, _) => return Ok(Recovered::Absent),
                    (Some(identifier), true) => identifier,
                    (Some(identifier), false) => {
                        candidates.push(identifier);
                        let reason =
                            format!("several could be {}; delete or rename those that are not meant", request.address);
                        return Ok(Recovered::Ambiguous { candidates, reason });
                    }
                }
            }
            (None, Operation::Update | Operation::Delete) => return Ok(Recovered::Absent),
        };
        let Some(found) = self.entity.find(clients, &identifier, Some(&request.properties)).await? else {
            let (stage, status) = match request.operation {
                // It may have been made anew: if it was not, that shows in the end.
                Operation::Update if E::IS_MADE_ANEW => (Stage::Settling, "not visible yet"),
                // Followed to its end, since only that says what it left behind.
                Operation::Delete if E::LEFT_BEHIND.is_some() => (Stage::Deleting, "deleting"),
                _ => return Ok(Recovered::Absent),
            };
            let step = self.pending(&Handle::new(stage), &identifier, status)?;
            return Ok(as_pending(step).map_or(Recovered::Absent, Recovered::Pending));
        };
        let stage = match request.operation {
            Operation::Create => Stage::Creating,
            Operation::Update => Stage::Settling,
            Operation::Delete => Stage::Deleting,
        };
        let is_deletion = found.status == "DELETING";
        let goes_on = found.health == Health::Waiting && is_deletion == (stage == Stage::Deleting);
        if goes_on || stage == Stage::Creating && found.health == Health::Ready && !self.is_whole(&request, &found) {
            let step = self.pending(&Handle::new(stage), &identifier, &found.status)?;
            if let Some(pending) = as_pending(step) {
                return Ok(Recovered::Pending(pending));
            }
        }
        Ok(Recovered::Exists { identifier })
    }
}

fn as_pending(progress: Progress) -> Option<Pending> {
    match progress {
        Progress::Pending(pending) => Some(pending),
        Progress::Done(_) | Progress::Failed(_) => None,
    }
}

/// Splits an identifier into its parts, as many as its form has.
pub(crate) fn parts_of(type_name: &str, form: &str, identifier: &str) -> Result<Vec<String>, Failure> {
    let parts: Vec<String> = identifier.split('|').map(str::to_owned).collect();
    if parts.len() == form.split('|').count() && parts.iter().all(|part| !part.is_empty()) {
        return Ok(parts);
    }
    let message = format!("{identifier} is not an identifier of {type_name}: write {form}");
    Err(Failure::new(FailureCode::InvalidRequest, message))
}

/// The same, for a form of so many parts.
pub(crate) fn parts<const N: usize>(type_name: &str, form: &str, identifier: &str) -> Result<[String; N], Failure> {
    let parts = parts_of(type_name, form, identifier)?;
    parts.try_into().map_err(|_| Failure::new(FailureCode::InternalFailure, format!("{form} has not {N} parts")))
}

/// The changed properties with their new values. Texts that are no longer wanted become empty.
pub(crate) fn settings(change: &Change<'_>, empty: &[&str]) -> Properties {
    let mut settings = Properties::new();
    for name in change.changed {
        match change.desired.get(name) {
            Some(value) => drop(settings.insert(name.clone(), value.clone())),
            None if empty.contains(&name.as_str()) => drop(settings.insert(name.clone(), "".into())),
            None => {}
        }
    }
    settings
}

/// A filter of a listing that the user need not give.
pub(crate) fn optional(request: &ListRequest, name: &str) -> Option<String> {
    request.filter.get(name).and_then(serde_json::Value::as_str).map(str::to_owned)
}
