//! Inputs and outputs of each protocol, by hand-written requests.

use super::*;
use serde_json::json;

fn model(service: &str) -> &'static ServiceModel {
    Models::embedded().service(service).unwrap()
}

fn input(service: &str, operation: &str, body: &str) -> Result<Value, ServiceError> {
    let model = model(service);
    let (name, operation) = model.operations.get_key_value(operation).unwrap();
    let headers = HeaderMap::new();
    let incoming = Incoming { method: "POST", path: "/", query: "", headers: &headers, body: body.as_bytes() };
    let target = Target { model, operation: Some((name, operation)), labels: BTreeMap::new() };
    read(&target, operation, &incoming)
}

fn output(service: &str, operation: &str, output: Value) -> String {
    let model = model(service);
    let response = write(model, operation, &model.operations[operation], &output, "id")
        .unwrap_or_else(|error| panic!("{error:?}"));
    let (parts, body) = response.into_parts();
    let headers: Vec<String> =
        parts.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    format!("{} [{}]\n{}", parts.status.as_u16(), headers.join(", "), String::from_utf8_lossy(&body))
}

#[test]
fn query_inputs_nest_by_their_names() {
    let body = "Action=CreateDBCluster&DBClusterIdentifier=c&Engine=aurora-postgresql&Port=5432&StorageEncrypted=true\
                &VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1&VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-2\
                &Tags.Tag.1.Key=a%26b&Tags.Tag.1.Value=c+d&ServerlessV2ScalingConfiguration.MinCapacity=0.5\
                &EnableCloudwatchLogsExports.member.1=postgresql&AvailabilityZones=";
    assert_eq!(
        input("rds", "CreateDBCluster", body).unwrap(),
        json!({
            "DBClusterIdentifier": "c", "Engine": "aurora-postgresql", "Port": 5432, "StorageEncrypted": true,
            "VpcSecurityGroupIds": ["sg-1", "sg-2"], "Tags": [{"Key": "a&b", "Value": "c d"}],
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5}, "EnableCloudwatchLogsExports": ["postgresql"],
            "AvailabilityZones": [],
        })
    );
}

