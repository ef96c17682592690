//! The planner's comparison, for the rows of the contract that are about plans.

use charter_catalog::{Catalog, TagShape};
use charter_model::{
    AccountTarget, DesiredGraph, DesiredResource, EvaluationError, Evaluator, Lifecycle, Locations, PointerSegment,
    Scope, Secret, Sources, TargetKind, Template, Value,
};
use charter_planner::{Action, Mode, Observations, PlanRequest, ReadPurpose, ResolvedSecrets, Selection, plan, verify};
use charter_provider::Properties;
use charter_provider::contract::Known;
use charter_state::{Record, RecordStatus, STATE_VERSION, Snapshot};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

const SALT: &str = "salt";

/// What a plan would do to a resource that is recorded and asked for again: the changes of an apply, and what drifted.
pub(crate) fn planned(known: &Known<'_>) -> Vec<String> {
    let mut changes = step(known, Mode::Apply);
    changes.extend(step(known, Mode::Drift));
    changes
}

fn step(known: &Known<'_>, mode: Mode) -> Vec<String> {
    let (graph, snapshot) = (graph(known), snapshot(known));
    let mut observed = Observations::default();
    observed.note(known.address.clone(), ReadPurpose::Recorded, known.observed.clone());
    let request = PlanRequest {
        graph: &graph,
        snapshot: &snapshot,
        observed: &observed,
        catalog: Catalog::embedded(),
        evaluator: &Constants,
        secrets: &ResolvedSecrets::default(),
        mode,
        selection: Selection::default(),
    };
    let plan = match plan(request) {
        Ok(plan) => plan,
        Err(found) => return vec![format!("{mode:?}: no plan: {found:?}")],
    };
    assert_eq!(verify(&plan, &graph, &snapshot), Ok(()));
    plan.steps
        .iter()
        .filter(|step| step.action != Action::None || !step.changes.is_empty())
        .map(|step| {
            let changes = step.changes.iter();
            let changes: Vec<String> =
                changes.map(|each| format!("{}: {:?} becomes {:?}", each.pointer, each.before, each.after)).collect();
            format!("{mode:?}: {:?}: {}", step.action, changes.join(", "))
        })
        .collect()
}

fn graph(known: &Known<'_>) -> DesiredGraph {
    let placement = known.placement;
    let id = charter_model::AccountId::new("111111111111").unwrap();
    let target =
        AccountTarget { id: id.into(), role: None, external_id: None, profile: None, session_tags: BTreeMap::new() };
    let resource = DesiredResource {
        address: known.address.clone(),
        type_name: known.type_name.clone(),
        placement: placement.clone(),
        properties: Template::Value(value(&without_marks(known))),
        locations: Arc::new(Locations::default()),
        dependencies: Vec::new(),
        lifecycle: Lifecycle::default(),
    };
    DesiredGraph {
        environment: crate::shared::environment(),
        target: TargetKind::Simulator,
        ephemeral: true,
        accounts: BTreeMap::from([(placement.account.clone(), target)]),
        region: placement.region.clone(),
        tags: BTreeMap::new(),
        stacks: vec![known.address.stack().clone()],
        resources: BTreeMap::from([(known.address.clone(), resource)]),
        outputs: BTreeMap::new(),
        grants: Vec::new(),
        expectations: Vec::new(),
        sources: Arc::new(Sources::default()),
    }
}

fn snapshot(known: &Known<'_>) -> Snapshot {
    let schema = Catalog::embedded().schema(known.type_name).unwrap();
    let mut inputs = value(known.inputs);
    for place in schema.write_only() {
        seal(&mut inputs, place.segments());
    }
    let record = Record {
        address: known.address.clone(),
        type_name: known.type_name.clone(),
        placement: known.placement.clone(),
        identifier: Some(known.identifier.to_owned()),
        inputs,
        attributes: value(known.attributes),
        secret_references: BTreeMap::new(),
        dependencies: Vec::new(),
        protect: false,
        retain: false,
        replace: None,
        generation: 0,
        status: RecordStatus::Ready,
    };
    Snapshot {
        version: STATE_VERSION,
        environment: crate::shared::environment(),
        lineage: "lineage".into(),
        serial: 1,
        salt: SALT.into(),
        resources: BTreeMap::from([(known.address.clone(), record)]),
        deposed: Vec::new(),
        open: BTreeMap::new(),
        acts: BTreeMap::new(),
        outputs: BTreeMap::new(),
        accounts: BTreeMap::new(),
    }
}

/// What the stacks say: the marks are added by the plan.
fn without_marks(known: &Known<'_>) -> Properties {
    let mut written = known.inputs.clone();
    let schema = Catalog::embedded().schema(known.type_name).unwrap();
    let Some(tagging) = schema.tagging() else { return written };
    let Some(PointerSegment::Key(property)) = tagging.property.segments().first() else { return written };
    match (&tagging.shape, written.get_mut(&**property)) {
        (TagShape::List { key, .. }, Some(Json::Array(tags))) => {
            tags.retain(|tag| !tag[key.as_str()].as_str().is_some_and(|name| name.starts_with("charter:")));
        }
        (TagShape::Map, Some(Json::Object(tags))) => tags.retain(|name, _| !name.starts_with("charter:")),
        _ => {}
    }
    written
}

fn value(properties: &Properties) -> Value {
    serde_json::Value::Object(properties.clone()).into()
}

/// Records what stands at a write-only place the way the engine does: as a fingerprint.
fn seal(value: &mut Value, place: &[PointerSegment]) {
    match (place.split_first(), value) {
        (None, value) => {
            let secret = Secret::new(std::mem::replace(value, Value::Null), SALT);
            *value = Value::Secret(Secret::from_fingerprint(secret.fingerprint()));
        }
        (Some((_, rest)), Value::List(list)) => list.iter_mut().for_each(|element| seal(element, rest)),
        (Some((segment, rest)), Value::Map(map)) => {
            if let Some(member) = map.get_mut(segment.to_string().as_str()) {
                seal(member, rest);
            }
        }
        _ => {}
    }
}

/// Subjects hold no expressions.
struct Constants;

impl Evaluator for Constants {
    fn evaluate(&self, template: &Template, _scope: &dyn Scope) -> Result<Value, EvaluationError> {
        let missing =
            || EvaluationError { expression: format!("{template:?}"), reason: "not constant".into(), span: None };
        template.as_value().cloned().ok_or_else(missing)
    }
}
