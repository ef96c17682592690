//! Walks the registry's schema and the API's shapes side by side, and finds for each member what it is called on either side and
//! in Rust. What has no counterpart must be declared in the table.

use super::model::Model;
use super::normal;
use super::registry::{Registry, Schema};
use super::sdk::{Form, Sdk, Type};
use super::table::{Convert, Table};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the generated module implements.
#[derive(Debug, Default)]
pub(crate) struct Conversions {
    /// Types made from JSON, by path.
    pub(crate) inputs: BTreeMap<String, Input>,
    /// Types written as JSON, by path.
    pub(crate) outputs: BTreeMap<String, Output>,
    /// Enumerations.
    pub(crate) enumerations: BTreeSet<String>,
}

/// How a type is made from JSON.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) form: Form,
    /// Whether it is a builder itself (of an operation's input) rather than made by one.
    pub(crate) is_builder: bool,
    /// Registry path by Rust member, and how it is written there.
    pub(crate) members: BTreeMap<String, (Vec<String>, Style)>,
}

/// How a type is written as JSON.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) form: Form,
    /// By registry path.
    pub(crate) members: BTreeMap<Vec<String>, Source>,
}

/// Where a registry property comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The Rust member.
    pub(crate) member: String,
    /// The API path inside it.
    pub(crate) inside: Vec<String>,
    pub(crate) style: Style,
}

/// How the value is put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// A number or truth value that the registry has as text.
    Text,
    /// A map that the registry has as a list of `{Key, Value}`.
    Pairs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    In,
    Out,
}

/// Where a structure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// The input of an operation.
    Builder,
    /// The output of an operation, or a shape that the table names.
    Top,
    /// Inside another.
    Nested,
}

struct Walk<'a> {
    table: &'a Table,
    convert: &'a Convert,
    model: &'a Model,
    schema: &'a Schema,
    sdk: &'a Sdk,
    found: &'a mut Conversions,
    problems: &'a mut Vec<String>,
    /// Registry paths that ought to be carried, and those that are.
    expected: BTreeSet<(Direction, String)>,
    carried: BTreeSet<(Direction, String)>,
    visited: BTreeSet<(Direction, String, String)>,
    /// The shapes that the walk is inside of.
    within: Vec<String>,
}

/// A place in the registry's schema; none where the schema says nothing about what is inside.
#[derive(Clone, Copy)]
struct Place<'a> {
    node: Option<&'a Value>,
    path: &'a str,
}

