//! What must hold of state whatever happens to the process, the disk and the other run.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use charter_model::{Placement, Secret, Value};
use charter_state::{
    Backend, Clock, Entry, Fault, Fresh, Holder, Intent, LocalBackend, MemoryFiles, Outcome, Record, RecordStatus,
    Session, SessionOptions, Snapshot, Stage, StateError,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};

/// The wall clock, moved by tokio's.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + self.0.elapsed()
    }
}

struct World {
    files: MemoryFiles,
    clock: Arc<TestClock>,
}

impl World {
    fn new() -> Self {
        Self { files: MemoryFiles::new(), clock: Arc::new(TestClock(Instant::now())) }
    }

    fn backend(&self) -> LocalBackend {
        LocalBackend::with("/state", "local".parse().unwrap(), Arc::new(self.files.clone()), self.clock.clone())
    }

    async fn open_from(&self, host: &str) -> Result<Session, StateError> {
        Session::open(Arc::new(self.backend()), options(host)).await
    }

    async fn open(&self) -> Session {
        self.open_from("here").await.unwrap()
    }

    async fn load(&self) -> Result<Option<Snapshot>, StateError> {
        Ok(self.backend().load().await?.map(|loaded| loaded.snapshot))
    }

    fn journal(&self) -> Vec<u8> {
        self.files.content(Path::new("/state/local.journal")).unwrap_or_default()
    }
}

fn options(host: &str) -> SessionOptions {
    SessionOptions {
        environment: "local".parse().unwrap(),
        holder: Holder {
            user: "ada".into(),
            host: host.into(),
            pid: 42,
            command: "apply -e local".into(),
            since: Timestamp::from_second(1_800_000_000).unwrap(),
        },
        fresh: Fresh { lineage: "lineage".into(), salt: "salt".into() },
        wait: Duration::ZERO,
    }
}

fn record(name: &str) -> Record {
    Record {
        address: format!("shop/{name}").parse().unwrap(),
        type_name: "AWS::S3::Bucket".parse().unwrap(),
        placement: Placement { account: "retail".parse().unwrap(), region: "us-east-1".parse().unwrap() },
        identifier: Some(name.to_owned()),
        inputs: Value::empty_map(),
        attributes: Value::empty_map(),
        secret_references: BTreeMap::new(),
        dependencies: Vec::new(),
        protect: false,
        retain: false,
        replace: None,
        generation: 0,
        status: RecordStatus::Ready,
    }
}

fn put(name: &str) -> Entry {
    Entry::Put { record: Box::new(record(name)) }
}

