//! Fine-tuning on the ground that the module lays, through the program: a job is started once however often it is asked, throughput is
//! bought and released only by who says so, and nothing that they need is taken away before.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{Run, TestProject};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

// A second is more than an hour: a job takes two or three of them.
const ENVIRONMENT: &str = r#"environment: local
target: simulator
region: us-east-1
accounts:
  management: {id: "111111111111"}
simulator:
  timeScale: 5000
tags: {owner: platform}
ephemeral: true
"#;

const STACK: &str = "stack: tuning
account: management
resources:
  ground:
    module: secure-finetune
    with: {name: tuning, lineOfBusiness: retail}
outputs:
  trainingDataUri: ${ground.trainingDataUri}
";

const MODEL: &str = "amazon.nova-micro-v1:0:128k";

/// A project whose cloud is served all the while.
struct World {
    project: TestProject,
    server: Child,
    serving: Value,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl World {
    fn new() -> Self {
        let project = TestProject::of_the_repository();
        std::fs::remove_dir_all(project.path().join("stacks")).unwrap();
        project.write("environments/local.yaml", ENVIRONMENT);
        project.write("stacks/tuning.yaml", STACK);
        let mut command = project.command(&["simulator", "-e", "local", "--port", "0", "--json"]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { project, server, serving: serde_json::from_str(&line).unwrap() }
    }

    fn charter(&self, command: &str) -> Run {
        self.project.charter(&command.split_whitespace().collect::<Vec<_>>())
    }

    fn standing(&self) -> Value {
        let told = self.charter("finetune status -e local --json").succeeds().json_lines("fine-tuning").pop();
        told.unwrap()["standing"].clone()
    }

    /// Looks until something holds: the cloud's clock runs a thousand times faster than ours.
    fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..200 {
            let standing = self.standing();
            if holds(&standing) {
                return standing;
            }
        }
        panic!("{what} did not happen: {}", self.standing());
    }

    /// Puts training data where the module says, with another client of AWS. False: there is none.
    fn put_data(&self, name: &str, text: &str) -> bool {
        let Some(python) = std::env::var_os("CHARTER_PYTHON") else {
            eprintln!("skipped: CHARTER_PYTHON names no Python with boto3 (cargo xtask test sets it)");
            return false;
        };
        let uri = self.charter("output -e local tuning trainingDataUri").succeeds().stdout;
        let (bucket, folder) = uri.trim().trim_start_matches("s3://").split_once('/').unwrap();
        let script = "import sys, boto3; boto3.client('s3').put_object(Bucket=sys.argv[1], Key=sys.argv[2], Body=sys.argv[3].encode())";
        let text_of = |name: &str| self.serving[name].as_str().unwrap_or_default().to_owned();
        let output = Command::new(python)
            .args(["-c", script, bucket, &format!("{folder}{name}"), text])
            .env("AWS_ENDPOINT_URL", text_of("endpoint"))
            .env("AWS_DEFAULT_REGION", text_of("region"))
            .env("AWS_ACCESS_KEY_ID", text_of("accessKeyId"))
            .env("AWS_SECRET_ACCESS_KEY", text_of("secretAccessKey"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        true
    }
}

const DATA: &str = r#"{"prompt": "When do you open?", "completion": "At nine."}"#;

#[test]
fn a_model_is_trained_served_and_given_back_by_acts_that_are_asked_for() {
    let world = World::new();
    let start = format!("finetune start -e local --base-model {MODEL} --data reviews.jsonl --set epochCount=2");
    let nothing = world.charter(&format!("{start} --yes")).ends_with(3);
    assert!(nothing.stderr.contains("has been applied"), "{}", nothing.stderr);
    let _ = world.charter("apply -e local --yes").succeeds();
    let _ = world.charter("preview -e local --detailed-exitcode").succeeds();
    let missing = world.charter(&format!("{start} --yes")).ends_with(3);
    assert!(missing.stderr.contains("there is no s3://"), "{}", missing.stderr);
    if !world.put_data("reviews.jsonl", DATA) {
        return;
    }

    // It says what it costs, and asks.
    let nobody = world.charter(&start).ends_with(3);
    assert!(nobody.stderr.contains("--yes"), "{}", nobody.stderr);
    for part in ["$0.001 for a thousand tokens", "$1.95 a month", "trains amazon.nova-micro-v1:0:128k"] {
        assert!(nobody.stderr.contains(part), "{part}: {}", nobody.stderr);
    }
    assert_eq!(world.standing()["jobs"], Value::Array(Vec::new()));
    let started = world.charter(&format!("{start} --yes --json")).succeeds().json_lines("job-started").pop().unwrap();
    let name = started["name"].as_str().unwrap().to_owned();
    // The same again is the same job; other parameters are another.
    let again = world.charter(&format!("{start} --yes")).succeeds();
    assert!(again.stderr.contains(&format!("the job {name} was started before")), "{}", again.stderr);
    let other = start.replace("epochCount=2", "epochCount=3");
    let other = world.charter(&format!("{other} --yes --json")).succeeds().json_lines("job-started").pop().unwrap();
    let other = other["name"].as_str().unwrap();
    assert_ne!(other, name);
    let _ = world.charter(&format!("finetune stop {other} -e local --yes")).succeeds();
    assert_eq!(world.standing()["jobs"].as_array().unwrap().len(), 2);

    let trained = world.until("the training", |standing| standing["models"] != Value::Array(Vec::new()));
    assert_eq!(trained["models"].as_array().unwrap().len(), 1, "{trained}");
    assert_eq!(trained["models"][0]["name"], name.as_str());

    let buy = format!("finetune throughput buy {name} -e local --name serving");
    let nobody = world.charter(&buy).ends_with(3);
    assert!(nobody.stderr.contains("--yes") && nobody.stderr.contains("paid by the hour"), "{}", nobody.stderr);
    let term = world.charter(&format!("{buy} --term six-months --yes")).ends_with(3);
    assert!(term.stderr.contains("--confirm NAME"), "a term is asked about all the same: {}", term.stderr);
    let arn = world.charter(&format!("{buy} --yes")).succeeds().stdout;
    assert!(arn.contains(":provisioned-model/"), "{arn}");
    assert!(world.charter(&format!("{buy} --yes")).succeeds().stderr.contains("was bought before"));

    // What they need stays, and a destroy names them.
    let held = world.charter("destroy -e local --yes").ends_with(5);
    for part in [
        "the provisioned throughput serving",
        "charter finetune throughput release serving -e local",
        "charter finetune delete",
    ] {
        assert!(held.stderr.contains(part), "{part}: {}", held.stderr);
    }
    let inventory = world.project.inventory().join("\n");
    for part in ["AWS::KMS::Key", "role", "bucket", "custom-model", "provisioned-model"] {
        assert!(inventory.contains(part), "{part}: {inventory}");
    }
    let _ = world.charter("apply -e local --yes").succeeds();

    // And in their order.
    let first = world.charter(&format!("finetune delete {name} -e local --yes")).ends_with(3);
    assert!(first.stderr.contains("release it first"), "{}", first.stderr);
    let _ = world.charter("finetune throughput release serving -e local --yes").succeeds();
    let _ = world.charter(&format!("finetune delete {name} -e local --yes")).succeeds();
    assert!(world.charter("finetune status -e local").succeeds().stdout.contains("Completed"));
    let _ = world.charter("destroy -e local --yes").succeeds();
    assert_eq!(world.project.inventory(), Vec::<String>::new());
}
