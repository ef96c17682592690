use crate::cloud::{Cloud, place};
use crate::drive::{self, create_request, delete_request, marks, object, recover_request};
use charter_provider::{FailureCode, Observed, Operation, Progress, Provider, Recovered};
use serde_json::{Value, json};

pub(crate) const CLUSTER: &str = "AWS::RDS::DBCluster";
pub(crate) const INSTANCE: &str = "AWS::RDS::DBInstance";
pub(crate) const SUBNET_GROUP: &str = "AWS::RDS::DBSubnetGroup";

/// A network with two subnets.
pub(crate) async fn subnets(cloud: &Cloud) -> Vec<Value> {
    let (_, vpc) = cloud.make("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16", "Tags": marks()})).await;
    let mut subnets = Vec::new();
    for (zone, block) in [("us-east-1a", "10.0.1.0/24"), ("us-east-1b", "10.0.2.0/24")] {
        let properties = json!({"VpcId": vpc["VpcId"], "CidrBlock": block, "AvailabilityZone": zone});
        subnets.push(cloud.make("AWS::EC2::Subnet", properties).await.1["SubnetId"].clone());
    }
    subnets
}

pub(crate) async fn subnet_group(cloud: &Cloud) {
    let properties = json!({"DBSubnetGroupName": "group", "DBSubnetGroupDescription": "d", "SubnetIds": subnets(cloud).await,
        "Tags": marks()});
    cloud.make(SUBNET_GROUP, properties).await;
}

pub(crate) fn cluster() -> Value {
    json!({
        "DBClusterIdentifier": "reviews",
        "Engine": "aurora-postgresql",
        "EngineVersion": "15.4",
        "DatabaseName": "genai",
        "MasterUsername": "postgres",
        "ManageMasterUserPassword": true,
        "DBSubnetGroupName": "group",
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": 64},
        "EnableHttpEndpoint": true,
        "StorageEncrypted": true,
        "BackupRetentionPeriod": 1,
        "CopyTagsToSnapshot": true,
        "DeletionProtection": false,
        "Tags": marks(),
    })
}

pub(crate) fn instance() -> Value {
    json!({
        "DBInstanceIdentifier": "reviews-1",
        "DBClusterIdentifier": "reviews",
        "DBInstanceClass": "db.serverless",
        "Engine": "aurora-postgresql",
        "PubliclyAccessible": false,
        "Tags": marks(),
    })
}

#[tokio::test(start_paused = true)]
async fn a_cluster_tells_its_endpoints_and_its_secret() {
    let cloud = Cloud::new().await;
    subnet_group(&cloud).await;
    let (_, cluster) = cloud.make(CLUSTER, cluster()).await;
    let cluster = Value::Object(cluster);
    for place in
        ["/Endpoint/Address", "/Endpoint/Port", "/ReadEndpoint/Address", "/MasterUserSecret/SecretArn", "/DBClusterArn"]
    {
        assert!(cluster.pointer(place).is_some_and(Value::is_string), "{place} in {cluster}");
    }
    assert_eq!(cluster.get("MasterUserPassword"), None);
}

#[tokio::test(start_paused = true)]
async fn a_protected_cluster_says_how_to_delete_it() {
    let cloud = Cloud::new().await;
    subnet_group(&cloud).await;
    let mut properties = object(cluster());
    properties.insert("DeletionProtection".into(), true.into());
    cloud.make(CLUSTER, Value::Object(properties.clone())).await;
    let failure =
        drive::delete(&cloud.provider, delete_request(CLUSTER, place(), "reviews", Value::Object(properties)))
            .await
            .unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidRequest);
    assert!(failure.message.contains("DeletionProtection: false"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn contents_are_kept_in_a_final_snapshot_unless_told_otherwise() {
    let cloud = Cloud::new().await;
    subnet_group(&cloud).await;
    cloud.make(CLUSTER, cluster()).await;
    let mut request = delete_request(CLUSTER, place(), "reviews", cluster());
    request.discard_contents = false;
    let progress = cloud.provider.delete(request).await;
    let status = drive::pending(progress).status.unwrap();
    assert!(status.contains("final snapshot reviews-final-"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_was_cut_off_is_followed_again() {
    let cloud = Cloud::new().await;
    subnet_group(&cloud).await;
    let request = create_request(CLUSTER, place(), cluster());
    assert!(matches!(cloud.provider.create(request.clone()).await, Progress::Pending(_)));
    let recovered = cloud.provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
    let Recovered::Pending(pending) = recovered else { panic!("{recovered:?}") };
    let about = drive::About {
        operation: Operation::Create,
        type_name: request.type_name.clone(),
        placement: place(),
        properties: request.properties.clone(),
        token: request.token.clone(),
    };
    let done = drive::follow(&cloud.provider, &about, Progress::Pending(pending)).await.unwrap();
    assert_eq!(done.identifier, "reviews");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_of_somebody_else_is_never_adopted() {
    let cloud = Cloud::new().await;
    subnet_group(&cloud).await;
    let mut foreign = object(cluster());
    foreign.insert("Tags".into(), json!([{"Key": "owner", "Value": "somebody"}]));
    cloud.make(CLUSTER, Value::Object(foreign)).await;
    let request = create_request(CLUSTER, place(), cluster());
    let recovered = cloud.provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
    let Recovered::Ambiguous { candidates, reason } = recovered else { panic!("{recovered:?}") };
    assert_eq!(candidates, ["reviews"]);
    assert!(reason.contains("no tags"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_subnet_group_is_the_request_s_fault_not_a_missing_cluster() {
    let cloud = Cloud::new().await;
    let failure = drive::create(&cloud.provider, create_request(CLUSTER, place(), cluster())).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidRequest, "{failure}");
    assert!(failure.message.starts_with("DBSubnetGroupNotFoundFault"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_behind_our_back_is_absent() {
    let cloud = Cloud::new().await;
    assert_eq!(cloud.look(CLUSTER, "reviews", cluster()).await, Observed::Absent);
    let recovered = cloud
        .provider
        .recover(recover_request(Operation::Delete, &create_request(CLUSTER, place(), cluster()), Some("reviews")))
        .await;
    assert_eq!(recovered.unwrap(), Recovered::Absent);
}
