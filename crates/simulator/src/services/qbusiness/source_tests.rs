use super::tests::{SERVICE, put, role, service_role, with_index};
use crate::services::testing::Cloud;
use serde_json::{Value, json};

#[test]
fn a_configuration_must_follow_the_schema_of_its_connector() {
    let mut cloud = Cloud::new();
    let (application, index) = with_index(&mut cloud);
    let role = service_role(&mut cloud, "source", "qbusiness.amazonaws.com");
    let secret = json!({"Name": "QBusiness-connector", "SecretString": "{}"});
    let secret = cloud.ok("secretsmanager", "CreateSecret", secret)["ARN"].clone();
    let mapped = json!({"fieldMappings": [
        {"dataSourceFieldName": "url", "indexFieldName": "_source_uri", "indexFieldType": "STRING"}]});
    let confluence = json!({"type": "CONFLUENCEV2", "syncMode": "FULL_CRAWL", "secretArn": secret, "additionalProperties": {},
        "repositoryConfigurations": {"page": mapped}, "connectionConfiguration": {"repositoryEndpointMetadata":
            {"hostUrl": "https://anycompany.atlassian.net", "type": "SAAS", "authType": "Basic"}}});
    let share_point = json!({"type": "SHAREPOINTV2", "syncMode": "CHANGE_LOG", "secretArn": secret,
        "enableIdentityCrawler": true, "additionalProperties": {}, "repositoryConfigurations": {"file": mapped},
        "connectionConfiguration": {"repositoryEndpointMetadata": {"domain": "anycompany",
            "siteUrls": ["https://anycompany.sharepoint.com/sites/acme"],
            "repositoryAdditionalProperties": {"authType": "OAuth2Certificate", "version": "Online"}}}});
    let mut put = |configuration: &Value| {
        let input = json!({"applicationId": application, "indexId": index, "displayName": "s", "roleArn": role,
            "configuration": configuration});
        cloud.call(SERVICE, "CreateDataSource", input).map(drop).map_err(|error| error.message)
    };
    const ENDPOINT: &str = "/connectionConfiguration/repositoryEndpointMetadata";
    for (whole, parts) in [
        (
            &confluence,
            &[
                ("/syncMode", json!("CHANGE_LOG"), "syncMode must be one of FULL_CRAWL, FORCED_FULL_CRAWL"),
                ("/secretArn", Value::Null, "secretArn is required"),
                (&*format!("{ENDPOINT}/hostUrl"), json!("anycompany.atlassian.net"), "hostUrl must begin with https:"),
                (&*format!("{ENDPOINT}/authType"), json!("OAuth"), "authType must be one of Basic, OAuth2"),
                (
                    "/repositoryConfigurations/page/fieldMappings/0/indexFieldType",
                    json!("TEXT"),
                    "a mapping of page needs",
                ),
            ][..],
        ),
        (
            &share_point,
            &[
                ("/enableIdentityCrawler", Value::Null, "enableIdentityCrawler is required"),
                (&*format!("{ENDPOINT}/siteUrls"), json!(["anycompany"]), "siteUrls must begin with https:"),
                (
                    &*format!("{ENDPOINT}/repositoryAdditionalProperties/authType"),
                    json!("ropc"),
                    "authType must be one of",
                ),
            ],
        ),
    ] {
        assert_eq!(put(whole), Ok(()));
        for (place, value, words) in parts {
            let mut wrong = whole.clone();
            let (parent, name) = place.rsplit_once('/').unwrap();
            match (wrong.pointer_mut(parent).unwrap(), value) {
                (Value::Object(members), Value::Null) => drop(members.remove(name)),
                (parent, value) => parent[name] = value.clone(),
            }
            let refused = put(&wrong).unwrap_err();
            assert!(refused.contains(words), "{place}: {refused}");
        }
    }
}

