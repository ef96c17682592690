//! What most kinds of things in a domain have in common: they are made, read, listed, changed and removed alike.

use super::records::{Kind, Settings, Thing};
use super::support::{Scope, absent, conflict, kept, listed, made_before, new_id, remember, scope, with};
use super::{profiles, projects};
use crate::model::{Models, Reference, ServiceModel, ShapeKind};
use crate::service::{Call, ServiceError};
use crate::services::shared::Answer;
use jiff::Timestamp;
use serde_json::{Value, json};

/// An answer with what its operation tells: things know more of themselves than each operation has members for.
pub(super) fn told(operation: &str, answer: Value) -> Value {
    let model = Models::embedded().signed_as("datazone").next();
    let output = model.and_then(|model| model.operations.get(operation)?.output.as_ref());
    match (model, output) {
        (Some(model), Some(output)) => kept_by(model, output, answer, 2),
        _ => answer,
    }
}

/// The members that a shape has, so many structures deep.
fn kept_by(model: &ServiceModel, reference: &Reference, value: Value, depth: u8) -> Value {
    let Some(shape) = model.shape(&reference.shape).filter(|_| depth > 0) else { return value };
    match value {
        Value::Object(members) if shape.kind == ShapeKind::Structure => {
            let known = members.into_iter().filter_map(|(name, value)| {
                let value = kept_by(model, shape.members.get(&name)?, value, depth.saturating_sub(1));
                Some((name, value))
            });
            Value::Object(known.collect())
        }
        Value::Array(list) => match &shape.member {
            Some(member) => list.into_iter().map(|each| kept_by(model, member, each, depth)).collect(),
            None => Value::Array(list),
        },
        other => other,
    }
}

/// How a kind of thing behaves.
pub(super) struct Form {
    /// In messages: `environment profile`.
    pub(super) what: &'static str,
    /// The members of a creation that it keeps.
    pub(super) kept: &'static [&'static str],
    /// Of them, those that an update may change.
    pub(super) changes: &'static [&'static str],
    /// The member of an input that names it, in reads and changes.
    pub(super) identifier: &'static str,
    /// The parent's member in every input: `environmentIdentifier`.
    pub(super) parent: Option<&'static str>,
    /// What else is told of it.
    pub(super) shown: fn(&Call<'_>, &Scope, &Thing) -> Value,
}

impl Form {
    pub(super) fn key(&self, call: &Call<'_>, id: &str) -> String {
        match self.parent {
            Some(parent) => format!("{}|{id}", call.required(parent)),
            None => id.to_owned(),
        }
    }

    pub(super) fn answer(&self, call: &Call<'_>, scope: &Scope, thing: &Thing) -> Value {
        let own = with(
            &thing.settings,
            json!({"domainId": scope.id(), "id": thing.id, "createdBy": thing.by, "createdAt": thing.created.to_string()}),
        );
        match own {
            Value::Object(own) => with(&own, (self.shown)(call, scope, thing)),
            other => other,
        }
    }

    fn missing(&self, id: &str) -> ServiceError {
        absent(format!("{} {id} not found", self.what))
    }

    /// The truth of one that is not going.
    pub(super) fn there<R: Kind>(&self, call: &Call<'_>, scope: &Scope, id: &str) -> Result<Thing, ServiceError> {
        let thing = scope.get::<R>(call, &self.key(call, id)).filter(|thing| thing.deleted.is_none());
        thing.ok_or_else(|| self.missing(id))
    }

    /// What a token made before.
    pub(super) fn again<R: Kind>(&self, call: &Call<'_>, scope: &Scope) -> Result<Option<Value>, ServiceError> {
        let Some(id) = made_before(call)? else { return Ok(None) };
        let thing = scope.get::<R>(call, &self.key(call, &id)).ok_or_else(|| self.missing(&id))?;
        Ok(Some(self.answer(call, scope, &thing)))
    }

