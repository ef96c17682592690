//! How long Kendra takes, in virtual seconds, and its quotas.
//!
//! An index takes up to half an hour (<https://docs.aws.amazon.com/kendra/latest/dg/create-index.html>: "Creating an index can take up
//! to 30 minutes"); the other times are what the public acceptance tests of Terraform's provider show.

/// `CREATING` → `ACTIVE` of an index.
pub(super) const INDEX_CREATION: f64 = 1_500.0;
/// `UPDATING` → `ACTIVE` of a change of names, roles or fields; of capacity it takes longer.
pub(super) const INDEX_UPDATE: f64 = 30.0;
pub(super) const CAPACITY_UPDATE: f64 = 900.0;
pub(super) const INDEX_DELETION: f64 = 600.0;
pub(super) const DATA_SOURCE_CREATION: f64 = 60.0;
pub(super) const DATA_SOURCE_UPDATE: f64 = 20.0;
pub(super) const DATA_SOURCE_DELETION: f64 = 120.0;
pub(super) const FAQ_CREATION: f64 = 60.0;
pub(super) const FAQ_DELETION: f64 = 30.0;

/// <https://docs.aws.amazon.com/kendra/latest/dg/quotas.html>.
pub(super) const INDICES: usize = 10;
pub(super) const FAQS: usize = 30;

/// Data sources of an index.
pub(super) fn data_sources(edition: &str) -> usize {
    if edition == "DEVELOPER_EDITION" { 5 } else { 50 }
}

/// Where the GenAI Enterprise Edition is offered (the same page).
pub(super) const GEN_AI_REGIONS: &[&str] = &["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2"];
