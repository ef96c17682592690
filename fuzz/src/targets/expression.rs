//! Expressions, in the two ways that they are met: written in a stack, and carried by a saved plan. A secret that takes part in
//! one never shows, neither in its result nor in what is said when it fails.

use super::graph::NothingKnown;
use super::stack;
use charter_lang::Language;
use charter_model::{
    Address, Binding, Evaluator, Expression, Scope, Secret, SecretReference, Template, Unknown, Value,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What must not be seen.
const PLAIN: &str = "pw7-Kq2";

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let language = Language::new();
    let expression = Expression { text: text.into(), bindings: bindings().clone(), span: None };
    let single = Template::Expression(expression);
    let joined = Template::Interpolation(vec![Template::Value("a-".into()), single.clone()]);
    for template in [&single, &joined] {
        for scope in [&Everything as &dyn Scope, &NothingKnown] {
            let told = match language.evaluate(template, scope) {
                Ok(value) => value.to_json().to_string(),
                Err(error) => error.reason,
            };
            // A text that holds the secret by itself (as the expression does) tells nothing.
            assert!(text.contains(PLAIN) || !told.contains(PLAIN), "{text}\nshows a secret: {told}");
        }
    }
    written(text);
}

fn written(text: &str) {
    if text.len() > 4096 {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    stack::write(
        folder.path(),
        "environments/local.yaml",
        b"environment: local\ntarget: simulator\nregion: us-east-1\naccounts: {retail: {id: \"333333333333\"}}\n",
    );
    let value = json!(format!("${{{text}}}"));
    let stack = format!(
        "stack: shop\naccount: retail\nparameters:\n  size: {{type: integer, default: 3}}\n  names: {{type: array, default: [a, b]}}\n\
         resources:\n  queue: {{type: \"AWS::SQS::Queue\"}}\n  each:\n    forEach: [a, b]\n    type: AWS::SQS::Queue\n    properties: {{KmsMasterKeyId: {value}}}\n\
         outputs:\n  it: {value}\n"
    );
    stack::write(folder.path(), "stacks/shop.yaml", stack.as_bytes());
    stack::check(&stack::load(folder.path()));
}

fn bindings() -> &'static BTreeMap<Arc<str>, Binding> {
    static BINDINGS: OnceLock<BTreeMap<Arc<str>, Binding>> = OnceLock::new();
    BINDINGS.get_or_init(|| {
        let constant = |value: serde_json::Value| Binding::Template(Box::new(Template::Value(value.into())));
        let members = |members: Vec<(&str, Binding)>| {
            Binding::Members(members.into_iter().map(|(name, binding)| (name.into(), binding)).collect())
        };
        let secret = Template::Secret(SecretReference::Environment { name: "PASSWORD".into() });
        let address = |text: &str| Binding::Resource(text.parse().expect("an address"));
        let all = [
            (
                "parameters",
                members(vec![
                    ("size", constant(json!(3))),
                    ("ratio", constant(json!(0.5))),
                    ("name", constant(json!("größe"))),
                    ("names", constant(json!(["a", "b", "c"]))),
                    ("nothing", constant(json!(null))),
                    ("map", constant(json!({"a": {"b": [1, 2.5, "x", null, true]}}))),
                    ("password", Binding::Template(Box::new(secret))),
                ]),
            ),
            ("region", constant(json!("us-east-1"))),
            ("account", members(vec![("id", constant(json!("333333333333"))), ("name", constant(json!("retail")))])),
            ("each", members(vec![("key", constant(json!("cards"))), ("value", constant(json!({"active": true})))])),
            ("queue", address("shop/queue")),
            ("jobs", members(vec![("cards", address("shop/jobs:cards")), ("loans", address("shop/jobs:loans"))])),
        ];
        all.into_iter().map(|(name, binding)| (name.into(), binding)).collect()
    })
}

/// All resources exist, and one attribute of each is still unknown.
struct Everything;

impl Scope for Everything {
    fn resource(&self, address: &Address) -> Value {
        let mut value: Value =
            json!({"Arn": format!("arn:aws:sqs:us-east-1:333333333333:{address}"), "DelaySeconds": 5}).into();
        if let Value::Map(members) = &mut value {
            members.insert("QueueUrl".into(), Value::Unknown(Unknown::new("later")));
            members.insert("Password".into(), self.secret(&SecretReference::Environment { name: "PASSWORD".into() }));
        }
        value
    }

    fn secret(&self, _reference: &SecretReference) -> Value {
        Value::Secret(Secret::new(PLAIN.into(), "salt"))
    }
}
