//! Tags of whatever has an ARN, and who made it.

use crate::clients::Clients;
use crate::errors::failure;
use crate::settle::if_found;
use crate::tags::{self, Owner, TagChange, Tags, owner};
use aws_sdk_bedrock::types::Tag;
use charter_provider::{Failure, FailureCode, Properties, RecoverRequest, Recovered};

/// The tags of a resource.
pub(super) async fn of(clients: &Clients, arn: &str) -> Result<Tags, Failure> {
    let answer = clients.bedrock().list_tags_for_resource().resource_arn(arn).send().await.map_err(failure)?;
    Ok(answer.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// Puts the tags of a resource into its properties, sorted and without AWS's own.
pub(super) async fn put(clients: &Clients, arn: &str, properties: &mut Properties) -> Result<(), Failure> {
    if let Some(tags) = tags::to_property(of(clients, arn).await?) {
        properties.insert("Tags".to_owned(), tags);
    }
    Ok(())
}

/// Brings the tags of a resource about.
pub(super) async fn change(
    clients: &Clients,
    arn: &str,
    observed: &Properties,
    desired: &Properties,
) -> Result<(), Failure> {
    let change = TagChange::between(&tags::from_property(observed, "Tags"), &tags::from_property(desired, "Tags"));
    if !change.set.is_empty() {
        let list = change.set.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let list = list.collect::<Result<_, _>>();
        let list = list.map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))?;
        clients.bedrock().tag_resource().resource_arn(arn).set_tags(Some(list)).send().await.map_err(failure)?;
    }
    if !change.remove.is_empty() {
        let call = clients.bedrock().untag_resource().resource_arn(arn).set_tag_keys(Some(change.remove));
        call.send().await.map_err(failure)?;
    }
    Ok(())
}

/// Those that carry the mark of the address that an intent is about.
pub(super) async fn ours(
    clients: &Clients,
    request: &RecoverRequest,
    arns: Vec<String>,
) -> Result<Vec<String>, Failure> {
    let mut ours = Vec::new();
    for arn in arns {
        // Gone between the two calls.
        let Some(tags) = if_found(of(clients, &arn).await)? else { continue };
        if owner(&tags, request) == Owner::Ours {
            ours.push(arn);
        }
    }
    Ok(ours)
}

/// What became of a creation: of those that have its name, the one that carries its mark. With none, the same token makes the
/// same resource, or makes it for the first time.
pub(super) async fn recovered(
    clients: &Clients,
    request: &RecoverRequest,
    arns: Vec<String>,
) -> Result<Recovered, Failure> {
    match <[String; 1]>::try_from(ours(clients, request, arns).await?) {
        Ok([identifier]) => Ok(Recovered::Exists { identifier }),
        Err(none) if none.is_empty() => Ok(Recovered::Repeat),
        Err(candidates) => Ok(Recovered::Ambiguous {
            candidates,
            reason: format!("several resources carry the mark of {}; delete those that are not meant", request.address),
        }),
    }
}
