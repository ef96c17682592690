//! A data mesh over three accounts, end to end through the program: a hub shares its domain, a producer publishes, a consumer
//! subscribes, and the producer's account approves.

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
  governance: {id: "222222222222", role: OrganizationAccountAccessRole}
  lake: {id: "333333333333", role: OrganizationAccountAccessRole}
  marketing: {id: "444444444444", role: OrganizationAccountAccessRole}
simulator:
  timeScale: 600
ephemeral: true
"#;

const STACK: &str = r#"stack: bank
account: governance
resources:
  execution:
    type: AWS::IAM::Role
    properties: &trusting
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: datazone.amazonaws.com}, Action: ["sts:AssumeRole", "sts:TagSession"]}
  domain:
    type: AWS::DataZone::Domain
    properties: {Name: bank, DomainExecutionRole: "${execution.Arn}", DomainVersion: V1}
  share:
    type: AWS::RAM::ResourceShare
    properties:
      Name: bank-domain
      ResourceArns: ["${domain.Arn}"]
      Principals: ["333333333333", "444444444444"]
      PermissionArns: [arn:aws:ram::aws:permission/AWSRAMDefaultPermissionAmazonDataZoneDomain]
  lakeAcceptance:
    type: Charter::RAM::ShareAcceptance
    account: lake
    properties: {ResourceShareArn: "${share.Arn}"}
  marketingAcceptance:
    type: Charter::RAM::ShareAcceptance
    account: marketing
    properties: {ResourceShareArn: "${share.Arn}"}
  lakeRole: {type: AWS::IAM::Role, account: lake, properties: *trusting}
  marketingRole: {type: AWS::IAM::Role, account: marketing, properties: *trusting}
  lakeBlueprint:
    type: AWS::DataZone::EnvironmentBlueprintConfiguration
    account: lake
    dependsOn: [lakeAcceptance]
    properties:
      DomainIdentifier: ${domain.Id}
      EnvironmentBlueprintIdentifier: DefaultDataLake
      EnabledRegions: [us-east-2]
      ManageAccessRoleArn: ${lakeRole.Arn}
      ProvisioningRoleArn: ${lakeRole.Arn}
      RegionalParameters: [{Region: us-east-2, Parameters: {S3Location: "s3://bank-lake"}}]
  marketingBlueprint:
    type: AWS::DataZone::EnvironmentBlueprintConfiguration
    account: marketing
    dependsOn: [marketingAcceptance]
    properties:
      DomainIdentifier: ${domain.Id}
      EnvironmentBlueprintIdentifier: DefaultDataLake
      EnabledRegions: [us-east-2]
      ManageAccessRoleArn: ${marketingRole.Arn}
      ProvisioningRoleArn: ${marketingRole.Arn}
      RegionalParameters: [{Region: us-east-2, Parameters: {S3Location: "s3://bank-marketing"}}]
  producer:
    type: AWS::DataZone::Project
    account: lake
    dependsOn: [lakeAcceptance]
    properties: {DomainIdentifier: "${domain.Id}", Name: lake}
  producerEnvironment:
    type: AWS::DataZone::Environment
    account: lake
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${producer.Id}
      EnvironmentBlueprintIdentifier: ${lakeBlueprint.EnvironmentBlueprintId}
      EnvironmentAccountIdentifier: "333333333333"
      EnvironmentAccountRegion: us-east-2
      Name: lake
  source:
    type: AWS::DataZone::DataSource
    account: lake
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${producer.Id}
      EnvironmentIdentifier: ${producerEnvironment.Id}
      Name: tables
      Type: GLUE
      Configuration:
        GlueRunConfiguration:
          RelationalFilterConfigurations:
            - {DatabaseName: bank, FilterExpressions: [{Type: INCLUDE, Expression: customers}]}
  run:
    type: Charter::DataZone::DataSourceRun
    account: lake
    properties: {DomainIdentifier: "${domain.Id}", DataSourceIdentifier: "${source.Id}", Trigger: first}
  customers:
    type: Charter::DataZone::Listing
    account: lake
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${producer.Id}
      EntityName: customers
      Trigger: ${run.RunId}
  consumer:
    type: AWS::DataZone::Project
    account: marketing
    dependsOn: [marketingAcceptance]
    properties: {DomainIdentifier: "${domain.Id}", Name: marketing}
  consumerEnvironment:
    type: AWS::DataZone::Environment
    account: marketing
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${consumer.Id}
      EnvironmentBlueprintIdentifier: ${marketingBlueprint.EnvironmentBlueprintId}
      EnvironmentAccountIdentifier: "444444444444"
      EnvironmentAccountRegion: us-east-2
      Name: campaigns
  target:
    type: AWS::DataZone::SubscriptionTarget
    account: marketing
    properties:
      DomainIdentifier: ${domain.Id}
      EnvironmentIdentifier: ${consumerEnvironment.Id}
      Name: campaigns
      Type: GlueSubscriptionTargetType
      ApplicableAssetTypes: [GlueTableAssetType]
      AuthorizedPrincipals: ["${marketingRole.Arn}"]
      ManageAccessRole: ${marketingRole.Arn}
      SubscriptionTargetConfig: [{FormName: GlueSubscriptionTargetConfigForm, Content: '{"databaseName":"bank"}'}]
  subscription:
    type: Charter::DataZone::Subscription
    account: marketing
    properties:
      DomainIdentifier: ${domain.Id}
      ListingIdentifier: ${customers.ListingId}
      ProjectIdentifier: ${consumer.Id}
      RequestReason: Campaigns for deposits
      ApprovedBy: "333333333333"
      DecisionComment: Campaigns may read customers
      EnvironmentIdentifier: ${consumerEnvironment.Id}
      SubscriptionTargetIdentifier: ${target.Id}
