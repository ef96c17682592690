//! Bad input, as a user meets it: the culprit underlined, everything at once, exit code 3, nothing touched.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;

fn project(stack: &str) -> TestProject {
    let project = TestProject::empty();
    project.write(
        "environments/local.yaml",
        "environment: local\ntarget: simulator\nregion: us-east-1\naccounts:\n  main: {id: \"111111111111\"}\n",
    );
    project.write("stacks/a.yaml", stack);
    project
}

#[test]
fn all_mistakes_are_told_at_once_and_nothing_is_touched() {
    let project = project(
        "stack: a\naccount: main\nresources:\n  index:\n    type: AWS::Kendra::Index\n    properties:\n      \
         Name: docs\n      Editon: DEVELOPER_EDITION\n      RoleArn: ${role.Arm}\n  role:\n    type: AWS::IAM::Rol\n",
    );
    let run = project.charter(&["apply", "-e", "local", "--yes"]).ends_with(3);
    for expected in ["Editon", "did you mean", "AWS::IAM::Role", "stacks/a.yaml:8", "nothing was touched"] {
        assert!(run.stderr.contains(expected), "{expected} is missing from\n{}", run.stderr);
    }
    assert!(!project.path().join(".charter").exists(), "something was touched");
}

#[test]
fn input_that_is_no_yaml_at_all_is_an_error_like_any_other() {
    for (bytes, what) in [
        (&b"\xff\xfe\x00"[..], "not UTF-8"),
        (b"", "empty"),
        (b"a: &a [*a, *a]\n", "an alias that refers to itself"),
        (b"stack: [unclosed\n", "unclosed"),
    ] {
        let project = project("");
        std::fs::write(project.path().join("stacks/a.yaml"), bytes).unwrap();
        let run = project.charter(&["validate", "-e", "local"]).ends_with(3);
        assert!(run.stderr.contains("stacks/a.yaml"), "{what}:\n{}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{what}:\n{}", run.stderr);
    }
}

#[test]
fn an_unknown_environment_stack_or_type_says_what_was_meant() {
    let project = project("stack: a\naccount: main\nresources: {}\n");
    let environment = project.charter(&["preview", "-e", "locl"]).ends_with(3);
    assert!(environment.stderr.contains("local"), "{}", environment.stderr);
    let stack = project.charter(&["preview", "-e", "local", "b"]).ends_with(3);
    assert!(stack.stderr.contains("there is no stack b"), "{}", stack.stderr);
    let kind = project.charter(&["explain", "AWS::Kendra::Indx"]).ends_with(3);
    assert!(kind.stderr.contains("did you mean AWS::Kendra::Index?"), "{}", kind.stderr);
    let flag = project.charter(&["preview", "--nonsense"]).ends_with(3);
    assert!(flag.stderr.contains("--nonsense"), "{}", flag.stderr);
}

#[test]
fn what_the_repository_ships_is_valid_in_every_environment() {
    let project = TestProject::of_the_repository();
    let run = project.charter(&["validate"]).succeeds();
    for environment in ["dev", "local", "prod", "test"] {
        assert!(run.stderr.contains(&format!("✓ {environment}")), "{}", run.stderr);
    }
    let knowledge = ["--set", "product-reviews.retriever=knowledge-base", "product-reviews"];
    let other = project.charter(&[&["preview", "-e", "prod", "--offline"], &knowledge[..]].concat()).succeeds();
    assert!(other.stdout.contains("AWS::Bedrock::KnowledgeBase"), "{}", other.stdout);
    assert!(!other.stdout.contains("AWS::Kendra::Index"), "{}", other.stdout);
}
