//! From a request to a plan. Imports `model`, `state`.

use crate::decision::{Decision, Fate};
use crate::draft::Draft;
use crate::locate::Lines;
use crate::saved::HashWriter;
use crate::schedule::{Schedule, schedule};
use crate::selection::{Members, check, moves, recorded_dependants};
use crate::types::Types;
use crate::{Mode, Operation, OperationKind, PLAN_VERSION, Plan, PlanRequest, PlannedOutput, snapshot_digest, verify};
use charter_model::{AccountName, Address, DesiredGraph, Diagnostic, Diagnostics, Severity, StackName, Value};
use charter_state::{Record, Snapshot};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

/// Makes a plan, or says everything that stands in its way.
///
/// Warnings come with the plan. The work grows with the number of resources and of references between them, no faster.
pub fn plan(request: PlanRequest<'_>) -> Result<Plan, Diagnostics> {
    let (graph, snapshot) = (request.graph, request.snapshot);
    let mut found = Diagnostics::default();
    check(&request.selection, graph, snapshot, &mut found);
    check_moves(graph, snapshot, &mut found);
    if graph.environment != snapshot.environment {
        let text = format!(
            "the state is of the environment {}, the stacks are for {}",
            snapshot.environment, graph.environment
        );
        found.push(Diagnostic::error("wrong-state", text).help("point the environment at its own state"));
    }
    if found.has_errors() {
        return Err(found);
    }
    for intent in snapshot.open.values() {
        let text = format!("an earlier run was interrupted in the middle of {}", intent.address());
        found.push(Diagnostic::warning("interrupted", text).help("the next apply settles that first, then plans anew"));
    }
    let types = Types::new(request.catalog);
    let lines = Lines::new(&graph.sources);
    let moves = match request.mode {
        Mode::Drift => BTreeMap::new(),
        Mode::Apply | Mode::Destroy => moves(graph, snapshot),
    };
    let came_from: BTreeMap<Address, Address> = moves.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
    let records = records(snapshot, &moves);
    let dependants = recorded_dependants(snapshot, &moves);
    let mut members = Members::of(&request.selection, request.mode, graph, snapshot, &moves);
    loop {
        let mut draft = Draft::new(&request, &types, &lines, &members, &records, &came_from);
        draft.decide_all();
        let missing = draft.missing_dependants(&dependants);
        if missing.is_empty() {
            return finish(draft, found, &moves);
        }
        members.add_dependants(missing, graph);
    }
}

/// The records at the addresses where the stacks have them now.
fn records<'a>(snapshot: &'a Snapshot, moves: &BTreeMap<Address, Address>) -> BTreeMap<Address, Cow<'a, Record>> {
    let now = |address: &Address| moves.get(address).unwrap_or(address).clone();
    let place = |record: &'a Record| {
        let touched = moves.contains_key(&record.address)
            || record.dependencies.iter().any(|dependency| moves.contains_key(dependency));
        if moves.is_empty() || !touched {
            return (record.address.clone(), Cow::Borrowed(record));
        }
        let mut record = record.clone();
        record.address = now(&record.address);
        record.dependencies = record.dependencies.iter().map(now).collect();
        record.dependencies.sort();
        (record.address.clone(), Cow::Owned(record))
    };
    snapshot.resources.values().map(place).collect()
}

fn check_moves(graph: &DesiredGraph, snapshot: &Snapshot, found: &mut Diagnostics) {
    let mut claimed: BTreeMap<&Address, &Address> = BTreeMap::new();
    for resource in graph.resources.values() {
        let Some(from) = &resource.lifecycle.moved_from else { continue };
        let address = &resource.address;
        let (there, here) = (snapshot.resources.get(from), snapshot.resources.get(address));
        let other = claimed.insert(from, address);
        let conflict = match (there, here) {
            (None, _) => continue,
            (Some(_), Some(_)) if graph.resources.contains_key(from) => continue,
            (Some(_), Some(_)) => Some((
                format!("{address} cannot take over from {from}: both are recorded"),
                format!("remove `movedFrom`, or forget one of them with `charter state rm {from}`"),
            )),
            (Some(_), None) if graph.resources.contains_key(from) => Some((
                format!("{address} cannot take over from {from}: that is still in the stacks"),
                "remove the old block, or the `movedFrom`".to_owned(),
            )),
            (Some(record), None) if record.type_name != resource.type_name => Some((
                format!("{address} cannot take over from {from}: that is an {}", record.type_name),
                format!("`movedFrom` needs a resource of the same type, {}", resource.type_name),
            )),
            (Some(_), None) => other.map(|other| {
                (
                    format!("{other} and {address} both take over from {from}"),
                    "leave `movedFrom` to one of them".to_owned(),
                )
            }),
        };
        let Some((text, help)) = conflict else { continue };
        let diagnostic = Diagnostic::error("move-conflict", text).help(help);
        found.push(match resource.locations.block {
            Some(span) => diagnostic.label(span, "here"),
            None => diagnostic,
        });
    }
}

