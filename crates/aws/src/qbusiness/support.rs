//! What the types of Q Business have in common: status words, ARNs, tags, recovery by mark.

use crate::clients::Clients;
use crate::living::{Entity, Found, Health, neighbours};
use crate::settle::if_found;
use crate::tags::{self, Owner, owner};
use aws_sdk_qbusiness::types::ErrorDetail;
use charter_provider::{Failure, Properties, RecoverRequest};
use serde_json::{Value, json};

/// What the answer of a reading call with a status is, with its tags.
pub(super) async fn found(
    clients: &Clients,
    arn: &str,
    mut properties: Properties,
    status: &str,
    error: Option<&ErrorDetail>,
) -> Result<Option<Found>, Failure> {
    // Gone between the two calls.
    let Some(tags) = if_found(tags_of(clients, arn).await)? else { return Ok(None) };
    if let Some(tags) = tags::to_property(tags) {
        properties.insert("Tags".to_owned(), tags);
    }
    Ok(Some(Found { properties, status: status.to_owned(), health: health(status, error) }))
}

/// What a status word means for whoever waits. The types use the same words, but for plugins.
fn health(status: &str, error: Option<&ErrorDetail>) -> Health {
    match status {
        // A web experience that lacks its identity provider is there; nothing comes of waiting.
        "" | "ACTIVE" | "READY" | "PENDING_AUTH_CONFIG" => Health::Ready,
        "FAILED" | "CREATE_FAILED" | "UPDATE_FAILED" | "DELETE_FAILED" => {
            let code = error.and_then(ErrorDetail::error_code).map(|code| format!("{}: ", code.as_str()));
            let words = error.and_then(ErrorDetail::error_message);
            Health::Failed(words.map(|words| format!("{}{words}", code.unwrap_or_default())))
        }
        _ => Health::Waiting,
    }
}

/// Service Authorization Reference, "Resource types defined by Amazon Q Business".
pub(super) fn arn(clients: &Clients, application: &str, rest: &str) -> String {
    let (partition, region, account) = (clients.partition(), clients.region(), clients.account_id());
    format!("arn:{partition}:qbusiness:{region}:{account}:application/{application}{rest}")
}

tags::tags_by_arn!(q_business, aws_sdk_qbusiness::types::Tag);

/// Those that carry the mark of the address that an intent is about.
pub(super) async fn marked<E: Entity>(
    entity: &E,
    clients: &Clients,
    request: &RecoverRequest,
) -> Result<Option<Vec<String>>, Failure> {
    let mut ours = Vec::new();
    for identifier in neighbours(entity, clients, request).await? {
        if let Some(found) = entity.find(clients, &identifier, None).await?
            && found.status != "DELETING"
            && owner(&tags::from_property(&found.properties, "Tags"), request) == Owner::Ours
        {
            ours.push(identifier);
        }
    }
    Ok(Some(ours))
}

/// The value of a control that is no longer asked for: off.
pub(super) fn switch_off(settings: &mut Properties, change: &crate::settle::Change<'_>, controls: &[(&str, &str)]) {
    for (name, member) in controls {
        if change.has(name) && !change.desired.contains_key(*name) {
            settings.insert((*name).to_owned(), json!({*member: "DISABLED"}));
        }
    }
}

/// Whether anything of a type is changed but its tags.
pub(super) fn beside_tags(change: &crate::settle::Change<'_>) -> bool {
    change.changed.iter().any(|name| name != "Tags")
}

/// A document of a property that may be written as text.
pub(super) fn parse_document(properties: &mut Properties, name: &str) {
    if let Some(value) = properties.get_mut(name)
        && let Value::String(text) = &*value
        && let Ok(parsed) = serde_json::from_str::<Value>(text)
        && parsed.is_object()
    {
        *value = parsed;
    }
}
