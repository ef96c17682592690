//! Q Business: applications whose people come by OpenID Connect, and what is in them.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use crate::shared::object;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::QBusiness::Application", prepare: |ground| Box::pin(application(ground)) },
    Case { type_name: "AWS::QBusiness::DataAccessor", prepare: |ground| Box::pin(data_accessor(ground)) },
    Case { type_name: "AWS::QBusiness::DataSource", prepare: |ground| Box::pin(data_source(ground)) },
    Case { type_name: "AWS::QBusiness::Index", prepare: |ground| Box::pin(index(ground)) },
    Case { type_name: "AWS::QBusiness::Permission", prepare: |ground| Box::pin(permission(ground)) },
    Case { type_name: "AWS::QBusiness::Plugin", prepare: |ground| Box::pin(plugin(ground)) },
    Case { type_name: "AWS::QBusiness::Retriever", prepare: |ground| Box::pin(retriever(ground)) },
    Case { type_name: "AWS::QBusiness::WebExperience", prepare: |ground| Box::pin(web_experience(ground)) },
    Case { type_name: "Charter::QBusiness::ChatControls", prepare: |ground| Box::pin(chat_controls(ground)) },
    Case { type_name: "Charter::QBusiness::Group", prepare: |ground| Box::pin(group(ground)) },
    Case { type_name: "Charter::QBusiness::Subscription", prepare: |ground| Box::pin(subscription(ground)) },
    Case { type_name: "Charter::QBusiness::Sync", prepare: |ground| Box::pin(sync(ground)) },
];

const BUCKET: &str = "documents-of-everybody";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-0123456789abcdef";

fn with(properties: Value, more: Value) -> Value {
    let mut properties = object(properties);
    properties.extend(object(more));
    Value::Object(properties)
}

fn tags(team: &str) -> Value {
    json!([{"Key": "team", "Value": team}])
}

async fn provider(ground: &Ground<'_>) -> Result<Value, String> {
    let provider = json!({"Url": "https://idp.example.com", "ClientIdList": ["client"],
        "ThumbprintList": ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]});
    Ok(ground.make("AWS::IAM::OIDCProvider", provider).await?.properties["Arn"].clone())
}

async fn application(ground: &Ground<'_>) -> Result<Parts, String> {
    let provider = provider(ground).await?;
    let role = ground.role("assistant", "qbusiness.amazonaws.com").await?;
    let known = json!({"DisplayName": "assistant", "RoleArn": role, "IdentityType": "AWS_IAM_IDP_OIDC",
        "IamIdentityProviderArn": provider, "ClientIdsForOIDC": ["client"]});
    let subscribed = json!({"AutoSubscribe": "ENABLED", "DefaultSubscriptionType": "Q_BUSINESS"});
    Ok(Parts {
        before: with(
            known.clone(),
            json!({"Description": "answers", "AutoSubscriptionConfiguration": subscribed, "Tags": tags("a")}),
        ),
        after: with(known, json!({"QAppsConfiguration": {"QAppsControlMode": "ENABLED"}, "Tags": tags("b")})),
        filter: json!({}),
    })
}

async fn make_application(ground: &Ground<'_>) -> Result<Value, String> {
    let provider = provider(ground).await?;
    let application = json!({"DisplayName": "assistant", "IdentityType": "AWS_IAM_IDP_OIDC",
        "IamIdentityProviderArn": provider, "ClientIdsForOIDC": ["client"]});
    Ok(ground.make("AWS::QBusiness::Application", application).await?.properties["ApplicationId"].clone())
}

async fn make_index(ground: &Ground<'_>) -> Result<(Value, Value), String> {
    let application = make_application(ground).await?;
    let index = json!({"ApplicationId": application, "DisplayName": "documents"});
    let index = ground.make("AWS::QBusiness::Index", index).await?.properties["IndexId"].clone();
    Ok((application, index))
}

async fn index(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = make_application(ground).await?;
    let brand = json!({"Name": "brand", "Type": "STRING", "Search": "ENABLED"});
    let known = json!({"ApplicationId": application, "Type": "ENTERPRISE", "DocumentAttributeConfigurations": [brand]});
    Ok(Parts {
        before: with(known.clone(), json!({"DisplayName": "documents", "Description": "d", "Tags": tags("a")})),
        after: with(
            known,
            json!({"DisplayName": "documents-2", "CapacityConfiguration": {"Units": 2}, "Tags": tags("b")}),
        ),
        filter: json!({"ApplicationId": application}),
    })
}