#[test]
fn ec2_lists_are_flat() {
    let body =
        "Action=DescribeSubnets&SubnetId.1=subnet-1&SubnetId.2=subnet-2&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1";
    assert_eq!(
        input("ec2", "DescribeSubnets", body).unwrap(),
        json!({"SubnetIds": ["subnet-1", "subnet-2"], "Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]})
    );
}

#[test]
fn twelve_elements_keep_their_order() {
    let body: String = (1..=12).map(|place| format!("&SubnetId.{place}=subnet-{place}")).collect();
    let read = input("ec2", "DescribeSubnets", &format!("Action=DescribeSubnets{body}")).unwrap();
    let expected: Vec<String> = (1..=12).map(|place| format!("subnet-{place}")).collect();
    assert_eq!(read["SubnetIds"], json!(expected));
}

#[test]
fn json_inputs_are_read_by_their_shapes() {
    let read =
        input("secretsmanager", "CreateSecret", r#"{"Name":"n","SecretBinary":"AAE=","Unknown":1,"Description":null}"#);
    assert_eq!(read.unwrap(), json!({"Name": "n", "SecretBinary": "AAE="}));
    let wrong = input("secretsmanager", "CreateSecret", r#"{"Name":5}"#).unwrap_err();
    assert_eq!((wrong.code.as_str(), wrong.status), ("SerializationException", Some(400)));
    let broken = input("secretsmanager", "CreateSecret", "{").unwrap_err();
    assert_eq!(broken.code, "SerializationException");
}

#[test]
fn xml_inputs_are_read_by_their_shapes() {
    let s3 = model("s3");
    let (name, operation) = s3.operations.get_key_value("PutBucketTagging").unwrap();
    let body = b"<?xml version=\"1.0\"?><Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>\
                 <Tag><Key>a</Key><Value>b &amp; &#99;</Value></Tag><Tag><Key>d</Key><Value/></Tag></TagSet></Tagging>";
    let headers = HeaderMap::new();
    let incoming = Incoming { method: "PUT", path: "/bucket", query: "tagging", headers: &headers, body };
    let target = Target {
        model: s3,
        operation: Some((name, operation)),
        labels: BTreeMap::from([("Bucket".to_owned(), "bucket".to_owned())]),
    };
    assert_eq!(
        read(&target, operation, &incoming).unwrap(),
        json!({"Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "a", "Value": "b & c"}, {"Key": "d", "Value": ""}]}})
    );
}

#[test]
fn outputs_are_written_by_their_protocol() {
    let answers = [
        output(
            "iam",
            "GetRole",
            json!({"Role": {"Path": "/", "RoleName": "R", "RoleId": "AROA", "Arn": "arn", "CreateDate": "2026-01-02T03:04:05Z", "Tags": [{"Key": "a", "Value": "<b>"}]}}),
        ),
        output("iam", "DeleteRole", json!({})),
        output(
            "rds",
            "DescribeDBClusters",
            json!({"DBClusters": [{"DBClusterIdentifier": "c", "AvailabilityZones": ["us-east-1a"], "TagList": [{"Key": "a", "Value": "b"}]}]}),
        ),
        output("ec2", "DescribeSubnets", json!({"Subnets": [{"SubnetId": "subnet-1", "MapPublicIpOnLaunch": false}]})),
        output(
            "kendra",
            "DescribeIndex",
            json!({"Id": "i", "CreatedAt": "2026-01-02T03:04:05.250Z", "Status": "ACTIVE", "Name": null}),
        ),
        output(
            "bedrock-agent",
            "GetKnowledgeBase",
            json!({"knowledgeBase": {"knowledgeBaseId": "K", "createdAt": "2026-01-02T03:04:05Z"}}),
        ),
        output("s3", "GetBucketTagging", json!({"TagSet": [{"Key": "a", "Value": "b"}]})),
        output(
            "s3",
            "GetObject",
            json!({"Body": "aGVsbG8=", "ContentLength": 5, "LastModified": "2026-01-02T03:04:05Z", "Metadata": {"x": "y"}}),
        ),
        output("s3", "GetBucketPolicy", json!({"Policy": "{}"})),
        output("s3", "GetBucketLocation", json!({"LocationConstraint": "eu-west-1"})),
        output(
            "s3",
            "ListObjectsV2",
            json!({"Name": "b", "Contents": [{"Key": "k1", "Size": 1}, {"Key": "k2", "Size": 2}], "KeyCount": 2}),
        ),
    ];
    insta::assert_snapshot!(answers.join("\n\n"), @r#"
    200 [content-type: text/xml, x-amzn-requestid: id]
    <GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Arn>arn</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate><Path>/</Path><RoleId>AROA</RoleId><RoleName>R</RoleName><Tags><member><Key>a</Key><Value>&lt;b&gt;</Value></member></Tags></Role></GetRoleResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetRoleResponse>

    200 [content-type: text/xml, x-amzn-requestid: id]
    <DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteRoleResponse>

    200 [content-type: text/xml, x-amzn-requestid: id]
    <DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult><DBClusters><DBCluster><AvailabilityZones><AvailabilityZone>us-east-1a</AvailabilityZone></AvailabilityZones><DBClusterIdentifier>c</DBClusterIdentifier><TagList><Tag><Key>a</Key><Value>b</Value></Tag></TagList></DBCluster></DBClusters></DescribeDBClustersResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeDBClustersResponse>

    200 [content-type: text/xml, x-amzn-requestid: id]
    <DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>id</requestId><subnetSet><item><mapPublicIpOnLaunch>false</mapPublicIpOnLaunch><subnetId>subnet-1</subnetId></item></subnetSet></DescribeSubnetsResponse>

    200 [content-type: application/x-amz-json-1.1, x-amzn-requestid: id]
    {"CreatedAt":1767323045.25,"Id":"i","Status":"ACTIVE"}

    200 [content-type: application/json, x-amzn-requestid: id]
    {"knowledgeBase":{"createdAt":"2026-01-02T03:04:05Z","knowledgeBaseId":"K"}}

    200 [content-type: application/xml, x-amz-id-2: id, x-amz-request-id: id]
    <Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>

    200 [content-type: application/xml, x-amz-id-2: id, x-amz-request-id: id, content-length: 5, last-modified: Fri, 02 Jan 2026 03:04:05 GMT, x-amz-meta-x: y]
    hello

    200 [content-type: application/xml, x-amz-id-2: id, x-amz-request-id: id]
    {}

    200 [content-type: application/xml, x-amz-id-2: id, x-amz-request-id: id]
    <LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>

    200 [content-type: application/xml, x-amz-id-2: id, x-amz-request-id: id]
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key>k1</Key><Size>1</Size></Contents><Contents><Key>k2</Key><Size>2</Size></Contents><KeyCount>2</KeyCount><Name>b</Name></ListBucketResult>
    "#);
}

#[test]
fn an_output_that_is_not_of_its_shape_is_a_defect() {
    let model = model("kendra");
    let wrong = |output| write(model, "DescribeIndex", &model.operations["DescribeIndex"], &output, "id").is_err();
    assert!(wrong(json!({"Nmae": "n"})));
    assert!(wrong(json!({"Id": 5})));
    assert!(wrong(json!({"CreatedAt": "yesterday"})));
}
