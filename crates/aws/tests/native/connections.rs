//! What is read back of a DataZone connection's properties, where the catalogue does not call them write-only as the registry does.

use crate::shared::{REGION, simulated};
use crate::support::{ACCOUNT, World, assert_code, named, properties};
use charter_catalog::Catalog;
use charter_model::Value;
use charter_provider::{FailureCode, Properties};
use charter_simulator::Settings;
use serde_json::{Value as Json, json};
use std::sync::OnceLock;

const CONNECTION: &str = "AWS::DataZone::Connection";

fn object(members: Json) -> Json {
    json!({"type": "object", "additionalProperties": false, "properties": members})
}

/// The type as it is to be: of the properties, only what no answer holds is write-only. The kinds are those that these tests make.
fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let (text, flag, number) = (json!({"type": "string"}), json!({"type": "boolean"}), json!({"type": "integer"}));
        let texts = json!({"type": "array", "insertionOrder": false, "items": text});
        let map = json!({"type": "object", "additionalProperties": false, "patternProperties": {".+": text}});
        let configuration = object(json!({"Classification": text, "Properties": map}));
        let glue = object(json!({
            "Name": text, "Description": text, "ConnectionType": text, "ConnectionProperties": map,
            "MatchCriteria": text, "ValidateCredentials": flag,
            "PhysicalConnectionRequirements": object(json!({
                "SubnetId": text, "SecurityGroupIdList": texts, "AvailabilityZone": text,
            })),
            "AuthenticationConfiguration": object(json!({
                "AuthenticationType": text, "SecretArn": text,
                "BasicAuthenticationCredentials": object(json!({"UserName": text, "Password": text})),
            })),
        }));
        let warehouse = object(json!({
            "Storage": object(json!({"ClusterName": text, "WorkgroupName": text})), "DatabaseName": text,
            "Host": text, "Port": number, "Credentials": object(json!({"SecretArn": text,
                "UsernamePassword": object(json!({"Username": text, "Password": text}))})),
            "LineageSync": object(json!({"Enabled": flag, "Schedule": object(json!({"Schedule": text}))})),
        }));
        let spark = object(json!({"GlueVersion": text, "WorkerType": text, "NumberOfWorkers": number}));
        let document = json!({
            "typeName": CONNECTION,
            "properties": {
                "ConnectionId": text, "DomainId": text, "DomainIdentifier": text, "Name": text, "Description": text,
                "Configurations": {"type": "array", "insertionOrder": false, "items": configuration},
                "Props": object(json!({
                    "GlueProperties": object(json!({"GlueConnectionInput": glue})),
                    "RedshiftProperties": warehouse,
                    "S3Properties": object(json!({"S3Uri": text, "RegisterS3AccessGrantLocation": flag})),
                    "SparkGlueProperties": spark,
                })),
            },
            "additionalProperties": false,
            "primaryIdentifier": ["/properties/DomainId", "/properties/ConnectionId"],
            "readOnlyProperties": ["/properties/DomainId", "/properties/ConnectionId"],
            "createOnlyProperties": ["/properties/DomainIdentifier", "/properties/Name"],
            "writeOnlyProperties": [
                "/properties/Props/GlueProperties/GlueConnectionInput/AuthenticationConfiguration/BasicAuthenticationCredentials",
                "/properties/Props/GlueProperties/GlueConnectionInput/ConnectionProperties/PASSWORD",
                "/properties/Props/GlueProperties/GlueConnectionInput/ValidateCredentials",
                "/properties/Props/RedshiftProperties/Credentials",
            ],
        });
        Catalog::from_documents([document]).unwrap()
    })
}

/// A domain, and whoever reads its connections.
async fn ground() -> (World, String) {
    let reach = simulated(Settings::default());
    let world = World::over(&reach, REGION).await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }]});
    let role = properties(json!({"RoleName": "execution", "AssumeRolePolicyDocument": trust}));
    world.create("stack/role", "AWS::IAM::Role", &role).await.unwrap();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/execution");
    let domain = properties(json!({"Name": "bank", "DomainExecutionRole": role}));
    let domain = world.create("stack/domain", "AWS::DataZone::Domain", &domain).await.unwrap().identifier;
    (World::knowing(catalog(), &reach, REGION).await, domain)
}

fn of(domain: &str, props: Json) -> Properties {
    properties(json!({"DomainIdentifier": domain, "Name": "cards", "Props": props}))
}

fn bucket(uri: &str) -> Json {
    json!({"S3Properties": {"S3Uri": uri}})
}

fn warehouse(database: &str, port: u32, password: &str) -> Json {
    json!({"RedshiftProperties": {
        "Storage": {"WorkgroupName": "cards"}, "DatabaseName": database, "Host": "cards.example.com", "Port": port,
        "Credentials": {"UsernamePassword": {"Username": "charter", "Password": password}},
    }})
}

fn database(host: &str, subnet: &str, password: &str) -> Json {
    json!({"GlueProperties": {"GlueConnectionInput": {
        "Name": "cards", "ConnectionType": "POSTGRESQL", "MatchCriteria": "cards", "ValidateCredentials": false,
        "ConnectionProperties": {"HOST": host, "PORT": "5432", "PASSWORD": password},
        "PhysicalConnectionRequirements": {"SubnetId": subnet, "SecurityGroupIdList": ["sg-2", "sg-1"]},
        "AuthenticationConfiguration": {
            "AuthenticationType": "BASIC",
            "BasicAuthenticationCredentials": {"UserName": "charter", "Password": password},
        },
    }}})
}

