//! Changes of JSON as JSON.

use super::pick;
use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Changes the whole text, or one line of it, if that is JSON.
pub(super) fn change(random: &mut Rng, input: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    if let Ok(value) = serde_json::from_slice::<Value>(input)
        && (value.is_object() || value.is_array())
    {
        return Some(changed(random, value, other).to_string().into_bytes());
    }
    let mut lines: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let places: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.first() == Some(&b'{')).map(|(place, _)| place).collect();
    let line = lines.get_mut(*pick(random, &places)?)?;
    let value = serde_json::from_slice::<Value>(line).ok()?;
    *line = changed(random, value, other).to_string().into_bytes();
    Some(lines.join(&b'\n'))
}

fn changed(random: &mut Rng, mut value: Value, other: &[u8]) -> Value {
    let donor = donor(random, other).unwrap_or_else(|| value.clone());
    let given = nth(&donor, random.usize(0..count(&donor))).cloned().unwrap_or_default();
    let place = random.usize(0..count(&value));
    let nodes = count(&value);
    let elsewhere = nth(&value, random.usize(0..nodes)).cloned().unwrap_or_default();
    if let Some(node) = nth_mut(&mut value, &mut { place }) {
        alter(random, node, given, elsewhere);
    }
    value
}

/// A JSON value of another entry: all of it, or one of its lines.
fn donor(random: &mut Rng, other: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(other) {
        return Some(value);
    }
    let lines: Vec<&[u8]> = other.split(|byte| *byte == b'\n').filter(|line| line.first() == Some(&b'{')).collect();
    serde_json::from_slice(pick(random, &lines)?).ok()
}

fn alter(random: &mut Rng, node: &mut Value, given: Value, elsewhere: Value) {
    match random.u8(0..9) {
        0 | 1 => *node = given,
        2 => *node = elsewhere,
        3 => *node = interesting(random),
        4 => {
            for _ in 0..1_usize << random.u8(0..8) {
                *node = match random.bool() {
                    true => json!([node.take()]),
                    false => json!({"a": node.take()}),
                };
            }
        }
        _ => match node {
            Value::Object(members) => alter_members(random, members, given),
            Value::Array(elements) => {
                let place = random.usize(0..=elements.len());
                match random.u8(0..3) {
                    0 => elements.insert(place, given),
                    1 if place < elements.len() => drop(elements.remove(place)),
                    _ => {
                        let copy = elements.get(place).cloned().unwrap_or(given);
                        elements.insert(place, copy);
                    }
                }
            }
            Value::String(text) => *text = super::words::change(random, text, given.as_str().unwrap_or("ß")),
            Value::Number(number) => {
                let near = number.as_i64().unwrap_or(0).wrapping_add(random.i64(-2..=2));
                *node = near.into();
            }
            other => *other = given,
        },
    }
}

fn alter_members(random: &mut Rng, members: &mut Map<String, Value>, given: Value) {
    let names: Vec<String> = members.keys().cloned().collect();
    let Some(name) = pick(random, &names) else {
        members.insert("a".to_owned(), given);
        return;
    };
    match random.u8(0..4) {
        0 => drop(members.remove(name)),
        1 => drop(members.insert(name.clone(), given)),
        2 => {
            // Under the name of another.
            let value = members.remove(name).unwrap_or_default();
            let other = pick(random, &names).cloned().unwrap_or_default();
            members.insert(other, value);
        }
        _ => {
            let longer = super::words::change(random, name, "*");
            let value = members.get(name).cloned().unwrap_or_default();
            members.insert(longer, value);
        }
    }
}

fn interesting(random: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(u32::MAX),
        json!(1e308),
        json!(-0.0),
        json!(0.1),
        json!(""),
        json!("*"),
        json!("${"),
        json!("\u{0}"),
        json!("\u{feff}é𝄞"),
        json!("arn:aws:iam::111111111111:role/a"),
        json!("a".repeat(5000)),
        json!([]),
        json!({}),
        json!([[]]),
        json!({"": null}),
    ];
    pick(random, &values).cloned().unwrap_or_default()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0_usize,
    }
}

fn nth(value: &Value, place: usize) -> Option<&Value> {
    fn walk<'a>(value: &'a Value, left: &mut usize) -> Option<&'a Value> {
        if *left == 0 {
            return Some(value);
        }
        *left -= 1;
        match value {
            Value::Array(elements) => elements.iter().find_map(|element| walk(element, left)),
            Value::Object(members) => members.values().find_map(|member| walk(member, left)),
            _ => None,
        }
    }
    walk(value, &mut { place })
}

fn nth_mut<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().find_map(|element| nth_mut(element, left)),
        Value::Object(members) => members.values_mut().find_map(|member| nth_mut(member, left)),
        _ => None,
    }
}
