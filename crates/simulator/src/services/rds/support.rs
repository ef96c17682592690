//! RDS's words and habits: errors, identifiers, filters, pages, endpoints.

use crate::service::{Call, ServiceError};
use crate::services::shared::{page, texts_of};
use serde_json::{Value, json};

pub(super) fn value(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidParameterValue", message).with_status(400)
}

pub(super) fn combination(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidParameterCombination", message).with_status(400)
}

/// An identifier, in lower case as RDS keeps it.
pub(super) fn identifier(call: &Call<'_>, member: &str) -> Result<String, ServiceError> {
    let given = call.required(member);
    let sound = given.starts_with(|first: char| first.is_ascii_alphabetic())
        && given.len() <= 63
        && given.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        && !given.ends_with('-')
        && !given.contains("--");
    if sound {
        return Ok(given.to_ascii_lowercase());
    }
    Err(value(format!(
        "The parameter {member} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, \
         digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    )))
}

/// An identifier of something that should be there: RDS takes its ARN too.
pub(super) fn named(call: &Call<'_>, member: &str) -> String {
    plain(call.required(member))
}

/// The identifier in an ARN, or the identifier itself.
pub(super) fn plain(given: &str) -> String {
    given.rsplit(':').next().unwrap_or(given).to_ascii_lowercase()
}

/// A page of a list of RDS.
pub(super) fn listed(call: &Call<'_>, member: &str, items: Vec<(String, Value)>) -> Result<Value, ServiceError> {
    let size = match call.integer("MaxRecords") {
        None => 100,
        Some(size @ 20..=100) => usize::try_from(size).unwrap_or(100),
        Some(size) => {
            return Err(value(format!("Invalid value {size} for MaxRecords. Must be between 20 and 100")));
        }
    };
    let marker = call.text("Marker").filter(|marker| !marker.is_empty());
    let (items, next) = page(items, marker, size).ok_or_else(|| value("Invalid Marker"))?;
    Ok(json!({ member: items, "Marker": next }))
}

/// Whether something passes the filters of the call. `of` tells its value of a filter, or nothing where there is no such filter.
pub(super) fn passes(call: &Call<'_>, of: impl Fn(&str) -> Option<String>) -> Result<bool, ServiceError> {
    for filter in call.member("Filters").and_then(Value::as_array).into_iter().flatten() {
        let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
        let values = texts_of(filter.get("Values"));
        let held = of(name).ok_or_else(|| value(format!("Unrecognized filter name: {name}")))?;
        if !values.iter().any(|value| plain(value) == held.to_ascii_lowercase()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The part of every endpoint that is the same in an account and region: `cvgupdj47zsh`.
pub(super) fn endpoint_hash(call: &Call<'_>) -> String {
    let digest = charter_model::content_digest(&json!([call.account.as_str(), call.region]));
    // Letters for digits, so that it looks like none of an identifier's own words.
    let letter = |digit: char| "cvgupdj4z7shkm2q".chars().nth(digit.to_digit(16).unwrap_or(0) as usize).unwrap_or('c');
    std::iter::once('c').chain(digest.chars().take(11).map(letter)).collect()
}
