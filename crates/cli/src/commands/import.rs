//! `charter import`: records under an address what exists already. The block must stand in the stacks; what differs from it
//! shows in the next preview.

use crate::arguments::{GlobalArguments, ImportArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project;
use crate::render::plan::{self, PlanView};
use crate::session::{self, Planning};
use crate::target;
use crate::ui::Ui;
use charter_model::{Address, Lifecycle};
use charter_planner::{Action, Mode, Operation, OperationKind, Plan, Selection};
use std::collections::{BTreeMap, BTreeSet};

/// Adopts one resource and nothing else.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &ImportArguments) -> CommandResult {
    let mut project = project::load(ui, global, &arguments.environment, &[])?;
    let address: Address = project::address(&arguments.address)?;
    let known: Vec<String> = project.graph.resources.keys().map(Address::to_string).collect();
    let Some(resource) = project.graph.resources.get_mut(&address) else {
        return Err(project::unknown("block", &arguments.address, known.iter().map(String::as_str)));
    };
    resource.lifecycle = Lifecycle { import: Some(arguments.identifier.clone()), ..resource.lifecycle.clone() };
    let target = target::connect(ui, &project).await?;
    let session = session::open(ui, &project.place, &format!("import -e {}", arguments.environment)).await?;
    let result: CommandResult = async {
        session::recover(ui, target.provider.as_ref(), &session, &session::wanted(&project)).await?;
        let selection = Selection { addresses: BTreeSet::from([address.clone()]), ..Selection::default() };
        let planning =
            Planning { ui, project: &project, provider: Some(target.provider.as_ref()), mode: Mode::Apply, selection };
        let plan = planning.plan(&session.snapshot()).await?;
        ui.emit("plan", &plan);
        ui.data(&plan::render(&plan, PlanView::default()));
        let adoption = adoption(&plan, &address).ok_or_else(|| {
            CommandError::new(ExitCode::InvalidInput, format!("{address} is recorded already"))
                .help(format!("look at it with `charter state show -e {} {address}`", arguments.environment))
        })?;
        let ran = session::apply(ui, &target, &session, &adoption, "charter import …").await?;
        let differs = plan.steps.iter().any(|step| step.action == Action::Adopt && !step.changes.is_empty());
        if differs && ran.code == ExitCode::Done {
            ui.say("It differs from its block: the next apply changes it as shown above.");
        }
        Ok(ran.code)
    }
    .await;
    session::close(session, result).await
}

/// The part of a plan that records what exists, without the changes that would follow.
fn adoption(plan: &Plan, address: &Address) -> Option<Plan> {
    let adopts =
        |operation: &&Operation| operation.address == *address && matches!(operation.kind, OperationKind::Adopt { .. });
    let operation = plan.operations.iter().find(adopts)?.clone();
    let steps = plan.steps.iter().filter(|step| step.address == *address).cloned().collect();
    Some(Plan { operations: vec![operation], steps, edges: Vec::new(), outputs: BTreeMap::new(), ..plan.clone() })
}
