//! Blueprints and their configurations, profiles of environments, environments, and what hangs on them.

use super::generic::{Form, in_project, is_busy};
use super::records::{
    Action, BuriedEnvironment, Configuration, DataSource, Environment, Profile, SubscriptionTarget, Thing,
};
use super::support::{Scope, absent, can_assume, conflict, invalid, is_shared, kept, listed, scope, with};
use super::timing;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, texts, texts_of};
use charter_model::AccountId;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The blueprints that AWS provides, with the ids that they have here, and whether their environments need parameters in each
/// region.
const BLUEPRINTS: &[(&str, &str, bool)] = &[
    ("datalakeblueprint", "DefaultDataLake", true),
    ("warehouseblueprint", "DefaultDataWarehouse", true),
    ("sagemakerblueprint", "DefaultSageMaker", false),
    ("customblueprint", "CustomAwsService", false),
];

fn blueprint(id: &str) -> Result<&'static (&'static str, &'static str, bool), ServiceError> {
    let found = BLUEPRINTS.iter().find(|(own, ..)| *own == id);
    found.ok_or_else(|| absent(format!("Environment blueprint {id} not found")))
}

fn blueprint_shown((id, name, _): &(&str, &str, bool)) -> Value {
    json!({
        "id": id,
        "name": name,
        "provider": "Amazon DataZone",
        "provisioningProperties": {"cloudFormation": {"templateUrl": format!("https://example.com/{name}.json")}},
    })
}

pub(super) fn get_blueprint(call: &mut Call<'_>) -> Answer {
    scope(call)?;
    Ok(blueprint_shown(blueprint(call.required("identifier"))?))
}

pub(super) fn list_blueprints(call: &mut Call<'_>) -> Answer {
    scope(call)?;
    let name = call.text("name");
    let all = BLUEPRINTS.iter().filter(|_| call.flag("managed") != Some(false));
    let named = all.filter(|(_, own, _)| name.is_none_or(|name| name == *own));
    let items = named.map(|each| (each.0.to_owned(), blueprint_shown(each))).collect();
    listed(call, "items", items)
}

/// Each account has its own configurations.
fn configuration_key(account: &str, id: &str) -> String {
    format!("{account}|{id}")
}

fn configuration_shown(scope: &Scope, thing: &Thing) -> Value {
    with(
        &thing.settings,
        json!({
            "domainId": scope.id(),
            "environmentBlueprintId": thing.id,
            "createdAt": thing.created.to_string(),
            "updatedAt": thing.updated.to_string(),
        }),
    )
}

pub(super) fn put_configuration(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("environmentBlueprintIdentifier").to_owned();
    blueprint(&id)?;
    for member in ["provisioningRoleArn", "manageAccessRoleArn"] {
        if let Some(role) = call.text(member) {
            can_assume(call, role, Some(&scope.domain.arn)).map_err(|why| invalid(format!("{member}: {why}")))?;
        }
    }
    let names = [
        "provisioningRoleArn",
        "manageAccessRoleArn",
        "environmentRolePermissionBoundary",
        "enabledRegions",
        "regionalParameters",
        "provisioningConfigurations",
    ];
    let key = configuration_key(call.account.as_str(), &id);
    let before = scope.get::<Configuration>(call, &key);
    let mut thing = Thing::new(id, "", kept(call, &names), call.now);
    thing.created = before.map_or(call.now, |before| before.created);
    scope.put::<Configuration>(call, &key, thing.clone());
    Ok(configuration_shown(&scope, &thing))
}

pub(super) fn get_configuration(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("environmentBlueprintIdentifier");
    let thing = scope.read::<Configuration>(call, &configuration_key(call.account.as_str(), id));
    let thing = thing.ok_or_else(|| absent(format!("Environment blueprint configuration {id} not found")))?;
    Ok(configuration_shown(&scope, &thing))
}

