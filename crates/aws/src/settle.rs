//! The life cycle of resources that are made at once but by several calls, and that reads need a moment to reflect: IAM, S3,
//! Secrets Manager.
//!
//! A [`Resource`] says how one type is made, changed, read and removed, one plain call after the other. [`Settling`] makes an
//! [`Adapter`] of it that keeps the handler contract: after a creation or change it reads until the answer shows what was asked
//! for (each look is one step; the wait between is the engine's), a resource that was made but not completed is never reported
//! without its identifier, and a deletion is over when reads say so too.

use crate::adapter::{Adapter, ResourcePreflight, Step};
use crate::clients::Clients;
use crate::errors::reference_missing;
use crate::progress::{decode_handle, deleted, done, encode_handle, not_found, pending, wait_after};
use crate::propagation::{Repeat, is_passing};
use crate::recorded::{carry_write_only, differing, drop_write_only, top_level};
use async_trait::async_trait;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Address, Placement, TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, IdempotencyToken, ListRequest, ListResponse,
    Observed, Operation, Pending, PreflightFinding, Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest,
    UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many looks a read gets to show what was written. What it shows then is taken for AWS's own way of writing it; IAM
/// usually needs a second or two. The waits add up to a quarter of a minute.
const LOOKS: u32 = 6;
/// How often a deletion is tried again that something still holds: long enough for a detachment made a moment ago to be known.
const HELD: u32 = 8;
/// How often a creation is tried again that names something unknown, which may have been made a moment ago, or whose name is
/// held by something that is being deleted.
const NOT_READY: u32 = 8;
/// How many looks it may be invisible after its creation was accepted: some minutes.
const UNSEEN: u32 = 60;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A change to be brought about.
pub(crate) struct Change<'a> {
    /// Where.
    pub(crate) clients: &'a Clients,
    /// The primary identifier.
    pub(crate) identifier: &'a str,
    /// What is there.
    pub(crate) observed: &'a Properties,
    /// What shall be there, complete.
    pub(crate) desired: &'a Properties,
    /// The top-level properties that differ.
    pub(crate) changed: &'a BTreeSet<String>,
    /// From the journal.
    pub(crate) token: &'a IdempotencyToken,
}

impl Change<'_> {
    /// Whether a property differs.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// Whether one of several differs.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }
}

/// How far a removal got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// Everything has been called for.
    Whole,
    /// There is more to do than one step should; the text says how it is getting on.
    Partly(String),
}

/// One type.
#[async_trait]
pub(crate) trait Resource: Send + Sync + 'static {
    /// Its name, as the one element of a list.
    const TYPE: &'static [&'static str];

    /// Checks beyond the schema. Offline.
    fn check(&self, desired: &Value) -> CheckResponse {
        let _ = desired;
        CheckResponse::default()
    }

    /// Whether the account can use what it names: see [`Adapter::preflight_resource`].
    async fn preflight(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        let _ = (clients, resource);
        Ok(Vec::new())
    }

    /// The call that brings it into being, and no other; returns the identifier. `NotFound` is about something it refers
    /// to, `ResourceConflict` about something that holds its name and will soon be gone.
    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure>;

    /// Brings the changed properties about. May be called again after it failed half-way.
    async fn apply(&self, change: Change<'_>) -> Result<(), Failure>;

    /// Reads it without what is write-only; none if it is gone. `recorded` tells what was once set, for properties of which
    /// others may add parts of their own.
    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure>;

    /// Takes it away, with what hangs on it. May be called again after it failed half-way.
    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure>;

    /// Lists identifiers.
    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure>;

    /// What became of a creation whose identifier was never heard of.
    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure>;
}

/// The adapter of a type.
pub(crate) struct Settling<R> {
    resource: R,
    catalog: &'static Catalog,
}

