//! What an action is about: the ARNs of resources, from the input of a call and what exists.

use super::facts::{Action, Kind};
use super::{Question, policies};
use crate::identity::{Role, User};
use crate::organization::Membership;
use crate::service::Call;
use crate::services::secret_named;
use crate::store::GLOBAL;
use crate::trust::like;
use serde_json::Value;
use std::collections::BTreeMap;

/// Members of the input that give a part of an ARN and are called neither like it nor like the resource. Paths with `/` lead into
/// structures. From the service models of botocore and the ARNs of AWS's Service Authorization Reference.
const MEMBERS: &[(&str, &str, &[&str])] = &[
    ("budgets", "BudgetName", &["/Budget/BudgetName", "/BudgetName"]),
    ("ec2", "SecurityGroupId", &["/GroupId", "/SecurityGroupIds"]),
    ("iam", "OidcProviderName", &["/Url"]),
    ("kms", "KeyId", &["/KeyId", "/TargetKeyId"]),
    ("rds", "ClusterParameterGroupName", &["/DBClusterParameterGroupName"]),
    ("rds", "ClusterSnapshotName", &["/DBClusterSnapshotIdentifier", "/FinalDBSnapshotIdentifier"]),
    ("rds", "DbClusterInstanceName", &["/DBClusterIdentifier"]),
    ("rds", "DbInstanceName", &["/DBInstanceIdentifier"]),
    ("rds", "ParameterGroupName", &["/DBParameterGroupName"]),
    ("rds", "SnapshotName", &["/DBSnapshotIdentifier", "/FinalDBSnapshotIdentifier"]),
    ("rds", "SubnetGroupName", &["/DBSubnetGroupName"]),
    ("s3", "BucketName", &["/Bucket"]),
    ("s3", "ObjectName", &["/Key"]),
    ("secretsmanager", "SecretId", &["/SecretId", "/Name"]),
];

/// Members that name a resource whatever it is.
const NAMES: &[&str] = &["/Id", "/id", "/Identifier", "/identifier", "/Name", "/name"];

/// The questions of one action. `own` is the kind of resource that is meant where the action is about any kind, as those on tags.
pub(super) fn ask(call: &Call<'_>, action: &Action, input: &Value, own: Option<&str>) -> Vec<Question> {
    let request_tags = if action.request_tags { tags_in(input) } else { BTreeMap::new() };
    let question = |target: Target, tags: bool| Question {
        action: action.name.clone(),
        resource_tags: if tags { policies::tags_of(call, &target.arn) } else { BTreeMap::new() },
        resource: target.arn,
        named: target.named,
        request_tags: request_tags.clone(),
        ..Question::default()
    };
    let prefix = action.name.split(':').next().unwrap_or_default();
    let owned = own.filter(|own| action.kinds.iter().any(|kind| is_called(&kind.name, own)));
    let any = !action.kinds.iter().any(|kind| kind.always);
    let mut questions = Vec::new();
    for kind in &action.kinds {
        let meant = owned.is_some_and(|own| is_called(&kind.name, own));
        // Where it is about any kind, only the own one counts.
        if any && owned.is_some() && !meant {
            continue;
        }
        let mut targets = targets(call, prefix, kind, input, meant || own.is_none());
        if !(kind.always || meant && any) {
            targets.retain(|target| target.certain);
        }
        questions.extend(targets.into_iter().map(|target| question(target, kind.tags)));
    }
    if questions.is_empty() {
        questions.push(question(Target { arn: "*".to_owned(), named: Vec::new(), certain: true }, false));
    }
    questions.dedup();
    questions
}

fn is_called(kind: &str, own: &str) -> bool {
    simple(kind) == simple(own)
}

/// A resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) arn: String,
    pub(super) named: Vec<String>,
    /// Whether all of its ARN is known.
    certain: bool,
}

