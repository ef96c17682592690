//! RDS, and the scripts that run in its databases.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::RDS::DBSubnetGroup", prepare: |ground| Box::pin(async { Ok(subnet_group(ground)) }) },
    Case {
        type_name: "AWS::RDS::DBClusterParameterGroup",
        prepare: |_| Box::pin(async { Ok(parameter_group("DBClusterParameterGroupName")) }),
    },
    Case {
        type_name: "AWS::RDS::DBParameterGroup",
        prepare: |_| Box::pin(async { Ok(parameter_group("DBParameterGroupName")) }),
    },
    Case { type_name: "AWS::RDS::DBCluster", prepare: |ground| Box::pin(database_cluster(ground)) },
    Case { type_name: "AWS::RDS::DBInstance", prepare: |ground| Box::pin(database_instance(ground)) },
    Case { type_name: "Charter::RDS::SqlScript", prepare: |ground| Box::pin(sql_script(ground)) },
];

fn subnet_group(ground: &Ground<'_>) -> Parts {
    let [one, two, three] = &ground.subnets[..] else { panic!("three subnets, not {:?}", ground.subnets) };
    Parts {
        before: json!({"DBSubnetGroupName": "group", "DBSubnetGroupDescription": "d", "SubnetIds": [one, two],
            "Tags": [{"Key": "team", "Value": "a"}]}),
        after: json!({"DBSubnetGroupName": "group", "DBSubnetGroupDescription": "other", "SubnetIds": [two, three]}),
        filter: json!({}),
    }
}

fn parameter_group(name: &str) -> Parts {
    let group = |parameters: Value, tags: Value| {
        json!({name: "parameters", "Family": "aurora-postgresql15", "Description": "d", "Parameters": parameters,
            "Tags": tags})
    };
    Parts {
        before: group(json!({"log_statement": "ddl"}), json!([{"Key": "team", "Value": "a"}])),
        after: group(
            json!({"log_statement": "all", "log_min_duration_statement": "100"}),
            json!([{"Key": "team", "Value": "b"}]),
        ),
        filter: json!({}),
    }
}

fn cluster(name: &str, more: Value) -> Value {
    let mut cluster = json!({
        "DBClusterIdentifier": name,
        "Engine": "aurora-postgresql",
        "EngineVersion": "15.13",
        "DatabaseName": "genai",
        "MasterUsername": "postgres",
        "ManageMasterUserPassword": true,
        "DBSubnetGroupName": format!("{name}-group"),
        "EnableHttpEndpoint": true,
        "StorageEncrypted": true,
        "CopyTagsToSnapshot": true,
        "DeletionProtection": false,
    });
    cluster.as_object_mut().unwrap().extend(crate::shared::object(more));
    cluster
}

fn instance(name: &str, cluster: &str, more: Value) -> Value {
    let mut instance = json!({
        "DBInstanceIdentifier": name,
        "DBClusterIdentifier": cluster,
        "DBInstanceClass": "db.serverless",
        "Engine": "aurora-postgresql",
        "PubliclyAccessible": false,
    });
    instance.as_object_mut().unwrap().extend(crate::shared::object(more));
    instance
}

fn small() -> Value {
    json!({"ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": 64}, "BackupRetentionPeriod": 1})
}

/// The subnet group of a cluster.
async fn make_group(ground: &Ground<'_>, name: &str) -> Result<(), String> {
    let group = json!({"DBSubnetGroupName": format!("{name}-group"), "DBSubnetGroupDescription": "d",
        "SubnetIds": ground.subnets[..2]});
    ground.make("AWS::RDS::DBSubnetGroup", group).await?;
    Ok(())
}

async fn database_cluster(ground: &Ground<'_>) -> Result<Parts, String> {
    make_group(ground, "reviews").await?;
    let after = json!({
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 32},
        "BackupRetentionPeriod": 7,
        "EnableHttpEndpoint": false,
        "EnableCloudwatchLogsExports": ["postgresql"],
        "Tags": [{"Key": "team", "Value": "b"}],
    });
    Ok(Parts { before: cluster("reviews", small()), after: cluster("reviews", after), filter: json!({}) })
}

async fn database_instance(ground: &Ground<'_>) -> Result<Parts, String> {
    make_group(ground, "answers").await?;
    ground.make("AWS::RDS::DBCluster", cluster("answers", small())).await?;
    let before = json!({"PromotionTier": 1, "AutoMinorVersionUpgrade": true, "Tags": [{"Key": "team", "Value": "a"}]});
    let after = json!({"PromotionTier": 2, "AutoMinorVersionUpgrade": false});
    Ok(Parts {
        before: instance("answers-1", "answers", before),
        after: instance("answers-1", "answers", after),
        filter: json!({}),
    })
}

async fn sql_script(ground: &Ground<'_>) -> Result<Parts, String> {
    make_group(ground, "scripts").await?;
    let made = ground.make("AWS::RDS::DBCluster", cluster("scripts", small())).await?.properties;
    ground.make("AWS::RDS::DBInstance", instance("scripts-1", "scripts", json!({}))).await?;
    let script = |statements: Value| {
        json!({
            "ResourceArn": made["DBClusterArn"],
            "SecretArn": made["MasterUserSecret"]["SecretArn"],
            "Database": "genai",
            "Name": "schema",
            "Statements": statements,
            "OnDelete": ["DROP TABLE IF EXISTS review"],
        })
    };
    let before = "CREATE TABLE IF NOT EXISTS review (id int PRIMARY KEY, body text)";
    Ok(Parts {
        before: script(json!([before])),
        after: script(json!([before, "CREATE TABLE IF NOT EXISTS more (id int)"])),
        filter: json!({"ResourceArn": made["DBClusterArn"], "SecretArn": made["MasterUserSecret"]["SecretArn"],
            "Database": "genai"}),
    })
}
