//! What services do in the caller's name, and what the caller must therefore be allowed as well: roles that are passed, tags given
//! with a creation, secrets and keys that are used, and everything that the registry's handlers call for Cloud Control.

use super::{Question, facts, operations, resources};
use crate::identity::Role;
use crate::service::Call;
use crate::services::control_properties;
use crate::store::GLOBAL;
use charter_access::PolicyDocument;
use charter_model::AccountId;
use serde_json::Value;

/// Services whose operations name roles without passing them on.
const PASS_NOTHING: &[&str] = &["cloudcontrol", "iam", "organizations", "ram", "secretsmanager", "sts"];

/// How operations begin that hand a role over.
const PASSING: &[&str] = &["Add", "Associate", "Create", "Modify", "Put", "Register", "Restore", "Start", "Update"];

/// Operations that need a further action where tags are given with them: the service, how the operation begins, the action.
///
/// Sources: IAM User Guide, "Tags for IAM resources" (`iam:TagRole` with `iam:CreateRole`); API references of Secrets Manager
/// (CreateSecret: "if you include tags in the secret, you also need secretsmanager:TagResource") and Organizations (CreateAccount,
/// CreatePolicy, CreateOrganizationalUnit: "organizations:TagResource"); dependent actions of RDS's Create… operations in the
/// Service Authorization Reference (`rds:AddTagsToResource`).
const TAGGING: &[(&str, &str, &str)] = &[
    ("iam", "CreateInstanceProfile", "iam:TagInstanceProfile"),
    ("iam", "CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"),
    ("iam", "CreatePolicy", "iam:TagPolicy"),
    ("iam", "CreateRole", "iam:TagRole"),
    ("iam", "CreateSAMLProvider", "iam:TagSAMLProvider"),
    ("iam", "CreateUser", "iam:TagUser"),
    ("organizations", "Create", "organizations:TagResource"),
    ("rds", "Create", "rds:AddTagsToResource"),
    ("secretsmanager", "CreateSecret", "secretsmanager:TagResource"),
    ("sts", "AssumeRole", "sts:TagSession"),
];

/// What a call asks beside its own actions, `own`.
pub(super) fn questions(call: &Call<'_>, own: &[Question]) -> Vec<Question> {
    let mut questions = tagging(call, own);
    if !PASS_NOTHING.contains(&call.service) && PASSING.iter().any(|verb| call.operation.starts_with(verb)) {
        questions.extend(passed_roles(call, operations::prefix(call.service), &call.input));
    }
    match (call.service, call.operation) {
        ("cloudcontrol", _) => questions.extend(handler(call)),
        // Source: IAM API Reference, AddRoleToInstanceProfile: "the caller must be granted the PassRole permission".
        ("iam", "AddRoleToInstanceProfile") => {
            let arn = call.global_arn("iam", format!("role/{}", call.required("RoleName")));
            questions.push(pass(call, "ec2", &arn));
        }
        ("lakeformation", "RegisterResource") if call.flag("UseServiceLinkedRole") == Some(true) => {
            questions.extend(linked_to_lake_formation(call));
        }
        ("rds", "CreateDBCluster" | "CreateDBInstance" | "ModifyDBCluster" | "ModifyDBInstance")
            if call.flag("ManageMasterUserPassword") == Some(true) =>
        {
            questions.extend(managed_secret(call));
        }
        // Source: Amazon Aurora User Guide, "Using the Amazon RDS Data API": the caller reads the secret that it names.
        ("rds-data", _) => questions.extend(call.text("secretArn").map(|arn| read_secret(call, arn))),
        _ => {}
    }
    questions
}

fn tagging(call: &Call<'_>, own: &[Question]) -> Vec<Question> {
    let row = TAGGING.iter().find(|(service, verb, _)| *service == call.service && call.operation.starts_with(verb));
    let tags = resources::tags_in(&call.input);
    let Some((_, _, action)) = row.filter(|_| !tags.is_empty()) else { return Vec::new() };
    let action = facts::action(action);
    let about = |question: &Question| Question {
        action: action.name.clone(),
        request_tags: if action.request_tags { tags.clone() } else { Default::default() },
        ..question.clone()
    };
    // Tagging is about the resource that is made, which the first question is about.
    own.iter().take(1).map(about).collect()
}

/// The roles that the input hands over: their ARNs, under members that are called so.
fn passed_roles(call: &Call<'_>, prefix: &str, input: &Value) -> Vec<Question> {
    let mut found = Vec::new();
    roles(input, false, &mut found);
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|arn| pass(call, prefix, arn)).collect()
}

fn roles<'a>(value: &'a Value, called_so: bool, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if called_so && text.starts_with("arn:") && text.contains(":role/") => found.push(text),
        Value::Array(elements) => elements.iter().for_each(|element| roles(element, called_so, found)),
        Value::Object(members) => {
            for (name, value) in members {
                roles(value, name.to_ascii_lowercase().contains("role"), found);
            }
        }
        _ => {}
    }
}

