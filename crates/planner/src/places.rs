//! Reading and writing places inside values and templates. Imports `model`.

use charter_model::{Pointer, PointerSegment, Template, Value};

/// Puts a value at a place, making maps on the way; none takes away what is there. Places inside lists must exist.
pub(crate) fn set(value: &mut Value, place: &[PointerSegment], new: Option<Value>) {
    let Some((first, rest)) = place.split_first() else {
        if let Some(new) = new {
            *value = new;
        }
        return;
    };
    match value {
        Value::List(list) => {
            if let PointerSegment::Index(index) = first
                && let Some(element) = list.get_mut(*index)
            {
                set(element, rest, new);
            }
        }
        Value::Map(map) => {
            let key = first.to_string();
            match (rest.is_empty(), new) {
                (true, Some(new)) => drop(map.insert(key.into(), new)),
                (true, None) => drop(map.remove(key.as_str())),
                (false, Some(new)) => {
                    set(map.entry(key.into()).or_insert_with(Value::empty_map), rest, Some(new));
                }
                (false, None) => {
                    if let Some(inner) = map.get_mut(key.as_str()) {
                        set(inner, rest, None);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Takes away what stands at a place; `*` is every member or element.
pub(crate) fn remove(value: &mut Value, place: &[PointerSegment]) {
    let Some((first, rest)) = place.split_first() else { return };
    let every = matches!(first, PointerSegment::Key(key) if &**key == "*");
    match value {
        Value::Map(map) if every => map.values_mut().for_each(|member| remove(member, rest)),
        Value::List(list) => list.iter_mut().for_each(|element| remove(element, if every { rest } else { place })),
        // Looked at before it is taken to be changed: a map that needs no change stays shared.
        Value::Map(map) if !map.contains_key(first.to_string().as_str()) => {}
        Value::Map(map) if rest.is_empty() => drop(map.remove(first.to_string().as_str())),
        Value::Map(map) => {
            if let Some(member) = map.get_mut(first.to_string().as_str()) {
                remove(member, rest);
            }
        }
        _ => {}
    }
}

/// Puts a constant at a place of a template; none takes away what is there. Answers whether the place could be reached:
/// nothing can be put inside an expression.
pub(crate) fn set_template(template: &mut Template, place: &[PointerSegment], new: Option<Value>) -> bool {
    let Some((first, rest)) = place.split_first() else {
        if let Some(new) = new {
            *template = Template::Value(new);
        }
        return true;
    };
    match template {
        Template::Value(value @ (Value::Map(_) | Value::List(_))) => {
            set(value, place, new);
            true
        }
        Template::List(list) => match first {
            PointerSegment::Index(index) => match list.get_mut(*index) {
                Some(element) => set_template(element, rest, new),
                None => false,
            },
            PointerSegment::Key(_) => false,
        },
        Template::Map(map) => {
            let key = first.to_string();
            match (rest.is_empty(), new) {
                (true, Some(new)) => drop(map.insert(key.into(), Template::Value(new))),
                (true, None) => drop(map.remove(key.as_str())),
                (false, new) => {
                    let inner = map.entry(key.into()).or_insert_with(|| Template::Value(Value::empty_map()));
                    return set_template(inner, rest, new);
                }
            }
            true
        }
        _ => false,
    }
}

/// The nearest part of a template that makes up what stands at a place.
pub(crate) fn part<'a>(template: &'a Template, place: &Pointer) -> &'a Template {
    let mut at = template;
    for segment in place.segments() {
        at = match (at, segment) {
            (Template::List(list), PointerSegment::Index(index)) => match list.get(*index) {
                Some(element) => element,
                None => return at,
            },
            (Template::Map(map), segment) => match map.get(segment.to_string().as_str()) {
                Some(member) => member,
                None => return at,
            },
            _ => return at,
        };
    }
    at
}

/// A member of a template that is a map.
pub(crate) fn member(template: &Template, key: &str) -> Option<Template> {
    match template {
        Template::Map(map) => map.get(key).cloned(),
        Template::Value(value) => value.get(key).cloned().map(Template::Value),
        _ => None,
    }
}

/// Puts a member into a template that is a map.
pub(crate) fn with_member(template: Template, key: &str, new: Template) -> Template {
    match (template, new) {
        (Template::Value(Value::Map(mut map)), Template::Value(new)) => {
            map.insert(key.into(), new);
            Template::Value(Value::Map(map))
        }
        (Template::Value(Value::Map(map)), new) => {
            let mut map: std::collections::BTreeMap<_, _> =
                map.into_iter().map(|(key, value)| (key, Template::Value(value))).collect();
            map.insert(key.into(), new);
            Template::Map(map)
        }
        (Template::Map(mut map), new) => {
            map.insert(key.into(), new);
            Template::Map(map)
        }
        (other, _) => other,
    }
}

/// Whether one of two places is the other or holds it.
pub(crate) fn overlap(one: &Pointer, other: &Pointer) -> bool {
    one.contains(other) || other.contains(one)
}
