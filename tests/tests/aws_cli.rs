//! The AWS CLI against `charter simulator`, as somebody would use it by hand: an independent client of the same protocols.
//! Skipped, and said so, where there is no Python with the AWS CLI.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::TestProject;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A simulator that is served, and the AWS CLI with its credentials.
struct Session {
    project: TestProject,
    server: Child,
    python: PathBuf,
    serving: Value,
}

impl Session {
    fn begin() -> Option<Self> {
        let Some(python) = std::env::var_os("CHARTER_PYTHON").map(PathBuf::from) else {
            eprintln!("skipped: CHARTER_PYTHON names no Python with the AWS CLI (cargo xtask test sets it)");
            return None;
        };
        let project = TestProject::with_stacks(&["product-reviews"]);
        // An identifier that is an address is an identifier, not a page to be fetched.
        project.write(".aws/config", "[default]\ncli_follow_urlparam = false\n");
        let mut server = project
            .command(&["simulator", "-e", "local", "--port", "0", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the simulator starts");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("its output is read");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let serving = serde_json::from_str(&line).expect("JSON");
        Some(Self { project, server, python, serving })
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let text = |name: &str| self.serving[name].as_str().unwrap_or_default().to_owned();
        Command::new(&self.python)
            .args(["-m", "awscli"])
            .args(arguments)
            .current_dir(self.project.path())
            .env_clear()
            .env("HOME", self.project.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_ENDPOINT_URL", text("endpoint"))
            .env("AWS_DEFAULT_REGION", text("region"))
            .env("AWS_ACCESS_KEY_ID", text("accessKeyId"))
            .env("AWS_SECRET_ACCESS_KEY", text("secretAccessKey"))
            .env("AWS_PAGER", "")
            .output()
            .expect("Python runs")
    }

    /// What a command answers, as JSON; null where it answers nothing.
    #[track_caller]
    fn aws(&self, command: &str) -> Value {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        self.answer(&arguments)
    }

    #[track_caller]
    fn answer(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "$ aws {}\n{words}", arguments.join(" "));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text).unwrap_or(if text.trim().is_empty() { Value::Null } else { Value::String(text) })
    }

    /// Has Cloud Control make something, and waits; tells its identifier.
    #[track_caller]
    fn make(&self, type_name: &str, state: &str) -> String {
        let create = ["cloudcontrol", "create-resource", "--type-name", type_name, "--desired-state", state];
        let token = self.answer(&create)["ProgressEvent"]["RequestToken"].as_str().unwrap().to_owned();
        self.aws(&format!("cloudcontrol wait resource-request-success --request-token {token}"));
        let done = self.aws(&format!("cloudcontrol get-resource-request-status --request-token {token}"));
        done["ProgressEvent"]["Identifier"].as_str().unwrap().to_owned()
    }

    /// Has Cloud Control take something away, and waits.
    #[track_caller]
    fn unmake(&self, type_name: &str, identifier: &str) {
        let delete = format!("cloudcontrol delete-resource --type-name {type_name} --identifier {identifier}");
        let token = self.aws(&delete)["ProgressEvent"]["RequestToken"].as_str().unwrap().to_owned();
        self.aws(&format!("cloudcontrol wait resource-request-success --request-token {token}"));
    }

    /// What a command is refused with.
    #[track_caller]
    fn refusal(&self, command: &str) -> String {
        let output = self.run(&command.split_whitespace().collect::<Vec<_>>());
        assert!(!output.status.success(), "$ aws {command} succeeds");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_session_by_hand_works_as_with_aws() {
    let Some(session) = Session::begin() else { return };

    let identity = session.aws("sts get-caller-identity");
    assert_eq!(identity["Account"], "111111111111");

    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"kendra.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let create = ["iam", "create-role", "--role-name", "index", "--assume-role-policy-document", trust];
    let role = session.answer(&create)["Role"]["Arn"].as_str().unwrap().to_owned();
    session.aws("iam wait role-exists --role-name index");
    let again = session.run(&create);
    assert!(String::from_utf8_lossy(&again.stderr).contains("(EntityAlreadyExists)"));
    assert_eq!(session.aws("iam list-roles --query Roles[?RoleName=='index'].Arn")[0], role.as_str());

    // The high-level commands of S3.
    session.aws("s3 mb s3://notes-of-a-session");
    session.project.write("note.txt", "a note\n");
    session.aws("s3 cp note.txt s3://notes-of-a-session/folder/note.txt");
    let listed = session.aws("s3 ls s3://notes-of-a-session --recursive");
    assert!(listed.as_str().unwrap().contains("folder/note.txt"), "{listed}");
    session.aws("s3 cp s3://notes-of-a-session/folder/note.txt back.txt");
    assert_eq!(session.project.read("back.txt"), "a note\n");
    let refusal = session.refusal("s3 rb s3://notes-of-a-session");
    assert!(refusal.contains("(BucketNotEmpty)"), "{refusal}");
    session.aws("s3 rm s3://notes-of-a-session --recursive");
    session.aws("s3 rb s3://notes-of-a-session");

    session.aws("secretsmanager create-secret --name token --secret-string one");
    session.aws("secretsmanager put-secret-value --secret-id token --secret-string two");
    assert_eq!(session.aws("secretsmanager get-secret-value --secret-id token")["SecretString"], "two");
    session.aws("secretsmanager delete-secret --secret-id token --force-delete-without-recovery");

    // What takes minutes is waited for.
    let queue = session.make("AWS::SQS::Queue", r#"{"QueueName":"jobs"}"#);
    let queues = session.aws("cloudcontrol list-resources --type-name AWS::SQS::Queue");
    assert_eq!(queues["ResourceDescriptions"][0]["Identifier"], queue.as_str());
    let network = session.make("AWS::EC2::VPC", r#"{"CidrBlock":"10.0.0.0/16"}"#);
    let subnets = [("a", "10.0.0.0/24"), ("b", "10.0.1.0/24")].map(|(zone, block)| {
        let state =
            serde_json::json!({"VpcId": network, "CidrBlock": block, "AvailabilityZone": format!("us-east-2{zone}")});
        session.make("AWS::EC2::Subnet", &state.to_string())
    });
    let [one, other] = &subnets;
    let group = format!("--db-subnet-group-name reviews --db-subnet-group-description d --subnet-ids {one} {other}");
    session.aws(&format!("rds create-db-subnet-group {group}"));
    let database = "rds create-db-cluster --db-subnet-group-name reviews --db-cluster-identifier reviews --engine aurora-postgresql \
                    --master-username admin_user --manage-master-user-password";
    assert_eq!(session.aws(database)["DBCluster"]["Status"], "creating");
    session.aws("rds wait db-cluster-available --db-cluster-identifier reviews");
    let clusters = session.aws("rds describe-db-clusters --query DBClusters[].Status");
    assert_eq!(clusters[0], "available");
    session.aws("rds delete-db-cluster --db-cluster-identifier reviews --skip-final-snapshot");
    session.aws("rds wait db-cluster-deleted --db-cluster-identifier reviews");
    session.aws("rds delete-db-subnet-group --db-subnet-group-name reviews");

    let index = session.answer(&[
        "kendra",
        "create-index",
        "--name",
        "reviews",
        "--edition",
        "DEVELOPER_EDITION",
        "--role-arn",
        &role,
    ]);
    let id = index["Id"].as_str().unwrap().to_owned();
    assert_eq!(session.aws("kendra list-indices --query IndexConfigurationSummaryItems[].Id")[0], id.as_str());
    session.aws(&format!("kendra delete-index --id {id}"));

    session.unmake("AWS::SQS::Queue", &queue);
    for subnet in subnets {
        session.unmake("AWS::EC2::Subnet", &subnet);
    }
    session.unmake("AWS::EC2::VPC", &network);
    session.aws("iam delete-role --role-name index");

    // What is not simulated says so.
    let refusal = session.refusal("lambda list-functions");
    assert!(
        refusal.contains("(NotImplemented)") && refusal.contains("not simulated: lambda:ListFunctions"),
        "{refusal}"
    );
}
