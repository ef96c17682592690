//! Closing an AWS account through the program: never by a plan, only by its own command, and only by who names it twice.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;

const ENVIRONMENT: &str = r#"environment: local
target: simulator
region: us-east-2
accounts:
  management: {id: "111111111111"}
  retail: {id: "333333333333", role: OrganizationAccountAccessRole}
simulator:
  timeScale: 600
ephemeral: true
"#;

const STACK: &str = r#"stack: organization
account: management
resources:
  cards:
    type: AWS::Organizations::Account
    properties: {AccountName: cards, Email: aws+cards@example.com}
  bucket:
    type: AWS::S3::Bucket
    account: retail
outputs:
  cards: ${cards.AccountId}
"#;

#[test]
fn an_account_is_closed_only_by_who_types_its_id() {
    let project = TestProject::empty();
    project.write("environments/local.yaml", ENVIRONMENT);
    project.write("stacks/organization.yaml", STACK);
    let applied = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let outputs = applied.json_lines("outputs").pop().unwrap();
    let id = outputs["outputs"]["organization"]["cards"].as_str().unwrap().to_owned();

    // A destroy does not, and names what does.
    let destroyed =
        project.charter(&["destroy", "-e", "local", "--yes", "--target", "organization/cards"]).ends_with(5);
    let command = "charter account close organization/cards -e local";
    assert!(destroyed.stderr.contains(command), "{}", destroyed.stderr);

    let close = |more: &[&str]| {
        let arguments = ["account", "close", "organization/cards", "-e", "local"];
        project.charter(&[&arguments, more].concat())
    };
    let nobody = close(&[]).ends_with(3);
    assert!(nobody.stderr.contains("--confirm ID"), "{}", nobody.stderr);
    let wrong = close(&["--confirm", "111111111111"]).ends_with(3);
    assert!(wrong.stderr.contains("nothing was changed"), "{}", wrong.stderr);
    let closed = close(&["--confirm", &id]).succeeds();
    for part in ["after 90 days", "is closed", "Take the block organization/cards out"] {
        assert!(closed.stderr.contains(part), "{part}: {}", closed.stderr);
    }
    assert!(close(&[]).succeeds().stderr.contains("is closed already"));

    // What still holds resources is refused, and so is what manages the others.
    let held =
        project.charter(&["account", "close", "retail", "-e", "local", "--confirm", "333333333333"]).ends_with(3);
    assert!(held.stderr.contains("still holds 1 resources of the state: organization/bucket"), "{}", held.stderr);
    let own =
        project.charter(&["account", "close", "management", "-e", "local", "--confirm", "111111111111"]).ends_with(3);
    assert!(own.stderr.contains("manages the organization"), "{}", own.stderr);

    // The block of the closed one can go.
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    let forced = ["account", "close", "retail", "-e", "local", "--confirm", "333333333333"];
    assert!(project.charter(&forced).succeeds().stderr.contains("is closed"));
}

/// Kills the command as soon as a file of the project holds a text. The calls of the simulated cloud take a while, so the moment
/// can be met.
fn kill_when(project: &TestProject, arguments: &[&str], file: &str, holds: &str) {
    let mut child = project.start(arguments);
    let begin = std::time::Instant::now();
    while !std::fs::read_to_string(project.path().join(file)).is_ok_and(|text| text.contains(holds)) {
        assert!(begin.elapsed().as_secs() < 60, "{file} never held {holds}");
        assert!(child.try_wait().expect("the child can be asked").is_none(), "it ended before {holds}");
        std::thread::yield_now();
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

#[test]
fn a_closing_of_an_account_that_was_interrupted_is_found_out_about() {
    let project = TestProject::empty();
    let slow = "simulator:\n  faults: {latencyMilliseconds: 300}\n";
    project.write("environments/local.yaml", &ENVIRONMENT.replace("simulator:\n", slow));
    project.write(
        "stacks/organization.yaml",
        &STACK.replace("  bucket:\n    type: AWS::S3::Bucket\n    account: retail\n", ""),
    );
    let applied = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let outputs = applied.json_lines("outputs").pop().unwrap();
    let id = outputs["outputs"]["organization"]["cards"].as_str().unwrap().to_owned();
    let close = ["account", "close", "organization/cards", "-e", "local", "--confirm", &id];

    // Before the call has any effect: the next run knows of it, looks, and does not close it by itself.
    kill_when(&project, &close, ".charter/state/local.journal", "close-account");
    let next = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let told = format!("interrupted while it closed account {id}");
    assert!(next.stderr.contains(&told) && next.stderr.contains("it is ACTIVE and was not closed"), "{}", next.stderr);
    let again = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(!again.stderr.contains(&told), "{}", again.stderr);

    // After it: what became of it is found out.
    kill_when(&project, &close, ".charter/simulator/local.calls", "CloseAccount");
    let closed = project.charter(&close).succeeds();
    assert!(closed.stderr.contains(&told) && closed.stderr.contains("is closed already"), "{}", closed.stderr);
    assert!(!project.read(".charter/state/local.state.json").contains("close-account"));
}
