//! An account that the plan makes: one apply creates it, waits for its role, and provisions into it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;

fn outputs(project: &TestProject) -> serde_json::Value {
    let applied = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    applied.json_lines("outputs").pop().unwrap()["outputs"].clone()
}

#[test]
fn one_plan_makes_an_account_and_provisions_into_it() {
    let project = TestProject::with_made_account();

    // Offline, and before anything is there: what holds the id is told with the reason, a physical name is known.
    let offline = project.charter(&["preview", "-e", "local", "--offline", "--details"]).succeeds();
    assert!(offline.stdout.contains("after organization/research is created"), "{}", offline.stdout);
    let bucket = offline.stdout.split_whitespace().find(|word| word.contains("local-research-data-")).unwrap();
    let bucket = bucket.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').to_owned();
    let _ = project.charter(&["preview", "-e", "local"]).succeeds();

    let made = outputs(&project);
    let id = made["organization"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["research"]["queue"], format!("jobs-{id}"));
    assert_eq!(made["research"]["bucket"], bucket);
    let there = project.inventory();
    let inside: Vec<&String> = there.iter().filter(|line| line.contains(&id) && line.contains(&bucket)).collect();
    assert_eq!(inside.len(), 1, "{there:#?}");
    let state = project.read(".charter/state/local.state.json");
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["accounts"], serde_json::json!({"research": id}));
    let depends = state["resources"]["research/data"]["dependencies"].as_array().unwrap();
    assert!(depends.contains(&"organization/research".into()), "{depends:?}");

    // The next runs know it, all of it or one stack alone.
    let again = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(again.stdout.contains("No changes"), "{}", again.stdout);
    project.edit("stacks/research.yaml", "  data: {type", "  more: {type: AWS::S3::Bucket}\n  data: {type");
    let alone = project.charter(&["apply", "-e", "local", "--yes", "research"]).succeeds();
    assert!(alone.stdout.contains("1 to create"), "{}", alone.stdout);
    assert!(project.charter(&["drift", "-e", "local", "--detailed-exitcode"]).succeeds().stdout.contains("No"));

    // What is in it goes; it stays, and is forgotten.
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    let left = project.inventory();
    assert!(left.iter().all(|line| !line.contains(&bucket)), "{left:#?}");
    assert_eq!(left.iter().filter(|line| line.contains(&id)).count(), 1, "{left:#?}");

    // Adopted by its id, it is filled again.
    let import = format!("    retain: true\n    import: \"{id}\"\n");
    project.edit("stacks/organization.yaml", "    retain: true\n", &import);
    assert_eq!(outputs(&project)["research"]["queue"], format!("jobs-{id}"));
}

#[test]
fn an_account_that_cannot_be_made_stops_what_is_to_be_in_it_and_nothing_else() {
    let project = TestProject::with_made_account();
    // The address of an account that is there already.
    let taken = project.charter(&["preview", "-e", "local"]).succeeds();
    assert!(taken.stdout.contains("Queue"), "{}", taken.stdout);
    project.edit("stacks/organization.yaml", "aws+research@example.com", "aws+111111111111@example.com");
    let failed = project.charter(&["apply", "-e", "local", "--yes"]);
    let failed = failed.ends_with(5);
    assert!(failed.stderr.contains("EMAIL_ALREADY_EXISTS"), "{}", failed.stderr);
    assert!(project.inventory().iter().all(|line| !line.contains("local-research-data-")));
    project.edit("stacks/organization.yaml", "aws+111111111111@example.com", "aws+research@example.com");
    let _ = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
}

#[test]
fn the_module_of_the_organization_makes_an_account_that_another_stack_fills() {
    let project = TestProject::with_stacks(&["organization"]);
    let environment = "environments/local.yaml";
    project.edit(
        environment,
        "accounts:\n  management",
        "accounts:\n  research: {from: organization/bank.member:research}\n  management",
    );
    let research =
        "      research: {name: research, email: aws+research@example.com, unit: data}\n      lake: {name: data-lake";
    project.edit(environment, "      lake: {name: data-lake", research);
    project.write(
        "stacks/lab.yaml",
        "stack: lab\naccount: research\nresources:\n  jobs: {type: AWS::SQS::Queue, properties: {QueueName: \"jobs-${account.id}\"}}\noutputs: {queue: \"${jobs.QueueName}\"}\n",
    );
    let made = outputs(&project);
    let id = made["organization"]["accountIds"]["research"].as_str().unwrap();
    assert_eq!(made["lab"]["queue"], format!("jobs-{id}"));
    let again = project.charter(&["preview", "-e", "local"]).succeeds();
    assert!(again.stdout.contains("No changes"), "{}", again.stdout);
}
