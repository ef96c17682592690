//! Bedrock's words and habits: errors, client tokens, pages, tags.

use super::records::Token;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, page, page_size};
use charter_model::content_digest;
use serde_json::{Value, json};

fn error(code: &str, status: u16, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(status)
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    error("ValidationException", 400, message)
}

pub(super) fn conflict(message: impl Into<String>) -> ServiceError {
    error("ConflictException", 400, message)
}

pub(super) fn absent(message: impl Into<String>) -> ServiceError {
    error("ResourceNotFoundException", 404, message)
}

/// Answers as before if a token is known, else makes something and remembers the answer.
pub(super) fn once(call: &mut Call<'_>, make: impl FnOnce(&mut Call<'_>) -> Answer) -> Answer {
    let Some(token) = call.text("clientRequestToken").map(|token| format!("{}/{token}", call.operation)) else {
        return make(call);
    };
    let digest = content_digest(&call.input);
    match call.store.get::<Token>(call.account, call.region, &token) {
        Some(held) if held.digest == digest => Ok(held.answer),
        Some(_) => Err(conflict("The client request token was used before with other parameters.")),
        None => {
            let answer = make(call)?;
            let record = Token { digest, answer: answer.clone() };
            call.store.put(call.account, call.region, &token, &record);
            Ok(answer)
        }
    }
}

/// The id at the end of an ARN, or the id itself.
pub(super) fn id_in(identifier: &str) -> &str {
    identifier.rsplit('/').next().unwrap_or(identifier)
}

/// One page of a list under a member name, in the order of what stands before each.
pub(super) fn listed(call: &Call<'_>, member: &str, mut items: Vec<(String, Value)>) -> Answer {
    items.sort_by(|left, right| left.0.cmp(&right.0));
    let (items, next) = page(items, call.text("nextToken"), page_size(call, "maxResults", 100))
        .ok_or_else(|| invalid("The provided token is invalid."))?;
    Ok(json!({ member: items, "nextToken": next }))
}
