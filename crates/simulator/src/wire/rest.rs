//! What restJson1 and restXml put outside of the body: path, query and headers.

use super::{Incoming, Malformed, query, scalar};
use crate::model::{Location, Operation, Reference, ServiceModel, Shape, ShapeKind, TimestampFormat};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How well a request fits an operation: more of its own query parameters, then more literal text, then fewer labels.
type Fit = (usize, usize, usize);

/// An operation with the values of its path's labels.
pub(super) type Routed<'a> = (&'a str, &'a Operation, BTreeMap<String, String>);

/// Operations of S3 that share method and path with the ones that took their place; nobody calls them any more.
const SUPERSEDED: &[&str] =
    &["GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification"];

/// Finds the operation of a request.
pub(super) fn route<'a>(model: &'a ServiceModel, incoming: &Incoming<'_>, path: &str) -> Option<Routed<'a>> {
    let parameters = query::pairs(incoming.query);
    let mut best: Option<(Fit, Routed<'a>)> = None;
    for (name, operation) in &model.operations {
        let (template, constants) =
            operation.http.request_uri.split_once('?').unwrap_or((&operation.http.request_uri, ""));
        if operation.http.method != incoming.method || model.name == "s3" && SUPERSEDED.contains(&name.as_str()) {
            continue;
        }
        let constants = query::pairs(constants);
        let has = |(key, value): &(String, String)| {
            parameters.iter().any(|(given, text)| given == key && (value.is_empty() || text == value))
        };
        if !constants.iter().all(has) {
            continue;
        }
        let Some((labels, literal)) = match_path(template, path) else { continue };
        let required = required_elsewhere(model, operation);
        let met = required.iter().filter(|(location, name)| match location {
            Location::Querystring => parameters.iter().any(|(given, _)| given == name),
            _ => incoming.headers.contains_key(name),
        });
        let met = met.count();
        // S3 tells operations of one path apart by the parameters that they require; other services' validation speaks for itself.
        if model.name == "s3" && met < required.len() {
            continue;
        }
        let fit = (constants.len() * 2 + met, literal, usize::MAX - labels.len());
        if best.as_ref().is_none_or(|(known, _)| fit > *known) {
            best = Some((fit, (name, operation, labels)));
        }
    }
    best.map(|(_, found)| found)
}

/// The query parameters and headers that an input requires.
fn required_elsewhere(model: &ServiceModel, operation: &Operation) -> Vec<(Location, String)> {
    let Some(input) = model.input(operation) else { return Vec::new() };
    let members = input.required.iter().filter_map(|name| Some((name, input.members.get(name)?)));
    members
        .filter_map(|(name, member)| match member.location {
            Some(location @ (Location::Querystring | Location::Header)) => {
                Some((location, member.wire_name(name).to_owned()))
            }
            _ => None,
        })
        .collect()
}

/// The labels' values, and how many characters of the template are literal.
fn match_path(template: &str, path: &str) -> Option<(BTreeMap<String, String>, usize)> {
    let segments = |text: &str| -> Vec<String> { text.trim_start_matches('/').split('/').map(str::to_owned).collect() };
    let (mut template, mut path) = (segments(template.trim_end_matches('/')), segments(path));
    // A slash at the end means nothing, except inside of a key.
    let greedy = template.last().is_some_and(|last| last.ends_with("+}"));
    if !greedy && path.len() > 1 && path.last().is_some_and(String::is_empty) {
        path.pop();
    }
    if greedy && path.len() > template.len() {
        let rest = path.split_off(template.len() - 1);
        path.push(rest.join("/"));
    }
    if template.len() != path.len() {
        return None;
    }
    let (mut labels, mut literal) = (BTreeMap::new(), 0);
    for (expected, given) in template.drain(..).zip(path) {
        if let Some(label) = expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            if given.is_empty() {
                return None;
            }
            let value = percent_decode_str(&given).decode_utf8_lossy().into_owned();
            labels.insert(label.trim_end_matches('+').to_owned(), value);
        } else if expected == given {
            literal += expected.len();
        } else {
            return None;
        }
    }
    Some((labels, literal))
}

/// Reads the members that are not in the body.
pub(super) fn read(
    model: &ServiceModel,
    shape: &Shape,
    incoming: &Incoming<'_>,
    labels: &BTreeMap<String, String>,
    object: &mut Map<String, Value>,
) -> Result<(), Malformed> {
    let parameters = query::pairs(incoming.query);
    for (name, member) in &shape.members {
        let (Some(location), Some(target)) = (member.location, model.shape(&member.shape)) else { continue };
        let wire_name = member.wire_name(name);
        let value = match location {
            Location::Uri => labels.get(wire_name).map(|text| scalar::from_text(target, text)).transpose()?,
            Location::Querystring => from_query(model, target, wire_name, &parameters)?,
            Location::Header => match incoming.header(wire_name) {
                Some(text) => Some(from_header(model, target, text)?),
                None => None,
            },
            Location::Headers => {
                Some(prefixed(incoming.headers, wire_name)).filter(|map| !map.is_empty()).map(Value::Object)
            }
            Location::StatusCode => None,
        };
        if let Some(value) = value {
            object.insert(name.clone(), value);
        }
    }
    Ok(())
}

