//! Projects and their members.

use super::records::{Environment, Membership, Project, ProjectProfile, Thing};
use super::support::{Scope, absent, conflict, denied, invalid, kept, listed, new_id, scope, with};
use super::timing;
use super::{catalog, profiles, subscriptions};
use crate::service::{Call, ServiceError, later};
use crate::services::shared::{Answer, nothing};
use serde_json::{Value, json};

const KEPT: &[&str] =
    &["name", "description", "glossaryTerms", "domainUnitId", "projectProfileId", "projectCategory", "userParameters"];

fn status(project: &Thing) -> &'static str {
    if project.deleted.is_some() { "DELETING" } else { "ACTIVE" }
}

/// The parameters as they are told: those that were given, each with the account that was found for it, and those that the
/// environments of the project's profile have of their own. Which these are is not documented: here, a name that nobody gives.
fn parameters(call: &Call<'_>, scope: &Scope, project: &Thing) -> Value {
    let list = |settings: Option<&Value>| settings.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut told = list(project.settings.get("userParameters"));
    let profile = scope.get::<ProjectProfile>(call, project.text("projectProfileId"));
    let environments = list(profile.as_ref().and_then(|profile| profile.settings.get("environmentConfigurations")));
    for name in environments.iter().filter_map(|environment| environment.get("name")) {
        if !told.iter().any(|entry| entry.get("environmentConfigurationName") == Some(name)) {
            told.push(json!({"environmentConfigurationName": name}));
        }
    }
    for entry in told.iter_mut().filter_map(Value::as_object_mut) {
        let account = json!({"awsAccountId": scope.owner.as_str(), "regionName": call.region});
        entry.entry("environmentResolvedAccount").or_insert(account);
        let own = json!({"name": "environmentNumber", "value": "1"});
        let parameters = entry.entry("environmentParameters").or_insert_with(|| json!([]));
        parameters.as_array_mut().into_iter().for_each(|parameters| parameters.insert(0, own.clone()));
    }
    if told.is_empty() { Value::Null } else { told.into() }
}

fn shown(call: &Call<'_>, scope: &Scope, project: &Thing) -> Value {
    with(
        &project.settings,
        json!({
            "userParameters": parameters(call, scope, project),
            "domainId": scope.id(),
            "id": project.id,
            "projectStatus": status(project),
            "createdBy": project.by,
            "createdAt": project.created.to_string(),
            "lastUpdatedAt": project.updated.to_string(),
        }),
    )
}

/// A project that is not going.
pub(super) fn project(call: &Call<'_>, scope: &Scope, id: &str) -> Result<Thing, ServiceError> {
    let project = scope.get::<Project>(call, id).filter(|project| project.deleted.is_none());
    project.ok_or_else(|| absent(format!("Project {id} not found")))
}

fn resource_tags(call: &Call<'_>) -> Option<Value> {
    let tags = call.member("resourceTags")?.as_object()?;
    let list = tags.iter().map(|(key, value)| json!({"key": key, "value": value, "source": "PROJECT"}));
    Some(list.collect())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let name = call.required("name").to_owned();
    if scope.all::<Project>(call).iter().any(|(_, project)| project.text("name") == name) {
        return Err(conflict(format!("A project named {name} already exists within this domain")));
    }
    let mut settings = kept(call, KEPT);
    settings.entry("domainUnitId").or_insert(json!(scope.domain.root_unit));
    settings.entry("projectCategory").or_insert(json!("USER"));
    settings.extend(resource_tags(call).map(|tags| ("resourceTags".to_owned(), tags)));
    let by = profiles::of_caller(call, &scope);
    let project = Thing::new(new_id(call), &by, settings, call.now);
    scope.put::<Project>(call, &project.id.clone(), project.clone());
    // Who makes a project owns it (User Guide, "Create a project").
    let mut members = vec![("user", by, "PROJECT_OWNER".to_owned())];
    for assignment in call.member("membershipAssignments").and_then(Value::as_array).cloned().unwrap_or_default() {
        let designation = assignment.get("designation").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, id) = member_of(call, &scope, assignment.get("member"))?;
        members.push((kind, id, designation));
    }
    for (kind, id, designation) in members {
        add(call, &scope, &project.id, kind, &id, &designation);
    }
    Ok(shown(call, &scope, &project))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier");
    let project = scope.read::<Project>(call, id).ok_or_else(|| absent(format!("Project {id} not found")))?;
    Ok(shown(call, &scope, &project))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let wanted = call.text("name");
    let projects = scope.told::<Project>(call).into_iter();
    let projects = projects.filter(|(_, project)| wanted.is_none_or(|wanted| wanted == project.text("name")));
    let items = projects
        .map(|(id, project)| {
            let item = json!({
                "domainId": scope.id(),
                "id": project.id,
                "name": project.text("name"),
                "description": project.settings.get("description"),
                "projectStatus": status(&project),
                "createdBy": project.by,
                "createdAt": project.created.to_string(),
                "updatedAt": project.updated.to_string(),
                "domainUnitId": project.settings.get("domainUnitId"),
                "projectCategory": project.settings.get("projectCategory"),
            });
            (id, item)
        })
        .collect();
    listed(call, "items", items)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut project = project(call, &scope, call.required("identifier"))?;
    project.settings.extend(kept(call, &["name", "description", "glossaryTerms", "domainUnitId", "userParameters"]));
    project.settings.extend(resource_tags(call).map(|tags| ("resourceTags".to_owned(), tags)));
    project.updated = call.now;
    scope.put::<Project>(call, &project.id.clone(), project.clone());
    Ok(shown(call, &scope, &project))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut project = project(call, &scope, call.required("identifier"))?;
    let environments = scope.all::<Environment>(call);
    let held = environments.iter().any(|(_, each)| each.text("projectId") == project.id);
    if held && call.flag("skipDeletionCheck") != Some(true) {
        return Err(invalid(format!("Project {} cannot be deleted: it has environments", project.id)));
    }
    let gone = later(call.now, timing::PROJECT_DELETION);
    project.deleted = Some(gone);
    let prefix = format!("{}|", project.id);
    for (key, mut member) in scope.all::<Membership>(call) {
        if key.starts_with(&prefix) {
            member.deleted = Some(gone);
            scope.put::<Membership>(call, &key, member);
        }
    }
    catalog::end_of_project(call, &scope, &project.id, gone);
    subscriptions::end_of_project(call, &scope, &project.id, gone);
    scope.put::<Project>(call, &project.id.clone(), project);
    nothing()
}

