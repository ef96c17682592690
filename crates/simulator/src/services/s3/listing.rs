//! Lists of objects and of versions: prefixes, delimiters, pages.

use super::records::{Object, Version};
use super::support::{bucket, error, owner};
use crate::service::{Call, ServiceError};
use crate::services::shared::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

struct Page {
    objects: Vec<Object>,
    prefixes: Vec<String>,
    /// The last key or prefix of a page that is not the last.
    next: Option<String>,
}

fn size(call: &Call<'_>) -> usize {
    call.integer("MaxKeys").and_then(|size| usize::try_from(size).ok()).unwrap_or(1_000).min(1_000)
}

/// Walks over the keys after a place, rolling up what shares a prefix.
fn page(call: &Call<'_>, bucket: &str, after: Option<&str>, wanted: impl Fn(&Object) -> bool) -> Page {
    let prefix = call.text("Prefix").unwrap_or_default();
    let delimiter = call.text("Delimiter").filter(|delimiter| !delimiter.is_empty());
    let size = size(call);
    let mut page = Page { objects: Vec::new(), prefixes: Vec::new(), next: None };
    let mut last = None;
    for (_, object) in call.store.list::<Object>(call.account, call.region) {
        if object.bucket != bucket || !object.key.starts_with(prefix) || !wanted(&object) {
            continue;
        }
        let rest = object.key.get(prefix.len()..).unwrap_or_default();
        let rolled = delimiter
            .and_then(|delimiter| rest.find(delimiter).map(|place| place + delimiter.len()))
            .and_then(|end| rest.get(..end))
            .map(|head| format!("{prefix}{head}"));
        let name = rolled.as_deref().unwrap_or(&object.key);
        if after.is_some_and(|after| name <= after) || page.prefixes.last().is_some_and(|held| held == name) {
            continue;
        }
        if page.objects.len() + page.prefixes.len() >= size {
            page.next = last;
            break;
        }
        last = Some(name.to_owned());
        match rolled {
            Some(prefix) => page.prefixes.push(prefix),
            None => page.objects.push(object),
        }
    }
    page
}

/// Keys as the caller wants them.
fn written(call: &Call<'_>, key: &str) -> String {
    if call.text("EncodingType") == Some("url") { utf8_percent_encode(key, KEY).to_string() } else { key.to_owned() }
}

fn prefixes(call: &Call<'_>, page: &Page) -> Vec<Value> {
    page.prefixes.iter().map(|prefix| json!({"Prefix": written(call, prefix)})).collect()
}

fn shown(call: &Call<'_>, object: &Object, version: &Version) -> Value {
    json!({
        "Key": written(call, &object.key),
        "LastModified": version.modified.to_string(),
        "ETag": version.etag,
        "Size": version.size,
        "StorageClass": version.headers.get("StorageClass").cloned().unwrap_or(json!("STANDARD")),
    })
}

fn there(object: &Object) -> bool {
    object.versions.first().is_some_and(|version| !version.marker)
}

