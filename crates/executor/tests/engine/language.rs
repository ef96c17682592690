//! A language of one expression, `${name.Member}`, enough to have references.

use charter_model::{
    Address, Binding, EvaluationError, Evaluator, Expression, Scope, SecretReference, Template, Value,
};
use std::collections::BTreeMap;

/// Reads properties written as JSON; every text that is `${name.Member}` or `secret://env/NAME` is one.
pub(crate) fn template(json: &serde_json::Value) -> Template {
    match json {
        serde_json::Value::String(text) => {
            if let Some(name) = text.strip_prefix("secret://env/") {
                return Template::Secret(SecretReference::Environment { name: name.into() });
            }
            match text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
                Some(path) => expression(path),
                None => Template::Value(text.as_str().into()),
            }
        }
        serde_json::Value::Object(map) => {
            Template::Map(map.iter().map(|(key, value)| (key.as_str().into(), template(value))).collect())
        }
        other => Template::Value(other.clone().into()),
    }
}

fn expression(path: &str) -> Template {
    let name = path.split('.').next().unwrap();
    let address: Address = format!("shop/{name}").parse().unwrap();
    let bindings = BTreeMap::from([(name.into(), Binding::Resource(address))]);
    Template::Expression(Expression { text: path.into(), bindings, span: None })
}

pub(crate) struct Paths;

impl Evaluator for Paths {
    fn evaluate(&self, template: &Template, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        match template {
            Template::Value(value) => Ok(value.clone()),
            Template::Secret(reference) => Ok(scope.secret(reference)),
            Template::Map(map) => map
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.evaluate(value, scope)?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
            Template::List(list) | Template::Interpolation(list) => {
                list.iter().map(|part| self.evaluate(part, scope)).collect::<Result<_, _>>().map(Value::List)
            }
            Template::Expression(expression) => {
                let Some(Binding::Resource(address)) = expression.bindings.values().next() else {
                    panic!("one resource")
                };
                let member = expression.text.split('.').nth(1).unwrap();
                match scope.resource(address) {
                    Value::Map(map) => map.get(member).cloned().ok_or_else(|| EvaluationError {
                        expression: expression.text.to_string(),
                        reason: format!("{address} has no {member}"),
                        span: None,
                    }),
                    unknown => Ok(unknown),
                }
            }
        }
    }
}
