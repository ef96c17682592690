//! Tags, by ARN.

use super::records::{Guardrail, Profile, Router};
use super::support::{absent, id_in, tags_of};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, texts};
use crate::store::Record;
use serde_json::{Value, json};

fn at<R: Record>(
    call: &mut Call<'_>,
    key: &str,
    tags: impl Fn(&mut R) -> &mut Tags,
    work: impl FnOnce(&mut Tags),
) -> Option<Tags> {
    let mut record: R = call.store.get(call.account, call.region, key)?;
    let before = tags(&mut record).clone();
    work(tags(&mut record));
    let after = tags(&mut record).clone();
    if before != after {
        call.store.put(call.account, call.region, key, &record);
    }
    Some(after)
}

fn with(call: &mut Call<'_>, work: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let arn = call.required("resourceARN").to_owned();
    let resource = arn.strip_prefix(&call.arn("bedrock", "")).unwrap_or_default().to_owned();
    let id = id_in(&resource);
    let tags = match resource.split('/').next().unwrap_or_default() {
        "application-inference-profile" => at(call, id, |it: &mut Profile| &mut it.tags, work),
        "guardrail" => at(call, id, |it: &mut Guardrail| &mut it.tags, work),
        "prompt-router" => at(call, id, |it: &mut Router| &mut it.tags, work),
        _ => None,
    };
    tags.ok_or_else(|| absent(format!("The resource {arn} was not found.")).with("resourceName", arn.clone()))
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let new = tags_of(call.member("tags"));
    with(call, |tags| tags.extend(new))?;
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "tagKeys");
    with(call, |tags| tags.retain(|key, _| !keys.contains(key)))?;
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let tags = with(call, |_| ())?;
    Ok(json!({"tags": tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Value>()}))
}
