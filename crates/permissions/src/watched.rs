//! A provider that tells its transport which resource it is at work for. Imports nothing of the crate.

use async_trait::async_trait;
use charter_catalog::TypeSchema;
use charter_model::{AccountId, AccountName, Address, Placement, TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, FailureCode, IdempotencyToken, LeftBehind, ListRequest,
    ListResponse, Observed, Operation, PreflightFinding, Progress, Provider, ReadRequest, RecoverRequest, Recovered,
    StatusRequest, UpdateRequest,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

tokio::task_local! {
    static WORK: Work;
}

/// What a call is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) operation: &'static str,
    pub(crate) address: Address,
}

impl Work {
    /// What the present task is at work for.
    pub(crate) fn present() -> Option<Self> {
        WORK.try_with(Clone::clone).ok()
    }

    /// As one text.
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.operation, self.address)
    }

    /// Of its text.
    pub(crate) fn parse(text: &str) -> Option<(&str, Address)> {
        let (operation, address) = text.split_once(' ')?;
        Some((operation, address.parse().ok()?))
    }
}

/// A provider, watched.
pub(crate) struct Watched<P> {
    inner: P,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    by_token: BTreeMap<IdempotencyToken, Address>,
    by_identifier: BTreeMap<(TypeName, String), Address>,
}

impl<P: Provider> Watched<P> {
    pub(crate) fn new(inner: P) -> Self {
        Self { inner, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, operation: &'static str, address: &Address, token: &IdempotencyToken) -> Work {
        self.seen().by_token.insert(token.clone(), address.clone());
        Work { operation, address: address.clone() }
    }

    fn end(&self, address: &Address, type_name: &TypeName, progress: &Progress) {
        let identifier = match progress {
            Progress::Done(done) => Some(done.identifier.clone()),
            Progress::Pending(pending) => pending.identifier.clone(),
            Progress::Failed(failure) => failure.identifier.clone(),
        };
        if let Some(identifier) = identifier {
            self.seen().by_identifier.insert((type_name.clone(), identifier), address.clone());
        }
    }
}

async fn within<T>(work: Option<Work>, future: impl Future<Output = T>) -> T {
    match work {
        Some(work) => WORK.scope(work, future).await,
        None => future.await,
    }
}

#[async_trait]
impl<P: Provider> Provider for Watched<P> {
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        self.inner.schema(type_name)
    }

    fn service(&self, type_name: &TypeName) -> Arc<str> {
        self.inner.service(type_name)
    }

    async fn verify(&self, placement: &Placement) -> Result<(), Failure> {
        self.inner.verify(placement).await
    }

    fn locate(&self, account: &AccountName, id: &AccountId) -> Result<(), Failure> {
        self.inner.locate(account, id)
    }

    async fn preflight(&self, placement: &Placement, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        self.inner.preflight(placement, types).await
    }

    fn left_behind(&self, type_name: &TypeName) -> Option<LeftBehind> {
        self.inner.left_behind(type_name)
    }

    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.inner.check(type_name, desired)
    }

    async fn create(&self, request: CreateRequest) -> Progress {
        let work = self.begin("create", &request.address, &request.token);
        let (address, type_name) = (request.address.clone(), request.type_name.clone());
        let progress = within(Some(work), self.inner.create(request)).await;
        self.end(&address, &type_name, &progress);
        progress
    }

    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure> {
        let key = (request.type_name.clone(), request.identifier.clone());
        let address = self.seen().by_identifier.get(&key).cloned();
        within(address.map(|address| Work { operation: "read", address }), self.inner.read(request)).await
    }

    async fn update(&self, request: UpdateRequest) -> Progress {
        let work = self.begin("update", &request.address, &request.token);
        within(Some(work), self.inner.update(request)).await
    }

    async fn delete(&self, request: DeleteRequest) -> Progress {
        let work = self.begin("delete", &request.address, &request.token);
        within(Some(work), self.inner.delete(request)).await
    }

    async fn status(&self, request: StatusRequest) -> Progress {
        let address = self.seen().by_token.get(&request.token).cloned();
        let operation = match request.operation {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        };
        let type_name = request.type_name.clone();
        let work = address.clone().map(|address| Work { operation, address });
        let progress = within(work, self.inner.status(request)).await;
        if let Some(address) = address.filter(|_| operation == "create") {
            self.end(&address, &type_name, &progress);
        }
        progress
    }

    async fn list(&self, request: ListRequest) -> Result<ListResponse, Failure> {
        self.inner.list(request).await
    }

    async fn recover(&self, request: RecoverRequest) -> Result<Recovered, Failure> {
        let work = Work { operation: "recover", address: request.address.clone() };
        within(Some(work), self.inner.recover(request)).await
    }

    async fn secret(&self, placement: &Placement, name: &str) -> Result<String, Failure> {
        match self.inner.secret(placement, name).await {
            // Nobody has put it there; that it was asked for is what counts.
            Err(failure) if failure.code == FailureCode::NotFound => Ok("{}".to_owned()),
            result => result,
        }
    }
}
