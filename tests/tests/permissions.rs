//! The deployer's own policies, over the whole platform of the local environment: what `charter permissions` finds is enough to apply
//! and destroy it with the policies of IAM enforced, and nothing in it can go.
//!
//! That no action can go is proved twice. In the run with exactly these policies, the simulator judges each call a second time as if
//! no policy of the deployer named its action, in the very state in which the call is made: each action must turn at least one call
//! into a refusal. And whole runs without one action are refused: `CHARTER_SAMPLE` of them (one by default), drawn by `CHARTER_SEED`;
//! with `CHARTER_EVERY_PERMISSION=1` one for every action there is.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail loudly"
)]

use charter_access::{PolicyDocument, Refused};
use charter_catalog::Catalog;
use charter_lang::{Language, LoadOptions};
use charter_model::DesiredGraph;
use charter_permissions::{
    AccountPermissions, Attachment, Enforced, INLINE_LIMIT, MOST_POLICIES, POLICY_LIMIT, Rehearsal, RehearsalRequest,
    permissions, rehearse, size,
};
use charter_planner::Selection;
use charter_simulator::{DeployerPolicies, Organization, Settings, Simulator};
use charter_tests::repository;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// How many whole runs without one action there are by default.
const SAMPLE: usize = 1;

static PLATFORM: LazyLock<DesiredGraph> = LazyLock::new(|| {
    let options =
        LoadOptions { root: repository().to_owned(), environment: "local".to_owned(), ..LoadOptions::default() };
    let loaded = charter_lang::load(&options, Catalog::embedded());
    let diagnostics = loaded.diagnostics;
    loaded.graph.unwrap_or_else(|| panic!("the stacks do not load: {diagnostics:?}"))
});

/// The rehearsal in which everything is allowed.
static OPEN: LazyLock<Rehearsal> = LazyLock::new(|| run(None));

static FOUND: LazyLock<Vec<AccountPermissions>> = LazyLock::new(|| permissions(&OPEN, &PLATFORM));

fn run(enforced: Option<&Enforced>) -> Rehearsal {
    let request =
        RehearsalRequest { graph: &PLATFORM, selection: Selection::default(), evaluator: &Language::new(), enforced };
    rehearse(&request).unwrap_or_else(|error| panic!("{error}"))
}

/// The policies as they are handed to IAM.
fn policies(account: &AccountPermissions) -> DeployerPolicies {
    let mut policies = DeployerPolicies::default();
    for policy in size(account) {
        let text = policy.document.to_string();
        match policy.attachment {
            Attachment::Managed => policies.managed.push(text),
            Attachment::Inline => policies.inline.push(text),
        }
    }
    policies
}

fn enforced(accounts: &[AccountPermissions]) -> Enforced {
    accounts.iter().filter_map(|account| Some((account.id.clone()?, policies(account)))).collect()
}

fn actions(account: &AccountPermissions) -> BTreeSet<&String> {
    account.permissions.iter().flat_map(|permission| &permission.statement.action).collect()
}

/// The same without one action of one account.
fn without(accounts: &[AccountPermissions], place: usize, action: &str) -> Enforced {
    let mut accounts = accounts.to_vec();
    let permissions = &mut accounts[place].permissions;
    for permission in permissions.iter_mut() {
        permission.statement.action.remove(action);
    }
    permissions.retain(|permission| !permission.statement.action.is_empty());
    enforced(&accounts)
}

/// Whether what is refused is told in full: the action, on what, and a statement that allows it.
fn is_told(message: &str, action: &str) -> bool {
    let Some(refused) = Refused::read(message) else { return false };
    let statement = refused.statement().and_then(|statement| serde_json::to_value(statement).ok());
    let expected = serde_json::json!({"Effect": "Allow", "Action": action, "Resource": refused.resource});
    refused.action.as_deref() == Some(action) && statement == Some(expected)
}

