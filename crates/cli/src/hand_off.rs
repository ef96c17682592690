//! Hand-offs as the state has them: what people must do outside AWS, and whether it is done.

use crate::command_error::{CommandError, ExitCode};
use crate::project::{self, Place};
use crate::render;
use crate::ui::{Ui, YELLOW, paint};
use charter_catalog::Catalog;
use charter_model::{Address, Value};
use charter_state::{Record, Snapshot};
use serde::Serialize;
use std::path::PathBuf;

/// One thing that somebody must do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandOff {
    /// Where it stands in the stacks.
    pub(crate) address: Address,
    /// Its name in AWS's place.
    pub(crate) name: String,
    /// Who does it.
    pub(crate) recipient: String,
    /// What and why.
    pub(crate) summary: String,
    /// What to enter where.
    pub(crate) entries: Vec<Entry>,
    /// Whether it is done.
    pub(crate) confirmed: bool,
    /// When that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<String>,
    /// Who said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_by: Option<String>,
}

/// One value to enter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// The page or form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) section: Option<String>,
    /// The field.
    pub(crate) field: String,
    /// Exactly what to enter.
    pub(crate) value: String,
    /// What to look out for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// The hand-offs of a state, sorted by address.
pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Vec<HandOff> {
    snapshot.resources.values().filter_map(of_record).collect()
}

fn of_record(record: &Record) -> Option<HandOff> {
    let schema = Catalog::embedded().schema(&record.type_name)?;
    let place = schema.confirmation()?;
    let attributes = &record.attributes;
    let name = record.identifier.clone()?;
    let optional = |value: &Value, key: &str| value.get(key).map(render::value::bare);
    let text = |value: &Value, key: &str| optional(value, key).unwrap_or_default();
    let entries = match attributes.get("Entries") {
        Some(Value::List(entries)) => entries
            .iter()
            .map(|entry| Entry {
                section: optional(entry, "Section"),
                field: text(entry, "Field"),
                value: text(entry, "Value"),
                note: optional(entry, "Note"),
            })
            .collect(),
        _ => Vec::new(),
    };
    Some(HandOff {
        address: record.address.clone(),
        name,
        recipient: text(attributes, "Recipient"),
        summary: text(attributes, "Summary"),
        entries,
        confirmed: attributes.at(place) == Some(&Value::Bool(true)),
        confirmed_at: optional(attributes, "ConfirmedAt"),
        confirmed_by: optional(attributes, "ConfirmedBy"),
    })
}

/// The hand-off that was named: by its address, or by its name where only one has it.
pub(crate) fn find<'a>(all: &'a [HandOff], name: &str) -> Result<&'a HandOff, CommandError> {
    let named = |each: &&HandOff| each.address.to_string() == name || each.name == name;
    let found: Vec<&HandOff> = all.iter().filter(named).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let known: Vec<String> = all.iter().map(|each| each.address.to_string()).collect();
            Err(project::unknown("hand-off", name, known.iter().map(String::as_str)))
        }
        several => {
            let list: Vec<String> = several.iter().map(|each| each.address.to_string()).collect();
            let message = format!("{name} is the name of {} hand-offs", several.len());
            Err(CommandError::new(ExitCode::InvalidInput, message).help(format!("name one of {}", list.join(", "))))
        }
    }
}

/// After a run: prints what has become open, and writes down all that is.
pub(crate) fn announce(ui: Ui, place: &Place, before: &[HandOff], after: &[HandOff]) -> Result<(), CommandError> {
    let open: Vec<&HandOff> = after.iter().filter(|each| !each.confirmed).collect();
    for hand_off in &open {
        ui.emit("hand-off", hand_off);
        let file = save(place, hand_off)?;
        if !before.contains(hand_off) {
            ui.data(&format!("\n{}", render::hand_off::text(hand_off)));
        }
        let confirm = render::hand_off::confirm(hand_off, place.settings.environment.as_str());
        let word = paint(YELLOW.bold(), "open hand-off:");
        ui.say(&format!("{word} {} for {}; once it is done: {confirm}", hand_off.address, hand_off.recipient));
        ui.say(&format!("  it is written down in {}", file.display()));
    }
    Ok(())
}

/// Writes a hand-off where it can be sent on from.
pub(crate) fn save(place: &Place, hand_off: &HandOff) -> Result<PathBuf, CommandError> {
    let folder = place.hand_off_folder();
    let name = hand_off.address.to_string().replace(|each: char| !each.is_ascii_alphanumeric(), "-");
    let file = folder.join(format!("{name}.txt"));
    let text = anstream::adapter::strip_str(&render::hand_off::text(hand_off)).to_string();
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, text + "\n"));
    written.map_err(|error| {
        CommandError::new(ExitCode::Unexpected, format!("{} cannot be written: {error}", file.display()))
    })?;
    Ok(file)
}
