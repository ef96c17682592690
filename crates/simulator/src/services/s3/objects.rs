//! Objects: put, get, copy, delete; versions and delete markers; conditions.

use super::records::{Body, Bucket, Object, Version};
use super::support::{bucket, error, md5};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, tag_list, tags_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// Bytes of an object in the simulator: it keeps them in memory.
const LIMIT: usize = 64 * 1024 * 1024;

/// What comes back as it was given.
const HEADERS: &[&str] = &[
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "Metadata",
    "SSEKMSKeyId",
    "ServerSideEncryption",
    "StorageClass",
    "WebsiteRedirectLocation",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
    "ObjectLockLegalHoldStatus",
];

pub(super) fn object_key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

pub(super) fn body_key(bucket: &str, key: &str, version: &str) -> String {
    format!("{bucket}/{key} {version}")
}

pub(super) fn find(call: &Call<'_>, bucket: &str, key: &str) -> Option<Object> {
    call.store.get(call.account, call.region, &object_key(bucket, key))
}

pub(super) fn headers(call: &Call<'_>) -> Map<String, Value> {
    HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), call.member(name)?.clone()))).collect()
}

/// `a=1&b=2` of the header `x-amz-tagging`.
pub(super) fn header_tags(call: &Call<'_>) -> Tags {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = call.text("Tagging").unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

fn precondition() -> ServiceError {
    error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

fn same_etag(wanted: &str, held: &str) -> bool {
    wanted == "*" || wanted.trim_matches('"') == held.trim_matches('"')
}

/// The conditions of a write.
pub(super) fn check_write(call: &Call<'_>, held: Option<&Version>) -> Result<(), ServiceError> {
    let held = held.filter(|version| !version.marker);
    match (call.text("IfNoneMatch"), held) {
        (Some("*"), Some(_)) => return Err(precondition()),
        (Some(other), _) if other != "*" => {
            return Err(error(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            ));
        }
        _ => {}
    }
    match (call.text("IfMatch"), held) {
        (Some(_), None) => Err(error(404, "NoSuchKey", "The specified key does not exist.")),
        (Some(wanted), Some(version)) if !same_etag(wanted, &version.etag) => Err(precondition()),
        _ => Ok(()),
    }
}

/// Adds a version, or replaces the one without an id.
pub(super) fn add(
    call: &mut Call<'_>,
    bucket: &Bucket,
    key: &str,
    mut version: Version,
    bytes: Option<String>,
) -> String {
    let mut object = find(call, &bucket.name, key).unwrap_or_else(|| Object {
        bucket: bucket.name.clone(),
        key: key.to_owned(),
        versions: Vec::new(),
    });
    version.id = match bucket.versioning() {
        Some("Enabled") => call.random.alphanumeric(32),
        _ => "null".to_owned(),
    };
    if version.id == "null" {
        object.versions.retain(|held| held.id != "null");
        call.store.remove::<Body>(call.account, call.region, &body_key(&bucket.name, key, "null"));
    }
    let id = version.id.clone();
    object.versions.insert(0, version);
    if let Some(bytes) = bytes {
        call.store.put(call.account, call.region, &body_key(&bucket.name, key, &id), &Body { bytes });
    }
    call.store.put(call.account, call.region, &object_key(&bucket.name, key), &object);
    id
}

fn encryption(bucket: &Bucket, headers: &Map<String, Value>) -> (Value, Option<Value>) {
    if let Some(given) = headers.get("ServerSideEncryption") {
        return (given.clone(), headers.get("SSEKMSKeyId").cloned());
    }
    let rule =
        bucket.settings.get("Encryption").and_then(|it| it.pointer("/Rules/0/ApplyServerSideEncryptionByDefault"));
    let part = |name: &str| rule.and_then(|rule| rule.get(name)).filter(|held| !held.is_null()).cloned();
    (part("SSEAlgorithm").unwrap_or_else(|| json!("AES256")), part("KMSMasterKeyID"))
}

pub(super) fn check_size(size: usize) -> Result<(), ServiceError> {
    if size > LIMIT {
        return Err(error(
            400,
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed object size of the Charter simulator",
        ));
    }
    Ok(())
}

/// The bytes in the call, checked against their MD5 if it is given.
pub(super) fn given_bytes(call: &Call<'_>) -> Result<(Vec<u8>, String), ServiceError> {
    let text = call.text("Body").unwrap_or_default().to_owned();
    let bytes = STANDARD.decode(&text).unwrap_or_else(|_| text.clone().into_bytes());
    check_size(bytes.len())?;
    if let Some(wanted) = call.text("ContentMD5") {
        let held = hex::decode(md5(&bytes)).map(|digest| STANDARD.encode(digest)).unwrap_or_default();
        if held != wanted {
            return Err(error(400, "BadDigest", "The Content-MD5 you specified did not match what we received."));
        }
    }
    Ok((bytes, text))
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let key = call.required("Key").to_owned();
    if key.len() > 1024 {
        return Err(error(400, "KeyTooLongError", "Your key is too long"));
    }
    let held = find(call, &bucket.name, &key);
    check_write(call, held.as_ref().and_then(|object| object.versions.first()))?;
    let (bytes, text) = given_bytes(call)?;
    let headers = headers(call);
    let (algorithm, kms_key) = encryption(&bucket, &headers);
    let version = Version {
        id: String::new(),
        marker: false,
        etag: format!("\"{}\"", md5(&bytes)),
        size: bytes.len(),
        modified: call.now,
        headers,
        tags: header_tags(call),
    };
    let etag = version.etag.clone();
    let id = add(call, &bucket, &key, version, Some(text));
    Ok(json!({
        "ETag": etag,
        "VersionId": bucket.versioning().map(|_| id),
        "ServerSideEncryption": algorithm,
        "SSEKMSKeyId": kms_key,
    }))
}

fn no_key(key: &str) -> ServiceError {
    error(404, "NoSuchKey", "The specified key does not exist.").with("Key", key.to_owned())
}

/// The version that a call names, or the newest.
fn asked(call: &Call<'_>, bucket: &Bucket, key: &str, id: Option<&str>) -> Result<Version, ServiceError> {
    let object = find(call, &bucket.name, key);
    match id {
        None => {
            let newest = object.and_then(|object| object.versions.into_iter().next()).ok_or_else(|| no_key(key))?;
            if newest.marker {
                return Err(no_key(key).with_header("x-amz-delete-marker", "true"));
            }
            Ok(newest)
        }
        Some(id) => {
            let version =
                object.and_then(|object| object.versions.into_iter().find(|version| version.id == id)).ok_or_else(
                    || error(404, "NoSuchVersion", "The specified version does not exist.").with("Key", key.to_owned()),
                )?;
            if version.marker {
                return Err(error(
                    405,
                    "MethodNotAllowed",
                    "The specified method is not allowed against this resource.",
                )
                .with_header("x-amz-delete-marker", "true"));
            }
            Ok(version)
        }
    }
}

pub(super) fn read(call: &mut Call<'_>, with_body: bool) -> Answer {
    let bucket = bucket(call)?;
    let key = call.required("Key").to_owned();
    let version = asked(call, &bucket, &key, call.text("VersionId"))?;
    if call.text("IfMatch").is_some_and(|wanted| !same_etag(wanted, &version.etag)) {
        return Err(precondition());
    }
    if call.text("IfNoneMatch").is_some_and(|wanted| same_etag(wanted, &version.etag)) {
        return Err(error(304, "NotModified", "Not Modified"));
    }
    let (algorithm, kms_key) = encryption(&bucket, &version.headers);
    let mut answer = version.headers.clone();
    answer.entry("ContentType").or_insert(json!("binary/octet-stream"));
    // Only another class than the usual one is told.
    if answer.get("StorageClass") == Some(&json!("STANDARD")) {
        answer.remove("StorageClass");
    }
    let mut size = version.size;
    if let Some(range) = call.text("Range") {
        let (from, to) = range_of(range, version.size)
            .ok_or_else(|| error(416, "InvalidRange", "The requested range is not satisfiable"))?;
        size = to - from + 1;
        answer.insert("ContentRange".to_owned(), json!(format!("bytes {from}-{to}/{}", version.size)));
        if with_body {
            let bytes = bytes_of(call, &bucket.name, &key, &version.id);
            let part = bytes.get(from..=to).unwrap_or_default();
            answer.insert("Body".to_owned(), json!(STANDARD.encode(part)));
        }
    } else if with_body {
        let body: Option<Body> = call.store.get(call.account, call.region, &body_key(&bucket.name, &key, &version.id));
        answer.insert("Body".to_owned(), json!(body.map(|body| body.bytes).unwrap_or_default()));
    }
    let own = json!({
        "AcceptRanges": "bytes",
        "LastModified": version.modified.to_string(),
        "ContentLength": size,
        "ETag": version.etag,
        "VersionId": bucket.versioning().map(|_| version.id.clone()),
        "ServerSideEncryption": algorithm,
        "SSEKMSKeyId": kms_key,
        "TagCount": (!version.tags.is_empty()).then_some(version.tags.len()),
    });
    answer.extend(own.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(answer))
}

/// First and last byte of `bytes=0-99`, `bytes=100-` or `bytes=-100`.
fn range_of(range: &str, size: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = size.checked_sub(1)?;
    let (from, to) = match (from, to) {
        ("", count) => (size.saturating_sub(count.parse().ok()?), last),
        (from, "") => (from.parse().ok()?, last),
        (from, to) => (from.parse().ok()?, to.parse::<usize>().ok()?.min(last)),
    };
    (from <= to).then_some((from, to))
}

pub(super) fn bytes_of(call: &Call<'_>, bucket: &str, key: &str, version: &str) -> Vec<u8> {
    let body: Option<Body> = call.store.get(call.account, call.region, &body_key(bucket, key, version));
    body.and_then(|body| STANDARD.decode(body.bytes).ok()).unwrap_or_default()
}

pub(super) fn copy(call: &mut Call<'_>) -> Answer {
    let target = bucket(call)?;
    let source = percent_decode_str(call.required("CopySource")).decode_utf8_lossy().into_owned();
    let (source, version) = match source.split_once("?versionId=") {
        Some((source, version)) => (source.to_owned(), Some(version.to_owned())),
        None => (source, None),
    };
    let (from, key) = source
        .trim_start_matches('/')
        .split_once('/')
        .ok_or_else(|| error(400, "InvalidArgument", "Invalid copy source object key"))?;
    let from = call.store.get::<Bucket>(call.account, call.region, from).ok_or_else(|| {
        error(404, "NoSuchBucket", "The specified bucket does not exist").with("BucketName", from.to_owned())
    })?;
    let held = asked(call, &from, key, version.as_deref())?;
    let replace = call.text("MetadataDirective") == Some("REPLACE");
    let new_key = call.required("Key").to_owned();
    if from.name == target.name && key == new_key && !replace {
        return Err(error(
            400,
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage \
             class, website redirect location or encryption attributes.",
        ));
    }
    let bytes = STANDARD.encode(bytes_of(call, &from.name, key, &held.id));
    let version = Version {
        headers: if replace { headers(call) } else { held.headers.clone() },
        tags: if call.text("TaggingDirective") == Some("REPLACE") { header_tags(call) } else { held.tags.clone() },
        modified: call.now,
        ..held
    };
    let etag = version.etag.clone();
    let id = add(call, &target, &new_key, version, Some(bytes));
    Ok(json!({
        "CopyObjectResult": {"ETag": etag, "LastModified": call.now.to_string()},
        "VersionId": target.versioning().map(|_| id),
    }))
}

/// Deletes a version, or puts a delete marker, or the object; tells the answer's members.
fn remove(
    call: &mut Call<'_>,
    bucket: &Bucket,
    key: &str,
    id: Option<&str>,
) -> Result<Map<String, Value>, ServiceError> {
    let mut answer = Map::new();
    let object = find(call, &bucket.name, key);
    let place = object_key(&bucket.name, key);
    match (id, bucket.versioning()) {
        (Some(id), _) => {
            answer.insert("VersionId".to_owned(), json!(id));
            if let Some(mut object) = object {
                let held = object.versions.iter().find(|version| version.id == id);
                if held.is_some_and(|version| version.headers.get("ObjectLockLegalHoldStatus") == Some(&json!("ON"))) {
                    return Err(error(403, "AccessDenied", "Access Denied because object protected by object lock."));
                }
                if held.is_some_and(|version| version.marker) {
                    answer.insert("DeleteMarker".to_owned(), json!(true));
                }
                object.versions.retain(|version| version.id != id);
                call.store.remove::<Body>(call.account, call.region, &body_key(&bucket.name, key, id));
                if object.versions.is_empty() {
                    call.store.remove::<Object>(call.account, call.region, &place);
                } else {
                    call.store.put(call.account, call.region, &place, &object);
                }
            }
        }
        (None, Some(_)) => {
            let marker = Version {
                id: String::new(),
                marker: true,
                etag: String::new(),
                size: 0,
                modified: call.now,
                headers: Map::new(),
                tags: Tags::new(),
            };
            let id = add(call, bucket, key, marker, None);
            answer.insert("DeleteMarker".to_owned(), json!(true));
            answer.insert("VersionId".to_owned(), json!(id));
        }
        (None, None) => {
            call.store.remove::<Object>(call.account, call.region, &place);
            call.store.remove::<Body>(call.account, call.region, &body_key(&bucket.name, key, "null"));
        }
    }
    Ok(answer)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let (key, id) = (call.required("Key").to_owned(), call.text("VersionId").map(str::to_owned));
    if call.text("IfMatch").is_some() {
        let held = find(call, &bucket.name, &key);
        check_write(call, held.as_ref().and_then(|object| object.versions.first()))?;
    }
    Ok(Value::Object(remove(call, &bucket, &key, id.as_deref())?))
}

pub(super) fn delete_many(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let request = call.member("Delete").cloned().unwrap_or_default();
    let objects = request.get("Objects").and_then(Value::as_array).cloned().unwrap_or_default();
    if objects.is_empty() || objects.len() > 1_000 {
        return Err(error(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ));
    }
    let quiet = request.get("Quiet").and_then(Value::as_bool).unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in objects {
        let key = object.get("Key").and_then(Value::as_str).unwrap_or_default();
        let id = object.get("VersionId").and_then(Value::as_str);
        match remove(call, &bucket, key, id) {
            Ok(answer) => {
                let marker = answer.get("DeleteMarker").cloned();
                deleted.push(json!({
                    "Key": key,
                    "VersionId": id,
                    "DeleteMarker": marker,
                    "DeleteMarkerVersionId": marker.as_ref().and(answer.get("VersionId")),
                }));
            }
            Err(fault) => {
                errors.push(json!({"Key": key, "VersionId": id, "Code": fault.code, "Message": fault.message}));
            }
        }
    }
    Ok(json!({"Deleted": if quiet { Vec::new() } else { deleted }, "Errors": errors}))
}

/// Reads or changes the tags of a version.
pub(super) fn tags(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let key = call.required("Key").to_owned();
    let version = asked(call, &bucket, &key, call.text("VersionId"))?;
    if call.operation == "GetObjectTagging" {
        return Ok(json!({"TagSet": tag_list(&version.tags), "VersionId": bucket.versioning().map(|_| &version.id)}));
    }
    let new = tags_of(call.member("Tagging").and_then(|tagging| tagging.get("TagSet")));
    if new.len() > 10 {
        return Err(error(400, "BadRequest", "Object tags cannot be greater than 10"));
    }
    if let Some(mut object) = find(call, &bucket.name, &key) {
        object.versions.iter_mut().filter(|held| held.id == version.id).for_each(|held| held.tags.clone_from(&new));
        call.store.put(call.account, call.region, &object_key(&bucket.name, &key), &object);
    }
    nothing()
}
