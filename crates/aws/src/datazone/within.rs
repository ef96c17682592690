//! What is made, read, changed, removed and listed in a domain by its own id: most types. A [`Member`] says with which calls;
//! everything around them is here: the domain and the parts of the identifier, refusals because the domain is going, and names that
//! are taken.

use super::refusals::{done_in, found};
use crate::clients::Clients;
use crate::convert;
use crate::errors::ServiceError;
use crate::living::{Entity, Found, parts_of, settings};
use crate::settle::{Change, explain_existing};
use async_trait::async_trait;
use aws_sdk_datazone::Client;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties};
use std::time::Duration;

/// Where something is, or is to be.
pub(super) struct Place<'a> {
    pub(super) clients: &'a Clients,
    pub(super) domain: String,
    /// The other parts of the identifier; empty of what is still to be made, and of a listing.
    ids: Vec<String>,
}

impl<'a> Place<'a> {
    /// In the domain that properties name.
    fn named(clients: &'a Clients, properties: &Properties) -> Result<Self, Failure> {
        Ok(Self { clients, domain: convert::required(properties, "DomainIdentifier")?, ids: Vec::new() })
    }

    /// By an identifier.
    fn of<M: Member>(clients: &'a Clients, identifier: &str) -> Result<Self, Failure> {
        let name = M::TYPE.first().copied().unwrap_or_default();
        let mut parts = parts_of(name, M::FORM, identifier)?.into_iter();
        Ok(Self { clients, domain: parts.next().unwrap_or_default(), ids: parts.collect() })
    }

    /// Of this domain, what has this id.
    pub(super) fn at(&self, id: &str) -> Self {
        Self { clients: self.clients, domain: self.domain.clone(), ids: vec![id.to_owned()] }
    }

    pub(super) fn client(&self) -> &Client {
        self.clients.datazone()
    }

    /// Its own id: the last part.
    pub(super) fn id(&self) -> &str {
        self.ids.last().map_or("", String::as_str)
    }

    /// The part before its own id: what it is in, of a type that is in something in a domain.
    pub(super) fn parent(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }

    /// The answer of a call.
    pub(super) async fn done<T: Send, E>(&self, result: Result<T, ServiceError<E>>) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        done_in(self.clients, &self.domain, result).await
    }

    /// The answer of a call; none if what it asks for is gone.
    pub(super) async fn found<T: Send, E>(&self, result: Result<T, ServiceError<E>>) -> Result<Option<T>, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        found(self.clients, &self.domain, result).await
    }
}

/// A page of what is in a domain: the identifiers without the domain, and the token of the next page.
pub(super) type Page = (Vec<String>, Option<String>);

/// One type; see [`Entity`], of which this is the greater part.
#[async_trait]
pub(super) trait Member: Send + Sync + 'static {
    const TYPE: &'static [&'static str];
    /// What people call it.
    const NOUN: &'static str;
    /// The parts of its identifier.
    const FORM: &'static str = "DomainId|Id";
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    const AFTERWARDS: &'static [&'static str] = &[];
    const HAS_TOKEN: bool = false;
    /// Texts that become empty when they are no longer wanted; others stay as they are.
    const TEXTS: &'static [&'static str] = &["Description"];

    /// Makes it, and returns its identifier without the domain.
    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure>;

    /// Reads it.
    async fn find(&self, place: &Place<'_>, recorded: Option<&Properties>) -> Result<Option<Found>, Failure>;

    /// Changes it: `settings` are the changed properties with their new values.
    async fn change(&self, place: &Place<'_>, settings: Properties, change: &Change<'_>) -> Result<(), Failure>;

    /// Asks for its deletion.
    async fn remove(&self, place: &Place<'_>, request: &DeleteRequest) -> Result<(), Failure>;

    /// Lists what is there.
    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure>;

    /// Says more about a creation that failed.
    async fn explain(&self, place: &Place<'_>, request: &CreateRequest, failure: Failure) -> Failure {
        let _ = place;
        let name = request.properties.get("Name").and_then(serde_json::Value::as_str).unwrap_or_default();
        explain_existing(failure, Self::NOUN, name)
    }
}

#[async_trait]
impl<M: Member> Entity for M {
    const TYPE: &'static [&'static str] = M::TYPE;
    const LONGEST_WAIT: Duration = M::LONGEST_WAIT;
    const AFTERWARDS: &'static [&'static str] = M::AFTERWARDS;
    const HAS_TOKEN: bool = M::HAS_TOKEN;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let place = Place::named(clients, &request.properties)?;
        match Member::make(self, &place, request).await {
            Ok(ids) => Ok(format!("{}|{ids}", place.domain)),
            Err(failure) => Err(self.explain(&place, request, failure).await),
        }
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        Member::find(self, &Place::of::<M>(clients, identifier)?, recorded).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let place = Place::of::<M>(change.clients, change.identifier)?;
        Member::change(self, &place, settings(&change, M::TEXTS), &change).await
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        Member::remove(self, &Place::of::<M>(clients, &request.identifier)?, request).await
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let place = Place::named(clients, &request.filter)?;
        let (ids, next) = Member::list(self, &place, request).await?;
        let identifiers = ids.into_iter().map(|id| format!("{}|{id}", place.domain)).collect();
        Ok(ListResponse { identifiers, next })
    }
}