/// Adapts a resource.
pub(crate) fn adapter<R: Resource>(resource: R, catalog: &'static Catalog) -> Arc<dyn Adapter> {
    Arc::new(Settling { resource, catalog })
}

/// What the journal keeps between two steps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Handle {
    /// Not made yet: it names something that is not known yet.
    Making { attempts: u32, address: Address },
    /// Made; being brought to what was asked for.
    Applying { attempts: u32 },
    /// All was called for; reads do not show it yet.
    Reflecting { attempts: u32 },
    /// Being removed, or all was called for.
    Removing { attempts: u32, address: Address, discard_contents: bool, is_called: bool },
}

/// The parts of a request that all steps need.
struct Target<'a> {
    clients: &'a Clients,
    type_name: &'a TypeName,
    identifier: &'a str,
    desired: &'a Properties,
    token: &'a IdempotencyToken,
}

impl<R: Resource> Settling<R> {
    fn schema(&self, type_name: &TypeName) -> Result<Arc<TypeSchema>, Failure> {
        self.catalog.schema(type_name).ok_or_else(|| {
            Failure::new(FailureCode::Unsupported, format!("{type_name} is not in the catalogue of types"))
        })
    }

    async fn observe(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(mut properties) = self.resource.read(clients, identifier, recorded).await? else { return Ok(None) };
        carry_write_only(self.schema(type_name)?.write_only(), recorded, &mut properties);
        Ok(Some(properties))
    }

    async fn make(&self, clients: &Clients, request: CreateRequest, attempts: u32) -> Step {
        let identifier = match self.resource.make(clients, &request).await {
            Ok(identifier) => identifier,
            Err(failure) if attempts < NOT_READY && is_not_ready(failure.code) => {
                let handle = Handle::Making { attempts: attempts.saturating_add(1), address: request.address };
                let status = match failure.code {
                    FailureCode::NotFound => "waiting for what it refers to",
                    _ => "waiting for what holds its name",
                };
                return pending(&handle, None, wait_after(attempts, LONGEST_WAIT), status);
            }
            Err(failure) => return Err(reference_missing(failure)),
        };
        let target = Target {
            clients,
            type_name: &request.type_name,
            identifier: &identifier,
            desired: &request.properties,
            token: &request.token,
        };
        self.complete(&target, 0).await
    }

    /// Goes on with what was just made. Nothing that happens here may lose the identifier.
    async fn complete(&self, target: &Target<'_>, attempts: u32) -> Step {
        let failure = match self.fill(target).await {
            Ok(Some(observed)) => return self.reflect(target, Some(observed), 0).await,
            Ok(None) if attempts < UNSEEN => {
                let handle = Handle::Applying { attempts: attempts.saturating_add(1) };
                let wait = wait_after(attempts, LONGEST_WAIT);
                return pending(&handle, Some(target.identifier.to_owned()), wait, "not visible yet");
            }
            Ok(None) => Failure::new(
                FailureCode::NotStabilized,
                format!("{} {} was made but cannot be read", target.type_name, target.identifier),
            ),
            Err(failure) => failure,
        };
        let passes = matches!(failure.code, FailureCode::NotFound | FailureCode::NotStabilized)
            || failure.code.is_retryable()
            || is_passing(&failure);
        let attempts = attempts.saturating_add(1);
        match Repeat::wait_before(attempts).filter(|_| passes) {
            Some(wait) => {
                let handle = Handle::Applying { attempts };
                pending(&handle, Some(target.identifier.to_owned()), wait, "completing")
            }
            None => Err(reference_missing(failure).with_identifier(target.identifier)),
        }
    }

    /// Reads what was made and brings the rest about; none if it cannot be read yet.
    async fn fill(&self, target: &Target<'_>) -> Result<Option<Properties>, Failure> {
        let Target { clients, type_name, identifier, desired, token, .. } = *target;
        let Some(observed) = self.observe(clients, type_name, identifier, Some(desired)).await? else {
            return Ok(None);
        };
        let changed = differing(self.catalog, type_name, &observed, desired);
        if changed.is_empty() {
            return Ok(Some(observed));
        }
        let change = Change { clients, identifier, observed: &observed, desired, changed: &changed, token };
        self.resource.apply(change).await?;
        self.observe(clients, type_name, identifier, Some(desired)).await
    }

