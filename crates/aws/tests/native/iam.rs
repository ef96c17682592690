//! The IAM adapters against the simulator.

use crate::shared::REGION;
use crate::support::{ACCOUNT, World, assert_code, assert_reflects, properties, tagged};
use charter_provider::{FailureCode, Recovered};
use charter_simulator::Settings;
use serde_json::{Value, json};

fn trust(service: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
    ]})
}

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn role(name: &str) -> Value {
    json!({"RoleName": name, "AssumeRolePolicyDocument": trust("kendra.amazonaws.com")})
}

async fn world() -> World {
    World::new(Settings::default(), REGION).await
}

#[tokio::test(start_paused = true)]
async fn a_role_of_the_same_name_but_of_another_is_not_recovered() {
    let world = world().await;
    let theirs = tagged(properties(role("reader")), "stack/theirs");
    world.create("stack/theirs", "AWS::IAM::Role", &theirs).await.unwrap();
    let ours = tagged(properties(role("reader")), "stack/ours");
    let found = world.recover("stack/ours", "AWS::IAM::Role", &ours, &world.token()).await;
    assert_eq!(found, Recovered::Absent);
    let failure = assert_code(world.create("stack/ours", "AWS::IAM::Role", &ours).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains("import: reader"), "{failure}");
    assert_eq!(failure.identifier, None);
}

#[tokio::test(start_paused = true)]
async fn a_role_half_made_is_reported_with_its_identifier() {
    let world = world().await;
    let mut wanted = role("reader");
    wanted["ManagedPolicyArns"] = json!([format!("arn:aws:iam::{ACCOUNT}:policy/missing")]);
    let failure = world.create("stack/role", "AWS::IAM::Role", &properties(wanted)).await.unwrap_err();
    assert_eq!(failure.identifier.as_deref(), Some("reader"));
    // What is missing is the policy, not the role.
    assert_eq!(failure.code, FailureCode::InvalidRequest);
}

