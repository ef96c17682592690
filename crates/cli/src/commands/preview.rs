//! `charter preview`.

use crate::arguments::{GlobalArguments, PreviewArguments, Selected};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::render::plan::{self, PlanView};
use crate::session::{self, Planning};
use crate::ui::{GREEN, Ui, YELLOW, paint};
use crate::{cost, project, proof, target};
use charter_cost::Estimate;
use charter_planner::{Mode, Plan};
use charter_provider::Provider;
use std::path::Path;

/// Plans and shows; changes nothing.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &PreviewArguments) -> CommandResult {
    let selected = &arguments.selected;
    let project = project::load(ui, global, &selected.environment, &selected.set)?;
    let target = match arguments.offline {
        true => None,
        false => Some(target::connect(ui, &project).await?),
    };
    if arguments.out.is_some()
        && session::backend(&project.place)?.load().await.map_err(session::state_error)?.is_none()
    {
        // A saved plan names the state that it was made from: begin one.
        session::finish(session::open(ui, &project.place, "preview").await?).await?;
    }
    let snapshot = session::peek(&project.place).await?;
    if !snapshot.open.is_empty() {
        let count = snapshot.open.len();
        ui.say(&format!(
            "{} an earlier run was interrupted in {count} operations; the next apply settles them first and plans anew",
            paint(YELLOW, "note:")
        ));
    }
    let selection = project::selection(&project, selected, |address| snapshot.resources.contains_key(address))?;
    let planning = Planning {
        ui,
        project: &project,
        provider: target.as_ref().map(|target| target.provider.as_ref() as &dyn Provider),
        mode: if arguments.destroy { Mode::Destroy } else { Mode::Apply },
        selection,
    };
    let plan = planning.plan(&snapshot).await?;
    ui.emit("plan", &plan);
    let view = PlanView { details: arguments.details, drift: false };
    let (mut access, mut cost) = (None, None);
    if planning.mode == Mode::Apply {
        access = proof::changes(ui, &project, &snapshot, &plan);
        cost = cost::of_plan(ui, &project.graph, &snapshot, &plan);
    }
    if arguments.markdown {
        ui.data(&markdown(selected, &plan, view, access.as_deref(), cost.as_ref()));
    } else {
        ui.data(&plan::render(&plan, view));
        access.iter().for_each(|access| ui.data(&format!("\n{access}")));
        cost.iter().for_each(|cost| ui.data(&cost::text(cost)));
    }
    if let Some(file) = &arguments.out {
        save(&plan, file)?;
        ui.say(&format!(
            "{} saved to {}; apply exactly this with `charter apply -e {} --plan {}`",
            paint(GREEN, "✓"),
            file.display(),
            plan.environment,
            file.display()
        ));
    }
    if arguments.detailed_exitcode && plan.has_changes() {
        return Ok(ExitCode::Changes);
    }
    Ok(ExitCode::Done)
}

/// All of it for a review: a comment on a pull request.
fn markdown(selected: &Selected, plan: &Plan, view: PlanView, access: Option<&str>, cost: Option<&Estimate>) -> String {
    let bare = |text: &str| anstream::adapter::strip_str(text).to_string();
    let block = |text: &str| format!("```text\n{}\n```", bare(text).trim_end());
    let mut parts = vec![
        format!("## {}", selected.command("preview")),
        bare(&plan::summary(plan, view)),
        format!("<details><summary>The plan</summary>\n\n{}\n\n</details>", block(&plan::render(plan, view))),
    ];
    parts.extend(access.map(|access| format!("### Access\n\n{}", block(access))));
    parts.extend(cost.map(cost::markdown));
    parts.join("\n\n")
}

fn save(plan: &Plan, file: &Path) -> Result<(), CommandError> {
    let text = plan.to_json().map_err(|error| CommandError::new(ExitCode::Unexpected, error.to_string()))?;
    std::fs::write(file, text).map_err(|error| {
        CommandError::new(ExitCode::InvalidInput, format!("{} cannot be written: {error}", file.display()))
    })
}
