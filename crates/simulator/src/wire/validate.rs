//! What AWS refuses by its models before a service sees the input, in AWS's words.

use crate::model::{ServiceModel, Shape, ShapeKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// AWS stops counting.
const MOST: usize = 10;

/// Longest lengths that the model states and the service does not hold: the ARN of a secret that RDS manages
/// (`rds!cluster-` and a UUID) is longer than the hundred characters that the Data API's model allows, and works.
const NOT_HELD: &[(&str, &str)] = &[("rds-data", "resourceArn"), ("rds-data", "secretArn")];

/// Patterns that the model states and the service does not hold: those of prompt routers match only the routers of AWS
/// (`default-prompt-router/`), while what accounts make are `prompt-router/` (Service Authorization Reference, "Resource types
/// defined by Amazon Bedrock"; so also the registry's schema of AWS::Bedrock::IntelligentPromptRouter). Those of what has tags among
/// Bedrock's building blocks say `/d` for a digit.
const NOT_MATCHED: &[(&str, &str)] = &[("bedrock", "promptRouterArn"), ("bedrock-agent", "resourceArn")];

/// What an input breaks, as AWS says it: one text for each.
pub(super) fn validate(model: &ServiceModel, shape: &Shape, input: &Value) -> Vec<String> {
    let mut validation = Validation { model, failures: Vec::new() };
    validation.structure(shape, input, "");
    validation.failures.truncate(MOST);
    validation.failures
}

/// All failures in one message, as the services that speak JSON write it.
pub(super) fn message(failures: &[String]) -> String {
    let (errors, count) = if failures.len() == 1 { ("error", 1) } else { ("errors", failures.len()) };
    format!("{count} validation {errors} detected: {}", failures.join("; "))
}

struct Validation<'a> {
    model: &'a ServiceModel,
    failures: Vec<String>,
}

impl Validation<'_> {
    fn structure(&mut self, shape: &Shape, value: &Value, path: &str) {
        for name in &shape.required {
            if value.get(name).is_none_or(Value::is_null) {
                self.fail("null", &below(path, name), "Member must not be null");
            }
        }
        for (name, member) in &shape.members {
            let (Some(value), Some(target)) = (value.get(name), self.model.shape(&member.shape)) else { continue };
            if !value.is_null() {
                self.value(target, value, &below(path, name));
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) {
        match (shape.kind, value) {
            (ShapeKind::Structure, Value::Object(_)) if !shape.document => self.structure(shape, value, path),
            (ShapeKind::List, Value::Array(elements)) => {
                self.size(shape, elements.len(), "[]", path);
                let Some(target) = shape.member.as_ref().and_then(|member| self.model.shape(&member.shape)) else {
                    return;
                };
                for (place, element) in elements.iter().enumerate() {
                    self.value(target, element, &format!("{path}.{}.member", place + 1));
                }
            }
            (ShapeKind::Map, Value::Object(entries)) => {
                self.size(shape, entries.len(), "{}", path);
                let Some(target) = shape.value.as_ref().and_then(|value| self.model.shape(&value.shape)) else {
                    return;
                };
                for (key, value) in entries {
                    self.value(target, value, &format!("{path}.{key}.member"));
                }
            }
            (ShapeKind::Blob, Value::String(text)) => {
                self.size(shape, STANDARD.decode(text).map_or(0, |bytes| bytes.len()), "blob", path);
            }
            (_, Value::String(text)) => self.text(shape, text, path),
            (_, Value::Number(number)) => {
                let shown = number.to_string();
                let number = number.as_f64().unwrap_or_default();
                if let Some(min) = shape.min.filter(|min| number < *min) {
                    self.fail(&quoted(&shown), path, &format!("Member must have value greater than or equal to {min}"));
                }
                if let Some(max) = shape.max.filter(|max| number > *max) {
                    self.fail(&quoted(&shown), path, &format!("Member must have value less than or equal to {max}"));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, shape: &Shape, text: &str, path: &str) {
        if shape.kind == ShapeKind::Timestamp {
            return;
        }
        self.size(shape, text.chars().count(), text, path);
        if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
            let values = shape.values.join(", ");
            self.fail(&quoted(text), path, &format!("Member must satisfy enum value set: [{values}]"));
        }
        if let Some(pattern) = &shape.pattern
            && !NOT_MATCHED.contains(&(self.model.name.as_str(), path))
            && let Some(compiled) = self.model.pattern(pattern)
            // A pattern that runs out of its budget passes: it says nothing.
            && !compiled.is_match(text).unwrap_or(true)
        {
            self.fail(&quoted(text), path, &format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }

    fn size(&mut self, shape: &Shape, size: usize, shown: &str, path: &str) {
        if let Some(min) = shape.min.filter(|min| (size as f64) < *min) {
            self.fail(&quoted(shown), path, &format!("Member must have length greater than or equal to {min}"));
        }
        let held = |max: &f64| size as f64 > *max && !NOT_HELD.contains(&(self.model.name.as_str(), path));
        if let Some(max) = shape.max.filter(held) {
            self.fail(&quoted(shown), path, &format!("Member must have length less than or equal to {max}"));
        }
    }

    fn fail(&mut self, value: &str, path: &str, constraint: &str) {
        self.failures.push(format!("Value {value} at '{path}' failed to satisfy constraint: {constraint}"));
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.chars().take(256).collect::<String>())
}

/// AWS writes members with a small first letter here, whatever their name is.
fn below(path: &str, name: &str) -> String {
    let mut letters = name.chars();
    let name =
        letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str());
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Models;
    use serde_json::json;

    #[test]
    fn every_kind_of_constraint_is_held() {
        let kendra = Models::embedded().service("kendra").unwrap();
        let shape = kendra.shape("CreateIndexRequest").unwrap();
        let input = json!({
            "Name": "", "Edition": "SMALL", "Description": "fine",
            "Tags": [{"Key": "a", "Value": "b"}, {"Key": ""}],
        });
        insta::assert_snapshot!(validate(kendra, shape, &input).join("\n"), @r"
        Value null at 'roleArn' failed to satisfy constraint: Member must not be null
        Value 'SMALL' at 'edition' failed to satisfy constraint: Member must satisfy enum value set: [DEVELOPER_EDITION, ENTERPRISE_EDITION, GEN_AI_ENTERPRISE_EDITION]
        Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1
        Value '' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9][a-zA-Z0-9_-]*
        Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null
        Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1
        ");
    }

    #[test]
    fn what_the_model_allows_passes() {
        let kendra = Models::embedded().service("kendra").unwrap();
        let shape = kendra.shape("CreateIndexRequest").unwrap();
        let input = json!({"Name": "products", "RoleArn": "arn:aws:iam::111111111111:role/Kendra"});
        assert_eq!(validate(kendra, shape, &input), Vec::<String>::new());
    }
}
