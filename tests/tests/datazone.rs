//! A data mesh in one account, end to end through the program: a domain, its people, a producer and what it publishes from.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;

const STACK: &str = r#"stack: bank
account: retail
resources:
  execution:
    type: AWS::IAM::Role
    properties:
      RoleName: bank-execution
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: datazone.amazonaws.com}, Action: ["sts:AssumeRole", "sts:TagSession"]}
  access:
    type: AWS::IAM::Role
    properties:
      RoleName: bank-access
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: datazone.amazonaws.com}, Action: ["sts:AssumeRole", "sts:TagSession"]}
  analyst:
    type: AWS::IAM::Role
    properties:
      RoleName: bank-analyst
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: datazone.amazonaws.com}, Action: ["sts:AssumeRole", "sts:TagSession"]}
  domain:
    type: AWS::DataZone::Domain
    properties: {Name: bank, DomainExecutionRole: "${execution.Arn}", DomainVersion: V1, ServiceRole: "${access.Arn}"}
  person:
    type: AWS::DataZone::UserProfile
    properties: {DomainIdentifier: "${domain.Id}", UserIdentifier: "${analyst.Arn}", UserType: IAM_ROLE}
  cards:
    type: AWS::DataZone::Project
    properties: {DomainIdentifier: "${domain.Id}", Name: cards, Description: What the cards business knows}
  member:
    type: AWS::DataZone::ProjectMembership
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${cards.Id}
      Designation: PROJECT_CONTRIBUTOR
      Member: {UserIdentifier: "${analyst.Arn}"}
    dependsOn: [person]
  lakeBlueprint:
    type: AWS::DataZone::EnvironmentBlueprintConfiguration
    properties:
      DomainIdentifier: ${domain.Id}
      EnvironmentBlueprintIdentifier: DefaultDataLake
      EnabledRegions: [us-east-2]
      ManageAccessRoleArn: ${access.Arn}
      ProvisioningRoleArn: ${execution.Arn}
      RegionalParameters: [{Region: us-east-2, Parameters: {S3Location: "s3://bank-lake"}}]
  lakeProfile:
    type: AWS::DataZone::EnvironmentProfile
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${cards.Id}
      EnvironmentBlueprintIdentifier: ${lakeBlueprint.EnvironmentBlueprintId}
      AwsAccountId: "333333333333"
      AwsAccountRegion: us-east-2
      Name: lake
  lake:
    type: AWS::DataZone::Environment
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${cards.Id}
      EnvironmentProfileIdentifier: ${lakeProfile.Id}
      Name: cards-lake
  source:
    type: AWS::DataZone::DataSource
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${cards.Id}
      EnvironmentIdentifier: ${lake.Id}
      Name: cards
      Type: GLUE
      Configuration:
        GlueRunConfiguration:
          RelationalFilterConfigurations: [{DatabaseName: cards}]
  run:
    type: Charter::DataZone::DataSourceRun
    properties: {DomainIdentifier: "${domain.Id}", DataSourceIdentifier: "${source.Id}", Trigger: first}
  target:
    type: AWS::DataZone::SubscriptionTarget
    properties:
      DomainIdentifier: ${domain.Id}
      EnvironmentIdentifier: ${lake.Id}
      Name: cards
      Type: GlueSubscriptionTargetType
      ApplicableAssetTypes: [GlueTableAssetType]
      AuthorizedPrincipals: ["${analyst.Arn}"]
      ManageAccessRole: ${access.Arn}
      SubscriptionTargetConfig: [{FormName: GlueSubscriptionTargetConfigForm, Content: '{"databaseName":"cards"}'}]
outputs:
  domainId: ${domain.Id}
  portal: ${domain.PortalUrl}
"#;

/// The stack alone, in a folder of its own.
fn project() -> TestProject {
    let project = TestProject::with_stacks(&[]);
    project.write("stacks/bank.yaml", STACK);
    project
}

