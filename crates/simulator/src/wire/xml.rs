//! XML bodies: read into a tree, then by the shape; written by the shape.

use super::{Malformed, scalar};
use crate::model::{Reference, ServiceModel, Shape, ShapeKind, TimestampFormat, XmlNamespace};
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Deeper documents are not AWS's.
const DEEPEST: usize = 64;

/// One element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document; namespaces are passed over.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let wrong = || {
            Malformed(
                "The XML you provided was not well-formed or did not validate against our published schema".to_owned(),
            )
        };
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            if open.len() > DEEPEST {
                return Err(wrong());
            }
            match reader.read_event().map_err(|_| wrong())? {
                Event::Start(start) => open.push(Self::open(&start)),
                Event::Empty(start) => open.last_mut().ok_or_else(wrong)?.children.push(Self::open(&start)),
                Event::End(_) => {
                    let done = open.pop().ok_or_else(wrong)?;
                    open.last_mut().ok_or_else(wrong)?.children.push(done);
                }
                Event::Text(text) => open.last_mut().ok_or_else(wrong)?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut().ok_or_else(wrong)?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let place = open.last_mut().ok_or_else(wrong)?;
                    match reference.resolve_char_ref().map_err(|_| wrong())? {
                        Some(character) => place.text.push(character),
                        None => match &*reference.xml10_content() {
                            "amp" => place.text.push('&'),
                            "lt" => place.text.push('<'),
                            "gt" => place.text.push('>'),
                            "quot" => place.text.push('"'),
                            "apos" => place.text.push('\''),
                            _ => return Err(wrong()),
                        },
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let root = open.pop().filter(|_| open.is_empty()).ok_or_else(wrong)?;
        root.children.into_iter().next().ok_or_else(wrong)
    }

    fn open(start: &quick_xml::events::BytesStart<'_>) -> Self {
        let attributes = start
            .attributes()
            .flatten()
            .map(|attribute| (attribute.key.local_name().as_ref().to_owned(), attribute.value.clone().into_owned()))
            .collect();
        Self { name: start.local_name().as_ref().to_owned(), attributes, ..Self::default() }
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// A prefix is not part of a name: `xsi:type` is `type`.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Reads an element by its shape.
pub(super) fn read(model: &ServiceModel, shape: &Shape, element: &Element) -> Result<Value, Malformed> {
    match shape.kind {
        ShapeKind::Structure => {
            let mut object = Map::new();
            for (name, member) in shape.members.iter().filter(|(_, member)| member.location.is_none()) {
                let Some(target) = model.shape(&member.shape) else { continue };
                if let Some(value) = read_member(model, name, member, target, element)? {
                    object.insert(name.clone(), value);
                }
            }
            Ok(Value::Object(object))
        }
        ShapeKind::List => {
            let Some(member) = &shape.member else { return Ok(Value::Null) };
            let Some(target) = model.shape(&member.shape) else { return Ok(Value::Null) };
            let name = member.wire_name("member");
            element.named(name).map(|each| read(model, target, each)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        ShapeKind::Map => {
            let (Some(key), Some(value)) = (&shape.key, &shape.value) else { return Ok(Value::Null) };
            let Some(target) = model.shape(&value.shape) else { return Ok(Value::Null) };
            let mut object = Map::new();
            for entry in element.named("entry") {
                let name = entry.named(key.wire_name("key")).next();
                let content = entry.named(value.wire_name("value")).next();
                if let (Some(name), Some(content)) = (name, content) {
                    object.insert(name.text.clone(), read(model, target, content)?);
                }
            }
            Ok(Value::Object(object))
        }
        _ => scalar::from_text(shape, &element.text),
    }
}

fn read_member(
    model: &ServiceModel,
    name: &str,
    member: &Reference,
    target: &Shape,
    element: &Element,
) -> Result<Option<Value>, Malformed> {
    let wire_name = member.wire_name(name);
    if member.xml_attribute {
        let attribute = element.attributes.iter().find(|(key, _)| key == local(wire_name));
        return attribute.map(|(_, text)| scalar::from_text(target, text)).transpose();
    }
    if target.kind == ShapeKind::List && (member.flattened || target.flattened) {
        let Some(shape) = target.member.as_ref().and_then(|each| model.shape(&each.shape)) else { return Ok(None) };
        // The member's own name wins over that of the list's elements.
        let inner = target.member.as_ref().and_then(|each| each.location_name.as_deref());
        let wire_name = member.location_name.as_deref().or(inner).unwrap_or(name);
        let elements = element.named(wire_name).map(|each| read(model, shape, each)).collect::<Result<Vec<_>, _>>()?;
        return Ok((!elements.is_empty()).then_some(Value::Array(elements)));
    }
    element.named(wire_name).next().map(|each| read(model, target, each)).transpose()
}

/// Writes by a model into a text.
pub(super) struct Writer<'a> {
    model: &'a ServiceModel,
    pub(super) out: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(model: &'a ServiceModel) -> Self {
        Self { model, out: String::new() }
    }

    pub(super) fn open(&mut self, name: &str, namespace: Option<&str>) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(namespace) = namespace {
            self.out.push_str(&format!(" xmlns=\"{}\"", escape(namespace)));
        }
        self.out.push('>');
    }

    pub(super) fn close(&mut self, name: &str) {
        self.out.push_str(&format!("</{name}>"));
    }

    /// An element with text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.open(name, None);
        self.out.push_str(&escape(text));
        self.close(name);
    }

    /// The members of a structure that are in the body, without an element around them.
    pub(super) fn members(&mut self, reference: &Reference, shape: &Shape, value: &Value) -> Result<(), Malformed> {
        let members = value.as_object().ok_or_else(|| Malformed(format!("{} is no object", reference.shape)))?;
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let member = shape
                .members
                .get(name)
                .ok_or_else(|| Malformed(format!("{} has no member {name}", reference.shape)))?;
            if member.location.is_none() && !member.xml_attribute {
                self.member(name, member, value)?;
            }
        }
        Ok(())
    }

    fn member(&mut self, name: &str, member: &Reference, value: &Value) -> Result<(), Malformed> {
        let Some(target) = self.model.shape(&member.shape) else { return Ok(()) };
        if target.kind == ShapeKind::List && (member.flattened || target.flattened) {
            let Some(each) = &target.member else { return Ok(()) };
            let wire_name = member.location_name.as_deref().or(each.location_name.as_deref()).unwrap_or(name);
            return value.as_array().into_iter().flatten().try_for_each(|value| self.element(wire_name, each, value));
        }
        self.element(member.wire_name(name), member, value)
    }

    /// One element with a value of any kind.
    pub(super) fn element(&mut self, name: &str, reference: &Reference, value: &Value) -> Result<(), Malformed> {
        let Some(shape) = self.model.shape(&reference.shape) else { return Ok(()) };
        self.out.push('<');
        self.out.push_str(name);
        self.attributes(reference, shape, value);
        self.out.push('>');
        match (shape.kind, value) {
            (ShapeKind::Structure, _) => self.members(reference, shape, value)?,
            (ShapeKind::List, Value::Array(elements)) => {
                let Some(each) = &shape.member else { return Ok(()) };
                for value in elements {
                    self.element(each.wire_name("member"), each, value)?;
                }
            }
            (ShapeKind::Map, Value::Object(entries)) => {
                let (Some(key), Some(each)) = (&shape.key, &shape.value) else { return Ok(()) };
                for (entry, value) in entries {
                    self.open("entry", None);
                    self.text(key.wire_name("key"), entry);
                    self.element(each.wire_name("value"), each, value)?;
                    self.close("entry");
                }
            }
            _ => {
                let text = scalar::to_text(shape, reference, value, TimestampFormat::Iso8601).ok_or_else(|| {
                    Malformed(format!("a {:?} of {} is written as {value}", shape.kind, reference.shape))
                })?;
                self.out.push_str(&escape(text));
            }
        }
        self.close(name);
        Ok(())
    }

    fn attributes(&mut self, reference: &Reference, shape: &Shape, value: &Value) {
        match &reference.xml_namespace {
            Some(XmlNamespace::Plain(uri) | XmlNamespace::Prefixed { uri, prefix: None }) => {
                self.out.push_str(&format!(" xmlns=\"{}\"", escape(uri)));
            }
            Some(XmlNamespace::Prefixed { uri, prefix: Some(prefix) }) => {
                self.out.push_str(&format!(" xmlns:{prefix}=\"{}\"", escape(uri)));
            }
            None => {}
        }
        for (name, member) in shape.members.iter().filter(|(_, member)| member.xml_attribute) {
            if let Some(text) = value.get(name).and_then(Value::as_str) {
                self.out.push_str(&format!(" {}=\"{}\"", member.wire_name(name), escape(text)));
            }
        }
    }
}
