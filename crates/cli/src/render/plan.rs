//! A plan for a reader: what happens to each resource, why, and where that was written.

use super::value::{Difference, Line, difference, inline};
use crate::ui::{BOLD, CYAN, DIM, GREEN, MAGENTA, RED, YELLOW, paint};
use charter_model::{Address, Placement, ReplaceOrder, Value};
use charter_planner::{Action, Change, ChangeReason, Plan, Step};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How much of the plan is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PlanView {
    /// Every property of what is created.
    pub(crate) details: bool,
    /// The plan is about drift: changes were found, not asked for.
    pub(crate) drift: bool,
}

/// The whole plan as text; empty plans say so.
pub(crate) fn render(plan: &Plan, view: PlanView) -> String {
    let mut text = String::new();
    let shown: Vec<&Step> = plan.steps.iter().filter(|step| is_shown(step)).collect();
    let mut groups: BTreeMap<(String, &Placement), Vec<&Step>> = BTreeMap::new();
    for step in &shown {
        groups.entry((step.address.stack().to_string(), &step.placement)).or_default().push(step);
    }
    let widest = shown.iter().map(|step| step.address.local().chars().count()).max().unwrap_or(0);
    for ((stack, placement), steps) in groups {
        let place = format!("account {}, {}", placement.account, placement.region);
        let _ = writeln!(text, "{}  {}", paint(BOLD, stack), paint(DIM, place));
        for step in steps {
            write_step(&mut text, step, widest, view);
        }
        text.push('\n');
    }
    write_warnings(&mut text, plan);
    write_outputs(&mut text, plan);
    write_hand_offs(&mut text, plan);
    text.push_str(&summary(plan, view));
    text
}

/// One line: how many of what.
pub(crate) fn summary(plan: &Plan, view: PlanView) -> String {
    let mut counts: BTreeMap<u8, (usize, &str)> = BTreeMap::new();
    for step in &plan.steps {
        let (place, word) = match &step.action {
            _ if step.waits_for.is_some() => (9, "waiting for a hand-off"),
            Action::Create => (0, "to create"),
            Action::Update => (1, "to change"),
            Action::Replace { .. } => (2, "to replace"),
            Action::Delete => (3, "to delete"),
            Action::Adopt => (4, "to adopt"),
            Action::Move { .. } => (5, "to move"),
            Action::Forget => (6, "to forget"),
            Action::None if step.changes.is_empty() => (7, "unchanged"),
            Action::None => (8, "changed behind Charter's back"),
        };
        counts.entry(place).or_insert((0, word)).0 += 1;
    }
    let changes = counts.keys().any(|place| !matches!(place, 7 | 9));
    let list: Vec<String> = counts.values().map(|(count, word)| format!("{count} {word}")).collect();
    let list = if list.is_empty() { "nothing is declared".to_owned() } else { list.join(", ") };
    match (changes, view.drift) {
        (true, _) => format!("{} {list}", paint(BOLD, format!("{}:", plan.environment))),
        (false, false) => format!("{} No changes: {list}.", paint(GREEN, "✓")),
        (false, true) => format!("{} No drift: {list}.", paint(GREEN, "✓")),
    }
}

fn is_shown(step: &Step) -> bool {
    step.action != Action::None || !step.changes.is_empty()
}

fn write_step(text: &mut String, step: &Step, widest: usize, view: PlanView) {
    let (sign, style, word) = match &step.action {
        _ if step.waits_for.is_some() => ("…", DIM, String::new()),
        Action::Create => ("+", GREEN, String::new()),
        Action::Update => ("~", YELLOW, String::new()),
        Action::Replace { order: ReplaceOrder::CreateFirst } => ("±", MAGENTA, "replace, new one first".to_owned()),
        Action::Replace { order: ReplaceOrder::DeleteFirst } => {
            ("∓", MAGENTA, "replace, old one goes first".to_owned())
        }
        Action::Delete => ("-", RED, String::new()),
        Action::Adopt => ("=", CYAN, "adopt".to_owned()),
        Action::Move { from } => (">", CYAN, format!("move from {from}")),
        // The reason says that the real one stays, where there is one.
        Action::Forget if step.reason.is_some() => ("x", DIM, "forget".to_owned()),
        Action::Forget => ("x", DIM, "forget; the real thing stays".to_owned()),
        Action::None => ("!", YELLOW, "drifted".to_owned()),
    };
    let name = format!("{:widest$}", step.address.local());
    let _ = write!(text, "  {} {}  {:28}", paint(style, sign), paint(style, name), step.type_name.to_string());
    if let Some(identifier) = &step.identifier {
        let _ = write!(text, "  {identifier}");
    }
    if !word.is_empty() {
        let _ = write!(text, "  {}", paint(style, word));
    }
    if let Some(hand_off) = &step.waits_for {
        let _ = write!(text, "  {}", paint(YELLOW, format!("waits for the hand-off {hand_off}")));
    }
    if let Some(reason) = &step.reason {
        let _ = write!(text, "  {}", paint(DIM, format!("({reason})")));
    }
    if let Some(location) = &step.location {
        let _ = write!(text, "  {}", paint(DIM, location));
    }
    trim_end(text);
    text.push('\n');
    if let Some(what) = &step.left_behind {
        let _ = writeln!(text, "      {} not deleted, but {what}", paint(YELLOW, "!"));
    }
    if step.action == Action::Create && !view.details {
        return;
    }
    for change in &step.changes {
        write_change(text, change, step, view);
    }
}

