//! `charter handoff`: what people must do outside AWS.

use crate::arguments::{GlobalArguments, HandOffArguments, HandOffCommand};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::hand_off::{find, of_snapshot};
use crate::ui::{GREEN, Ui, paint};
use crate::{project, render, session};
use charter_catalog::Catalog;
use charter_model::Value;
use charter_state::{Entry, Record, Snapshot};
use std::sync::Arc;

/// One of the three.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &HandOffArguments) -> CommandResult {
    match &arguments.command {
        HandOffCommand::List { selected, detailed_exitcode } => {
            let place = project::place(global, &selected.environment)?;
            let all = of_snapshot(&session::peek(&place).await?);
            for hand_off in &all {
                ui.emit("hand-off", hand_off);
                ui.data(&render::hand_off::line(hand_off));
            }
            if all.is_empty() {
                ui.say("there are no hand-offs");
            }
            let open = all.iter().any(|each| !each.confirmed);
            Ok(if *detailed_exitcode && open { ExitCode::Changes } else { ExitCode::Done })
        }
        HandOffCommand::Show { selected, name } => {
            let place = project::place(global, &selected.environment)?;
            let all = of_snapshot(&session::peek(&place).await?);
            let hand_off = find(&all, name)?;
            ui.emit("hand-off", hand_off);
            ui.data(&render::hand_off::text(hand_off));
            if !hand_off.confirmed {
                let confirm = render::hand_off::confirm(hand_off, &selected.environment);
                ui.say(&format!("\nonce it is done: {confirm}"));
            }
            Ok(ExitCode::Done)
        }
        HandOffCommand::Confirm { selected, name } => {
            let place = project::place(global, &selected.environment)?;
            let session = session::open(ui, &place, "handoff confirm").await?;
            let result = confirm(ui, &session, name).await;
            session::close(session, result).await?;
            Ok(ExitCode::Done)
        }
    }
}

/// Records the confirmation, in one durable write.
async fn confirm(ui: Ui, session: &charter_state::Session, name: &str) -> Result<(), CommandError> {
    let snapshot = session.snapshot();
    let all = of_snapshot(&snapshot);
    let hand_off = find(&all, name)?;
    if hand_off.confirmed {
        ui.emit("hand-off", hand_off);
        ui.say(&format!("{} {} is confirmed already", paint(GREEN, "✓"), hand_off.address));
        return Ok(());
    }
    let address = &hand_off.address;
    // An interrupted change of it is about to open it anew: what would be confirmed is not what will be asked for.
    if snapshot.open_at(address).next().is_some() {
        let message = format!("an earlier run was interrupted in the middle of {address}");
        return Err(CommandError::new(ExitCode::InvalidInput, message).help("run `charter apply` first"));
    }
    let record = confirmed(&snapshot, address)?;
    session.record(vec![Entry::Put { record: Box::new(record) }]).await.map_err(session::state_error)?;
    for hand_off in of_snapshot(&session.snapshot()).iter().filter(|each| each.address == *address) {
        ui.emit("hand-off", hand_off);
    }
    ui.say(&format!("{} {address} is confirmed; what waited for it goes on with the next apply", paint(GREEN, "✓")));
    Ok(())
}

fn confirmed(snapshot: &Snapshot, address: &charter_model::Address) -> Result<Record, CommandError> {
    let lost = || CommandError::new(ExitCode::Unexpected, format!("the record of {address} is not that of a hand-off"));
    let mut record = snapshot.resources.get(address).cloned().ok_or_else(lost)?;
    let schema = Catalog::embedded().schema(&record.type_name).ok_or_else(lost)?;
    let place = schema.confirmation().and_then(|place| place.segments().first()).ok_or_else(lost)?;
    let Value::Map(members) = &mut record.attributes else { return Err(lost()) };
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned());
    let mut put = |key: Arc<str>, value: Value| drop(members.insert(key, value));
    put(place.to_string().into(), Value::Bool(true));
    put("ConfirmedAt".into(), Value::String(jiff::Timestamp::now().to_string().into()));
    put("ConfirmedBy".into(), Value::String(user.into()));
    Ok(record)
}
