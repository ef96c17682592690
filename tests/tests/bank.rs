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

/// The accounts of a type, each once.
fn accounts_of<'a>(planned: &'a BTreeMap<String, (String, String)>, type_name: &str) -> Vec<&'a str> {
    let mut accounts: Vec<&str> =
        planned.values().filter(|(own, _)| own == type_name).map(|(_, account)| account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

#[test]
fn the_operating_model_decides_where_things_live() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let (lines, centre) = (["cards", "retail"].as_slice(), ["governance"].as_slice());
    let (both, trail) = (["cards", "governance", "retail"].as_slice(), ["management"].as_slice());
    let nowhere: &[&str] = &[];
    let open: &[&str] = &["retail"];
    let expected: [(&str, [&[&str]; 3]); 11] = [
        // decentralized, centralized, federated
        ("AWS::Bedrock::Guardrail", [lines, centre, both]),
        ("AWS::Bedrock::Agent", [lines, centre, both]),
        ("AWS::Bedrock::Flow", [lines, centre, both]),
        ("AWS::Bedrock::KnowledgeBase", [lines, both, both]),
        ("AWS::Logs::LogGroup", [lines, centre, both]),
        ("Charter::Bedrock::InvocationLogging", [lines, centre, both]),
        ("AWS::S3Vectors::Index", [lines, both, both]),
        // What is written down goes into the archive, but for what is regulated.
        ("AWS::KinesisFirehose::DeliveryStream", [centre, centre, centre]),
        ("AWS::Logs::SubscriptionFilter", [open, centre, &["governance", "retail"]]),
        ("AWS::Oam::Sink", [nowhere, centre, centre]),
        ("AWS::CloudTrail::Trail", [&["cards", "management", "retail"], trail, trail]),
    ];
    for (place, model) in ["decentralized", "centralized", "federated"].iter().enumerate() {
        let set = format!("operating-model.operatingModel={model}");
        let planned = planned(&project, &["--set", &set]);
        for (type_name, accounts) in &expected {
            assert_eq!(accounts_of(&planned, type_name), accounts[place], "{type_name}, {model}");
        }
        // What a line of business knows stays with it, with its vectors and its key, in all three.
        for line in lines {
            for part in ["documents", "index", "key", "knowledgeBase", "vectors"] {
                let address = format!("operating-model/knowledge:{line}.{part}");
                assert_eq!(planned[&address].1, *line, "{address}, {model}");
            }
        }
        // The archives are central.
        assert_eq!(planned["operating-model/audit.archive"].1, "governance");
        assert_eq!(planned["operating-model/logs.archive"].1, "governance");
        let archived: Vec<&String> = planned.keys().filter(|address| address.ends_with(".archiving")).collect();
        assert!(archived.iter().all(|address| !address.contains("cards")), "{archived:?}");
    }
}

/// The stack states what it expects for each line of business, so it holds for others than those that it names by default.
#[test]
fn the_operating_model_holds_for_other_lines_of_business() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let line =
        |promoted: bool| serde_json::json!({"costCenter": "1", "regulated": false, "promoted": promoted, "knows": "x"});
    let one = serde_json::json!({"marketing": line(true)});
    // Nothing to call, so no door to it; and nothing that may leave.
    let closed =
        serde_json::json!({"marketing": {"costCenter": "1", "regulated": true, "promoted": false, "knows": "x"}});
    let many = serde_json::json!({"cards": line(true), "lake": line(false), "marketing": line(false)});
    for model in ["decentralized", "centralized", "federated"] {
        let model = format!("operating-model.operatingModel={model}");
        let proved = |lines: &Value| {
            let lines = format!("operating-model.linesOfBusiness={lines}");
            let preview = ["preview", "-e", "local", "--offline", "--json", "--set", &model, "--set", &lines];
            let proof = project.charter(&preview).succeeds().json_lines("access-proof").pop().unwrap();
            assert_eq!(proof["undecided"], 0, "{model}, {lines}: {proof}");
            proof["proved"].as_u64().unwrap()
        };
        assert!(proved(&closed) > 0);
        let (one, many) = (proved(&one), proved(&many));
        assert!(many >= one + 12, "{model}: {many} for three lines of business, {one} for one");
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

/// Whose id nobody knows yet: what it may do, and what of it is archived, is known all the same.
#[test]
fn a_line_of_business_may_be_in_an_account_that_the_same_plan_makes() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let environment = "environments/local.yaml";
    let cards = "  cards: {id: \"666666666666\", role: OrganizationAccountAccessRole}\n";
    project.edit(environment, cards, &format!("{cards}  research: {{from: \"organization/bank.member:research\"}}\n"));
    let unit = "aws+cards@example.com, unit: lines-of-business}\n";
    let research = "      research: {name: research, email: aws+research@example.com, unit: lines-of-business}\n";
    project.edit(environment, unit, &format!("{unit}{research}"));
    let lines =
        serde_json::json!({"research": {"costCenter": "1", "regulated": false, "promoted": true, "knows": "x"}});
    let lines = format!("operating-model.linesOfBusiness={lines}");
    for model in ["decentralized", "centralized", "federated"] {
        let model = format!("operating-model.operatingModel={model}");
        let run = project.charter(&["preview", "-e", "local", "--offline", "--json", "--set", &model, "--set", &lines]);
        let proof = run.succeeds().json_lines("access-proof").pop().unwrap();
        assert_eq!(proof["undecided"], 0, "{model}: {proof}");
        assert!(proof["proved"].as_u64() > Some(12), "{model}: {proof}");
    }
}

