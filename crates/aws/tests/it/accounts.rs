use crate::canned::{Canned, Reply, identity, placement, retail};
use charter_model::TypeName;
use charter_provider::{FailureCode, Provider, ReadRequest};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

fn read(type_name: &str) -> ReadRequest {
    ReadRequest {
        type_name: TypeName::new(type_name).unwrap(),
        placement: retail(),
        identifier: "x".into(),
        recorded: None,
    }
}

#[tokio::test]
async fn credentials_of_another_account_are_refused_with_both_ids() {
    let canned = Canned::new(|_| identity("999999999999")).await;
    let failure = canned.provider.verify(&retail()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidCredentials);
    assert!(failure.message.contains("333333333333") && failure.message.contains("999999999999"), "{failure}");
}

#[tokio::test]
async fn an_account_is_asked_once_for_all_its_regions() {
    let canned = Canned::new(|_| identity("333333333333")).await;
    for region in ["us-east-1", "eu-west-1", "us-east-1"] {
        canned.provider.verify(&placement("retail", region)).await.unwrap();
    }
    assert_eq!(canned.calls("GetCallerIdentity").len(), 1);
}

#[tokio::test]
async fn a_role_is_assumed_by_its_name_with_external_id_and_tags() {
    let canned = Canned::with(
        |configuration| {
            let target = configuration.accounts.values_mut().last().unwrap();
            target.role = Some("CharterDeployer".into());
            target.external_id = Some("ext".into());
            target.session_tags.insert("team".into(), "platform".into());
        },
        |call| match call.operation.as_str() {
            "AssumeRole" => Reply::Xml(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
                 <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                 <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                    .into(),
            ),
            _ => identity("333333333333"),
        },
    )
    .await;
    canned.provider.verify(&retail()).await.unwrap();
    let assumed = canned.calls("AssumeRole");
    assert_eq!(assumed.len(), 1);
    let body = &assumed[0].body;
    assert_eq!(body["RoleArn"], "arn:aws:iam::333333333333:role/CharterDeployer");
    assert_eq!(body["ExternalId"], "ext");
    assert_eq!(body["RoleSessionName"], "charter-test");
    assert_eq!((&body["Tags.member.1.Key"], &body["Tags.member.1.Value"]), (&json!("team"), &json!("platform")));
}

#[tokio::test]
async fn a_refused_role_is_a_matter_of_credentials() {
    let canned = Canned::with(
        |configuration| configuration.accounts.values_mut().last().unwrap().role = Some("Missing".into()),
        |_| Reply::Error(403, "AccessDenied", "not allowed"),
    )
    .await;
    let failure = canned.provider.verify(&retail()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidCredentials, "{failure}");
}

#[tokio::test]
async fn an_account_that_the_environment_does_not_name_is_refused_with_a_suggestion() {
    let canned = Canned::new(|_| Reply::Broken).await;
    let failure = canned.provider.verify(&placement("retial", "us-east-1")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidRequest);
    assert!(failure.message.contains("did you mean retail?"), "{failure}");
    assert!(canned.calls.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_and_a_change_is_made_once() {
    let canned = Canned::new(|_| Reply::Broken).await;
    let failure = canned.provider.read(read("AWS::SNS::Topic")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NetworkFailure);
    assert!(canned.calls("GetResource").len() > 1);

    let delete = crate::drive::delete_request("AWS::SNS::Topic", retail(), "x", json!({}));
    let failure = crate::drive::failed(canned.provider.delete(delete).await);
    assert_eq!(failure.code, FailureCode::NetworkFailure);
    assert_eq!(canned.calls("DeleteResource").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_read_goes_on_and_calls_say_who_makes_them() {
    let count = AtomicUsize::new(0);
    let canned = Canned::new(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Error(400, "ThrottlingException", "slow down"),
        _ => Reply::Json(json!({"TypeName": "AWS::SNS::Topic",
            "ResourceDescription": {"Identifier": "x", "Properties": "{\"TopicName\":\"t\",\"KmsMasterKeyId\":null}"}})),
    })
    .await;
    let observed = canned.provider.read(read("AWS::SNS::Topic")).await.unwrap();
    assert_eq!(crate::drive::present(observed), json!({"TopicName": "t"}));
    let calls = canned.calls("GetResource");
    assert!(calls[0].user_agent.contains("app/charter"), "{}", calls[0].user_agent);
    assert_eq!(calls[0].host, "cloudcontrolapi.us-east-1.amazonaws.com");
}

#[tokio::test]
async fn a_failure_keeps_the_code_of_the_service_and_the_request_id() {
    let canned = Canned::new(|_| Reply::Error(400, "AccessDeniedException", "no")).await;
    let failure = canned.provider.read(read("AWS::SNS::Topic")).await.unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), (FailureCode::AccessDenied, "AccessDeniedException: no"));
    assert_eq!(failure.request_id.as_deref(), Some("request-1"));
}

#[tokio::test]
async fn a_type_of_charters_own_without_an_adapter_is_refused() {
    let canned = Canned::new(|_| Reply::Broken).await;
    let failure = canned.provider.read(read("Charter::Nothing::AtAll")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Unsupported);
}
