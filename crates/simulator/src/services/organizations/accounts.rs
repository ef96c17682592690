//! Accounts: created in the background, moved between parents, closed, removed.

use super::records::{Creation, Member, Policy, Tree};
use super::support::{all, arn, constraint, error, get, is_parent, keep, listed, managed, member, members, path};
use crate::organization::{Membership, access_role};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tags_of};
use crate::store::GLOBAL;
use charter_model::AccountId;
use jiff::Timestamp;
use serde_json::{Value, json};

/// How long a creation takes: "a few minutes" at worst by Organizations User Guide, "Creating a member account"; an estimate.
const CREATION: f64 = 40.0;
/// An address in use is found out sooner.
const REFUSAL: f64 = 8.0;
/// How long after that its role cannot be assumed yet: public code that assumes it tries again for a minute or two; an estimate.
const ROLE: f64 = 25.0;
/// What follows CloseAccount: PENDING_CLOSURE "for a few minutes", an estimate; the rest of the 90 days the account is SUSPENDED.
const CLOSING: f64 = 180.0;

fn described(call: &Call<'_>, tree: &Tree, member: &Member) -> Value {
    let (status, state) = match member.closed {
        None => ("ACTIVE", "ACTIVE"),
        Some(closed) if crate::service::later(closed, CLOSING) > call.now => ("PENDING_CLOSURE", "PENDING_CLOSURE"),
        Some(_) => ("SUSPENDED", "CLOSED"),
    };
    json!({
        "Id": member.id,
        "Arn": arn(call, tree, "account", member.id.as_str()),
        "Email": member.email,
        "Name": member.name,
        "Status": status,
        "State": state,
        "Paths": [path(call, tree, &member.parent, member.id.as_str())],
        "JoinedMethod": member.method,
        "JoinedTimestamp": member.joined.to_string(),
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let (name, email) = (call.required("AccountName").to_owned(), call.required("Email").to_owned());
    let id = format!("car-{}", call.random.hex(32));
    // An address belongs to one account of all of AWS, those included that are being created.
    let taken = call.store.everywhere::<Member>().iter().any(|entry| entry.record.email.eq_ignore_ascii_case(&email));
    let (completed, outcome) = if taken {
        (call.after(REFUSAL), Err("EMAIL_ALREADY_EXISTS".to_owned()))
    } else {
        let completed = call.after(CREATION);
        (completed, Ok(open(call, &tree, &name, email, completed)?))
    };
    let creation = Creation { id, name, requested: call.now, completed, outcome };
    keep(call, &creation.id.clone(), &creation);
    Ok(json!({"CreateAccountStatus": progress(call, &creation)}))
}

/// Makes the account with the role that opens it.
fn open(
    call: &mut Call<'_>,
    tree: &Tree,
    name: &str,
    email: String,
    joined: Timestamp,
) -> Result<AccountId, ServiceError> {
    let number = 100_000_000_000 + call.random.number() % 900_000_000_000;
    let id = AccountId::new(number.to_string()).map_err(|_| {
        error("ServiceException", "Organizations can't complete your request because of an internal error.")
    })?;
    let tags = tags_of(call.member("Tags"));
    let role = call.text("RoleName").unwrap_or(crate::organization::ACCESS_ROLE).to_owned();
    let member = Member {
        id: id.clone(),
        name: name.to_owned(),
        email,
        parent: tree.root.clone(),
        method: "CREATED".to_owned(),
        joined,
        closed: None,
        tags,
    };
    keep(call, id.as_str(), &member);
    let membership = Membership { organization: tree.id.clone(), management: tree.management.clone() };
    let mut access = access_role(call.random, &role, &tree.management, &id, joined);
    access.assumable = crate::service::later(joined, ROLE);
    call.store.set_seeding(true);
    call.store.put(&id, GLOBAL, Membership::KEY, &membership);
    call.store.put(&id, GLOBAL, &role, &access);
    call.store.set_seeding(false);
    Ok(id)
}

fn progress(call: &Call<'_>, creation: &Creation) -> Value {
    let done = creation.completed <= call.now;
    let (state, account, reason) = match &creation.outcome {
        _ if !done => ("IN_PROGRESS", None, None),
        Ok(account) => ("SUCCEEDED", Some(account), None),
        Err(reason) => ("FAILED", None, Some(reason)),
    };
    json!({
        "Id": creation.id,
        "AccountName": creation.name,
        "State": state,
        "RequestedTimestamp": creation.requested.to_string(),
        "CompletedTimestamp": done.then(|| creation.completed.to_string()),
        "AccountId": account,
        "FailureReason": reason,
    })
}

pub(super) fn status(call: &mut Call<'_>) -> Answer {
    managed(call)?;
    let creation = get::<Creation>(call, call.required("CreateAccountRequestId")).ok_or_else(|| {
        error("CreateAccountStatusNotFoundException", "You specified a create account request that doesn't exist.")
    })?;
    Ok(json!({"CreateAccountStatus": progress(call, &creation)}))
}

pub(super) fn statuses(call: &mut Call<'_>) -> Answer {
    managed(call)?;
    let states = crate::services::shared::texts(call, "States");
    let shown = all::<Creation>(call).into_iter().map(|creation| (creation.id.clone(), progress(call, &creation)));
    let items = shown
        .filter(|(_, status)| {
            let state = status.get("State").and_then(Value::as_str).unwrap_or_default();
            states.is_empty() || states.iter().any(|wanted| wanted == state)
        })
        .collect();
    listed(call, "CreateAccountStatuses", items)
}

fn absent() -> ServiceError {
    error("AccountNotFoundException", "You specified an account that doesn't exist.")
}

fn named(call: &Call<'_>) -> Result<(Tree, Member), ServiceError> {
    let tree = managed(call)?;
    let member = member(call, call.required("AccountId")).ok_or_else(absent)?;
    Ok((tree, member))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (tree, member) = named(call)?;
    Ok(json!({"Account": described(call, &tree, &member)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let items = members(call).iter().map(|member| (member.id.to_string(), described(call, &tree, member))).collect();
    listed(call, "Accounts", items)
}

pub(super) fn of_parent(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let parent = call.required("ParentId");
    if !is_parent(call, &tree, parent) {
        return Err(error("ParentNotFoundException", "You specified a parent that doesn't exist."));
    }
    let members = members(call).into_iter().filter(|member| member.parent == parent);
    let items = members.map(|member| (member.id.to_string(), described(call, &tree, &member))).collect();
    listed(call, "Accounts", items)
}

pub(super) fn relocate(call: &mut Call<'_>) -> Answer {
    let (tree, mut member) = named(call)?;
    let (from, to) = (call.required("SourceParentId").to_owned(), call.required("DestinationParentId").to_owned());
    if !is_parent(call, &tree, &from) || member.parent != from && member.parent != to {
        return Err(error("SourceParentNotFoundException", "You specified a source parent that doesn't exist."));
    }
    if !is_parent(call, &tree, &to) {
        let message = "You specified a destination parent that doesn't exist.";
        return Err(error("DestinationParentNotFoundException", message));
    }
    if member.parent == to {
        let message = "The account is already in the destination that you specified.";
        return Err(error("DuplicateAccountException", message));
    }
    member.parent = to;
    keep(call, member.id.clone().as_str(), &member);
    nothing()
}

pub(super) fn close(call: &mut Call<'_>) -> Answer {
    let (tree, mut member) = named(call)?;
    if member.id == tree.management {
        return Err(constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account."));
    }
    if member.closed.is_some() {
        return Err(error(
            "AccountAlreadyClosedException",
            "You attempted to close an account that is already closed.",
        ));
    }
    member.closed = Some(call.now);
    keep(call, member.id.clone().as_str(), &member);
    nothing()
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let (tree, member) = named(call)?;
    if member.id == tree.management {
        let message = "You can't remove the management account from an organization.";
        return Err(error("MasterCannotLeaveOrganizationException", message));
    }
    for mut policy in all::<Policy>(call) {
        if policy.targets.remove(member.id.as_str()) {
            keep(call, &policy.id.clone(), &policy);
        }
    }
    call.store.remove::<Member>(call.account, GLOBAL, member.id.as_str());
    call.store.remove::<Membership>(&member.id, GLOBAL, Membership::KEY);
    nothing()
}
