//! `parliament`, a linter of IAM policies that others wrote, over every policy that Charter makes.

use crate::World;
use crate::arns::{fill, form};
use charter_access::{Capability, ResourcePart, Statement, capabilities};
use charter_access::{PolicyDocument, Symbol};
use charter_catalog::Catalog;
use charter_lang::{Language, LoadOptions, load};
use charter_planner::{Mode, Observations, PlanRequest, ResolvedSecrets, Selection, plan};
use charter_state::Snapshot;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Actions on several kinds of resource at once, or on any one of several. `parliament` wants every kind in one statement; AWS
/// authorises each resource of a request by itself, whichever statement names it. Those of Bedrock take any one of eight kinds
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html>), and AWS's own policy names the
/// models in a statement of their own, under a condition
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html>). So it is with the condition on tags of
/// network interfaces (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html>).
const OF_SEVERAL_KINDS: &[&str] = &[
    "bedrock:GetInferenceProfile",
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "ec2:CreateNetworkInterface",
    // The web experience of Amazon Q Business has the policy that the source document gives, which names the application alone.
    "qbusiness:GetWebExperience",
];

/// What AWS lists and the list inside `parliament` does not have yet, as it says so. Sources: the pages of the Service
/// Authorization Reference for S3 Vectors
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3vectors.html>), for Amazon Q Business Q Apps
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonqbusinessqapps.html>) and for user subscriptions
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsusersubscriptions.html>).
const NEWER: &[&str] = &[
    "Unknown prefix s3vectors",
    "Unknown condition qapps:SessionIsShared for action qapps:GetQAppSessionMetadata",
    "Unknown condition qapps:UserIsSessionModerator for action qapps:GetQAppSessionMetadata",
    "Unknown condition qapps:UserIsSessionModerator for action qapps:UpdateQAppSessionMetadata",
    "Unknown condition user-subscriptions:CreateForSelf for action user-subscriptions:CreateClaim",
];

/// A finding: policy, issue, detail, actions.
type Finding = (String, String, String, Vec<String>);

const SCRIPT: &str = "
import json, sys
from parliament import analyze_policy_string
for name, document in json.load(sys.stdin).items():
    for finding in analyze_policy_string(json.dumps(document)).findings:
        print(json.dumps([name, finding.issue, str(finding.detail), [each['action'] for each in finding.detail] if finding.issue == 'RESOURCE_MISMATCH' else []]))
";

fn sample(form: &str) -> String {
    fill(form, |name| match name {
        "partition" => "aws".to_owned(),
        "region" => "us-east-2".to_owned(),
        "account" => "333333333333".to_owned(),
        "Path" => "/".to_owned(),
        _ => "0a1b2c3d4e".to_owned(),
    })
}

/// The policy that a grant of this capability comes to, on a made-up resource.
fn granted(capability: &Capability) -> PolicyDocument {
    let of = |attribute: &str| {
        let form = form(capability.type_name, attribute);
        sample(form.unwrap_or_else(|| panic!("{} has no form for {attribute}", capability.type_name)))
    };
    // As the language writes them: what allows the same under the same conditions is one statement.
    let mut statements: Vec<(&charter_access::Permission, Vec<String>)> = Vec::new();
    for permission in capability.permissions {
        let resource = match permission.on {
            ResourcePart::Attribute(name) => of(name),
            ResourcePart::Suffixed(name, suffix) => of(name) + suffix,
            ResourcePart::Pattern(pattern) => sample(pattern),
            ResourcePart::Objects(name) => of(name) + "/*",
            ResourcePart::Models => {
                "arn:aws:bedrock:us-east-2::foundation-model/amazon.titan-embed-text-v2:0".to_owned()
            }
        };
        let same = statements
            .iter_mut()
            .find(|(known, _)| known.actions == permission.actions && known.conditions == permission.conditions);
        match same {
            Some((_, resources)) => resources.push(resource),
            None => statements.push((permission, vec![resource])),
        }
    }
    PolicyDocument::new(statements.into_iter().map(|(permission, resources)| {
        let statement = Statement::allow(permission.actions.iter().copied()).on(resources);
        permission.conditions.iter().fold(statement, |statement, (operator, key, value)| {
            statement.when(
                operator,
                key,
                [form(capability.type_name, value).map_or_else(|| (*value).to_owned(), sample)],
            )
        })
    }))
}

