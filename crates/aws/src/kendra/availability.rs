//! Whether an account can use Amazon Kendra at all.
//!
//! "Amazon Kendra will no longer be open to new customers starting on July 30, 2026 … For capabilities similar to Amazon Kendra,
//! explore Amazon Bedrock Knowledge Bases" (Amazon Kendra API Reference, "Welcome"; Developer Guide, "Amazon Kendra availability
//! change"). Neither page says what a new customer's calls answer, so nothing is concluded from a single code: an account that
//! has an index is a customer, one that is refused is told both possible reasons, and one that is let in but has none is told
//! that it may turn out not to be one.

use crate::clients::Clients;
use crate::errors::failure;
use charter_provider::{Failure, FailureCode, PreflightFinding};

const ALTERNATIVE: &str = "Amazon Kendra takes no new customers since 30 July 2026; a Bedrock knowledge base does the same: set \
     `retriever: knowledge-base`";

pub(super) async fn preflight(clients: &Clients) -> Result<Vec<PreflightFinding>, Failure> {
    let answer = clients.kendra().list_indices().max_results(1).send().await;
    let finding = match answer {
        Ok(answer) if !answer.index_configuration_summary_items().is_empty() => None,
        // Commercial terms hold at AWS itself only, not at an endpoint that stands in for it.
        Ok(_) if !clients.is_aws() => None,
        Ok(_) => Some(PreflightFinding {
            blocks: false,
            message: format!(
                "account {} has no Amazon Kendra index in {}. If it has never used Kendra, creating one may be refused. \
                 {ALTERNATIVE}",
                clients.account_id(),
                clients.region()
            ),
        }),
        Err(error) => refused(clients, failure(error))?,
    };
    Ok(finding.into_iter().collect())
}

fn refused(clients: &Clients, failure: Failure) -> Result<Option<PreflightFinding>, Failure> {
    let place = format!("account {} in {}", clients.account_id(), clients.region());
    match failure.code {
        FailureCode::Unsupported => {
            let message = format!("{place} cannot use Amazon Kendra ({}). {ALTERNATIVE}", failure.message);
            Ok(Some(PreflightFinding { blocks: true, message }))
        }
        FailureCode::AccessDenied => {
            // IAM's own words; a service that is closed to the account has no reason to speak of a policy.
            let by_policy = failure.message.contains("is not authorized to perform");
            let message = if by_policy {
                format!(
                    "whether {place} can use Amazon Kendra cannot be told: kendra:ListIndices is not allowed ({}). \
                     {ALTERNATIVE} if it turns out that it cannot",
                    failure.message
                )
            } else {
                format!("{place} is refused by Amazon Kendra ({}). {ALTERNATIVE}", failure.message)
            };
            Ok(Some(PreflightFinding { blocks: !by_policy, message }))
        }
        // Anything else is an answer about this call, not about the account.
        _ => Err(failure),
    }
}
