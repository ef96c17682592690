//! Profiles of users and groups. There is no call that deletes one.

use super::records::{GroupProfile, Settings, Thing, UserProfile};
use super::support::{Scope, absent, for_the_owner_only, invalid, listed, made_before, remember, scope};
use crate::identity::CallerKind;
use crate::service::{Call, ServiceError};
use crate::services::iam::principal_id;
use crate::services::shared::Answer;
use serde_json::{Value, json};

/// The words are those of public reports (aws/modern-data-architecture-accelerator, issue 74); the operation declares no conflict.
fn taken(what: &str, scope: &Scope, name: &str, status: &str) -> ServiceError {
    invalid(format!("{what} already exists for Domain {} and {name}, current status is {status}", scope.id()))
}

/// A user's profile by its id, ARN or name, and by the name of a session.
fn find(call: &Call<'_>, scope: &Scope, user: &str, session: Option<&str>) -> Option<Thing> {
    let profiles = scope.all::<UserProfile>(call).into_iter();
    let mut profiles = profiles.map(|(_, profile)| profile).filter(|profile| {
        profile.id == user
            || profile.text("name") == user && profile.settings.get("session").and_then(Value::as_str) == session
    });
    profiles.next()
}

pub(super) fn user_of(call: &Call<'_>, scope: &Scope, user: &str) -> Option<Thing> {
    find(call, scope, user, None)
}

pub(super) fn group_of(call: &Call<'_>, scope: &Scope, group: &str) -> Option<Thing> {
    let profiles = scope.all::<GroupProfile>(call).into_iter().map(|(_, profile)| profile);
    let mut profiles = profiles.filter(|profile| profile.id == group || profile.text("name") == group);
    profiles.next()
}

fn make(call: &mut Call<'_>, scope: &Scope, user: &str, session: Option<&str>) -> Result<Thing, ServiceError> {
    let iam = user.starts_with("arn:");
    if iam && principal_id(call, user).is_none() {
        return Err(invalid(format!("The IAM principal {user} does not exist.")));
    }
    let single_sign_on = scope.domain.settings.get("singleSignOn").and_then(|settings| settings.get("type"));
    if !iam && single_sign_on != Some(&json!("IAM_IDC")) {
        return Err(invalid(format!("{user} is no IAM principal, and single sign-on is not enabled for the domain.")));
    }
    // The id of a user of Identity Center is the one that the user has there.
    let is_id = user.len() == 36 && user.bytes().filter(|each| *each == b'-').count() == 4;
    let id = if !iam && is_id { user.to_owned() } else { call.random.uuid() };
    let settings = json!({
        "name": user,
        "session": session,
        "type": if iam { "IAM" } else { "SSO" },
        "status": if iam { "ACTIVATED" } else { "ASSIGNED" },
    });
    let profile = Thing::new(id, "", settings.as_object().cloned().unwrap_or_default(), call.now);
    scope.put::<UserProfile>(call, &profile.id.clone(), profile.clone());
    Ok(profile)
}

/// The profile of whoever calls: made if there is none.
pub(super) fn of_caller(call: &mut Call<'_>, scope: &Scope) -> String {
    let arn = match &call.caller.kind {
        CallerKind::Session { role_arn, .. } => role_arn.clone(),
        _ => call.caller.arn.clone(),
    };
    if let Some(profile) = user_of(call, scope, &arn) {
        return profile.id;
    }
    let settings = json!({"name": arn, "session": null, "type": "IAM", "status": "ACTIVATED"});
    let settings: Settings = settings.as_object().cloned().unwrap_or_default();
    let profile = Thing::new(call.random.uuid(), "", settings, call.now);
    scope.put::<UserProfile>(call, &profile.id.clone(), profile.clone());
    profile.id
}

/// The profile of a user who becomes a member: made if there is none.
pub(super) fn member(call: &mut Call<'_>, scope: &Scope, user: &str) -> Result<String, ServiceError> {
    match user_of(call, scope, user) {
        Some(profile) if matches!(profile.text("status"), "DEACTIVATED" | "NOT_ASSIGNED") => {
            Err(invalid(format!("The user profile {} is {}.", profile.id, profile.text("status"))))
        }
        Some(profile) => Ok(profile.id),
        None => Ok(make(call, scope, user, None)?.id),
    }
}

