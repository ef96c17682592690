//! The words of violations: how values and choices are shown.

use crate::node::{Kind, Kinds};
use charter_model::Value;
use std::fmt;

/// Longer values are cut when shown.
const LONGEST_SHOWN: usize = 60;

/// A value as a message shows it: never a secret one, never in full length.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) value: &'a Value,
    pub(super) hidden: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hidden || self.value.has_secret() {
            return formatter.write_str("the value given");
        }
        let text = self.value.to_json().to_string();
        match text.char_indices().nth(LONGEST_SHOWN) {
            Some((end, _)) => write!(formatter, "{}…", text.get(..end).unwrap_or(&text)),
            None => formatter.write_str(&text),
        }
    }
}

/// What kind of value it is, with the article; short ones as they are.
pub(super) fn kind_of(shown: Shown<'_>) -> String {
    let phrase = match shown.value {
        Value::Null => "null",
        Value::Bool(_) | Value::Number(_) if !shown.hidden => return shown.to_string(),
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Unknown(_) => "not known yet",
        Value::Secret(_) => "a secret",
    };
    phrase.to_owned()
}

/// How to write a value so that it is of the expected kind.
pub(super) fn kind_help(kinds: Kinds, shown: Shown<'_>) -> Option<String> {
    let number = kinds.contains(Kind::Number) || kinds.contains(Kind::Integer);
    match shown.value {
        Value::String(text) if number && text.parse::<f64>().is_ok() && !shown.hidden => {
            Some(format!("write it without quotes: {text}"))
        }
        Value::String(text) if kinds.contains(Kind::Boolean) && matches!(&**text, "true" | "false") => {
            Some(format!("write it without quotes: {text}"))
        }
        Value::Number(_) | Value::Bool(_) if kinds.contains(Kind::String) && !shown.hidden => {
            Some(format!("write it in quotes: \"{shown}\""))
        }
        Value::List(list) if list.len() == 1 && !kinds.contains(Kind::Array) => {
            Some("write the only element without the list".to_owned())
        }
        Value::Number(_) if kinds.contains(Kind::Integer) => Some("write it without a fraction".to_owned()),
        Value::List(_) => None,
        _ if kinds.contains(Kind::Array) => {
            Some("write it as an element of a list, also if it is the only one".to_owned())
        }
        _ => None,
    }
}

/// `a, b or c`
pub(super) fn join(parts: impl IntoIterator<Item = impl fmt::Display>, last: &str) -> String {
    let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
    match parts.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}

/// The first `most` of them, and how many more there are.
pub(super) fn listed<'a>(parts: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let parts: Vec<&str> = parts.into_iter().collect();
    match parts.get(..most) {
        Some(first) if parts.len() > most => format!("{} and {} more", first.join(", "), parts.len() - most),
        _ => parts.join(", "),
    }
}

/// Whether a value of a schema (an allowed one) is the value; numbers by what they stand for.
pub(super) fn is_value(schema: &serde_json::Value, value: &Value) -> bool {
    match (schema, value) {
        (serde_json::Value::String(left), Value::String(right)) => **left == **right,
        (serde_json::Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (serde_json::Value::Bool(left), Value::Bool(right)) => left == right,
        // A few schemas list numbers as texts, or texts as numbers, where both are taken.
        (serde_json::Value::String(left), Value::Number(right)) => *left == right.to_string(),
        (serde_json::Value::Number(left), Value::String(right)) => left.to_string() == **right,
        (serde_json::Value::String(left), Value::Bool(right)) => *left == right.to_string(),
        (serde_json::Value::Bool(left), Value::String(right)) => left.to_string() == **right,
        (serde_json::Value::Null, Value::Null) => true,
        _ => false,
    }
}
