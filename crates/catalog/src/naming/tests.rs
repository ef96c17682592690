use crate::Catalog;
use charter_model::TypeName;

/// One line a type: the property, the longest name, whether upper case is kept, what separates the parts.
fn names(types: &[&str]) -> String {
    let line = |name: &&str| {
        let schema =
            Catalog::embedded().schema(&TypeName::new(name).unwrap()).unwrap_or_else(|| panic!("no type {name}"));
        let named = match schema.name_property() {
            Some(named) => format!(
                "{} {} {}{}{}",
                named.pointer,
                named.longest,
                named.separator.map_or("none".to_owned(), String::from),
                if named.upper_case { "" } else { " lower-case" },
                if named.unique { "" } else { " not-unique" },
            ),
            None => "-".to_owned(),
        };
        format!("{} {named}", name.trim_start_matches("AWS::"))
    };
    types.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn well_known_types_are_named_by_the_property_that_a_person_would_name_them_by() {
    let types = [
        "AWS::Bedrock::Agent",
        "AWS::Bedrock::ApplicationInferenceProfile",
        "AWS::Bedrock::DataSource",
        "AWS::Bedrock::Guardrail",
        "AWS::Bedrock::GuardrailVersion",
        "AWS::Bedrock::KnowledgeBase",
        "AWS::BedrockAgentCore::Memory",
        "AWS::BedrockAgentCore::Runtime",
        "AWS::CloudWatch::Alarm",
        "AWS::DataZone::Domain",
        "AWS::DataZone::Environment",
        "AWS::DataZone::Project",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Instance",
        "AWS::EC2::KeyPair",
        "AWS::EC2::LaunchTemplate",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::ECR::Repository",
        "AWS::ECS::Cluster",
        "AWS::EKS::Addon",
        "AWS::EKS::Cluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::Events::Rule",
        "AWS::Glue::Database",
        "AWS::IAM::Group",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::OIDCProvider",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::SAMLProvider",
        "AWS::IAM::User",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Kendra::DataSource",
        "AWS::Kendra::Faq",
        "AWS::Kendra::Index",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::OpenSearchServerless::Collection",
        "AWS::OpenSearchService::Domain",
        "AWS::Organizations::Account",
        "AWS::QBusiness::Application",
        "AWS::QBusiness::WebExperience",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBClusterParameterGroup",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBParameterGroup",
        "AWS::RDS::DBSubnetGroup",
        "AWS::Redshift::Cluster",
        "AWS::Route53::HostedZone",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::SageMaker::Model",
        "AWS::SecretsManager::Secret",
        "AWS::StepFunctions::StateMachine",
        "Charter::Kendra::Sync",
        "Charter::QBusiness::ChatControls",
        "Charter::QBusiness::Group",
        "Charter::QBusiness::Subscription",
        "Charter::RDS::SqlScript",
    ];
    insta::assert_snapshot!(names(&types), @r"
    Bedrock::Agent /AgentName 100 -
    Bedrock::ApplicationInferenceProfile /InferenceProfileName 64 -
    Bedrock::DataSource /Name 100 -
    Bedrock::Guardrail /Name 50 -
    Bedrock::GuardrailVersion -
    Bedrock::KnowledgeBase /Name 100 -
    BedrockAgentCore::Memory /Name 48 _
    BedrockAgentCore::Runtime /AgentRuntimeName 63 -
    CloudWatch::Alarm /AlarmName 255 -
    DataZone::Domain /Name 63 -
    DataZone::Environment /Name 64 -
    DataZone::Project /Name 64 -
    DynamoDB::Table /TableName 255 -
    EC2::Instance -
    EC2::KeyPair /KeyName 63 -
    EC2::LaunchTemplate /LaunchTemplateName 128 -
    EC2::SecurityGroup /GroupName 255 -
    EC2::Subnet -
    EC2::VPC -
    EC2::VPCEndpoint -
    ECR::Repository /RepositoryName 255 - lower-case
    ECS::Cluster /ClusterName 63 -
    EKS::Addon -
    EKS::Cluster /Name 100 -
    ElastiCache::ReplicationGroup /ReplicationGroupId 40 - lower-case
    ElasticLoadBalancingV2::TargetGroup /Name 32 -
    Events::Rule /Name 64 -
    Glue::Database /DatabaseName 255 - lower-case
    IAM::Group /GroupName 128 -
    IAM::InstanceProfile /InstanceProfileName 128 -
    IAM::ManagedPolicy /ManagedPolicyName 128 -
    IAM::OIDCProvider -
    IAM::Policy /PolicyName 128 -
    IAM::Role /RoleName 64 -
    IAM::RolePolicy /PolicyName 128 -
    IAM::SAMLProvider /Name 128 -
    IAM::User /UserName 64 -
    KMS::Alias -
    KMS::Key -
    Kendra::DataSource /Name 255 -
    Kendra::Faq /Name 100 -
    Kendra::Index /Name 255 -
    Lambda::Alias -
    Lambda::Function /FunctionName 64 -
    Logs::LogGroup /LogGroupName 255 -
    OpenSearchServerless::Collection /Name 32 - lower-case
    OpenSearchService::Domain /DomainName 28 - lower-case
    Organizations::Account -
    QBusiness::Application /DisplayName 255 - not-unique
    QBusiness::WebExperience -
    RDS::DBCluster /DBClusterIdentifier 63 - lower-case
    RDS::DBClusterParameterGroup /DBClusterParameterGroupName 255 - lower-case
    RDS::DBInstance /DBInstanceIdentifier 63 - lower-case
    RDS::DBParameterGroup /DBParameterGroupName 255 - lower-case
    RDS::DBSubnetGroup /DBSubnetGroupName 255 - lower-case
    Redshift::Cluster /ClusterIdentifier 63 - lower-case
    Route53::HostedZone -
    S3::Bucket /BucketName 63 - lower-case
    S3::BucketPolicy -
    SNS::Topic /TopicName 255 -
    SNS::TopicPolicy -
    SQS::Queue /QueueName 80 -
    SSM::Parameter /Name 255 -
    SageMaker::Model /ModelName 63 -
    SecretsManager::Secret /Name 255 -
    StepFunctions::StateMachine /StateMachineName 80 -
    Charter::Kendra::Sync -
    Charter::QBusiness::ChatControls -
    Charter::QBusiness::Group -
    Charter::QBusiness::Subscription -
    Charter::RDS::SqlScript -
    ");
}
