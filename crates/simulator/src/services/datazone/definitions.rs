//! Form types and profiles of projects.

use super::generic::Form;
use super::records::{FormType, Project, ProjectProfile, Thing};
use super::support::{Scope, absent, conflict, invalid, kept, listed, scope, with};
use crate::service::Call;
use crate::services::shared::{Answer, nothing};
use serde_json::{Value, json};

fn form_shown(scope: &Scope, form: &Thing) -> Value {
    with(&form.settings, json!({"domainId": scope.id(), "createdAt": form.created.to_string(), "createdBy": form.by}))
}

pub(super) fn create_form(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let project = call.required("owningProjectIdentifier").to_owned();
    super::projects::project(call, &scope, &project)?;
    let name = call.required("name").to_owned();
    let before = scope.get::<FormType>(call, &name);
    if before.as_ref().is_some_and(|before| before.text("owningProjectId") != project) {
        return Err(conflict(format!("A form type named {name} already exists in another project")));
    }
    // Of one's own, another creation makes another revision.
    let revision = before.as_ref().and_then(|before| before.text("revision").parse::<u32>().ok()).unwrap_or(0) + 1;
    let mut settings = kept(call, &["name", "model", "status", "description"]);
    settings.insert("owningProjectId".to_owned(), json!(project));
    settings.insert("revision".to_owned(), json!(revision.to_string()));
    settings.entry("status").or_insert(json!("ENABLED"));
    let by = super::profiles::of_caller(call, &scope);
    let form = Thing::new(&*name, by, settings, call.now);
    scope.put::<FormType>(call, &name, form.clone());
    let mut shown = form_shown(&scope, &form);
    if let Some(members) = shown.as_object_mut() {
        members.retain(|member, _| !matches!(member.as_str(), "model" | "status" | "createdAt" | "createdBy"));
    }
    Ok(shown)
}

pub(super) fn get_form(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let name = call.required("formTypeIdentifier");
    let form = scope.read::<FormType>(call, name).ok_or_else(|| absent(format!("Form type {name} not found")))?;
    Ok(form_shown(&scope, &form))
}

pub(super) fn delete_form(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let name = call.required("formTypeIdentifier").to_owned();
    let was_there = scope.remove::<FormType>(call, &name);
    if was_there { nothing() } else { Err(absent(format!("Form type {name} not found"))) }
}

pub(super) fn search_types(call: &mut Call<'_>) -> Answer {
    if call.required("searchScope") != "FORM_TYPE" {
        return Err(call.not_simulated());
    }
    let scope = scope(call)?;
    let text = call.text("searchText").unwrap_or_default();
    // What AWS manages is not simulated.
    let forms = scope.told::<FormType>(call).into_iter().filter(|_| call.flag("managed") != Some(true));
    let forms = forms.filter(|(name, _)| name.contains(text));
    let items = forms.map(|(name, form)| (name, json!({"formTypeItem": form_shown(&scope, &form)}))).collect();
    listed(call, "items", items)
}

const PROFILE_MEMBERS: &[&str] = &[
    "name",
    "description",
    "status",
    "projectResourceTags",
    "allowCustomProjectResourceTags",
    "projectResourceTagsDescription",
    "environmentConfigurations",
];

pub(super) const PROJECT_PROFILE: Form = Form {
    what: "project profile",
    kept: PROFILE_MEMBERS,
    changes: PROFILE_MEMBERS,
    identifier: "identifier",
    parent: None,
    shown: |_, _, thing| json!({"lastUpdatedAt": thing.updated.to_string()}),
};

pub(super) fn create_profile(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if scope.domain.text("domainVersion") != "V2" {
        return Err(invalid("Project profiles are supported in domains of the version V2 only."));
    }
    PROJECT_PROFILE.check_name::<ProjectProfile>(call, &scope, |_, _| true)?;
    let mut more = json!({"domainUnitId": call.text("domainUnitIdentifier").unwrap_or(&scope.domain.root_unit)});
    if let (Some(members), None) = (more.as_object_mut(), call.text("status")) {
        members.insert("status".to_owned(), json!("DISABLED"));
    }
    let thing = PROJECT_PROFILE.make::<ProjectProfile>(call, &scope, more, 0.0);
    Ok(PROJECT_PROFILE.answer(call, &scope, &thing))
}

pub(super) fn update_profile(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(unit) = call.text("domainUnitIdentifier").map(str::to_owned) {
        let mut thing = PROJECT_PROFILE.there::<ProjectProfile>(call, &scope, call.required("identifier"))?;
        thing.settings.insert("domainUnitId".to_owned(), json!(unit));
        scope.put::<ProjectProfile>(call, &thing.id.clone(), thing);
    }
    PROJECT_PROFILE.update::<ProjectProfile>(call, 0.0)
}

pub(super) fn delete_profile(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier").to_owned();
    let projects = scope.all::<Project>(call);
    if projects.iter().any(|(_, project)| project.deleted.is_none() && project.text("projectProfileId") == id) {
        return Err(invalid(format!("Project profile {id} cannot be deleted: it has projects")));
    }
    PROJECT_PROFILE.delete::<ProjectProfile>(call, None)?;
    nothing()
}

pub(super) fn list_profiles(call: &mut Call<'_>) -> Answer {
    let names =
        ["domainId", "id", "name", "description", "status", "createdBy", "createdAt", "lastUpdatedAt", "domainUnitId"];
    PROJECT_PROFILE.list::<ProjectProfile>(call, |_| true, &names)
}
