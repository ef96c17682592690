//! IAM policy documents. What is read is written back as the same; the normal form is its own normal form; the catalogue's
//! comparison finds every document equal to itself and does not depend on the order of its arguments.
//!
//! An input is one document, or two: `=== a` and `=== b`.

use super::sections::sections;
use charter_access::PolicyDocument;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Pointer, TypeName, Value};
use std::sync::{Arc, OnceLock};

/// See the module.
pub fn target(data: &[u8]) {
    let documents: Vec<serde_json::Value> =
        sections(data).iter().filter_map(|(_, text)| serde_json::from_slice(text).ok()).collect();
    for document in &documents {
        alone(document);
    }
    if let [left, right, ..] = documents.as_slice() {
        let (left, right) = (Value::from(left.clone()), Value::from(right.clone()));
        assert_eq!(same(&left, &right), same(&right, &left), "equal one way round only");
    }
}

fn alone(json: &serde_json::Value) {
    let value = Value::from(json.clone());
    assert!(same(&value, &value), "not equal to itself: {json}");
    // AWS tells some documents as text.
    let text = Value::from(&*json.to_string());
    assert!(same(&text, &text), "not equal to itself as text: {json}");
    let properties = Value::from(serde_json::json!({"PolicyName": "p", "RoleName": "r", "PolicyDocument": json}));
    schema().validate(&properties);
    assert!(schema().differences(&properties, &properties, &properties).is_empty(), "differs from itself: {json}");
    let Ok(document) = PolicyDocument::from_value(json) else { return };
    let written = document.to_value();
    let read = PolicyDocument::from_value(&written).unwrap_or_else(|error| panic!("{written} is not read: {error}"));
    assert_eq!(read, document, "{written}");
    let normal = document.normalised();
    assert_eq!(normal.normalised(), normal, "the normal form of {json} has another normal form");
}

fn same(left: &Value, right: &Value) -> bool {
    static PLACE: OnceLock<Pointer> = OnceLock::new();
    let place = PLACE.get_or_init(|| "/PolicyDocument".parse().expect("a pointer"));
    schema().equivalent(place, left, right)
}

fn schema() -> &'static Arc<TypeSchema> {
    static SCHEMA: OnceLock<Arc<TypeSchema>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let name = TypeName::new("AWS::IAM::RolePolicy").expect("a type");
        Catalog::embedded().schema(&name).expect("the catalogue has it")
    })
}
