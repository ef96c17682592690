//! What every name in an expression refers to, checked once for each file and without evaluating anything: names, outputs,
//! and attributes against the catalogue. Imports `declared`, `expressions`.

use crate::declared::{Block, BlockKind, Body, Declared, DeclaredExpression, ModuleFile, StackFile};
use crate::environment::EnvironmentFile;
use crate::expressions::{Chain, FILES, REGION, Step};
use charter_catalog::Catalog;
use charter_model::{Diagnostic, Diagnostics, Span, StackName, TypeName, did_you_mean};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// The names of an environment that are not free data.
pub(crate) const ENVIRONMENT_NAMES: &[&str] = &["accounts", "ephemeral", "name", "region", "tags", "target"];
/// How far outputs of modules are followed through other outputs.
const DEEPEST: usize = 64;

/// All files of a project, by name.
pub(crate) struct Files<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) environment: &'a EnvironmentFile,
    pub(crate) stacks: &'a BTreeMap<StackName, StackFile>,
    pub(crate) modules: &'a BTreeMap<Arc<str>, ModuleFile>,
}

/// What a name leads to, as far as the files say.
#[derive(Clone)]
enum Shape<'a> {
    Value,
    Resource(&'a TypeName),
    Module(&'a str, &'a ModuleFile),
    /// The instances of a `forEach` block.
    Instances(Box<Shape<'a>>),
}

/// What an expression may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Value,
    /// A resource or module by itself will do.
    Anything,
    /// The same; if it is an instance, its key may be computed.
    Instance,
}

struct Checker<'a, 'd> {
    files: &'a Files<'a>,
    body: &'a Body,
    each: bool,
    diagnostics: &'d mut Diagnostics,
    mistaken: &'d mut BTreeSet<Span>,
}

/// Checks every expression of a stack; those with a mistake go to `mistaken`.
pub(crate) fn check_stack(
    files: &Files<'_>,
    stack: &StackFile,
    diagnostics: &mut Diagnostics,
    mistaken: &mut BTreeSet<Span>,
) {
    let mut checker = Checker { files, body: &stack.body, each: false, diagnostics, mistaken };
    for declared in stack.account.iter().chain(&stack.region) {
        checker.declared(declared, Wanted::Value);
    }
    checker.body(Wanted::Value);
}

/// Checks every expression of a module; those with a mistake go to `mistaken`.
pub(crate) fn check_module(
    files: &Files<'_>,
    module: &ModuleFile,
    diagnostics: &mut Diagnostics,
    mistaken: &mut BTreeSet<Span>,
) {
    Checker { files, body: &module.body, each: false, diagnostics, mistaken }.body(Wanted::Anything);
}

