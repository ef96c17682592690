//! A provider that notes which API calls each operation makes, so that the same calls can be made without Charter.

use async_trait::async_trait;
use bytes::Bytes;
use charter_aws::AwsProvider;
use charter_catalog::TypeSchema;
use charter_model::{AccountId, AccountName, Placement, TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, IdempotencyToken, LeftBehind, ListRequest, ListResponse,
    Observed, PreflightFinding, Progress, Provider, ReadRequest, RecoverRequest, Recovered, StatusRequest,
    UpdateRequest,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

tokio::task_local! {
    /// What the call that is being made belongs to: a resource's address, or the identifier that is read.
    static UNIT: Arc<str>;
}

/// One API call, as it went over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) method: http::Method,
    pub(crate) uri: http::Uri,
    /// The header `x-amz-target`, of services that speak JSON.
    pub(crate) target: Option<String>,
    pub(crate) body: Bytes,
}

/// The calls that were answered, by what they belong to.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    units: HashMap<Arc<str>, Vec<Exchange>>,
    throttled: usize,
}

impl Calls {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the call that is being made belongs to.
    pub(crate) fn unit() -> Option<Arc<str>> {
        UNIT.try_with(Arc::clone).ok()
    }

    /// A call that was answered, not throttled.
    pub(crate) fn add(&self, unit: Option<Arc<str>>, exchange: Exchange) {
        if let Some(unit) = unit {
            self.inner().units.entry(unit).or_default().push(exchange);
        }
    }

    /// A call that was throttled.
    pub(crate) fn throttled(&self) {
        self.inner().throttled += 1;
    }

    /// Hands over what was noted so far: the calls, and how many were throttled.
    pub(crate) fn take(&self) -> (HashMap<Arc<str>, Vec<Exchange>>, usize) {
        let inner = std::mem::take(&mut *self.inner());
        (inner.units, inner.throttled)
    }
}

/// The provider that is measured.
pub(crate) struct Recorder {
    provider: AwsProvider,
    /// Whose operation a token is of: later questions carry the token only.
    tokens: Mutex<HashMap<IdempotencyToken, Arc<str>>>,
}

impl Recorder {
    pub(crate) fn new(provider: AwsProvider) -> Self {
        Self { provider, tokens: Mutex::default() }
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<IdempotencyToken, Arc<str>>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, address: &charter_model::Address, token: &IdempotencyToken) -> Arc<str> {
        let unit: Arc<str> = address.to_string().into();
        self.tokens().insert(token.clone(), unit.clone());
        unit
    }
}

#[async_trait]
impl Provider for Recorder {
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        self.provider.schema(type_name)
    }

    fn service(&self, type_name: &TypeName) -> Arc<str> {
        self.provider.service(type_name)
    }

    async fn verify(&self, placement: &Placement) -> Result<(), Failure> {
        self.provider.verify(placement).await
    }

    fn locate(&self, account: &AccountName, id: &AccountId) -> Result<(), Failure> {
        self.provider.locate(account, id)
    }

    async fn preflight(&self, placement: &Placement, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        self.provider.preflight(placement, types).await
    }

    fn left_behind(&self, type_name: &TypeName) -> Option<LeftBehind> {
        self.provider.left_behind(type_name)
    }

    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.provider.check(type_name, desired)
    }

    async fn create(&self, request: CreateRequest) -> Progress {
        let unit = self.begin(&request.address, &request.token);
        UNIT.scope(unit, self.provider.create(request)).await
    }

    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure> {
        let unit = format!("{} {}", request.type_name, request.identifier).into();
        UNIT.scope(unit, self.provider.read(request)).await
    }

    async fn update(&self, request: UpdateRequest) -> Progress {
        let unit = self.begin(&request.address, &request.token);
        UNIT.scope(unit, self.provider.update(request)).await
    }

    async fn delete(&self, request: DeleteRequest) -> Progress {
        let unit = self.begin(&request.address, &request.token);
        UNIT.scope(unit, self.provider.delete(request)).await
    }

    async fn status(&self, request: StatusRequest) -> Progress {
        let unit = self.tokens().get(&request.token).cloned().unwrap_or_else(|| "unknown".into());
        UNIT.scope(unit, self.provider.status(request)).await
    }

    async fn list(&self, request: ListRequest) -> Result<ListResponse, Failure> {
        self.provider.list(request).await
    }

    async fn recover(&self, request: RecoverRequest) -> Result<Recovered, Failure> {
        self.provider.recover(request).await
    }

    async fn secret(&self, placement: &Placement, name: &str) -> Result<String, Failure> {
        self.provider.secret(placement, name).await
    }
}
