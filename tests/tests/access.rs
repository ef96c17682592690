//! Access as a user meets it: expectations proved on a preview, violated, about nobody; who may do what, and why.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;

const STACK: &str = "stacks/product-reviews.yaml";
const PREVIEW: &[&str] = &["preview", "-e", "local", "--offline"];

#[test]
fn expectations_of_this_repository_are_proved_before_anything_exists() {
    let project = TestProject::with_stacks(&["product-reviews"]);
    let run = project.charter(PREVIEW).succeeds();
    assert!(run.stderr.contains("4 expectations about access hold"), "{}", run.stderr);
    assert!(
        run.stdout.contains("+ product-reviews/reader  kendra:Query  arn:aws:kendra:us-east-2:333333333333:index/"),
        "{}",
        run.stdout
    );
    let validated = project.charter(&["validate", "-e", "local"]).succeeds();
    assert!(validated.stderr.contains("4 expectations about access hold"), "{}", validated.stderr);
}

#[test]
fn a_violated_expectation_ends_with_6_and_underlines_the_statement() {
    let project = TestProject::with_stacks(&["product-reviews"]);
    project.edit(STACK, "Resource: ${knowledge.retrieverArn}", "Resource: \"*\"");
    for command in [PREVIEW, &["validate", "-e", "local"]] {
        let run = project.charter(command).ends_with(6);
        let line = 1 + project.read(STACK).lines().position(|line| line.contains("Sid: AskTheRetriever")).unwrap();
        for expected in
            ["charter::access-violated", "kendra:Query", "AskTheRetriever", "allows it", &format!("{STACK}:{line}")]
        {
            assert!(run.stderr.contains(expected), "{expected} is missing from\n{}", run.stderr);
        }
    }
    let applied = project.charter(&["apply", "-e", "local", "--yes"]).ends_with(6);
    assert!(applied.stderr.contains("nothing was touched"), "{}", applied.stderr);
    assert_eq!(project.inventory(), Vec::<String>::new());
}

/// One line that stands for several: told is which of them does not hold, and those that do are counted each.
#[test]
fn an_expectation_with_for_each_is_told_by_its_key() {
    let project = TestProject::with_stacks(&[]);
    project.write(
        "stacks/queues.yaml",
        r#"stack: queues
account: retail
parameters:
  lines: {type: object, default: {retail: {may: true}, cards: {may: true}, loans: {may: false}}}
resources:
  role:
    forEach: ${parameters.lines}
    type: AWS::IAM::Role
    properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: send
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "${queue[each.key].Arn}"}]
  queue: {type: AWS::SQS::Queue, forEach: "${parameters.lines}"}
access:
  - forEach: ${parameters.lines}
    when: ${each.value.may}
    principal: ${role[each.key]}
    action: sqs:SendMessage
    resource: ${queue[each.key]}
    expect: allow
  - forEach: ${keys(parameters.lines).filter(name, name != 'retail')}
    principal: ${role[each.key]}
    action: sqs:SendMessage
    resource: ${queue['retail']}
    expect: deny
"#,
    );
    let stack = "stacks/queues.yaml";
    let held = project.charter(&["preview", "-e", "local", "--offline"]).succeeds();
    assert!(held.stderr.contains("4 expectations about access hold"), "{}", held.stderr);
    let fewer = ["preview", "-e", "local", "--offline", "--set", r#"lines={"retail":{"may":true}}"#];
    let held = project.charter(&fewer).succeeds();
    assert!(held.stderr.contains("1 expectation about access holds"), "{}", held.stderr);

    project.edit(
        stack,
        "Resource: \"${queue[each.key].Arn}\"",
        "Resource: \"${each.key == 'cards' ? '*' : queue[each.key].Arn}\"",
    );
    let line = 1 + project.read(stack).lines().position(|line| line.contains("- forEach: ${keys")).unwrap();
    let run = project.charter(PREVIEW).ends_with(6);
    for expected in ["one expectation does not hold", "expected here, where each.key is cards", "queues/role:cards"] {
        assert!(run.stderr.contains(expected), "{expected} is missing from\n{}", run.stderr);
    }
    assert!(!run.stderr.contains("each.key is loans"), "{}", run.stderr);
    let run = project.charter(&[PREVIEW, &["--json"]].concat()).ends_with(6);
    let told = run.json_lines("diagnostic").pop().expect("a violated expectation is told");
    assert_eq!(told["code"], "charter::access-violated");
    let labels = told["labels"].as_array().unwrap();
    let expected = labels.iter().find(|label| label["text"] == "expected here, where each.key is cards");
    let expected = expected.unwrap_or_else(|| panic!("the expectation is not named: {told:#}"));
    assert_eq!((expected["file"].as_str(), expected["line"].as_u64()), (Some(stack), Some(line as u64)));
}

