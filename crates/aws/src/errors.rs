//! From the SDK's errors to failures of the contract: by a table of AWS's error codes, and by what is known of the transport.
//!
//! The message keeps AWS's own code in front, so that it can be searched for, and the request id is kept for AWS support.

use crate::error_codes::{code_by_status, code_of};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use charter_provider::{Failure, FailureCode};
use std::error::Error;

/// An error of a service's operation.
pub(crate) type ServiceError<E> = SdkError<E, HttpResponse>;

/// What an SDK error means for the engine. A `NotFound` may be about something that the resource refers to: see
/// [`reference_missing`].
pub(crate) fn failure<E>(error: ServiceError<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let mut failure = match &error {
        SdkError::ServiceError(context) => service_failure(context.err(), context.raw()),
        SdkError::ResponseError(context) => {
            // An answer that cannot be read: what it answered may have taken effect.
            let status = context.raw().status().as_u16();
            let code = if status >= 500 { code_by_status(status) } else { FailureCode::NetworkFailure };
            Failure::new(code, format!("the answer (HTTP {status}) could not be read: {}", reasons(&error)))
        }
        SdkError::TimeoutError(_) => Failure::new(FailureCode::ServiceTimeout, reasons(&error)),
        SdkError::ConstructionFailure(_) => transport_failure(&error, FailureCode::InvalidRequest),
        // `DispatchFailure`, and whatever later versions add.
        _ => transport_failure(&error, FailureCode::NetworkFailure),
    };
    if failure.request_id.is_none() {
        failure.request_id = error.request_id().map(str::to_owned);
    }
    failure
}

/// What an error of a call on an existing resource means: `NotFound` only if AWS's code begins with one of the resource's own
/// (`DBClusterNotFound`); anything else that is missing is something that a property refers to.
pub(crate) fn failure_on<E>(error: ServiceError<E>, own: &[&str]) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let about_itself = service_code(&error).is_some_and(|code| own.iter().any(|prefix| code.starts_with(prefix)));
    let failure = failure(error);
    if about_itself { failure } else { reference_missing(failure) }
}

/// AWS's own code of an error, for the few decisions that the contract's codes are too coarse for.
pub(crate) fn service_code<E: ProvideErrorMetadata>(error: &ServiceError<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// For creations and updates: what is missing is not the resource but something that a property refers to. Without this, the
/// engine would take "no such subnet group" for "the cluster is gone".
#[must_use]
pub(crate) fn reference_missing(failure: Failure) -> Failure {
    match failure.code {
        FailureCode::NotFound => Failure { code: FailureCode::InvalidRequest, ..failure },
        _ => failure,
    }
}

fn service_failure(error: &impl ProvideErrorMetadata, response: &HttpResponse) -> Failure {
    let status = response.status().as_u16();
    let message = error.message().unwrap_or("the service gave no reason");
    match error.code() {
        Some(code) => {
            let meaning = code_of(code, message).unwrap_or_else(|| code_by_status(status));
            Failure::new(meaning, format!("{code}: {message}"))
        }
        None => Failure::new(code_by_status(status), format!("HTTP {status}: {message}")),
    }
}

/// Nothing came back. Credentials that cannot be had end here as well: the SDK fetches them while it sends.
fn transport_failure(error: &(dyn Error + 'static), otherwise: FailureCode) -> Failure {
    let reasons = reasons(error);
    if !chain(error).any(|cause| cause.is::<CredentialsError>()) {
        return Failure::new(otherwise, reasons);
    }
    if let Some(code) = why_not_assumed(error).filter(|code| code.is_retryable()) {
        return Failure::new(code, format!("the role of the account could not be assumed: {reasons}"));
    }
    let message = format!(
        "no credentials: {reasons}. Check the environment variables, the profile and the role that the environment names"
    );
    Failure::new(FailureCode::InvalidCredentials, message)
}

/// What AWS STS answered when a role was to be assumed, if it was that: it may have been out of order for a moment only.
fn why_not_assumed(error: &(dyn Error + 'static)) -> Option<FailureCode> {
    let refused = chain(error).find_map(|cause| cause.downcast_ref::<ServiceError<AssumeRoleError>>())?;
    // There was nothing to ask it with.
    if chain(refused).any(|cause| cause.is::<CredentialsError>()) {
        return None;
    }
    Some(match refused {
        SdkError::ServiceError(context) => service_failure(context.err(), context.raw()).code,
        SdkError::ConstructionFailure(_) => FailureCode::InvalidCredentials,
        _ => FailureCode::NetworkFailure,
    })
}

/// An error and its causes.
pub(crate) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

/// The error and its causes in one line, each said once.
pub(crate) fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        if !parts.iter().any(|said| said.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    fn refused(status: u16, code: &str) -> FailureCode {
        let error = AssumeRoleError::generic(ErrorMetadata::builder().code(code).build());
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        let refusal: ServiceError<AssumeRoleError> = SdkError::service_error(error, response);
        transport_failure(&CredentialsError::provider_error(refusal), FailureCode::NetworkFailure).code
    }

    #[test]
    fn a_role_that_cannot_be_assumed_for_a_moment_is_no_lack_of_credentials() {
        assert_eq!(refused(500, "InternalFailure"), FailureCode::ServiceInternalError);
        assert_eq!(refused(400, "Throttling"), FailureCode::Throttling);
        assert_eq!(refused(403, "AccessDenied"), FailureCode::InvalidCredentials);
        let cut: ServiceError<AssumeRoleError> = SdkError::timeout_error("no answer");
        let cut = CredentialsError::provider_error(cut);
        assert_eq!(transport_failure(&cut, FailureCode::NetworkFailure).code, FailureCode::NetworkFailure);
        let none = || CredentialsError::not_loaded("nothing is configured");
        assert_eq!(transport_failure(&none(), FailureCode::NetworkFailure).code, FailureCode::InvalidCredentials);
        let unsent = ConnectorError::other(none().into(), None);
        let unsent: ServiceError<AssumeRoleError> = SdkError::dispatch_failure(unsent);
        let unsent = CredentialsError::provider_error(unsent);
        assert_eq!(transport_failure(&unsent, FailureCode::NetworkFailure).code, FailureCode::InvalidCredentials);
    }
}
