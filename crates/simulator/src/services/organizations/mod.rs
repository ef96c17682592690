//! AWS Organizations: the root, units, accounts, policies and what they are attached to. Global; everything is kept in the
//! management account.

mod accounts;
mod organization;
mod policies;
pub(crate) mod records;
mod resource_policy;
mod support;
mod tags;
#[cfg(test)]
mod tests;
mod units;

use crate::organization::Membership;
use crate::service::{Call, Service};
use crate::services::shared::Answer;
use crate::store::GLOBAL;
use charter_model::AccountId;

/// The behaviour of Organizations.
pub(crate) struct Organizations;

/// Whether the closing of an account has been asked for.
pub(crate) fn is_closed(call: &Call<'_>, account: &AccountId) -> bool {
    let management = Membership::of(call.store, account).map(|membership| membership.management);
    let member =
        management.and_then(|management| call.store.get::<records::Member>(&management, GLOBAL, account.as_str()));
    member.is_some_and(|member| member.closed.is_some())
}

impl Service for Organizations {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateOrganization" => organization::create(call),
            "DescribeOrganization" => organization::describe(call),
            "DeleteOrganization" => organization::delete(call),
            "ListRoots" => organization::roots(call),
            "EnablePolicyType" => organization::enable(call),
            "DisablePolicyType" => organization::disable(call),
            "EnableAWSServiceAccess" => organization::enable_service(call),
            "DisableAWSServiceAccess" => organization::disable_service(call),
            "ListAWSServiceAccessForOrganization" => organization::services(call),
            "CreateOrganizationalUnit" => units::create(call),
            "DescribeOrganizationalUnit" => units::describe(call),
            "UpdateOrganizationalUnit" => units::update(call),
            "DeleteOrganizationalUnit" => units::delete(call),
            "ListOrganizationalUnitsForParent" => units::of_parent(call),
            "ListChildren" => units::children(call),
            "ListParents" => units::parents(call),
            "CreateAccount" => accounts::create(call),
            "DescribeCreateAccountStatus" => accounts::status(call),
            "ListCreateAccountStatus" => accounts::statuses(call),
            "DescribeAccount" => accounts::describe(call),
            "ListAccounts" => accounts::list(call),
            "ListAccountsForParent" => accounts::of_parent(call),
            "MoveAccount" => accounts::relocate(call),
            "CloseAccount" => accounts::close(call),
            "RemoveAccountFromOrganization" => accounts::remove(call),
            "CreatePolicy" => policies::create(call),
            "DescribePolicy" => policies::describe(call),
            "UpdatePolicy" => policies::update(call),
            "DeletePolicy" => policies::delete(call),
            "ListPolicies" => policies::list(call),
            "AttachPolicy" => policies::attach(call),
            "DetachPolicy" => policies::detach(call),
            "ListTargetsForPolicy" => policies::targets(call),
            "ListPoliciesForTarget" => policies::of_target(call),
            "PutResourcePolicy" => resource_policy::put(call),
            "DescribeResourcePolicy" => resource_policy::describe(call),
            "DeleteResourcePolicy" => resource_policy::delete(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTagsForResource" => tags::list(call),
            _ => Err(call.not_simulated()),
        }
    }
}
