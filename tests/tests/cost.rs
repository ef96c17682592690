//! What is spent, through the program: the bill of the simulated cloud beside what the preview foretold, for a person, a review and a
//! machine.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;
use serde_json::Value;

// A second is two hours of a January.
const ENVIRONMENT: &str = r#"environment: local
target: simulator
region: us-east-1
accounts:
  management: {id: "111111111111"}
  retail: {id: "333333333333", role: OrganizationAccountAccessRole}
simulator:
  timeScale: 8000
  start: 2026-01-05T00:00:00Z
ephemeral: true
"#;

const STACK: &str = r#"stack: bank
account: retail
resources:
  retailKey:
    type: AWS::KMS::Key
    properties:
      KeyPolicy: &policy
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::333333333333:root"}, Action: "kms:*", Resource: "*"}]
      Tags: [{Key: lineOfBusiness, Value: retail}, {Key: costCenter, Value: "4711"}]
  cardsKey:
    type: AWS::KMS::Key
    properties:
      KeyPolicy: *policy
      Tags: [{Key: lineOfBusiness, Value: cards}, {Key: costCenter, Value: "4712"}]
  secondCardsKey:
    type: AWS::KMS::Key
    properties:
      KeyPolicy: *policy
      Tags: [{Key: lineOfBusiness, Value: cards}, {Key: costCenter, Value: "4712"}]
  platformKey:
    type: AWS::KMS::Key
    properties: {KeyPolicy: *policy}
  tags:
    type: Charter::Billing::CostAllocationTags
    account: management
    dependsOn: [retailKey, cardsKey, secondCardsKey]
    properties: {TagKeys: [lineOfBusiness, costCenter]}
"#;

fn project() -> TestProject {
    let project = TestProject::empty();
    project.write("environments/local.yaml", ENVIRONMENT);
    project.write("stacks/bank.yaml", STACK);
    project
}

const JANUARY: [&str; 7] = ["cost", "-e", "local", "--from", "2026-01-01", "--to", "2026-01-31"];

fn sum(rows: &[Value], value: &Value) -> f64 {
    rows.iter().filter(|row| row["value"] == *value).map(|row| row["amount"].as_f64().unwrap()).sum()
}

#[test]
fn the_bill_is_told_apart_by_line_of_business() {
    let project = project();
    let preview = project.charter(&["preview", "-e", "local", "--markdown"]).succeeds();
    for part in [
        "## charter preview -e local",
        "### Cost a month",
        "| cards | +$2.00 | $2.00 |",
        "| **total** | **+$4.00** | **$4.00** |",
    ] {
        assert!(preview.stdout.contains(part), "{part}: {}", preview.stdout);
    }

    let cost = |more: &[&str]| project.charter(&[&JANUARY, more].concat());
    let nothing = cost(&[]).succeeds();
    assert!(nothing.stderr.contains("No data yet"), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("The tag key lineOfBusiness is not active"), "{}", nothing.stderr);

    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    // The clock of the cloud goes on between the commands.
    let spent = cost(&["--json"]).succeeds().json_lines("spending").pop().unwrap();
    let rows = spent["rows"].as_array().unwrap().clone();
    assert!(rows.iter().all(|row| row["service"] == "AWS Key Management Service"), "{spent}");
    let (cards, retail) = (sum(&rows, &"cards".into()), sum(&rows, &"retail".into()));
    assert!(retail > 0.0 && cards > 1.5 * retail && cards < 2.5 * retail, "{spent}");
    assert!(sum(&rows, &Value::Null) > 0.0, "the platform's key has no tag: {spent}");
    assert_eq!(spent["active"], true);
    let planned = spent["listPriceAMonth"].as_array().unwrap();
    let cards = planned.iter().find(|row| row["value"] == "cards").unwrap();
    assert_eq!(cards["amount"]["least"], 2.0, "what the preview foretold: {spent}");

    let table = cost(&[]).succeeds();
    for part in [
        "by lineOfBusiness",
        "(without lineOfBusiness)",
        "AWS Key Management Service",
        "total",
        "list price a month",
        "$2.00",
    ] {
        assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
    }
    assert!(table.stderr.contains("* estimated: the bill of that period is not closed."), "{}", table.stderr);
    assert!(table.stderr.contains("requests of Cost Explorer: "), "{}", table.stderr);
    let centers = cost(&["--by", "costCenter", "--markdown"]).succeeds();
    assert!(centers.stdout.contains("| 4711 |") && centers.stdout.contains("| **total** |"), "{}", centers.stdout);
    assert!(!centers.stdout.contains("list price"), "the estimate knows lines of business only: {}", centers.stdout);

    // What is gone was still spent; the key that told it apart is not active any more.
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    let after = cost(&["--json"]).succeeds().json_lines("spending").pop().unwrap();
    let all: f64 = rows.iter().map(|row| row["amount"].as_f64().unwrap()).sum();
    assert!(sum(after["rows"].as_array().unwrap(), &Value::Null) >= all, "{after}");
    assert_eq!(after["active"], false);
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn days_and_accounts_that_make_no_sense_are_refused() {
    let project = project();
    project.edit("environments/local.yaml", "  start: 2026-01-05T00:00:00Z\n", "");
    let cost = |more: &[&str]| project.charter(&[&["cost", "-e", "local"], more].concat());
    let backwards = cost(&["--from", "2026-02-01", "--to", "2026-01-01"]).ends_with(3);
    assert!(backwards.stderr.contains("there is no day to tell about"), "{}", backwards.stderr);
    let old = cost(&["--from", "2020-01-01"]).ends_with(3);
    assert!(old.stderr.contains("You haven't enabled historical data beyond 14 months."), "{}", old.stderr);
    let _ = cost(&["--days", "0"]).ends_with(3);
    let _ = cost(&["--days", "3", "--from", "2026-01-01"]).ends_with(3);

    // Who pays must be said, where there are several accounts and none is named for it.
    project.edit("environments/local.yaml", "management:", "central:");
    project.edit("stacks/bank.yaml", "account: management", "account: central");
    let _ = cost(&[]).succeeds();
    let without_tags = project.read("stacks/bank.yaml").split("  tags:").next().unwrap().to_owned();
    project.write("stacks/bank.yaml", &without_tags);
    let nobody = cost(&[]).ends_with(3);
    assert!(nobody.stderr.contains("nothing says which account pays"), "{}", nobody.stderr);
}
