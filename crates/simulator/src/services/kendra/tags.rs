//! Tags, by ARN.

use super::records::{DataSource, Faq, Index};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, tag_list, tags_of, texts, with_tags};
use serde_json::json;

fn absent(arn: &str) -> ServiceError {
    ServiceError::new("ResourceUnavailableException", format!("The resource {arn} can't be found.")).with_status(400)
}

fn with(call: &mut Call<'_>, work: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let arn = call.required("ResourceARN").to_owned();
    let path = arn.strip_prefix(&call.arn("kendra", "index/")).ok_or_else(|| absent(&arn))?.to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let tags = match parts.as_slice() {
        [index] => with_tags(call, index, |it: &mut Index| &mut it.tags, work),
        [index, "data-source", id] => {
            with_tags(call, &format!("{index}|{id}"), |it: &mut DataSource| &mut it.tags, work)
        }
        [index, "faq", id] => with_tags(call, &format!("{index}|{id}"), |it: &mut Faq| &mut it.tags, work),
        _ => None,
    };
    tags.ok_or_else(|| absent(&arn))
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let new = tags_of(call.member("Tags"));
    with(call, |tags| tags.extend(new))?;
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "TagKeys");
    with(call, |tags| tags.retain(|key, _| !keys.contains(key)))?;
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    Ok(json!({"Tags": tag_list(&with(call, |_| ())?)}))
}