outputs:
  grant: ${subscription.GrantStatus}
  acceptedBy: ${lakeAcceptance.AcceptedBy}
"#;

fn project() -> TestProject {
    let project = TestProject::empty();
    project.write("environments/local.yaml", ENVIRONMENT);
    project.write("stacks/bank.yaml", STACK);
    project
}

#[test]
fn data_is_published_in_one_account_and_subscribed_to_from_another() {
    let project = project();
    let first = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let outputs = first.json_lines("outputs").pop().unwrap();
    assert_eq!(outputs["outputs"]["bank"]["grant"], "COMPLETED", "{outputs}");
    assert_eq!(outputs["outputs"]["bank"]["acceptedBy"], "INVITATION", "{outputs}");

    let second = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(second.stdout.contains("No changes"), "{}", second.stdout);

    // Another run publishes anew; what the share allows changes in place.
    project.edit("stacks/bank.yaml", "Trigger: first", "Trigger: second");
    project.edit(
        "stacks/bank.yaml",
        "AWSRAMDefaultPermissionAmazonDataZoneDomain",
        "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess",
    );
    let changed = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let summary = changed.json_lines("summary").pop().unwrap();
    assert_eq!(summary["updated"].as_u64(), Some(2), "{summary}");
    let again = project.charter(&["preview", "-e", "local", "--detailed-exitcode"]).succeeds();
    assert!(again.stdout.contains("No changes"), "{}", again.stdout);

    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn a_group_becomes_no_member_from_an_account_that_cannot_look_it_up() {
    let project = project();
    let member = r#"  member:
    type: AWS::DataZone::ProjectMembership
    account: lake
    properties:
      DomainIdentifier: ${domain.Id}
      ProjectIdentifier: ${producer.Id}
      Designation: PROJECT_CONTRIBUTOR
      Member: {GroupIdentifier: analysts}
outputs:
"#;
    project.edit("stacks/bank.yaml", "outputs:\n", member);
    let refused = project.charter(&["preview", "-e", "local"]).ends_with(3);
    for part in ["charter::hub-policy", "stacks/bank.yaml:", "GroupIdentifier: analysts", "`account: governance`"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    let refused = project.charter(&["validate", "-e", "local"]).ends_with(3);
    assert!(refused.stderr.contains("datazone:GetGroupProfile"), "{}", refused.stderr);

    // A user is none of that, and in the domain's own account nothing stands in the way.
    project.edit(
        "stacks/bank.yaml",
        "Member: {GroupIdentifier: analysts}",
        "Member: {UserIdentifier: \"${lakeRole.Arn}\"}",
    );
    let _ = project.charter(&["validate", "-e", "local"]).succeeds();
    project.edit(
        "stacks/bank.yaml",
        "Member: {UserIdentifier: \"${lakeRole.Arn}\"}",
        "Member: {GroupIdentifier: analysts}",
    );
    let text = project.read("stacks/bank.yaml");
    let (before, after) = text.split_once("  member:\n").unwrap();
    project.write("stacks/bank.yaml", &format!("{before}  member:\n{}", after.replacen("    account: lake\n", "", 1)));
    let _ = project.charter(&["validate", "-e", "local"]).succeeds();
}

/// The bank's mesh: a hub, a producer and a consumer.
const MESH: &[&str] = &["data-governance", "data-lake", "marketing"];

#[test]
fn another_account_in_the_mesh_changes_nothing_but_the_share() {
    let project = TestProject::with_stacks(MESH);
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    project.edit("environments/local.yaml", "dataMesh: [lake, marketing]", "dataMesh: [lake, marketing, cards]");
    let plan = project.charter(&["preview", "-e", "local", "--offline", "--json"]).succeeds();
    let plan = plan.json_lines("plan").pop().unwrap();
    let operations = plan["operations"].as_array().unwrap();
    let changed: Vec<&str> = operations.iter().map(|each| each["address"].as_str().unwrap()).collect();
    assert_eq!(changed, ["data-governance/hub.share"]);
}

#[test]
fn the_data_product_waits_for_an_administrator_of_the_lake() {
    let project = TestProject::with_stacks(MESH);
    project.edit("environments/local.yaml", ", deployerIsAdministrator: true", "");
    let apply = ["apply", "-e", "local", "--yes"];
    let first = project.charter(&apply).succeeds();
    let told = format!("{}{}", first.stdout, first.stderr);
    for expected in ["open hand-off: data-lake/customers.administrator", "data-lake/member.lake created"] {
        assert!(told.contains(expected), "{expected} is missing from\n{told}");
    }
    assert!(!told.contains("data-lake/customers.grantsOnTables created"), "{told}");
    let _ = project.charter(&["handoff", "confirm", "data-lake/customers.administrator", "-e", "local"]).succeeds();
    let second = project.charter(&apply).succeeds();
    let told = format!("{}{}", second.stdout, second.stderr);
    assert!(told.contains("marketing/campaigns.subscription:segment created"), "{told}");
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn roles_are_called_as_the_policies_of_aws_go_by() {
    let project = TestProject::with_stacks(MESH);
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let listed = project.charter(&["state", "list", "-e", "local"]).succeeds();
    for (resource, name) in [
        ("provisioning", "AmazonDataZoneProvisioningRole-local-bank"),
        ("lakeAccess", "AmazonDataZoneGlueAccess-us-east-2-local-bank"),
        ("locations", "AmazonDataZoneS3Manage-us-east-2-local-bank"),
    ] {
        for stack in ["data-lake", "marketing"] {
            let address = format!("{stack}/member.{resource}");
            let line = listed.stdout.lines().find(|line| line.starts_with(&address)).unwrap();
            assert!(line.ends_with(name), "{line}");
        }
    }
}
