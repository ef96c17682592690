//! What a run does when nothing is in its way.

use crate::cloud::{Answer, NAMED, SLOW};
use crate::world::World;
use charter_executor::{ApplyError, EventKind, Interrupt, OperationName};
use charter_planner::Mode;
use charter_provider::LeftBehind;
use charter_state::Entry;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::watch;

#[tokio::test(start_paused = true)]
async fn creates_in_order_then_changes_nothing_then_destroys() {
    let rows = [
        ("a", NAMED, json!({"Name": "a", "Size": 1})),
        ("b", SLOW, json!({"Ref": "${a.Name}"})),
        ("c", NAMED, json!({"Name": "c", "Ref": "${b.Id}"})),
    ];
    let mut world = World::new(&rows);
    let summary = world.run_whole(Mode::Apply).await;
    assert_eq!(summary.created, 3);
    world.check(&rows).await;
    let waited = world.events.iter().any(|event| matches!(event.kind, EventKind::Waiting { .. }));
    assert!(waited, "the slow one is seen waiting");
    let serial = world.snapshot().await.serial;
    assert_eq!(world.run_whole(Mode::Apply).await, Default::default());
    assert_eq!(world.snapshot().await.serial, serial, "a run without changes leaves the state alone");
    assert_eq!(world.run_whole(Mode::Destroy).await.deleted, 3);
    assert!(world.cloud.things().is_empty());
}

const LEFT: &str = "deactivated: it stays";