impl<'a> Checker<'a, '_> {
    fn body(&mut self, outputs: Wanted) {
        let body = self.body;
        for parameter in body.parameters.values() {
            if let Some(default) = &parameter.default {
                self.declared(default, Wanted::Value);
            }
        }
        body.blocks.values().for_each(|block| self.block(block));
        for grant in &body.grants {
            self.declared(&grant.to, Wanted::Anything);
            self.declared(&grant.on, Wanted::Anything);
            for declared in grant.prefix.iter().chain(&grant.when) {
                self.declared(declared, Wanted::Value);
            }
        }
        for output in body.outputs.values() {
            self.declared(&output.value, outputs);
        }
        for expectation in &body.expectations {
            if let Some(for_each) = &expectation.for_each {
                self.declared(for_each, Wanted::Value);
            }
            self.each = expectation.for_each.is_some();
            if let Some(declared) = &expectation.when {
                self.declared(declared, Wanted::Value);
            }
            self.declared(&expectation.principal, Wanted::Instance);
            self.declared(&expectation.resource, Wanted::Instance);
            self.each = false;
        }
    }

    fn block(&mut self, block: &'a Block) {
        if let Some(for_each) = &block.for_each {
            self.declared(for_each, Wanted::Value);
        }
        self.each = block.for_each.is_some();
        let lifecycle = [&block.when, &block.account, &block.region, &block.protect, &block.retain, &block.moved_from];
        for declared in lifecycle.into_iter().flatten() {
            self.declared(declared, Wanted::Value);
        }
        for expression in &block.depends_on {
            self.depends_on(expression);
        }
        match &block.kind {
            BlockKind::Resource(resource) => {
                self.declared(&resource.properties, Wanted::Value);
                if let Some(import) = &resource.import {
                    self.declared(import, Wanted::Value);
                }
            }
            BlockKind::Module(module) => {
                module.with.values().for_each(|(_, declared)| self.declared(declared, Wanted::Value));
            }
        }
        self.each = false;
    }

    fn depends_on(&mut self, expression: &Arc<DeclaredExpression>) {
        let chain = expression.compiled.chains.first().filter(|_| expression.compiled.direct);
        match chain {
            Some(chain) if self.body.blocks.contains_key(&chain.root) || !self.is_name(&chain.root) => {
                self.chain(expression, chain, Wanted::Anything);
            }
            _ => self.diagnostics.push(
                Diagnostic::error("wrong-type", "`dependsOn` names resources and modules of this file")
                    .label(expression.span, "not a resource")
                    .help("write the name of a block, or refer to it in a property"),
            ),
        }
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(name, "parameters" | "environment" | "account" | "region" | "stacks" | "each")
    }

    fn declared(&mut self, declared: &'a Declared, wanted: Wanted) {
        let sole = declared.sole_expression().is_some();
        let mut found = Vec::new();
        declared.expressions(&mut |expression| found.push(expression));
        for expression in found {
            let compiled = &expression.compiled;
            let leads = sole && (compiled.direct || compiled.leads && wanted == Wanted::Instance);
            for (place, chain) in compiled.chains.iter().enumerate() {
                let is_whole = leads && place + 1 == compiled.chains.len();
                self.chain(expression, chain, if is_whole { wanted } else { Wanted::Value });
                // What looks like another name is the rest of this one.
                if self.is_dashed(chain) {
                    break;
                }
            }
        }
    }

    fn chain(&mut self, expression: &DeclaredExpression, chain: &Chain, wanted: Wanted) {
        let before = self.diagnostics.len();
        self.follow_chain(expression, chain, wanted);
        if self.diagnostics.len() > before {
            self.mistaken.insert(expression.span);
        }
    }

    /// Whether this is `stacks.product-reviews.…`, which reads as a subtraction.
    fn is_dashed(&self, chain: &Chain) -> bool {
        match (&*chain.root, chain.steps.first()) {
            ("stacks", Some(Step::Key(name, _))) => {
                let mut known = self.files.stacks.keys().map(StackName::as_str);
                known.clone().all(|known| known != &**name) && known.any(|known| known.starts_with(&format!("{name}-")))
            }
            _ => false,
        }
    }

    fn follow_chain(&mut self, expression: &DeclaredExpression, chain: &Chain, wanted: Wanted) {
        let whole = expression.compiled.direct;
        match &*chain.root {
            "parameters" => self.parameter(expression, chain),
            "environment" => self.environment(expression, chain),
            "account" => self.account(expression, chain),
            "region" | REGION | FILES => {}
            "each" => self.each(expression, chain),
            "stacks" => self.stack_output(expression, chain, wanted, whole),
            name => match self.body.blocks.get(name) {
                Some(block) => {
                    if let Some(shape) = shape_of(self.files, block) {
                        self.follow(expression, chain, &chain.steps, shape, wanted, whole);
                    }
                }
                None => self.unknown_name(expression, chain),
            },
        }
    }

    fn parameter(&mut self, expression: &DeclaredExpression, chain: &Chain) {
        let Some(Step::Key(name, range)) = chain.steps.first() else { return };
        if !self.body.parameters.contains_key(name) {
            let known: Vec<&str> = self.body.parameters.keys().map(|known| &**known).collect();
            self.unknown(
                expression,
                range,
                "unknown-parameter",
                &format!("there is no parameter `{name}`"),
                name,
                &known,
            );
        }
    }

    fn environment(&mut self, expression: &DeclaredExpression, chain: &Chain) {
        let Some(Step::Key(name, range)) = chain.steps.first() else { return };
        if chain.presence && chain.steps.len() == 1 {
            return;
        }
        let data = &self.files.environment.data;
        if !ENVIRONMENT_NAMES.contains(&&**name) && !data.contains_key(name) {
            let known: Vec<&str> = data.keys().map(|known| &**known).chain(ENVIRONMENT_NAMES.iter().copied()).collect();
            let environment = &self.files.environment.settings.environment;
            let summary = format!("the environment {environment} has no `{name}`");
            self.unknown(expression, range, "unknown-name", &summary, name, &known);
        }
    }

    fn account(&mut self, expression: &DeclaredExpression, chain: &Chain) {
        match chain.steps.first() {
            Some(Step::Key(name, range)) if !matches!(&**name, "id" | "name") => {
                self.unknown(
                    expression,
                    range,
                    "unknown-attribute",
                    &format!("an account has no `{name}`"),
                    name,
                    &["id", "name"],
                );
            }
            _ => {}
        }
    }

    fn each(&mut self, expression: &DeclaredExpression, chain: &Chain) {
        if !self.each {
            self.diagnostics.push(
                Diagnostic::error("each-outside", "`each` is known in blocks and expectations with `forEach` only")
                    .label(expression.within(&chain.root_range), "no forEach here")
                    .help("add `forEach: …` to what it stands in, or refer to something else"),
            );
            return;
        }
        if let Some(Step::Key(name, range)) = chain.steps.first()
            && !matches!(&**name, "key" | "value")
        {
            self.unknown(
                expression,
                range,
                "unknown-name",
                &format!("`each` has no `{name}`"),
                name,
                &["key", "value"],
            );
        }
    }

    fn stack_output(&mut self, expression: &DeclaredExpression, chain: &Chain, wanted: Wanted, whole: bool) {
        let Some(Step::Key(name, range)) = chain.steps.first() else {
            self.diagnostics.push(
                Diagnostic::error("bare-reference", "`stacks` needs the name of a stack and of an output")
                    .label(expression.within(&chain.root_range), "of which stack?")
                    .help("write stacks.NAME.OUTPUT; stacks['NAME'].OUTPUT if the name has a '-'"),
            );
            return;
        };
        let Some((_, stack)) = self.files.stacks.iter().find(|(known, _)| known.as_str() == &**name) else {
            let known: Vec<&str> = self.files.stacks.keys().map(StackName::as_str).collect();
            let dashed = known.iter().find(|known| known.starts_with(&format!("{name}-")));
            match dashed {
                Some(dashed) => self.diagnostics.push(
                    Diagnostic::error("unknown-name", format!("there is no stack `{name}`"))
                        .label(expression.within(range), "the '-' behind it reads as minus")
                        .help(format!("write stacks['{dashed}'].…")),
                ),
                None => self.unknown(
                    expression,
                    range,
                    "unknown-name",
                    &format!("there is no stack `{name}`"),
                    name,
                    &known,
                ),
            }
            return;
        };
        let Some(Step::Key(output, range)) = chain.steps.get(1) else {
            let known: Vec<&str> = stack.body.outputs.keys().map(|known| &**known).collect();
            self.diagnostics.push(
                Diagnostic::error("bare-reference", format!("which output of the stack `{name}`?"))
                    .label(expression.within(range), "a stack is not a value")
                    .help(listed("outputs", &known)),
            );
            return;
        };
        match stack.body.outputs.get(output) {
            Some(declared) => {
                let shape = output_shape(self.files, &stack.body, &declared.value, 0);
                if !matches!(shape, Shape::Value) {
                    // Told where the output stands.
                    return;
                }
                self.follow(expression, chain, chain.steps.get(2..).unwrap_or_default(), shape, wanted, whole);
            }
            None => {
                let known: Vec<&str> = stack.body.outputs.keys().map(|known| &**known).collect();
                let summary = format!("the stack `{name}` has no output `{output}`");
                self.unknown(expression, range, "unknown-output", &summary, output, &known);
            }
        }
    }

    fn unknown_name(&mut self, expression: &DeclaredExpression, chain: &Chain) {
        let name = &chain.root;
        let span = expression.within(&chain.root_range);
        let diagnostic =
            Diagnostic::error("unknown-name", format!("`{name}` is not known here")).label(span, "unknown name");
        let help = if self.body.parameters.contains_key(name) {
            format!("did you mean `parameters.{name}`?")
        } else if self.files.environment.data.contains_key(name) {
            format!("did you mean `environment.{name}`?")
        } else {
            let blocks = self.body.blocks.keys().map(|known| &**known);
            let own = ["account", "each", "environment", "parameters", "region", "stacks"];
            match did_you_mean(name, blocks.chain(own)) {
                Some(suggestion) => format!("did you mean `{suggestion}`?"),
                None => {
                    let known: Vec<&str> = self.body.blocks.keys().map(|known| &**known).collect();
                    listed("resources of this file", &known)
                }
            }
        };
        self.diagnostics.push(diagnostic.help(help));
    }

    /// Follows the steps of a chain as far as the files tell where they lead.
    fn follow(
        &mut self,
        expression: &DeclaredExpression,
        chain: &Chain,
        steps: &[Step],
        shape: Shape<'a>,
        wanted: Wanted,
        whole: bool,
    ) {
        match (shape, steps.split_first()) {
            (Shape::Value, _) => {}
            (Shape::Instances(inner), Some((Step::Key(name, range), []))) if self.is_attribute(&inner, name) => {
                let block = &chain.root;
                self.diagnostics.push(
                    Diagnostic::error(
                        "unknown-instance",
                        format!("`{block}` has `forEach`, and `{name}` belongs to each instance"),
                    )
                    .label(expression.within(range), "of which instance?")
                    .help(format!(
                        "write {block}['key'].{name}; for all of them: {block}.map(key, {block}[key].{name})"
                    )),
                );
            }
            (Shape::Instances(inner), Some((Step::Key(..) | Step::Computed(_), rest))) => {
                self.follow(expression, chain, rest, *inner, wanted, whole);
            }
            (Shape::Instances(_), Some((Step::Index(_), _))) => self.diagnostics.push(
                Diagnostic::error(
                    "unknown-instance",
                    format!("the instances of `{}` have keys, not numbers", chain.root),
                )
                .label(expression.within(&chain.root_range), "a block with forEach")
                .help(format!("write {}['key']", chain.root)),
            ),
            // Inside a larger expression the instances can be counted and gone through.
            (Shape::Instances(_), None) if wanted != Wanted::Value || !whole => {}
            (Shape::Instances(_), None) => self.bare(expression, chain, "all instances of a block", &[]),
            (Shape::Resource(type_name), steps) => {
                let Some(schema) = self.files.catalog.schema(type_name) else { return };
                let Some((first, rest)) = steps else {
                    if wanted == Wanted::Value {
                        let known = attributes(&schema);
                        let known: Vec<&str> = known.iter().map(String::as_str).collect();
                        self.bare(expression, chain, "a resource", &known);
                    }
                    return;
                };
                self.attribute(expression, &schema, std::iter::once(first).chain(rest));
            }
            (Shape::Module(_, file), None) => {
                if wanted == Wanted::Value {
                    let known: Vec<&str> = file.body.outputs.keys().map(|known| &**known).collect();
                    self.bare(expression, chain, "a module", &known);
                }
            }
            (Shape::Module(module, file), Some((Step::Key(name, range), rest))) => match file.body.outputs.get(name) {
                Some(output) => {
                    let shape = output_shape(self.files, &file.body, &output.value, 0);
                    self.follow(expression, chain, rest, shape, wanted, whole);
                }
                None => {
                    let summary = format!("the module `{module}` has no output `{name}`");
                    if file.body.blocks.contains_key(name) {
                        self.diagnostics.push(
                            Diagnostic::error("unknown-output", summary)
                                .label(expression.within(range), "a resource inside the module")
                                .help(format!("add `{name}: ${{{name}}}` to the outputs of the module")),
                        );
                        return;
                    }
                    let known: Vec<&str> = file.body.outputs.keys().map(|known| &**known).collect();
                    self.unknown(expression, range, "unknown-output", &summary, name, &known);
                }
            },
            (Shape::Module(module, _), Some(_)) => self.diagnostics.push(
                Diagnostic::error("unknown-output", format!("the outputs of the module `{module}` have names"))
                    .label(expression.within(&chain.root_range), "not a list")
                    .help(format!("write {}.OUTPUT", chain.root)),
            ),
        }
    }

    /// Whether a name is an attribute of the type behind a shape, or an output of the module.
    fn is_attribute(&self, shape: &Shape<'_>, name: &str) -> bool {
        match shape {
            Shape::Resource(type_name) => {
                self.files.catalog.schema(type_name).is_some_and(|schema| schema.attribute(&[name]).is_ok())
            }
            Shape::Module(_, file) => file.body.outputs.contains_key(name),
            Shape::Value | Shape::Instances(_) => false,
        }
    }

    fn attribute<'s>(
        &mut self,
        expression: &DeclaredExpression,
        schema: &charter_catalog::TypeSchema,
        steps: impl Iterator<Item = &'s Step>,
    ) {
        let mut names: Vec<String> = Vec::new();
        let mut ranges: Vec<Option<Range<usize>>> = Vec::new();
        for step in steps {
            names.push(match step {
                Step::Key(name, _) => name.to_string(),
                Step::Index(index) => index.to_string(),
                Step::Computed(_) => "0".to_owned(),
            });
            ranges.push(match step {
                Step::Key(_, range) => Some(range.clone()),
                _ => None,
            });
        }
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        let Err(unknown) = schema.attribute(&path) else { return };
        let name = path.get(unknown.depth).copied().unwrap_or_default();
        let place = match unknown.depth {
            0 => schema.type_name().to_string(),
            depth => format!("{} of {}", path.get(..depth).unwrap_or_default().join("."), schema.type_name()),
        };
        let range = ranges.get(unknown.depth).cloned().flatten().unwrap_or(0..expression.compiled.text.len());
        let diagnostic = Diagnostic::error("unknown-attribute", format!("{place} has no attribute `{name}`"))
            .label(expression.within(&range), "unknown attribute");
        let known: Vec<&str> = unknown.known.iter().map(String::as_str).collect();
        self.diagnostics.push(match unknown.suggestion {
            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
            None => diagnostic.help(listed("attributes", &known)),
        });
    }

    fn bare(&mut self, expression: &DeclaredExpression, chain: &Chain, what: &str, known: &[&str]) {
        let name = &*expression.compiled.text;
        let span = if expression.compiled.direct { expression.span } else { expression.within(&chain.root_range) };
        let name = if expression.compiled.direct { name.trim() } else { &chain.root };
        let best: Vec<String> = known.iter().take(6).map(|each| format!("{name}.{each}")).collect();
        let help = if best.is_empty() {
            format!("name one of them: {name}['key']")
        } else {
            format!("name an attribute: {}{}", best.join(", "), if known.len() > best.len() { ", …" } else { "" })
        };
        self.diagnostics.push(
            Diagnostic::error("bare-reference", format!("`{name}` is {what}, and a value is needed here"))
                .label(span, "not a value")
                .help(help),
        );
    }

    fn unknown(
        &mut self,
        expression: &DeclaredExpression,
        range: &Range<usize>,
        code: &str,
        summary: &str,
        name: &str,
        known: &[&str],
    ) {
        let diagnostic = Diagnostic::error(code, summary).label(expression.within(range), "unknown");
        self.diagnostics.push(match did_you_mean(name, known.iter().copied()) {
            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
            None => diagnostic.help(listed("known", known)),
        });
    }
}