pub(super) fn objects(call: &mut Call<'_>, second: bool) -> Answer {
    let bucket = bucket(call)?;
    let token = match call.text("ContinuationToken") {
        Some(token) if second => Some(
            STANDARD
                .decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| error(400, "InvalidArgument", "The continuation token provided is incorrect"))?,
        ),
        _ => None,
    };
    let after = token.or_else(|| call.text(if second { "StartAfter" } else { "Marker" }).map(str::to_owned));
    let page = page(call, &bucket.name, after.as_deref(), there);
    let contents: Vec<Value> = page
        .objects
        .iter()
        .filter_map(|object| object.versions.first().map(|version| shown(call, object, version)))
        .collect();
    let mut answer = json!({
        "Name": bucket.name,
        "Prefix": written(call, call.text("Prefix").unwrap_or_default()),
        "Delimiter": call.text("Delimiter"),
        "MaxKeys": size(call),
        "EncodingType": call.text("EncodingType"),
        "IsTruncated": page.next.is_some(),
        "CommonPrefixes": prefixes(call, &page),
    });
    let own = if second {
        json!({
            "KeyCount": contents.len() + page.prefixes.len(),
            "ContinuationToken": call.text("ContinuationToken"),
            "NextContinuationToken": page.next.map(|key| STANDARD.encode(key)),
            "StartAfter": call.text("StartAfter"),
            "Contents": contents,
        })
    } else {
        json!({
            "Marker": call.text("Marker").unwrap_or_default(),
            // Without a delimiter the caller takes the last key.
            "NextMarker": page.next.filter(|_| call.text("Delimiter").is_some()),
            "Contents": contents,
        })
    };
    if let (Some(answer), Some(own)) = (answer.as_object_mut(), own.as_object()) {
        answer.extend(own.clone());
    }
    Ok(answer)
}

pub(super) fn versions(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let size = size(call);
    let marker = call.text("KeyMarker").map(str::to_owned).filter(|marker| !marker.is_empty());
    let version_marker = call.text("VersionIdMarker").map(str::to_owned).filter(|marker| !marker.is_empty());
    if version_marker.is_some() && marker.is_none() {
        return Err(no_key_marker());
    }
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    let mut next: Option<(String, String)> = None;
    let mut last: Option<(String, String)> = None;
    let page = page(call, &bucket.name, None, |_| true);
    // Pages of versions go over keys and versions; so the keys of the page above are only those with a prefix of their own.
    let prefix = call.text("Prefix").unwrap_or_default().to_owned();
    let rolled = |key: &str| page.prefixes.iter().any(|held| key.starts_with(held.as_str()));
    'all: for (_, object) in call.store.list::<Object>(call.account, call.region) {
        if object.bucket != bucket.name || !object.key.starts_with(&prefix) || rolled(&object.key) {
            continue;
        }
        let skip = match (&marker, &version_marker) {
            (Some(marker), None) if object.key <= *marker => continue,
            (Some(marker), Some(_)) if object.key < *marker => continue,
            (Some(marker), Some(id)) if object.key == *marker => {
                object.versions.iter().position(|version| version.id == *id).map_or(object.versions.len(), |at| at + 1)
            }
            _ => 0,
        };
        for (place, version) in object.versions.iter().enumerate().skip(skip) {
            if versions.len() + markers.len() >= size {
                next = last;
                break 'all;
            }
            last = Some((object.key.clone(), version.id.clone()));
            let mut shown = shown(call, &object, version);
            if let Some(shown) = shown.as_object_mut() {
                shown.insert("VersionId".to_owned(), json!(version.id));
                shown.insert("IsLatest".to_owned(), json!(place == 0));
                shown.insert("Owner".to_owned(), owner(call));
                if version.marker {
                    shown.retain(|name, _| !matches!(name.as_str(), "ETag" | "Size" | "StorageClass"));
                }
            }
            if version.marker { markers.push(shown) } else { versions.push(shown) }
        }
    }
    Ok(json!({
        "Name": bucket.name,
        "Prefix": written(call, &prefix),
        "Delimiter": call.text("Delimiter"),
        "KeyMarker": marker.unwrap_or_default(),
        "VersionIdMarker": version_marker.unwrap_or_default(),
        "MaxKeys": size,
        "EncodingType": call.text("EncodingType"),
        "IsTruncated": next.is_some(),
        "NextKeyMarker": next.as_ref().map(|(key, _)| written(call, key)),
        "NextVersionIdMarker": next.as_ref().map(|(_, id)| id),
        "Versions": versions,
        "DeleteMarkers": markers,
        "CommonPrefixes": prefixes(call, &page),
    }))
}

fn no_key_marker() -> ServiceError {
    error(400, "InvalidArgument", "A version-id marker cannot be specified without a key marker.")
}
