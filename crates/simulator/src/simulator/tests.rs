use super::*;
use crate::settings::Faults;
use charter_model::AccountId;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn account(digits: &str) -> AccountId {
    AccountId::new(digits).unwrap()
}

fn organization() -> Organization {
    Organization { management: account("111111111111"), members: vec![account("333333333333")] }
}

/// A cloud that takes any signature, and the administrator's key.
fn cloud(faults: Faults) -> (Simulator, String) {
    let settings = Settings { seed: 7, verify_signatures: false, faults, ..Settings::default() };
    let simulator = Simulator::open(settings, None).unwrap();
    let keys = simulator.seed(&organization()).unwrap();
    (simulator, keys.access_key_id)
}

fn signed(key: &str, service: &str) -> http::request::Builder {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=00"
    );
    Request::builder()
        .header("authorization", authorization)
        .header("x-amz-date", "20260101T000000Z")
        .header("host", "localhost")
}

fn query(key: &str, service: &str, form: &str) -> Request<Bytes> {
    signed(key, service).method("POST").uri("/").body(Bytes::from(form.to_owned())).unwrap()
}

fn json_call(key: &str, service: &str, target: &str, body: &str) -> Request<Bytes> {
    let request = signed(key, service).method("POST").uri("/").header("x-amz-target", target);
    request.body(Bytes::from(body.to_owned())).unwrap()
}

