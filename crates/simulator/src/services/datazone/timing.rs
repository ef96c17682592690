//! How long DataZone takes, in virtual seconds: what the public acceptance tests of Terraform's provider show, rounded.

/// `CREATING` → `AVAILABLE` of a domain.
pub(super) const DOMAIN_CREATION: f64 = 60.0;
/// `DELETING` → gone.
pub(super) const DOMAIN_DELETION: f64 = 90.0;
pub(super) const PROJECT_DELETION: f64 = 15.0;
pub(super) const ENVIRONMENT_CREATION: f64 = 180.0;
pub(super) const ENVIRONMENT_UPDATE: f64 = 60.0;
pub(super) const ENVIRONMENT_DELETION: f64 = 120.0;
pub(super) const DATA_SOURCE_CREATION: f64 = 10.0;
pub(super) const DATA_SOURCE_UPDATE: f64 = 5.0;
pub(super) const DATA_SOURCE_DELETION: f64 = 10.0;
pub(super) const RUN_REQUEST: f64 = 5.0;
pub(super) const RUN: f64 = 90.0;
/// How long after its run an asset is found by a search; an estimate.
pub(super) const SEARCH: f64 = 4.0;
/// `CREATING` → `ACTIVE` of a listing; an estimate.
pub(super) const LISTING: f64 = 10.0;
/// What Lake Formation takes to grant or revoke; an estimate.
pub(super) const GRANT: f64 = 30.0;
