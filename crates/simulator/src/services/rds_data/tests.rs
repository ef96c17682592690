use crate::services::rds::tests::{networked, with_database};
use crate::services::testing::Cloud;
use serde_json::{Value, json};

const SERVICE: &str = "rds-data";

/// A cloud with a database that answers, and what a call to it says.
pub(crate) fn ready() -> (Cloud, Value) {
    let (mut cloud, cluster) = with_database(networked());
    cloud.pass(800.0);
    let base = json!({"resourceArn": cluster["DBClusterArn"], "secretArn": cluster["MasterUserSecret"]["SecretArn"], "database": "genai"});
    (cloud, base)
}

fn with(base: &Value, more: Value) -> Value {
    let mut input = base.clone();
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

pub(crate) fn sql(cloud: &mut Cloud, base: &Value, sql: &str) -> Value {
    cloud.ok(SERVICE, "ExecuteStatement", with(base, json!({"sql": sql})))
}

#[test]
fn a_statement_needs_the_endpoint_a_writer_and_the_right_secret() {
    let (mut cloud, cluster) = with_database(networked());
    let base = json!({"resourceArn": cluster["DBClusterArn"], "secretArn": cluster["MasterUserSecret"]["SecretArn"], "sql": "SELECT 1"});
    let refused = |cloud: &mut Cloud, input: Value| cloud.refused(SERVICE, "ExecuteStatement", input);
    assert!(refused(&mut cloud, base.clone()).starts_with("InvalidResourceStateException"));
    cloud.pass(310.0);
    assert!(refused(&mut cloud, base.clone()).contains("no available writer"));
    cloud.pass(300.0);
    cloud.ok(SERVICE, "ExecuteStatement", base.clone());
    assert!(
        refused(
            &mut cloud,
            with(&base, json!({"secretArn": "arn:aws:secretsmanager:us-east-1:333333333333:secret:x-abcdef"}))
        )
        .starts_with("SecretsErrorException")
    );
    let other = cloud.ok(
        "secretsmanager",
        "CreateSecret",
        json!({"Name": "other", "SecretString": "{\"username\":\"postgres\",\"password\":\"guess\"}"}),
    );
    assert!(
        refused(&mut cloud, with(&base, json!({"secretArn": other["ARN"]}))).contains("password authentication failed")
    );
    assert!(refused(&mut cloud, with(&base, json!({"database": "nope"}))).contains("3D000"));
    cloud.ok("rds", "DisableHttpEndpoint", json!({"ResourceArn": base["resourceArn"]}));
    assert!(refused(&mut cloud, base).starts_with("HttpEndpointNotEnabledException: HttpEndpoint is not enabled"));
}

#[test]
fn rows_come_back_as_fields_with_their_types() {
    let (mut cloud, base) = ready();
    sql(&mut cloud, &base, "CREATE TABLE t (id int PRIMARY KEY, name varchar(10), score double precision, ok boolean)");
    let insert = with(
        &base,
        json!({
            "sql": "INSERT INTO t VALUES (:id, :name, :score, :ok)",
            "parameterSets": [
                [{"name": "id", "value": {"longValue": 1}}, {"name": "name", "value": {"stringValue": "a"}}, {"name": "score", "value": {"doubleValue": 0.5}}, {"name": "ok", "value": {"booleanValue": true}}],
                [{"name": "id", "value": {"longValue": 2}}, {"name": "name", "value": {"isNull": true}}, {"name": "score", "value": {"isNull": true}}, {"name": "ok", "value": {"isNull": true}}],
            ],
        }),
    );
    assert_eq!(cloud.ok(SERVICE, "BatchExecuteStatement", insert)["updateResults"].as_array().unwrap().len(), 2);
    let answer = cloud.ok(
        SERVICE,
        "ExecuteStatement",
        with(&base, json!({"sql": "SELECT * FROM t ORDER BY id", "includeResultMetadata": true})),
    );
    assert_eq!(
        answer["records"][0],
        json!([{"longValue": 1}, {"stringValue": "a"}, {"doubleValue": 0.5}, {"booleanValue": true}])
    );
    assert_eq!(answer["records"][1][1], json!({"isNull": true}));
    assert_eq!(answer["columnMetadata"][1]["typeName"], "varchar");
    let formatted = cloud.ok(
        SERVICE,
        "ExecuteStatement",
        with(&base, json!({"sql": "SELECT id FROM t WHERE id = 2", "formatRecordsAs": "JSON"})),
    );
    assert_eq!(formatted["formattedRecords"], "[{\"id\":2}]");
}

#[test]
fn errors_are_postgresqls() {
    let (mut cloud, base) = ready();
    let mut refused = |text: &str| cloud.refused(SERVICE, "ExecuteStatement", with(&base, json!({"sql": text})));
    assert_eq!(
        refused("SELECT * FROM nope"),
        "DatabaseErrorException: ERROR: relation \"nope\" does not exist; SQLState: 42P01"
    );
    assert_eq!(refused("SELECT 1; SELECT 2"), "ValidationException: Multistatements aren't supported.");
    assert!(refused("CREATE SCHEMA 'x'").contains("syntax error at or near \"'x'\""));
}

#[test]
fn a_transaction_is_seen_by_itself_until_it_commits() {
    let (mut cloud, base) = ready();
    let begin = |cloud: &mut Cloud| cloud.ok(SERVICE, "BeginTransaction", base.clone())["transactionId"].clone();
    let id = begin(&mut cloud);
    let inside = |id: &Value, sql: &str| with(&base, json!({"sql": sql, "transactionId": id}));
    cloud.ok(SERVICE, "ExecuteStatement", inside(&id, "CREATE TABLE t (id int)"));
    assert!(
        cloud.refused(SERVICE, "ExecuteStatement", with(&base, json!({"sql": "SELECT * FROM t"}))).contains("42P01")
    );
    let end =
        |id: &Value| json!({"resourceArn": base["resourceArn"], "secretArn": base["secretArn"], "transactionId": id});
    assert_eq!(cloud.ok(SERVICE, "CommitTransaction", end(&id))["transactionStatus"], "Transaction Committed");
    sql(&mut cloud, &base, "SELECT * FROM t");

    let id = begin(&mut cloud);
    cloud.ok(SERVICE, "ExecuteStatement", inside(&id, "DROP TABLE t"));
    assert!(cloud.refused(SERVICE, "ExecuteStatement", inside(&id, "SELECT * FROM t")).contains("42P01"));
    assert!(cloud.refused(SERVICE, "ExecuteStatement", inside(&id, "SELECT 1")).contains("25P02"), "aborted");
    cloud.ok(SERVICE, "RollbackTransaction", end(&id));
    sql(&mut cloud, &base, "SELECT * FROM t");

    let id = begin(&mut cloud);
    cloud.pass(181.0);
    assert!(cloud.refused(SERVICE, "CommitTransaction", end(&id)).starts_with("TransactionNotFoundException"));
}

#[test]
fn two_transactions_both_keep_what_they_wrote() {
    let (mut cloud, base) = ready();
    sql(&mut cloud, &base, "CREATE TABLE t (id int PRIMARY KEY)");
    let ids: Vec<Value> =
        (0..2).map(|_| cloud.ok(SERVICE, "BeginTransaction", base.clone())["transactionId"].clone()).collect();
    for (number, id) in ids.iter().enumerate() {
        cloud.ok(
            SERVICE,
            "ExecuteStatement",
            with(&base, json!({"sql": format!("INSERT INTO t VALUES ({number})"), "transactionId": id})),
        );
    }
    for id in &ids {
        let end = json!({"resourceArn": base["resourceArn"], "secretArn": base["secretArn"], "transactionId": id});
        cloud.ok(SERVICE, "CommitTransaction", end);
    }
    assert_eq!(sql(&mut cloud, &base, "SELECT count(*) FROM t")["records"], json!([[{"longValue": 2}]]));
}

#[test]
fn a_paused_cluster_resumes_with_an_error_first() {
    let (mut cloud, base) = ready();
    let scale = json!({"DBClusterIdentifier": "reviews", "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.0, "MaxCapacity": 4.0}});
    cloud.ok("rds", "ModifyDBCluster", scale);
    cloud.pass(500.0);
    let input = with(&base, json!({"sql": "SELECT 1"}));
    assert!(cloud.refused(SERVICE, "ExecuteStatement", input.clone()).starts_with("DatabaseResumingException"));
    cloud.pass(5.0);
    assert!(cloud.refused(SERVICE, "ExecuteStatement", input.clone()).starts_with("DatabaseResumingException"));
    cloud.pass(15.0);
    cloud.ok(SERVICE, "ExecuteStatement", input);
}
