//! A deployer with exactly the policies that `charter permissions` prints, as a person sets it up: a role of its own, used by the real
//! binary with the policies of IAM enforced. What is taken away is missed, told with the statement to add, and enough once added.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{Run, TestProject};
use serde_json::{Value, json};

const WORK: &str = "stack: work
account: retail
resources:
  bucket:
    type: AWS::S3::Bucket
    properties: {BucketName: work-of-retail}
  log:
    type: AWS::Logs::LogGroup
    properties: {LogGroupName: /work/retail, RetentionInDays: 30}
  reader:
    type: AWS::IAM::Role
    properties:
      RoleName: reader
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
";

fn project() -> TestProject {
    let project = TestProject::empty();
    project.write(
        "environments/local.yaml",
        "environment: local\ntarget: simulator\nregion: us-east-1\naccounts:\n  main: {id: \"111111111111\"}\n  \
         retail: {id: \"333333333333\", role: Deployer}\nsimulator: {timeScale: 5000}\nephemeral: true\n",
    );
    project.write("stacks/work.yaml", WORK);
    project
}

/// Makes the role `Deployer`, or gives it other policies, by the way in that every account has.
fn set_up(project: &TestProject, statements: &[Value]) {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    project.write(
        "stacks/deployer.yaml",
        &format!(
            "stack: deployer\naccount: retail\nresources:\n  role:\n    type: AWS::IAM::Role\n    properties:\n      RoleName: Deployer\n      \
             AssumeRolePolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Principal: {{AWS: \
             \"arn:aws:iam::111111111111:root\"}}, Action: [sts:AssumeRole, sts:TagSession]}}]}}\n      Policies: [{{PolicyName: least, \
             PolicyDocument: {document}}}]\n"
        ),
    );
    project.edit("environments/local.yaml", "role: Deployer", "role: OrganizationAccountAccessRole");
    let _ = project.charter(&["apply", "-e", "local", "--yes", "deployer"]).succeeds();
    project.edit("environments/local.yaml", "role: OrganizationAccountAccessRole", "role: Deployer");
}

fn enforced(project: &TestProject, command: &str) -> Run {
    let arguments = [command, "-e", "local", "--yes", "--json", "work"];
    let output = project.command(&arguments).env("CHARTER_ENFORCE_POLICIES", "true").output().expect("charter runs");
    Run {
        command: arguments.join(" "),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

#[test]
fn what_a_deployer_lacks_is_told_with_the_statement_that_is_then_enough() {
    let project = project();
    let run = project.charter(&["permissions", "-e", "local", "--json", "work"]).succeeds();
    let printed = run.json_lines("policy");
    let own: Vec<&Value> = printed.iter().filter(|policy| policy["account"] == "retail").collect();
    assert_eq!(
        (own.len(), own[0]["role"].as_str(), own[0]["attachment"].as_str()),
        (1, Some("Deployer"), Some("managed"))
    );
    let full = own[0]["document"]["Statement"].as_array().unwrap().clone();
    let way_in = printed.iter().find(|policy| policy["account"] == "main").unwrap();
    assert_eq!(way_in["document"]["Statement"][0]["Resource"], "arn:aws:iam::333333333333:role/Deployer");

    let taken = ["logs:CreateLogGroup", "s3:CreateBucket"];
    let mut less = full.clone();
    for statement in &mut less {
        if let Some(actions) = statement["Action"].as_array_mut() {
            actions.retain(|action| !taken.contains(&action.as_str().unwrap()));
        }
    }
    less.retain(|statement| !taken.contains(&statement["Action"].as_str().unwrap_or_default()));
    set_up(&project, &less);
    let refused = enforced(&project, "apply").ends_with(5);
    let mut missing = refused.json_lines("missing-permission");
    missing.sort_by_key(|event| event["action"].to_string());
    missing.dedup_by_key(|event| event["action"].to_string());
    let told: Vec<(&str, &str)> =
        missing.iter().map(|event| (event["action"].as_str().unwrap(), event["resource"].as_str().unwrap())).collect();
    let group = "arn:aws:logs:us-east-1:333333333333:log-group:/work/retail";
    assert_eq!(told, [(taken[0], group), (taken[1], "arn:aws:s3:::work-of-retail")]);

    less.extend(missing.iter().map(|event| event["statement"].clone()));
    set_up(&project, &less);
    let _ = enforced(&project, "apply").succeeds();
    set_up(&project, &full);
    let _ = enforced(&project, "destroy").succeeds();
    let left: Vec<String> = project.inventory().into_iter().filter(|line| line.contains("retail")).collect();
    assert_eq!(left, [""; 0]);
}
