//! Checks properties against every word of a type's schema. Imports `node`, `places` and `pattern` of this crate.
//!
//! A null member counts as left out. Unknown values pass; what is unknown inside a list or map does not keep the rest from being
//! checked. CloudFormation's silent conversions (the text `"5"` for a number) are not taken over: the value goes to AWS as it is, so
//! the error says how to write it.

mod combine;
mod format;
mod message;

use crate::TypeSchema;
use crate::node::{Additional, Arena, Kind, Node, NodeId};
use crate::place::Place;
use crate::places::Places;
use charter_model::{Pointer, Value, did_you_mean};
use message::{Shown, join, listed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Something wrong with a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, below the properties. For an unknown or missing property: the place of that property.
    pub pointer: Pointer,
    /// The part of a diagnostic's code behind `charter::`; one of [`VIOLATION_CODES`].
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do: "did you mean", the allowed values.
    pub help: Option<String>,
    /// Whether the culprit is the name of the property rather than its value.
    pub at_key: bool,
}

/// Every code of a violation, with what it stands for.
pub const VIOLATION_CODES: &[(&str, &str)] = &[
    ("bad-format", "a text is not of the form that it must have: JSON, a date, a network, an ARN"),
    ("conflicting-properties", "properties that exclude each other are given together"),
    ("duplicate-item", "a list whose elements must differ has the same one twice"),
    ("forbidden-value", "a value of just the form that is ruled out"),
    ("missing-property", "a property that must be given is not"),
    ("model-not-offered", "a foundation model ended, or a system profile is called from another part of the world"),
    ("no-alternative", "a value fits none of the forms that it may have"),
    ("not-a-multiple", "a number is not a multiple of the step that it must keep to"),
    ("not-allowed", "a value is none of the allowed ones"),
    ("pattern-mismatch", "a text does not match the pattern of the property"),
    ("read-only-property", "a property is given that only AWS sets"),
    ("too-few-items", "a list or map has fewer entries than it must have"),
    ("too-large", "a number is above the maximum"),
    ("too-long", "a text has more characters than are allowed"),
    ("too-many-items", "a list or map has more entries than are allowed"),
    ("too-short", "a text has fewer characters than it must have"),
    ("too-small", "a number is below the minimum"),
    ("unknown-property", "the type has no such property"),
    ("wrong-type", "a value is of the wrong kind: a text where a number must be, and the like"),
];

impl TypeSchema {
    /// Checks desired properties against every word of the schema. Unknown values pass; secrets are checked by type only when
    /// their plain value is at hand, and never shown. That the name is missing which Charter fills in
    /// ([`TypeSchema::name_property`]) is no violation. All violations, not the first.
    pub fn validate(&self, properties: &Value) -> Vec<Violation> {
        let mut checker = Checker { schema: self, violations: Vec::new() };
        checker.check(Arena::ROOT, properties, &Place::Root, Context { places: Some(&self.places), hidden: false });
        checker.check_read_only(properties, &Place::Root, &self.places);
        // The same rule may stand in a schema and in what it refers to.
        let mut found: Vec<Violation> = Vec::with_capacity(checker.violations.len());
        for violation in checker.violations {
            if !found.contains(&violation) {
                found.push(violation);
            }
        }
        found
    }
}

/// What is known of a place from outside.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    places: Option<&'a Places>,
    /// Whether values must not be shown: they are secret, or never told by AWS.
    hidden: bool,
}

impl<'a> Context<'a> {
    fn entered(self, places: Option<&'a Places>, sensitive: bool) -> Self {
        // What is write-only and cannot change is a reference to something, not a secret: secrets are made to be changed.
        let untold = places.is_some_and(|places| places.write_only && !places.create_only);
        Self { places, hidden: self.hidden || untold || sensitive }
    }

    fn member(self, key: &str) -> Self {
        let places = self.places.and_then(|places| places.member(key));
        self.entered(places, ["Password", "SecretString", "PrivateKey"].iter().any(|word| key.contains(word)))
    }

    fn element(self) -> Self {
        self.entered(self.places.and_then(Places::element), false)
    }
}

pub(super) struct Checker<'a> {
    schema: &'a TypeSchema,
    violations: Vec<Violation>,
}

impl<'a> Checker<'a> {
    fn push(&mut self, place: &Place<'_>, code: &'static str, message: String, help: Option<String>) {
        self.violations.push(Violation { pointer: place.pointer(), code, message, help, at_key: false });
    }

