//! What `authorization` asks of the records of services: policies, owners, and what a request of Cloud Control is about.

use super::cloud_control::Resource;
use super::iam::records::{Group, Policy};
use super::s3::records::Bucket;
use super::secrets_manager::records::Secret;
use crate::service::Call;
use crate::store::GLOBAL;
use charter_catalog::Catalog;
use charter_model::{AccountId, TypeName};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The ARN of a secret by its name.
pub(crate) fn secret_named(call: &Call<'_>, name: &str) -> Option<String> {
    call.store.get::<Secret>(call.account, call.region, name).map(|secret| secret.arn)
}

/// The account that a bucket is in.
pub(crate) fn bucket_owner(call: &Call<'_>, name: &str) -> Option<AccountId> {
    call.store.named::<Bucket>(name).into_iter().next().map(|entry| entry.account)
}

/// The policy of a bucket, or of a secret, that an ARN is of or in.
pub(crate) fn resource_policy(call: &Call<'_>, arn: &str) -> Option<String> {
    let mut parts = arn.split(':');
    if parts.nth(2) == Some("s3") {
        let bucket = parts.nth(2)?.split('/').next()?;
        let entry = call.store.named::<Bucket>(bucket).into_iter().next()?;
        return Some(entry.record.settings.get("Policy")?.as_str()?.to_owned());
    }
    let secrets = call.store.everywhere::<Secret>();
    secrets.into_iter().find(|entry| entry.record.arn == arn)?.record.policy
}

/// The policy of something that Cloud Control made: of a key, or of a sink of CloudWatch that other accounts link to.
pub(crate) fn control_policy(call: &Call<'_>, arn: &str) -> Option<String> {
    let (type_name, member) = match arn.split(':').nth(2)? {
        "kms" => ("AWS::KMS::Key", "KeyPolicy"),
        "oam" => ("AWS::Oam::Sink", "Policy"),
        _ => return None,
    };
    let all = call.store.everywhere::<Resource>();
    let is_it = |resource: &Resource| {
        resource.type_name == type_name && resource.properties.get("Arn").and_then(Value::as_str) == Some(arn)
    };
    let found = all.into_iter().find(|entry| is_it(&entry.record))?;
    match found.record.properties.get(member)? {
        Value::String(text) => Some(text.clone()),
        document => Some(document.to_string()),
    }
}

/// The document of a customer managed policy, as its default version has it.
pub(crate) fn managed_policy(call: &Call<'_>, arn: &str) -> Option<String> {
    let policy = call.store.get::<Policy>(&call.caller.account, GLOBAL, arn)?;
    Some(policy.versions.get(&policy.default_version)?.document.clone())
}

/// The inline and the managed policies that a user has from its groups.
pub(crate) fn group_policies(call: &Call<'_>, user: &str) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let groups = call.store.list::<Group>(&call.caller.account, GLOBAL);
    let (mut inline, mut attached) = (BTreeMap::new(), BTreeSet::new());
    for (_, group) in groups.into_iter().filter(|(_, group)| group.members.contains(user)) {
        // Two groups may each have a policy of one name.
        inline.extend(group.inline_policies.into_iter().map(|(name, text)| (format!("{}/{name}", group.name), text)));
        attached.extend(group.attached_policies);
    }
    (inline, attached)
}

/// The properties of what a request of Cloud Control is about: as asked for, or as they are.
pub(crate) fn control_properties(call: &Call<'_>) -> Value {
    if let Some(desired) = call.text("DesiredState") {
        return serde_json::from_str(desired).unwrap_or_default();
    }
    let (Some(type_name), Some(identifier)) = (call.text("TypeName"), call.text("Identifier")) else {
        return Value::Object(Map::new());
    };
    if let Some(resource) = Resource::get(call, type_name, identifier) {
        return resource.properties;
    }
    let schema = TypeName::new(type_name).ok().and_then(|name| Catalog::embedded().schema(&name));
    schema.map(|schema| schema.identifier_properties(identifier)).unwrap_or_default().into()
}
