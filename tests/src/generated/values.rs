//! Valid values for the properties of a type, from its schema: kinds, enums, patterns, bounds, what is required.

use charter_catalog::{Catalog, Kind, Property, TypeSchema};
use charter_model::{Pointer, PointerSegment, TypeName, Value};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value as Json, json};

/// How deep optional members are filled in.
const DEPTH: usize = 2;

/// Seeds that are tried before a type counts as one that no valid properties are found for.
const TRIES: u64 = 24;

/// Valid properties of a type, without its name and its tags (Charter gives both). None if none were found: a fault of this generator.
///
/// The same seed gives the same properties, and `seed` 0 leaves out all that is optional.
pub fn properties(type_name: &str, seed: u64) -> Option<Map<String, Json>> {
    let schema = Catalog::embedded().schema(&TypeName::new(type_name).ok()?)?;
    let own: Vec<String> = schema
        .name_property()
        .map(|name| name.pointer.to_string())
        .into_iter()
        .chain(schema.tagging().map(|tagging| tagging.property.to_string()))
        .map(|pointer| pointer.trim_start_matches('/').to_owned())
        .collect();
    (0..TRIES).find_map(|attempt| {
        let mut generator = Generator { schema: &schema, random: fastrand::Rng::with_seed(seed * TRIES + attempt) };
        let share = if seed == 0 { 0 } else { 3 };
        let mut made = generator.members(&Pointer::root(), DEPTH, share, &own);
        // What is optional and breaks a rule that joins several properties is left out.
        for _ in 0..8 {
            let violations = schema.validate(&Value::from(Json::Object(made.clone())));
            if violations.is_empty() {
                return Some(made);
            }
            let required = schema.required();
            let first = violations.iter().find_map(|violation| {
                let name = violation.pointer.segments().first()?.to_string();
                (!required.contains(&&*name)).then_some(name)
            });
            made.remove(&first?);
        }
        None
    })
}

struct Generator<'a> {
    schema: &'a TypeSchema,
    random: fastrand::Rng,
}

impl Generator<'_> {
    /// What is required, and of the rest one of `share` (none if that is 0).
    fn members(&mut self, place: &Pointer, depth: usize, share: u8, own: &[String]) -> Map<String, Json> {
        let mut made = Map::new();
        for property in self.schema.members_of(place) {
            let optional = !property.required;
            let skipped = property.read_only
                || own.contains(&property.name.to_string())
                || (optional && (share == 0 || depth == 0 || property.deprecated || property.write_only))
                // It must name something that exists.
                || (optional && refers(&property));
            if skipped || (optional && self.random.u8(0..share) != 0) {
                continue;
            }
            if let Some(value) = self.value(&property, depth.saturating_sub(1), share) {
                made.insert(property.name.to_string(), value);
            }
        }
        made
    }

    fn value(&mut self, property: &Property, depth: usize, share: u8) -> Option<Json> {
        if !property.allowed.is_empty() {
            return property.allowed.get(self.random.usize(0..property.allowed.len())).cloned();
        }
        let kind = [Kind::String, Kind::Boolean, Kind::Integer, Kind::Number, Kind::Array, Kind::Object]
            .into_iter()
            .find(|kind| property.kinds.contains(kind))
            .unwrap_or(Kind::Object);
        match kind {
            Kind::Boolean => Some(self.random.bool().into()),
            Kind::Integer | Kind::Number => {
                let least = property.minimum.unwrap_or(1.0).ceil();
                let most = property.maximum.unwrap_or(least + 100.0).min(least + 100.0).floor();
                let (least, most) = (least as i64, most as i64);
                Some(self.random.i64(least..=most.max(least)).into())
            }
            Kind::Array => {
                let least = property.min_items.unwrap_or(0).max(1);
                let most = property.max_items.unwrap_or(least + 1).clamp(least, least + 1);
                let element = self.schema.property_at(&property.pointer.with(PointerSegment::Key("*".into())))?;
                let mut elements: Vec<Json> = Vec::new();
                for _ in 0..self.random.usize(least..=most) {
                    let value = self.value(&element, depth, share)?;
                    if !elements.contains(&value) {
                        elements.push(value);
                    }
                }
                Some(elements.into())
            }
            Kind::Object if property.has_members => Some(self.members(&property.pointer, depth, share, &[]).into()),
            Kind::Object => Some(json!({})),
            Kind::String | Kind::Null => self.text(property).map(Json::from),
        }
    }

    fn text(&mut self, property: &Property) -> Option<String> {
        let least = property.min_length.unwrap_or(1).max(1);
        let most = property.max_length.unwrap_or(24).max(least).min(least + 24);
        if let Some(pattern) = &property.pattern {
            let seed = self.random.u128(..);
            return by_pattern(pattern, seed, least, property.max_length.unwrap_or(usize::MAX));
        }
        if refers(property) {
            return Some(format!("arn:aws:iam::333333333333:role/generated-{}", self.random.u8(..)));
        }
        let length = self.random.usize(least..=most);
        Some((0..length).map(|_| self.random.lowercase()).collect())
    }
}

/// Whether the value names another resource.
fn refers(property: &Property) -> bool {
    let name = &*property.name;
    property.relationship.is_some()
        || property.format.as_deref().is_some_and(|format| format.starts_with("AWS::"))
        || ["Arn", "ARN", "Id", "Arns", "Ids", "Identifier"].iter().any(|ending| name.ends_with(ending))
}

/// A text that matches an ECMA pattern, if its dialect is one that the generator of patterns understands. The schema has the last word.
fn by_pattern(pattern: &str, seed: u128, least: usize, most: usize) -> Option<String> {
    let body = pattern.strip_prefix('^').unwrap_or(pattern);
    let body = body.strip_suffix('$').unwrap_or(body);
    let strategy = proptest::string::string_regex(body).ok()?;
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    (0..32).find_map(|_| {
        let text = strategy.new_tree(&mut runner).ok()?.current();
        let length = text.chars().count();
        (length >= least && length <= most && length <= 200 && text.chars().all(|each| (' '..='~').contains(&each)))
            .then_some(text)
    })
}
