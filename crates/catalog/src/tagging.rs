//! How a type carries tags, read from its schema. Imports `node` of this crate.

use crate::node::{Arena, Kind};
use charter_model::{Pointer, TypeName};
use serde_json::{Map, Value as Json};

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

/// Reads it from a document. Without a word on tagging a type of the registry is taggable if it has a property `Tags` (the
/// registry's own default); one of Charter's is not.
pub(crate) fn of_document(document: &Map<String, Json>, type_name: &TypeName, arena: &Arena) -> Option<Tagging> {
    let tagging = document.get("tagging");
    let word = |name: &str| tagging.and_then(|tagging| tagging.get(name));
    let said = word("taggable").or_else(|| document.get("taggable")).and_then(Json::as_bool);
    let own = type_name.as_str().starts_with("Charter::");
    if !said.unwrap_or(!own) {
        return None;
    }
    let path = word("tagProperty").and_then(Json::as_str).unwrap_or("/properties/Tags");
    let name = path.strip_prefix("/properties/").filter(|name| !name.contains('/'))?;
    let listed = |word: &str| {
        document
            .get(word)
            .and_then(Json::as_array)
            .is_some_and(|list| list.iter().any(|each| each.as_str() == Some(path)))
    };
    if listed("readOnlyProperties") {
        return None;
    }
    let property = arena.members(Arena::ROOT).iter().find(|(member, _)| &****member == name).map(|(_, id)| *id)?;
    let shape = match arena.element(property, 0) {
        Some(element) => {
            let members = arena.members(element);
            let ending = |ending: &str| members.keys().find(|name| name.ends_with(ending)).map(ToString::to_string);
            TagShape::List {
                key: ending("Key").or_else(|| ending("key"))?,
                value: ending("Value").or_else(|| ending("value"))?,
            }
        }
        None if arena.kinds(property).contains(Kind::Object) => TagShape::Map,
        None => return None,
    };
    let updatable = word("tagUpdatable").and_then(Json::as_bool).unwrap_or(true) && !listed("createOnlyProperties");
    Some(Tagging { property: Pointer::root().key(name), shape, updatable })
}
