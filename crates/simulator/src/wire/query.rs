//! The query protocols, awsQuery and ec2: input as a form whose keys are paths.

use super::{Malformed, scalar};
use crate::model::{Protocol, Reference, ServiceModel, Shape, ShapeKind};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Deeper paths are not AWS's.
const DEEPEST: usize = 40;

/// A form as a tree of its keys' parts.
#[derive(Debug, Default)]
pub(super) struct Form {
    text: Option<String>,
    parts: BTreeMap<String, Form>,
}

/// The pairs of a form or a query string, decoded.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let spaces = text.replace('+', " ");
    percent_decode_str(&spaces).decode_utf8_lossy().into_owned()
}

impl Form {
    pub(super) fn parse(text: &str) -> Self {
        let mut form = Self::default();
        for (key, value) in pairs(text) {
            if key.split('.').count() > DEEPEST {
                continue;
            }
            let mut place = &mut form;
            for part in key.split('.') {
                place = place.parts.entry(part.to_owned()).or_default();
            }
            place.text = Some(value);
        }
        form
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.parts.get(key)?.text.as_deref()
    }

    fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |place, part| place.parts.get(part))
    }

    /// The elements below numbers, in their order.
    fn numbered(&self) -> Vec<&Self> {
        let mut elements: Vec<(u64, &Self)> =
            self.parts.iter().filter_map(|(part, form)| Some((part.parse().ok()?, form))).collect();
        elements.sort_by_key(|(number, _)| *number);
        elements.into_iter().map(|(_, form)| form).collect()
    }
}

/// Reads an input.
pub(super) fn input(model: &ServiceModel, shape: &Shape, form: &Form) -> Result<Value, Malformed> {
    let reader = Reader { model, ec2: model.protocol() == Protocol::Ec2 };
    reader.structure(shape, form)
}

struct Reader<'a> {
    model: &'a ServiceModel,
    ec2: bool,
}

impl Reader<'_> {
    fn structure(&self, shape: &Shape, form: &Form) -> Result<Value, Malformed> {
        let mut object = Map::new();
        for (name, member) in &shape.members {
            let Some(target) = self.model.shape(&member.shape) else { continue };
            if let Some(value) = self.member(name, member, target, form)? {
                object.insert(name.clone(), value);
            }
        }
        Ok(Value::Object(object))
    }

    fn member(&self, name: &str, member: &Reference, target: &Shape, form: &Form) -> Result<Option<Value>, Malformed> {
        let wire_name = self.name(name, member);
        if target.kind == ShapeKind::List && !self.ec2 && self.flattened(member, target) {
            // The element's name stands in the place of the list's.
            let element = target.member.as_ref().and_then(|element| element.location_name.as_deref());
            let Some(elements) = form.at(element.unwrap_or(&wire_name)) else { return Ok(None) };
            return self.elements(target, elements).map(Some);
        }
        form.at(&wire_name).map(|place| self.value(member, target, place)).transpose()
    }

    fn name(&self, name: &str, member: &Reference) -> String {
        match (&member.query_name, &member.location_name) {
            (Some(name), _) if self.ec2 => name.clone(),
            (_, Some(name)) if self.ec2 => {
                let mut letters = name.chars();
                letters
                    .next()
                    .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
            }
            (_, Some(name)) => name.clone(),
            (_, None) => name.to_owned(),
        }
    }

    fn flattened(&self, member: &Reference, target: &Shape) -> bool {
        member.flattened || target.flattened
    }

    fn value(&self, member: &Reference, shape: &Shape, form: &Form) -> Result<Value, Malformed> {
        match shape.kind {
            ShapeKind::Structure => self.structure(shape, form),
            ShapeKind::List if self.ec2 => self.elements(shape, form),
            ShapeKind::List => {
                let element =
                    shape.member.as_ref().and_then(|element| element.location_name.as_deref()).unwrap_or("member");
                match form.parts.get(element) {
                    Some(elements) => self.elements(shape, elements),
                    // An empty list is written as its bare name.
                    None if form.text.as_deref() == Some("") => Ok(Value::Array(Vec::new())),
                    // Some callers leave the element's name out.
                    None => self.elements(shape, form),
                }
            }
            ShapeKind::Map => {
                let entries = if self.flattened(member, shape) { Some(form) } else { form.parts.get("entry") };
                self.map(shape, entries)
            }
            _ => scalar::from_text(shape, form.text.as_deref().unwrap_or_default()),
        }
    }

    fn elements(&self, shape: &Shape, form: &Form) -> Result<Value, Malformed> {
        let Some((member, target)) = self.target(shape.member.as_ref()) else { return Ok(Value::Null) };
        let elements = form.numbered().into_iter().map(|element| self.value(member, target, element));
        elements.collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    fn map(&self, shape: &Shape, form: Option<&Form>) -> Result<Value, Malformed> {
        let Some((key, _)) = self.target(shape.key.as_ref()) else { return Ok(Value::Null) };
        let Some((member, target)) = self.target(shape.value.as_ref()) else { return Ok(Value::Null) };
        let mut object = Map::new();
        for entry in form.map(Form::numbered).unwrap_or_default() {
            let Some(name) = entry.text(key.wire_name("key")) else { continue };
            if let Some(place) = entry.at(member.wire_name("value")) {
                object.insert(name.to_owned(), self.value(member, target, place)?);
            }
        }
        Ok(Value::Object(object))
    }

    fn target<'a>(&'a self, reference: Option<&'a Reference>) -> Option<(&'a Reference, &'a Shape)> {
        reference.and_then(|reference| Some((reference, self.model.shape(&reference.shape)?)))
    }
}
