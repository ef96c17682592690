//! Whatever the stacks are and whatever they become: the plan does what it says, then nothing is left to do, and in the end nothing
//! is left. `PROPTEST_CASES` raises the number of cases; what once failed is kept in `generated.proptest-regressions`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use charter_executor::{ApplyError, OperationName, OperationResult};
use charter_model::DesiredGraph;
use charter_planner::{Action, Mode, OperationKind, Plan};
use charter_simulator::{Faults, Settings};
use charter_state::Session;
use charter_tests::generated::model::kinds;
use charter_tests::generated::world::{HUSH, operation_name};
use charter_tests::generated::{Applied, Edit, Project, World, edited, edits, project, text, values};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Runs a whole life: made, changed as often as there are lists of edits, and taken away.
async fn live(first: &Project, changes: &[Vec<Edit>], order: u64, faults: Faults) {
    let mut world = World::new(Settings { seed: order, faults, ..Settings::default() }).await;
    let mut kept = BTreeSet::new();
    let mut project = first.clone();
    step(&mut world, &project, None, order, &mut kept).await;
    for (round, edits) in changes.iter().enumerate() {
        let next = edited(&project, edits, 1000 * (round + 1));
        step(&mut world, &next, Some(&project), order + round as u64, &mut kept).await;
        project = next;
    }
    destroy(&mut world, &project, order, &kept).await;
}

/// How many runs a cloud with faults may need.
const MOST_RUNS: usize = 5;

/// Plans and applies until a run is complete: without faults, once. `other` is the same in another order.
async fn complete(
    world: &mut World,
    graph: &DesiredGraph,
    other: Option<&DesiredGraph>,
    mode: Mode,
    kept: &mut BTreeSet<String>,
) -> Result<(Session, Plan), String> {
    for _ in 0..MOST_RUNS {
        let session = world.open(graph).await;
        let plan = world.plan(&session, graph, mode).await.map_err(|found| format!("{found:#?}"))?;
        if let Some(other) = other {
            let same = world.plan(&session, other, mode).await.map_err(|found| format!("{found:#?}"))?;
            assert_eq!(meaning(&plan), meaning(&same), "another order of keys or files makes another plan");
        }
        let plan = saved(&plan, graph, &session.read(|snapshot| snapshot.salt.clone()));
        let applied = world.apply(&session, &plan).await.map_err(|error| error.to_string())?;
        assert!(!world.tells_secrets(), "the state tells a secret");
        retained(&plan, kept);
        if applied.summary.is_complete() {
            did_what_it_said(world, &plan, &applied);
            return Ok((session, plan));
        }
        session.finish().await.map_err(|error| error.to_string())?;
        if !world.faults {
            return Err(format!("{:#?}", applied.summary));
        }
    }
    Err(format!("not complete after {MOST_RUNS} runs"))
}

/// One run. `kept` collects the identifiers of what was forgotten and stays.
async fn step(
    world: &mut World,
    project: &Project,
    previous: Option<&Project>,
    order: u64,
    kept: &mut BTreeSet<String>,
) {
    let files = text::files(project, previous, order);
    let shown = || files.iter().map(|(name, text)| format!("=== {name}\n{text}")).collect::<String>();
    let other = world.load(&text::files(project, previous, order + 77)).unwrap();
    let graph = world.load(&files).unwrap_or_else(|found| panic!("{found:#?}\n{}", shown()));
    let ended = complete(world, &graph, Some(&other), Mode::Apply, kept).await;
    let (session, plan) = ended.unwrap_or_else(|found| panic!("{found}\n{}", shown()));

    // A plan is of one state only.
    let moved_on = session.read(|snapshot| charter_planner::snapshot_digest(snapshot) != plan.state_digest);
    if moved_on {
        let again = world.apply(&session, &plan).await;
        assert!(matches!(again, Err(ApplyError::Stale(_))), "a used plan is applied again: {again:?}");
    }
    session.finish().await.unwrap();

    let session = world.open(&graph).await;
    let fresh = world.load(&files).unwrap();
    let after = world.plan(&session, &fresh, Mode::Apply).await.unwrap();
    let changes: Vec<_> = after.steps.iter().filter(|step| step.action != Action::None).collect();
    assert!(!after.has_changes() && after.operations.is_empty(), "something is left to do: {changes:#?}\n{}", shown());
    let applied = world.apply(&session, &after).await.unwrap();
    let mutating: Vec<_> = applied.calls.iter().filter(|call| mutates(&call.operation)).collect();
    assert!(mutating.is_empty(), "an empty plan calls {mutating:?}");
    session.finish().await.unwrap();
    let stale = world.open(&graph).await;
    if moved_on {
        assert!(stale.read(|snapshot| plan.check_fresh(snapshot)).is_err(), "an old plan still fits");
    }
    stale.finish().await.unwrap();
}

