use crate::cloud::{Cloud, assert_holds, place};
use crate::drive::{self, create_request, delete_request, object, recover_request, update_request};
use crate::rds::{CLUSTER, INSTANCE, cluster, instance, subnet_group};
use charter_provider::{FailureCode, Observed, Operation, Provider, Recovered};
use charter_simulator::{Faults, Settings};
use serde_json::{Value, json};

const SCRIPT: &str = "Charter::RDS::SqlScript";

/// A cluster that answers, and the properties of a script in it.
async fn database(cloud: &Cloud) -> Value {
    subnet_group(cloud).await;
    let (_, cluster) = cloud.make(CLUSTER, cluster()).await;
    cloud.make(INSTANCE, instance()).await;
    json!({
        "ResourceArn": cluster["DBClusterArn"],
        "SecretArn": cluster["MasterUserSecret"]["SecretArn"],
        "Database": "genai",
        "Name": "schema",
        "Statements": ["CREATE SCHEMA employees", "CREATE TABLE employees.review (id int PRIMARY KEY, body text)"],
        "OnDelete": ["DROP TABLE employees.review", "DROP SCHEMA employees"],
    })
}

fn calls(cloud: &Cloud, operation: &str) -> usize {
    cloud.simulator.calls().iter().filter(|call| call.operation == operation).count()
}

#[tokio::test(start_paused = true)]
async fn a_script_lives_by_the_contract() {
    let cloud = Cloud::new().await;
    let properties = database(&cloud).await;
    let request = create_request(SCRIPT, place(), properties.clone());
    let done = drive::create(&cloud.provider, request.clone()).await.unwrap();
    assert_holds(&done.properties, &request.properties);
    assert_eq!(object(drive::present(drive::read(&cloud.provider, &request, &done.identifier).await)), done.properties);

    let mut other = request.clone();
    other.token = drive::token("another");
    let failure = drive::create(&cloud.provider, other).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::AlreadyExists, "{failure}");

    let mut desired = object(properties);
    desired.insert("Statements".into(), json!(["CREATE TABLE IF NOT EXISTS employees.more (id int)"]));
    let observed = Value::Object(done.properties.clone());
    let update =
        update_request(SCRIPT, place(), &done.identifier, observed, Value::Object(desired.clone()), &["Statements"]);
    let updated = drive::update(&cloud.provider, update).await.unwrap();
    assert_ne!(updated.properties["ContentHash"], done.properties["ContentHash"]);

    desired.insert("OnDelete".into(), json!(["DROP TABLE employees.review"]));
    let delete = || delete_request(SCRIPT, place(), &done.identifier, Value::Object(desired.clone()));
    drive::delete(&cloud.provider, delete()).await.unwrap();
    assert_eq!(drive::read(&cloud.provider, &request, &done.identifier).await, Observed::Absent);
    assert_eq!(drive::delete(&cloud.provider, delete()).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test(start_paused = true)]
async fn the_same_token_runs_nothing_twice() {
    let cloud = Cloud::new().await;
    let request = create_request(SCRIPT, place(), database(&cloud).await);
    let first = drive::create(&cloud.provider, request.clone()).await.unwrap();
    // Would fail if it ran: the schema exists.
    let second = drive::create(&cloud.provider, request).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test(start_paused = true)]