fn write_change(text: &mut String, change: &Change, step: &Step, view: PlanView) {
    let pointer = change.pointer.to_string();
    let long = change.before.as_ref().zip(change.after.as_ref()).and_then(|(before, after)| difference(before, after));
    let before = change.before.as_ref().map(inline);
    let after = change.after.as_ref().map(inline);
    let values = match (before, after) {
        _ if long.is_some() => match &long {
            Some(Difference::Order(count)) => format!("the same {count} elements in another order"),
            Some(Difference::Lines { kept: 0, .. }) | None => String::new(),
            Some(Difference::Lines { kept, .. }) => paint(DIM, format!("({kept} the same)")),
        },
        (Some(before), Some(after)) if view.drift => format!("{} (recorded) is now {}", before, paint(YELLOW, after)),
        (Some(before), Some(after)) => format!("{} → {}", paint(RED, before), paint(GREEN, after)),
        (None, Some(after)) => paint(GREEN, after),
        (Some(before), None) => format!("{} → (none)", paint(RED, before)),
        (None, None) => String::new(),
    };
    let mut notes = Vec::new();
    if step.action != Action::Create {
        notes.push(match change.reason {
            ChangeReason::Configured => "changed in the stacks",
            ChangeReason::Drifted => "changed behind Charter's back",
            ChangeReason::ConfiguredAndDrifted => "changed in the stacks and behind Charter's back",
            ChangeReason::Reference => "follows from a resource it refers to",
        });
    }
    let _ = write!(text, "      {pointer}: {values}");
    if change.forces_replacement {
        let _ = write!(text, "  {}", paint(MAGENTA.bold(), "forces replacement"));
    }
    let place = change.location.as_ref().map(ToString::to_string);
    let note: Vec<String> = notes.iter().map(|note| (*note).to_owned()).chain(place).collect();
    if !note.is_empty() {
        let _ = write!(text, "  {}", paint(DIM, format!("# {}", note.join(", "))));
    }
    trim_end(text);
    text.push('\n');
    if let Some(Difference::Lines { lines, .. }) = long {
        for line in lines {
            let line = match line {
                Line::Gone(line) => paint(RED, format!("- {line}")),
                Line::Come(line) => paint(GREEN, format!("+ {line}")),
            };
            let _ = writeln!(text, "          {line}");
        }
    }
}

fn write_outputs(text: &mut String, plan: &Plan) {
    let mut lines = String::new();
    let after = |value: &Value| if *value == Value::Null { "(none)".to_owned() } else { inline(value) };
    for (stack, outputs) in &plan.outputs {
        for (name, output) in outputs {
            match &output.before {
                Some(before) if *before == output.after => {}
                Some(before) => {
                    let (before, after) = (inline(before), after(&output.after));
                    let _ = writeln!(lines, "  {stack}.{name}: {} → {}", paint(RED, before), paint(GREEN, after));
                }
                None => {
                    let _ = writeln!(lines, "  {stack}.{name}: {}", paint(GREEN, inline(&output.after)));
                }
            }
        }
    }
    if !lines.is_empty() {
        let _ = writeln!(text, "{}\n{lines}", paint(BOLD, "outputs"));
    }
}

/// What is worth knowing of the plan. That an earlier run was interrupted is said when the state is looked at.
fn write_warnings(text: &mut String, plan: &Plan) {
    let warnings: Vec<_> = plan.warnings.iter().filter(|each| &*each.code != "charter::interrupted").collect();
    for warning in &warnings {
        let _ = writeln!(text, "{} {}", paint(YELLOW.bold(), "warning:"), warning.summary);
        if let Some(help) = &warning.help {
            let _ = writeln!(text, "  {} {help}", paint(CYAN, "help:"));
        }
    }
    if !warnings.is_empty() {
        text.push('\n');
    }
}

fn write_hand_offs(text: &mut String, plan: &Plan) {
    if plan.open_hand_offs.is_empty() {
        return;
    }
    let made = |address: &Address| {
        plan.steps
            .iter()
            .any(|step| step.address == *address && step.action != Action::None && step.waits_for.is_none())
    };
    let _ = writeln!(text, "{}", paint(BOLD, "open hand-offs"));
    for address in &plan.open_hand_offs {
        let next = match made(address) {
            true => "once it is applied: ",
            false => "",
        };
        let command = super::hand_off::command("show", address, plan.environment.as_str());
        let _ = writeln!(text, "  {} {address}  {}", paint(YELLOW, "!"), paint(DIM, format!("{next}{command}")));
    }
    text.push('\n');
}

fn trim_end(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
}
