//! Amazon DataZone: domains, and what is in them.
//!
//! CloudFormation's own handlers list as write-only much of what DataZone's API can read, and as create-only what it can change
//! by other means. Here everything that can be read is read (the catalogue's corrections take it off the write-only lists), so that
//! drift shows. Facts are from the service model of botocore and the Amazon DataZone API Reference; where a behaviour is not
//! documented, the comment names the public report of it.

mod blueprints;
mod connections;
mod data_sources;
mod definitions;
mod domains;
mod environments;
mod grants;
mod listings;
mod memberships;
mod ownership;
mod profiles;
mod projects;
mod refusals;
mod runs;
mod subscriptions;
mod units;
mod within;

pub(crate) use ownership::DomainOwners;

use crate::adapter::Adapter;
use crate::living::adapter;
use charter_catalog::Catalog;
use ownership::InDomain;
use std::sync::Arc;

/// The adapters.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    let in_domains: [Arc<dyn Adapter>; 19] = [
        adapter(blueprints::Blueprints, catalog),
        adapter(connections::Connections { catalog }, catalog),
        adapter(data_sources::DataSources, catalog),
        adapter(data_sources::SubscriptionTargets, catalog),
        adapter(definitions::FormTypes, catalog),
        adapter(definitions::ProjectProfiles, catalog),
        adapter(environments::Actions, catalog),
        adapter(environments::Environments, catalog),
        adapter(environments::Profiles, catalog),
        adapter(listings::Listings, catalog),
        adapter(memberships::Memberships, catalog),
        adapter(profiles::GroupProfiles, catalog),
        adapter(profiles::UserProfiles, catalog),
        adapter(projects::Projects { catalog }, catalog),
        adapter(runs::Runs, catalog),
        Arc::new(subscriptions::Subscriptions),
        adapter(units::DomainUnits, catalog),
        adapter(units::Owners, catalog),
        adapter(units::PolicyGrants, catalog),
    ];
    let around = |inner| Arc::new(InDomain(inner)) as Arc<dyn Adapter>;
    std::iter::once(adapter(domains::Domains, catalog)).chain(in_domains.into_iter().map(around)).collect()
}
