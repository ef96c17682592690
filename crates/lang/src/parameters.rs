//! Parameters: their schemas in the words of JSON Schema, and values checked against them.
//! Imports `reader` to read schemas.

use crate::node::{Entry, Node, NodeKind};
use crate::reader::Reader;
use charter_model::{Diagnostic, Pointer, Value, did_you_mean};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a parameter accepts.
#[derive(Debug, Default)]
pub(crate) struct ValueSchema {
    /// None: anything.
    types: Vec<ValueType>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    exclusive_minimum: Option<f64>,
    exclusive_maximum: Option<f64>,
    /// None: anything.
    allowed: Option<Vec<Value>>,
    pattern: Option<(String, fancy_regex::Regex)>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    unique_items: bool,
    items: Option<Box<ValueSchema>>,
    properties: BTreeMap<Arc<str>, ValueSchema>,
    required: Vec<Arc<str>>,
    additional: Additional,
    pub(crate) description: Option<Arc<str>>,
}

/// What members beside `properties` may be.
#[derive(Debug, Default)]
enum Additional {
    /// Anything where no `properties` are given, nothing where they are.
    #[default]
    Unsaid,
    Anything,
    Nothing,
    Schema(Box<ValueSchema>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueType {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

/// The names of the types, and words that people coming from elsewhere write for them.
const TYPES: &[(&str, ValueType)] = &[
    ("string", ValueType::String),
    ("number", ValueType::Number),
    ("integer", ValueType::Integer),
    ("boolean", ValueType::Boolean),
    ("array", ValueType::Array),
    ("object", ValueType::Object),
    ("null", ValueType::Null),
];
const ALIASES: &[(&str, &str)] = &[
    ("list", "array"),
    ("map", "object"),
    ("bool", "boolean"),
    ("int", "integer"),
    ("text", "string"),
    ("float", "number"),
];

/// The words that `type`-like keys of a parameter may be; `default`, `required` and `secret` are read by the caller.
pub(crate) const WORDS: &[&str] = &[
    "additionalProperties",
    "default",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "required",
    "secret",
    "type",
    "uniqueItems",
];

/// Something wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mismatch {
    pub(crate) pointer: Pointer,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl ValueSchema {
    /// Reads a schema. Keys in `taken` belong to the caller.
    pub(crate) fn read(reader: &mut Reader<'_>, node: &Node, taken: &[&str]) -> Self {
        let mut schema = Self::default();
        // The short form: `parameters: {name: string}`.
        if node.text().is_some() {
            schema.read_types(reader, node);
            return schema;
        }
        for entry in reader.entries(node) {
            if !taken.contains(&&*entry.key) {
                schema.read_word(reader, entry);
            }
        }
        schema
    }

    fn read_word(&mut self, reader: &mut Reader<'_>, entry: &Entry) {
        let value = &entry.value;
        match &*entry.key {
            "type" => self.read_types(reader, value),
            "description" => self.description = reader.text(value).map(|text| text.value),
            "minimum" => self.minimum = number(reader, value),
            "maximum" => self.maximum = number(reader, value),
            "exclusiveMinimum" => self.exclusive_minimum = number(reader, value),
            "exclusiveMaximum" => self.exclusive_maximum = number(reader, value),
            "minLength" => self.min_length = count(reader, value),
            "maxLength" => self.max_length = count(reader, value),
            "minItems" => self.min_items = count(reader, value),
            "maxItems" => self.max_items = count(reader, value),
            "uniqueItems" => self.unique_items = reader.boolean(value).unwrap_or_default(),
            "enum" => {
                let allowed: Vec<Value> = reader.elements(value).iter().map(plain).collect();
                if allowed.is_empty() {
                    reader.diagnostics.push(
                        Diagnostic::error("parameter-schema", "`enum` allows nothing")
                            .label(value.span, "no values")
                            .help("list the values that are allowed"),
                    );
                }
                self.allowed = Some(allowed);
            }
            "pattern" => {
                if let Some(text) = reader.text(value) {
                    match fancy_regex::Regex::new(&text.value) {
                        Ok(regex) => self.pattern = Some((text.value.to_string(), regex)),
                        Err(error) => reader.diagnostics.push(
                            Diagnostic::error("parameter-schema", format!("this is not a regular expression: {error}"))
                                .label(text.span, "not a pattern")
                                .help("escape special characters with \\, and put the pattern in single quotes"),
                        ),
                    }
                }
            }
            "items" => self.items = Some(Box::new(Self::read(reader, value, &[]))),
            "properties" => {
                for member in reader.entries(value) {
                    self.properties.insert(member.key.clone(), Self::read(reader, &member.value, &[]));
                }
            }
            "required" => {
                for name in reader.elements(value) {
                    self.required.extend(reader.text(name).map(|name| name.value));
                }
            }
            "additionalProperties" => {
                self.additional = match &value.kind {
                    NodeKind::Bool(true) => Additional::Anything,
                    NodeKind::Bool(false) => Additional::Nothing,
                    _ => Additional::Schema(Box::new(Self::read(reader, value, &[]))),
                };
            }
            // A default inside a nested schema says nothing that is acted on.
            "default" => {}
            _ => {
                let suggestion = did_you_mean(&entry.key, WORDS.iter().copied());
                let diagnostic = crate::reader::unknown_key(entry, "a parameter", suggestion, WORDS);
                reader.diagnostics.push(diagnostic);
            }
        }
    }

    fn read_types(&mut self, reader: &mut Reader<'_>, node: &Node) {
        for node in Reader::one_or_many(node) {
            let Some(text) = reader.text(node) else { continue };
            match TYPES.iter().find(|(name, _)| *name == &*text.value) {
                Some((_, found)) => self.types.push(*found),
                None => {
                    let alias = ALIASES.iter().find(|(word, _)| *word == &*text.value).map(|(_, name)| *name);
                    let suggestion = alias.or_else(|| did_you_mean(&text.value, TYPES.iter().map(|(name, _)| *name)));
                    let diagnostic = Diagnostic::error("parameter-schema", format!("{:?} is not a type", &*text.value))
                        .label(text.span, "unknown type");
                    reader.diagnostics.push(match suggestion {
                        Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                        None => diagnostic.help("types: string, number, integer, boolean, array, object, null"),
                    });
                }
            }
        }
    }

    /// Members that an object must have.
    pub(crate) fn require(&mut self, names: impl IntoIterator<Item = Arc<str>>) {
        self.required.extend(names);
    }

    /// All that is wrong with a value. What is unknown or secret passes.
    pub(crate) fn check(&self, value: &Value) -> Vec<Mismatch> {
        let mut found = Vec::new();
        self.check_at(value, &Pointer::root(), &mut found);
        found
    }

    fn check_at(&self, value: &Value, place: &Pointer, found: &mut Vec<Mismatch>) {
        let mut tell = |message: String, help: Option<String>| {
            found.push(Mismatch { pointer: place.clone(), message, help });
        };
        if matches!(value, Value::Unknown(_) | Value::Secret(_)) {
            return;
        }
        if !self.types.is_empty() && !self.types.iter().any(|each| each.accepts(value)) {
            let wanted: Vec<_> = self.types.iter().map(|each| each.noun()).collect();
            let got = crate::expressions::noun(value);
            let help = match value {
                Value::Number(_) | Value::Bool(_) if self.types.contains(&ValueType::String) => {
                    Some("put it in quotes".to_owned())
                }
                Value::String(_)
                    if self.types.contains(&ValueType::Number) || self.types.contains(&ValueType::Integer) =>
                {
                    Some("give the number without quotes".to_owned())
                }
                _ => None,
            };
            tell(format!("{} is needed here, not {got}", wanted.join(" or ")), help);
            return;
        }
        if let Some(allowed) = &self.allowed
            && !allowed.iter().any(|each| same(each, value))
        {
            let shown: Vec<String> = allowed.iter().map(|each| each.to_json().to_string()).collect();
            let suggestion = value
                .as_str()
                .and_then(|text| did_you_mean(text, allowed.iter().filter_map(Value::as_str)))
                .map(|suggestion| format!("did you mean {suggestion:?}?"));
            tell(
                format!("{} is not among the allowed values", value.to_json()),
                suggestion.or(Some(format!("allowed: {}", shown.join(", ")))),
            );
        }
        match value {
            Value::Number(number) => self.check_number(number.as_f64().unwrap_or_default(), &mut tell),
            Value::String(text) => self.check_text(text, &mut tell),
            Value::List(list) => self.check_list(list, place, found),
            Value::Map(map) => self.check_map(map, place, found),
            _ => {}
        }
    }

    fn check_number(&self, number: f64, tell: &mut dyn FnMut(String, Option<String>)) {
        if let Some(minimum) = self.minimum.filter(|minimum| number < *minimum) {
            tell(format!("{number} is less than {minimum}, the least allowed"), None);
        }
        if let Some(maximum) = self.maximum.filter(|maximum| number > *maximum) {
            tell(format!("{number} is more than {maximum}, the most allowed"), None);
        }
        if let Some(minimum) = self.exclusive_minimum.filter(|minimum| number <= *minimum) {
            tell(format!("{number} must be more than {minimum}"), None);
        }
        if let Some(maximum) = self.exclusive_maximum.filter(|maximum| number >= *maximum) {
            tell(format!("{number} must be less than {maximum}"), None);
        }
    }

    fn check_text(&self, text: &str, tell: &mut dyn FnMut(String, Option<String>)) {
        let length = text.chars().count() as u64;
        if let Some(least) = self.min_length.filter(|least| length < *least) {
            tell(format!("the text has {length} characters; at least {least} are needed"), None);
        }
        if let Some(most) = self.max_length.filter(|most| length > *most) {
            tell(format!("the text has {length} characters; at most {most} are allowed"), None);
        }
        if let Some((pattern, regex)) = &self.pattern {
            match regex.is_match(text) {
                Ok(true) => {}
                Ok(false) => tell(format!("{text:?} does not match the pattern {pattern}"), None),
                Err(_) => tell(format!("{text:?} takes too long to match against the pattern {pattern}"), None),
            }
        }
    }

    fn check_list(&self, list: &[Value], place: &Pointer, found: &mut Vec<Mismatch>) {
        let length = list.len() as u64;
        let mut tell = |message: String| found.push(Mismatch { pointer: place.clone(), message, help: None });
        if let Some(least) = self.min_items.filter(|least| length < *least) {
            tell(format!("the list has {length} elements; at least {least} are needed"));
        }
        if let Some(most) = self.max_items.filter(|most| length > *most) {
            tell(format!("the list has {length} elements; at most {most} are allowed"));
        }
        if self.unique_items {
            let repeated =
                list.iter().enumerate().find(|(index, each)| list.iter().take(*index).any(|before| same(before, each)));
            if let Some((index, _)) = repeated {
                tell(format!("element {index} repeats an earlier one"));
            }
        }
        if let Some(items) = &self.items {
            for (index, element) in list.iter().enumerate() {
                items.check_at(element, &place.index(index), found);
            }
        }
    }

    fn check_map(&self, map: &BTreeMap<Arc<str>, Value>, place: &Pointer, found: &mut Vec<Mismatch>) {
        for name in self.required.iter().filter(|name| !map.contains_key(*name)) {
            let message = format!("`{name}` is missing");
            found.push(Mismatch { pointer: place.clone(), message, help: Some(format!("add `{name}: …`")) });
        }
        for (key, member) in map {
            let inner = place.key(key);
            match (self.properties.get(key), &self.additional) {
                (Some(schema), _) => schema.check_at(member, &inner, found),
                (None, Additional::Schema(schema)) => schema.check_at(member, &inner, found),
                (None, Additional::Anything) => {}
                (None, Additional::Unsaid) if self.properties.is_empty() => {}
                (None, Additional::Unsaid | Additional::Nothing) => {
                    let help = did_you_mean(key, self.properties.keys().map(|known| &**known))
                        .map(|suggestion| format!("did you mean `{suggestion}`?"));
                    found.push(Mismatch { pointer: inner, message: format!("`{key}` is not known here"), help });
                }
            }
        }
    }
}

impl ValueType {
    fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Array, Value::List(_))
            | (Self::Object, Value::Map(_))
            | (Self::Null, Value::Null) => true,
            (Self::Integer, Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
            _ => false,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "a boolean",
            Self::Array => "a list",
            Self::Object => "a map",
            Self::Null => "null",
        }
    }
}

/// Equal as JSON Schema sees it: numbers by value.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

fn number(reader: &mut Reader<'_>, node: &Node) -> Option<f64> {
    match &node.kind {
        NodeKind::Number(number) => number.as_f64(),
        _ => {
            reader.wrong_type(node, "a number");
            None
        }
    }
}

fn count(reader: &mut Reader<'_>, node: &Node) -> Option<u64> {
    match &node.kind {
        NodeKind::Number(number) if number.is_u64() => number.as_u64(),
        _ => {
            reader.wrong_type(node, "a whole number from zero");
            None
        }
    }
}

/// A node as a value, nothing interpreted.
pub(crate) fn plain(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(value) => Value::Bool(*value),
        NodeKind::Number(number) => Value::Number(number.clone()),
        NodeKind::Text(text) => Value::String(text.value.clone()),
        NodeKind::List(list) => Value::List(list.iter().map(plain).collect()),
        NodeKind::Map(entries) => {
            Value::Map(entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect())
        }
    }
}