    fn check(&mut self, id: NodeId, value: &Value, place: &Place<'_>, context: Context<'a>) {
        let (value, context) = match value {
            Value::Unknown(_) => return,
            Value::Secret(secret) => match secret.reveal() {
                Some(plain) => (plain, Context { hidden: true, ..context }),
                None => return,
            },
            value => (value, context),
        };
        let node = self.schema.arena.get(id);
        if let Some(reference) = node.reference {
            self.check(reference, value, place, context);
        }
        let shown = Shown { value, hidden: context.hidden };
        if !node.kinds.is_empty() && !self.has_kind(id, value) {
            let expected = join(node.kinds.iter().map(Kind::phrase), "or");
            let message =
                format!("{} must be {expected}, and it is {}", place.label(self.schema), message::kind_of(shown));
            let help = self.tags_help(id, value).or_else(|| message::kind_help(node.kinds, shown));
            return self.push(place, "wrong-type", message, help);
        }
        self.check_allowed(node, shown, place);
        match value {
            Value::String(text) => self.check_text(node, text, shown, place),
            Value::Number(number) => self.check_number(node, number.as_f64().unwrap_or_default(), shown, place),
            Value::List(list) => self.check_list(node, list, place, context),
            Value::Map(map) => self.check_map(node, map, place, context),
            _ => {}
        }
        if let Some(combined) = &node.combined {
            self.check_combined(combined, value, place, context);
        }
    }

    /// Tags are maps by nature, and lists of two members by the registry.
    fn tags_help(&self, id: NodeId, value: &Value) -> Option<String> {
        let element = self.schema.arena.element(id, 0)?;
        let names: Vec<&Arc<str>> = self.schema.arena.members(element).into_keys().collect();
        let [key, by] = names.as_slice() else { return None };
        let pair = key.ends_with("Key") && by.ends_with("Value");
        (pair && matches!(value, Value::Map(_)))
            .then(|| format!("write a list with an element {{{key}: …, {by}: …}} for each"))
    }

