//! The JSON Schema of a type for editors: what a stack's author may write, so expressions are let through and what only AWS sets is left
//! out. Imports `node` of this crate.

use crate::TypeSchema;
use crate::node::{Additional, Arena, Kind, Node, NodeId};
use crate::places::Places;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What makes a text an expression or a secret, which stand for a value of any kind.
const EXPRESSION: &str = r"\$\{|^secret://";

impl TypeSchema {
    /// The JSON Schema (draft 2020-12) of the type's properties. Every value may also be a text with `${…}`. References inside
    /// begin with `base`: `#` if the result is a document of its own, `#/$defs/NAME` if it stands there in a larger one.
    ///
    /// It is laxer than [`TypeSchema::validate`]: rules that join several properties are left to it, and so are patterns.
    pub fn json_schema(&self, base: &str) -> Json {
        let mut writer = Writer { schema: self, base, definitions: BTreeMap::new(), waiting: Vec::new() };
        let mut root = writer.node(Arena::ROOT, Some(&self.places));
        while let Some(id) = writer.waiting.pop() {
            let definition = writer.node(id, None);
            writer.definitions.insert(id, definition);
        }
        if let Json::Object(root) = &mut root {
            // The outermost is always a map, written out.
            let map = root.remove("anyOf").and_then(|choices| choices.get(0).cloned());
            if let Some(Json::Object(map)) = map {
                root.extend(map);
            }
            if !writer.definitions.is_empty() {
                let definitions: Map<String, Json> =
                    writer.definitions.into_iter().map(|(id, definition)| (id.0.to_string(), definition)).collect();
                root.insert("$defs".to_owned(), Json::Object(definitions));
            }
            root.insert("title".to_owned(), self.type_name.as_str().into());
        }
        root
    }
}

struct Writer<'a> {
    schema: &'a TypeSchema,
    base: &'a str,
    definitions: BTreeMap<NodeId, Json>,
    waiting: Vec<NodeId>,
}

