//! What people must do outside AWS, as a user meets it: shown with what to enter, open until confirmed, in nobody's way but of what
//! needs it, open again when it changes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{Run, TestProject};

const STACK: &str = r#"stack: a
account: main
resources:
  documents: {type: AWS::S3::Bucket}
  okta:
    type: Charter::Manual::HandOff
    properties:
      Recipient: the administrator of Okta
      Summary: Lets people sign in.
      Entries:
        - {Section: General, Field: Sign-in redirect URI, Value: "https://${documents.Arn}/callback"}
        - {Section: Claims, Field: "https://aws.amazon.com/tags", Value: "{\"principal_tags\": {}}", Note: in the ID token}
  reader:
    type: AWS::S3::Bucket
    dependsOn: [okta]
  last:
    type: AWS::SSM::Parameter
    properties: {Name: last, Type: String, Value: "${reader.Arn}"}
outputs:
  reader: ${reader.Arn}
"#;

fn project() -> TestProject {
    let project = TestProject::empty();
    project.write(
        "environments/local.yaml",
        "environment: local\ntarget: simulator\nregion: us-east-1\naccounts:\n  main: {id: \"111111111111\"}\n\
         simulator: {timeScale: 5000}\n",
    );
    project.write("stacks/a.yaml", STACK);
    project
}

fn has(run: &Run, expected: &[&str]) {
    for text in expected {
        assert!(run.stdout.contains(text) || run.stderr.contains(text), "{text}\n{}\n{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_hand_off_holds_only_what_needs_it_until_it_is_confirmed() {
    let project = project();
    let apply = ["apply", "-e", "local", "--yes"];
    let run = project.charter(&apply).ends_with(0);
    has(
        &run,
        &[
            "a/documents created",
            "a/okta created",
            "Sign-in redirect URI",
            "https://arn:aws:s3:::",
            "(in the ID token)",
        ],
    );
    has(&run, &["2 to create, 2 waiting for a hand-off", "charter handoff confirm a/okta -e local"]);
    assert!(!run.stderr.contains("a/reader"), "{}", run.stderr);
    let saved = std::fs::read_to_string(project.path().join(".charter/handoff/local/a-okta.txt")).unwrap();
    assert!(saved.contains("{\"principal_tags\": {}}") && !saved.contains('\u{1b}'), "{saved}");

    // Nothing to do, and yet it is not forgotten.
    let run = project.charter(&["preview", "-e", "local", "--detailed-exitcode"]).ends_with(0);
    has(&run, &["waits for the hand-off a/okta", "open hand-offs", "charter handoff show a/okta -e local"]);
    drop(project.charter(&["handoff", "list", "-e", "local", "--detailed-exitcode"]).ends_with(2));
    let unknown = project.charter(&["handoff", "confirm", "oktaa", "-e", "local"]).ends_with(3);
    has(&unknown, &["there is no hand-off oktaa", "a/okta"]);

    let run = project.charter(&["handoff", "confirm", "a/okta", "-e", "local"]).ends_with(0);
    has(&run, &["a/okta is confirmed"]);
    drop(project.charter(&["handoff", "list", "-e", "local", "--detailed-exitcode"]).ends_with(0));
    let shown = project.charter(&["--json", "handoff", "show", "a/okta", "-e", "local"]).ends_with(0);
    let line: serde_json::Value = serde_json::from_str(shown.stdout.trim()).unwrap();
    assert_eq!((&line["type"], &line["confirmed"]), (&"hand-off".into(), &true.into()));
    assert_eq!(line["entries"][1]["note"], "in the ID token");

    let run = project.charter(&apply).ends_with(0);
    has(&run, &["a/reader created", "a/last created"]);
    let run = project.charter(&apply).ends_with(0);
    has(&run, &["No changes: 4 unchanged."]);

    // A change of what is to be entered asks for it anew.
    project.edit("stacks/a.yaml", "/callback", "/authorization-code/callback");
    let run = project.charter(&apply).ends_with(0);
    has(&run, &["a/okta changed", "/authorization-code/callback", "open hand-off:"]);
    drop(project.charter(&["handoff", "list", "-e", "local", "--detailed-exitcode"]).ends_with(2));

    // Who destroys waits for nobody.
    drop(project.charter(&["destroy", "-e", "local", "--yes"]).ends_with(0));
}
