//! Why an operation failed: a closed set of codes, with one table of what is worth a retry.

use serde::{Deserialize, Serialize};

/// The error codes of the handler contract
/// (<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FailureCode {
    /// The type, or this property, cannot be updated.
    NotUpdatable,
    /// The input is not acceptable.
    InvalidRequest,
    /// The caller may not.
    AccessDenied,
    /// The credentials are missing, malformed, expired, or of another account.
    InvalidCredentials,
    /// A resource of this identifier exists.
    AlreadyExists,
    /// No resource of this identifier exists.
    NotFound,
    /// Something else is being done to it, or holds it.
    ResourceConflict,
    /// Too many calls.
    Throttling,
    /// A quota is reached.
    ServiceLimitExceeded,
    /// It did not reach a stable state: it failed on the service's side, or in time.
    NotStabilized,
    /// An error of the service that is none of the others.
    GeneralServiceException,
    /// The service failed inside.
    ServiceInternalError,
    /// The service answered too late.
    ServiceTimeout,
    /// The connection failed: the call may or may not have taken effect.
    NetworkFailure,
    /// A fault of the adapter.
    InternalFailure,
    /// The account or region cannot use the service: closed, not opted in, not there.
    Unsupported,
}

impl FailureCode {
    /// Whether the same call may well succeed a little later.
    ///
    /// `NetworkFailure` and `ServiceTimeout` leave open whether the call took effect: the engine repeats them only with the same
    /// token or after recovery.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Throttling | Self::ServiceInternalError | Self::ServiceTimeout | Self::NetworkFailure => true,
            // A conflict passes when the other operation ends; so the engine waits, within the operation's timeout.
            Self::ResourceConflict => true,
            Self::NotUpdatable
            | Self::InvalidRequest
            | Self::AccessDenied
            | Self::InvalidCredentials
            | Self::AlreadyExists
            | Self::NotFound
            | Self::ServiceLimitExceeded
            | Self::NotStabilized
            | Self::GeneralServiceException
            | Self::InternalFailure
            | Self::Unsupported => false,
        }
    }

    /// Whether the call may have taken effect although no answer came.
    pub fn leaves_effect_open(self) -> bool {
        matches!(self, Self::NetworkFailure | Self::ServiceTimeout | Self::ServiceInternalError)
    }
}

/// A failed operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{code:?}: {message}")]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The kind.
    pub code: FailureCode,
    /// What the service said, with its own error code in front where it gave one.
    pub message: String,
    /// For AWS support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// If set, a half-made resource stands under it and must be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
}

impl Failure {
    /// A failure that leaves nothing behind.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), request_id: None, identifier: None }
    }

    /// The same, leaving a half-made resource behind.
    #[must_use]
    pub fn with_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.identifier = Some(identifier.into());
        self
    }
}