impl Writer<'_> {
    fn node(&mut self, id: NodeId, places: Option<&Places>) -> Json {
        let node = self.schema.arena.get(id);
        if let Some(reference) = node.reference {
            // What is said of places inside (read-only members) belongs to one use of a definition: such a use is written out.
            return match places.filter(|places| places.has_children()) {
                Some(places) => self.node(reference, Some(places)),
                None => self.reference(reference),
            };
        }
        let kinds = self.schema.arena.kinds(id);
        if kinds.is_empty() {
            return json!({});
        }
        let mut choices: Vec<Json> = kinds.iter().filter_map(|kind| self.kind(kind, node, id, places)).collect();
        let closed = kinds.contains(Kind::String) && node.allowed.is_empty() && node.allowed_in_any_case.is_empty();
        if !closed {
            choices.push(json!({"type": "string", "pattern": EXPRESSION}));
        }
        let mut written = Map::new();
        if let Some(description) = &node.description {
            written.insert("description".to_owned(), (**description).into());
        }
        if let Some(default) = &node.default {
            written.insert("default".to_owned(), default.clone());
        }
        match choices.as_mut_slice() {
            [Json::Object(only)] => written.append(only),
            _ => drop(written.insert("anyOf".to_owned(), choices.into())),
        }
        Json::Object(written)
    }

    fn reference(&mut self, id: NodeId) -> Json {
        let id = self.schema.arena.resolve(id);
        if let Entry::Vacant(vacant) = self.definitions.entry(id) {
            vacant.insert(Json::Null);
            self.waiting.push(id);
        }
        json!({"$ref": format!("{}/$defs/{}", self.base, id.0)})
    }

    fn kind(&mut self, kind: Kind, node: &Node, id: NodeId, places: Option<&Places>) -> Option<Json> {
        let mut written = Map::from_iter([("type".to_owned(), Json::from(kind.word()))]);
        let mut put = |word: &str, value: Option<Json>| {
            if let Some(value) = value {
                written.insert(word.to_owned(), value);
            }
        };
        match kind {
            Kind::String if !node.allowed.is_empty() => put("enum", Some(node.allowed.clone().into())),
            Kind::String if !node.allowed_in_any_case.is_empty() => {
                put("enum", Some(node.allowed_in_any_case.iter().map(|word| Json::from(&**word)).collect()));
            }
            Kind::String => {}
            Kind::Integer | Kind::Number => {
                put("minimum", node.limits.minimum.map(Json::from));
                put("maximum", node.limits.maximum.map(Json::from));
            }
            Kind::Boolean => {}
            Kind::Array => {
                put("minItems", node.limits.min_items.map(Json::from));
                put("maxItems", node.limits.max_items.map(Json::from));
                let element = self.schema.arena.element(id, 0);
                let element = element.map(|element| self.node(element, places.and_then(Places::element)));
                written.extend(element.map(|element| ("items".to_owned(), element)));
            }
            Kind::Object => written.extend(self.object(node, id, places)),
            // Nobody writes null where it may be left out.
            Kind::Null => return None,
        }
        Some(Json::Object(written))
    }

    fn object(&mut self, node: &Node, id: NodeId, places: Option<&Places>) -> Map<String, Json> {
        let mut written = Map::new();
        let mut properties = Map::new();
        for (name, member) in self.schema.arena.members(id) {
            let places = places.and_then(|places| places.member(name));
            if places.is_some_and(|places| places.read_only) {
                continue;
            }
            let mut property = self.node(member, places);
            if places.is_some_and(|places| places.deprecated)
                && let Json::Object(property) = &mut property
            {
                property.insert("deprecated".to_owned(), true.into());
            }
            properties.insert(name.to_string(), property);
        }
        if !properties.is_empty() {
            written.insert("properties".to_owned(), Json::Object(properties));
        }
        if !node.pattern_properties.is_empty() {
            let members: Vec<(String, NodeId)> = node
                .pattern_properties
                .iter()
                .map(|(pattern, member)| (pattern.source().to_string(), *member))
                .collect();
            // A pattern need not mean the same to an editor, so it is not held against the name of a member.
            let values: Vec<Json> = members.into_iter().map(|(_, member)| self.node(member, None)).collect();
            written.insert("additionalProperties".to_owned(), json!({"anyOf": values}));
        } else if node.additional == Additional::Nothing {
            written.insert("additionalProperties".to_owned(), false.into());
        }
        let named = |name: &str| id == Arena::ROOT && self.schema.is_filled_in(name);
        let required: Vec<Json> =
            node.required.iter().filter(|name| !named(name)).map(|name| Json::from(&**name)).collect();
        if !required.is_empty() {
            written.insert("required".to_owned(), required.into());
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use crate::Catalog;
    use charter_model::TypeName;
    use serde_json::json;

    #[test]
    fn an_editor_is_offered_what_can_be_written_and_expressions_pass() {
        let catalog = Catalog::from_documents([json!({
            "typeName": "AWS::A::B",
            "properties": {
                "Arn": {"type": "string"},
                "Edition": {"type": "string", "enum": ["A", "B"]},
                "Name": {"type": "string"},
                "Parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}},
                "Size": {"type": "integer", "minimum": 1}
            },
            "definitions": {"Part": {"type": "object", "properties": {"Inner": {"$ref": "#/definitions/Part"}}}},
            "readOnlyProperties": ["/properties/Arn"],
            "required": ["Size", "Name"],
            "additionalProperties": false
        })])
        .unwrap();
        let schema = catalog.schema(&TypeName::new("AWS::A::B").unwrap()).unwrap();
        insta::assert_json_snapshot!(schema.json_schema("#"), @r##"
        {
          "$defs": {
            "6": {
              "anyOf": [
                {
                  "properties": {
                    "Inner": {
                      "$ref": "#/$defs/6"
                    }
                  },
                  "type": "object"
                },
                {
                  "pattern": "\\$\\{|^secret://",
                  "type": "string"
                }
              ]
            }
          },
          "additionalProperties": false,
          "properties": {
            "Edition": {
              "anyOf": [
                {
                  "enum": [
                    "A",
                    "B"
                  ],
                  "type": "string"
                },
                {
                  "pattern": "\\$\\{|^secret://",
                  "type": "string"
                }
              ]
            },
            "Name": {
              "type": "string"
            },
            "Parts": {
              "anyOf": [
                {
                  "items": {
                    "$ref": "#/$defs/6"
                  },
                  "type": "array"
                },
                {
                  "pattern": "\\$\\{|^secret://",
                  "type": "string"
                }
              ]
            },
            "Size": {
              "anyOf": [
                {
                  "minimum": 1.0,
                  "type": "integer"
                },
                {
                  "pattern": "\\$\\{|^secret://",
                  "type": "string"
                }
              ]
            }
          },
          "required": [
            "Size"
          ],
          "title": "AWS::A::B",
          "type": "object"
        }
        "##);
    }
}
