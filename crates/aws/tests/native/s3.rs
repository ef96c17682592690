//! The S3 adapters against the simulator.

use crate::support::{World, assert_code, assert_reflects, properties, tagged};
use charter_model::{TypeName, Value as Desired};
use charter_provider::{FailureCode, Provider, Recovered};
use charter_simulator::Settings;
use serde_json::{Value, json};

const TYPE: &str = "AWS::S3::Bucket";

async fn world(region: &str) -> World {
    World::new(Settings::default(), region).await
}

#[tokio::test(start_paused = true)]
async fn attributes_are_told_without_asking() {
    let world = world("eu-central-1").await;
    let made = world.create("stack/bucket", TYPE, &properties(json!({"BucketName": "reviews-data"}))).await.unwrap();
    let shown = Value::Object(made.properties);
    assert_eq!(shown["Arn"], "arn:aws:s3:::reviews-data");
    assert_eq!(shown["RegionalDomainName"], "reviews-data.s3.eu-central-1.amazonaws.com");
    assert_eq!(shown["WebsiteURL"], "http://reviews-data.s3-website.eu-central-1.amazonaws.com");
}

#[tokio::test(start_paused = true)]
async fn a_stranger_of_the_same_name_is_not_recovered() {
    let world = world("us-east-1").await;
    let theirs = tagged(properties(json!({"BucketName": "reviews-data"})), "stack/theirs");
    world.create("stack/theirs", TYPE, &theirs).await.unwrap();
    let ours = tagged(properties(json!({"BucketName": "reviews-data"})), "stack/ours");
    let found = world.recover("stack/ours", TYPE, &ours, &world.token()).await;
    assert_eq!(found, Recovered::Absent);
    assert_code(world.create("stack/ours", TYPE, &ours).await, FailureCode::AlreadyExists);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_without_tags_is_ambiguous_and_never_taken() {
    let world = world("us-east-1").await;
    world.create("stack/x", TYPE, &properties(json!({"BucketName": "reviews-data"}))).await.unwrap();
    let ours = tagged(properties(json!({"BucketName": "reviews-data"})), "stack/ours");
    let found = world.recover("stack/ours", TYPE, &ours, &world.token()).await;
    assert!(
        matches!(found, Recovered::Ambiguous { ref candidates, .. } if candidates == &["reviews-data"]),
        "{found:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_property_that_the_adapter_cannot_write_is_refused_beforehand() {
    let world = world("us-east-1").await;
    let desired = json!({
        "BucketName": "b", "Tags": [], "InventoryConfigurations": [], "BucketNamePrefix": "x", "AccessControl": "Private",
    });
    let found = world.provider.check(&TypeName::new(TYPE).unwrap(), &Desired::from(desired));
    let mut places: Vec<String> = found.failures.iter().map(|(place, _)| place.to_string()).collect();
    places.sort();
    assert_eq!(places, ["/AccessControl", "/BucketNamePrefix", "/InventoryConfigurations"]);
}

#[tokio::test(start_paused = true)]
async fn what_aws_adds_to_a_bucket_is_no_drift() {
    let world = world("us-east-1").await;
    let wanted = properties(json!({
        "BucketName": "reviews-data",
        "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 3}]},
    }));
    let made = world.create("stack/bucket", TYPE, &wanted).await.unwrap();
    let observed = world.read(TYPE, &made.identifier, Some(&wanted)).await.unwrap().unwrap();
    assert_reflects(TYPE, &observed, &wanted);
    assert_eq!(observed["LifecycleConfiguration"], wanted["LifecycleConfiguration"]);
    assert!(!observed.contains_key("BucketEncryption"), "nobody set it");
    let whole = world.read(TYPE, &made.identifier, None).await.unwrap().unwrap();
    assert!(whole.contains_key("BucketEncryption"), "an import shows all");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_turned_off_is_said_before_anything_is_changed() {
    let world = world("us-east-1").await;
    let locked = properties(json!({"BucketName": "reviews-data", "ObjectLockEnabled": true,
        "VersioningConfiguration": {"Status": "Enabled"}, "Tags": [{"Key": "owner", "Value": "platform"}]}));
    let made = world.create("stack/x", TYPE, &locked).await.unwrap();
    let free = properties(json!({"BucketName": "reviews-data"}));
    let failure = world.update(TYPE, &made.identifier, &locked, &free).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotUpdatable);
    assert!(failure.message.contains("cannot be turned off again"), "{failure}");
    let read = world.read(TYPE, &made.identifier, Some(&locked)).await.unwrap().unwrap();
    assert_eq!(read["Tags"], locked["Tags"]);
}
