//! Access as a plan makes it: the expectations of the stacks held against it, and what it adds or takes. Imports the crate `proof`.

use crate::command_error::CommandError;
use crate::project::Project;
use crate::ui::{BOLD, GREEN, RED, Ui, paint};
use charter_catalog::Catalog;
use charter_lang::Language;
use charter_model::Address;
use charter_planner::{Mode, Observations, Plan, PlanRequest, ResolvedSecrets, Selection};
use charter_proof::{Access, Change, World};
use charter_state::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Proves every expectation over the planned policies. Those that cannot be decided yet are warnings.
pub(crate) fn expectations(ui: Ui, project: &Project, snapshot: &Snapshot, plan: &Plan) -> Result<(), CommandError> {
    let graph = &project.graph;
    hub_policies(ui, project)?;
    if graph.expectations.is_empty() {
        return Ok(());
    }
    let world = World::planned(graph, snapshot, plan, &Language::new());
    let proof = charter_proof::prove(&world, graph, snapshot, plan, &Language::new());
    let sources = || graph.sources.clone();
    if proof.invalid.has_errors() {
        return Err(CommandError::Input { diagnostics: Box::new(proof.invalid), sources: sources() });
    }
    ui.diagnostics(&proof.undecided, &graph.sources);
    if proof.violated.has_errors() {
        return Err(CommandError::Access { diagnostics: Box::new(proof.violated), sources: sources() });
    }
    let (proved, undecided) = (proof.proved, proof.undecided.len());
    ui.emit("access-proof", &serde_json::json!({"proved": proved, "undecided": undecided}));
    if proved > 0 {
        let word = if proved == 1 { "expectation about access holds" } else { "expectations about access hold" };
        ui.say(&format!("{} {proved} {word}", paint(GREEN, "✓")));
    }
    Ok(())
}

/// Tells what another account cannot do in a domain that is shared with it.
fn hub_policies(ui: Ui, project: &Project) -> Result<(), CommandError> {
    let found = charter_proof::hub_policies(&project.graph);
    if found.has_errors() {
        return Err(CommandError::Input { diagnostics: Box::new(found), sources: project.graph.sources.clone() });
    }
    ui.diagnostics(&found, &project.graph.sources);
    Ok(())
}

/// The same without a state: everything as if it were made anew.
pub(crate) fn validate(ui: Ui, project: &Project) -> Result<(), CommandError> {
    if project.graph.expectations.is_empty() {
        return hub_policies(ui, project);
    }
    let snapshot = Snapshot::new(project.place.settings.environment.clone(), "", "");
    let plan = offline(project, &snapshot)?;
    expectations(ui, project, &snapshot, &plan)
}

/// A plan against what is recorded, without credentials.
pub(crate) fn offline(project: &Project, snapshot: &Snapshot) -> Result<Plan, CommandError> {
    let plan = charter_planner::plan(PlanRequest {
        graph: &project.graph,
        snapshot,
        observed: &Observations::default(),
        catalog: Catalog::embedded(),
        evaluator: &Language::new(),
        secrets: &ResolvedSecrets::default(),
        mode: Mode::Apply,
        selection: Selection::default(),
    });
    plan.map_err(|diagnostics| CommandError::Input {
        diagnostics: Box::new(diagnostics),
        sources: project.graph.sources.clone(),
    })
}

/// Which access the plan adds and takes, for a reader; none if there is none.
pub(crate) fn changes(ui: Ui, project: &Project, snapshot: &Snapshot, plan: &Plan) -> Option<String> {
    if !plan.has_changes() {
        return None;
    }
    let language = Language::new();
    let before = charter_proof::listing(&World::recorded(&project.graph, snapshot, &language));
    // What is not selected stays as it was recorded, or is not made.
    let selected: BTreeSet<&Address> = plan.steps.iter().map(|step| &step.address).collect();
    let mut graph = project.graph.clone();
    graph.resources.retain(|address, _| selected.contains(address));
    let after = charter_proof::listing(&World::planned(&graph, snapshot, plan, &language));
    let changes = charter_proof::changes(&before, &after);
    if changes.is_empty() {
        return None;
    }
    ui.emit("access-changes", &changes);
    let mut text = format!("{}\n", paint(BOLD, "access"));
    if changes.len() > MOST_ROWS {
        text.push_str(&by_principal(&changes));
        text.push_str("  each one by itself: charter access, or --json\n");
    } else {
        for change in &changes {
            let (sign, row) = parts(change);
            text.push_str(&format!("  {sign} {}\n", line(row)));
        }
    }
    Some(text.trim_end().to_owned())
}

/// A preview of more rows than this is read by principal.
const MOST_ROWS: usize = 60;

fn parts(change: &Change) -> (String, &Access) {
    match change {
        Change::Added(row) => (paint(GREEN, "+"), row),
        Change::Taken(row) => (paint(RED, "-"), row),
    }
}

/// One line for what each principal gets or loses: how much, of which services.
fn by_principal(changes: &[Change]) -> String {
    let mut found: BTreeMap<(&str, bool), (String, usize, BTreeSet<&str>)> = BTreeMap::new();
    for change in changes {
        let (sign, row) = parts(change);
        let key = (row.principal.as_str(), matches!(change, Change::Taken(_)));
        let (_, count, services) = found.entry(key).or_insert_with(|| (sign, 0, BTreeSet::new()));
        *count += 1;
        services.extend(row.action.split(':').next());
    }
    let lines = found.into_iter().map(|((principal, _), (sign, count, services))| {
        let word = if count == 1 { "permission" } else { "permissions" };
        let services = services.into_iter().collect::<Vec<_>>().join(", ");
        format!("  {sign} {principal}  {count} {word}: {services}\n")
    });
    lines.collect()
}

/// A row as one line.
fn line(row: &Access) -> String {
    let condition = match row.depends_on.is_empty() {
        true => String::new(),
        false => format!("  (depends on {})", row.depends_on.join(", ")),
    };
    format!("{}  {}  {}{condition}", row.principal, row.action, row.resource)
}
