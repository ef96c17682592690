//! One project through its life, against a simulator in this process: planned, applied, previewed again without a change; and
//! beside apply and preview the same API calls by the bare SDK.

use crate::BenchResult;
use crate::bound::Bound;
use crate::cloud::Cloud;
use crate::floor::{Call, Clients, Unit, replay};
use crate::project::ENVIRONMENT;
use crate::record::{Exchange, Recorder};
use crate::usage::{Part, Usage};
use charter_catalog::Catalog;
use charter_executor::{ApplyOptions, ApplyRequest, EnvironmentSecrets, Event, Interrupt};
use charter_lang::{Language, LoadOptions, Loaded};
use charter_model::DesiredGraph;
use charter_planner::{Mode, Observations, Plan, PlanRequest, ReadTarget, ResolvedSecrets, Selection};
use charter_simulator::Settings;
use charter_state::{Fresh, Holder, LocalBackend, Session, SessionOptions, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// As many as `charter` reads at once.
const READING: usize = 32;

#[derive(Debug, clap::Args)]
pub(crate) struct RoundsArguments {
    /// The project; its state is kept below it, on disk.
    project: PathBuf,
    /// Where the figures are written, as JSON.
    out: PathBuf,
}

/// The figures of one project.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rounds {
    pub(crate) resources: usize,
    pub(crate) load: Usage,
    pub(crate) plan: Usage,
    pub(crate) apply: Usage,
    pub(crate) apply_floor: Usage,
    pub(crate) apply_bound: Bound,
    /// Calls that were throttled and made again.
    pub(crate) apply_throttled: usize,
    pub(crate) apply_floor_throttled: usize,
    pub(crate) observe: Usage,
    pub(crate) observe_floor: Usage,
    pub(crate) observe_bound: Bound,
    /// Comparing what was read: the rest of the preview.
    pub(crate) compare: Usage,
}

pub(crate) fn run(arguments: &RoundsArguments) -> BenchResult {
    let loading = Part::begin()?;
    let options =
        LoadOptions { root: arguments.project.clone(), environment: ENVIRONMENT.to_owned(), ..LoadOptions::default() };
    let Loaded { graph, settings, diagnostics, .. } = charter_lang::load(&options, Catalog::embedded());
    let (Some(graph), Some(settings)) = (graph, settings) else {
        let first = diagnostics.iter().next().map(|diagnostic| diagnostic.summary.to_string()).unwrap_or_default();
        return Err(format!("the project is wrong: {first}").into());
    };
    let load = loading.end()?;
    let simulator: Settings = serde_json::from_value(settings.simulator.into())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let rounds = runtime.block_on(rounds(&graph, &simulator, &arguments.project.join(".charter/state"), load))?;
    std::fs::write(&arguments.out, serde_json::to_vec_pretty(&rounds)?)?;
    Ok(())
}

async fn rounds(graph: &DesiredGraph, settings: &Settings, folder: &Path, load: Usage) -> BenchResult<Rounds> {
    let cloud = Cloud::new(graph, settings.clone())?;
    let provider = cloud.provider(graph).await?;
    let session = open(graph, folder).await?;
    let part = Part::begin()?;
    let plan = plan(graph, &session.snapshot(), &Observations::default())?;
    let planned = part.end()?;
    let (latency, rates) = (settings.faults.latency().as_secs_f64(), &settings.faults.calls_per_second);
    let options = ApplyOptions::new("bench", 0);
    let at_once = options.at_work;
    eprintln!("planned: {planned:?}");

    let part = Part::begin()?;
    apply(&plan, &provider, &session, options).await?;
    // The snapshot is part of what a run writes.
    let snapshot = session.finish().await?;
    let applied = part.end()?;
    eprintln!("applied: {applied:?}");
    let (calls, throttled) = cloud.calls.take();
    let units = operations(&plan, calls)?;
    let apply_bound = Bound::of(&units, latency, at_once, rates);
    eprintln!("{apply_bound:?}, throttled {throttled}");
    let other = Cloud::new(graph, settings.clone())?;
    let clients = Arc::new(Clients::new(&other.sdk_config(graph).await));
    let part = Part::begin()?;
    replay(units, clients, at_once).await?;
    let apply_floor = part.end()?;
    eprintln!("floor: {apply_floor:?}");
    let (_, floor_throttled) = other.calls.take();
    drop(other);

    let part = Part::begin()?;
    let targets = charter_planner::reads(graph, &snapshot, &Selection::default());
    let observed = observe(&provider, &targets).await?;
    let observing = part.end()?;
    eprintln!("observed: {observing:?}");
    let part = Part::begin()?;
    let again = self::plan(graph, &snapshot, &observed)?;
    let compared = part.end()?;
    if again.has_changes() {
        let changed: Vec<_> = again.steps.iter().filter(|step| !step.changes.is_empty()).take(3).collect();
        return Err(format!("the second preview finds changes: {changed:?}").into());
    }
    let units: Vec<Unit> = cloud.calls.take().0.into_values().map(unit).collect::<BenchResult<_>>()?;
    let observe_bound = Bound::of(&units, latency, READING, rates);
    let clients = Arc::new(Clients::new(&cloud.sdk_config(graph).await));
    let part = Part::begin()?;
    replay(units, clients, READING).await?;
    let observe_floor = part.end()?;
    eprintln!("floor: {observe_floor:?}");
    Ok(Rounds {
        resources: graph.resources.len(),
        load,
        plan: planned,
        apply: applied,
        apply_floor,
        apply_bound,
        apply_throttled: throttled,
        apply_floor_throttled: floor_throttled,
        observe: observing,
        observe_floor,
        observe_bound,
        compare: compared,
    })
}

