//! Values for a reader: short, in one line, never a secret.

use charter_model::Value;

/// Longer texts are cut in the middle of a table, never in data.
const LONGEST: usize = 72;

/// A value in one line: JSON with the markers of unknown and secret values spelled out.
pub(crate) fn inline(value: &Value) -> String {
    shorten(&full(value))
}

/// The same, not cut.
pub(crate) fn full(value: &Value) -> String {
    match value {
        Value::Unknown(unknown) => format!("(known {})", unknown.reason),
        Value::Secret(_) => "(secret)".to_owned(),
        Value::List(list) => format!("[{}]", list.iter().map(full).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let members: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", full(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_json().to_string(),
    }
}

/// For an output: a text bare, everything else as JSON.
pub(crate) fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => full(other),
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST - 1).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_model::{Secret, Unknown};

    #[test]
    fn a_value_reads_in_one_line_and_keeps_its_secrets() {
        let value: Value = serde_json::json!({"Name": "a", "Sizes": [1, 2.5]}).into();
        assert_eq!(inline(&value), r#"{Name: "a", Sizes: [1, 2.5]}"#);
        assert_eq!(inline(&Value::Secret(Secret::new("hunter2".into(), "s"))), "(secret)");
        assert_eq!(inline(&Value::Unknown(Unknown::new("after s/a is created"))), "(known after s/a is created)");
        assert!(inline(&Value::from("x".repeat(200).as_str())).chars().count() <= LONGEST);
    }
}
