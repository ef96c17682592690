//! Words and look-up of Organizations.

use super::records::{Member, Tree, Unit};
use crate::organization::Membership;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, page, page_size};
use crate::store::{GLOBAL, Record};
use serde_json::{Value, json};

pub(super) fn error(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(400)
}

pub(super) fn constraint(reason: &str, message: &str) -> ServiceError {
    error("ConstraintViolationException", message).with("Reason", reason)
}

pub(super) fn invalid(reason: &str, message: &str) -> ServiceError {
    error("InvalidInputException", message).with("Reason", reason)
}

/// The organization of the caller's account, whoever manages it.
pub(super) fn joined(call: &Call<'_>) -> Result<Tree, ServiceError> {
    let management = Membership::of(call.store, call.account).map(|membership| membership.management);
    management
        .and_then(|management| call.store.get::<Tree>(&management, GLOBAL, Tree::KEY))
        .ok_or_else(|| error("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."))
}

/// The organization that the caller's account manages: nearly every operation is for that account only.
pub(super) fn managed(call: &Call<'_>) -> Result<Tree, ServiceError> {
    let tree = joined(call)?;
    if tree.management == *call.account {
        return Ok(tree);
    }
    Err(error("AccessDeniedException", "You don't have permissions to access this resource."))
}

/// A record of the management account, whose existence is settled.
pub(super) fn get<R: Record>(call: &Call<'_>, key: &str) -> Option<R> {
    call.store.get(call.account, GLOBAL, key)
}

/// All records of a kind.
pub(super) fn all<R: Record>(call: &Call<'_>) -> Vec<R> {
    call.store.list::<R>(call.account, GLOBAL).into_iter().map(|(_, record)| record).collect()
}

pub(super) fn keep<R: Record>(call: &mut Call<'_>, key: &str, record: &R) {
    call.store.put(call.account, GLOBAL, key, record);
}

/// The accounts that have joined by now.
pub(super) fn members(call: &Call<'_>) -> Vec<Member> {
    all::<Member>(call).into_iter().filter(|member| member.joined <= call.now).collect()
}

/// The account of an id, if it has joined by now.
pub(super) fn member(call: &Call<'_>, id: &str) -> Option<Member> {
    get::<Member>(call, id).filter(|member| member.joined <= call.now)
}

pub(super) fn is_parent(call: &Call<'_>, tree: &Tree, id: &str) -> bool {
    tree.root == id || call.store.contains::<Unit>(call.account, GLOBAL, id)
}

/// The organization, root and units that lead to something below a parent: `o-…/r-…/ou-…/…/`.
pub(super) fn path(call: &Call<'_>, tree: &Tree, parent: &str, id: &str) -> String {
    let mut steps = vec![id.to_owned()];
    let mut next = parent.to_owned();
    // Units nest five deep at most.
    while let Some(unit) = get::<Unit>(call, &next) {
        steps.push(unit.id);
        next = unit.parent;
    }
    steps.extend([tree.root.clone(), tree.id.clone()]);
    steps.reverse();
    steps.join("/") + "/"
}

/// The ARN of something in an organization: `arn:aws:organizations::111111111111:ou/o-…/ou-…`.
pub(super) fn arn(call: &Call<'_>, tree: &Tree, kind: &str, id: &str) -> String {
    format!("arn:{}:organizations::{}:{kind}/{}/{id}", call.partition(), tree.management, tree.id)
}

/// What a target is: its kind, ARN and name. None: there is no such root, unit or account.
pub(super) fn target(call: &Call<'_>, tree: &Tree, id: &str) -> Option<(&'static str, String, String)> {
    if tree.root == id {
        return Some(("ROOT", arn(call, tree, "root", id), "Root".to_owned()));
    }
    if let Some(unit) = get::<Unit>(call, id) {
        return Some(("ORGANIZATIONAL_UNIT", arn(call, tree, "ou", id), unit.name));
    }
    member(call, id).map(|member| ("ACCOUNT", arn(call, tree, "account", id), member.name))
}

/// One page of a list under a member name.
pub(super) fn listed(call: &Call<'_>, name: &str, items: Vec<(String, Value)>) -> Answer {
    let (items, next) = page(items, call.text("NextToken"), page_size(call, "MaxResults", 20))
        .ok_or_else(|| invalid("INVALID_NEXT_TOKEN", "You provided an invalid next token."))?;
    Ok(json!({name: items, "NextToken": next}))
}
