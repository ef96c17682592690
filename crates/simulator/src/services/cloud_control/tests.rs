use crate::organization::{Organization, Standing, seed};
use crate::services::testing::Cloud;
use charter_model::AccountId;
use serde_json::{Value, json};

fn create(cloud: &mut Cloud, type_name: &str, desired: Value) -> Value {
    start(cloud, "CreateResource", json!({"TypeName": type_name, "DesiredState": desired.to_string()}))
}

/// Starts an operation and lets it end.
fn start(cloud: &mut Cloud, operation: &str, input: Value) -> Value {
    let event = cloud.ok("cloudcontrol", operation, input)["ProgressEvent"].clone();
    assert_eq!(event["OperationStatus"], "IN_PROGRESS");
    cloud.pass(600.0);
    let token = event["RequestToken"].clone();
    cloud.ok("cloudcontrol", "GetResourceRequestStatus", json!({"RequestToken": token}))["ProgressEvent"].clone()
}

fn properties(cloud: &mut Cloud, type_name: &str, identifier: &Value) -> Value {
    let got = cloud.ok("cloudcontrol", "GetResource", json!({"TypeName": type_name, "Identifier": identifier}));
    serde_json::from_str(got["ResourceDescription"]["Properties"].as_str().unwrap()).unwrap()
}

#[test]
fn what_is_being_made_is_not_there_yet() {
    let mut cloud = Cloud::new();
    let input = json!({"TypeName": "AWS::EC2::VPC", "DesiredState": r#"{"CidrBlock":"10.0.0.0/16"}"#});
    let event = cloud.ok("cloudcontrol", "CreateResource", input)["ProgressEvent"].clone();
    let get = json!({"TypeName": "AWS::EC2::VPC", "Identifier": event["Identifier"]});
    assert!(cloud.refused("cloudcontrol", "GetResource", get.clone()).starts_with("ResourceNotFoundException"));
    let delete = cloud.refused("cloudcontrol", "DeleteResource", get.clone());
    assert!(delete.starts_with("ConcurrentOperationException"), "{delete}");
    cloud.pass(60.0);
    cloud.ok("cloudcontrol", "GetResource", get);
}

#[test]
fn tokens_stand_for_their_request_and_no_other() {
    let mut cloud = Cloud::new();
    let input = |cidr: &str| json!({"TypeName": "AWS::EC2::VPC", "ClientToken": "t", "DesiredState": json!({"CidrBlock": cidr}).to_string()});
    let first = cloud.ok("cloudcontrol", "CreateResource", input("10.0.0.0/16"));
    assert_eq!(cloud.ok("cloudcontrol", "CreateResource", input("10.0.0.0/16")), first);
    let other = cloud.refused("cloudcontrol", "CreateResource", input("10.1.0.0/16"));
    assert!(other.starts_with("ClientTokenConflictException"), "{other}");
    assert_eq!(cloud.left().len(), 1);
}

#[test]
fn references_are_checked_and_hold_what_they_refer_to() {
    let mut cloud = Cloud::new();
    let lost =
        create(&mut cloud, "AWS::EC2::Subnet", json!({"VpcId": "vpc-00000000000000000", "CidrBlock": "10.0.0.0/24"}));
    assert_eq!(lost["ErrorCode"], "NotFound");
    let vpc = create(&mut cloud, "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}))["Identifier"].clone();
    let subnet = create(&mut cloud, "AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}));
    assert_eq!(subnet["OperationStatus"], "SUCCESS", "{subnet}");
    let outside = create(&mut cloud, "AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.1.0.0/24"}));
    assert_eq!(outside["ErrorCode"], "InvalidRequest");
    let overlapping = create(&mut cloud, "AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.128/25"}));
    assert!(overlapping["StatusMessage"].as_str().unwrap().contains("conflicts with another subnet"));

    let kept = start(&mut cloud, "DeleteResource", json!({"TypeName": "AWS::EC2::VPC", "Identifier": vpc}));
    assert_eq!(kept["ErrorCode"], "GeneralServiceException");
    for (type_name, identifier) in [("AWS::EC2::Subnet", &subnet["Identifier"]), ("AWS::EC2::VPC", &vpc)] {
        let gone = start(&mut cloud, "DeleteResource", json!({"TypeName": type_name, "Identifier": identifier}));
        assert_eq!(gone["OperationStatus"], "SUCCESS", "{gone}");
    }
    assert_eq!(cloud.left(), Vec::<String>::new());
}

