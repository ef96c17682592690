//! What S3 adds of its own to settings: left out where nobody asked for it, so that it is no drift.

use serde_json::Value;

/// Members that S3 fills in, with the value that it fills in; none: whatever it chooses.
const FILLED_IN: &[(&str, Option<&str>)] = &[
    // S3 API Reference, "ServerSideEncryptionRule": no bucket key, and (since 2026) blocked kinds of encryption.
    ("BucketKeyEnabled", Some("false")),
    ("BlockedEncryptionTypes", None),
    // "LifecycleRule", "CORSRule", "ReplicationRule": an id is made up.
    ("Id", None),
    // "PutBucketLifecycleConfiguration": for new configurations.
    ("TransitionDefaultMinimumObjectSize", Some("all_storage_classes_128K")),
    // "ReplicationRule", "Destination".
    ("Priority", Some("0")),
    ("Prefix", Some("")),
    ("LogFilePrefix", Some("")),
    ("ExpiredObjectDeleteMarker", Some("false")),
];

/// Takes away what S3 filled in and `recorded` does not have, and takes over the recorded spelling of what S3 spells its own way.
/// Elements of lists are matched by their place.
pub(super) fn align(observed: &mut Value, recorded: Option<&Value>) {
    match (observed, recorded) {
        (Value::Object(observed), recorded) => {
            let recorded = recorded.and_then(Value::as_object);
            observed.retain(|name, value| {
                recorded.is_some_and(|recorded| recorded.contains_key(name)) || !is_filled_in(name, value)
            });
            for (name, value) in observed {
                align(value, recorded.and_then(|recorded| recorded.get(name)));
            }
        }
        (Value::Array(observed), recorded) => {
            let recorded = recorded.and_then(Value::as_array).filter(|recorded| recorded.len() == observed.len());
            for (index, value) in observed.iter_mut().enumerate() {
                align(value, recorded.and_then(|recorded| recorded.get(index)));
            }
        }
        // `prefix` comes back as `Prefix`, `Glacier` as `GLACIER`.
        (Value::String(observed), Some(Value::String(recorded))) if observed.eq_ignore_ascii_case(recorded) => {
            observed.clone_from(recorded);
        }
        _ => {}
    }
}

fn is_filled_in(name: &str, value: &Value) -> bool {
    FILLED_IN.iter().any(|(filled, with)| {
        *filled == name
            && with.is_none_or(|with| match value {
                Value::String(text) => text == with,
                Value::Bool(truth) => with == if *truth { "true" } else { "false" },
                Value::Number(number) => with.parse::<i64>().is_ok_and(|with| number.as_i64() == Some(with)),
                _ => false,
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_s3_fills_in_is_left_out_unless_it_was_asked_for() {
        let found = json!({"ServerSideEncryptionConfiguration": [{
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false,
        }]});
        let mut observed = found.clone();
        align(&mut observed, None);
        let bare = json!({"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]});
        assert_eq!(observed, bare);

        let mut observed = found.clone();
        align(&mut observed, Some(&found));
        assert_eq!(observed, found);
    }

    #[test]
    fn a_key_that_was_turned_on_by_somebody_shows() {
        let mut observed = json!([{"BucketKeyEnabled": true}]);
        align(&mut observed, Some(&json!([{}])));
        assert_eq!(observed, json!([{"BucketKeyEnabled": true}]));
    }

    #[test]
    fn the_recorded_spelling_is_kept() {
        let mut observed = json!({"Rules": [{"Name": "Prefix", "Value": "a"}]});
        align(&mut observed, Some(&json!({"Rules": [{"Name": "prefix", "Value": "b"}]})));
        assert_eq!(observed, json!({"Rules": [{"Name": "prefix", "Value": "a"}]}));
    }
}
