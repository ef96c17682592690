//! Values of properties: known, unknown until apply, or secret.

use crate::{Shared, content_digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A value of a property.
///
/// In JSON (state, journal, saved plan) a known value is itself; an unknown is `{"$unknown": "reason"}` and a secret
/// `{"$secret": "fingerprint"}`. A plain text never reaches JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A number; whole numbers keep their exactness.
    Number(serde_json::Number),
    /// A text.
    String(Arc<str>),
    /// A list, in order.
    List(Shared<Vec<Value>>),
    /// Members by name.
    Map(Shared<BTreeMap<Arc<str>, Value>>),
    /// Known only once something else has been made.
    Unknown(Unknown),
    /// Reaches AWS and nothing else.
    Secret(Secret),
}

/// Why a value is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unknown {
    /// For a person: `after product-reviews/knowledge.index is created`.
    pub reason: Arc<str>,
}

/// A value that must not be seen. It prints and serialises as its fingerprint only.
#[derive(Clone, PartialEq)]
pub struct Secret {
    fingerprint: Arc<str>,
    plain: Option<Arc<Value>>,
}

impl Secret {
    /// Wraps a plain value. The fingerprint is a salted hash: equal for equal values under one salt (one salt per environment,
    /// kept in its state), worthless elsewhere.
    pub fn new(plain: Value, salt: &str) -> Self {
        // Already secret: wrapping twice must not change how it compares.
        if let Value::Secret(secret) = plain {
            return secret;
        }
        let fingerprint = content_digest(&serde_json::json!({"salt": salt, "value": plain.clone().to_plain_json()}));
        Self { fingerprint: fingerprint.into(), plain: Some(Arc::new(plain)) }
    }

    /// A secret of which only the fingerprint is known: one read back from state.
    pub fn from_fingerprint(fingerprint: impl Into<Arc<str>>) -> Self {
        Self { fingerprint: fingerprint.into(), plain: None }
    }

    /// What stands in for the value wherever it is compared or kept.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The value itself, for the one place that sends it to AWS. None if it was read back from state.
    pub fn reveal(&self) -> Option<&Value> {
        self.plain.as_deref()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl Unknown {
    /// An unknown with its reason.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into() }
    }
}

impl Value {
    /// An empty map.
    pub fn empty_map() -> Self {
        Self::Map(Shared::default())
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if this is a map.
    pub fn as_map(&self) -> Option<&BTreeMap<Arc<str>, Value>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A member of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// Follows a pointer.
    pub fn at(&self, pointer: &crate::Pointer) -> Option<&Value> {
        pointer.segments().iter().try_fold(self, |place, segment| match (place, segment) {
            (Self::List(list), crate::PointerSegment::Index(index)) => list.get(*index),
            (Self::Map(map), segment) => map.get(segment.to_string().as_str()),
            _ => None,
        })
    }

    /// The first unknown inside, if any.
    pub fn first_unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            Self::List(list) => list.iter().find_map(Self::first_unknown),
            Self::Map(map) => map.values().find_map(Self::first_unknown),
            _ => None,
        }
    }

    /// Whether nothing inside is unknown.
    pub fn is_known(&self) -> bool {
        self.first_unknown().is_none()
    }

