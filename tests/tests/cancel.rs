//! What a cancelled GitHub job gets: SIGINT, SIGTERM 7.5 s later, SIGKILL 2.5 s after that (GitHub Docs, "Workflow cancellation
//! reference"). A run that has something to wait for must have ended by itself before the last one, and the next run goes on.
//!
//! Nothing here waits for a time: the cloud is so slow that work outlasts any of them, and signals follow the run's own reports.

#![cfg(unix)]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{TestProject, names};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

const SLOW: &str = "timeScale: 1\n";
const FAST: &str = "timeScale: 5000\n";

/// Between the second and the last signal.
const GRACE: Duration = Duration::from_millis(2500);

struct Running {
    child: Child,
    reports: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(project: &TestProject, arguments: &[&str]) -> Self {
        let mut child = project.start(arguments);
        let reports = BufReader::new(child.stdout.take().expect("it has an output")).lines();
        Self { child, reports }
    }

    /// Reads on until one report says so.
    fn until(&mut self, is_it: impl Fn(&serde_json::Value) -> bool) {
        for report in self.reports.by_ref() {
            let report = report.expect("reports are text");
            if serde_json::from_str::<serde_json::Value>(&report).is_ok_and(|report| is_it(&report)) {
                return;
            }
        }
        panic!("the run ended before it reported so");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(status.success(), "kill {name}");
    }

    /// Reads to the end of its reports, which is the end of the run.
    fn ends(mut self) -> (Duration, Option<i32>) {
        let begin = Instant::now();
        assert!(self.reports.by_ref().all(|report| report.is_ok()));
        let status = self.child.wait().expect("it ends");
        (begin.elapsed(), status.code())
    }
}

fn is_event(name: &'static str) -> impl Fn(&serde_json::Value) -> bool {
    move |report| report["event"] == name
}

#[test]
fn a_cancelled_job_ends_in_time_and_the_next_run_goes_on() {
    let calm = TestProject::with_stacks(&["product-reviews"]);
    let _ = calm.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let expected = names(&calm.inventory());

    let project = TestProject::with_stacks(&["product-reviews"]);
    project.edit("environments/local.yaml", FAST, SLOW);
    for command in ["apply", "destroy"] {
        let arguments = [command, "-e", "local", "--yes", "--json"];
        // Once with time to end after each signal, once with none: then it may be anywhere, also in settling what the first left.
        for killed in [false, true] {
            let mut run = Running::start(&project, &arguments);
            run.until(is_event("waiting"));
            run.signal("-INT");
            if !killed {
                run.until(is_event("stopping"));
                run.signal("-TERM");
            }
            if killed {
                run.signal("-TERM");
                run.signal("-KILL");
                let (_, code) = run.ends();
                assert!(code.is_none_or(|code| code == 130), "{code:?}");
            } else {
                let (took, code) = run.ends();
                assert!(took < GRACE, "it took {took:?} to end after SIGTERM");
                assert_eq!(code, Some(130));
            }
        }
        project.edit("environments/local.yaml", SLOW, FAST);
        let _ = project.charter(&arguments).succeeds();
        let inventory = names(&project.inventory());
        match command {
            "apply" => {
                assert_eq!(inventory, expected);
                let again = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
                assert!(again.stdout.contains("No changes"), "{}", again.stdout);
            }
            _ => assert_eq!(inventory, Vec::<String>::new()),
        }
        project.edit("environments/local.yaml", FAST, SLOW);
    }
}
