//! Tags, by ARN.

use super::records::{Application, DataAccessor, DataSource, Index, Plugin, Retriever, Thing, WebExperience};
use super::support::{absent, keep};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, lower_tag_list, lower_tags_of, nothing, texts};
use serde_json::json;

fn at<T: Thing>(call: &mut Call<'_>, key: &str, work: impl FnOnce(&mut Tags)) -> Option<Tags> {
    let mut thing: T = call.store.get(call.account, call.region, key)?;
    let before = thing.item().tags.clone();
    work(&mut thing.item_mut().tags);
    let after = thing.item().tags.clone();
    if before != after {
        keep(call, &thing);
    }
    Some(after)
}

fn with(call: &mut Call<'_>, work: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let arn = call.required("resourceARN").to_owned();
    let missing = || absent(&arn, "Resource");
    let path = arn.strip_prefix(&call.arn("qbusiness", "application/")).ok_or_else(missing)?;
    let parts: Vec<&str> = path.split('/').collect();
    let tags = match *parts.as_slice() {
        [id] => at::<Application>(call, id, work),
        [application, "index", index, "data-source", id] => {
            at::<DataSource>(call, &format!("{application}|{index}|{id}"), work)
        }
        [application, kind, id] => {
            let key = format!("{application}|{id}");
            match kind {
                "index" => at::<Index>(call, &key, work),
                "retriever" => at::<Retriever>(call, &key, work),
                "web-experience" => at::<WebExperience>(call, &key, work),
                "plugin" => at::<Plugin>(call, &key, work),
                "data-accessor" => at::<DataAccessor>(call, &key, work),
                _ => None,
            }
        }
        _ => None,
    };
    tags.ok_or_else(missing)
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
