//! Policies of every type, and what they are attached to. `p-FullAWSAccess` is AWS's own: attached everywhere, not kept.

use super::records::{Policy, SERVICE_CONTROL, Tree};
use super::support::{all, arn, constraint, error, get, keep, listed, managed, target};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tags_of};
use crate::store::GLOBAL;
use serde_json::{Value, json};

const FULL_ACCESS: &str = "p-FullAWSAccess";
/// Organizations User Guide, "Quotas": policies of one type on one target, the one of AWS included.
const MOST_ON_TARGET: usize = 5;
/// Organizations User Guide, "Quotas": the longest service control policy, in characters.
const LONGEST: usize = 5120;

fn summary(call: &Call<'_>, tree: &Tree, policy: &Policy) -> Value {
    json!({
        "Id": policy.id,
        "Arn": arn(call, tree, "policy", &format!("{}/{}", policy.kind.to_lowercase(), policy.id)),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.kind,
        "AwsManaged": false,
    })
}

fn full_access() -> Value {
    json!({
        "Id": FULL_ACCESS,
        "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
        "Name": "FullAWSAccess",
        "Description": "Allows access to every operation",
        "Type": SERVICE_CONTROL,
        "AwsManaged": true,
    })
}

fn shown(call: &Call<'_>, tree: &Tree, policy: &Policy) -> Value {
    json!({"Policy": {"PolicySummary": summary(call, tree, policy), "Content": policy.content}})
}

fn sound(kind: &str, content: &str) -> Result<(), ServiceError> {
    let malformed = |message: String| error("MalformedPolicyDocumentException", message);
    let document: Value = serde_json::from_str(content).map_err(|_| {
        malformed(
            "The provided policy document does not meet the requirements of the specified policy type.".to_owned(),
        )
    })?;
    if !document.is_object() {
        return Err(malformed("The provided policy document is not an object.".to_owned()));
    }
    if kind != SERVICE_CONTROL {
        return Ok(());
    }
    if content.len() > LONGEST {
        return Err(constraint("POLICY_CONTENT_LIMIT_EXCEEDED", "The policy exceeds the maximum size."));
    }
    use crate::services::iam::document::{Use, statements};
    statements(content, Use::Identity).map(drop).map_err(malformed)
}

fn duplicate(call: &Call<'_>, kind: &str, name: &str, own: Option<&str>) -> Result<(), ServiceError> {
    let taken = all::<Policy>(call)
        .into_iter()
        .any(|policy| policy.kind == kind && policy.name == name && own.is_none_or(|own| own != policy.id));
    if taken || (kind == SERVICE_CONTROL && name == "FullAWSAccess") {
        return Err(error("DuplicatePolicyException", "A policy with the same name already exists."));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let text = |name: &str| call.required(name).to_owned();
    let (name, kind, content, description) = (text("Name"), text("Type"), text("Content"), text("Description"));
    sound(&kind, &content)?;
    duplicate(call, &kind, &name, None)?;
    let policy = Policy {
        id: format!("p-{}", call.random.lower_alphanumeric(10)),
        name,
        description,
        kind,
        content,
        targets: std::collections::BTreeSet::new(),
        tags: tags_of(call.member("Tags")),
    };
    keep(call, &policy.id.clone(), &policy);
    Ok(shown(call, &tree, &policy))
}

fn named(call: &Call<'_>) -> Result<(Tree, Policy), ServiceError> {
    let tree = managed(call)?;
    let policy = get::<Policy>(call, call.required("PolicyId"));
    let policy =
        policy.ok_or_else(|| error("PolicyNotFoundException", "You specified a policy that doesn't exist."))?;
    Ok((tree, policy))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    if call.required("PolicyId") == FULL_ACCESS {
        managed(call)?;
        let content =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        return Ok(json!({"Policy": {"PolicySummary": full_access(), "Content": content.to_string()}}));
    }
    let (tree, policy) = named(call)?;
    Ok(shown(call, &tree, &policy))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (tree, mut policy) = named(call)?;
    if let Some(name) = call.text("Name") {
        duplicate(call, &policy.kind, name, Some(&policy.id))?;
        policy.name = name.to_owned();
    }
    if let Some(description) = call.text("Description") {
        policy.description = description.to_owned();
    }
    if let Some(content) = call.text("Content") {
        sound(&policy.kind, content)?;
        policy.content = content.to_owned();
    }
    keep(call, &policy.id.clone(), &policy);
    Ok(shown(call, &tree, &policy))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (_, policy) = named(call)?;
    if !policy.targets.is_empty() {
        return Err(error(
            "PolicyInUseException",
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before \
             performing this operation.",
        ));
    }
    call.store.remove::<Policy>(call.account, GLOBAL, &policy.id);
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let kind = call.required("Filter");
    let own = all::<Policy>(call).into_iter().filter(|policy| policy.kind == kind);
    let mut items: Vec<_> = own.map(|policy| (policy.id.clone(), summary(call, &tree, &policy))).collect();
    if kind == SERVICE_CONTROL {
        items.push((FULL_ACCESS.to_owned(), full_access()));
    }
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, "Policies", items)
}