#[test]
fn an_alias_that_names_no_version_moves_on_to_a_new_one_with_each_change() {
    const ALIAS: &str = "AWS::Bedrock::AgentAlias";
    let mut cloud = Cloud::new();
    let make = json!({"AgentId": "ABCDEFGHIJ", "AgentAliasName": "live"});
    let alias = create(&mut cloud, ALIAS, make)["Identifier"].clone();
    let leads_to =
        |cloud: &mut Cloud| properties(cloud, ALIAS, &alias)["RoutingConfiguration"][0]["AgentVersion"].clone();
    assert_eq!(leads_to(&mut cloud), "1");
    let update = |cloud: &mut Cloud, patch: Value| {
        let input = json!({"TypeName": ALIAS, "Identifier": alias, "PatchDocument": patch.to_string()});
        assert_eq!(start(cloud, "UpdateResource", input)["OperationStatus"], "SUCCESS");
    };
    // The patch is applied to what is read, with the version in it.
    let describe = |text: &str| json!({"op": "add", "path": "/Description", "value": text});
    update(&mut cloud, json!([describe("a")]));
    assert_eq!(leads_to(&mut cloud), "1");
    update(&mut cloud, json!([describe("b"), {"op": "remove", "path": "/RoutingConfiguration"}]));
    assert_eq!(leads_to(&mut cloud), "2");
    let told = properties(&mut cloud, ALIAS, &alias)["AgentAliasHistoryEvents"].clone();
    let ended: Vec<bool> = told.as_array().unwrap().iter().map(|event| event.get("EndDate").is_some()).collect();
    assert_eq!(ended, [true, false]);
}

#[test]
fn a_version_of_a_flow_is_a_number_that_is_not_given_twice() {
    let mut cloud = Cloud::new();
    let make = |cloud: &mut Cloud, flow: &str| {
        let flow = format!("arn:aws:bedrock:us-east-1:111111111111:flow/{flow}");
        let made = create(cloud, "AWS::Bedrock::FlowVersion", json!({"FlowArn": flow}))["Identifier"].clone();
        (properties(cloud, "AWS::Bedrock::FlowVersion", &made)["Version"].clone(), made)
    };
    assert_eq!(make(&mut cloud, "ABCDEFGHIJ").0, "1");
    let (second, made) = make(&mut cloud, "ABCDEFGHIJ");
    assert_eq!(second, "2");
    start(&mut cloud, "DeleteResource", json!({"TypeName": "AWS::Bedrock::FlowVersion", "Identifier": made}));
    assert_eq!(make(&mut cloud, "ABCDEFGHIJ").0, "3");
    assert_eq!(make(&mut cloud, "KLMNOPQRST").0, "1");
}

