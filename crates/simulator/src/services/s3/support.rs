//! S3's words, and the way from a name to a bucket.

use super::records::Bucket;
use crate::service::{Call, ServiceError};
use md5::{Digest, Md5};

pub(super) fn error(status: u16, code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(status)
}

/// The bucket of a call: the caller's, and in the region that the request was signed for.
pub(super) fn bucket(call: &Call<'_>) -> Result<Bucket, ServiceError> {
    let name = call.required("Bucket");
    if let Some(bucket) = call.store.get::<Bucket>(call.account, call.region, name) {
        return Ok(bucket);
    }
    let elsewhere = call.store.named::<Bucket>(name).into_iter().next();
    match elsewhere {
        None => {
            Err(error(404, "NoSuchBucket", "The specified bucket does not exist").with("BucketName", name.to_owned()))
        }
        Some(entry) if entry.account != *call.account => Err(error(403, "AccessDenied", "Access Denied")),
        Some(entry) => Err(error(
            301,
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to \
             this endpoint.",
        )
        .with("Bucket", name.to_owned())
        .with("Endpoint", format!("{name}.s3.{}.amazonaws.com", entry.region))
        .with_header("x-amz-bucket-region", entry.region)),
    }
}

pub(super) fn keep(call: &mut Call<'_>, bucket: &Bucket) {
    call.store.put(call.account, call.region, &bucket.name, bucket);
}

/// The owner's id as S3 writes it: sixty-four hexadecimal digits.
pub(super) fn owner(call: &Call<'_>) -> serde_json::Value {
    serde_json::json!({"ID": charter_model::content_digest(&serde_json::json!(["owner", call.account.as_str()]))})
}

/// The MD5 of bytes, in hexadecimal.
pub(super) fn md5(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}
