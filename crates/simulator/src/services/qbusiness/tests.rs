use crate::identity::{Caller, CallerKind};
use crate::services::behaviour;
use crate::services::testing::Cloud;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const SERVICE: &str = "qbusiness";
const MARY: &str = "mary_major@example.com";
const MATEO: &str = "mateo_jackson@example.com";

pub(super) fn role(cloud: &mut Cloud, name: &str, statement: &Value) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [statement]});
    cloud.ok("iam", "CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()}))["Role"]["Arn"].clone()
}

pub(super) fn service_role(cloud: &mut Cloud, name: &str, service: &str) -> Value {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "333333333333"},
            "ArnLike": {"aws:SourceArn": "arn:aws:qbusiness:us-east-1:333333333333:application/*"}}});
    role(cloud, name, &statement)
}

fn provider(cloud: &mut Cloud) -> Value {
    cloud.ok(
        "iam",
        "CreateOpenIDConnectProvider",
        json!({"Url": "https://idp.example.com", "ClientIDList": ["client"]}),
    )["OpenIDConnectProviderArn"]
        .clone()
}

/// An application whose people come by OpenID Connect, at rest.
fn with_application(cloud: &mut Cloud) -> (Value, Value) {
    let provider = provider(cloud);
    let input = json!({"displayName": "assistant", "identityType": "AWS_IAM_IDP_OIDC", "iamIdentityProviderArn": provider,
        "clientIdsForOIDC": ["client"]});
    let application = cloud.ok(SERVICE, "CreateApplication", input)["applicationId"].clone();
    cloud.pass(21.0);
    (application, provider)
}

/// With an index and its retriever.
pub(super) fn with_index(cloud: &mut Cloud) -> (Value, Value) {
    let (application, _) = with_application(cloud);
    let index =
        cloud.ok(SERVICE, "CreateIndex", json!({"applicationId": application, "displayName": "documents"}))["indexId"]
            .clone();
    cloud.pass(181.0);
    let retriever = json!({"applicationId": application, "displayName": "retriever", "type": "NATIVE_INDEX",
        "configuration": {"nativeIndexConfiguration": {"indexId": index}}});
    cloud.ok(SERVICE, "CreateRetriever", retriever);
    cloud.pass(11.0);
    (application, index)
}

pub(super) fn put(cloud: &mut Cloud, key: &str, text: &str) {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(text);
    cloud.ok("s3", "PutObject", json!({"Bucket": "documents", "Key": key, "Body": body}));
}

/// A synced bucket: Mary may read of ACME, the team of AnyOrgApp, everybody the rest.
pub(super) fn with_documents(cloud: &mut Cloud) -> (Value, Value, Value) {
    let (application, index) = with_index(cloud);
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "documents"}));
    let entry = |name: &str, kind: &str| json!({"Name": name, "Type": kind, "Access": "ALLOW"});
    let access = json!([
        {"keyPrefix": "s3://documents/acme/", "aclEntries": [entry(MARY, "USER")]},
        {"keyPrefix": "s3://documents/anyorg/", "aclEntries": [entry("core-team", "GROUP")]},
    ]);
    put(cloud, "acl.json", &access.to_string());
    put(cloud, "acme/plan.txt", "The ACME project ships its rocket in May.");
    put(cloud, "anyorg/plan.txt", "The AnyOrgApp project ships its portal in June.");
    put(cloud, "holidays.txt", "Everybody has thirty days of holiday.");
    let role = service_role(cloud, "source", "qbusiness.amazonaws.com");
    let input = json!({"applicationId": application, "indexId": index, "displayName": "bucket", "roleArn": role,
        "configuration": {"type": "S3V2",
            "connectionConfiguration": {"bucketName": "documents", "bucketOwnerAccountId": "333333333333"},
            "accessControlConfiguration": {"aclConfigurationFilePath": "/acl.json"}}});
    let source = cloud.ok(SERVICE, "CreateDataSource", input)["dataSourceId"].clone();
    cloud.pass(31.0);
    let at = json!({"applicationId": application, "indexId": index, "dataSourceId": source});
    cloud.ok(SERVICE, "StartDataSourceSyncJob", at.clone());
    assert!(cloud.refused(SERVICE, "StartDataSourceSyncJob", at).starts_with("ConflictException"));
    cloud.pass(601.0);
    (application, index, source)
}

