//! Domain units, their owners, and grants of policies.

use super::generic::Form;
use super::profiles::{group_of, user_of};
use super::records::{DomainUnit, Grant, Profile, Thing, UnitOwner};
use super::support::{Scope, absent, conflict, invalid, listed, made_before, remember, scope};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing};
use charter_model::content_digest;
use serde_json::{Value, json};

pub(super) const UNIT: Form = Form {
    what: "domain unit",
    kept: &["name", "description"],
    changes: &["name", "description"],
    identifier: "identifier",
    parent: None,
    shown: |call, scope, thing| json!({"owners": owners_of(call, scope, &thing.id), "lastUpdatedAt": thing.updated.to_string()}),
};

fn check_unit(call: &Call<'_>, scope: &Scope, id: &str) -> Result<(), ServiceError> {
    let there = id == scope.domain.root_unit || scope.get::<DomainUnit>(call, id).is_some();
    if there { Ok(()) } else { Err(absent(format!("Domain unit {id} not found"))) }
}

fn without(mut answer: Value, members: &[&str]) -> Value {
    if let Some(map) = answer.as_object_mut() {
        map.retain(|name, _| !members.contains(&name.as_str()));
    }
    answer
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(before) = UNIT.again::<DomainUnit>(call, &scope)? {
        return Ok(without(with_ancestors(before), &["lastUpdatedAt"]));
    }
    let parent = call.required("parentDomainUnitIdentifier").to_owned();
    check_unit(call, &scope, &parent)?;
    UNIT.check_name::<DomainUnit>(call, &scope, |_, thing| thing.text("parentDomainUnitId") == parent)?;
    let thing = UNIT.make::<DomainUnit>(call, &scope, json!({"parentDomainUnitId": parent}), 0.0);
    Ok(without(with_ancestors(UNIT.answer(call, &scope, &thing)), &["lastUpdatedAt"]))
}

fn with_ancestors(mut answer: Value) -> Value {
    let parent = answer.get("parentDomainUnitId").cloned();
    if let Some(members) = answer.as_object_mut() {
        members.insert("ancestorDomainUnitIds".to_owned(), json!([parent]));
    }
    answer
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if call.required("identifier") == scope.domain.root_unit {
        return Ok(json!({
            "id": scope.domain.root_unit,
            "domainId": scope.id(),
            "name": scope.domain.text("name"),
            "owners": owners_of(call, &scope, &scope.domain.root_unit),
        }));
    }
    UNIT.get::<DomainUnit>(call)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier").to_owned();
    if scope.all::<DomainUnit>(call).iter().any(|(_, thing)| thing.text("parentDomainUnitId") == id) {
        return Err(conflict(format!("Domain unit {id} cannot be deleted: it has domain units")));
    }
    let projects = scope.all::<super::records::Project>(call);
    if projects.iter().any(|(_, project)| project.deleted.is_none() && project.text("domainUnitId") == id) {
        return Err(conflict(format!("Domain unit {id} cannot be deleted: it has projects")));
    }
    UNIT.delete::<DomainUnit>(call, None)?;
    // Its owners and grants go with it.
    let prefix = format!("{id}|");
    for (key, _) in scope.all::<UnitOwner>(call) {
        if key.starts_with(&prefix) {
            scope.remove::<UnitOwner>(call, &key);
        }
    }
    for (key, _) in scope.all::<Grant>(call) {
        if key.starts_with(&prefix) {
            scope.remove::<Grant>(call, &key);
        }
    }
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let parent = call.required("parentDomainUnitIdentifier").to_owned();
    UNIT.list::<DomainUnit>(call, |thing| thing.text("parentDomainUnitId") == parent, &["id", "name"])
}

fn owners_of(call: &Call<'_>, scope: &Scope, unit: &str) -> Value {
    let prefix = format!("{unit}|");
    let owners = scope.told::<UnitOwner>(call).into_iter().filter(|(key, _)| key.starts_with(&prefix));
    owners.map(|(_, owner)| owner_shown(&owner)).collect()
}

fn owner_shown(owner: &Thing) -> Value {
    match owner.text("kind") {
        "group" => json!({"group": {"groupId": owner.id}}),
        _ => json!({"user": {"userId": owner.id}}),
    }
}