fn shown(scope: &Scope, profile: &Thing) -> Value {
    let name = profile.text("name");
    let details = match profile.text("type") {
        "IAM" => json!({"iam": {"arn": name, "sessionName": profile.settings.get("session")}}),
        _ => json!({"sso": {"username": name, "firstName": "Given", "lastName": "Family"}}),
    };
    json!({
        "domainId": scope.id(),
        "id": profile.id,
        "type": profile.text("type"),
        "status": profile.text("status"),
        "details": details,
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(id) = made_before(call)? {
        let profile = scope.get::<UserProfile>(call, &id);
        return profile.map(|profile| shown(&scope, &profile)).ok_or_else(|| absent("User profile not found"));
    }
    let user = call.required("userIdentifier").to_owned();
    let session = call.text("sessionName").map(str::to_owned);
    if let Some(profile) = find(call, &scope, &user, session.as_deref()) {
        return Err(taken("User Profile", &scope, &user, profile.text("status")));
    }
    let profile = make(call, &scope, &user, session.as_deref())?;
    remember(call, &profile.id);
    Ok(shown(&scope, &profile))
}

fn wanted(call: &Call<'_>, scope: &Scope) -> Result<Thing, ServiceError> {
    let user = call.required("userIdentifier");
    let profile = find(call, scope, user, call.text("sessionName"));
    let profile = profile.filter(|profile| call.text("type").is_none_or(|kind| kind == profile.text("type")));
    profile.ok_or_else(|| absent(format!("User profile {user} not found")))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let profile = wanted(call, &scope)?;
    // Reads may be late.
    let told = scope.read::<UserProfile>(call, &profile.id);
    told.map(|profile| shown(&scope, &profile)).ok_or_else(|| absent("User profile not found"))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut profile = wanted(call, &scope)?;
    let status = call.required("status");
    let fits = match profile.text("type") {
        "IAM" => matches!(status, "ACTIVATED" | "DEACTIVATED"),
        _ => matches!(status, "ASSIGNED" | "NOT_ASSIGNED" | "ACTIVATED" | "DEACTIVATED"),
    };
    if !fits {
        return Err(invalid(format!("A profile of the type {} cannot be {status}.", profile.text("type"))));
    }
    profile.settings.insert("status".to_owned(), json!(status));
    profile.updated = call.now;
    scope.put::<UserProfile>(call, &profile.id.clone(), profile.clone());
    Ok(shown(&scope, &profile))
}

pub(super) fn search(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let kind = match call.required("userType") {
        "DATAZONE_IAM_USER" => Some("IAM"),
        "DATAZONE_SSO_USER" | "SSO_USER" => Some("SSO"),
        _ => None,
    };
    let text = call.text("searchText").unwrap_or_default();
    let profiles = scope.told::<UserProfile>(call).into_iter();
    let profiles = profiles
        .filter(|(_, profile)| kind.is_none_or(|kind| kind == profile.text("type")))
        .filter(|(_, profile)| profile.text("name").contains(text));
    let items = profiles.map(|(id, profile)| (id, shown(&scope, &profile))).collect();
    listed(call, "items", items)
}

fn group_shown(scope: &Scope, profile: &Thing) -> Value {
    let role = profile.settings.get("role").filter(|role| !role.is_null());
    json!({
        "domainId": scope.id(),
        "id": profile.id,
        "status": profile.text("status"),
        "groupName": if role.is_some() { profile.text("name").rsplit('/').next() } else { Some(profile.text("name")) },
        "rolePrincipalArn": role,
        "rolePrincipalId": profile.settings.get("roleId"),
    })
}

pub(super) fn create_group(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(id) = made_before(call)? {
        let profile = scope.get::<GroupProfile>(call, &id);
        return profile.map(|profile| group_shown(&scope, &profile)).ok_or_else(|| absent("Group profile not found"));
    }
    let role = call.text("rolePrincipalArn").map(str::to_owned);
    let name = match (call.text("groupIdentifier"), &role) {
        (Some(group), None) => group.to_owned(),
        (None, Some(role)) => role.clone(),
        _ => return Err(invalid("Either groupIdentifier or rolePrincipalArn must be specified.")),
    };
    let role_id = role.as_ref().and_then(|role| principal_id(call, role));
    if let Some(role) = role.as_ref().filter(|_| role_id.is_none()) {
        return Err(invalid(format!("The IAM principal {role} does not exist.")));
    }
    let single_sign_on = scope.domain.settings.get("singleSignOn").and_then(|settings| settings.get("type"));
    if role.is_none() && single_sign_on != Some(&json!("IAM_IDC")) {
        return Err(invalid("Single sign-on is not enabled for the domain."));
    }
    if let Some(profile) = group_of(call, &scope, &name) {
        return Err(taken("Group Profile", &scope, &name, profile.text("status")));
    }
    let settings = json!({"name": name, "role": role, "roleId": role_id, "status": "ASSIGNED"});
    let settings: Settings = settings.as_object().cloned().unwrap_or_default();
    let profile = Thing::new(call.random.uuid(), "", settings, call.now);
    scope.put::<GroupProfile>(call, &profile.id.clone(), profile.clone());
    remember(call, &profile.id);
    Ok(group_shown(&scope, &profile))
}

fn wanted_group(call: &Call<'_>, scope: &Scope) -> Result<Thing, ServiceError> {
    let group = call.required("groupIdentifier");
    group_of(call, scope, group).ok_or_else(|| absent(format!("Group profile {group} not found")))
}

pub(super) fn get_group(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    for_the_owner_only(call, &scope)?;
    let profile = wanted_group(call, &scope)?;
    let told = scope.read::<GroupProfile>(call, &profile.id);
    told.map(|profile| group_shown(&scope, &profile)).ok_or_else(|| absent("Group profile not found"))
}

pub(super) fn update_group(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut profile = wanted_group(call, &scope)?;
    profile.settings.insert("status".to_owned(), json!(call.required("status")));
    profile.updated = call.now;
    scope.put::<GroupProfile>(call, &profile.id.clone(), profile.clone());
    Ok(group_shown(&scope, &profile))
}

pub(super) fn search_groups(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let of_role = call.required("groupType") == "IAM_ROLE_SESSION_GROUP";
    let text = call.text("searchText").unwrap_or_default();
    let profiles = scope.told::<GroupProfile>(call).into_iter();
    let profiles = profiles
        .filter(|(_, profile)| of_role == profile.settings.get("role").is_some_and(Value::is_string))
        .filter(|(_, profile)| profile.text("name").contains(text));
    let items = profiles.map(|(id, profile)| (id, group_shown(&scope, &profile))).collect();
    listed(call, "items", items)
}
