use crate::services::testing::Cloud;
use serde_json::{Value, json};

const BASE: &str = "amazon.nova-micro-v1:0:128k";
const HOUR: f64 = 3_600.0;

fn role(cloud: &mut Cloud, name: &str, service: &str) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "333333333333"},
        "ArnEquals": {"aws:SourceArn": "arn:aws:bedrock:us-east-1:333333333333:model-customization-job/*"}}}]});
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    cloud.ok("iam", "CreateRole", input)["Role"]["Arn"].clone()
}

fn put_data(cloud: &mut Cloud) {
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "training"}));
    cloud.ok("s3", "PutObject", json!({"Bucket": "training", "Key": "data/reviews.jsonl", "Body": "e30="}));
}

fn job(name: &str, role: &Value) -> Value {
    json!({"jobName": name, "customModelName": name, "roleArn": role, "baseModelIdentifier": BASE, "clientRequestToken": name,
        "trainingDataConfig": {"s3Uri": "s3://training/data/reviews.jsonl"}, "outputDataConfig": {"s3Uri": "s3://training/out"},
        "customModelTags": [{"key": "lineOfBusiness", "value": "retail"}]})
}

fn status(cloud: &mut Cloud, name: &str) -> String {
    let job = cloud.ok("bedrock", "GetModelCustomizationJob", json!({"jobIdentifier": name}));
    job["status"].as_str().unwrap().to_owned()
}

fn throughput(name: &str, model: &str, commitment: Value) -> Value {
    json!({"provisionedModelName": name, "modelId": model, "modelUnits": 1, "commitmentDuration": commitment})
}

#[test]
fn a_job_ends_in_a_model_that_serves_only_with_throughput_and_goes_only_without() {
    let mut cloud = Cloud::new();
    put_data(&mut cloud);
    let role = role(&mut cloud, "customization", "bedrock.amazonaws.com");
    let first = cloud.ok("bedrock", "CreateModelCustomizationJob", job("one", &role));
    assert_eq!(
        cloud.ok("bedrock", "CreateModelCustomizationJob", job("one", &role)),
        first,
        "the same token is the same job"
    );
    let mut other = job("one", &role);
    other["clientRequestToken"] = json!("another");
    assert!(cloud.refused("bedrock", "CreateModelCustomizationJob", other).starts_with("ConflictException"));
    assert_eq!(status(&mut cloud, "one"), "InProgress");
    assert_eq!(cloud.ok("bedrock", "ListCustomModels", json!({}))["modelSummaries"], json!([]));
    let early = cloud.refused("bedrock", "CreateProvisionedModelThroughput", throughput("s", "one", json!(null)));
    assert!(early.starts_with("ResourceNotFoundException"), "{early}");

    cloud.pass(3.0 * HOUR);
    assert_eq!(status(&mut cloud, "one"), "Completed");
    let model = cloud.ok("bedrock", "GetCustomModel", json!({"modelIdentifier": "one"}));
    assert_eq!(model["jobArn"], first["jobArn"]);
    let tags = cloud.ok("bedrock", "ListTagsForResource", json!({"resourceARN": model["modelArn"]}));
    assert_eq!(tags["tags"], json!([{"key": "lineOfBusiness", "value": "retail"}]));

    cloud.ok("bedrock", "CreateProvisionedModelThroughput", throughput("serving", "one", json!(null)));
    cloud.ok("bedrock", "CreateProvisionedModelThroughput", throughput("committed", "one", json!("OneMonth")));
    let delete = |name: &str| json!({"provisionedModelId": name});
    let held = cloud.refused("bedrock", "DeleteCustomModel", json!({"modelIdentifier": "one"}));
    assert!(held.starts_with("ConflictException"), "{held}");
    cloud.ok("bedrock", "DeleteProvisionedModelThroughput", delete("serving"));
    let term = cloud.refused("bedrock", "DeleteProvisionedModelThroughput", delete("committed"));
    assert!(term.starts_with("ConflictException") && term.contains("commitment"), "{term}");
    cloud.pass(31.0 * 24.0 * HOUR);
    cloud.ok("bedrock", "DeleteProvisionedModelThroughput", delete("committed"));
    cloud.ok("bedrock", "DeleteCustomModel", json!({"modelIdentifier": "one"}));
    assert!(!cloud.left().iter().any(|item| item.starts_with("bedrock/")), "{:?}", cloud.left());
}

#[test]
fn a_job_without_its_data_fails_and_one_that_is_stopped_leaves_no_model() {
    let mut cloud = Cloud::new();
    let role = role(&mut cloud, "customization", "bedrock.amazonaws.com");
    cloud.ok("bedrock", "CreateModelCustomizationJob", job("blind", &role));
    assert_eq!(status(&mut cloud, "blind"), "InProgress");
    cloud.pass(HOUR);
    let job_of = cloud.ok("bedrock", "GetModelCustomizationJob", json!({"jobIdentifier": "blind"}));
    assert_eq!(job_of["status"], "Failed");
    assert!(job_of["failureMessage"].as_str().unwrap().contains("s3://training/data/reviews.jsonl"), "{job_of}");

    put_data(&mut cloud);
    cloud.ok("bedrock", "CreateModelCustomizationJob", job("stopped", &role));
    cloud.ok("bedrock", "StopModelCustomizationJob", json!({"jobIdentifier": "stopped"}));
    assert_eq!(status(&mut cloud, "stopped"), "Stopping");
    let twice = cloud.refused("bedrock", "StopModelCustomizationJob", json!({"jobIdentifier": "stopped"}));
    assert!(twice.starts_with("ConflictException"), "{twice}");
    cloud.pass(4.0 * HOUR);
    assert_eq!(status(&mut cloud, "stopped"), "Stopped");
    assert_eq!(cloud.ok("bedrock", "ListCustomModels", json!({}))["modelSummaries"], json!([]));
    let running = json!({"statusEquals": "Failed"});
    let listed = cloud.ok("bedrock", "ListModelCustomizationJobs", running);
    assert_eq!(listed["modelCustomizationJobSummaries"][0]["jobName"], "blind");
}

#[test]
fn what_a_job_cannot_run_with_is_refused_at_once() {
    let mut cloud = Cloud::new();
    put_data(&mut cloud);
    let stranger = role(&mut cloud, "stranger", "lambda.amazonaws.com");
    let role = role(&mut cloud, "customization", "bedrock.amazonaws.com");
    let mut refused = |role: &Value, change: Value| {
        let mut input = job("one", role);
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        cloud.refused("bedrock", "CreateModelCustomizationJob", input)
    };
    assert!(refused(&stranger, json!({})).contains("Could not assume provided IAM role"));
    let network = json!({"vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}});
    assert!(refused(&role, network).contains("subnet-1 does not exist"));
    let elsewhere = json!({"baseModelIdentifier": "meta.llama3-1-8b-instruct-v1:0:128k"});
    assert!(refused(&role, elsewhere).contains("not supported for customization"), "it can be tuned in us-west-2 only");
    let key =
        json!({"customModelKmsKeyId": "arn:aws:kms:us-east-1:333333333333:key/00000000-0000-0000-0000-000000000000"});
    assert!(refused(&role, key).contains("does not exist"));
}
