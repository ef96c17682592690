//! The files of a project. The order of keys, and of files, comes from a seed: it must mean nothing.

use super::governed::{Around, Companion, Home};
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
        let (entries, modules) = entries(project, place, block, previous);
        stack.resources.extend(entries);
        if let Some((user, access)) = block.grant() {
            stack.resources.insert(user.clone(), granted(block, project.placement(place), previous));
            stack
                .grants
                .push(json!({"to": format!("${{{user}}}"), "on": format!("${{{}}}", block.name()), "access": access}));
        }
        if block.shape != Shape::Absent {
            stack.outputs.insert(block.name(), format!("${{{}}}", inside(block)).into());
            let top = block.kind().top.map(|_| (top_name(block), format!("${{{}}}", top_inside(block)).into()));
            stack.outputs.extend(top);
        }
        for (name, module) in modules {
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

type Named = Vec<(String, Json)>;

/// A block as it stands in its stack, with its companions, and the modules that it needs.
fn entries(project: &Project, place: usize, block: &Block, previous: Option<&Project>) -> (Named, Named) {
    let target = project.target(place);
    let reference = target.map(|target| reference(target, block));
    let home = project.home(place).map(|home| Home {
        id: self::reference(home, block),
        top: home.kind().top.map(|_| top_reference(home, block)),
    });
    let companions: Vec<_> = project.companions(place).collect();
    let other_account = project.other_account(place);
    let name = format!("b{}", block.id);
    let own = format!("{}_", block.name());
    let (entry, beside, modules) = match block.shape {
        Shape::Module | Shape::Nested => {
            let (entry, modules) = modules(block, &companions, reference.as_deref(), home.as_ref(), other_account);
            (entry, Vec::new(), modules)
        }
        shape => {
            let each = matches!(shape, Shape::Each(_));
            let name = if each { format!("{name}-${{each.key}}") } else { name };
            let around = Around {
                seed: block.seed,
                reference: reference.as_deref(),
                name: &name,
                home: home.as_ref(),
                other_account,
                beside: (&own, if each { "[each.key]" } else { "" }),
            };
            let beside = companions.iter().map(|it| (format!("{own}{}", it.name), companion(it, &around)));
            (itself(block, &around), beside.collect(), Vec::new())
        }
    };
    let before = previous.and_then(|project| {
        let place = project.blocks.iter().position(|old| old.id == block.id)?;
        Some((project.blocks.get(place)?, project.companions(place).map(|it| it.name).collect::<Vec<_>>()))
    });
    let is_said = |before: &Block| before.name() != block.name() && !block.unsaid;
    let before = before.filter(|(before, _)| is_said(before) && before.shape != Shape::Absent);
    // Of a `forEach`, each stood under its own key.
    let moved = |name: String| match block.shape {
        Shape::Each(_) => format!("{name}:${{each.key}}"),
        _ => name,
    };
    let mut all = vec![(block.name(), entry)];
    all.extend(beside);
    for (number, (name, entry)) in all.iter_mut().enumerate() {
        let is_companion = number > 0;
        let (account, region) = project.placement(place);
        let Some(entry) = entry.as_object_mut() else { continue };
        entry.entry("account").or_insert_with(|| account.into());
        let mut put = |key: &str, value: Json| drop(entry.insert(key.to_owned(), value));
        put("region", region.into());
        match block.shape {
            Shape::Absent => put("when", "${environment.keys.one > 1}".into()),
            // A list for some, a map of the environment for others.
            Shape::Each(3) => put("forEach", "${environment.keys}".into()),
            Shape::Each(keys) => {
                put("forEach", ["one", "two", "three"].iter().take(usize::from(keys)).copied().collect());
            }
            _ => {}
        }
        if block.is_retained() {
            put("retain", true.into());
        }
        if is_companion {
            let suffix = name.strip_prefix(&own).unwrap_or_default();
            if let Some((before, _)) = before.as_ref().filter(|(_, companions)| companions.contains(&suffix)) {
                put("movedFrom", moved(format!("{}_{suffix}", before.name())).into());
            }
            continue;
        }
        if block.is_protected() {
            put("protect", true.into());
        }
        if let Some(target) = target.filter(|target| block.depends && target.stack_name() == block.stack_name()) {
            put("dependsOn", target.name().into());
        }
        if let Some((before, _)) = &before {
            put("movedFrom", moved(before.name()).into());
        }
    }
    (all, modules)
}

/// What is in the other account says so; the rest is where its block is.
fn resource(type_name: &str, properties: Json, account: Option<&str>) -> Json {
    let mut made = json!({"type": type_name, "properties": properties});
    if let (Some(account), Some(made)) = (account, made.as_object_mut()) {
        made.insert("account".to_owned(), account.into());
    }
    made
}

fn itself(block: &Block, around: &Around<'_>) -> Json {
    let kind = block.kind();
    resource(kind.type_name, block.properties(around), kind.across.then_some(around.other_account))
}

fn companion(companion: &Companion, around: &Around<'_>) -> Json {
    resource(companion.type_name, (companion.make)(around), companion.across.then_some(around.other_account))
}

/// A block inside of a module, or of a module in a module.
fn modules(
    block: &Block,
    companions: &[&Companion],
    reference: Option<&str>,
    home: Option<&Home>,
    other_account: &str,
) -> (Json, Named) {
    let name = format!("m{}", block.id);
    // What comes from outside.
    let outside = [
        ("link", reference.map(str::to_owned)),
        ("home", home.map(|home| home.id.clone())),
        ("top", home.and_then(|home| home.top.clone())),
    ];
    let text = || json!({"type": ["string", "null"], "default": null});
    let parameters: Map<String, Json> = outside.iter().map(|(name, _)| ((*name).to_owned(), text())).collect();
    let given: Map<String, Json> =
        outside.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?.into()))).collect();
    let handed: Map<String, Json> =
        given.keys().map(|name| (name.clone(), format!("${{parameters.{name}}}").into())).collect();
    let handed_text = |name: &str| handed.get(name).and_then(Json::as_str);
    let home = handed_text("home").map(|id| Home { id: id.to_owned(), top: handed_text("top").map(str::to_owned) });
    let own_name = format!("b{}", block.id);
    let around = Around {
        seed: block.seed,
        reference: handed_text("link"),
        name: &own_name,
        home: home.as_ref(),
        other_account,
        beside: ("", ""),
    };
    let mut resources = Map::from_iter([("it".to_owned(), itself(block, &around))]);
    resources.extend(companions.iter().map(|each| (each.name.to_owned(), companion(each, &around))));
    let attributes = [("value", Some(block.kind().attribute)), ("top", block.kind().top)];
    let outputs = |from: &str| -> Map<String, Json> {
        let there = attributes.iter().filter_map(|(name, attribute)| Some((*name, (*attribute)?)));
        there
            .map(|(name, attribute)| {
                let attribute = if from == "it" { attribute } else { name };
                (name.to_owned(), format!("${{{from}.{attribute}}}").into())
            })
            .collect()
    };
    let inner = json!({"module": name, "parameters": parameters, "resources": resources, "outputs": outputs("it")});
    if block.shape == Shape::Module {
        return (json!({"module": name, "with": given}), vec![(name, inner)]);
    }
    let outer_name = format!("{name}-outer");
    let outer = json!({"module": outer_name, "parameters": parameters,
        "resources": {"inner": {"module": name, "with": handed}}, "outputs": outputs("inner")});
    (json!({"module": outer_name, "with": given}), vec![(name, inner), (outer_name, outer)])
}