    /// Looks until reads show what was asked for.
    async fn reflect(&self, target: &Target<'_>, observed: Option<Properties>, attempts: u32) -> Step {
        let Target { clients, type_name, identifier, desired, .. } = *target;
        let observed = match observed {
            Some(observed) => Some(observed),
            None => self.observe(clients, type_name, identifier, Some(desired)).await?,
        };
        let enough = attempts >= LOOKS;
        match observed {
            Some(mut observed) if enough || differing(self.catalog, type_name, &observed, desired).is_empty() => {
                // They were only there to be compared: what is told goes to the state.
                drop_write_only(self.schema(type_name)?.write_only(), &mut observed);
                Ok(done(identifier, observed))
            }
            // An inline policy under its new name, too, may be seen a moment later.
            None if enough => Err(not_found(type_name.as_str(), identifier)),
            _ => {
                let handle = Handle::Reflecting { attempts: attempts.saturating_add(1) };
                pending(&handle, Some(identifier.to_owned()), wait_after(attempts, LONGEST_WAIT), "settling")
            }
        }
    }

    async fn step_removal(&self, clients: &Clients, request: DeleteRequest, attempts: u32, is_called: bool) -> Step {
        let again = |is_called: bool, status: &str, wait: Duration| {
            let handle = Handle::Removing {
                attempts: attempts.saturating_add(1),
                address: request.address.clone(),
                discard_contents: request.discard_contents,
                is_called,
            };
            pending(&handle, Some(request.identifier.clone()), wait, status)
        };
        let wait = wait_after(attempts, LONGEST_WAIT);
        if !is_called {
            match self.resource.remove(clients, &request).await {
                Ok(Removed::Whole) => {}
                Ok(Removed::Partly(status)) => return again(false, &status, Duration::ZERO),
                // An earlier step of this deletion took it away.
                Err(failure) if failure.code == FailureCode::NotFound && attempts > 0 => {}
                Err(failure) if failure.code == FailureCode::ResourceConflict => {
                    if attempts < HELD {
                        return again(false, "still in use", wait);
                    }
                    // Not the code that is worth a retry: it has been retried.
                    return Err(Failure { code: FailureCode::GeneralServiceException, ..failure });
                }
                Err(failure) => return Err(failure),
            }
        }
        // After its deletion a resource may be seen for a moment longer.
        match self.resource.read(clients, &request.identifier, Some(&request.recorded)).await? {
            Some(_) if attempts < LOOKS => again(true, "settling", wait),
            _ => Ok(deleted(request.identifier)),
        }
    }
}