#[test]
fn an_organization_is_recorded_from_its_management_account_once_it_trusts_cloudtrail() {
    let mut cloud = Cloud::new();
    let trail =
        json!({"TrailName": "audit", "S3BucketName": "archive", "IsLogging": true, "IsOrganizationTrail": true});
    let told = |cloud: &mut Cloud| {
        let event = create(cloud, "AWS::CloudTrail::Trail", trail.clone());
        (event["ErrorCode"].clone(), event["StatusMessage"].as_str().unwrap_or_default().to_owned())
    };
    let (code, message) = told(&mut cloud);
    assert!(code == "InvalidRequest" && message.starts_with("OrganizationsNotInUseException"), "{code} {message}");

    let (management, member) = (AccountId::new("333333333333").unwrap(), AccountId::new("444444444444").unwrap());
    let accounts = Organization { management: management.clone(), members: vec![member.clone()] };
    seed(&mut cloud.store, 7, &accounts, &Standing::Together, cloud.now);
    cloud.account = member;
    let (_, message) = told(&mut cloud);
    assert!(message.starts_with("NotOrganizationMasterAccountException"), "{message}");
    cloud.account = management;
    let (_, message) = told(&mut cloud);
    assert!(message.starts_with("CloudTrailAccessNotEnabledException"), "{message}");
    let principal = json!({"ServicePrincipal": "cloudtrail.amazonaws.com"});
    cloud.ok("organizations", "EnableAWSServiceAccess", principal);

    // The archive is another account's, and lets in what it names: this trail, with the files of whom it says.
    let (_, message) = told(&mut cloud);
    assert!(message.starts_with("S3BucketDoesNotExistException"), "{message}");
    let organization = cloud.ok("organizations", "DescribeOrganization", json!({}))["Organization"]["Id"].clone();
    let archive = |cloud: &mut Cloud, owners: &[&str]| {
        let own = std::mem::replace(&mut cloud.account, AccountId::new("444444444444").unwrap());
        let files: Vec<String> = owners.iter().map(|owner| format!("arn:aws:s3:::archive/AWSLogs/{owner}/*")).collect();
        let statement = |action: &str, resource: Value| {
            let source = json!({"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:333333333333:trail/audit"});
            json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": action,
                "Resource": resource, "Condition": {"StringEquals": source}})
        };
        let statements =
            [statement("s3:GetBucketAcl", json!("arn:aws:s3:::archive")), statement("s3:PutObject", json!(files))];
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        cloud.ok("s3", "PutBucketPolicy", json!({"Bucket": "archive", "Policy": policy}));
        cloud.account = own;
    };
    let own = std::mem::replace(&mut cloud.account, AccountId::new("444444444444").unwrap());
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "archive"}));
    cloud.account = own;
    archive(&mut cloud, &["333333333333"]);
    let (_, message) = told(&mut cloud);
    assert!(message.starts_with("InsufficientS3BucketPolicyException"), "{message}");
    archive(&mut cloud, &["333333333333", organization.as_str().unwrap()]);
    let made = create(&mut cloud, "AWS::CloudTrail::Trail", trail.clone());
    assert_eq!(made["OperationStatus"], "SUCCESS", "{made}");
}

