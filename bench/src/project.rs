//! Projects of any size, written as a team would write them: mixed types, references between resources, modules and stacks,
//! `forEach`, policies, tags.

use crate::BenchResult;
use std::fmt::Write;
use std::path::Path;

/// How the resources are spread over files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A hundred in each stack.
    ManyStacks,
    /// All in one, a tenth of them as blocks of their own.
    OneStack,
}

/// The environment of every project made here.
pub(crate) const ENVIRONMENT: &str = "bench";

/// Workloads of one stack; each is one instance of the module, which makes nine resources.
const WORKLOADS: usize = 10;

/// Writes a project. `simulator` is what the environment says below `simulator`, as JSON.
pub(crate) fn write(folder: &Path, resources: usize, shape: Shape, simulator: &str) -> BenchResult {
    for part in ["stacks", "environments", "modules/workload"] {
        std::fs::create_dir_all(folder.join(part))?;
    }
    let hundreds = (resources / 100).max(1);
    std::fs::write(folder.join("modules/workload/module.yaml"), MODULE)?;
    let workloads = match shape {
        Shape::ManyStacks => WORKLOADS,
        Shape::OneStack => WORKLOADS * hundreds,
    };
    std::fs::write(folder.join("environments/bench.yaml"), environment(workloads, simulator)?)?;
    match shape {
        Shape::ManyStacks => {
            for number in 0..hundreds {
                std::fs::write(folder.join(format!("stacks/team_{number:04}.yaml")), stack(number, 1)?)?;
            }
        }
        Shape::OneStack => std::fs::write(folder.join("stacks/team_0000.yaml"), stack(0, hundreds)?)?,
    }
    Ok(())
}

fn environment(workloads: usize, simulator: &str) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "environment: {ENVIRONMENT}\ntarget: simulator\nregion: us-east-1\naccounts:\n  main: {{id: \"111111111111\"}}\ntags: {{owner: \
         platform, costCenter: \"0042\"}}\nephemeral: true\nsimulator: {simulator}\nworkloads:\n"
    );
    for number in 0..workloads {
        let retention = [7, 14, 30, 90].get(number % 4).copied().unwrap_or(30);
        writeln!(text, "  w{number:05}: {{retention: {retention}, delay: {}}}", number % 60)?;
    }
    Ok(text)
}

/// One stack: the module for each workload, and `groups` times ten resources of its own.
fn stack(number: usize, groups: usize) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "stack: team_{number:04}\ndescription: The workloads of a team.\naccount: main\n{PARAMETERS}resources:\n"
    );
    for group in 0..groups {
        let shared = match (number, group) {
            (0, 0) => "${events0.TopicArn}".to_owned(),
            (0, _) => "${events0.TopicArn}".to_owned(),
            _ => "${stacks.team_0000.eventsTopic}".to_owned(),
        };
        text.push_str(&GROUP.replace("GROUP", &group.to_string()).replace("SHARED", &shared));
    }
    text.push_str(WORKLOADS_BLOCK);
    writeln!(text, "outputs:\n  eventsTopic: ${{events0.TopicArn}}\n  operatorsRole: ${{operators0.Arn}}")?;
    Ok(text)
}

const PARAMETERS: &str = "parameters:\n  visibility: {type: integer, default: 30, minimum: 0, maximum: 43200}\n";

/// Ten resources.
const GROUP: &str = r#"  eventsGROUP:
    type: AWS::SNS::Topic
    properties: {DisplayName: "Events of ${environment.name}"}
  auditGROUP:
    type: AWS::S3::Bucket
    properties:
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
  operatorsGROUP:
    type: AWS::IAM::Role
    properties:
      Description: Operates the workloads of the team.
      ManagedPolicyArns: ["${baselineGROUP.PolicyArn}"]
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:SourceAccount": "${account.id}"}}}
  baselineGROUP:
    type: AWS::IAM::ManagedPolicy
    properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: Publish, Effect: Allow, Action: "sns:Publish", Resource: ["${eventsGROUP.TopicArn}", "SHARED"]}
          - {Sid: Audit, Effect: Allow, Action: ["s3:PutObject", "s3:AbortMultipartUpload"], Resource: "${auditGROUP.Arn}/*"}
  inboxGROUP:
    forEach: [orders, returns, reviews, prices, stock, alerts]
    type: AWS::SQS::Queue
    properties:
      VisibilityTimeout: ${parameters.visibility}
      MessageRetentionPeriod: "${each.key == 'alerts' ? 1209600 : 345600}"
      Tags: [{Key: topic, Value: "${eventsGROUP.TopicName}"}]
"#;

const WORKLOADS_BLOCK: &str = r#"  workloads:
    forEach: ${environment.workloads}
    module: workload
    with:
      retention: ${each.value.retention}
      delay: ${each.value.delay}
      topic: ${events0.TopicArn}
"#;

/// Nine resources; the longest chain is key, log group, policy.
const MODULE: &str = r#"module: workload
description: What one workload needs.
parameters:
  retention: {type: integer, enum: [7, 14, 30, 90]}
  delay: {type: integer, default: 0, minimum: 0, maximum: 900}
  topic: {type: string, description: Where alarms go.}
resources:
  key:
    type: AWS::KMS::Key
    properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Sid: Account, Effect: Allow, Principal: {AWS: "arn:aws:iam::${account.id}:root"}, Action: "kms:*", Resource: "*"}
  logs:
    type: AWS::Logs::LogGroup
    properties: {RetentionInDays: "${parameters.retention}", KmsKeyId: "${key.Arn}"}
  data:
    type: AWS::S3::Bucket
    properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - {BucketKeyEnabled: true, ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: "${key.Arn}"}}
      VersioningConfiguration: {Status: Enabled}
  role:
    type: AWS::IAM::Role
    properties:
      Description: "Runs the workload in ${region}."
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:SourceAccount": "${account.id}"}}}
  access:
    type: AWS::IAM::RolePolicy
    properties:
      RoleName: ${role.RoleName}
      PolicyName: workload
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: Data, Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"], Resource: "${data.Arn}/*"}
          - {Sid: Key, Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "${key.Arn}", Condition: {StringEquals: {"kms:ViaService": "s3.${region}.amazonaws.com"}}}
          - {Sid: Logs, Effect: Allow, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "${logs.Arn}"}
          - {Sid: Queue, Effect: Allow, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource: "${queue.Arn}"}
  queue:
    type: AWS::SQS::Queue
    properties: {DelaySeconds: "${parameters.delay}", SqsManagedSseEnabled: true}
  table:
    type: AWS::DynamoDB::Table
    properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
  alarm:
    type: AWS::CloudWatch::Alarm
    properties:
      AlarmDescription: Messages wait too long.
      Namespace: AWS/SQS
      MetricName: ApproximateAgeOfOldestMessage
      Dimensions: [{Name: QueueName, Value: "${queue.QueueName}"}]
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 3
      Threshold: 900
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: ["${parameters.topic}"]
  setting:
    type: AWS::SSM::Parameter
    properties: {Type: String, Value: "${table.Arn}", Description: Where the workload keeps its items.}
outputs:
  role: ${role.Arn}
  queue: ${queue.Arn}
"#;