#[test]
fn a_data_mesh_is_made_is_stable_and_goes() {
    let project = project();
    let first = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let outputs = first.json_lines("outputs").pop().unwrap();
    assert!(outputs["outputs"]["bank"]["domainId"].as_str().unwrap().starts_with("dzd_"), "{outputs}");

    // Nothing shows as changed: not the service role, not what CloudFormation's handlers cannot read.
    let second = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(second.stdout.contains("No changes"), "{}", second.stdout);

    // What the registry can only replace or not update at all changes in place.
    project.edit("stacks/bank.yaml", "Designation: PROJECT_CONTRIBUTOR", "Designation: PROJECT_OWNER");
    project.edit("stacks/bank.yaml", "[{DatabaseName: cards}]", "[{DatabaseName: cards}, {DatabaseName: loans}]");
    let changed = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let summary = changed.json_lines("summary").pop().unwrap();
    let counts = ["updated", "created", "deleted"].map(|name| summary[name].as_u64());
    assert_eq!(counts, [Some(2), Some(0), Some(0)], "{summary}");
    let second = project.charter(&["preview", "-e", "local", "--detailed-exitcode"]).succeeds();
    assert!(second.stdout.contains("No changes"), "{}", second.stdout);

    // The simulated accounts are empty again. What cannot be deleted goes with its domain.
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

/// The text, without the control sequences of a terminal: there is none here, so that it is as a person reads it.
const STAYS: &str = "deactivated: AWS deletes no user profile; it stays in the domain until the domain goes";

/// The stack without the block of the person, and without what needs it.
fn without_the_person() -> String {
    let block = |name: &str, next: &str| {
        let start = STACK.find(&format!("  {name}:\n")).unwrap();
        let end = STACK.find(&format!("  {next}:\n")).unwrap();
        &STACK[start..end]
    };
    STACK.replace(block("person", "cards"), "").replace(block("member", "lakeBlueprint"), "")
}

#[test]
fn a_user_profile_that_stays_in_its_domain_is_told_before_and_after() {
    let project = project();
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    project.write("stacks/bank.yaml", &without_the_person());

    // Beforehand, with and without credentials; it is the same plan.
    for more in [&[][..], &["--offline"]] {
        let preview = project.charter(&[&["preview", "-e", "local"], more].concat()).succeeds();
        let line = preview.stdout.lines().find(|line| line.contains(STAYS)).unwrap_or_default();
        assert_eq!(line.trim(), format!("! not deleted, but {STAYS}"), "{}", preview.stdout);
        let preview = project.charter(&[&["preview", "-e", "local", "--json"], more].concat()).succeeds();
        let plan = preview.json_lines("plan").pop().unwrap();
        let steps = plan["steps"].as_array().unwrap().iter();
        let told: Vec<_> = steps.filter(|step| step.get("leftBehind").is_some()).collect();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!((&told[0]["address"], &told[0]["leftBehind"]), (&"bank/person".into(), &STAYS.into()));
    }

    // In the line of its end, and in the summary.
    let applied = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let told: Vec<&str> = applied.stderr.lines().filter(|line| line.contains(STAYS)).collect();
    assert_eq!(told.len(), 2, "{}", applied.stderr);
    assert!(told[0].starts_with(&format!("! bank/person {STAYS} ")), "{told:?}");
    assert_eq!(told[1], format!("! bank/person: {STAYS}"));
    assert!(!applied.stderr.contains("bank/person deleted"), "{}", applied.stderr);
    assert!(applied.stderr.contains("Done: 1 deleted, 1 left behind in "), "{}", applied.stderr);

    // Nothing is left to do; the next creation takes it into use again, and for a machine it is told by both.
    assert!(project.charter(&["preview", "-e", "local"]).succeeds().stdout.contains("No changes"));
    project.write("stacks/bank.yaml", STACK);
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let only = ["destroy", "-e", "local", "--yes", "--target", "bank/person", "--json"];
    let destroyed = project.charter(&only).succeeds();
    let events = destroyed.json_lines("event");
    let ended: Vec<_> =
        events.iter().filter(|event| event["event"] == "finished" && event["address"] == "bank/person").collect();
    assert_eq!(ended.len(), 1, "{events:#?}");
    assert_eq!((&ended[0]["leftBehind"], &ended[0]["result"]["result"]), (&STAYS.into(), &"succeeded".into()));
    let summary = destroyed.json_lines("summary").pop().unwrap();
    assert_eq!(summary["leftBehind"], serde_json::json!([["bank/person", STAYS]]), "{summary}");
}

#[test]
fn nothing_is_said_of_a_user_profile_that_goes_with_its_domain() {
    let project = project();
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let preview = project.charter(&["preview", "-e", "local", "--destroy"]).succeeds();
    assert!(preview.stdout.contains("bank/person") || preview.stdout.contains(" person "), "{}", preview.stdout);
    let destroyed = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    for text in [&preview.stdout, &destroyed.stdout, &destroyed.stderr] {
        assert!(!text.contains("deactivated") && !text.contains("left behind"), "{text}");
    }
    assert!(destroyed.stderr.contains("✓ bank/person deleted"), "{}", destroyed.stderr);
    assert_eq!(project.inventory(), Vec::<String>::new());
}
