//! What expressions come to, with everything known, unknown and secret.

use super::compile::{Compiled, MOST_OPERATORS};
use super::library::environment;
use super::{FUNCTIONS, Language, known_functions};
use charter_model::{
    Address, Binding, Evaluator, Expression, Scope, Secret, SecretReference, Template, Unknown, Value,
};
use serde_json::json;
use std::collections::BTreeMap;

/// A queue that is made, an index that is not, a cluster with a password.
struct World;

impl Scope for World {
    fn resource(&self, address: &Address) -> Value {
        match address.local().as_str() {
            "queue" => json!({"Arn": "arn:queue", "Delay": 5, "Tags": [{"Key": "a", "Value": "b"}]}).into(),
            "index" => Value::from(BTreeMap::from([
                ("Name".into(), "reviews".into()),
                ("Id".into(), after("index")),
                ("Arn".into(), after("index")),
                ("List".into(), Value::from(vec!["known".into(), after("index")])),
            ])),
            "cluster" => Value::from(BTreeMap::from([
                ("Name".into(), "db".into()),
                ("Password".into(), Value::Secret(Secret::new("hunter2".into(), "salt"))),
            ])),
            other => after(other),
        }
    }

    fn secret(&self, _: &SecretReference) -> Value {
        Value::Secret(Secret::new(json!({"user": "u", "password": "hunter2"}).into(), "salt"))
    }
}

fn after(name: &str) -> Value {
    Value::Unknown(Unknown::new(format!("after {name} is created")))
}

fn bindings() -> BTreeMap<std::sync::Arc<str>, Binding> {
    let resource = |name: &str| Binding::Resource(format!("s/{name}").parse().unwrap());
    let value = |json: serde_json::Value| Binding::Template(Box::new(Template::Value(json.into())));
    let mut bindings: BTreeMap<_, _> =
        ["queue", "index", "cluster", "later"].into_iter().map(|name| (name.into(), resource(name))).collect();
    bindings
        .insert("parameters".into(), value(json!({"size": 2, "ratio": 1.5, "on": true, "name": "x", "none": null})));
    bindings.insert(
        "profiles".into(),
        Binding::Members(BTreeMap::from([("cards".into(), resource("queue")), ("loans".into(), resource("index"))])),
    );
    bindings.insert(
        "secret".into(),
        Binding::Template(Box::new(Template::Secret(SecretReference::Environment { name: "X".into() }))),
    );
    bindings.insert("@region".into(), value(json!("us-east-1")));
    bindings.insert("@files".into(), value(json!({"hello.txt": "hello\n"})));
    bindings
}

fn expression(text: &str) -> Template {
    Template::Expression(Expression { text: text.into(), bindings: bindings(), span: None })
}

fn evaluate(text: &str) -> Result<Value, String> {
    Language::new().evaluate(&expression(text), &World).map_err(|error| error.reason)
}

fn known(text: &str) -> serde_json::Value {
    let value = evaluate(text).unwrap();
    assert!(value.is_known() && !value.has_secret(), "{text}: {value:?}");
    value.to_json()
}

#[test]
fn every_function_does_what_its_example_says() {
    for function in FUNCTIONS {
        let (text, expected) = function.example;
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(known(text), expected, "{text}");
        assert!(function.signature.starts_with(&format!("{}(", function.name)));
        assert!(function.meaning.ends_with('.'));
    }
    assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
}

#[test]
fn every_name_that_may_be_called_is_there() {
    // A call with no fitting argument fails otherwise than a call of nothing.
    for name in known_functions() {
        let calls = [
            format!("{name}()"),
            format!("{name}(1)"),
            format!("[1].{name}(1)"),
            format!("'a'.{name}()"),
            format!("[1].{name}(each, each == 1)"),
            format!("{name}(parameters.size)"),
            format!("optional.of(1).{name}(each, each)"),
            format!("optional.of(1).{name}()"),
            format!("optional.of(1).{name}(optional.of(2))"),
            format!("timestamp('2026-01-01T00:00:00Z').{name}()"),
        ];
        let missing = calls.iter().all(|call| {
            evaluate(call).is_err_and(|reason| {
                reason.contains(&format!("`{name}` is not known")) || reason.contains("is not expected")
            })
        });
        assert!(!missing, "{name}");
    }
}

