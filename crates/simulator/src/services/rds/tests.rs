use crate::services::cloud_control::Resource;
use crate::services::testing::{Cloud, REGION};
use serde_json::{Value, json};

fn resource(cloud: &mut Cloud, type_name: &str, identifier: &str, properties: Value) {
    let resource = Resource {
        type_name: type_name.to_owned(),
        identifier: identifier.to_owned(),
        properties,
        created: cloud.now,
        ready: cloud.now,
        busy: cloud.now,
        gone: None,
    };
    cloud.put(REGION, &format!("{type_name} {identifier}"), &resource);
}

/// A cloud with a VPC of subnets in two zones.
pub(crate) fn networked() -> Cloud {
    let mut cloud = Cloud::new();
    for (id, zone) in [("subnet-1", "us-east-1a"), ("subnet-2", "us-east-1b"), ("subnet-3", "us-east-1a")] {
        resource(&mut cloud, "AWS::EC2::Subnet", id, json!({"AvailabilityZone": zone, "VpcId": "vpc-1"}));
    }
    resource(&mut cloud, "AWS::EC2::SecurityGroup", "sg-1", json!({}));
    cloud
}

fn group(name: &str, subnets: &[&str]) -> Value {
    json!({"DBSubnetGroupName": name, "DBSubnetGroupDescription": "d", "SubnetIds": subnets})
}

fn cluster_input() -> Value {
    json!({
        "DBClusterIdentifier": "Reviews", "Engine": "aurora-postgresql", "EngineVersion": "15.4", "DBSubnetGroupName": "dbsubnet",
        "MasterUsername": "postgres", "ManageMasterUserPassword": true, "DatabaseName": "genai", "StorageEncrypted": true,
        "VpcSecurityGroupIds": ["sg-1"], "EnableHttpEndpoint": true,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 2.0, "MaxCapacity": 64.0},
    })
}

fn with_cluster() -> Cloud {
    let mut cloud = networked();
    cloud.ok("rds", "CreateDBSubnetGroup", group("DbSubnet", &["subnet-1", "subnet-2"]));
    cloud.ok("rds", "CreateDBCluster", cluster_input());
    cloud
}

/// A cluster with one instance, both still creating.
pub(crate) fn with_database(mut cloud: Cloud) -> (Cloud, Value) {
    cloud.ok("rds", "CreateDBSubnetGroup", group("DbSubnet", &["subnet-1", "subnet-2"]));
    let made = cloud.ok("rds", "CreateDBCluster", cluster_input())["DBCluster"].clone();
    cloud.ok("rds", "CreateDBInstance", instance_input());
    (cloud, made)
}

