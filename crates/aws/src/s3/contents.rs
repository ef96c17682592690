//! Emptying a bucket: every version, every delete marker, every unfinished upload.

use crate::clients::Clients;
use crate::errors::failure;
use crate::settle::gone_is_fine;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use charter_provider::{Failure, FailureCode};

/// Pages of a thousand that one step deletes: some seconds of work.
const PAGES: u32 = 10;

/// How far it got.
pub(super) enum Emptied {
    /// Nothing is left.
    Whole,
    /// There is more; so many were deleted by this step.
    Partly(usize),
}

/// Deletes what the bucket holds.
pub(super) async fn empty(clients: &Clients, bucket: &str) -> Result<Emptied, Failure> {
    let mut count = 0;
    for _ in 0..PAGES {
        // Always the first page: what was listed has been deleted.
        let page = clients.s3().list_object_versions().bucket(bucket).send().await.map_err(failure)?;
        let is_last = !page.is_truncated.unwrap_or_default();
        let versions = page.versions.into_iter().flatten().map(|version| (version.key, version.version_id));
        let markers = page.delete_markers.into_iter().flatten().map(|marker| (marker.key, marker.version_id));
        let listed: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .map(|(key, version)| ObjectIdentifier::builder().set_key(key).set_version_id(version).build())
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::new(FailureCode::ServiceInternalError, error.to_string()))?;
        count += listed.len();
        if !listed.is_empty() {
            delete(clients, bucket, listed).await?;
        }
        if is_last {
            abort_uploads(clients, bucket).await?;
            return Ok(Emptied::Whole);
        }
    }
    Ok(Emptied::Partly(count))
}

async fn delete(clients: &Clients, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), Failure> {
    let delete = Delete::builder()
        .set_objects(Some(objects))
        .quiet(true)
        .build()
        .map_err(|error| Failure::new(FailureCode::InternalFailure, error.to_string()))?;
    let answer = clients.s3().delete_objects().bucket(bucket).delete(delete).send().await.map_err(failure)?;
    // The call succeeds though single deletions fail, as of objects that are locked.
    let Some(error) = answer.errors().first() else { return Ok(()) };
    let message = format!(
        "{} objects of the bucket {bucket} could not be deleted, such as {}: {}: {}",
        answer.errors().len(),
        error.key().unwrap_or("?"),
        error.code().unwrap_or("?"),
        error.message().unwrap_or("the service gave no reason")
    );
    let code = error.code().and_then(|code| crate::error_codes::code_of(code, error.message().unwrap_or_default()));
    Err(Failure::new(code.unwrap_or(FailureCode::GeneralServiceException), message))
}

async fn abort_uploads(clients: &Clients, bucket: &str) -> Result<(), Failure> {
    let s3 = clients.s3();
    loop {
        let page = s3.list_multipart_uploads().bucket(bucket).send().await.map_err(failure)?;
        let is_last = !page.is_truncated.unwrap_or_default();
        for upload in page.uploads.into_iter().flatten() {
            let call = s3.abort_multipart_upload().bucket(bucket).set_key(upload.key).set_upload_id(upload.upload_id);
            gone_is_fine(call.send().await.map_err(failure))?;
        }
        if is_last {
            return Ok(());
        }
    }
}
