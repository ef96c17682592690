//! What Charter plans, written as CloudFormation templates, has no error for cfn-lint: a reader of the same registry schemas, and of
//! much that they do not say. Skipped, and said so, without the Python of the checks.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{TestProject, repository};
use std::path::Path;
use std::process::Command;

/// The Python of the checks.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("CHARTER_PYTHON");
    if python.is_none() {
        eprintln!("skipped: CHARTER_PYTHON names no Python with cfn-lint (cargo xtask test sets it)");
    }
    python
}

/// Every stack of the repository, and the example of every module as a stack beside the others' modules.
fn projects() -> Vec<(String, TestProject)> {
    let mut projects = vec![("stacks".to_owned(), TestProject::of_the_repository())];
    for entry in std::fs::read_dir(repository().join("modules")).unwrap() {
        let module = entry.unwrap().path();
        let example = std::fs::read_to_string(module.join("example.yaml")).expect("every module has an example");
        let project = TestProject::with_stacks(&[]);
        project.write("stacks/example.yaml", &example);
        projects.push((module.file_name().unwrap().to_string_lossy().into_owned(), project));
    }
    projects
}

/// Each plan is a file of the folder.
fn check(python: &std::ffi::OsStr, plans: &Path) -> (bool, String) {
    let script = repository().join("tests").join("tests").join("cfn_lint_checks.py");
    let output = Command::new(python).arg(script).arg(plans).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), words)
}

#[test]
fn every_stack_and_example_is_a_template_without_an_error() {
    let Some(python) = python() else { return };
    let plans = tempfile::tempdir().unwrap();
    for (name, project) in projects() {
        let alternatives: &[&[&str]] = match name.as_str() {
            "stacks" => &[
                &[],
                &[
                    "--set",
                    "product-reviews.retriever=knowledge-base",
                    "--set",
                    "operating-model.operatingModel=centralized",
                ],
                &["--set", "operating-model.operatingModel=decentralized"],
            ],
            _ => &[&[]],
        };
        for (place, more) in alternatives.iter().enumerate() {
            let arguments = [&["preview", "-e", "local", "--json"], *more].concat();
            let plan = project.charter(&arguments).succeeds().json_lines("plan").pop().expect("a preview shows a plan");
            std::fs::write(plans.path().join(format!("{name}-{place}.json")), plan.to_string()).unwrap();
        }
    }
    let (clean, words) = check(&python, plans.path());
    assert!(clean, "{words}");
    println!("{words}");
}

#[test]
fn a_plan_that_cloudformation_would_refuse_is_found() {
    let Some(python) = python() else { return };
    let project = TestProject::with_stacks(&["product-reviews"]);
    let plan = project.charter(&["preview", "-e", "local", "--json"]).succeeds().json_lines("plan").pop().unwrap();
    for (right, wrong, rule) in [
        // A wrong value, an attribute that is not there, a resource that is not there.
        ("\"aurora-postgresql\"", "\"aurora-oracle\"", "E3"),
        ("databaseGroup.GroupId", "databaseGroup.GroupNumber", "E1010"),
        ("product-reviews/knowledge.index\"}", "product-reviews/knowledge.nothing\"}", "E1010"),
    ] {
        let text = plan.to_string();
        assert!(text.contains(right), "{right} is not in the plan");
        let plans = tempfile::tempdir().unwrap();
        std::fs::write(plans.path().join("plan.json"), text.replace(right, wrong)).unwrap();
        let (clean, words) = check(&python, plans.path());
        assert!(!clean && words.contains(rule), "{wrong}: {words}");
    }
}