fn subscribe_all(cloud: &mut Cloud, application: &Value) {
    let automatic = json!({"autoSubscribe": "ENABLED", "defaultSubscriptionType": "Q_BUSINESS"});
    let input = json!({"applicationId": application, "autoSubscriptionConfiguration": automatic});
    cloud.ok(SERVICE, "UpdateApplication", input);
}

/// What a user is answered, with the credentials of a federated session.
fn ask(cloud: &mut Cloud, application: &Value, email: Option<&str>, message: &str) -> Result<Value, String> {
    let tags: BTreeMap<String, String> =
        email.map(|email| ("Email".to_owned(), email.to_owned())).into_iter().collect();
    let caller = Caller {
        account: cloud.account.clone(),
        arn: "arn:aws:sts::333333333333:assumed-role/web/session".to_owned(),
        user_id: "AROAAAAAAAAAAAAAAAAAA:session".to_owned(),
        kind: CallerKind::Session {
            role: "web".to_owned(),
            role_arn: "arn:aws:iam::333333333333:role/web".to_owned(),
            tags,
            policies: None,
        },
    };
    let input = json!({"applicationId": application, "userMessage": message});
    let answer = cloud.with(SERVICE, "ChatSync", input, |call| {
        let mut call = crate::service::Call {
            service: call.service,
            operation: call.operation,
            account: call.account,
            region: call.region,
            caller: &caller,
            input: call.input.clone(),
            now: call.now,
            caller_now: call.caller_now,
            store: &mut *call.store,
            random: &mut *call.random,
            settings: call.settings,
            issuer_keys: None,
            handler_refusal: None,
        };
        behaviour(SERVICE).unwrap().call(&mut call)
    });
    answer.map_err(|error| format!("{}: {}", error.code, error.message))
}

fn status(cloud: &mut Cloud, operation: &str, input: &Value) -> Value {
    cloud.ok(SERVICE, operation, input.clone())["status"].clone()
}

#[test]
fn an_application_says_how_people_are_known_and_nothing_else() {
    let mut cloud = Cloud::new();
    let provider = provider(&mut cloud);
    for input in [
        json!({"identityType": "AWS_IAM_IDP_OIDC", "iamIdentityProviderArn": provider}),
        json!({"identityType": "AWS_IAM_IDP_SAML", "iamIdentityProviderArn": provider}),
        json!({"identityType": "AWS_IAM_IDC"}),
        json!({"identityType": "ANONYMOUS", "iamIdentityProviderArn": provider}),
        json!({"identityType": "AWS_IAM_IDP_OIDC", "clientIdsForOIDC": ["c"],
            "iamIdentityProviderArn": "arn:aws:iam::333333333333:oidc-provider/nobody.example.com"}),
    ] {
        let mut whole = json!({"displayName": "a"});
        whole.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let refused = cloud.refused(SERVICE, "CreateApplication", whole.clone());
        assert!(refused.starts_with("ValidationException"), "{whole}: {refused}");
    }
}

#[test]
fn auto_subscription_comes_once_an_application_is_active() {
    let mut cloud = Cloud::new();
    let provider = provider(&mut cloud);
    let input = json!({"displayName": "a", "identityType": "AWS_IAM_IDP_OIDC", "iamIdentityProviderArn": provider,
        "clientIdsForOIDC": ["client"], "clientToken": "t"});
    let application = cloud.ok(SERVICE, "CreateApplication", input.clone())["applicationId"].clone();
    assert_eq!(cloud.ok(SERVICE, "CreateApplication", input.clone())["applicationId"], application);
    let mut other = input;
    other["displayName"] = json!("b");
    assert!(cloud.refused(SERVICE, "CreateApplication", other).starts_with("ConflictException"));
    let at = json!({"applicationId": application});
    assert_eq!(status(&mut cloud, "GetApplication", &at), "CREATING");
    let change = json!({"applicationId": application, "autoSubscriptionConfiguration": {"autoSubscribe": "ENABLED"}});
    assert!(cloud.refused(SERVICE, "UpdateApplication", change.clone()).starts_with("ConflictException"));
    cloud.pass(21.0);
    assert!(cloud.refused(SERVICE, "UpdateApplication", change).contains("defaultSubscriptionType"));
    subscribe_all(&mut cloud, &application);
    assert_eq!(status(&mut cloud, "GetApplication", &at), "UPDATING");
    cloud.pass(11.0);
    let seen = cloud.ok(SERVICE, "GetApplication", at.clone());
    assert_eq!(seen["autoSubscriptionConfiguration"]["defaultSubscriptionType"], "Q_BUSINESS");
    cloud.ok(SERVICE, "DeleteApplication", at.clone());
    assert_eq!(status(&mut cloud, "GetApplication", &at), "DELETING");
    cloud.pass(61.0);
    assert!(cloud.refused(SERVICE, "GetApplication", at).starts_with("ResourceNotFoundException"));
}

