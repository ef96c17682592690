//! What exists becomes a stack that changes nothing: `charter import --account`, of an application of Q Business with all that is
//! in it, and of a bucket.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;
use serde_json::Value;

const ENVIRONMENT: &str = "environment: local
target: simulator
region: us-east-1
accounts:
  management: {id: \"111111111111\"}
  retail: {id: \"333333333333\", role: OrganizationAccountAccessRole}
tags: {owner: platform}
simulator: {timeScale: 5000}
ephemeral: true
";

/// What somebody made, long before.
const BEFORE: &str = r#"stack: before
account: retail
resources:
  documents:
    type: AWS::S3::Bucket
    properties:
      BucketName: documents-of-retail
      VersioningConfiguration: {Status: Enabled}
  provider:
    type: AWS::IAM::OIDCProvider
    properties: {Url: "https://idp.example.com", ClientIdList: [client], ThumbprintList: ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]}
  reader:
    type: AWS::IAM::Role
    properties:
      RoleName: documents-reader
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: qbusiness.amazonaws.com}, Action: "sts:AssumeRole"}]
  opener:
    type: AWS::IAM::Role
    properties:
      RoleName: secret-reader
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: application.qbusiness.amazonaws.com}, Action: "sts:AssumeRole"}]
  people:
    type: AWS::IAM::Role
    properties:
      RoleName: people
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Federated: "${provider.Arn}"}, Action: "sts:AssumeRoleWithWebIdentity", Condition: {StringEquals: {"idp.example.com:aud": client}}}
          - {Effect: Allow, Principal: {Federated: "${provider.Arn}"}, Action: "sts:TagSession", Condition: {StringLike: {"aws:RequestTag/Email": "*"}}}
  secret:
    type: AWS::SecretsManager::Secret
    properties: {Name: QBusiness-client, GenerateSecretString: {}}
  assistant:
    type: AWS::QBusiness::Application
    properties:
      DisplayName: assistant
      IdentityType: AWS_IAM_IDP_OIDC
      IamIdentityProviderArn: ${provider.Arn}
      ClientIdsForOIDC: [client]
      Description: Answers.
      AutoSubscriptionConfiguration: {AutoSubscribe: ENABLED, DefaultSubscriptionType: Q_BUSINESS}
      QAppsConfiguration: {QAppsControlMode: ENABLED}
      AttachmentsConfiguration: {AttachmentsControlMode: ENABLED}
  index:
    type: AWS::QBusiness::Index
    properties:
      ApplicationId: ${assistant.ApplicationId}
      DisplayName: documents
      CapacityConfiguration: {Units: 2}
      DocumentAttributeConfigurations: [{Name: brand, Type: STRING, Search: ENABLED}]
  retriever:
    type: AWS::QBusiness::Retriever
    properties:
      ApplicationId: ${assistant.ApplicationId}
      DisplayName: native
      Type: NATIVE_INDEX
      Configuration: {NativeIndexConfiguration: {IndexId: "${index.IndexId}"}}
  source:
    type: AWS::QBusiness::DataSource
    properties:
      ApplicationId: ${assistant.ApplicationId}
      IndexId: ${index.IndexId}
      DisplayName: bucket
      Description: What everybody may read.
      SyncSchedule: cron(0 3 * * ? *)
      RoleArn: ${reader.Arn}
      MediaExtractionConfiguration: {ImageExtractionConfiguration: {ImageExtractionStatus: ENABLED}}
      DocumentEnrichmentConfiguration:
        InlineConfigurations:
          - Condition: {Key: _source_uri, Operator: CONTAINS, Value: {StringValue: internal}}
            Target: {Key: brand, Value: {StringValue: acme}}
      Configuration:
        type: S3
        syncMode: FULL_CRAWL
        repositoryConfigurations:
          document: {fieldMappings: [{dataSourceFieldName: s3_document_id, indexFieldName: s3_document_id, indexFieldType: STRING}]}
        connectionConfiguration: {repositoryEndpointMetadata: {BucketName: "${documents.BucketName}"}}
        additionalProperties: {exclusionPrefixes: [cde_output/], exclusionPatterns: ["$${draft}*"]}
  web:
    type: AWS::QBusiness::WebExperience
    properties:
      ApplicationId: ${assistant.ApplicationId}
      Title: Assistant
      Subtitle: of everybody
      WelcomeMessage: Ask.
      SamplePromptsControlMode: DISABLED
      RoleArn: ${people.Arn}
      Origins: ["https://intranet.example.com"]
      CustomizationConfiguration: {LogoUrl: "https://intranet.example.com/logo.png"}
      BrowserExtensionConfiguration: {EnabledBrowserExtensions: [CHROME]}
      IdentityProviderConfiguration: {OpenIDConnectConfiguration: {SecretsArn: "${secret.Id}", SecretsRole: "${opener.Arn}"}}
  vendor:
    type: AWS::QBusiness::DataAccessor
    properties:
      ApplicationId: ${assistant.ApplicationId}
      DisplayName: vendor
      Principal: arn:aws:iam::999999999999:role/vendor
      ActionConfigurations: [{Action: "qbusiness:SearchRelevantContent"}]
  permission:
    type: AWS::QBusiness::Permission
    properties:
      ApplicationId: ${assistant.ApplicationId}
      StatementId: vendor
      Actions: ["qbusiness:SearchRelevantContent"]
      Principal: arn:aws:iam::999999999999:role/vendor
  lunch:
    type: AWS::QBusiness::Plugin
    properties:
      ApplicationId: ${assistant.ApplicationId}
      DisplayName: lunch
      Type: CUSTOM
      State: DISABLED
      AuthConfiguration: {NoAuthConfiguration: {}}
      CustomPluginConfiguration:
        Description: What there is for lunch
        ApiSchemaType: OPEN_API_V3
        ApiSchema: {Payload: "openapi: 3.0.0\ninfo: {title: lunch}\n"}
  team:
    type: Charter::QBusiness::Group
    properties:
      ApplicationId: ${assistant.ApplicationId}
      IndexId: ${index.IndexId}
      GroupName: core-team
      GroupMembers: {MemberUsers: [{UserId: mary_major@example.com}]}
  controls:
    type: Charter::QBusiness::ChatControls
    properties:
      ApplicationId: ${assistant.ApplicationId}
      BlockedPhrases: {BlockedPhrases: [insider], SystemMessageOverride: Ask compliance.}
      TopicConfigurations:
        - Name: day-trading
          ExampleChatMessages: ["Should I buy shares?"]
          Rules: [{RuleType: CONTENT_BLOCKER_RULE}]