fn from_query(
    model: &ServiceModel,
    shape: &Shape,
    name: &str,
    parameters: &[(String, String)],
) -> Result<Option<Value>, Malformed> {
    let mut given = parameters.iter().filter(|(key, _)| key == name).map(|(_, text)| text);
    let element = |reference: Option<&Reference>| reference.and_then(|reference| model.shape(&reference.shape));
    match shape.kind {
        ShapeKind::List => {
            let Some(target) = element(shape.member.as_ref()) else { return Ok(None) };
            let values = given.map(|text| scalar::from_text(target, text)).collect::<Result<Vec<_>, _>>()?;
            Ok((!values.is_empty()).then_some(Value::Array(values)))
        }
        // A map takes every parameter.
        ShapeKind::Map => {
            let entries = parameters.iter().map(|(key, text)| (key.clone(), Value::String(text.clone())));
            Ok(Some(Value::Object(entries.collect())))
        }
        _ => given.next().map(|text| scalar::from_text(shape, text)).transpose(),
    }
}

fn from_header(model: &ServiceModel, shape: &Shape, text: &str) -> Result<Value, Malformed> {
    if shape.kind != ShapeKind::List {
        return scalar::from_text(shape, text);
    }
    let Some(target) = shape.member.as_ref().and_then(|member| model.shape(&member.shape)) else {
        return Ok(Value::Null);
    };
    text.split(',').map(|each| scalar::from_text(target, each.trim())).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn prefixed(headers: &HeaderMap, prefix: &str) -> Map<String, Value> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let start = name.as_str().get(..prefix.len())?;
            let rest = name.as_str().get(prefix.len()..)?;
            let value = Value::String(value.to_str().ok()?.to_owned());
            start.eq_ignore_ascii_case(prefix).then(|| (rest.to_owned(), value))
        })
        .collect()
}

/// Writes the members that are not in the body; tells the status code if a member holds it.
pub(super) fn write(model: &ServiceModel, shape: &Shape, output: &Value, headers: &mut HeaderMap) -> Option<u16> {
    let mut status = None;
    for (name, member) in &shape.members {
        let (Some(location), Some(value)) = (member.location, output.get(name)) else { continue };
        let Some(target) = model.shape(&member.shape) else { continue };
        let wire_name = member.wire_name(name);
        match (location, value) {
            (Location::StatusCode, Value::Number(code)) => {
                status = code.as_u64().and_then(|code| u16::try_from(code).ok())
            }
            (Location::Headers, Value::Object(entries)) => {
                for (key, value) in entries {
                    insert(headers, &format!("{wire_name}{key}"), value.as_str().unwrap_or_default());
                }
            }
            (Location::Header, Value::Array(elements)) => {
                let texts: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
                insert(headers, wire_name, &texts.join(", "));
            }
            (Location::Header, value) => {
                if let Some(text) = scalar::to_text(target, member, value, TimestampFormat::Rfc822) {
                    insert(headers, wire_name, &text);
                }
            }
            _ => {}
        }
    }
    status
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Models;

    fn routed(service: &str, method: &str, path: &str, query: &str, headers: &HeaderMap) -> Option<String> {
        let model = Models::embedded().service(service).unwrap();
        let incoming = Incoming { method, path, query, headers, body: b"" };
        route(model, &incoming, path).map(|(name, _, labels)| format!("{name} {labels:?}"))
    }

    #[test]
    fn operations_of_one_path_are_told_apart() {
        let none = HeaderMap::new();
        let copy =
            HeaderMap::from_iter([(HeaderName::from_static("x-amz-copy-source"), HeaderValue::from_static("/a/b"))]);
        let cases = [
            ("PUT", "/b", "", &none, r#"CreateBucket {"Bucket": "b"}"#),
            ("PUT", "/b/", "tagging=", &none, r#"PutBucketTagging {"Bucket": "b"}"#),
            ("GET", "/b", "list-type=2&prefix=x", &none, r#"ListObjectsV2 {"Bucket": "b"}"#),
            ("GET", "/b/a/k", "x-id=GetObject", &none, r#"GetObject {"Bucket": "b", "Key": "a/k"}"#),
            ("PUT", "/b/a/k%20x/", "", &none, r#"PutObject {"Bucket": "b", "Key": "a/k x/"}"#),
            ("PUT", "/b/k", "", &copy, r#"CopyObject {"Bucket": "b", "Key": "k"}"#),
            ("PUT", "/b/k", "partNumber=1&uploadId=u", &none, r#"UploadPart {"Bucket": "b", "Key": "k"}"#),
            ("GET", "/", "", &none, "ListBuckets {}"),
            ("PUT", "/b", "lifecycle", &none, r#"PutBucketLifecycleConfiguration {"Bucket": "b"}"#),
            ("GET", "/b", "notification", &none, r#"GetBucketNotificationConfiguration {"Bucket": "b"}"#),
            ("POST", "/b", "delete", &none, r#"DeleteObjects {"Bucket": "b"}"#),
        ];
        for (method, path, query, headers, expected) in cases {
            assert_eq!(
                routed("s3", method, path, query, headers).as_deref(),
                Some(expected),
                "{method} {path}?{query}"
            );
        }
    }

    #[test]
    fn labels_do_not_swallow_literals() {
        let none = HeaderMap::new();
        let found = routed("bedrock-agent", "GET", "/knowledgebases/K/datasources/D/", "", &none);
        assert_eq!(found.as_deref(), Some(r#"GetDataSource {"dataSourceId": "D", "knowledgeBaseId": "K"}"#));
        assert_eq!(routed("bedrock-agent", "GET", "/nothing/here", "", &none), None);
    }
}