#[test]
fn types_stay_what_they_are() {
    assert_eq!(known("parameters.size"), json!(2));
    assert_eq!(known("parameters.size * 2"), json!(4));
    assert_eq!(known("parameters.ratio * 2.0"), json!(3));
    assert_eq!(known("[1, 2.5, 'a', true, null, {'k': [1]}]"), json!([1, 2.5, "a", true, null, {"k": [1]}]));
    assert_eq!(known("parameters.on ? 'yes' : 'no'"), json!("yes"));
    assert_eq!(known("18446744073709551615u"), json!(18_446_744_073_709_551_615_u64));
    assert_eq!(known("parameters.none"), json!(null));
    assert_eq!(known("{'a': 1}.?b.orValue(3)"), json!(3));
}

#[test]
fn maps_are_equal_whoever_made_them() {
    for text in [
        "{'b': 2, 'a': [{'c': 1}]} == fromJson('{\"a\": [{\"c\": 1}], \"b\": 2}')",
        "fromJson('{\"a\": 1}') == {'a': 1}",
        "[{'a': 1}] == [fromJson('{\"a\": 1}')]",
        "{'a': 1} != fromJson('{\"a\": 2}')",
        "{'a': 1} != {'a': 1, 'b': 2}",
        "!({'a': 1} != {'a': 1.0})",
        "[1, 2] != [2, 1]",
        "[{'a': 1}].exists(each, each == fromJson('{\"a\": 1}'))",
    ] {
        assert_eq!(known(text), json!(true), "{text}");
    }
    let unknown = evaluate("{'Id': 'x'} == index").unwrap();
    assert!(matches!(unknown, Value::Unknown(_)), "{unknown:?}");
}

#[test]
fn attributes_are_followed() {
    assert_eq!(known("queue.Arn"), json!("arn:queue"));
    assert_eq!(known("queue.Tags[0].Value"), json!("b"));
    assert_eq!(known("profiles['cards'].Arn"), json!("arn:queue"));
    assert_eq!(known("profiles[parameters.on ? 'cards' : 'loans'].Arn"), json!("arn:queue"));
    assert_eq!(known("profiles.map(key, key)").as_array().unwrap().len(), 2);
    assert_eq!(known("size(profiles)"), json!(2));
    assert_eq!(evaluate("queue.Url").unwrap_err(), "`s/queue` has no value for \"Url\"");
    assert_eq!(
        evaluate("queue.Tags[3]").unwrap_err(),
        "`s/queue.Tags` has 1 elements and none at [3]; the first is [0]"
    );
}