/// Every account is recorded into the central archive: by the organization's trail where the organization is the environment's, else by
/// a trail of its own.
#[test]
fn every_account_is_recorded_centrally_in_every_environment() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    for (environment, is_organization) in [("local", true), ("prod", true), ("dev", false), ("test", false)] {
        let preview = ["preview", "-e", environment, "--offline", "--json"];
        let plan = project.charter(&preview).succeeds().json_lines("plan").pop().unwrap();
        let operations = plan["operations"].as_array().unwrap();
        let of_type = |name: &str| operations.iter().filter(|each| each["type"] == name).collect::<Vec<_>>();
        let trails = of_type("AWS::CloudTrail::Trail");
        let mut accounts: Vec<&str> =
            trails.iter().map(|trail| trail["placement"]["account"].as_str().unwrap()).collect();
        accounts.sort_unstable();
        let everybody = ["cards", "governance", "lake", "management", "marketing", "retail"].as_slice();
        assert_eq!(accounts, if is_organization { &["management"] } else { everybody }, "{environment}");
        let trusted = of_type("Charter::Organizations::ServiceAccess").len();
        assert_eq!(trusted, usize::from(is_organization), "{environment}");
        let archives = operations.iter().filter(|each| each["address"] == "operating-model/audit.archive");
        let places: Vec<&Value> = archives.map(|each| &each["placement"]["account"]).collect();
        assert_eq!(places, ["governance"], "{environment}");
    }
}

/// A guardrail that changes gets another version; aliases move on to what stands behind it, and nobody has to call anything else.
#[test]
fn what_is_live_moves_on_with_its_guardrail() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let apply = ["apply", "-e", "local", "--yes"];
    let shown = |address: &str| -> Value {
        let address = format!("operating-model/lobAssistant:retail.{address}");
        let shown = project.charter(&["state", "show", "-e", "local", &address]).succeeds();
        serde_json::from_str(&shown.stdout).unwrap()
    };
    let _ = project.charter(&apply).succeeds();
    let before = shown("agentAlias")["attributes"].clone();
    assert_eq!(before["RoutingConfiguration"][0]["AgentVersion"], "1");
    project.edit("modules/guardrail/module.yaml", "default: investment advice", "default: insurance advice");
    let _ = project.charter(&apply).succeeds();
    let after = shown("agentAlias")["attributes"].clone();
    assert_eq!(after["RoutingConfiguration"][0]["AgentVersion"], "2", "{after}");
    assert_eq!(after["AgentAliasArn"], before["AgentAliasArn"]);
    assert_eq!(shown("agent")["attributes"]["GuardrailConfiguration"]["GuardrailVersion"], "2");
    assert_eq!(shown("flowAlias")["attributes"]["RoutingConfiguration"][0]["FlowVersion"], "2");
    let again = project.charter(&apply).succeeds();
    assert!(again.stdout.contains("No changes"), "{}", again.stdout);
}

/// Only a profile leads to the model here: that is told before anything is made.
#[test]
fn a_model_that_only_a_profile_leads_to_is_told_before_anything_is_made() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let (through, direct) = ("FoundationModel: ${calls.arns[0]}", "FoundationModel: amazon.nova-lite-v1:0");
    project.edit("modules/assistant/module.yaml", through, direct);
    let run = project.charter(&["apply", "-e", "local", "--yes"]).ends_with(3);
    assert!(run.stderr.contains("calls amazon.nova-lite-v1:0 through an inference profile only"), "{}", run.stderr);
    assert_eq!(project.inventory(), Vec::<String>::new());
}

#[test]
fn the_central_team_reads_no_data_of_a_line_of_business() {
    let project = TestProject::with_stacks(&["operating-model", "organization"]);
    let validate = ["validate", "-e", "local"];
    // Whatever its own policy says: the other account does not let it in.
    project.edit(STACK, "Resource: [\"${audit.archiveArn}/*\", \"${logs.archiveArn}/*\"]", "Resource: \"*\"");
    let held = project.charter(&validate).succeeds();
    assert!(held.stderr.contains("expectations about access hold"), "{}", held.stderr);
    // Unless both sides do.
    let module = "modules/knowledge-base/module.yaml";
    let (closed, open) =
        ("- Sid: OnlyThisAccount\n            Effect: Deny", "- Sid: Anybody\n            Effect: Allow");
    project.edit(module, closed, open);
    let violated = project.charter(&validate).ends_with(6);
    for expected in ["charter::access-violated", "s3:GetObject", "Anybody", "ReadTheArchives"] {
        assert!(violated.stderr.contains(expected), "{expected} is missing from\n{}", violated.stderr);
    }
}
