//! The assistant of the bank, end to end: a certified OpenID Connect provider signs people in, STS takes its tokens, and Amazon Q
//! Business answers each from the documents that they may read. The same by SAML, with responses that a library signs which nobody
//! here wrote. Skipped, and said so, where there is no Node.js or no Python with what is needed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that finds something else must fail"
)]

use charter_tests::{TestProject, repository};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

const ISSUER: &str = "https://login.anycompany.example";
const REGION: &str = "us-east-1";
const MARY: &str = "mary_major@example.com";
const MATEO: &str = "mateo_jackson@example.com";

/// A Python that has what a script imports.
fn python(module: &str) -> Option<PathBuf> {
    let python = std::env::var_os("CHARTER_PYTHON").map(PathBuf::from);
    let has = |python: &PathBuf| {
        let import = Command::new(python).args(["-c", &format!("import {module}, boto3")]).output();
        import.is_ok_and(|output| output.status.success())
    };
    let found = python.filter(has);
    if found.is_none() {
        eprintln!("skipped: CHARTER_PYTHON names no Python with {module} and boto3 (cargo xtask test sets it)");
    }
    found
}

/// Where the packages of Node.js are.
fn packages() -> Option<PathBuf> {
    let packages = std::env::var_os("CHARTER_NODE_PACKAGES").map(PathBuf::from);
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    let found = packages.filter(|packages| node && packages.join("node_modules/oidc-provider").is_dir());
    if found.is_none() {
        eprintln!(
            "skipped: CHARTER_NODE_PACKAGES names no folder with oidc-provider, or there is no node (cargo xtask test sets it)"
        );
    }
    found
}

fn script(name: &str) -> PathBuf {
    repository().join("tests").join("tests").join(name)
}