fn changed(mut input: Value, more: Value) -> Value {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn cluster(cloud: &mut Cloud) -> Value {
    cloud.ok("rds", "DescribeDBClusters", json!({"DBClusterIdentifier": "reviews"}))["DBClusters"][0].clone()
}

fn instance_input() -> Value {
    json!({"DBInstanceIdentifier": "reviews-1", "DBInstanceClass": "db.serverless", "Engine": "aurora-postgresql",
        "DBClusterIdentifier": "reviews"})
}

#[test]
fn a_subnet_group_needs_subnets_that_exist_in_two_zones() {
    let mut cloud = networked();
    let missing = cloud.refused("rds", "CreateDBSubnetGroup", group("g", &["subnet-1", "subnet-9"]));
    assert_eq!(missing, "InvalidSubnet: The subnet ID 'subnet-9' does not exist");
    let one_zone = cloud.refused("rds", "CreateDBSubnetGroup", group("g", &["subnet-1", "subnet-3"]));
    assert!(one_zone.starts_with("DBSubnetGroupDoesNotCoverEnoughAZs"), "{one_zone}");
    cloud.ok("rds", "CreateDBSubnetGroup", group("G", &["subnet-1", "subnet-2"]));
    let shown = cloud.ok("rds", "DescribeDBSubnetGroups", json!({"DBSubnetGroupName": "g"}));
    assert_eq!(shown["DBSubnetGroups"][0]["VpcId"], "vpc-1");
    assert!(
        cloud
            .refused("rds", "CreateDBSubnetGroup", group("g", &["subnet-1", "subnet-2"]))
            .starts_with("DBSubnetGroupAlreadyExists")
    );
}

#[test]
fn a_cluster_lives_from_creating_to_gone() {
    let mut cloud = with_cluster();
    let shown = cluster(&mut cloud);
    assert_eq!(shown["Status"], "creating");
    assert_eq!(shown["DBClusterIdentifier"], "reviews");
    assert!(shown["Endpoint"].as_str().unwrap().starts_with("reviews.cluster-c"));
    assert_eq!(shown["MasterUserSecret"]["SecretStatus"], "creating");
    assert!(shown["KmsKeyId"].as_str().unwrap().starts_with("arn:aws:kms:us-east-1:333333333333:key/"));
    assert_eq!(
        cloud.refused("rds", "CreateDBCluster", cluster_input()),
        "DBClusterAlreadyExistsFault: DB Cluster already exists"
    );
    assert_eq!(
        cloud.refused("rds", "ModifyDBCluster", json!({"DBClusterIdentifier": "reviews", "BackupRetentionPeriod": 5})),
        "InvalidDBClusterStateFault: DbCluster reviews is in creating state"
    );
    cloud.ok("rds", "CreateDBInstance", instance_input());
    cloud.pass(301.0);
    assert_eq!(cluster(&mut cloud)["Status"], "available");
    assert_eq!(cluster(&mut cloud)["DBClusterMembers"][0]["IsClusterWriter"], true);

    let delete = json!({"DBClusterIdentifier": "reviews", "SkipFinalSnapshot": true});
    assert_eq!(
        cloud.refused("rds", "DeleteDBCluster", delete.clone()),
        "InvalidDBClusterStateFault: Cluster cannot be deleted, it still contains DB instances in non-deleting state."
    );
    cloud.ok("rds", "DeleteDBInstance", json!({"DBInstanceIdentifier": "reviews-1"}));
    let undecided = cloud.refused("rds", "DeleteDBCluster", json!({"DBClusterIdentifier": "reviews"}));
    assert_eq!(
        undecided,
        "InvalidParameterCombination: FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
    );
    cloud.ok("rds", "DeleteDBCluster", delete);
    assert_eq!(cluster(&mut cloud)["Status"], "deleting");
    assert!(
        cloud
            .refused("rds", "DeleteDBSubnetGroup", json!({"DBSubnetGroupName": "dbsubnet"}))
            .starts_with("InvalidDBSubnetGroupStateFault")
    );
    cloud.pass(400.0);
    assert!(
        cloud
            .refused("rds", "DescribeDBClusters", json!({"DBClusterIdentifier": "reviews"}))
            .starts_with("DBClusterNotFoundFault")
    );
    cloud.ok("rds", "DeleteDBSubnetGroup", json!({"DBSubnetGroupName": "dbsubnet"}));
    let left: Vec<_> = cloud.left().into_iter().filter(|item| !item.starts_with("cloudcontrol/")).collect();
    assert_eq!(left, Vec::<String>::new(), "the managed secret goes with its cluster");
}

#[test]
fn a_serverless_instance_needs_the_scaling_of_its_cluster() {
    let mut cloud = networked();
    cloud.ok("rds", "CreateDBSubnetGroup", group("dbsubnet", &["subnet-1", "subnet-2"]));
    cloud.ok("rds", "CreateDBCluster", changed(cluster_input(), json!({"ServerlessV2ScalingConfiguration": null})));
    assert!(
        cloud
            .refused("rds", "CreateDBInstance", instance_input())
            .contains("Set the Serverless v2 scaling configuration on the parent DB cluster")
    );
    let mut refused = |scaling: Value| {
        cloud.refused(
            "rds",
            "CreateDBCluster",
            changed(cluster_input(), json!({"DBClusterIdentifier": "b", "ServerlessV2ScalingConfiguration": scaling})),
        )
    };
    assert!(refused(json!({"MinCapacity": 2.0})).contains("Both MinCapacity and MaxCapacity"));
    assert!(refused(json!({"MinCapacity": 2.3, "MaxCapacity": 4.0})).contains("increments"));
    assert!(refused(json!({"MinCapacity": 8.0, "MaxCapacity": 4.0})).contains("greater than or equal"));
}

#[test]
fn an_instance_takes_longer_than_its_cluster_and_has_no_address_before() {
    let mut cloud = with_cluster();
    cloud.ok("rds", "CreateDBInstance", changed(instance_input(), json!({"MonitoringInterval": 60})));
    let mut status = |seconds: f64| {
        cloud.pass(seconds);
        let shown = cloud.ok("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": "reviews-1"}));
        let instance = &shown["DBInstances"][0];
        (instance["DBInstanceStatus"].as_str().unwrap().to_owned(), instance["Endpoint"]["Address"].is_string())
    };
    assert_eq!(status(0.0), ("creating".to_owned(), false));
    assert_eq!(status(400.0), ("configuring-enhanced-monitoring".to_owned(), false));
    assert_eq!(status(100.0), ("available".to_owned(), true));
}

