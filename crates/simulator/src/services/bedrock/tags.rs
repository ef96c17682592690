//! Tags, by ARN.

use super::records::{CustomModel, Guardrail, Job, Profile, Provisioned, Router};
use super::support::{absent, id_in};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, lower_tag_list, lower_tags_of, nothing, texts, with_tags};
use serde_json::json;

fn with(call: &mut Call<'_>, work: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let arn = call.required("resourceARN").to_owned();
    let resource = arn.strip_prefix(&call.arn("bedrock", "")).unwrap_or_default().to_owned();
    let id = id_in(&resource);
    let tags = match resource.split('/').next().unwrap_or_default() {
        "application-inference-profile" => with_tags(call, id, |it: &mut Profile| &mut it.tags, work),
        "custom-model" => with_tags(call, id, |it: &mut CustomModel| &mut it.tags, work),
        "model-customization-job" => with_tags(call, id, |it: &mut Job| &mut it.tags, work),
        "provisioned-model" => with_tags(call, id, |it: &mut Provisioned| &mut it.tags, work),
        "guardrail" => with_tags(call, id, |it: &mut Guardrail| &mut it.tags, work),
        "prompt-router" => with_tags(call, id, |it: &mut Router| &mut it.tags, work),
        _ => None,
    };
    tags.ok_or_else(|| absent(format!("The resource {arn} was not found.")).with("resourceName", arn.clone()))
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let new = lower_tags_of(call.member("tags"));
    with(call, |tags| tags.extend(new))?;
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "tagKeys");
    with(call, |tags| tags.retain(|key, _| !keys.contains(key)))?;
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    Ok(json!({"tags": lower_tag_list(&with(call, |_| ())?)}))
}