    /// Whether a secret is inside.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(list) => list.iter().any(Self::has_secret),
            Self::Map(map) => map.values().any(Self::has_secret),
            _ => false,
        }
    }

    /// The same with every secret whose value is at hand under this salt: expressions make secrets of secrets and know no salt.
    #[must_use]
    pub fn resalted(self, salt: &str) -> Self {
        match self {
            Self::Secret(Secret { plain: Some(plain), .. }) => {
                Self::Secret(Secret::new(Arc::unwrap_or_clone(plain), salt))
            }
            Self::List(list) if list.iter().any(Self::has_secret) => {
                Self::List(list.into_iter().map(|element| element.resalted(salt)).collect())
            }
            Self::Map(map) if map.values().any(Self::has_secret) => {
                Self::Map(map.into_iter().map(|(key, member)| (key, member.resalted(salt))).collect())
            }
            // Without a secret inside it stays shared.
            other => other,
        }
    }

    /// As JSON that may be kept and shown: unknowns and secrets as their markers.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(number) => serde_json::Value::Number(number.clone()),
            Self::String(text) => serde_json::Value::String(text.as_ref().to_owned()),
            Self::List(list) => list.iter().map(Self::to_json).collect(),
            Self::Map(map) => {
                serde_json::Value::Object(map.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect())
            }
            Self::Unknown(unknown) => serde_json::json!({"$unknown": &*unknown.reason}),
            Self::Secret(secret) => serde_json::json!({"$secret": secret.fingerprint()}),
        }
    }

    /// As JSON with secrets revealed: only for the request that goes to AWS. Unknowns and secrets of which only the
    /// fingerprint is left come out as their markers; the caller must have ruled them out.
    pub fn to_plain_json(&self) -> serde_json::Value {
        match self {
            Self::List(list) => list.iter().map(Self::to_plain_json).collect(),
            Self::Map(map) => serde_json::Value::Object(
                map.iter().map(|(key, value)| (key.to_string(), value.to_plain_json())).collect(),
            ),
            Self::Secret(secret) => match secret.reveal() {
                Some(plain) => plain.to_plain_json(),
                None => self.to_json(),
            },
            _ => self.to_json(),
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(number),
            serde_json::Value::String(text) => Self::String(text.into()),
            serde_json::Value::Array(list) => Self::List(list.into_iter().map(Into::into).collect()),
            serde_json::Value::Object(map) => {
                if let Some((key, serde_json::Value::String(text))) = map.iter().next()
                    && map.len() == 1
                {
                    match key.as_str() {
                        "$unknown" => return Self::Unknown(Unknown::new(text.as_str())),
                        "$secret" => return Self::Secret(Secret::from_fingerprint(text.as_str())),
                        _ => {}
                    }
                }
                Self::Map(map.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
        }
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::List(list.into())
    }
}

impl From<BTreeMap<Arc<str>, Value>> for Value {
    fn from(map: BTreeMap<Arc<str>, Value>) -> Self {
        Self::Map(map.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

/// As [`Value::to_json`], without making that first: state and plans are large.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Map(map) => serializer.collect_map(map),
            Self::Unknown(unknown) => serializer.collect_map([("$unknown", &*unknown.reason)]),
            Self::Secret(secret) => serializer.collect_map([("$secret", secret.fingerprint())]),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nowhere() {
        let secret = Value::Secret(Secret::new("hunter2".into(), "salt"));
        let text = format!("{secret:?} {}", serde_json::to_string(&secret).unwrap());
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(secret.to_plain_json(), serde_json::json!("hunter2"));
    }

    #[test]
    fn fingerprints_tell_equal_from_different_under_one_salt() {
        let one = Secret::new("a".into(), "salt");
        assert_eq!(one.fingerprint(), Secret::new("a".into(), "salt").fingerprint());
        assert_ne!(one.fingerprint(), Secret::new("b".into(), "salt").fingerprint());
        assert_ne!(one.fingerprint(), Secret::new("a".into(), "pepper").fingerprint());
    }

    #[test]
    fn a_secret_takes_another_salt_if_its_value_is_at_hand() {
        let wanted = Value::Secret(Secret::new("a".into(), "state"));
        assert_eq!(Value::Secret(Secret::new("a".into(), "other")).resalted("state"), wanted);
        let bare = Value::Secret(Secret::from_fingerprint("f"));
        assert_eq!(bare.clone().resalted("state"), bare);
    }

    #[test]
    fn markers_read_back() {
        let value = Value::from(vec![
            Value::Unknown(Unknown::new("after a is created")),
            Value::Secret(Secret::from_fingerprint("f")),
        ]);
        let back: Value = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(back, value);
    }
}
