//! DataZone: domains that take their time and keep what cannot be deleted.

mod catalog;
mod connections;
mod definitions;
mod domains;
mod environments;
mod generic;
mod profiles;
mod projects;
mod records;
mod runs;
#[cfg(test)]
mod subscription_tests;
mod subscriptions;
mod support;
#[cfg(test)]
mod tests;
mod timing;
mod units;

use crate::service::{Call, Service};
use crate::services::shared::{Answer, nothing};

/// The behaviour of DataZone.
pub(crate) struct DataZone;

/// Whether the caller's account has such a domain.
pub(crate) fn is_domain(call: &Call<'_>, id: &str) -> bool {
    call.store.contains::<records::Domain>(call.account, call.region, id)
}

impl Service for DataZone {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        let answer = answer(call)?;
        Ok(generic::told(call.operation, answer))
    }
}

fn answer(call: &mut Call<'_>) -> Answer {
    match call.operation {
        "CreateDomain" => domains::create(call),
        "GetDomain" => domains::get(call),
        "ListDomains" => domains::list(call),
        "UpdateDomain" => domains::update(call),
        "DeleteDomain" => domains::delete(call),
        "TagResource" => domains::tag(call),
        "UntagResource" => domains::untag(call),
        "ListTagsForResource" => domains::list_tags(call),
        "CreateProject" => projects::create(call),
        "GetProject" => projects::get(call),
        "ListProjects" => projects::list(call),
        "UpdateProject" => projects::update(call),
        "DeleteProject" => projects::delete(call),
        "CreateProjectMembership" => projects::add_member(call),
        "DeleteProjectMembership" => projects::remove_member(call),
        "ListProjectMemberships" => projects::list_members(call),
        "CreateUserProfile" => profiles::create(call),
        "GetUserProfile" => profiles::get(call),
        "UpdateUserProfile" => profiles::update(call),
        "SearchUserProfiles" => profiles::search(call),
        "CreateGroupProfile" => profiles::create_group(call),
        "GetGroupProfile" => profiles::get_group(call),
        "UpdateGroupProfile" => profiles::update_group(call),
        "SearchGroupProfiles" => profiles::search_groups(call),
        "ListEnvironmentBlueprints" => environments::list_blueprints(call),
        "GetEnvironmentBlueprint" => environments::get_blueprint(call),
        "PutEnvironmentBlueprintConfiguration" => environments::put_configuration(call),
        "GetEnvironmentBlueprintConfiguration" => environments::get_configuration(call),
        "DeleteEnvironmentBlueprintConfiguration" => environments::delete_configuration(call),
        "ListEnvironmentBlueprintConfigurations" => environments::list_configurations(call),
        "CreateEnvironmentProfile" => environments::create_profile(call),
        "GetEnvironmentProfile" => environments::PROFILE.get::<records::Profile>(call),
        "UpdateEnvironmentProfile" => environments::PROFILE.update::<records::Profile>(call, 0.0),
        "DeleteEnvironmentProfile" => environments::delete_profile(call),
        "ListEnvironmentProfiles" => environments::list_profiles(call),
        "CreateEnvironment" => environments::create(call),
        "GetEnvironment" => environments::get(call),
        "UpdateEnvironment" => environments::update(call),
        "DeleteEnvironment" => environments::delete(call),
        "ListEnvironments" => environments::list(call),
        "AssociateEnvironmentRole" => environments::set_role(call, true),
        "DisassociateEnvironmentRole" => environments::set_role(call, false),
        "CreateEnvironmentAction" => environments::create_action(call),
        "GetEnvironmentAction" => environments::ACTION.get::<records::Action>(call),
        "UpdateEnvironmentAction" => environments::ACTION.update::<records::Action>(call, 0.0),
        "DeleteEnvironmentAction" => environments::ACTION.delete::<records::Action>(call, None).and_then(|_| nothing()),
        "ListEnvironmentActions" => environments::ACTION.list::<records::Action>(
            call,
            |_| true,
            &["domainId", "environmentId", "id", "name", "parameters", "description"],
        ),
        "CreateSubscriptionTarget" => environments::create_target(call),
        "GetSubscriptionTarget" => environments::TARGET.get::<records::SubscriptionTarget>(call),
        "UpdateSubscriptionTarget" => environments::update_target(call),
        "DeleteSubscriptionTarget" => {
            environments::TARGET.delete::<records::SubscriptionTarget>(call, None).and_then(|_| nothing())
        }
        "ListSubscriptionTargets" => environments::list_targets(call),
        "CreateDataSource" => environments::create_source(call),
        "GetDataSource" => environments::SOURCE.get::<records::DataSource>(call),
        "UpdateDataSource" => environments::update_source(call),
        "DeleteDataSource" => environments::delete_source(call),
        "StartDataSourceRun" => runs::start(call),
        "GetDataSourceRun" => runs::get(call),
        "ListDataSourceRuns" => runs::list(call),
        "ListDataSources" => environments::list_sources(call),
        "Search" => catalog::search(call),
        "GetAsset" => catalog::get_asset(call),
        "DeleteAsset" => catalog::delete_asset(call),
        "CreateListingChangeSet" => catalog::change_listing(call),
        "GetListing" => catalog::get_listing(call),
        "SearchListings" => catalog::search_listings(call),
        "CreateSubscriptionRequest" => subscriptions::request(call),
        "GetSubscriptionRequestDetails" => subscriptions::get_request(call),
        "UpdateSubscriptionRequest" => subscriptions::update_request(call),
        "DeleteSubscriptionRequest" => subscriptions::delete_request(call),
        "ListSubscriptionRequests" => subscriptions::list_requests(call),
        "AcceptSubscriptionRequest" => subscriptions::accept(call),
        "RejectSubscriptionRequest" => subscriptions::reject(call),
        "GetSubscription" => subscriptions::get(call),
        "ListSubscriptions" => subscriptions::list(call),
        "CancelSubscription" => subscriptions::end(call, "CANCELLED"),
        "RevokeSubscription" => subscriptions::end(call, "REVOKED"),
        "CreateSubscriptionGrant" => subscriptions::create_grant(call),
        "GetSubscriptionGrant" => subscriptions::get_grant(call),
        "DeleteSubscriptionGrant" => subscriptions::delete_grant(call),
        "ListSubscriptionGrants" => subscriptions::list_grants(call),
        "CreateDomainUnit" => units::create(call),
        "GetDomainUnit" => units::get(call),
        "UpdateDomainUnit" => units::UNIT.update::<records::DomainUnit>(call, 0.0),
        "DeleteDomainUnit" => units::delete(call),
        "ListDomainUnitsForParent" => units::list(call),
        "AddEntityOwner" => units::add_owner(call),
        "RemoveEntityOwner" => units::remove_owner(call),
        "ListEntityOwners" => units::list_owners(call),
        "AddPolicyGrant" => units::add_grant(call),
        "RemovePolicyGrant" => units::remove_grant(call),
        "ListPolicyGrants" => units::list_grants(call),
        "CreateFormType" => definitions::create_form(call),
        "GetFormType" => definitions::get_form(call),
        "DeleteFormType" => definitions::delete_form(call),
        "SearchTypes" => definitions::search_types(call),
        "CreateProjectProfile" => definitions::create_profile(call),
        "GetProjectProfile" => definitions::PROJECT_PROFILE.get::<records::ProjectProfile>(call),
        "UpdateProjectProfile" => definitions::update_profile(call),
        "DeleteProjectProfile" => definitions::delete_profile(call),
        "ListProjectProfiles" => definitions::list_profiles(call),
        "CreateConnection" => connections::create(call),
        "GetConnection" => connections::CONNECTION.get::<records::Connection>(call),
        "UpdateConnection" => connections::update(call),
        "DeleteConnection" => connections::delete(call),
        "ListConnections" => connections::list(call),
        _ => Err(call.not_simulated()),
    }
}