/// Runs a script of Python to its end.
#[track_caller]
fn run(python: &PathBuf, arguments: &[&str], input: &Value) -> String {
    let mut command = Command::new(python);
    command.arg(script(arguments[0])).args(&arguments[1..]).env("PYTHONDONTWRITEBYTECODE", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A process that says something in one line of JSON, and ends with the test.
struct Serving {
    process: Child,
    told: Value,
    _input: Option<ChildStdin>,
}

impl Serving {
    fn begin(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let input = process.stdin.take();
        Self { process, told, _input: input }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn provider(packages: &PathBuf, issuer: &str, seconds_behind: u32, wishes: Value) -> Serving {
    let given = json!({"modules": packages, "issuer": issuer, "secondsBehind": seconds_behind, "wishes": wishes});
    let mut command = Command::new("node");
    command.arg(script("oidc_provider.mjs")).arg(given.to_string());
    Serving::begin(command)
}

fn wish(client: &str, user: &str, tags: &Value) -> Value {
    json!({"client": client, "user": user, "tags": tags})
}

fn email(address: &str) -> Value {
    json!({"principal_tags": {"Email": [address]}})
}

/// The repository's own project, with the assistant alone.
fn project(issuers: &Value) -> TestProject {
    let project = TestProject::of_the_repository();
    for stack in std::fs::read_dir(project.path().join("stacks")).unwrap() {
        let path = stack.unwrap().path();
        if !path.ends_with("assistant.yaml") {
            std::fs::remove_file(path).unwrap();
        }
    }
    project.write(
        "environments/local.yaml",
        &format!(
            "environment: local\ntarget: simulator\nregion: us-east-2\naccounts:\n  management: {{id: \"111111111111\"}}\n  \
             retail: {{id: \"333333333333\", role: OrganizationAccountAccessRole}}\nsimulator: {{timeScale: 5000, issuers: {issuers}}}\nephemeral: true\n"
        ),
    );
    project
}

fn outputs(project: &TestProject) -> Value {
    let run = project.charter(&["--json", "output", "-e", "local"]).ends_with(0);
    serde_json::from_str::<Value>(run.stdout.trim()).unwrap()["outputs"]["assistant"].clone()
}

/// What a script needs to reach the simulated cloud.
fn reach(serving: &Serving, outputs: &Value) -> Value {
    json!({
        "endpoint": serving.told["endpoint"], "accessKeyId": serving.told["accessKeyId"],
        "secretAccessKey": serving.told["secretAccessKey"], "region": REGION, "account": "333333333333",
        "bucket": outputs["bucket"],
    })
}

/// Puts documents into the bucket and has them brought in.
fn fill(project: &TestProject, python: &PathBuf, more: &[&str]) -> Value {
    let told = outputs(project);
    let serving = Serving::begin(project.command(&["simulator", "-e", "local", "--port", "0", "--json"]));
    run(python, &["assistant_checks.py", "documents"], &reach(&serving, &told));
    drop(serving);
    let arguments = [&["apply", "-e", "local", "--yes", "--set", "assistant.sync=first"], more].concat();
    drop(project.charter(&arguments).ends_with(0));
    told
}

#[test]
fn each_user_is_answered_from_their_own_documents_by_a_certified_provider() {
    let (Some(packages), Some(python)) = (packages(), python("boto3")) else { return };
    let team = json!({"principal_tags": {"Team": ["core"]}});
    let wishes = json!({
        "mary": wish("web", "mary.major", &email(MARY)), "mateo": wish("web", "mateo.jackson", &email(MATEO)),
        "another audience": wish("another", "another.mary", &email(MARY)), "no e-mail": wish("web", "core.team", &team),
        "no tags": wish("web", "nobody", &Value::Null),
    });
    let issuer = provider(&packages, ISSUER, 0, wishes);
    let late = provider(&packages, ISSUER, 7200, json!({"expired": wish("web", "mary.major", &email(MARY))}));
    let evil = provider(
        &packages,
        "https://evil.example",
        0,
        json!({"another issuer": wish("web", "mary.major", &email(MARY))}),
    );
    let mut tokens = issuer.told["tokens"].as_object().unwrap().clone();
    for other in [&late, &evil] {
        tokens.extend(other.told["tokens"].as_object().unwrap().clone());
    }

    let project = project(&json!({ISSUER: issuer.told["address"]}));
    let set = ["--set", &format!("assistant.issuer={ISSUER}"), "--set", "assistant.clientId=web"];
    let apply = [&["apply", "-e", "local", "--yes"], &set[..]].concat();
    let first = project.charter(&apply).ends_with(0);
    for shown in
        ["Sign-in redirect URI", "authorization-code/callback", "https://aws.amazon.com/tags", "open hand-off:"]
    {
        assert!(first.stdout.contains(shown) || first.stderr.contains(shown), "{shown}\n{}", first.stdout);
    }
    let told = fill(&project, &python, &set);
    let serving = Serving::begin(project.command(&["simulator", "-e", "local", "--port", "0", "--json"]));
    let mut given = reach(&serving, &told);
    given["oidc"] = json!({"application": told["applicationId"], "role": told["roleArn"], "tokens": tokens});
    run(&python, &["assistant_checks.py", "oidc"], &given);
    drop(serving);

    // What people made goes with another provider, and the plan says so.
    let other = [
        "preview",
        "-e",
        "local",
        "--set",
        "assistant.issuer=https://other.example",
        "--set",
        "assistant.clientId=web",
    ];
    let preview = project.charter(&other).ends_with(0);
    assert!(preview.stdout.contains("all conversations"), "{}", preview.stdout);

    drop(project.charter(&["handoff", "confirm", "assistant/app.oidc.handOff", "-e", "local"]).ends_with(0));
    drop(project.charter(&["destroy", "-e", "local", "--yes"]).ends_with(0));
}

#[test]
fn each_user_is_answered_from_their_own_documents_by_saml() {
    let Some(python) = python("signxml") else { return };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (role, provider) = (
        "arn:aws:iam::333333333333:role/assistant-web-experience-role",
        "arn:aws:iam::333333333333:saml-provider/anycompany",
    );
    let recipient = format!("https://{REGION}.signin.aws.amazon.com/saml");
    let response = |user: &str, more: Value| {
        let mut wish = json!({"recipient": recipient, "subject": user, "attributes": {
            "PrincipalTag:Email": user, "Role": format!("{role},{provider}"), "RoleSessionName": user}});
        for (key, value) in more.as_object().unwrap() {
            wish[key] = value.clone();
        }
        wish
    };
    let anonymous =
        json!({"PrincipalTag:Team": "core", "Role": format!("{role},{provider}"), "RoleSessionName": "team"});
    let signed = run(
        &python,
        &["identity_provider.py"],
        &json!({"issuer": ISSUER, "now": now, "responses": {
            // Valid for long enough that a slow machine is in time.
            "mary": response(MARY, json!({"at": now + 3000, "before": 3600})), "mateo": response(MATEO, json!({"at": now + 3000, "before": 3600})),
            "unsigned": response(MARY, json!({"sign": "nothing", "at": now + 3000, "before": 3600})),
            "another audience": response(MARY, json!({"audience": "https://app.example", "at": now + 3000, "before": 3600})),
            "another recipient": response(MARY, json!({"recipient": "https://app.example/saml", "audience": recipient, "at": now + 3000, "before": 3600})),
            "another issuer": response(MARY, json!({"issuer": "https://evil.example", "at": now + 3000, "before": 3600})),
            "expired": response(MARY, json!({"at": now - 3600})),
            "no e-mail": response(MARY, json!({"attributes": anonymous, "at": now + 3000, "before": 3600})),
        }}),
    );
    let signed: Value = serde_json::from_str(&signed).unwrap();

    let project = project(&json!({}));
    project.write("stacks/metadata.xml", signed["metadata"].as_str().unwrap());
    project.edit(
        "stacks/assistant.yaml",
        "with: {type: oidc, name: anycompany, issuer: \"${parameters.issuer}\", clientIds: [\"${parameters.clientId}\"]}",
        "with: {type: saml, name: anycompany, metadata: \"${file('metadata.xml')}\"}",
    );
    project.edit(
        "stacks/assistant.yaml",
        "identity: {type: oidc, provider: \"${identity.arn}\", issuer: \"${parameters.issuer}\", clientId: \"${parameters.clientId}\"}",
        "identity: {type: saml, provider: \"${identity.arn}\", signInUrl: \"https://login.anycompany.example/sso\"}",
    );
    let first = project.charter(&["apply", "-e", "local", "--yes"]).ends_with(0);
    for shown in [&format!("{role},{provider}"), &recipient, "Destination URL", "PrincipalTag:Email"] {
        assert!(first.stdout.contains(shown), "{shown}\n{}", first.stdout);
    }
    let told = fill(&project, &python, &[]);
    assert_eq!(told["roleArn"], role);
    let serving = Serving::begin(project.command(&["simulator", "-e", "local", "--port", "0", "--json"]));
    let mut given = reach(&serving, &told);
    given["saml"] = json!({"application": told["applicationId"], "role": role, "provider": provider, "responses": signed["responses"]});
    run(&python, &["assistant_checks.py", "saml"], &given);
}
