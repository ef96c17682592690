//! S3: buckets whose names are the world's, their sub-resources, objects with versions. Strongly consistent, as S3 is.

mod buckets;
mod listing;
mod objects;
pub(super) mod records;
mod settings;
mod support;
#[cfg(test)]
mod tests;
mod uploads;

use self::records::{Bucket, Object};
use crate::service::{Call, Service};
use crate::services::shared::Answer;

/// The behaviour of S3.
pub(crate) struct S3;

impl Service for S3 {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateBucket" => buckets::create(call),
            "HeadBucket" => buckets::head(call),
            "GetBucketLocation" => buckets::location(call),
            "ListBuckets" => buckets::list(call),
            "DeleteBucket" => buckets::delete(call),
            "PutObject" => objects::put(call),
            "GetObject" => objects::read(call, true),
            "HeadObject" => objects::read(call, false),
            "CopyObject" => objects::copy(call),
            "DeleteObject" => objects::delete(call),
            "DeleteObjects" => objects::delete_many(call),
            "GetObjectTagging" | "PutObjectTagging" | "DeleteObjectTagging" => objects::tags(call),
            "ListObjects" => listing::objects(call, false),
            "ListObjectsV2" => listing::objects(call, true),
            "ListObjectVersions" => listing::versions(call),
            "CreateMultipartUpload" => uploads::create(call),
            "UploadPart" => uploads::part(call),
            "CompleteMultipartUpload" => uploads::complete(call),
            "AbortMultipartUpload" => uploads::abort(call),
            "ListMultipartUploads" => uploads::list(call),
            "ListParts" => uploads::list_parts(call),
            _ => settings::call(call).unwrap_or_else(|| Err(call.not_simulated())),
        }
    }
}

/// The objects of a bucket of the caller's account and region, with their bytes: what a connector reads.
pub(crate) fn objects(call: &Call<'_>, bucket: &str) -> Option<Vec<(String, Vec<u8>)>> {
    call.store.get::<Bucket>(call.account, call.region, bucket)?;
    let objects = call.store.list::<Object>(call.account, call.region).into_iter().map(|(_, object)| object);
    let objects = objects.filter(|object| object.bucket == bucket).filter_map(|object| {
        let newest = object.versions.first().filter(|version| !version.marker)?;
        Some((object.key.clone(), objects::bytes_of(call, bucket, &object.key, &newest.id)))
    });
    Some(objects.collect())
}
