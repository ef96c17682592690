//! The wire protocols: requests into calls by AWS's service models, outputs and errors back into responses.
//!
//! Generic: nothing here knows an operation. Written from the protocols' descriptions, without AWS's SDK for Rust, so that a
//! misreading on one side does not cancel out on the other.

mod json;
mod query;
mod refusal;
mod rest;
mod s3;
mod scalar;
mod signature;
mod timestamp;
mod validate;
mod xml;

use crate::model::{Models, Operation, Protocol, ServiceModel, Shape, ShapeKind, XmlNamespace};
use crate::service::ServiceError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(crate) use refusal::{Common, common, write as refuse};
pub(crate) use signature::{Signature, SignatureError, body_is_as_declared};

/// A request, as far as HTTP goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) method: &'a str,
    /// As it was sent, percent-encoded.
    pub(crate) path: &'a str,
    /// As it was sent, without the question mark.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Something that does not have the form that its protocol or shape asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// The operation that a request is for.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) model: &'a ServiceModel,
    /// None: the service has no such operation.
    pub(crate) operation: Option<(&'a str, &'a Operation)>,
    labels: BTreeMap<String, String>,
}

impl Incoming<'_> {
    /// A header; none if it is not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }

    fn form(&self) -> query::Form {
        // Callers may put a form into the query as well.
        if self.body.is_empty() { query::Form::parse(self.query) } else { query::Form::parse(&self.text()) }
    }
}

/// Finds the service by the name that the request is signed for, and its operation by what the protocol says. None: there is no
/// such service here.
pub(crate) fn target<'a>(models: &'a Models, signed_for: &str, incoming: &Incoming<'_>) -> Option<Target<'a>> {
    let mut unknown = None;
    for model in models.signed_as(signed_for) {
        let (operation, labels) = find(model, incoming);
        if operation.is_some() {
            return Some(Target { model, operation, labels });
        }
        unknown = unknown.or(Some(Target { model, operation, labels }));
    }
    unknown
}

type Found<'a> = (Option<(&'a str, &'a Operation)>, BTreeMap<String, String>);

fn find<'a>(model: &'a ServiceModel, incoming: &Incoming<'_>) -> Found<'a> {
    let named = |name: &str| model.operations.get_key_value(name).map(|(name, operation)| (name.as_str(), operation));
    match model.protocol() {
        Protocol::Query | Protocol::Ec2 => (incoming.form().text("Action").and_then(named), BTreeMap::new()),
        Protocol::Json => {
            let target = incoming.header("x-amz-target").and_then(|target| target.rsplit_once('.'));
            let operation = target
                .filter(|(prefix, _)| model.metadata.target_prefix.as_deref() == Some(*prefix))
                .and_then(|(_, name)| named(name));
            (operation, BTreeMap::new())
        }
        Protocol::RestJson | Protocol::RestXml => {
            let path = if model.name == "s3" { s3::path_style(incoming) } else { Cow::Borrowed(incoming.path) };
            match rest::route(model, incoming, &path) {
                Some((name, operation, labels)) => (Some((name, operation)), labels),
                None => (None, BTreeMap::new()),
            }
        }
    }
}

/// Reads the input of a request and holds it against the model.
pub(crate) fn read(target: &Target<'_>, operation: &Operation, incoming: &Incoming<'_>) -> Result<Value, ServiceError> {
    let model = target.model;
    let Some(shape) = model.input(operation) else { return Ok(Value::Object(Map::new())) };
    let input = match model.protocol() {
        Protocol::Query | Protocol::Ec2 => query::input(model, shape, &incoming.form()),
        Protocol::Json => read_json(model, shape, incoming.body),
        Protocol::RestJson | Protocol::RestXml => return read_rest(target, shape, incoming),
    };
    let input = input.map_err(|error| common(model, Common::Unreadable, error.0))?;
    check(model, shape, &input)?;
    Ok(input)
}

fn check(model: &ServiceModel, shape: &Shape, input: &Value) -> Result<(), ServiceError> {
    let failures = validate::validate(model, shape, input);
    if failures.is_empty() {
        return Ok(());
    }
    Err(ServiceError::new(refusal::validation_code(model), validate::message(&failures)).with_status(400))
}

