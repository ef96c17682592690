//! The program by itself. That there is a test here has cargo build the program along with the workspace's tests.

#![allow(clippy::unwrap_used, reason = "a test that finds something else must fail")]

use std::process::{Command, Output};

fn charter(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_charter")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

#[test]
fn help_says_what_it_is_for_and_names_every_command() {
    let output = charter(&["--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Provisions governed generative-AI platforms on AWS"), "{text}");
    for command in ["init", "validate", "preview", "apply", "destroy", "drift", "import", "output", "explain", "state"]
    {
        assert!(text.contains(&format!("\n  {command} ")), "{command} is missing from\n{text}");
    }
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_it_does_not_know_is_invalid_input() {
    let output = charter(&["aply"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("apply"));
    assert!(output.stdout.is_empty());
}
