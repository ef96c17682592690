//! Uploads in parts.

use super::objects::{add, check_size, check_write, find, given_bytes, header_tags, headers};
use super::records::{Body, Upload, Version};
use super::support::{bucket, error, md5, owner};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, page_size};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Bytes of every part but the last.
const LEAST_PART: usize = 5 * 1024 * 1024;

fn part_key(upload: &str, number: i64) -> String {
    format!("{upload}/{number}")
}

fn held(call: &Call<'_>) -> Result<Upload, ServiceError> {
    let (id, key) = (call.required("UploadId"), call.required("Key"));
    let upload: Option<Upload> = call.store.get(call.account, call.region, id);
    upload.filter(|upload| upload.key == key && upload.bucket == call.required("Bucket")).ok_or_else(|| {
        error(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        )
    })
}

/// Takes an upload and its parts away.
pub(super) fn forget(call: &mut Call<'_>, id: &str, upload: &Upload) {
    for number in upload.parts.keys() {
        call.store.remove::<Body>(call.account, call.region, &part_key(id, *number));
    }
    call.store.remove::<Upload>(call.account, call.region, id);
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let upload = Upload {
        id: call.random.alphanumeric(64),
        bucket: bucket.name,
        key: call.required("Key").to_owned(),
        begun: call.now,
        headers: headers(call),
        tags: header_tags(call),
        parts: BTreeMap::new(),
    };
    call.store.put(call.account, call.region, &upload.id, &upload);
    Ok(json!({"Bucket": upload.bucket, "Key": upload.key, "UploadId": upload.id}))
}

