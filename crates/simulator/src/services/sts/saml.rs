//! `AssumeRoleWithSAML`: a response of a SAML identity provider for a session of a role.
//!
//! Sources: STS API Reference, "AssumeRoleWithSAML"; IAM User Guide, "Configure SAML assertions for the authentication response" (what
//! a response must hold), "Troubleshoot SAML federation with IAM" (the messages), "IAM and AWS STS condition context keys" (`saml:aud`
//! is the recipient, not the audience).

use super::federation::{Federated, expired_token, federate, invalid_token, not_authorized, rejected_claim};
use super::xml_signature::{DSIG, decoded, is_signed};
use crate::service::{Call, ServiceError};
use crate::services::iam::records::SamlProvider;
use crate::store::GLOBAL;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uppsala::{Document, NodeId};

const ACTION: &str = "sts:AssumeRoleWithSAML";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";

/// Checks the response against the provider's metadata, then opens the session.
pub(super) fn assume(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let arn = call.required("PrincipalArn").to_owned();
    let provider = call.store.get::<SamlProvider>(call.account, GLOBAL, &arn);
    let provider = provider.ok_or_else(|| invalid_token("Specified provider doesn't exist"))?;
    let metadata = Issuer::of_metadata(&provider.metadata).ok_or_else(|| invalid_token("Could not parse metadata"))?;
    let malformed = || invalid_token("Your request included an invalid SAML response");
    let text = decoded(call.required("SAMLAssertion")).and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(malformed)?;
    let document = uppsala::parse(&text).ok().filter(|document| document.doctype.is_none()).ok_or_else(malformed)?;
    let response = Response::of(&document).ok_or_else(malformed)?;
    response.check_status()?;
    let assertion = response.assertion.ok_or_else(malformed)?;
    let issuer = response.text(assertion, "Issuer").ok_or_else(malformed)?;
    if issuer != metadata.name {
        return Err(invalid_token("Issuer not present in specified provider"));
    }
    // Either is signed: the whole response, or the assertion in it.
    let signed = [response.root, assertion].into_iter().any(|each| is_signed(&document, each, &metadata.certificates));
    if !signed {
        return Err(invalid_token("Response signature invalid"));
    }
    let subject = Subject::of(&response, assertion).ok_or_else(malformed)?;
    response.check_conditions(assertion, &subject, call.caller_now)?;
    let attributes = response.attributes(assertion);
    let offered = attributes.get("Role").is_some_and(|pairs| {
        let role = call.required("RoleArn");
        // The order of both is free; anything around them is part of them.
        pairs.iter().any(|pair| *pair == format!("{role},{arn}") || *pair == format!("{arn},{role}"))
    });
    if !offered {
        return Err(not_authorized(ACTION));
    }
    let tags = tags(&attributes)?;
    let session = session_name(&attributes)?;
    let account = call.account.to_string();
    let qualifier = qualifier(&issuer, &account, &arn);
    let keys = vec![
        ("saml:aud".to_owned(), vec![subject.recipient.clone()]),
        ("saml:iss".to_owned(), vec![issuer.clone()]),
        ("saml:sub".to_owned(), vec![subject.name.clone()]),
        ("saml:sub_type".to_owned(), vec![subject.kind.clone()]),
        ("saml:namequalifier".to_owned(), vec![qualifier.clone()]),
        ("saml:doc".to_owned(), vec![format!("{account}/{}", friendly(&arn))]),
    ];
    let federated = Federated { action: ACTION, provider: arn, session, tags, keys };
    let (credentials, user) = federate(call, federated)?;
    Ok(json!({
        "Credentials": credentials,
        "AssumedRoleUser": user,
        "Subject": subject.name,
        "SubjectType": subject.kind,
        "Issuer": issuer,
        "Audience": subject.recipient,
        "NameQualifier": qualifier,
    }))
}

/// Who may sign: what the metadata of a provider say.
struct Issuer {
    name: String,
    certificates: Vec<Vec<u8>>,
}

impl Issuer {
    fn of_metadata(text: &str) -> Option<Self> {
        let document = uppsala::parse(text).ok()?;
        let entity = document.document_element()?;
        let name = document.get_attribute(entity, "entityID")?.to_owned();
        let mut certificates = Vec::new();
        for key in document.get_elements_by_tag_name_ns(METADATA, "KeyDescriptor") {
            if document.get_attribute(key, "use").is_none_or(|purpose| purpose == "signing") {
                let below = document.descendants(key).into_iter();
                let found = below.filter(|node| {
                    document.element(*node).is_some_and(|element| element.matches_name_ns(DSIG, "X509Certificate"))
                });
                certificates.extend(found.filter_map(|node| decoded(&document.text_content_deep(node))));
            }
        }
        Some(Self { name, certificates })
    }
}

/// A response, and the one assertion in it.
struct Response<'a, 'd> {
    document: &'a Document<'d>,
    root: NodeId,
    assertion: Option<NodeId>,
}

impl<'a, 'd> Response<'a, 'd> {
    fn of(document: &'a Document<'d>) -> Option<Self> {
        let root = document.document_element()?;
        if !document.element(root)?.matches_name_ns(PROTOCOL, "Response") {
            return None;
        }
        let assertion = match document.get_elements_by_tag_name_ns(ASSERTION, "Assertion")[..] {
            [one] if document.parent(one) == Some(root) => Some(one),
            _ => None,
        };
        Some(Self { document, root, assertion })
    }

    fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        self.document.first_child_element_by_name_ns(parent, ASSERTION, name)
    }

    fn text(&self, parent: NodeId, name: &str) -> Option<String> {
        Some(self.document.text_content_deep(self.child(parent, name)?).trim().to_owned())
    }

    fn moment(&self, node: NodeId, name: &str) -> Option<Timestamp> {
        self.document.get_attribute(node, name)?.parse().ok()
    }

    fn check_status(&self) -> Result<(), ServiceError> {
        let status = self.document.first_child_element_by_name_ns(self.root, PROTOCOL, "Status");
        let code =
            status.and_then(|status| self.document.first_child_element_by_name_ns(status, PROTOCOL, "StatusCode"));
        let value = code.and_then(|code| self.document.get_attribute(code, "Value")).unwrap_or_default();
        match value {
            SUCCESS => Ok(()),
            other => Err(rejected_claim(format!("The identity provider did not authenticate the user: {other}"))),
        }
    }

    /// When it holds, and for whom.
    fn check_conditions(&self, assertion: NodeId, subject: &Subject, now: Timestamp) -> Result<(), ServiceError> {
        let over = || expired_token("Token must be redeemed within 5 minutes of issuance");
        if subject.until.is_none_or(|until| until <= now) {
            return Err(over());
        }
        let Some(conditions) = self.child(assertion, "Conditions") else {
            return Err(invalid_token("Response does not contain the required audience."));
        };
        if self.moment(conditions, "NotOnOrAfter").is_some_and(|until| until <= now)
            || self.moment(conditions, "NotBefore").is_some_and(|from| from > now)
        {
            return Err(over());
        }
        let audiences = self.document.get_elements_by_tag_name_ns(ASSERTION, "Audience");
        let audiences = audiences.into_iter().map(|node| self.document.text_content_deep(node).trim().to_owned());
        match audiences.into_iter().any(|audience| is_aws(&audience)) {
            true => Ok(()),
            false => Err(invalid_token("Response does not contain the required audience.")),
        }
    }

    /// The values of AWS's attributes, by what stands after `https://aws.amazon.com/SAML/Attributes/`.
    fn attributes(&self, assertion: NodeId) -> BTreeMap<String, Vec<String>> {
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for statement in self.document.child_elements_by_name_ns(assertion, ASSERTION, "AttributeStatement") {
            for attribute in self.document.child_elements_by_name_ns(statement, ASSERTION, "Attribute") {
                let name =
                    self.document.get_attribute(attribute, "Name").and_then(|name| name.strip_prefix(ATTRIBUTES));
                let values = self.document.child_elements_by_name_ns(attribute, ASSERTION, "AttributeValue");
                let values = values.into_iter().map(|value| self.document.text_content_deep(value));
                if let Some(name) = name {
                    attributes.entry(name.to_owned()).or_default().extend(values);
                }
            }
        }
        attributes
    }
}

/// Whom an assertion is about.
struct Subject {
    name: String,
    /// `persistent`, `transient`, or the whole format.
    kind: String,
    /// The URL that the assertion was made for.
    recipient: String,
    until: Option<Timestamp>,
}

impl Subject {
    fn of(response: &Response<'_, '_>, assertion: NodeId) -> Option<Self> {
        let document = response.document;
        let subject = response.child(assertion, "Subject")?;
        let name = response.child(subject, "NameID")?;
        let format = document.get_attribute(name, "Format").unwrap_or_default();
        let kind = match format.rsplit_once("nameid-format:") {
            Some((_, short @ ("persistent" | "transient"))) => short,
            _ => format,
        };
        let confirmation = response.child(subject, "SubjectConfirmation")?;
        let data = response.child(confirmation, "SubjectConfirmationData")?;
        Some(Self {
            name: document.text_content_deep(name).trim().to_owned(),
            kind: kind.to_owned(),
            recipient: document.get_attribute(data, "Recipient")?.to_owned(),
            until: response.moment(data, "NotOnOrAfter"),
        })
    }
}

/// Whether an audience is AWS: `urn:amazon:webservices`, or the sign-in page, of the world or of a region.
fn is_aws(audience: &str) -> bool {
    let host = audience.strip_prefix("https://").and_then(|rest| rest.strip_suffix("/saml"));
    let is_sign_in = |host: &str| host == "signin.aws.amazon.com" || host.ends_with(".signin.aws.amazon.com");
    audience == "urn:amazon:webservices" || host.is_some_and(is_sign_in)
}

fn tags(attributes: &BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, String>, ServiceError> {
    let tagged = attributes.iter().filter_map(|(name, values)| Some((name.strip_prefix("PrincipalTag:")?, values)));
    tagged
        .map(|(key, values)| match values.as_slice() {
            [one] => Ok((key.to_owned(), one.clone())),
            _ => Err(invalid_token(format!("The attribute PrincipalTag:{key} must have one value"))),
        })
        .collect()
}

fn session_name(attributes: &BTreeMap<String, Vec<String>>) -> Result<String, ServiceError> {
    let Some([name]) = attributes.get("RoleSessionName").map(Vec::as_slice) else {
        return Err(invalid_token("RoleSessionName is required in AuthnResponse"));
    };
    let fits = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    match (2..=64).contains(&name.chars().count()) && name.chars().all(fits) {
        true => Ok(name.clone()),
        false => Err(invalid_token("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")),
    }
}

/// What stands behind `saml-provider/`.
fn friendly(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, name)| name)
}

/// `BASE64 ( SHA1 ( "https://example.com/saml" + "123456789012" + "/MySAMLIdP" ) )` (STS API Reference).
fn qualifier(issuer: &str, account: &str, arn: &str) -> String {
    let text = format!("{issuer}{account}/{}", friendly(arn));
    STANDARD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}