fn read_json(model: &ServiceModel, shape: &Shape, body: &[u8]) -> Result<Value, Malformed> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let json: Value = serde_json::from_slice(body).map_err(|_| Malformed("the body is not JSON".to_owned()))?;
    match json::read(model, shape, &json)? {
        Value::Null => Ok(Value::Object(Map::new())),
        value => Ok(value),
    }
}

fn read_rest(target: &Target<'_>, shape: &Shape, incoming: &Incoming<'_>) -> Result<Value, ServiceError> {
    let model = target.model;
    let unreadable = |error: Malformed| common(model, Common::Unreadable, error.0);
    let mut body = Cow::Borrowed(incoming.body);
    if model.name == "s3" {
        let mut trailers = Vec::new();
        if s3::is_chunked(incoming) {
            let unchunked = s3::unchunk(incoming.body).map_err(unreadable)?;
            body = Cow::Owned(unchunked.body);
            trailers = unchunked.trailers;
        }
        if let Some(algorithm) = s3::wrong_checksum(incoming, &body, &trailers) {
            let message = format!("The {algorithm} you specified did not match the calculated checksum.");
            return Err(ServiceError::new("BadDigest", message).with_status(400));
        }
    }
    let mut object = Map::new();
    match shape.payload_member() {
        Some((name, member)) => {
            let payload = model.shape(&member.shape).filter(|_| !body.is_empty());
            let value = payload.map(|payload| read_payload(model, payload, &body)).transpose().map_err(unreadable)?;
            object.extend(value.map(|value| (name.to_owned(), value)));
        }
        None if body.is_empty() => {}
        None => {
            if let Value::Object(members) = read_payload(model, shape, &body).map_err(unreadable)? {
                object.extend(members);
            }
        }
    }
    rest::read(model, shape, incoming, &target.labels, &mut object).map_err(unreadable)?;
    if model.name == "s3" {
        without_chunked(&mut object);
    }
    let input = Value::Object(object);
    check(model, shape, &input)?;
    Ok(input)
}

/// How a body came is not part of the object's encoding.
fn without_chunked(object: &mut Map<String, Value>) {
    let Some(Value::String(encoding)) = object.get("ContentEncoding") else { return };
    let kept: Vec<&str> = encoding.split(',').map(str::trim).filter(|each| *each != "aws-chunked").collect();
    match kept.join(",") {
        kept if kept.is_empty() => drop(object.remove("ContentEncoding")),
        kept => drop(object.insert("ContentEncoding".to_owned(), Value::String(kept))),
    }
}

fn read_payload(model: &ServiceModel, shape: &Shape, body: &[u8]) -> Result<Value, Malformed> {
    match shape.kind {
        ShapeKind::Blob => Ok(Value::String(STANDARD.encode(body))),
        ShapeKind::String => Ok(Value::String(String::from_utf8_lossy(body).into_owned())),
        _ if model.protocol() == Protocol::RestXml => {
            let root = xml::Element::parse(&String::from_utf8_lossy(body))?;
            xml::read(model, shape, &root)
        }
        _ => read_json(model, shape, body),
    }
}

/// Writes an output. Fails where the output is not of its shape, which is a defect of the simulator.
pub(crate) fn write(
    model: &ServiceModel,
    name: &str,
    operation: &Operation,
    output: &Value,
    request_id: &str,
) -> Result<Response<Bytes>, Malformed> {
    let mut headers = HeaderMap::new();
    let mut status = operation.http.response_code.unwrap_or(200);
    let empty = Value::Object(Map::new());
    let output = if output.is_null() { &empty } else { output };
    let shape = operation.output.as_ref().and_then(|reference| Some((reference, model.shape(&reference.shape)?)));
    let body = match (model.protocol(), shape) {
        (Protocol::Query | Protocol::Ec2, shape) => {
            let mut writer = xml::Writer::new(model);
            let root = format!("{name}Response");
            writer.open(&root, model.metadata.xml_namespace.as_deref());
            if model.protocol() == Protocol::Ec2 {
                writer.text("requestId", request_id);
            }
            if let Some((reference, shape)) = shape {
                let wrapper = reference.result_wrapper.as_deref();
                wrapper.into_iter().for_each(|wrapper| writer.open(wrapper, None));
                writer.members(reference, shape, output)?;
                wrapper.into_iter().for_each(|wrapper| writer.close(wrapper));
            }
            if model.protocol() == Protocol::Query {
                writer.open("ResponseMetadata", None);
                writer.text("RequestId", request_id);
                writer.close("ResponseMetadata");
            }
            writer.close(&root);
            writer.out.into()
        }
        (Protocol::Json, Some((reference, shape))) => json::write(model, reference, shape, output)?.to_string().into(),
        (Protocol::Json, None) => Bytes::from_static(b"{}"),
        (_, None) => Bytes::new(),
        (_, Some((reference, shape))) => {
            status = rest::write(model, shape, output, &mut headers).unwrap_or(status);
            match shape.payload_member() {
                Some((name, member)) => write_payload(model, name, member, output)?,
                None if model.protocol() == Protocol::RestJson => {
                    json::write(model, reference, shape, output)?.to_string().into()
                }
                None => write_xml(model, name, reference, shape, output)?,
            }
        }
    };
    let mut response = outgoing(model, status, body, request_id);
    response.headers_mut().extend(headers);
    Ok(response)
}

