//! Roles: creation, trust, boundaries, tags, deletion; and the roles that belong to services.

use super::document::{self, Use, counted_length};
use super::holders::{absent, changeable, count, emptied, held, keep, seen};
use super::records::{DeletionTask, InstanceProfile};
use super::support::{
    add_tags, below, check_document, claim, encoded, exists, in_use, invalid, limit, listed, malformed, missing,
    new_tags, path, release,
};
use crate::identity::{Role, User};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tag_list, texts};
use crate::store::GLOBAL;
use charter_model::AccountId;
use serde_json::{Map, Value, json};

/// Characters of a trust policy (IAM quotas; adjustable).
const TRUST_LIMIT: usize = 2_048;

fn shown(role: &Role, whole: bool) -> Value {
    let mut shown = json!({
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created.to_string(),
        "AssumeRolePolicyDocument": encoded(&role.trust_policy),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_duration,
    });
    // ListRoles leaves these out, as AWS documents it.
    if whole && let Some(shown) = shown.as_object_mut() {
        if let Some(arn) = &role.permissions_boundary {
            shown.insert(
                "PermissionsBoundary".to_owned(),
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}),
            );
        }
        if !role.tags.is_empty() {
            shown.insert("Tags".to_owned(), tag_list(&role.tags));
        }
        shown.insert("RoleLastUsed".to_owned(), json!({}));
    }
    shown
}

/// The role as other answers embed it.
pub(super) fn embedded(role: &Role) -> Value {
    shown(role, false)
}

/// Refuses a trust policy that names somebody who does not exist.
fn check_trust(call: &Call<'_>, text: &str) -> Result<(), ServiceError> {
    let statements = check_document(text, Use::Trust)?;
    if counted_length(text) > TRUST_LIMIT {
        return Err(limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_LIMIT}")));
    }
    statements.iter().try_for_each(|statement| check_principals(call, statement))
}

fn check_principals(call: &Call<'_>, statement: &Map<String, Value>) -> Result<(), ServiceError> {
    for (kind, name) in document::principals(statement) {
        let known = match kind {
            "*" => name == "*",
            "AWS" => name == "*" || is_account_or_entity(call, name),
            "Service" => is_service(name),
            "Federated" => true,
            _ => false,
        };
        if !known {
            let kind = if kind == "Service" { "SERVICE" } else { kind };
            return Err(malformed(format!("Invalid principal in policy: \"{kind}\":\"{name}\"")));
        }
    }
    Ok(())
}

fn is_service(name: &str) -> bool {
    let stem = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"));
    stem.is_some_and(|stem| {
        !stem.is_empty()
            && stem.chars().all(|character| {
                character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character)
            })
    })
}

