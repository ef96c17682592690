use super::*;
use crate::Catalog;
use charter_model::{Secret, TypeName, Unknown};
use serde_json::{Value as Json, json};

fn schema(name: &str) -> Arc<TypeSchema> {
    Catalog::embedded().schema(&TypeName::new(name).unwrap()).unwrap_or_else(|| panic!("no type {name}"))
}

/// One line for each violation: where, code, message, help.
fn violations(name: &str, properties: Json) -> String {
    let violations = schema(name).validate(&properties.into());
    let line = |each: &Violation| {
        let help = each.help.as_ref().map(|help| format!(" [{help}]")).unwrap_or_default();
        let at = if each.at_key { " (name)" } else { "" };
        format!("{}{at} {}: {}{help}", each.pointer, each.code, each.message)
    };
    violations.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn assume_role(service: &str) -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
    })
}

/// As the types of the retrieval stack are used, and a few more.
fn good() -> Vec<(&'static str, Json)> {
    let unknown = json!({"$unknown": "after something is created"});
    vec![
        (
            "AWS::EC2::VPC",
            json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true, "Tags": [{"Key": "a", "Value": "b"}]}),
        ),
        ("AWS::EC2::Subnet", json!({"VpcId": unknown, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"})),
        (
            "AWS::EC2::SecurityGroup",
            json!({
                "GroupDescription": "database",
                "VpcId": unknown,
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "SourceSecurityGroupId": unknown}]
            }),
        ),
        (
            "AWS::EC2::VPCEndpoint",
            json!({"VpcId": unknown, "ServiceName": "com.amazonaws.us-east-1.s3", "VpcEndpointType": "Gateway", "RouteTableIds": [unknown]}),
        ),
        ("AWS::RDS::DBSubnetGroup", json!({"DBSubnetGroupDescription": "two zones", "SubnetIds": [unknown, unknown]})),
        (
            "AWS::RDS::DBClusterParameterGroup",
            json!({"Description": "search", "Family": "aurora-postgresql15", "Parameters": {"rds.force_ssl": "1"}}),
        ),
        (
            "AWS::RDS::DBCluster",
            json!({
                "DBClusterIdentifier": "genai-kendra",
                "Engine": "aurora-postgresql",
                "EngineVersion": "15.4",
                "DatabaseName": "genai",
                "MasterUsername": "postgres",
                "ManageMasterUserPassword": true,
                "EnableHttpEndpoint": true,
                "StorageEncrypted": true,
                "ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": 64.0},
                "VpcSecurityGroupIds": [unknown]
            }),
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"DBClusterIdentifier": unknown, "DBInstanceClass": "db.serverless", "Engine": "aurora-postgresql"}),
        ),
        (
            "AWS::IAM::Role",
            json!({
                "RoleName": "kendra-index",
                "AssumeRolePolicyDocument": assume_role("kendra.amazonaws.com"),
                "Policies": [{"PolicyName": "logs", "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}]
            }),
        ),
        ("AWS::IAM::Role", json!({"AssumeRolePolicyDocument": assume_role("kendra.amazonaws.com").to_string()})),
        ("AWS::Kendra::Index", json!({"Name": "reviews", "Edition": "DEVELOPER_EDITION", "RoleArn": unknown})),
        (
            "AWS::Kendra::DataSource",
            json!({"Name": "aurora", "IndexId": unknown, "Type": "TEMPLATE", "RoleArn": unknown}),
        ),
        (
            "AWS::SecretsManager::Secret",
            json!({"Name": "reviews/database", "GenerateSecretString": {"PasswordLength": 32, "ExcludePunctuation": true}}),
        ),
        (
            "AWS::S3::Bucket",
            json!({
                "BucketName": "reviews-documents",
                "VersioningConfiguration": {"Status": "Enabled"},
                "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "RestrictPublicBuckets": true}
            }),
        ),
        (
            "AWS::S3::BucketPolicy",
            json!({"Bucket": unknown, "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}),
        ),
        (
            "AWS::Bedrock::KnowledgeBase",
            json!({
                "Name": "reviews",
                "RoleArn": "arn:aws:iam::111111111111:role/knowledge-base",
                "KnowledgeBaseConfiguration": {
                    "Type": "VECTOR",
                    "VectorKnowledgeBaseConfiguration": {
                        "EmbeddingModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"
                    }
                }
            }),
        ),
        (
            "AWS::Bedrock::ApplicationInferenceProfile",
            json!({
                "InferenceProfileName": "cards",
                "ModelSource": {"CopyFrom": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"}
            }),
        ),
        ("AWS::DataZone::Project", json!({"DomainIdentifier": unknown, "Name": "cards"})),
        ("AWS::QBusiness::Application", json!({"DisplayName": "assistant"})),
        (
            "AWS::CloudWatch::Alarm",
            json!({
                "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "Errors", "Namespace": "AWS/Lambda",
                "Statistic": "Sum", "Period": 60, "Threshold": 0.5
            }),
        ),
        (
            "AWS::Lambda::Function",
            json!({"Role": unknown, "Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": "x"}}),
        ),
        (
            "Charter::RDS::SqlScript",
            json!({"ResourceArn": unknown, "SecretArn": unknown, "Database": "genai", "Name": "schema", "Statements": ["select 1"]}),
        ),
        ("Charter::Kendra::Sync", json!({"IndexId": unknown, "DataSourceId": unknown, "Trigger": {"hash": "abc"}})),
        (
            "Charter::DataZone::Listing",
            json!({"DomainIdentifier": unknown, "ProjectIdentifier": unknown, "EntityName": "customers", "Trigger": unknown}),
        ),
        (
            "Charter::DataZone::Subscription",
            json!({
                "DomainIdentifier": unknown, "ListingIdentifier": unknown, "ProjectIdentifier": unknown,
                "RequestReason": "campaigns for deposits", "ApprovedBy": "333333333333", "EnvironmentIdentifier": unknown
            }),
        ),
        ("Charter::Organizations::ServiceAccess", json!({"ServicePrincipal": "cloudtrail.amazonaws.com"})),
        ("Charter::RAM::OrganizationSharing", json!({})),
        ("Charter::RAM::ShareAcceptance", json!({"ResourceShareArn": unknown})),
        (
            "Charter::QBusiness::Group",
            json!({
                "ApplicationId": unknown, "IndexId": unknown, "GroupName": "core-team",
                "GroupMembers": {"MemberUsers": [{"UserId": "mary_major@anycompany.com", "Type": "INDEX"}]}
            }),
        ),
        (
            "Charter::QBusiness::ChatControls",
            json!({
                "ApplicationId": unknown,
                "BlockedPhrases": {"BlockedPhrases": ["insider"], "SystemMessageOverride": "Ask compliance."},
                "TopicConfigurations": [{
                    "Name": "day-trading",
                    "Rules": [{
                        "RuleType": "CONTENT_BLOCKER_RULE",
                        "RuleConfiguration": {"ContentBlockerRule": {"SystemMessageOverride": "Ask compliance."}}
                    }]
                }]
            }),
        ),
        (
            "Charter::QBusiness::Subscription",
            json!({
                "ApplicationId": unknown, "Principal": {"Group": "12345678-1234-1234-1234-123456789012"}, "Type": "Q_BUSINESS"
            }),
        ),
        ("Charter::QBusiness::Sync", json!({"ApplicationId": unknown, "IndexId": unknown, "DataSourceId": unknown})),
        (
            "Charter::Bedrock::InvocationLogging",
            json!({"CloudWatchConfig": {"LogGroupName": "bedrock", "RoleArn": unknown}}),
        ),
        ("Charter::Bedrock::ModelAccess", json!({"ModelId": "us.anthropic.claude-haiku-4-5-20251001-v1:0"})),
        ("Charter::Billing::CostAllocationTags", json!({"TagKeys": ["lineOfBusiness"], "WaitForKeys": true})),
    ]
}

#[test]
fn good_resources_have_no_violations() {
    for (name, properties) in good() {
        assert_eq!(violations(name, properties), "", "{name}");
    }
}

#[test]
fn a_resource_whose_values_are_all_unknown_passes() {
    for (name, properties) in good() {
        let Value::Map(map) = Value::from(properties) else { panic!("{name}") };
        let unknown = |name: Arc<str>| (name, Value::Unknown(Unknown::new("later")));
        let properties = Value::Map(map.keys().cloned().map(unknown).collect());
        assert_eq!(schema(name).validate(&properties), [], "{name}");
        assert_eq!(schema(name).validate(&Value::Unknown(Unknown::new("later"))), [], "{name}");
    }
}

#[test]
fn kendra_index() {
    let bad = json!({"Editon": "GENAI", "Edition": "GENAI_ENTERPRISE", "Name": "", "RoleArn": "kendra", "Id": "x",
        "CapacityUnits": {"QueryCapacityUnits": 1.5, "StorageCapacityUnits": "2"}});
    insta::assert_snapshot!(violations("AWS::Kendra::Index", bad), @r#"
    /CapacityUnits/QueryCapacityUnits wrong-type: `QueryCapacityUnits` must be a whole number, and it is 1.5 [write it without a fraction]
    /CapacityUnits/StorageCapacityUnits wrong-type: `StorageCapacityUnits` must be a whole number, and it is a text [write it without quotes: 2]
    /Edition not-allowed: `Edition` cannot be "GENAI_ENTERPRISE" [allowed: DEVELOPER_EDITION, ENTERPRISE_EDITION, GEN_AI_ENTERPRISE_EDITION]
    /Editon (name) unknown-property: `Editon` is not a property of AWS::Kendra::Index [did you mean Edition?]
    /Name too-short: `Name` must not be empty
    /Name pattern-mismatch: `Name` cannot be "": it does not match its pattern [the pattern is ^[a-zA-Z0-9][a-zA-Z0-9_-]*$]
    /RoleArn pattern-mismatch: `RoleArn` cannot be "kendra": it does not match its pattern [the pattern is arn:[a-z0-9-\.]{1,63}:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:[^/].{0,1023}]
    /Id (name) read-only-property: `Id` cannot be set: its value comes from AWS [remove it; other resources can refer to it as an attribute]
    "#);
    insta::assert_snapshot!(violations("AWS::Kendra::Index", json!({"Name": null})), @r"
    /RoleArn missing-property: `RoleArn` is missing: AWS::Kendra::Index needs it
    /Edition missing-property: `Edition` is missing: AWS::Kendra::Index needs it
    ");
}

#[test]
fn kendra_data_source() {
    let bad = json!({"Name": "a", "IndexId": "short", "Type": "DATABSE", "Schedule": 7,
        "DataSourceConfiguration": {"DatabaseConfiguration": {"DatabaseEngineType": "RDS_AURORA_POSTGRES"}}});
    insta::assert_snapshot!(violations("AWS::Kendra::DataSource", bad), @r#"
    /DataSourceConfiguration/DatabaseConfiguration/DatabaseEngineType not-allowed: `DatabaseEngineType` cannot be "RDS_AURORA_POSTGRES" [did you mean RDS_AURORA_POSTGRESQL? allowed: RDS_AURORA_MYSQL, RDS_AURORA_POSTGRESQL, RDS_MYSQL, RDS_POSTGRESQL]
    /DataSourceConfiguration/DatabaseConfiguration/ConnectionConfiguration missing-property: `ConnectionConfiguration` is missing: `DatabaseConfiguration` of AWS::Kendra::DataSource needs it
    /DataSourceConfiguration/DatabaseConfiguration/ColumnConfiguration missing-property: `ColumnConfiguration` is missing: `DatabaseConfiguration` of AWS::Kendra::DataSource needs it
    /IndexId too-short: `IndexId` has 5 characters, and at least 36 are needed
    /Schedule wrong-type: `Schedule` must be a text, and it is 7 [write it in quotes: "7"]
    /Type not-allowed: `Type` cannot be "DATABSE" [did you mean DATABASE? allowed: S3, SHAREPOINT, SALESFORCE, ONEDRIVE, SERVICENOW, DATABASE, CUSTOM, CONFLUENCE, GOOGLEDRIVE, WEBCRAWLER, WORKDOCS, TEMPLATE]
    "#);
}

#[test]
fn rds_cluster_and_instance() {
    let bad = json!({"Engine": 5, "StorageEncrypted": "true", "BackupRetentionPeriod": 0, "VpcSecurityGroupIds": "sg-0123456789abcdef0",
        "ServerlessV2ScalingConfiguration": {"MinCapacity": "2", "MaxCapcity": 64}, "Endpoint": {"Address": "x"},
        "MasterUserPassword": 12345678, "EnableCloudwatchLogsExports": ["postgresql", "postgresql"]});
    insta::assert_snapshot!(violations("AWS::RDS::DBCluster", bad), @r#"
    /BackupRetentionPeriod too-small: `BackupRetentionPeriod` cannot be 0: the least is 1
    /EnableCloudwatchLogsExports/1 duplicate-item: `EnableCloudwatchLogsExports` has "postgresql" twice: its elements must differ [the first is element 1]
    /Engine wrong-type: `Engine` must be a text, and it is 5 [write it in quotes: "5"]
    /MasterUserPassword wrong-type: `MasterUserPassword` must be a text, and it is a number
    /ServerlessV2ScalingConfiguration/MaxCapcity (name) unknown-property: `MaxCapcity` is not a property of `ServerlessV2ScalingConfiguration` of AWS::RDS::DBCluster [did you mean MaxCapacity?]
    /ServerlessV2ScalingConfiguration/MinCapacity wrong-type: `MinCapacity` must be a number, and it is a text [write it without quotes: 2]
    /StorageEncrypted wrong-type: `StorageEncrypted` must be true or false, and it is a text [write it without quotes: true]
    /VpcSecurityGroupIds wrong-type: `VpcSecurityGroupIds` must be a list, and it is a text [write it as an element of a list, also if it is the only one]
    /Endpoint (name) read-only-property: `Endpoint` cannot be set: its value comes from AWS [remove it; other resources can refer to it as an attribute]
    "#);
    let bad = json!({"SourceDBInstanceIdentifier": "a", "MasterUsername": "b", "MultiAZ": ["x"]});
    insta::assert_snapshot!(violations("AWS::RDS::DBInstance", bad), @r"
    /MultiAZ wrong-type: `MultiAZ` must be true or false, and it is a list [write the only element without the list]
    /SourceDBInstanceIdentifier (name) conflicting-properties: `MasterUsername` and `SourceDBInstanceIdentifier` cannot be given together
    ");
}

#[test]
fn iam() {
    let bad = json!({"RoleName": "with space", "Path": "x", "AssumeRolePolicyDocument": ["x"], "MaxSessionDuration": 60,
        "Policies": [{"PolicyName": "a"}], "Tags": {"a": "b"}});
    insta::assert_snapshot!(violations("AWS::IAM::Role", bad), @r#"
    /AssumeRolePolicyDocument wrong-type: `AssumeRolePolicyDocument` must be a text or a map, and it is a list [write the only element without the list]
    /MaxSessionDuration too-small: `MaxSessionDuration` cannot be 60: the least is 3600
    /Path pattern-mismatch: `Path` cannot be "x": it does not match its pattern [the pattern is ^(\u002F)|(\u002F[\u0021-\u007E]+\u002F)$]
    /Policies/0/PolicyDocument missing-property: `PolicyDocument` is missing: an element of `Policies` of AWS::IAM::Role needs it
    /RoleName pattern-mismatch: `RoleName` cannot be "with space": it does not match its pattern [the pattern is ^[\w+=,.@-]+$]
    /Tags wrong-type: `Tags` must be a list, and it is a map [write a list with an element {Key: …, Value: …} for each]
    "#);
    insta::assert_snapshot!(violations("AWS::IAM::InstanceProfile", json!({"Roles": ["a", "b"]})), @"/Roles too-many-items: `Roles` has 2 elements, and at most 1 are allowed");
    insta::assert_snapshot!(violations("AWS::IAM::Policy", json!({"PolicyName": "a", "PolicyDocument": {}})), @" missing-property: AWS::IAM::Policy needs `Groups`, `Roles` or `Users`");
}

#[test]
fn storage_and_secrets() {
    let bad = json!({"BucketName": "Upper_Case", "VersioningConfiguration": {"Status": "On"},
        "WebsiteConfiguration": {"RedirectAllRequestsTo": {"HostName": "a"}, "IndexDocument": "b"}});
    insta::assert_snapshot!(violations("AWS::S3::Bucket", bad), @r#"
    /BucketName pattern-mismatch: `BucketName` cannot be "Upper_Case": it does not match its pattern [the pattern is ^([a-z0-9][a-z0-9.-]*[a-z0-9])?$]
    /VersioningConfiguration/Status not-allowed: `Status` cannot be "On" [allowed: Enabled, Suspended]
    "#);
    insta::assert_snapshot!(violations("AWS::S3::BucketPolicy", json!({"PolicyDocument": "{"})), @r#"
    /PolicyDocument bad-format: `PolicyDocument` must be a policy, and it is "{" [write it as a map]
    /Bucket missing-property: `Bucket` is missing: AWS::S3::BucketPolicy needs it
    "#);
    let bad = json!({"GenerateSecretString": {"PasswordLength": "x"}, "KmsKeyID": "a"});
    insta::assert_snapshot!(violations("AWS::SecretsManager::Secret", bad), @r"
    /GenerateSecretString/PasswordLength wrong-type: `PasswordLength` must be a whole number, and it is a text
    /KmsKeyID (name) unknown-property: `KmsKeyID` is not a property of AWS::SecretsManager::Secret [did you mean KmsKeyId?]
    ");
}

#[test]
fn network() {
    insta::assert_snapshot!(violations("AWS::EC2::VPC", json!({"EnableDnsSupport": 1})), @r"
    /EnableDnsSupport wrong-type: `EnableDnsSupport` must be true or false, and it is 1
     missing-property: AWS::EC2::VPC needs `CidrBlock` or `Ipv4IpamPoolId`
    ");
    insta::assert_snapshot!(violations("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0", "Ipv4IpamPoolId": "a"})), @r#"
    /CidrBlock bad-format: `CidrBlock` must be an IPv4 network such as 10.0.0.0/16, and it is "10.0.0.0"
    /Ipv4NetmaskLength missing-property: `Ipv4NetmaskLength` is missing: it must be given with `Ipv4IpamPoolId`
    /Ipv4IpamPoolId (name) conflicting-properties: `CidrBlock` and `Ipv4IpamPoolId` cannot be given together [give exactly one of `CidrBlock` or `Ipv4IpamPoolId`]
    "#);
    let bad = json!({"VpcId": "vpc-1", "AvailabilityZone": "a", "AvailabilityZoneId": "b"});
    insta::assert_snapshot!(violations("AWS::EC2::Subnet", bad), @r#"
    /VpcId bad-format: `VpcId` must be the id of a VPC: vpc-…, and it is "vpc-1"
    /AvailabilityZoneId (name) conflicting-properties: `AvailabilityZone` and `AvailabilityZoneId` cannot be given together
     missing-property: AWS::EC2::Subnet needs `CidrBlock`, `Ipv4IpamPoolId`, `Ipv6IpamPoolId` or `Ipv6CidrBlock`
    "#);
    let bad = json!({"GroupDescription": "a", "SecurityGroupIngress": [
        {"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8", "SourceSecurityGroupId": "sg-0123456789abcdef0"}, {"FromPort": 1}]});
    insta::assert_snapshot!(violations("AWS::EC2::SecurityGroup", bad), @r"
    /SecurityGroupIngress/0/SourceSecurityGroupId (name) conflicting-properties: `CidrIp` and `SourceSecurityGroupId` cannot be given together [give exactly one of `CidrIp`, `CidrIpv6`, `SourcePrefixListId`, `SourceSecurityGroupId` or `SourceSecurityGroupName`]
    /SecurityGroupIngress/1/IpProtocol missing-property: `IpProtocol` is missing: an element of `SecurityGroupIngress` of AWS::EC2::SecurityGroup needs it
    /SecurityGroupIngress/1 missing-property: an element of `SecurityGroupIngress` of AWS::EC2::SecurityGroup needs `CidrIp`, `CidrIpv6`, `SourcePrefixListId`, `SourceSecurityGroupId` or `SourceSecurityGroupName`
    ");
}

#[test]
fn bedrock_datazone_and_others() {
    let bad = json!({"Name": "a b", "RoleArn": {"$unknown": "x"}, "KnowledgeBaseConfiguration": {"Type": "VECTORS"}});
    insta::assert_snapshot!(violations("AWS::Bedrock::KnowledgeBase", bad), @r#"
    /KnowledgeBaseConfiguration/Type not-allowed: `Type` cannot be "VECTORS" [did you mean VECTOR? allowed: VECTOR, KENDRA, SQL]
    /Name pattern-mismatch: `Name` cannot be "a b": it does not match its pattern [the pattern is ^([0-9a-zA-Z][_-]?){1,100}$]
    "#);
    let bad = json!({"Name": "a", "BlockedInputMessaging": "a", "BlockedOutputsMessaging": "b",
        "ContentPolicyConfig": {"FiltersConfig": [{"Type": "HATE", "InputStrength": "LOW"}]}});
    insta::assert_snapshot!(violations("AWS::Bedrock::Guardrail", bad), @"/ContentPolicyConfig/FiltersConfig/0/OutputStrength missing-property: `OutputStrength` is missing: an element of `FiltersConfig` of AWS::Bedrock::Guardrail needs it");
    insta::assert_snapshot!(violations("AWS::DataZone::Project", json!({"Name": "a", "DomainIdentifier": "b"})), @r#"/DomainIdentifier pattern-mismatch: `DomainIdentifier` cannot be "b": it does not match its pattern [the pattern is ^dzd[-_][a-zA-Z0-9_-]{1,36}$]"#);
    insta::assert_snapshot!(violations("AWS::CloudWatch::MetricStream", json!({
        "FirehoseArn": {"$unknown": ""}, "RoleArn": {"$unknown": ""}, "OutputFormat": "json",
        "IncludeFilters": [{"Namespace": "a"}], "ExcludeFilters": [{"Namespace": "b"}]})), @"/IncludeFilters (name) conflicting-properties: `ExcludeFilters` and `IncludeFilters` cannot be given together [AWS::CloudWatch::MetricStream takes `ExcludeFilters` and `IncludeFilters`, and only one of these]");
    insta::assert_snapshot!(violations("AWS::ARCZonalShift::ZonalAutoshiftConfiguration", json!({"ResourceIdentifier": "arn:aws:x:y"})), @" missing-property: AWS::ARCZonalShift::ZonalAutoshiftConfiguration needs `PracticeRunConfiguration` or `ZonalAutoshiftStatus`");
    insta::assert_snapshot!(violations("AWS::DynamoDB::Table", json!({
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "a", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": [{"IndexName": "abc", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "Projection": {}}]})), @r#"
    /AttributeDefinitions/1 duplicate-item: `AttributeDefinitions` has two elements whose `AttributeName` is "a"
    /KeySchema/0/KeyType not-allowed: `KeyType` must be HASH, and it is "RANGE" [allowed: HASH]
    /LocalSecondaryIndexes/0/KeySchema too-few-items: `KeySchema` has 1 element, and at least 2 must be there
    /KeySchema too-few-items: `KeySchema` has 1 element, and at least 2 must be there
    "#);
}

#[test]
fn own_types() {
    let bad = json!({"ResourceArn": "genai-kendra", "SecretArn": {"$unknown": ""}, "Database": "genai", "Name": "9", "Statements": [],
        "ContentHash": "x"});
    insta::assert_snapshot!(violations("Charter::RDS::SqlScript", bad), @r#"
    /Name pattern-mismatch: `Name` cannot be "9": it does not match its pattern [the pattern is ^[A-Za-z][A-Za-z0-9_-]*$]
    /ResourceArn pattern-mismatch: `ResourceArn` cannot be "genai-kendra": it does not match its pattern [the pattern is ^arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:cluster:.+$]
    /Statements too-few-items: `Statements` is empty, and at least 1 element must be there
    /ContentHash (name) read-only-property: `ContentHash` cannot be set: its value comes from AWS [remove it; other resources can refer to it as an attribute]
    "#);
}

#[test]
fn secrets_are_checked_and_never_shown() {
    let check = |plain: &str| {
        let password = Value::Secret(Secret::new(plain.into(), "salt"));
        let properties = Value::Map([("Password".into(), password), ("Username".into(), "user".into())].into());
        let users = Value::from(vec![properties]);
        schema("AWS::AmazonMQ::Broker").validate(&Value::Map([("Users".into(), users)].into()))
    };
    let about_password = |plain: &str| {
        let violations = check(plain);
        violations
            .into_iter()
            .filter(|each| each.pointer.to_string() == "/Users/0/Password")
            .map(|each| each.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        about_password("hunter2,hunter2"),
        ["`Password` cannot be the value given: it does not match its pattern"]
    );
    assert_eq!(about_password("hunter2hunter2"), Vec::<String>::new());
    let read_back = Value::Secret(Secret::from_fingerprint("f"));
    assert_eq!(schema("AWS::AmazonMQ::Broker").validate(&read_back), []);
}

#[test]
fn every_code_is_documented_and_every_format_known() {
    let catalog = Catalog::embedded();
    let mut unknown = BTreeSet::new();
    for name in catalog.type_names() {
        let schema = schema(name);
        let formats = schema.arena.all().iter().filter_map(|node| node.format.clone());
        unknown.extend(formats.filter(|format| !format::is_known(format)));
    }
    // A pattern that stands in the wrong place in AWS::Rekognition::StreamProcessor, beside one that holds.
    assert_eq!(
        unknown.iter().map(|format| &**format).collect::<Vec<_>>(),
        [r"(^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:collection\/([a-zA-Z0-9_.\-]+){1,255})"]
    );
    let mut sorted = VIOLATION_CODES.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, VIOLATION_CODES);
}

#[test]
fn own_types_say_what_goes_together() {
    let listing = json!({
        "DomainIdentifier": "dzd_1", "ProjectIdentifier": "p1", "EntityName": "customers", "EntityIdentifier": "a1"
    });
    assert_ne!(violations("Charter::DataZone::Listing", listing), "");
    assert_ne!(
        violations("Charter::DataZone::Listing", json!({"DomainIdentifier": "dzd_1", "ProjectIdentifier": "p1"})),
        ""
    );
    let subscription = json!({
        "DomainIdentifier": "dzd_1", "ListingIdentifier": "l1", "ProjectIdentifier": "p1", "RequestReason": "campaigns",
        "SubscriptionTargetIdentifier": "t1"
    });
    assert_ne!(violations("Charter::DataZone::Subscription", subscription), "");
}
