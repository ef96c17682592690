//! `Charter::RAM::OrganizationSharing`: that the organization shares by itself, without invitations. Identified by the
//! organization's id; it has no tags.
//!
//! RAM has no call that tells it. It is on where Organizations trusts RAM and RAM's service-linked role is there: trusted access
//! that was switched on through Organizations lacks the role and shares nothing (RAM User Guide, "Enable resource sharing within
//! AWS Organizations"). It ends with the trusted access; the role stays, as AWS's own.

use crate::clients::Clients;
use crate::errors::failure;
use crate::organizations::is_trusted;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, if_found};
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};

const TYPE: &str = "Charter::RAM::OrganizationSharing";
const SERVICE: &str = "ram.amazonaws.com";
const ROLE: &str = "AWSServiceRoleForResourceAccessManager";

/// Serves it.
pub(super) struct OrganizationSharing;

async fn organization(clients: &Clients) -> Result<String, Failure> {
    let answer = clients.organizations().describe_organization().send().await.map_err(failure)?;
    let id = answer.organization.and_then(|organization| organization.id);
    id.ok_or_else(|| Failure::new(FailureCode::InternalFailure, "the organization has no id"))
}

/// The organization, if it shares.
async fn present(clients: &Clients) -> Result<Option<String>, Failure> {
    if !is_trusted(clients, SERVICE).await? {
        return Ok(None);
    }
    let role = if_found(clients.iam().get_role().role_name(ROLE).send().await.map_err(failure))?;
    if role.is_none() {
        return Ok(None);
    }
    organization(clients).await.map(Some)
}

#[async_trait]
impl Resource for OrganizationSharing {
    const TYPE: &'static [&'static str] = &[TYPE];

    async fn make(&self, clients: &Clients, _request: &CreateRequest) -> Result<String, Failure> {
        if let Some(id) = present(clients).await? {
            let message = format!("the organization shares resources already: adopt that with `import: {id}`");
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        let id = organization(clients).await?;
        let answer = clients.ram().enable_sharing_with_aws_organization().send().await.map_err(failure)?;
        if answer.return_value == Some(false) {
            let message = "RAM did not enable sharing within the organization, and gives no reason";
            return Err(Failure::new(FailureCode::GeneralServiceException, message));
        }
        Ok(id)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        // Nothing of it can be changed.
        match present(change.clients).await? {
            Some(id) if id == change.identifier => Ok(()),
            _ => Err(not_found(TYPE, change.identifier)),
        }
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let found = present(clients).await?.filter(|id| id == identifier);
        Ok(found.map(|id| Properties::from_iter([("OrganizationId".to_owned(), id.into())])))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        if self.read(clients, &request.identifier, None).await?.is_none() {
            return Err(not_found(TYPE, &request.identifier));
        }
        let call = clients.organizations().disable_aws_service_access().service_principal(SERVICE);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        Ok(ListResponse { identifiers: present(clients).await?.into_iter().collect(), next: None })
    }

    async fn recover(&self, clients: &Clients, _request: &RecoverRequest) -> Result<Recovered, Failure> {
        // Nothing marks it; when our call was made it was off, and whoever turned it on meanwhile did the same.
        let found = present(clients).await?;
        Ok(found.map_or(Recovered::Absent, |identifier| Recovered::Exists { identifier }))
    }
}