/// Takes everything away. What was protected or retained is let go of first.
async fn destroy(world: &mut World, project: &Project, order: u64, kept: &BTreeSet<String>) {
    let mut kept = kept.clone();
    step(world, &project.released(), Some(project), order, &mut kept).await;
    let graph = world.load(&text::files(&project.released(), Some(project), order)).unwrap();
    let (session, _) = complete(world, &graph, None, Mode::Destroy, &mut kept).await.unwrap();
    let left = session.finish().await.unwrap();
    assert!(left.resources.is_empty() && left.deposed.is_empty() && left.open.is_empty(), "{left:#?}");
    world.settle().await;
    let orphans: Vec<String> =
        world.inventory().into_iter().filter(|line| !kept.iter().any(|identifier| is_of(line, identifier))).collect();
    assert!(orphans.is_empty(), "left behind: {orphans:#?}");
}

/// Whether a line of the inventory is about what has this identifier. The ARN of a secret ends in its name and six characters; what is
/// in a domain is known to it by some of the parts of its identifier, in an order of its own.
fn is_of(line: &str, identifier: &str) -> bool {
    let last = identifier.rsplit(['/', ':']).next().unwrap();
    let name = last.rsplit_once('-').map_or(last, |(name, _)| name);
    let parts: Vec<&str> = identifier.split('|').collect();
    let key = line.rsplit(' ').next().unwrap();
    line.ends_with(last)
        || (identifier.contains(":secret:") && line.ends_with(name))
        || (parts.len() > 1 && key.contains('|') && key.split('|').all(|part| parts.contains(&part)))
}

/// The plan, saved and read again.
fn saved(plan: &Plan, graph: &DesiredGraph, salt: &str) -> Plan {
    let text = plan.to_json().unwrap();
    assert!(!text.contains(HUSH), "a plan tells a secret");
    let mut read = Plan::from_json(&text).unwrap();
    assert_eq!(read.to_json().unwrap(), text);
    charter_planner::restore_secrets(&mut read, graph, charter_catalog::Catalog::embedded(), salt).unwrap();
    read
}

/// Operations performed are operations planned: by the events, and by the cloud's own record of calls.
fn did_what_it_said(world: &World, plan: &Plan, applied: &Applied) {
    let mut planned: Vec<_> =
        plan.operations.iter().map(|operation| (operation.address.clone(), operation_name(&operation.kind))).collect();
    let mut performed: Vec<_> = applied.finished.iter().map(|(address, name, _)| (address.clone(), *name)).collect();
    planned.sort();
    performed.sort();
    assert_eq!(planned, performed);
    if world.faults {
        // A call whose answer was lost is made again.
        return;
    }

    // Through Cloud Control, one operation is one call.
    let mut expected = BTreeMap::from([("CreateResource", 0), ("UpdateResource", 0), ("DeleteResource", 0)]);
    for (address, name, result) in &applied.finished {
        assert!(matches!(result, OperationResult::Succeeded | OperationResult::Unchanged), "{address}: {result:?}");
        let call = match name {
            OperationName::Create => "CreateResource",
            OperationName::Update => "UpdateResource",
            OperationName::Delete | OperationName::DeleteDeposed => "DeleteResource",
            _ => continue,
        };
        let operation = plan.operations.iter().find(|operation| operation.address == *address).unwrap();
        if *result == OperationResult::Succeeded && !world.is_native(&operation.type_name) {
            *expected.get_mut(call).unwrap() += 1;
        }
    }
    let mut called = BTreeMap::from([("CreateResource", 0), ("UpdateResource", 0), ("DeleteResource", 0)]);
    for call in applied.calls.iter().filter(|call| call.service.starts_with("cloudcontrol") && call.error.is_none()) {
        if let Some(count) = called.get_mut(call.operation.as_str()) {
            *count += 1;
        }
    }
    assert_eq!(expected, called, "{:#?}", applied.finished);
}