#[test]
fn a_change_shows_late_and_takes_its_time() {
    let mut cloud = with_cluster();
    cloud.pass(301.0);
    let scaling = json!({"DBClusterIdentifier": "reviews", "ServerlessV2ScalingConfiguration": {"MaxCapacity": 16.0}, "DeletionProtection": true,
        "EnableHttpEndpoint": false, "BackupRetentionPeriod": 7});
    cloud.ok("rds", "ModifyDBCluster", scaling);
    let state = |cloud: &mut Cloud| {
        let shown = cluster(cloud);
        (
            shown["Status"].as_str().unwrap().to_owned(),
            shown["ServerlessV2ScalingConfiguration"]["MaxCapacity"].as_f64().unwrap(),
        )
    };
    assert_eq!(state(&mut cloud), ("available".to_owned(), 64.0));
    cloud.pass(15.0);
    assert_eq!(state(&mut cloud), ("modifying".to_owned(), 64.0));
    cloud.pass(60.0);
    assert_eq!(state(&mut cloud), ("available".to_owned(), 16.0));
    let shown = cluster(&mut cloud);
    assert_eq!(shown["ServerlessV2ScalingConfiguration"]["MinCapacity"], 2.0);
    assert_eq!(shown["HttpEndpointEnabled"], true, "only DisableHttpEndpoint turns it off");
    assert_eq!(
        (&shown["BackupRetentionPeriod"], &shown["PendingModifiedValues"]["BackupRetentionPeriod"]),
        (&json!(1), &json!(7))
    );
    assert_eq!(
        cloud.refused("rds", "DeleteDBCluster", json!({"DBClusterIdentifier": "reviews", "SkipFinalSnapshot": true})),
        "InvalidParameterCombination: Cannot delete protected Cluster, please disable deletion protection and try again."
    );
    cloud.ok("rds", "DisableHttpEndpoint", json!({"ResourceArn": shown["DBClusterArn"]}));
    assert_eq!(cluster(&mut cloud)["HttpEndpointEnabled"], false);
}

