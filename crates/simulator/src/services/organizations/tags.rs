//! Tags of the root, units, accounts and policies.

use super::records::{Delegation, Policy, Tree, Unit};
use super::support::{constraint, error, get, keep, listed, managed, member};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, tags_of, texts};
use crate::store::Record;
use serde_json::json;

/// Changes the tags of one record, and tells them.
fn on<R: Record>(
    call: &mut Call<'_>,
    key: &str,
    mut record: R,
    tags: fn(&mut R) -> &mut Tags,
    change: impl FnOnce(&mut Tags),
) -> Result<Tags, ServiceError> {
    let held = tags(&mut record);
    let before = held.clone();
    change(held);
    let after = held.clone();
    if after.len() > 50 {
        let message = "You have exceeded the number of tags allowed on this resource.";
        return Err(constraint("MAX_TAG_LIMIT_EXCEEDED", message));
    }
    if before != after {
        keep(call, key, &record);
    }
    Ok(after)
}

/// Changes the tags of whatever has the id that the call names.
fn with_tags(call: &mut Call<'_>, change: impl FnOnce(&mut Tags)) -> Result<Tags, ServiceError> {
    let tree = managed(call)?;
    let id = call.required("ResourceId").to_owned();
    if id == tree.root {
        return on(call, Tree::KEY, tree, |tree| &mut tree.tags, change);
    }
    if let Some(unit) = get::<Unit>(call, &id) {
        return on(call, &id, unit, |unit| &mut unit.tags, change);
    }
    if let Some(policy) = get::<Policy>(call, &id) {
        return on(call, &id, policy, |policy| &mut policy.tags, change);
    }
    if let Some(delegation) = get::<Delegation>(call, Delegation::KEY).filter(|held| held.id == id) {
        return on(call, Delegation::KEY, delegation, |delegation| &mut delegation.tags, change);
    }
    match member(call, &id) {
        Some(member) => on(call, &id, member, |member| &mut member.tags, change),
        None => Err(error("TargetNotFoundException", "You specified a target that doesn't exist.")),
    }
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let new = tags_of(call.member("Tags"));
    with_tags(call, |tags| tags.extend(new))?;
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "TagKeys");
    with_tags(call, |tags| tags.retain(|key, _| !keys.contains(key)))?;
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let tags = with_tags(call, |_| {})?;
    let items = tags.iter().map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", items)
}
