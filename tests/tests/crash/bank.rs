//! The bank, many accounts in one plan, stopped dead at random points of its apply and of its destroy.

use charter_planner::Mode;
use charter_tests::TestProject;
use charter_tests::crash::case::{paused, stopped_anywhere};
use charter_tests::crash::scenario::{Scenario, graph, scenario};
use std::sync::Arc;

/// So many points of each run.
const POINTS: usize = 4;

/// The organization is adopted by its id, which the simulator draws from this seed.
const CLOUD: u64 = 0;

fn seed() -> u64 {
    std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

async fn bank(mode: Mode) -> Scenario {
    let project = TestProject::with_stacks(&["data-governance", "data-lake", "marketing", "organization"]);
    let graph = Arc::new(graph(&project).unwrap());
    let before = (mode == Mode::Destroy).then(|| graph.clone());
    scenario(before, graph, mode, CLOUD, &Arc::default()).await.unwrap()
}

#[test]
fn an_apply_over_many_accounts() {
    let judged = paused(async { stopped_anywhere(&bank(Mode::Apply).await, POINTS, seed()).await });
    assert_eq!(judged, Ok(()));
}

#[test]
fn a_destroy_over_many_accounts() {
    let judged = paused(async { stopped_anywhere(&bank(Mode::Destroy).await, POINTS, seed()).await });
    assert_eq!(judged, Ok(()));
}
