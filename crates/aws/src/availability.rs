//! Whether an account can use a service at all that takes no new customers any more.
//!
//! AWS's pages about it do not say what a new customer's calls answer, so nothing is concluded from a single code: an account that
//! has something of the service is a customer, one that is refused is told both possible reasons, and one that is let in but has
//! nothing is told that it may turn out not to be one.

use crate::clients::Clients;
use charter_provider::{Failure, FailureCode, PreflightFinding};

/// A service that is closed to new customers.
pub(crate) struct ClosedService {
    pub(crate) name: &'static str,
    /// What customers have of it: `Amazon Kendra index`.
    pub(crate) thing: &'static str,
    /// The call that tells whether there is one.
    pub(crate) action: &'static str,
    /// Since when it is closed, and what to use instead: one sentence.
    pub(crate) alternative: &'static str,
}

/// What to say before anything is changed, by whether the account has something of the service.
pub(crate) fn findings(
    clients: &Clients,
    service: &ClosedService,
    has_one: Result<bool, Failure>,
) -> Result<Vec<PreflightFinding>, Failure> {
    let ClosedService { name, thing, alternative, .. } = service;
    let finding = match has_one {
        Ok(true) => None,
        // Commercial terms hold at AWS itself only, not at an endpoint that stands in for it.
        Ok(false) if !clients.is_aws() => None,
        Ok(false) => Some(PreflightFinding {
            blocks: false,
            message: format!(
                "account {} has no {thing} in {}. If it has never used {name}, creating one may be refused. {alternative}",
                clients.account_id(),
                clients.region()
            ),
        }),
        Err(failure) => refused(clients, service, failure)?,
    };
    Ok(finding.into_iter().collect())
}

fn refused(clients: &Clients, service: &ClosedService, failure: Failure) -> Result<Option<PreflightFinding>, Failure> {
    let ClosedService { name, action, alternative, .. } = service;
    let place = format!("account {} in {}", clients.account_id(), clients.region());
    match failure.code {
        FailureCode::Unsupported => {
            let message = format!("{place} cannot use {name} ({}). {alternative}", failure.message);
            Ok(Some(PreflightFinding { blocks: true, message }))
        }
        FailureCode::AccessDenied => {
            // IAM's own words; a service that is closed to the account has no reason to speak of a policy.
            let by_policy = failure.message.contains("is not authorized to perform");
            let message = if by_policy {
                format!(
                    "whether {place} can use {name} cannot be told: {action} is not allowed ({}). {alternative} if it turns \
                     out that it cannot",
                    failure.message
                )
            } else {
                format!("{place} is refused by {name} ({}). {alternative}", failure.message)
            };
            Ok(Some(PreflightFinding { blocks: !by_policy, message }))
        }
        // Anything else is an answer about this call, not about the account.
        _ => Err(failure),
    }
}
