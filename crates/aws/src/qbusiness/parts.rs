//! What is in an application by an id that Q Business gives: data accessors, indices, plugins, retrievers, web experiences.
//!
//! A [`Part`] says which calls make, read, change, remove and list one type; [`InApplication`] makes an [`Entity`] of it, with its
//! tags and its identifier, `ApplicationId|ID`.

use super::support::{self, arn, beside_tags, change_tags, marked};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::{Entity, Found, parts};
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::types::ErrorDetail;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use std::time::Duration;

/// Where one is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) application: String,
    pub(super) id: String,
}

/// What a reading call tells.
pub(super) struct Seen {
    pub(super) properties: Properties,
    pub(super) status: String,
    pub(super) error: Option<ErrorDetail>,
}

impl Seen {
    /// Of an answer without a word on what went wrong.
    pub(super) fn plain(properties: Properties, status: &str) -> Self {
        Self { properties, status: status.to_owned(), error: None }
    }
}

/// One page of ids, and the token of the next.
pub(super) type Page = (Vec<String>, Option<String>);

/// One type.
#[async_trait]
pub(super) trait Part: Send + Sync + 'static {
    /// Its name, as the one element of a list.
    const TYPE: &'static [&'static str];
    /// The form of its identifier: `ApplicationId|PluginId`.
    const FORM: &'static str;
    /// As it is called in ARNs: `plugin`.
    const PATH: &'static str;
    /// [`Entity::LONGEST_WAIT`]
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    /// [`Entity::AFTERWARDS`]
    const AFTERWARDS: &'static [&'static str] = &[];

    /// Makes it; its id.
    async fn make(clients: &Clients, request: &CreateRequest) -> Result<String, Failure>;

    /// Reads it; none if it is gone.
    async fn find(clients: &Clients, place: &Place, recorded: Option<&Properties>) -> Result<Option<Seen>, Failure>;

    /// Brings about what has changed beside its tags.
    async fn change(change: &Change<'_>, place: Place) -> Result<(), Failure>;

    /// Asks for its deletion.
    async fn remove(clients: &Clients, place: Place) -> Result<(), Failure>;

    /// Lists those of an application.
    async fn list(clients: &Clients, application: &str, page: Option<String>) -> Result<Page, Failure>;
}

/// The answer of a reading call, if there is something to be read.
pub(super) fn answered<T, E>(result: Result<T, crate::errors::ServiceError<E>>) -> Result<Option<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if_found(result.map_err(failure))
}

/// The adapter's view of a part.
pub(super) struct InApplication<P>(pub(super) P);

impl<P: Part> InApplication<P> {
    fn place(identifier: &str) -> Result<Place, Failure> {
        let name = P::TYPE.first().copied().unwrap_or_default();
        let [application, id] = parts(name, P::FORM, identifier)?;
        Ok(Place { application, id })
    }

    fn arn(clients: &Clients, place: &Place) -> String {
        arn(clients, &place.application, &format!("/{}/{}", P::PATH, place.id))
    }
}

#[async_trait]
impl<P: Part> Entity for InApplication<P> {
    const TYPE: &'static [&'static str] = P::TYPE;
    const LONGEST_WAIT: Duration = P::LONGEST_WAIT;
    const AFTERWARDS: &'static [&'static str] = P::AFTERWARDS;
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        Ok(format!("{application}|{}", P::make(clients, request).await?))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let place = Self::place(identifier)?;
        let Some(seen) = P::find(clients, &place, recorded).await? else { return Ok(None) };
        let arn = Self::arn(clients, &place);
        support::found(clients, &arn, seen.properties, &seen.status, seen.error.as_ref()).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let place = Self::place(change.identifier)?;
        if change.has("Tags") {
            change_tags(change.clients, &Self::arn(change.clients, &place), change.observed, change.desired).await?;
        }
        if beside_tags(&change) { P::change(&change, place).await } else { Ok(()) }
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        P::remove(clients, Self::place(&request.identifier)?).await
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let (ids, next) = P::list(clients, &application, request.page.clone()).await?;
        Ok(ListResponse { identifiers: ids.into_iter().map(|id| format!("{application}|{id}")).collect(), next })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}
