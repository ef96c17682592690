//! The place of a value while properties are walked: a chain on the stack, made into a pointer only where something is found.

use crate::TypeSchema;
use charter_model::Pointer;

/// A place below the properties.
pub(crate) enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl Place<'_> {
    pub(crate) fn is_root(&self) -> bool {
        matches!(self, Self::Root)
    }

    pub(crate) fn pointer(&self) -> Pointer {
        match self {
            Self::Root => Pointer::root(),
            Self::Member(parent, name) => parent.pointer().key(name),
            Self::Element(parent, index) => parent.pointer().index(*index),
        }
    }

    /// What a message calls it: the name of the property, with the number of the element, counted from one as people do.
    pub(crate) fn label(&self, schema: &TypeSchema) -> String {
        match self {
            Self::Root => schema.type_name().to_string(),
            Self::Member(_, name) => format!("`{name}`"),
            Self::Element(parent, index) => format!("element {} of {}", index + 1, parent.label(schema)),
        }
    }

    /// What a message calls it as the owner of a property.
    pub(crate) fn owner(&self, schema: &TypeSchema) -> String {
        match self {
            Self::Root => schema.type_name().to_string(),
            Self::Member(_, name) => format!("`{name}` of {}", schema.type_name()),
            Self::Element(parent, _) => format!("an element of {}", parent.owner(schema)),
        }
    }
}
