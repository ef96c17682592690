//! AWS Cost Explorer: what was spent, and which tag keys costs are told apart by. Those belong to the account that pays.
//!
//! A key is known once a resource of the organization carries it: at once in a well-behaved cloud, a day after it was first asked
//! for in one that is behind (AWS Billing User Guide, "Activating user-defined cost allocation tags": up to 24 hours).

mod records;
mod report;
#[cfg(test)]
mod tests;
mod usage;

use crate::organization::Membership;
use crate::service::{Call, Service, ServiceError, later};
use crate::services::shared::{Answer, page, page_size, texts};
use crate::store::GLOBAL;
use records::{Active, Asked};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Seconds until a key is known, or active, or what was used is seen, in a cloud that is behind.
const UNTIL_KNOWN: f64 = 86_400.0;

/// The behaviour of Cost Explorer.
pub(crate) struct CostExplorer;

impl Service for CostExplorer {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "ListCostAllocationTags" => {
                pays(call, "list Cost Allocation Tags")?;
                list(call)
            }
            "UpdateCostAllocationTagsStatus" => {
                pays(call, "update Cost Allocation Tag")?;
                update(call)
            }
            "GetCostAndUsage" => report::cost_and_usage(call),
            "GetTags" => report::tags(call),
            "GetDimensionValues" => report::dimension_values(call),
            _ => Err(call.not_simulated()),
        }
    }
}

/// Only the account that pays. The words are AWS's own (<https://github.com/2i2c-org/infrastructure/pull/4932>,
/// <https://github.com/hashicorp/terraform-provider-aws/issues/37636>).
fn pays(call: &Call<'_>, what: &str) -> Result<(), ServiceError> {
    match Membership::of(call.store, call.account) {
        Some(membership) if membership.management != *call.account => Err(ServiceError::new(
            "AccessDeniedException",
            format!("Failed to {what}: Linked account doesn't have access to cost allocation tags."),
        )
        .with_status(400)),
        _ => Ok(()),
    }
}

/// Keys of tags at any depth of what a service keeps: objects by key under `tags` or `Tags`, or lists of `{Key, Value}` there.
fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name.eq_ignore_ascii_case("tags") || name == "ResourceTags" {
                    match member {
                        Value::Object(tags) => keys.extend(tags.keys().cloned()),
                        Value::Array(list) => {
                            keys.extend(list.iter().filter_map(|tag| tag.get("Key")?.as_str()).map(str::to_owned))
                        }
                        _ => {}
                    }
                }
                collect(member, keys);
            }
        }
        Value::Array(list) => list.iter().for_each(|each| collect(each, keys)),
        _ => {}
    }
}

/// The keys that AWS Billing knows.
fn known(call: &mut Call<'_>) -> BTreeSet<String> {
    let own = Membership::of(call.store, call.account).map(|membership| membership.management);
    let mut keys = BTreeSet::new();
    for stored in call.store.contents(call.now) {
        let management = Membership::of(call.store, &stored.item.account).map(|membership| membership.management);
        if stored.counts && (stored.item.account == *call.account || (own.is_some() && management == own)) {
            collect(&stored.value, &mut keys);
        }
    }
    keys.retain(|key| !key.starts_with("aws:"));
    if call.settings.eventual_consistency > 0.0 {
        keys.retain(|key| match call.store.get::<Asked>(call.account, GLOBAL, key) {
            Some(asked) => later(asked.first, UNTIL_KNOWN) <= call.now,
            None => {
                call.store.put(call.account, GLOBAL, key, &Asked { first: call.now });
                false
            }
        });
    }
    keys
}

fn list(call: &mut Call<'_>) -> Answer {
    let wanted = texts(call, "TagKeys");
    let status = call.text("Status").map(str::to_owned);
    let mut keys = known(call);
    // A key that is active stays known when the last resource with it is gone.
    keys.extend(call.store.list::<Active>(call.account, GLOBAL).into_iter().map(|(key, _)| key));
    let items = keys.into_iter().filter(|key| wanted.is_empty() || wanted.contains(key)).filter_map(|key| {
        let active = call.store.contains::<Active>(call.account, GLOBAL, &key);
        let told = if active { "Active" } else { "Inactive" };
        let tag = json!({"TagKey": key, "Type": "UserDefined", "Status": told});
        status.as_ref().is_none_or(|status| status == told).then_some((key, tag))
    });
    let items: Vec<_> = items.collect();
    let (items, next) = page(items, call.text("NextToken"), page_size(call, "MaxResults", 100)).ok_or_else(|| {
        ServiceError::new("InvalidNextTokenException", "The pagination token is invalid.").with_status(400)
    })?;
    Ok(json!({"CostAllocationTags": items, "NextToken": next}))
}

fn update(call: &mut Call<'_>) -> Answer {
    let known = known(call);
    let entries = call.member("CostAllocationTagsStatus").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut errors = Vec::new();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let (key, status) = (text("TagKey"), text("Status"));
        // The code and words of this one are not documented: UpdateCostAllocationTagsStatusError only says that there are some.
        if !known.contains(key) && !call.store.contains::<Active>(call.account, GLOBAL, key) {
            errors.push(json!({"TagKey": key, "Code": "TagKeyNotFound", "Message": "Tag key not found."}));
        } else if status == "Active" {
            call.store.put(call.account, GLOBAL, key, &Active { since: call.now });
        } else {
            call.store.remove::<Active>(call.account, GLOBAL, key);
        }
    }
    Ok(json!({"Errors": errors}))
}