/// The role beside a block that may use it.
fn granted(block: &Block, (account, region): (&str, &str), previous: Option<&Project>) -> Json {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let mut role = json!({"type": "AWS::IAM::Role", "account": account, "region": region,
        "properties": {"AssumeRolePolicyDocument": trust}});
    let before = previous.and_then(|project| project.blocks.iter().find(|old| old.id == block.id));
    let before = before.filter(|_| !block.unsaid).and_then(Block::grant).map(|(name, _)| name);
    if let Some(before) = before.filter(|before| Some(before) != block.grant().map(|(name, _)| name).as_ref())
        && let Some(role) = role.as_object_mut()
    {
        role.insert("movedFrom".to_owned(), before.into());
    }
    role
}

/// What of a block is referred to, in its own stack.
fn inside(block: &Block) -> String {
    attribute_inside(block, block.kind().attribute, "value")
}

/// The same of what is in it: see [`super::model::Kind::top`].
fn top_inside(block: &Block) -> String {
    attribute_inside(block, block.kind().top.unwrap_or_default(), "top")
}

fn attribute_inside(block: &Block, attribute: &str, output: &str) -> String {
    let name = block.name();
    match block.shape {
        Shape::Each(_) => format!("{name}['one'].{attribute}"),
        Shape::Module | Shape::Nested => format!("{name}.{output}"),
        Shape::Plain | Shape::Absent => format!("{name}.{attribute}"),
    }
}

/// The output of a stack that tells it.
fn top_name(block: &Block) -> String {
    format!("{}_top", block.name())
}

fn reference(target: &Block, from: &Block) -> String {
    across(target, from, &inside(target), &target.name())
}

fn top_reference(target: &Block, from: &Block) -> String {
    across(target, from, &top_inside(target), &top_name(target))
}

fn across(target: &Block, from: &Block, inside: &str, output: &str) -> String {
    if target.stack_name() == from.stack_name() {
        format!("${{{inside}}}")
    } else {
        format!("${{stacks['{}'].{output}}}", target.stack_name())
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
