//! AWS Resource Access Manager: resource shares, and their acceptance by the accounts that they are offered to.
//!
//! CloudFormation's handler lists as write-only what a share holds and whom it is for; the API tells all of it (the catalogue's
//! corrections take it off the write-only list). Facts are from the service model of botocore, the RAM API Reference and the
//! RAM User Guide.

mod acceptance;
mod organization_sharing;
mod resource_share;

use crate::adapter::Adapter;
use crate::living::adapter;
use crate::settle;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![
        Arc::new(acceptance::ShareAcceptances),
        settle::adapter(organization_sharing::OrganizationSharing, catalog),
        adapter(resource_share::ResourceShares, catalog),
    ]
}
