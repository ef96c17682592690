//! STS: who calls, and sessions of roles, for callers of AWS and for people whom an identity provider vouches for.

mod federation;
mod saml;
mod session_policies;
mod sessions;
#[cfg(test)]
mod tests;
mod web_identity;
mod xml_signature;

use crate::identity::{AccessKey, Caller, CallerKind, Role};
use crate::organization::Membership;
use crate::service::{Call, Service, ServiceError};
use crate::services::organizations;
use crate::store::GLOBAL;
use crate::trust::{Assumer, Context, allows};
use serde_json::{Value, json};
use session_policies::passed;
use sessions::{credentials, new_session, parse_role};
use std::collections::BTreeMap;

pub(crate) use federation::unsigned_caller;

pub(crate) struct Sts;

/// The longest session of a role that is assumed by a session of a role, in seconds.
/// Source: IAM User Guide, "Roles terms and concepts", role chaining.
const CHAINED_SESSION: i64 = 3600;

impl Service for Sts {
    fn call(&self, call: &mut Call<'_>) -> Result<Value, ServiceError> {
        match call.operation {
            "GetCallerIdentity" => Ok(json!({
                "UserId": call.caller.user_id, "Account": call.caller.account, "Arn": call.caller.arn,
            })),
            "GetAccessKeyInfo" => access_key_info(call),
            "GetSessionToken" => session_token(call),
            "AssumeRole" => assume_role(call),
            "AssumeRoleWithSAML" => saml::assume(call),
            "AssumeRoleWithWebIdentity" => web_identity::assume(call),
            _ => Err(call.not_simulated()),
        }
    }
}

fn access_key_info(call: &Call<'_>) -> Result<Value, ServiceError> {
    let id = call.required("AccessKeyId");
    match AccessKey::find(call.store, id) {
        Some(key) => Ok(json!({"Account": key.caller.account})),
        None => Err(ServiceError::new("ValidationError", format!("Invalid Access Key Id: {id}"))),
    }
}

fn session_token(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    if matches!(call.caller.kind, CallerKind::Session { .. }) {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(ServiceError::new("AccessDenied", message).with_status(403));
    }
    let seconds = call.integer("DurationSeconds").unwrap_or(43_200);
    let key = new_session(call, call.caller.clone(), seconds);
    Ok(json!({"Credentials": credentials(&key)}))
}

fn assume_role(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let arn = call.required("RoleArn").to_owned();
    let session = call.required("RoleSessionName").to_owned();
    let denied = |call: &Call<'_>, action: &str| {
        let message = format!("User: {} is not authorized to perform: {action} on resource: {arn}", call.caller.arn);
        ServiceError::new("AccessDenied", message).with_status(403)
    };
    let (account, name) =
        parse_role(&arn).ok_or_else(|| ServiceError::new("ValidationError", format!("{arn} is invalid")))?;
    // A role that does not exist and one that does not trust the caller look the same from outside.
    let role = call
        .store
        .get::<Role>(&account, GLOBAL, &name)
        .filter(|role| role.arn == arn && role.assumable <= call.now)
        // Nobody gets into a closed account.
        .filter(|_| !organizations::is_closed(call, &account))
        .ok_or_else(|| denied(call, "sts:AssumeRole"))?;
    let tags = session_tags(call)?;
    let context = context(call, &session, &tags);
    let assumer = Assumer::Caller(call.caller);
    if !allows(&role.trust_policy, "sts:AssumeRole", assumer, &context) {
        return Err(denied(call, "sts:AssumeRole"));
    }
    if !tags.is_empty() && !allows(&role.trust_policy, "sts:TagSession", assumer, &context) {
        return Err(denied(call, "sts:TagSession"));
    }
    let seconds = duration(call, &role)?;
    let policies = passed(call)?;
    let caller = Caller {
        arn: format!("arn:{}:sts::{account}:assumed-role/{}/{session}", call.partition(), role.name),
        user_id: format!("{}:{session}", role.id),
        account,
        kind: CallerKind::Session { role: role.name, role_arn: role.arn, tags, policies },
    };
    let user = json!({"AssumedRoleId": caller.user_id, "Arn": caller.arn});
    let key = new_session(call, caller, seconds);
    Ok(
        json!({"Credentials": credentials(&key), "AssumedRoleUser": user, "SourceIdentity": call.text("SourceIdentity")}),
    )
}

fn duration(call: &Call<'_>, role: &Role) -> Result<i64, ServiceError> {
    let seconds = call.integer("DurationSeconds").unwrap_or(3600);
    let refused = |message: &str| Err(ServiceError::new("ValidationError", message));
    if seconds > i64::from(role.max_session_duration) {
        return refused("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if seconds > CHAINED_SESSION && matches!(call.caller.kind, CallerKind::Session { .. }) {
        return refused(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        );
    }
    Ok(seconds)
}

fn session_tags(call: &Call<'_>) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut tags = BTreeMap::new();
    for tag in call.member("Tags").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if tags.insert(text("Key"), text("Value")).is_some() {
            let message =
                format!("Duplicate tag keys found. Please note that Tag keys are case insensitive. ({})", text("Key"));
            return Err(ServiceError::new("InvalidParameterValue", message));
        }
    }
    Ok(tags)
}

/// What the role's conditions are held against.
fn context(call: &Call<'_>, session: &str, tags: &BTreeMap<String, String>) -> Context {
    let mut context = Context::new();
    let mut set = |key: &str, values: Vec<String>| drop(context.insert(key.to_owned(), values));
    set("sts:RoleSessionName", vec![session.to_owned()]);
    set("aws:PrincipalArn", vec![call.caller.policy_arn().to_owned()]);
    set("aws:PrincipalAccount", vec![call.caller.account.to_string()]);
    set("aws:userid", vec![call.caller.user_id.clone()]);
    if let Some(id) = call.text("ExternalId") {
        set("sts:ExternalId", vec![id.to_owned()]);
    }
    if let Some(identity) = call.text("SourceIdentity") {
        set("sts:SourceIdentity", vec![identity.to_owned()]);
    }
    if let Some(membership) = Membership::of(call.store, &call.caller.account) {
        set("aws:PrincipalOrgID", vec![membership.organization]);
    }
    if let CallerKind::Session { tags, .. } = &call.caller.kind {
        for (key, value) in tags {
            set(&format!("aws:PrincipalTag/{key}"), vec![value.clone()]);
        }
    }
    if !tags.is_empty() {
        set("aws:TagKeys", tags.keys().cloned().collect());
    }
    for (key, value) in tags {
        set(&format!("aws:RequestTag/{key}"), vec![value.clone()]);
    }
    context
}
