//! Where a resource stands: its stack, then the names that lead to it through modules and `forEach`.

use crate::{IdError, StackName};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The key of one instance of a `forEach` block. Limited to what AWS accepts in a tag value, so that an address can
/// stand in the tag `charter:address` as it is.
pub type InstanceKey = Arc<str>;

/// One step of an address: a name, and the key of the instance where the block has `forEach`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    /// The name in the file.
    pub name: Arc<str>,
    /// The instance of a `forEach` block.
    pub key: Option<InstanceKey>,
}

/// The address of a resource: `product-reviews/knowledge.cluster`, `lines/profiles:cards.profile`.
///
/// One form in messages, state, journal, tags and on the command line: no character of it needs quoting in a shell, and all
/// of them are allowed in an AWS tag value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    stack: StackName,
    path: Arc<[Segment]>,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `/`, or nothing behind it.
    #[error("{0:?} is not an address: write STACK/NAME, such as product-reviews/knowledge.index")]
    Form(String),
    /// The part before the `/` is not a stack name.
    #[error(transparent)]
    Stack(#[from] IdError),
    /// A name is not an identifier.
    #[error("{0:?} is not a resource name: a letter or '_' first, then letters, digits or '_'")]
    Name(String),
    /// A key has characters that cannot stand in an address.
    #[error("{0:?} is not an instance key: letters, digits, '-' and '_', 64 at most")]
    Key(String),
}

impl Address {
    /// The address of a resource that stands directly in a stack.
    pub fn new(stack: StackName, name: &str) -> Result<Self, AddressError> {
        Self::from_segments(stack, vec![Segment::new(name, None)?])
    }

    /// An address from its parts; at least one segment.
    pub fn from_segments(stack: StackName, path: Vec<Segment>) -> Result<Self, AddressError> {
        if path.is_empty() {
            return Err(AddressError::Form(stack.to_string()));
        }
        Ok(Self { stack, path: path.into() })
    }

    /// The same place, one level deeper.
    pub fn child(&self, segment: Segment) -> Self {
        let mut path = self.path.to_vec();
        path.push(segment);
        Self { stack: self.stack.clone(), path: path.into() }
    }

    /// The stack that the resource belongs to.
    pub fn stack(&self) -> &StackName {
        &self.stack
    }

    /// The names from the stack inwards; never empty.
    pub fn path(&self) -> &[Segment] {
        &self.path
    }

    /// The names without the stack: `knowledge.cluster`.
    pub fn local(&self) -> String {
        self.path.iter().map(Segment::to_string).collect::<Vec<_>>().join(".")
    }
}

impl Segment {
    /// Checks the name (an identifier) and the key.
    pub fn new(name: &str, key: Option<&str>) -> Result<Self, AddressError> {
        let identifier = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|each| each.is_ascii_alphanumeric() || each == b'_');
        if !identifier {
            return Err(AddressError::Name(name.to_owned()));
        }
        if let Some(key) = key {
            let valid = (1..=64).contains(&key.len())
                && key.bytes().all(|each| each.is_ascii_alphanumeric() || matches!(each, b'-' | b'_'));
            if !valid {
                return Err(AddressError::Key(key.to_owned()));
            }
        }
        Ok(Self { name: name.into(), key: key.map(Into::into) })
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        match &self.key {
            Some(key) => write!(formatter, ":{key}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.stack, self.local())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (stack, path) = text.split_once('/').ok_or_else(|| AddressError::Form(text.to_owned()))?;
        let segments = path
            .split('.')
            .map(|segment| match segment.split_once(':') {
                Some((name, key)) => Segment::new(name, Some(key)),
                None => Segment::new(segment, None),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_segments(StackName::new(stack)?, segments)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        for text in ["product-reviews/knowledge.cluster", "lines/profiles:cards.profile", "s/a"] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in ["", "stack", "stack/", "stack/9", "stack/a..b", "stack/a:b c", "/a", "stack/a:"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
