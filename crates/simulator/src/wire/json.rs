//! JSON bodies, of awsJson and restJson1.

use super::{Malformed, timestamp};
use crate::model::{Reference, ServiceModel, Shape, ShapeKind, TimestampFormat};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Reads a body by its shape. What the shape does not know is passed over, as AWS does; `null` is nothing.
pub(super) fn read(model: &ServiceModel, shape: &Shape, json: &Value) -> Result<Value, Malformed> {
    match (shape.kind, json) {
        (_, Value::Null) => Ok(Value::Null),
        (ShapeKind::Structure, json) if shape.document => Ok(json.clone()),
        (ShapeKind::Structure, Value::Object(members)) => {
            let mut object = Map::new();
            // Members in a header, the path or the query are not read from the body.
            for (name, member) in shape.members.iter().filter(|(_, member)| member.location.is_none()) {
                let Some(value) = members.get(member.wire_name(name)).filter(|value| !value.is_null()) else {
                    continue;
                };
                let Some(target) = model.shape(&member.shape) else { continue };
                object.insert(name.clone(), read(model, target, value)?);
            }
            Ok(Value::Object(object))
        }
        (ShapeKind::List, Value::Array(elements)) => {
            let Some(target) = element(model, shape.member.as_ref()) else { return Ok(Value::Null) };
            elements.iter().map(|each| read(model, target, each)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (ShapeKind::Map, Value::Object(entries)) => {
            let Some(target) = element(model, shape.value.as_ref()) else { return Ok(Value::Null) };
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), read(model, target, value)?)));
            entries.collect::<Result<Map<_, _>, Malformed>>().map(Value::Object)
        }
        (ShapeKind::String | ShapeKind::Character, Value::String(_)) | (ShapeKind::Boolean, Value::Bool(_)) => {
            Ok(json.clone())
        }
        (ShapeKind::Blob, Value::String(text)) if STANDARD.decode(text).is_ok() => Ok(json.clone()),
        (ShapeKind::Integer | ShapeKind::Long, Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(whole.into()),
            (None, Some(fraction)) if fraction.fract() == 0.0 && fraction.abs() < 9e15 => Ok((fraction as i64).into()),
            _ => Err(mismatch(shape, json)),
        },
        (ShapeKind::Float | ShapeKind::Double | ShapeKind::BigDecimal, Value::Number(_)) => Ok(json.clone()),
        (ShapeKind::Timestamp, Value::Number(number)) => {
            let moment = number.as_f64().and_then(timestamp::from_seconds);
            moment.map(|moment| Value::String(moment.to_string())).ok_or_else(|| mismatch(shape, json))
        }
        (ShapeKind::Timestamp, Value::String(text)) => timestamp::parse(text).ok_or_else(|| mismatch(shape, json)),
        _ => Err(mismatch(shape, json)),
    }
}

fn mismatch(shape: &Shape, json: &Value) -> Malformed {
    let found = match json {
        Value::Null => "NULL",
        Value::Bool(_) => "TRUE_VALUE or FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    Malformed(format!("{found} can not be converted to {:?}", shape.kind))
}

fn element<'a>(model: &'a ServiceModel, reference: Option<&Reference>) -> Option<&'a Shape> {
    model.shape(&reference?.shape)
}

/// Writes a value by its shape. Members in headers or the status are left out. An unknown member is a defect of the behaviour
/// that answered, and told as such.
pub(super) fn write(
    model: &ServiceModel,
    reference: &Reference,
    shape: &Shape,
    value: &Value,
) -> Result<Value, Malformed> {
    match (shape.kind, value) {
        (ShapeKind::Structure, Value::Object(members)) if !shape.document => {
            let mut object = Map::new();
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                let member = shape
                    .members
                    .get(name)
                    .ok_or_else(|| Malformed(format!("{} has no member {name}", reference.shape)))?;
                if member.location.is_some() {
                    continue;
                }
                let Some(target) = model.shape(&member.shape) else { continue };
                object.insert(member.wire_name(name).to_owned(), write(model, member, target, value)?);
            }
            Ok(Value::Object(object))
        }
        (ShapeKind::List, Value::Array(elements)) => {
            let Some((member, target)) = both(model, shape.member.as_ref()) else { return Ok(Value::Null) };
            elements
                .iter()
                .map(|each| write(model, member, target, each))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array)
        }
        (ShapeKind::Map, Value::Object(entries)) => {
            let Some((member, target)) = both(model, shape.value.as_ref()) else { return Ok(Value::Null) };
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), write(model, member, target, value)?)));
            entries.collect::<Result<Map<_, _>, Malformed>>().map(Value::Object)
        }
        (ShapeKind::Timestamp, Value::String(text)) => {
            let format =
                reference.timestamp_format.or(shape.timestamp_format).unwrap_or(TimestampFormat::UnixTimestamp);
            timestamp::format(text, format).ok_or_else(|| mismatch(shape, value))
        }
        (ShapeKind::String | ShapeKind::Character | ShapeKind::Blob, Value::String(_))
        | (ShapeKind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (_, Value::Number(_)) if shape.is_number() => Ok(value.clone()),
        _ if shape.document => Ok(value.clone()),
        _ => Err(Malformed(format!("a {:?} of {} is written as {value}", shape.kind, reference.shape))),
    }
}

fn both<'a>(model: &'a ServiceModel, reference: Option<&'a Reference>) -> Option<(&'a Reference, &'a Shape)> {
    let reference = reference?;
    Some((reference, model.shape(&reference.shape)?))
}