async fn retriever(ground: &Ground<'_>) -> Result<Parts, String> {
    let (application, index) = make_index(ground).await?;
    let retriever = |name: &str, team: &str| {
        json!({"ApplicationId": application, "DisplayName": name, "Type": "NATIVE_INDEX", "Tags": tags(team),
            "Configuration": {"NativeIndexConfiguration": {"IndexId": index}}})
    };
    Ok(Parts {
        before: retriever("native", "a"),
        after: retriever("native-2", "b"),
        filter: json!({"ApplicationId": application}),
    })
}

/// Application, index, and a source of a bucket.
async fn make_source(ground: &Ground<'_>) -> Result<(Value, Value, Value), String> {
    let (application, index) = make_index(ground).await?;
    ground.make("AWS::S3::Bucket", json!({"BucketName": BUCKET})).await?;
    let role = ground.role("source", "qbusiness.amazonaws.com").await?;
    let mapping = json!({"dataSourceFieldName": "s3_document_id", "indexFieldName": "s3_document_id", "indexFieldType": "STRING"});
    let source = json!({"ApplicationId": application, "IndexId": index, "DisplayName": "bucket", "RoleArn": role,
        "Configuration": {"type": "S3", "syncMode": "FULL_CRAWL",
            "connectionConfiguration": {"repositoryEndpointMetadata": {"BucketName": BUCKET}},
            "repositoryConfigurations": {"document": {"fieldMappings": [mapping]}},
            "additionalProperties": {"exclusionPrefixes": ["cde_output/"]}}});
    Ok((application, index, source))
}

async fn data_source(ground: &Ground<'_>) -> Result<Parts, String> {
    let (application, index, source) = make_source(ground).await?;
    let before = json!({"Description": "d", "SyncSchedule": "cron(0 0 * * ? *)", "Tags": tags("a")});
    let after = json!({"DisplayName": "bucket-2", "Tags": tags("b"), "Configuration": {"type": "S3V2",
        "connectionConfiguration": {"bucketName": BUCKET, "bucketOwnerAccountId": ground.account},
        "filterConfiguration": {"maxFileSizeInMegaBytes": 50}}});
    Ok(Parts {
        before: with(source.clone(), before),
        after: with(source, after),
        filter: json!({"ApplicationId": application, "IndexId": index}),
    })
}

async fn sync(ground: &Ground<'_>) -> Result<Parts, String> {
    let (application, index, source) = make_source(ground).await?;
    ground.put(BUCKET, "holidays.txt", "Everybody has thirty days of holiday.").await?;
    let source = ground.make("AWS::QBusiness::DataSource", source).await?.properties["DataSourceId"].clone();
    let run = |trigger: &str| json!({"ApplicationId": application, "IndexId": index, "DataSourceId": source, "Trigger": trigger});
    let filter = json!({"ApplicationId": application, "IndexId": index});
    Ok(Parts { before: run("one"), after: run("two"), filter })
}

async fn web_experience(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = make_application(ground).await?;
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{}:oidc-provider/idp.example.com", ground.account)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"idp.example.com:aud": "client"}}}]});
    let role = ground.make("AWS::IAM::Role", json!({"RoleName": "web", "AssumeRolePolicyDocument": trust})).await?;
    let reader = ground.role("reader", "application.qbusiness.amazonaws.com").await?;
    let secret = json!({"Name": "QBusiness-client", "SecretString": "{\"client_secret\": \"s\"}"});
    let secret = ground.make("AWS::SecretsManager::Secret", secret).await?.properties["Id"].clone();
    let known = json!({"ApplicationId": application, "RoleArn": role.properties["Arn"],
        "IdentityProviderConfiguration":
            {"OpenIDConnectConfiguration": {"SecretsArn": secret, "SecretsRole": reader}}});
    let before = json!({"Title": "Assistant", "Subtitle": "of everybody", "SamplePromptsControlMode": "DISABLED",
        "Origins": ["https://intranet.example.com"], "Tags": tags("a"),
        "CustomizationConfiguration": {"LogoUrl": "https://intranet.example.com/logo.png"}});
    let after = json!({"Title": "Assistant 2", "WelcomeMessage": "Ask", "Tags": tags("b"),
        "BrowserExtensionConfiguration": {"EnabledBrowserExtensions": ["CHROME"]}});
    Ok(Parts {
        before: with(known.clone(), before),
        after: with(known, after),
        filter: json!({"ApplicationId": application}),
    })
}