#[test]
fn the_unknown_spreads_no_further_than_it_must() {
    for text in [
        "index.Id",
        "later.Arn",
        "later",
        "'x' + index.Id",
        "[index.Id]",
        "index.Id == 'x'",
        "index.List[1]",
        "toJson(index)",
        "index.List.exists(each, each == 'other')",
        "index.List + ['a']",
        "has(index.Id.x)",
        "profiles.map(key, profiles[key].Arn)",
        "parameters.on && index.Id == 'x'",
        "index == profiles",
        "values(index)",
        "index.?Id.orValue('x')",
    ] {
        let value = evaluate(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(matches!(value, Value::Unknown(_)), "{text}: {value:?}");
    }
    assert_eq!(known("index.Name"), json!("reviews"));
    assert_eq!(known("upper(index.Name)"), json!("REVIEWS"));
    assert_eq!(known("index.List[0]"), json!("known"));
    assert_eq!(known("parameters.on ? index.Name : index.Id"), json!("reviews"));
    assert_eq!(known("parameters.on || index.Id == 'x'"), json!(true));
    assert_eq!(known("size(index.List)"), json!(2));
    assert_eq!(known("keys(index)"), json!(["Arn", "Id", "List", "Name"]));
    assert_eq!(known("'Id' in index"), json!(true));
}

#[test]
fn the_reason_of_an_unknown_stays() {
    assert_eq!(evaluate("'x' + index.Id").unwrap(), after("index"));
    let text = Template::Interpolation(vec![Template::Value("a-".into()), expression("index.Id")]);
    assert_eq!(Language::new().evaluate(&text, &World).unwrap(), after("index"));
}

#[test]
fn a_whole_resource_keeps_its_unknown_members_apart() {
    let value = evaluate("index").unwrap();
    assert_eq!(value.get("Name"), Some(&"reviews".into()));
    assert_eq!(value.get("Id"), Some(&after("index")));
}

#[test]
fn what_a_secret_went_into_is_secret() {
    for (text, plain) in [
        ("cluster.Password", json!("hunter2")),
        ("'x' + cluster.Password", json!("xhunter2")),
        ("secret.password", json!("hunter2")),
        ("toJson({'p': cluster.Password})", json!("{\"p\":\"hunter2\"}")),
        ("cluster.Password == 'a'", json!(false)),
        ("size(cluster.Password)", json!(7)),
        ("secret.map(key, key)", json!(["password", "user"])),
    ] {
        let Value::Secret(secret) = evaluate(text).unwrap() else { panic!("{text}") };
        assert_eq!(secret.reveal().unwrap().to_plain_json(), plain, "{text}");
        // The same again has the same fingerprint.
        assert_eq!(evaluate(text).unwrap(), Value::Secret(secret));
    }
    assert_eq!(known("cluster.Name"), json!("db"));
    let text = Template::Interpolation(vec![Template::Value("p=".into()), expression("cluster.Password")]);
    let value = Language::new().evaluate(&text, &World).unwrap();
    assert_eq!(value.to_plain_json(), json!("p=hunter2"));
    assert!(!value.to_json().to_string().contains("hunter2"));
}

#[test]
fn errors_do_not_tell_secrets() {
    let reason = evaluate("cluster.Password + 1").unwrap_err();
    assert_eq!(reason, "it failed on a secret, so the details are not shown");
}

#[test]
fn a_template_survives_being_saved() {
    let template = Template::Map(BTreeMap::from([
        ("a".into(), expression("queue.Arn")),
        ("b".into(), Template::Interpolation(vec![Template::Value("x".into()), expression("parameters.size")])),
        ("gone".into(), expression("parameters.none")),
    ]));
    let saved: Template = serde_json::from_str(&serde_json::to_string(&template).unwrap()).unwrap();
    let value = Language::default().evaluate(&saved, &World).unwrap();
    assert_eq!(value.to_json(), json!({"a": "arn:queue", "b": "x2"}));
}

#[test]
fn threads_share_a_language() {
    let language = Language::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..50 {
                    let value =
                        language.evaluate(&expression(&format!("parameters.size + {}", number % 5)), &World).unwrap();
                    assert_eq!(value.to_json(), json!(2 + number % 5));
                }
            });
        }
    });
}

#[test]
fn what_is_chained_does_not_exhaust_the_stack() {
    // A test has a stack of two megabytes, as a worker thread has.
    for chained in ["[1]", "()", "(1)", "['a']"] {
        let text = format!("[1]{}", chained.repeat(300));
        let refusal = Compiled::new(&text, &environment()).expect_err("it is too deep");
        assert!(refusal.message.contains("operators"), "{refusal:?}");
    }
    let long = format!("a{}", ".b".repeat(MOST_OPERATORS));
    assert!(Compiled::new(&long, &environment()).is_ok());
    let sum = format!("1{}", " + 1".repeat(MOST_OPERATORS));
    assert!(Compiled::new(&sum, &environment()).is_ok());
    assert_eq!(known("[[1, 2], [3, 4]][1][0]"), json!(3));
}