async fn told(simulator: &Simulator, request: Request<Bytes>) -> String {
    let response = simulator.handle(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get("content-type").map_or("", |value| value.to_str().unwrap());
    format!("{} {kind}\n{}", parts.status.as_u16(), String::from_utf8_lossy(&body))
}

#[tokio::test]
async fn query_answers_in_its_envelope() {
    let (simulator, key) = cloud(Faults::default());
    let answer = told(&simulator, query(&key, "sts", "Action=GetCallerIdentity&Version=2011-06-15")).await;
    insta::with_settings!({filters => vec![("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"), ("AIDA[A-Z2-7]{17}", "AIDA")]}, {
        insta::assert_snapshot!(answer, @r#"
        200 text/xml
        <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111111111111</Account><Arn>arn:aws:iam::111111111111:user/admin</Arn><UserId>AIDA</UserId></GetCallerIdentityResult><ResponseMetadata><RequestId>UUID</RequestId></ResponseMetadata></GetCallerIdentityResponse>
        "#);
    });
}

#[tokio::test]
async fn every_protocol_writes_its_own_errors() {
    let (simulator, key) = cloud(Faults::default());
    let requests = [
        query(&key, "sts", "Action=AssumeRole&RoleSessionName=x"),
        query(&key, "ec2", "Action=DescribeVpcs&VpcId.1=vpc-0"),
        json_call(
            &key,
            "cloudcontrolapi",
            "CloudApiService.GetResource",
            r#"{"TypeName":"AWS::EC2::VPC","Identifier":"vpc-0"}"#,
        ),
        json_call(&key, "kendra", "AWSKendraFrontendService.DescribeIndex", r#"{"Id":5}"#),
        signed(&key, "bedrock").method("GET").uri("/knowledgebases/short").body(Bytes::new()).unwrap(),
        signed(&key, "bedrock").method("GET").uri("/no/such/path").body(Bytes::new()).unwrap(),
        signed(&key, "nimble").method("GET").uri("/").body(Bytes::new()).unwrap(),
        Request::builder().method("GET").uri("/bucket").body(Bytes::new()).unwrap(),
        query("AKIANOBODY", "iam", "Action=ListRoles"),
    ];
    let mut answers = Vec::new();
    for request in requests {
        answers.push(told(&simulator, request).await);
    }
    insta::with_settings!({filters => vec![("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")]}, {
        insta::assert_snapshot!(answers.join("\n\n"), @r#"
        400 text/xml
        <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>2 validation errors detected: Value null at &apos;roleArn&apos; failed to satisfy constraint: Member must not be null; Value &apos;x&apos; at &apos;roleSessionName&apos; failed to satisfy constraint: Member must have length greater than or equal to 2</Message></Error><RequestId>UUID</RequestId></ErrorResponse>

        400 text/xml
        <Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>The vpc ID &apos;vpc-0&apos; does not exist</Message></Error></Errors><RequestID>UUID</RequestID></Response>

        400 application/x-amz-json-1.0
        {"Message":"Resource of type 'AWS::EC2::VPC' with identifier 'vpc-0' was not found.","__type":"ResourceNotFoundException"}

        400 application/x-amz-json-1.1
        {"__type":"SerializationException","message":"NUMBER_VALUE can not be converted to String"}

        400 application/json
        {"message":"1 validation error detected: Value 'short' at 'knowledgeBaseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z]{10}"}

        404 application/json
        {"message":"bedrock has no such operation: GET /no/such/path"}

        501 application/json
        {"__type":"NotImplemented","message":"not simulated: nimble"}

        403 application/xml
        <Error><Code>AccessDenied</Code><Message>Request is missing Authentication Token</Message><RequestId>UUID</RequestId><HostId>UUID</HostId></Error>

        403 text/xml
        <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error><RequestId>UUID</RequestId></ErrorResponse>
        "#);
    });
}

#[tokio::test]
async fn the_same_seed_and_calls_replay() {
    let run = async || {
        let faults = Faults { throttle: BTreeMap::from([("*".to_owned(), 0.4)]), ..Faults::default() };
        let (simulator, key) = cloud(faults);
        let mut answers = Vec::new();
        for number in 0..20 {
            let desired =
                format!(r#"{{"TypeName":"AWS::EC2::VPC","DesiredState":"{{\"CidrBlock\":\"10.{number}.0.0/16\"}}"}}"#);
            answers.push(
                told(&simulator, json_call(&key, "cloudcontrolapi", "CloudApiService.CreateResource", &desired)).await,
            );
        }
        answers
    };
    tokio::time::pause();
    let first = run().await;
    assert!(
        first.iter().any(|answer| answer.starts_with("400")) && first.iter().any(|answer| answer.starts_with("200"))
    );
    assert_eq!(first, run().await);
}

#[tokio::test]
async fn a_lost_response_has_its_effect_and_a_cut_connection_has_none() {
    let create = r#"{"TypeName":"AWS::EC2::VPC","DesiredState":"{\"CidrBlock\":\"10.0.0.0/16\"}"}"#;
    for (faults, left) in [
        (Faults { lost_response: 1.0, ..Faults::default() }, 1),
        (Faults { connection_cut: 1.0, ..Faults::default() }, 0),
        (Faults { server_error: 1.0, ..Faults::default() }, 0),
    ] {
        let (simulator, key) = cloud(faults.clone());
        let answer =
            simulator.handle(json_call(&key, "cloudcontrolapi", "CloudApiService.CreateResource", create)).await;
        assert_eq!(answer.is_err(), faults.server_error == 0.0);
        assert_eq!(simulator.inventory().len(), left, "{faults:?}");
        assert!(simulator.calls().last().unwrap().fault.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn latency_is_of_tokios_clock_and_time_is_scaled() {
    let settings = Settings {
        time_scale: 60.0,
        faults: Faults { latency_milliseconds: 500, ..Faults::default() },
        verify_signatures: false,
        ..Settings::default()
    };
    let simulator = Simulator::open(settings, None).unwrap();
    let key = simulator.seed(&organization()).unwrap().access_key_id;
    let before = simulator.shared.clock.now();
    told(&simulator, query(&key, "sts", "Action=GetCallerIdentity")).await;
    let passed = simulator.shared.clock.now().duration_since(before);
    assert_eq!(passed.as_secs(), 30);
}

#[tokio::test]
async fn a_store_goes_on_where_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud");
    let settings = Settings { verify_signatures: false, ..Settings::default() };
    let create = r#"{"TypeName":"AWS::EC2::VPC","DesiredState":"{\"CidrBlock\":\"10.0.0.0/16\"}"}"#;
    let (keys, inventory, now) = {
        let simulator = Simulator::open(settings.clone(), Some(&path)).unwrap();
        let keys = simulator.seed(&organization()).unwrap();
        told(&simulator, json_call(&keys.access_key_id, "cloudcontrolapi", "CloudApiService.CreateResource", create))
            .await;
        assert!(matches!(Simulator::open(settings.clone(), Some(&path)), Err(StoreError::InUse { .. })));
        (keys, simulator.inventory(), simulator.shared.clock.now())
    };
    let simulator = Simulator::open(settings, Some(&path)).unwrap();
    assert_eq!((simulator.inventory().len(), simulator.inventory()), (1, inventory));
    assert!(simulator.shared.clock.now() >= now);
    assert_eq!(simulator.seed(&organization()).unwrap(), keys);
}

#[tokio::test]
async fn another_process_finds_the_one_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cloud");
    assert_eq!(Simulator::running_at(&path), None);
    let simulator = Simulator::open(Settings::default(), Some(&path)).unwrap();
    assert_eq!(Simulator::running_at(&path), None, "open, but not serving");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn({
        let simulator = simulator.clone();
        async move { simulator.serve(listener, async { drop(stopped.await) }).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(Simulator::running_at(&path), Some(address));
    let running = crate::server::RunningSimulator::at(address);
    let keys = running.seed(&organization()).await.unwrap();
    assert_eq!(simulator.seed(&organization()).unwrap(), keys);
    assert_eq!(running.inventory().await.unwrap(), []);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(Simulator::running_at(&path), None);
}

const SERVICES: &[&str] = &[
    "sts",
    "iam",
    "rds",
    "rds-data",
    "kendra",
    "secretsmanager",
    "s3",
    "cloudcontrolapi",
    "ec2",
    "bedrock",
    "lambda",
    "sqs",
    "nimble",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever comes, an answer goes, and none is a defect of the simulator's own.
    #[test]
    fn any_request_is_answered(
        service in prop::sample::select(SERVICES),
        method in prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "HEAD"]),
        path in "/[a-zA-Z0-9/%{}._-]{0,40}",
        parameters in "[a-zA-Z0-9=&%.+-]{0,40}",
        target in "[ -~]{0,40}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        chunked in any::<bool>(),
    ) {
        let (simulator, key) = cloud(Faults::default());
        let Ok(uri) = format!("{path}?{parameters}").parse::<http::Uri>() else { return Ok(()) };
        let mut request = signed(&key, service).method(method).uri(uri).header("x-amz-target", target.trim());
        if chunked {
            request = request.header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        }
        let Ok(request) = request.body(Bytes::from(body)) else { return Ok(()) };
        let response = simulator.answer(&request, None).unwrap();
        prop_assert_ne!(response.status().as_u16(), 500, "{:?}", response.body());
    }

    /// Operations that exist, with input that may be anything.
    #[test]
    fn any_input_of_an_operation_is_answered(
        operation in prop::sample::select(vec![
            ("iam", "CreateRole"), ("iam", "TagRole"), ("rds", "CreateDBCluster"), ("sts", "AssumeRole"), ("ec2", "DescribeVpcs"),
        ]),
        fields in prop::collection::vec(("[A-Za-z]{1,12}(\\.(member|entry|[A-Za-z]{1,8}|[0-9]{1,3})){0,4}", "[ -~]{0,20}"), 0..8),
    ) {
        let (simulator, key) = cloud(Faults::default());
        let (service, name) = operation;
        let fields: String = fields.iter().map(|(field, value)| format!("&{field}={value}")).collect();
        let response = simulator.answer(&query(&key, service, &format!("Action={name}{fields}")), None).unwrap();
        prop_assert_ne!(response.status().as_u16(), 500, "{:?}", response.body());
    }

    #[test]
    fn any_json_is_answered(
        operation in prop::sample::select(vec![
            ("kendra", "AWSKendraFrontendService.CreateIndex"), ("secretsmanager", "secretsmanager.CreateSecret"),
            ("cloudcontrolapi", "CloudApiService.CreateResource"),
        ]),
        body in "[\\[\\]{}\":,a-zA-Z0-9 ]{0,60}",
    ) {
        let (simulator, key) = cloud(Faults::default());
        let (service, target) = operation;
        let response = simulator.answer(&json_call(&key, service, target, &body), None).unwrap();
        prop_assert_ne!(response.status().as_u16(), 500, "{:?}", response.body());
    }
}

#[test]
fn a_deployer_has_what_iam_takes_within_its_quotas() {
    let document = |size: usize| {
        let frame = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":""}]}"#.len();
        let resource = format!("arn:aws:s3:::{}", "b".repeat(size - frame - "arn:aws:s3:::".len()));
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"{resource}"}}]}}"#
        )
    };
    let give = |managed: Vec<String>, inline: Vec<String>| {
        let (simulator, _) = cloud(Faults::default());
        let given = simulator.restrict(&account("333333333333"), &DeployerPolicies { managed, inline });
        given.map_err(|error| error.to_string())
    };
    assert_eq!(give(vec![document(6144); 10], vec![document(10_240)]), Ok(()));
    let refused = give(vec![document(6145)], Vec::new()).unwrap_err();
    assert_eq!(refused, "CreatePolicy: LimitExceeded: Cannot exceed quota for PolicySize: 6144");
    let refused = give(vec![document(200); 11], Vec::new()).unwrap_err();
    assert_eq!(refused, "AttachRolePolicy: LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10");
    let refused = give(Vec::new(), vec![document(5_121), document(5_120)]).unwrap_err();
    assert!(refused.starts_with("PutRolePolicy: LimitExceeded: "), "{refused}");
}

#[tokio::test]
async fn accounts_may_begin_in_a_named_organization_or_in_none() {
    for (standing, expected) in [
        (Standing::TogetherAs("o-abcdefghij".to_owned()), "\"Id\":\"o-abcdefghij\""),
        (Standing::Apart, "AWSOrganizationsNotInUseException"),
    ] {
        let settings = Settings { verify_signatures: false, ..Settings::default() };
        let simulator = Simulator::open(settings, None).unwrap();
        let key = simulator.seed_standing(&organization(), &standing).unwrap().access_key_id;
        let target = "AWSOrganizationsV20161128.DescribeOrganization";
        let answer = told(&simulator, json_call(&key, "organizations", target, "{}")).await;
        assert!(answer.contains(expected), "{answer}");
    }
}
