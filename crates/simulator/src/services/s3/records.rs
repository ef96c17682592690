//! What S3 keeps.

use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A bucket, stored by its name in the region that it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    /// Sub-resources by name, as they were put.
    pub(crate) settings: Map<String, Value>,
    /// Configurations that have ids: analytics, inventory, metrics, intelligent tiering; by kind and id.
    pub(crate) configurations: BTreeMap<String, BTreeMap<String, Value>>,
    pub(crate) object_lock: bool,
}

impl Record for Bucket {
    const SERVICE: &'static str = "s3";
    const KIND: &'static str = "bucket";
}

impl Bucket {
    /// `Enabled`, `Suspended`, or nothing where it never was.
    pub(crate) fn versioning(&self) -> Option<&str> {
        self.settings.get("Versioning")?.get("Status")?.as_str()
    }
}

/// A name that was just given up: until then nobody can have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeletedBucket {
    pub(crate) until: Timestamp,
}

impl Record for DeletedBucket {
    const SERVICE: &'static str = "s3";
    const KIND: &'static str = "deleted-bucket";
    const INVENTORY: bool = false;

    fn gone(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// All versions of a key, the newest first; stored by `BUCKET/KEY`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) versions: Vec<Version>,
}

impl Record for Object {
    const SERVICE: &'static str = "s3";
    const KIND: &'static str = "object";
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// `null` where versioning was off.
    pub(crate) id: String,
    pub(crate) marker: bool,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) size: usize,
    pub(crate) modified: Timestamp,
    /// Headers that come back as they were given: `ContentType`, `CacheControl` …
    pub(crate) headers: Map<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// The bytes of a version, stored apart so that lists need not read them: by `BUCKET/KEY VERSION`, or of a part by `UPLOAD/NUMBER`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Body {
    /// Base64.
    pub(crate) bytes: String,
}

impl Record for Body {
    const SERVICE: &'static str = "s3";
    const KIND: &'static str = "body";
    const INVENTORY: bool = false;
}

/// An upload in parts, stored by its id: it keeps its bucket from being empty for nobody but costs money, so it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) begun: Timestamp,
    pub(crate) headers: Map<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
    /// ETag, size and time by number.
    pub(crate) parts: BTreeMap<i64, (String, usize, Timestamp)>,
}

impl Record for Upload {
    const SERVICE: &'static str = "s3";
    const KIND: &'static str = "upload";
}
