//! `charter drift`.

use crate::arguments::{DriftArguments, GlobalArguments};
use crate::command_error::{CommandResult, ExitCode};
use crate::project::{self, Project};
use crate::render::plan::{self, PlanView};
use crate::session::{self, Planning};
use crate::target::{self, Target};
use crate::ui::{BOLD, Ui, paint};
use charter_planner::{Mode, Plan};
use charter_state::Snapshot;

/// Shows what was changed behind Charter's back; records it where asked.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &DriftArguments) -> CommandResult {
    let environment = &arguments.selected.environment;
    let project = project::load(ui, global, environment, &arguments.selected.set)?;
    let target = target::connect(ui, &project).await?;
    if !arguments.accept {
        let snapshot = session::peek(&project.place).await?;
        let plan = drift(ui, &project, &target, arguments, &snapshot).await?;
        if plan.has_changes() {
            let apply = paint(BOLD, format!("charter apply -e {environment}"));
            let accept = paint(BOLD, format!("charter drift -e {environment} --accept"));
            ui.say(&format!("{apply} puts back what the stacks say; {accept} records what is there now"));
        }
        return Ok(code(&plan, arguments));
    }
    let session = session::open(ui, &project.place, &format!("drift -e {environment}")).await?;
    let result: CommandResult = async {
        session::recover(ui, &project, target.provider.as_ref(), &session, &session::wanted(&project)).await?;
        let plan = drift(ui, &project, &target, arguments, &session.snapshot()).await?;
        if !plan.is_empty() {
            let next = format!("charter drift -e {environment} --accept");
            session::apply(ui, &target, &session, &plan, &next).await?;
        }
        Ok(code(&plan, arguments))
    }
    .await;
    session::close(session, result).await
}

async fn drift(
    ui: Ui,
    project: &Project,
    target: &Target,
    arguments: &DriftArguments,
    snapshot: &Snapshot,
) -> Result<Plan, crate::command_error::CommandError> {
    let selection =
        project::selection(project, &arguments.selected, |address| snapshot.resources.contains_key(address))?;
    let planning = Planning { ui, project, provider: Some(target.provider.as_ref()), mode: Mode::Drift, selection };
    let plan = planning.plan(snapshot).await?;
    ui.emit("plan", &plan);
    ui.data(&plan::render(&plan, PlanView { details: false, drift: true }));
    Ok(plan)
}

fn code(plan: &Plan, arguments: &DriftArguments) -> ExitCode {
    if arguments.detailed_exitcode && plan.has_changes() { ExitCode::Changes } else { ExitCode::Done }
}
