use crate::cloud::{Cloud, assert_holds, place};
use crate::drive::{self, create_request, delete_request, marks, object, recover_request, update_request};
use charter_model::TypeName;
use charter_provider::{FailureCode, Observed, Operation, Progress, Provider, Recovered};
use serde_json::{Value, json};

const INDEX: &str = "AWS::Kendra::Index";
const SOURCE: &str = "AWS::Kendra::DataSource";
const SYNC: &str = "Charter::Kendra::Sync";

/// A role that Kendra may assume.
async fn role(cloud: &Cloud) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "kendra.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    cloud
        .make("AWS::IAM::Role", json!({"RoleName": "kendra", "AssumeRolePolicyDocument": trust, "Tags": marks()}))
        .await
        .1["Arn"]
        .clone()
}

fn index(role: &Value) -> Value {
    json!({"Name": "reviews", "Edition": "DEVELOPER_EDITION", "RoleArn": role, "Tags": marks()})
}

fn source(index: &str, bucket: &str, role: &Value) -> Value {
    json!({"Name": "documents", "IndexId": index, "Type": "S3", "RoleArn": role, "LanguageCode": "en", "Tags": marks(),
        "DataSourceConfiguration": {"S3Configuration": {"BucketName": bucket}}})
}

async fn with_source(cloud: &Cloud) -> (String, String) {
    let role = role(cloud).await;
    let (index, _) = cloud.make(INDEX, index(&role)).await;
    let (bucket, _) = cloud.make("AWS::S3::Bucket", json!({"BucketName": "documents-of-reviews"})).await;
    let (_, made) = cloud.make(SOURCE, source(&index, &bucket, &role)).await;
    (index, made["Id"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_same_token_makes_one_index() {
    let cloud = Cloud::new().await;
    let role = role(&cloud).await;
    let request = create_request(INDEX, place(), index(&role));
    let first = drive::pending(cloud.provider.create(request.clone()).await).identifier;
    let second = drive::pending(cloud.provider.create(request.clone()).await).identifier;
    assert_eq!(first, second);
    let recovered = cloud.provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
    let Recovered::Pending(pending) = recovered else { panic!("{recovered:?}") };
    assert_eq!(pending.identifier, first);
}

#[tokio::test(start_paused = true)]
async fn a_trust_policy_that_names_another_service_is_told_at_once() {
    let cloud = Cloud::new().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let wrong = json!({"RoleName": "wrong", "AssumeRolePolicyDocument": trust, "Tags": marks()});
    let (_, role) = cloud.make("AWS::IAM::Role", wrong).await;
    let begin = tokio::time::Instant::now();
    let failure =
        drive::create(&cloud.provider, create_request(INDEX, place(), index(&role["Arn"]))).await.unwrap_err();
    assert!(failure.message.contains("role/wrong does not name kendra.amazonaws.com"), "{failure}");
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_index_in_the_making_says_so_in_the_words_of_the_service() {
    let cloud = Cloud::new().await;
    let role = role(&cloud).await;
    let pending = drive::pending(cloud.provider.create(create_request(INDEX, place(), index(&role))).await);
    assert_eq!(pending.status.as_deref(), Some("creating"));
    assert_eq!(pending.retry_after.as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sync_is_followed_to_its_end_and_counts() {
    let cloud = Cloud::new().await;
    let (index, source) = with_source(&cloud).await;
    let properties = json!({"IndexId": index, "DataSourceId": source, "Trigger": "one"});
    let request = create_request(SYNC, place(), properties.clone());
    let done = drive::create(&cloud.provider, request.clone()).await.unwrap();
    assert_holds(&done.properties, &request.properties);
    assert_eq!(done.properties["Status"], "SUCCEEDED");
    assert!(done.properties["DocumentsAdded"].is_u64(), "{:?}", done.properties);

    let mut recorded = request.clone();
    recorded.properties = done.properties.clone();
    assert_eq!(
        object(drive::present(drive::read(&cloud.provider, &recorded, &done.identifier).await)),
        done.properties
    );

    let mut desired = object(properties);
    desired.insert("Trigger".into(), "two".into());
    let observed = Value::Object(done.properties.clone());
    let update = update_request(SYNC, place(), &done.identifier, observed, Value::Object(desired), &["Trigger"]);
    let updated = drive::update(&cloud.provider, update).await.unwrap();
    assert_ne!(updated.properties["ExecutionId"], done.properties["ExecutionId"], "another run");

    let delete = delete_request(SYNC, place(), &done.identifier, Value::Object(updated.properties));
    drive::delete(&cloud.provider, delete).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sync_joins_the_one_that_runs_and_its_deletion_stops_it() {
    let cloud = Cloud::new().await;
    let (index, source) = with_source(&cloud).await;
    let request = create_request(SYNC, place(), json!({"IndexId": index, "DataSourceId": source}));
    let first = drive::pending(cloud.provider.create(request.clone()).await);
    let second = drive::pending(cloud.provider.create(request.clone()).await);
    assert_eq!(first.handle, second.handle, "the same execution");
    let recovered = cloud.provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
    assert!(matches!(recovered, Recovered::Pending(_)), "{recovered:?}");

    let identifier = first.identifier.unwrap();
    drive::delete(&cloud.provider, delete_request(SYNC, place(), &identifier, json!({}))).await.unwrap();
    let about = drive::About {
        operation: Operation::Create,
        type_name: request.type_name.clone(),
        placement: place(),
        properties: request.properties.clone(),
        token: request.token.clone(),
    };
    let stopped = drive::follow(&cloud.provider, &about, Progress::Pending(second)).await.unwrap_err();
    assert_eq!(stopped.code, FailureCode::NotStabilized);
    assert!(stopped.message.contains("ABORTED"), "{stopped}");
}

#[tokio::test(start_paused = true)]
async fn with_its_data_source_a_sync_is_gone() {
    let cloud = Cloud::new().await;
    let (index, source) = with_source(&cloud).await;
    let request = create_request(SYNC, place(), json!({"IndexId": index, "DataSourceId": source}));
    let done = drive::create(&cloud.provider, request.clone()).await.unwrap();
    drive::delete(&cloud.provider, delete_request(SOURCE, place(), &format!("{source}|{index}"), json!({})))
        .await
        .unwrap();
    assert_eq!(drive::read(&cloud.provider, &request, &done.identifier).await, Observed::Absent);
}

#[tokio::test(start_paused = true)]
async fn the_simulator_has_nothing_to_say_about_who_may_be_a_customer() {
    let cloud = Cloud::new().await;
    let types = [TypeName::new(INDEX).unwrap()];
    assert_eq!(cloud.provider.preflight(&place(), &types).await.unwrap(), []);
}
