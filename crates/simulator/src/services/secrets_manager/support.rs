//! Words and look-up of Secrets Manager. A secret is named by its name, its ARN, or its ARN without the six characters.

use super::records::Secret;
use crate::service::{Call, ServiceError};

pub(super) fn invalid_request(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidRequestException", message).with_status(400)
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidParameterException", message).with_status(400)
}

pub(super) fn absent() -> ServiceError {
    ServiceError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.").with_status(400)
}

/// The secret that a text names, if there is one.
pub(crate) fn named(call: &Call<'_>, given: &str, late: bool) -> Option<Secret> {
    let by_name = |name: &str| {
        if late {
            call.store.read::<Secret>(call.account, call.region, name)
        } else {
            call.store.get::<Secret>(call.account, call.region, name)
        }
    };
    let Some((prefix, name)) = given.split_once(":secret:").filter(|_| given.starts_with("arn:")) else {
        return by_name(given);
    };
    if prefix != call.arn("secretsmanager", "").trim_end_matches(':') {
        return None;
    }
    let whole = name.rsplit_once('-').and_then(|(stem, _)| by_name(stem)).filter(|secret| secret.arn == given);
    whole.or_else(|| by_name(name))
}

/// The truth, for a change.
pub(super) fn held(call: &Call<'_>) -> Result<Secret, ServiceError> {
    named(call, call.required("SecretId"), false).ok_or_else(absent)
}

/// What a reader is told.
pub(super) fn seen(call: &Call<'_>) -> Result<Secret, ServiceError> {
    named(call, call.required("SecretId"), true).ok_or_else(absent)
}

pub(super) fn keep(call: &mut Call<'_>, secret: &Secret) {
    call.store.put(call.account, call.region, &secret.name, secret);
}

/// Refuses what cannot be done with a secret that is scheduled for deletion.
pub(super) fn alive(secret: &Secret) -> Result<(), ServiceError> {
    match secret.deleted {
        None => Ok(()),
        Some(_) => {
            Err(invalid_request("You can't perform this operation on the secret because it was marked for deletion."))
        }
    }
}

/// Refuses users what only the owning service may do.
pub(super) fn unowned(secret: &Secret) -> Result<(), ServiceError> {
    match &secret.owning_service {
        None => Ok(()),
        Some(owner) => Err(invalid_request(format!(
            "You can't perform this operation on the secret because it is managed by the service {owner}."
        ))),
    }
}