#[test]
fn the_least_policies_are_enough_and_each_action_is_needed() {
    let started = std::time::Instant::now();
    assert_eq!(OPEN.problems, [""; 0], "everything can be rehearsed");
    assert_eq!(OPEN.refusals, []);
    assert_eq!(OPEN.left, [""; 0], "and goes in the end");
    assert_eq!(OPEN.unlisted, BTreeSet::new(), "what every handler calls is known");
    assert_eq!(OPEN.adopted.len(), 6, "the organization and its members: {:?}", OPEN.adopted);
    println!("open: {:?}, {} calls to IAM, {} edits", started.elapsed(), OPEN.authorizations.len(), OPEN.edits);
    let accounts = &*FOUND;
    assert_eq!(accounts.len(), PLATFORM.accounts.len(), "there is something to do in every account");

    let started = std::time::Instant::now();
    let enough = run(Some(&enforced(accounts)));
    println!("enforced: {:?}", started.elapsed());
    assert_eq!(enough.refusals, [], "exactly these policies are enough");
    assert_eq!(enough.problems, [""; 0]);
    assert_eq!(enough.left, [""; 0]);
    assert_eq!(&permissions(&enough, &PLATFORM), accounts, "a second rehearsal, with the policies, asks for the same");

    let mut number = 0;
    let mut unneeded = Vec::new();
    for account in accounts {
        for action in actions(account) {
            number += 1;
            let own = enough
                .authorizations
                .iter()
                .filter(|each| Some(&each.account) == account.id.as_ref() && each.action == *action);
            let mut refusals = own.filter_map(|each| each.denied_without.as_ref()).peekable();
            if refusals.peek().is_none() || !refusals.all(|message| is_told(message, action)) {
                unneeded.push(format!("{} {action}", account.account));
            }
        }
    }
    println!("{number} actions");
    assert!(number > 400, "{number}");
    assert_eq!(unneeded, [""; 0], "without any one action a call is refused, and told in full");
}

#[test]
fn whoever_lacks_one_action_is_refused_and_told_which() {
    let every: Vec<(usize, &String)> = FOUND
        .iter()
        .enumerate()
        .flat_map(|(place, account)| actions(account).into_iter().map(move |action| (place, action)))
        .collect();
    let chosen = match std::env::var_os("CHARTER_EVERY_PERMISSION") {
        Some(_) => every,
        None => {
            let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
            let most = number("CHARTER_SAMPLE").map_or(SAMPLE, |most| most as usize);
            fastrand::Rng::with_seed(number("CHARTER_SEED").unwrap_or(0)).choose_multiple(every, most)
        }
    };
    let mut unneeded = Vec::new();
    for (number, (place, action)) in chosen.iter().enumerate() {
        let account = &FOUND[*place];
        let started = std::time::Instant::now();
        let less = run(Some(&without(&FOUND, *place, action)));
        let told = less.refusals.iter().filter(|refusal| is_told(&refusal.message, action)).count();
        println!(
            "{} of {}: {} without {action}: {} refusals, {told} for it, {:?}",
            number + 1,
            chosen.len(),
            account.account,
            less.refusals.len(),
            started.elapsed()
        );
        if told == 0 {
            unneeded.push(format!("{} {action}: {:?} {:?}", account.account, less.refusals, less.problems));
        }
    }
    assert_eq!(unneeded, [""; 0]);
}

#[test]
fn policies_are_within_the_limits_of_iam_and_name_what_needs_them() {
    for account in &*FOUND {
        let policies = size(account);
        println!("{}: {} policies, {} actions", account.account, policies.len(), actions(account).len());
        assert!(policies.len() <= MOST_POLICIES, "{}", account.account);
        for policy in policies {
            let text = policy.document.to_string();
            assert!(length(&text) <= POLICY_LIMIT);
            assert!(policy.needs.iter().all(|needs| !needs.is_empty()));
            // An id that AWS makes is in no policy.
            assert!(!text.contains("vpc-0"), "{text}");
        }
    }
}

