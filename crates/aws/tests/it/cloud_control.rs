use crate::canned::{Call, Canned, Reply, retail};
use crate::drive::{self, create_request, marks, update_request};
use charter_provider::{FailureCode, Operation, Provider, Recovered};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const TOPIC: &str = "AWS::SNS::Topic";
const ARN: &str = "arn:aws:sns:us-east-1:333333333333:t";

fn event(status: &str, more: Value) -> Reply {
    let mut event = json!({"TypeName": TOPIC, "RequestToken": "r1", "OperationStatus": status, "EventTime": 1000});
    event.as_object_mut().unwrap().extend(drive::object(more));
    Reply::Json(json!({"ProgressEvent": event}))
}

fn described(properties: Value) -> Reply {
    Reply::Json(
        json!({"TypeName": TOPIC, "ResourceDescription": {"Identifier": ARN, "Properties": properties.to_string()}}),
    )
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_followed_by_its_request_and_read_at_its_end() {
    let looks = AtomicUsize::new(0);
    let canned = Canned::new(move |call| match call.operation.as_str() {
        "CreateResource" => event("IN_PROGRESS", json!({})),
        "GetResourceRequestStatus" => {
            assert_eq!(call.body["RequestToken"], "r1");
            match looks.fetch_add(1, Ordering::Relaxed) {
                0 => event("IN_PROGRESS", json!({"Identifier": ARN})),
                _ => event("SUCCESS", json!({"Identifier": ARN})),
            }
        }
        _ => described(json!({"TopicName": "t", "TopicArn": ARN})),
    })
    .await;
    let request = create_request(TOPIC, retail(), json!({"TopicName": "t"}));
    let token = request.token.0.to_string();
    let done = drive::create(&canned.provider, request).await.unwrap();
    assert_eq!(done.identifier, ARN);
    assert_eq!(Value::Object(done.properties), json!({"TopicName": "t", "TopicArn": ARN}));
    let created = canned.calls("CreateResource");
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].body["ClientToken"], token);
    assert_eq!(created[0].body["DesiredState"], "{\"TopicName\":\"t\"}");
}

async fn failing_creation(readable: bool) -> charter_provider::Failure {
    let canned = Canned::new(move |call| match call.operation.as_str() {
        "CreateResource" => event(
            "FAILED",
            json!({"Identifier": ARN, "ErrorCode": "GeneralServiceException", "StatusMessage": "no luck"}),
        ),
        _ if readable => described(json!({"TopicArn": ARN})),
        _ => Reply::Error(400, "ResourceNotFoundException", "none"),
    })
    .await;
    let request = create_request(TOPIC, retail(), json!({"TopicName": "t"}));
    drive::create(&canned.provider, request).await.unwrap_err()
}

#[tokio::test]
async fn only_what_can_be_read_is_a_half_made_resource() {
    let failure = failing_creation(true).await;
    assert_eq!(failure.identifier.as_deref(), Some(ARN));
    assert_eq!(failure.message, "GeneralServiceException: no luck");
    assert_eq!(failing_creation(false).await.identifier, None);
}

#[tokio::test]
async fn what_exists_already_is_never_taken_for_our_own() {
    let canned = Canned::new(|_| {
        event("FAILED", json!({"Identifier": ARN, "ErrorCode": "AlreadyExists", "StatusMessage": "exists"}))
    })
    .await;
    let request = create_request(TOPIC, retail(), json!({"TopicName": "t"}));
    let failure = drive::create(&canned.provider, request).await.unwrap_err();
    assert_eq!((failure.code, failure.identifier), (FailureCode::AlreadyExists, None));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_known_yet_is_waited_for_with_a_fresh_token() {
    let attempts = AtomicUsize::new(0);
    let canned = Canned::new(move |call| match call.operation.as_str() {
        "CreateResource" => match attempts.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => event(
                "FAILED",
                json!({"ErrorCode": "InvalidRequest",
                "StatusMessage": "The role defined for the function cannot be assumed by Lambda."}),
            ),
            _ => event("SUCCESS", json!({"Identifier": ARN})),
        },
        _ => described(json!({"TopicArn": ARN})),
    })
    .await;
    let request = create_request(TOPIC, retail(), json!({"TopicName": "t"}));
    drive::create(&canned.provider, request).await.unwrap();
    let tokens: Vec<Value> =
        canned.calls("CreateResource").into_iter().map(|call| call.body["ClientToken"].clone()).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2], "{tokens:?}");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_never_becomes_known_is_an_error_in_the_end() {
    let canned = Canned::new(|_| {
        event("FAILED", json!({"ErrorCode": "InvalidRequest", "StatusMessage": "unable to assume role r"}))
    })
    .await;
    let request = create_request(TOPIC, retail(), json!({"TopicName": "t"}));
    let failure = drive::create(&canned.provider, request).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidRequest);
    assert!(failure.message.contains("trust policy"), "{failure}");
}

