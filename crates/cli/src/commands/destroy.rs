//! `charter destroy` and `charter teardown`.

use crate::arguments::{DestroyArguments, GlobalArguments, Selected, TeardownArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project::{self, Project};
use crate::render::plan::{self, PlanView};
use crate::session::{self, Planning};
use crate::target::{self, Target};
use crate::ui::{GREEN, RED, Ui, paint};
use charter_model::{Address, Placement, TypeName};
use charter_planner::{Action, Mode, Plan};
use charter_provider::{ListRequest, Properties, Provider};
use charter_state::{Session, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Takes away what is selected.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &DestroyArguments) -> CommandResult {
    take_away(ui, global, &arguments.selected, arguments.yes).await
}

/// Takes away everything, where the environment allows it.
pub(crate) async fn teardown(ui: Ui, global: &GlobalArguments, arguments: &TeardownArguments) -> CommandResult {
    let selected = Selected {
        environment: arguments.environment.clone(),
        stacks: Vec::new(),
        target: Vec::new(),
        set: Vec::new(),
    };
    let project = project::load(ui, global, &selected.environment, &[])?;
    if !project.graph.ephemeral {
        let message = format!("the environment {} is not ephemeral and cannot be torn down", selected.environment);
        return Err(CommandError::new(ExitCode::InvalidInput, message)
            .help("`charter destroy` takes away its stacks and keeps what is protected; only `ephemeral: true` allows teardown"));
    }
    take_away(ui, global, &selected, arguments.yes).await
}

async fn take_away(ui: Ui, global: &GlobalArguments, selected: &Selected, yes: bool) -> CommandResult {
    let environment = &selected.environment;
    let project = project::load(ui, global, environment, &selected.set)?;
    let target = target::connect(ui, &project).await?;
    let session = session::open(ui, &project.place, &format!("destroy -e {environment}")).await?;
    let result = destroy(ui, &project, &target, &session, selected, yes).await;
    session::close(session, result).await
}

async fn destroy(
    ui: Ui,
    project: &Project,
    target: &Target,
    session: &Session,
    selected: &Selected,
    yes: bool,
) -> CommandResult {
    // Nothing is wanted of what is about to go.
    session::recover(ui, project, target.provider.as_ref(), session, &BTreeSet::new()).await?;
    let before = session.snapshot();
    let selection = project::selection(project, selected, |address| before.resources.contains_key(address))?;
    let planning = Planning { ui, project, provider: Some(target.provider.as_ref()), mode: Mode::Destroy, selection };
    let plan = planning.plan(&before).await?;
    ui.emit("plan", &plan);
    ui.data(&plan::render(&plan, PlanView::default()));
    if plan.is_empty() && session.read(|snapshot| snapshot.open.is_empty()) {
        ui.say("There is nothing to destroy.");
        return Ok(ExitCode::Done);
    }
    if plan.has_changes() && !yes && !ui.confirm(&format!("\nDestroy this in {}?", plan.environment), "--yes")? {
        ui.say("Nothing was changed.");
        return Ok(ExitCode::Done);
    }
    ui.say("");
    let next = selected.command("destroy");
    let ran = session::apply(ui, target, session, &plan, &next).await?;
    ui.emit("summary", &ran.summary);
    if ran.code != ExitCode::Done {
        return Ok(ran.code);
    }
    prove(ui, target.provider.as_ref(), &plan, &before, &session.snapshot()).await
}

/// Lists every type that was there, in every place, and looks for what should be gone.
async fn prove(ui: Ui, provider: &dyn Provider, plan: &Plan, before: &Snapshot, after: &Snapshot) -> CommandResult {
    let kept: BTreeSet<&str> = after.resources.values().filter_map(|record| record.identifier.as_deref()).collect();
    let mut gone: BTreeMap<(Placement, TypeName), BTreeSet<String>> = BTreeMap::new();
    let forgotten: BTreeSet<&Address> =
        plan.steps.iter().filter(|step| step.action == Action::Forget).map(|step| &step.address).collect();
    for record in before.resources.values().filter(|record| !forgotten.contains(&record.address)) {
        if let Some(identifier) = record.identifier.as_ref().filter(|identifier| !kept.contains(identifier.as_str())) {
            let key = (record.placement.clone(), record.type_name.clone());
            gone.entry(key).or_default().insert(identifier.clone());
        }
    }
    let mut places: BTreeMap<Placement, (usize, usize)> = BTreeMap::new();
    let mut left = Vec::new();
    for ((placement, type_name), identifiers) in &gone {
        let listed = match list(provider, placement, type_name).await {
            Ok(listed) => listed,
            // What is only listed within a parent is gone with the parent, which is listed itself.
            Err(_) => continue,
        };
        let place = places.entry(placement.clone()).or_default();
        place.0 += 1;
        place.1 += listed.len();
        left.extend(identifiers.intersection(&listed).map(|identifier| format!("{type_name} {identifier}")));
    }
    for (placement, (types, found)) in &places {
        ui.emit(
            "listed",
            &serde_json::json!({
                "account": placement.account, "region": placement.region, "types": types, "resources": found,
            }),
        );
        ui.say(&format!(
            "{} listed {types} types in account {}, {}: {found} there, {}",
            if left.is_empty() { paint(GREEN, "✓") } else { paint(RED.bold(), "✗") },
            placement.account,
            placement.region,
            if left.is_empty() { "none of them ours" } else { "some of them ours" },
        ));
    }
    if left.is_empty() {
        return Ok(ExitCode::Done);
    }
    for item in &left {
        ui.say(&format!("{} still there: {item}", paint(RED.bold(), "✗")));
    }
    Ok(ExitCode::SomeFailed)
}

async fn list(
    provider: &dyn Provider,
    placement: &Placement,
    type_name: &TypeName,
) -> Result<BTreeSet<String>, charter_provider::Failure> {
    let mut identifiers = BTreeSet::new();
    let mut page = None;
    loop {
        let request = ListRequest {
            type_name: type_name.clone(),
            placement: placement.clone(),
            filter: Properties::new(),
            page: page.take(),
        };
        let response = provider.list(request).await?;
        identifiers.extend(response.identifiers);
        match response.next {
            Some(next) => page = Some(next),
            None => return Ok(identifiers),
        }
    }
}
