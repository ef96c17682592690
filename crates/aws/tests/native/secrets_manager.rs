//! The Secrets Manager adapter against the simulator.

use crate::support::{World, assert_code, properties, tagged};
use charter_model::AccountName;
use charter_provider::{FailureCode, Provider, Recovered};
use charter_simulator::Settings;
use serde_json::{Value, json};

const TYPE: &str = "AWS::SecretsManager::Secret";

async fn world() -> World {
    World::new(Settings::default(), "us-east-1").await
}

async fn text(world: &World, name: &str) -> String {
    assert_eq!(world.placement().account, AccountName::new("main").unwrap());
    world.provider.secret(&world.placement(), name).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_new_value_reaches_the_secret_and_never_comes_back() {
    let world = world().await;
    let wanted = |text: &str| properties(json!({"Name": "s", "SecretString": text}));
    let made = world.create("stack/secret", TYPE, &wanted("hunter2")).await.unwrap();
    assert_eq!(text(&world, "s").await, "hunter2");
    world.update(TYPE, &made.identifier, &wanted("hunter2"), &wanted("hunter3")).await.unwrap();
    assert_eq!(text(&world, "s").await, "hunter3");
    let observed = world.read(TYPE, &made.identifier, None).await.unwrap().unwrap();
    assert!(!Value::Object(observed).to_string().contains("hunter"));
}

#[tokio::test(start_paused = true)]
async fn a_password_is_generated_into_its_template() {
    let world = world().await;
    let wanted = properties(json!({"Name": "s", "GenerateSecretString": {
        "SecretStringTemplate": "{\"username\": \"admin\"}", "GenerateStringKey": "password",
        "PasswordLength": 24, "ExcludePunctuation": true,
    }}));
    world.create("stack/secret", TYPE, &wanted).await.unwrap();
    let value: Value = serde_json::from_str(&text(&world, "s").await).unwrap();
    assert_eq!(value["username"], "admin");
    let password = value["password"].as_str().unwrap();
    assert_eq!(password.len(), 24);
    assert!(password.bytes().all(|each| each.is_ascii_alphanumeric()), "punctuation was excluded");
}

#[tokio::test(start_paused = true)]
async fn the_same_token_makes_the_same_secret_though_the_password_differs() {
    let world = world().await;
    let wanted = properties(json!({"Name": "s", "GenerateSecretString": {"PasswordLength": 20}}));
    let token = world.token();
    let first = world.create_with("stack/secret", TYPE, &wanted, token.clone()).await.unwrap();
    let password = text(&world, "s").await;
    let found = world.recover("stack/secret", TYPE, &wanted, &token).await;
    assert_eq!(found, Recovered::Exists { identifier: first.identifier.clone() });
    let second = world.create_with("stack/secret", TYPE, &wanted, token).await.unwrap();
    assert_eq!(second.identifier, first.identifier);
    assert_eq!(text(&world, "s").await, password);
}

#[tokio::test(start_paused = true)]
async fn a_name_held_by_a_deleted_secret_is_explained_with_the_next_step() {
    let world = world().await;
    let wanted = tagged(properties(json!({"Name": "s", "SecretString": "x"})), "stack/secret");
    let made = world.create("stack/secret", TYPE, &wanted).await.unwrap();
    world.delete(TYPE, &made.identifier, &made.properties, false).await.unwrap();
    assert_eq!(world.read(TYPE, &made.identifier, None).await.unwrap(), None);
    let failure = assert_code(world.create("stack/secret", TYPE, &wanted).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains("restore-secret") && failure.message.contains("s --force"), "{failure}");
    // Ours, but on its way out: there is nothing to go on with.
    assert_eq!(world.recover("stack/secret", TYPE, &wanted, &world.token()).await, Recovered::Absent);
}
