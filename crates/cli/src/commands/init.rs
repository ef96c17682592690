//! `charter init`: a project that can be applied at once, on the simulator.

use crate::arguments::InitArguments;
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::ui::{BOLD, GREEN, Ui, paint};
use std::path::Path;

const ENVIRONMENT: &str = r#"# An environment says where stacks go. This one needs no AWS account: it runs on the embedded simulator.
# For a real one: `target: aws`, the account's id, and the role to assume in it.
environment: local
target: simulator
region: us-east-1
accounts:
  main: {id: "111111111111"}
tags: {owner: platform}
ephemeral: true
"#;

const STACK: &str = r#"# A stack says what is provisioned. Types and properties are those of CloudFormation's registry: `charter explain AWS::S3::Bucket`.
stack: hello
description: A bucket, and a role that may read it and nothing else.
account: main
resources:
  documents:
    type: AWS::S3::Bucket
    properties:
      VersioningConfiguration: {Status: Enabled}
  reader:
    type: AWS::IAM::Role
    properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: lambda.amazonaws.com}
            Action: sts:AssumeRole
            Condition: {StringEquals: {"aws:SourceAccount": "${account.id}"}}
grants:
  - {to: "${reader}", on: "${documents}", access: read}
outputs:
  bucket: ${documents.Arn}
  role: ${reader.Arn}
"#;

const IGNORE: &str = "/.charter\n";

/// Writes the files that are not there yet; never changes one.
pub(crate) fn run(ui: Ui, arguments: &InitArguments) -> CommandResult {
    let folder = &arguments.folder;
    if folder.join("environments").is_dir() || folder.join("stacks").is_dir() {
        let message = format!("{} holds a project already", folder.display());
        return Err(CommandError::new(ExitCode::InvalidInput, message)
            .help("name another folder: `charter init FOLDER`, or go on with `charter preview -e ENVIRONMENT`"));
    }
    let files = [("environments/local.yaml", ENVIRONMENT), ("stacks/hello.yaml", STACK), (".gitignore", IGNORE)];
    let mut written = Vec::new();
    for (name, text) in files {
        if write_new(&folder.join(name), text)? {
            written.push(name);
            ui.say(&format!("{} {name}", paint(GREEN, "+")));
        } else {
            ui.say(&format!("  {name} is there already and stays as it is"));
        }
    }
    ui.emit("init", &serde_json::json!({"folder": folder, "written": written}));
    let step = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    ui.say(&format!("\nNext: {}", paint(BOLD, format!("{step}charter apply -e local"))));
    Ok(ExitCode::Done)
}

fn write_new(path: &Path, text: &str) -> Result<bool, CommandError> {
    if path.exists() {
        return Ok(false);
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
    }
    std::fs::write(path, text).map_err(|error| cannot_write(path, &error))?;
    Ok(true)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(ExitCode::InvalidInput, format!("{} cannot be written: {error}", path.display()))
}
