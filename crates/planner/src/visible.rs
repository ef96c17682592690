//! What expressions see of each resource while planning. Imports `model`.

use crate::ResolvedSecrets;
use crate::secrets::UNREAD;
use crate::types::TypeFacts;
use charter_model::{Address, Placement, Pointer, Scope, SecretReference, Unknown, Value};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What is known of one resource's attributes; put together when an expression first asks.
pub(crate) struct Visible {
    source: Source,
    ready: OnceCell<Value>,
}

enum Source {
    /// It exists, and stays as it is.
    Known(Value),
    /// It exists and is changed in place: read-only attributes stay, what changes has its new value. Were an attribute to follow a
    /// change (an endpoint that carries the port), the executor would evaluate dependants with the value as it then is.
    Updated { live: Value, desired: Value, changed: Vec<Pointer> },
    /// It is yet to be made: only what was asked for is known.
    Coming { desired: Value, facts: Rc<TypeFacts>, reason: Arc<str> },
}

impl Visible {
    pub(crate) fn known(live: Value, desired: &Value) -> Self {
        Self::from(Source::Known(with_missing(live, desired)))
    }

    pub(crate) fn recorded(attributes: Value) -> Self {
        Self::from(Source::Known(attributes))
    }

    pub(crate) fn updated(live: Value, desired: Value, changed: Vec<Pointer>) -> Self {
        Self::from(Source::Updated { live, desired, changed })
    }

    pub(crate) fn coming(desired: Value, facts: Rc<TypeFacts>, reason: String) -> Self {
        Self::from(Source::Coming { desired, facts, reason: reason.into() })
    }

    fn from(source: Source) -> Self {
        Self { source, ready: OnceCell::new() }
    }

    pub(crate) fn value(&self) -> &Value {
        self.ready.get_or_init(|| match &self.source {
            Source::Known(value) => value.clone(),
            Source::Updated { live, desired, changed } => {
                let Value::Map(mut members) = with_missing(live.clone(), desired) else { return live.clone() };
                for place in changed {
                    let Some(key) = place.segments().first().map(ToString::to_string) else { continue };
                    match desired.get(&key) {
                        Some(value) => drop(members.insert(key.into(), value.clone())),
                        None => drop(members.remove(key.as_str())),
                    }
                }
                Value::Map(members)
            }
            Source::Coming { desired, facts, reason } => {
                let unknown = || Value::Unknown(Unknown { reason: reason.clone() });
                let mut members = desired.as_map().cloned().unwrap_or_default();
                for name in &facts.members {
                    members.entry(name.clone()).or_insert_with(unknown);
                }
                let mut value = Value::from(members);
                for place in &facts.deep_read_only {
                    add_unknown(&mut value, place, &unknown);
                }
                value
            }
        })
    }
}

/// What cannot be read back is as it was asked for.
fn with_missing(live: Value, desired: &Value) -> Value {
    match (live, desired) {
        (Value::Map(mut live), Value::Map(desired)) => {
            for (key, value) in desired {
                if !live.contains_key(key) {
                    live.insert(key.clone(), value.clone());
                } else if value.has_secret()
                    && let Some(live) = live.get_mut(key)
                {
                    reveal(live, value);
                }
            }
            Value::Map(live)
        }
        (live, _) => live,
    }
}

/// Gives a secret that is known by its fingerprint its value back, where the same one was asked for: so that what is made from it
/// can be made. In memory only; what is kept and shown of a plan holds fingerprints.
fn reveal(live: &mut Value, desired: &Value) {
    match (live, desired) {
        (Value::Secret(bare), Value::Secret(full)) if bare.fingerprint() == full.fingerprint() => *bare = full.clone(),
        (Value::Map(live), Value::Map(desired)) => {
            for (key, value) in desired {
                if let Some(live) = live.get_mut(key) {
                    reveal(live, value);
                }
            }
        }
        (Value::List(live), Value::List(desired)) if live.len() == desired.len() => {
            live.iter_mut().zip(desired).for_each(|(live, desired)| reveal(live, desired));
        }
        _ => {}
    }
}

fn add_unknown(value: &mut Value, place: &Pointer, unknown: &impl Fn() -> Value) {
    let mut at = value;
    for segment in place.segments() {
        let Value::Map(map) = at else { return };
        at = map.entry(segment.to_string().into()).or_insert_with(unknown);
    }
}

/// The attributes of all resources seen so far.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) resources: HashMap<Address, Visible>,
}

/// What the expressions of one resource see.
pub(crate) struct PlanScope<'a> {
    pub(crate) view: &'a View,
    pub(crate) placement: Option<&'a Placement>,
    pub(crate) secrets: &'a ResolvedSecrets,
}

impl Scope for PlanScope<'_> {
    fn resource(&self, address: &Address) -> Value {
        match self.view.resources.get(address) {
            Some(visible) => visible.value().clone(),
            None => Value::Unknown(Unknown::new(format!("{address} is not part of this plan"))),
        }
    }

    fn secret(&self, reference: &SecretReference) -> Value {
        match self.placement.and_then(|placement| self.secrets.get(placement, reference)) {
            Some(secret) => Value::Secret(secret.clone()),
            None => Value::Unknown(Unknown::new(UNREAD)),
        }
    }
}

/// The members of a map that are not there yet.
pub(crate) fn empty() -> Value {
    Value::empty_map()
}
