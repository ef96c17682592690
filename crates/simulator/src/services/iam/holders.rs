//! Inline and managed policies of roles, users and groups: one behaviour for the three.

use super::document::{Use, counted_length};
use super::managed;
use super::records::{Holder, Policy};
use super::support::{check_document, encoded, invalid, limit, listed, missing};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing};
use crate::store::GLOBAL;
use serde_json::json;

/// Managed policies for each role, user or group (IAM quotas; adjustable up to 20).
const ATTACHED_LIMIT: usize = 10;

pub(super) fn absent<H: Holder>(name: &str) -> ServiceError {
    missing(format!("The {} with name {name} cannot be found.", H::NOUN))
}

/// The truth: what a change is made to.
pub(super) fn held<H: Holder>(call: &Call<'_>) -> Result<H, ServiceError> {
    let name = call.required(H::MEMBER);
    call.store.get(call.account, GLOBAL, name).ok_or_else(|| absent::<H>(name))
}

/// What a reader is told.
pub(super) fn seen<H: Holder>(call: &Call<'_>) -> Result<H, ServiceError> {
    let name = call.required(H::MEMBER);
    call.store.read(call.account, GLOBAL, name).ok_or_else(|| absent::<H>(name))
}

pub(super) fn keep<H: Holder>(call: &mut Call<'_>, holder: &H) {
    call.store.put(call.account, GLOBAL, holder.name(), holder);
}

/// Refuses changes to what belongs to a service.
pub(super) fn changeable<H: Holder>(holder: &H) -> Result<(), ServiceError> {
    if holder.protected() {
        return Err(ServiceError::new(
            "UnmodifiableEntity",
            format!(
                "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                holder.name()
            ),
        ));
    }
    Ok(())
}

pub(super) fn put_inline<H: Holder>(call: &mut Call<'_>) -> Answer {
    let mut holder: H = held(call)?;
    changeable(&holder)?;
    let (name, document) = (call.required("PolicyName").to_owned(), call.required("PolicyDocument").to_owned());
    check_document(&document, Use::Identity)?;
    holder.inline_mut().insert(name, document);
    let length: usize = holder.inline().values().map(|document| counted_length(document)).sum();
    if length > H::INLINE_LIMIT {
        return Err(limit(format!(
            "Maximum policy size of {} bytes exceeded for {} {}",
            H::INLINE_LIMIT,
            H::NOUN,
            holder.name()
        )));
    }
    keep(call, &holder);
    nothing()
}

fn no_inline<H: Holder>(name: &str) -> ServiceError {
    missing(format!("The {} policy with name {name} cannot be found.", H::NOUN))
}

pub(super) fn get_inline<H: Holder>(call: &mut Call<'_>) -> Answer {
    let holder: H = seen(call)?;
    let name = call.required("PolicyName");
    let document = holder.inline().get(name).ok_or_else(|| no_inline::<H>(name))?;
    Ok(json!({ H::MEMBER: holder.name(), "PolicyName": name, "PolicyDocument": encoded(document) }))
}

pub(super) fn delete_inline<H: Holder>(call: &mut Call<'_>) -> Answer {
    let mut holder: H = held(call)?;
    changeable(&holder)?;
    let name = call.required("PolicyName").to_owned();
    holder.inline_mut().remove(&name).ok_or_else(|| no_inline::<H>(&name))?;
    keep(call, &holder);
    nothing()
}

pub(super) fn list_inline<H: Holder>(call: &mut Call<'_>) -> Answer {
    let holder: H = seen(call)?;
    let names = holder.inline().keys().map(|name| (name.clone(), json!(name))).collect();
    listed(call, "PolicyNames", names)
}

/// Changes how often a customer managed policy is used; tells whether there is such a policy.
pub(super) fn count(call: &mut Call<'_>, arn: &str, change: impl FnOnce(&mut Policy)) -> bool {
    match call.store.get::<Policy>(call.account, GLOBAL, arn) {
        Some(mut policy) => {
            change(&mut policy);
            call.store.put(call.account, GLOBAL, arn, &policy);
            true
        }
        None => managed::is_known(arn),
    }
}

pub(super) fn attach<H: Holder>(call: &mut Call<'_>) -> Answer {
    let mut holder: H = held(call)?;
    changeable(&holder)?;
    let arn = call.required("PolicyArn").to_owned();
    if !arn.starts_with("arn:") {
        return Err(invalid(format!("ARN {arn} is not valid.")));
    }
    if holder.attached().contains(&arn) {
        return nothing();
    }
    if holder.attached().len() >= ATTACHED_LIMIT {
        let mut noun = H::NOUN.to_owned();
        if let Some(first) = noun.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        return Err(limit(format!("Cannot exceed quota for PoliciesPer{noun}: {ATTACHED_LIMIT}")));
    }
    if !count(call, &arn, |policy| policy.attachments += 1) {
        return Err(missing(format!("Policy {arn} does not exist or is not attachable.")));
    }
    holder.attached_mut().insert(arn);
    keep(call, &holder);
    nothing()
}

pub(super) fn detach<H: Holder>(call: &mut Call<'_>) -> Answer {
    let mut holder: H = held(call)?;
    changeable(&holder)?;
    let arn = call.required("PolicyArn").to_owned();
    if !holder.attached_mut().remove(&arn) {
        return Err(missing(format!("Policy {arn} was not found.")));
    }
    count(call, &arn, |policy| policy.attachments = policy.attachments.saturating_sub(1));
    keep(call, &holder);
    nothing()
}

pub(super) fn list_attached<H: Holder>(call: &mut Call<'_>) -> Answer {
    let holder: H = seen(call)?;
    let attached = holder
        .attached()
        .iter()
        .map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            (arn.clone(), json!({"PolicyName": name, "PolicyArn": arn}))
        })
        .collect();
    listed(call, "AttachedPolicies", attached)
}

/// Why a holder cannot be deleted yet.
pub(super) fn emptied<H: Holder>(holder: &H) -> Result<(), ServiceError> {
    if !holder.attached().is_empty() {
        return Err(super::support::in_use("Cannot delete entity, must detach all policies first."));
    }
    if !holder.inline().is_empty() {
        return Err(super::support::in_use("Cannot delete entity, must delete policies first."));
    }
    Ok(())
}
