//! Policy documents: the registry has them as objects, the services as text; IAM answers with text that is URL-encoded.

use crate::convert::{ConversionError, required};
use charter_provider::Properties;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A document as IAM answers with it (RFC 3986 encoding: IAM API Reference, "GetRolePolicy"), as an object. Text that is no
/// JSON stays text.
pub(crate) fn decode(text: &str) -> Value {
    decode_plain(&percent_decode_str(text).decode_utf8_lossy())
}

/// A document as S3 answers with it, as an object. Text that is no JSON stays text.
pub(crate) fn decode_plain(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The document in a property, as IAM takes it.
pub(crate) fn text(properties: &Properties, property: &str) -> Result<String, ConversionError> {
    required(properties, property)
}

/// Whether two documents, each an object or text, say the same in the same words.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    let parsed = |value: &Value| match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    };
    parsed(left) == parsed(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_encoded_document_becomes_an_object() {
        let text =
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Action%22%3A%22a%3A%2A%22%7D%5D%7D";
        assert_eq!(decode(text), json!({"Version": "2012-10-17", "Statement": [{"Action": "a:*"}]}));
        // A plus sign is a plus sign: this is no form encoding.
        assert_eq!(decode("%7B%22a%22%3A%22b+c%22%7D"), json!({"a": "b+c"}));
        assert_eq!(decode("no%20json"), json!("no json"));
    }

    #[test]
    fn text_and_object_compare() {
        assert!(same(&json!({"a": [1]}), &json!("{ \"a\": [1] }")));
        assert!(!same(&json!({"a": [1]}), &json!("{ \"a\": [2] }")));
    }
}
