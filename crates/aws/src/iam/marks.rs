//! Tags of IAM resources, and whose a resource is.

use crate::clients::Clients;
use crate::settle::Change;
use crate::tags::{self, Owner, TagChange, Tags};
use aws_sdk_iam::types::Tag;
use charter_model::Address;
use charter_provider::{Failure, FailureCode, Properties, RecoverRequest, Recovered};

/// Tags as IAM takes them.
pub(super) fn to_list(tags: &Tags) -> Result<Vec<Tag>, Failure> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder()
                .key(key)
                .value(value)
                .build()
                .map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))
        })
        .collect()
}

/// Tags as IAM answers with them.
pub(super) fn from_list(list: &[Tag]) -> Tags {
    list.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

/// The marks of a type that the registry knows no tags of, though IAM does.
pub(super) fn of(clients: &Clients, address: &Address) -> Tags {
    Tags::from([
        (tags::ENVIRONMENT.to_owned(), clients.environment().to_string()),
        (tags::ADDRESS.to_owned(), address.to_string()),
    ])
}

/// What must be called for tags.
pub(super) fn change(change: &Change<'_>) -> TagChange {
    TagChange::between(&tags::from_property(change.observed, "Tags"), &tags::from_property(change.desired, "Tags"))
}

/// Puts tags into properties that were read, sorted and without AWS's own.
pub(super) fn put(properties: &mut Properties, list: &[Tag]) {
    properties.remove("Tags");
    if let Some(tags) = tags::to_property(from_list(list)) {
        properties.insert("Tags".to_owned(), tags);
    }
}

/// What became of a creation: a resource of the exact name exists, with these tags, or does not.
///
/// One that is another's means that our call never took effect: IAM would have refused the name. Repeating it will say so.
pub(super) fn recovered(found: Option<Tags>, identifier: String, request: &RecoverRequest) -> Recovered {
    match found.map(|tags| tags::owner(&tags, request)) {
        Some(Owner::Ours) => Recovered::Exists { identifier },
        Some(Owner::Other(_)) | None => Recovered::Absent,
    }
}
