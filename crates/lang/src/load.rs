//! Loading an environment: every file read, checked, and made into the desired graph. Imports all of the above.

use crate::declared::{Declared, ExpectationDeclaration, ModuleFile, StackFile};
use crate::environment::{self, EnvironmentFile};
use crate::expressions::Language;
use crate::files::{Project, environments};
use crate::frame::{Context, Entity, Frame, Told};
use crate::grants::reference;
use crate::lower::Lowering;
use crate::names::{self, Files};
use crate::node::Node;
use crate::reader::Reader;
use crate::resources::Made;
use crate::settings::EnvironmentSettings;
use crate::{checks, cycles};
use crate::{modules, stack, yaml};
use charter_catalog::Catalog;
use charter_model::{
    Address, DesiredGraph, Diagnostic, Diagnostics, Expectation, Output, SourceId, Sources, StackName, Template,
    TypeName, did_you_mean,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The folder that holds `stacks`, `modules` and `environments`.
    pub root: PathBuf,
    /// The name of the environment: `environments/NAME.yaml`.
    pub environment: String,
    /// Values of parameters that go before those of the environment: by `stack.parameter`, or by `parameter` for every stack
    /// that has one of this name.
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// None exactly if there are errors.
    pub graph: Option<DesiredGraph>,
    /// Everything that was found, in the order of the files.
    pub diagnostics: Diagnostics,
    /// Every file that was read; what the spans point into.
    pub sources: Arc<Sources>,
    /// What the environment's file says; none if it could not be read.
    pub settings: Option<EnvironmentSettings>,
}

/// Reads an environment, its stacks and all modules, and makes the desired graph.
pub fn load(options: &LoadOptions, catalog: &Catalog) -> Loaded {
    let language = Language::new();
    let mut project = Project::new(&options.root);
    let mut diagnostics = Diagnostics::default();
    let mut read = read_files(options, catalog, &language, &mut project, &mut diagnostics);
    let settings = read.environment.as_ref().map(|file| file.settings.clone());
    let mut graph = None;
    if let Some(environment) = &read.environment {
        let files = Files { catalog, environment, stacks: &read.stacks, modules: &read.modules };
        let mut mistaken = BTreeSet::new();
        for stack in read.stacks.values() {
            names::check_stack(&files, stack, &mut diagnostics, &mut mistaken);
        }
        for module in read.modules.values() {
            names::check_module(&files, module, &mut diagnostics, &mut mistaken);
        }
        let endless = modules::check(&read.stacks, &read.modules, &read.broken, &mut diagnostics);
        // What includes itself cannot be expanded; all else is looked at, so that every mistake is told in this run.
        read.modules.retain(|name, _| !endless.contains(name));
        let files = Files { catalog, environment, stacks: &read.stacks, modules: &read.modules };
        let lowering = Lowering::new(&files, &language, &options.parameters, &mut project, mistaken);
        graph = Some(build(lowering, &mut diagnostics));
    }
    let sources = Arc::new(std::mem::take(&mut project.sources));
    let mut sorted = Diagnostics::default();
    sorted.extend(diagnostics.sorted().into_iter().cloned());
    let graph = graph.filter(|_| !sorted.has_errors()).map(|graph| DesiredGraph { sources: sources.clone(), ..graph });
    Loaded { graph, diagnostics: sorted, sources, settings }
}

struct Read {
    environment: Option<EnvironmentFile>,
    stacks: BTreeMap<StackName, StackFile>,
    modules: BTreeMap<Arc<str>, ModuleFile>,
    /// Modules whose file could not be read.
    broken: BTreeSet<Arc<str>>,
}

