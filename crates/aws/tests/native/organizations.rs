//! Organizations: units, accounts and policies, as their adapters make them.

use super::support::{World, assert_code, assert_reflects, properties, tagged};
use charter_provider::{FailureCode, Recovered};
use charter_simulator::Settings;
use serde_json::json;

const UNIT: &str = "AWS::Organizations::OrganizationalUnit";
const ACCOUNT: &str = "AWS::Organizations::Account";
const POLICY: &str = "AWS::Organizations::Policy";
const ORGANIZATION: &str = "AWS::Organizations::Organization";

async fn world() -> (World, String) {
    let world = World::new(Settings::default(), "us-east-1").await;
    let organization = world.list(ORGANIZATION, json!({})).await.unwrap().pop().unwrap();
    let observed = world.read(ORGANIZATION, &organization, None).await.unwrap().unwrap();
    let root = observed["RootId"].as_str().unwrap().to_owned();
    (world, root)
}

#[tokio::test(start_paused = true)]
async fn an_account_is_made_moved_tagged_and_never_closed() {
    let (world, root) = world().await;
    let unit = tagged(properties(json!({"Name": "u", "ParentId": root})), "s/unit");
    let unit = world.create("s/unit", UNIT, &unit).await.unwrap().identifier;
    let wanted = json!({"AccountName": "cards", "Email": "aws+cards@example.com", "ParentIds": [unit]});
    let wanted = tagged(properties(wanted), "s/cards");
    let token = world.token();
    assert_eq!(world.recover("s/cards", ACCOUNT, &wanted, &token).await, Recovered::Absent);
    let made = world.create_with("s/cards", ACCOUNT, &wanted, token.clone()).await.unwrap();
    assert_reflects(ACCOUNT, &made.properties, &wanted);
    let found = world.recover("s/cards", ACCOUNT, &wanted, &token).await;
    assert_eq!(found, Recovered::Exists { identifier: made.identifier.clone() });
    assert!(world.list(ACCOUNT, json!({})).await.unwrap().contains(&made.identifier));

    // Its address is taken.
    let failure = assert_code(world.create("s/other", ACCOUNT, &wanted).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains("EMAIL_ALREADY_EXISTS"), "{failure}");

    // Moved back to the root.
    let mut moved = wanted.clone();
    moved.insert("ParentIds".to_owned(), json!([root]));
    let moved_back = world.update(ACCOUNT, &made.identifier, &wanted, &moved).await.unwrap();
    assert_reflects(ACCOUNT, &moved_back.properties, &moved);

    // A unit that holds it is kept, but where contents may be thrown away: there the account moves up, and stays.
    let moved_again = world.update(ACCOUNT, &made.identifier, &moved, &wanted).await.unwrap();
    assert_reflects(ACCOUNT, &moved_again.properties, &wanted);
    let there = properties(json!({"Name": "u", "ParentId": root}));
    let failure = world.delete(UNIT, &unit, &there, false).await.unwrap_err();
    assert!(failure.message.contains("not empty"), "{failure}");
    world.delete(UNIT, &unit, &there, true).await.unwrap();
    assert_eq!(world.read(UNIT, &unit, None).await.unwrap(), None);
    let found = world.read(ACCOUNT, &made.identifier, None).await.unwrap().unwrap();
    assert_eq!(found["ParentIds"], json!([root]));

    // Not closed.
    let refusal = world.delete(ACCOUNT, &made.identifier, &moved, true).await;
    let failure = assert_code(refusal, FailureCode::Unsupported);
    assert!(failure.message.contains("retain: true"), "{failure}");
    assert!(world.read(ACCOUNT, &made.identifier, None).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_of_an_account_is_followed_while_it_runs() {
    let (world, _) = world().await;
    let wanted = tagged(properties(json!({"AccountName": "cards", "Email": "aws+cards@example.com"})), "s/cards");
    let token = world.token();
    world.start(&wanted, ACCOUNT, "s/cards", &token).await;
    let found = world.recover("s/cards", ACCOUNT, &wanted, &token).await;
    assert!(matches!(found, Recovered::Pending(_)), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_is_there_is_adopted_not_made() {
    let world = World::alone(Settings::default(), "us-east-1").await;
    let refusal = world.create("s/organization", ORGANIZATION, &properties(json!({}))).await;
    let failure = assert_code(refusal, FailureCode::AlreadyExists);
    assert!(failure.message.contains("import: o-"), "{failure}");
    let there = world.list(ORGANIZATION, json!({})).await.unwrap().pop().unwrap();

    // It can be dissolved while nobody else is in it, and made again.
    world.delete(ORGANIZATION, &there, &properties(json!({})), true).await.unwrap();
    assert_eq!(world.read(ORGANIZATION, &there, None).await.unwrap(), None);
    let made = world.create("s/organization", ORGANIZATION, &properties(json!({"FeatureSet": "ALL"}))).await.unwrap();
    assert_ne!(made.identifier, there);
    assert!(made.properties["RootId"].as_str().unwrap().starts_with("r-"));
}

#[tokio::test(start_paused = true)]
async fn the_root_takes_policies_of_a_type_from_the_first_one_on() {
    let (world, root) = world().await;
    let policy = |targets: serde_json::Value| {
        let content = json!({"tags": {"owner": {"tag_key": {"@@assign": "owner"}}}});
        let wanted = json!({"Name": "tags", "Type": "TAG_POLICY", "TargetIds": targets, "Content": content});
        tagged(properties(wanted), "s/tags")
    };
    let made = world.create("s/tags", POLICY, &policy(json!([root]))).await.unwrap();
    assert_reflects(POLICY, &made.properties, &policy(json!([root])));
    world.delete(POLICY, &made.identifier, &made.properties, false).await.unwrap();

    // Attached later only, of another type.
    let unattached = json!({"Name": "backups", "Type": "BACKUP_POLICY", "Content": {"plans": {}}});
    let unattached = tagged(properties(unattached), "s/backups");
    let made = world.create("s/backups", POLICY, &unattached).await.unwrap();
    let mut attached = unattached.clone();
    attached.insert("TargetIds".to_owned(), json!([root]));
    let failure = assert_code(
        world.update(POLICY, &made.identifier, &unattached, &attached).await,
        FailureCode::ResourceConflict,
    );
    assert!(failure.code.is_retryable() && failure.message.contains("BACKUP_POLICY"), "{failure}");
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    let changed = world.update(POLICY, &made.identifier, &unattached, &attached).await.unwrap();
    assert_reflects(POLICY, &changed.properties, &attached);
}
