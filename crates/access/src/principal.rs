//! Who a statement is about. Imports `conditions` for its serial forms.

use crate::conditions::{OneOrMany, Scalars};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The `Principal` (or `NotPrincipal`) of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// `"*"`: everybody, also those without credentials.
    Everyone,
    /// By kind: `AWS` (accounts, roles, users, sessions), `Service`, `Federated`, `CanonicalUser`.
    Some(BTreeMap<String, BTreeSet<String>>),
}

impl Principal {
    /// AWS services: `kendra.amazonaws.com`.
    pub fn services<S: Into<String>>(services: impl IntoIterator<Item = S>) -> Self {
        Self::of("Service", services)
    }

    /// Accounts, roles, users or sessions: an ARN, or the twelve digits of an account.
    pub fn aws<S: Into<String>>(principals: impl IntoIterator<Item = S>) -> Self {
        Self::of("AWS", principals)
    }

    /// Identity providers: the ARN of an OIDC or SAML provider.
    pub fn federated<S: Into<String>>(providers: impl IntoIterator<Item = S>) -> Self {
        Self::of("Federated", providers)
    }

    fn of<S: Into<String>>(kind: &str, names: impl IntoIterator<Item = S>) -> Self {
        Self::Some(BTreeMap::from([(kind.to_owned(), names.into_iter().map(Into::into).collect())]))
    }

    /// The names of one kind.
    pub fn names(&self, kind: &str) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::Everyone => None,
            Self::Some(kinds) => kinds.get(kind),
        };
        names.into_iter().flatten().map(String::as_str)
    }

    /// The normal form: an account's twelve digits become its root ARN, which is how AWS stores them.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let Self::Some(kinds) = self else { return Self::Everyone };
        let normal = |kind: &String, name: &String| match (kind.as_str(), name.len()) {
            ("AWS", 12) if name.bytes().all(|each| each.is_ascii_digit()) => format!("arn:aws:iam::{name}:root"),
            _ => name.clone(),
        };
        Self::Some(
            kinds
                .iter()
                .map(|(kind, names)| (kind.clone(), names.iter().map(|name| normal(kind, name)).collect()))
                .collect(),
        )
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => "*".serialize(serializer),
            Self::Some(kinds) => kinds
                .iter()
                .map(|(kind, names)| (kind, OneOrMany(names)))
                .collect::<BTreeMap<_, _>>()
                .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Kinds(BTreeMap<String, Scalars>),
        }
        match Written::deserialize(deserializer)? {
            Written::Text(text) if text == "*" => Ok(Self::Everyone),
            Written::Text(text) => Err(serde::de::Error::custom(format!(
                "{text:?} is not a principal: write \"*\", or an object with AWS, Service, Federated or CanonicalUser"
            ))),
            Written::Kinds(kinds) => {
                Ok(Self::Some(kinds.into_iter().map(|(kind, names)| (kind, names.into_texts())).collect()))
            }
        }
    }
}
