//! SIGKILL at random points of an apply and of a destroy, with real processes over real HTTP. After each, the next run goes on;
//! at the end nothing is orphaned and nothing is there twice. Judged by the simulator's own inventory.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;
use std::time::Duration;

const KILLS: u64 = 10;

/// A small generator of its own (splitmix64): the test prints its seed, and replays with it.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Starts the command and kills it within `longest` milliseconds, again and again: short enough that what is left to do outlasts
/// all kills. Returns how often it was killed before it ended by itself.
fn kill_often(project: &TestProject, arguments: &[&str], longest: u64, seed: &mut u64) -> u64 {
    let mut killed = 0;
    for _ in 0..KILLS {
        let mut child = project.start(arguments);
        let wait = 100 + random(seed) % longest;
        std::thread::sleep(Duration::from_millis(wait));
        match child.try_wait().expect("the child can be asked") {
            Some(_) => break,
            None => {
                child.kill().expect("it can be killed");
                child.wait().expect("it ends");
                killed += 1;
            }
        }
    }
    killed
}

/// Every line but the ids: two of the same are a duplicate.
fn names(inventory: &[String]) -> Vec<String> {
    let mut names: Vec<String> =
        inventory.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    names.sort();
    names
}

#[test]
fn killed_again_and_again_nothing_is_orphaned_and_nothing_is_there_twice() {
    let mut seed: u64 = std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    eprintln!("replay with CHARTER_SEED={seed}");

    // What an undisturbed apply leaves.
    let calm = TestProject::of_the_repository();
    let _ = calm.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let expected = names(&calm.inventory());

    let project = TestProject::of_the_repository();
    let apply = ["apply", "-e", "local", "--yes"];
    assert_eq!(kill_often(&project, &apply, 1_500, &mut seed), KILLS);
    let _ = project.charter(&apply).succeeds();
    assert_eq!(names(&project.inventory()), expected);
    let settled = project.charter(&apply).succeeds();
    assert!(settled.stdout.contains("No changes"), "{}", settled.stdout);

    let destroy = ["destroy", "-e", "local", "--yes"];
    assert_eq!(kill_often(&project, &destroy, 900, &mut seed), KILLS);
    let _ = project.charter(&destroy).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}