"#;

/// The steps of a preview that are more than an adoption: `stack/name action` and what they change.
fn more_than_adoption(project: &TestProject) -> Vec<String> {
    let run = project.charter(&["preview", "-e", "local", "--json"]).succeeds();
    let plan = run.json_lines("plan").pop().expect("a plan");
    let steps = plan["steps"].as_array().expect("steps").iter();
    let is_change = |step: &&Value| {
        let changes = step["changes"].as_array().is_some_and(|changes| !changes.is_empty());
        changes || !matches!(step["action"]["action"].as_str(), Some("adopt" | "none"))
    };
    steps.filter(is_change).map(Value::to_string).collect()
}

#[test]
fn what_exists_becomes_a_stack_that_changes_nothing() {
    let project = TestProject::empty();
    project.write("environments/local.yaml", ENVIRONMENT);
    project.write("stacks/before.yaml", BEFORE);
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    let inventory = project.inventory();
    let application = inventory.iter().find_map(|line| line.strip_prefix("333333333333 application ")).expect("an id");
    // Whoever made it is gone, with their state.
    std::fs::remove_file(project.path().join("stacks/before.yaml")).unwrap();
    std::fs::remove_dir_all(project.path().join(".charter/state")).unwrap();

    let write = |stack: &str, type_name: &str, identifier: &str| {
        let arguments = ["import", "-e", "local", "--account", "retail", "--stack", stack, type_name, identifier];
        let run = project.charter(&arguments).succeeds();
        project.write(&format!("stacks/{stack}.yaml"), &run.stdout);
        run.stdout
    };
    let assistant = write("assistant", "AWS::QBusiness::Application", application);
    for told in [
        "type: Charter::QBusiness::Group",
        "type: Charter::QBusiness::ChatControls",
        "type: AWS::QBusiness::DataSource",
        "IndexId: \"${index.IndexId}\"",
        "ApplicationId: \"${application.ApplicationId}\"",
        "$${draft}*",
        "type: AWS::QBusiness::DataAccessor",
        "type: AWS::QBusiness::Permission",
        "# GroupMembers cannot be read: Q Business never tells who is in a group.",
    ] {
        assert!(assistant.contains(told), "{told} is missing in\n{assistant}");
    }
    assert_eq!(assistant.matches("    import: ").count(), 10, "{assistant}");
    let storage = write("storage", "AWS::S3::Bucket", "documents-of-retail");
    assert!(storage.contains("Status: Enabled"), "{storage}");
    assert_eq!(more_than_adoption(&project), [""; 0], "{assistant}\n{storage}");
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert_eq!(more_than_adoption(&project), [""; 0]);
    assert_eq!(project.inventory(), inventory, "nothing was made and nothing taken away");
}

#[test]
fn what_is_not_there_or_no_type_is_said() {
    let project = TestProject::empty();
    project.write("environments/local.yaml", ENVIRONMENT);
    project.write("stacks/empty.yaml", "stack: empty\naccount: retail\nresources: {}\n");
    let import = |account: &str, type_name: &str| {
        project.charter(&["import", "-e", "local", "--account", account, type_name, "nothing"]).ends_with(3).stderr
    };
    assert!(import("retail", "AWS::S3::Bucket").contains("there is no AWS::S3::Bucket"));
    assert!(import("retail", "AWS::S3::Buckett").contains("did you mean AWS::S3::Bucket?"));
    assert!(import("retial", "AWS::S3::Bucket").contains("did you mean retail?"));
}
