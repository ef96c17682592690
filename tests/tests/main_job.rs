//! The main job as a newcomer lives it: apply on a fresh machine, again, change a value, be changed behind one's back, destroy.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{Run, TestProject};

/// What a run's summary says, by name.
fn summary(run: &Run) -> serde_json::Value {
    run.json_lines("summary").pop().expect("a run has a summary")
}

/// `ADDRESS ACTION` of every step that does something.
fn steps(run: &Run) -> Vec<String> {
    let plan = run.json_lines("plan").pop().expect("a run has a plan");
    let steps = plan["steps"].as_array().expect("a plan has steps").clone();
    steps
        .iter()
        .filter(|step| step["action"]["action"] != "none" || step.get("changes").is_some())
        .map(|step| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            format!("{} {}", text(&step["address"]), text(&step["action"]["action"]))
        })
        .collect()
}

#[test]
fn a_fresh_machine_gets_everything_and_gives_it_back() {
    let project = TestProject::with_stacks(&["product-reviews"]);

    // Everything is created, and the outputs say where.
    let first = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let plan = first.json_lines("plan").pop().unwrap();
    let is_real = |step: &&serde_json::Value| step["type"].as_str().is_some_and(|name| name.starts_with("AWS::"));
    let real = plan["steps"].as_array().unwrap().iter().filter(is_real).count();
    assert_eq!(summary(&first)["failed"].as_array().map(Vec::len), Some(0));
    let outputs = first.json_lines("outputs").pop().unwrap();
    let output = |name: &str| outputs["outputs"]["product-reviews"][name].as_str().unwrap_or_default().to_owned();
    assert!(output("clusterEndpoint").starts_with("genai-kendra-ragdb.cluster-"), "{outputs}");
    assert!(output("secretArn").contains(":secret:rds!cluster-"), "{outputs}");
    assert_eq!(output("indexId").len(), 36, "{outputs}");
    assert_eq!(output("dataSourceId").len(), 36, "{outputs}");
    assert!(
        output("dataSourceRoleArn").starts_with("arn:aws:iam::333333333333:role/AmazonKendra-us-east-2-genai-kendra")
    );
    let inventory = project.inventory();
    assert!(inventory.len() >= real, "{real} were made: {inventory:#?}");

    // The second run reads everything back and changes nothing.
    let second = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(second.stdout.contains("No changes"), "{}", second.stdout);
    assert_eq!(project.inventory(), inventory);

    // One value, edited, is exactly one change, with its line.
    project.edit("environments/local.yaml", "maxCapacity: 64", "maxCapacity: 32");
    let edited = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    assert_eq!(steps(&edited), ["product-reviews/knowledge.cluster update"]);
    let plan = edited.json_lines("plan").pop().unwrap();
    let step = plan["steps"].as_array().unwrap().iter().find(|step| step["action"]["action"] == "update").unwrap();
    assert_eq!(step["changes"].as_array().unwrap().len(), 1, "{step:#}");
    assert_eq!(step["changes"][0]["pointer"], "/ServerlessV2ScalingConfiguration/MaxCapacity");
    assert_eq!(step["changes"][0]["before"], 64);
    assert_eq!(step["changes"][0]["after"], 32);
    assert_eq!(step["changes"][0]["reason"], "configured");
    assert_eq!(summary(&edited)["updated"], 1);
    assert_eq!(project.inventory(), inventory);

    // Destroy leaves the simulated accounts empty, and proves it by listing.
    let destroyed = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert!(destroyed.stderr.contains("none of them ours"), "{}", destroyed.stderr);
    assert_eq!(project.inventory(), Vec::<String>::new());
    let again = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert!(again.stderr.contains("nothing to destroy"), "{}", again.stderr);
}

#[test]
fn a_knowledge_base_takes_the_place_of_the_index() {
    let project = TestProject::with_stacks(&["product-reviews"]);
    let edition = "edition: DEVELOPER_EDITION";
    project.edit("environments/local.yaml", edition, &format!("{edition}\n    retriever: knowledge-base"));
    let applied = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let outputs = applied.json_lines("outputs").pop().unwrap();
    assert_eq!(outputs["outputs"]["product-reviews"]["indexId"].as_str().map(str::len), Some(10), "{outputs}");
    assert!(project.charter(&["apply", "-e", "local", "--yes"]).succeeds().stdout.contains("No changes"));
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn what_boto3_changes_behind_our_back_is_drift() {
    let Some(python) = std::env::var_os("CHARTER_PYTHON") else {
        eprintln!("skipped: CHARTER_PYTHON names no Python with boto3 (cargo xtask test sets it)");
        return;
    };
    let project = TestProject::empty();
    assert!(project.charter(&["init"]).succeeds().stderr.contains("charter apply -e local"));
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();

    let mut command = project.command(&["simulator", "--port", "0", "--json"]);
    let mut server = command.stdout(std::process::Stdio::piped()).spawn().expect("the simulator starts");
    let mut line = String::new();
    let stdout = server.stdout.take().expect("its output is read");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("it says where it listens");
    let serving: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let text = |name: &str| serving[name].as_str().unwrap_or_default().to_owned();
    let script = "import boto3\n\
        s3 = boto3.client('s3')\n\
        name = s3.list_buckets()['Buckets'][0]['Name']\n\
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={'Status': 'Suspended'})\n";
    let status = std::process::Command::new(python)
        .args(["-c", script])
        .env("AWS_ENDPOINT_URL", text("endpoint"))
        .env("AWS_REGION", text("region"))
        .env("AWS_DEFAULT_REGION", text("region"))
        .env("AWS_ACCESS_KEY_ID", text("accessKeyId"))
        .env("AWS_SECRET_ACCESS_KEY", text("secretAccessKey"))
        .status();

    // While it runs, other commands use it.
    let drift = project.charter(&["drift", "-e", "local", "--detailed-exitcode"]);
    let _ = server.kill();
    let _ = server.wait();
    assert!(status.expect("Python runs").success());
    let drift = drift.ends_with(2);
    assert!(drift.stdout.contains("/VersioningConfiguration/Status"), "{}", drift.stdout);
    assert!(drift.stdout.contains("\"Enabled\" (recorded) is now \"Suspended\""), "{}", drift.stdout);

    // An apply puts it back; then there is nothing to do.
    let repaired = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(repaired.stdout.contains("changed behind Charter's back"), "{}", repaired.stdout);
    let _ = project.charter(&["preview", "-e", "local", "--detailed-exitcode"]).succeeds();
    let _ = project.charter(&["teardown", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn a_saved_plan_applies_as_shown_or_refuses_as_stale() {
    let project = TestProject::empty();
    let _ = project.charter(&["init"]).succeeds();
    let saved = project.charter(&["preview", "-e", "local", "--out", "plan.json", "--detailed-exitcode"]).ends_with(2);
    assert!(saved.stdout.contains("to create"), "{}", saved.stdout);
    let _ = project.charter(&["apply", "-e", "local", "--plan", "plan.json", "--yes"]).succeeds();
    let stale = project.charter(&["apply", "-e", "local", "--plan", "plan.json", "--yes"]).ends_with(8);
    assert!(stale.stderr.contains("make the plan again"), "{}", stale.stderr);
}

#[test]
fn nobody_to_ask_is_an_error_that_names_the_flag() {
    let project = TestProject::empty();
    let _ = project.charter(&["init"]).succeeds();
    let asked = project.charter(&["apply", "-e", "local"]).ends_with(3);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(project.inventory(), Vec::<String>::new());
}