/// What the events of a run's ends say of what was left behind.
fn left_behind(world: &World) -> Vec<(String, Option<String>)> {
    let ends = world.events.iter().filter_map(|event| match &event.kind {
        EventKind::Finished { address, left_behind, .. } => Some((address.to_string(), left_behind.clone())),
        _ => None,
    });
    ends.collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_deletion_leaves_behind_is_in_its_event_and_in_the_summary() {
    let rows = [("a", NAMED, json!({"Name": "a"})), ("b", NAMED, json!({"Name": "b", "Ref": "${a.Name}"}))];
    let mut world = World::new(&rows);
    world.run_whole(Mode::Apply).await;
    assert!(left_behind(&world).iter().all(|(_, left)| left.is_none()), "{:?}", world.events);
    world.cloud.inventory.lock().unwrap().leaves = Some(LEFT);
    world.graph = crate::world::graph(&rows[..1]);
    world.events.clear();
    let summary = world.run_whole(Mode::Apply).await;
    assert_eq!((summary.deleted, summary.left_behind), (1, vec![("shop/b".parse().unwrap(), LEFT.to_owned())]));
    assert_eq!(left_behind(&world), [("shop/b".to_owned(), Some(LEFT.to_owned()))]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_of_what_goes_with_what_it_is_in() {
    let rows = [("a", NAMED, json!({"Name": "a"})), ("b", NAMED, json!({"Name": "b", "Ref": "${a.Name}"}))];
    let mut world = World::new(&rows);
    world.run_whole(Mode::Apply).await;
    world.cloud.inventory.lock().unwrap().leaves = Some(LEFT);
    world.events.clear();
    let session = world.open().await.unwrap();
    let mut plan = world.plan(&session, Mode::Destroy).await;
    plan.note_left_behind(&|_| Some(LeftBehind { what: LEFT, within: "Ref" }));
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let summary = world.apply_plan(&session, &plan, interrupt).await.unwrap();
    // What is in nothing stays; what was in it is gone with it.
    assert_eq!((summary.deleted, summary.left_behind), (2, vec![("shop/a".parse().unwrap(), LEFT.to_owned())]));
    assert_eq!(left_behind(&world), [("shop/b".to_owned(), None), ("shop/a".to_owned(), Some(LEFT.to_owned()))]);
}

/// The answer was never heard: the run that settles it says what was left behind.
#[tokio::test(start_paused = true)]
async fn what_an_interrupted_deletion_left_behind_is_said_by_the_next_run() {
    let rows = [("a", NAMED, json!({"Name": "a"}))];
    let mut world = World::new(&rows);
    world.run_whole(Mode::Apply).await;
    world.cloud.inventory.lock().unwrap().leaves = Some(LEFT);
    world.cloud.script = Arc::new(|call, _| match call {
        "delete" => Answer::TakeAndHang,
        _ => Answer::Honest,
    });
    let (summary, _) = world.run(Mode::Destroy).await.unwrap();
    assert_eq!((summary.failed.len(), world.snapshot().await.open.len()), (1, 1));
    world.cloud.script = Arc::new(|_, _| Answer::Honest);
    let (_, report) = world.run(Mode::Destroy).await.unwrap();
    let told: Vec<&str> = report.settled.iter().map(|settled| settled.result.as_str()).collect();
    assert_eq!(told, ["it was deactivated: it stays"]);
    assert!(world.snapshot().await.resources.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_another_record_names_is_forgotten_and_not_deleted() {
    let rows = [("a", NAMED, json!({"Name": "a"}))];
    let mut world = World::new(&rows);
    world.run_whole(Mode::Apply).await;
    let session = world.open().await.unwrap();
    let mut again = session.snapshot().resources.values().next().unwrap().clone();
    again.address = "shop/b".parse().unwrap();
    session.record(vec![Entry::Put { record: Box::new(again) }]).await.unwrap();
    session.finish().await.unwrap();
    assert_eq!(world.run_whole(Mode::Apply).await.deleted, 0);
    assert_eq!(world.snapshot().await.resources.len(), 1);
    assert_eq!(world.cloud.calls("delete"), 0);
    world.check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_keeps_the_identifier_and_drift_is_put_back() {
    let mut world = World::new(&[("b", SLOW, json!({"Size": 1}))]);
    world.run_whole(Mode::Apply).await;
    let identifier = world.cloud.things().keys().next().unwrap().clone();
    let rows = [("b", SLOW, json!({"Size": 2}))];
    world.graph = crate::world::graph(&rows);
    assert_eq!(world.run_whole(Mode::Apply).await.updated, 1);
    world.cloud.inventory.lock().unwrap().things.get_mut(&identifier).unwrap().properties["Size"] = json!(9);
    assert_eq!(world.run_whole(Mode::Apply).await.updated, 1);
    world.check(&rows).await;
    assert_eq!(world.cloud.things().keys().next(), Some(&identifier));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_came_up_after_the_plan_is_left_alone() {
    let mut world = World::new(&[("a", NAMED, json!({"Name": "a", "Size": 1, "Text": "x"}))]);
    world.run_whole(Mode::Apply).await;
    world.graph = crate::world::graph(&[("a", NAMED, json!({"Name": "a", "Size": 2, "Text": "x"}))]);
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    world.cloud.inventory.lock().unwrap().things.get_mut("a").unwrap().properties["Text"] = json!("theirs");
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    world.apply_plan(&session, &plan, interrupt).await.unwrap();
    let properties = &world.cloud.things()["a"].properties;
    assert_eq!((&properties["Size"], &properties["Text"]), (&json!(2), &json!("theirs")));
}

#[tokio::test(start_paused = true)]
async fn what_is_as_desired_by_now_is_not_called_for() {
    let mut world = World::new(&[("a", NAMED, json!({"Name": "a", "Size": 1}))]);
    world.run_whole(Mode::Apply).await;
    world.graph = crate::world::graph(&[("a", NAMED, json!({"Name": "a", "Size": 2}))]);
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    world.cloud.inventory.lock().unwrap().things.get_mut("a").unwrap().properties["Size"] = json!(2);
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let summary = world.apply_plan(&session, &plan, interrupt).await.unwrap();
    assert_eq!((summary.unchanged, world.cloud.calls("update")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stale_plan_is_refused_and_nothing_is_touched() {
    let mut world = World::new(&[("a", NAMED, json!({"Name": "a"}))]);
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    session.finish().await.unwrap();
    world.run_whole(Mode::Apply).await;
    let session = world.open().await.unwrap();
    let calls = world.cloud.calls("create");
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let error = world.apply_plan(&session, &plan, interrupt).await.unwrap_err();
    assert!(matches!(error, ApplyError::Stale(_)), "{error}");
    assert_eq!(world.cloud.calls("create"), calls);
}

#[tokio::test(start_paused = true)]
async fn secrets_reach_the_cloud_and_no_file_or_event() {
    let mut world = World::new(&[
        ("a", NAMED, json!({"Name": "a", "Password": "secret://env/TOKEN", "Text": "secret://env/NOTE"})),
        ("b", NAMED, json!({"Name": "b", "Password": "in-the-yaml"})),
    ]);
    for (name, value) in [("TOKEN", "hunter2"), ("NOTE", "s3cr3t-note")] {
        world.secrets.0.insert(name.into(), value.into());
    }
    world.run_whole(Mode::Apply).await;
    world.cloud.inventory.lock().unwrap().passwords.sort();
    assert_eq!(world.cloud.inventory.lock().unwrap().passwords, ["hunter2", "in-the-yaml"]);
    assert_eq!(world.cloud.things()["a"].properties["Text"], json!("s3cr3t-note"));
    let mut texts: Vec<String> = world
        .files
        .paths()
        .iter()
        .filter_map(|path| world.files.content(path))
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    texts.push(format!("{:?}", world.events));
    texts.push(serde_json::to_string(&world.events).unwrap());
    for text in texts {
        for leak in ["hunter2", "s3cr3t-note", "in-the-yaml"] {
            assert!(!text.contains(leak), "{leak} in {text}");
        }
    }
    assert_eq!(world.run_whole(Mode::Apply).await, Default::default(), "unchanged secrets are no change");
    world.secrets.0.insert("TOKEN".into(), "rotated".into());
    assert_eq!(world.run_whole(Mode::Apply).await.updated, 1);
    assert_eq!(world.cloud.inventory.lock().unwrap().passwords.last().unwrap(), "rotated");
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_fails_its_resource_alone() {
    let mut world = World::new(&[
        ("a", NAMED, json!({"Name": "a", "Password": "secret://env/NONE"})),
        ("b", NAMED, json!({"Name": "b"})),
    ]);
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert_eq!((summary.created, summary.failed.len()), (1, 1));
    assert!(summary.failed[0].1.message.contains("set the environment variable NONE"), "{:?}", summary.failed);
}

#[tokio::test(start_paused = true)]
async fn the_longest_chain_goes_first() {
    let mut world = World::new(&[
        ("a1", NAMED, json!({"Name": "a1"})),
        ("a2", NAMED, json!({"Name": "a2"})),
        ("z1", NAMED, json!({"Name": "z1"})),
        ("z2", NAMED, json!({"Name": "z2", "Ref": "${z1.Name}"})),
    ]);
    world.run_whole(Mode::Apply).await;
    let first = world.events.iter().find_map(|event| match &event.kind {
        EventKind::Started { address, operation: OperationName::Create, .. } => Some(address.to_string()),
        _ => None,
    });
    assert_eq!(first.as_deref(), Some("shop/z1"));
}

#[tokio::test(start_paused = true)]
async fn outputs_are_finished_and_kept_without_secrets() {
    let mut world = World::new(&[("b", SLOW, json!({"Kind": "b"}))]);
    let stack: charter_model::StackName = "shop".parse().unwrap();
    let output = |text: &str| charter_model::Output {
        value: crate::language::template(&json!(text)),
        description: None,
        span: None,
    };
    let outputs = [("id", output("${b.Id}")), ("token", output("secret://env/TOKEN"))];
    world
        .graph
        .outputs
        .insert(stack.clone(), outputs.into_iter().map(|(name, output)| (name.into(), output)).collect());
    world.secrets.0.insert("TOKEN".into(), "hunter2".into());
    world.run_whole(Mode::Apply).await;
    let snapshot = world.snapshot().await;
    let outputs = &snapshot.outputs[&stack];
    assert_eq!(outputs["id"], "id-1".into());
    assert!(outputs["token"].has_secret(), "{outputs:?}");
    let told = world.events.iter().find_map(|event| match &event.kind {
        EventKind::RunFinished { outputs, .. } => Some(outputs.clone()),
        _ => None,
    });
    assert_eq!(told.unwrap(), snapshot.outputs);
    let text = serde_json::to_string(&snapshot).unwrap();
    assert!(!text.contains("hunter2"));
}