#[test]
fn what_nobody_grants_is_not_allowed() {
    let project = TestProject::with_stacks(&["product-reviews"]);
    project.edit(STACK, "action: [kendra:Query, kendra:Retrieve]", "action: kendra:DescribeIndex");
    let run = project.charter(PREVIEW).ends_with(6);
    assert!(run.stderr.contains("expected to be allowed, but is not allowed"), "{}", run.stderr);
}

#[test]
fn an_expectation_about_nobody_is_invalid_input() {
    let project = TestProject::with_stacks(&["product-reviews"]);
    project.edit(STACK, "principal: \"${reader}\"", "principal: \"arn:aws:iam::333333333333:role/nobody\"");
    let run = project.charter(PREVIEW).ends_with(3);
    assert!(run.stderr.contains("charter::unknown-principal"), "{}", run.stderr);
    assert!(run.stderr.contains("there is no principal arn:aws:iam::333333333333:role/nobody"), "{}", run.stderr);
}

/// What another stack would give is not given by this plan.
#[test]
fn a_preview_of_one_stack_tells_the_access_that_it_changes_and_no_other() {
    let project = TestProject::of_the_repository();
    let preview = ["preview", "-e", "local", "--offline", "--json", "product-reviews"];
    let changes = project.charter(&preview).succeeds().json_lines("access-changes").pop().unwrap().to_string();
    assert!(changes.contains("product-reviews/knowledge.dataSourceRole"), "{changes}");
    for other in ["lines-of-business", "operating-model", "data-lake", "marketing"] {
        assert!(!changes.contains(other), "{other} is not selected: {changes}");
    }
}

#[test]
fn access_lists_who_may_do_what_and_why() {
    let project = TestProject::with_stacks(&["product-reviews"]);
    let list = project.charter(&["access", "-e", "local"]).succeeds();
    assert!(list.stdout.contains("product-reviews/reader"), "{}", list.stdout);
    assert!(list.stdout.contains("kendra:Retrieve"), "{}", list.stdout);
    let matrix = project.charter(&["access", "-e", "local", "--matrix"]).succeeds();
    assert!(matrix.stdout.starts_with("| resource | action |"), "{}", matrix.stdout);
    let rows = project.charter(&["access", "-e", "local", "--json"]).succeeds();
    assert!(rows.json_lines("access").len() > 5, "{}", rows.stdout);
    let why = |action: &str, resource: &str| {
        project.charter(&["access", "-e", "local", "why", "product-reviews/reader", action, resource]).succeeds().stdout
    };
    let allowed = why("kendra:Query", "product-reviews/knowledge.index");
    assert!(
        allowed.starts_with("allowed") && allowed.contains("AskTheRetriever") && allowed.contains(STACK),
        "{allowed}"
    );
    let denied = why("kendra:DeleteIndex", "product-reviews/knowledge.index");
    assert!(denied.starts_with("denied: no identity policy allows it"), "{denied}");
    let nobody =
        project.charter(&["access", "-e", "local", "why", "product-reviews/nobody", "s3:GetObject", "*"]).ends_with(3);
    assert!(nobody.stderr.contains("product-reviews/nobody"), "{}", nobody.stderr);
}
