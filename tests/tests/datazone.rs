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
