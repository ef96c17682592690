//! The conditions of a statement: operator, key, values. Imports nothing.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The `Condition` of a statement. All operators and all keys must hold; of the values of a key one is enough.
///
/// Operators keep the form in which AWS writes them, with their modifiers: `StringEquals`, `StringLikeIfExists`,
/// `ForAnyValue:StringEquals`. Values are texts, as AWS treats them: a boolean is `"true"`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Conditions {
    /// No condition.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one more condition; the same operator and key again widens the values.
    #[must_use]
    pub fn and<V: Into<String>>(mut self, operator: &str, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.0
            .entry(operator.to_owned())
            .or_default()
            .entry(key.to_owned())
            .or_default()
            .extend(values.into_iter().map(Into::into));
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every operator, key and set of values, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &BTreeSet<String>)> {
        self.0.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| (operator.as_str(), key.as_str(), values))
        })
    }

    /// The normal form: keys in lower case, since AWS compares them without regard to case.
    #[must_use]
    pub fn normalised(&self) -> Self {
        self.iter().fold(Self::none(), |all, (operator, key, values)| {
            all.and(operator, &key.to_ascii_lowercase(), values.iter().cloned())
        })
    }
}

impl Serialize for Conditions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written: BTreeMap<&str, BTreeMap<&str, OneOrMany<'_>>> = self
            .0
            .iter()
            .map(|(operator, keys)| {
                (operator.as_str(), keys.iter().map(|(key, values)| (key.as_str(), OneOrMany(values))).collect())
            })
            .collect();
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = BTreeMap::<String, BTreeMap<String, Scalars>>::deserialize(deserializer)?;
        Ok(Self(
            written
                .into_iter()
                .map(|(operator, keys)| {
                    (operator, keys.into_iter().map(|(key, values)| (key, values.into_texts())).collect())
                })
                .collect(),
        ))
    }
}

/// AWS accepts, and answers with, a text where there is one, a list where there are several.
pub(crate) struct OneOrMany<'a>(pub(crate) &'a BTreeSet<String>);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.first() {
            Some(only) if self.0.len() == 1 => only.serialize(serializer),
            _ => self.0.serialize(serializer),
        }
    }
}

/// One scalar or a list of them, as people write conditions.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalars {
    One(Scalar),
    Many(Vec<Scalar>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl Scalars {
    pub(crate) fn into_texts(self) -> BTreeSet<String> {
        let scalars = match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        };
        scalars
            .into_iter()
            .map(|scalar| match scalar {
                Scalar::Text(text) => text,
                Scalar::Bool(value) => value.to_string(),
                Scalar::Number(number) => number.to_string(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_written_bare_and_read_either_way() {
        let conditions = Conditions::none().and("Bool", "aws:SecureTransport", ["true"]);
        let json = serde_json::to_value(&conditions).unwrap();
        assert_eq!(json, serde_json::json!({"Bool": {"aws:SecureTransport": "true"}}));
        let read: Conditions =
            serde_json::from_value(serde_json::json!({"Bool": {"aws:SecureTransport": [true]}})).unwrap();
        assert_eq!(read, conditions);
    }

    #[test]
    fn keys_compare_without_case() {
        let one = Conditions::none().and("StringEquals", "AWS:SourceAccount", ["1"]);
        let two = Conditions::none().and("StringEquals", "aws:SourceAccount", ["1"]);
        assert_ne!(one, two);
        assert_eq!(one.normalised(), two.normalised());
    }
}
