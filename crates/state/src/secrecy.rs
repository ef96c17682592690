//! Keeps secrets out of records: what AWS must never be asked to tell, and what it tells although it was a secret when it was sent.

use charter_model::{Pointer, PointerSegment, Secret, Value};
use std::collections::BTreeSet;

/// The value with everything at these places turned into secrets: write-only properties. `*` in a place stands for every member.
#[must_use]
pub fn seal_places(value: Value, places: &[Pointer], salt: &str) -> Value {
    places.iter().fold(value, |value, place| seal_at(value, place.segments(), salt))
}

fn seal_at(value: Value, place: &[PointerSegment], salt: &str) -> Value {
    let Some((step, rest)) = place.split_first() else {
        return match value {
            // Unknown stays unknown; nothing is no secret.
            Value::Unknown(_) | Value::Null | Value::Secret(_) => value,
            plain => Value::Secret(Secret::new(plain, salt)),
        };
    };
    let step = step.to_string();
    match value {
        Value::Map(members) => Value::Map(
            members
                .into_iter()
                .map(|(key, member)| {
                    let inside = step == "*" || step == *key;
                    let member = if inside { seal_at(member, rest, salt) } else { member };
                    (key, member)
                })
                .collect(),
        ),
        Value::List(elements) => Value::List(
            elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| {
                    let inside = step == "*" || step.parse() == Ok(index);
                    if inside { seal_at(element, rest, salt) } else { element }
                })
                .collect(),
        ),
        other => other,
    }
}

/// What was read, with everything turned into secrets that was a secret when it was sent (`sent`): what stands at the same place, and
/// whatever else has the same fingerprint, since services repeat values elsewhere and reorder lists.
#[must_use]
pub fn seal_like(value: Value, sent: &Value, salt: &str) -> Value {
    if !sent.has_secret() {
        return value;
    }
    let mut fingerprints = BTreeSet::new();
    collect(sent, &mut fingerprints);
    seal_equal(seal_same_place(value, sent, salt), &fingerprints, salt)
}

fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Secret(secret) => {
            found.insert(secret.fingerprint());
        }
        Value::List(list) => list.iter().for_each(|element| collect(element, found)),
        Value::Map(map) => map.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

fn seal_same_place(value: Value, sent: &Value, salt: &str) -> Value {
    match (value, sent) {
        (value @ (Value::Secret(_) | Value::Unknown(_) | Value::Null), _) => value,
        (value, Value::Secret(_)) => Value::Secret(Secret::new(value, salt)),
        (Value::Map(members), Value::Map(sent)) => Value::Map(
            members
                .into_iter()
                .map(|(key, member)| match sent.get(&key) {
                    Some(sent) => (key, seal_same_place(member, sent, salt)),
                    None => (key, member),
                })
                .collect(),
        ),
        (Value::List(elements), Value::List(sent)) => Value::List(
            elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| match sent.get(index) {
                    Some(sent) => seal_same_place(element, sent, salt),
                    None => element,
                })
                .collect(),
        ),
        (value, _) => value,
    }
}

fn seal_equal(value: Value, fingerprints: &BTreeSet<&str>, salt: &str) -> Value {
    match value {
        Value::Map(members) => {
            Value::Map(members.into_iter().map(|(key, member)| (key, seal_equal(member, fingerprints, salt))).collect())
        }
        Value::List(elements) => {
            Value::List(elements.into_iter().map(|element| seal_equal(element, fingerprints, salt)).collect())
        }
        Value::String(text) => {
            let secret = Secret::new(Value::String(text.clone()), salt);
            if fingerprints.contains(secret.fingerprint()) { Value::Secret(secret) } else { Value::String(text) }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(json: serde_json::Value) -> Value {
        json.into()
    }

    fn secret(text: &str) -> Value {
        Value::Secret(Secret::new(text.into(), "salt"))
    }

    #[test]
    fn write_only_places_are_sealed_also_inside_lists_and_maps() {
        let places: Vec<Pointer> =
            ["/Password", "/Users/*/Token", "/Missing"].iter().map(|place| place.parse().unwrap()).collect();
        let before = value(json!({"Password": "hunter2", "Name": "n", "Users": [{"Token": "t0ken", "Id": 1}]}));
        let after = seal_places(before, &places, "salt");
        let text = serde_json::to_string(&after).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("t0ken"), "{text}");
        assert_eq!(after.get("Name"), Some(&"n".into()));
        assert_eq!(after.get("Password"), Some(&secret("hunter2")));
        assert_eq!(seal_places(after.clone(), &places, "salt"), after, "sealing twice is sealing once");
    }

    #[test]
    fn what_is_read_back_in_plain_is_sealed_wherever_it_stands() {
        let mut sent = value(json!({"Environment": {"A": "x", "KEY": ""}, "List": [1, ""]}));
        if let Value::Map(map) = &mut sent {
            map.insert("Environment".into(), Value::Map([("KEY".into(), secret("s3cret"))].into()));
            map.insert("Header".into(), secret("bearer"));
        }
        let read = value(json!({"Environment": {"A": "x", "KEY": "changed"}, "Copy": ["s3cret", "bearer", "plain"]}));
        let after = seal_like(read, &sent, "salt");
        let text = serde_json::to_string(&after).unwrap();
        for leak in ["s3cret", "bearer", "changed"] {
            assert!(!text.contains(leak), "{text}");
        }
        assert!(text.contains("plain"), "{text}");
    }

    #[test]
    fn an_unchanged_secret_compares_equal_to_the_recorded_one() {
        let sent = Value::Map([("Token".into(), secret("t"))].into());
        let recorded: Value = serde_json::from_str(&serde_json::to_string(&sent).unwrap()).unwrap();
        let after = seal_like(value(json!({"Token": "t"})), &recorded, "salt");
        assert_eq!(after.to_json(), recorded.to_json());
    }
}
