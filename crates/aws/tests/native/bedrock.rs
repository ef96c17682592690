//! Bedrock and billing: what is told beyond the handler contract.

use super::support::{ACCOUNT, World, assert_code, named, properties, tagged};
use charter_model::Value;
use charter_provider::{FailureCode, PreflightFinding, Provider, ResourcePreflight};
use charter_simulator::Settings;
use serde_json::{Value as Json, json};

const PROFILE: &str = "AWS::Bedrock::ApplicationInferenceProfile";
const ACCESS: &str = "Charter::Bedrock::ModelAccess";
const TAGS: &str = "Charter::Billing::CostAllocationTags";
const BUDGET: &str = "AWS::Budgets::Budget";

async fn world() -> World {
    World::new(Settings::default(), "us-east-1").await
}

async fn findings(world: &World, type_name: &str, desired: Json, replaces: bool) -> Vec<PreflightFinding> {
    let resource = ResourcePreflight {
        address: "s/one".parse().unwrap(),
        type_name: named(type_name),
        placement: world.placement(),
        desired: Value::from(desired),
        replaces,
    };
    world.provider.preflight_resource(&resource).await.unwrap()
}

fn profile(source: &str) -> Json {
    json!({"InferenceProfileName": "p", "ModelSource": {"CopyFrom": source}})
}

fn system(id: &str) -> String {
    format!("arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/{id}")
}

fn model(id: &str) -> String {
    format!("arn:aws:bedrock:us-east-1::foundation-model/{id}")
}

#[tokio::test(start_paused = true)]
async fn what_a_profile_was_copied_from_is_found_out_without_a_record_of_it() {
    let world = world().await;
    for source in [system("us.amazon.nova-lite-v1:0"), model("amazon.nova-lite-v1:0")] {
        let wanted = tagged(properties(profile(&source)), "s/one");
        let made = world.create("s/one", PROFILE, &wanted).await.unwrap();
        assert_eq!(made.properties["ModelSource"], json!({"CopyFrom": source}));
        let seen = world.read(PROFILE, &made.identifier, None).await.unwrap().unwrap();
        assert_eq!(seen, made.properties);
        // A record that comes to other models is not believed.
        let other = properties(profile(&model("amazon.nova-pro-v1:0")));
        let seen = world.read(PROFILE, &made.identifier, Some(&other)).await.unwrap().unwrap();
        assert_eq!(seen["ModelSource"], json!({"CopyFrom": source}));
        world.delete(PROFILE, &made.identifier, &wanted, false).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_the_account_cannot_use_is_found_before_anything_is_changed() {
    let world = world().await;
    let blocks = |found: &[PreflightFinding]| found.iter().any(|finding| finding.blocks);
    assert_eq!(findings(&world, PROFILE, profile(&system("us.amazon.nova-lite-v1:0")), false).await, []);

    let ended = findings(&world, PROFILE, profile(&model("anthropic.claude-3-haiku-20240307-v1:0")), false).await;
    assert!(blocks(&ended) && ended[0].message.contains("reached the end of its life"), "{ended:?}");
    let elsewhere = findings(&world, ACCESS, json!({"ModelId": "us.meta.llama3-1-8b-instruct-v1:0"}), false).await;
    assert!(blocks(&elsewhere) && elsewhere[0].message.contains("is not offered the system profile"), "{elsewhere:?}");

    // What a profile needs only once it is called is a warning; who asks for access needs it now. Nobody agrees to anything.
    let id = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    let warned = findings(&world, PROFILE, profile(&system(id)), false).await;
    assert!(!blocks(&warned) && warned[0].message.contains("nobody has agreed to the terms"), "{warned:?}");
    let blocked = findings(&world, ACCESS, json!({"ModelId": id}), false).await;
    assert!(blocks(&blocked), "{blocked:?}");
    let refusal = world.create("s/access", ACCESS, &properties(json!({"ModelId": id}))).await;
    let failure = assert_code(refusal, FailureCode::InvalidRequest);
    assert!(failure.message.contains("create-foundation-model-agreement"), "{failure}");
    assert_eq!(findings(&world, PROFILE, profile(&system(id)), false).await, warned);
}

#[tokio::test(start_paused = true)]
async fn who_calls_a_replaced_profile_is_thought_of() {
    let world = world().await;
    let found = findings(&world, PROFILE, profile(&system("us.amazon.nova-lite-v1:0")), true).await;
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert!(!finding.blocks && finding.message.contains("s/one gets a new ARN"), "{finding:?}");
}

#[tokio::test(start_paused = true)]
async fn tag_keys_that_billing_does_not_know_fail_with_what_to_do_or_are_waited_for() {
    let world = World::new(Settings { eventual_consistency: 2.0, ..Settings::default() }, "us-east-1").await;
    let role = json!({"RoleName": "r", "Tags": [{"Key": "lineOfBusiness", "Value": "retail"}], "AssumeRolePolicyDocument":
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"}}]}});
    world.create("s/role", "AWS::IAM::Role", &properties(role)).await.unwrap();
    let keys = |wait: bool| properties(json!({"TagKeys": ["lineOfBusiness"], "WaitForKeys": wait}));
    let refusal = world.create("s/tags", TAGS, &keys(false)).await;
    let failure = assert_code(refusal, FailureCode::NotStabilized);
    assert!(failure.message.contains("lineOfBusiness") && failure.message.contains("WaitForKeys"), "{failure}");
    let begun = tokio::time::Instant::now();
    let made = world.create("s/tags", TAGS, &keys(true)).await.unwrap();
    assert!(begun.elapsed().as_secs() > 3_600, "{:?}", begun.elapsed());
    assert_eq!(made.properties, properties(json!({"TagKeys": ["lineOfBusiness"], "AccountId": ACCOUNT})));
}

#[tokio::test(start_paused = true)]
async fn notifications_of_a_budget_change_in_place() {
    let world = world().await;
    let budget = |thresholds: &[u32]| {
        let subscribers = json!([{"SubscriptionType": "EMAIL", "Address": "costs@example.com"}]);
        let notified = |threshold: &u32| {
            json!({"Notification": {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": threshold},
                "Subscribers": subscribers})
        };
        properties(json!({
            "Budget": {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 10, "Unit": "USD"}},
            "NotificationsWithSubscribers": thresholds.iter().map(notified).collect::<Json>(),
        }))
    };
    let made = world.create("s/budget", BUDGET, &budget(&[80, 90])).await.unwrap();
    assert_eq!(made.identifier, "b");
    let changed = world.update(BUDGET, "b", &budget(&[80, 90]), &budget(&[90, 100])).await.unwrap();
    let list = changed.properties["NotificationsWithSubscribers"].as_array().unwrap();
    let thresholds: Vec<&Json> = list.iter().map(|each| &each["Notification"]["Threshold"]).collect();
    assert_eq!(thresholds, [&json!(90), &json!(100)]);
}
