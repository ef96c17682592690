//! IAM's words and habits: errors, pages, tags, names.

use super::document::{self, Use};
use super::records::TakenName;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Tags, page, page_size, tags_of};
use crate::store::GLOBAL;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// What IAM leaves as it is in the documents that it returns (RFC 3986).
const DOCUMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, DOCUMENT).to_string()
}

pub(super) fn missing(message: String) -> ServiceError {
    ServiceError::new("NoSuchEntity", message)
}

pub(super) fn exists(message: String) -> ServiceError {
    ServiceError::new("EntityAlreadyExists", message)
}

pub(super) fn in_use(message: &str) -> ServiceError {
    ServiceError::new("DeleteConflict", message)
}

pub(super) fn limit(message: String) -> ServiceError {
    ServiceError::new("LimitExceeded", message)
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidInput", message)
}

pub(super) fn malformed(message: String) -> ServiceError {
    ServiceError::new("MalformedPolicyDocument", message)
}

pub(super) fn check_document(text: &str, usage: Use) -> Result<Vec<Map<String, Value>>, ServiceError> {
    document::statements(text, usage).map_err(malformed)
}

/// Takes a name, or tells that it is taken.
pub(super) fn claim(call: &mut Call<'_>, kind: &str, name: &str) -> bool {
    let key = format!("{kind}/{}", name.to_lowercase());
    if call.store.contains::<TakenName>(call.account, GLOBAL, &key) {
        return false;
    }
    call.store.put(call.account, GLOBAL, &key, &TakenName);
    true
}

pub(super) fn release(call: &mut Call<'_>, kind: &str, name: &str) {
    call.store.remove::<TakenName>(call.account, GLOBAL, &format!("{kind}/{}", name.to_lowercase()));
}

pub(super) fn path(call: &Call<'_>) -> Result<String, ServiceError> {
    let path = call.text("Path").unwrap_or("/");
    if path.starts_with('/') && path.ends_with('/') {
        Ok(path.to_owned())
    } else {
        Err(ServiceError::new(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
        )
        .with_status(400))
    }
}

/// The tags of a creation, or those to add.
pub(super) fn new_tags(call: &Call<'_>) -> Result<Tags, ServiceError> {
    let tags = tags_of(call.member("Tags"));
    let given = call.member("Tags").and_then(Value::as_array).map_or(0, Vec::len);
    let mut keys: Vec<String> = tags.keys().map(|key| key.to_lowercase()).collect();
    keys.dedup();
    if tags.len() != given || keys.len() != given {
        return Err(invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
    }
    if tags.keys().any(|key| key.to_lowercase().starts_with("aws:")) {
        return Err(invalid("Tags with prefix \"aws:\" are reserved and cannot be used."));
    }
    Ok(tags)
}

/// Adds the tags of the call to those that are there.
pub(super) fn add_tags(call: &Call<'_>, tags: &mut Tags) -> Result<(), ServiceError> {
    for (key, value) in new_tags(call)? {
        tags.retain(|held, _| !held.eq_ignore_ascii_case(&key));
        tags.insert(key, value);
    }
    if tags.len() > 50 {
        return Err(limit("The number of tags has reached the maximum limit.".to_owned()));
    }
    Ok(())
}

/// A page of a list: the members are named as the operation names them.
pub(super) fn listed(call: &Call<'_>, member: &str, items: Vec<(String, Value)>) -> Result<Value, ServiceError> {
    let (items, next) = paged(call, items)?;
    Ok(json!({ member: items, "IsTruncated": next.is_some(), "Marker": next }))
}

/// A page of a list, and the marker of the next.
pub(super) fn paged<T>(call: &Call<'_>, items: Vec<(String, T)>) -> Result<(Vec<T>, Option<String>), ServiceError> {
    page(items, call.text("Marker"), page_size(call, "MaxItems", 100))
        .ok_or_else(|| ServiceError::new("ValidationError", "Invalid Marker.").with_status(400))
}

/// Whether a path is below the one that the call asks for.
pub(super) fn below(call: &Call<'_>, path: &str) -> bool {
    call.text("PathPrefix").is_none_or(|prefix| path.starts_with(prefix))
}
