//! An account that the plan makes and then fills, stopped dead at random points: what is in an account that no file names is found
//! again, and no second account is made.

use charter_planner::Mode;
use charter_tests::TestProject;
use charter_tests::crash::case::{paused, stopped_anywhere};
use charter_tests::crash::scenario::{graph, scenario};
use std::sync::Arc;

/// So many points.
const POINTS: usize = 12;

fn seed() -> u64 {
    std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

#[test]
fn an_account_that_is_made_and_filled() {
    let project = TestProject::with_made_account();
    let judged = paused(async {
        let graph = Arc::new(graph(&project).unwrap());
        let scenario = scenario(None, graph, Mode::Apply, 0, &Arc::default()).await.unwrap();
        stopped_anywhere(&scenario, POINTS, seed()).await
    });
    assert_eq!(judged, Ok(()));
}
