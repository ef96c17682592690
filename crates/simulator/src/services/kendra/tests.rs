use crate::services::rds_data::tests::{ready, sql};
use crate::services::testing::Cloud;
use serde_json::{Value, json};

fn role(cloud: &mut Cloud, service: &str) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "333333333333"},
            "ArnLike": {"aws:SourceArn": "arn:aws:kendra:us-east-1:333333333333:index/*"}}}]});
    let name = service.replace('.', "-");
    cloud.ok("iam", "CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()}))["Role"]["Arn"].clone()
}

fn with_index(cloud: &mut Cloud) -> (Value, Value) {
    let role = role(cloud, "kendra.amazonaws.com");
    let index =
        cloud.ok("kendra", "CreateIndex", json!({"Name": "reviews", "RoleArn": role, "Edition": "DEVELOPER_EDITION"}))
            ["Id"]
            .clone();
    (index, role)
}

fn status(cloud: &mut Cloud, index: &Value) -> Value {
    cloud.ok("kendra", "DescribeIndex", json!({"Id": index}))["Status"].clone()
}

#[test]
fn an_index_needs_a_role_that_trusts_kendra() {
    let mut cloud = Cloud::new();
    let wrong = role(&mut cloud, "rds.amazonaws.com");
    for arn in [wrong, json!("arn:aws:iam::333333333333:role/nobody")] {
        let refused = cloud.refused("kendra", "CreateIndex", json!({"Name": "n", "RoleArn": arn}));
        assert!(
            refused.starts_with("ValidationException") && refused.contains("`kendra.amazonaws.com` as trusted entity"),
            "{refused}"
        );
    }
}

#[test]
fn an_index_lives_from_creating_to_gone() {
    let mut cloud = Cloud::new();
    let (index, role) = with_index(&mut cloud);
    assert_eq!(status(&mut cloud, &index), "CREATING");
    let source = json!({"IndexId": index, "Name": "s", "Type": "S3", "RoleArn": role, "Configuration": {"S3Configuration": {"BucketName": "bucket"}}});
    assert!(cloud.refused("kendra", "CreateDataSource", source.clone()).starts_with("ConflictException"));
    assert!(cloud.refused("kendra", "DeleteIndex", json!({"Id": index})).starts_with("ConflictException"));
    cloud.pass(1_501.0);
    assert_eq!(status(&mut cloud, &index), "ACTIVE");
    cloud.ok("kendra", "UpdateIndex", json!({"Id": index, "Description": "new"}));
    assert_eq!(status(&mut cloud, &index), "UPDATING");
    assert!(
        cloud
            .refused("kendra", "UpdateIndex", json!({"Id": index, "Description": "x"}))
            .starts_with("ConflictException")
    );
    cloud.pass(31.0);
    cloud.ok("kendra", "CreateDataSource", source);
    cloud.ok("kendra", "DeleteIndex", json!({"Id": index}));
    assert_eq!(status(&mut cloud, &index), "DELETING");
    cloud.pass(601.0);
    assert!(cloud.refused("kendra", "DescribeIndex", json!({"Id": index})).starts_with("ResourceNotFoundException"));
    assert_eq!(cloud.left(), ["iam/role/kendra-amazonaws-com"], "the data source goes with its index");
}

