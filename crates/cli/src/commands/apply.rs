//! `charter apply`.

use super::output;
use crate::arguments::{ApplyArguments, GlobalArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::hand_off;
use crate::project::{self, Project};
use crate::proof;
use crate::render::plan::{self, PlanView};
use crate::session::{self, Planning};
use crate::target::{self, Target};
use crate::ui::Ui;
use charter_catalog::Catalog;
use charter_planner::{Mode, Plan};
use charter_state::Session;
use std::path::Path;

/// Settles what was left open, plans, shows, asks, applies, prints the outputs.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &ApplyArguments) -> CommandResult {
    let environment = &arguments.selected.environment;
    let project = project::load(ui, global, environment, &arguments.selected.set)?;
    let target = target::connect(ui, &project).await?;
    let session = session::open(ui, &project.place, &format!("apply -e {environment}")).await?;
    let result = apply(ui, &project, &target, &session, arguments).await;
    session::close(session, result).await
}

async fn apply(
    ui: Ui,
    project: &Project,
    target: &Target,
    session: &Session,
    arguments: &ApplyArguments,
) -> CommandResult {
    if let Some(file) = &arguments.plan {
        let plan = read(project, session, file)?;
        if plan.mode == Mode::Apply {
            proof::expectations(ui, project, &session.snapshot(), &plan)?;
        }
        ui.data(&plan::render(&plan, PlanView { details: arguments.details, drift: false }));
        return execute(ui, project, target, session, &plan, arguments).await;
    }
    session::recover(ui, project, target.provider.as_ref(), session, &session::wanted(project)).await?;
    let snapshot = session.snapshot();
    let selection =
        project::selection(project, &arguments.selected, |address| snapshot.resources.contains_key(address))?;
    let planning = Planning { ui, project, provider: Some(target.provider.as_ref()), mode: Mode::Apply, selection };
    let plan = planning.plan(&snapshot).await?;
    ui.emit("plan", &plan);
    ui.data(&plan::render(&plan, PlanView { details: arguments.details, drift: false }));
    let access = proof::changes(ui, project, &snapshot, &plan);
    access.iter().for_each(|access| ui.data(&format!("\n{access}")));
    execute(ui, project, target, session, &plan, arguments).await
}

async fn execute(
    ui: Ui,
    project: &Project,
    target: &Target,
    session: &Session,
    plan: &Plan,
    arguments: &ApplyArguments,
) -> CommandResult {
    if plan.has_changes() && !arguments.yes {
        let question = format!("\nApply this to {}?", plan.environment);
        if !ui.confirm(&question, "--yes")? {
            ui.say("Nothing was changed.");
            return Ok(ExitCode::Done);
        }
    }
    // What an earlier run left open and had no effect is closed by an apply, also of an empty plan.
    if plan.is_empty() && session.read(|snapshot| snapshot.open.is_empty()) {
        let outputs = session.read(|snapshot| snapshot.outputs.clone());
        output::show(ui, &outputs);
        return Ok(ExitCode::Done);
    }
    ui.say("");
    let next = arguments.selected.command("apply");
    let before = hand_off::of_snapshot(&session.snapshot());
    let ran = session::apply(ui, target, session, plan, &next).await?;
    ui.emit("summary", &ran.summary);
    output::show(ui, &ran.outputs);
    let after = hand_off::of_snapshot(&session.snapshot());
    hand_off::announce(ui, &project.place, &before, &after)?;
    Ok(ran.code)
}

/// Reads a saved plan and makes sure that it still fits.
fn read(project: &Project, session: &Session, file: &Path) -> Result<Plan, CommandError> {
    let again = format!("`charter preview -e {} --out FILE` makes a plan", project.graph.environment);
    let invalid = |message: String| {
        CommandError::new(ExitCode::InvalidInput, format!("{}: {message}", file.display())).help(&again)
    };
    let text = std::fs::read_to_string(file).map_err(|error| invalid(error.to_string()))?;
    let mut plan = Plan::from_json(&text).map_err(|error| invalid(error.to_string()))?;
    session
        .read(|snapshot| plan.check_fresh(snapshot))
        .map_err(|stale| CommandError::new(ExitCode::StalePlan, stale.to_string()).help(&again))?;
    let salt = session.read(|snapshot| snapshot.salt.clone());
    charter_planner::restore_secrets(&mut plan, &project.graph, Catalog::embedded(), &salt)
        .map_err(|error| CommandError::new(ExitCode::StalePlan, error.to_string()).help(&again))?;
    Ok(plan)
}
