//! Managed policies: the customer's, with their versions; AWS's, by name.

use super::document::{Use, counted_length};
use super::managed;
use super::records::{Group, Holder, Policy, Version};
use super::support::{
    add_tags, below, check_document, claim, encoded, exists, in_use, invalid, limit, listed, missing, new_tags, paged,
    path, release,
};
use crate::identity::{Role, User};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tag_list, texts};
use crate::store::GLOBAL;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters without white space, and versions, of a managed policy (IAM quotas).
const SIZE_LIMIT: usize = 6_144;
const VERSION_LIMIT: usize = 5;

fn absent(arn: &str) -> ServiceError {
    missing(format!("Policy {arn} was not found."))
}

/// The truth of a customer managed policy.
fn held(call: &Call<'_>) -> Result<Policy, ServiceError> {
    let arn = call.required("PolicyArn");
    if managed::is_known(arn) {
        return Err(ServiceError::new("AccessDenied", format!("You cannot change the AWS managed policy {arn}."))
            .with_status(403));
    }
    call.store.get(call.account, GLOBAL, arn).ok_or_else(|| absent(arn))
}

fn seen(call: &Call<'_>) -> Result<Policy, ServiceError> {
    let arn = call.required("PolicyArn");
    call.store.read(call.account, GLOBAL, arn).ok_or_else(|| absent(arn))
}

fn keep(call: &mut Call<'_>, policy: &Policy) {
    call.store.put(call.account, GLOBAL, &policy.arn, policy);
}

fn shown(policy: &Policy, whole: bool) -> Value {
    json!({
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": version_name(policy.default_version),
        "AttachmentCount": policy.attachments,
        "PermissionsBoundaryUsageCount": policy.boundaries,
        "IsAttachable": true,
        "CreateDate": policy.created.to_string(),
        "UpdateDate": policy.updated.to_string(),
        // ListPolicies leaves these out, as AWS documents it.
        "Description": policy.description.as_ref().filter(|_| whole),
        "Tags": (whole && !policy.tags.is_empty()).then(|| tag_list(&policy.tags)),
    })
}

/// An AWS managed policy, of which only the name is known.
fn shown_managed(call: &Call<'_>, name: &str) -> Value {
    let arn = format!("arn:{}:iam::aws:policy{name}", call.partition());
    let (path, short) = name.rsplit_once('/').unwrap_or_default();
    // An id that is the same in every account and run, as AWS's are.
    let digest = charter_model::content_digest(&json!(name)).to_uppercase();
    let id: String =
        digest.chars().map(|digit| char::from(b'A' + digit.to_digit(16).unwrap_or(0) as u8)).take(17).collect();
    let attached = users_of(call, &arn).len();
    json!({
        "PolicyName": short,
        "PolicyId": format!("ANPA{id}"),
        "Arn": arn,
        "Path": format!("{path}/"),
        "DefaultVersionId": "v1",
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "CreateDate": "2015-02-06T18:39:46Z",
        "UpdateDate": "2015-02-06T18:39:46Z",
    })
}

fn version_name(number: u32) -> String {
    format!("v{number}")
}

