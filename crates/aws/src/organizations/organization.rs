//! `AWS::Organizations::Organization`: made by the account that is to manage it. Its identifier is its id.

use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, if_found};
use async_trait::async_trait;
use aws_sdk_organizations::operation::create_organization::builders::CreateOrganizationInputBuilder;
use aws_sdk_organizations::types;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct Organization;

/// The organization that the account manages; none if it manages none.
async fn own(clients: &Clients) -> Result<Option<types::Organization>, Failure> {
    let answer = if_found(clients.organizations().describe_organization().send().await.map_err(failure))?;
    let manages =
        |found: &types::Organization| found.master_account_id.as_deref() == Some(clients.account_id().as_str());
    Ok(answer.and_then(|answer| answer.organization).filter(manages))
}

/// The id of the root of the organization that the account manages.
pub(super) async fn root(clients: &Clients) -> Result<Option<String>, Failure> {
    let roots = clients.organizations().list_roots().send().await.map_err(failure)?.roots.unwrap_or_default();
    Ok(roots.into_iter().find_map(|root| root.id))
}

#[async_trait]
impl Resource for Organization {
    const TYPE: &'static [&'static str] = &["AWS::Organizations::Organization"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateOrganizationInputBuilder = convert::input(&request.properties)?;
        let answer = input.send_with(clients.organizations()).await.map_err(failure).map_err(|failure| {
            match failure.code {
                FailureCode::AlreadyExists => {
                    let message = format!(
                        "{}. An account is in one organization: adopt it with `import: o-…`, whose id `aws organizations \
                         describe-organization` tells",
                        failure.message.trim_end_matches('.')
                    );
                    Failure { message, ..failure }
                }
                _ => failure,
            }
        })?;
        let id = answer.organization.and_then(|organization| organization.id);
        id.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the new organization has no id"))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        if change.has("FeatureSet") {
            // Organizations API Reference, EnableAllFeatures: every invited account has to agree first.
            let message = "the feature set of an organization is changed by a handshake with its accounts: enable all \
                           features in the console, then apply again";
            return Err(Failure::new(FailureCode::NotUpdatable, message));
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(found) = own(clients).await?.filter(|found| found.id.as_deref() == Some(identifier)) else {
            return Ok(None);
        };
        let mut properties = convert::properties(&found);
        if let Some(root) = root(clients).await? {
            properties.insert("RootId".to_owned(), root.into());
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        if self.read(clients, &request.identifier, None).await?.is_none() {
            return Err(crate::progress::not_found(request.type_name.as_str(), &request.identifier));
        }
        clients.organizations().delete_organization().send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        let identifiers = own(clients).await?.and_then(|found| found.id).into_iter().collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn recover(&self, clients: &Clients, _request: &RecoverRequest) -> Result<Recovered, Failure> {
        // It has no tags and an account can manage no second: one that is there when our call was made before there was any
        // may still be somebody else's. Nobody can tell.
        Ok(match own(clients).await?.and_then(|found| found.id) {
            None => Recovered::Absent,
            Some(id) => Recovered::Ambiguous {
                reason: format!(
                    "the account manages the organization {id}, and nothing says who made it: write `import: {id}` to adopt it"
                ),
                candidates: vec![id],
            },
        })
    }
}
