//! Errors, as each protocol writes them.

use super::{Malformed, json, outgoing};
use crate::model::{Operation, Protocol, Reference, ServiceModel, Shape};
use crate::service::ServiceError;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use quick_xml::escape::escape;
use serde_json::{Map, Value};

/// Writes an error.
pub(crate) fn write(
    model: &ServiceModel,
    operation: Option<&Operation>,
    error: &ServiceError,
    request_id: &str,
    method: &str,
) -> Response<Bytes> {
    let modelled = model.error(operation, &error.code);
    let shape = modelled.map(|(_, shape)| shape);
    let traits = shape.and_then(|shape| shape.error.clone()).unwrap_or_default();
    let server_fault = shape.is_some_and(|shape| shape.fault);
    let status = error.status.or(traits.http_status_code).unwrap_or(if server_fault { 500 } else { 400 });
    let code = match modelled {
        // The JSON protocols name the shape; the others the code that it has there.
        Some((name, _)) if matches!(model.protocol(), Protocol::Json | Protocol::RestJson) => name,
        _ => traits.code.as_deref().unwrap_or(&error.code),
    };
    let kind = if status >= 500 { "Receiver" } else { "Sender" };
    let text = match model.protocol() {
        Protocol::Query => {
            let namespace = model.metadata.xml_namespace.as_deref().unwrap_or_default();
            format!(
                "<ErrorResponse xmlns=\"{}\"><Error><Type>{kind}</Type>{}</Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                escape(namespace),
                xml_members(code, error),
            )
        }
        Protocol::Ec2 => format!(
            "<Response><Errors><Error>{}</Error></Errors><RequestID>{request_id}</RequestID></Response>",
            xml_members(code, error)
        ),
        // A response to HEAD has no body.
        Protocol::RestXml if method == "HEAD" => String::new(),
        Protocol::RestXml => format!(
            "<Error>{}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>",
            xml_members(code, error)
        ),
        Protocol::Json | Protocol::RestJson => json_body(model, modelled, code, error).to_string(),
    };
    let mut response = outgoing(model, status, text.into(), request_id);
    let headers = response.headers_mut();
    if model.protocol() == Protocol::RestJson
        && let Ok(value) = HeaderValue::try_from(code)
    {
        headers.insert("x-amzn-errortype", value);
    }
    if model.metadata.aws_query_compatible.is_some() {
        let older = traits.code.as_deref().unwrap_or(&error.code);
        if let Ok(value) = HeaderValue::try_from(format!("{older};{kind}")) {
            headers.insert("x-amzn-query-error", value);
        }
    }
    for (name, value) in &error.headers {
        if let Ok(value) = HeaderValue::try_from(value.as_str()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn xml_members(code: &str, error: &ServiceError) -> String {
    let mut text = format!("<Code>{}</Code><Message>{}</Message>", escape(code), escape(error.message.as_str()));
    for (name, value) in &error.members {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.push_str(&format!("<{name}>{}</{name}>", escape(plain)));
    }
    text
}

fn json_body(model: &ServiceModel, modelled: Option<(&str, &Shape)>, code: &str, error: &ServiceError) -> Value {
    let mut body = Map::new();
    if model.protocol() == Protocol::Json {
        body.insert("__type".to_owned(), Value::String(code.to_owned()));
    }
    let message = modelled
        .and_then(|(_, shape)| shape.members.keys().find(|name| name.eq_ignore_ascii_case("message")).cloned())
        .unwrap_or_else(|| "message".to_owned());
    body.insert(message, Value::String(error.message.clone()));
    if let Some((name, shape)) = modelled {
        let reference = Reference { shape: name.to_owned(), ..Reference::default() };
        let members: Result<Value, Malformed> =
            json::write(model, &reference, shape, &Value::Object(error.members.clone()));
        match members {
            Ok(Value::Object(members)) => body.extend(members),
            _ => tracing::error!(service = model.name, code, "the members of an error are not those of its shape"),
        }
    }
    Value::Object(body)
}

/// How a service says something that every service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Common {
    /// There is no signature.
    Unsigned,
    /// There is something that is no signature.
    IncompleteSignature,
    /// The access key is not known.
    UnknownKey,
    /// The signature is not that of the key's secret.
    WrongSignature,
    /// The session is over.
    ExpiredToken,
    /// The session token is not that of the key.
    WrongToken,
    /// Too many calls.
    Throttled,
    /// Something broke in AWS.
    ServerError,
    /// There is no such operation.
    UnknownOperation,
    /// The request cannot be read.
    Unreadable,
}

/// An error in the words of a service's protocol.
///
/// Source: "Common errors" in the API reference of IAM, Amazon EC2, Amazon S3, and of services that speak JSON.
pub(crate) fn common(model: &ServiceModel, what: Common, message: impl Into<String>) -> ServiceError {
    let protocol = model.protocol();
    let (code, status) = match (what, protocol) {
        (Common::Unsigned, Protocol::RestXml) => ("AccessDenied", 403),
        (Common::Unsigned, Protocol::Query) => ("MissingAuthenticationToken", 403),
        (Common::Unsigned, Protocol::Ec2) => ("MissingAuthenticationToken", 401),
        (Common::Unsigned, Protocol::Json) => ("MissingAuthenticationTokenException", 400),
        (Common::Unsigned, Protocol::RestJson) => ("MissingAuthenticationTokenException", 403),
        (Common::IncompleteSignature, Protocol::RestXml) => ("AuthorizationHeaderMalformed", 400),
        (Common::IncompleteSignature, Protocol::Query | Protocol::Ec2) => ("IncompleteSignature", 400),
        (Common::IncompleteSignature, _) => ("IncompleteSignatureException", 400),
        (Common::UnknownKey, Protocol::RestXml) => ("InvalidAccessKeyId", 403),
        (Common::UnknownKey, Protocol::Query) => ("InvalidClientTokenId", 403),
        (Common::UnknownKey, Protocol::Ec2) => ("AuthFailure", 401),
        (Common::UnknownKey, Protocol::Json) => ("UnrecognizedClientException", 400),
        (Common::UnknownKey, Protocol::RestJson) => ("UnrecognizedClientException", 403),
        (Common::WrongSignature, Protocol::RestXml | Protocol::Query) => ("SignatureDoesNotMatch", 403),
        (Common::WrongSignature, Protocol::Ec2) => ("AuthFailure", 401),
        (Common::WrongSignature, Protocol::Json) => ("InvalidSignatureException", 400),
        (Common::WrongSignature, Protocol::RestJson) => ("InvalidSignatureException", 403),
        (Common::ExpiredToken, Protocol::RestXml) => ("ExpiredToken", 400),
        (Common::ExpiredToken, Protocol::Query) => ("ExpiredToken", 403),
        (Common::ExpiredToken, Protocol::Ec2) => ("RequestExpired", 400),
        (Common::ExpiredToken, Protocol::Json) => ("ExpiredTokenException", 400),
        (Common::ExpiredToken, Protocol::RestJson) => ("ExpiredTokenException", 403),
        (Common::WrongToken, Protocol::RestXml) => ("InvalidToken", 400),
        (Common::WrongToken, Protocol::Query) => ("InvalidClientTokenId", 403),
        (Common::WrongToken, Protocol::Ec2) => ("AuthFailure", 401),
        (Common::WrongToken, Protocol::Json) => ("UnrecognizedClientException", 400),
        (Common::WrongToken, Protocol::RestJson) => ("UnrecognizedClientException", 403),
        (Common::Throttled, Protocol::RestXml) => ("SlowDown", 503),
        (Common::Throttled, Protocol::Query) => ("Throttling", 400),
        (Common::Throttled, Protocol::Ec2) => ("RequestLimitExceeded", 503),
        (Common::Throttled, Protocol::Json) => ("ThrottlingException", 400),
        (Common::Throttled, Protocol::RestJson) => ("ThrottlingException", 429),
        (Common::ServerError, Protocol::RestXml | Protocol::Ec2) => ("InternalError", 500),
        (Common::ServerError, Protocol::Query) => ("InternalFailure", 500),
        (Common::ServerError, _) => ("InternalServerException", 500),
        (Common::UnknownOperation, Protocol::RestXml) => ("MethodNotAllowed", 405),
        (Common::UnknownOperation, Protocol::Query | Protocol::Ec2) => ("InvalidAction", 400),
        (Common::UnknownOperation, Protocol::Json) => ("UnknownOperationException", 400),
        (Common::UnknownOperation, Protocol::RestJson) => ("UnknownOperationException", 404),
        (Common::Unreadable, Protocol::RestXml) => ("MalformedXML", 400),
        (Common::Unreadable, Protocol::Query | Protocol::Ec2) => ("MalformedInput", 400),
        (Common::Unreadable, _) => ("SerializationException", 400),
    };
    ServiceError::new(code, message).with_status(status)
}

/// The code with which a service refuses what its model does not allow.
pub(crate) fn validation_code(model: &ServiceModel) -> &'static str {
    match (model.protocol(), model.name.as_str()) {
        (Protocol::Query, "rds") => "InvalidParameterValue",
        (Protocol::Query, "sns") => "InvalidParameter",
        (Protocol::Query, _) => "ValidationError",
        (Protocol::Ec2, _) => "InvalidParameterValue",
        (Protocol::RestXml, _) => "InvalidArgument",
        // AWS's own: what fails against the model is refused before the service is reached, under this name, whether or not
        // the service's model has it. A few map it to theirs.
        (_, "lambda") => "InvalidParameterValueException",
        (_, "organizations") => "InvalidInputException",
        _ => "ValidationException",
    }
}
