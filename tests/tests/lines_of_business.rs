//! Lines of business: what each has, what it may not reach, what a model that cannot be used comes to.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{Run, TestProject};

const STACK: &str = "stacks/lines-of-business.yaml";
const ENVIRONMENT: &str = "environments/local.yaml";
const PREVIEW: &[&str] = &["preview", "-e", "local", "lines-of-business"];
const APPLY: &[&str] = &["apply", "-e", "local", "lines-of-business", "--yes"];

fn outputs(run: &Run) -> serde_json::Value {
    run.json_lines("outputs").pop().expect("a run has outputs")["outputs"]["lines-of-business"].clone()
}

#[test]
fn each_gets_its_own_and_gives_it_back() {
    let project = TestProject::with_stacks(&["lines-of-business"]);
    let applied = project.charter(&[APPLY, &["--json"]].concat()).succeeds();
    let clients = outputs(&applied)["retailClients"].clone();
    let client = &clients.as_array().unwrap()[0];
    assert_eq!((client["key"].as_str(), client["region"].as_str()), (Some("assistant"), Some("us-east-2")));
    let arn = client["modelId"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:bedrock:us-east-2:333333333333:application-inference-profile/"), "{arn}");
    assert!(project.charter(APPLY).succeeds().stdout.contains("No changes"));

    // The role may call the models behind its profiles in each region, through these profiles only.
    let shown = project.charter(&["state", "show", "-e", "local", "lines-of-business/retail.application_grants"]);
    let policy = shown.succeeds().stdout;
    for region in ["us-east-1", "us-east-2", "us-west-2"] {
        assert!(
            policy.contains(&format!("arn:aws:bedrock:{region}::foundation-model/amazon.nova-lite-v1:0")),
            "{policy}"
        );
    }
    assert!(policy.contains("bedrock:InferenceProfileArn") && policy.contains(arn), "{policy}");

    // What copies another system profile is another profile, with another ARN: whoever calls the old one is thought of.
    project.edit(
        ENVIRONMENT,
        "application: search, source: \"us.amazon.nova-micro-v1:0\"",
        "application: search, source: \"us.amazon.nova-lite-v1:0\"",
    );
    let replaced = project.charter(PREVIEW).succeeds();
    assert!(replaced.stderr.contains("retail.profiles.profile:search gets a new ARN"), "{}", replaced.stderr);

    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn an_import_of_the_same_changes_nothing() {
    let project = TestProject::with_stacks(&["lines-of-business"]);
    let applied = project.charter(&[APPLY, &["--json"]].concat()).succeeds();
    let arn = outputs(&applied)["cardsClients"][0]["modelId"].as_str().unwrap().to_owned();
    let address = "lines-of-business/cards.profiles.profile:disputes";
    let _ = project.charter(&["state", "rm", "-e", "local", address]).succeeds();
    let module = "modules/inference-profile/module.yaml";
    project.edit(
        module,
        "    type: AWS::Bedrock::ApplicationInferenceProfile\n",
        &format!("    type: AWS::Bedrock::ApplicationInferenceProfile\n    import: \"${{each.key == 'disputes' ? '{arn}' : null}}\"\n"),
    );
    let adopted = project.charter(&[APPLY, &["--json"]].concat()).succeeds();
    let plan = adopted.json_lines("plan").pop().unwrap();
    let steps: Vec<&serde_json::Value> =
        plan["steps"].as_array().unwrap().iter().filter(|step| step["action"]["action"] != "none").collect();
    let [step] = steps.as_slice() else { panic!("{steps:#?}") };
    assert_eq!((step["address"].as_str(), step["action"]["action"].as_str()), (Some(address), Some("adopt")));
    assert!(step.get("changes").is_none_or(|changes| changes.as_array().is_some_and(Vec::is_empty)), "{step:#}");
}

#[test]
fn neither_reaches_the_other_and_the_preview_says_which_statement_would_let_it() {
    let project = TestProject::with_stacks(&["lines-of-business"]);
    let _ = project.charter(PREVIEW).succeeds();
    // A key policy that lets everybody in lets the own administrator see data; from the other account, both sides must allow.
    project.edit(
        "modules/line-of-business/module.yaml",
        "          - Sid: LogsAreEncrypted\n",
        "          - Sid: EverybodyDecrypts\n            Effect: Allow\n            Principal: {AWS: \"*\"}\n            Action: kms:Decrypt\n            Resource: \"*\"\n          - Sid: LogsAreEncrypted\n",
    );
    let run = project.charter(PREVIEW).ends_with(6);
    for told in ["charter::access-violated", "retail-administrator", "EverybodyDecrypts", STACK] {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
    assert!(run.stderr.contains("one expectation does not hold"), "{}", run.stderr);
}

#[test]
fn the_matrix_has_a_column_for_each_line_of_business() {
    let project = TestProject::with_stacks(&["lines-of-business"]);
    let matrix = project.charter(&["access", "-e", "local", "--matrix"]).succeeds().stdout;
    let header = matrix.lines().next().unwrap();
    assert!(header.contains("| cards |") && header.contains("| retail |"), "{header}");
    let column = |name: &str| header.split('|').position(|cell| cell.trim() == name).unwrap();
    let own =
        matrix.lines().find(|line| line.contains("-retail-bucket-") && line.contains("| s3:GetObject |")).unwrap();
    let cells: Vec<&str> = own.split('|').map(str::trim).collect();
    // Not over an unencrypted connection: it depends on that.
    assert_eq!((cells[column("retail")], cells[column("cards")]), ("○", ""), "{own}");
    let by_principal = project.charter(&["access", "-e", "local", "--matrix=principal"]).succeeds().stdout;
    assert!(by_principal.lines().next().unwrap().contains("lines-of-business/retail.application"), "{by_principal}");
}

#[test]
fn a_model_that_ended_is_found_by_validation_with_its_line() {
    let project = TestProject::with_stacks(&["lines-of-business"]);
    project.edit(ENVIRONMENT, "us.amazon.nova-pro-v1:0", "us.anthropic.claude-3-5-haiku-20241022-v1:0");
    let run = project.charter(&["validate", "-e", "local"]).ends_with(3);
    assert!(
        run.stderr.contains("charter::model-not-offered") && run.stderr.contains("ended on 2026-06-19"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_a_line_of_business_may_add_is_made_and_given_back() {
    for module in ["secure-finetune", "audit"] {
        let project = TestProject::with_stacks(&[]);
        project.write("stacks/example.yaml", &project.read(&format!("modules/{module}/example.yaml")));
        let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
        assert!(
            project.charter(&["apply", "-e", "local", "--yes"]).succeeds().stdout.contains("No changes"),
            "{module}"
        );
        let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
        assert_eq!(project.inventory(), Vec::<String>::new(), "{module}");
    }
}

#[test]
fn what_a_stack_expects_that_is_neither_selected_nor_there_is_not_asked() {
    let project = TestProject::of_the_repository();
    let run = project.charter(PREVIEW).succeeds();
    assert!(run.stderr.contains("✓ 37 expectations about access hold"), "{}", run.stderr);
    // Of the whole there is more to prove.
    let whole = project.charter(&["preview", "-e", "local"]).succeeds();
    assert!(!whole.stderr.contains("✓ 37 expectations"), "{}", whole.stderr);
}
