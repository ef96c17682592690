//! AWS Resource Access Manager: resource shares, who is invited to them, and what they allow.
//!
//! A share is kept in the account that owns it, an invitation in the account that receives it. What a share gives to another
//! account is asked for by the services whose resources are shared: [`permissions_for`].

mod associations;
mod invitations;
mod listing;
mod permissions;
mod records;
mod shares;
mod support;
#[cfg(test)]
mod tests;

use crate::service::{Call, Service};
use crate::services::shared::Answer;
use charter_model::AccountId;

/// The behaviour of RAM.
pub(crate) struct Ram;

impl Service for Ram {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateResourceShare" => shares::create(call),
            "GetResourceShares" => shares::get(call),
            "UpdateResourceShare" => shares::update(call),
            "DeleteResourceShare" => shares::delete(call),
            "TagResource" => shares::tag(call),
            "UntagResource" => shares::untag(call),
            "EnableSharingWithAwsOrganization" => shares::enable_organization(call),
            "AssociateResourceShare" => associations::associate(call),
            "DisassociateResourceShare" => associations::disassociate(call),
            "GetResourceShareAssociations" => associations::get(call),
            "GetResourceShareInvitations" => invitations::get(call),
            "AcceptResourceShareInvitation" => invitations::accept(call),
            "RejectResourceShareInvitation" => invitations::reject(call),
            "ListPendingInvitationResources" => invitations::resources(call),
            "CreatePermission" => permissions::create(call),
            "CreatePermissionVersion" => permissions::create_version(call),
            "DeletePermission" => permissions::delete(call),
            "ListPermissionVersions" => permissions::versions(call),
            "ListPermissions" => permissions::list(call),
            "GetPermission" => permissions::get(call),
            "ListResourceSharePermissions" => permissions::of_share(call),
            "AssociateResourceSharePermission" => permissions::associate(call),
            "DisassociateResourceSharePermission" => permissions::disassociate(call),
            "ListResources" => listing::resources(call),
            "ListPrincipals" => listing::principals(call),
            _ => Err(call.not_simulated()),
        }
    }
}

/// The permissions that shares of its owner give an account on a resource; empty: it is not shared with that account.
pub(crate) fn permissions_for(call: &Call<'_>, owner: &AccountId, resource: &str, account: &AccountId) -> Vec<String> {
    let kind = support::resource_type(resource).unwrap_or_default();
    let shares = call.store.list::<records::Share>(owner, call.region).into_iter();
    shares
        .filter(|(_, share)| share.holds(call.now, resource) && support::reaches(call, share, account))
        .filter_map(|(_, share)| share.permissions.get(&kind).cloned())
        .collect()
}
