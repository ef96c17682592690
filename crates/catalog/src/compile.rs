//! From a document (a digest in the form of the registry's own schemas) to a [`TypeSchema`]. Strict: a word that is not understood
//! is an error, so that no rule of the registry is skipped in silence.

use crate::node::{Additional, Arena, Combined, Kind, Limits, Node, NodeId, Relationship, Ties};
use crate::pattern::Pattern;
use crate::places::Places;
use crate::tagging;
use crate::transform::Transform;
use crate::type_schema::{Lifecycle, LifecycleStatus, TypeSchema};
use charter_model::{Pointer, ReplaceOrder, TypeName};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

/// The words with a meaning for the type as a whole. Others at the top of a document are those of a schema.
pub(crate) const TYPE_WORDS: &[&str] = &[
    "typeName",
    "definitions",
    "readOnlyProperties",
    "writeOnlyProperties",
    "createOnlyProperties",
    "conditionalCreateOnlyProperties",
    "deprecatedProperties",
    "primaryIdentifier",
    "additionalIdentifiers",
    "replacementStrategy",
    "tagging",
    "taggable",
    "transforms",
    "lifecycle",
    "confirmedBy",
];

/// The words of a schema that validation, comparison or `explain` understand.
pub(crate) const SCHEMA_WORDS: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "arrayType",
    "const",
    "default",
    "dependencies",
    "dependentExcluded",
    "dependentRequired",
    "dependentSchemas",
    "description",
    "else",
    "enum",
    "enumCaseInsensitive",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "insertionOrder",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maxUniqueItems",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "relationshipRef",
    "required",
    "requiredOr",
    "requiredXor",
    "then",
    "type",
    "uniqueItems",
    "uniqueKeys",
];

