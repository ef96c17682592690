//! Tags of whatever has an ARN, and who made it.

use crate::clients::Clients;
use crate::settle::if_found;
use crate::tags::{self, Owner, owner};
use charter_provider::{Failure, Properties, RecoverRequest, Recovered};

tags::tags_by_arn!(bedrock, aws_sdk_bedrock::types::Tag);

/// Puts the tags of a resource into its properties, sorted and without AWS's own.
pub(super) async fn put(clients: &Clients, arn: &str, properties: &mut Properties) -> Result<(), Failure> {
    if let Some(tags) = tags::to_property(tags_of(clients, arn).await?) {
        properties.insert("Tags".to_owned(), tags);
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
        let Some(tags) = if_found(tags_of(clients, &arn).await)? else { continue };
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