#[test]
fn a_client_token_makes_one_index() {
    let mut cloud = Cloud::new();
    let role = role(&mut cloud, "kendra.amazonaws.com");
    let input = |name: &str| json!({"Name": name, "RoleArn": role, "ClientToken": "t"});
    let first = cloud.ok("kendra", "CreateIndex", input("a"));
    assert_eq!(cloud.ok("kendra", "CreateIndex", input("a")), first);
    assert!(cloud.refused("kendra", "CreateIndex", input("b")).starts_with("ConflictException"));
    assert_eq!(
        cloud.ok("kendra", "ListIndices", json!({}))["IndexConfigurationSummaryItems"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn an_account_has_ten_indices_and_gen_ai_four_regions() {
    let mut cloud = Cloud::new();
    let role = role(&mut cloud, "kendra.amazonaws.com");
    for number in 0..10 {
        cloud.ok("kendra", "CreateIndex", json!({"Name": format!("i{number}"), "RoleArn": role}));
    }
    assert!(
        cloud
            .refused("kendra", "CreateIndex", json!({"Name": "i", "RoleArn": role}))
            .starts_with("ServiceQuotaExceededException")
    );
    let page = cloud.ok("kendra", "ListIndices", json!({"MaxResults": 7}));
    let rest = cloud.ok("kendra", "ListIndices", json!({"MaxResults": 7, "NextToken": page["NextToken"]}));
    assert_eq!(rest["IndexConfigurationSummaryItems"].as_array().unwrap().len(), 3);
}

#[test]
fn a_sync_brings_the_rows_of_the_database_and_they_are_found() {
    let (mut cloud, base) = ready();
    for statement in [
        "CREATE SCHEMA employees",
        "CREATE TABLE employees.amazon_review (pk int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reviews_title text, reviews_text text)",
        "INSERT INTO employees.amazon_review (reviews_title, reviews_text) VALUES ('Fine tablet', 'The screen is bright'), ('Slow reader', 'The battery is weak')",
    ] {
        sql(&mut cloud, &base, statement);
    }
    let (index, role) = with_index(&mut cloud);
    cloud.pass(1_501.0);
    let host = cloud.ok("rds", "DescribeDBClusters", json!({}))["DBClusters"][0]["Endpoint"].clone();
    let template = json!({"type": "JDBC", "version": "1.0.0", "syncMode": "FULL_CRAWL", "secretArn": base["secretArn"],
        "connectionConfiguration": {"repositoryEndpointMetadata": {"dbType": "postgresql", "dbHost": host, "dbPort": "5432", "dbInstance": "genai"}},
        "additionalProperties": {"primaryKey": "pk", "titleColumn": "reviews_title", "bodyColumn": "reviews_text", "sqlQuery": "select * from employees.amazon_review"}});
    let configuration = json!({"TemplateConfiguration": {"Template": template}});
    let input =
        json!({"IndexId": index, "Name": "s", "Type": "TEMPLATE", "RoleArn": role, "Configuration": configuration});
    let source = cloud.ok("kendra", "CreateDataSource", input)["Id"].clone();
    let at = json!({"Id": source, "IndexId": index});
    assert!(cloud.refused("kendra", "StartDataSourceSyncJob", at.clone()).starts_with("ConflictException"));
    cloud.pass(61.0);
    cloud.ok("kendra", "StartDataSourceSyncJob", at.clone());
    assert!(cloud.refused("kendra", "StartDataSourceSyncJob", at.clone()).starts_with("ResourceInUseException"));
    let last = |cloud: &mut Cloud| cloud.ok("kendra", "ListDataSourceSyncJobs", at.clone())["History"][0].clone();
    assert_eq!(last(&mut cloud)["Status"], "SYNCING");
    cloud.pass(361.0);
    assert_eq!(last(&mut cloud)["Status"], "SYNCING_INDEXING");
    cloud.pass(240.0);
    let run = last(&mut cloud);
    assert_eq!((&run["Status"], &run["Metrics"]["DocumentsAdded"]), (&json!("SUCCEEDED"), &json!("2")));

    let found = cloud.ok("kendra", "Retrieve", json!({"IndexId": index, "QueryText": "Is the battery weak?"}));
    assert_eq!(found["ResultItems"][0]["Content"], "The battery is weak");
    let found = cloud.ok("kendra", "Query", json!({"IndexId": index, "QueryText": "bright screen"}));
    assert_eq!(
        (&found["TotalNumberOfResults"], &found["ResultItems"][0]["DocumentTitle"]["Text"]),
        (&json!(1), &json!("Fine tablet"))
    );

    sql(&mut cloud, &base, "DELETE FROM employees.amazon_review WHERE pk = 1");
    cloud.ok("kendra", "StartDataSourceSyncJob", at.clone());
    cloud.pass(601.0);
    let run = last(&mut cloud);
    assert_eq!((&run["Metrics"]["DocumentsDeleted"], &run["Metrics"]["DocumentsScanned"]), (&json!("1"), &json!("1")));
}

#[test]
fn a_sync_that_cannot_read_its_source_fails() {
    let mut cloud = Cloud::new();
    let (index, role) = with_index(&mut cloud);
    cloud.pass(1_501.0);
    let input = json!({"IndexId": index, "Name": "s", "Type": "S3", "RoleArn": role, "Configuration": {"S3Configuration": {"BucketName": "missing"}}});
    let at = json!({"Id": cloud.ok("kendra", "CreateDataSource", input)["Id"], "IndexId": index});
    cloud.pass(61.0);
    cloud.ok("kendra", "StartDataSourceSyncJob", at.clone());
    cloud.pass(121.0);
    let run = &cloud.ok("kendra", "ListDataSourceSyncJobs", at)["History"][0];
    assert_eq!(run["Status"], "FAILED");
    assert!(run["ErrorMessage"].as_str().unwrap().contains("missing"));
}

#[test]
fn a_configuration_must_fit_its_type() {
    let mut cloud = Cloud::new();
    let (index, role) = with_index(&mut cloud);
    cloud.pass(1_501.0);
    let input = |kind: &str, configuration: Value| json!({"IndexId": index, "Name": "s", "Type": kind, "RoleArn": role, "Configuration": configuration});
    let mut refused = |input: Value| cloud.refused("kendra", "CreateDataSource", input);
    assert!(refused(input("S3", json!({"TemplateConfiguration": {"Template": {}}}))).contains("doesn't fit"));
    assert!(refused(input("TEMPLATE", json!({"TemplateConfiguration": {"Template": {}}}))).contains("required keys"));
    assert!(refused(input("CUSTOM", json!({"S3Configuration": {"BucketName": "b"}}))).contains("CUSTOM"));
}

#[test]
fn tags_are_found_by_arn() {
    let mut cloud = Cloud::new();
    let (index, _) = with_index(&mut cloud);
    let arn = json!(format!("arn:aws:kendra:us-east-1:333333333333:index/{}", index.as_str().unwrap()));
    cloud.ok("kendra", "TagResource", json!({"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "1"}]}));
    assert_eq!(
        cloud.ok("kendra", "ListTagsForResource", json!({"ResourceARN": arn}))["Tags"],
        json!([{"Key": "a", "Value": "1"}])
    );
    assert!(
        cloud
            .refused(
                "kendra",
                "ListTagsForResource",
                json!({"ResourceARN": "arn:aws:kendra:us-east-1:333333333333:index/x"})
            )
            .starts_with("ResourceUnavailableException")
    );
}
