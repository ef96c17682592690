//! What went over the wire, request and response, for a reader that is neither Charter nor the simulator: an independent check
//! of both. Off unless the settings name a folder.

use crate::calls::CallRecord;
use crate::wire::Incoming;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Response};
use serde::Serialize;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Longer bodies are left out, with their exchange: a file of a test is no longer than what can be read.
const LONGEST_BODY: usize = 1024 * 1024;

/// One request with its response, as a line of JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchange<'a> {
    /// By its folder name in botocore.
    service: &'a str,
    /// Empty if it could not be told.
    operation: &'a str,
    /// The code of the error that it was answered with.
    error: Option<&'a str>,
    method: &'a str,
    /// As it was sent, percent-encoded.
    path: &'a str,
    query: &'a str,
    headers: Vec<(&'a str, String)>,
    /// As base64.
    body: String,
    status: u16,
    response_headers: Vec<(&'a str, String)>,
    response_body: String,
}

/// Writes the exchanges of one simulator into a file of its own; the same request with the same response once.
#[derive(Debug, Default)]
pub(crate) struct ExchangeLog {
    folder: Option<PathBuf>,
    file: Option<File>,
    seen: HashSet<u64>,
}

impl ExchangeLog {
    /// Nothing is written before there is something to write.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, ..Self::default() }
    }

    pub(crate) fn add(
        &mut self,
        record: &CallRecord,
        incoming: &Incoming<'_>,
        response: &Response<Bytes>,
        request_id: &str,
    ) {
        let Some(folder) = &self.folder else { return };
        if incoming.body.len() > LONGEST_BODY || response.body().len() > LONGEST_BODY {
            return;
        }
        if !self.seen.insert(fingerprint(record, incoming, response, request_id)) {
            return;
        }
        let exchange = Exchange {
            service: &record.service,
            operation: &record.operation,
            error: record.error.as_deref(),
            method: incoming.method,
            path: incoming.path,
            query: incoming.query,
            headers: headers(incoming.headers),
            body: STANDARD.encode(incoming.body),
            status: response.status().as_u16(),
            response_headers: headers(response.headers()),
            response_body: STANDARD.encode(response.body()),
        };
        if let Err(error) = append(&mut self.file, folder, &exchange) {
            tracing::warn!(%error, "the exchanges cannot be written");
            self.folder = None;
        }
    }
}

fn append(file: &mut Option<File>, folder: &Path, exchange: &Exchange<'_>) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(exchange)?;
    line.push(b'\n');
    match file {
        Some(file) => file.write_all(&line),
        None => file.insert(create(folder)?).write_all(&line),
    }
}

/// A file that no other simulator writes, of this process or of another one.
fn create(folder: &Path) -> std::io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    std::fs::create_dir_all(folder)?;
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}.jsonl", std::process::id()));
        match OpenOptions::new().create_new(true).append(true).open(path) {
            // Left by an older process of the same number.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            opened => return opened,
        }
    }
}

/// Equal for what tells a reader the same: a request id is different each time.
fn fingerprint(record: &CallRecord, incoming: &Incoming<'_>, response: &Response<Bytes>, request_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&record.service, incoming.method, incoming.path, incoming.query, incoming.body).hash(&mut hasher);
    response.status().hash(&mut hasher);
    String::from_utf8_lossy(response.body()).replace(request_id, "").hash(&mut hasher);
    hasher.finish()
}

/// All but what opens something.
fn headers(headers: &HeaderMap) -> Vec<(&str, String)> {
    let shown = |name: &str| !matches!(name, "authorization" | "x-amz-security-token");
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().filter(|(name, _)| shown(name.as_str())).map(|(name, value)| (name.as_str(), text(value))).collect()
}
