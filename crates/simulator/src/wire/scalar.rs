//! Scalars as text: in queries, headers, paths and XML.

use super::{Malformed, timestamp};
use crate::model::{Reference, Shape, ShapeKind, TimestampFormat};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Reads a scalar from text.
pub(super) fn from_text(shape: &Shape, text: &str) -> Result<Value, Malformed> {
    let wrong = |what: &str| Malformed(format!("'{}' is not {what}", text.chars().take(64).collect::<String>()));
    match shape.kind {
        ShapeKind::String | ShapeKind::Character => Ok(Value::String(text.to_owned())),
        ShapeKind::Boolean => match text {
            "true" | "True" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong("a boolean")),
        },
        ShapeKind::Integer | ShapeKind::Long => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| wrong("an integer"))
        }
        ShapeKind::Float | ShapeKind::Double | ShapeKind::BigDecimal => {
            let number = text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or_else(|| wrong("a number"))
        }
        ShapeKind::Blob => match STANDARD.decode(text.trim()) {
            Ok(_) => Ok(Value::String(text.trim().to_owned())),
            Err(_) => Err(wrong("base64")),
        },
        ShapeKind::Timestamp => timestamp::parse(text).ok_or_else(|| wrong("a timestamp")),
        ShapeKind::Structure | ShapeKind::List | ShapeKind::Map => Err(wrong("a structure")),
    }
}

/// Writes a scalar as text. Objects and lists have none.
pub(super) fn to_text(shape: &Shape, reference: &Reference, value: &Value, default: TimestampFormat) -> Option<String> {
    match value {
        Value::String(text) if shape.kind == ShapeKind::Timestamp => {
            let kind = reference.timestamp_format.or(shape.timestamp_format).unwrap_or(default);
            timestamp::format(text, kind).map(|value| plain(&value))
        }
        Value::String(_) | Value::Bool(_) | Value::Number(_) => Some(plain(value)),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
