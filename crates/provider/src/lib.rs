//! The contract between the engine and whatever makes resources real. Shaped after the handler contract of the CloudFormation
//! registry (<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html>) and Pulumi's
//! resource provider, so that either can stand behind or in front of it.
//!
//! The engine owns the trait, `aws` implements it, only the binary sees both. The module `contract`, behind the feature of that name,
//! puts a provider through the contract. Imports `model` and `catalog`.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod failure;
mod meter;
mod progress;

pub use failure::{Failure, FailureCode};
pub use meter::{Meter, answered, metered, turn};
pub use progress::{Done, LeftBehind, Pending, Progress};

use async_trait::async_trait;
use charter_catalog::TypeSchema;
use charter_model::{AccountId, AccountName, Address, Placement, TypeName, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The properties of a resource in the registry's shape: a JSON object by property name.
pub type Properties = serde_json::Map<String, serde_json::Value>;

/// Asks for the creation of a resource.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    /// Where it stands in the stacks; the adapters never look at it except to recover.
    pub address: Address,
    /// Its type.
    pub type_name: TypeName,
    /// Where it goes.
    pub placement: Placement,
    /// Complete: name and tags filled in, secrets revealed.
    pub properties: Properties,
    /// From the journal: the same on every try of the same intent.
    pub token: IdempotencyToken,
}

/// Asks what is there.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// The type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The primary identifier, several parts joined by `|` as Cloud Control does.
    pub identifier: String,
    /// What was last recorded: properties that cannot be read back are taken from here, with nothing that was not recorded.
    pub recorded: Option<Properties>,
}

/// Asks for a change in place.
#[derive(Debug, Clone)]
pub struct UpdateRequest {
    /// Where it stands in the stacks.
    pub address: Address,
    /// The type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The primary identifier.
    pub identifier: String,
    /// What is there now, as last read.
    pub observed: Properties,
    /// What shall be there: complete, not a patch.
    pub properties: Properties,
    /// The top-level properties that differ.
    pub changed: Vec<charter_model::Pointer>,
    /// From the journal.
    pub token: IdempotencyToken,
}

/// Asks for a deletion.
#[derive(Debug, Clone)]
pub struct DeleteRequest {
    /// Where it stood in the stacks.
    pub address: Address,
    /// The type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The primary identifier.
    pub identifier: String,
    /// What was last read or recorded.
    pub recorded: Properties,
    /// Whether contents may be thrown away with it (objects of a bucket, a final snapshot not taken).
    pub discard_contents: bool,
    /// From the journal.
    pub token: IdempotencyToken,
}

/// Asks how a pending operation is getting on.
#[derive(Debug, Clone)]
pub struct StatusRequest {
    /// Which operation.
    pub operation: Operation,
    /// The type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The token that [`Pending`] carried.
    pub handle: String,
    /// The identifier, if known by now.
    pub identifier: Option<String>,
    /// For a creation or update, what was asked for; for a deletion, what was recorded.
    pub properties: Properties,
    /// Whether secrets are missing in `properties`: an earlier run asked for this, and they were never written down.
    pub without_secrets: bool,
    /// From the journal.
    pub token: IdempotencyToken,
}

impl StatusRequest {
    /// For a creation or update that is to be asked for once more.
    ///
    /// # Errors
    ///
    /// Without its secrets it would make something else. The next apply, which has them, asks again with the same token.
    pub fn can_be_asked_again(&self) -> Result<(), Failure> {
        if self.without_secrets {
            let message = "it had not begun when an earlier run was stopped, and its secrets are not written down: it is asked for \
                           again when it is applied";
            return Err(Failure::new(FailureCode::InvalidRequest, message));
        }
        Ok(())
    }
}

/// Asks for the identifiers of a type.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// The type.
    pub type_name: TypeName,
    /// Where to look.
    pub placement: Placement,
    /// For types that are listed within a parent: the parent's properties, such as `IndexId`.
    pub filter: Properties,
    /// From the previous page.
    pub page: Option<String>,
}

/// One page of identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListResponse {
    /// Primary identifiers.
    pub identifiers: Vec<String>,
    /// For the next page; none on the last.
    pub next: Option<String>,
}

/// Asks what became of an intent of which no result was recorded.
#[derive(Debug, Clone)]
pub struct RecoverRequest {
    /// Which operation.
    pub operation: Operation,
    /// Where the resource stands in the stacks; its tag `charter:address` says so too.
    pub address: Address,
    /// The environment; its tag `charter:environment` says so too.
    pub environment: charter_model::EnvironmentName,
    /// The type.
    pub type_name: TypeName,
    /// Where it lives.
    pub placement: Placement,
    /// The identifier, if it was journalled.
    pub identifier: Option<String>,
    /// What was asked for, as journalled: secrets are missing from it.
    pub properties: Properties,
    /// The token that the call carried.
    pub token: IdempotencyToken,
}