#[test]
fn a_security_group_is_made_whole() {
    let mut cloud = Cloud::new();
    let vpc = create(&mut cloud, "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}))["Identifier"].clone();
    let desired = json!({"GroupDescription": "databases", "GroupName": "databases", "VpcId": vpc});
    let group = create(&mut cloud, "AWS::EC2::SecurityGroup", desired.clone())["Identifier"].clone();
    let told = properties(&mut cloud, "AWS::EC2::SecurityGroup", &group);
    assert_eq!((&told["Id"], &told["GroupId"]), (&group, &group));
    assert_eq!(create(&mut cloud, "AWS::EC2::SecurityGroup", desired)["ErrorCode"], "AlreadyExists");
    let rule =
        json!({"GroupId": group, "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "10.0.0.0/16"});
    let rule = create(&mut cloud, "AWS::EC2::SecurityGroupIngress", rule);
    assert!(rule["Identifier"].as_str().unwrap().starts_with("sgr-0"), "{rule}");
}

#[test]
fn names_conflict_and_attributes_have_their_forms() {
    let mut cloud = Cloud::new();
    let group = create(&mut cloud, "AWS::Logs::LogGroup", json!({"LogGroupName": "/app"}));
    assert_eq!(group["Identifier"], "/app");
    let told = properties(&mut cloud, "AWS::Logs::LogGroup", &json!("/app"));
    assert_eq!(told["Arn"], "arn:aws:logs:us-east-1:333333333333:log-group:/app:*");
    assert_eq!(
        create(&mut cloud, "AWS::Logs::LogGroup", json!({"LogGroupName": "/app"}))["ErrorCode"],
        "AlreadyExists"
    );

    let key = create(&mut cloud, "AWS::KMS::Key", json!({"KeyPolicy": {}, "PendingWindowInDays": 7}));
    let told = properties(&mut cloud, "AWS::KMS::Key", &key["Identifier"]);
    let arn = format!("arn:aws:kms:us-east-1:333333333333:key/{}", key["Identifier"].as_str().unwrap());
    assert_eq!(told["Arn"], arn);
    assert_eq!(told.get("PendingWindowInDays"), None, "write-only");
}

#[test]
fn patches_change_what_may_change() {
    let mut cloud = Cloud::new();
    create(&mut cloud, "AWS::Logs::LogGroup", json!({"LogGroupName": "/app", "RetentionInDays": 7}));
    let patch = |patch: Value| json!({"TypeName": "AWS::Logs::LogGroup", "Identifier": "/app", "PatchDocument": patch.to_string()});
    let longer = patch(json!([{"op": "replace", "path": "/RetentionInDays", "value": 30}]));
    assert_eq!(start(&mut cloud, "UpdateResource", longer)["OperationStatus"], "SUCCESS");
    assert_eq!(properties(&mut cloud, "AWS::Logs::LogGroup", &json!("/app"))["RetentionInDays"], 30);
    let renamed = patch(json!([{"op": "replace", "path": "/LogGroupName", "value": "/other"}]));
    assert_eq!(
        cloud.refused("cloudcontrol", "UpdateResource", renamed),
        "NotUpdatableException: Invalid patch update: createOnlyProperties [/properties/LogGroupName] cannot be updated"
    );
    let wrong = patch(json!([{"op": "replace", "path": "/RetentionInDays", "value": "long"}]));
    assert!(
        cloud
            .refused("cloudcontrol", "UpdateResource", wrong)
            .starts_with("ValidationException: Model validation failed (#/RetentionInDays")
    );
}

#[test]
fn native_and_unknown_types_are_refused_by_name() {
    let mut cloud = Cloud::new();
    let asked = |type_name: &str| json!({"TypeName": type_name, "DesiredState": "{}"});
    assert_eq!(
        cloud.refused("cloudcontrol", "CreateResource", asked("AWS::IAM::Role")),
        "UnsupportedActionException: Resource type AWS::IAM::Role does not support CreateResource action: not simulated here, call iam"
    );
    let unknown = cloud.refused("cloudcontrol", "CreateResource", asked("AWS::EC2::Nothing"));
    assert!(unknown.starts_with("TypeNotFoundException"), "{unknown}");
    // What only CloudFormation makes.
    assert_eq!(
        cloud.refused("cloudcontrol", "CreateResource", asked("AWS::AppMesh::Mesh")),
        "UnsupportedActionException: Resource type AWS::AppMesh::Mesh does not support CREATE action"
    );
}

/// Every type gets an identifier and attributes that its own schema takes.
#[test]
fn every_type_can_be_completed() {
    use super::attributes;
    use charter_catalog::Catalog;
    let mut cloud = Cloud::new();
    let catalog = Catalog::embedded();
    let (mut identified, mut wrong, mut without) = (0, Vec::new(), Vec::new());
    for name in catalog.type_names().filter(|name| name.starts_with("AWS::")) {
        let schema = catalog.schema(&name.parse().unwrap()).unwrap();
        let mut made = serde_json::Map::new();
        cloud.with("cloudcontrol", "CreateResource", json!({}), |call| attributes::complete(call, &schema, &mut made));
        let whole = Value::Object(made.clone());
        // Parts that the user gives are not made.
        let given = schema.primary_identifier().iter().filter(|pointer| !schema.read_only().contains(pointer)).count();
        match schema.identifier_of(&made) {
            Some(_) => identified += 1,
            None if given > 0 => {}
            None => without.push(name),
        }
        for pointer in schema.read_only().iter().filter(|pointer| pointer.segments().len() == 1) {
            let (Some(property), Some(Value::String(text))) = (schema.property_at(pointer), pointer.get(&whole)) else {
                continue;
            };
            if property.pattern.as_ref().is_some_and(|pattern| !super::pattern_text::matches(pattern, text)) {
                wrong.push(format!("{name}{pointer}: {text}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(without.len() * 50 < identified, "{identified} have an identifier, these not: {without:?}");
}
