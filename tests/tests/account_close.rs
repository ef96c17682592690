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
