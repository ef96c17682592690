//! Fetches what an issuer publishes: its discovery document, then its keys (OpenID Connect Discovery 1.0, section 4).

use http::{Request, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// As long as anybody would wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer documents are none.
const LONGEST: usize = 1 << 20;

/// The keys of an issuer whose documents are at an address.
pub(super) async fn keys(issuer: &str, address: &str) -> Result<Vec<Value>, String> {
    let address = address.trim_end_matches('/');
    let discovery = document(&format!("{address}/.well-known/openid-configuration")).await?;
    let told = discovery.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if told != issuer {
        return Err(format!("the discovery document at {address} is of the issuer {told:?}"));
    }
    let place = discovery.get("jwks_uri").and_then(Value::as_str).ok_or("the discovery document has no jwks_uri")?;
    let place = match place.strip_prefix(issuer) {
        Some(path) => format!("{address}{path}"),
        None => place.to_owned(),
    };
    let keys = document(&place).await?;
    let keys = keys.get("keys").and_then(Value::as_array).ok_or_else(|| format!("{place} holds no keys"))?;
    Ok(keys.clone())
}

async fn document(place: &str) -> Result<Value, String> {
    let fetched = tokio::time::timeout(PATIENCE, get(place)).await;
    let text =
        fetched.map_err(|_| format!("{place} does not answer"))?.map_err(|reason| format!("{place}: {reason}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{place} is no JSON: {error}"))
}

async fn get(place: &str) -> Result<Bytes, String> {
    let uri: Uri = place.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("it must be an http:// address on this machine".to_owned());
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    if host != "localhost" && !host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return Err("the simulator reaches nothing but this machine".to_owned());
    }
    let stream =
        TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await.map_err(|error| error.to_string())?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    // Driven beside the request; it ends with the connection.
    let driver = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header("host", authority.as_str()).header("accept", "application/json");
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(|error| error.to_string());
    driver.abort();
    match status.is_success() {
        true => Ok(body?.to_bytes()),
        false => Err(format!("it answers {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_but_this_machine_is_reached() {
        for place in ["http://192.0.2.1/", "https://localhost/", "http://example.com/"] {
            let refused = get(place).await.unwrap_err();
            assert!(refused.contains("this machine"), "{place}: {refused}");
        }
    }
}