#[test]
fn lists_filters_and_pages_follow_the_rules() {
    let mut cloud = with_cluster();
    for number in 0..25 {
        cloud.ok(
            "rds",
            "CreateDBCluster",
            changed(cluster_input(), json!({"DBClusterIdentifier": format!("c{number:02}")})),
        );
    }
    let first = cloud.ok("rds", "DescribeDBClusters", json!({"MaxRecords": 20}));
    let second = cloud.ok("rds", "DescribeDBClusters", json!({"MaxRecords": 20, "Marker": first["Marker"]}));
    assert_eq!(second["DBClusters"].as_array().unwrap().len(), 6);
    assert!(
        cloud.refused("rds", "DescribeDBClusters", json!({"MaxRecords": 5})).contains("Must be between 20 and 100")
    );
    let filtered = cloud.ok(
        "rds",
        "DescribeDBClusters",
        json!({"Filters": [{"Name": "db-cluster-id", "Values": ["c03", "reviews"]}]}),
    );
    assert_eq!(filtered["DBClusters"].as_array().unwrap().len(), 2);
    assert!(
        cloud
            .refused("rds", "DescribeDBClusters", json!({"Filters": [{"Name": "x", "Values": ["y"]}]}))
            .contains("Unrecognized filter")
    );
}

#[test]
fn parameter_groups_keep_what_was_set_and_are_kept_while_used() {
    let mut cloud = with_cluster();
    let name = json!({"DBClusterParameterGroupName": "Tuned"});
    cloud.ok(
        "rds",
        "CreateDBClusterParameterGroup",
        changed(name.clone(), json!({"DBParameterGroupFamily": "aurora-postgresql15", "Description": "d"})),
    );
    let parameter = |name: &str, method: &str| json!({"DBClusterParameterGroupName": "tuned", "Parameters": [{"ParameterName": name, "ParameterValue": "1", "ApplyMethod": method}]});
    cloud.ok("rds", "ModifyDBClusterParameterGroup", parameter("rds.force_ssl", "immediate"));
    assert!(
        cloud
            .refused("rds", "ModifyDBClusterParameterGroup", parameter("shared_preload_libraries", "immediate"))
            .contains("static parameter")
    );
    let user = cloud.ok("rds", "DescribeDBClusterParameters", changed(name.clone(), json!({"Source": "user"})));
    assert_eq!(user["Parameters"].as_array().unwrap().len(), 1);
    cloud.ok(
        "rds",
        "CreateDBCluster",
        changed(cluster_input(), json!({"DBClusterIdentifier": "b", "DBClusterParameterGroupName": "tuned"})),
    );
    assert!(
        cloud.refused("rds", "DeleteDBClusterParameterGroup", name.clone()).starts_with("InvalidDBParameterGroupState")
    );
    let wrong = changed(
        cluster_input(),
        json!({"DBClusterIdentifier": "d", "EngineVersion": "16.4", "DBClusterParameterGroupName": "tuned"}),
    );
    assert!(cloud.refused("rds", "CreateDBCluster", wrong).contains("aurora-postgresql16"));
}

#[test]
fn tags_are_found_by_arn() {
    let mut cloud = with_cluster();
    let arn = cluster(&mut cloud)["DBClusterArn"].clone();
    cloud.ok(
        "rds",
        "AddTagsToResource",
        json!({"ResourceName": arn, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
    );
    cloud.ok("rds", "RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": ["a"]}));
    assert_eq!(cluster(&mut cloud)["TagList"], json!([{"Key": "b", "Value": "2"}]));
    let absent = json!({"ResourceName": "arn:aws:rds:us-east-1:333333333333:cluster:nope"});
    assert!(cloud.refused("rds", "ListTagsForResource", absent).starts_with("DBClusterNotFoundFault"));
}

#[test]
fn a_stopped_cluster_starts_again() {
    let mut cloud = with_cluster();
    cloud.pass(301.0);
    cloud.ok("rds", "StopDBCluster", json!({"DBClusterIdentifier": "reviews"}));
    assert_eq!(cluster(&mut cloud)["Status"], "stopping");
    cloud.pass(301.0);
    assert_eq!(cluster(&mut cloud)["Status"], "stopped");
    cloud.ok("rds", "StartDBCluster", json!({"DBClusterIdentifier": "reviews"}));
    cloud.pass(421.0);
    assert_eq!(cluster(&mut cloud)["Status"], "available");
}
