//! IAM is eventually consistent: a role that was just made cannot be assumed for some seconds, and services answer with errors
//! that look final. Here is what such answers look like, as data, and how long they are believed to be passing.
//!
//! Waiting is bounded: a role with a wrong trust policy gets the same answer for ever, and the user must hear of it. Where IAM
//! shows a trust policy that does not name the service, there is nothing to wait for, and the user hears of it at once.

use crate::clients::Clients;
use crate::documents::decode;
use charter_model::{Address, Pointer};
use charter_provider::{Failure, Properties};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Words of a message, in lower case, that pass by themselves. Each row with its source.
const PASSING: &[&str] = &[
    // AWS Lambda Developer Guide, "Troubleshoot deployment issues": "The role defined for the function cannot be assumed".
    "cannot be assumed by",
    // Amazon Kendra: what CreateIndex and CreateDataSource say of a fresh role. hashicorp/terraform-provider-aws,
    // internal/service/kendra, retries the same words for its propagation timeout.
    // Amazon Q Business says "please make sure your role exists, has qbusiness.amazonaws.com as trusted entity" (public reports).
    "please make sure your role exists",
    // Amazon Bedrock knowledge bases: "unable to assume the given role". terraform-provider-aws, internal/service/bedrockagent.
    "unable to assume the given role",
    // Amazon ECS, EKS, CodeBuild, Glue and others: "unable to assume role", "is unable to assume the role".
    "unable to assume role",
    "unable to assume the role",
    "unable to assume the service linked role",
    // AWS Glue, CreateCrawler: "Service is unable to assume provided role. Please verify role's TrustPolicy"
    // (https://github.com/hashicorp/terraform-provider-aws/issues/30371).
    "unable to assume provided role",
    // AWS Step Functions, EventBridge Scheduler: "Neither the global service principal … is authorized to assume the provided
    // role", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role".
    "is authorized to assume the provided role",
    "to assume the role",
    // Amazon RDS: AddRoleToDBCluster and monitoring roles. terraform-provider-aws, internal/service/rds.
    "iam role arn value is invalid or does not include the required permissions",
    // Amazon DataZone: CreateDomain with a domain execution role made a moment ago is refused with AccessDeniedException.
    // terraform-provider-aws, internal/service/datazone/domain.go, retries it.
    "is not permitted to perform operation: createdomain",
    // Amazon Bedrock, PutModelInvocationLoggingConfiguration: "Failed to validate permissions for log group: …, with role: …"
    // (https://github.com/alphagov/govuk-infrastructure/pull/2440); the role's policy may have been made a moment ago.
    "failed to validate permissions for log group",
    // AWS IAM User Guide, "Troubleshoot IAM": policies that name a principal made a moment ago; Amazon S3 and AWS KMS say the same.
    "invalid principal in policy",
    "policy contains a statement with one or more invalid principals",
];

/// How many times a call is repeated; with the waits below this is two minutes, the time that terraform-provider-aws gives IAM
/// (`propagationTimeout`).
const REPEATS: u32 = 16;
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Whether a failed creation or update shall be tried again: it left nothing behind, and says that a role is not there yet.
pub(crate) fn is_passing(failure: &Failure) -> bool {
    // Codes that are worth a retry by themselves are the engine's affair.
    if failure.code.is_retryable() || failure.identifier.is_some() {
        return false;
    }
    let message = failure.message.to_lowercase();
    PASSING.iter().any(|words| message.contains(words))
}

/// From which attempt on IAM is asked for the trust policy: what it tells right after a change may be what was before.
const SURE_FROM: u32 = 2;

/// Whether waiting is in vain: every role that the properties name is there, and the trust policy of none of them names the
/// service that may not assume it. Then the failure says so. Where IAM does not tell, nothing is said.
pub(crate) async fn in_vain(
    clients: &Clients,
    properties: &Properties,
    attempts: u32,
    failure: &Failure,
) -> Option<Failure> {
    if attempts < SURE_FROM {
        return None;
    }
    let service = service_named(&failure.message);
    let own = format!(":iam::{}:role/", clients.account_id());
    let mut roles = Vec::new();
    properties.values().for_each(|value| collect_roles(value, &own, &mut roles));
    roles.sort();
    roles.dedup();
    for role in &roles {
        let name = role.rsplit('/').next().unwrap_or_default();
        let answer = clients.iam().get_role().role_name(name).send().await.ok()?;
        let trust = decode(answer.role()?.assume_role_policy_document()?);
        if names_service(&trust, service) {
            return None;
        }
    }
    let service = service.unwrap_or("any service");
    let which = match roles.as_slice() {
        [] => return None,
        [role] => format!("the trust policy of {role} does not name {service}"),
        several => format!("none of the trust policies of {} names {service}", several.join(", ")),
    };
    Some(Failure { message: format!("{}: {which}", failure.message), ..failure.clone() })
}

