//! Validates and compares a file of resources and says how long that took: `cargo run --release --example validate -- FILE [TIMES]`. The file is a
//! JSON list of `{"type": …, "properties": …}`; `{"$unknown": "why"}` stands for a value that is not known yet.

#![allow(clippy::print_stdout, reason = "an example speaks for itself")]

use charter_catalog::Catalog;
use charter_model::{TypeName, Value};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a file of resources")?;
    let times: usize = arguments.next().map_or(Ok(1), |times| times.parse())?;
    let text = std::fs::read_to_string(file)?;
    let documents: Vec<serde_json::Value> = serde_json::from_str(&text)?;
    let mut resources = Vec::new();
    for document in documents {
        let name = document.get("type").and_then(serde_json::Value::as_str).ok_or("a resource has no type")?;
        let properties = Value::from(document.get("properties").cloned().unwrap_or_default());
        resources.push((TypeName::new(name)?, properties));
    }

    let start = Instant::now();
    let catalog = Catalog::embedded();
    println!("catalogue: {:?}", start.elapsed());
    let start = Instant::now();
    for (type_name, properties) in &resources {
        match catalog.schema(type_name) {
            Some(schema) => {
                for violation in schema.validate(properties) {
                    let help = violation.help.unwrap_or_default();
                    println!("{type_name} {} {}: {} [{help}]", violation.pointer, violation.code, violation.message);
                }
            }
            None => println!("{type_name}: no such type, {:?} perhaps", catalog.suggest(type_name.as_str())),
        }
    }
    println!("{} resources, cold: {:?}", resources.len(), start.elapsed());
    let start = Instant::now();
    for _ in 0..times {
        for (type_name, properties) in &resources {
            let violations = catalog.schema(type_name).map(|schema| schema.validate(properties));
            std::hint::black_box(violations);
        }
    }
    println!("{} resources, warm: {:?}", resources.len() * times, start.elapsed());
    let start = Instant::now();
    for _ in 0..times {
        for (type_name, properties) in &resources {
            let differences =
                catalog.schema(type_name).map(|schema| schema.differences(properties, properties, properties));
            std::hint::black_box(differences);
        }
    }
    println!("{} resources, compared with themselves: {:?}", resources.len() * times, start.elapsed());
    Ok(())
}
