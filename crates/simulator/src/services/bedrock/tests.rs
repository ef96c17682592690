use crate::services::testing::Cloud;
use serde_json::{Value, json};

const MODEL: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
const SYSTEM: &str = "arn:aws:bedrock:us-east-1:333333333333:inference-profile/us.amazon.nova-lite-v1:0";

fn profile(name: &str, source: &str) -> Value {
    json!({"inferenceProfileName": name, "modelSource": {"copyFrom": source},
        "tags": [{"key": "lineOfBusiness", "value": "retail"}]})
}

fn models(profile: &Value) -> Vec<String> {
    let models = profile["models"].as_array().unwrap().iter();
    models.map(|model| model["modelArn"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_profile_comes_to_the_models_of_what_it_was_copied_from() {
    let mut cloud = Cloud::new();
    let arn = cloud.ok("bedrock", "CreateInferenceProfile", profile("one", MODEL))["inferenceProfileArn"].clone();
    let one = cloud.ok("bedrock", "GetInferenceProfile", json!({"inferenceProfileIdentifier": arn}));
    assert_eq!(models(&one), [MODEL]);
    assert_eq!((one["type"].as_str(), one["status"].as_str()), (Some("APPLICATION"), Some("ACTIVE")));
    let arn = cloud.ok("bedrock", "CreateInferenceProfile", profile("three", SYSTEM))["inferenceProfileArn"].clone();
    let three = cloud.ok("bedrock", "GetInferenceProfile", json!({"inferenceProfileIdentifier": arn}));
    let system = json!({"inferenceProfileIdentifier": "us.amazon.nova-lite-v1:0"});
    let system = cloud.ok("bedrock", "GetInferenceProfile", system);
    assert_eq!(models(&three).len(), 3);
    assert_eq!(models(&three), models(&system));
    assert_eq!(system["type"], "SYSTEM_DEFINED");
    let tags = cloud.ok("bedrock", "ListTagsForResource", json!({"resourceARN": arn}));
    assert_eq!(tags["tags"], json!([{"key": "lineOfBusiness", "value": "retail"}]));
    let own = cloud.ok("bedrock", "ListInferenceProfiles", json!({"typeEquals": "APPLICATION"}));
    assert_eq!(own["inferenceProfileSummaries"].as_array().unwrap().len(), 2);

    let refused = cloud.refused("bedrock", "CreateInferenceProfile", profile("one", MODEL));
    assert!(refused.starts_with("ConflictException"), "{refused}");
    let delete = json!({"inferenceProfileIdentifier": arn});
    cloud.ok("bedrock", "DeleteInferenceProfile", delete.clone());
    assert!(cloud.refused("bedrock", "DeleteInferenceProfile", delete).starts_with("ResourceNotFoundException"));
    assert_eq!(cloud.left().len(), 1);
}

#[test]
fn a_model_that_ended_or_is_elsewhere_is_refused() {
    let mut cloud = Cloud::new();
    let ended = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0";
    let refused = cloud.refused("bedrock", "CreateInferenceProfile", profile("ended", ended));
    assert!(
        refused.starts_with("ResourceNotFoundException: This model version has reached the end of its life"),
        "{refused}"
    );
    let elsewhere = MODEL.replace("us-east-1", "us-west-2");
    let refused = cloud.refused("bedrock", "CreateInferenceProfile", profile("elsewhere", &elsewhere));
    assert!(refused.contains("is not in the region us-east-1"), "{refused}");
    cloud.region = "eu-west-1".to_owned();
    let system = SYSTEM.replace("us-east-1", "eu-west-1");
    let refused = cloud.refused("bedrock", "CreateInferenceProfile", profile("eu", &system));
    assert!(refused.starts_with("ResourceNotFoundException"), "{refused}");
}

#[test]
fn a_model_of_another_provider_needs_an_agreement_that_takes_a_while() {
    let mut cloud = Cloud::new();
    let model = json!({"modelId": "anthropic.claude-haiku-4-5-20251001-v1:0"});
    let status = |cloud: &mut Cloud, model: &Value| {
        cloud.ok("bedrock", "GetFoundationModelAvailability", model.clone())["agreementAvailability"]["status"].clone()
    };
    assert_eq!(status(&mut cloud, &json!({"modelId": "amazon.nova-lite-v1:0"})), "AVAILABLE");
    assert_eq!(status(&mut cloud, &model), "NOT_AVAILABLE");
    let offers = cloud.ok("bedrock", "ListFoundationModelAgreementOffers", model.clone());
    let token = offers["offers"][0]["offerToken"].clone();
    let agreement = json!({"modelId": model["modelId"], "offerToken": token});
    cloud.ok("bedrock", "CreateFoundationModelAgreement", agreement);
    assert_eq!(status(&mut cloud, &model), "PENDING");
    cloud.pass(600.0);
    assert_eq!(status(&mut cloud, &model), "AVAILABLE");
}

fn guardrail(name: &str) -> Value {
    json!({"name": name, "blockedInputMessaging": "no", "blockedOutputsMessaging": "no",
        "contentPolicyConfig": {"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"}]}})
}

#[test]
fn a_guardrail_is_made_in_the_background_and_its_versions_stay_as_they_are() {
    let mut cloud = Cloud::new();
    let made = cloud.ok("bedrock", "CreateGuardrail", guardrail("g"));
    let id = json!({"guardrailIdentifier": made["guardrailArn"]});
    assert!(cloud.refused("bedrock", "CreateGuardrailVersion", id.clone()).starts_with("ConflictException"));
    let refused = cloud.refused("bedrock", "CreateGuardrail", guardrail("g"));
    assert!(refused.contains("already has this name"), "{refused}");
    cloud.pass(20.0);
    let version = cloud.ok("bedrock", "CreateGuardrailVersion", id.clone())["version"].clone();
    assert_eq!(version, "1");
    cloud.pass(20.0);
    let mut changed = guardrail("g");
    changed["blockedInputMessaging"] = json!("never");
    changed["guardrailIdentifier"] = made["guardrailArn"].clone();
    cloud.ok("bedrock", "UpdateGuardrail", changed);
    cloud.pass(20.0);
    let draft = cloud.ok("bedrock", "GetGuardrail", id.clone());
    assert_eq!((draft["status"].as_str(), draft["blockedInputMessaging"].as_str()), (Some("READY"), Some("never")));
    assert_eq!(draft["contentPolicy"]["filters"][0]["type"], "HATE");
    let first = json!({"guardrailIdentifier": made["guardrailArn"], "guardrailVersion": version});
    assert_eq!(cloud.ok("bedrock", "GetGuardrail", first.clone())["blockedInputMessaging"], "no");
    cloud.ok("bedrock", "DeleteGuardrail", first);
    assert_eq!(cloud.ok("bedrock", "ListGuardrails", id.clone())["guardrails"].as_array().unwrap().len(), 1);
    cloud.ok("bedrock", "DeleteGuardrail", id.clone());
    cloud.pass(20.0);
    assert!(cloud.refused("bedrock", "GetGuardrail", id).starts_with("ResourceNotFoundException"));
    assert_eq!(cloud.left(), Vec::<String>::new());
}

#[test]
fn invocations_are_written_only_where_a_role_can_write() {
    let mut cloud = Cloud::new();
    let group = json!({"logGroupName": "bedrock", "roleArn": "arn:aws:iam::333333333333:role/nobody"});
    let asked = json!({"loggingConfig": {"cloudWatchConfig": group}});
    let refused = cloud.refused("bedrock", "PutModelInvocationLoggingConfiguration", asked);
    assert!(
        refused.starts_with("ValidationException: Failed to validate permissions for log group: bedrock"),
        "{refused}"
    );
    let refused = cloud.refused("bedrock", "PutModelInvocationLoggingConfiguration", json!({"loggingConfig": {}}));
    assert!(refused.contains("At least one destination"), "{refused}");
    let bucket = json!({"loggingConfig": {"s3Config": {"bucketName": "logs"}}});
    cloud.ok("bedrock", "PutModelInvocationLoggingConfiguration", bucket);
    let found = cloud.ok("bedrock", "GetModelInvocationLoggingConfiguration", json!({}));
    assert_eq!(found["loggingConfig"]["s3Config"]["bucketName"], "logs");
    cloud.ok("bedrock", "DeleteModelInvocationLoggingConfiguration", json!({}));
    assert_eq!(cloud.left(), Vec::<String>::new());
}
