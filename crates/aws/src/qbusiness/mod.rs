//! Amazon Q Business: applications, and what is in them.
//!
//! Creations take a client token of up to 100 characters. How long Q Business remembers one is not documented, so recovery looks
//! for the mark of the address first, where a type has tags. Facts are from the Amazon Q Business API Reference and User Guide and
//! from the service model of botocore 1.43.

mod accessors;
mod applications;
mod availability;
mod controls;
mod data_sources;
mod experiences;
mod groups;
mod indices;
mod parts;
mod permissions;
mod plugins;
mod retrievers;
mod subscriptions;
mod support;
mod syncs;

use crate::adapter::Adapter;
use crate::living::adapter;
use crate::sync_runs::Syncs;
use charter_catalog::Catalog;
use parts::InApplication;
use std::sync::Arc;

/// The adapters.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![
        Arc::new(applications::Checked(adapter(applications::Applications, catalog))),
        adapter(InApplication(accessors::DataAccessors), catalog),
        adapter(controls::ChatControls, catalog),
        adapter(data_sources::DataSources, catalog),
        adapter(InApplication(experiences::WebExperiences), catalog),
        adapter(groups::Groups, catalog),
        adapter(InApplication(indices::Indices), catalog),
        adapter(permissions::Permissions, catalog),
        adapter(InApplication(plugins::Plugins), catalog),
        adapter(InApplication(retrievers::Retrievers), catalog),
        adapter(subscriptions::Subscriptions, catalog),
        Arc::new(Syncs(syncs::QBusinessRuns)),
    ]
}
