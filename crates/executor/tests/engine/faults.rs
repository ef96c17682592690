//! What a run does when the cloud, the disk, the lock or the user is in its way.

use crate::cloud::{Answer, Cloud, MARKED, NAMED, SLOW};
use crate::world::{Row, World};
use charter_executor::{ApplyError, EventKind, Interrupt, RunSummary};
use charter_planner::Mode;
use charter_provider::{Failure, FailureCode};
use charter_state::{Backend, Fault, StateError};
use serde_json::json;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

fn chain() -> Vec<Row<'static>> {
    vec![
        ("a", NAMED, json!({"Name": "a"})),
        ("b", SLOW, json!({"Ref": "${a.Name}"})),
        ("c", NAMED, json!({"Name": "c", "Ref": "${b.Id}"})),
        ("d", SLOW, json!({"Kind": "d"})),
    ]
}

/// Answers the first `times` calls of a name with something else.
fn first_times(call: &'static str, times: usize, answer: fn() -> Answer) -> impl Fn(&str, &str) -> Answer {
    let count = AtomicUsize::new(0);
    move |name, _| {
        if name == call && count.fetch_add(1, Ordering::Relaxed) < times { answer() } else { Answer::Honest }
    }
}

fn failure(code: FailureCode) -> Failure {
    Failure::new(code, "as the test wants it")
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_retried_and_told() {
    for code in [FailureCode::Throttling, FailureCode::ResourceConflict] {
        let answer: fn() -> Answer = match code {
            FailureCode::Throttling => || Answer::Fail(failure(FailureCode::Throttling)),
            _ => || Answer::Fail(failure(FailureCode::ResourceConflict)),
        };
        for call in ["create", "status", "read", "verify"] {
            let mut world = World::over(Cloud::new().with_script(first_times(call, 3, answer)), &chain());
            world.run_whole(Mode::Apply).await;
            world.check(&chain()).await;
            if call == "create" {
                assert!(world.events.iter().any(|event| matches!(event.kind, EventKind::Retrying { .. })));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_make_no_duplicates() {
    let calls = ["create", "status", "update", "delete"].map(|call| [(call, false), (call, true)]);
    for (call, hesitates) in calls.into_iter().flatten() {
        let lose = || Answer::Lose(failure(FailureCode::NetworkFailure));
        // What is made only when it is asked how it stands, too, may be made without an answer.
        let cloud = Cloud { hesitates, ..Cloud::new() };
        let mut world = World::over(cloud.with_script(first_times(call, 2, lose)), &chain());
        world.run_whole(Mode::Apply).await;
        world.check(&chain()).await;
        world.run_whole(Mode::Destroy).await;
        assert!(world.cloud.things().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_only_what_depends_on_it() {
    let script = |call: &str, what: &str| match (call, what) {
        ("create", "shop/b") => Answer::Fail(failure(FailureCode::AccessDenied)),
        _ => Answer::Honest,
    };
    let mut world = World::over(Cloud::new().with_script(script), &chain());
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    let b = "shop/b".parse().unwrap();
    assert_eq!(summary.created, 2);
    assert_eq!(summary.failed, [(b, failure(FailureCode::AccessDenied))]);
    assert_eq!(summary.skipped, [("shop/c".parse().unwrap(), Some("shop/b".parse().unwrap()))]);
    world.cloud.script = Arc::new(|_, _| Answer::Honest);
    assert_eq!(world.run_whole(Mode::Apply).await.created, 2);
    world.check(&chain()).await;
}

#[tokio::test(start_paused = true)]
async fn a_half_made_resource_is_recorded_and_replaced_by_the_next_run() {
    let script = first_times("create", 1, || Answer::Lose(failure(FailureCode::NotStabilized).with_identifier("a")));
    let rows = [("a", NAMED, json!({"Name": "a"}))];
    let mut world = World::over(Cloud::new().with_script(script), &rows);
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert_eq!(summary.failed.len(), 1);
    let record = world.snapshot().await.resources.into_values().next().unwrap();
    assert_eq!((record.identifier.as_deref(), record.status.is_ready()), (Some("a"), false));
    let summary = world.run_whole(Mode::Apply).await;
    assert_eq!((summary.deleted, summary.created), (1, 1));
    world.check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_made_is_not_forgotten_when_a_look_at_it_is_refused() {
    let rows = [("b", SLOW, json!({"Kind": "b"}))];
    let script = first_times("status", 1, || Answer::Fail(failure(FailureCode::AccessDenied)));
    let cloud = Cloud { hidden_for: Duration::from_secs(600), ..Cloud::new() };
    let mut world = World::over(cloud.with_script(script), &rows);
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert_eq!(summary.failed[0].1.code, FailureCode::AccessDenied);
    tokio::time::advance(Duration::from_secs(900)).await;
    world.run_whole(Mode::Apply).await;
    assert_eq!(world.cloud.calls("create"), 1, "it was made twice");
    world.check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn what_someone_else_made_is_neither_taken_nor_recorded() {
    let rows = [("a", NAMED, json!({"Name": "a"}))];
    let mut other = World::new(&[("theirs", NAMED, json!({"Name": "a"}))]);
    other.run_whole(Mode::Apply).await;
    let mut world = World::over(other.cloud.clone(), &rows);
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert_eq!(summary.failed[0].1.code, FailureCode::AlreadyExists);
    assert!(summary.failed[0].1.message.contains("import:"), "{summary:?}");
    assert!(world.snapshot().await.resources.is_empty() && world.snapshot().await.open.is_empty());
    world.run_whole(Mode::Destroy).await;
    assert_eq!(world.cloud.things().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn too_slow_is_a_failure_that_the_next_run_follows_to_its_end() {
    let rows = [("b", SLOW, json!({"Kind": "b"}))];
    let mut world = World::new(&rows);
    world.cloud.takes = Duration::from_secs(600);
    world.graph.resources.values_mut().for_each(|resource| {
        resource.lifecycle.timeouts.create = Some(Duration::from_secs(120));
    });
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert_eq!(summary.failed[0].1.code, FailureCode::NotStabilized);
    let open = world.snapshot().await.open;
    assert_eq!(open.values().next().unwrap().handle.as_deref(), Some("create:id-1"));
    let (summary, report) = world.run(Mode::Apply).await.unwrap();
    assert_eq!((report.settled.len(), summary), (1, RunSummary::default()));
    assert_eq!(world.cloud.calls("create"), 1);
    world.check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_creation_that_nobody_wants_any_more_is_not_made_again() {
    let rows = [("m", MARKED, json!({"Kind": "m"}))];
    // The call has no effect, or one that nobody heard of.
    for taken in [false, true] {
        let hang: fn() -> Answer = if taken { || Answer::TakeAndHang } else { || Answer::Hang };
        let mut world = World::over(Cloud::new().with_script(first_times("create", 1, hang)), &rows);
        let (summary, _) = world.run(Mode::Apply).await.unwrap();
        assert_eq!((summary.failed.len(), world.snapshot().await.open.len()), (1, 1));
        assert_eq!(world.cloud.things().len(), usize::from(taken));
        world.graph = crate::world::graph(&[]);
        let summary = world.run_whole(Mode::Apply).await;
        assert_eq!((summary.created, summary.deleted), (0, usize::from(taken)));
        assert_eq!(world.cloud.calls("create"), 1, "it was made again");
        world.check(&[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_secrets_of_what_takes_part_are_read() {
    let rows = [
        ("a", NAMED, json!({"Name": "a", "Password": "secret://env/ONE"})),
        ("b", NAMED, json!({"Name": "b", "Password": "secret://env/TWO"})),
    ];
    let mut world = World::new(&rows);
    world.secrets.0.insert("ONE".into(), "1".into());
    let a = "shop/a".parse().unwrap();
    let read = |all: bool| {
        let (world, a) = (&world, &a);
        async move {
            let takes_part = move |address: &charter_model::Address| all || address == a;
            charter_executor::read_secrets(&world.graph, &world.cloud, &world.secrets, "salt", &takes_part).await.1
        }
    };
    assert_eq!(read(false).await, []);
    assert_eq!(read(true).await.len(), 1, "b needs what is not there");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_answers_ends_with_the_operations_time() {
    let rows = [("a", NAMED, json!({"Name": "a"}))];
    let mut world = World::over(Cloud::new().with_script(first_times("create", 1, || Answer::Hang)), &rows);
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert_eq!(summary.failed[0].1.code, FailureCode::NotStabilized);
    world.run_whole(Mode::Apply).await;
    world.check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn the_wrong_account_is_refused_before_anything_is_touched() {
    let mut world = World::new(&[("a", NAMED, json!({"Name": "a"}))]);
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    world.cloud.script = Arc::new(|call, _| match call {
        "verify" => Answer::Fail(failure(FailureCode::InvalidCredentials)),
        _ => Answer::Honest,
    });
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let error = world.apply_plan(&session, &plan, interrupt).await.unwrap_err();
    assert!(matches!(error, ApplyError::Identity { .. }), "{error}");
    assert_eq!(world.cloud.calls("create"), 0);
}

async fn interrupted(wish: Interrupt) -> (World, RunSummary) {
    let mut world = World::new(&chain());
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    let (wishes, interrupt) = watch::channel(Interrupt::None);
    tokio::spawn(async move {
        // While `b` and `d` are being made.
        tokio::time::sleep(Duration::from_secs(30)).await;
        wishes.send(wish).unwrap();
        std::future::pending::<()>().await;
    });
    let summary = world.apply_plan(&session, &plan, interrupt).await.unwrap();
    session.finish().await.unwrap();
    (world, summary)
}

#[tokio::test(start_paused = true)]
async fn a_first_interrupt_finishes_what_runs_and_starts_nothing_new() {
    let (mut world, summary) = interrupted(Interrupt::Graceful).await;
    assert!(summary.interrupted && summary.unfinished.is_empty(), "{summary:?}");
    assert_eq!((summary.created, summary.skipped.len()), (3, 1));
    assert!(
        world.events.iter().any(|event| matches!(&event.kind, EventKind::Stopping { running } if running.len() == 2))
    );
    assert!(world.snapshot().await.open.is_empty());
    assert_eq!(world.run_whole(Mode::Apply).await.created, 1);
    world.check(&chain()).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_interrupt_stops_at_once_and_the_next_run_goes_on() {
    let (mut world, summary) = interrupted(Interrupt::Now).await;
    assert_eq!((summary.created, summary.unfinished.len(), summary.skipped.len()), (1, 2, 1));
    assert_eq!(world.snapshot().await.open.len(), 2);
    assert_eq!(world.run_whole(Mode::Apply).await.created, 1);
    world.check(&chain()).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_the_run_and_loses_nothing() {
    for allowed in 0..12 {
        let mut world = World::new(&chain());
        let session = world.open().await.unwrap();
        let plan = world.plan(&session, Mode::Apply).await;
        let appended = AtomicUsize::new(0);
        world.files.set_faults(move |step, _| {
            if step == "append" && appended.fetch_add(1, Ordering::Relaxed) >= allowed {
                Fault::Torn { kept: 10, kind: ErrorKind::StorageFull }
            } else {
                Fault::None
            }
        });
        let (_keep, interrupt) = watch::channel(Interrupt::None);
        let result = world.apply_plan(&session, &plan, interrupt).await;
        if let Err(error) = result {
            assert!(matches!(&error, ApplyError::State { cause: StateError::Io { .. }, .. }), "{error}");
            assert!(error.to_string().contains("The disk is full"), "{error}");
        }
        world.files.clear_faults();
        drop(session);
        world.run_whole(Mode::Apply).await;
        world.check(&chain()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_loses_the_lock_stops_at_once() {
    let mut world = World::new(&chain());
    let session = world.open().await.unwrap();
    let plan = world.plan(&session, Mode::Apply).await;
    let backend = world.backend();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(25)).await;
        backend.break_lock("here", true).await.unwrap();
    });
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let error = world.apply_plan(&session, &plan, interrupt).await.unwrap_err();
    assert!(matches!(&error, ApplyError::State { cause: StateError::LockLost { .. }, .. }), "{error}");
    drop(session);
    world.run_whole(Mode::Apply).await;
    world.check(&chain()).await;
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_down_and_everything_is_made() {
    let rows: Vec<(String, serde_json::Value)> =
        (0..200).map(|number| (format!("r{number}"), json!({"Name": format!("r{number}")}))).collect();
    let rows: Vec<Row<'_>> = rows.iter().map(|(name, properties)| (name.as_str(), NAMED, properties.clone())).collect();
    // Ten calls a second, in virtual time.
    let window = std::sync::Mutex::new((tokio::time::Instant::now(), 0));
    let script = move |call: &str, _: &str| {
        if call != "create" {
            return Answer::Honest;
        }
        let mut window = window.lock().unwrap();
        if window.0.elapsed() >= Duration::from_secs(1) {
            *window = (tokio::time::Instant::now(), 0);
        }
        window.1 += 1;
        if window.1 <= 10 { Answer::Honest } else { Answer::Fail(failure(FailureCode::Throttling)) }
    };
    let mut world = World::over(Cloud::new().with_script(script), &rows);
    let begin = tokio::time::Instant::now();
    world.run_whole(Mode::Apply).await;
    assert_eq!(world.cloud.things().len(), 200);
    let (calls, took) = (world.cloud.calls("create"), begin.elapsed());
    assert!(calls < 600, "{calls} calls for 200 resources");
    assert!(took < Duration::from_secs(90), "{took:?}, where 20 s would be the best");
}

#[tokio::test(start_paused = true)]
async fn what_shows_late_is_recognised_in_this_run_and_in_the_next() {
    let rows = [("a", NAMED, json!({"Name": "a"})), ("b", NAMED, json!({"Name": "b", "Ref": "${a.Name}"}))];
    let lose = || Answer::Lose(failure(FailureCode::NetworkFailure));
    let mut world = World::over(Cloud::new().with_script(first_times("create", 1, lose)), &rows);
    world.cloud.hidden_for = Duration::from_secs(40);
    world.run_whole(Mode::Apply).await;
    world.check(&rows).await;

    // The same, but the process dies before it hears of it; at every step of the creation.
    for step in 0..60 {
        let mut world = World::new(&rows);
        world.cloud.hidden_for = Duration::from_secs(40);
        world.run_until(step, Fault::Before(ErrorKind::Other), Mode::Apply).await;
        if !world.run(Mode::Apply).await.unwrap().0.is_complete() {
            world.run_whole(Mode::Apply).await;
        }
        world.check(&rows).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_apart_blocks_its_own_address_only() {
    let rows = [("a", NAMED, json!({"Name": "a"})), ("b", NAMED, json!({"Name": "b"}))];
    let mut world = World::new(&rows);
    // Until the creation of `a` has been announced and sent.
    let mut step = 0;
    loop {
        assert!(world.run_until(step, Fault::Before(ErrorKind::Other), Mode::Apply).await);
        let open = world.backend().load().await.unwrap().map(|loaded| loaded.snapshot.open).unwrap_or_default();
        if open.values().any(|intent| intent.address().to_string() == "shop/a") {
            break;
        }
        step += 1;
        world = World::new(&rows);
    }
    world.cloud.script = Arc::new(|call, what| match (call, what) {
        ("recover", "shop/a") => Answer::Fail(failure(FailureCode::AccessDenied)),
        _ => Answer::Honest,
    });
    let (summary, report) = world.run(Mode::Apply).await.unwrap();
    assert_eq!((report.blocked.len(), summary.created, summary.failed.len()), (1, 1, 1), "{report:#?} {summary:#?}");
    world.cloud.script = Arc::new(|_, _| Answer::Honest);
    world.run_whole(Mode::Apply).await;
    world.check(&rows).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_refused_leaves_the_record_and_says_what_to_do() {
    let mut world = World::new(&[("a", NAMED, json!({"Name": "a", "Size": 1}))]);
    world.run_whole(Mode::Apply).await;
    let before = world.snapshot().await.resources;
    world.graph = crate::world::graph(&[("a", NAMED, json!({"Name": "a", "Size": 2}))]);
    world.cloud.script = Arc::new(|call, _| match call {
        "update" => Answer::Fail(failure(FailureCode::NotUpdatable)),
        _ => Answer::Honest,
    });
    let (summary, _) = world.run(Mode::Apply).await.unwrap();
    assert!(summary.failed[0].1.message.contains("`replace: create-first`"), "{summary:?}");
    assert_eq!(world.snapshot().await.resources, before);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_not_the_one_shown_is_not_sent() {
    let rows = |size| {
        [("a", NAMED, json!({"Name": "a", "Size": size})), ("b", NAMED, json!({"Name": "b", "Ref": "${a.Name}"}))]
    };
    let mut world = World::new(&rows(1));
    let session = world.open().await.unwrap();
    let mut plan = world.plan(&session, Mode::Apply).await;
    for change in plan.steps.iter_mut().flat_map(|step| &mut step.changes) {
        if change.pointer.to_string() == "/Ref" {
            change.after = Some("somewhere-else".into());
        }
    }
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let summary = world.apply_plan(&session, &plan, interrupt).await.unwrap();
    assert_eq!(summary.created, 1);
    let (address, failure) = &summary.failed[0];
    assert_eq!(address.to_string(), "shop/b");
    assert!(failure.message.contains("/Ref was to become \"somewhere-else\", but now comes to \"a\""), "{failure}");
}
