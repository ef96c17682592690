//! The smallest language that is enough: `${name.Member.Member}`, alone or inside text, and `secret://env/NAME`.

use charter_model::{
    Address, Binding, EvaluationError, Evaluator, Expression, Scope, SecretReference, StackName, Template, Value,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Reads a template. A name is a resource of the stack; `stack/name` one of another.
pub(crate) fn template(json: &Json, stack: &StackName) -> Template {
    match json {
        Json::String(text) => text_template(text, stack),
        Json::Array(list) => {
            let parts: Vec<Template> = list.iter().map(|part| template(part, stack)).collect();
            if parts.iter().all(|part| part.as_value().is_some()) {
                Template::Value(json.clone().into())
            } else {
                Template::List(parts)
            }
        }
        Json::Object(map) => {
            let parts: BTreeMap<_, _> =
                map.iter().map(|(key, part)| (key.as_str().into(), template(part, stack))).collect();
            if parts.values().all(|part| part.as_value().is_some()) {
                Template::Value(json.clone().into())
            } else {
                Template::Map(parts)
            }
        }
        other => Template::Value(other.clone().into()),
    }
}

fn text_template(text: &str, stack: &StackName) -> Template {
    if let Some(name) = text.strip_prefix("secret://env/") {
        return Template::Secret(SecretReference::Environment { name: name.into() });
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (expression, after) = after.split_once('}').unwrap();
        if !before.is_empty() {
            parts.push(Template::Value(before.into()));
        }
        parts.push(path(expression, stack));
        rest = after;
    }
    if parts.is_empty() {
        return Template::Value(text.into());
    }
    if parts.len() == 1 && rest.is_empty() && text.starts_with("${") {
        return parts.remove(0);
    }
    if !rest.is_empty() {
        parts.push(Template::Value(rest.into()));
    }
    Template::Interpolation(parts)
}

fn path(text: &str, stack: &StackName) -> Template {
    let name = text.split('.').next().unwrap();
    let address: Address = match name.contains('/') {
        true => name.parse().unwrap(),
        false => Address::new(stack.clone(), name).unwrap(),
    };
    Template::Expression(Expression {
        text: text.into(),
        bindings: BTreeMap::from([(name.into(), Binding::Resource(address))]),
        span: None,
    })
}

pub(crate) struct Paths;

impl Evaluator for Paths {
    fn evaluate(&self, template: &Template, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        Ok(match template {
            Template::Value(value) => value.clone(),
            Template::List(parts) => {
                Value::List(parts.iter().map(|part| self.evaluate(part, scope)).collect::<Result<_, _>>()?)
            }
            Template::Map(map) => Value::Map(
                map.iter()
                    .map(|(key, part)| Ok((key.clone(), self.evaluate(part, scope)?)))
                    .collect::<Result<_, _>>()?,
            ),
            Template::Secret(reference) => scope.secret(reference),
            Template::Interpolation(parts) => {
                let mut text = String::new();
                for part in parts {
                    match self.evaluate(part, scope)? {
                        Value::String(part) => text.push_str(&part),
                        Value::Number(number) => text.push_str(&number.to_string()),
                        unknown @ Value::Unknown(_) => return Ok(unknown),
                        _ => return Err(failed(&text, "a part is no text")),
                    }
                }
                Value::from(text.as_str())
            }
            Template::Expression(expression) => {
                let Some(Binding::Resource(address)) = expression.bindings.values().next() else {
                    return Err(failed(&expression.text, "no such name"));
                };
                let mut value = scope.resource(address);
                for member in expression.text.split('.').skip(1) {
                    value = match value {
                        Value::Map(map) => match map.get(member) {
                            Some(value) => value.clone(),
                            None => return Err(failed(&expression.text, &format!("there is no {member}"))),
                        },
                        unknown @ Value::Unknown(_) => return Ok(unknown),
                        _ => return Err(failed(&expression.text, "not a map")),
                    };
                }
                value
            }
        })
    }
}

fn failed(expression: &str, reason: &str) -> EvaluationError {
    EvaluationError { expression: expression.to_owned(), reason: reason.to_owned(), span: None }
}