fn length(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// One role for the whole platform is more than ten managed policies hold.
#[test]
fn what_is_too_much_for_a_role_is_split_and_iam_takes_it() {
    let mut whole = FOUND[0].clone();
    whole.permissions = FOUND.iter().flat_map(|account| account.permissions.clone()).collect();
    for (number, permission) in whole.permissions.iter_mut().enumerate() {
        permission.statement.sid = Some(format!("Statement{number}"));
    }
    let policies_of_all = size(&whole);
    let used: Vec<usize> = policies_of_all.iter().map(|policy| length(&policy.document.to_string())).collect();
    println!("one role: {used:?}");
    let mut allowed: BTreeSet<(String, String, String)> = BTreeSet::new();
    for policy in &policies_of_all {
        let limit = if policy.attachment == Attachment::Inline { INLINE_LIMIT } else { POLICY_LIMIT };
        let text = policy.document.to_string();
        assert!(length(&text) <= limit);
        let document = PolicyDocument::from_json(&text).expect("a document");
        allowed.extend(document.statement.iter().flat_map(rows));
    }
    let wanted: BTreeSet<_> = whole.permissions.iter().flat_map(|permission| rows(&permission.statement)).collect();
    assert_eq!(allowed, wanted, "nothing is lost and nothing is added");

    let simulator = Simulator::open(Settings::default(), None).expect("a cloud");
    let organization = Organization::of(&PLATFORM.accounts).expect("accounts");
    simulator.seed(&organization).expect("accounts");
    let member = &organization.members[0];
    let managed = policies_of_all.iter().filter(|policy| policy.attachment == Attachment::Managed).count();
    let given = simulator.restrict(member, &policies(&whole));
    match managed <= MOST_POLICIES {
        true => given.expect("IAM takes them"),
        false => assert!(given.is_err(), "more than the quota is refused"),
    }
}

/// What a statement allows, one by one.
fn rows(statement: &charter_access::Statement) -> Vec<(String, String, String)> {
    let conditions = serde_json::to_value(statement).expect("JSON").get("Condition").map(ToString::to_string);
    let row =
        |action: &String, resource: &String| (action.clone(), resource.clone(), conditions.clone().unwrap_or_default());
    statement
        .action
        .iter()
        .flat_map(|action| statement.resource.iter().map(move |resource| row(action, resource)))
        .collect()
}

const LINTER: &str = "
import json, sys
from parliament import analyze_policy_string
for name, document in json.load(sys.stdin).items():
    for finding in analyze_policy_string(json.dumps(document)).findings:
        actions = [each['action'] for each in finding.detail] if finding.issue == 'RESOURCE_MISMATCH' else []
        print(json.dumps([name, finding.issue, str(finding.detail), actions]))
";

/// A finding: policy, issue, detail, actions.
type Finding = (String, String, String, Vec<String>);

/// What AWS lists and the list inside `parliament` does not have yet, as it says so. Source: Service Authorization Reference, Amazon S3
/// Vectors (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3vectors.html>).
const NEWER: &[&str] = &["Unknown prefix s3vectors"];

/// What is as it must be: a deployer that sets the policies and the life cycles of buckets could by them come to objects that it may
/// not touch, which is what `parliament` warns of; and AWS's own permissions of RAM are in the account `aws`
/// (<https://docs.aws.amazon.com/ram/latest/userguide/security-ram-permissions.html>).
fn must_be(finding: &Finding) -> bool {
    let (policy, issue, detail, _) = finding;
    let escalates = issue == "RESOURCE_POLICY_PRIVILEGE_ESCALATION"
        && ["s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"].iter().any(|action| detail.ends_with(action));
    let of_aws = issue == "INVALID_ARN" && detail == "Account expected to be of form like 123456789012";
    escalates || of_aws && (policy.contains("ram:") || policy.starts_with("governance "))
}

/// `parliament` wants all kinds of resource that an action is about in one statement; AWS authorises each resource of a request by
/// itself, whichever statement names it. So an action whose resources stand in several statements (under different conditions, or
/// because of their number) is looked at once more with all of them.
#[test]
fn parliament_finds_nothing_in_them() {
    let mut all: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    for account in &*FOUND {
        for (number, policy) in size(account).into_iter().enumerate() {
            all.insert(format!("{} {number}", account.account), policy.document);
        }
        for action in actions(account) {
            let own = account.permissions.iter().filter(|permission| permission.statement.action.contains(action));
            let resources: BTreeSet<String> =
                own.flat_map(|permission| permission.statement.resource.clone()).collect();
            let whole = PolicyDocument::new([charter_access::Statement::allow([action.clone()]).on(resources)]);
            all.insert(format!("{} {action}", account.account), whole.to_value());
        }
    }
    let bad = PolicyDocument::new([charter_access::Statement::allow(["s3:NoSuchAction"]).on(["*"])]);
    all.insert("a bad policy".to_owned(), bad.to_value());
    let Some(python) = std::env::var_os("CHARTER_PYTHON") else {
        eprintln!("skipped: CHARTER_PYTHON names no Python with parliament (cargo xtask test sets it)");
        return;
    };
    let mut linter = Command::new(python)
        .args(["-W", "ignore", "-c", LINTER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let input = serde_json::to_string(&all).expect("JSON");
    linter.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("python reads");
    let output = linter.wait_with_output().expect("python ends");
    assert!(output.status.success(), "parliament did not run");
    let text = String::from_utf8(output.stdout).expect("text");
    let found: Vec<Finding> = text.lines().map(|line| serde_json::from_str(line).expect("a finding")).collect();
    assert!(found.iter().any(|(policy, ..)| policy == "a bad policy"), "parliament looked at nothing");
    let looked_at_whole = |(policy, _, _, actions): &Finding| {
        // The numbered ones are the printed policies.
        let (account, number) = policy.rsplit_once(' ').expect("account and number");
        let whole = |action: &String| all.contains_key(&format!("{account} {action}"));
        number.parse::<usize>().is_ok() && !actions.is_empty() && actions.iter().all(whole)
    };
    let wrong: Vec<&Finding> = found
        .iter()
        .filter(|finding| {
            finding.0 != "a bad policy"
                && !NEWER.contains(&finding.2.as_str())
                && !must_be(finding)
                && !looked_at_whole(finding)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