fn read_files(
    options: &LoadOptions,
    catalog: &Catalog,
    language: &Language,
    project: &mut Project<'_>,
    diagnostics: &mut Diagnostics,
) -> Read {
    let environment = read_environment(options, language, project, diagnostics);
    let mut stacks: BTreeMap<StackName, StackFile> = BTreeMap::new();
    let names = project.list("stacks", None);
    if names.is_empty() {
        diagnostics.push(
            Diagnostic::warning("no-stacks", format!("there is no stack in {}", options.root.join("stacks").display()))
                .help("write stacks/NAME.yaml, or run `charter init`; what is still recorded would be deleted"),
        );
    }
    for name in names {
        let Some((source, node)) = read_tree(project, &format!("stacks/{name}"), diagnostics) else { continue };
        let mut reader = Reader { language, sources: &project.sources, diagnostics };
        let Some(stack) = stack::read_stack(&mut reader, catalog, source, &node) else { continue };
        if let Some(first) = stacks.get(&stack.name) {
            diagnostics.push(
                Diagnostic::error("duplicate-stack", format!("two files declare the stack `{}`", stack.name))
                    .label(stack.name_span, "again here")
                    .label(first.name_span, "first here")
                    .help("rename one of the two"),
            );
            continue;
        }
        stacks.insert(stack.name.clone(), stack);
    }
    let mut modules = BTreeMap::new();
    let mut broken = BTreeSet::new();
    for name in project.list("modules", Some("module.yaml")) {
        let key: Arc<str> = name.as_str().into();
        let tree = read_tree(project, &format!("modules/{name}/module.yaml"), diagnostics);
        let module = tree.and_then(|(source, node)| {
            let mut reader = Reader { language, sources: &project.sources, diagnostics };
            stack::read_module(&mut reader, catalog, source, &node, &name)
        });
        match module {
            Some(module) => {
                modules.insert(key, module);
            }
            None => {
                broken.insert(key);
            }
        }
    }
    Read { environment, stacks, modules, broken }
}

fn read_tree(project: &mut Project<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<(SourceId, Node)> {
    let source = project.read(name, diagnostics)?;
    let text = project.sources.get(source)?.text.clone();
    Some((source, yaml::parse(source, &text, diagnostics)?))
}

fn read_environment(
    options: &LoadOptions,
    language: &Language,
    project: &mut Project<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<EnvironmentFile> {
    let wanted = &options.environment;
    let known = environments(&options.root);
    let plain = !wanted.is_empty() && !wanted.contains(['/', '\\']) && !wanted.starts_with('.');
    let file = [format!("environments/{wanted}.yaml"), format!("environments/{wanted}.yml")];
    let Some(file) = file.iter().find(|file| plain && project.exists(file)) else {
        let diagnostic = Diagnostic::error("unknown-environment", format!("there is no environment {wanted:?}"));
        diagnostics.push(match did_you_mean(wanted, known.iter().map(String::as_str)) {
            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
            None if known.is_empty() => diagnostic
                .help(format!("there are none below {}: write environments/NAME.yaml", options.root.display())),
            None => diagnostic.help(format!("environments: {}", known.join(", "))),
        });
        return None;
    };
    let (_, node) = read_tree(project, file, diagnostics)?;
    let mut reader = Reader { language, sources: &project.sources, diagnostics };
    environment::read(&mut reader, &node, wanted)
}

fn build(lowering: Lowering<'_, '_>, diagnostics: &mut Diagnostics) -> DesiredGraph {
    let files = lowering.files;
    lowering.check_given(files.stacks.values());
    let mut made = Made::default();
    let mut frames = Vec::new();
    for stack in files.stacks.values() {
        if let Ok(frame) = lowering.stack_frame(stack) {
            lowering.stacks.borrow_mut().insert(stack.name.as_str().into(), frame.clone());
            frames.push((stack, frame));
        }
    }
    for (_, frame) in &frames {
        lowering.expand(frame, &mut made);
    }
    lowering.connect(&mut made);
    let grants = lowering.grant(&mut made);
    let accounts = lowering.accounts(&mut made);
    let mut outputs = BTreeMap::new();
    let mut expectations = Vec::new();
    for (stack, frame) in &frames {
        outputs.insert(stack.name.clone(), stack_outputs(&lowering, stack, frame));
        for declared in &stack.body.expectations {
            expectations.extend(expectation(&lowering, frame, declared).unwrap_or_default());
        }
    }
    let settings = &files.environment.settings;
    diagnostics.extend(lowering.into_findings());
    diagnostics.extend(cycles::find(&made.resources));
    diagnostics.extend(checks::find(&made.resources));
    DesiredGraph {
        environment: settings.environment.clone(),
        target: settings.target,
        ephemeral: settings.ephemeral,
        accounts,
        region: settings.region.clone(),
        tags: settings.tags.clone(),
        stacks: files.stacks.keys().cloned().collect(),
        resources: made.resources,
        outputs,
        grants,
        expectations,
        sources: Arc::default(),
    }
}

fn stack_outputs<'a>(
    lowering: &Lowering<'a, '_>,
    stack: &'a StackFile,
    frame: &Rc<Frame<'a>>,
) -> BTreeMap<Arc<str>, Output> {
    let mut outputs = BTreeMap::new();
    for (name, declared) in &stack.body.outputs {
        if let Ok(Entity::Value(value)) = lowering.output(frame, name) {
            let description = declared.description.clone();
            outputs.insert(name.clone(), Output { value, description, span: Some(declared.value.span) });
        }
    }
    outputs
}

/// What an expectation comes to: for each element of its `forEach`, if it has one.
fn expectation<'a>(
    lowering: &Lowering<'a, '_>,
    frame: &Rc<Frame<'a>>,
    declared: &'a ExpectationDeclaration,
) -> Result<Vec<Expectation>, Told> {
    let context = Context { frame: frame.clone(), each: None, placement: frame.placement.clone() };
    let Some(for_each) = &declared.for_each else { return expectation_of(lowering, &context, declared) };
    let mut found = Vec::new();
    let mut result = Ok(());
    for each in lowering.collection(&context, for_each)? {
        // A key means the same here as in `resources`, so that one list serves both.
        let one = lowering.segment("access", Some(&each), for_each.span).and_then(|_| {
            let context = Context { each: Some(Rc::new(each)), ..context.clone() };
            expectation_of(lowering, &context, declared)
        });
        match one {
            Ok(expectations) => found.extend(expectations),
            Err(told) => result = Err(told),
        }
    }
    result.map(|()| found)
}

