//! Keeps secrets out of plans: what may not be seen is wrapped, so that it compares by fingerprint, and prints and is saved
//! as nothing else. Imports `model`.

use charter_model::{Pointer, PointerSegment, Secret, Template, Value};

/// Whether two values are the same; secrets by fingerprint, whether or not the plain value is at hand.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Secret(left), Value::Secret(right)) => left.fingerprint() == right.fingerprint(),
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && same(left.1, right.1))
        }
        _ => left == right,
    }
}

/// Wraps what stands at a place (`*` for every element) as a secret. What is not known in a part is not known as a whole: a
/// fingerprint of it would be another one once it is.
pub(crate) fn seal_at(value: &mut Value, place: &[PointerSegment], salt: &str) {
    let Some((first, rest)) = place.split_first() else {
        if let Some(unknown) = value.first_unknown() {
            *value = Value::Unknown(unknown.clone());
        } else if !matches!(value, Value::Null | Value::Secret(_)) {
            let plain = std::mem::replace(value, Value::Null);
            *value = Value::Secret(Secret::new(plain, salt));
        }
        return;
    };
    match value {
        Value::Map(map) => match first {
            PointerSegment::Key(key) if &**key == "*" => {
                map.values_mut().for_each(|member| seal_at(member, rest, salt));
            }
            // Looked at before it is taken to be changed: a map that needs no change stays shared.
            segment if map.contains_key(segment.to_string().as_str()) => {
                if let Some(member) = map.get_mut(segment.to_string().as_str()) {
                    seal_at(member, rest, salt);
                }
            }
            _ => {}
        },
        Value::List(list) => match first {
            PointerSegment::Index(index) => {
                if let Some(element) = list.get_mut(*index) {
                    seal_at(element, rest, salt);
                }
            }
            PointerSegment::Key(_) => list.iter_mut().for_each(|element| seal_at(element, rest, salt)),
        },
        _ => {}
    }
}

/// Wraps what stands at each of the places.
pub(crate) fn seal(value: &mut Value, places: &[Pointer], salt: &str) {
    for place in places {
        seal_at(value, place.segments(), salt);
    }
}

/// Wraps what stands where `mask` has a secret, and whatever else has the fingerprint of one: what was given as a secret stays one
/// when it is read back in the clear, also in a list that the service has sorted.
pub(crate) fn seal_like(value: &mut Value, mask: &Value, salt: &str) {
    *value = charter_state::seal_like(std::mem::replace(value, Value::Null), mask, salt);
}

/// Forgets the plain values; the fingerprints stay.
pub(crate) fn without_plain(value: Value) -> Value {
    if !value.has_secret() {
        // It stays shared.
        return value;
    }
    match value {
        Value::Secret(secret) => Value::Secret(Secret::from_fingerprint(secret.fingerprint())),
        Value::List(list) => Value::List(list.into_iter().map(without_plain).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, member)| (key, without_plain(member))).collect()),
        other => other,
    }
}

/// Wraps the constants of a template at each of the places, so that a saved plan does not hold them.
pub(crate) fn seal_template(template: &mut Template, places: &[Pointer], salt: &str) {
    for place in places {
        seal_template_at(template, place.segments(), salt);
    }
}

fn seal_template_at(template: &mut Template, place: &[PointerSegment], salt: &str) {
    match template {
        Template::Value(value) => seal_at(value, place, salt),
        Template::Map(map) => match place.split_first() {
            None => map.values_mut().for_each(|member| seal_template_at(member, &[], salt)),
            Some((PointerSegment::Key(key), rest)) if &**key == "*" => {
                map.values_mut().for_each(|member| seal_template_at(member, rest, salt));
            }
            Some((segment, rest)) => {
                if let Some(member) = map.get_mut(segment.to_string().as_str()) {
                    seal_template_at(member, rest, salt);
                }
            }
        },
        Template::List(list) => {
            let rest = place.split_first().map_or(place, |(_, rest)| rest);
            list.iter_mut().for_each(|element| seal_template_at(element, rest, salt));
        }
        // Only the constant parts can be wrapped; the result is sealed where it is evaluated.
        Template::Interpolation(parts) if place.is_empty() => {
            parts.iter_mut().for_each(|part| seal_template_at(part, &[], salt));
        }
        Template::Interpolation(_) | Template::Expression(_) | Template::Secret(_) => {}
    }
}