pub(super) fn part(call: &mut Call<'_>) -> Answer {
    bucket(call)?;
    let mut upload = held(call)?;
    let number = call.integer("PartNumber").unwrap_or(0);
    if !(1..=10_000).contains(&number) {
        return Err(error(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive"));
    }
    let (bytes, text) = given_bytes(call)?;
    let etag = format!("\"{}\"", md5(&bytes));
    upload.parts.insert(number, (etag.clone(), bytes.len(), call.now));
    call.store.put(call.account, call.region, &part_key(&upload.id, number), &Body { bytes: text });
    call.store.put(call.account, call.region, &upload.id, &upload);
    Ok(json!({"ETag": etag, "ServerSideEncryption": "AES256"}))
}

pub(super) fn complete(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let upload = held(call)?;
    let before = find(call, &bucket.name, &upload.key);
    check_write(call, before.as_ref().and_then(|object| object.versions.first()))?;
    let parts = call.member("MultipartUpload").and_then(|it| it.get("Parts")).and_then(Value::as_array);
    let parts = parts.cloned().unwrap_or_default();
    if parts.is_empty() {
        return Err(error(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    let number_of = |part: &Value| part.get("PartNumber").and_then(Value::as_i64).unwrap_or(0);
    if !parts.is_sorted_by(|one, other| number_of(one) < number_of(other)) {
        return Err(error(
            400,
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        ));
    }
    let (mut bytes, mut digests) = (Vec::new(), Vec::new());
    for (place, part) in parts.iter().enumerate() {
        let number = number_of(part);
        let etag = part.get("ETag").and_then(Value::as_str).unwrap_or_default();
        let known = upload.parts.get(&number).filter(|(held, ..)| held.trim_matches('"') == etag.trim_matches('"'));
        let Some((held, size, _)) = known else {
            return Err(error(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may \
                 not match the part's entity tag.",
            ));
        };
        if *size < LEAST_PART && place + 1 < parts.len() {
            return Err(error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"));
        }
        let body: Option<Body> = call.store.get(call.account, call.region, &part_key(&upload.id, number));
        bytes.extend(body.and_then(|body| STANDARD.decode(body.bytes).ok()).unwrap_or_default());
        digests.extend(hex::decode(held.trim_matches('"')).unwrap_or_default());
    }
    check_size(bytes.len())?;
    let version = Version {
        id: String::new(),
        marker: false,
        etag: format!("\"{}-{}\"", md5(&digests), parts.len()),
        size: bytes.len(),
        modified: call.now,
        headers: upload.headers.clone(),
        tags: upload.tags.clone(),
    };
    let etag = version.etag.clone();
    let id = add(call, &bucket, &upload.key, version, Some(STANDARD.encode(bytes)));
    forget(call, &upload.id, &upload);
    Ok(json!({
        "Location": format!("https://{}.s3.{}.amazonaws.com/{}", bucket.name, call.region, upload.key),
        "Bucket": bucket.name,
        "Key": upload.key,
        "ETag": etag,
        "VersionId": bucket.versioning().map(|_| id),
    }))
}

pub(super) fn abort(call: &mut Call<'_>) -> Answer {
    bucket(call)?;
    let upload = held(call)?;
    forget(call, &upload.id, &upload);
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let prefix = call.text("Prefix").unwrap_or_default();
    let mut uploads: Vec<Upload> = call
        .store
        .list::<Upload>(call.account, call.region)
        .into_iter()
        .map(|(_, upload)| upload)
        .filter(|upload| upload.bucket == bucket.name && upload.key.starts_with(prefix))
        .collect();
    uploads.sort_by(|one, other| (&one.key, one.begun, &one.id).cmp(&(&other.key, other.begun, &other.id)));
    // Of one key those that come after the marked one; without such a one, the keys that come after
    // (<https://docs.aws.amazon.com/goto/WebAPI/s3-2006-03-01/ListMultipartUploads>).
    if let Some(key) = call.text("KeyMarker").filter(|key| !key.is_empty()) {
        let id = call.text("UploadIdMarker").unwrap_or_default();
        let marked = uploads.iter().position(|upload| upload.key == key && upload.id == id);
        match marked {
            Some(place) => drop(uploads.drain(..=place)),
            None => uploads.retain(|upload| upload.key.as_str() > key),
        }
    }
    let size = page_size(call, "MaxUploads", 1_000).min(1_000);
    let truncated = uploads.len() > size;
    uploads.truncate(size);
    let last = uploads.last().filter(|_| truncated);
    let shown: Vec<Value> = uploads
        .iter()
        .map(|upload| {
            json!({
                "UploadId": upload.id,
                "Key": upload.key,
                "Initiated": upload.begun.to_string(),
                "StorageClass": "STANDARD",
                "Owner": owner(call),
                "Initiator": owner(call),
            })
        })
        .collect();
    Ok(json!({
        "Bucket": bucket.name,
        "Prefix": prefix,
        "KeyMarker": call.text("KeyMarker").unwrap_or_default(),
        "UploadIdMarker": call.text("UploadIdMarker").unwrap_or_default(),
        "NextKeyMarker": last.map(|upload| &upload.key),
        "NextUploadIdMarker": last.map(|upload| &upload.id),
        "MaxUploads": size,
        "IsTruncated": truncated,
        "Uploads": shown,
    }))
}

pub(super) fn list_parts(call: &mut Call<'_>) -> Answer {
    bucket(call)?;
    let upload = held(call)?;
    let after = call.integer("PartNumberMarker").unwrap_or(0);
    let size = call.integer("MaxParts").and_then(|size| usize::try_from(size).ok()).unwrap_or(1_000);
    let rest: Vec<_> = upload.parts.iter().filter(|(number, _)| **number > after).collect();
    let shown: Vec<Value> = rest
        .iter()
        .take(size)
        .map(|(number, (etag, size, at))| {
            json!({"PartNumber": number, "ETag": etag, "Size": size, "LastModified": at.to_string()})
        })
        .collect();
    let truncated = rest.len() > shown.len();
    Ok(json!({
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "MaxParts": size,
        "PartNumberMarker": after,
        "NextPartNumberMarker": rest.get(shown.len().saturating_sub(1)).map(|(number, _)| number),
        "IsTruncated": truncated,
        "Parts": shown,
        "StorageClass": "STANDARD",
        "Owner": owner(call),
        "Initiator": owner(call),
    }))
}
