//! Inference profiles: those of AWS, from what the catalogue knows, and those that accounts copy.

use super::models::{self, model_arn};
use super::records::Profile;
use super::support::{absent, conflict, id_in, invalid, listed, once};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, lower_tags_of, nothing};
use charter_catalog::{foundation_models, geography};
use serde_json::{Value, json};

fn arn(call: &Call<'_>, id: &str) -> String {
    call.arn("bedrock", format_args!("application-inference-profile/{id}"))
}

fn shown(call: &Call<'_>, profile: &Profile) -> Value {
    json!({
        "inferenceProfileName": profile.name,
        "description": profile.description,
        "createdAt": profile.created.to_string(),
        "updatedAt": profile.created.to_string(),
        "inferenceProfileArn": arn(call, &profile.id),
        "models": profile.models.iter().map(|model| json!({"modelArn": model})).collect::<Value>(),
        "inferenceProfileId": profile.id,
        "status": "ACTIVE",
        "type": "APPLICATION",
    })
}

/// The models that a system profile routes to from here; none if it is not offered here.
pub(super) fn routed(call: &Call<'_>, id: &str) -> Option<Vec<String>> {
    let (_, model) = geography(id)?;
    let regions = foundation_models().regions(id, call.region)?;
    Some(regions.into_iter().map(|region| model_arn(call, region, model)).collect())
}

fn system(call: &Call<'_>, id: &str) -> Option<Value> {
    let models = routed(call, id)?;
    let profile = foundation_models().profile(id)?;
    let regions = foundation_models().regions(id, call.region)?.join(", ");
    Some(json!({
        "inferenceProfileName": profile.name,
        "description": format!("Routes requests to {} in {regions}.", profile.name.trim_start_matches("US ")),
        "createdAt": "2024-11-29T13:23:00Z",
        "updatedAt": "2024-11-29T13:23:00Z",
        "inferenceProfileArn": call.arn("bedrock", format_args!("inference-profile/{id}")),
        "models": models.into_iter().map(|model| json!({"modelArn": model})).collect::<Value>(),
        "inferenceProfileId": id,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }))
}

/// The models of what a profile is copied from.
fn source(call: &Call<'_>, copied: &str) -> Result<Vec<String>, ServiceError> {
    let parts: Vec<&str> = copied.splitn(6, ':').collect();
    let ["arn", _, "bedrock", region, account, resource] = parts.as_slice() else {
        return Err(invalid("The provided model source is invalid."));
    };
    if *region != call.region {
        return Err(invalid(format!("The model source {copied} is not in the region {}.", call.region)));
    }
    match resource.split_once('/') {
        Some(("foundation-model", id)) => {
            models::offered(call, id)?;
            Ok(vec![copied.to_owned()])
        }
        Some(("inference-profile", id)) if account.is_empty() || *account == call.account.as_str() => {
            let models =
                routed(call, id).ok_or_else(|| absent(format!("Inference profile {copied} was not found.")))?;
            if let Some((_, model)) = geography(id) {
                models::alive(call, model)?;
            }
            Ok(models)
        }
        _ => Err(invalid("The provided model source is invalid.")),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    once(call, |call| {
        let name = call.required("inferenceProfileName").to_owned();
        let copied = call.member("modelSource").and_then(|source| source.get("copyFrom")).and_then(Value::as_str);
        let models = source(call, copied.unwrap_or_default())?;
        // CreateInferenceProfile lists ConflictException; what else could be in its way is not documented.
        if call.store.list::<Profile>(call.account, call.region).iter().any(|(_, held)| held.name == name) {
            return Err(conflict(format!("An inference profile with the name {name} already exists.")));
        }
        let profile = Profile {
            id: call.random.lower_alphanumeric(12),
            name,
            description: call.text("description").map(str::to_owned),
            models,
            tags: lower_tags_of(call.member("tags")),
            created: call.now,
        };
        call.store.put(call.account, call.region, &profile.id, &profile);
        Ok(json!({"inferenceProfileArn": arn(call, &profile.id), "status": "ACTIVE"}))
    })
}

fn unknown(call: &Call<'_>) -> ServiceError {
    absent(format!("Inference profile {} was not found.", call.required("inferenceProfileIdentifier")))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let id = id_in(call.required("inferenceProfileIdentifier"));
    if let Some(found) = call.store.read::<Profile>(call.account, call.region, id) {
        return Ok(shown(call, &found));
    }
    system(call, id).ok_or_else(|| unknown(call))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let kind = call.text("typeEquals");
    let mut items = Vec::new();
    if kind != Some("APPLICATION") {
        let ids = foundation_models().profiles.iter().map(|profile| profile.id.as_str());
        items.extend(ids.filter_map(|id| Some((id.to_owned(), system(call, id)?))));
    }
    if kind != Some("SYSTEM_DEFINED") {
        let own = call.store.read_all::<Profile>(call.account, call.region);
        items.extend(own.into_iter().map(|(id, profile)| (id, shown(call, &profile))));
    }
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, "inferenceProfileSummaries", items)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = id_in(call.required("inferenceProfileIdentifier")).to_owned();
    if geography(&id).is_some() {
        return Err(invalid("A system-defined inference profile can't be deleted."));
    }
    if call.store.remove::<Profile>(call.account, call.region, &id) { nothing() } else { Err(unknown(call)) }
}
