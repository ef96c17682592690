//! The files of a project. The order of keys, and of files, comes from a seed: it must mean nothing.

use super::model::{Block, Project, Shape};
use fastrand::Rng;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The environment that all projects are for.
pub const ENVIRONMENT: &str = "environment: test
target: simulator
region: us-east-1
accounts:
  management: {id: \"111111111111\"}
  retail: {id: \"333333333333\", role: OrganizationAccountAccessRole}
  cards: {id: \"444444444444\", role: OrganizationAccountAccessRole}
tags: {owner: platform}
keys: {one: 1, two: 2, three: 3}
ephemeral: true
";

/// What stands in a stack.
#[derive(Default)]
struct Parts {
    resources: Map<String, Json>,
    outputs: Map<String, Json>,
    grants: Vec<Json>,
}

/// The files of a project by name. `previous` is the project of the last run, which tells where what was renamed stood.
pub fn files(project: &Project, previous: Option<&Project>, order: u64) -> BTreeMap<String, String> {
    let mut random = Rng::with_seed(order);
    let mut files = BTreeMap::from([("environments/test.yaml".to_owned(), ENVIRONMENT.to_owned())]);
    let mut stacks: BTreeMap<String, Parts> = BTreeMap::new();
    for (place, block) in project.blocks.iter().enumerate() {
        let stack = stacks.entry(block.stack_name()).or_default();
        let target = project.target(place);
        let reference = target.map(|target| reference(target, block));
        let (entry, module) = entry(block, reference.as_deref(), previous, target);
        stack.resources.insert(block.name(), entry);
        if let Some((user, access)) = block.grant() {
            stack.resources.insert(user.clone(), granted(block, previous));
            stack
                .grants
                .push(json!({"to": format!("${{{user}}}"), "on": format!("${{{}}}", block.name()), "access": access}));
        }
        if block.shape != Shape::Absent {
            stack.outputs.insert(block.name(), format!("${{{}}}", inside(block)).into());
        }
        for (name, module) in module {
            files.insert(format!("modules/{name}/module.yaml"), yaml(&module, &mut random));
        }
    }
    for (name, Parts { resources, outputs, grants }) in stacks {
        let stack =
            json!({"stack": name, "account": "retail", "resources": resources, "outputs": outputs, "grants": grants});
        let prefix = random.alphanumeric().to_ascii_lowercase();
        files.insert(format!("stacks/{prefix}-{name}.yaml"), yaml(&stack, &mut random));
    }
    files
}

/// A block as it stands in its stack, and the modules that it needs.
fn entry(
    block: &Block,
    reference: Option<&str>,
    previous: Option<&Project>,
    target: Option<&Block>,
) -> (Json, Vec<(String, Json)>) {
    let (account, region) = block.placement();
    let resource =
        |reference: Option<&str>| json!({"type": block.kind().type_name, "properties": block.properties(reference)});
    let attribute = block.kind().attribute;
    let name = format!("m{}", block.id);
    let (mut entry, modules) = match block.shape {
        Shape::Plain | Shape::Absent | Shape::Each(_) => (resource(reference), Vec::new()),
        Shape::Module | Shape::Nested => {
            let given = reference.map(|_| "${parameters.link}");
            let parameters = json!({"link": {"type": ["string", "null"], "default": null}});
            let inner = json!({"module": name, "parameters": parameters, "resources": {"it": resource(given)},
                "outputs": {"value": format!("${{it.{attribute}}}")}});
            let with = |link: Option<&str>| link.map_or_else(|| json!({}), |link| json!({"link": link}));
            if block.shape == Shape::Module {
                (json!({"module": name, "with": with(reference)}), vec![(name, inner)])
            } else {
                let outer_name = format!("{name}-outer");
                let outer = json!({"module": outer_name, "parameters": parameters,
                    "resources": {"inner": {"module": name, "with": with(given)}}, "outputs": {"value": "${inner.value}"}});
                (json!({"module": outer_name, "with": with(reference)}), vec![(name, inner), (outer_name, outer)])
            }
        }
    };
    let mut put = |key: &str, value: Json| {
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(key.to_owned(), value);
        }
    };
    put("account", account.into());
    put("region", region.into());
    match block.shape {
        Shape::Absent => put("when", "${environment.keys.one > 1}".into()),
        // A list for some, a map of the environment for others.
        Shape::Each(3) => put("forEach", "${environment.keys}".into()),
        Shape::Each(keys) => put("forEach", ["one", "two", "three"].iter().take(usize::from(keys)).copied().collect()),
        _ => {}
    }
    if block.protect {
        put("protect", true.into());
    }
    if block.retain {
        put("retain", true.into());
    }
    if let Some(target) = target.filter(|target| block.depends && target.stack_name() == block.stack_name()) {
        put("dependsOn", target.name().into());
    }
    let before = previous.and_then(|project| project.blocks.iter().find(|old| old.id == block.id));
    if let Some(before) = before.filter(|before| before.name() != block.name() && before.shape != Shape::Absent) {
        put("movedFrom", before.name().into());
    }
    (entry, modules)
}

/// The role beside a block that may use it.
fn granted(block: &Block, previous: Option<&Project>) -> Json {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let (account, region) = block.placement();
    let mut role = json!({"type": "AWS::IAM::Role", "account": account, "region": region,
        "properties": {"AssumeRolePolicyDocument": trust}});
    let before = previous.and_then(|project| project.blocks.iter().find(|old| old.id == block.id));
    let before = before.and_then(Block::grant).map(|(name, _)| name);
    if let Some(before) = before.filter(|before| Some(before) != block.grant().map(|(name, _)| name).as_ref())
        && let Some(role) = role.as_object_mut()
    {
        role.insert("movedFrom".to_owned(), before.into());
    }
    role
}

/// What of a block is referred to, in its own stack.
fn inside(block: &Block) -> String {
    let (name, attribute) = (block.name(), block.kind().attribute);
    match block.shape {
        Shape::Each(_) => format!("{name}['one'].{attribute}"),
        Shape::Module | Shape::Nested => format!("{name}.value"),
        Shape::Plain | Shape::Absent => format!("{name}.{attribute}"),
    }
}

fn reference(target: &Block, from: &Block) -> String {
    if target.stack_name() == from.stack_name() {
        format!("${{{}}}", inside(target))
    } else {
        format!("${{stacks['{}'].{}}}", target.stack_name(), target.name())
    }
}

/// Block-style YAML, with the members of every map in an order of chance.
pub fn yaml(value: &Json, random: &mut Rng) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0, random);
    text
}

fn write_value(text: &mut String, value: &Json, depth: usize, random: &mut Rng) {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(members) if !members.is_empty() => {
            let mut members: Vec<_> = members.iter().collect();
            random.shuffle(&mut members);
            for (key, member) in members {
                let _ = write!(text, "{indent}{}:", json!(key));
                write_below(text, member, depth + 1, random);
            }
        }
        Json::Array(elements) if !elements.is_empty() => {
            for element in elements {
                let _ = write!(text, "{indent}-");
                write_below(text, element, depth + 1, random);
            }
        }
        scalar => {
            let _ = writeln!(text, "{indent}{scalar}");
        }
    }
}

fn write_below(text: &mut String, value: &Json, depth: usize, random: &mut Rng) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            text.push('\n');
            write_value(text, value, depth, random);
        }
        Json::Array(elements) if !elements.is_empty() => {
            text.push('\n');
            write_value(text, value, depth, random);
        }
        scalar => {
            let _ = writeln!(text, " {scalar}");
        }
    }
}
