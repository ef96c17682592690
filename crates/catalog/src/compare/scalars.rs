//! How texts, numbers and booleans compare.

use super::{At, Comparison};
use crate::node::{Kind, Node};
use charter_model::Value;

impl Comparison<'_> {
    pub(super) fn is_same_scalar(&self, at: At<'_>, before: &Value, after: &Value) -> bool {
        match (before, after) {
            _ if before == after => true,
            (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
            (Value::String(text), Value::Number(number)) | (Value::Number(number), Value::String(text)) => {
                **text == *number.to_string() || text.parse::<f64>().is_ok_and(|parsed| Some(parsed) == number.as_f64())
            }
            (Value::String(text), Value::Bool(value)) | (Value::Bool(value), Value::String(text)) => {
                **text == *value.to_string()
            }
            (Value::String(left), Value::String(right)) => self.is_same_text(at, left, right),
            _ => false,
        }
    }

    fn is_same_text(&self, at: At<'_>, left: &str, right: &str) -> bool {
        if at.places.is_some_and(|places| places.transforms.iter().any(|transform| transform.relates(left, right))) {
            return true;
        }
        let facets: Vec<&Node> = at.id.map(|id| self.schema.arena.facets(id)).unwrap_or_default();
        let has_format = |prefix: &str| {
            facets.iter().any(|node| node.format.as_deref().is_some_and(|format| format.starts_with(prefix)))
        };
        let has_kind = |kind| facets.iter().any(|node| node.kinds.contains(kind));
        if facets.iter().any(|node| !node.allowed_in_any_case.is_empty()) && left.eq_ignore_ascii_case(right) {
            return true;
        }
        if has_kind(Kind::Number) || has_kind(Kind::Integer) {
            let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
            if let (Some(left), Some(right)) = (number(left), number(right)) {
                return left == right;
            }
        }
        has_format("AWS::KMS::Key.") && is_same_key(left, right)
            || has_format("date-time") && plain_time(left) == plain_time(right)
    }
}

/// A KMS key's id and its ARN. Ids are UUIDs (multi-Region keys: `mrk-` and 32 digits), so equal ids are the same key.
fn is_same_key(left: &str, right: &str) -> bool {
    let leads = |id: &str, arn: &str| {
        let unique = id.starts_with("mrk-") || id.len() == 36;
        unique && arn.starts_with("arn:") && arn.rsplit_once(":key/").is_some_and(|(_, end)| end == id)
    };
    leads(left, right) || leads(right, left)
}

/// A time without what is written in several ways: a fraction of zero, the zone UTC.
fn plain_time(text: &str) -> String {
    let text = text.replace("+00:00", "Z").replace("+0000", "Z");
    match text.split_once('.') {
        Some((start, rest)) => {
            let fraction: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let end = rest.get(fraction.len()..).unwrap_or_default();
            match fraction.trim_end_matches('0') {
                "" => format!("{start}{end}"),
                fraction => format!("{start}.{fraction}{end}"),
            }
        }
        None => text,
    }
}