/// The service principal that a message names: `kendra.amazonaws.com`.
fn service_named(message: &str) -> Option<&str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    message
        .split(|character| !is_part(character))
        .map(|word| word.trim_end_matches('.'))
        .find(|word| word.ends_with(".amazonaws.com") && !word.starts_with('.'))
}

fn collect_roles(value: &serde_json::Value, own: &str, roles: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) if text.starts_with("arn:") && text.contains(own) => roles.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|each| collect_roles(each, own, roles)),
        serde_json::Value::Object(map) => map.values().for_each(|each| collect_roles(each, own, roles)),
        _ => {}
    }
}

/// Whether a trust policy has a principal that may stand for the service; without a service, for any service at all.
fn names_service(trust: &serde_json::Value, service: Option<&str>) -> bool {
    use serde_json::Value;
    let one_or_many = |value: &Value| match value {
        Value::Array(list) => list.clone(),
        other => vec![other.clone()],
    };
    let Some(statements) = trust.get("Statement") else { return false };
    one_or_many(statements).iter().any(|statement| {
        let principals = match statement.get("Principal") {
            Some(Value::Object(principals)) => principals.get("Service").map(one_or_many).unwrap_or_default(),
            Some(Value::String(_)) => return true,
            // `NotPrincipal` may stand for anyone.
            _ => return statement.get("NotPrincipal").is_some(),
        };
        principals
            .iter()
            .filter_map(Value::as_str)
            .any(|name| name == "*" || service.is_none_or(|service| service == name))
    })
}

/// The handle of an operation that waits for IAM. The request itself comes back with the status request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Repeat {
    /// How many times the call was made so far.
    pub(crate) attempts: u32,
    /// Where the resource stands; a status request does not say.
    pub(crate) address: Address,
    /// For an update: the properties that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) changed: Vec<Pointer>,
}

impl Repeat {
    /// The wait before the next attempt; none if there has been enough of it.
    pub(crate) fn wait(&self) -> Option<Duration> {
        Self::wait_before(self.attempts)
    }

    /// The same, for those who count by themselves: the wait before the repetition of that number, from one.
    pub(crate) fn wait_before(repetition: u32) -> Option<Duration> {
        (repetition <= REPEATS).then(|| crate::progress::wait_after(repetition.saturating_sub(1), LONGEST_WAIT))
    }
}

/// The failure that ends the waiting.
pub(crate) fn given_up(failure: Failure) -> Failure {
    let message = format!(
        "{} (repeated for two minutes, longer than a new role needs to be known everywhere: check that the role exists and that \
         its trust policy names the service)",
        failure.message
    );
    Failure { message, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_provider::FailureCode;

    #[test]
    fn a_fresh_role_is_waited_for_but_a_half_made_resource_is_not() {
        let message =
            "ValidationException: Please make sure your role exists and has `kendra.amazonaws.com` as trusted entity";
        let failure = Failure::new(FailureCode::InvalidRequest, message);
        assert!(is_passing(&failure));
        assert!(!is_passing(&failure.clone().with_identifier("x")));
        assert!(!is_passing(&Failure::new(FailureCode::InvalidRequest, "ValidationException: no such edition")));
        assert!(!is_passing(&Failure { code: FailureCode::Throttling, ..failure }));
    }

    #[test]
    fn a_trust_policy_that_does_not_name_the_service_is_seen() {
        let service =
            service_named("Please make sure your role exists and has `kendra.amazonaws.com` as trusted entity.");
        assert_eq!(service, Some("kendra.amazonaws.com"));
        assert_eq!(service_named("The role cannot be assumed by Lambda."), None);
        let trust = |principal: serde_json::Value| serde_json::json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]});
        let named = |principal| names_service(&trust(principal), service);
        assert!(named(serde_json::json!({"Service": "kendra.amazonaws.com"})));
        assert!(named(serde_json::json!({"Service": ["ec2.amazonaws.com", "kendra.amazonaws.com"]})));
        assert!(named(serde_json::json!("*")));
        assert!(!named(serde_json::json!({"Service": "lambda.amazonaws.com"})));
        assert!(!named(serde_json::json!({"AWS": "arn:aws:iam::111111111111:root"})));
        assert!(names_service(&trust(serde_json::json!({"Service": "lambda.amazonaws.com"})), None));
    }

    #[test]
    fn waiting_for_iam_ends_after_about_two_minutes() {
        let mut total = Duration::ZERO;
        let mut repeat = Repeat { attempts: 1, address: "s/r".parse().unwrap(), changed: Vec::new() };
        while let Some(wait) = repeat.wait() {
            total += wait;
            repeat.attempts += 1;
        }
        assert!((Duration::from_secs(100)..Duration::from_secs(150)).contains(&total), "{total:?}");
    }
}
