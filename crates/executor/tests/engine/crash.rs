//! Stopped dead at every step: before and after each call, before, in the middle of and after each durable write. The next run must
//! bring everything to its end: no orphan, no duplicate, what is there is what is desired.

use crate::cloud::{Cloud, NAMED, SLOW};
use crate::world::{Row, World};
use charter_planner::Mode;
use charter_state::Fault;
use serde_json::json;
use std::io::ErrorKind;

const FAULTS: [Fault; 3] =
    [Fault::Before(ErrorKind::Other), Fault::Torn { kept: 40, kind: ErrorKind::Other }, Fault::After(ErrorKind::Other)];

fn first() -> Vec<Row<'static>> {
    vec![
        ("base", NAMED, json!({"Name": "base", "Size": 1})),
        ("store", SLOW, json!({"Size": 1, "Kind": "a", "Ref": "${base.Name}"})),
        ("reader", NAMED, json!({"Name": "reader", "Ref": "${store.Id}", "Text": "x"})),
        ("alone", SLOW, json!({"Kind": "a"})),
        ("label", NAMED, json!({"Name": "label"})),
    ]
}

/// An update, a create-first replacement with a dependant, a delete-first replacement, a deletion, a creation.
fn second() -> Vec<Row<'static>> {
    vec![
        ("base", NAMED, json!({"Name": "base", "Size": 1})),
        ("store", SLOW, json!({"Size": 2, "Kind": "b", "Ref": "${base.Name}"})),
        ("reader", NAMED, json!({"Name": "reader", "Ref": "${store.Id}", "Text": "y"})),
        ("label", NAMED, json!({"Name": "label2"})),
        ("fresh", NAMED, json!({"Name": "fresh", "Ref": "${reader.Name}"})),
    ]
}

/// Each step of a run over `before`, alone; and every second one of them with a second crash in the run that follows.
async fn sweep(before: &[Row<'_>], after: &[Row<'_>], mode: Mode, wanted: &[Row<'_>], least: usize) {
    let mut crashes = 0;
    for fault in FAULTS {
        // The last of the faults also with a second crash, soon after the first or well into the recovery.
        let seconds: &[Option<usize>] = if fault == FAULTS[2] { &[None, Some(3), Some(12)] } else { &[None] };
        for second_crash in seconds.iter().copied() {
            for step in 0.. {
                let mut world = World::new(before);
                if !before.is_empty() {
                    world.run_whole(Mode::Apply).await;
                }
                world.graph = crate::world::graph(after);
                if !world.run_until(step, fault, mode).await {
                    break;
                }
                crashes += 1;
                if let Some(second) = second_crash {
                    world.run_until(second + step % 5, fault, mode).await;
                }
                finish(&mut world, mode).await;
                world.check(wanted).await;
                let again = world.run_whole(mode).await;
                assert_eq!(
                    (again.created, again.updated, again.deleted, again.recorded),
                    (0, 0, 0, 0),
                    "crash at {step} ({fault:?}, {second_crash:?}): the second run changed something"
                );
            }
        }
    }
    assert!(crashes > least, "only {crashes} crashes");
}

/// Runs until it is whole; a resource that failed half-way may take a second run, never a third.
async fn finish(world: &mut World, mode: Mode) {
    let (summary, _) = world.run(mode).await.unwrap();
    if !summary.is_complete() {
        world.run_whole(mode).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_apply_survives_a_crash_at_every_step() {
    sweep(&[], &first(), Mode::Apply, &first(), 100).await;
}

#[tokio::test(start_paused = true)]
async fn updates_and_replacements_in_both_orders_survive_a_crash_at_every_step() {
    sweep(&first(), &second(), Mode::Apply, &second(), 100).await;
}

#[tokio::test(start_paused = true)]
async fn a_destroy_survives_a_crash_at_every_step() {
    sweep(&second(), &second(), Mode::Destroy, &[], 100).await;
}

/// What goes on after a crash is asked for without its secrets, which are never written down. Nothing may be made without them, and
/// no change of them may count as made.
#[tokio::test(start_paused = true)]
async fn what_needs_a_secret_is_never_made_without_it() {
    let rows = [("a", NAMED, json!({"Name": "a", "Password": "secret://env/TOKEN"}))];
    let held = |world: &World| world.cloud.inventory.lock().unwrap().password_of.clone();
    let mut crashes = 0;
    for rotated in [false, true] {
        for step in 0.. {
            let mut world = World::over(Cloud { hesitates: true, ..Cloud::new() }, &rows);
            world.secrets.0.insert("TOKEN".into(), "first".into());
            let last = if rotated { "second" } else { "first" };
            if rotated {
                world.run_whole(Mode::Apply).await;
                world.secrets.0.insert("TOKEN".into(), last.into());
            }
            if !world.run_until(step, Fault::After(ErrorKind::Other), Mode::Apply).await {
                break;
            }
            crashes += 1;
            finish(&mut world, Mode::Apply).await;
            assert_eq!(held(&world).get("a").map(String::as_str), Some(last), "crash at {step}");
            let again = world.run_whole(Mode::Apply).await;
            assert_eq!((again.created, again.updated), (0, 0), "crash at {step}: the second run changed something");
        }
    }
    assert!(crashes > 20, "only {crashes} crashes");
}