fn pass(call: &Call<'_>, prefix: &str, arn: &str) -> Question {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let trusted = arn
        .split(':')
        .nth(4)
        .and_then(|account| AccountId::new(account).ok())
        .and_then(|account| call.store.get::<Role>(&account, GLOBAL, name))
        .and_then(|role| trusted_service(&role.trust_policy, prefix));
    Question {
        action: "iam:PassRole".to_owned(),
        resource: arn.to_owned(),
        named: vec![name.to_owned()],
        passed_to: Some(trusted.unwrap_or_else(|| format!("{prefix}.amazonaws.com"))),
        ..Question::default()
    }
}

/// The service that a role trusts, of those that belong to a prefix: `monitoring.rds.amazonaws.com` for RDS.
fn trusted_service(trust: &str, prefix: &str) -> Option<String> {
    let document = PolicyDocument::from_json(trust).ok()?;
    let services = document.statement.iter().filter_map(|statement| statement.principal.as_ref());
    let mut services: Vec<String> =
        services.flat_map(|principal| principal.names("Service").map(str::to_owned).collect::<Vec<_>>()).collect();
    services.sort();
    services.into_iter().find(|service| service.split('.').any(|part| part == prefix))
}

/// Source: Amazon Aurora User Guide, "Password management with Amazon Aurora and AWS Secrets Manager", permissions that are
/// required: `kms:DescribeKey`, `secretsmanager:CreateSecret`, `secretsmanager:TagResource`. The secrets are called `rds!cluster-…`.
fn managed_secret(call: &Call<'_>) -> Vec<Question> {
    let kind = if call.operation.ends_with("Cluster") { "cluster" } else { "db" };
    let secret = call.arn("secretsmanager", format!("secret:rds!{kind}-*"));
    let key = match call.text("MasterUserSecretKmsKeyId") {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(id) => call.arn("kms", format!("key/{id}")),
        None => call.arn("kms", "key/*"),
    };
    let ask = |action: &str, resource: &str, named: Vec<String>| Question {
        action: action.to_owned(),
        resource: resource.to_owned(),
        named,
        ..Question::default()
    };
    let id = key.rsplit('/').next().unwrap_or_default().to_owned();
    vec![
        ask("kms:DescribeKey", &key, vec![id]),
        ask("secretsmanager:CreateSecret", &secret, Vec::new()),
        ask("secretsmanager:TagResource", &secret, Vec::new()),
    ]
}

/// Source: Lake Formation Developer Guide, "Lake Formation personas and IAM permissions reference", policy `LakeFormationSLR`: what
/// registers locations with the service-linked role makes it and writes its policy.
fn linked_to_lake_formation(call: &Call<'_>) -> Vec<Question> {
    const NAME: &str = "AWSServiceRoleForLakeFormationDataAccess";
    let arn = call.global_arn("iam", format!("role/aws-service-role/lakeformation.amazonaws.com/{NAME}"));
    let ask = |action: &str| Question { action: action.to_owned(), resource: arn.clone(), ..Question::default() };
    let is_there = call.store.contains::<Role>(call.account, GLOBAL, NAME);
    let mut questions = vec![ask("iam:PutRolePolicy")];
    questions.extend((!is_there).then(|| ask("iam:CreateServiceLinkedRole")));
    questions
}

fn read_secret(call: &Call<'_>, arn: &str) -> Question {
    let input = serde_json::json!({"SecretId": arn});
    let asked = resources::ask(call, &facts::action("secretsmanager:GetSecretValue"), &input, None);
    asked.into_iter().next().unwrap_or_default()
}

/// What the handler of a type calls with the caller's credentials.
///
/// Source: Cloud Control API User Guide, "Identity and access management": handlers use the credentials of the caller, if no role is
/// given. A patch is applied to what the read handler tells.
fn handler(call: &Call<'_>) -> Vec<Question> {
    let operations: &[&str] = match call.operation {
        "CreateResource" => &["create"],
        "UpdateResource" => &["read", "update"],
        "DeleteResource" => &["delete"],
        "GetResource" => &["read"],
        "ListResources" => &["list"],
        _ => return Vec::new(),
    };
    let type_name = call.required("TypeName");
    let Some(handlers) = facts::handlers(type_name) else { return Vec::new() };
    let own = type_name.rsplit("::").next().unwrap_or_default();
    let properties = control_properties(call);
    let given = |name: &str| properties.pointer(name).is_some_and(|value| !value.is_null());
    let mut questions = Vec::new();
    for name in operations.iter().flat_map(|operation| handlers.calls(operation)) {
        let mut only = handlers.only.iter().filter(|only| only.calls.contains(name)).peekable();
        if only.peek().is_some() && !only.any(|only| only.given.iter().any(|name| given(name))) {
            continue;
        }
        if name == "iam:PassRole" {
            let prefix = type_name.split("::").nth(1).unwrap_or_default().to_ascii_lowercase();
            questions.extend(passed_roles(call, &prefix, &properties));
            continue;
        }
        let action = facts::action(name);
        // What handlers tag, and when, nobody says: no condition on the tags of their requests.
        let asked = resources::ask(call, &action, &properties, Some(own)).into_iter();
        questions.extend(asked.map(|question| Question { request_tags: Default::default(), ..question }));
    }
    questions.dedup();
    questions.into_iter().map(|question| Question { by_handler: true, ..question }).collect()
}
