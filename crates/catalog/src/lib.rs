//! Every resource type of the AWS registry, and Charter's own, offline: what a type looks like, whether properties are valid,
//! and how two values of a property compare.
//!
//! The data is a digest of facts made by `cargo xtask catalog`; only the types that a run uses are decoded. Imports `model` only.

use charter_model::{Pointer, TypeName, Value};
use std::sync::Arc;

/// All types.
#[derive(Debug)]
pub struct Catalog {}

impl Catalog {
    /// The types embedded in this binary.
    pub fn embedded() -> &'static Self {
        unimplemented!()
    }

    /// Every type name, sorted.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// The schema of a type, decoded on first use and kept.
    pub fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        let _ = type_name;
        unimplemented!()
    }
}

/// What is known of one type.
#[derive(Debug)]
pub struct TypeSchema {}

/// Something wrong with a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, below the properties. For an unknown or missing property: the place of that property.
    pub pointer: Pointer,
    /// The part of a diagnostic's code behind `charter::`: `unknown-property`, `missing-property`, `wrong-type`, `not-allowed`,
    /// `too-long`, …
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do: "did you mean", the allowed values.
    pub help: Option<String>,
    /// Whether the culprit is the name of the property rather than its value.
    pub at_key: bool,
}

/// One difference between two states of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where. As deep as it can be told (a changed element of an order-insensitive list is the whole list).
    pub pointer: Pointer,
    /// None: it was not there.
    pub before: Option<Value>,
    /// None: it will not be there.
    pub after: Option<Value>,
    /// Whether the property can only be set at creation.
    pub requires_replacement: ReplacementNeed,
}

/// Whether a change of a property can be made in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplacementNeed {
    /// In place.
    No,
    /// The registry says that some changes of it can be made in place and some not: tried in place first.
    Conditional,
    /// Only by replacement.
    Yes,
}

/// How a type carries tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagging {
    /// The property: `/Tags`.
    pub property: Pointer,
    /// Whether the property is a list of `{Key, Value}`, or an object by key. (A few types differ: see the fields.)
    pub shape: TagShape,
    /// Whether tags can be given and changed after creation.
    pub updatable: bool,
}

/// The form of a tags property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagShape {
    /// A list of objects with these two members: `Key`/`Value`, in a few types `TagKey`/`TagValue` and the like.
    List {
        /// The member that holds the key.
        key: String,
        /// The member that holds the value.
        value: String,
    },
    /// An object by key.
    Map,
}

/// What a reference to an attribute leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// A property that the user sets.
    Property,
    /// Known only once the resource exists.
    ReadOnly,
    /// Accepted but never told: refers to a secret.
    WriteOnly,
}

/// A reference to what the type does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// How many steps of the path were right.
    pub depth: usize,
    /// What was meant, perhaps.
    pub suggestion: Option<String>,
    /// What there is at that depth, sorted.
    pub known: Vec<String>,
}

impl TypeSchema {
    /// The type's name.
    pub fn type_name(&self) -> &TypeName {
        unimplemented!()
    }

    /// Checks desired properties against every word of the schema. Unknown values pass; secrets are checked by type only when
    /// their plain value is at hand. All violations, not the first.
    pub fn validate(&self, properties: &Value) -> Vec<Violation> {
        let _ = properties;
        unimplemented!()
    }

    /// Whether a path of attribute names exists: `["Endpoint", "Address"]`. Steps into lists are indexes or any key.
    pub fn attribute(&self, path: &[&str]) -> Result<AttributeKind, UnknownAttribute> {
        let _ = path;
        unimplemented!()
    }

    /// The differences that `after` makes to `before`, by the schema's idea of equality: order-insensitive lists as sets, policy
    /// documents by meaning, numbers by value, defaults, ARNs and ids by the type's rule. Read-only properties are left out.
    /// A property that `after` leaves out is a difference only if `before` has it and it is in `owned` (what we once set).
    pub fn differences(&self, before: &Value, after: &Value, owned: &Value) -> Vec<Difference> {
        let _ = (before, after, owned);
        unimplemented!()
    }

    /// Whether two values at a place mean the same.
    pub fn equivalent(&self, pointer: &Pointer, left: &Value, right: &Value) -> bool {
        let _ = (pointer, left, right);
        unimplemented!()
    }

    /// The places whose values only AWS sets.
    pub fn read_only(&self) -> &[Pointer] {
        unimplemented!()
    }

    /// The places whose values are never told.
    pub fn write_only(&self) -> &[Pointer] {
        unimplemented!()
    }

    /// The places that can only be set at creation.
    pub fn create_only(&self) -> &[Pointer] {
        unimplemented!()
    }

    /// The places that make up the primary identifier, in order.
    pub fn primary_identifier(&self) -> &[Pointer] {
        unimplemented!()
    }

    /// The primary identifier of a resource: the parts joined by `|`; none if one is missing.
    pub fn identifier_of(&self, properties: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
        let _ = properties;
        unimplemented!()
    }

    /// The properties that an identifier stands for.
    pub fn identifier_properties(&self, identifier: &str) -> serde_json::Map<String, serde_json::Value> {
        let _ = identifier;
        unimplemented!()
    }

    /// The property that names the resource and that Charter fills in where the user gives none, with the longest name that the
    /// type takes and whether upper-case letters are allowed in it. None if the type has no such property.
    pub fn name_property(&self) -> Option<NameProperty> {
        unimplemented!()
    }

    /// How the type carries tags; none if it does not.
    pub fn tagging(&self) -> Option<&Tagging> {
        unimplemented!()
    }

    /// Whether nothing of it can be updated in place.
    pub fn is_immutable(&self) -> bool {
        unimplemented!()
    }
}

/// The property that names a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameProperty {
    /// The top-level property.
    pub pointer: Pointer,
    /// In characters.
    pub longest: usize,
    /// Bucket names, for one, have none.
    pub upper_case: bool,
    /// Whether two resources cannot have the same name at once, so that a create-first replacement needs a fresh one.
    pub unique: bool,
}
