//! `Charter::Bedrock::InvocationLogging`: where Bedrock writes down what models are asked and answer. There is one for each
//! account and region, which identify it.

use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource};
use async_trait::async_trait;
use aws_sdk_bedrock::types::LoggingConfig;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct InvocationLogging;

const TYPE: &str = "Charter::Bedrock::InvocationLogging";

fn identifier(clients: &Clients) -> String {
    format!("{}|{}", clients.account_id(), clients.region())
}

async fn present(clients: &Clients) -> Result<Option<Properties>, Failure> {
    let answer = clients.bedrock().get_model_invocation_logging_configuration().send().await.map_err(failure)?;
    Ok(answer.logging_config.map(|configuration| convert::properties(&configuration)))
}

async fn put(clients: &Clients, desired: &Properties) -> Result<(), Failure> {
    let configuration: LoggingConfig = convert::input(desired)?;
    let call = clients.bedrock().put_model_invocation_logging_configuration().logging_config(configuration);
    call.send().await.map_err(failure).map(drop)
}

/// Whether everything that is asked for is there.
fn has_all(found: &Properties, desired: &Properties) -> bool {
    desired.iter().all(|(name, value)| found.get(name) == Some(value))
}

#[async_trait]
impl Resource for InvocationLogging {
    const TYPE: &'static [&'static str] = &[TYPE];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let identifier = identifier(clients);
        // The call would replace what is there.
        if present(clients).await?.is_some() {
            let message = format!(
                "Bedrock logs invocations in account {} in {} already: adopt it with `import: {identifier}`",
                clients.account_id(),
                clients.region()
            );
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        put(clients, &request.properties).await?;
        Ok(identifier)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        // The call makes one where there is none: a change must not bring back what somebody deleted.
        if present(change.clients).await?.is_none() {
            return Err(not_found(TYPE, change.identifier));
        }
        put(change.clients, change.desired).await
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        if identifier != self::identifier(clients) {
            return Ok(None);
        }
        let Some(mut properties) = present(clients).await? else { return Ok(None) };
        properties.insert("AccountId".to_owned(), clients.account_id().as_str().into());
        properties.insert("Region".to_owned(), clients.region().as_str().into());
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        if self.read(clients, &request.identifier, None).await?.is_none() {
            return Err(not_found(TYPE, &request.identifier));
        }
        clients.bedrock().delete_model_invocation_logging_configuration().send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        let identifiers = present(clients).await?.map(|_| identifier(clients)).into_iter().collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        // It has no tags. When our call was made there was none; one that is what we asked for may as well be ours.
        Ok(match present(clients).await? {
            None => Recovered::Absent,
            Some(found) if has_all(&found, &request.properties) => {
                Recovered::Exists { identifier: identifier(clients) }
            }
            Some(_) => {
                let identifier = identifier(clients);
                Recovered::Ambiguous {
                    reason: format!(
                        "Bedrock logs invocations in {} otherwise than was asked for, and nothing says who set it: write \
                         `import: {identifier}` to adopt it",
                        clients.account_id()
                    ),
                    candidates: vec![identifier],
                }
            }
        })
    }
}