#[tokio::test(start_paused = true)]
async fn policies_that_other_resources_give_a_role_are_neither_drift_nor_taken_away() {
    let world = world().await;
    let mut wanted = role("reader");
    wanted["Policies"] = json!([{"PolicyName": "own", "PolicyDocument": allow("kendra:Query")}]);
    wanted["ManagedPolicyArns"] = json!(["arn:aws:iam::aws:policy/SecurityAudit"]);
    let before = properties(wanted.clone());
    let role = world.create("stack/role", "AWS::IAM::Role", &before).await.unwrap();
    let inline = json!({"RoleName": "reader", "PolicyName": "grant", "PolicyDocument": allow("s3:GetObject")});
    world.create("stack/inline", "AWS::IAM::RolePolicy", &properties(inline)).await.unwrap();
    let managed = json!({"ManagedPolicyName": "shared", "Roles": ["reader"], "PolicyDocument": allow("s3:ListBucket")});
    world.create("stack/managed", "AWS::IAM::ManagedPolicy", &properties(managed)).await.unwrap();

    let observed = world.read("AWS::IAM::Role", "reader", Some(&role.properties)).await.unwrap().unwrap();
    assert_eq!(observed, role.properties);

    wanted["Policies"] = json!([{"PolicyName": "own", "PolicyDocument": allow("kendra:Retrieve")}]);
    world.update("AWS::IAM::Role", "reader", &before, &properties(wanted)).await.unwrap();
    let all = world.read("AWS::IAM::Role", "reader", None).await.unwrap().unwrap();
    assert_eq!(all["Policies"].as_array().unwrap().len(), 2, "{all:#?}");
    assert_eq!(all["ManagedPolicyArns"].as_array().unwrap().len(), 2, "{all:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_aws_that_somebody_attached_shows_as_drift() {
    let world = world().await;
    let mut wanted = role("reader");
    wanted["ManagedPolicyArns"] = json!(["arn:aws:iam::aws:policy/SecurityAudit"]);
    let before = properties(wanted.clone());
    let role = world.create("stack/role", "AWS::IAM::Role", &before).await.unwrap();
    wanted["ManagedPolicyArns"] =
        json!(["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    world.update("AWS::IAM::Role", "reader", &before, &properties(wanted)).await.unwrap();
    let observed = world.read("AWS::IAM::Role", "reader", Some(&role.properties)).await.unwrap().unwrap();
    assert_eq!(observed["ManagedPolicyArns"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_policy_changes_more_often_than_it_may_have_versions() {
    let world = world().await;
    let document =
        |index: usize| json!({"ManagedPolicyName": "p", "PolicyDocument": allow(&format!("kendra:A{index}"))});
    let mut before = properties(document(0));
    let made = world.create("stack/policy", "AWS::IAM::ManagedPolicy", &before).await.unwrap();
    for index in 1..=8 {
        let after = properties(document(index));
        let done = world.update("AWS::IAM::ManagedPolicy", &made.identifier, &before, &after).await.unwrap();
        assert_reflects("AWS::IAM::ManagedPolicy", &done.properties, &after);
        before = after;
    }
    world.delete("AWS::IAM::ManagedPolicy", &made.identifier, &before, false).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_role_in_an_instance_profile_is_not_deleted_and_the_profile_is_named() {
    let world = world().await;
    let role = world.create("stack/role", "AWS::IAM::Role", &properties(role("reader"))).await.unwrap();
    let profile = properties(json!({"InstanceProfileName": "machines", "Roles": ["reader"]}));
    world.create("stack/profile", "AWS::IAM::InstanceProfile", &profile).await.unwrap();
    let failure = world.delete("AWS::IAM::Role", "reader", &role.properties, true).await.unwrap_err();
    assert!(!failure.code.is_retryable() && failure.message.contains("machines"), "{failure}");
    assert!(world.read("AWS::IAM::Role", "reader", None).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_others_attached_is_not_deleted_and_they_are_named() {
    let world = world().await;
    let policy = properties(json!({"ManagedPolicyName": "p", "PolicyDocument": allow("s3:*")}));
    let policy = world.create("stack/policy", "AWS::IAM::ManagedPolicy", &policy).await.unwrap();
    let mut other = role("other");
    other["ManagedPolicyArns"] = json!([policy.identifier]);
    world.create("stack/role", "AWS::IAM::Role", &properties(other)).await.unwrap();
    let deleted = world.delete("AWS::IAM::ManagedPolicy", &policy.identifier, &policy.properties, true).await;
    let failure = deleted.unwrap_err();
    assert!(!failure.code.is_retryable() && failure.message.contains("role/other"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_lets_go_of_the_roles_of_its_own_environment() {
    let world = world().await;
    let policy = properties(json!({"ManagedPolicyName": "p", "PolicyDocument": allow("s3:*")}));
    let policy = world.create("stack/policy", "AWS::IAM::ManagedPolicy", &policy).await.unwrap();
    let mut reader = role("reader");
    reader["ManagedPolicyArns"] = json!([policy.identifier]);
    let reader = tagged(properties(reader), "stack/role");
    let made = world.create("stack/role", "AWS::IAM::Role", &reader).await.unwrap();
    // The role holds it: it is to get the successor, which has the same name and so comes after this.
    world.delete("AWS::IAM::ManagedPolicy", &policy.identifier, &policy.properties, true).await.unwrap();
    let now = world.read("AWS::IAM::Role", "reader", Some(&made.properties)).await.unwrap().unwrap();
    assert_eq!(now.get("ManagedPolicyArns"), None, "{now:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_inline_policy_of_the_same_name_with_another_text_is_not_recovered() {
    let world = world().await;
    world.create("stack/role", "AWS::IAM::Role", &properties(role("reader"))).await.unwrap();
    let policy =
        |action: &str| properties(json!({"RoleName": "reader", "PolicyName": "p", "PolicyDocument": allow(action)}));
    world.create("stack/theirs", "AWS::IAM::RolePolicy", &policy("s3:GetObject")).await.unwrap();
    let found = world.recover("stack/ours", "AWS::IAM::RolePolicy", &policy("s3:*"), &world.token()).await;
    assert_eq!(found, Recovered::Absent);
    assert_code(world.create("stack/ours", "AWS::IAM::RolePolicy", &policy("s3:*")).await, FailureCode::AlreadyExists);
}

#[tokio::test(start_paused = true)]
async fn an_instance_profile_whose_role_is_not_told_yet_is_waited_for() {
    // Longer than an update is looked at.
    let world = World::new(Settings { eventual_consistency: 60.0, ..Settings::default() }, REGION).await;
    for name in ["reader", "writer", "editor"] {
        world.create("stack/role", "AWS::IAM::Role", &properties(role(name))).await.unwrap();
    }
    let profile = |name: &str| properties(json!({"InstanceProfileName": "machines", "Roles": [name]}));
    let made = world.create("stack/profile", "AWS::IAM::InstanceProfile", &profile("reader")).await.unwrap();
    let catch_up = || tokio::time::sleep(std::time::Duration::from_secs(60));
    catch_up().await;
    let update = async |from: &str, to: &str| {
        world.update("AWS::IAM::InstanceProfile", &made.identifier, &profile(from), &profile(to)).await
    };
    update("reader", "writer").await.unwrap();
    // IAM tells of the reader still, but the writer takes the only place: the engine is to try again.
    let failure = assert_code(update("writer", "editor").await, FailureCode::ResourceConflict);
    assert!(failure.message.contains("holds a role that IAM does not tell yet"), "{failure}");
    catch_up().await;
    update("writer", "editor").await.unwrap();
    catch_up().await;
    let now = world.read("AWS::IAM::InstanceProfile", &made.identifier, None).await.unwrap().unwrap();
    assert_eq!(now["Roles"], json!(["editor"]));
}
