//! Requests made and followed to their end: what the engine does, without the engine.

use crate::{
    CreateRequest, DeleteRequest, Done, Failure, FailureCode, IdempotencyToken, ListRequest, Observed, Operation,
    Progress, Properties, Provider, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use charter_model::{Address, EnvironmentName, Placement, Pointer, TypeName};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The most looks that one operation may take.
const PATIENCE: usize = 500;

/// The most pages that one listing may have.
const PAGES: usize = 100;

/// A provider with a place to work in.
pub struct Driver<'a> {
    /// Who is examined.
    pub provider: &'a dyn Provider,
    /// Where.
    pub placement: Placement,
    /// For the marks.
    pub environment: EnvironmentName,
    /// Waits are cut to this. Under paused time there is no need to.
    pub longest_wait: Duration,
    tokens: AtomicU64,
}

impl<'a> Driver<'a> {
    /// A driver that waits as long as it is told to.
    pub fn new(provider: &'a dyn Provider, placement: Placement, environment: EnvironmentName) -> Self {
        Self { provider, placement, environment, longest_wait: Duration::MAX, tokens: AtomicU64::new(0) }
    }

    /// Another token with each call.
    pub fn token(&self) -> IdempotencyToken {
        let count = self.tokens.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        IdempotencyToken(format!("{count:064x}").into())
    }

    async fn wait(&self, wait: Duration) {
        tokio::time::sleep(wait.min(self.longest_wait)).await;
    }

    /// Follows what was begun to its end. The first four are what a status request repeats of the request.
    ///
    /// # Errors
    /// What the provider says, and what does not end.
    pub async fn follow(
        &self,
        operation: Operation,
        type_name: &TypeName,
        properties: &Properties,
        token: &IdempotencyToken,
        mut progress: Progress,
    ) -> Result<Done, Failure> {
        let mut identifier = None;
        for _ in 0..PATIENCE {
            match progress {
                Progress::Done(done) => return Ok(done),
                Progress::Failed(failure) => return Err(failure),
                Progress::Pending(pending) => {
                    identifier = pending.identifier.or(identifier);
                    self.wait(pending.retry_after).await;
                    let request = StatusRequest {
                        operation,
                        type_name: type_name.clone(),
                        placement: self.placement.clone(),
                        handle: pending.handle,
                        identifier: identifier.clone(),
                        properties: properties.clone(),
                        without_secrets: false,
                        token: token.clone(),
                    };
                    progress = self.provider.status(request).await;
                }
            }
        }
        let message = format!("it goes on after {PATIENCE} looks");
        Err(Failure::new(FailureCode::NotStabilized, message))
    }

    /// Makes a resource.
    ///
    /// # Errors
    /// What the provider says.
    pub async fn create(
        &self,
        address: &Address,
        type_name: &TypeName,
        properties: &Properties,
        token: &IdempotencyToken,
    ) -> Result<Done, Failure> {
        let request = CreateRequest {
            address: address.clone(),
            type_name: type_name.clone(),
            placement: self.placement.clone(),
            properties: properties.clone(),
            token: token.clone(),
        };
        let progress = self.provider.create(request).await;
        self.follow(Operation::Create, type_name, properties, token, progress).await
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// What the provider says.
    pub async fn read(
        &self,
        type_name: &TypeName,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Observed, Failure> {
        let request = ReadRequest {
            type_name: type_name.clone(),
            placement: self.placement.clone(),
            identifier: identifier.to_owned(),
            recorded: recorded.cloned(),
        };
        self.provider.read(request).await
    }

    /// Changes a resource, after a look at what is there; `before` stands in for that if there is nothing.
    ///
    /// # Errors
    /// What the provider says.
    pub async fn update(
        &self,
        address: &Address,
        type_name: &TypeName,
        identifier: &str,
        before: &Properties,
        after: &Properties,
    ) -> Result<Done, Failure> {
        let observed = match self.read(type_name, identifier, Some(before)).await? {
            Observed::Present { properties } => properties,
            Observed::Absent => before.clone(),
        };
        let token = self.token();
        let mut names: Vec<&String> =
            before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name)).collect();
        names.sort();
        names.dedup();
        let request = UpdateRequest {
            address: address.clone(),
            type_name: type_name.clone(),
            placement: self.placement.clone(),
            identifier: identifier.to_owned(),
            observed,
            properties: after.clone(),
            changed: names.into_iter().map(|name| Pointer::root().key(name)).collect(),
            token: token.clone(),
        };
        let progress = self.provider.update(request).await;
        self.follow(Operation::Update, type_name, after, &token, progress).await
    }

    /// Takes a resource away. `discard_contents` as in [`DeleteRequest`].
    ///
    /// # Errors
    /// What the provider says.
    pub async fn delete(
        &self,
        address: &Address,
        type_name: &TypeName,
        identifier: &str,
        recorded: &Properties,
        discard_contents: bool,
    ) -> Result<Done, Failure> {
        let token = self.token();
        let request = DeleteRequest {
            address: address.clone(),
            type_name: type_name.clone(),
            placement: self.placement.clone(),
            identifier: identifier.to_owned(),
            recorded: recorded.clone(),
            discard_contents,
            token: token.clone(),
        };
        let progress = self.provider.delete(request).await;
        self.follow(Operation::Delete, type_name, recorded, &token, progress).await
    }

    /// Every identifier of a type, page after page.
    ///
    /// # Errors
    /// What the provider says, and a listing that does not end.
    pub async fn list(&self, type_name: &TypeName, filter: &Properties) -> Result<Vec<String>, Failure> {
        let (mut found, mut page) = (Vec::new(), None);
        for _ in 0..PAGES {
            let request = ListRequest {
                type_name: type_name.clone(),
                placement: self.placement.clone(),
                filter: filter.clone(),
                page,
            };
            let answer = self.provider.list(request).await?;
            found.extend(answer.identifiers);
            page = answer.next;
            if page.is_none() {
                return Ok(found);
            }
        }
        Err(Failure::new(FailureCode::InternalFailure, format!("a listing has more than {PAGES} pages")))
    }

    /// What became of a creation of which nothing was heard.
    ///
    /// # Errors
    /// What the provider says.
    pub async fn recover(
        &self,
        address: &Address,
        type_name: &TypeName,
        properties: &Properties,
        token: &IdempotencyToken,
    ) -> Result<Recovered, Failure> {
        let request = RecoverRequest {
            operation: Operation::Create,
            address: address.clone(),
            environment: self.environment.clone(),
            type_name: type_name.clone(),
            placement: self.placement.clone(),
            identifier: None,
            properties: properties.clone(),
            token: token.clone(),
        };
        self.provider.recover(request).await
    }
}
