//! JSON Patch (RFC 6902), as `UpdateResource` takes it.

use serde::Deserialize;
use serde_json::Value;

/// One operation of a patch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(super) enum Step {
    Add { path: String, value: Value },
    Remove { path: String },
    Replace { path: String, value: Value },
    Move { from: String, path: String },
    Copy { from: String, path: String },
    Test { path: String, value: Value },
}

/// Applies a patch. Tells why it cannot be.
pub(super) fn apply(document: &mut Value, steps: &[Step]) -> Result<(), String> {
    steps.iter().try_for_each(|step| match step {
        Step::Add { path, value } => add(document, path, value.clone()),
        Step::Remove { path } => take(document, path).map(drop),
        Step::Replace { path, value } => {
            let place = document.pointer_mut(path).ok_or_else(|| missing(path))?;
            *place = value.clone();
            Ok(())
        }
        Step::Move { from, path } => {
            let value = take(document, from)?;
            add(document, path, value)
        }
        Step::Copy { from, path } => {
            let value = document.pointer(from).cloned().ok_or_else(|| missing(from))?;
            add(document, path, value)
        }
        Step::Test { path, value } => match document.pointer(path) {
            Some(found) if found == value => Ok(()),
            Some(_) => Err(format!("value differs from expectations at {path}")),
            None => Err(missing(path)),
        },
    })
}

fn missing(path: &str) -> String {
    format!("no such path in target JSON document: {path}")
}

/// The document that holds a place, and the place's name in it.
fn holder<'a>(document: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), String> {
    let (parent, name) = path.rsplit_once('/').ok_or_else(|| missing(path))?;
    let holder = document.pointer_mut(parent).ok_or_else(|| missing(path))?;
    Ok((holder, name.replace("~1", "/").replace("~0", "~")))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (holder, name) = holder(document, path)?;
    match holder {
        Value::Object(members) => drop(members.insert(name, value)),
        Value::Array(elements) if name == "-" => elements.push(value),
        Value::Array(elements) => {
            let index = name.parse().ok().filter(|index| *index <= elements.len()).ok_or_else(|| missing(path))?;
            elements.insert(index, value);
        }
        _ => return Err(missing(path)),
    }
    Ok(())
}

fn take(document: &mut Value, path: &str) -> Result<Value, String> {
    let (holder, name) = holder(document, path)?;
    let taken = match holder {
        Value::Object(members) => members.remove(&name),
        Value::Array(elements) => {
            name.parse().ok().filter(|index: &usize| *index < elements.len()).map(|index| elements.remove(index))
        }
        _ => None,
    };
    taken.ok_or_else(|| missing(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(document: Value, patch: Value) -> Result<Value, String> {
        let mut document = document;
        let steps: Vec<Step> = serde_json::from_value(patch).unwrap();
        apply(&mut document, &steps).map(|()| document)
    }

    #[test]
    fn every_operation_does_what_rfc_6902_says() {
        let document = json!({"a": [1, 2], "b": {"c~d/e": 3}});
        let patch = json!([
            {"op": "test", "path": "/a/0", "value": 1},
            {"op": "add", "path": "/a/1", "value": 9},
            {"op": "add", "path": "/a/-", "value": 8},
            {"op": "replace", "path": "/b/c~0d~1e", "value": 4},
            {"op": "copy", "from": "/a/0", "path": "/f"},
            {"op": "move", "from": "/b", "path": "/g"},
            {"op": "remove", "path": "/a/0"},
        ]);
        assert_eq!(patched(document, patch), Ok(json!({"a": [9, 2, 8], "f": 1, "g": {"c~d/e": 4}})));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let refused = |patch| patched(json!({"a": [1]}), patch).is_err();
        assert!(refused(json!([{"op": "remove", "path": "/b"}])));
        assert!(refused(json!([{"op": "replace", "path": "/a/1", "value": 1}])));
        assert!(refused(json!([{"op": "add", "path": "/a/2", "value": 1}])));
        assert!(refused(json!([{"op": "add", "path": "/b/c", "value": 1}])));
        assert!(refused(json!([{"op": "test", "path": "/a", "value": [2]}])));
    }
}
