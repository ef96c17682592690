//! Large projects load in time that grows with their size and no faster.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
use charter_lang::Language;
use charter_model::{Address, Evaluator, Scope, SecretReference, Value};
use std::time::{Duration, Instant};
use support::Project;

fn project(count: usize) -> Project {
    Project::stack(&format!(
        "resources:\n  base: {{type: AWS::SQS::Queue}}\n  many:\n    forEach: ${{range({count})}}\n    type: AWS::SQS::Queue\n    properties:\n      QueueName: ${{environment.name}}-${{each.key}}\n      DelaySeconds: ${{int(each.value) % 900}}\n      RedrivePolicy: {{deadLetterTargetArn: \"${{base.Arn}}\", maxReceiveCount: 3}}\n  users:\n    forEach: ${{range({count})}}\n    type: AWS::SQS::Queue\n    properties:\n      KmsMasterKeyId: ${{many[each.key].QueueName}}\n      RedrivePolicy: {{deadLetterTargetArn: \"arn-${{many[each.key].Arn}}\"}}\n"
    ))
}

fn load_time(count: usize) -> Duration {
    let project = project(count);
    let start = Instant::now();
    let loaded = project.load();
    let took = start.elapsed();
    assert_eq!(loaded.graph.unwrap().resources.len(), 2 * count + 1);
    took
}

#[test]
#[ignore = "a measurement"]
fn loading_is_linear_in_the_number_of_resources() {
    load_time(50);
    let small = load_time(500).max(Duration::from_millis(20));
    let large = load_time(4_000);
    // Eight times as many; a quadratic step would take sixty-four times as long.
    assert!(large < small * 24, "{small:?} for 500, {large:?} for 4,000");
}

struct Made;

impl Scope for Made {
    fn resource(&self, address: &Address) -> Value {
        serde_json::json!({"Arn": address.to_string(), "QueueName": "q"}).into()
    }

    fn secret(&self, _: &SecretReference) -> Value {
        Value::Null
    }
}

/// `cargo test --release -p charter-lang --test scale -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn fifty_thousand_resources() {
    let project = project(25_000);
    let start = Instant::now();
    let loaded = project.load();
    println!("loaded in {:?}", start.elapsed());
    let graph = loaded.graph.unwrap();
    let language = Language::new();
    let start = Instant::now();
    for resource in graph.resources.values() {
        language.evaluate(&resource.properties, &Made).unwrap();
    }
    println!("evaluated {} in {:?}", graph.resources.len(), start.elapsed());
}