/// The resources of one kind. At least one, of which nothing may be known.
fn targets(call: &Call<'_>, prefix: &str, kind: &Kind, input: &Value, main: bool) -> Vec<Target> {
    let shape = shape(call, &kind.arn);
    // A resource of another account or region is named by its ARN.
    let pattern =
        variables(&kind.arn).iter().fold(kind.arn.clone(), |text, name| text.replace(&format!("${{{name}}}"), "*"));
    let given: Vec<&str> = arns(input).filter(|arn| like(&pattern, arn) && arn.split(':').count() >= 6).collect();
    if !given.is_empty() {
        return given.into_iter().map(|arn| found(kind, arn)).collect();
    }
    let names = variables(&shape);
    let Some(last) = names.last() else {
        return vec![Target { arn: shape, named: Vec::new(), certain: true }];
    };
    let mut arn = shape.clone();
    let (mut named, mut certain) = (Vec::new(), true);
    for name in names.iter().take(names.len() - 1) {
        let value = member(prefix, name, input).into_iter().next();
        certain &= value.is_some();
        let value = value.map(|value| without(&arn, name, &value));
        named.extend(value.clone());
        arn = arn.replace(&format!("${{{name}}}"), value.as_deref().unwrap_or("*"));
    }
    let mut values = member(prefix, last, input);
    if values.is_empty() {
        values = named_like(kind, input);
    }
    if values.is_empty() && main {
        values = NAMES.iter().filter_map(|path| Some(input.pointer(path)?.as_str()?.to_owned())).take(1).collect();
    }
    if values.is_empty() {
        let arn = arn.replace(&format!("${{{last}}}"), "*");
        return vec![Target { arn, named, certain: false }];
    }
    let filled = |value: String| {
        let value = without(&arn, last, &value);
        let known = if prefix == "iam" || prefix == "sts" { iam_path(call, kind, &value, input) } else { None };
        let known = known.or_else(|| (prefix == "secretsmanager").then(|| secret(call, &value)));
        let value = known.unwrap_or(value);
        let mut named = named.clone();
        named.extend(if prefix == "secretsmanager" { parts(&value) } else { vec![value.clone()] });
        Target { arn: arn.replace(&format!("${{{last}}}"), &value), named, certain }
    };
    values.into_iter().map(filled).collect()
}

/// A resource that the input names by its ARN.
fn found(kind: &Kind, arn: &str) -> Target {
    let own = kind.arn.splitn(6, ':').nth(5).unwrap_or_default();
    let literal: Vec<&str> = own.split(['/', ':']).filter(|part| !part.contains("${")).collect();
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let mut named: Vec<String> =
        path.split(['/', ':']).filter(|part| !literal.contains(part)).map(str::to_owned).collect();
    if arn.contains(":secretsmanager:") {
        named = named.iter().flat_map(|name| parts(name)).collect();
    }
    Target { arn: arn.to_owned(), named, certain: true }
}

/// What may be a name, and what may be added to it: Secrets Manager adds six random characters to a secret's name in its ARN; RDS
/// names the secrets that it manages by a random id.
fn parts(value: &str) -> Vec<String> {
    let Some((name, random)) = value.rsplit_once('-').filter(|(_, random)| random.len() == 6) else {
        return vec![value.to_owned()];
    };
    let name = name.strip_prefix("rds!cluster-").or_else(|| name.strip_prefix("rds!db-")).unwrap_or(name);
    vec![name.to_owned(), random.to_owned()]
}

/// The template with everything in it that the call itself tells: partition, region, account, organization.
fn shape(call: &Call<'_>, template: &str) -> String {
    let membership = Membership::of(call.store, call.account);
    let of_organizations = template.contains(":organizations:");
    // What belongs to an organization is in its management account, whoever asks.
    let account = match &membership {
        Some(membership) if of_organizations => membership.management.to_string(),
        _ => call.account.to_string(),
    };
    let mut shape = template
        .replace("${Partition}", call.partition())
        .replace("${Region}", call.region)
        .replace("${Account}", &account);
    if let (Some(membership), true) = (membership, of_organizations) {
        shape = shape.replace("o-${OrganizationId}", &membership.organization);
    }
    shape
}

