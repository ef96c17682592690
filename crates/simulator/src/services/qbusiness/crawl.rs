//! What a connector finds. Buckets are read, by both of the connectors for S3; every other source is refused by name.
//!
//! <https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/s3-api.html> (`S3`) and
//! <https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/s3-v2-cfn.html> (`S3V2`).

use super::access::{AccessFile, entry};
use super::records::{Document, Item};
use crate::service::Call;
use crate::services::s3;
use crate::services::shared::texts_of;
use crate::services::sync_runs::Documents;
use serde_json::Value;
use std::collections::BTreeMap;

/// How the two connectors call the same things.
struct Form {
    bucket: &'static str,
    filters: &'static str,
    access: &'static str,
    metadata: &'static str,
}

const S3: Form = Form {
    bucket: "/connectionConfiguration/repositoryEndpointMetadata/BucketName",
    filters: "/additionalProperties",
    access: "/additionalProperties/aclConfigurationFilePath",
    metadata: "/additionalProperties/metadataFilesPrefix",
};
const S3V2: Form = Form {
    bucket: "/connectionConfiguration/bucketName",
    filters: "/filterConfiguration",
    access: "/accessControlConfiguration/aclConfigurationFilePath",
    metadata: "/metadataFilesPrefix",
};

/// Reads the source as its connector would.
pub(super) fn crawl(call: &Call<'_>, source: &Item) -> Result<Documents<Document>, String> {
    let configuration = source.settings.get("configuration").cloned().unwrap_or_default();
    match source.text("type").unwrap_or_default() {
        // Its documents are put there by calls of whoever owns it.
        "CUSTOM" => Ok(Documents::new()),
        "S3" => objects(call, &configuration, &S3),
        "S3V2" => objects(call, &configuration, &S3V2),
        other => Err(format!("The Charter simulator does not crawl sources of the type {other}.")),
    }
}

fn objects(call: &Call<'_>, configuration: &Value, form: &Form) -> Result<Documents<Document>, String> {
    let text = |pointer: &str| configuration.pointer(pointer).and_then(Value::as_str);
    // Paths may begin with a slash; keys do not.
    let path = |pointer: &str| text(pointer).map(|path| path.trim_start_matches('/').to_owned());
    let bucket = text(form.bucket).unwrap_or_default();
    let found = s3::objects(call, bucket).ok_or_else(|| {
        format!("The S3 bucket {bucket} can't be found. Check that it exists and is in the region of the index.")
    })?;
    let found: BTreeMap<String, String> =
        found.into_iter().map(|(key, body)| (key, String::from_utf8_lossy(&body).into_owned())).collect();
    let access_path = path(form.access);
    let access = match &access_path {
        None => None,
        Some(key) => {
            let file = found.get(key).ok_or_else(|| format!("The ACL file {key} can't be found in the S3 bucket."))?;
            Some(AccessFile::parse(file)?)
        }
    };
    let metadata_prefix = path(form.metadata).unwrap_or_default();
    let filters = configuration.pointer(form.filters).cloned().unwrap_or_default();
    let list = |name: &str| -> Vec<String> {
        texts_of(filters.get(name)).into_iter().map(|it| it.trim_start_matches('/').to_owned()).collect()
    };
    let (prefixes, not_prefixes) = (list("inclusionPrefixes"), list("exclusionPrefixes"));
    let (patterns, not_patterns) = (list("inclusionPatterns"), list("exclusionPatterns"));
    let is_wanted = |key: &str| {
        let begins = |prefixes: &[String]| prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()));
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| is_like(pattern, key));
        (prefixes.is_empty() || begins(&prefixes))
            && (patterns.is_empty() || fits(&patterns))
            && !begins(&not_prefixes)
            && !fits(&not_patterns)
    };
    let mut documents = Documents::new();
    for (key, body) in &found {
        let is_document = !key.ends_with('/')
            && !key.ends_with(".metadata.json")
            && access_path.as_ref() != Some(key)
            && is_wanted(key);
        if !is_document {
            continue;
        }
        let id = format!("s3://{bucket}/{key}");
        let metadata = found.get(&format!("{}{key}.metadata.json", slashed(&metadata_prefix)));
        let metadata: Value = metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let own = metadata.get("AccessControlList").and_then(Value::as_array);
        let own = own.and_then(|list| list.iter().map(entry).collect::<Option<Vec<_>>>());
        let title = metadata.get("Title").and_then(Value::as_str);
        let document = Document {
            title: title.unwrap_or_else(|| key.rsplit('/').next().unwrap_or_default()).to_owned(),
            body: body.clone(),
            uri: Some(format!("https://s3.{}.amazonaws.com/{bucket}/{key}", call.region)),
            access: own.or_else(|| access.as_ref().and_then(|file| file.of(&id))),
        };
        documents.insert(id, document);
    }
    Ok(documents)
}

fn slashed(prefix: &str) -> String {
    if prefix.is_empty() || prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") }
}

/// A pattern with `*` and `?`, over the whole key or its last part.
fn is_like(pattern: &str, key: &str) -> bool {
    fn like(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                (0..=text.len()).any(|skip| text.get(skip..).is_some_and(|text| like(rest, text)))
            }
            (Some((b'?', rest)), Some((_, text))) => like(rest, text),
            (Some((one, rest)), Some((other, text))) => one == other && like(rest, text),
            _ => false,
        }
    }
    let name = key.rsplit('/').next().unwrap_or_default();
    like(pattern.as_bytes(), key.as_bytes()) || like(pattern.as_bytes(), name.as_bytes())
}
