//! The short run of the default checks: every input of the corpus, and a bounded number of mutated ones. `FUZZ_EXECUTIONS` raises the number.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a finding is a panic, and tells its input"
)]

use charter_fuzz::campaign::{self, Until};
use charter_fuzz::corpus;
use charter_fuzz::targets::Target;

/// Runs a target; `executions` is chosen so that each takes a few seconds in a build without optimisation.
fn short_run(name: &str, executions: u64) {
    let target = Target::find(name).expect("a target of this name");
    let corpus = corpus::load(name).expect("the corpus can be read");
    assert!(!corpus.is_empty(), "there is no corpus for {name}");
    let more = std::env::var("FUZZ_EXECUTIONS").ok().and_then(|text| text.parse().ok());
    let until = Until::Executions(more.unwrap_or(executions));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcome = campaign::run(target, &corpus, 1, until, &folder.path().join("current")).expect("the campaign runs");
    for (input, said) in &outcome.findings {
        println!("{said}\n--- the input\n{}\n---", String::from_utf8_lossy(input));
    }
    assert!(outcome.findings.is_empty(), "{name}: {} findings", outcome.findings.len());
    println!("{name}: {} executions", outcome.executions);
}

#[test]
fn expressions_of_any_text() {
    short_run("expression", 300);
}

#[test]
fn journals_of_any_bytes() {
    short_run("journal", 1000);
}

#[test]
fn saved_plans_of_any_text() {
    short_run("plan", 500);
}

#[test]
fn policy_documents_of_any_text() {
    short_run("policy", 3000);
}

#[test]
fn requests_of_any_bytes() {
    short_run("request", 500);
}

#[test]
fn stacks_of_any_text() {
    short_run("stack", 300);
}