pub(super) fn delete_configuration(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let key = configuration_key(call.account.as_str(), call.required("environmentBlueprintIdentifier"));
    // Deleting what is not there is no error (the operation declares no ResourceNotFoundException).
    scope.remove::<Configuration>(call, &key);
    nothing()
}

pub(super) fn list_configurations(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let prefix = configuration_key(call.account.as_str(), "");
    let things = scope.told::<Configuration>(call).into_iter().filter(|(key, _)| key.starts_with(&prefix));
    let items = things.map(|(key, thing)| (key, configuration_shown(&scope, &thing))).collect();
    listed(call, "items", items)
}

/// Parameters as they are told: each with the name, and the value as its default.
fn parameters(given: Option<&Value>) -> Value {
    let given = given.and_then(Value::as_array).into_iter().flatten();
    given
        .map(|each| json!({"keyName": each.get("name"), "fieldType": "String", "defaultValue": each.get("value"), "isEditable": true}))
        .chain([json!({"keyName": "consumerGlueDbName", "fieldType": "String", "defaultValue": "", "isEditable": true})])
        .collect()
}

pub(super) const PROFILE: Form = Form {
    what: "environment profile",
    kept: &["name", "description", "awsAccountId", "awsAccountRegion", "userParameters"],
    changes: &["name", "description", "awsAccountId", "awsAccountRegion", "userParameters"],
    identifier: "identifier",
    parent: None,
    shown: |_, _, thing| json!({"updatedAt": thing.updated.to_string(), "userParameters": parameters(thing.settings.get("userParameters"))}),
};

pub(super) fn create_profile(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let project = in_project(call, &scope)?;
    let blueprint = blueprint(call.required("environmentBlueprintIdentifier"))?.0;
    PROFILE.check_name::<Profile>(call, &scope, |_, thing| thing.text("projectId") == project)?;
    let more = json!({"projectId": project, "environmentBlueprintId": blueprint});
    let thing = PROFILE.make::<Profile>(call, &scope, more, 0.0);
    Ok(PROFILE.answer(call, &scope, &thing))
}

pub(super) fn delete_profile(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier").to_owned();
    let users = scope.all::<Environment>(call);
    let uses = |thing: &Thing| thing.text("environmentProfileId") == id && environment_status(call, thing) != "DELETED";
    if users.iter().any(|(_, thing)| uses(thing)) {
        return Err(invalid(format!("Environment profile {id} cannot be deleted: it has environments")));
    }
    PROFILE.delete::<Profile>(call, None)?;
    nothing()
}

pub(super) fn list_profiles(call: &mut Call<'_>) -> Answer {
    let project = call.text("projectIdentifier").map(str::to_owned);
    let names = [
        "id",
        "domainId",
        "awsAccountId",
        "awsAccountRegion",
        "createdBy",
        "createdAt",
        "updatedAt",
        "name",
        "description",
        "environmentBlueprintId",
        "projectId",
    ];
    let fits = |thing: &Thing| project.as_ref().is_none_or(|project| thing.text("projectId") == project);
    PROFILE.list::<Profile>(call, fits, &names)
}

