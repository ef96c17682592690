//! The organization itself: made, described, dissolved; policy types of its root; trusted access of services.

use super::records::{Delegation, Member, Policy, Tree, Unit};
use super::support::{all, arn, constraint, error, invalid, joined, keep, listed, managed};
use crate::organization::{Membership, email};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing};
use crate::store::GLOBAL;
use serde_json::{Value, json};

/// How long a root needs until it takes policies of a type, in seconds. EnablePolicyType: "performs in the background"; AWS gives
/// no figure.
const ENABLING: f64 = 5.0;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if Membership::of(call.store, call.account).is_some() {
        return Err(error(
            "AlreadyInOrganizationException",
            "The provided account is already a member of an organization.",
        ));
    }
    let id = format!("o-{}", call.random.lower_alphanumeric(10));
    let root = format!("r-{}", call.random.lower_alphanumeric(4));
    let features = call.text("FeatureSet").unwrap_or("ALL").to_owned();
    let tree = Tree::new(id.clone(), root.clone(), call.account.clone(), &features);
    let own = Member {
        id: call.account.clone(),
        name: "management".to_owned(),
        email: email(call.account),
        parent: root,
        method: "INVITED".to_owned(),
        joined: call.now,
        closed: None,
        tags: Tags::new(),
    };
    call.store.put(
        call.account,
        GLOBAL,
        Membership::KEY,
        &Membership { organization: id, management: call.account.clone() },
    );
    keep(call, Tree::KEY, &tree);
    // The account was there before: it is no resource of the organization's.
    call.store.set_seeding(true);
    keep(call, own.id.as_str(), &own);
    call.store.set_seeding(false);
    Ok(json!({"Organization": described(call, &tree)}))
}

fn described(call: &Call<'_>, tree: &Tree) -> Value {
    json!({
        "Id": tree.id,
        "Arn": format!("arn:{}:organizations::{}:organization/{}", call.partition(), tree.management, tree.id),
        "FeatureSet": tree.features,
        "MasterAccountArn": arn(call, tree, "account", tree.management.as_str()),
        "MasterAccountId": tree.management,
        "MasterAccountEmail": email(&tree.management),
        // DescribeOrganization: "the AvailablePolicyTypes part of the response is deprecated"; ListRoots tells which are enabled.
        "AvailablePolicyTypes": [{"Type": super::records::SERVICE_CONTROL, "Status": "ENABLED"}],
    })
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let tree = joined(call)?;
    Ok(json!({"Organization": described(call, &tree)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let others = all::<Member>(call).iter().any(|member| member.id != tree.management);
    if others || !all::<Unit>(call).is_empty() || !all::<Policy>(call).is_empty() {
        return Err(error(
            "OrganizationNotEmptyException",
            "To delete an organization you must first remove all member accounts, OUs, and policies.",
        ));
    }
    call.store.remove::<Delegation>(call.account, GLOBAL, Delegation::KEY);
    call.store.remove::<Member>(call.account, GLOBAL, tree.management.as_str());
    call.store.remove::<Tree>(call.account, GLOBAL, Tree::KEY);
    call.store.remove::<Membership>(call.account, GLOBAL, Membership::KEY);
    nothing()
}

fn root(call: &Call<'_>, tree: &Tree) -> Value {
    let status = |kind: &str| if tree.takes(kind, call.now) { "ENABLED" } else { "PENDING_ENABLE" };
    let types: Vec<Value> =
        tree.policy_types.iter().map(|kind| json!({"Type": kind, "Status": status(kind)})).collect();
    json!({"Id": tree.root, "Arn": arn(call, tree, "root", &tree.root), "Name": "Root", "PolicyTypes": types})
}

pub(super) fn roots(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    Ok(json!({"Roots": [root(call, &tree)]}))
}

fn rooted(call: &Call<'_>) -> Result<Tree, ServiceError> {
    let tree = managed(call)?;
    if tree.root != call.required("RootId") {
        return Err(error("RootNotFoundException", "You specified a root that doesn't exist."));
    }
    if tree.features != "ALL" {
        return Err(error(
            "PolicyTypeNotAvailableForOrganizationException",
            "The policy type isn't available because your organization does not have all features enabled.",
        ));
    }
    Ok(tree)
}

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    let mut tree = rooted(call)?;
    let kind = call.required("PolicyType").to_owned();
    if !tree.policy_types.insert(kind.clone()) {
        return Err(error("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled."));
    }
    tree.enabling.insert(kind, call.after(ENABLING));
    keep(call, Tree::KEY, &tree);
    Ok(json!({"Root": root(call, &tree)}))
}

pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    let mut tree = rooted(call)?;
    let kind = call.required("PolicyType").to_owned();
    if !tree.policy_types.remove(&kind) {
        return Err(error("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled."));
    }
    // Organizations User Guide, "Disabling a policy type": what was attached is detached.
    for mut policy in all::<Policy>(call).into_iter().filter(|policy| policy.kind == kind) {
        policy.targets.clear();
        keep(call, &policy.id.clone(), &policy);
    }
    keep(call, Tree::KEY, &tree);
    Ok(json!({"Root": root(call, &tree)}))
}

fn service(call: &Call<'_>) -> Result<(Tree, String), ServiceError> {
    let tree = managed(call)?;
    if tree.features != "ALL" {
        return Err(constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "All features must be enabled."));
    }
    let name = call.required("ServicePrincipal").to_owned();
    if !name.ends_with(".amazonaws.com") {
        return Err(invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."));
    }
    Ok((tree, name))
}

pub(super) fn enable_service(call: &mut Call<'_>) -> Answer {
    let (mut tree, name) = service(call)?;
    let now = call.now;
    tree.services.entry(name).or_insert(now);
    keep(call, Tree::KEY, &tree);
    nothing()
}

pub(super) fn disable_service(call: &mut Call<'_>) -> Answer {
    let (mut tree, name) = service(call)?;
    tree.services.remove(&name);
    keep(call, Tree::KEY, &tree);
    nothing()
}

pub(super) fn services(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let items = tree
        .services
        .iter()
        .map(|(name, since)| (name.clone(), json!({"ServicePrincipal": name, "DateEnabled": since.to_string()})));
    let items = items.collect();
    listed(call, "EnabledServicePrincipals", items)
}