/// Every identity policy of the stacks of this repository, in every environment and with either retriever.
fn of_the_stacks(all: &mut BTreeMap<String, serde_json::Value>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap();
    for environment in charter_lang::environments(root) {
        for retriever in ["kendra", "knowledge-base"] {
            let parameters = BTreeMap::from([("product-reviews.retriever".to_owned(), retriever.into())]);
            let options = LoadOptions { root: root.to_owned(), environment: environment.clone(), parameters };
            let loaded = load(&options, Catalog::embedded());
            let graph = loaded.graph.unwrap();
            let snapshot = Snapshot::new(graph.environment.clone(), "", "");
            let plan = plan(PlanRequest {
                graph: &graph,
                snapshot: &snapshot,
                observed: &Observations::default(),
                catalog: Catalog::embedded(),
                evaluator: &Language::new(),
                secrets: &ResolvedSecrets::default(),
                mode: Mode::Apply,
                selection: Selection::default(),
            })
            .unwrap();
            let world = World::planned(&graph, &snapshot, &plan, &Language::new());
            assert_eq!(world.problems, Vec::<String>::new());
            for policy in world.principals.values().flat_map(|entry| &entry.identity) {
                // What AWS's own managed policies say is not known here.
                match &policy.document {
                    Ok(document) => {
                        let name = format!("{environment} {retriever} {}", policy.name);
                        all.insert(name, known(&document.to_value().to_string()));
                    }
                    Err(why) => assert!(policy.name.contains(":iam::aws:policy/"), "{}: {why}", policy.name),
                }
            }
        }
    }
}

/// With something in the place of each symbol.
fn known(text: &str) -> serde_json::Value {
    let mut whole = Symbol::readable(text);
    while let (Some(begin), Some(end)) = (whole.find('‹'), whole.find('›')) {
        whole.replace_range(begin..end + '›'.len_utf8(), "0a1b2c3d4e");
    }
    serde_json::from_str(&whole).unwrap()
}

#[test]
fn parliament_finds_nothing_in_what_charter_makes() {
    let mut all: BTreeMap<String, serde_json::Value> = capabilities()
        .iter()
        .map(|each| (format!("grant {} on {}", each.name, each.type_name), granted(each).to_value()))
        .collect();
    of_the_stacks(&mut all);
    assert!(all.len() > capabilities().len() + 8, "no policies of the stacks: {:?}", all.keys());
    let bad = PolicyDocument::new([Statement::allow(["s3:NoSuchAction"]).on(["*"])]);
    all.insert("a bad policy".to_owned(), bad.to_value());
    let Some(python) = std::env::var_os("CHARTER_PYTHON") else {
        eprintln!("skipped: parliament needs CHARTER_PYTHON, see xtask/src/python.rs");
        return;
    };
    let mut linter = Command::new(python)
        .args(["-W", "ignore", "-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    linter.stdin.take().unwrap().write_all(serde_json::to_string(&all).unwrap().as_bytes()).unwrap();
    let output = linter.wait_with_output().unwrap();
    assert!(output.status.success(), "parliament did not run");
    let text = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Finding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A policy that it must find fault with is among them: silence would not prove that it looked.
    assert!(found.iter().any(|(policy, ..)| policy == "a bad policy"), "parliament looked at nothing");
    let expected = |(policy, _, detail, actions): &Finding| {
        let known = !actions.is_empty() && actions.iter().all(|action| OF_SEVERAL_KINDS.contains(&action.as_str()));
        policy == "a bad policy" || known || NEWER.contains(&detail.as_str())
    };
    let wrong: Vec<&Finding> = found.iter().filter(|finding| !expected(finding)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
