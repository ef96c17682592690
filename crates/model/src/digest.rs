//! Content digests: equal content, equal digest, whatever the order of the members.

use sha2::{Digest, Sha256};

/// JSON with sorted members and no white space. `serde_json` keeps members sorted as long as its feature `preserve_order` is
/// off; sorting here does not depend on that.
pub fn canonical_json(value: &serde_json::Value) -> String {
    fn write(value: &serde_json::Value, out: &mut String) {
        match value {
            serde_json::Value::Object(map) => {
                let mut members: Vec<_> = map.iter().collect();
                members.sort_by(|left, right| left.0.cmp(right.0));
                out.push('{');
                for (place, (key, member)) in members.into_iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    out.push_str(&serde_json::Value::String(key.clone()).to_string());
                    out.push(':');
                    write(member, out);
                }
                out.push('}');
            }
            serde_json::Value::Array(list) => {
                out.push('[');
                for (place, element) in list.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    write(element, out);
                }
                out.push(']');
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256 of the canonical form, in lower-case hexadecimal: 64 characters.
pub fn content_digest(value: &serde_json::Value) -> String {
    hex::encode(Sha256::digest(canonical_json(value).as_bytes()))
}
