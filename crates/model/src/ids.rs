//! Typed names and identifiers. Each is checked when made, so that a function that takes one need not check again.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Why a text is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {kind}: {rule}")]
pub struct IdError {
    /// The rejected text.
    pub text: String,
    /// What it was meant to be, with its article: `an account id`.
    pub kind: &'static str,
    /// The rule that it breaks, in words for a user.
    pub rule: &'static str,
}

macro_rules! text_id {
    ($(#[$documentation:meta])* $name:ident, $kind:literal, $rule:literal, $valid:expr) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text against the rule of this id.
            pub fn new(text: impl AsRef<str>) -> Result<Self, IdError> {
                let text = text.as_ref();
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError { text: text.to_owned(), kind: $kind, rule: $rule })
                }
            }

            /// The text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:?}", &*self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
    };
}

fn is_label(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|each| each.is_ascii_alphanumeric() || each == '-' || each == '_')
        && !text.ends_with('-')
}

text_id!(
    /// The name of a stack: `product-reviews`.
    StackName, "a stack name",
    "a letter first, then letters, digits, '-' or '_', 64 at most, no '-' at the end", |text| is_label(text, 64)
);
text_id!(
    /// The name of an environment: `local`, `prod`.
    EnvironmentName, "an environment name",
    "a letter first, then letters, digits, '-' or '_', 32 at most, no '-' at the end", |text| is_label(text, 32)
);
text_id!(
    /// The name that an environment gives to an account: `retail`.
    AccountName, "an account name",
    "a letter first, then letters, digits, '-' or '_', 64 at most, no '-' at the end", |text| is_label(text, 64)
);
text_id!(
    /// The twelve digits of an AWS account.
    AccountId, "an account id", "exactly twelve digits",
    |text| text.len() == 12 && text.bytes().all(|each| each.is_ascii_digit())
);
text_id!(
    /// An AWS region: `us-east-2`.
    Region, "a region", "lower-case letters, digits and '-', such as us-east-1",
    |text| {
        text.split('-').count() >= 3
            && text.ends_with(|last: char| last.is_ascii_digit())
            && text.bytes().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == b'-')
    }
);
text_id!(
    /// A resource type: `AWS::Kendra::Index`, `Charter::Kendra::Sync`.
    TypeName, "a resource type", "three names joined by '::', such as AWS::Kendra::Index",
    |text| {
        let parts: Vec<&str> = text.split("::").collect();
        parts.len() == 3
            && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|each| each.is_ascii_alphanumeric()))
    }
);

impl TypeName {
    /// The middle part: `Kendra` of `AWS::Kendra::Index`.
    pub fn service(&self) -> &str {
        self.as_str().split("::").nth(1).unwrap_or_default()
    }

    /// The last part: `Index` of `AWS::Kendra::Index`.
    pub fn resource(&self) -> &str {
        self.as_str().split("::").nth(2).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_when_made() {
        assert!(AccountId::new("111111111111").is_ok());
        assert!(AccountId::new("1111").is_err());
        assert!(Region::new("us-east-2").is_ok());
        assert!(Region::new("useast2").is_err());
        assert!(StackName::new("2fast").is_err());
        assert_eq!(TypeName::new("AWS::Kendra::Index").unwrap().service(), "Kendra");
        assert!(TypeName::new("AWS::Kendra").is_err());
    }

    #[test]
    fn a_bad_id_in_json_is_an_error_not_a_value() {
        assert!(serde_json::from_str::<AccountId>("\"12\"").is_err());
    }
}
