//! `cargo xtask catalog`: makes the embedded catalogue of resource types from the registry's schemas, which the PyPI package
//! cfn-lint ships. Facts are kept, prose is not; a word that is on neither list stops the task.

use charter_catalog::{Catalog, understands, write_archive};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the checked-in file was made from.
const CFN_LINT: &str = "1.51.0";
/// The region whose form of a type is taken; where it lacks the type, the first that has it.
const REGION: &str = "us_east_1";
const OUTPUT: &str = "crates/catalog/data/types.bin";

/// Words that are left out, each with the reason.
const IGNORED: &[(&str, &str)] = &[
    ("$comment", "prose"),
    ("$schema", "says which meta-schema the document follows"),
    ("description", "prose"),
    ("documentationUrl", "a link"),
    ("examples", "prose"),
    ("propertyTransform", "kept as `transforms`, in the forms that can be told without an interpreter"),
    ("resourceLink", "a link to AWS's console"),
    ("sourceUrl", "a link"),
    ("title", "prose"),
];

/// Entries of cfn-lint's lists that are no resource types, each with the reason.
const NO_TYPES: &[(&str, &str)] = &[
    ("AWS::CDK::Metadata", "a marker that the CDK leaves in its templates; nothing can be created"),
    ("Module", "stands for CloudFormation modules"),
];

/// Makes the catalogue, or with `check` says whether the checked-in one is current.
pub(crate) fn run(check: bool) -> crate::TaskResult {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask stands in no workspace")?;
    let schemas = find_schemas(root)?;
    let (bytes, summary) = digest(&schemas)?;
    let output = root.join(OUTPUT);
    if check {
        let current = std::fs::read(&output).is_ok_and(|present| present == bytes);
        return if current {
            println!("{OUTPUT} is current: {summary}");
            Ok(())
        } else {
            Err(format!("{OUTPUT} is not what cfn-lint {CFN_LINT} gives: run `cargo xtask catalog`").into())
        };
    }
    std::fs::write(&output, &bytes)?;
    println!("{OUTPUT}: {summary}, {} KB", bytes.len() / 1024);
    Ok(())
}

/// The schemas of the pinned cfn-lint: of a Python that has it, else of one made for the purpose in `.venv`.
fn find_schemas(root: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let own = root.join(".venv");
    let interpreters = [PathBuf::from("python3"), own.join("bin/python")];
    if let Some(found) = interpreters.iter().find_map(|python| schemas_of(python)) {
        return Ok(found);
    }
    println!("no Python with cfn-lint {CFN_LINT} found; making {}", own.display());
    succeed(Command::new("python3").arg("-m").arg("venv").arg(&own))?;
    let python = own.join("bin/python");
    succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet", &format!("cfn-lint=={CFN_LINT}")]))?;
    schemas_of(&python).ok_or_else(|| format!("{} has no cfn-lint {CFN_LINT}", python.display()).into())
}

fn schemas_of(python: &Path) -> Option<PathBuf> {
    let script = "import cfnlint, cfnlint.version as v; print(v.__version__); print(cfnlint.__path__[0])";
    let output = Command::new(python).args(["-c", script]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (version, package) = text.trim().split_once('\n')?;
    (version == CFN_LINT).then(|| Path::new(package).join("data/schemas"))
}

fn succeed(command: &mut Command) -> crate::TaskResult {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}

/// The file, and a line about it.
fn digest(schemas: &Path) -> Result<(Vec<u8>, String), Box<dyn std::error::Error>> {
    let mut dropped_transforms = 0;
    let mut documents = BTreeMap::new();
    for (name, file) in type_files(&schemas.join("providers"))? {
        if NO_TYPES.iter().any(|(no_type, _)| *no_type == name) {
            continue;
        }
        let path = schemas.join("resources").join(format!("{file}.json"));
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let document: Json = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let (digest, dropped) = digest_type(&document).map_err(|word| {
            format!("the schema of {name} has the word `{word}`: teach it to crates/catalog, or add it to the ignored words with a reason")
        })?;
        dropped_transforms += dropped;
        documents.insert(name, digest);
    }
    let texts = documents.iter().map(|(name, document)| {
        let service = name.split("::").nth(1).unwrap_or_default();
        (service, name.as_str(), document.to_string())
    });
    let bytes = write_archive(&format!("cfn-lint {CFN_LINT}"), texts)?;
    // Every document must compile, else some word has a form that the catalogue does not know.
    Catalog::from_documents(documents.values().cloned())?;
    let summary =
        format!("{} types of cfn-lint {CFN_LINT} ({dropped_transforms} transforms left out)", documents.len());
    Ok((bytes, summary))
}

/// Which file holds each type: read from the tables of the provider modules, one a region.
fn type_files(providers: &Path) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    let mut regions = BTreeSet::new();
    for entry in std::fs::read_dir(providers)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            regions.extend(
                path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| *stem != "__init__").map(str::to_owned),
            );
        }
    }
    if !regions.remove(REGION) {
        return Err(format!("{} has no region {REGION}", providers.display()).into());
    }
    let mut files = BTreeMap::new();
    for region in std::iter::once(REGION.to_owned()).chain(regions) {
        let text = std::fs::read_to_string(providers.join(format!("{region}.py")))?;
        for line in text.lines() {
            let mut quoted = line.trim().split('"').skip(1).step_by(2);
            if let (Some(name), Some(file)) = (quoted.next(), quoted.next()) {
                files.entry(name.to_owned()).or_insert_with(|| file.to_owned());
            }
        }
    }
    Ok(files)
}

