//! What serves one family of types: a native adapter, or Cloud Control for all the rest.
//!
//! An adapter follows the CloudFormation handler contract
//! (<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html>): creating what exists
//! says `AlreadyExists`, anything on what is gone says `NotFound`, an update keeps the identifier and leaves nothing half-applied,
//! and what is read has no nulls. It makes one step for each call and never waits: what takes longer comes back as
//! [`Progress::Pending`], whose handle (see [`crate::progress`]) is enough to go on in another process. What it says is done never
//! holds write-only properties: requests carry them in plain text, and the answer goes to the state.
//!
//! Imports `provider`, `model` and the clients only; an adapter does not know what a plan is.

use crate::clients::Clients;
use async_trait::async_trait;
use charter_model::{TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, LeftBehind, ListRequest, ListResponse, Observed,
    PreflightFinding, Progress, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};

pub(crate) use charter_provider::ResourcePreflight;

/// What a mutating step comes to. `Err` is the same as `Ok(Progress::Failed)`: it lets steps use `?`.
pub(crate) type Step = Result<Progress, Failure>;

/// Serves one or more types.
#[async_trait]
pub(crate) trait Adapter: Send + Sync {
    /// The types that it serves, such as `AWS::RDS::DBCluster`. Empty: every type that no other adapter claims.
    fn types(&self) -> &'static [&'static str];

    /// Checks beyond the schema. May see unknowns. Offline.
    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        let _ = (type_name, desired);
        CheckResponse::default()
    }

    /// Whether the account can use the types at all. Reads only.
    async fn preflight(&self, clients: &Clients, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        let _ = (clients, types);
        Ok(Vec::new())
    }

    /// Whether the account can use what a resource names that is about to be made or changed. Reads only.
    async fn preflight_resource(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        let _ = (clients, resource);
        Ok(Vec::new())
    }

    /// What a deletion of its types leaves behind: see [`charter_provider::Provider::left_behind`].
    fn left_behind(&self) -> Option<LeftBehind> {
        None
    }

    /// Makes a resource. A failure that carries an identifier is a half-made resource.
    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step;

    /// Reads a resource. Write-only properties need not be looked after: they are taken over from what was recorded afterwards.
    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure>;

    /// Changes a resource in place.
    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step;

    /// Takes a resource away.
    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step;

    /// Follows what [`Progress::Pending`] announced. Never called for an adapter that always finishes at once.
    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step;

    /// Lists the identifiers of a type.
    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure>;

    /// Finds out what became of an intent without a result. Changes nothing.
    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure>;
}
