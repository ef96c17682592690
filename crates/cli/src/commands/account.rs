//! `charter account close`: the one way to close an AWS account, which nothing else of Charter does.

use crate::acts;
use crate::arguments::{AccountArguments, AccountCommand, CloseArguments, GlobalArguments};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project::{self, Project};
use crate::session;
use crate::target::{self, Target};
use crate::ui::{GREEN, RED, Ui, YELLOW, paint};
use charter_aws::AccountStanding;
use charter_model::{AccountId, AccountName, Address, Placement};
use charter_state::{Act, ActKind, Session, Snapshot};

const ACCOUNT: &str = "AWS::Organizations::Account";

/// The one of them.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &AccountArguments) -> CommandResult {
    match &arguments.command {
        AccountCommand::Close(arguments) => close(ui, global, arguments).await,
    }
}

async fn close(ui: Ui, global: &GlobalArguments, arguments: &CloseArguments) -> CommandResult {
    let project = project::load(ui, global, &arguments.environment, &[])?;
    let target = target::connect(ui, &project).await?;
    let session = session::open(ui, &project.place, &format!("account close -e {}", arguments.environment)).await?;
    let result = closed(ui, &project, &target, &session, arguments).await;
    session::close(session, result).await
}

/// What is to be closed, and from where.
struct Subject {
    id: AccountId,
    management: Placement,
    /// The block that made it.
    address: Option<Address>,
}

async fn closed(
    ui: Ui,
    project: &Project,
    target: &Target,
    session: &Session,
    arguments: &CloseArguments,
) -> CommandResult {
    let (provider, snapshot) = (target.provider.as_ref(), &session.snapshot());
    acts::settle(ui, provider, session).await?;
    let subject = subject(project, snapshot, &arguments.account)?;
    let id = &subject.id;
    session::verify(provider, &subject.management).await?;
    let standing = standing(target, &subject).await?;
    if standing.is_closed() {
        ui.emit("account", &standing);
        ui.say(&format!("{} account {id} is closed already ({})", paint(GREEN, "✓"), standing.status));
        return Ok(ExitCode::Done);
    }
    if standing.is_management {
        return Err(CommandError::new(
            ExitCode::InvalidInput,
            format!("account {id} manages the organization: AWS closes it only from its own settings, as root user"),
        ));
    }
    refuse_held(project, snapshot, id, arguments)?;
    ui.say(&format!(
        "{} account {id} ({}, {}) will be closed. What it holds is deleted after 90 days; until then AWS Support can reopen it, and \
         nobody can use it. Its address cannot be used again.",
        paint(RED.bold(), "warning:"),
        standing.name,
        standing.email
    ));
    let typed = match &arguments.confirm {
        Some(typed) => typed.clone(),
        None => ui.ask("Type the account's id to close it:", "--confirm ID")?,
    };
    if typed != id.as_str() {
        let message = format!("{typed:?} is not the id of the account: nothing was changed");
        return Err(CommandError::new(ExitCode::InvalidInput, message));
    }
    let act = Act { kind: ActKind::CloseAccount, placement: subject.management.clone(), subject: id.to_string() };
    let standing = acts::close(provider, session, act, id).await?.unwrap_or(standing);
    ui.emit("account", &standing);
    if !standing.is_closed() {
        ui.say(&format!(
            "{} account {id} is still {}: AWS closes it in the background",
            paint(YELLOW, "!"),
            standing.status
        ));
        return Ok(ExitCode::Done);
    }
    ui.say(&format!("{} account {id} is closed ({})", paint(GREEN, "✓"), standing.status));
    if let Some(address) = &subject.address {
        ui.say(&format!("Take the block {address} out of its stack: the next apply forgets it."));
    }
    Ok(ExitCode::Done)
}

async fn standing(target: &Target, subject: &Subject) -> Result<AccountStanding, CommandError> {
    let found = target.provider.account_standing(&subject.management, &subject.id).await;
    let found = found.map_err(|failure| CommandError::new(ExitCode::Unexpected, failure.to_string()))?;
    found.ok_or_else(|| {
        let message =
            format!("the organization of account {} has no account {}", subject.management.account, subject.id);
        CommandError::new(ExitCode::InvalidInput, message)
    })
}

/// The account that is meant: by the block that made it, or by its name in the environment.
fn subject(project: &Project, snapshot: &Snapshot, name: &str) -> Result<Subject, CommandError> {
    let graph = &project.graph;
    let made = || snapshot.resources.values().filter(|record| record.type_name.as_str() == ACCOUNT);
    let id_of = |text: &str| {
        AccountId::new(text).map_err(|error| CommandError::new(ExitCode::Unexpected, format!("the state: {error}")))
    };
    if let Some(record) = made().find(|record| record.address.to_string() == name) {
        let identifier = record.identifier.as_deref().unwrap_or_default();
        return Ok(Subject {
            id: id_of(identifier)?,
            management: record.placement.clone(),
            address: Some(record.address.clone()),
        });
    }
    let named = AccountName::new(name).ok().filter(|name| graph.accounts.contains_key(name));
    let Some(account) = named else {
        let known: Vec<String> = graph.accounts.keys().map(ToString::to_string).collect();
        let known = known.into_iter().chain(made().map(|record| record.address.to_string())).collect::<Vec<_>>();
        return Err(project::unknown("account", name, known.iter().map(String::as_str)));
    };
    let id = charter_planner::account_id(graph, snapshot, &account).ok_or_else(|| {
        CommandError::new(
            ExitCode::InvalidInput,
            format!("the account {account} is not there: the stacks have not made it"),
        )
    })?;
    let record = made().find(|record| record.identifier.as_deref() == Some(id.as_str()));
    let management = match record {
        Some(record) => record.placement.clone(),
        None => {
            let management = graph.accounts.keys().find(|name| name.as_str() == "management").ok_or_else(|| {
                CommandError::new(
                    ExitCode::InvalidInput,
                    "the environment names no account `management` to close it from",
                )
                .help("name the account that manages the organization `management` in the environment")
            })?;
            Placement { account: management.clone(), region: graph.region.clone() }
        }
    };
    Ok(Subject { id, management, address: record.map(|record| record.address.clone()) })
}

/// Refuses an account that still holds what the state knows.
fn refuse_held(
    project: &Project,
    snapshot: &Snapshot,
    id: &AccountId,
    arguments: &CloseArguments,
) -> Result<(), CommandError> {
    let is_in = |placement: &Placement| {
        charter_planner::account_id(&project.graph, snapshot, &placement.account).as_ref() == Some(id)
    };
    let open = snapshot.open.values().map(|intent| intent.address());
    let open =
        open.filter(|address| project.graph.resources.get(*address).is_some_and(|resource| is_in(&resource.placement)));
    let held: Vec<String> = snapshot
        .resources
        .values()
        .filter(|record| is_in(&record.placement))
        .map(|record| record.address.to_string())
        .chain(open.map(ToString::to_string))
        .collect();
    if held.is_empty() || arguments.force {
        return Ok(());
    }
    let shown: Vec<&str> = held.iter().take(5).map(String::as_str).collect();
    let more = held.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let message = format!("account {id} still holds {} resources of the state: {}{more}", held.len(), shown.join(", "));
    Err(CommandError::new(ExitCode::InvalidInput, message).help(format!(
        "take them away first (`charter destroy -e {}`), or close it with all that it holds: --force",
        arguments.environment
    )))
}