async fn open(graph: &DesiredGraph, folder: &Path) -> BenchResult<Session> {
    let backend = Arc::new(LocalBackend::new(folder, graph.environment.clone()));
    let options = SessionOptions {
        environment: graph.environment.clone(),
        holder: Holder {
            user: "bench".to_owned(),
            host: "bench".to_owned(),
            pid: std::process::id(),
            command: "bench".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
        },
        fresh: Fresh { lineage: "bench".into(), salt: "bench".into() },
        wait: Duration::ZERO,
    };
    Ok(Session::open(backend, options).await?)
}

fn plan(graph: &DesiredGraph, snapshot: &Snapshot, observed: &Observations) -> BenchResult<Plan> {
    let plan = charter_planner::plan(PlanRequest {
        graph,
        snapshot,
        observed,
        catalog: Catalog::embedded(),
        evaluator: &Language::new(),
        secrets: &ResolvedSecrets::default(),
        mode: Mode::Apply,
        selection: Selection::default(),
    });
    plan.map_err(|diagnostics| {
        let first = diagnostics.iter().next().map(|diagnostic| diagnostic.summary.to_string()).unwrap_or_default();
        format!("no plan: {first}").into()
    })
}

async fn apply(plan: &Plan, provider: &Recorder, state: &Session, options: ApplyOptions) -> BenchResult {
    let (events, follower) = listener();
    let (_wish, interrupt) = watch::channel(Interrupt::None);
    let summary = charter_executor::apply(ApplyRequest {
        plan,
        provider,
        state,
        evaluator: &Language::new(),
        catalog: Catalog::embedded(),
        secrets: &EnvironmentSecrets,
        options,
        events,
        interrupt,
    })
    .await?;
    follower.await?;
    match summary.failed.first() {
        Some((address, failure)) => Err(format!("{} failed, first {address}: {failure}", summary.failed.len()).into()),
        None => Ok(()),
    }
}

async fn observe(provider: &Recorder, targets: &[ReadTarget]) -> BenchResult<Observations> {
    let (events, follower) = listener();
    let observed = charter_executor::observe(provider, targets, READING, events).await;
    follower.await?;
    observed.map_err(|failures| format!("{} cannot be read, first {:?}", failures.len(), failures.first()).into())
}

/// Events are taken as fast as they come, as a progress display does.
fn listener() -> (mpsc::UnboundedSender<Event>, tokio::task::JoinHandle<()>) {
    let (events, mut listening) = mpsc::unbounded_channel();
    (events, tokio::spawn(async move { while listening.recv().await.is_some() {} }))
}

/// The calls of each operation of a plan.
fn operations(plan: &Plan, mut calls: HashMap<Arc<str>, Vec<Exchange>>) -> BenchResult<Vec<Unit>> {
    let units = plan
        .operations
        .iter()
        .map(|operation| unit(calls.remove(operation.address.to_string().as_str()).unwrap_or_default()));
    let mut units: Vec<Unit> = units.collect::<BenchResult<_>>()?;
    for edge in &plan.edges {
        if let Some(unit) = units.get_mut(edge.before) {
            unit.before.push(edge.after);
        }
        if let Some(unit) = units.get_mut(edge.after) {
            unit.missing += 1;
        }
    }
    Ok(units)
}

fn unit(calls: Vec<Exchange>) -> BenchResult<Unit> {
    Ok(Unit { calls: calls.iter().map(Call::of).collect::<BenchResult<_>>()?, ..Unit::default() })
}