/// Why a document is not a type's schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema of {type_name} cannot be read: {reason} at {place:?}")]
pub struct SchemaError {
    /// The type, as far as it is known.
    pub type_name: String,
    /// The word, by its path in the document.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

/// What is wrong, and where.
type Fault = (String, String);

/// Whether a word is understood, at the top of a document or within.
pub fn understands(word: &str, at_top: bool) -> bool {
    SCHEMA_WORDS.contains(&word) || at_top && TYPE_WORDS.contains(&word)
}

/// Reads a document.
pub(crate) fn compile(document: &Json) -> Result<TypeSchema, SchemaError> {
    let name = document.get("typeName").and_then(Json::as_str).unwrap_or_default();
    let fail = |(place, reason): Fault| SchemaError { type_name: name.to_owned(), place, reason };
    let type_name = TypeName::new(name).map_err(|error| fail(("typeName".to_owned(), error.to_string())))?;
    let top = document.as_object().ok_or_else(|| fail((String::new(), "it is not a map".to_owned())))?;
    let empty = Map::new();
    let mut compiler = Compiler {
        definitions: top.get("definitions").and_then(Json::as_object).unwrap_or(&empty),
        top,
        arena: Arena::default(),
        references: HashMap::new(),
        waiting: Vec::new(),
        patterns: HashMap::new(),
    };
    compiler.run().map_err(fail)?;
    let arena = compiler.arena;

    let pointers = |word: &str| property_pointers(top.get(word)).map_err(|reason| fail((word.to_owned(), reason)));
    let read_only = pointers("readOnlyProperties")?;
    let write_only = pointers("writeOnlyProperties")?;
    let create_only = pointers("createOnlyProperties")?;
    let conditional = pointers("conditionalCreateOnlyProperties")?;
    let deprecated = pointers("deprecatedProperties")?;
    let primary_identifier = pointers("primaryIdentifier")?;
    let additional_identifiers = match top.get("additionalIdentifiers") {
        Some(Json::Array(lists)) => lists
            .iter()
            .map(|list| {
                property_pointers(Some(list)).map_err(|reason| fail(("additionalIdentifiers".to_owned(), reason)))
            })
            .collect::<Result<Vec<_>, _>>()?,
        _ => Vec::new(),
    };
    let mut places = Places::default();
    for pointer in &read_only {
        // A property that is listed as both is set by the user: five types list an optional name so.
        let settable = create_only.contains(pointer);
        places.at(pointer).read_only = !settable;
    }
    write_only.iter().for_each(|pointer| places.at(pointer).write_only = true);
    create_only.iter().for_each(|pointer| places.at(pointer).create_only = true);
    conditional.iter().for_each(|pointer| places.at(pointer).conditional = true);
    deprecated.iter().for_each(|pointer| places.at(pointer).deprecated = true);
    if let Some(transforms) = top.get("transforms").and_then(Json::as_object) {
        for (pointer, forms) in transforms {
            let fault = |reason: String| fail((format!("transforms/{pointer}"), reason));
            let place = property_pointer(pointer).map_err(fault)?;
            let forms = forms.as_array().into_iter().flatten();
            places.at(&place).transforms = forms
                .map(|form| {
                    form.as_str().and_then(Transform::parse).ok_or_else(|| fault(format!("{form} is no transform")))
                })
                .collect::<Result<_, _>>()?;
        }
    }
    let replacement = match top.get("replacementStrategy").and_then(Json::as_str) {
        None => None,
        Some("create_then_delete") => Some(ReplaceOrder::CreateFirst),
        Some("delete_then_create") => Some(ReplaceOrder::DeleteFirst),
        Some(other) => return Err(fail(("replacementStrategy".to_owned(), format!("{other:?} is no strategy")))),
    };
    let tagging = tagging::of_document(top, &type_name, &arena);
    let confirmation = match top.get("confirmedBy").and_then(Json::as_str) {
        Some(place) => Some(property_pointer(place).map_err(|reason| fail(("confirmedBy".to_owned(), reason)))?),
        None => None,
    };
    let lifecycle = lifecycle(top.get("lifecycle")).map_err(|reason| fail(("lifecycle".to_owned(), reason)))?;
    Ok(TypeSchema {
        type_name,
        arena,
        places,
        read_only: read_only.into_iter().filter(|pointer| !create_only.contains(pointer)).collect(),
        write_only,
        create_only,
        conditional,
        deprecated,
        primary_identifier,
        additional_identifiers,
        replacement,
        tagging,
        lifecycle,
        confirmation,
        name: OnceLock::new(),
    })
}

fn lifecycle(word: Option<&Json>) -> Result<Option<Lifecycle>, String> {
    let Some(word) = word else { return Ok(None) };
    let status = match word.get("status").and_then(Json::as_str) {
        Some("sunset") => LifecycleStatus::Sunset,
        Some("shutdown") => LifecycleStatus::Shutdown,
        Some("maintenance") => LifecycleStatus::Maintenance,
        other => return Err(format!("{other:?} is no status")),
    };
    Ok(Some(Lifecycle { status, date: word.get("date").and_then(Json::as_str).map(Into::into) }))
}

/// `/properties/A/*/B` as the place `/A/*/B`. Some lists write `items` for `*`, and repeat `properties` below.
fn property_pointer(text: &str) -> Result<Pointer, String> {
    let rest = text.strip_prefix("/properties/").ok_or_else(|| format!("{text:?} does not begin with /properties/"))?;
    Ok(rest.split('/').fold(Pointer::root(), |place, step| place.key(step.replace("~1", "/").replace("~0", "~"))))
}

fn property_pointers(list: Option<&Json>) -> Result<Vec<Pointer>, String> {
    match list {
        None => Ok(Vec::new()),
        Some(Json::Array(list)) => list
            .iter()
            .map(|text| text.as_str().ok_or_else(|| format!("{text} is not a text")).and_then(property_pointer))
            .collect(),
        Some(other) => Err(format!("{other} is not a list")),
    }
}

struct Compiler<'a> {
    top: &'a Map<String, Json>,
    definitions: &'a Map<String, Json>,
    arena: Arena,
    references: HashMap<&'a str, NodeId>,
    waiting: Vec<(&'a str, NodeId)>,
    patterns: HashMap<&'a str, Arc<Pattern>>,
}

impl<'a> Compiler<'a> {
    /// The root, then what it refers to, until nothing new is referred to. Definitions that nothing refers to are left out.
    fn run(&mut self) -> Result<(), Fault> {
        let root = self.arena.reserve();
        let node = self.node(self.top, true)?;
        self.arena.fill(root, node);
        while let Some((reference, id)) = self.waiting.pop() {
            let lost = || (reference.to_owned(), "it refers to nothing".to_owned());
            let target = match reference.split('/').collect::<Vec<_>>().as_slice() {
                ["#", "definitions", name] => self.definitions.get(*name),
                ["#", "properties", name] => self.top.get("properties").and_then(|properties| properties.get(*name)),
                _ => None,
            };
            let target = target.and_then(Json::as_object).ok_or_else(lost)?;
            let node = self.node(target, false).map_err(|(place, reason)| (format!("{reference}/{place}"), reason))?;
            self.arena.fill(id, node);
        }
        match self.arena.endless_reference() {
            true => Err(("$ref".to_owned(), "a reference leads back to itself".to_owned())),
            false => Ok(()),
        }
    }

