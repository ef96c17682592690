//! What the end-to-end tests share: a hermetic project folder, and the real binary run in it.
//!
//! Tests in `tests/tests/` read as transcripts: they run `charter` as a user would, in a copy of this repository's own stacks,
//! and judge by its output and by the simulated cloud's own inventory, never by Charter's state.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up must fail loudly")]

pub mod crash;
pub mod generated;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository")
}

/// The program: the one that `CHARTER_PROGRAM` names, as `cargo xtask test` does, which has it built with all else; or one that is
/// built here, once for all tests of a process. (The second way builds most crates again where the workspace was built as a whole,
/// since cargo chooses their features by what is built at once.)
pub fn charter_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(program) = std::env::var_os("CHARTER_PROGRAM").map(PathBuf::from) {
            assert!(program.is_file(), "CHARTER_PROGRAM names {}, which is not there", program.display());
            return program;
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(repository())
            .args(["build", "--quiet", "--package", "charter", "--message-format", "json"])
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "charter cannot be built");
        let lines = String::from_utf8_lossy(&output.stdout);
        let executable = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
            .next_back();
        executable.expect("cargo names the executable that it built")
    })
}

/// A project in a folder of its own, gone with the test.
pub struct TestProject {
    folder: tempfile::TempDir,
}

impl TestProject {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A copy of this repository's stacks, modules and environments, with a simulator so fast that nobody waits.
    pub fn of_the_repository() -> Self {
        let project = Self::empty();
        for folder in ["stacks", "modules", "environments"] {
            copy(&repository().join(folder), &project.path().join(folder));
        }
        project.edit("environments/local.yaml", "timeScale: 180", "timeScale: 5000");
        project
    }

    /// The same with these stacks only, and nothing said of the others' parameters.
    pub fn with_stacks(stacks: &[&str]) -> Self {
        let project = Self::of_the_repository();
        let is_other = |name: &str| !stacks.contains(&name);
        for entry in std::fs::read_dir(project.path().join("stacks")).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.file_stem().and_then(|stem| stem.to_str()).is_some_and(is_other) {
                std::fs::remove_file(path).expect("the file can be removed");
            }
        }
        for entry in std::fs::read_dir(project.path().join("environments")).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            std::fs::write(path, without_parameters(&text, is_other)).expect("the file can be written");
        }
        project
    }

    /// One whose plan makes an account and provisions into it.
    pub fn with_made_account() -> Self {
        let project = Self::empty();
        project.write("environments/local.yaml", MADE_ACCOUNT);
        project.write("stacks/organization.yaml", MAKES_ACCOUNT);
        project.write("stacks/research.yaml", IN_MADE_ACCOUNT);
        project
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with its folders.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a name has a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("the file can be read")
    }

    /// Replaces a text that must be there, once or more.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} does not hold {from:?}");
        self.write(name, &text.replace(from, to));
    }

    /// `charter …`, ready to run: hermetic environment, no colours.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(charter_program());
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        // What goes over the wire is checked after the tests, by another reader: `cargo xtask test` names the folder.
        if let Some(folder) = std::env::var_os("CHARTER_EXCHANGES") {
            command.env("CHARTER_EXCHANGES", folder);
        }
        command
    }

    /// Runs `charter …` to its end.
    pub fn charter(&self, arguments: &[&str]) -> Run {
        Run::new(arguments, self.command(arguments).output().expect("charter runs"))
    }

    /// Starts `charter …` and leaves it running: its data can be read as it comes, its words are thrown away.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("charter starts")
    }

    /// What the simulated accounts hold, from the simulator itself: one line each.
    pub fn inventory(&self) -> Vec<String> {
        let run = self.charter(&["simulator", "--list", "--json"]).succeeds();
        let mut items: Vec<String> = run
            .json_lines("resource")
            .iter()
            .map(|item| {
                let part = |name: &str| item.get(name).and_then(|part| part.as_str()).unwrap_or_default().to_owned();
                format!("{} {} {}", part("account"), part("kind"), part("identifier"))
            })
            .collect();
        items.sort();
        items
    }
}

/// Every line but the ids: two of the same are a duplicate.
pub fn names(inventory: &[String]) -> Vec<String> {
    let mut names: Vec<String> =
        inventory.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    names.sort();
    names
}

/// The text of an environment without the `parameters` of some stacks.
fn without_parameters(text: &str, is_other: impl Fn(&str) -> bool) -> String {
    let (mut inside, mut left_out) = (false, false);
    let (mut heading, mut kept) = ("", String::new());
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            inside = line == "parameters:";
            (left_out, heading) = (false, "");
            if inside {
                // Kept with the first that is left: a map must not be empty.
                heading = "parameters:\n";
                continue;
            }
        } else if let Some(name) = line.strip_prefix("  ").filter(|rest| inside && !rest.starts_with([' ', '#'])) {
            left_out = name.split(':').next().is_some_and(&is_other);
        }
        if !left_out {
            kept.push_str(std::mem::take(&mut heading));
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// What a run of `charter` left.
pub struct Run {
    /// As typed.
    pub command: String,
    /// Data.
    pub stdout: String,
    /// Words.
    pub stderr: String,
    /// How it ended; none after a signal.
    pub code: Option<i32>,
}

impl Run {
    fn new(arguments: &[&str], output: Output) -> Self {
        Self {
            command: format!("charter {}", arguments.join(" ")),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// The run must have ended with 0.
    #[must_use]
    pub fn succeeds(self) -> Self {
        self.ends_with(0)
    }

    /// The run must have ended with this exit code.
    #[must_use]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "$ {}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The JSON lines of one type on standard output.
    pub fn json_lines(&self, kind: &str) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|line| line.get("type").and_then(|kind| kind.as_str()) == Some(kind))
            .collect()
    }
}

const MADE_ACCOUNT: &str = r#"environment: local
target: simulator
region: us-east-2
accounts:
  management: {id: "111111111111"}
  research: {from: organization/research}
simulator:
  timeScale: 600
ephemeral: true
"#;

const MAKES_ACCOUNT: &str = r#"stack: organization
account: management
resources:
  research:
    type: AWS::Organizations::Account
    retain: true
    properties: {AccountName: research, Email: aws+research@example.com, RoleName: ResearchAccess}
  visitor:
    type: AWS::IAM::Role
    properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::${environment.accounts.research.id}:root"}}
outputs:
  id: ${research.AccountId}
"#;

const IN_MADE_ACCOUNT: &str = r#"stack: research
account: research
resources:
  data: {type: AWS::S3::Bucket}
  jobs:
    type: AWS::SQS::Queue
    properties: {QueueName: "jobs-${account.id}"}
  reader:
    type: AWS::IAM::Role
    properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: "sts:AssumeRole"
            Principal: {Service: lambda.amazonaws.com}
            Condition: {StringEquals: {"aws:SourceAccount": "${account.id}"}}
grants:
  - {to: "${reader}", on: "${data}", access: read}
outputs:
  queue: ${jobs.QueueName}
  bucket: ${data.BucketName}
"#;