/// The kind and id of the owner that an input names.
fn owner(call: &Call<'_>, scope: &Scope) -> Result<(&'static str, String), ServiceError> {
    let text = |kind: &str, name: &str| {
        call.member("owner").and_then(|owner| owner.get(kind)?.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    let found = match (text("user", "userIdentifier"), text("group", "groupIdentifier")) {
        (Some(user), _) => user_of(call, scope, &user).map(|profile| ("user", profile.id)),
        (None, Some(group)) => group_of(call, scope, &group).map(|profile| ("group", profile.id)),
        (None, None) => None,
    };
    found.ok_or_else(|| absent("The owner has no profile in the domain"))
}

pub(super) fn add_owner(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if made_before(call)?.is_some() {
        return nothing();
    }
    let unit = call.required("entityIdentifier").to_owned();
    check_unit(call, &scope, &unit)?;
    let (kind, id) = owner(call, &scope)?;
    let key = format!("{unit}|{kind}|{id}");
    if scope.get::<UnitOwner>(call, &key).is_some() {
        return Err(conflict(format!("{id} is an owner of {unit}; it already exists")));
    }
    let settings = json!({"kind": kind}).as_object().cloned().unwrap_or_default();
    let owner = Thing::new(id, "", settings, call.now);
    scope.put::<UnitOwner>(call, &key, owner);
    remember(call, &key);
    nothing()
}

pub(super) fn remove_owner(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let unit = call.required("entityIdentifier").to_owned();
    let (kind, id) = owner(call, &scope)?;
    let was_there = scope.remove::<UnitOwner>(call, &format!("{unit}|{kind}|{id}"));
    if was_there { nothing() } else { Err(absent(format!("{id} is no owner of {unit}"))) }
}

pub(super) fn list_owners(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let prefix = format!("{}|", call.required("entityIdentifier"));
    let owners = scope.told::<UnitOwner>(call).into_iter().filter(|(key, _)| key.starts_with(&prefix));
    let items = owners.map(|(key, owner)| (key, owner_shown(&owner))).collect();
    listed(call, "owners", items)
}

pub(super) fn add_grant(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(id) = made_before(call)? {
        return Ok(json!({"grantId": id}));
    }
    let entity = call.required("entityIdentifier").to_owned();
    match call.required("entityType") {
        "DOMAIN_UNIT" => check_unit(call, &scope, &entity)?,
        "ENVIRONMENT_PROFILE" if scope.get::<Profile>(call, &entity).is_none() => {
            return Err(absent(format!("Environment profile {entity} not found")));
        }
        _ => {}
    }
    let policy = call.required("policyType").to_owned();
    let prefix = format!("{entity}|{policy}|");
    let principal = call.member("principal").cloned().unwrap_or_default();
    let same = |thing: &Thing| thing.text("principal") == content_digest(&principal);
    if scope.all::<Grant>(call).iter().any(|(key, thing)| key.starts_with(&prefix) && same(thing)) {
        return Err(conflict("The policy grant already exists for this principal"));
    }
    if call.member("detail").is_none() {
        return Err(invalid("detail must be specified."));
    }
    let by = super::profiles::of_caller(call, &scope);
    let id = call.random.alphanumeric(10);
    let settings = json!({
        "principal": content_digest(&principal),
        "shown": {"principal": principal, "detail": call.member("detail")},
    });
    let thing = Thing::new(&*id, by, settings.as_object().cloned().unwrap_or_default(), call.now);
    scope.put::<Grant>(call, &format!("{prefix}{id}"), thing);
    remember(call, &id);
    Ok(json!({"grantId": id}))
}

fn grants(call: &Call<'_>) -> String {
    format!("{}|{}|", call.required("entityIdentifier"), call.required("policyType"))
}

pub(super) fn remove_grant(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let prefix = grants(call);
    let principal = content_digest(call.member("principal").unwrap_or(&Value::Null));
    let all = scope.all::<Grant>(call).into_iter();
    let mut same = all.filter(|(key, thing)| key.starts_with(&prefix) && thing.text("principal") == principal);
    if let Some((key, _)) = same.next() {
        scope.remove::<Grant>(call, &key);
    }
    nothing()
}

pub(super) fn list_grants(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let prefix = grants(call);
    let all = scope.told::<Grant>(call).into_iter().filter(|(key, _)| key.starts_with(&prefix));
    let items = all
        .map(|(key, thing)| {
            let mut shown = thing.settings.get("shown").cloned().unwrap_or_default();
            if let Some(members) = shown.as_object_mut() {
                members.insert("grantId".to_owned(), json!(thing.id));
                members.insert("createdBy".to_owned(), json!(thing.by));
                members.insert("createdAt".to_owned(), json!(thing.created.to_string()));
            }
            (key, shown)
        })
        .collect();
    listed(call, "grantList", items)
}
