use crate::services::testing::Cloud;
use serde_json::{Value, json};

const SERVICE: &str = "secretsmanager";

fn with_secret() -> (Cloud, Value) {
    let mut cloud = Cloud::new();
    let made = cloud.ok(SERVICE, "CreateSecret", json!({"Name": "db/user", "SecretString": "one"}));
    (cloud, made)
}

fn value(cloud: &mut Cloud, id: &Value) -> Value {
    cloud.ok(SERVICE, "GetSecretValue", json!({"SecretId": id}))["SecretString"].clone()
}

#[test]
fn a_secret_is_found_by_name_arn_and_partial_arn() {
    let (mut cloud, made) = with_secret();
    let arn = made["ARN"].as_str().unwrap().to_owned();
    assert_eq!(arn.len(), "arn:aws:secretsmanager:us-east-1:333333333333:secret:db/user-".len() + 6);
    for id in [json!("db/user"), json!(arn), json!(arn.rsplit_once('-').unwrap().0)] {
        assert_eq!(value(&mut cloud, &id), "one");
    }
    let other = json!({"SecretId": arn.replace("333333333333", "222222222222")});
    assert!(cloud.refused(SERVICE, "GetSecretValue", other).starts_with("ResourceNotFoundException"));
}

#[test]
fn stages_move_with_each_new_value() {
    let (mut cloud, made) = with_secret();
    let second = cloud.ok(SERVICE, "PutSecretValue", json!({"SecretId": "db/user", "SecretString": "two"}));
    assert_eq!(value(&mut cloud, &json!("db/user")), "two");
    let previous = cloud.ok(SERVICE, "GetSecretValue", json!({"SecretId": "db/user", "VersionStage": "AWSPREVIOUS"}));
    assert_eq!((&previous["SecretString"], &previous["VersionId"]), (&json!("one"), &made["VersionId"]));
    let stages = cloud.ok(SERVICE, "DescribeSecret", json!({"SecretId": "db/user"}))["VersionIdsToStages"].clone();
    assert_eq!(stages[second["VersionId"].as_str().unwrap()], json!(["AWSCURRENT"]));
}

#[test]
fn a_token_is_idempotent_and_not_for_another_value() {
    let mut cloud = Cloud::new();
    let input = |value: &str| json!({"Name": "n", "SecretString": value, "ClientRequestToken": "0123456789abcdef0123456789abcdef"});
    let first = cloud.ok(SERVICE, "CreateSecret", input("one"));
    assert_eq!(cloud.ok(SERVICE, "CreateSecret", input("one")), first);
    assert!(cloud.refused(SERVICE, "CreateSecret", input("two")).starts_with("ResourceExistsException"));
}

#[test]
fn a_name_in_deletion_stays_taken_until_it_is_restored_or_purged() {
    let (mut cloud, _) = with_secret();
    cloud.ok(SERVICE, "DeleteSecret", json!({"SecretId": "db/user", "RecoveryWindowInDays": 7}));
    assert_eq!(
        cloud.refused(SERVICE, "CreateSecret", json!({"Name": "db/user", "SecretString": "x"})),
        "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion."
    );
    assert!(cloud.refused(SERVICE, "GetSecretValue", json!({"SecretId": "db/user"})).contains("marked for deletion"));
    assert_eq!(cloud.ok(SERVICE, "ListSecrets", json!({}))["SecretList"], json!([]));
    assert_eq!(cloud.left(), ["secretsmanager/secret/db/user"]);
    cloud.ok(SERVICE, "RestoreSecret", json!({"SecretId": "db/user"}));
    assert_eq!(value(&mut cloud, &json!("db/user")), "one");
    cloud.ok(SERVICE, "DeleteSecret", json!({"SecretId": "db/user"}));
    cloud.pass(30.0 * 86_400.0 + 1.0);
    assert_eq!(cloud.left(), Vec::<String>::new());
}

#[test]
fn a_forced_deletion_is_gone_at_once_but_its_name_is_not() {
    let (mut cloud, made) = with_secret();
    cloud.ok(SERVICE, "DeleteSecret", json!({"SecretId": "db/user", "ForceDeleteWithoutRecovery": true}));
    assert_eq!(cloud.left(), Vec::<String>::new());
    assert!(cloud.refused(SERVICE, "CreateSecret", json!({"Name": "db/user"})).contains("scheduled for deletion"));
    cloud.pass(11.0);
    let again = cloud.ok(SERVICE, "CreateSecret", json!({"Name": "db/user"}));
    assert_ne!(again["ARN"], made["ARN"]);
    let both = json!({"SecretId": "db/user", "ForceDeleteWithoutRecovery": true, "RecoveryWindowInDays": 7});
    assert!(cloud.refused(SERVICE, "DeleteSecret", both).starts_with("InvalidParameterException"));
}

#[test]
fn lists_filter_by_the_beginning_and_negate() {
    let mut cloud = Cloud::new();
    for name in ["app/one", "app/two", "other"] {
        cloud.ok(SERVICE, "CreateSecret", json!({"Name": name}));
    }
    let mut names = |values: Value| {
        let filters = json!({"Filters": [{"Key": "name", "Values": values}]});
        let list = cloud.ok(SERVICE, "ListSecrets", filters)["SecretList"].clone();
        list.as_array().unwrap().iter().map(|secret| secret["Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(json!(["app/"])), ["app/one", "app/two"]);
    assert_eq!(names(json!(["!app/"])), ["other"]);
}

#[test]
fn a_random_password_has_each_kind_and_replays() {
    let password = || {
        let mut cloud = Cloud::new();
        cloud.ok(SERVICE, "GetRandomPassword", json!({"PasswordLength": 20, "ExcludePunctuation": true}))["RandomPassword"].clone()
    };
    let text = password().as_str().unwrap().to_owned();
    assert_eq!(text.len(), 20);
    assert!(text.chars().any(|it| it.is_ascii_digit()) && text.chars().any(|it| it.is_ascii_uppercase()));
    assert_eq!(password(), text.as_str());
}
