//! JSON pointers (RFC 6901): the one way in which Charter names a place inside the properties of a resource.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointerSegment {
    /// A member of an object; `*` stands for every member or element where a schema is meant.
    Key(Arc<str>),
    /// An element of a list, from zero.
    Index(usize),
}

/// A place inside the properties of a resource: `/ServerlessV2ScalingConfiguration/MinCapacity`, `/Tags/0/Value`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pointer(Vec<PointerSegment>);

/// A text that is not a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a property path: write it as a JSON pointer, such as /Tags or /Code/S3Key")]
pub struct PointerError(pub String);

impl Pointer {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[PointerSegment] {
        &self.0
    }

    /// Whether this is the whole document.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This place, then a member of it.
    pub fn key(&self, key: impl AsRef<str>) -> Self {
        self.with(PointerSegment::Key(key.as_ref().into()))
    }

    /// This place, then an element of it.
    pub fn index(&self, index: usize) -> Self {
        self.with(PointerSegment::Index(index))
    }

    /// This place, then one more step.
    pub fn with(&self, segment: PointerSegment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The place that holds this one; none for the whole document.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// Whether `other` is this place or lies inside it. `*` in `self` matches any step.
    pub fn contains(&self, other: &Self) -> bool {
        self.0.len() <= other.0.len()
            && self.0.iter().zip(&other.0).all(|(own, theirs)| match own {
                PointerSegment::Key(key) if &**key == "*" => true,
                _ => own == theirs || own.to_string() == theirs.to_string(),
            })
    }

    /// Follows the pointer into a JSON document.
    pub fn get<'a>(&self, document: &'a serde_json::Value) -> Option<&'a serde_json::Value> {
        self.0.iter().try_fold(document, |place, segment| match (place, segment) {
            (serde_json::Value::Array(list), PointerSegment::Index(index)) => list.get(*index),
            (serde_json::Value::Array(list), PointerSegment::Key(key)) => list.get(key.parse::<usize>().ok()?),
            (serde_json::Value::Object(map), segment) => map.get(&segment.to_string()),
            _ => None,
        })
    }
}

impl FromIterator<PointerSegment> for Pointer {
    fn from_iter<I: IntoIterator<Item = PointerSegment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

impl fmt::Display for PointerSegment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => formatter.write_str(key),
            Self::Index(index) => write!(formatter, "{index}"),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            write!(formatter, "/{}", segment.to_string().replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl std::str::FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let rest = text.strip_prefix('/').ok_or_else(|| PointerError(text.to_owned()))?;
        Ok(rest
            .split('/')
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .map(|part| match part.parse::<usize>() {
                Ok(index) if part == index.to_string() => PointerSegment::Index(index),
                _ => PointerSegment::Key(part.into()),
            })
            .collect())
    }
}

impl TryFrom<String> for Pointer {
    type Error = PointerError;
    fn try_from(text: String) -> Result<Self, PointerError> {
        text.parse()
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> String {
        pointer.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_rfc_6901() {
        let pointer = Pointer::root().key("a/b").key("m~n").index(0);
        assert_eq!(pointer.to_string(), "/a~1b/m~0n/0");
        assert_eq!("/a~1b/m~0n/0".parse::<Pointer>().unwrap(), pointer);
    }

    #[test]
    fn a_place_contains_what_lies_inside_it() {
        let tags: Pointer = "/Tags".parse().unwrap();
        let value: Pointer = "/Tags/0/Value".parse().unwrap();
        assert!(tags.contains(&value) && tags.contains(&tags) && !value.contains(&tags));
        assert!("/Tags/*/Value".parse::<Pointer>().unwrap().contains(&value));
        assert!(!"/Tag".parse::<Pointer>().unwrap().contains(&tags));
    }
}
