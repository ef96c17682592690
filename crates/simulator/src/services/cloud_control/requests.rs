//! Requests for changes: their tokens, their progress, their listing.

use super::super::shared::page;
use super::durations;
use super::records::{ChangeRequest, ClientToken, Failure, Operation, Outcome};
use crate::service::{Call, ServiceError};
use charter_model::content_digest;
use serde_json::{Value, json};

/// The request that the call's client token stands for already; none if it is new or there is none.
pub(super) fn known(call: &Call<'_>) -> Result<Option<Value>, ServiceError> {
    let Some(token) = call.text("ClientToken") else { return Ok(None) };
    let Some(known) = call.store.get::<ClientToken>(call.account, call.region, token) else { return Ok(None) };
    if known.digest != digest(call) {
        let message = format!("The client token {token} was used for another request.");
        return Err(ServiceError::new("ClientTokenConflictException", message));
    }
    Ok(find(call, &known.request).map(|request| event(call, &request)))
}

fn digest(call: &Call<'_>) -> String {
    content_digest(&json!({"operation": call.operation, "input": call.input}))
}

/// When an operation of a type that begins now is done.
pub(super) fn completion(call: &mut Call<'_>, type_name: &str, operation: Operation) -> jiff::Timestamp {
    let seconds = durations::seconds(type_name, operation, call.random);
    call.after(seconds)
}

/// What a change came to, for the request that is kept.
pub(super) struct Decided {
    pub(super) operation: Operation,
    pub(super) identifier: Option<String>,
    pub(super) completes: jiff::Timestamp,
    pub(super) outcome: Result<Option<Value>, Failure>,
}

/// Keeps a request, and answers with its progress.
pub(super) fn keep(call: &mut Call<'_>, decided: Decided) -> Value {
    let (outcome, model) = match decided.outcome {
        Ok(model) => (Outcome::Success, model),
        Err(failure) => (Outcome::Failure(failure), None),
    };
    let request = ChangeRequest {
        token: call.random.uuid(),
        type_name: call.required("TypeName").to_owned(),
        identifier: decided.identifier,
        operation: decided.operation,
        started: call.now,
        completes: decided.completes,
        outcome,
        cancelled: None,
        model,
    };
    let (account, region) = (call.account, call.region);
    if let Some(token) = call.text("ClientToken").map(str::to_owned) {
        let known = ClientToken { request: request.token.clone(), digest: digest(call), used: call.now };
        call.store.put(account, region, &token, &known);
    }
    call.store.put(account, region, &request.token, &request);
    event(call, &request)
}

fn find(call: &Call<'_>, token: &str) -> Option<ChangeRequest> {
    call.store.get(call.account, call.region, token)
}

fn status_word(call: &Call<'_>, request: &ChangeRequest) -> &'static str {
    match (&request.outcome, request.cancelled) {
        (_, Some(_)) => "CANCEL_COMPLETE",
        _ if request.completes > call.now => "IN_PROGRESS",
        (Outcome::Success, None) => "SUCCESS",
        (Outcome::Failure(_), None) => "FAILED",
    }
}

fn event(call: &Call<'_>, request: &ChangeRequest) -> Value {
    json!({"ProgressEvent": progress(call, request)})
}

fn progress(call: &Call<'_>, request: &ChangeRequest) -> Value {
    let status = status_word(call, request);
    let done = matches!(status, "SUCCESS" | "FAILED");
    let failure = match &request.outcome {
        Outcome::Failure(failure) if done => Some(failure),
        _ => None,
    };
    let time = request.cancelled.unwrap_or(if done { request.completes } else { request.started });
    json!({
        "TypeName": request.type_name,
        "Identifier": request.identifier,
        "RequestToken": request.token,
        "Operation": request.operation.word(),
        "OperationStatus": status,
        "EventTime": time,
        "ResourceModel": request.model.as_ref().filter(|_| done).map(Value::to_string),
        "StatusMessage": failure.map(|failure| &failure.message),
        "ErrorCode": failure.map(|failure| &failure.code),
    })
}

fn required(call: &Call<'_>) -> Result<ChangeRequest, ServiceError> {
    let token = call.required("RequestToken");
    find(call, token).ok_or_else(|| {
        ServiceError::new("RequestTokenNotFoundException", format!("Request with token {token} was not found"))
    })
}

pub(super) fn status(call: &Call<'_>) -> Result<Value, ServiceError> {
    let request = required(call)?;
    Ok(event(call, &request))
}

/// Stops the waiting, not the effect: what was begun stays as it is.
pub(super) fn cancel(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let mut request = required(call)?;
    if status_word(call, &request) != "IN_PROGRESS" {
        let message = format!("Request {} is done and cannot be cancelled", request.token);
        return Err(ServiceError::new("ConcurrentModificationException", message));
    }
    request.cancelled = Some(call.now);
    let (account, region) = (call.account, call.region);
    call.store.put(account, region, &request.token, &request);
    Ok(event(call, &request))
}

pub(super) fn list(call: &Call<'_>) -> Result<Value, ServiceError> {
    let wanted = |member: &str, word: &str| {
        let list =
            call.member("ResourceRequestStatusFilter").and_then(|filter| filter.get(member)).and_then(Value::as_array);
        list.is_none_or(|list| list.iter().any(|each| each == word))
    };
    let requests = call
        .store
        .list::<ChangeRequest>(call.account, call.region)
        .into_iter()
        .filter(|(_, request)| wanted("Operations", request.operation.word()))
        .filter(|(_, request)| wanted("OperationStatuses", status_word(call, request)))
        .collect();
    let size = call.integer("MaxResults").and_then(|size| usize::try_from(size).ok()).unwrap_or(20);
    let (requests, next) = page(requests, call.text("NextToken"), size)
        .ok_or_else(|| ServiceError::new("InvalidRequestException", "Invalid next token"))?;
    let summaries: Vec<Value> = requests.iter().map(|request| progress(call, request)).collect();
    Ok(json!({"ResourceRequestStatusSummaries": summaries, "NextToken": next}))
}