/// Brings back the plain values of wrapped constants from a template that still has them, where the fingerprints agree.
/// Answers whether none is missing.
pub(crate) fn restore(template: &mut Template, fresh: &Template) -> bool {
    match (template, fresh) {
        (Template::Value(value), Template::Value(fresh)) => restore_value(value, fresh),
        (Template::Map(map), Template::Map(fresh)) => map
            .iter_mut()
            .map(|(key, member)| match fresh.get(key) {
                Some(fresh) => restore(member, fresh),
                None => !has_bare_secret(member),
            })
            .fold(true, and),
        (Template::List(list), Template::List(fresh))
        | (Template::Interpolation(list), Template::Interpolation(fresh))
            if list.len() == fresh.len() =>
        {
            list.iter_mut().zip(fresh).map(|(part, fresh)| restore(part, fresh)).fold(true, and)
        }
        (template, _) => !has_bare_secret(template),
    }
}

/// Both, without leaving out the second where the first is not: every part is to be restored.
fn and(one: bool, other: bool) -> bool {
    one & other
}

fn restore_value(value: &mut Value, fresh: &Value) -> bool {
    match (&mut *value, fresh) {
        (Value::Secret(bare), Value::Secret(full)) if bare.reveal().is_none() => {
            let equal = bare.fingerprint() == full.fingerprint() && full.reveal().is_some();
            if equal {
                *bare = full.clone();
            }
            equal
        }
        (Value::Map(map), Value::Map(fresh)) => map
            .iter_mut()
            .map(|(key, member)| match fresh.get(key) {
                Some(fresh) => restore_value(member, fresh),
                None => !has_bare(member),
            })
            .fold(true, and),
        (Value::List(list), Value::List(fresh)) if list.len() == fresh.len() => {
            list.iter_mut().zip(fresh).map(|(part, fresh)| restore_value(part, fresh)).fold(true, and)
        }
        (value, _) => !has_bare(value),
    }
}

fn has_bare(value: &Value) -> bool {
    match value {
        Value::Secret(secret) => secret.reveal().is_none(),
        Value::List(list) => list.iter().any(has_bare),
        Value::Map(map) => map.values().any(has_bare),
        _ => false,
    }
}

fn has_bare_secret(template: &Template) -> bool {
    match template {
        Template::Value(value) => has_bare(value),
        Template::List(parts) | Template::Interpolation(parts) => parts.iter().any(has_bare_secret),
        Template::Map(map) => map.values().any(has_bare_secret),
        Template::Expression(_) | Template::Secret(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_model::Unknown;
    use serde_json::json;

    fn pointer(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    #[test]
    fn what_may_not_be_seen_is_wrapped_in_every_element() {
        let mut value = Value::from(json!({"List": [{"Key": "a", "Open": 1}, {"Key": "b"}]}));
        seal(&mut value, &[pointer("/List/*/Key")], "salt");
        let text = value.to_json().to_string();
        assert!(text.contains("$secret") && text.contains("Open") && !text.contains("\"a\""), "{text}");
    }

    #[test]
    fn what_is_unknown_in_a_part_has_no_fingerprint() {
        let unknown = Value::Unknown(Unknown::new("after s/domain is created"));
        let list = Value::from(vec![Value::from("a"), unknown.clone()]);
        let mut value = Value::Map([("Arns".into(), list)].into());
        seal(&mut value, &[pointer("/Arns")], "salt");
        assert_eq!(value.get("Arns"), Some(&unknown));
    }

    #[test]
    fn a_constant_comes_back_only_if_it_is_the_same() {
        let fresh = |text: &str| {
            let mut template = Template::Value(json!({"Password": text}).into());
            seal_template(&mut template, &[pointer("/Password")], "salt");
            template
        };
        let saved: Template = serde_json::from_str(&serde_json::to_string(&fresh("a")).unwrap()).unwrap();
        assert!(!restore(&mut saved.clone(), &fresh("b")));
        let mut back = saved;
        assert!(restore(&mut back, &fresh("a")));
        assert_eq!(back, fresh("a"));
    }
}