/// A list of names that stays readable.
fn listed(what: &str, known: &[&str]) -> String {
    const MOST: usize = 12;
    match known.len() {
        0 => format!("there are no {what}"),
        count if count > MOST => {
            format!("{what}: {}, … ({count} in all)", known.get(..MOST).unwrap_or_default().join(", "))
        }
        _ => format!("{what}: {}", known.join(", ")),
    }
}

/// The attributes of a type, those first that people mean: the ARN, what identifies it, what AWS tells.
fn attributes(schema: &charter_catalog::TypeSchema) -> Vec<String> {
    let name = |pointer: &charter_model::Pointer| pointer.segments().first().map(ToString::to_string);
    let identifiers: Vec<String> = schema.primary_identifier().iter().filter_map(name).collect();
    let told: Vec<String> = schema.read_only().iter().filter_map(name).collect();
    let mut known: Vec<String> = schema.properties().into_iter().map(|property| property.name.to_string()).collect();
    known.sort_by_key(|each| match each {
        each if each == "Arn" => 0,
        each if identifiers.contains(each) => 1,
        each if told.contains(each) => 2,
        _ => 3,
    });
    known
}

fn shape_of<'a>(files: &Files<'a>, block: &'a Block) -> Option<Shape<'a>> {
    let one = match &block.kind {
        BlockKind::Resource(resource) => Shape::Resource(&resource.type_name),
        BlockKind::Module(module) => Shape::Module(&module.module.value, files.modules.get(&module.module.value)?),
    };
    Some(if block.for_each.is_some() { Shape::Instances(Box::new(one)) } else { one })
}

/// An output that is nothing but a resource, module or output of one stands for that.
fn output_shape<'a>(files: &Files<'a>, body: &'a Body, value: &'a Declared, depth: usize) -> Shape<'a> {
    let chain = value
        .sole_expression()
        .filter(|expression| expression.compiled.direct && depth < DEEPEST)
        .and_then(|expression| expression.compiled.chains.first());
    let Some(chain) = chain else { return Shape::Value };
    let Some(mut shape) = body.blocks.get(&chain.root).and_then(|block| shape_of(files, block)) else {
        return Shape::Value;
    };
    for step in &chain.steps {
        shape = match (shape, step) {
            (Shape::Instances(inner), _) => *inner,
            (Shape::Module(_, file), Step::Key(name, _)) => match file.body.outputs.get(name) {
                Some(output) => output_shape(files, &file.body, &output.value, depth + 1),
                None => Shape::Value,
            },
            _ => return Shape::Value,
        };
    }
    shape
}
