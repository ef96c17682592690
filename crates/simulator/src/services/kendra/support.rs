//! Kendra's words and habits: errors, client tokens, roles, pages.

use super::records::{Index, Settings};
use crate::service::{Call, ServiceError};
use crate::services::iam::role_can_be_assumed_by;
use crate::services::shared::{self, Answer, page, page_size};
use serde_json::{Value, json};

fn error(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(400)
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    error("ValidationException", message)
}

pub(super) fn conflict(message: impl Into<String>) -> ServiceError {
    error("ConflictException", message)
}

pub(super) fn absent(message: impl Into<String>) -> ServiceError {
    error("ResourceNotFoundException", message)
}

pub(super) fn in_use(message: impl Into<String>) -> ServiceError {
    error("ResourceInUseException", message)
}

pub(super) fn quota(message: impl Into<String>) -> ServiceError {
    error("ServiceQuotaExceededException", message)
}

/// Refuses a role that Kendra cannot assume for a resource.
pub(super) fn check_role(call: &Call<'_>, arn: &str, source_arn: &str) -> Result<(), ServiceError> {
    role_can_be_assumed_by(call, arn, "kendra.amazonaws.com", Some(source_arn)).map_err(|_| {
        invalid(format!(
            "Failed to assume role {arn}. Please make sure your role exists and has `kendra.amazonaws.com` as trusted entity"
        ))
    })
}

/// What a token made before; the same token with another request is refused.
pub(super) fn made_before(call: &Call<'_>, token: Option<&str>) -> Result<Option<String>, ServiceError> {
    let before = shared::made_before(call, token);
    before.map_err(|_| conflict("A request with the same client token and other parameters was made before."))
}

/// The truth of an index that is not being deleted.
pub(super) fn index(call: &Call<'_>, id: &str) -> Result<Index, ServiceError> {
    let index: Option<Index> = call.store.get(call.account, call.region, id);
    index.ok_or_else(|| absent(format!("Index {id} not found")))
}

/// An index at rest, for what needs one.
pub(super) fn active_index(call: &Call<'_>, id: &str) -> Result<Index, ServiceError> {
    let index = index(call, id)?;
    match index.life.status(call.now) {
        "ACTIVE" => Ok(index),
        status => Err(conflict(format!(
            "The index {id} is in the {status} state. It must be in the ACTIVE state for this operation."
        ))),
    }
}

/// The members of the input that a thing keeps.
pub(super) fn kept(call: &Call<'_>, names: &[&str]) -> Settings {
    names.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect()
}

/// The names of the members of an embedded list.
pub(super) fn named(settings: &Settings, names: &[&str]) -> Settings {
    names.iter().filter_map(|name| Some(((*name).to_owned(), settings.get(*name)?.clone()))).collect()
}

pub(super) fn listed(call: &Call<'_>, member: &str, default: usize, items: Vec<(String, Value)>) -> Answer {
    let (items, next) = page(items, call.text("NextToken"), page_size(call, "MaxResults", default))
        .ok_or_else(|| invalid("The provided NextToken is invalid."))?;
    Ok(json!({ member: items, "NextToken": next }))
}
