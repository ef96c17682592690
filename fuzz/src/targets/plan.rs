//! Saved plans, edited by anybody. They are read or refused; what is read is written back as the same, can be asked everything
//! that is asked of plans, and can be carried out to an end against a cloud that agrees to everything.

use super::graph::empty_graph;
use super::stub::Agreeable;
use charter_catalog::Catalog;
use charter_executor::{ApplyOptions, ApplyRequest, EnvironmentSecrets, Interrupt};
use charter_lang::Language;
use charter_planner::{Plan, snapshot_digest};
use charter_state::{
    Backend, Fresh, Holder, LocalBackend, MemoryFiles, Session, SessionOptions, Snapshot, SystemClock,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(plan) = Plan::from_json(text) else { return };
    let written = plan.to_json().expect("a plan can be saved");
    let again = Plan::from_json(&written).unwrap_or_else(|error| panic!("{error:?}\n{written}"));
    assert_eq!(again.to_json().expect("a plan can be saved"), written, "a plan reads back as another");
    let _ = (plan.counts(), plan.has_changes(), plan.is_empty(), plan.changed_outputs());
    let snapshot = Snapshot::new(plan.environment.clone(), plan.state_lineage.clone(), "salt");
    let _ = plan.check_fresh(&snapshot);
    let _ = charter_planner::verify(&plan, &empty_graph(), &snapshot);
    let mut restored = plan.clone();
    let _ = charter_planner::restore_secrets(&mut restored, &empty_graph(), Catalog::embedded(), "salt");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(carry_out(plan));
}

async fn carry_out(mut plan: Plan) {
    let environment = plan.environment.clone();
    let files = Arc::new(MemoryFiles::new());
    let backend = Arc::new(LocalBackend::with("/state", environment.clone(), files, Arc::new(SystemClock)));
    let holder = Holder {
        user: "ada".into(),
        host: "here".into(),
        pid: 1,
        command: "apply".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    let fresh = Fresh { lineage: "lineage".into(), salt: "salt".into() };
    let options = SessionOptions { environment, holder, fresh, wait: Duration::ZERO };
    let session = Session::open(backend.clone(), options).await.expect("a fresh state opens");
    session.read(|snapshot| {
        plan.state_lineage = snapshot.lineage.clone();
        plan.state_serial = snapshot.serial;
        plan.state_digest = snapshot_digest(snapshot);
    });
    let (_keep, interrupt) = watch::channel(Interrupt::None);
    let language = Language::new();
    let applied = charter_executor::apply(ApplyRequest {
        plan: &plan,
        provider: &Agreeable,
        state: &session,
        evaluator: &language,
        catalog: Catalog::embedded(),
        secrets: &EnvironmentSecrets,
        options: ApplyOptions::new("run", 7),
        events: mpsc::unbounded_channel().0,
        interrupt,
    });
    // A day of virtual time is more than any of it may take.
    let _ = tokio::time::timeout(Duration::from_secs(86_400), applied).await.expect("an apply comes to an end");
    session.finish().await.expect("the state can be saved");
    backend.load().await.expect("the state loads");
}