fn finish(
    mut draft: Draft<'_>,
    mut found: Diagnostics,
    moves: &BTreeMap<Address, Address>,
) -> Result<Plan, Diagnostics> {
    let request = draft.request;
    let (graph, snapshot) = (request.graph, request.snapshot);
    let open_hand_offs = draft.hold();
    let outputs = draft.outputs();
    let mut decisions = std::mem::take(&mut draft.decisions);
    found.extend(std::mem::take(&mut draft.found));
    if found.has_errors() {
        return Err(found);
    }
    let deposed: Vec<_> = match request.mode {
        Mode::Drift => Vec::new(),
        Mode::Apply | Mode::Destroy => {
            let all = snapshot.deposed.iter();
            all.filter(|deposed| draft.members.addresses.contains(&deposed.record.address))
                .filter(|deposed| !crate::hold::is_held_by_a_dependant(&deposed.record.address, &decisions))
                .collect()
        }
    };
    let types = draft.types;
    found.extend(decisions.values().filter_map(|decision| loss(decision, types)));
    let identities = |record: &Record| types.get(&record.type_name)?.identity(&record.inputs);
    let Schedule { operations, edges } = schedule(&mut decisions, &deposed, moves, &identities, &mut found);
    if found.has_errors() {
        return Err(found);
    }
    let attributes = attributes(&draft, &operations, &outputs);
    let places: BTreeSet<&AccountName> = operations.iter().map(|operation| &operation.placement.account).collect();
    let made = |name: &AccountName| Some((name.clone(), graph.accounts.get(name)?.made_by()?.clone()));
    let accounts = places.into_iter().filter_map(made).collect();
    let mut warnings = Diagnostics::default();
    let mut said = BTreeSet::new();
    for warning in found.into_iter().filter(|each| each.severity == Severity::Warning) {
        if said.insert((warning.code.clone(), warning.summary.clone())) {
            warnings.push(warning);
        }
    }
    let steps = decisions.into_values().map(|decision| decision.step).collect();
    let plan = Plan {
        version: PLAN_VERSION,
        mode: request.mode,
        environment: graph.environment.clone(),
        state_lineage: snapshot.lineage.clone(),
        state_serial: snapshot.serial,
        state_digest: snapshot_digest(snapshot),
        configuration_digest: configuration_digest(graph),
        steps,
        operations,
        edges,
        outputs,
        attributes,
        accounts,
        discard_contents: graph.ephemeral,
        selection: request.selection.clone(),
        pulled_in: draft.members.pulled_in.clone(),
        open_hand_offs,
        warnings,
    };
    if cfg!(debug_assertions)
        && let Err(breaches) = verify(&plan, graph, snapshot)
    {
        let mut found = Diagnostics::default();
        found.extend(breaches.into_iter().map(|breach| {
            Diagnostic::error("internal", format!("the plan is not sound: {breach}"))
                .help("nothing was changed; please report this with the stacks that led to it")
        }));
        return Err(found);
    }
    Ok(plan)
}

/// That people lose what is theirs by a replacement: said wherever the plan is shown.
fn loss(decision: &Decision, types: &Types<'_>) -> Option<Diagnostic> {
    let Fate::Replace { retain: false, .. } = decision.fate else { return None };
    let step = &decision.step;
    let what = types.get(&decision.record.as_ref()?.type_name)?.schema.lost_with_it()?;
    let forcing = step.changes.iter().filter(|change| change.forces_replacement);
    let places: Vec<String> = forcing.map(|change| change.pointer.to_string()).collect();
    let why = if places.is_empty() { String::new() } else { format!(", because {} changes", places.join(", ")) };
    let text = format!("{} is replaced{why}: {what} are lost", step.address);
    let help =
        "leave it as it was, or make a second one beside it and move people over; `protect: true` refuses such a plan";
    Some(Diagnostic::warning("replacement-loses", text).help(help))
}

/// What the expressions of operations and outputs refer to and no operation makes or changes.
fn attributes(
    draft: &Draft<'_>,
    operations: &[Operation],
    outputs: &BTreeMap<StackName, BTreeMap<Arc<str>, PlannedOutput>>,
) -> BTreeMap<Address, Value> {
    let templates = operations
        .iter()
        .filter_map(|operation| operation.properties.as_ref())
        .chain(outputs.values().flat_map(|outputs| outputs.values().map(|output| &output.value)));
    let mut referred: BTreeSet<Address> = BTreeSet::new();
    templates.for_each(|template| referred.extend(template.resources()));
    for operation in operations {
        let touches = matches!(
            operation.kind,
            OperationKind::Create { .. } | OperationKind::Update | OperationKind::Adopt { .. }
        );
        if touches {
            referred.remove(&operation.address);
        }
    }
    referred
        .into_iter()
        .filter_map(|address| {
            let value = draft.view.resources.get(&address)?.value().clone();
            Some((address, value))
        })
        .collect()
}

/// A digest of what is desired: equal for equal stacks in an equal environment.
fn configuration_digest(graph: &DesiredGraph) -> String {
    let mut hasher = HashWriter(Sha256::new());
    let mut add = |text: &str| {
        let _ = hasher.write_all(text.as_bytes());
        let _ = hasher.write_all(&[0]);
    };
    add(graph.environment.as_str());
    for file in graph.sources.files() {
        add(&file.name);
        add(&file.text);
    }
    for resource in graph.resources.values() {
        add(&resource.address.to_string());
        add(resource.type_name.as_str());
    }
    for resource in graph.resources.values() {
        // All maps of a template are sorted; writing to a hasher cannot fail.
        let _ = serde_json::to_writer(&mut hasher, &resource.properties);
    }
    hex::encode(hasher.0.finalize())
}