    fn has_kind(&self, id: NodeId, value: &Value) -> bool {
        let kinds = self.schema.arena.get(id).kinds;
        match value {
            Value::Null => kinds.contains(Kind::Null),
            Value::Bool(_) => kinds.contains(Kind::Boolean),
            Value::Number(number) => {
                let whole =
                    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0);
                kinds.contains(Kind::Number) || whole && kinds.contains(Kind::Integer)
            }
            // A document may be written as the text of its JSON, which is how many APIs take it.
            Value::String(text) => {
                kinds.contains(Kind::String)
                    || kinds.contains(Kind::Object)
                        && self.schema.arena.is_free_form(id)
                        && format::is_json_object(text)
            }
            Value::List(_) => kinds.contains(Kind::Array),
            Value::Map(_) => kinds.contains(Kind::Object),
            Value::Unknown(_) | Value::Secret(_) => true,
        }
    }

    fn check_allowed(&mut self, node: &Node, shown: Shown<'_>, place: &Place<'_>) {
        if matches!(shown.value, Value::List(_) | Value::Map(_)) {
            return;
        }
        if !node.allowed.is_empty() && !node.allowed.iter().any(|allowed| message::is_value(allowed, shown.value)) {
            let words: Vec<String> =
                node.allowed.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
            self.push_not_allowed(&words, shown, place);
        }
        if let Value::String(text) = shown.value
            && !node.allowed_in_any_case.is_empty()
            && !node.allowed_in_any_case.iter().any(|allowed| allowed.eq_ignore_ascii_case(text))
        {
            let words: Vec<String> = node.allowed_in_any_case.iter().map(ToString::to_string).collect();
            self.push_not_allowed(&words, shown, place);
        }
    }

    fn push_not_allowed(&mut self, words: &[String], shown: Shown<'_>, place: &Place<'_>) {
        let message = match words {
            [only] => format!("{} must be {only}, and it is {shown}", place.label(self.schema)),
            _ => format!("{} cannot be {shown}", place.label(self.schema)),
        };
        let meant = shown.value.as_str().filter(|_| !shown.hidden);
        let meant = meant.and_then(|text| did_you_mean(text, words.iter().map(String::as_str)));
        let allowed = format!("allowed: {}", listed(words.iter().map(String::as_str), 24));
        let help = match meant {
            Some(meant) => format!("did you mean {meant}? {allowed}"),
            None => allowed,
        };
        self.push(place, "not-allowed", message, Some(help));
    }

    fn check_text(&mut self, node: &Node, text: &str, shown: Shown<'_>, place: &Place<'_>) {
        let label = || place.label(self.schema);
        let limits = &node.limits;
        // Counting characters is only needed where bytes do not already tell.
        let length = || text.chars().count();
        if let Some(most) = limits.max_length.filter(|most| text.len() > *most && length() > *most) {
            let message = format!("{} has {} characters, and at most {most} are allowed", label(), length());
            self.push(place, "too-long", message, None);
        }
        let label = || place.label(self.schema);
        if let Some(least) = limits.min_length.filter(|least| length() < *least) {
            let message = match text {
                "" => format!("{} must not be empty", label()),
                _ => format!("{} has {} characters, and at least {least} are needed", label(), length()),
            };
            self.push(place, "too-short", message, None);
        }
        if let Some(pattern) = &node.pattern
            && !pattern.matches(text)
        {
            let message = format!("{} cannot be {shown}: it does not match its pattern", place.label(self.schema));
            self.push(place, "pattern-mismatch", message, Some(format!("the pattern is {}", pattern.source())));
        }
        let is_policy = matches!(place, Place::Member(_, name) if name.ends_with("PolicyDocument"));
        if is_policy && node.kinds.contains(Kind::Object) && !format::is_json_object(text) {
            let message = format!("{} must be a policy, and it is {shown}", place.label(self.schema));
            self.push(place, "bad-format", message, Some("write it as a map".to_owned()));
        }
        if let Some(format) = &node.format
            && let Err(expected) = format::check(format, text)
        {
            let message = format!("{} must be {expected}, and it is {shown}", place.label(self.schema));
            self.push(place, "bad-format", message, None);
        }
    }

    fn check_number(&mut self, node: &Node, number: f64, shown: Shown<'_>, place: &Place<'_>) {
        let label = place.label(self.schema);
        let limits = &node.limits;
        let bounds = [
            (limits.minimum.filter(|least| number < *least), "too-small", "the least is"),
            (limits.exclusive_minimum.filter(|least| number <= *least), "too-small", "it must be more than"),
            (limits.maximum.filter(|most| number > *most), "too-large", "the most is"),
            (limits.exclusive_maximum.filter(|most| number >= *most), "too-large", "it must be less than"),
        ];
        for (bound, code, words) in bounds {
            if let Some(bound) = bound {
                self.push(place, code, format!("{label} cannot be {shown}: {words} {bound}"), None);
            }
        }
        if let Some(step) = limits.multiple_of.filter(|step| *step > 0.0) {
            let steps = number / step;
            if (steps - steps.round()).abs() > 1e-9 {
                self.push(
                    place,
                    "not-a-multiple",
                    format!("{label} cannot be {shown}: it must be a multiple of {step}"),
                    None,
                );
            }
        }
    }

    fn check_list(&mut self, node: &Node, list: &[Value], place: &Place<'_>, context: Context<'a>) {
        for (index, element) in list.iter().enumerate() {
            let at = Place::Element(place, index);
            let inner = context.element();
            let schemas = node.items.iter().chain(node.prefix_items.get(index));
            schemas.for_each(|schema| self.check(*schema, element, &at, inner));
        }
        let limits = &node.limits;
        self.check_count(list.len(), limits.min_items, limits.max_items, "element", place);
        if node.unique_items || limits.max_unique_items.is_some() || !node.unique_keys.is_empty() {
            self.check_unique(node, list, place, context);
        }
    }

    fn check_count(&mut self, count: usize, least: Option<usize>, most: Option<usize>, what: &str, place: &Place<'_>) {
        let label = place.label(self.schema);
        let plural = |count: usize| if count == 1 { what.to_owned() } else { format!("{what}s") };
        if let Some(least) = least.filter(|least| count < *least) {
            let message = match count {
                0 => format!("{label} is empty, and at least {least} {} must be there", plural(least)),
                _ => format!("{label} has {count} {}, and at least {least} must be there", plural(count)),
            };
            self.push(place, "too-few-items", message, None);
        }
        if let Some(most) = most.filter(|most| count > *most) {
            self.push(
                place,
                "too-many-items",
                format!("{label} has {count} {}, and at most {most} are allowed", plural(count)),
                None,
            );
        }
    }

    fn check_unique(&mut self, node: &Node, list: &[Value], place: &Place<'_>, context: Context<'a>) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen_keys: BTreeSet<Vec<String>> = BTreeSet::new();
        for (index, element) in list.iter().enumerate() {
            if !element.is_known() || element.has_secret() {
                continue;
            }
            let at = Place::Element(place, index);
            let shown = Shown { value: element, hidden: context.element().hidden };
            let first = *seen.entry(element.to_json().to_string()).or_insert(index);
            if node.unique_items && first != index {
                let message = format!("{} has {shown} twice: its elements must differ", place.label(self.schema));
                self.push(&at, "duplicate-item", message, Some(format!("the first is element {}", first + 1)));
                continue;
            }
            let keys: Option<Vec<String>> =
                node.unique_keys.iter().map(|key| element.get(key).map(|value| value.to_json().to_string())).collect();
            if let Some(keys) = keys.filter(|keys| !keys.is_empty())
                && !seen_keys.insert(keys.clone())
            {
                let names = join(node.unique_keys.iter().map(|key| format!("`{key}`")), "and");
                let message =
                    format!("{} has two elements whose {names} is {}", place.label(self.schema), keys.join(", "));
                self.push(&at, "duplicate-item", message, None);
            }
        }
        if let Some(most) = node.limits.max_unique_items.filter(|most| seen.len() > *most) {
            let message = format!(
                "{} has {} different elements, and at most {most} are allowed",
                place.label(self.schema),
                seen.len()
            );
            self.push(place, "too-many-items", message, None);
        }
    }

    fn check_map(&mut self, node: &Node, map: &BTreeMap<Arc<str>, Value>, place: &Place<'_>, context: Context<'a>) {
        for (key, value) in map {
            if matches!(value, Value::Null) {
                continue;
            }
            let at = Place::Member(place, key);
            let inner = context.member(key);
            // That it is given at all is the violation; see `check_read_only`.
            if inner.places.is_some_and(|places| places.read_only) {
                continue;
            }
            let mut known = false;
            if let Some(member) = node.properties.get(key) {
                known = true;
                self.check(*member, value, &at, inner);
            }
            for (pattern, member) in &node.pattern_properties {
                if pattern.matches(key) {
                    known = true;
                    self.check(*member, value, &at, inner);
                }
            }
            match node.additional {
                Additional::Nothing if !known => self.push_unknown(node, key, &at, place),
                Additional::Node(member) if !known => self.check(member, value, &at, inner),
                _ => {}
            }
        }
        for name in &node.required {
            let set_by_aws = context.member(name).places.is_some_and(|places| places.read_only);
            let filled_in = || place.is_root() && self.schema.is_filled_in(name);
            if !is_given(map, name) && !set_by_aws && !filled_in() {
                let message = format!("`{name}` is missing: {} needs it", place.owner(self.schema));
                self.push(&Place::Member(place, name), "missing-property", message, None);
            }
        }
        self.check_count(map.len(), node.limits.min_properties, node.limits.max_properties, "member", place);
    }

    fn push_unknown(&mut self, node: &Node, key: &str, at: &Place<'_>, owner: &Place<'_>) {
        let names = || node.properties.keys().map(|name| &**name);
        let settable =
            |name: &&str| !owner.is_root() || !self.schema.places.member(name).is_some_and(|places| places.read_only);
        let message = format!("`{key}` is not a property of {}", owner.owner(self.schema));
        let help = match did_you_mean(key, names().filter(settable)) {
            Some(meant) => Some(format!("did you mean {meant}?")),
            None if !node.pattern_properties.is_empty() => {
                let patterns = node.pattern_properties.iter().map(|(pattern, _)| &**pattern.source());
                Some(format!("names must match {}", listed(patterns, 3)))
            }
            None if node.properties.is_empty() => None,
            None => Some(format!("it has {}", listed(names().filter(settable), 16))),
        };
        let pointer = at.pointer();
        self.violations.push(Violation { pointer, code: "unknown-property", message, help, at_key: true });
    }

    /// What only AWS sets cannot be asked for.
    fn check_read_only(&mut self, value: &Value, place: &Place<'_>, places: &Places) {
        if places.read_only {
            if !matches!(value, Value::Null) {
                let message = format!("{} cannot be set: its value comes from AWS", place.label(self.schema));
                let help = Some("remove it; other resources can refer to it as an attribute".to_owned());
                let pointer = place.pointer();
                self.violations.push(Violation { pointer, code: "read-only-property", message, help, at_key: true });
            }
            return;
        }
        if !places.has_children() {
            return;
        }
        match value {
            Value::Map(map) => {
                for (key, member) in map {
                    if let Some(inner) = places.member(key) {
                        self.check_read_only(member, &Place::Member(place, key), inner);
                    }
                }
            }
            Value::List(list) => {
                if let Some(inner) = places.element() {
                    for (index, element) in list.iter().enumerate() {
                        self.check_read_only(element, &Place::Element(place, index), inner);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a member is there. One whose value is not known yet counts: it is written.
fn is_given(map: &BTreeMap<Arc<str>, Value>, name: &str) -> bool {
    map.get(name).is_some_and(|value| !matches!(value, Value::Null))
}

#[cfg(test)]
mod tests;
