//! What the behaviour of a service is written against: one call in, its output or its error out.
//!
//! Everything around it is done before and after: authentication, parsing, validation against the service's model, faults,
//! latency, serialising, the record of calls. A handler is synchronous and runs alone, so it needs no locks and replays exactly.

use crate::identity::Caller;
use crate::issuers::IssuerKeys;
use crate::random::Random;
use crate::settings::Settings;
use crate::store::Store;
use charter_model::AccountId;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The behaviour of one service.
pub(crate) trait Service: Send + Sync {
    /// Answers one call. The output uses the member names of the service's model: blobs as base64, timestamps as RFC 3339 text,
    /// `null` for what is not there. An operation that has no behaviour is `Err(call.not_simulated())`.
    fn call(&self, call: &mut Call<'_>) -> Result<Value, ServiceError>;
}

/// One call, parsed and valid by the service's model.
pub(crate) struct Call<'a> {
    /// The service, by its folder name in botocore: `kendra`, `rds-data`, `secretsmanager`.
    pub(crate) service: &'a str,
    /// The operation: `CreateIndex`.
    pub(crate) operation: &'a str,
    /// The account that the call acts in.
    pub(crate) account: &'a AccountId,
    /// The region that the request was signed for.
    pub(crate) region: &'a str,
    /// Who calls.
    pub(crate) caller: &'a Caller,
    /// The input by the model's member names: blobs as base64, timestamps as RFC 3339 text.
    pub(crate) input: Value,
    /// Virtual time.
    pub(crate) now: Timestamp,
    /// The caller's own clock, from its signature: what the life of credentials is measured by.
    pub(crate) caller_now: Timestamp,
    /// Everything that exists.
    pub(crate) store: &'a mut Store,
    /// What the issuer of the token publishes that the call presents, if it presents one.
    pub(crate) issuer_keys: Option<&'a IssuerKeys>,
    /// Ids and other randomness; the same seed and order of calls give the same.
    pub(crate) random: &'a mut Random,
    /// How hard the simulator is on its callers.
    pub(crate) settings: &'a Settings,
    /// Why the handler that Cloud Control calls is refused what it calls in turn.
    pub(crate) handler_refusal: Option<String>,
}

/// What a call is refused with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceError {
    /// AWS's code: `ResourceNotFoundException`. By the code as answered (`DBClusterNotFoundFault`) or by the name of the error's
    /// shape: either finds the error in the model.
    pub(crate) code: String,
    /// AWS's words, as far as they are known.
    pub(crate) message: String,
    /// None: what the model says of this code, else 400.
    pub(crate) status: Option<u16>,
    /// Further members of the error's shape.
    pub(crate) members: Map<String, Value>,
    /// Further headers of the response: `x-amz-bucket-region`.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The code of what the simulator does not do.
pub(crate) const NOT_SIMULATED: &str = "NotImplemented";

impl ServiceError {
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: None, members: Map::new(), headers: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds a member of the error's shape.
    #[must_use]
    pub(crate) fn with(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.insert(member.into(), value.into());
        self
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Call<'_> {
    /// A member of the input.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.input.get(name).filter(|value| !value.is_null())
    }

    /// A text of the input.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    /// A text that the model requires; empty if a handler asks for one that it does not.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.member(name)?.as_bool()
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.member(name)?.as_i64()
    }

    /// `aws`, `aws-us-gov` or `aws-cn`, by the region.
    pub(crate) fn partition(&self) -> &'static str {
        partition(self.region)
    }

    /// An ARN in the caller's account and region.
    pub(crate) fn arn(&self, service: &str, resource: impl std::fmt::Display) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.account)
    }

    /// An ARN of a service without regions: `global_arn("iam", "role/Reader")`.
    pub(crate) fn global_arn(&self, service: &str, resource: impl std::fmt::Display) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }

    /// Virtual time, so many seconds from now.
    pub(crate) fn after(&self, seconds: f64) -> Timestamp {
        later(self.now, seconds)
    }

    /// The error of an operation without behaviour.
    pub(crate) fn not_simulated(&self) -> ServiceError {
        not_simulated(self.service, self.operation)
    }
}

/// The partition that a region belongs to.
pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else if region.starts_with("cn-") {
        "aws-cn"
    } else {
        "aws"
    }
}

/// A moment so many seconds after another; the furthest moment there is if that is out of range.
pub(crate) fn later(from: Timestamp, seconds: f64) -> Timestamp {
    let span = jiff::SignedDuration::try_from_secs_f64(seconds).unwrap_or(jiff::SignedDuration::MAX);
    from.checked_add(span).unwrap_or(Timestamp::MAX)
}

pub(crate) fn not_simulated(service: &str, operation: &str) -> ServiceError {
    ServiceError::new(NOT_SIMULATED, format!("not simulated: {service}:{operation}")).with_status(501)
}