/// What became of an intent.
#[derive(Debug, Clone, PartialEq)]
pub enum Recovered {
    /// The resource exists under this identifier: the engine reads it and plans from there. A half-made one that the adapter can
    /// complete is [`Recovered::Pending`], since a run that is under way does not plan again.
    Exists {
        /// Its primary identifier.
        identifier: String,
    },
    /// The operation is still going on: follow it.
    Pending(Pending),
    /// There is nothing: the call never took effect, or the deletion is complete.
    Absent,
    /// The service takes the same token again and answers with the same resource: repeat the call.
    Repeat,
    /// It cannot be told apart; never guess.
    Ambiguous {
        /// The identifiers that it could be.
        candidates: Vec<String>,
        /// What makes it ambiguous, and what the user can do.
        reason: String,
    },
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// It exists.
    Present {
        /// Properties and read-only attributes, without nulls.
        properties: Properties,
    },
    /// It is gone.
    Absent,
}

/// The mutating operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Takes it away.
    Delete,
}

/// A text that makes a repeated call harmless: 64 characters of `[0-9a-f]`, unique for one operation of one run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdempotencyToken(pub Arc<str>);

/// The result of [`Provider::check`]: normalised inputs, or what is wrong with them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckResponse {
    /// What is wrong, each with the place below the properties.
    pub failures: Vec<(charter_model::Pointer, String)>,
}

/// A finding of a preflight about an account as a whole: `Amazon Kendra takes no new customers …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightFinding {
    /// Whether nothing should be started.
    pub blocks: bool,
    /// What is wrong and what to do.
    pub message: String,
}

/// A resource that a plan is about to make or change, as far as it is known by then.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePreflight {
    /// The resource.
    pub address: Address,
    /// Its type.
    pub type_name: TypeName,
    /// Where it is to be.
    pub placement: Placement,
    /// What is asked for; may hold unknowns.
    pub desired: Value,
    /// Whether another one stands there now, which it replaces.
    pub replaces: bool,
}

/// A configured provider: it knows its accounts and has credentials for them. (How it is configured is its own affair: an
/// unconfigured provider is another type.)
#[async_trait]
pub trait Provider: Send + Sync {
    /// The type's schema; none if this provider does not serve the type.
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>>;

    /// The service whose rate of calls the type's operations share. Where several types are called through one service, it is that
    /// one and not their own.
    fn service(&self, type_name: &TypeName) -> Arc<str> {
        type_name.service().into()
    }

    /// Checks the identity behind the credentials of a placement against the environment's account id. Called once for each
    /// placement before its first use.
    async fn verify(&self, placement: &Placement) -> Result<(), Failure>;

    /// Tells which account a name stands for that the stacks make, once it is there and before anything else is asked about it.
    /// Safe to repeat; refuses another account than the one that it was told before.
    fn locate(&self, account: &AccountName, id: &AccountId) -> Result<(), Failure> {
        let _ = (account, id);
        Ok(())
    }

    /// Whether the account can use the types at all (closed services, missing opt-ins). Reads only.
    async fn preflight(&self, placement: &Placement, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        let _ = (placement, types);
        Ok(Vec::new())
    }

    /// Whether the account can use what a resource names that is about to be made or changed, a foundation model say. Reads only.
    async fn preflight_resource(&self, resource: &ResourcePreflight) -> Result<Vec<PreflightFinding>, Failure> {
        let _ = resource;
        Ok(Vec::new())
    }

    /// Checks desired properties beyond what the schema says. May see unknowns. Offline.
    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        let _ = (type_name, desired);
        CheckResponse::default()
    }

    /// What a deletion of the type's resources leaves behind, so that a plan says it before it is asked for; none: nothing. Offline.
    /// What it did leave behind is in [`Done::left_behind`].
    fn left_behind(&self, type_name: &TypeName) -> Option<LeftBehind> {
        let _ = type_name;
        None
    }

    /// Makes a resource. A failure that carries an identifier is a half-made resource.
    async fn create(&self, request: CreateRequest) -> Progress;

    /// Reads a resource.
    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure>;

    /// Changes a resource in place; the identifier stays.
    async fn update(&self, request: UpdateRequest) -> Progress;

    /// Takes a resource away. What is already gone fails with [`FailureCode::NotFound`].
    async fn delete(&self, request: DeleteRequest) -> Progress;

    /// Follows a pending operation.
    async fn status(&self, request: StatusRequest) -> Progress;

    /// Lists the identifiers of a type.
    async fn list(&self, request: ListRequest) -> Result<ListResponse, Failure>;

    /// Finds out what became of an intent without a result. Changes nothing.
    async fn recover(&self, request: RecoverRequest) -> Result<Recovered, Failure>;

    /// Reads a secret from AWS Secrets Manager for `secret://secretsmanager/…`. Returns the whole text.
    async fn secret(&self, placement: &Placement, name: &str) -> Result<String, Failure>;
}

/// How long an operation may take when neither the user nor the type says: Cloud Control's own limit is 36 hours for a
/// handler chain; no type that Charter ships takes longer than this.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);