    /// Refuses a second one of a name, among those that `within` is true of.
    pub(super) fn check_name<R: Kind>(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        within: impl Fn(&str, &Thing) -> bool,
    ) -> Result<(), ServiceError> {
        let name = call.required("name");
        let taken = scope.all::<R>(call).iter().any(|(key, thing)| thing.text("name") == name && within(key, thing));
        if taken { Err(conflict(format!("A {} named {name} already exists", self.what))) } else { Ok(()) }
    }

    /// Makes one. `more` joins what it keeps of the input.
    pub(super) fn make<R: Kind>(&self, call: &mut Call<'_>, scope: &Scope, more: Value, seconds: f64) -> Thing {
        let mut settings: Settings = kept(call, self.kept);
        settings.extend(more.as_object().cloned().unwrap_or_default());
        let by = profiles::of_caller(call, scope);
        let thing = Thing::new(new_id(call), by, settings, call.now).taking(seconds);
        scope.put::<R>(call, &self.key(call, &thing.id), thing.clone());
        remember(call, &thing.id);
        thing
    }

    pub(super) fn get<R: Kind>(&self, call: &mut Call<'_>) -> Answer {
        let scope = scope(call)?;
        let id = call.required(self.identifier).to_owned();
        let thing = scope.read::<R>(call, &self.key(call, &id)).ok_or_else(|| self.missing(&id))?;
        Ok(self.answer(call, &scope, &thing))
    }

    /// Changes one, and takes so many seconds for it.
    pub(super) fn update<R: Kind>(&self, call: &mut Call<'_>, seconds: f64) -> Answer {
        let scope = scope(call)?;
        let mut thing = self.there::<R>(call, &scope, call.required(self.identifier))?;
        thing.settings.extend(kept(call, self.changes));
        thing.updated = call.now;
        thing.ready = call.after(seconds);
        scope.put::<R>(call, &self.key(call, &thing.id), thing.clone());
        Ok(self.answer(call, &scope, &thing))
    }

    /// Removes one; none: it is gone at once.
    pub(super) fn delete<R: Kind>(&self, call: &mut Call<'_>, seconds: Option<f64>) -> Result<Value, ServiceError> {
        let scope = scope(call)?;
        let mut thing = self.there::<R>(call, &scope, call.required(self.identifier))?;
        let key = self.key(call, &thing.id);
        match seconds {
            None => drop(scope.remove::<R>(call, &key)),
            Some(seconds) => {
                thing.deleted = Some(call.after(seconds));
                scope.put::<R>(call, &key, thing.clone());
            }
        }
        Ok(self.answer(call, &scope, &thing))
    }

    /// Lists those that `fits` is true of, each as `item` shows it.
    pub(super) fn list<R: Kind>(&self, call: &mut Call<'_>, fits: impl Fn(&Thing) -> bool, names: &[&str]) -> Answer {
        let scope = scope(call)?;
        let prefix = self.parent.map_or_else(String::new, |parent| format!("{}|", call.required(parent)));
        let name = call.text("name");
        let things = scope.told::<R>(call).into_iter();
        let items = things
            .filter(|(key, thing)| key.starts_with(&prefix) && fits(thing))
            .filter(|(_, thing)| name.is_none_or(|name| name == thing.text("name")))
            .map(|(key, thing)| {
                let mut item = self.answer(call, &scope, &thing);
                if let Some(members) = item.as_object_mut() {
                    members.retain(|member, _| names.contains(&member.as_str()));
                }
                (key, item)
            })
            .collect();
        listed(call, "items", items)
    }
}

/// The project of an input, which must be there.
pub(super) fn in_project(call: &Call<'_>, scope: &Scope) -> Result<String, ServiceError> {
    Ok(projects::project(call, scope, call.required("projectIdentifier"))?.id)
}

/// Whether something goes on until a moment.
pub(super) fn is_busy(call: &Call<'_>, until: Timestamp) -> bool {
    call.now < until
}
