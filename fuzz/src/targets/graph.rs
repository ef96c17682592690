//! What the targets that plan have in common.

use charter_catalog::Catalog;
use charter_lang::Language;
use charter_model::{Address, DesiredGraph, Scope, SecretReference, TargetKind, Unknown, Value};
use charter_planner::{Mode, Observations, Plan, PlanRequest, ResolvedSecrets, Selection};
use charter_state::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A graph of nothing.
pub(crate) fn empty_graph() -> DesiredGraph {
    DesiredGraph {
        environment: "local".parse().expect("a name"),
        target: TargetKind::Simulator,
        ephemeral: true,
        accounts: BTreeMap::new(),
        region: "us-east-1".parse().expect("a region"),
        tags: BTreeMap::new(),
        stacks: Vec::new(),
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
        grants: Vec::new(),
        expectations: Vec::new(),
        sources: Arc::default(),
    }
}

/// Plans without having read anything, and holds the plan against the checks that every plan passes.
pub(crate) fn planned(graph: &DesiredGraph, snapshot: &Snapshot, mode: Mode) -> Option<Plan> {
    let plan = charter_planner::plan(PlanRequest {
        graph,
        snapshot,
        observed: &Observations::default(),
        catalog: Catalog::embedded(),
        evaluator: &Language::new(),
        secrets: &ResolvedSecrets::default(),
        mode,
        selection: Selection::default(),
    });
    let plan = plan.ok()?;
    if let Err(breaches) = charter_planner::verify(&plan, graph, snapshot) {
        panic!("the plan breaks its own rules: {breaches:?}");
    }
    Some(plan)
}

/// The scope of a preview in which nothing exists yet.
pub(crate) struct NothingKnown;

impl Scope for NothingKnown {
    fn resource(&self, address: &Address) -> Value {
        Value::Unknown(Unknown::new(format!("after {address} is created")))
    }

    fn secret(&self, _reference: &SecretReference) -> Value {
        Value::Unknown(Unknown::new("when it is applied"))
    }
}