/// A hook over the images of a bucket; its role may do what is given.
fn with_hook(cloud: &mut Cloud, actions: &[&str]) -> (Value, Value) {
    let (application, index) = with_index(cloud);
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "documents"}));
    put(cloud, "chart.png", "An image.");
    put(cloud, "holidays.txt", "Everybody has thirty days of holiday.");
    let source_role = service_role(cloud, "source", "qbusiness.amazonaws.com");
    let own =
        format!("arn:aws:qbusiness:us-east-1:333333333333:application/{}/index/{}", text(&application), text(&index));
    let trust = json!({"Effect": "Allow", "Principal": {"Service": "qbusiness.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "333333333333"}, "ArnLike": {"aws:SourceArn": own}}});
    let hook_role = role(cloud, "hook", &trust);
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": [
        "arn:aws:s3:::documents", "arn:aws:s3:::documents/*", "arn:aws:lambda:us-east-1:333333333333:function:describer"]}]});
    let policy = json!({"RoleName": "hook", "PolicyName": "hook", "PolicyDocument": policy.to_string()});
    cloud.ok("iam", "PutRolePolicy", policy);
    let hook = json!({"lambdaArn": "arn:aws:lambda:us-east-1:333333333333:function:describer", "roleArn": hook_role,
        "s3BucketName": "documents", "invocationCondition":
            {"key": "_file_type", "operator": "EQUALS", "value": {"stringValue": "PNG"}}});
    let input = json!({"applicationId": application, "indexId": index, "displayName": "bucket", "roleArn": source_role,
        "configuration": {"type": "S3V2", "connectionConfiguration": {"bucketName": "documents"}},
        "documentEnrichmentConfiguration": {"preExtractionHookConfiguration": hook}});
    let source = cloud.ok(SERVICE, "CreateDataSource", input)["dataSourceId"].clone();
    cloud.pass(31.0);
    (json!({"applicationId": application, "indexId": index, "dataSourceId": source}), hook)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn make_function(cloud: &mut Cloud) {
    let trust =
        json!({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let function_role = role(cloud, "describer", &trust);
    cloud.pass(30.0);
    let function = json!({"FunctionName": "describer", "Role": function_role, "Code": {"ZipFile": "x"},
        "Handler": "index.handler", "Runtime": "python3.13"});
    let input = json!({"TypeName": "AWS::Lambda::Function", "DesiredState": function.to_string()});
    cloud.ok("cloudcontrol", "CreateResource", input);
    cloud.pass(600.0);
}

/// How a run ends, how many documents fail, and what is in the index.
fn run(cloud: &mut Cloud, at: &Value) -> (String, String, usize) {
    cloud.ok(SERVICE, "StartDataSourceSyncJob", at.clone());
    cloud.pass(601.0);
    let job = cloud.ok(SERVICE, "ListDataSourceSyncJobs", at.clone())["history"][0].clone();
    let documents = cloud.ok(SERVICE, "ListDocuments", at.clone())["documentDetailList"].as_array().unwrap().len();
    (text(&job["status"]).to_owned(), text(&job["metrics"]["documentsFailed"]).to_owned(), documents)
}

#[test]
fn a_hook_that_cannot_be_asked_fails_the_documents_that_it_takes() {
    let mut cloud = Cloud::new();
    let actions = ["lambda:InvokeFunction", "s3:GetObject", "s3:PutObject", "s3:ListBucket"];
    let (at, hook) = with_hook(&mut cloud, &actions);
    let incomplete = ("INCOMPLETE".to_owned(), "1".to_owned(), 1);
    assert_eq!(run(&mut cloud, &at), incomplete, "there is no function");
    make_function(&mut cloud);
    assert_eq!(run(&mut cloud, &at), ("SUCCEEDED".to_owned(), "0".to_owned(), 2));
    for lacking in actions {
        let others: Vec<&str> = actions.into_iter().filter(|action| *action != lacking).collect();
        let policy =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": others, "Resource": "*"}]});
        let policy = json!({"RoleName": "hook", "PolicyName": "hook", "PolicyDocument": policy.to_string()});
        cloud.ok("iam", "PutRolePolicy", policy);
        assert_eq!(run(&mut cloud, &at), incomplete, "without {lacking}");
    }
    let mut foreign = hook;
    foreign["roleArn"] = json!("arn:aws:iam::111111111111:role/hook");
    let mut change = at;
    change["documentEnrichmentConfiguration"] = json!({"preExtractionHookConfiguration": foreign});
    let refused = cloud.refused(SERVICE, "UpdateDataSource", change);
    assert!(refused.contains("must belong to the account"), "{refused}");
}
