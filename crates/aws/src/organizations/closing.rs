//! Closing an account: an act of its own that no plan contains.
//!
//! Organizations API Reference, CloseAccount: what the account holds is deleted after 90 days, until then AWS Support can reopen it;
//! its address cannot be used again. Within 30 days the higher of 250 and 20 % of the member accounts can be closed, and never the
//! management account.

use crate::errors::{failure, service_code};
use crate::provider::AwsProvider;
use crate::settle::if_found;
use charter_model::{AccountId, Placement};
use charter_provider::Failure;
use serde::Serialize;

/// What Organizations says of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStanding {
    /// Its id.
    pub id: AccountId,
    /// What people know it by.
    pub name: String,
    /// Its address.
    pub email: String,
    /// `ACTIVE`, `PENDING_CLOSURE` or `SUSPENDED`.
    pub status: String,
    /// Whether it manages the organization.
    pub is_management: bool,
}

impl AccountStanding {
    /// Whether it is closed, or on its way there.
    pub fn is_closed(&self) -> bool {
        is_closed(&self.status)
    }
}

/// Whether a status is that of a closed account.
pub(super) fn is_closed(status: &str) -> bool {
    matches!(status, "PENDING_CLOSURE" | "SUSPENDED")
}

impl AwsProvider {
    /// How an account of the organization stands that the placement's account manages; none if it is not in it.
    ///
    /// # Errors
    /// What the calls fail with.
    pub async fn account_standing(
        &self,
        management: &Placement,
        id: &AccountId,
    ) -> Result<Option<AccountStanding>, Failure> {
        let clients = self.accounts.clients(management).await?;
        let call = clients.organizations().describe_account().account_id(id.as_str());
        let Some(account) = if_found(call.send().await.map_err(failure))?.and_then(|answer| answer.account) else {
            return Ok(None);
        };
        let organization = clients.organizations().describe_organization().send().await.map_err(failure)?.organization;
        let manager = organization.and_then(|organization| organization.master_account_id);
        let status = account.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        Ok(Some(AccountStanding {
            id: id.clone(),
            name: account.name.unwrap_or_default(),
            email: account.email.unwrap_or_default(),
            status,
            is_management: manager.as_deref() == Some(id.as_str()),
        }))
    }

    /// Closes an account. Closing one that is closed does nothing.
    ///
    /// # Errors
    /// What Organizations refuses it with.
    pub async fn close_account(&self, management: &Placement, id: &AccountId) -> Result<(), Failure> {
        let clients = self.accounts.clients(management).await?;
        let call = clients.organizations().close_account().account_id(id.as_str());
        match call.send().await {
            Err(error) if service_code(&error) == Some("AccountAlreadyClosedException") => Ok(()),
            outcome => outcome.map(drop).map_err(failure),
        }
    }
}