/// IAM resolves the ARN of a role or user at once: one that does not exist (yet) is refused.
fn is_account_or_entity(call: &Call<'_>, name: &str) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.chars().all(|digit| digit.is_ascii_digit());
    if is_account(name) {
        return true;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", _, "iam" | "sts", "", account, resource] = parts.as_slice() else { return false };
    if !is_account(account) {
        return false;
    }
    let Ok(account) = AccountId::new(*account) else { return false };
    let last = resource.rsplit('/').next().unwrap_or_default();
    match resource.split_once('/').map(|(kind, _)| kind) {
        None => *resource == "root",
        Some("role") => call.store.get::<Role>(&account, GLOBAL, last).is_some_and(|role| role.arn == name),
        Some("user") => call.store.get::<User>(&account, GLOBAL, last).is_some_and(|user| user.arn == name),
        Some("assumed-role") => true,
        Some(_) => false,
    }
}

fn boundary(call: &mut Call<'_>) -> Result<Option<String>, ServiceError> {
    let Some(arn) = call.text("PermissionsBoundary").map(str::to_owned) else { return Ok(None) };
    if count(call, &arn, |policy| policy.boundaries += 1) {
        Ok(Some(arn))
    } else {
        Err(missing(format!("Scope ARN: {arn} does not exist or is not attachable.")))
    }
}

fn free_boundary(call: &mut Call<'_>, role: &Role) {
    if let Some(arn) = &role.permissions_boundary {
        count(call, arn, |policy| policy.boundaries = policy.boundaries.saturating_sub(1));
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("RoleName").to_owned();
    let trust = call.required("AssumeRolePolicyDocument").to_owned();
    let path = path(call)?;
    let tags = new_tags(call)?;
    check_trust(call, &trust)?;
    if call.store.contains::<Role>(call.account, GLOBAL, &name) || !claim(call, "role", &name) {
        return Err(exists(format!("Role with name {name} already exists.")));
    }
    let permissions_boundary = match boundary(call) {
        Ok(boundary) => boundary,
        Err(error) => {
            release(call, "role", &name);
            return Err(error);
        }
    };
    let role = Role {
        id: format!("AROA{}", call.random.base32(17)),
        arn: call.global_arn("iam", format!("role{path}{name}")),
        path,
        trust_policy: trust,
        description: call.text("Description").map(str::to_owned),
        max_session_duration: call
            .integer("MaxSessionDuration")
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(3600),
        permissions_boundary,
        tags,
        inline_policies: Default::default(),
        attached_policies: Default::default(),
        created: call.now,
        assumable: call.after(call.settings.eventual_consistency),
        service_linked: false,
        name,
    };
    keep(call, &role);
    Ok(json!({"Role": shown(&role, true)}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    Ok(json!({"Role": shown(&seen::<Role>(call)?, true)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let roles = call.store.read_all::<Role>(call.account, GLOBAL);
    let roles = roles
        .into_iter()
        .filter(|(_, role)| below(call, &role.path))
        .map(|(name, role)| (name, shown(&role, false)))
        .collect();
    listed(call, "Roles", roles)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut role: Role = held(call)?;
    changeable(&role)?;
    if let Some(description) = call.text("Description") {
        role.description = Some(description.to_owned()).filter(|text| !text.is_empty());
    }
    if let Some(seconds) = call.integer("MaxSessionDuration").and_then(|seconds| u32::try_from(seconds).ok()) {
        role.max_session_duration = seconds;
    }
    keep(call, &role);
    // The older of the two operations answers with the role, the newer with nothing.
    if call.operation == "UpdateRole" { nothing() } else { Ok(json!({"Role": shown(&role, true)})) }
}

pub(super) fn update_trust(call: &mut Call<'_>) -> Answer {
    let mut role: Role = held(call)?;
    changeable(&role)?;
    let trust = call.required("PolicyDocument").to_owned();
    check_trust(call, &trust)?;
    role.trust_policy = trust;
    role.assumable = call.after(call.settings.eventual_consistency);
    keep(call, &role);
    nothing()
}

pub(super) fn put_boundary(call: &mut Call<'_>) -> Answer {
    let mut role: Role = held(call)?;
    changeable(&role)?;
    let new = boundary(call)?;
    free_boundary(call, &role);
    role.permissions_boundary = new;
    keep(call, &role);
    nothing()
}

pub(super) fn delete_boundary(call: &mut Call<'_>) -> Answer {
    let mut role: Role = held(call)?;
    changeable(&role)?;
    if role.permissions_boundary.is_none() {
        return Err(missing(format!("Role with name {} does not have a permissions boundary.", role.name)));
    }
    free_boundary(call, &role);
    role.permissions_boundary = None;
    keep(call, &role);
    nothing()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let role: Role = held(call)?;
    changeable(&role)?;
    let profiles = call.store.list::<InstanceProfile>(call.account, GLOBAL);
    if profiles.iter().any(|(_, profile)| profile.role.as_deref() == Some(role.name.as_str())) {
        return Err(in_use("Cannot delete entity, must remove roles from instance profile first."));
    }
    emptied(&role)?;
    free_boundary(call, &role);
    call.store.remove::<Role>(call.account, GLOBAL, &role.name);
    release(call, "role", &role.name);
    nothing()
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let mut role: Role = held(call)?;
    changeable(&role)?;
    add_tags(call, &mut role.tags)?;
    keep(call, &role);
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let mut role: Role = held(call)?;
    changeable(&role)?;
    texts(call, "TagKeys").iter().for_each(|key| drop(role.tags.remove(key)));
    keep(call, &role);
    nothing()
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Answer {
    let role: Role = seen(call)?;
    let tags = role.tags.iter().map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", tags)
}

/// The services that Charter's stacks meet, with the name that their role has
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>); others get a name that is
/// made of theirs.
const LINKED: &[(&str, &str)] = &[
    ("autoscaling", "AutoScaling"),
    ("ecs", "ECS"),
    ("elasticloadbalancing", "ElasticLoadBalancing"),
    ("es", "AmazonElasticsearchService"),
    ("kafka", "Kafka"),
    ("lakeformation", "LakeFormationDataAccess"),
    ("observability.aoss", "AmazonOpenSearchServerless"),
    ("opensearchservice", "AmazonOpenSearchService"),
    ("organizations", "Organizations"),
    ("qbusiness", "QBusiness"),
    ("ram", "ResourceAccessManager"),
    ("rds", "RDS"),
    ("sso", "SSO"),
];

pub(super) fn create_linked(call: &mut Call<'_>) -> Answer {
    let service = call.required("AWSServiceName").to_owned();
    let Some(stem) = service.strip_suffix(".amazonaws.com").filter(|_| is_service(&service)) else {
        return Err(invalid("Unsupported service name"));
    };
    let suffix = call.text("CustomSuffix").map(|suffix| format!("_{suffix}")).unwrap_or_default();
    let name = format!("{}{suffix}", linked_name(stem));
    if !claim(call, "role", &name) {
        return Err(invalid(format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        )));
    }
    let description = call.text("Description").map(str::to_owned);
    let role = linked(call, &service, name, description);
    keep(call, &role);
    Ok(json!({"Role": shown(&role, true)}))
}

/// Makes the role of a service that makes it itself, unless it is there. It is AWS's, so no inventory shows it.
pub(super) fn link(call: &mut Call<'_>, service: &str) {
    let name = linked_name(service.strip_suffix(".amazonaws.com").unwrap_or(service));
    if !call.store.contains::<Role>(call.account, GLOBAL, &name) {
        let role = linked(call, service, name, None);
        call.store.set_seeding(true);
        keep(call, &role);
        call.store.set_seeding(false);
    }
}

/// The name of the role that is linked to a service.
fn linked_name(stem: &str) -> String {
    let word = LINKED
        .iter()
        .find(|(known, _)| *known == stem)
        .map_or_else(|| stem.split(['.', '-']).map(capitalised).collect::<String>(), |(_, word)| (*word).to_owned());
    format!("AWSServiceRoleFor{word}")
}

fn linked(call: &mut Call<'_>, service: &str, name: String, description: Option<String>) -> Role {
    let path = format!("/aws-service-role/{service}/");
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    });
    Role {
        id: format!("AROA{}", call.random.base32(17)),
        arn: call.global_arn("iam", format!("role{path}{name}")),
        path,
        trust_policy: trust.to_string(),
        description,
        max_session_duration: 3600,
        permissions_boundary: None,
        tags: Default::default(),
        inline_policies: Default::default(),
        attached_policies: Default::default(),
        created: call.now,
        assumable: call.after(call.settings.eventual_consistency),
        service_linked: true,
        name,
    }
}

fn capitalised(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// Seconds that the deletion of a service-linked role takes: it is a task, and pollers see it in progress.
const LINKED_DELETION: f64 = 5.0;

pub(super) fn delete_linked(call: &mut Call<'_>) -> Answer {
    let role: Role = held(call)?;
    if !role.service_linked {
        return Err(absent::<Role>(&role.name));
    }
    call.store.remove::<Role>(call.account, GLOBAL, &role.name);
    release(call, "role", &role.name);
    let task = format!("task{}{}/{}", role.path, role.name, call.random.uuid());
    let done = call.after(LINKED_DELETION);
    call.store.put(call.account, GLOBAL, &task, &DeletionTask { done });
    Ok(json!({"DeletionTaskId": task}))
}

pub(super) fn linked_deletion(call: &mut Call<'_>) -> Answer {
    let task = call.required("DeletionTaskId");
    let task: DeletionTask = call
        .store
        .get(call.account, GLOBAL, task)
        .ok_or_else(|| missing(format!("Deletion task {task} cannot be found.")))?;
    Ok(json!({"Status": if call.now >= task.done { "SUCCEEDED" } else { "IN_PROGRESS" }}))
}
