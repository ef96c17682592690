//! What planning does, behaviour by behaviour.

mod changes;
mod generated;
mod hand_offs;
mod lifecycle;
mod order;
mod selection;
mod whole;

use crate::testing::{Cloud, World};
use crate::{Action, Change, ChangeReason, Plan, Step};

/// A plan in a few lines, for golden comparison.
pub(crate) fn show(plan: &Plan) -> String {
    let mut text = String::new();
    for step in plan
        .steps
        .iter()
        .filter(|step| step.action != Action::None || !step.changes.is_empty() || step.reason.is_some())
    {
        text += &show_step(step);
    }
    for (stack, outputs) in &plan.outputs {
        for (name, output) in outputs.iter().filter(|(_, output)| output.is_changed()) {
            let before = output.before.as_ref().map_or("-".to_owned(), |value| value.to_json().to_string());
            text += &format!("output {stack}/{name}: {before} -> {}\n", output.after.to_json());
        }
    }
    if text.is_empty() { "nothing\n".to_owned() } else { text }
}

fn show_step(step: &Step) -> String {
    let action = match &step.action {
        Action::Replace { order } => format!("replace {order:?}"),
        Action::Move { from } => format!("move from {from}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let waits = step.waits_for.as_ref().map(|hand_off| format!(" waits for {hand_off}")).unwrap_or_default();
    let reason = step.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let mut text = format!("{action} {}{waits}{reason}\n", step.address);
    let shown = step.changes.iter().filter(|change| {
        let made_up = change.pointer.to_string();
        !(step.action == Action::Create && (made_up == "/Tags" || made_up.ends_with("Name")))
    });
    for change in shown {
        text += &show_change(change, step.action == Action::Create);
    }
    text
}

fn show_change(change: &Change, new: bool) -> String {
    let side = |value: &Option<charter_model::Value>| {
        value.as_ref().map_or("-".to_owned(), |value| value.to_json().to_string())
    };
    let reason = match change.reason {
        ChangeReason::Configured => "configured",
        ChangeReason::Drifted => "drifted",
        ChangeReason::ConfiguredAndDrifted => "both",
        ChangeReason::Reference => "reference",
    };
    let forces = if change.forces_replacement { ", forces replacement" } else { "" };
    if new {
        format!("  {} = {}\n", change.pointer, side(&change.after))
    } else {
        format!("  {}: {} -> {} ({reason}{forces})\n", change.pointer, side(&change.before), side(&change.after))
    }
}

/// The plan of an edit, after the stacks as they were have been applied.
pub(crate) fn edit(before: &str, after: &str) -> String {
    show(&Cloud::with(before).plan(&World::new(after)))
}

/// What ran, in order, when an edit is applied; and that nothing is left to do after it.
pub(crate) fn run(before: &str, after: &str) -> Vec<String> {
    let mut cloud = Cloud::with(before);
    cloud.log.clear();
    let world = World::new(after);
    cloud.apply(&world);
    settled(&cloud, &world);
    cloud.log
}

/// Nothing is left to do, not even to record.
pub(crate) fn settled(cloud: &Cloud, world: &World) {
    let plan = cloud.plan(world);
    assert!(plan.is_empty() && !plan.has_changes(), "{}\n{:#?}", show(&plan), plan.operations);
}
