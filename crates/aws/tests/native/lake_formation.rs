//! Locations of Lake Formation: whose a registration is, and the role that it keeps.

use crate::support::{ACCOUNT, World, assert_code, properties};
use charter_provider::{FailureCode, Properties};
use charter_simulator::Settings;
use serde_json::{Value, json};

const TYPE: &str = "AWS::LakeFormation::Resource";
const BUCKET: &str = "arn:aws:s3:::lake";

async fn world() -> World {
    World::new(Settings::default(), "us-east-1").await
}

async fn role(world: &World, name: &str, service: &str) -> Value {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    let trust = json!({"Version": "2012-10-17", "Statement": [statement]});
    let wanted = properties(json!({"RoleName": name, "AssumeRolePolicyDocument": trust}));
    let made = world.create(&format!("stack/{name}"), "AWS::IAM::Role", &wanted).await.unwrap();
    made.properties["Arn"].clone()
}

fn own(role: &Value) -> Properties {
    properties(json!({"ResourceArn": BUCKET, "RoleArn": role, "UseServiceLinkedRole": false}))
}

fn linked() -> Properties {
    properties(json!({"ResourceArn": BUCKET, "UseServiceLinkedRole": true}))
}

#[tokio::test(start_paused = true)]
async fn a_location_that_is_registered_already_is_adopted_only() {
    let world = world().await;
    let role = role(&world, "lake", "lakeformation.amazonaws.com").await;
    let made = world.create("stack/lake", TYPE, &own(&role)).await.unwrap();
    assert_eq!(made.identifier, BUCKET);
    let refused = assert_code(world.create("stack/other", TYPE, &own(&role)).await, FailureCode::AlreadyExists);
    assert!(refused.message.contains(&format!("import: {BUCKET}")), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_role_of_its_own_does_not_give_way_to_the_service_linked_one() {
    let world = world().await;
    let role = role(&world, "lake", "lakeformation.amazonaws.com").await;
    world.create("stack/lake", TYPE, &own(&role)).await.unwrap();
    let refused = world.update(TYPE, BUCKET, &own(&role), &linked()).await;
    let refused = assert_code(refused, FailureCode::NotUpdatable);
    assert!(refused.message.contains("replace: delete-first"), "{refused}");
    let there = world.read(TYPE, BUCKET, None).await.unwrap().unwrap();
    assert_eq!((&there["RoleArn"], &there["UseServiceLinkedRole"]), (&role, &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn the_service_linked_role_stays_while_something_else_changes() {
    let world = world().await;
    world.create("stack/lake", TYPE, &linked()).await.unwrap();
    let mut hybrid = linked();
    hybrid.insert("HybridAccessEnabled".to_owned(), true.into());
    world.update(TYPE, BUCKET, &linked(), &hybrid).await.unwrap();
    let there = world.read(TYPE, BUCKET, None).await.unwrap().unwrap();
    let arn = format!(
        "arn:aws:iam::{ACCOUNT}:role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
    );
    assert_eq!(there["RoleArn"], arn);
    assert_eq!((&there["HybridAccessEnabled"], &there["UseServiceLinkedRole"]), (&json!(true), &json!(true)));
    // Taken out of the block, it is off again.
    world.update(TYPE, BUCKET, &hybrid, &linked()).await.unwrap();
    assert_eq!(world.read(TYPE, BUCKET, None).await.unwrap().unwrap()["HybridAccessEnabled"], false);
    // It gives way to a role of one's own.
    let role = role(&world, "lake", "lakeformation.amazonaws.com").await;
    world.update(TYPE, BUCKET, &linked(), &own(&role)).await.unwrap();
    assert_eq!(world.read(TYPE, BUCKET, None).await.unwrap().unwrap()["RoleArn"], role);
    // As an import writes it.
    let both = properties(json!({"ResourceArn": BUCKET, "RoleArn": arn, "UseServiceLinkedRole": true}));
    world.delete(TYPE, BUCKET, &both, false).await.unwrap();
    world.create("stack/lake", TYPE, &both).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_trust_lake_formation_is_told() {
    let world = world().await;
    let role = role(&world, "lake", "s3.amazonaws.com").await;
    let refused = assert_code(world.create("stack/lake", TYPE, &own(&role)).await, FailureCode::InvalidRequest);
    assert!(refused.message.contains("does not name lakeformation.amazonaws.com"), "{refused}");
}