/// An environment can be read when it is deleted, and keeps its name: `removed` says since when.
fn environment_status(call: &Call<'_>, thing: &Thing) -> &'static str {
    let moment = |name: &str| thing.text(name).parse::<jiff::Timestamp>().ok();
    match (moment("removed"), is_busy(call, thing.ready)) {
        (Some(removed), _) if call.now < removed => "DELETING",
        (Some(_), _) => "DELETED",
        (None, true) if thing.updated > thing.created => "UPDATING",
        (None, true) => "CREATING",
        (None, false) if thing.fault.is_some() => "CREATE_FAILED",
        (None, false) => "ACTIVE",
    }
}

fn environment_shown(call: &Call<'_>, _scope: &Scope, thing: &Thing) -> Value {
    let status = environment_status(call, thing);
    let failure = thing.fault.as_ref().filter(|_| status == "CREATE_FAILED");
    json!({
        "provider": "Amazon DataZone",
        "status": status,
        "updatedAt": thing.updated.to_string(),
        "userParameters": parameters(thing.settings.get("userParameters")),
        "lastDeployment": {
            "deploymentId": thing.id,
            "deploymentType": "CREATE",
            "deploymentStatus": if failure.is_some() { "FAILED" } else { "SUCCESSFUL" },
            "failureReason": failure.map(|message| json!({"code": "400", "message": message})),
            "isDeploymentComplete": status != "CREATING",
        },
        "removed": null,
        "role": null,
    })
}

pub(super) const ENVIRONMENT: Form = Form {
    what: "environment",
    kept: &["name", "description", "glossaryTerms", "userParameters"],
    changes: &["name", "description", "glossaryTerms", "userParameters"],
    identifier: "identifier",
    parent: None,
    shown: environment_shown,
};

/// Why the creation of an environment fails in the end, if it does.
fn fault(call: &Call<'_>, scope: &Scope, account: &str, region: &str, blueprint_id: &str) -> Option<String> {
    let (_, name, needs_parameters) = blueprint(blueprint_id).ok()?;
    let configuration = scope.get::<Configuration>(call, &configuration_key(account, blueprint_id));
    let settings = configuration.map(|configuration| configuration.settings).unwrap_or_default();
    let regions = texts_of(settings.get("enabledRegions"));
    if regions.is_empty() {
        // As hashicorp/terraform-provider-awscc, issue 1587, quotes it.
        return Some("Environment blueprint configuration needs to enable atleast one region".to_owned());
    }
    if !regions.iter().any(|each| each == region) {
        return Some(format!("Environment blueprint {name} is not enabled in {region}"));
    }
    let has = settings.get("regionalParameters").and_then(|regions| regions.get(region)).is_some();
    (*needs_parameters && !has).then(|| format!("Regional parameters of {name} are missing for {region}"))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let project = in_project(call, &scope)?;
    let name = call.required("name").to_owned();
    let taken = |(_, thing): &(String, Thing)| thing.text("name") == name && thing.text("projectId") == project;
    if scope.all::<Environment>(call).iter().any(taken) || scope.all::<BuriedEnvironment>(call).iter().any(taken) {
        // Also one that is deleted: hashicorp/terraform-provider-awscc, issue 1879.
        return Err(conflict(format!("An environment named {name} already exists within this project")));
    }
    let profile = match call.text("environmentProfileIdentifier").filter(|profile| !profile.is_empty()) {
        Some(profile) => {
            let found = scope.get::<Profile>(call, profile);
            Some(found.ok_or_else(|| absent(format!("Environment profile {profile} not found")))?)
        }
        None => None,
    };
    let own = |member: &str, of_profile: &str| {
        let given = call.text(member).map(str::to_owned);
        given.or_else(|| profile.as_ref().map(|profile| profile.text(of_profile).to_owned())).unwrap_or_default()
    };
    let blueprint_id = own("environmentBlueprintIdentifier", "environmentBlueprintId");
    blueprint(&blueprint_id)?;
    let account = own("environmentAccountIdentifier", "awsAccountId");
    let region = own("environmentAccountRegion", "awsAccountRegion");
    let associated = AccountId::new(&*account)
        .is_ok_and(|account| account == scope.owner || is_shared(call, &scope.owner, &scope.domain.arn, &account));
    if !associated {
        // User Guide, "Work with associated accounts": the words are not documented.
        return Err(invalid(format!("Account {account} is not associated with the domain {}", scope.id())));
    }
    let fault = fault(call, &scope, &account, &region, &blueprint_id);
    let more = json!({
        "projectId": project,
        "environmentProfileId": profile.as_ref().map_or("", |profile| &profile.id),
        "environmentBlueprintId": blueprint_id,
        "awsAccountId": account,
        "awsAccountRegion": region,
    });
    let mut thing = ENVIRONMENT.make::<Environment>(call, &scope, more, timing::ENVIRONMENT_CREATION);
    thing.fault = fault;
    scope.put::<Environment>(call, &thing.id.clone(), thing.clone());
    Ok(ENVIRONMENT.answer(call, &scope, &thing))
}

/// An environment that is neither deleted nor going.
pub(super) fn environment(call: &Call<'_>, scope: &Scope, id: &str) -> Result<Thing, ServiceError> {
    let thing = scope.get::<Environment>(call, id);
    let thing = thing.filter(|thing| !matches!(environment_status(call, thing), "DELETED" | "DELETING"));
    thing.ok_or_else(|| absent(format!("Environment {id} not found")))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let thing = environment(call, &scope, call.required("identifier"))?;
    match environment_status(call, &thing) {
        "ACTIVE" => ENVIRONMENT.update::<Environment>(call, timing::ENVIRONMENT_UPDATE),
        status => Err(conflict(format!("Environment {} is {status}", thing.id))),
    }
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut thing = environment(call, &scope, call.required("identifier"))?;
    if matches!(environment_status(call, &thing), "CREATING" | "UPDATING") {
        return Err(invalid(format!("Environment {} is {}", thing.id, environment_status(call, &thing))));
    }
    let sources = scope.all::<DataSource>(call);
    if sources.iter().any(|(_, source)| source.deleted.is_none() && source.text("environmentId") == thing.id) {
        return Err(invalid(format!("Environment {} cannot be deleted: it has data sources", thing.id)));
    }
    let removed = call.after(timing::ENVIRONMENT_DELETION);
    thing.settings.insert("removed".to_owned(), json!(removed.to_string()));
    let prefix = format!("{}|", thing.id);
    scope.put::<BuriedEnvironment>(call, &thing.id.clone(), thing.clone());
    thing.deleted = Some(removed);
    scope.put::<Environment>(call, &thing.id.clone(), thing);
    for (key, _) in scope.all::<SubscriptionTarget>(call) {
        if key.starts_with(&prefix) {
            scope.remove::<SubscriptionTarget>(call, &key);
        }
    }
    for (key, _) in scope.all::<Action>(call) {
        if key.starts_with(&prefix) {
            scope.remove::<Action>(call, &key);
        }
    }
    nothing()
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let id = call.required("identifier");
    let there = scope.read::<Environment>(call, id).or_else(|| scope.read::<BuriedEnvironment>(call, id));
    let thing = there.ok_or_else(|| absent(format!("Environment {id} not found")))?;
    Ok(ENVIRONMENT.answer(call, &scope, &thing))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    const NAMES: &[&str] = &[
        "id",
        "projectId",
        "domainId",
        "createdBy",
        "createdAt",
        "updatedAt",
        "name",
        "description",
        "environmentProfileId",
        "awsAccountId",
        "awsAccountRegion",
        "provider",
        "status",
    ];
    let scope = scope(call)?;
    let mut all: BTreeMap<String, Thing> = scope.told::<BuriedEnvironment>(call).into_iter().collect();
    all.extend(scope.told::<Environment>(call));
    let (project, name, status) = (call.required("projectIdentifier"), call.text("name"), call.text("status"));
    let fits = |thing: &Thing| {
        thing.text("projectId") == project
            && name.is_none_or(|name| name == thing.text("name"))
            && status.is_none_or(|status| status == environment_status(call, thing))
    };
    let items = all
        .into_iter()
        .filter(|(_, thing)| fits(thing))
        .map(|(id, thing)| {
            let mut item = ENVIRONMENT.answer(call, &scope, &thing);
            if let Some(members) = item.as_object_mut() {
                members.retain(|member, _| NAMES.contains(&member.as_str()));
            }
            (id, item)
        })
        .collect();
    listed(call, "items", items)
}

pub(super) fn set_role(call: &mut Call<'_>, is_there: bool) -> Answer {
    let scope = scope(call)?;
    let mut thing = environment(call, &scope, call.required("environmentIdentifier"))?;
    if thing.text("environmentBlueprintId") != "customblueprint" {
        return Err(invalid("Only environments of the blueprint CustomAwsService have a role of the user's."));
    }
    let role = call.required("environmentRoleArn").to_owned();
    if is_there {
        can_assume(call, &role, None).map_err(|why| invalid(format!("environmentRoleArn: {why}")))?;
        thing.settings.insert("role".to_owned(), json!(role));
    } else if thing.text("role") != role {
        return Err(absent(format!("The role {role} is not associated with the environment")));
    } else {
        thing.settings.remove("role");
    }
    scope.put::<Environment>(call, &thing.id.clone(), thing);
    nothing()
}

pub(super) const ACTION: Form = Form {
    what: "environment action",
    kept: &["name", "description", "parameters"],
    changes: &["name", "description", "parameters"],
    identifier: "identifier",
    parent: Some("environmentIdentifier"),
    shown: |call, _, _| json!({"environmentId": call.text("environmentIdentifier"), "createdBy": null, "createdAt": null}),
};

pub(super) fn create_action(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let environment = environment(call, &scope, call.required("environmentIdentifier"))?.id;
    let prefix = format!("{environment}|");
    ACTION.check_name::<Action>(call, &scope, |key, _| key.starts_with(&prefix))?;
    let thing = ACTION.make::<Action>(call, &scope, json!({}), 0.0);
    Ok(ACTION.answer(call, &scope, &thing))
}

pub(super) const TARGET: Form = Form {
    what: "subscription target",
    kept: &[
        "name",
        "type",
        "subscriptionTargetConfig",
        "authorizedPrincipals",
        "manageAccessRole",
        "applicableAssetTypes",
        "provider",
    ],
    changes: &[
        "name",
        "authorizedPrincipals",
        "applicableAssetTypes",
        "subscriptionTargetConfig",
        "manageAccessRole",
        "provider",
    ],
    identifier: "identifier",
    parent: Some("environmentIdentifier"),
    shown: |call, _, thing| json!({"environmentId": call.text("environmentIdentifier"), "updatedAt": thing.updated.to_string()}),
};

fn check_manage_role(call: &Call<'_>, scope: &Scope) -> Result<(), ServiceError> {
    let Some(role) = call.text("manageAccessRole") else { return Ok(()) };
    can_assume(call, role, Some(&scope.domain.arn)).map_err(|why| invalid(format!("manageAccessRole: {why}")))
}

pub(super) fn create_target(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(before) = TARGET.again::<SubscriptionTarget>(call, &scope)? {
        return Ok(before);
    }
    let environment = environment(call, &scope, call.required("environmentIdentifier"))?;
    check_manage_role(call, &scope)?;
    let prefix = format!("{}|", environment.id);
    TARGET.check_name::<SubscriptionTarget>(call, &scope, |key, _| key.starts_with(&prefix))?;
    if texts(call, "authorizedPrincipals").is_empty() {
        return Err(invalid("authorizedPrincipals must not be empty."));
    }
    let mut more = json!({"projectId": environment.text("projectId")});
    if call.text("provider").is_none() {
        more = json!({"projectId": environment.text("projectId"), "provider": "Amazon DataZone"});
    }
    let thing = TARGET.make::<SubscriptionTarget>(call, &scope, more, 0.0);
    Ok(TARGET.answer(call, &scope, &thing))
}

pub(super) fn update_target(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    check_manage_role(call, &scope)?;
    TARGET.update::<SubscriptionTarget>(call, 0.0)
}

pub(super) fn source_status(call: &Call<'_>, thing: &Thing) -> &'static str {
    match (thing.deleted, is_busy(call, thing.ready)) {
        (Some(_), _) => "DELETING",
        (None, true) if thing.updated > thing.created => "UPDATING",
        (None, true) => "CREATING",
        (None, false) if thing.text("runs").parse().is_ok_and(|until| is_busy(call, until)) => "RUNNING",
        (None, false) => "READY",
    }
}

pub(super) const SOURCE: Form = Form {
    what: "data source",
    kept: &[
        "name",
        "description",
        "type",
        "configuration",
        "recommendation",
        "enableSetting",
        "schedule",
        "publishOnImport",
    ],
    changes: &[
        "name",
        "description",
        "configuration",
        "recommendation",
        "enableSetting",
        "schedule",
        "publishOnImport",
    ],
    identifier: "identifier",
    parent: None,
    shown: |call, _, thing| json!({"status": source_status(call, thing), "updatedAt": thing.updated.to_string(), "createdBy": null}),
};

pub(super) fn create_source(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(before) = SOURCE.again::<DataSource>(call, &scope)? {
        return Ok(before);
    }
    let project = in_project(call, &scope)?;
    let within = match (call.text("environmentIdentifier"), call.text("connectionIdentifier")) {
        (Some(id), None) => json!({"environmentId": environment(call, &scope, id)?.id}),
        (None, Some(id)) => json!({"connectionId": id}),
        _ => return Err(invalid("Either environmentIdentifier or connectionIdentifier must be specified.")),
    };
    SOURCE.check_name::<DataSource>(call, &scope, |_, thing| {
        thing.deleted.is_none() && thing.text("projectId") == project
    })?;
    let mut more = within;
    if let Some(members) = more.as_object_mut() {
        members.insert("projectId".to_owned(), json!(project));
        if call.text("enableSetting").is_none() {
            members.insert("enableSetting".to_owned(), json!("ENABLED"));
        }
    }
    let thing = SOURCE.make::<DataSource>(call, &scope, more, timing::DATA_SOURCE_CREATION);
    Ok(SOURCE.answer(call, &scope, &thing))
}

pub(super) fn update_source(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let thing = SOURCE.there::<DataSource>(call, &scope, call.required("identifier"))?;
    match source_status(call, &thing) {
        "READY" => SOURCE.update::<DataSource>(call, timing::DATA_SOURCE_UPDATE),
        status => Err(conflict(format!("Data source {} is {status}", thing.id))),
    }
}

pub(super) fn delete_source(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let thing = SOURCE.there::<DataSource>(call, &scope, call.required("identifier"))?;
    match source_status(call, &thing) {
        "RUNNING" => Err(conflict(format!("Data source {} is RUNNING", thing.id))),
        _ => SOURCE.delete::<DataSource>(call, Some(timing::DATA_SOURCE_DELETION)),
    }
}

pub(super) fn list_sources(call: &mut Call<'_>) -> Answer {
    let project = call.required("projectIdentifier").to_owned();
    let names = [
        "domainId",
        "environmentId",
        "connectionId",
        "dataSourceId",
        "name",
        "type",
        "status",
        "enableSetting",
        "schedule",
        "createdAt",
        "updatedAt",
        "description",
        "id",
    ];
    let mut answer = SOURCE.list::<DataSource>(call, |thing| thing.text("projectId") == project, &names)?;
    for item in answer.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(members) = item.as_object_mut()
            && let Some(id) = members.remove("id")
        {
            members.insert("dataSourceId".to_owned(), id);
        }
    }
    Ok(answer)
}

pub(super) fn list_targets(call: &mut Call<'_>) -> Answer {
    let mut names: Vec<&str> = TARGET.kept.to_vec();
    names.extend(["id", "domainId", "projectId", "environmentId", "createdBy", "createdAt", "updatedAt"]);
    TARGET.list::<SubscriptionTarget>(call, |_| true, &names)
}