/// The facts of a type's schema, and how many transforms were left out. The error is a word that is on neither list.
fn digest_type(document: &Json) -> Result<(Json, usize), String> {
    let mut digest = digest_schema(document, true)?;
    let mut dropped = 0;
    let expressions = document.get("propertyTransform").and_then(Json::as_object).into_iter().flatten();
    let transforms: Map<String, Json> = expressions
        .filter_map(|(place, expression)| {
            let forms = transforms(place, expression.as_str().unwrap_or_default());
            dropped += usize::from(forms.is_empty());
            (!forms.is_empty()).then(|| (place.clone(), forms.into()))
        })
        .collect();
    if let (Json::Object(digest), false) = (&mut digest, transforms.is_empty()) {
        digest.insert("transforms".to_owned(), Json::Object(transforms));
    }
    Ok((digest, dropped))
}

fn digest_schema(schema: &Json, at_top: bool) -> Result<Json, String> {
    let Json::Object(words) = schema else { return Ok(schema.clone()) };
    let mut digest = Map::new();
    for (word, value) in words {
        if IGNORED.iter().any(|(ignored, _)| ignored == word) {
            continue;
        }
        if !understands(word, at_top) {
            return Err(word.clone());
        }
        let by_name = |value: &Json| match value {
            Json::Object(map) => map
                .iter()
                .map(|(name, schema)| Ok((name.clone(), digest_schema(schema, false)?)))
                .collect::<Result<_, String>>()
                .map(Json::Object),
            other => Ok(other.clone()),
        };
        let value = match word.as_str() {
            "properties" | "patternProperties" | "definitions" | "dependencies" | "dependentSchemas" => by_name(value)?,
            "items" | "additionalProperties" | "not" | "if" | "then" | "else" => digest_schema(value, false)?,
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => match value {
                Json::Array(list) => {
                    list.iter().map(|schema| digest_schema(schema, false)).collect::<Result<_, _>>()?
                }
                other => other.clone(),
            },
            // What stands in every schema says nothing.
            "uniqueItems" if value == &Json::Bool(false) => continue,
            "minLength" | "minItems" | "minProperties" if value == &Json::from(0) => continue,
            "default" if value.is_null() => continue,
            _ => value.clone(),
        };
        digest.insert(word.clone(), value);
    }
    Ok(Json::Object(digest))
}

/// The forms of [`charter_catalog`]'s transforms that a JSONata expression of the registry consists of; empty if it is something else.
fn transforms(place: &str, expression: &str) -> Vec<String> {
    let steps: Vec<&str> = place.split('/').skip(2).filter(|step| *step != "*").collect();
    let names = [steps.join("."), steps.last().copied().unwrap_or_default().to_owned()];
    let is_self = |text: &str| names.iter().any(|name| name == text.trim());
    let alternatives = expression.split(" $OR ").map(str::trim).filter(|alternative| !is_self(alternative));
    alternatives.filter_map(|alternative| transform(alternative, &is_self)).collect()
}

