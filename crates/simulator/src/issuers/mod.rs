//! The OpenID Connect providers that vouch for people: their tokens, and the keys that they publish.
//!
//! A call is answered while the cloud stands still, so whatever must be fetched for it is fetched before. The simulator talks to
//! nobody whom its settings do not name, and to nothing but this machine: `issuers` says where on loopback the documents of an
//! issuer are.

mod fetch;
mod token;

pub(crate) use token::Token;

use crate::settings::Settings;
use bytes::Bytes;
use http::Request;
use serde_json::Value;

/// What an issuer publishes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IssuerKeys {
    /// As the token names it.
    pub(crate) issuer: String,
    /// JSON Web Keys, or why there are none.
    pub(crate) keys: Result<Vec<Value>, String>,
}

/// The keys of the issuer of a token that a request presents, if it presents one.
pub(crate) async fn keys_for(settings: &Settings, request: &Request<Bytes>) -> Option<IssuerKeys> {
    let issuer = presented(request)?;
    let keys = match settings.issuers.get(&issuer) {
        Some(address) => fetch::keys(&issuer, address).await,
        None => Err(format!("the simulator's setting `issuers` does not say where {issuer} is")),
    };
    Some(IssuerKeys { issuer, keys })
}

/// The issuer of the token in a form.
fn presented(request: &Request<Bytes>) -> Option<String> {
    const FIELD: &str = "WebIdentityToken=";
    let form = std::str::from_utf8(request.body()).ok().filter(|form| form.contains("AssumeRoleWithWebIdentity"))?;
    let token = form.split('&').find_map(|field| field.strip_prefix(FIELD))?;
    let token = percent_encoding::percent_decode_str(token).decode_utf8().ok()?;
    Token::parse(&token)?.text("iss").map(str::to_owned)
}
