//! `Charter::Organizations::ServiceAccess`: that a service of AWS is trusted within the organization (AWS Organizations User Guide,
//! "Using AWS Organizations with other AWS services"). Identified by the service's principal; it has no tags.

use crate::clients::Clients;
use crate::convert::required;
use crate::errors::failure;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource};
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

pub(super) struct ServiceAccess;

/// Whether a service is trusted in the organization of this account.
pub(crate) async fn is_trusted(clients: &Clients, principal: &str) -> Result<bool, Failure> {
    let mut pages = clients.organizations().list_aws_service_access_for_organization().into_paginator().send();
    while let Some(page) = pages.next().await {
        let trusted = page.map_err(failure)?.enabled_service_principals.unwrap_or_default();
        if trusted.iter().any(|service| service.service_principal() == Some(principal)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[async_trait]
impl Resource for ServiceAccess {
    const TYPE: &'static [&'static str] = &["Charter::Organizations::ServiceAccess"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let principal: String = required(&request.properties, "ServicePrincipal")?;
        // The call succeeds where the service is trusted already: then the access is another's, who would lose it with ours.
        if is_trusted(clients, &principal).await? {
            let message = format!("the organization trusts {principal} already: adopt that with `import: {principal}`");
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        let call = clients.organizations().enable_aws_service_access().service_principal(&principal);
        call.send().await.map_err(failure)?;
        Ok(principal)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        // Nothing of it can be changed.
        if is_trusted(change.clients, change.identifier).await? {
            return Ok(());
        }
        Err(not_found(Self::TYPE.first().copied().unwrap_or_default(), change.identifier))
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let properties = || Properties::from_iter([("ServicePrincipal".to_owned(), identifier.into())]);
        Ok(is_trusted(clients, identifier).await?.then(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        // The call succeeds where nothing is trusted.
        if !is_trusted(clients, &request.identifier).await? {
            return Err(not_found(request.type_name.as_str(), &request.identifier));
        }
        let call = clients.organizations().disable_aws_service_access().service_principal(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.organizations().list_aws_service_access_for_organization();
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let services = answer.enabled_service_principals.into_iter().flatten();
        let identifiers = services.filter_map(|service| service.service_principal).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        // Nothing marks it; when our call was made it was off, and whoever turned it on meanwhile did the same.
        let identifier: String = required(&request.properties, "ServicePrincipal")?;
        let is_there = is_trusted(clients, &identifier).await?;
        Ok(if is_there { Recovered::Exists { identifier } } else { Recovered::Absent })
    }
}
