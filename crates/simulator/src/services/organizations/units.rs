//! Organizational units, and what is below and above what.

use super::records::{Member, Policy, Tree, Unit};
use super::support::{all, arn, constraint, error, get, is_parent, keep, listed, managed, member, members, path};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tags_of};
use crate::store::GLOBAL;
use serde_json::{Value, json};

/// Organizations User Guide, "Quotas": five levels of units below the root.
const DEEPEST: usize = 5;

fn described(call: &Call<'_>, tree: &Tree, unit: &Unit) -> Value {
    json!({
        "Id": unit.id,
        "Arn": arn(call, tree, "ou", &unit.id),
        "Name": unit.name,
        "Path": path(call, tree, &unit.parent, &unit.id),
    })
}

fn parent_missing() -> ServiceError {
    error("ParentNotFoundException", "You specified a parent that doesn't exist.")
}

fn duplicate(call: &Call<'_>, parent: &str, name: &str, own: Option<&str>) -> Result<(), ServiceError> {
    let taken = all::<Unit>(call)
        .into_iter()
        .any(|unit| unit.parent == parent && unit.name == name && own.is_none_or(|own| own != unit.id));
    if taken {
        let message = "An OU with the same name already exists.";
        return Err(error("DuplicateOrganizationalUnitException", message));
    }
    Ok(())
}

fn depth(call: &Call<'_>, parent: &str) -> usize {
    get::<Unit>(call, parent).map_or(0, |unit| 1 + depth(call, &unit.parent))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let parent = call.required("ParentId").to_owned();
    if !is_parent(call, &tree, &parent) {
        return Err(parent_missing());
    }
    let name = call.required("Name").to_owned();
    duplicate(call, &parent, &name, None)?;
    if depth(call, &parent) >= DEEPEST {
        return Err(constraint(
            "OU_DEPTH_LIMIT_EXCEEDED",
            "You attempted to create an OU tree that is too many levels deep.",
        ));
    }
    let root = tree.root.trim_start_matches("r-").to_owned();
    let id = format!("ou-{root}-{}", call.random.lower_alphanumeric(8));
    let unit = Unit { id, name, parent, tags: tags_of(call.member("Tags")) };
    keep(call, &unit.id.clone(), &unit);
    Ok(json!({"OrganizationalUnit": described(call, &tree, &unit)}))
}

fn named(call: &Call<'_>) -> Result<(Tree, Unit), ServiceError> {
    let tree = managed(call)?;
    let unit = get::<Unit>(call, call.required("OrganizationalUnitId")).ok_or_else(|| {
        error("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
    })?;
    Ok((tree, unit))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (tree, unit) = named(call)?;
    Ok(json!({"OrganizationalUnit": described(call, &tree, &unit)}))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (tree, mut unit) = named(call)?;
    if let Some(name) = call.text("Name") {
        duplicate(call, &unit.parent, name, Some(&unit.id))?;
        unit.name = name.to_owned();
    }
    keep(call, &unit.id.clone(), &unit);
    Ok(json!({"OrganizationalUnit": described(call, &tree, &unit)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (_, unit) = named(call)?;
    let units = all::<Unit>(call).iter().any(|other| other.parent == unit.id);
    if units || all::<Member>(call).iter().any(|member| member.parent == unit.id) {
        return Err(error(
            "OrganizationalUnitNotEmptyException",
            "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try \
             the operation again.",
        ));
    }
    for mut policy in all::<Policy>(call) {
        if policy.targets.remove(&unit.id) {
            keep(call, &policy.id.clone(), &policy);
        }
    }
    call.store.remove::<Unit>(call.account, GLOBAL, &unit.id);
    nothing()
}

fn below(call: &Call<'_>) -> Result<(Tree, String), ServiceError> {
    let tree = managed(call)?;
    let parent = call.required("ParentId").to_owned();
    if is_parent(call, &tree, &parent) { Ok((tree, parent)) } else { Err(parent_missing()) }
}

pub(super) fn of_parent(call: &mut Call<'_>) -> Answer {
    let (tree, parent) = below(call)?;
    let units = all::<Unit>(call).into_iter().filter(|unit| unit.parent == parent);
    let items = units.map(|unit| (unit.id.clone(), described(call, &tree, &unit))).collect();
    listed(call, "OrganizationalUnits", items)
}

pub(super) fn children(call: &mut Call<'_>) -> Answer {
    let (_, parent) = below(call)?;
    let kind = call.required("ChildType").to_owned();
    let ids: Vec<String> = match kind.as_str() {
        "ACCOUNT" => {
            let members = members(call).into_iter().filter(|member| member.parent == parent);
            members.map(|member| member.id.to_string()).collect()
        }
        _ => all::<Unit>(call).into_iter().filter(|unit| unit.parent == parent).map(|unit| unit.id).collect(),
    };
    let items = ids.into_iter().map(|id| (id.clone(), json!({"Id": id, "Type": kind}))).collect();
    listed(call, "Children", items)
}

pub(super) fn parents(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let child = call.required("ChildId");
    let parent = get::<Unit>(call, child).map(|unit| unit.parent).or_else(|| member(call, child).map(|own| own.parent));
    let parent = parent.ok_or_else(|| {
        error("ChildNotFoundException", "You specified an organizational unit or account that doesn't exist.")
    })?;
    let kind = if parent == tree.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    Ok(json!({"Parents": [{"Id": parent, "Type": kind}]}))
}
