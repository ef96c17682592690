//! The assistant of the bank, with its hand-off, stopped dead at random points of its applies, of an update and of its destroy.

use charter_tests::crash::assistant::{Assistant, assistant};
use charter_tests::crash::case::{Case, paused, run, stopped_anywhere};
use std::sync::Arc;

/// So many points of each run.
const POINTS: usize = 4;

fn seed() -> u64 {
    std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn stopped(which: Assistant) {
    let judged = paused(async {
        let scenario = assistant(which, seed(), &Arc::default()).await?;
        stopped_anywhere(&scenario, POINTS, seed()).await
    });
    assert_eq!(judged, Ok(()), "{which}");
}

#[test]
fn a_first_apply() {
    stopped(Assistant::Apply);
}

#[test]
fn the_apply_after_the_hand_off() {
    stopped(Assistant::Confirmed);
}

#[test]
fn an_update_that_opens_the_hand_off_again() {
    stopped(Assistant::Update);
}

#[test]
fn a_destroy() {
    stopped(Assistant::Destroy);
}

#[test]
fn crashes_and_faults_together() {
    for which in Assistant::ALL {
        assert_eq!(run(Case::Assistant(which, seed()), &Arc::default()), Ok(()), "{which}:{}", seed());
    }
}