/// Where a plan would change what is there, as the planner compares.
fn changes(observed: &Properties, wanted: &Properties) -> Vec<String> {
    let schema = catalog().schema(&named(CONNECTION)).unwrap();
    let value = |properties: &Properties| Value::from(Json::Object(properties.clone()));
    // What is write-only is never told, and counts as it was asked for.
    let differences = schema.differences(&value(observed), &value(wanted), &value(wanted));
    differences.into_iter().map(|difference| difference.pointer.to_string()).collect()
}

/// Made as `wanted`, changed by somebody else to `drifted`, seen at `places`, and brought back.
async fn assert_drift_shows(wanted: Json, drifted: Json, places: &[&str]) {
    let (world, domain) = ground().await;
    let (wanted, drifted) = (of(&domain, wanted), of(&domain, drifted));
    let made = world.create("stack/connection", CONNECTION, &wanted).await.unwrap();
    assert_eq!(changes(&made.properties, &wanted), Vec::<String>::new(), "{:#?}", made.properties);
    world.update(CONNECTION, &made.identifier, &wanted, &drifted).await.unwrap();
    let observed = world.read(CONNECTION, &made.identifier, Some(&made.properties)).await.unwrap().unwrap();
    assert_eq!(changes(&observed, &wanted), places, "{observed:#?}");
    let undone = world.update(CONNECTION, &made.identifier, &drifted, &wanted).await.unwrap();
    assert_eq!(undone.properties, made.properties);
    let observed = world.read(CONNECTION, &made.identifier, Some(&made.properties)).await.unwrap().unwrap();
    assert_eq!(observed, made.properties);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_somebody_else_changed_shows_and_is_brought_back() {
    assert_drift_shows(bucket("s3://cards/a"), bucket("s3://cards/b"), &["/Props/S3Properties/S3Uri"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_warehouse_that_somebody_else_changed_shows_though_half_of_it_is_told_elsewhere() {
    let places = ["/Props/RedshiftProperties/DatabaseName", "/Props/RedshiftProperties/Port"];
    assert_drift_shows(warehouse("cards", 5440, "one"), warehouse("loans", 5441, "two"), &places).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_glue_that_somebody_else_changed_shows_though_all_of_it_is_told_elsewhere() {
    let (one, two) = (database("one.example.com", "subnet-1", "one"), database("two.example.com", "subnet-1", "two"));
    let places = ["/Props/GlueProperties/GlueConnectionInput/ConnectionProperties/HOST"];
    assert_drift_shows(one, two, &places).await;
}

#[tokio::test(start_paused = true)]
async fn no_credentials_are_told_and_what_aws_fills_in_is_no_change() {
    let (world, domain) = ground().await;
    for (name, props) in [
        ("warehouse", warehouse("cards", 5440, "open-sesame")),
        ("database", database("one.example.com", "subnet-1", "open-sesame")),
        ("spark", json!({"SparkGlueProperties": {"GlueVersion": "4.0"}})),
    ] {
        let mut wanted = of(&domain, props);
        wanted.insert("Name".into(), name.into());
        let made = world.create("stack/connection", CONNECTION, &wanted).await.unwrap();
        assert!(!Json::Object(made.properties.clone()).to_string().contains("open-sesame"), "{:#?}", made.properties);
        assert_eq!(changes(&made.properties, &wanted), Vec::<String>::new(), "{:#?}", made.properties);
        let observed = world.read(CONNECTION, &made.identifier, None).await.unwrap().unwrap();
        assert_eq!(observed, made.properties, "also without a record");
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_update_can_bring_about_is_refused_instead_of_passed_over() {
    let (world, domain) = ground().await;
    let wanted = of(&domain, database("one.example.com", "subnet-1", "one"));
    let made = world.create("stack/connection", CONNECTION, &wanted).await.unwrap();
    let moved = of(&domain, database("one.example.com", "subnet-2", "one"));
    let refused = world.update(CONNECTION, &made.identifier, &wanted, &moved).await;
    let refused = assert_code(refused, FailureCode::NotUpdatable);
    assert!(refused.message.contains("PhysicalConnectionRequirements/SubnetId"), "{refused}");
    let spark = |version: &str| {
        let mut spark = of(&domain, json!({"SparkGlueProperties": {"GlueVersion": version}}));
        spark.insert("Name".into(), "spark".into());
        spark
    };
    let made = world.create("stack/spark", CONNECTION, &spark("4.0")).await.unwrap();
    let refused = world.update(CONNECTION, &made.identifier, &spark("4.0"), &spark("5.0")).await;
    let refused = assert_code(refused, FailureCode::NotUpdatable);
    assert!(refused.message.contains("/Props/SparkGlueProperties"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn configurations_that_are_no_longer_wanted_are_taken_away() {
    let (world, domain) = ground().await;
    let without = of(&domain, bucket("s3://cards/a"));
    let mut with = without.clone();
    let configuration = json!([{"Classification": "spark-defaults", "Properties": {"spark.executor.cores": "4"}}]);
    with.insert("Configurations".into(), configuration.clone());
    let made = world.create("stack/connection", CONNECTION, &with).await.unwrap();
    assert_eq!(made.properties["Configurations"], configuration);
    let done = world.update(CONNECTION, &made.identifier, &with, &without).await.unwrap();
    assert_eq!(done.properties.get("Configurations"), None);
}