/// One for each action; none if `when` is false.
fn expectation_of<'a>(
    lowering: &Lowering<'a, '_>,
    context: &Context<'a>,
    declared: &'a ExpectationDeclaration,
) -> Result<Vec<Expectation>, Told> {
    if let Some(when) = &declared.when
        && !lowering.known_bool(context, when, "`when`")?
    {
        return Ok(Vec::new());
    }
    let principal = arn_of(lowering, context, &declared.principal)?;
    let resource = arn_of(lowering, context, &declared.resource)?;
    Ok(declared
        .actions
        .iter()
        .map(|action| Expectation {
            principal: principal.clone(),
            action: action.to_string(),
            resource: resource.clone(),
            expect: declared.expect,
            stack: context.frame.stack.clone(),
            key: context.each.as_ref().map(|each| each.key.clone()),
            span: Some(declared.span),
        })
        .collect())
}

/// A value, or the ARN of the resource that is named.
fn arn_of<'a>(lowering: &Lowering<'a, '_>, context: &Context<'a>, declared: &'a Declared) -> Result<Template, Told> {
    let Some(expression) = declared.sole_expression() else { return lowering.lower(context, declared) };
    match lowering.instance_or_entity(context, expression)? {
        Entity::Value(template) => Ok(template),
        Entity::Resource(address, type_name) => match arn_attribute(lowering.files.catalog, type_name) {
            Some(name) => Ok(arn_reference(&address, &name, declared)),
            None => Err(lowering.tell(
                Diagnostic::error("bare-reference", format!("{type_name} has no ARN among its attributes"))
                    .label(declared.span, "which ARN?")
                    .help("write the ARN as a text, with attributes in it"),
            )),
        },
        Entity::Module(_) | Entity::Instances(_) => Err(lowering.tell(
            Diagnostic::error("bare-reference", "an expectation is about one resource")
                .label(declared.span, "not a resource")
                .help("name one resource, or an ARN"),
        )),
    }
}

fn arn_reference(address: &Address, name: &str, declared: &Declared) -> Template {
    reference(address, &format!("resource.{name}"), declared.span)
}

/// The attribute that holds the ARN of a type's resources.
fn arn_attribute(catalog: &Catalog, type_name: &TypeName) -> Option<String> {
    let schema = catalog.schema(type_name)?;
    let own = format!("{}Arn", type_name.resource());
    let known = schema.attribute(&["\u{0}"]).err()?.known;
    ["Arn", own.as_str()]
        .into_iter()
        .find(|name| known.iter().any(|known| known == name))
        .map(str::to_owned)
        .or_else(|| known.into_iter().find(|name| name.ends_with("Arn") && own.ends_with(name.as_str())))
}
