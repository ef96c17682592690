//! `cargo xtask adapters`: makes `crates/aws/src/generated`, the conversions between the registry's JSON and the SDK's types.
//!
//! Three sources meet here. The registry's schema (in the PyPI package cfn-lint) says what a property is called; the service's
//! model (in botocore) says what the API calls it and how it is built; the SDK's own source says what Rust calls it. A table for
//! each service, `crates/aws/adapters/*.toml`, says which operations and shapes to convert and which names differ. Whatever has no
//! counterpart and is not declared in the table as done by hand is an error: nothing is dropped silently.

mod emit;
mod model;
mod registry;
mod sdk;
mod table;
mod walk;

use std::path::{Path, PathBuf};

/// Makes the conversions, or with `check` says whether the checked-in ones are current.
pub(crate) fn run(check: bool) -> crate::TaskResult {
    let metadata = cargo_metadata::MetadataCommand::new().exec()?;
    let root = metadata.workspace_root.as_std_path();
    let models = model::Models::new(crate::python::package("botocore")?);
    let registry =
        registry::Registry::new(crate::python::package("cfnlint")?, &root.join("crates/catalog/charter-types"))?;
    let folder = root.join("crates/aws/src/generated");

    let mut stale = Vec::new();
    let mut problems = Vec::new();
    for path in tables(root)? {
        let table = table::Table::read(&path)?;
        let sdk = sdk::Sdk::find(&metadata, &table.sdk)?;
        let model = models.read(&table.model)?;
        match walk::walk(&table, &model, &registry, &sdk) {
            Ok(conversions) => {
                let text = rustfmt(root, &emit::emit(&table, &conversions))?;
                let target = folder.join(format!("{}.rs", table.module()));
                if std::fs::read_to_string(&target).is_ok_and(|current| current == text) {
                    continue;
                }
                if check {
                    stale.push(target.display().to_string());
                } else {
                    std::fs::write(&target, text)?;
                    println!("wrote {}", target.display());
                }
            }
            Err(found) => problems.extend(found.into_iter().map(|each| format!("{}: {each}", path.display()))),
        }
    }
    if !problems.is_empty() {
        return Err(format!("{} problems\n  {}", problems.len(), problems.join("\n  ")).into());
    }
    if !stale.is_empty() {
        return Err(format!("not current: {}; run cargo xtask adapters", stale.join(", ")).into());
    }
    Ok(())
}

fn tables(root: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut tables = std::fs::read_dir(root.join("crates/aws/adapters"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    tables.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    tables.sort();
    Ok(tables)
}

fn rustfmt(root: &Path, text: &str) -> Result<String, Box<dyn std::error::Error>> {
    use std::io::Write;
    let mut child = std::process::Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    // Written from a thread of its own: both pipes are small.
    let mut stdin = child.stdin.take().ok_or("rustfmt takes no input")?;
    let input = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "writing to rustfmt failed")??;
    if !output.status.success() {
        return Err("rustfmt refused the generated code".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// How names are compared across the three sources: `DBClusterIdentifier`, `DbClusterIdentifier` and `db_cluster_identifier`
/// are one name.
fn normal(name: &str) -> String {
    name.strip_prefix("r#")
        .unwrap_or(name)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|each| each.to_ascii_lowercase())
        .collect()
}
