//! The check of everything that went over the wire, which `cargo xtask test` runs after the tests, can find what it looks for; and
//! the simulator records what it needs. Skipped, and said so, where there is no Python with botocore.

mod support;

use bytes::Bytes;
use charter_simulator::{Settings, Simulator};

#[test]
fn sound_exchanges_pass_and_faulty_ones_are_found() {
    support::script("exchanges.py", &["--self-check"]);
}

#[tokio::test]
async fn the_same_exchange_is_recorded_once_and_no_credentials_are() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { exchanges: Some(folder.path().to_owned()), ..Settings::default() };
    let simulator = Simulator::open(settings, None).unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is written before there is something to write"
    );
    for action in ["GetCallerIdentity", "GetCallerIdentity", "GetSessionToken"] {
        let request = http::Request::post("/").header("host", "localhost").header("x-amz-date", "20260101T000000Z");
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIANOBODY/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00";
        let request = request.header("authorization", authorization).header("x-amz-security-token", "open-sesame");
        simulator.handle(request.body(Bytes::from(format!("Action={action}"))).unwrap()).await.unwrap();
    }
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(
        (&lines[0]["service"], &lines[0]["error"], &lines[0]["status"]),
        (&"sts".into(), &"InvalidClientTokenId".into(), &403.into())
    );
    assert!(!text.contains("open-sesame") && !text.contains("AKIANOBODY"), "{text}");
}
