//! The stack product-reviews stopped dead at the points of a run, and at those of the recovery from it.

use charter_tests::crash::case::{Case, Sweep, paused, replay};
use charter_tests::crash::figures::Figures;
use charter_tests::crash::scenario::Reviews;
use std::sync::Arc;

/// Of all cases every so many are taken; which, turns with the seed.
const STRIDE: usize = 6;

/// Of all crash points every so many also has its recovery stopped dead, at one of its points.
const STRIDE_OF_RECOVERIES: usize = 16;

fn seed() -> usize {
    std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

fn sweep(which: Reviews, least: usize) {
    let figures: Arc<Figures> = Arc::default();
    let mut failures = Vec::new();
    paused(async {
        let sweep = Sweep::new(which, &figures).await.unwrap();
        let cases = sweep.cases();
        assert!(cases.len() > least, "only {} crash points", cases.len());
        for (index, case) in cases.iter().enumerate() {
            if (index + seed()).is_multiple_of(STRIDE)
                && let Err(error) = sweep.judge(*case).await
            {
                failures.push(format!("{case}: {error}\n{}", replay(*case)));
            }
            if (index + seed()).is_multiple_of(STRIDE_OF_RECOVERIES)
                && let Case::Crash { scenario, point, disk, .. } = *case
            {
                let points = sweep.points_of_recovery(*case).await.unwrap();
                let again = (index + seed()) / STRIDE_OF_RECOVERIES % points;
                let case = Case::Crash { scenario, point, disk, again: Some(again) };
                if let Err(error) = sweep.judge(case).await {
                    failures.push(format!("{case}: {error}\n{}", replay(case)));
                }
            }
        }
    });
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn a_first_apply() {
    sweep(Reviews::Apply, 100);
}

#[test]
fn changes_in_place() {
    sweep(Reviews::Update, 30);
}

#[test]
fn a_replacement_the_new_one_first() {
    sweep(Reviews::CreateFirst, 50);
}

#[test]
fn a_replacement_the_old_one_first() {
    sweep(Reviews::DeleteFirst, 50);
}

#[test]
fn a_destroy() {
    sweep(Reviews::Destroy, 60);
}