fn variables(template: &str) -> Vec<String> {
    template.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

/// A value without what the template says before it: an id `p-1` in `p-${PolicyId}`, a name `alias/x` in `alias/${Alias}`.
fn without(template: &str, variable: &str, value: &str) -> String {
    let before = template.split(&format!("${{{variable}}}")).next().unwrap_or_default();
    let before = before.rsplit(':').next().unwrap_or_default();
    let tail = before.rsplit('/').next().unwrap_or_default();
    let value = if before.is_empty() { value } else { value.strip_prefix(before).unwrap_or(value) };
    let value = if tail.is_empty() { value } else { value.strip_prefix(tail).unwrap_or(value) };
    value.trim_start_matches("https://").to_owned()
}

/// Every text of the input that is an ARN, but for those deep within.
fn arns(input: &Value) -> impl Iterator<Item = &str> {
    let members = input.as_object().into_iter().flat_map(|members| members.values());
    members
        .flat_map(|value| match value {
            Value::Array(elements) => elements.iter().collect(),
            one => vec![one],
        })
        .filter_map(Value::as_str)
        .filter(|text| text.starts_with("arn:"))
}

/// What the input says of a variable.
fn member(prefix: &str, variable: &str, input: &Value) -> Vec<String> {
    let listed = MEMBERS.iter().find(|(own, name, _)| *own == prefix && *name == variable);
    if let Some((_, _, paths)) = listed {
        let value = paths.iter().find_map(|path| input.pointer(path).filter(|value| !value.is_null()));
        return value.map(texts).unwrap_or_default();
    }
    let wanted = simple(variable);
    let members = input.as_object().into_iter().flatten();
    let found = members.filter(|(name, value)| !value.is_null() && simple(name) == wanted).map(|(_, value)| value);
    found.map(texts).next().unwrap_or_default()
}

/// What the input says under the name of the kind itself: `guardrailIdentifier` for a `guardrail`.
fn named_like(kind: &Kind, input: &Value) -> Vec<String> {
    let wanted = simple(&kind.name);
    let members = input.as_object().into_iter().flatten();
    let found = members
        .filter(|(name, value)| {
            let own = simple(name);
            // A name is no id: that of a security group is not in its ARN.
            !value.is_null() && own.len() > 3 && !name.ends_with("Name") && wanted.ends_with(&own)
        })
        .map(|(_, value)| value);
    found.map(texts).next().unwrap_or_default()
}

fn texts(value: &Value) -> Vec<String> {
    let last = |text: &str| match text.starts_with("arn:") {
        true => text.rsplit([':', '/']).next().unwrap_or(text).to_owned(),
        false => text.to_owned(),
    };
    match value {
        Value::String(text) => vec![last(text)],
        Value::Array(elements) => elements.iter().filter_map(Value::as_str).map(last).collect(),
        _ => Vec::new(),
    }
}

/// A name without case, hyphens, and the word that says what it is: `RoleNameWithPath`, `roleName`, `RoleArn` are `role`.
fn simple(name: &str) -> String {
    let mut simple = name.replace(['-', '_'], "").to_ascii_lowercase();
    for ending in ["withpath", "identifiers", "identifier", "names", "name", "arns", "arn", "ids", "id"] {
        if let Some(rest) = simple.strip_suffix(ending) {
            simple = rest.to_owned();
        }
    }
    simple
}

/// The name of something of IAM with its path: of what exists, else of what is being made.
fn iam_path(call: &Call<'_>, kind: &Kind, name: &str, input: &Value) -> Option<String> {
    let after = |arn: String| arn.split_once('/').map(|(_, rest)| rest.to_owned());
    let known = match kind.name.as_str() {
        "role" => call.store.get::<Role>(call.account, GLOBAL, name).and_then(|role| after(role.arn)),
        "user" => call.store.get::<User>(call.account, GLOBAL, name).and_then(|user| after(user.arn)),
        _ => None,
    };
    known.or_else(|| {
        let path = input.get("Path")?.as_str()?.trim_start_matches('/');
        Some(format!("{path}{name}"))
    })
}

/// The name of a secret with the random characters of its ARN; six `?` where there is no such secret.
fn secret(call: &Call<'_>, name: &str) -> String {
    let arn = secret_named(call, name);
    match arn.as_deref().and_then(|arn| arn.splitn(7, ':').nth(6)) {
        Some(known) => known.to_owned(),
        None => format!("{name}-??????"),
    }
}

/// The tags that a request gives.
pub(super) fn tags_in(input: &Value) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        if !["tags", "taglist", "resourcetags"].contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        tags.extend(read_tags(value));
    }
    tags
}

/// Tags, as a list or as a map.
pub(super) fn read_tags(value: &Value) -> BTreeMap<String, String> {
    let text =
        |tag: &Value, names: [&str; 2]| names.iter().find_map(|name| tag.get(*name)?.as_str().map(str::to_owned));
    match value {
        Value::Array(list) => list
            .iter()
            .filter_map(|tag| Some((text(tag, ["Key", "key"])?, text(tag, ["Value", "value"]).unwrap_or_default())))
            .collect(),
        Value::Object(map) => {
            map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => BTreeMap::new(),
    }
}
