//! Whose a domain is, kept with all that is in it.
//!
//! To an account that a domain is no longer shared with, DataZone answers as if the domain were gone. Only its owner can tell, and the
//! owner need not be an account of the environment: so what is read of something in a domain names the account that the domain is of
//! ([`charter_catalog::DOMAIN_ACCOUNT`]), which the state then remembers when nobody could be asked any more.

use super::domains;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use async_trait::async_trait;
use charter_catalog::DOMAIN_ACCOUNT;
use charter_model::{TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, LeftBehind, ListRequest, ListResponse, Observed, Operation,
    PreflightFinding, Progress, Properties, ReadRequest, RecoverRequest, Recovered, ResourcePreflight, StatusRequest,
    UpdateRequest,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The accounts that domains are of, by the domain's id: it never changes.
#[derive(Debug, Default)]
pub(crate) struct DomainOwners(Mutex<HashMap<String, String>>);

impl DomainOwners {
    fn known(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, domain: &str) -> Option<String> {
        self.known().get(domain).cloned()
    }

    pub(super) fn learn(&self, domain: &str, owner: &str) {
        self.known().insert(domain.to_owned(), owner.to_owned());
    }
}

/// The adapter of something in a domain.
pub(super) struct InDomain(pub(super) Arc<dyn Adapter>);

/// The first part of every identifier in a domain.
fn domain_of(identifier: &str) -> &str {
    identifier.split('|').next().unwrap_or_default()
}

/// What a record tells of the owner is known from now on.
fn learn(clients: &Clients, identifier: &str, recorded: &Properties) {
    if let Some(owner) = recorded.get(DOMAIN_ACCOUNT).and_then(serde_json::Value::as_str) {
        clients.domain_owners().learn(domain_of(identifier), owner);
    }
}

/// Names the owner among the properties; not at all where it cannot be asked for.
async fn name(clients: &Clients, identifier: &str, properties: &mut Properties) {
    let domain = domain_of(identifier);
    let owner = match clients.domain_owners().of(domain) {
        Some(owner) => Some(owner),
        None => domains::owner_of(clients, domain).await,
    };
    if let Some(owner) = owner {
        clients.domain_owners().learn(domain, &owner);
        properties.insert(DOMAIN_ACCOUNT.to_owned(), owner.into());
    }
}

async fn named(clients: &Clients, step: Step) -> Step {
    let mut progress = step?;
    if let Progress::Done(done) = &mut progress {
        name(clients, &done.identifier, &mut done.properties).await;
    }
    Ok(progress)
}

#[async_trait]
impl Adapter for InDomain {
    fn types(&self) -> &'static [&'static str] {
        self.0.types()
    }

    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.0.check(type_name, desired)
    }

    async fn preflight(&self, clients: &Clients, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        self.0.preflight(clients, types).await
    }

    async fn preflight_resource(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        self.0.preflight_resource(clients, resource).await
    }

    fn left_behind(&self) -> Option<LeftBehind> {
        self.0.left_behind()
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        named(clients, self.0.create(clients, request).await).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let identifier = request.identifier.clone();
        learn(clients, &identifier, request.recorded.as_ref().unwrap_or(&Properties::new()));
        let mut observed = self.0.read(clients, request).await?;
        if let Observed::Present { properties } = &mut observed {
            name(clients, &identifier, properties).await;
        }
        Ok(observed)
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        learn(clients, &request.identifier, &request.observed);
        named(clients, self.0.update(clients, request).await).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        learn(clients, &request.identifier, &request.recorded);
        self.0.delete(clients, request).await
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        learn(clients, request.identifier.as_deref().unwrap_or_default(), &request.properties);
        let deletes = request.operation == Operation::Delete;
        let step = self.0.status(clients, request).await;
        if deletes { step } else { named(clients, step).await }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        self.0.list(clients, request).await
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        learn(clients, request.identifier.as_deref().unwrap_or_default(), &request.properties);
        self.0.recover(clients, request).await
    }
}
