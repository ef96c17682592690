//! What every property and attribute will be once the plan is applied: what is not known yet stands there as a symbol. Imports
//! `arns`.

use crate::arns::{fill, form, partition};
use charter_access::{Symbol, SymbolKind};
use charter_catalog::{Catalog, Kind, models_of_source};
use charter_model::{
    AccountName, Address, DesiredGraph, Evaluator, Placement, Pointer, Scope, SecretReference, Template, TypeName,
    Unknown, Value,
};
use charter_planner::{Action, Plan, Step};
use charter_state::Snapshot;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Looks at resources as they will be.
pub(crate) struct Resolver<'a> {
    pub(crate) graph: &'a DesiredGraph,
    pub(crate) snapshot: &'a Snapshot,
    steps: BTreeMap<&'a Address, &'a Step>,
    /// What is asked for, complete with names and tags.
    properties: BTreeMap<&'a Address, &'a Template>,
    evaluator: &'a dyn Evaluator,
    known: RefCell<BTreeMap<Address, Value>>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        graph: &'a DesiredGraph,
        snapshot: &'a Snapshot,
        plan: Option<&'a Plan>,
        evaluator: &'a dyn Evaluator,
    ) -> Self {
        // What waits for a hand-off is as it was, but for where it is recorded.
        let happens = |step: &&Step| step.waits_for.is_none() || matches!(step.action, Action::Move { .. });
        let steps =
            plan.iter().flat_map(|plan| &plan.steps).filter(happens).map(|step| (&step.address, step)).collect();
        let operations = plan.iter().flat_map(|plan| &plan.operations);
        let properties =
            operations.filter_map(|operation| Some((&operation.address, operation.properties.as_ref()?))).collect();
        Self { graph, snapshot, steps, properties, evaluator, known: RefCell::default() }
    }

    /// Every resource that there will be.
    pub(crate) fn addresses(&self) -> BTreeSet<Address> {
        let goes = |address: &Address| {
            self.steps.get(address).is_some_and(|step| matches!(step.action, Action::Delete | Action::Forget))
        };
        let moved: BTreeSet<&Address> = self
            .steps
            .values()
            .filter_map(|step| match &step.action {
                Action::Move { from } => Some(from),
                _ => None,
            })
            .collect();
        let recorded = self.snapshot.resources.keys().filter(|address| !goes(address) && !moved.contains(address));
        self.graph.resources.keys().chain(recorded).cloned().collect()
    }

    pub(crate) fn place(&self, address: &Address) -> Option<(&TypeName, &Placement)> {
        match (self.graph.resources.get(address), self.snapshot.resources.get(address)) {
            (Some(resource), _) => Some((&resource.type_name, &resource.placement)),
            (None, Some(record)) => Some((&record.type_name, &record.placement)),
            (None, None) => None,
        }
    }

    pub(crate) fn account(&self, placement: &Placement) -> String {
        self.account_id(&placement.account)
    }

    /// The id of an account; of one that the stacks make, what expressions see of it.
    pub(crate) fn account_id(&self, name: &AccountName) -> String {
        let known = charter_planner::account_id(self.graph, self.snapshot, name).map(String::from);
        let seen = || {
            let maker = self.resource(self.graph.accounts.get(name)?.made_by()?);
            Some(maker.get("AccountId")?.as_str()?.to_owned())
        };
        known.or_else(seen).unwrap_or_else(|| name.to_string())
    }

    /// Finishes a template as far as that goes; what fails or is not known becomes a symbol.
    pub(crate) fn finish(&self, template: &Template) -> Value {
        match template {
            Template::Value(value) => symbols(value.clone()),
            Template::List(list) => Value::List(list.iter().map(|each| self.finish(each)).collect()),
            Template::Map(map) => Value::Map(map.iter().map(|(key, each)| (key.clone(), self.finish(each))).collect()),
            Template::Interpolation(_) | Template::Expression(_) | Template::Secret(_) => {
                match self.evaluator.evaluate(template, self) {
                    Ok(value) => symbols(value),
                    // An expression that takes a value apart which is not there yet.
                    Err(error) => any(&format!("`{}`", error.expression)),
                }
            }
        }
    }

    fn look(&self, address: &Address) -> Value {
        let Some((type_name, placement)) = self.place(address) else { return any(&address.to_string()) };
        let record = self.snapshot.resources.get(address);
        let fresh =
            self.steps.get(address).is_some_and(|step| matches!(step.action, Action::Create | Action::Replace { .. }));
        let desired = match self.properties.get(address) {
            Some(template) => Some(self.finish(template)),
            None if record.is_none() => self.graph.resources.get(address).map(|each| self.finish(&each.properties)),
            None => None,
        };
        let mut members = BTreeMap::new();
        if let (Some(record), false) = (record, fresh) {
            for part in [&record.inputs, &record.attributes] {
                members.extend(symbols(part.clone()).as_map().cloned().unwrap_or_default());
            }
        }
        if let Some(Value::Map(desired)) = desired {
            members.extend(desired);
        }
        if record.is_none() || fresh {
            self.foresee(address, type_name, placement, &mut members);
        }
        members.into()
    }

    /// Adds what only the creation will tell.
    fn foresee(
        &self,
        address: &Address,
        type_name: &TypeName,
        placement: &Placement,
        members: &mut BTreeMap<Arc<str>, Value>,
    ) {
        let Some(schema) = Catalog::embedded().schema(type_name) else { return };
        let symbol = |kind, attribute: &str| Symbol::new(kind, format!("{address}.{attribute}")).text();
        let identifiers: Vec<String> = schema
            .primary_identifier()
            .iter()
            .map(|pointer| pointer.to_string().trim_start_matches('/').to_owned())
            .collect();
        let mut attributes: Vec<Vec<String>> = schema
            .read_only()
            .iter()
            .map(|pointer| pointer.segments().iter().map(ToString::to_string).collect::<Vec<_>>())
            .filter(|path| !path.iter().any(|step| step == "*"))
            // Only a text can hold a symbol; of anything else nothing is said.
            .filter(|path| {
                let pointer = path.iter().fold(Pointer::root(), |pointer, step| pointer.key(step));
                schema.property_at(&pointer).is_some_and(|property| property.kinds == [Kind::String])
            })
            .collect();
        // Identifiers first: ARNs are made of them.
        attributes.sort_by_key(|path| form(type_name.as_str(), &path.join(".")).is_some());
        for path in attributes {
            let attribute = path.join(".");
            let text = match form(type_name.as_str(), &attribute) {
                Some(form) => fill(form, |name| match name {
                    "partition" => partition(placement.region.as_str()).to_owned(),
                    "region" => placement.region.to_string(),
                    "account" => self.account(placement),
                    "rest" => symbol(SymbolKind::Rest, &attribute),
                    "Path" => members.get("Path").and_then(Value::as_str).unwrap_or("/").to_owned(),
                    name => match members.get(name).and_then(Value::as_str) {
                        Some(text) => text.to_owned(),
                        None => symbol(SymbolKind::Identifier, name),
                    },
                }),
                None if attribute.ends_with("Arn") => {
                    format!("arn:{}:{}", partition(placement.region.as_str()), symbol(SymbolKind::Rest, &attribute))
                }
                None if identifiers.contains(&attribute) => symbol(SymbolKind::Identifier, &attribute),
                None => symbol(SymbolKind::Any, &attribute),
            };
            insert(members, &path, Value::from(text.as_str()));
        }
        // The models of an inference profile are those of what it is copied from.
        let source = members.get("ModelSource").and_then(|source| source.get("CopyFrom")).and_then(Value::as_str);
        if let Some(models) = source.and_then(models_of_source) {
            let model = |arn: String| Value::from(BTreeMap::from([("ModelArn".into(), Value::from(arn.as_str()))]));
            members.insert("Models".into(), Value::List(models.into_iter().map(model).collect()));
        }
    }
}

fn insert(members: &mut BTreeMap<Arc<str>, Value>, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        members.entry(first.as_str().into()).or_insert(value);
        return;
    }
    let entry = members.entry(first.as_str().into()).or_insert_with(Value::empty_map);
    if let Value::Map(inner) = entry {
        insert(inner, rest, value);
    }
}

impl Scope for Resolver<'_> {
    fn resource(&self, address: &Address) -> Value {
        if let Some(known) = self.known.borrow().get(address) {
            return known.clone();
        }
        let value = self.look(address);
        self.known.borrow_mut().insert(address.clone(), value.clone());
        value
    }

    fn secret(&self, _reference: &SecretReference) -> Value {
        Value::Unknown(Unknown::new("a secret"))
    }
}

fn any(label: &str) -> Value {
    Value::from(Symbol::new(SymbolKind::Any, label).text().as_str())
}

/// Unknowns and secrets as symbols.
fn symbols(value: Value) -> Value {
    match value {
        Value::Unknown(unknown) => any(&unknown.reason),
        Value::Secret(secret) => any(&format!("a secret ({})", secret.fingerprint())),
        Value::List(list) => Value::List(list.into_iter().map(symbols).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, value)| (key, symbols(value))).collect()),
        other => other,
    }
}
