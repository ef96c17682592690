//! What a refusal in a domain means: 403 is DataZone's answer for what is gone with its domain, too.

use super::domains::{Standing, standing};
use crate::clients::Clients;
use crate::errors::{ServiceError, failure};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use charter_provider::{Failure, FailureCode};

/// What a call on something in a domain found: nothing if it is gone, alone or with its domain.
pub(crate) async fn found<T: Send, E>(
    clients: &Clients,
    domain: &str,
    result: Result<T, ServiceError<E>>,
) -> Result<Option<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match done_in(clients, domain, result).await {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The answer of a call in a domain. A refusal because the domain is going counts as `NotFound`.
pub(crate) async fn done_in<T: Send, E>(
    clients: &Clients,
    domain: &str,
    result: Result<T, ServiceError<E>>,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let failed = match result {
        Ok(answer) => return Ok(answer),
        Err(error) => failure(error),
    };
    if failed.code != FailureCode::AccessDenied {
        return Err(failed);
    }
    let own = clients.account_id();
    let why = match standing(clients, domain).await? {
        Standing::Going => return Err(Failure { code: FailureCode::NotFound, ..failed }),
        Standing::Stands => return Err(failed),
        Standing::Withdrawn { owner } => format!(
            "the domain {domain} stands in account {owner}, but is not shared with account {own} any more, so what is in it cannot be \
             reached from here. Share it again (AWS::RAM::ResourceShare, and Charter::RAM::ShareAcceptance in account {own}), take away \
             what was made through the share, and withdraw the share after that"
        ),
        Standing::Foreign { owner } => {
            let whose = match owner {
                Some(owner) => format!("is of account {owner}, which the environment does not name"),
                None => "is of none of the environment's accounts".to_owned(),
            };
            format!(
                "the domain {domain} {whose}, and account {own} does not see it: whether it is gone or only no longer shared cannot be told \
                 from here. Ask its owner: have it shared again, or, if it is gone, take what was in it out of the state with `charter state rm`"
            )
        }
        Standing::Unclear { unasked } => format!(
            "account {own} has no domain {domain}, and whether it is gone or only no longer shared cannot be told, since these \
             accounts could not be asked: {}",
            unasked.join(", ")
        ),
    };
    Err(Failure { message: format!("{}: {why}", failed.message.trim_end_matches('.')), ..failed })
}
