//! Capabilities: the words of a grant, and what each comes to. The rows stand in `capability_table`.

use crate::capability_table::TABLE;

/// What a word such as `query` means on a type of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// `AWS::Kendra::Index`
    pub type_name: &'static str,
    /// The word in a grant: `query`.
    pub name: &'static str,
    /// What it lets the role do, for a reader.
    pub meaning: &'static str,
    /// The permissions, each on a part of the resource.
    pub permissions: &'static [Permission],
    /// Where AWS says so.
    pub source: &'static str,
}

/// Actions on a part of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Exact names, no wildcard.
    pub actions: &'static [&'static str],
    /// What they act on.
    pub on: ResourcePart,
    /// Conditions that AWS recommends: operator, key, value. The value may hold `{region}`.
    pub conditions: &'static [(&'static str, &'static str, &'static str)],
}

/// Which ARN of a resource a permission names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourcePart {
    /// What an attribute of the resource holds.
    Attribute(&'static str),
    /// What an attribute holds, with a text behind it: `…:*`.
    Suffixed(&'static str, &'static str),
    /// Made from attributes: each `{Name}` is an attribute; `{partition}`, `{region}` and `{account}` are where the resource lives.
    Pattern(&'static str),
    /// Objects of a bucket, below the grant's `prefix` where it gives one.
    Objects(&'static str),
    /// What a list attribute names, element by element: the models behind an inference profile.
    Models,
}

/// All capabilities, by type, then name.
pub fn capabilities() -> &'static [Capability] {
    TABLE
}

/// The meaning of a word on a type.
pub fn capability(type_name: &str, name: &str) -> Option<&'static Capability> {
    TABLE.iter().find(|each| each.type_name == type_name && each.name == name)
}

/// The types that grants can be on, sorted, each once.
pub fn grantable_types() -> Vec<&'static str> {
    let mut types: Vec<_> = TABLE.iter().map(|each| each.type_name).collect();
    types.sort_unstable();
    types.dedup();
    types
}
