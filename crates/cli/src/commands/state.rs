//! `charter state`: looks at what is recorded, and repairs it.

use crate::arguments::{GlobalArguments, StateArguments, StateCommand};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::project::{self, Place};
use crate::session;
use crate::ui::{GREEN, Ui, paint};
use charter_model::Address;
use charter_state::{Entry, Holder, LEASE, Record, Snapshot, StateError};
use std::time::Duration;

/// One of the five.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &StateArguments) -> CommandResult {
    match &arguments.command {
        StateCommand::List(selected) => {
            let place = project::place(global, &selected.environment)?;
            list(ui, &session::peek(&place).await?);
        }
        StateCommand::Show { selected, address } => {
            let place = project::place(global, &selected.environment)?;
            let snapshot = session::peek(&place).await?;
            show(ui, record(&snapshot, address)?)?;
        }
        StateCommand::Mv { selected, from, to } => {
            let place = project::place(global, &selected.environment)?;
            change(ui, &place, "state mv", |snapshot| rename(snapshot, from, to)).await?;
            ui.say(&format!("{} {from} is recorded as {to}", paint(GREEN, "✓")));
        }
        StateCommand::Rm { selected, address } => {
            let place = project::place(global, &selected.environment)?;
            change(ui, &place, "state rm", |snapshot| {
                Ok(vec![Entry::Forget { address: record(snapshot, address)?.address.clone() }])
            })
            .await?;
            ui.say(&format!("{} {address} is forgotten; the real thing stays", paint(GREEN, "✓")));
        }
        StateCommand::Unlock { selected, force } => {
            let place = project::place(global, &selected.environment)?;
            match session::backend(&place)?.break_lock(&session::host_name(), *force).await {
                Ok(Some(holder)) => {
                    ui.emit("unlocked", &serde_json::json!({"holder": holder}));
                    ui.say(&format!("{} the lock was taken from {holder}", paint(GREEN, "✓")));
                }
                Ok(None) => ui.say("the state is not locked"),
                Err(StateError::Locked { holder, expires_in }) => return Err(alive(&holder, expires_in)),
                Err(error) => return Err(session::state_error(error)),
            }
        }
    }
    Ok(ExitCode::Done)
}

/// Why a lock is not taken.
fn alive(holder: &Holder, expires_in: Duration) -> CommandError {
    let seconds = expires_in.as_secs();
    let message = if holder.host == session::host_name() {
        format!("the state is locked by {holder}, and that process is alive")
    } else {
        format!(
            "the state is locked by {holder} on another machine, which showed that it is alive less than {} s ago",
            LEASE.as_secs().saturating_sub(seconds) + 1
        )
    };
    CommandError::new(ExitCode::Locked, message).help(
        "wait for that run, or interrupt it: it ends in good order. A machine that is gone loses the lock by itself within half a \
         minute. --force takes the lock even so; that run then stops at its next write",
    )
}

fn list(ui: Ui, snapshot: &Snapshot) {
    let widest = snapshot.resources.keys().map(|address| address.to_string().len()).max().unwrap_or(0);
    for (address, record) in &snapshot.resources {
        let identifier = record.identifier.as_deref().unwrap_or("(none yet)");
        ui.emit("record", record);
        ui.data(&format!("{:widest$}  {:30}  {identifier}", address.to_string(), record.type_name.to_string()));
    }
    for deposed in &snapshot.deposed {
        ui.emit("deposed", deposed);
        let identifier = deposed.record.identifier.as_deref().unwrap_or_default();
        ui.data(&format!(
            "{:widest$}  replaced, still to be deleted  {identifier}",
            deposed.record.address.to_string()
        ));
    }
    for intent in snapshot.open.values() {
        ui.emit("open", intent);
        ui.data(&format!("{:widest$}  interrupted; the next apply settles it", intent.address().to_string()));
    }
}

fn show(ui: Ui, record: &Record) -> Result<(), CommandError> {
    if ui.json() {
        ui.emit("record", record);
        return Ok(());
    }
    let text = serde_json::to_string_pretty(record)
        .map_err(|error| CommandError::new(ExitCode::Unexpected, error.to_string()))?;
    ui.raw(&text);
    Ok(())
}

fn record<'a>(snapshot: &'a Snapshot, address: &str) -> Result<&'a Record, CommandError> {
    let parsed: Address = project::address(address)?;
    let known: Vec<String> = snapshot.resources.keys().map(Address::to_string).collect();
    snapshot
        .resources
        .get(&parsed)
        .ok_or_else(|| project::unknown("record of", address, known.iter().map(String::as_str)))
}

fn rename(snapshot: &Snapshot, from: &str, to: &str) -> Result<Vec<Entry>, CommandError> {
    let record = record(snapshot, from)?;
    let target: Address = project::address(to)?;
    if snapshot.resources.contains_key(&target) {
        return Err(CommandError::new(ExitCode::InvalidInput, format!("{to} is recorded already"))
            .help("forget it first with `charter state rm`, if it is not wanted"));
    }
    let moved = Record { address: target, ..record.clone() };
    Ok(vec![Entry::Put { record: Box::new(moved) }, Entry::Forget { address: record.address.clone() }])
}

async fn change(
    ui: Ui,
    place: &Place,
    command: &str,
    entries: impl FnOnce(&Snapshot) -> Result<Vec<Entry>, CommandError>,
) -> Result<(), CommandError> {
    let session = session::open(ui, place, command).await?;
    let result = match entries(&session.snapshot()) {
        Ok(entries) => session.record(entries).await.map_err(session::state_error),
        Err(error) => Err(error),
    };
    session::close(session, result).await
}
