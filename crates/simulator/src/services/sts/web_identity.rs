//! `AssumeRoleWithWebIdentity`: a token of an OpenID Connect provider for a session of a role.
//!
//! Sources: STS API Reference, "AssumeRoleWithWebIdentity"; IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in
//! IAM" (which claims are looked at, the tolerance of five minutes) and "Pass session tags in AWS STS" (the claim of the tags).

use super::federation::{Federated, expired_token, federate, invalid_token, rejected_claim};
use crate::issuers::Token;
use crate::service::{Call, ServiceError};
use crate::services::iam::records::OidcProvider;
use crate::store::GLOBAL;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";
/// Where a token carries session tags.
const TAGS: &str = "https://aws.amazon.com/tags";
/// "IAM provides a five-minute window beyond the expiration time specified in the JWT to account for clock skew".
const TOLERANCE: i64 = 300;

/// Checks the token against the provider of its issuer, then opens the session.
pub(super) fn assume(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let token = Token::parse(call.required("WebIdentityToken")).ok_or_else(|| {
        invalid_token("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    })?;
    let issuer = token.text("iss").ok_or_else(|| invalid_token("Missing a required claim: iss"))?.to_owned();
    let provider = provider(call, &issuer)?;
    let audience = audience(&token, &provider.clients)?;
    verify(call, &token, &issuer)?;
    let now = call.caller_now.as_second();
    let expires = token.claim("exp").and_then(Value::as_i64);
    let expires = expires.ok_or_else(|| invalid_token("Missing a required claim: exp"))?;
    if now > expires + TOLERANCE {
        return Err(expired_token(format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires}"
        )));
    }
    let subject = token.text("sub").ok_or_else(|| invalid_token("Missing a required claim: sub"))?.to_owned();
    let tags = tags(token.claim(TAGS))?;
    let prefix = &provider.url;
    let keys = vec![
        (format!("{prefix}:aud"), vec![audience.clone()]),
        (format!("{prefix}:sub"), vec![subject.clone()]),
        (format!("{prefix}:amr"), texts(token.claim("amr"))),
    ];
    let keys = keys.into_iter().filter(|(_, values)| !values.is_empty()).collect();
    let session = call.required("RoleSessionName").to_owned();
    let federated = Federated { action: ACTION, provider: provider.arn, session, tags, keys };
    let (credentials, user) = federate(call, federated)?;
    Ok(json!({
        "Credentials": credentials,
        "AssumedRoleUser": user,
        "SubjectFromWebIdentityToken": subject,
        "Provider": issuer,
        "Audience": audience,
    }))
}

/// The provider that the account has for an issuer.
fn provider(call: &Call<'_>, issuer: &str) -> Result<OidcProvider, ServiceError> {
    let url = issuer.strip_prefix("https://").ok_or_else(|| invalid_token("Issuer must use HTTPS"))?;
    let arn = call.global_arn("iam", format!("oidc-provider/{url}"));
    call.store
        .get::<OidcProvider>(call.account, GLOBAL, &arn)
        .ok_or_else(|| invalid_token(format!("No OpenIDConnect provider found in your account for {issuer}")))
}

/// For whom the token is: the authorised party, where there is one, else the audience that the provider knows.
fn audience(token: &Token, clients: &[String]) -> Result<String, ServiceError> {
    let party = token.text("azp").map(|party| vec![party.to_owned()]);
    let audiences = party.unwrap_or_else(|| texts(token.claim("aud")));
    let known = audiences.into_iter().find(|audience| clients.contains(audience));
    known.ok_or_else(|| invalid_token("Incorrect token audience"))
}

/// Holds the token against the keys that its issuer publishes.
fn verify(call: &Call<'_>, token: &Token, issuer: &str) -> Result<(), ServiceError> {
    let found = call.issuer_keys.filter(|keys| keys.issuer == issuer);
    let keys = match found.map(|found| &found.keys) {
        Some(Ok(keys)) => keys,
        Some(Err(reason)) => {
            let message = format!(
                "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity \
                 documentation for requirements ({reason})"
            );
            return Err(ServiceError::new("IDPCommunicationError", message).with_status(400));
        }
        None => return Err(invalid_token("Couldn't retrieve verification key from your identity provider")),
    };
    match token.is_signed_by(keys) {
        true => Ok(()),
        false => Err(invalid_token("Token signature invalid")),
    }
}

/// One text, or a list of them.
fn texts(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `{"principal_tags": {"Email": ["mary@example.com"]}}`; a value may stand without its list.
fn tags(claim: Option<&Value>) -> Result<BTreeMap<String, String>, ServiceError> {
    let malformed = || rejected_claim(format!("The claim {TAGS} is malformed"));
    let Some(claim) = claim else { return Ok(BTreeMap::new()) };
    let tags = match claim.get("principal_tags") {
        Some(Value::Object(tags)) => tags,
        Some(_) => return Err(malformed()),
        None if claim.is_object() => return Ok(BTreeMap::new()),
        None => return Err(malformed()),
    };
    let one = |value: &Value| match texts(Some(value)).as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(malformed()),
    };
    tags.iter().map(|(key, value)| Ok((key.clone(), one(value)?))).collect()
}
