//! The one resource-based policy of an organization, which delegates administration to member accounts.

use super::records::Delegation;
use super::support::{arn, error, get, invalid, joined, keep, managed};
use crate::service::{Call, ServiceError};
use crate::services::iam::document::{Use, statements};
use crate::services::shared::{Answer, nothing, tags_of};
use crate::store::GLOBAL;
use serde_json::{Value, json};

fn shown(call: &Call<'_>, delegation: &Delegation) -> Result<Value, ServiceError> {
    let tree = joined(call)?;
    let arn = arn(call, &tree, "resourcepolicy", &delegation.id);
    let summary = json!({"Id": delegation.id, "Arn": arn});
    Ok(json!({"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": delegation.content}}))
}

fn absent() -> ServiceError {
    error("ResourcePolicyNotFoundException", "We can't find a resource policy for this organization.")
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    managed(call)?;
    let content = call.required("Content").to_owned();
    statements(&content, Use::Resource).map_err(|fault| invalid("INVALID_RESOURCE_POLICY_JSON", &fault))?;
    let known = get::<Delegation>(call, Delegation::KEY);
    let tags = tags_of(call.member("Tags"));
    if known.is_some() && !tags.is_empty() {
        // PutResourcePolicy: "tags can only be specified when you create the policy".
        let reason = "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED";
        return Err(invalid(reason, "Tags can't be given with an update of an existing resource policy."));
    }
    let delegation = match known {
        Some(known) => Delegation { content, ..known },
        None => Delegation { id: format!("rp-{}", call.random.lower_alphanumeric(8)), content, tags },
    };
    keep(call, Delegation::KEY, &delegation);
    shown(call, &delegation)
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    managed(call)?;
    let delegation = get::<Delegation>(call, Delegation::KEY).ok_or_else(absent)?;
    shown(call, &delegation)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    managed(call)?;
    if call.store.remove::<Delegation>(call.account, GLOBAL, Delegation::KEY) { nothing() } else { Err(absent()) }
}