fn target_missing() -> ServiceError {
    error("TargetNotFoundException", "You specified a target that doesn't exist.")
}

pub(super) fn attach(call: &mut Call<'_>) -> Answer {
    let (tree, mut policy) = named(call)?;
    let to = call.required("TargetId").to_owned();
    target(call, &tree, &to).ok_or_else(target_missing)?;
    if !tree.takes(&policy.kind, call.now) {
        return Err(error(
            "PolicyTypeNotEnabledException",
            "The specified policy type isn't currently enabled in this root.",
        ));
    }
    if policy.targets.contains(&to) {
        let message = "The selected policy is already attached to the specified target.";
        return Err(error("DuplicatePolicyAttachmentException", message));
    }
    let there =
        all::<Policy>(call).iter().filter(|each| each.kind == policy.kind && each.targets.contains(&to)).count();
    if there + usize::from(policy.kind == SERVICE_CONTROL) >= MOST_ON_TARGET {
        let message = "You have attached the maximum number of policies of this type to the target.";
        return Err(constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    policy.targets.insert(to);
    keep(call, &policy.id.clone(), &policy);
    nothing()
}

pub(super) fn detach(call: &mut Call<'_>) -> Answer {
    let to = call.required("TargetId").to_owned();
    if call.required("PolicyId") == FULL_ACCESS {
        return Err(call.not_simulated());
    }
    let (tree, mut policy) = named(call)?;
    target(call, &tree, &to).ok_or_else(target_missing)?;
    if !policy.targets.remove(&to) {
        return Err(error(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the root.",
        ));
    }
    keep(call, &policy.id.clone(), &policy);
    nothing()
}

pub(super) fn targets(call: &mut Call<'_>) -> Answer {
    let (tree, policy) = named(call)?;
    let items = policy
        .targets
        .iter()
        .filter_map(|id| {
            let (kind, arn, name) = target(call, &tree, id)?;
            Some((id.clone(), json!({"TargetId": id, "Arn": arn, "Name": name, "Type": kind})))
        })
        .collect();
    listed(call, "Targets", items)
}

pub(super) fn of_target(call: &mut Call<'_>) -> Answer {
    let tree = managed(call)?;
    let (id, kind) = (call.required("TargetId"), call.required("Filter"));
    target(call, &tree, id).ok_or_else(target_missing)?;
    let attached = all::<Policy>(call).into_iter().filter(|policy| policy.kind == kind && policy.targets.contains(id));
    let mut items: Vec<_> = attached.map(|policy| (policy.id.clone(), summary(call, &tree, &policy))).collect();
    if kind == SERVICE_CONTROL && tree.policy_types.contains(kind) {
        items.push((FULL_ACCESS.to_owned(), full_access()));
    }
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(call, "Policies", items)
}
