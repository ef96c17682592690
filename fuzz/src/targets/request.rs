//! Requests to the simulator, in sequence. Each is answered, in a form that its kind of answer can be read in, and the simulator never
//! owns up to a fault of its own.
//!
//! An input is requests with `%%` lines between them: `METHOD URI`, headers, an empty line, the body. The header `service` names what
//! the request is signed for (with the administrator's key, unless it brings an `authorization` of its own). `WAIT SECONDS` lets time pass.

use bytes::Bytes;
use charter_model::AccountId;
use charter_simulator::{Organization, Settings, Simulator};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use std::time::Duration;

/// See the module.
pub fn target(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(answer_all(data));
}

async fn answer_all(data: &[u8]) {
    let settings = Settings { seed: 7, verify_signatures: false, ..Settings::default() };
    let simulator = Simulator::open(settings, None).expect("a simulator in memory opens");
    let account = |digits: &str| AccountId::new(digits).expect("an account");
    let organization = Organization { management: account("111111111111"), members: vec![account("333333333333")] };
    let keys = simulator.seed(&organization).expect("accounts can be made in memory");
    for block in blocks(data) {
        if let Some(seconds) = block.strip_prefix(b"WAIT ") {
            let seconds: u32 = std::str::from_utf8(seconds).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1);
            tokio::time::advance(Duration::from_secs(u64::from(seconds))).await;
            continue;
        }
        let Some(request) = request(block, &keys.access_key_id) else { continue };
        let told = format!("{} {}", request.method(), request.uri());
        let response = simulator.handle(request).await.expect("no fault was asked for");
        let (parts, body) = response.into_parts();
        if parts.status.is_server_error() {
            let text = String::from_utf8_lossy(&body);
            assert!(!text.contains("simulator: "), "{told}: {text}");
        }
        let kind = parts.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.contains("json") && !body.is_empty() {
            let read: Result<serde_json::Value, _> = serde_json::from_slice(&body);
            assert!(read.is_ok(), "{told}: not JSON: {}", String::from_utf8_lossy(&body));
        }
        if kind.contains("xml") {
            assert!(std::str::from_utf8(&body).is_ok(), "{told}: not text: {body:?}");
        }
    }
    simulator.inventory();
}

fn blocks(data: &[u8]) -> Vec<&[u8]> {
    const BETWEEN: &[u8] = b"\n%%\n";
    let mut found = Vec::new();
    let mut rest = data;
    while let Some(end) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        let (block, after) = rest.split_at(end);
        found.push(block);
        rest = after.get(BETWEEN.len()..).unwrap_or_default();
    }
    found.push(rest);
    found
}

fn request(block: &[u8], key: &str) -> Option<Request<Bytes>> {
    let mut lines = block.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, uri) = first.split_once(' ')?;
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = uri.trim().parse::<Uri>().ok()?;
    let mut service = "iam".to_owned();
    let headers = request.headers_mut();
    for line in lines.by_ref() {
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once(": ")) else {
            continue;
        };
        if name == "service" {
            value.clone_into(&mut service);
        } else if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=00"
    );
    for (name, value) in [("authorization", &*authorization), ("x-amz-date", "20260101T000000Z"), ("host", "localhost")]
    {
        if !headers.contains_key(name) {
            headers.insert(name, HeaderValue::from_str(value).ok()?);
        }
    }
    let body: Vec<&[u8]> = lines.collect();
    *request.body_mut() = Bytes::from(body.join(&b'\n'));
    Some(request)
}