fn names(snapshot: &Snapshot) -> Vec<String> {
    snapshot.resources.values().filter_map(|record| record.identifier.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_there_in_the_next_session() {
    let world = World::new();
    let session = world.open().await;
    session.record(vec![put("a")]).await.unwrap();
    let saved = session.finish().await.unwrap();
    assert_eq!(saved.serial, 1);
    assert!(world.journal().is_empty());
    let again = world.open().await;
    assert_eq!(again.snapshot(), saved);
    assert_eq!(again.finish().await.unwrap().serial, 1, "a run that records nothing leaves the serial alone");
}

#[tokio::test(start_paused = true)]
async fn looking_at_a_state_that_does_not_exist_makes_none() {
    let world = World::new();
    assert_eq!(world.load().await.unwrap(), None);
    assert!(world.files.paths().is_empty());
}

#[tokio::test(start_paused = true)]
async fn operations_that_record_at_the_same_time_share_one_write() {
    let world = World::new();
    let session = world.open().await;
    let writes = Arc::new(AtomicUsize::new(0));
    let counter = writes.clone();
    world.files.set_faults(move |step, _| {
        counter.fetch_add(usize::from(step == "append"), Ordering::Relaxed);
        Fault::None
    });
    let all = (0..500).map(|number| session.record(vec![put(&format!("r{number}"))]));
    for result in futures::future::join_all(all).await {
        result.unwrap();
    }
    assert!(writes.load(Ordering::Relaxed) <= 2, "{writes:?} writes");
    drop(session);
    assert_eq!(world.load().await.unwrap().unwrap().resources.len(), 500);
}

#[tokio::test(start_paused = true)]
async fn a_journal_cut_at_any_byte_loads_and_keeps_every_whole_write() {
    let world = World::new();
    let session = world.open().await;
    let mut ends = vec![0];
    for name in ["a", "b", "c"] {
        session.record(vec![put(name)]).await.unwrap();
        ends.push(world.journal().len());
    }
    drop(session);
    let whole = world.journal();
    for cut in 0..=whole.len() {
        world.files.set_content(Path::new("/state/local.journal"), whole[..cut].to_vec());
        let loaded = world.backend().load().await.unwrap().unwrap();
        let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(names(&loaded.snapshot), ["a", "b", "c"][..kept], "cut at {cut}");
        assert_eq!(loaded.notes.is_empty(), ends.contains(&cut), "cut at {cut}");
    }
    // And the next session goes on from there: what it writes is not hidden behind the torn line.
    world.files.set_content(Path::new("/state/local.journal"), whole[..whole.len() - 3].to_vec());
    let session = world.open().await;
    assert_eq!(session.notes().len(), 1);
    session.record(vec![put("d")]).await.unwrap();
    drop(session);
    assert_eq!(names(&world.load().await.unwrap().unwrap()), ["a", "b", "d"]);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_or_missing_line_in_the_middle_is_an_error_that_names_its_byte() {
    let world = World::new();
    let session = world.open().await;
    for name in ["a", "b", "c"] {
        session.record(vec![put(name)]).await.unwrap();
    }
    drop(session);
    let whole = world.journal();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let mut damaged = whole.clone();
    damaged[lines[0].len() + 60] ^= 1;
    let missing = [lines[0], lines[2]].concat();
    for bytes in [damaged, missing] {
        world.files.set_content(Path::new("/state/local.journal"), bytes.clone());
        let error = world.open_from("here").await.unwrap_err();
        let StateError::Corrupt { byte, path, .. } = &error else { panic!("{error}") };
        assert_eq!((*byte as usize, path.to_str()), (lines[0].len(), Some("/state/local.journal")), "{error}");
        assert_eq!(world.journal(), bytes, "a damaged journal is left as it is");
    }
}

/// Runs a session that records three batches and finishes; returns how many batches were acknowledged.
async fn run(world: &World) -> usize {
    let Ok(session) = world.open_from("here").await else { return 0 };
    for (done, name) in ["a", "b", "c"].into_iter().enumerate() {
        if session.record(vec![put(name), put(&format!("{name}2"))]).await.is_err() {
            return done;
        }
    }
    let _ = session.finish().await;
    3
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_step_of_the_disk_loses_nothing_that_was_acknowledged() {
    let effects: [fn() -> Fault; 4] = [
        || Fault::Before(ErrorKind::Other),
        || Fault::After(ErrorKind::Other),
        || Fault::Torn { kept: 1, kind: ErrorKind::Other },
        || Fault::Torn { kept: 90, kind: ErrorKind::Other },
    ];
    let mut crashes = 0;
    for effect in effects {
        for power_loss in [false, true] {
            for crash_at in 0.. {
                let world = World::new();
                let steps = Arc::new(AtomicUsize::new(0));
                let counter = steps.clone();
                world.files.set_faults(move |_, _| match counter.fetch_add(1, Ordering::Relaxed) {
                    step if step < crash_at => Fault::None,
                    step if step == crash_at => effect(),
                    _ => Fault::Before(ErrorKind::Other),
                });
                let acknowledged = run(&world).await;
                world.files.clear_faults();
                if steps.load(Ordering::Relaxed) <= crash_at {
                    break;
                }
                crashes += 1;
                if power_loss {
                    world.files.lose_power();
                }
                let session = world.open().await;
                let found = names(&session.snapshot());
                // All that was acknowledged, in whole batches; perhaps the one whose acknowledgement the crash cut off.
                assert!(
                    found.len().is_multiple_of(2) && found.len() / 2 >= acknowledged,
                    "{found:?} {acknowledged} at {crash_at}"
                );
                assert!(found.len() / 2 <= acknowledged + 1, "{found:?} {acknowledged} at {crash_at}");
                session.record(vec![put("z")]).await.unwrap();
                assert_eq!(session.finish().await.unwrap().resources.len(), found.len() + 1);
            }
        }
    }
    assert!(crashes > 80, "{crashes}");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_said_so_and_leaves_a_state_that_loads() {
    let world = World::new();
    let session = world.open().await;
    session.record(vec![put("a")]).await.unwrap();
    world.files.set_faults(|step, _| match step {
        "append" => Fault::Torn { kept: 30, kind: ErrorKind::StorageFull },
        _ => Fault::None,
    });
    let error = session.record(vec![put("b")]).await.unwrap_err();
    assert!(error.to_string().contains("The disk is full"), "{error}");
    world.files.clear_faults();
    assert!(session.record(vec![put("c")]).await.is_err(), "after a failed write, nothing more is written");
    assert!(session.finish().await.is_err());
    assert_eq!(names(&world.open().await.snapshot()), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_living_holder_keeps_others_out_however_long_it_runs() {
    let world = World::new();
    let session = world.open().await;
    for _ in 0..20 {
        sleep(Duration::from_secs(45)).await;
        for host in ["here", "elsewhere"] {
            let error = world.open_from(host).await.unwrap_err();
            assert!(matches!(&error, StateError::Locked { holder, .. } if holder.pid == 42), "{error}");
        }
    }
    session.record(vec![put("a")]).await.unwrap();
    session.finish().await.unwrap();
    world.open_from("elsewhere").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dead_holder_frees_the_lock_at_once_here_and_by_expiry_elsewhere() {
    let world = World::new();
    drop(world.open().await);
    drop(world.open().await);
    let error = world.open_from("elsewhere").await.unwrap_err();
    assert!(matches!(error, StateError::Locked { expires_in, .. } if expires_in <= Duration::from_secs(30)));
    advance(Duration::from_secs(31)).await;
    world.open_from("elsewhere").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_can_wait_for_the_lock() {
    let world = World::new();
    drop(world.open().await);
    let options = SessionOptions { wait: Duration::from_secs(60), ..options("elsewhere") };
    let begin = Instant::now();
    Session::open(Arc::new(world.backend()), options).await.unwrap();
    assert!(begin.elapsed() <= Duration::from_secs(32));
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_lock_writes_nothing_more() {
    let world = World::new();
    let old = world.open().await;
    old.record(vec![put("a")]).await.unwrap();
    let mut lost = old.lost();
    assert_eq!(world.backend().break_lock("here", true).await.unwrap().unwrap().pid, 42);
    // The mark on this machine is still the old holder's, so another one takes over from elsewhere.
    let new = world.open_from("elsewhere").await.unwrap();
    let error = old.record(vec![put("b")]).await.unwrap_err();
    assert!(matches!(&error, StateError::LockLost { to: Some(holder) } if holder.host == "elsewhere"), "{error}");
    lost.changed().await.unwrap();
    assert!(old.finish().await.is_err());
    new.record(vec![put("c")]).await.unwrap();
    assert_eq!(names(&new.finish().await.unwrap()), ["a", "c"]);
}

#[tokio::test(start_paused = true)]
async fn only_a_dead_holder_loses_its_lock_unasked() {
    let world = World::new();
    let alive = world.open().await;
    for host in ["here", "elsewhere"] {
        let error = world.backend().break_lock(host, false).await.unwrap_err();
        assert!(matches!(&error, StateError::Locked { holder, .. } if holder.pid == 42), "{host}: {error}");
    }
    alive.record(vec![put("a")]).await.unwrap();
    // As a crash does: the process and its mark are gone, the lease stands.
    drop(alive);
    tokio::task::yield_now().await;
    let error = world.backend().break_lock("elsewhere", false).await.unwrap_err();
    assert!(matches!(error, StateError::Locked { .. }), "another machine cannot know: {error}");
    assert_eq!(world.backend().break_lock("here", false).await.unwrap().unwrap().pid, 42);
    assert_eq!(world.backend().break_lock("here", false).await.unwrap(), None, "free");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_nobody_renewed_may_be_broken_from_anywhere() {
    let world = World::new();
    drop(world.open().await);
    tokio::task::yield_now().await;
    advance(Duration::from_secs(31)).await;
    assert_eq!(world.backend().break_lock("elsewhere", false).await.unwrap().unwrap().pid, 42);
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_notices_a_lost_lock() {
    let world = World::new();
    let session = world.open().await;
    let mut lost = session.lost();
    world.backend().break_lock("here", true).await.unwrap();
    lost.changed().await.unwrap();
    assert!(matches!(*lost.borrow(), Some(StateError::LockLost { .. })));
}

#[tokio::test(start_paused = true)]
async fn no_secret_reaches_the_disk() {
    let world = World::new();
    let session = world.open().await;
    let mut secret = record("a");
    let hidden = Value::Secret(Secret::new("hunter2".into(), "salt"));
    secret.inputs = Value::Map([("Password".into(), Value::from(vec![hidden.clone()]))].into());
    secret.attributes = secret.inputs.clone();
    let intent = Intent { id: "1".into(), stage: Stage::Create, record: secret.clone(), handle: None, deposed: None };
    session.record(vec![Entry::Intent(Box::new(intent))]).await.unwrap();
    session
        .record(vec![Entry::Settled {
            id: "1".into(),
            outcome: Box::new(Outcome::Recorded { record: Box::new(secret) }),
        }])
        .await
        .unwrap();
    let values = BTreeMap::from([("password".into(), hidden)]);
    session.record(vec![Entry::Outputs { stack: "shop".parse().unwrap(), values }]).await.unwrap();
    let journal = world.journal();
    session.finish().await.unwrap();
    let state = world.files.content(Path::new("/state/local.state.json")).unwrap();
    for bytes in [journal, state] {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("$secret") && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn on_a_real_disk_it_works_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("deep").join("state");
    let open = || async {
        let backend = LocalBackend::new(&place, "local".parse().unwrap());
        Session::open(Arc::new(backend), options("here")).await
    };
    let session = open().await.unwrap();
    assert!(matches!(open().await, Err(StateError::Locked { .. })));
    session.record(vec![put("a")]).await.unwrap();
    drop(session);
    let session = open().await.unwrap();
    assert_eq!(names(&session.snapshot()), ["a"]);
    let saved = session.finish().await.unwrap();
    let loaded = LocalBackend::new(&place, "local".parse().unwrap()).load().await.unwrap().unwrap();
    assert_eq!(loaded.snapshot, saved);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.join("local.state.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may not read it");
    }
}
