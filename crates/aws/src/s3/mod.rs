//! Amazon S3: buckets and their policies.
//!
//! Each property of a bucket is written and read by an operation of its own, so a bucket is made in many calls. Once it is
//! recorded which properties are set, only those are read: what nobody set stays AWS's default and is no drift.

mod attributes;
mod bucket;
mod bucket_policy;
mod contents;
mod defaults;
mod reshape;
mod settings;

use crate::adapter::Adapter;
use crate::settle::adapter;
use charter_catalog::Catalog;
use std::sync::Arc;

/// The adapters of all types here.
pub(crate) fn adapters(catalog: &'static Catalog) -> Vec<Arc<dyn Adapter>> {
    vec![adapter(bucket::Bucket, catalog), adapter(bucket_policy::BucketPolicy, catalog)]
}