/// Walks all that a table asks for.
pub(crate) fn walk(table: &Table, model: &Model, registry: &Registry, sdk: &Sdk) -> Result<Conversions, Vec<String>> {
    let mut found = Conversions::default();
    let mut problems = Vec::new();
    for convert in &table.convert {
        let schema = match registry.schema(&convert.registry) {
            Ok(schema) => schema,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let mut walk = Walk {
            table,
            convert,
            model,
            schema: &schema,
            sdk,
            found: &mut found,
            problems: &mut problems,
            expected: BTreeSet::new(),
            carried: BTreeSet::new(),
            visited: BTreeSet::new(),
            within: Vec::new(),
        };
        walk.run();
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        let Some(node) = self.schema.at(&self.convert.at) else {
            let problem = format!("{} has no property {}", self.convert.registry, self.convert.at);
            return self.problems.push(problem);
        };
        let place = Place { node: Some(node), path: &self.convert.at };
        for name in &self.convert.input {
            if let Err(problem) = self.top(Direction::In, name, place) {
                self.problems.push(problem);
            }
        }
        for name in &self.convert.output {
            if let Err(problem) = self.top(Direction::Out, name, place) {
                self.problems.push(problem);
            }
        }
        self.judge();
    }

    /// Each expected property is carried, cannot be by its nature, or is declared; and nothing is declared that does not exist.
    fn judge(&mut self) {
        let read_only = self.schema.listed("readOnlyProperties");
        let write_only = self.schema.listed("writeOnlyProperties");
        for (direction, path) in &self.expected {
            if self.carried.contains(&(*direction, path.clone())) {
                continue;
            }
            let (excused, declared, list) = match direction {
                Direction::In => (&read_only, &self.convert.not_written, "not_written"),
                Direction::Out => (&write_only, &self.convert.not_read, "not_read"),
            };
            if !excused.iter().chain(declared).any(|each| covers(each, path)) {
                let type_name = &self.convert.registry;
                self.problems
                    .push(format!("{type_name}: {path} has no counterpart; rename it or declare it in {list}"));
            }
        }
        for path in self.convert.not_written.iter().chain(&self.convert.not_read) {
            if self.schema.at(path).is_none() {
                self.problems.push(format!("{}: {path} is declared but does not exist", self.convert.registry));
            }
        }
    }

    fn top(&mut self, direction: Direction, name: &str, place: Place<'_>) -> Result<(), String> {
        match (self.model.operations.get(name), direction) {
            (Some(operation), Direction::In) => {
                let shape = operation.input.clone().ok_or_else(|| format!("{name} takes nothing"))?.shape;
                let rust = self.sdk.input(name)?;
                self.structure(direction, &shape, rust, place, Level::Builder)
            }
            (Some(operation), Direction::Out) => {
                let shape = operation.output.clone().ok_or_else(|| format!("{name} returns nothing"))?.shape;
                let rust = self.sdk.output(name)?;
                self.structure(direction, &shape, rust, place, Level::Top)
            }
            (None, _) => {
                self.model.shape(name)?;
                let rust = self.sdk.shape(name)?;
                self.structure(direction, name, rust, place, Level::Top)
            }
        }
    }

    /// A value of any shape: goes on to the structures and enumerations in it.
    fn value(&mut self, direction: Direction, shape_name: &str, place: Place<'_>) -> Result<(), String> {
        let shape = self.model.shape(shape_name)?;
        let kind = place.node.and_then(|node| self.schema.kind(node));
        let fits = match (shape.kind.as_str(), kind) {
            (_, None) | ("map", Some("array")) => true,
            ("structure" | "map", Some(kind)) => kind == "object" || shape.document,
            ("list", Some(kind)) => kind == "array",
            (_, Some(kind)) => kind != "array",
        };
        if !fits {
            return Err(format!(
                "{}: {} is {kind:?}, {shape_name} a {}",
                self.convert.registry, place.path, shape.kind
            ));
        }
        match shape.kind.as_str() {
            "structure" if !shape.document => {
                let rust = self.sdk.shape(shape_name)?;
                self.structure(direction, shape_name, rust, place, Level::Nested)
            }
            "list" | "map" => {
                let inner = shape.member.as_ref().or(shape.value.as_ref());
                let inner = &inner.ok_or_else(|| format!("{shape_name} holds nothing"))?.shape;
                let mut node = place.node.and_then(|node| self.schema.element(node));
                if shape.kind == "map" && kind == Some("array") {
                    node = node
                        .and_then(|pair| self.schema.members(pair)?.into_iter().find(|(name, _)| *name == "Value"))
                        .map(|(_, value)| value);
                }
                self.value(direction, inner, Place { node, ..place })
            }
            "string" if !shape.values.is_empty() => {
                let rust = self.sdk.shape(shape_name)?;
                self.found.enumerations.insert(rust.path);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn structure(
        &mut self,
        direction: Direction,
        shape_name: &str,
        rust: Type,
        place: Place<'_>,
        level: Level,
    ) -> Result<(), String> {
        let is_top = level != Level::Nested;
        // A shape that holds itself, as an expression of expressions does, is converted once.
        if self.within.iter().any(|outer| outer == shape_name) {
            return Ok(());
        }
        if !is_top && !self.visited.insert((direction, shape_name.to_owned(), place.path.to_owned())) {
            return Ok(());
        }
        let registry = place.node.and_then(|node| self.schema.members(node));
        for (name, _) in registry.iter().flatten() {
            self.expected.insert((direction, join(place.path, name)));
        }
        let shape = self.model.shape(shape_name)?;
        let members: Vec<(String, String)> =
            shape.members().map(|(name, shape)| (name.to_owned(), shape.to_owned())).collect();
        let by_name: BTreeMap<String, (&str, &Value)> =
            registry.iter().flatten().map(|(name, node)| (normal(name), (*name, *node))).collect();
        let renames = self.table.rename.get(shape_name);
        self.begin(direction, &rust, level == Level::Builder);
        self.within.push(shape_name.to_owned());
        for (member, member_shape) in &members {
            if self.table.sdk_lacks.contains(&format!("{shape_name}.{member}")) {
                continue;
            }
            let overridden = if is_top && direction == Direction::In { self.convert.write.get(member) } else { None };
            let (path, node) = match overridden.or_else(|| renames?.get(member)) {
                Some(path) => (path.clone(), place_below(self.schema, place, path)),
                None => match by_name.get(&normal(member)) {
                    Some((name, node)) => ((*name).to_owned(), Some(*node)),
                    None if registry.is_none() => (member.clone(), None),
                    None => continue,
                },
            };
            let absolute = join(place.path, &path);
            if overridden.is_none() && self.is_by_hand(direction, is_top, &path, &absolute) {
                continue;
            }
            if registry.is_some() && node.is_none() {
                return Err(format!("{}: {absolute} does not exist", self.convert.registry));
            }
            let steps: Vec<String> = path.split('/').map(str::to_owned).collect();
            let style = self.style(node, member_shape);
            self.add(direction, &rust, shape_name, member, steps, Vec::new(), style)?;
            self.carry(direction, &absolute);
            self.value(direction, member_shape, Place { node, path: &absolute })?;
        }
        self.within.pop();
        if is_top && direction == Direction::Out {
            let convert = self.convert;
            for (target, source) in &convert.read {
                // An output that lacks the first step is not the one that is meant.
                let first = source.split('/').next().unwrap_or_default();
                if members.iter().any(|(name, _)| name == first) {
                    self.read(&rust, shape_name, target, source, place)?;
                }
            }
        }
        Ok(())
    }

    /// A registry property that is taken from elsewhere in the output.
    fn read(
        &mut self,
        rust: &Type,
        shape_name: &str,
        target: &str,
        source: &str,
        place: Place<'_>,
    ) -> Result<(), String> {
        let node = place_below(self.schema, place, target);
        if node.is_none() {
            return Err(format!("{}: {target} does not exist", self.convert.registry));
        }
        let mut steps = source.split('/').map(str::to_owned);
        let first = steps.next().unwrap_or_default();
        let inside: Vec<String> = steps.collect();
        let mut inner = member_shape(self.model, shape_name, &first)?;
        for step in &inside {
            inner = match step.as_str() {
                "[]" => self.element_shape(&inner)?,
                step if step.bytes().all(|each| each.is_ascii_digit()) => self.element_shape(&inner)?,
                step => {
                    let outer = self.sdk.shape(&inner)?;
                    self.begin(Direction::Out, &outer, false);
                    self.add(Direction::Out, &outer, &inner, step, vec![step.to_owned()], Vec::new(), Style::Plain)?;
                    member_shape(self.model, &inner, step)?
                }
            };
        }
        let absolute = join(place.path, target);
        let style = self.style(node, &inner);
        let target_steps = target.split('/').map(str::to_owned).collect();
        self.add(Direction::Out, rust, shape_name, &first, target_steps, inside.clone(), style)?;
        self.carry(Direction::Out, &absolute);
        let is_inside_list = inside.iter().any(|step| step == "[]");
        let node = if is_inside_list { node.and_then(|node| self.schema.element(node)) } else { node };
        self.value(Direction::Out, &inner, Place { node, path: &absolute })
    }

    fn element_shape(&self, list: &str) -> Result<String, String> {
        let member = self.model.shape(list)?.member.as_ref();
        member.map(|member| member.shape.clone()).ok_or_else(|| format!("{list} is no list"))
    }

    /// Whether the table says that this path is not carried as it stands.
    fn is_by_hand(&self, direction: Direction, is_top: bool, path: &str, absolute: &str) -> bool {
        let declared = match direction {
            Direction::In => &self.convert.not_written,
            Direction::Out => &self.convert.not_read,
        };
        let read_otherwise = is_top
            && direction == Direction::Out
            && self.convert.read.keys().any(|target| target.split('/').next() == path.split('/').next());
        // What only AWS sets is never sent, though the API may have a member of that name.
        let read_only = direction == Direction::In
            && self.schema.listed("readOnlyProperties").iter().any(|each| covers(each, absolute));
        read_otherwise || read_only || declared.iter().any(|each| covers(each, absolute))
    }

    fn style(&self, node: Option<&Value>, shape_name: &str) -> Style {
        let shape = self.model.shapes.get(shape_name);
        if node.is_some_and(|node| self.schema.is_text(node))
            && shape.is_some_and(super::model::Shape::is_scalar_but_no_text)
        {
            Style::Text
        } else if node.and_then(|node| self.schema.kind(node)) == Some("array")
            && shape.is_some_and(|shape| shape.kind == "map")
        {
            Style::Pairs
        } else {
            Style::Plain
        }
    }

    fn carry(&mut self, direction: Direction, path: &str) {
        let mut end = Some(path.len());
        // A property is carried when a part of it is: `Endpoint` by `Endpoint/Address`.
        while let Some(at) = end {
            let (head, _) = path.split_at(at);
            self.carried.insert((direction, head.to_owned()));
            end = head.rfind('/');
        }
    }

    fn begin(&mut self, direction: Direction, rust: &Type, is_builder: bool) {
        match direction {
            Direction::In => {
                self.found.inputs.entry(rust.path.clone()).or_insert_with(|| Input {
                    form: rust.form.clone(),
                    is_builder,
                    members: BTreeMap::new(),
                });
            }
            Direction::Out => {
                self.found
                    .outputs
                    .entry(rust.path.clone())
                    .or_insert_with(|| Output { form: rust.form.clone(), members: BTreeMap::new() });
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the two ends of one member")]
    fn add(
        &mut self,
        direction: Direction,
        rust: &Type,
        shape_name: &str,
        member: &str,
        registry: Vec<String>,
        inside: Vec<String>,
        style: Style,
    ) -> Result<(), String> {
        let names = match &rust.form {
            Form::Structure { fields, .. } => fields,
            Form::Union(variants) => variants,
            Form::Enumeration => return Err(format!("{} is an enumeration, {shape_name} is not", rust.path)),
        };
        let name = names.get(&normal(member)).cloned();
        let name = name.ok_or_else(|| format!("{} has no member for {shape_name}.{member}", rust.path))?;
        let two_meanings = || format!("{shape_name}.{member} means two things: convert it by hand");
        match direction {
            Direction::In => {
                if let Some(input) = self.found.inputs.get_mut(&rust.path)
                    && input
                        .members
                        .insert(name, (registry.clone(), style))
                        .is_some_and(|(earlier, _)| earlier != registry)
                {
                    return Err(two_meanings());
                }
            }
            Direction::Out => {
                if let Some(output) = self.found.outputs.get_mut(&rust.path) {
                    let source = Source { member: name, inside, style };
                    match output.members.get_mut(&registry) {
                        None => {
                            output.members.insert(registry, source);
                        }
                        Some(earlier) if (&earlier.member, &earlier.inside) != (&source.member, &source.inside) => {
                            return Err(two_meanings());
                        }
                        // A step on the way to another member is content with any style.
                        Some(earlier) if earlier.style == Style::Plain => earlier.style = style,
                        Some(_) => {}
                    }
                }
            }
        }
        Ok(())
    }
}

fn member_shape(model: &Model, shape_name: &str, member: &str) -> Result<String, String> {
    let shape = model.shape(shape_name)?;
    let found = shape.members().find(|(name, _)| *name == member).map(|(_, shape)| shape.to_owned());
    found.ok_or_else(|| format!("{shape_name} has no member {member}"))
}

fn place_below<'s>(schema: &'s Schema, place: Place<'s>, path: &str) -> Option<&'s Value> {
    path.split('/').try_fold(place.node?, |node, step| {
        schema.members(node)?.into_iter().find(|(name, _)| *name == step).map(|(_, node)| node)
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// Whether `path` is `outer` or lies inside it.
fn covers(outer: &str, path: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