    /// A schema within another.
    fn child(&mut self, schema: &'a Json, word: &str) -> Result<NodeId, Fault> {
        let id = self.arena.reserve();
        let node = match schema {
            Json::Object(map) => {
                self.node(map, false).map_err(|(place, reason)| (format!("{word}/{place}"), reason))?
            }
            Json::Bool(true) => Node::default(),
            Json::Bool(false) => {
                let anything = self.arena.reserve();
                Node {
                    combined: Some(Box::new(Combined { not: Some(anything), ..Combined::default() })),
                    ..Node::default()
                }
            }
            other => return Err((word.to_owned(), format!("{other} is not a schema"))),
        };
        self.arena.fill(id, node);
        Ok(id)
    }

    fn children(&mut self, list: &'a Json, word: &str) -> Result<Vec<NodeId>, Fault> {
        let list = list.as_array().ok_or_else(|| (word.to_owned(), "it is not a list".to_owned()))?;
        list.iter().enumerate().map(|(index, schema)| self.child(schema, &format!("{word}/{index}"))).collect()
    }

    fn pattern(&mut self, source: &'a str) -> Arc<Pattern> {
        self.patterns.entry(source).or_insert_with(|| Arc::new(Pattern::new(source))).clone()
    }

    fn reference(&mut self, target: &'a str) -> NodeId {
        if let Some(id) = self.references.get(target) {
            return *id;
        }
        let id = self.arena.reserve();
        self.references.insert(target, id);
        self.waiting.push((target, id));
        id
    }

    fn node(&mut self, schema: &'a Map<String, Json>, at_top: bool) -> Result<Node, Fault> {
        let mut node = Node::default();
        let mut combined = Combined::default();
        for (word, value) in schema {
            let of_the_type = at_top && TYPE_WORDS.contains(&word.as_str());
            if !self.word(word, value, &mut node, &mut combined)? && !of_the_type {
                return Err((word.clone(), "the word is not known".to_owned()));
            }
        }
        // A few objects with named members do not say that they are objects.
        if node.kinds.is_empty() && node.reference.is_none() && (at_top || !node.properties.is_empty()) {
            node.kinds.insert(Kind::Object);
        }
        if schema.keys().any(|word| {
            matches!(
                word.as_str(),
                "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" | "requiredXor" | "requiredOr"
            ) || word.starts_with("depend")
        }) {
            node.combined = Some(Box::new(combined));
        }
        Ok(node)
    }

    /// Takes in one word; false if it is not known.
    fn word(&mut self, word: &str, value: &'a Json, node: &mut Node, combined: &mut Combined) -> Result<bool, Fault> {
        let fault = |reason: &str| (word.to_owned(), reason.to_owned());
        let text = || value.as_str().ok_or_else(|| fault("it is not a text"));
        match word {
            "$ref" => node.reference = Some(self.reference(text()?)),
            "type" => {
                let words = match value {
                    Json::Array(list) => list.iter().map(|word| word.as_str().unwrap_or_default()).collect(),
                    _ => vec![text()?],
                };
                for word in words {
                    node.kinds.insert(Kind::from_word(word).ok_or_else(|| fault(&format!("{word:?} is no type")))?);
                }
            }
            "properties" => {
                for (name, schema) in value.as_object().ok_or_else(|| fault("it is not a map"))? {
                    let id = self.child(schema, &format!("properties/{name}"))?;
                    node.properties.insert(name.as_str().into(), id);
                }
            }
            "patternProperties" => {
                for (source, schema) in value.as_object().ok_or_else(|| fault("it is not a map"))? {
                    let id = self.child(schema, &format!("patternProperties/{source}"))?;
                    node.pattern_properties.push((self.pattern(source), id));
                }
            }
            "additionalProperties" => {
                node.additional = match value {
                    Json::Bool(true) => Additional::Anything,
                    Json::Bool(false) => Additional::Nothing,
                    schema => Additional::Node(self.child(schema, word)?),
                }
            }
            "items" => node.items = Some(self.child(value, word)?),
            "prefixItems" => node.prefix_items = self.children(value, word)?,
            "required" => node.required = texts(value).ok_or_else(|| fault("it is not a list of texts"))?,
            "enum" => node.allowed = value.as_array().cloned().ok_or_else(|| fault("it is not a list"))?,
            "const" => node.allowed = vec![value.clone()],
            "enumCaseInsensitive" => {
                node.allowed_in_any_case = texts(value).ok_or_else(|| fault("it is not a list of texts"))?;
            }
            "pattern" => node.pattern = Some(self.pattern(text()?)),
            "format" => node.format = Some(text()?.into()),
            "insertionOrder" => node.insertion_order = value.as_bool(),
            "uniqueItems" => node.unique_items = value == &Json::Bool(true),
            "uniqueKeys" => node.unique_keys = texts(value).ok_or_else(|| fault("it is not a list of texts"))?,
            "arrayType" => node.attribute_list = value.as_str() == Some("AttributeList"),
            // A default of null says no more than no default.
            "default" => node.default = Some(value.clone()).filter(|value| !value.is_null()),
            "description" => node.description = Some(text()?.into()),
            "relationshipRef" => {
                let part = |name: &str| value.get(name).and_then(Json::as_str).ok_or_else(|| fault("it is not whole"));
                let property = part("propertyPath")?;
                node.relationship = Some(Relationship {
                    type_name: part("typeName")?.into(),
                    property: property.strip_prefix("/properties/").unwrap_or(property).into(),
                });
            }
            _ => return Ok(limit(word, value, &mut node.limits)? || self.combination(word, value, combined)?),
        }
        Ok(true)
    }

