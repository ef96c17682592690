//! What the ARN of a resource will be, as far as it can be told before the resource is made. Imports nothing.
//!
//! Source: Service Authorization Reference, "Resource types defined by" of each service,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>;
//! for secrets, Secrets Manager User Guide, "What's in a Secrets Manager secret" (the name, `-` and six characters).

/// Type, attribute, form. `{…}` is an attribute of the resource, or partition, region, account; `{rest}` is what only AWS knows.
const FORMS: &[(&str, &str, &str)] = &[
    ("AWS::Bedrock::Agent", "AgentArn", "arn:{partition}:bedrock:{region}:{account}:agent/{AgentId}"),
    (
        "AWS::Bedrock::AgentAlias",
        "AgentAliasArn",
        "arn:{partition}:bedrock:{region}:{account}:agent-alias/{AgentId}/{AgentAliasId}",
    ),
    (
        "AWS::Bedrock::ApplicationInferenceProfile",
        "InferenceProfileArn",
        "arn:{partition}:bedrock:{region}:{account}:application-inference-profile/{InferenceProfileId}",
    ),
    ("AWS::Bedrock::Flow", "Arn", "arn:{partition}:bedrock:{region}:{account}:flow/{Id}"),
    ("AWS::Bedrock::FlowAlias", "Arn", "arn:{partition}:bedrock:{region}:{account}:flow/{FlowId}/alias/{Id}"),
    ("AWS::Bedrock::Guardrail", "GuardrailArn", "arn:{partition}:bedrock:{region}:{account}:guardrail/{GuardrailId}"),
    (
        "AWS::Bedrock::KnowledgeBase",
        "KnowledgeBaseArn",
        "arn:{partition}:bedrock:{region}:{account}:knowledge-base/{KnowledgeBaseId}",
    ),
    ("AWS::DataZone::Domain", "Arn", "arn:{partition}:datazone:{region}:{account}:domain/{Id}"),
    ("AWS::DynamoDB::Table", "Arn", "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}"),
    ("AWS::IAM::Group", "Arn", "arn:{partition}:iam::{account}:group{Path}{GroupName}"),
    ("AWS::IAM::ManagedPolicy", "PolicyArn", "arn:{partition}:iam::{account}:policy{Path}{ManagedPolicyName}"),
    ("AWS::IAM::Role", "Arn", "arn:{partition}:iam::{account}:role{Path}{RoleName}"),
    ("AWS::IAM::User", "Arn", "arn:{partition}:iam::{account}:user{Path}{UserName}"),
    ("AWS::KMS::Key", "Arn", "arn:{partition}:kms:{region}:{account}:key/{KeyId}"),
    ("AWS::Kendra::DataSource", "Arn", "arn:{partition}:kendra:{region}:{account}:index/{IndexId}/data-source/{Id}"),
    ("AWS::Kendra::Index", "Arn", "arn:{partition}:kendra:{region}:{account}:index/{Id}"),
    ("AWS::Lambda::Function", "Arn", "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"),
    ("AWS::Logs::LogGroup", "Arn", "arn:{partition}:logs:{region}:{account}:log-group:{LogGroupName}:*"),
    (
        "AWS::QBusiness::Application",
        "ApplicationArn",
        "arn:{partition}:qbusiness:{region}:{account}:application/{ApplicationId}",
    ),
    (
        "AWS::QBusiness::Index",
        "IndexArn",
        "arn:{partition}:qbusiness:{region}:{account}:application/{ApplicationId}/index/{IndexId}",
    ),
    ("AWS::RDS::DBCluster", "DBClusterArn", "arn:{partition}:rds:{region}:{account}:cluster:{DBClusterIdentifier}"),
    (
        "AWS::RDS::DBCluster",
        "MasterUserSecret.SecretArn",
        "arn:{partition}:secretsmanager:{region}:{account}:secret:{rest}",
    ),
    ("AWS::S3::Bucket", "Arn", "arn:{partition}:s3:::{BucketName}"),
    (
        "AWS::S3Vectors::Index",
        "IndexArn",
        "arn:{partition}:s3vectors:{region}:{account}:bucket/{VectorBucketName}/index/{IndexName}",
    ),
    (
        "AWS::S3Vectors::VectorBucket",
        "VectorBucketArn",
        "arn:{partition}:s3vectors:{region}:{account}:bucket/{VectorBucketName}",
    ),
    ("AWS::SNS::Topic", "TopicArn", "arn:{partition}:sns:{region}:{account}:{TopicName}"),
    ("AWS::SQS::Queue", "Arn", "arn:{partition}:sqs:{region}:{account}:{QueueName}"),
    ("AWS::SecretsManager::Secret", "Id", "arn:{partition}:secretsmanager:{region}:{account}:secret:{Name}-{rest}"),
];

/// The form of an attribute that holds an ARN.
pub(crate) fn form(type_name: &str, attribute: &str) -> Option<&'static str> {
    FORMS.iter().find(|(name, own, _)| *name == type_name && *own == attribute).map(|(_, _, form)| *form)
}

/// Fills a form.
pub(crate) fn fill(form: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(&value(name));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The partition of a region. Source: AWS General Reference, "Amazon Resource Names".
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