#[tokio::test]
async fn an_update_sends_whole_properties_as_a_patch() {
    let canned = Canned::new(|call| match call.operation.as_str() {
        "UpdateResource" => event("SUCCESS", json!({"Identifier": ARN})),
        _ => described(json!({"TopicArn": ARN, "DisplayName": "new"})),
    })
    .await;
    let (observed, desired) = (json!({"TopicName": "t", "Tags": []}), json!({"TopicName": "t", "DisplayName": "new"}));
    let request = update_request(TOPIC, retail(), ARN, observed, desired, &["DisplayName", "Tags"]);
    drive::update(&canned.provider, request).await.unwrap();
    let patch: Value =
        serde_json::from_str(canned.calls("UpdateResource")[0].body["PatchDocument"].as_str().unwrap()).unwrap();
    assert_eq!(
        patch,
        json!([{"op": "add", "path": "/DisplayName", "value": "new"}, {"op": "remove", "path": "/Tags"}])
    );
}

#[tokio::test]
async fn a_type_without_handlers_is_said_so() {
    let canned = Canned::new(|_| Reply::Error(400, "UnsupportedActionException", "CREATE not supported")).await;
    let request = create_request(TOPIC, retail(), json!({"TopicName": "t"}));
    let failure = drive::create(&canned.provider, request).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Unsupported);
    assert!(failure.message.contains("serve CloudFormation only"), "{failure}");
}

async fn recovered(reply: impl Fn(&Call) -> Reply + Send + Sync + 'static, identifier: Option<&str>) -> Recovered {
    let canned = Canned::new(reply).await;
    let create = create_request("AWS::EC2::VPC", retail(), json!({"CidrBlock": "10.0.0.0/16", "Tags": marks()}));
    let request = drive::recover_request(Operation::Create, &create, identifier);
    canned.provider.recover(request).await.unwrap()
}

#[tokio::test]
async fn a_creation_of_unknown_outcome_is_found_by_its_mark() {
    let listed = |call: &Call| match call.operation.as_str() {
        "ListResources" => Reply::Json(
            json!({"TypeName": "AWS::EC2::VPC", "ResourceDescriptions": [{"Identifier": "vpc-1"}, {"Identifier": "vpc-2"}]}),
        ),
        "GetResource" if call.body["Identifier"] == "vpc-2" => described(json!({"VpcId": "vpc-2", "Tags": marks()})),
        _ => described(json!({"VpcId": "vpc-1"})),
    };
    assert_eq!(recovered(listed, None).await, Recovered::Exists { identifier: "vpc-2".into() });
}

#[tokio::test]
async fn a_creation_that_left_nothing_is_repeated() {
    let empty = |_: &Call| Reply::Json(json!({"TypeName": "AWS::EC2::VPC", "ResourceDescriptions": []}));
    assert_eq!(recovered(empty, None).await, Recovered::Repeat);
}

#[tokio::test]
async fn a_creation_that_still_runs_is_followed() {
    let running = |_: &Call| {
        Reply::Json(json!({"ResourceRequestStatusSummaries": [{"TypeName": "AWS::EC2::VPC", "Identifier": "vpc-1",
            "RequestToken": "r7", "Operation": "CREATE", "OperationStatus": "IN_PROGRESS"}]}))
    };
    match recovered(running, Some("vpc-1")).await {
        Recovered::Pending(pending) => {
            assert!(pending.handle.contains("r7"), "{}", pending.handle);
            assert_eq!(pending.identifier.as_deref(), Some("vpc-1"));
        }
        other => panic!("{other:?}"),
    }
}