async fn plugin(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = make_application(ground).await?;
    let plugin = |name: &str, more: Value| {
        let plugin = json!({"ApplicationId": application, "DisplayName": name, "Type": "CUSTOM",
            "AuthConfiguration": {"NoAuthConfiguration": {}},
            "CustomPluginConfiguration": {"Description": "lunch", "ApiSchemaType": "OPEN_API_V3",
                "ApiSchema": {"Payload": "openapi: 3.0.0"}}});
        with(plugin, more)
    };
    Ok(Parts {
        before: plugin("lunch", json!({"State": "DISABLED", "Tags": tags("a")})),
        after: plugin("lunch-2", json!({"State": "ENABLED", "Tags": tags("b")})),
        filter: json!({"ApplicationId": application}),
    })
}

async fn data_accessor(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = make_application(ground).await?;
    let accessor = |name: &str, category: &str, team: &str| {
        let equals = json!({"Name": "_category", "Value": {"StringValue": category}});
        let filter = json!({"DocumentAttributeFilter": {"NotFilter": {"EqualsTo": equals}}});
        json!({"ApplicationId": application, "DisplayName": name, "Principal": "arn:aws:iam::999999999999:role/vendor",
            "ActionConfigurations": [{"Action": "qbusiness:SearchRelevantContent", "FilterConfiguration": filter}],
            "Tags": tags(team)})
    };
    Ok(Parts {
        before: accessor("vendor", "secret", "a"),
        after: accessor("vendor-2", "private", "b"),
        filter: json!({"ApplicationId": application}),
    })
}

async fn permission(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = make_application(ground).await?;
    let condition = json!({"ConditionOperator": "StringEquals",
        "ConditionKey": "aws:PrincipalTag/qbusiness-dataaccessor:ExternalId", "ConditionValues": ["tenant"]});
    let before = json!({"ApplicationId": application, "StatementId": "vendor", "Conditions": [condition],
        "Actions": ["qbusiness:SearchRelevantContent"], "Principal": "arn:aws:iam::999999999999:role/vendor"});
    Ok(Parts { before, after: Value::Null, filter: json!({"ApplicationId": application}) })
}

async fn group(ground: &Ground<'_>) -> Result<Parts, String> {
    let (application, index) = make_index(ground).await?;
    let group = |members: Value| json!({"ApplicationId": application, "IndexId": index, "GroupName": "core-team", "GroupMembers": members});
    let user = |id: &str| json!({"UserId": id, "Type": "INDEX"});
    Ok(Parts {
        before: group(json!({"MemberUsers": [user("mary_major@example.com"), user("mateo_jackson@example.com")]})),
        after: group(
            json!({"MemberUsers": [user("mary_major@example.com")], "MemberGroups": [{"GroupName": "leads"}]}),
        ),
        filter: json!({"ApplicationId": application, "IndexId": index}),
    })
}

async fn chat_controls(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = make_application(ground).await?;
    let rule = |words: &str| {
        json!({"RuleType": "CONTENT_BLOCKER_RULE",
            "RuleConfiguration": {"ContentBlockerRule": {"SystemMessageOverride": words}}})
    };
    let before = json!({"ApplicationId": application, "ResponseScope": "EXTENDED_KNOWLEDGE_ENABLED",
        "BlockedPhrases": {"BlockedPhrases": ["Insider", "secret"], "SystemMessageOverride": "Ask compliance."},
        "TopicConfigurations": [
            {"Name": "day-trading", "ExampleChatMessages": ["Should I buy shares?"], "Rules": [rule("No.")]},
            {"Name": "politics", "Rules": [rule("No.")]}]});
    let after = json!({"ApplicationId": application, "CreatorModeConfiguration": {"CreatorModeControl": "ENABLED"},
        "BlockedPhrases": {"BlockedPhrases": ["insider", "lottery"]},
        "TopicConfigurations": [{"Name": "day-trading", "Rules": [rule("Never.")]}]});
    Ok(Parts { before, after, filter: json!({"ApplicationId": application}) })
}

async fn subscription(ground: &Ground<'_>) -> Result<Parts, String> {
    let application = json!({"DisplayName": "assistant", "IdentityCenterInstanceArn": INSTANCE});
    let application =
        ground.make("AWS::QBusiness::Application", application).await?.properties["ApplicationId"].clone();
    let subscription = |tier: &str| {
        json!({"ApplicationId": application, "Type": tier,
            "Principal": {"User": "90674464b1-5b1a6a7c-1b2c-3d4e-5f60-718293a4b5c6"}})
    };
    Ok(Parts {
        before: subscription("Q_LITE"),
        after: subscription("Q_BUSINESS"),
        filter: json!({"ApplicationId": application}),
    })
}