fn transform(expression: &str, is_self: &impl Fn(&str) -> bool) -> Option<String> {
    let call = |text: &str, function: &str| {
        text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')').map(str::to_owned)
    };
    let quoted = |text: &str| text.trim().strip_prefix('"')?.strip_suffix('"').map(|inner| inner.replace("\\\\", "\\"));
    if let Some(inner) = call(expression, "$lowercase") {
        if is_self(&inner) {
            return Some("lowercase".to_owned());
        }
        let arguments = call(&inner, "$substringAfter")?;
        let (argument, separator) = arguments.split_once(',')?;
        return is_self(argument)
            .then(|| quoted(separator))
            .flatten()
            .map(|separator| format!("after-lowercase:{separator}"));
    }
    if call(expression, "$join").is_some_and(|list| {
        let argument = list.strip_prefix("[$string(").and_then(|rest| rest.strip_suffix(r#"), ".*"]"#));
        argument.is_some_and(is_self)
    }) {
        return Some("longer".to_owned());
    }
    if call(expression, "$uppercase").is_some_and(|inner| is_self(&inner)) {
        return Some("uppercase".to_owned());
    }
    if let Some(arguments) = call(expression, "$substringAfter") {
        let (argument, separator) = arguments.split_once(',')?;
        return is_self(argument).then(|| quoted(separator)).flatten().map(|separator| format!("after:{separator}"));
    }
    if let Some(arguments) = expression.strip_suffix("[-1]").and_then(|expression| call(expression, "$split")) {
        let (argument, separator) = arguments.split_once(',')?;
        return is_self(argument).then(|| quoted(separator)).flatten().map(|separator| format!("last:{separator}"));
    }
    if let Some(list) =
        call(expression, "$join").and_then(|inner| Some(inner.strip_prefix('[')?.strip_suffix(']')?.to_owned()))
    {
        if let Some((prefix, argument)) = list.rsplit_once(',')
            && is_self(argument)
        {
            return quoted(prefix).filter(|prefix| prefix.starts_with("arn:")).map(|prefix| format!("prefix:{prefix}"));
        }
        let (argument, suffix) = list.split_once(',')?;
        return is_self(argument)
            .then(|| quoted(suffix))
            .flatten()
            .filter(|suffix| suffix == ".")
            .map(|suffix| format!("suffix:{suffix}"));
    }
    let trimmed = expression.strip_prefix("$replace(").and_then(|rest| rest.split_once(','));
    trimmed.filter(|(argument, rest)| is_self(argument) && rest.trim() == r"/\s+$/, '')").map(|_| "trimmed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn prose_is_left_out_and_names_of_properties_are_not_taken_for_words() {
        let document = json!({
            "typeName": "AWS::A::B", "description": "prose", "sourceUrl": "https://example.com",
            "properties": {"description": {"type": "string", "title": "prose", "uniqueItems": false}},
        });
        let expected = json!({"typeName": "AWS::A::B", "properties": {"description": {"type": "string"}}});
        assert_eq!(digest_type(&document), Ok((expected, 0)));
    }

    #[test]
    fn a_word_on_neither_list_stops_the_task() {
        let document = json!({"typeName": "AWS::A::B", "properties": {"A": {"contains": {}}}});
        assert_eq!(digest_type(&document), Err("contains".to_owned()));
    }

    #[test]
    fn plain_transforms_are_told_in_one_form_and_others_left_out() {
        let forms = |expression| transforms("/properties/A/*/KmsKeyId", expression);
        assert_eq!(forms("$lowercase(A.KmsKeyId)"), ["lowercase"]);
        assert_eq!(forms("$lowercase(KmsKeyId) $OR KmsKeyId"), ["lowercase"]);
        assert_eq!(forms(r#"$join(["arn:.+?:kms:.+?:.+?:key\\/", KmsKeyId])"#), [r"prefix:arn:.+?:kms:.+?:.+?:key\/"]);
        assert_eq!(forms(r#"$join([KmsKeyId, "."]) $OR KmsKeyId"#), ["suffix:."]);
        assert_eq!(forms(r#"$split(KmsKeyId, "/")[-1]"#), ["last:/"]);
        assert_eq!(forms(r#"$join([$string(KmsKeyId), ".*"])"#), ["longer"]);
        assert_eq!(forms("KmsKeyId * 1000"), Vec::<String>::new());
    }
}
