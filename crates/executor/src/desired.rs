//! Finishes the values of an operation when what it depends on is there, and holds them against what the plan showed.

use crate::records::{forget_plain, sealed_inputs};
use crate::secrets::Secrets;
use charter_catalog::TypeSchema;
use charter_model::{Address, Evaluator, Pointer, PointerSegment, Scope, SecretReference, Template, Unknown, Value};
use charter_planner::{Change, Operation, Plan, Step};
use charter_provider::{Failure, FailureCode};
use charter_state::Session;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What an operation asks for.
#[derive(Debug)]
pub(crate) struct Desired {
    /// With plain secrets: only for the request.
    pub(crate) plain: Value,
    /// With fingerprints: for everything else.
    pub(crate) sealed: Value,
}

/// The values that expressions see.
pub(crate) struct Values<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) state: &'a Session,
    pub(crate) evaluator: &'a dyn Evaluator,
    pub(crate) secrets: Secrets<'a>,
    pub(crate) salt: String,
    results: Mutex<HashMap<Address, Value>>,
    steps: HashMap<&'a Address, &'a Step>,
}

struct View<'a> {
    values: &'a Values<'a>,
    secrets: BTreeMap<SecretReference, Value>,
}

impl Scope for View<'_> {
    fn resource(&self, address: &Address) -> Value {
        self.values.attributes(address)
    }

    fn secret(&self, reference: &SecretReference) -> Value {
        self.secrets
            .get(reference)
            .cloned()
            .unwrap_or_else(|| Value::Unknown(Unknown::new(format!("{reference} was not read"))))
    }
}

impl<'a> Values<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        state: &'a Session,
        evaluator: &'a dyn Evaluator,
        secrets: Secrets<'a>,
        salt: String,
    ) -> Self {
        let steps = plan.steps.iter().map(|step| (&step.address, step)).collect();
        Self { plan, state, evaluator, secrets, salt, results: Mutex::default(), steps }
    }

    fn results(&self) -> MutexGuard<'_, HashMap<Address, Value>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an operation of this run left, for those that refer to it.
    pub(crate) fn publish(&self, address: &Address, attributes: &Value, asked: &Value) {
        let value = match (attributes, asked) {
            // What AWS does not tell is what was asked for.
            (Value::Map(attributes), Value::Map(asked)) => {
                let mut all = asked.clone();
                all.extend(
                    attributes
                        .iter()
                        .filter(|(_, value)| !matches!(value, Value::Secret(_)))
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
                Value::Map(all)
            }
            (attributes, _) => attributes.clone(),
        };
        self.results().insert(address.clone(), value);
    }

    fn attributes(&self, address: &Address) -> Value {
        if let Some(value) = self.results().get(address) {
            return value.clone();
        }
        if let Some(value) = self.plan.attributes.get(address) {
            return value.clone();
        }
        self.state
            .read(|state| state.resources.get(address).map(|record| record.attributes.clone()))
            .unwrap_or_else(|| Value::Unknown(Unknown::new(format!("{address} does not exist"))))
    }

    /// The changes that were shown for a resource.
    pub(crate) fn shown(&self, address: &Address) -> &'a [Change] {
        self.steps.get(address).map(|step| step.changes.as_slice()).unwrap_or_default()
    }

    /// Evaluates the properties of an operation.
    pub(crate) async fn desired(&self, operation: &Operation, shape: &TypeSchema) -> Result<Desired, Failure> {
        let template = operation.properties.as_ref().ok_or_else(|| {
            Failure::new(FailureCode::InternalFailure, "the plan has no properties for this operation")
        })?;
        let secrets = self.secrets.of(template, &operation.placement).await?;
        let plain = self.evaluate(template, secrets)?;
        let sealed = sealed_inputs(&plain, shape, &self.salt);
        self.hold_against_plan(&operation.address, &sealed, shape)?;
        Ok(Desired { plain, sealed })
    }

    /// Evaluates a template that needs no secrets read first.
    pub(crate) fn evaluate(
        &self,
        template: &Template,
        secrets: BTreeMap<SecretReference, Value>,
    ) -> Result<Value, Failure> {
        self.evaluator
            .evaluate(template, &View { values: self, secrets })
            .map(|value| value.resalted(&self.salt))
            .map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))
    }

    /// What was shown as known must be what is asked for.
    fn hold_against_plan(&self, address: &Address, sealed: &Value, shape: &TypeSchema) -> Result<(), Failure> {
        for change in self.shown(address) {
            let Some(planned) = change.after.as_ref().filter(|planned| planned.is_known()) else { continue };
            let now = sealed.at(&change.pointer);
            let same = match now {
                Some(now) if planned.has_secret() || now.has_secret() => {
                    forget_plain(planned.clone()) == *now || planned.to_json() == now.to_json()
                }
                Some(now) => planned == now || shape.equivalent(&change.pointer, planned, now),
                None => *planned == Value::Null,
            };
            if !same {
                return Err(no_longer_holds(&format!(
                    "{} was to become {}, but now comes to {}",
                    change.pointer,
                    planned.to_json(),
                    now.map_or_else(|| "nothing".to_owned(), |now| now.to_json().to_string()),
                )));
            }
        }
        Ok(())
    }
}

/// Something is not as the plan said. Nothing is done that was not shown.
pub(crate) fn no_longer_holds(what: &str) -> Failure {
    Failure::new(FailureCode::ResourceConflict, format!("the plan no longer holds: {what}. Make a new plan"))
}

/// Replaces (or takes away) what stands at a place; a place whose parent is not there is left alone.
pub(crate) fn set_at(value: &mut Value, place: &Pointer, new: Option<Value>) {
    let Some((last, path)) = place.segments().split_last() else { return };
    let mut parent = value;
    for segment in path {
        let next = match (parent, segment) {
            (Value::List(list), PointerSegment::Index(index)) => list.get_mut(*index),
            (Value::Map(map), segment) => map.get_mut(segment.to_string().as_str()),
            _ => None,
        };
        let Some(next) = next else { return };
        parent = next;
    }
    match (parent, last, new) {
        (Value::List(list), PointerSegment::Index(index), Some(new)) => {
            if let Some(element) = list.get_mut(*index) {
                *element = new;
            }
        }
        (Value::Map(map), segment, Some(new)) => {
            map.insert(segment.to_string().as_str().into(), new);
        }
        (Value::Map(map), segment, None) => {
            map.remove(segment.to_string().as_str());
        }
        _ => {}
    }
}
