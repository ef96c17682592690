//! Runs checks that are written in Python with AWS's own SDK, against a cloud served on loopback.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]
#![allow(dead_code, reason = "each test program uses a part")]

use charter_model::AccountId;
use charter_simulator::{Organization, Settings, Simulator};
use std::path::PathBuf;
use std::process::Command;

/// A Python that can import botocore: the checks' own, or the one on the path.
fn python() -> Option<PathBuf> {
    let own = std::env::var_os("CHARTER_PYTHON").map(PathBuf::from);
    let local = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv/bin/python3"));
    own.into_iter().chain([local, PathBuf::from("python3")]).find(|python| {
        Command::new(python).args(["-c", "import botocore"]).output().is_ok_and(|output| output.status.success())
    })
}

fn account(digits: &str) -> AccountId {
    AccountId::new(digits).unwrap()
}

/// Runs a script beside this folder that needs no cloud.
pub(crate) fn script(script: &str, arguments: &[&str]) {
    let Some(python) = python() else {
        println!("skipped {script}: there is no Python with botocore");
        return;
    };
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let output = Command::new(python).arg(path).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}:\n{words}{}", String::from_utf8_lossy(&output.stdout));
}

/// Serves a cloud and runs one of the checks of a script beside this folder against it; nothing may be left in the cloud.
pub(crate) fn check(script: &str, name: &str) {
    assert_eq!(served(script, name), [], "{name} leaves something behind");
}

/// As [`check`], for what says nothing of how things are taken away.
pub(crate) fn check_and_leave(script: &str, name: &str) {
    served(script, name);
}

/// Runs a check; what is left in the cloud.
fn served(script: &str, name: &str) -> Vec<charter_simulator::InventoryItem> {
    let Some(python) = python() else {
        println!(
            "skipped {name}: there is no Python with botocore; python3 -m venv .venv && .venv/bin/pip install botocore"
        );
        return Vec::new();
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // For the check of every answer by botocore, after the tests.
    let exchanges = std::env::var_os("CHARTER_EXCHANGES").map(PathBuf::from);
    // A virtual hour passes in seven seconds, so that waiters of the SDK end soon.
    let settings = Settings { seed: 1, time_scale: 500.0, exchanges, ..Settings::default() };
    let (output, left) = runtime.block_on(async {
        let simulator = Simulator::open(settings, None).unwrap();
        let organization = Organization { management: account("111111111111"), members: vec![account("333333333333")] };
        let keys = simulator.seed(&organization).unwrap();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn({
            let simulator = simulator.clone();
            async move { simulator.serve(listener, std::future::pending()).await }
        });
        let mut command = Command::new(python);
        command
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(script))
            .args([name, &endpoint])
            .env("AWS_ACCESS_KEY_ID", keys.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", keys.secret_access_key)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        server.abort();
        (output, simulator.inventory())
    });
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}:\n{words}{}", String::from_utf8_lossy(&output.stdout));
    left
}