fn write_payload(
    model: &ServiceModel,
    name: &str,
    member: &crate::model::Reference,
    output: &Value,
) -> Result<Bytes, Malformed> {
    let Some(shape) = model.shape(&member.shape) else { return Ok(Bytes::new()) };
    match (shape.kind, output.get(name)) {
        (_, None | Some(Value::Null)) => Ok(Bytes::new()),
        (ShapeKind::Blob, Some(Value::String(text))) => {
            STANDARD.decode(text).map(Bytes::from).map_err(|_| Malformed(format!("{name} is no base64")))
        }
        (ShapeKind::String, Some(Value::String(text))) => Ok(text.clone().into()),
        (_, Some(value)) if model.protocol() == Protocol::RestXml => {
            let mut writer = xml::Writer::new(model);
            writer.element(member.wire_name(name), member, value)?;
            Ok(writer.out.into())
        }
        (_, Some(value)) => Ok(json::write(model, member, shape, value)?.to_string().into()),
    }
}

fn write_xml(
    model: &ServiceModel,
    operation: &str,
    reference: &crate::model::Reference,
    shape: &Shape,
    output: &Value,
) -> Result<Bytes, Malformed> {
    let in_body = shape.members.values().any(|member| member.location.is_none());
    if !in_body {
        return Ok(Bytes::new());
    }
    let mut writer = xml::Writer::new(model);
    let namespace = match &shape.xml_namespace {
        Some(XmlNamespace::Plain(uri) | XmlNamespace::Prefixed { uri, .. }) => Some(uri.as_str()),
        None if model.name == "s3" => Some(s3::NAMESPACE),
        None => model.metadata.xml_namespace.as_deref(),
    };
    // GetBucketLocation's only member is the root itself.
    if reference.shape == "GetBucketLocationOutput" {
        let region = output.get("LocationConstraint").and_then(Value::as_str).unwrap_or_default();
        writer.open("LocationConstraint", namespace);
        writer.out.push_str(&quick_xml::escape::escape(region));
        writer.close("LocationConstraint");
        return Ok(writer.out.into());
    }
    let own = shape.location_name.as_deref().unwrap_or(&reference.shape);
    let root = if model.name == "s3" { s3::root(operation).unwrap_or(own) } else { own };
    writer.open(root, namespace);
    writer.members(reference, shape, output)?;
    writer.close(root);
    Ok(writer.out.into())
}

/// A response with the headers that every response of a service has.
fn outgoing(model: &ServiceModel, status: u16, body: Bytes, request_id: &str) -> Response<Bytes> {
    let content = match model.protocol() {
        Protocol::Query | Protocol::Ec2 => "text/xml",
        Protocol::Json if model.metadata.json_version.as_deref() == Some("1.1") => "application/x-amz-json-1.1",
        Protocol::Json => "application/x-amz-json-1.0",
        Protocol::RestJson => "application/json",
        Protocol::RestXml => "application/xml",
    };
    let has_body = !body.is_empty();
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if has_body {
        headers.insert("content-type", HeaderValue::from_static(content));
    }
    if let Ok(value) = HeaderValue::try_from(request_id) {
        let name = if model.protocol() == Protocol::RestXml { "x-amz-request-id" } else { "x-amzn-requestid" };
        if model.protocol() == Protocol::RestXml {
            headers.insert("x-amz-id-2", value.clone());
        }
        headers.insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests;
