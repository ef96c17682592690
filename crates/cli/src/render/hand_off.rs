//! A hand-off for the one who does it: what to enter where, nothing to be guessed.

use crate::hand_off::HandOff;
use crate::ui::{BOLD, DIM, GREEN, YELLOW, paint};
use charter_model::Address;
use std::fmt::Write as _;

/// The whole of it.
pub(crate) fn text(hand_off: &HandOff) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}  {}", paint(BOLD, format!("Hand-off {}", hand_off.address)), state(hand_off));
    let _ = writeln!(text, "For {}.\n{}", hand_off.recipient, hand_off.summary);
    let widest = hand_off.entries.iter().map(|entry| entry.field.chars().count()).max().unwrap_or(0);
    let mut section = None;
    for entry in &hand_off.entries {
        if entry.section != section {
            section.clone_from(&entry.section);
            let _ = writeln!(text, "\n  {}", paint(BOLD, section.as_deref().unwrap_or_default()));
        }
        let _ = writeln!(text, "    {:widest$}  {}", entry.field, entry.value);
        if let Some(note) = &entry.note {
            let _ = writeln!(text, "    {:widest$}  {}", "", paint(DIM, format!("({note})")));
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// One line.
pub(crate) fn line(hand_off: &HandOff) -> String {
    format!("{}  {}  for {}", hand_off.address, state(hand_off), hand_off.recipient)
}

/// The command that says that it is done.
pub(crate) fn confirm(hand_off: &HandOff, environment: &str) -> String {
    command("confirm", &hand_off.address, environment)
}

/// A command about a hand-off, as it is typed: a shell takes brackets for a pattern.
pub(crate) fn command(word: &str, address: &Address, environment: &str) -> String {
    let name = address.to_string();
    let name = if name.contains('[') { format!("'{}'", name.replace('\'', "'\\''")) } else { name };
    format!("charter handoff {word} {name} -e {environment}")
}

fn state(hand_off: &HandOff) -> String {
    if !hand_off.confirmed {
        return paint(YELLOW, "open");
    }
    let by = hand_off.confirmed_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = hand_off.confirmed_at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    paint(GREEN, format!("confirmed{by}{at}"))
}
