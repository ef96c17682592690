//! The bank: an organization, a data mesh and generative AI over six accounts in one plan, through the program. And what the modules
//! that it is made of say of themselves.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{TestProject, repository};
use serde_json::Value;
use std::collections::BTreeMap;

const STACK: &str = "stacks/operating-model.yaml";

/// What the bank is made of.
const BANK: &[&str] = &[
    "data-governance",
    "data-lake",
    "lines-of-business",
    "marketing",
    "operating-model",
    "organization",
    "product-reviews",
];

/// The operations of a plan that nothing was asked for, by address: type and account.
fn planned(project: &TestProject, more: &[&str]) -> BTreeMap<String, (String, String)> {
    let arguments = [&["preview", "-e", "local", "--offline", "--json"], more].concat();
    let plan = project.charter(&arguments).succeeds().json_lines("plan").pop().expect("a preview shows a plan");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let operations = plan["operations"].as_array().unwrap().iter();
    operations
        .map(|each| (text(&each["address"]), (text(&each["type"]), text(&each["placement"]["account"]))))
        .collect()
}

#[test]
fn the_bank_is_made_is_stable_and_goes() {
    let project = TestProject::with_stacks(BANK);
    let first = project.charter(&["apply", "-e", "local", "--yes", "--json"]).succeeds();
    let summary = first.json_lines("summary").pop().unwrap();
    assert_eq!(summary["failed"].as_array().map(Vec::len), Some(0), "{summary}");
    let outputs = first.json_lines("outputs").pop().unwrap();
    let output = |stack: &str, name: &str| outputs["outputs"][stack][name].clone();
    assert!(output("data-governance", "domainId").as_str().unwrap().starts_with("dzd_"), "{outputs}");
    assert_eq!(output("organization", "accountIds")["lake"], "444444444444");
    assert_eq!(output("data-lake", "listingIds").as_object().map(serde_json::Map::len), Some(2), "{outputs}");
    let inventory = project.inventory();
    for account in ["111111111111", "222222222222", "333333333333", "444444444444", "555555555555", "666666666666"] {
        assert!(inventory.iter().any(|line| line.starts_with(account)), "nothing in {account}: {inventory:#?}");
    }

    let second = project.charter(&["apply", "-e", "local", "--yes"]).succeeds();
    assert!(second.stdout.contains("No changes"), "{}", second.stdout);
    assert_eq!(project.inventory(), inventory);

    // Accounts and the organization stay, and it says so; everything else goes.
    let destroyed = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert!(destroyed.stdout.contains("it is retained: the real one stays"), "{}", destroyed.stdout);
    assert_eq!(project.inventory(), Vec::<String>::new());

    // They can be adopted again.
    let _ = project.charter(&["apply", "-e", "local", "--yes", "organization"]).succeeds();
    let _ = project.charter(&["destroy", "-e", "local", "--yes"]).succeeds();
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn every_module_has_an_example_and_a_readme() {
    for entry in std::fs::read_dir(repository().join("modules")).unwrap() {
        let module = entry.unwrap().path();
        let name = module.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| std::fs::read_to_string(module.join(file)).expect("every module has it");
        assert!(read("README.md").starts_with(&format!("# {name}\n")), "the README of {name}");
        let project = TestProject::with_stacks(&[]);
        project.write("stacks/example.yaml", &read("example.yaml"));
        assert!(!planned(&project, &[]).is_empty(), "{name} makes nothing");
    }
}

/// The accounts of a type, each once, of the operating model's stack.
fn accounts_of(project: &TestProject, model: &str, type_name: &str) -> Vec<String> {
    let set = format!("operating-model.operatingModel={model}");
    let planned = planned(project, &["--set", &set]);
    let mut accounts: Vec<String> =
        planned.into_values().filter(|(own, _)| own == type_name).map(|(_, account)| account).collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

#[test]
fn the_operating_model_decides_where_things_live() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let (lines, centre) = (["cards", "retail"].as_slice(), ["governance"].as_slice());
    let (both, trail) = (["cards", "governance", "retail"].as_slice(), ["management"].as_slice());
    let nowhere: &[&str] = &[];
    let expected: [(&str, [&[&str]; 3]); 8] = [
        // decentralized, centralized, federated
        ("AWS::Bedrock::Guardrail", [lines, centre, both]),
        ("AWS::Bedrock::Agent", [lines, centre, both]),
        ("AWS::Bedrock::Flow", [lines, centre, both]),
        ("AWS::Bedrock::KnowledgeBase", [lines, both, both]),
        ("AWS::Logs::LogGroup", [lines, centre, both]),
        ("AWS::S3Vectors::Index", [lines, both, both]),
        ("AWS::Oam::Sink", [nowhere, centre, centre]),
        ("AWS::CloudTrail::Trail", [&["cards", "management", "retail"], trail, trail]),
    ];
    for (place, model) in ["decentralized", "centralized", "federated"].iter().enumerate() {
        for (type_name, accounts) in &expected {
            assert_eq!(accounts_of(&project, model, type_name), accounts[place], "{type_name}, {model}");
        }
        // What a line of business knows stays with it, with its vectors and its key, in all three.
        let set = format!("operating-model.operatingModel={model}");
        let planned = planned(&project, &["--set", &set]);
        for line in lines {
            for part in ["documents", "index", "key", "knowledgeBase", "vectors"] {
                let address = format!("operating-model/knowledge:{line}.{part}");
                assert_eq!(planned[&address].1, *line, "{address}, {model}");
            }
        }
        // The archive is central.
        assert_eq!(planned["operating-model/audit.archive"].1, "governance");
    }
}

/// The stack states what it expects for each line of business, so it holds for others than those that it names by default.
#[test]
fn the_operating_model_holds_for_other_lines_of_business() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let line = |promoted: bool| serde_json::json!({"regulated": false, "promoted": promoted, "knows": "x"});
    let many = serde_json::json!({"cards": line(true), "lake": line(false), "marketing": line(false)});
    // Each alone, against each of the two others, and what was taken over: see the stack.
    let expected = [
        (serde_json::json!({"marketing": line(true)}), [9, 13, 12]),
        (many, [3 + 3 * 6, 3 + 3 * 10 + 6 * 2, 3 + 3 * 6 + 3 + 6 + 1 + 2 + 6 + 1 + 2]),
    ];
    for (lines, counts) in expected {
        for (model, count) in ["decentralized", "centralized", "federated"].iter().zip(counts) {
            let model = format!("operating-model.operatingModel={model}");
            let lines = format!("operating-model.linesOfBusiness={lines}");
            let preview = ["preview", "-e", "local", "--offline", "--set", &model, "--set", &lines];
            let run = project.charter(&preview).succeeds();
            let told = format!("✓ {count} expectations about access hold");
            assert!(run.stderr.contains(&told), "{told}: {}", run.stderr);
        }
    }
    // A door that opens to others than its own line of business is told with the pair.
    project.edit(
        STACK,
        "trustedRoleArn: ${centralAssistant[each.key].applicationRoleArn}",
        "trustedRoleArn: ${centralAssistant['cards'].applicationRoleArn}",
    );
    project.edit(STACK, "Resource: \"${knowledgeDoor[each.key].roleArn}\"", "Resource: \"*\"");
    let run = project
        .charter(&["preview", "-e", "local", "--offline", "--set", "operating-model.operatingModel=centralized"])
        .ends_with(6);
    assert!(run.stderr.contains("expected here, where each.key is cards_to_retail"), "{}", run.stderr);
}

#[test]
fn the_central_team_reads_no_data_of_a_line_of_business() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let validate = ["validate", "-e", "local"];
    // Whatever its own policy says: the other account does not let it in.
    project.edit(STACK, "Resource: ${audit.archiveArn}/*", "Resource: \"*\"");
    let held = project.charter(&validate).succeeds();
    assert!(held.stderr.contains("expectations about access hold"), "{}", held.stderr);
    // Unless both sides do.
    let module = "modules/knowledge-base/module.yaml";
    let (closed, open) =
        ("- Sid: OnlyThisAccount\n            Effect: Deny", "- Sid: Anybody\n            Effect: Allow");
    project.edit(module, closed, open);
    let violated = project.charter(&validate).ends_with(6);
    for expected in ["charter::access-violated", "s3:GetObject", "Anybody", "ReadTheArchive"] {
        assert!(violated.stderr.contains(expected), "{expected} is missing from\n{}", violated.stderr);
    }
}
