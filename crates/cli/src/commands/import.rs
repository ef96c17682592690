//! `charter import`: records under an address what exists already. The block must stand in the stacks; what differs from it
//! shows in the next preview. With an account and a type in place of an address, it writes a stack whose blocks adopt what exists.

use crate::arguments::{GlobalArguments, ImportArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::existing::{self, Finder};
use crate::project::{self, Project};
use crate::render::plan::{self, PlanView};
use crate::render::stack;
use crate::session::{self, Planning};
use crate::target;
use crate::ui::Ui;
use charter_model::{AccountName, Address, Lifecycle, Placement, Region, StackName, TypeName};
use charter_planner::{Action, Mode, Operation, OperationKind, Plan, Selection};
use std::collections::{BTreeMap, BTreeSet};

/// Adopts one resource and nothing else.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &ImportArguments) -> CommandResult {
    let mut project = project::load(ui, global, &arguments.environment, &[])?;
    if let Some(account) = &arguments.account {
        return write(ui, &project, account, arguments).await;
    }
    let address: Address = project::address(&arguments.address)?;
    let known: Vec<String> = project.graph.resources.keys().map(Address::to_string).collect();
    let Some(resource) = project.graph.resources.get_mut(&address) else {
        return Err(project::unknown("block", &arguments.address, known.iter().map(String::as_str)));
    };
    resource.lifecycle = Lifecycle { import: Some(arguments.identifier.clone()), ..resource.lifecycle.clone() };
    let target = target::connect(ui, &project).await?;
    let session = session::open(ui, &project.place, &format!("import -e {}", arguments.environment)).await?;
    let result: CommandResult = async {
        session::recover(ui, &project, target.provider.as_ref(), &session, &session::wanted(&project)).await?;
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

/// Writes a stack that adopts what exists, and what is inside of it.
async fn write(ui: Ui, project: &Project, account: &str, arguments: &ImportArguments) -> CommandResult {
    let accounts = &project.place.settings.accounts;
    let Some(account) = accounts.keys().find(|name| name.as_str() == account) else {
        return Err(project::unknown("account", account, accounts.keys().map(AccountName::as_str)));
    };
    let invalid = |error: &dyn std::fmt::Display| CommandError::new(ExitCode::InvalidInput, error.to_string());
    let region = match &arguments.region {
        Some(region) => Region::new(region).map_err(|error| invalid(&error))?,
        None => project.place.settings.region.clone(),
    };
    let stack = StackName::new(&arguments.stack).map_err(|error| invalid(&error))?;
    let type_name = TypeName::new(&arguments.address)
        .map_err(|error| invalid(&error).help("with --account, name a type: AWS::QBusiness::Application"))?;
    existing::schema(&type_name)?;
    let target = target::connect(ui, project).await?;
    session::locate(project, target.provider.as_ref(), &session::peek(&project.place).await?)?;
    let placement = Placement { account: account.clone(), region };
    let finder = Finder { ui, provider: target.provider.as_ref(), placement };
    let blocks = finder.blocks(&type_name, &arguments.identifier).await?;
    let text = stack::render(stack.as_str(), account.as_str(), arguments.region.as_deref(), &blocks);
    ui.emit("stack", &serde_json::json!({"stack": stack.as_str(), "text": text}));
    ui.data(text.trim_end());
    ui.say(&format!(
        "Save it below stacks/, then see that `charter preview -e {}` changes nothing.",
        arguments.environment
    ));
    Ok(ExitCode::Done)
}

/// The part of a plan that records what exists, without the changes that would follow.
fn adoption(plan: &Plan, address: &Address) -> Option<Plan> {
    let adopts =
        |operation: &&Operation| operation.address == *address && matches!(operation.kind, OperationKind::Adopt { .. });
    let operation = plan.operations.iter().find(adopts)?.clone();
    let steps = plan.steps.iter().filter(|step| step.address == *address).cloned().collect();
    Some(Plan { operations: vec![operation], steps, edges: Vec::new(), outputs: BTreeMap::new(), ..plan.clone() })
}