#[async_trait]
impl<R: Resource> Adapter for Settling<R> {
    fn types(&self) -> &'static [&'static str] {
        R::TYPE
    }

    fn check(&self, _type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.resource.check(desired)
    }

    async fn preflight_resource(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        self.resource.preflight(clients, resource).await
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        self.make(clients, request, 0).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = self.observe(clients, &request.type_name, &request.identifier, request.recorded.as_ref()).await?;
        Ok(found.map_or(Observed::Absent, |properties| Observed::Present { properties }))
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
        if let Err(failure) = self.resource.apply(change).await {
            // Either it is gone, or something that a property refers to.
            let is_gone = failure.code == FailureCode::NotFound
                && self.resource.read(clients, &request.identifier, None).await?.is_none();
            return Err(if is_gone { failure } else { reference_missing(failure) });
        }
        let target = Target {
            clients,
            type_name: &request.type_name,
            identifier: &request.identifier,
            desired: &request.properties,
            token: &request.token,
        };
        self.reflect(&target, None, 0).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        self.step_removal(clients, request, 0, false).await
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let handle: Handle = decode_handle(&request.handle)?;
        if matches!(handle, Handle::Making { .. }) {
            request.can_be_asked_again()?;
        }
        let StatusRequest { type_name, placement, identifier, properties, token, .. } = request;
        if let Handle::Making { attempts, address } = handle {
            let create = CreateRequest { address, type_name, placement, properties, token };
            return self.make(clients, create, attempts).await;
        }
        let identifier = identifier.ok_or_else(|| lost(&type_name, &placement))?;
        let target =
            Target { clients, type_name: &type_name, identifier: &identifier, desired: &properties, token: &token };
        match handle {
            Handle::Reflecting { attempts } => self.reflect(&target, None, attempts).await,
            Handle::Removing { attempts, address, discard_contents, is_called } => {
                let recorded = properties;
                let request =
                    DeleteRequest { address, type_name, placement, identifier, recorded, discard_contents, token };
                self.step_removal(clients, request, attempts, is_called).await
            }
            Handle::Applying { attempts } | Handle::Making { attempts, .. } => self.complete(&target, attempts).await,
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        self.resource.list(clients, &request).await
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let found = match (&request.identifier, request.operation) {
            (Some(identifier), _) => {
                let found = self.resource.read(clients, identifier, Some(&request.properties)).await?;
                found.map_or(Recovered::Absent, |_| Recovered::Exists { identifier: identifier.clone() })
            }
            (None, Operation::Create) => self.resource.recover(clients, &request).await?,
            (None, Operation::Update | Operation::Delete) => {
                return Err(lost(&request.type_name, &request.placement));
            }
        };
        match found {
            Recovered::Exists { identifier } if request.operation == Operation::Create => {
                self.go_on(clients, &request, identifier).await
            }
            other => Ok(other),
        }
    }
}

impl<R: Resource> Settling<R> {
    /// What a creation has made exists, but several calls make it whole: the first may be all that took effect. Then it is still
    /// going on, and is completed by following it.
    async fn go_on(
        &self,
        clients: &Clients,
        request: &RecoverRequest,
        identifier: String,
    ) -> Result<Recovered, Failure> {
        let RecoverRequest { type_name, properties, .. } = request;
        let is_whole = match self.observe(clients, type_name, &identifier, Some(properties)).await? {
            Some(observed) => differing(self.catalog, type_name, &observed, properties).is_empty(),
            None => false,
        };
        if is_whole {
            return Ok(Recovered::Exists { identifier });
        }
        Ok(Recovered::Pending(Pending {
            handle: encode_handle(&Handle::Applying { attempts: 0 })?,
            identifier: Some(identifier),
            retry_after: Duration::ZERO,
            status: Some("completing".to_owned()),
        }))
    }
}

fn is_not_ready(code: FailureCode) -> bool {
    matches!(code, FailureCode::NotFound | FailureCode::ResourceConflict)
}

fn lost(type_name: &TypeName, placement: &Placement) -> Failure {
    let message = format!("the journal does not say which {type_name} in {} is meant", placement.account);
    Failure::new(FailureCode::InternalFailure, message)
}

/// Nothing found counts as none; every other failure stays.
pub(crate) fn if_found<T>(result: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What is already gone is gone.
pub(crate) fn gone_is_fine<T>(result: Result<T, Failure>) -> Result<(), Failure> {
    if_found(result).map(drop)
}

/// Says more about "already exists": whose it is, and what to do.
pub(crate) fn explain_existing(failure: Failure, what: &str, name: &str) -> Failure {
    if failure.code != FailureCode::AlreadyExists {
        return failure;
    }
    let message = format!(
        "{}. Another {what} {name} stands there that this resource did not make: choose another name, or adopt it with \
         `import: {name}`",
        failure.message.trim_end_matches('.')
    );
    Failure { message, ..failure }
}
