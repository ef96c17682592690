//! Tags of whatever has an id in an organization.

use crate::clients::Clients;
use crate::errors::failure;
use crate::tags::{self, TagChange, Tags};
use aws_sdk_organizations::types::Tag;
use charter_provider::{Failure, FailureCode, Properties};

/// The tags of a resource.
pub(super) async fn of(clients: &Clients, id: &str) -> Result<Tags, Failure> {
    let mut found = Tags::new();
    let mut pages = clients.organizations().list_tags_for_resource().resource_id(id).into_paginator().send();
    while let Some(page) = pages.next().await {
        let tags = page.map_err(failure)?.tags.unwrap_or_default();
        found.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
    }
    Ok(found)
}

/// Puts the tags of a resource into its properties, sorted and without AWS's own.
pub(super) async fn put(clients: &Clients, id: &str, properties: &mut Properties) -> Result<(), Failure> {
    if let Some(tags) = tags::to_property(of(clients, id).await?) {
        properties.insert("Tags".to_owned(), tags);
    }
    Ok(())
}

/// Brings the tags of a resource about.
pub(super) async fn change(
    clients: &Clients,
    id: &str,
    observed: &Properties,
    desired: &Properties,
) -> Result<(), Failure> {
    let change = TagChange::between(&tags::from_property(observed, "Tags"), &tags::from_property(desired, "Tags"));
    if !change.set.is_empty() {
        let list = change.set.iter().map(|(key, value)| tag(key, value)).collect::<Result<_, _>>()?;
        let call = clients.organizations().tag_resource().resource_id(id).set_tags(Some(list));
        call.send().await.map_err(failure)?;
    }
    if !change.remove.is_empty() {
        let call = clients.organizations().untag_resource().resource_id(id).set_tag_keys(Some(change.remove));
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

fn tag(key: &str, value: &str) -> Result<Tag, Failure> {
    let tag = Tag::builder().key(key).value(value).build();
    tag.map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))
}
