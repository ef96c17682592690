//! Against emulators of AWS that nobody here wrote: moto and ministack. What they do otherwise than AWS is declared in
//! [`crate::exceptions`].

use crate::cases::{self, Case, assert_kept};
use crate::ground::{Ground, objects};
use crate::shared::{REGION, Reach, environment, next_door, placement, provider};
use aws_credential_types::Credentials;
use charter_provider::Provider;
use charter_provider::contract::Driver;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Emulators finish at once; where they do not, they need not be waited for as long as AWS.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// A running emulator; it ends when its standard input does, so also when a test panics.
struct Peer {
    process: Child,
    endpoint: String,
    subnets: Vec<String>,
}

impl Peer {
    /// None without a Python to run it with.
    fn start(name: &str) -> Option<Self> {
        let Some(python) = std::env::var_os("CHARTER_PYTHON") else {
            eprintln!("skipped: CHARTER_PYTHON names no Python with {name} (cargo xtask test sets it)");
            return None;
        };
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contract/peer.py");
        let mut command = Command::new(python);
        let command = command.arg(script).arg(name).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the Python of the checks runs");
        let mut line = String::new();
        let said = process.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
        assert!(matches!(said, Some(Ok(1..))), "{name} does not start");
        let serving: Value = serde_json::from_str(&line).expect("JSON");
        let subnets = serving["subnets"].as_array().unwrap().iter();
        let subnets = subnets.map(|subnet| subnet.as_str().unwrap().to_owned()).collect();
        Some(Self { process, endpoint: serving["endpoint"].as_str().unwrap().to_owned(), subnets })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Every type that fits, one after the other, in one account. An emulator that serves nothing does not pass: its breaches are not
/// declared.
async fn examine(name: &str, account: &str, fits: impl Fn(&Case) -> bool) {
    let Some(peer) = Peer::start(name) else { return };
    let credentials = Credentials::new("test", "test", None, None, "test");
    let reach = Reach { endpoint: peer.endpoint.clone(), credentials, http_client: None };
    let provider = provider(account, REGION, &reach).await;
    // STS.
    provider.verify(&placement(REGION)).await.unwrap();
    let mut driver = Driver::new(&provider, placement(REGION), environment());
    driver.longest_wait = LONGEST_WAIT;
    let neighbour = Driver::new(&provider, next_door(REGION), environment());
    let ground = Ground { driver, account, neighbour, subnets: peer.subnets.clone(), objects: objects(&reach) };
    let mut reports = Vec::new();
    for case in cases::all().filter(|case| fits(case)) {
        let report = case.examine(&ground).await;
        println!("{name}: {}: {} rows kept", case.type_name, report.kept());
        reports.push(report);
    }
    assert_kept(&reports, name);
}

fn is_served(case: &Case) -> bool {
    ["AWS::IAM::", "AWS::RDS::", "AWS::S3::", "AWS::SecretsManager::"]
        .iter()
        .any(|prefix| case.type_name.starts_with(prefix))
}

#[tokio::test]
async fn moto_keeps_the_contract_as_far_as_declared() {
    let is_governance = |case: &Case| {
        let own = ["AWS::RAM::ResourceShare", "Charter::RAM::OrganizationSharing"];
        case.type_name.contains("::Organizations::") || own.contains(&case.type_name)
    };
    examine("moto", "123456789012", |case| is_served(case) || is_governance(case)).await;
}

#[tokio::test]
async fn ministack_keeps_the_contract_as_far_as_declared() {
    let by_cloud_control = |case: &Case| cases::is_by_cloud_control(case.type_name);
    examine("ministack", "000000000000", |case| is_served(case) || by_cloud_control(case)).await;
}