/// Refuses a caller who is no member of a project.
pub(super) fn check_member(call: &mut Call<'_>, scope: &Scope, project: &str) -> Result<(), ServiceError> {
    let caller = profiles::of_caller(call, scope);
    match scope.get::<Membership>(call, &key(project, "user", &caller)) {
        Some(_) => Ok(()),
        None => Err(denied(call)),
    }
}

/// A member as it is stored: the kind, and the id of the profile. An IAM principal or a user of Identity Center gets a profile by
/// becoming a member; a group has to have one.
fn member_of(
    call: &mut Call<'_>,
    scope: &Scope,
    member: Option<&Value>,
) -> Result<(&'static str, String), ServiceError> {
    let text = |name: &str| member.and_then(|member| member.get(name)).and_then(Value::as_str).map(str::to_owned);
    match (text("userIdentifier"), text("groupIdentifier")) {
        (Some(user), _) => Ok(("user", profiles::member(call, scope, &user)?)),
        (None, Some(group)) => {
            let profile = profiles::group_of(call, scope, &group);
            let profile = profile.filter(|profile| profile.text("status") == "ASSIGNED");
            let profile = profile.ok_or_else(|| absent(format!("Group profile {group} not found")))?;
            Ok(("group", profile.id))
        }
        (None, None) => Err(invalid("A member must be a user or a group.")),
    }
}

fn key(project: &str, kind: &str, id: &str) -> String {
    format!("{project}|{kind}|{id}")
}

fn add(call: &mut Call<'_>, scope: &Scope, project: &str, kind: &str, id: &str, designation: &str) {
    let settings = json!({"kind": kind, "designation": designation}).as_object().cloned().unwrap_or_default();
    let member = Thing::new(id, "", settings, call.now);
    scope.put::<Membership>(call, &key(project, kind, id), member);
}

pub(super) fn add_member(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let project = project(call, &scope, call.required("projectIdentifier"))?.id;
    let member = call.member("member").cloned();
    let (kind, id) = member_of(call, &scope, member.as_ref())?;
    if scope.get::<Membership>(call, &key(&project, kind, &id)).is_some() {
        return Err(invalid(format!("{id} is a member of the project {project} already.")));
    }
    let designation = call.required("designation").to_owned();
    add(call, &scope, &project, kind, &id, &designation);
    nothing()
}

pub(super) fn remove_member(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let project = project(call, &scope, call.required("projectIdentifier"))?.id;
    let text = |name: &str| {
        call.member("member").and_then(|member| member.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    let found = match (text("userIdentifier"), text("groupIdentifier")) {
        (Some(user), _) => profiles::user_of(call, &scope, &user).map(|profile| ("user", profile.id)),
        (None, Some(group)) => profiles::group_of(call, &scope, &group).map(|profile| ("group", profile.id)),
        (None, None) => None,
    };
    let found = found.filter(|(kind, id)| scope.remove::<Membership>(call, &key(&project, kind, id)));
    found.map(|_| json!({})).ok_or_else(|| absent(format!("The project {project} has no such member")))
}

pub(super) fn list_members(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let project = call.required("projectIdentifier").to_owned();
    if scope.read::<Project>(call, &project).is_none() {
        return Err(absent(format!("Project {project} not found")));
    }
    let prefix = format!("{project}|");
    let members = scope.told::<Membership>(call).into_iter().filter(|(key, _)| key.starts_with(&prefix));
    let items = members
        .map(|(key, member)| {
            let details = match member.text("kind") {
                "group" => json!({"group": {"groupId": member.id}}),
                _ => json!({"user": {"userId": member.id}}),
            };
            (key, json!({"memberDetails": details, "designation": member.text("designation")}))
        })
        .collect();
    listed(call, "members", items)
}

#[cfg(test)]
mod tests {
    use crate::services::datazone::tests::{cloud, domain};
    use serde_json::json;

    #[test]
    fn parameters_are_told_with_the_account_that_was_found_and_what_nobody_gave() {
        let (mut cloud, role) = cloud();
        let domain = domain(&mut cloud, &role);
        let parameters = |value: &str| json!([{"environmentConfigurationName": "lake", "environmentParameters": [{"name": "database", "value": value}]}]);
        let input = json!({"domainIdentifier": domain, "name": "cards", "userParameters": parameters("cards")});
        let id = cloud.ok("datazone", "CreateProject", input)["id"].clone();
        let input = json!({"domainIdentifier": domain, "identifier": id, "userParameters": parameters("loans")});
        cloud.ok("datazone", "UpdateProject", input);
        let told = cloud.ok("datazone", "GetProject", json!({"domainIdentifier": domain, "identifier": id}));
        let entry = &told["userParameters"][0];
        assert_eq!(entry["environmentResolvedAccount"]["awsAccountId"], cloud.account.as_str());
        assert_eq!(
            entry["environmentParameters"],
            json!([{"name": "environmentNumber", "value": "1"}, {"name": "database", "value": "loans"}])
        );
    }
}
