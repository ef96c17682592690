//! What a type says of single places in its properties (who sets them, when, how the service rewrites them), as a tree that is
//! walked in step with a value. Imports `transform` of this crate.

use crate::transform::Transform;
use charter_model::Pointer;
use std::collections::BTreeMap;

/// What is said of one place, and of those inside it.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) read_only: bool,
    pub(crate) write_only: bool,
    pub(crate) create_only: bool,
    pub(crate) conditional: bool,
    pub(crate) deprecated: bool,
    /// How the service rewrites what it is given.
    pub(crate) transforms: Vec<Transform>,
    children: BTreeMap<String, Places>,
}

impl Places {
    /// The entry of a place, made where it is missing.
    pub(crate) fn at(&mut self, pointer: &Pointer) -> &mut Self {
        pointer.segments().iter().fold(self, |place, segment| place.children.entry(segment.to_string()).or_default())
    }

    /// The entry of a member.
    pub(crate) fn member(&self, key: &str) -> Option<&Self> {
        self.children.get(key).or_else(|| self.children.get("*"))
    }

    /// The entry of a list's elements. Some lists of the registry leave out the step into a list, so a list without such an entry
    /// passes its own on.
    pub(crate) fn element(&self) -> Option<&Self> {
        match self.children.get("*").or_else(|| self.children.get("items")) {
            Some(element) => Some(element),
            None if self.children.is_empty() => None,
            None => Some(self),
        }
    }

    /// The entry of a pointer that may go through lists, by index or by `*`.
    pub(crate) fn find(&self, pointer: &Pointer) -> Option<&Self> {
        pointer.segments().iter().try_fold(self, |place, segment| match segment {
            charter_model::PointerSegment::Index(_) => place.element(),
            charter_model::PointerSegment::Key(key) if &**key == "*" => place.element(),
            charter_model::PointerSegment::Key(key) => place.member(key),
        })
    }

    /// Whether anything is said of places inside this one.
    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }
}
