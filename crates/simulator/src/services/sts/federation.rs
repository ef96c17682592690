//! What both kinds of federation have in common: a role is assumed by somebody whom a provider vouches for, with the session tags
//! that it tells.

use super::session_policies::passed;
use super::sessions::{credentials, new_session, parse_role};
use crate::identity::{Caller, CallerKind, Role};
use crate::service::{Call, ServiceError};
use crate::store::GLOBAL;
use crate::trust::{Assumer, Context, allows};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The operations that nobody signs: what they present is their credential. (STS's model: `authtype: none`.)
const UNSIGNED: &[&str] = &["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];

/// Who makes an unsigned call: nobody, in the account of the role that is asked for. None where an operation must be signed.
pub(crate) fn unsigned_caller(service: &str, operation: &str, input: &Value) -> Option<Result<Caller, ServiceError>> {
    if service != "sts" || !UNSIGNED.contains(&operation) {
        return None;
    }
    let arn = input.get("RoleArn").and_then(Value::as_str).unwrap_or_default();
    Some(match parse_role(arn) {
        Some((account, _)) => Ok(Caller {
            account,
            arn: "anonymous".to_owned(),
            user_id: "anonymous".to_owned(),
            kind: CallerKind::User("anonymous".to_owned()),
        }),
        None => Err(ServiceError::new("ValidationError", format!("{arn} is invalid"))),
    })
}

/// Whom a provider vouches for.
pub(super) struct Federated {
    /// The action that the role's trust policy must allow.
    pub(super) action: &'static str,
    /// The provider's ARN, as trust policies name it.
    pub(super) provider: String,
    /// The name of the session.
    pub(super) session: String,
    /// Session tags.
    pub(super) tags: BTreeMap<String, String>,
    /// The provider's own condition keys.
    pub(super) keys: Vec<(String, Vec<String>)>,
}

/// What is presented, or who presented it, is not acceptable.
pub(super) fn invalid_token(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidIdentityToken", message).with_status(400)
}

/// What is presented is over.
pub(super) fn expired_token(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ExpiredTokenException", message).with_status(400)
}

/// The provider itself says no, or says something that makes no sense.
pub(super) fn rejected_claim(message: impl Into<String>) -> ServiceError {
    ServiceError::new("IDPRejectedClaim", message).with_status(403)
}

/// A role does not let itself be assumed: one that does not exist looks the same.
pub(super) fn not_authorized(action: &str) -> ServiceError {
    ServiceError::new("AccessDenied", format!("Not authorized to perform {action}")).with_status(403)
}

/// Opens the session, if the role's trust policy allows it, tags included. Answers the credentials and the assumed role.
pub(super) fn federate(call: &mut Call<'_>, federated: Federated) -> Result<(Value, Value), ServiceError> {
    let arn = call.required("RoleArn").to_owned();
    let (account, name) = parse_role(&arn).ok_or_else(|| not_authorized(federated.action))?;
    let role = call
        .store
        .get::<Role>(&account, GLOBAL, &name)
        .filter(|role| role.arn == arn && role.assumable <= call.now)
        .ok_or_else(|| not_authorized(federated.action))?;
    let mut context: Context = federated.keys.into_iter().collect();
    context.insert("aws:FederatedProvider".to_owned(), vec![federated.provider.clone()]);
    context.insert("sts:RoleSessionName".to_owned(), vec![federated.session.clone()]);
    for (key, value) in &federated.tags {
        context.insert(format!("aws:RequestTag/{key}"), vec![value.clone()]);
    }
    if !federated.tags.is_empty() {
        context.insert("aws:TagKeys".to_owned(), federated.tags.keys().cloned().collect());
    }
    let assumer = Assumer::Federated(&federated.provider);
    if !allows(&role.trust_policy, federated.action, assumer, &context) {
        return Err(not_authorized(federated.action));
    }
    // "To … pass session tags, you must have the sts:TagSession permission" (IAM User Guide, "Pass session tags in AWS STS").
    if !federated.tags.is_empty() && !allows(&role.trust_policy, "sts:TagSession", assumer, &context) {
        return Err(not_authorized("sts:TagSession"));
    }
    let seconds = call.integer("DurationSeconds").unwrap_or(3600);
    if seconds > i64::from(role.max_session_duration) {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ServiceError::new("ValidationError", message));
    }
    let policies = passed(call)?;
    let session = &federated.session;
    let caller = Caller {
        arn: format!("arn:{}:sts::{account}:assumed-role/{}/{session}", call.partition(), role.name),
        user_id: format!("{}:{session}", role.id),
        account,
        kind: CallerKind::Session { role: role.name, role_arn: role.arn, tags: federated.tags, policies },
    };
    let user = json!({"AssumedRoleId": caller.user_id, "Arn": caller.arn});
    let key = new_session(call, caller, seconds);
    Ok((credentials(&key), user))
}