#[test]
fn an_application_takes_its_children_along() {
    let mut cloud = Cloud::new();
    let (application, _, _) = with_documents(&mut cloud);
    cloud.ok(SERVICE, "DeleteApplication", json!({"applicationId": application}));
    cloud.pass(61.0);
    let left: Vec<String> = cloud.left().into_iter().filter(|item| item.starts_with("qbusiness/")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn roles_secrets_and_indices_must_be_there_and_of_the_right_kind() {
    let mut cloud = Cloud::new();
    let (application, _) = with_application(&mut cloud);
    let wrong = service_role(&mut cloud, "wrong", "kendra.amazonaws.com");
    let refused = cloud.refused(SERVICE, "UpdateApplication", json!({"applicationId": application, "roleArn": wrong}));
    assert!(refused.contains("make sure your role exists, has qbusiness.amazonaws.com as trusted entity"), "{refused}");
    let nowhere = "00000000-0000-0000-0000-000000000000";
    let retriever = |kind: &str| {
        json!({"applicationId": application, "displayName": "r", "type": kind,
            "configuration": {"nativeIndexConfiguration": {"indexId": nowhere}}})
    };
    let refused = cloud.refused(SERVICE, "CreateRetriever", retriever("NATIVE_INDEX"));
    assert!(refused.starts_with("ResourceNotFoundException: Index"), "{refused}");
    assert!(cloud.refused(SERVICE, "CreateRetriever", retriever("KENDRA_INDEX")).contains("does not fit the type"));
    let secret = |cloud: &mut Cloud, name: &str| {
        cloud.ok("secretsmanager", "CreateSecret", json!({"Name": name, "SecretString": "{}"}))["ARN"].clone()
    };
    let (named, other) = (secret(&mut cloud, "QBusiness-client"), secret(&mut cloud, "client"));
    let reader = service_role(&mut cloud, "reader", "application.qbusiness.amazonaws.com");
    let web = |secret: &Value| {
        json!({"applicationId": application, "identityProviderConfiguration":
            {"openIDConnectConfiguration": {"secretsArn": secret, "secretsRole": reader}}})
    };
    assert!(cloud.refused(SERVICE, "CreateWebExperience", web(&other)).contains("must begin with QBusiness-"));
    let experience = cloud.ok(SERVICE, "CreateWebExperience", web(&named))["webExperienceId"].clone();
    cloud.pass(21.0);
    let at = json!({"applicationId": application, "webExperienceId": experience});
    let seen = cloud.ok(SERVICE, "GetWebExperience", at.clone());
    assert_eq!(seen["status"], "PENDING_AUTH_CONFIG", "nobody can sign in without a role");
    assert!(seen["defaultEndpoint"].as_str().unwrap().ends_with(".chat.qbusiness.us-east-1.on.aws/"), "{seen}");
    let federated = |arn: &Value| json!({"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"});
    let stranger = role(&mut cloud, "stranger", &federated(&json!("arn:aws:iam::333333333333:oidc-provider/other")));
    let change = |arn: &Value| json!({"applicationId": application, "webExperienceId": experience, "roleArn": arn});
    assert!(cloud.refused(SERVICE, "UpdateWebExperience", change(&stranger)).starts_with("ValidationException"));
    let known = json!("arn:aws:iam::333333333333:oidc-provider/idp.example.com");
    let own = role(&mut cloud, "web", &federated(&known));
    cloud.ok(SERVICE, "UpdateWebExperience", change(&own));
    assert_eq!(status(&mut cloud, "GetWebExperience", &at), "ACTIVE");
}

#[test]
fn the_first_question_subscribes_and_the_second_is_answered_from_what_one_may_read() {
    let mut cloud = Cloud::new();
    let (application, _, _) = with_documents(&mut cloud);
    let no_subscription = "AccessDeniedException: User does not have a subscription for the given application";
    // Without auto-subscription nobody ever comes in.
    for _ in 0..2 {
        assert_eq!(ask(&mut cloud, &application, Some(MARY), "rocket").unwrap_err(), no_subscription);
    }
    subscribe_all(&mut cloud, &application);
    for user in [MARY, MATEO] {
        assert_eq!(ask(&mut cloud, &application, Some(user), "rocket").unwrap_err(), no_subscription);
    }
    let subscriptions = cloud.ok(SERVICE, "ListSubscriptions", json!({"applicationId": application}));
    assert_eq!(subscriptions["subscriptions"].as_array().unwrap().len(), 2);
    let mary =
        ask(&mut cloud, &application, Some("Mary_Major@Example.com"), "When does the ACME rocket ship?").unwrap();
    assert!(mary["systemMessage"].as_str().unwrap().contains("ships its rocket in May"), "{mary}");
    assert_eq!(mary["sourceAttributions"][0]["documentId"], "s3://documents/acme/plan.txt");
    let mateo = ask(&mut cloud, &application, Some(MATEO), "When does the ACME rocket ship?").unwrap();
    assert_eq!(mateo["sourceAttributions"], json!([]));
    assert!(mateo["systemMessage"].as_str().unwrap().starts_with("Sorry, I could not find"), "{mateo}");
    let both = ask(&mut cloud, &application, Some(MATEO), "How many days of holiday?").unwrap();
    assert_eq!(both["sourceAttributions"][0]["title"], "holidays.txt");
    let nobody = ask(&mut cloud, &application, None, "rocket").unwrap_err();
    assert!(nobody.starts_with("AccessDeniedException: The credentials do not carry"), "{nobody}");
}

#[test]
fn a_declared_group_opens_its_documents_once_it_is_processed() {
    let mut cloud = Cloud::new();
    let (application, index, _) = with_documents(&mut cloud);
    subscribe_all(&mut cloud, &application);
    ask(&mut cloud, &application, Some(MATEO), "portal").unwrap_err();
    let group = |name: &str, members: Value| json!({"applicationId": application, "indexId": index, "groupName": name, "type": "INDEX", "groupMembers": members});
    let seen = |cloud: &mut Cloud| {
        let answer = ask(cloud, &application, Some(MATEO), "portal").unwrap();
        answer["sourceAttributions"].as_array().unwrap().len()
    };
    assert_eq!(seen(&mut cloud), 0);
    cloud.ok(SERVICE, "PutGroup", group("engineers", json!({"memberUsers": [{"userId": MATEO, "type": "INDEX"}]})));
    cloud.ok(SERVICE, "PutGroup", group("core-team", json!({"memberGroups": [{"groupName": "engineers"}]})));
    let at = json!({"applicationId": application, "indexId": index, "groupName": "core-team"});
    assert_eq!(cloud.ok(SERVICE, "GetGroup", at.clone())["status"]["status"], "PROCESSING");
    assert_eq!(seen(&mut cloud), 0);
    cloud.pass(16.0);
    assert_eq!(cloud.ok(SERVICE, "GetGroup", at.clone())["status"]["status"], "SUCCEEDED");
    assert_eq!(seen(&mut cloud), 1, "through the group within the group");
    let listing = json!({"applicationId": application, "indexId": index, "updatedEarlierThan": "2027-01-01T00:00:00Z"});
    assert_eq!(cloud.ok(SERVICE, "ListGroups", listing)["items"].as_array().unwrap().len(), 2);
    cloud.ok(SERVICE, "DeleteGroup", at.clone());
    assert_eq!(cloud.ok(SERVICE, "GetGroup", at.clone())["status"]["status"], "DELETING");
    cloud.pass(16.0);
    assert!(cloud.refused(SERVICE, "GetGroup", at).starts_with("ResourceNotFoundException"));
    assert_eq!(seen(&mut cloud), 0);
}

#[test]
fn blocked_phrases_and_topics_answer_with_their_message() {
    let mut cloud = Cloud::new();
    let (application, _, source) = with_documents(&mut cloud);
    subscribe_all(&mut cloud, &application);
    ask(&mut cloud, &application, Some(MARY), "rocket").unwrap_err();
    cloud.pass(11.0);
    let rule = json!({"ruleType": "CONTENT_BLOCKER_RULE", "excludedUsersAndGroups": {"userIds": [MATEO]},
        "ruleConfiguration": {"contentBlockerRule": {"systemMessageOverride": "Ask compliance."}}});
    let update = json!({"applicationId": application,
        "blockedPhrasesConfigurationUpdate": {"blockedPhrasesToCreateOrUpdate": ["Insider", "secret"],
            "systemMessageOverride": "Not here."},
        "topicConfigurationsToCreateOrUpdate": [
            {"name": "day-trading", "exampleChatMessages": ["Should I buy shares today?"], "rules": [rule]}]});
    cloud.ok(SERVICE, "UpdateChatControlsConfiguration", update);
    let said = |cloud: &mut Cloud, message: &str| {
        ask(cloud, &application, Some(MARY), message).unwrap()["systemMessage"].clone()
    };
    assert_eq!(said(&mut cloud, "What do INSIDERS know?"), "Not here.");
    assert_eq!(said(&mut cloud, "Tell me of day trading"), "Ask compliance.");
    assert_eq!(said(&mut cloud, "Which shares to buy?"), "Ask compliance.");
    let both = json!({"applicationId": application, "blockedPhrasesConfigurationUpdate":
        {"blockedPhrasesToCreateOrUpdate": ["a"], "blockedPhrasesToDelete": ["A"]}});
    assert!(cloud.refused(SERVICE, "UpdateChatControlsConfiguration", both).starts_with("ValidationException"));
    let retrieval = json!({"ruleType": "CONTENT_RETRIEVAL_RULE", "ruleConfiguration":
        {"contentRetrievalRule": {"eligibleDataSources": [{"dataSourceId": "other"}]}}});
    let topic = json!({"name": "holiday", "rules": [retrieval]});
    let narrowed = json!({"applicationId": application,
        "blockedPhrasesConfigurationUpdate": {"blockedPhrasesToDelete": ["insider"]},
        "topicConfigurationsToDelete": [{"name": "day-trading", "rules": []}],
        "topicConfigurationsToCreateOrUpdate": [topic]});
    cloud.ok(SERVICE, "UpdateChatControlsConfiguration", narrowed);
    let seen = cloud.ok(SERVICE, "GetChatControlsConfiguration", json!({"applicationId": application}));
    assert_eq!(seen["blockedPhrases"]["blockedPhrases"], json!(["secret"]));
    assert_eq!(seen["topicConfigurations"][0]["name"], "holiday");
    assert!(said(&mut cloud, "How many days of holiday?").as_str().unwrap().starts_with("Sorry"), "not from {source}");
    cloud.ok(SERVICE, "DeleteChatControlsConfiguration", json!({"applicationId": application}));
    assert!(said(&mut cloud, "How many days of holiday?").as_str().unwrap().contains("thirty"));
}

#[test]
fn who_pays_is_unsubscribed_before_the_application_goes_and_listed_until_the_month_ends() {
    let mut cloud = Cloud::new();
    let (application, _, _) = with_documents(&mut cloud);
    subscribe_all(&mut cloud, &application);
    ask(&mut cloud, &application, Some(MARY), "rocket").unwrap_err();
    cloud.pass(11.0);
    let at = json!({"applicationId": application});
    let refused = cloud.refused(SERVICE, "DeleteApplication", at.clone());
    assert!(refused.starts_with("ConflictException") && refused.contains("Unsubscribe them first"), "{refused}");
    let listed = cloud.ok(SERVICE, "ListSubscriptions", at.clone())["subscriptions"][0].clone();
    let cancelled = cloud.ok(
        SERVICE,
        "CancelSubscription",
        json!({"applicationId": application, "subscriptionId": listed["subscriptionId"]}),
    );
    assert_eq!(cancelled["currentSubscription"]["type"], "Q_BUSINESS");
    assert_eq!(cancelled["nextSubscription"], Value::Null);
    assert_eq!(cloud.ok(SERVICE, "ListSubscriptions", at.clone())["subscriptions"].as_array().unwrap().len(), 1);
    cloud.pass(31.0 * 86_400.0);
    assert_eq!(cloud.ok(SERVICE, "ListSubscriptions", at.clone())["subscriptions"], json!([]));
    cloud.ok(SERVICE, "DeleteApplication", at);
}

#[test]
fn an_account_without_an_application_is_refused_where_the_service_is_closed() {
    let mut cloud = Cloud::new();
    let (application, _) = with_application(&mut cloud);
    cloud.settings.closed_to_new_customers.insert(SERVICE.to_owned());
    cloud.ok(SERVICE, "GetApplication", json!({"applicationId": application}));
    cloud.ok(SERVICE, "DeleteApplication", json!({"applicationId": application}));
    cloud.pass(61.0);
    let refused = cloud.refused(SERVICE, "ListApplications", json!({}));
    assert!(refused.starts_with("AccessDeniedException") && refused.contains("new customers"), "{refused}");
}
