//! DataZone's words and habits: errors, client tokens, domains and who may call them, pages.

use super::records::{Domain, Kind, Settings, Thing, Token};
use crate::service::{Call, ServiceError};
use crate::services::iam::role_can_be_assumed_by;
use crate::services::ram;
use crate::services::shared::{Answer, page, page_size};
use charter_model::{AccountId, content_digest};
use serde_json::{Value, json};

pub(super) const SERVICE: &str = "datazone.amazonaws.com";

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", message)
}

pub(super) fn conflict(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ConflictException", message)
}

pub(super) fn absent(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ResourceNotFoundException", message)
}

/// The words that DataZone refuses with, as public reports quote them.
pub(super) fn denied(call: &Call<'_>) -> ServiceError {
    let message = format!("User is not permitted to perform operation: {}", call.operation);
    ServiceError::new("AccessDeniedException", message)
}

/// Whether DataZone may assume a role.
pub(super) fn can_assume(call: &Call<'_>, role: &str, source_arn: Option<&str>) -> Result<(), String> {
    role_can_be_assumed_by(call, role, SERVICE, source_arn)
}

/// A domain that the caller may call, with the account that owns it.
pub(super) struct Scope {
    pub(super) owner: AccountId,
    pub(super) domain: Domain,
}

impl Scope {
    pub(super) fn id(&self) -> &str {
        &self.domain.id
    }

    pub(super) fn key(&self, id: &str) -> String {
        format!("{}|{id}", self.domain.id)
    }

    pub(super) fn get<R: Kind>(&self, call: &Call<'_>, id: &str) -> Option<Thing> {
        call.store.get::<R>(&self.owner, call.region, &self.key(id)).map(Kind::into_thing)
    }

    pub(super) fn read<R: Kind>(&self, call: &Call<'_>, id: &str) -> Option<Thing> {
        call.store.read::<R>(&self.owner, call.region, &self.key(id)).map(Kind::into_thing)
    }

    /// All of a kind, the truth, by key without the domain.
    pub(super) fn all<R: Kind>(&self, call: &Call<'_>) -> Vec<(String, Thing)> {
        let prefix = self.key("");
        let all = call.store.list::<R>(&self.owner, call.region).into_iter();
        all.filter_map(|(key, record)| Some((key.strip_prefix(&prefix)?.to_owned(), record.into_thing()))).collect()
    }

    /// All of a kind as a reader is told.
    pub(super) fn told<R: Kind>(&self, call: &Call<'_>) -> Vec<(String, Thing)> {
        let prefix = self.key("");
        let all = call.store.read_all::<R>(&self.owner, call.region).into_iter();
        all.filter_map(|(key, record)| Some((key.strip_prefix(&prefix)?.to_owned(), record.into_thing()))).collect()
    }

    pub(super) fn put<R: Kind>(&self, call: &mut Call<'_>, id: &str, thing: Thing) {
        call.store.put(&self.owner, call.region, &self.key(id), &R::of(thing));
    }

    pub(super) fn remove<R: Kind>(&self, call: &mut Call<'_>, id: &str) -> bool {
        call.store.remove::<R>(&self.owner, call.region, &self.key(id))
    }

    /// Lets everything of a kind go with the domain.
    pub(super) fn end<R: Kind>(&self, call: &mut Call<'_>, gone: jiff::Timestamp) {
        for (id, mut thing) in self.all::<R>(call) {
            thing.deleted = Some(thing.deleted.map_or(gone, |earlier| earlier.min(gone)));
            self.put::<R>(call, &id, thing);
        }
    }
}

/// The domain that a call is about, by the truth, in any state.
pub(super) fn any_domain(call: &Call<'_>, id: &str) -> Result<Scope, ServiceError> {
    if let Some(domain) = call.store.get::<Domain>(call.account, call.region, id) {
        return Ok(Scope { owner: call.account.clone(), domain });
    }
    // Of another account: only if that shares it with the caller's.
    let elsewhere = call.store.everywhere::<Domain>().into_iter();
    let mut elsewhere = elsewhere.filter(|entry| entry.region == call.region && entry.key == id);
    match elsewhere.next() {
        Some(entry) if is_shared(call, &entry.account, &entry.record.arn, call.account) => {
            Ok(Scope { owner: entry.account, domain: entry.record })
        }
        _ => Err(denied(call)),
    }
}

/// Whether the owner shares a domain with an account that has taken it: what DataZone calls an associated account.
pub(super) fn is_shared(call: &Call<'_>, owner: &AccountId, arn: &str, account: &AccountId) -> bool {
    !ram::permissions_for(call, owner, arn, account).is_empty()
}

/// Refuses an account that the domain is shared with what no permission for domains allows.
pub(super) fn for_the_owner_only(call: &Call<'_>, scope: &Scope) -> Result<(), ServiceError> {
    if scope.owner == *call.account {
        return Ok(());
    }
    // As aws/modern-data-architecture-accelerator, issue 39, quotes it.
    let message = format!(
        "User: {} not authorized to perform: datazone:{1} on resource: {2} because no resource-based policy allows the \
         datazone:{1} action",
        call.caller.arn, call.operation, scope.domain.arn
    );
    Err(ServiceError::new("AccessDeniedException", message))
}

/// The domain that a call works in. Nothing can be done in one that is not there, not ready, or going.
pub(super) fn scope(call: &Call<'_>) -> Result<Scope, ServiceError> {
    let scope = any_domain(call, call.required("domainIdentifier"))?;
    match scope.domain.status(call.now) {
        "AVAILABLE" => Ok(scope),
        _ => Err(denied(call)),
    }
}

/// What a token made before; the same token with another request is refused.
pub(super) fn made_before(call: &Call<'_>) -> Result<Option<String>, ServiceError> {
    let Some(token) = call.text("clientToken") else { return Ok(None) };
    let key = format!("{}/{token}", call.operation);
    match call.store.get::<Token>(call.account, call.region, &key) {
        None => Ok(None),
        Some(held) if held.digest == content_digest(&call.input) => Ok(Some(held.id)),
        Some(_) => Err(conflict("A request with the same client token and other parameters was made before.")),
    }
}

pub(super) fn remember(call: &mut Call<'_>, id: &str) {
    if let Some(token) = call.text("clientToken") {
        let key = format!("{}/{token}", call.operation);
        let record = Token { digest: content_digest(&call.input), id: id.to_owned() };
        call.store.put(call.account, call.region, &key, &record);
    }
}

/// The members of the input that a thing keeps.
pub(super) fn kept(call: &Call<'_>, names: &[&str]) -> Settings {
    names.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect()
}

pub(super) fn listed(call: &Call<'_>, member: &str, items: Vec<(String, Value)>) -> Answer {
    let (items, next) = page(items, call.text("nextToken"), page_size(call, "maxResults", 50))
        .ok_or_else(|| invalid("The provided nextToken is invalid."))?;
    Ok(json!({ member: items, "nextToken": next }))
}

/// An object with further members.
pub(super) fn with(settings: &Settings, more: Value) -> Value {
    let mut all = settings.clone();
    all.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}

/// An id as DataZone makes them.
pub(super) fn new_id(call: &mut Call<'_>) -> String {
    call.random.lower_alphanumeric(14)
}