async fn a_script_that_fails_leaves_nothing_and_says_which_statement() {
    let cloud = Cloud::new().await;
    let mut properties = object(database(&cloud).await);
    properties.insert(
        "Statements".into(),
        json!(["CREATE TABLE t (id int)", "CREATE TABLE u (\n  id nonsense DEFAULT 'hunter2')"]),
    );
    let request = create_request(SCRIPT, place(), Value::Object(properties.clone()));
    let failure = drive::create(&cloud.provider, request.clone()).await.unwrap_err();
    assert_eq!((failure.code, &failure.identifier), (FailureCode::InvalidRequest, &None));
    assert!(
        failure.message.starts_with("statement 2 of 2 (`CREATE TABLE u ( id nonsense DEFAULT '…')`) failed"),
        "{failure}"
    );
    assert!(!failure.message.contains("hunter2"), "{failure}");
    assert_eq!(calls(&cloud, "RollbackTransaction"), 1);

    let recovered = cloud.provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
    assert_eq!(recovered, Recovered::Repeat);
    // The first statement was undone, so it can run.
    properties.insert("Statements".into(), json!(["CREATE TABLE t (id int)"]));
    drive::create(&cloud.provider, create_request(SCRIPT, place(), Value::Object(properties))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_script_whose_answer_was_lost_is_found_by_its_token() {
    let cloud = Cloud::new().await;
    let request = create_request(SCRIPT, place(), database(&cloud).await);
    let done = drive::create(&cloud.provider, request.clone()).await.unwrap();
    let recovered = cloud.provider.recover(recover_request(Operation::Create, &request, None)).await.unwrap();
    assert_eq!(recovered, Recovered::Exists { identifier: done.identifier });
}

#[tokio::test(start_paused = true)]
async fn statements_that_are_not_those_that_ran_are_seen_as_drift() {
    let cloud = Cloud::new().await;
    let request = create_request(SCRIPT, place(), database(&cloud).await);
    let done = drive::create(&cloud.provider, request.clone()).await.unwrap();
    let mut other = request;
    other.properties.insert("Statements".into(), json!(["SELECT 1"]));
    let observed = drive::present(drive::read(&cloud.provider, &other, &done.identifier).await);
    assert_eq!(observed.get("Statements"), None);
    assert_eq!(observed["ContentHash"], done.properties["ContentHash"]);
}

#[tokio::test(start_paused = true)]
async fn with_its_cluster_a_script_is_gone() {
    let cloud = Cloud::new().await;
    let request = create_request(SCRIPT, place(), database(&cloud).await);
    let done = drive::create(&cloud.provider, request.clone()).await.unwrap();
    drive::delete(&cloud.provider, delete_request(INSTANCE, place(), "reviews-1", instance())).await.unwrap();
    assert!(matches!(drive::read(&cloud.provider, &request, &done.identifier).await, Observed::Present { .. }));
    drive::delete(&cloud.provider, delete_request(CLUSTER, place(), "reviews", cluster())).await.unwrap();
    assert_eq!(drive::read(&cloud.provider, &request, &done.identifier).await, Observed::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_script_runs_once_and_whole_however_many_calls_fail() {
    let faults = Faults {
        throttle: [("rds-data".to_owned(), 0.2)].into(),
        server_error: 0.05,
        lost_response: 0.05,
        connection_cut: 0.05,
        ..Faults::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("cloud");
    let properties = database(&Cloud::open(Settings::default(), Some(&made)).await).await;
    let (mut begun_anew, mut first_tries) = (0, 0);
    for seed in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("cloud");
        std::fs::copy(&made, &store).unwrap();
        let settings = Settings { seed, faults: faults.clone(), ..Settings::default() };
        let cloud = Cloud::open(settings, Some(&store)).await;
        // Its clock goes on where the file was last written: before the instance was seen to be available.
        tokio::time::advance(std::time::Duration::from_secs(3600)).await;
        let request = create_request(SCRIPT, place(), properties.clone());
        let mut tries = 1;
        let done = loop {
            match drive::create(&cloud.provider, request.clone()).await {
                Ok(done) => break done,
                Err(failure) => assert!(failure.code.is_retryable() && tries < 3, "seed {seed}: {failure}"),
            }
            tries += 1;
        };
        assert_holds(&done.properties, &request.properties);
        first_tries += usize::from(tries == 1);
        begun_anew += usize::from(calls(&cloud, "RollbackTransaction") > 0);
    }
    assert!(first_tries >= 38, "only {first_tries} of 40 at the first try");
    assert!(begun_anew > 5, "the faults hit nothing: {begun_anew}");
}