    fn combination(&mut self, word: &str, value: &'a Json, combined: &mut Combined) -> Result<bool, Fault> {
        let fault = || (word.to_owned(), "it is not of the expected form".to_owned());
        match word {
            "allOf" => combined.all_of = self.children(value, word)?,
            "anyOf" => combined.any_of = self.children(value, word)?,
            "oneOf" => combined.one_of = self.children(value, word)?,
            "not" => combined.not = Some(self.child(value, word)?),
            "if" => combined.condition = Some(self.child(value, word)?),
            "then" => combined.then = Some(self.child(value, word)?),
            "else" => combined.otherwise = Some(self.child(value, word)?),
            "requiredXor" => combined.required_xor = texts(value).ok_or_else(fault)?,
            "requiredOr" => combined.required_or = texts(value).ok_or_else(fault)?,
            "dependentExcluded" => combined.dependent_excluded = lists_by_name(value).ok_or_else(fault)?,
            "dependentRequired" | "dependentSchemas" | "dependencies" => {
                for (name, needs) in value.as_object().ok_or_else(fault)? {
                    match texts(needs) {
                        Some(names) => combined.dependent_required.push((name.as_str().into(), names)),
                        None => {
                            let id = self.child(needs, &format!("{word}/{name}"))?;
                            combined.dependent_schemas.push((name.as_str().into(), id));
                        }
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn limit(word: &str, value: &Json, limits: &mut Limits) -> Result<bool, Fault> {
    let count = match word {
        "minLength" => &mut limits.min_length,
        "maxLength" => &mut limits.max_length,
        "minItems" => &mut limits.min_items,
        "maxItems" => &mut limits.max_items,
        "maxUniqueItems" => &mut limits.max_unique_items,
        "minProperties" => &mut limits.min_properties,
        "maxProperties" => &mut limits.max_properties,
        _ => {
            let number = match word {
                "minimum" => &mut limits.minimum,
                "maximum" => &mut limits.maximum,
                "exclusiveMinimum" => &mut limits.exclusive_minimum,
                "exclusiveMaximum" => &mut limits.exclusive_maximum,
                "multipleOf" => &mut limits.multiple_of,
                _ => return Ok(false),
            };
            *number = Some(value.as_f64().ok_or_else(|| (word.to_owned(), "it is not a number".to_owned()))?);
            return Ok(true);
        }
    };
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    *count = Some(number.ok_or_else(|| (word.to_owned(), "it is not a count".to_owned()))?);
    Ok(true)
}

fn texts(value: &Json) -> Option<Vec<Arc<str>>> {
    value.as_array()?.iter().map(|text| text.as_str().map(Into::into)).collect()
}

fn lists_by_name(value: &Json) -> Option<Ties> {
    let sorted: BTreeMap<_, _> = value.as_object()?.iter().collect();
    sorted.into_iter().map(|(name, list)| Some((name.as_str().into(), texts(list)?))).collect()
}
