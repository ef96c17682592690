//! The words and habits of Q Business: errors, look-up, roles, secrets, pages.

use super::records::{Application, Item, Settings, Thing};
use crate::service::{Call, ServiceError};
use crate::services::iam::role_can_be_assumed_by;
use crate::services::secrets_manager::support::named as secret_named;
use crate::services::shared::{self, Answer, page, page_size};
use serde_json::{Value, json};

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", message).with("reason", "FIELD_VALIDATION_FAILED")
}

pub(super) fn denied(message: impl Into<String>) -> ServiceError {
    ServiceError::new("AccessDeniedException", message)
}

fn about(code: &str, message: String, id: &str, kind: &str) -> ServiceError {
    ServiceError::new(code, message).with("resourceId", id).with("resourceType", kind)
}

pub(super) fn conflict(message: impl Into<String>, id: &str, kind: &str) -> ServiceError {
    about("ConflictException", message.into(), id, kind)
}

pub(super) fn absent(id: &str, kind: &str) -> ServiceError {
    about("ResourceNotFoundException", format!("{kind} {id} could not be found."), id, kind)
}

pub(super) fn quota(message: impl Into<String>, id: &str, kind: &str) -> ServiceError {
    about("ServiceQuotaExceededException", message.into(), id, kind)
}

/// `arn:aws:qbusiness:REGION:ACCOUNT:application/…`.
pub(super) fn arn(call: &Call<'_>, item: &Item, path: &str) -> String {
    let application = format!("application/{}", item.application);
    let resource = match &item.index {
        Some(index) => format!("{application}/index/{index}/{path}/{}", item.id),
        None if item.id == item.application => application,
        None => format!("{application}/{path}/{}", item.id),
    };
    call.arn("qbusiness", resource)
}

pub(super) fn application_arn(call: &Call<'_>, id: &str) -> String {
    call.arn("qbusiness", format!("application/{id}"))
}

/// The truth of an application.
pub(super) fn application(call: &Call<'_>) -> Result<Application, ServiceError> {
    let id = call.required("applicationId");
    call.store.get(call.account, call.region, id).ok_or_else(|| absent(id, Application::WORD))
}

/// An application at rest, for what changes it or something in it.
pub(super) fn active_application(call: &Call<'_>) -> Result<Application, ServiceError> {
    let application = application(call)?;
    at_rest(call, &application)?;
    Ok(application)
}

/// Refuses to touch what is on its way.
pub(super) fn at_rest<T: Thing>(call: &Call<'_>, thing: &T) -> Result<(), ServiceError> {
    let item = thing.item();
    match item.life.status(call.now) {
        "ACTIVE" => Ok(()),
        status => {
            let message = format!("{} {} is in the {status} state; it must be ACTIVE.", T::WORD, item.id);
            Err(conflict(message, &item.id, T::WORD))
        }
    }
}

/// The key of a thing that the input names.
pub(super) fn key<T: Thing>(call: &Call<'_>, id: &str) -> String {
    let application = call.required("applicationId");
    match T::PATH {
        "application" => application.to_owned(),
        "data-source" => format!("{application}|{}|{id}", call.required("indexId")),
        _ => format!("{application}|{id}"),
    }
}

/// The truth of the thing that the input names, in an application that is there.
pub(super) fn held<T: Thing>(call: &Call<'_>) -> Result<T, ServiceError> {
    application(call)?;
    let id = call.required(T::ID);
    call.store.get(call.account, call.region, &key::<T>(call, id)).ok_or_else(|| absent(id, T::WORD))
}

pub(super) fn keep<T: Thing>(call: &mut Call<'_>, thing: &T) {
    call.store.put(call.account, call.region, &thing.item().key(), thing);
}

/// Refuses a role that a service cannot assume for an application. The words are what Q Business says of a role without the right
/// trust policy.
pub(super) fn check_role(
    call: &Call<'_>,
    role: Option<&str>,
    service: &str,
    application: &str,
) -> Result<(), ServiceError> {
    check_role_for(call, role, service, &application_arn(call, application))
}

/// The same, for whatever has an ARN.
pub(super) fn check_role_for(
    call: &Call<'_>,
    role: Option<&str>,
    service: &str,
    source_arn: &str,
) -> Result<(), ServiceError> {
    let Some(role) = role.filter(|role| !role.is_empty()) else { return Ok(()) };
    role_can_be_assumed_by(call, role, service, Some(source_arn)).map_err(|_| {
        invalid(format!(
            "Failed to assume role {role}. Please make sure your role exists, has {service} as trusted entity"
        ))
    })
}

/// Refuses a secret that is not there, or whose name Q Business may not read: the policies that its documents give name
/// `QBusiness-*` only.
pub(super) fn check_secret(call: &Call<'_>, arn: Option<&str>, prefixed: bool) -> Result<(), ServiceError> {
    let Some(arn) = arn else { return Ok(()) };
    let Some(secret) = secret_named(call, arn, true).filter(|secret| secret.deleted.is_none()) else {
        return Err(invalid(format!("The secret {arn} could not be found.")));
    };
    if prefixed && !secret.name.starts_with("QBusiness-") {
        return Err(invalid(format!("The name of the secret {arn} must begin with QBusiness-.")));
    }
    Ok(())
}

/// What a client token made before; the same token with another request is refused.
pub(super) fn made_before(call: &Call<'_>, kind: &str) -> Result<Option<String>, ServiceError> {
    let token = call.text("clientToken");
    shared::made_before(call, token).map_err(|_| {
        let message = "A request with the same client token and other parameters was made before.";
        conflict(message, token.unwrap_or_default(), kind)
    })
}

pub(super) fn remember(call: &mut Call<'_>, id: &str) {
    let token = call.text("clientToken").map(str::to_owned);
    shared::remember(call, token, id);
}

/// The members of the input that a thing keeps.
pub(super) fn kept(call: &Call<'_>, names: &[&str]) -> Settings {
    names.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect()
}

pub(super) fn listed(call: &Call<'_>, member: &str, items: Vec<(String, Value)>) -> Answer {
    let (items, next) = page(items, call.text("nextToken"), page_size(call, "maxResults", 10))
        .ok_or_else(|| invalid("The nextToken is not valid."))?;
    Ok(json!({ member: items, "nextToken": next }))
}
