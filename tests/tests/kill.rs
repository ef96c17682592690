//! SIGKILL at random points of an apply and of a destroy, with real processes over real HTTP. After each, the next run goes on;
//! at the end nothing is orphaned and nothing is there twice. Judged by the simulator's own inventory.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::crash::random::Random;
use charter_tests::{TestProject, names};
use std::io::{BufRead, BufReader};
use std::time::Duration;

const KILLS: u64 = 10;

/// At most so many reports are followed before a kill: the first few are about reading and the plan.
const LONGEST: usize = 9;

/// Starts the command, follows what it reports, and kills it between two reports: at a random point of the work whatever the
/// speed of the machine. Whether it was killed; else it had ended by itself.
fn killed(project: &TestProject, arguments: &[&str], random: &mut Random) -> bool {
    let mut child = project.start(arguments);
    let reports = BufReader::new(child.stdout.take().expect("it has an output"));
    let followed = 1 + random.below(LONGEST);
    for report in reports.lines().take(followed) {
        let _ = report.expect("reports are text");
    }
    // Somewhere between two reports, not always right behind one.
    std::thread::sleep(Duration::from_micros(random.draw() % 20_000));
    let ended = child.try_wait().expect("the child can be asked").is_some();
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    !ended
}

/// Kills the command ten times. Where the work is done before the tenth, `again` makes new work of the same kind.
fn kill_often(project: &TestProject, arguments: &[&str], again: &[&str], random: &mut Random) {
    let mut kills = 0;
    while kills < KILLS {
        if killed(project, arguments, random) {
            kills += 1;
        } else {
            let _ = project.charter(again).succeeds();
        }
    }
}

/// Kills applies of a stack and then destroys of it, as often as that.
fn killed_again_and_again(stack: &str) {
    let seed: u64 = std::env::var("CHARTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    eprintln!("replay with CHARTER_SEED={seed}");
    let random = &mut Random::new(seed);

    // What an undisturbed apply leaves.
    let calm = TestProject::with_stacks(&[stack]);
    let _ = calm.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let expected = names(&calm.inventory());

    let project = TestProject::with_stacks(&[stack]);
    let apply = ["apply", "-e", "local", "--yes", "--json"];
    let destroy = ["destroy", "-e", "local", "--yes", "--json"];
    kill_often(&project, &apply, &destroy, random);
    let _ = project.charter(&apply).succeeds();
    assert_eq!(names(&project.inventory()), expected);
    let settled = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(settled.stdout.contains("No changes"), "{}", settled.stdout);

    kill_often(&project, &destroy, &apply, random);
    let _ = project.charter(&destroy).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn killed_again_and_again_nothing_is_orphaned_and_nothing_is_there_twice() {
    killed_again_and_again("product-reviews");
}

#[test]
fn nor_of_the_assistant_with_its_hand_off() {
    killed_again_and_again("assistant");
}
