use crate::services::testing::Cloud;
use serde_json::json;

#[test]
fn a_prompt_is_changed_and_its_versions_stay_as_they_are() {
    let mut cloud = Cloud::new();
    let variant =
        |text: &str| json!([{"name": "v", "templateType": "TEXT", "templateConfiguration": {"text": {"text": text}}}]);
    let made =
        cloud.ok("bedrock-agent", "CreatePrompt", json!({"name": "p", "variants": variant("a"), "tags": {"k": "v"}}));
    let refused = cloud.refused("bedrock-agent", "CreatePrompt", json!({"name": "p"}));
    assert!(refused.starts_with("ConflictException") && refused.contains("already exists"), "{refused}");
    let arn = made["arn"].clone();
    let version =
        cloud.ok("bedrock-agent", "CreatePromptVersion", json!({"promptIdentifier": arn, "tags": {"n": "1"}}));
    assert_eq!(version["arn"].as_str().unwrap(), format!("{}:1", arn.as_str().unwrap()));
    cloud.ok("bedrock-agent", "UpdatePrompt", json!({"promptIdentifier": arn, "name": "p", "variants": variant("b")}));
    let text = |answer: &serde_json::Value| answer["variants"][0]["templateConfiguration"]["text"]["text"].clone();
    assert_eq!(text(&cloud.ok("bedrock-agent", "GetPrompt", json!({"promptIdentifier": arn}))), "b");
    let first = json!({"promptIdentifier": arn, "promptVersion": "1"});
    assert_eq!(text(&cloud.ok("bedrock-agent", "GetPrompt", first.clone())), "a");
    let tags = cloud.ok("bedrock-agent", "ListTagsForResource", json!({"resourceArn": version["arn"]}));
    assert_eq!(tags["tags"], json!({"n": "1"}));
    cloud.ok("bedrock-agent", "DeletePrompt", first.clone());
    assert!(cloud.refused("bedrock-agent", "GetPrompt", first).starts_with("ResourceNotFoundException"));
    cloud.ok("bedrock-agent", "DeletePrompt", json!({"promptIdentifier": arn}));
    assert_eq!(cloud.left(), Vec::<String>::new());
}