fn check_size(document: &str) -> Result<(), ServiceError> {
    check_document(document, Use::Identity)?;
    if counted_length(document) > SIZE_LIMIT {
        return Err(limit(format!("Cannot exceed quota for PolicySize: {SIZE_LIMIT}")));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("PolicyName").to_owned();
    let document = call.required("PolicyDocument").to_owned();
    let path = path(call)?;
    let tags = new_tags(call)?;
    check_size(&document)?;
    if !claim(call, "policy", &name) {
        return Err(exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let policy = Policy {
        id: format!("ANPA{}", call.random.base32(17)),
        arn: call.global_arn("iam", format!("policy{path}{name}")),
        path,
        description: call.text("Description").map(str::to_owned),
        tags,
        versions: BTreeMap::from([(1, Version { document, created: call.now })]),
        default_version: 1,
        next_version: 2,
        attachments: 0,
        boundaries: 0,
        created: call.now,
        updated: call.now,
        name,
    };
    keep(call, &policy);
    Ok(json!({"Policy": shown(&policy, true)}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    if let Some(name) = managed::name(call.required("PolicyArn")) {
        return Ok(json!({"Policy": shown_managed(call, name)}));
    }
    Ok(json!({"Policy": shown(&seen(call)?, true)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let scope = call.text("Scope").unwrap_or("All");
    let only_attached = call.flag("OnlyAttached").unwrap_or(false);
    let mut policies: Vec<(String, Value)> = Vec::new();
    if scope != "AWS" {
        let own = call.store.read_all::<Policy>(call.account, GLOBAL);
        policies.extend(
            own.into_iter()
                .filter(|(_, policy)| below(call, &policy.path) && (!only_attached || policy.attachments > 0))
                .map(|(arn, policy)| (arn, shown(&policy, false))),
        );
    }
    if scope != "Local" {
        let theirs = managed::all()
            .filter(|name| below(call, name))
            .map(|name| (format!("arn:{}:iam::aws:policy{name}", call.partition()), name))
            .filter(|(arn, _)| !only_attached || !users_of(call, arn).is_empty());
        policies.extend(theirs.map(|(arn, name)| (arn, shown_managed(call, name))));
    }
    policies.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, "Policies", policies)
}

fn shown_version(policy: &Policy, number: u32, version: &Version, document: bool) -> Value {
    json!({
        "VersionId": version_name(number),
        "IsDefaultVersion": policy.default_version == number,
        "CreateDate": version.created.to_string(),
        "Document": document.then(|| encoded(&version.document)),
    })
}

fn asked_version(call: &Call<'_>, policy: &Policy) -> Result<u32, ServiceError> {
    let asked = call.required("VersionId");
    asked
        .strip_prefix('v')
        .and_then(|number| number.parse().ok())
        .filter(|number| policy.versions.contains_key(number))
        .ok_or_else(|| missing(format!("Policy {} version {asked} does not exist or is not attachable.", policy.arn)))
}

pub(super) fn get_version(call: &mut Call<'_>) -> Answer {
    if managed::is_known(call.required("PolicyArn")) {
        return Err(call.not_simulated());
    }
    let policy = seen(call)?;
    let number = asked_version(call, &policy)?;
    let version = policy.versions.get(&number).ok_or_else(|| absent(&policy.arn))?;
    Ok(json!({"PolicyVersion": shown_version(&policy, number, version, true)}))
}

pub(super) fn create_version(call: &mut Call<'_>) -> Answer {
    let mut policy = held(call)?;
    let document = call.required("PolicyDocument").to_owned();
    check_size(&document)?;
    if policy.versions.len() >= VERSION_LIMIT {
        return Err(limit(format!(
            "A managed policy can have up to {VERSION_LIMIT} versions. Before you create a new version, you must delete an existing \
             version."
        )));
    }
    let number = policy.next_version;
    policy.next_version += 1;
    let version = Version { document, created: call.now };
    if call.flag("SetAsDefault").unwrap_or(false) {
        policy.default_version = number;
    }
    policy.updated = call.now;
    policy.versions.insert(number, version.clone());
    keep(call, &policy);
    Ok(json!({"PolicyVersion": shown_version(&policy, number, &version, false)}))
}

pub(super) fn delete_version(call: &mut Call<'_>) -> Answer {
    let mut policy = held(call)?;
    let number = asked_version(call, &policy)?;
    if number == policy.default_version {
        return Err(in_use("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    keep(call, &policy);
    nothing()
}

pub(super) fn set_default_version(call: &mut Call<'_>) -> Answer {
    let mut policy = held(call)?;
    policy.default_version = asked_version(call, &policy)?;
    policy.updated = call.now;
    keep(call, &policy);
    nothing()
}

pub(super) fn list_versions(call: &mut Call<'_>) -> Answer {
    if managed::is_known(call.required("PolicyArn")) {
        return Err(call.not_simulated());
    }
    let policy = seen(call)?;
    // The newest first.
    let versions = policy
        .versions
        .iter()
        .map(|(number, version)| {
            (format!("{:010}", u32::MAX - number), shown_version(&policy, *number, version, false))
        })
        .rev()
        .collect();
    listed(call, "Versions", versions)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let policy = held(call)?;
    if policy.attachments > 0 || policy.boundaries > 0 {
        return Err(in_use("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        return Err(in_use(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        ));
    }
    call.store.remove::<Policy>(call.account, GLOBAL, &policy.arn);
    release(call, "policy", &policy.name);
    nothing()
}

/// Who holds a policy: kind, name, id.
fn users_of(call: &Call<'_>, arn: &str) -> Vec<(&'static str, String, String)> {
    fn of<H: Holder>(call: &Call<'_>, arn: &str) -> Vec<(&'static str, String, String)> {
        let holders = call.store.list::<H>(call.account, GLOBAL).into_iter();
        holders
            .filter(|(_, holder)| holder.attached().contains(arn))
            .map(|(_, holder)| (H::NOUN, holder.name().to_owned(), holder.id().to_owned()))
            .collect()
    }
    let mut users = of::<Role>(call, arn);
    users.extend(of::<User>(call, arn));
    users.extend(of::<Group>(call, arn));
    users
}

pub(super) fn entities(call: &mut Call<'_>) -> Answer {
    let arn = call.required("PolicyArn");
    if !managed::is_known(arn) {
        seen(call)?;
    }
    let boundary = call.text("PolicyUsageFilter") == Some("PermissionsBoundary");
    let entities: Vec<(&'static str, String, String)> = if boundary {
        let roles = call.store.list::<Role>(call.account, GLOBAL).into_iter();
        roles
            .filter(|(_, role)| role.permissions_boundary.as_deref() == Some(arn))
            .map(|(name, role)| (Role::NOUN, name, role.id))
            .collect()
    } else {
        users_of(call, arn)
    };
    let filter = call.text("EntityFilter");
    let kinds = [("role", "Role"), ("user", "User"), ("group", "Group")];
    let kind_of = |noun: &str| kinds.iter().find(|(each, _)| *each == noun).map_or("", |(_, kind)| *kind);
    let mut items: Vec<_> = entities
        .into_iter()
        .map(|(noun, name, id)| (kind_of(noun), name, id))
        .filter(|(kind, _, _)| filter.is_none_or(|filter| filter == *kind))
        .map(|(kind, name, id)| (format!("{kind}/{name}"), (kind, name, id)))
        .collect();
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    // A page is one of all kinds together.
    let (found, next) = paged(call, items)?;
    let of = |kind: &str| -> Value {
        let own = found.iter().filter(|(held, _, _)| *held == kind);
        own.map(|(_, name, id)| json!({format!("{kind}Name"): name, format!("{kind}Id"): id})).collect()
    };
    Ok(json!({
        "PolicyRoles": of("Role"),
        "PolicyUsers": of("User"),
        "PolicyGroups": of("Group"),
        "IsTruncated": next.is_some(),
        "Marker": next,
    }))
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let mut policy = held(call)?;
    add_tags(call, &mut policy.tags)?;
    keep(call, &policy);
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let mut policy = held(call)?;
    texts(call, "TagKeys").iter().for_each(|key| drop(policy.tags.remove(key)));
    keep(call, &policy);
    nothing()
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Answer {
    let arn = call.required("PolicyArn");
    if managed::is_known(arn) {
        return Err(invalid(format!("{arn} is an AWS managed policy; it has no tags.")));
    }
    let tags = seen(call)?.tags;
    let tags = tags.iter().map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", tags)
}
