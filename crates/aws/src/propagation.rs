//! IAM is eventually consistent: a role that was just made cannot be assumed for some seconds, and services answer with errors
//! that look final. Here is what such answers look like, as data, and how long they are believed to be passing.
//!
//! Waiting is bounded: a role with a wrong trust policy gets the same answer for ever, and the user must hear of it.

use charter_model::{Address, Pointer};
use charter_provider::Failure;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Words of a message, in lower case, that pass by themselves. Each row with its source.
const PASSING: &[&str] = &[
    // AWS Lambda Developer Guide, "Troubleshoot deployment issues": "The role defined for the function cannot be assumed".
    "cannot be assumed by",
    // Amazon Kendra: what CreateIndex and CreateDataSource say of a fresh role. hashicorp/terraform-provider-aws,
    // internal/service/kendra, retries the same words for its propagation timeout.
    "please make sure your role exists and has",
    // Amazon Bedrock knowledge bases: "unable to assume the given role". terraform-provider-aws, internal/service/bedrockagent.
    "unable to assume the given role",
    // Amazon ECS, EKS, CodeBuild, Glue and others: "unable to assume role", "is unable to assume the role".
    "unable to assume role",
    "unable to assume the role",
    "unable to assume the service linked role",
    // AWS Step Functions, EventBridge Scheduler: "Neither the global service principal … is authorized to assume the provided
    // role", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role".
    "is authorized to assume the provided role",
    "to assume the role",
    // Amazon RDS: AddRoleToDBCluster and monitoring roles. terraform-provider-aws, internal/service/rds.
    "iam role arn value is invalid or does not include the required permissions",
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