/// Notes what a plan lets go of: the forgotten, and the old ones of retained replacements.
fn retained(plan: &Plan, kept: &mut BTreeSet<String>) {
    for operation in &plan.operations {
        let forgets = matches!(operation.kind, OperationKind::Forget | OperationKind::Create { .. });
        let prior = operation
            .prior
            .as_ref()
            .filter(|record| forgets && record.retain || operation.kind == OperationKind::Forget);
        kept.extend(prior.and_then(|record| record.identifier.clone()));
    }
    for step in plan.steps.iter().filter(|step| matches!(step.action, Action::Replace { .. } | Action::Forget)) {
        if step.reason.as_deref().is_some_and(|reason| reason.contains("retained")) {
            kept.extend(step.identifier.clone());
        }
    }
}

fn mutates(operation: &str) -> bool {
    !["Get", "List", "Search", "Describe", "Head", "AssumeRole", "Simulate"]
        .iter()
        .any(|start| operation.starts_with(start))
}

/// What a plan says, without where it is written and the digest of the files themselves.
fn meaning(plan: &Plan) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                for place in ["span", "location", "locations", "warnings", "configurationDigest"] {
                    members.remove(place);
                }
                members.values_mut().for_each(strip);
            }
            serde_json::Value::Array(elements) => elements.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(plan).unwrap();
    strip(&mut value);
    value
}

fn paused(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work);
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

/// Cases that failed once, tried first in every run.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/generated.proptest-regressions");

/// Takes about half a minute in a build without optimisation.
const CASES: u32 = 24;

/// Mostly none; else a mixture of those after which a run may go on by itself or end early: throttling, errors of the servers,
/// answers and connections that are lost.
fn faults() -> impl Strategy<Value = Faults> {
    let rate = || prop_oneof![Just(0.0), Just(0.02), Just(0.08)];
    let mixture =
        (rate(), rate(), rate(), rate()).prop_map(|(throttle, server_error, lost_response, connection_cut)| {
            let throttle = BTreeMap::from([("*".to_owned(), throttle)]);
            Faults { throttle, server_error, lost_response, connection_cut, ..Faults::default() }
        });
    prop_oneof![2 => Just(Faults::default()), 1 => mixture]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        max_shrink_iters: 400,
        // The same cases in every run; CHARTER_SEED draws others.
        rng_seed: proptest::test_runner::RngSeed::Fixed(
            std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0),
        ),
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::Direct(KEPT))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_stacks_through_any_changes(
        project in project(7),
        changes in prop::collection::vec(edits(4), 1..3),
        order in 0..1000_u64,
        faults in faults(),
    ) {
        paused(live(&project, &changes, order, faults));
    }
}

#[test]
fn every_type_of_the_generator_has_valid_properties_that_vary() {
    let mut wrong = Vec::new();
    for kind in kinds().filter(|kind| kind.is_from_schema()) {
        let made: Vec<_> = (0..40).map(|seed| values::properties(kind.type_name, seed)).collect();
        let different: BTreeSet<String> =
            made.iter().flatten().map(|made| serde_json::to_string(made).unwrap()).collect();
        if made.contains(&None) || different.len() < 2 {
            wrong.push((kind.type_name, made.iter().filter(|made| made.is_none()).count(), different));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
