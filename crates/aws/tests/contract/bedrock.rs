//! Amazon Bedrock.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case {
        type_name: "AWS::Bedrock::ApplicationInferenceProfile",
        prepare: |ground| Box::pin(async { Ok(profile(ground)) }),
    },
    Case { type_name: GUARDRAIL, prepare: |_| Box::pin(async { Ok(guardrail()) }) },
    Case { type_name: "AWS::Bedrock::GuardrailVersion", prepare: |ground| Box::pin(guardrail_version(ground)) },
    Case { type_name: "AWS::Bedrock::IntelligentPromptRouter", prepare: |_| Box::pin(async { Ok(router()) }) },
    Case { type_name: PROMPT, prepare: |_| Box::pin(async { Ok(prompt()) }) },
    Case { type_name: "AWS::Bedrock::PromptVersion", prepare: |ground| Box::pin(prompt_version(ground)) },
    Case { type_name: "Charter::Bedrock::InvocationLogging", prepare: |ground| Box::pin(logging(ground)) },
    Case { type_name: "Charter::Bedrock::ModelAccess", prepare: |_| Box::pin(async { Ok(access()) }) },
];

const GUARDRAIL: &str = "AWS::Bedrock::Guardrail";
const PROMPT: &str = "AWS::Bedrock::Prompt";
const LITE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
const PRO: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0";

/// Copied from a system profile, so that what it was copied from has to be found out.
fn profile(ground: &Ground<'_>) -> Parts {
    let source = format!("arn:aws:bedrock:us-east-1:{}:inference-profile/us.amazon.nova-lite-v1:0", ground.account);
    let profile = |key: &str| {
        json!({"InferenceProfileName": "retail assistant", "Description": "Retail.",
            "ModelSource": {"CopyFrom": source}, "Tags": [{"Key": key, "Value": "1"}]})
    };
    Parts { before: profile("lineOfBusiness"), after: profile("costCenter"), filter: json!({}) }
}

fn guardrail() -> Parts {
    let filter = json!({"Type": "HATE", "InputStrength": "HIGH", "OutputStrength": "LOW"});
    let messages =
        |text: &str| json!({"Name": "guard", "BlockedInputMessaging": text, "BlockedOutputsMessaging": text});
    let mut before = messages("no");
    before["Description"] = json!("Guards.");
    before["ContentPolicyConfig"] = json!({"FiltersConfig": [filter]});
    before["TopicPolicyConfig"] =
        json!({"TopicsConfig": [{"Name": "advice", "Definition": "Advice on investments.", "Type": "DENY"}]});
    before["Tags"] = json!([{"Key": "a", "Value": "1"}]);
    let mut after = messages("never");
    after["SensitiveInformationPolicyConfig"] = json!({
        "PiiEntitiesConfig": [{"Type": "EMAIL", "Action": "ANONYMIZE"}],
        "RegexesConfig": [{"Name": "account", "Pattern": "[0-9]{8}", "Action": "BLOCK"}],
    });
    after["WordPolicyConfig"] =
        json!({"WordsConfig": [{"Text": "secret"}], "ManagedWordListsConfig": [{"Type": "PROFANITY"}]});
    after["ContextualGroundingPolicyConfig"] = json!({"FiltersConfig": [{"Type": "GROUNDING", "Threshold": 0.5}]});
    Parts { before, after, filter: json!({}) }
}

async fn guardrail_version(ground: &Ground<'_>) -> Result<Parts, String> {
    let made = ground.make(GUARDRAIL, guardrail().before).await?;
    let arn = made.identifier;
    Ok(Parts {
        before: json!({"GuardrailIdentifier": arn, "Description": "The first."}),
        after: Value::Null,
        filter: json!({"GuardrailIdentifier": arn}),
    })
}

fn router() -> Parts {
    let router = |key: &str| {
        json!({"PromptRouterName": "nova", "FallbackModel": {"ModelArn": LITE},
            "Models": [{"ModelArn": LITE}, {"ModelArn": PRO}],
            "RoutingCriteria": {"ResponseQualityDifference": 25}, "Tags": [{"Key": key, "Value": "1"}]})
    };
    Parts { before: router("a"), after: router("b"), filter: json!({}) }
}

fn variants(text: &str) -> Value {
    json!([{"Name": "plain", "TemplateType": "TEXT", "ModelId": "amazon.nova-lite-v1:0",
        "TemplateConfiguration": {"Text": {"Text": text, "InputVariables": [{"Name": "topic"}]}},
        "InferenceConfiguration": {"Text": {"Temperature": 0.5, "MaxTokens": 100}}}])
}

fn prompt() -> Parts {
    Parts {
        before: json!({"Name": "summary", "Description": "Sums up.", "DefaultVariant": "plain",
            "Variants": variants("Sum up {{topic}}."), "Tags": {"a": "1"}}),
        after: json!({"Name": "summaries", "Variants": variants("Sum {{topic}} up."), "Tags": {"b": "2"}}),
        filter: json!({}),
    }
}

async fn prompt_version(ground: &Ground<'_>) -> Result<Parts, String> {
    // A version tells its prompt's key.
    let mut prompt = prompt().before;
    let key = format!("arn:aws:kms:us-east-1:{}:key/0a1b2c3d-0000-4000-8000-000000000000", ground.account);
    prompt["CustomerEncryptionKeyArn"] = json!(key);
    let arn = ground.make(PROMPT, prompt).await?.identifier;
    Ok(Parts {
        before: json!({"PromptArn": arn, "Description": "The first.", "Tags": {"a": "1"}}),
        after: Value::Null,
        filter: json!({"PromptArn": arn}),
    })
}

async fn logging(ground: &Ground<'_>) -> Result<Parts, String> {
    ground.make("AWS::Logs::LogGroup", json!({"LogGroupName": "bedrock-invocations"})).await?;
    let role = ground.role("bedrock-logs", "bedrock.amazonaws.com").await?;
    let group = json!({"LogGroupName": "bedrock-invocations", "RoleArn": role});
    Ok(Parts {
        before: json!({"CloudWatchConfig": group, "TextDataDeliveryEnabled": true, "ImageDataDeliveryEnabled": false}),
        after: json!({"S3Config": {"BucketName": "invocations", "KeyPrefix": "bedrock"}, "TextDataDeliveryEnabled": true}),
        filter: json!({}),
    })
}

fn access() -> Parts {
    Parts { before: json!({"ModelId": "us.amazon.nova-lite-v1:0"}), after: Value::Null, filter: json!({}) }
}
