//! SIGKILL at random points of an apply and of a destroy, with real processes over real HTTP. After each, the next run goes on;
//! at the end nothing is orphaned and nothing is there twice. Judged by the simulator's own inventory.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{TestProject, names};
use std::io::{BufRead, BufReader};
use std::time::Duration;

const KILLS: u64 = 10;

/// At most so many reports are followed before a kill: the first few are about reading and the plan.
const LONGEST: u64 = 9;

/// A small generator of its own (splitmix64): the test prints its seed, and replays with it.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *seed;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Starts the command, follows what it reports, and kills it between two reports: at a random point of the work whatever the
/// speed of the machine. Whether it was killed; else it had ended by itself.
fn killed(project: &TestProject, arguments: &[&str], seed: &mut u64) -> bool {
    let mut child = project.start(arguments);
    let reports = BufReader::new(child.stdout.take().expect("it has an output"));
    let followed = 1 + random(seed) % LONGEST;
    for report in reports.lines().take(usize::try_from(followed).expect("a small number")) {
        let _ = report.expect("reports are text");
    }
    // Somewhere between two reports, not always right behind one.
    std::thread::sleep(Duration::from_micros(random(seed) % 20_000));
    let ended = child.try_wait().expect("the child can be asked").is_some();
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    !ended
}

/// Kills the command ten times. Where the work is done before the tenth, `again` makes new work of the same kind.
fn kill_often(project: &TestProject, arguments: &[&str], again: &[&str], seed: &mut u64) {
    let mut kills = 0;
    while kills < KILLS {
        if killed(project, arguments, seed) {
            kills += 1;
        } else {
            let _ = project.charter(again).succeeds();
        }
    }
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
    let apply = ["apply", "-e", "local", "--yes", "--json"];
    let destroy = ["destroy", "-e", "local", "--yes", "--json"];
    kill_often(&project, &apply, &destroy, &mut seed);
    let _ = project.charter(&apply).succeeds();
    assert_eq!(names(&project.inventory()), expected);
    let settled = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(settled.stdout.contains("No changes"), "{}", settled.stdout);

    kill_often(&project, &destroy, &apply, &mut seed);
    let _ = project.charter(&destroy).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}
