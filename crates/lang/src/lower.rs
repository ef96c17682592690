//! Lowering: declared values to templates. Names are resolved, constants folded, and each expression that remains carries
//! all that its names stand for and no more.
//!
//! Everything is computed when first asked for, so the order of the files does not matter, and a value that needs itself
//! is found.

use crate::accounts::id_template;
use crate::declared::{Declared, DeclaredExpression, DeclaredKind, Part};
use crate::environment::EnvironmentFile;
use crate::expressions::{Chain, Compiled, FILES, Language, REGION, Step, noun};
use crate::files::Project;
use crate::frame::{Context, Entity, Frame, Instances, InstancesKind, Slot, Slots, Told};
use crate::names::Files;
use charter_model::{
    Address, Binding, Diagnostic, Evaluator, Expression, Scope, SecretReference, Span, Template, Unknown, Value,
    did_you_mean,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Values given outside of the files: by `stack.parameter` or `parameter`.
pub(crate) type Given = BTreeMap<String, serde_json::Value>;

/// Resolves names and evaluates what can be evaluated before anything is made.
pub(crate) struct Lowering<'a, 'p> {
    pub(crate) files: &'a Files<'a>,
    pub(crate) language: &'a Language,
    pub(crate) given: &'a Given,
    pub(crate) project: RefCell<&'a mut Project<'p>>,
    pub(crate) stacks: RefCell<BTreeMap<Arc<str>, Rc<Frame<'a>>>>,
    environment: Template,
    /// Expressions with a name that leads nowhere: told, and not to be evaluated.
    mistaken: BTreeSet<Span>,
    found: RefCell<Vec<Diagnostic>>,
    known: RefCell<HashSet<(String, Option<Span>, String)>>,
    /// What is being computed, outermost first: for the report of a value that needs itself.
    computing: RefCell<Vec<(String, Option<Span>)>>,
}

/// Before anything is made: no attribute and no secret is known.
pub(crate) struct Nothing;

impl Scope for Nothing {
    fn resource(&self, address: &Address) -> Value {
        Value::Unknown(Unknown::new(format!("after {address} is created")))
    }

    fn secret(&self, reference: &SecretReference) -> Value {
        Value::Unknown(Unknown::new(format!("after {reference} is read")))
    }
}

type Bindings = BTreeMap<Arc<str>, Binding>;
/// The names that lead to something, what that is, and the steps that are left.
type Resolved<'a, 'c> = (Vec<Arc<str>>, Entity<'a>, &'c [Step]);

impl<'a, 'p> Lowering<'a, 'p> {
    pub(crate) fn new(
        files: &'a Files<'a>,
        language: &'a Language,
        given: &'a Given,
        project: &'a mut Project<'p>,
        mistaken: BTreeSet<Span>,
    ) -> Self {
        Self {
            files,
            language,
            given,
            project: RefCell::new(project),
            stacks: RefCell::default(),
            environment: environment_value(files.environment),
            mistaken,
            found: RefCell::default(),
            known: RefCell::default(),
            computing: RefCell::default(),
        }
    }

    /// Keeps a finding; one that many instances share is kept once.
    pub(crate) fn tell(&self, diagnostic: Diagnostic) -> Told {
        let place = diagnostic.labels.first().map(|label| label.span);
        if self.known.borrow_mut().insert((diagnostic.code.clone(), place, diagnostic.summary.clone())) {
            self.found.borrow_mut().push(diagnostic);
        }
        Told
    }

    pub(crate) fn into_findings(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }

    /// Computes a value once; one that needs itself is told with the way that leads back to it.
    pub(crate) fn once<T: Clone>(
        &self,
        slots: &Slots<T>,
        name: &Arc<str>,
        what: impl FnOnce() -> String,
        span: Option<Span>,
        compute: impl FnOnce() -> Result<T, Told>,
    ) -> Result<T, Told> {
        match slots.borrow().get(name) {
            Some(Slot::Done(done)) => return done.clone(),
            Some(Slot::Computing) => return Err(self.needs_itself(&what(), span)),
            None => {}
        }
        slots.borrow_mut().insert(name.clone(), Slot::Computing);
        self.computing.borrow_mut().push((what(), span));
        let result = compute();
        self.computing.borrow_mut().pop();
        slots.borrow_mut().insert(name.clone(), Slot::Done(result.clone()));
        result
    }

    fn needs_itself(&self, what: &str, span: Option<Span>) -> Told {
        let computing = self.computing.borrow();
        let start = computing.iter().position(|(known, _)| known == what).unwrap_or(0);
        let cycle = computing.get(start..).unwrap_or_default();
        let names: Vec<&str> = cycle.iter().map(|(name, _)| name.as_str()).collect();
        let mut diagnostic = Diagnostic::error("cycle", format!("{what} needs itself: {} → {what}", names.join(" → ")));
        for (name, span) in cycle {
            if let Some(span) = span {
                diagnostic = diagnostic.label(*span, name.clone());
            }
        }
        if let (true, Some(span)) = (diagnostic.labels.is_empty(), span) {
            diagnostic = diagnostic.label(span, what);
        }
        self.tell(diagnostic.help("give one of them a value that does not come from the others"))
    }

    /// A declared value, with everything inside that is constant folded.
    pub(crate) fn lower(&self, context: &Context<'a>, declared: &Declared) -> Result<Template, Told> {
        let (template, result) = self.lower_partly(context, declared);
        result.map(|()| template)
    }

    /// The same where parts are wrong: they come out as unknown, so that the rest can be checked all the same.
    pub(crate) fn lower_partly(&self, context: &Context<'a>, declared: &Declared) -> (Template, Result<(), Told>) {
        let mut result = Ok(());
        let template = self.part_of(context, declared, &mut result);
        (template, result)
    }

    fn part_of(&self, context: &Context<'a>, declared: &Declared, result: &mut Result<(), Told>) -> Template {
        let lowered = match &declared.kind {
            DeclaredKind::Constant(value) => Ok(Template::Value(value.clone())),
            DeclaredKind::Secret(reference) => Ok(Template::Secret(reference.clone())),
            DeclaredKind::Expression(expression) => match self.entity(context, expression) {
                Ok(Entity::Value(template)) => Ok(template),
                // Told by the check of names.
                _ => Err(Told),
            },
            DeclaredKind::Interpolation(parts) => self.interpolation(context, parts),
            DeclaredKind::Invalid => Err(Told),
            DeclaredKind::List(list) => {
                Ok(fold_list(list.iter().map(|each| self.part_of(context, each, result)).collect()))
            }
            DeclaredKind::Map(map) => {
                let mut members = BTreeMap::new();
                for (key, each) in map {
                    let member = self.part_of(context, each, result);
                    // An expression that comes to null leaves the member out.
                    let absent =
                        member == Template::Value(Value::Null) && !matches!(each.kind, DeclaredKind::Constant(_));
                    if !absent {
                        members.insert(key.clone(), member);
                    }
                }
                Ok(fold_map(members))
            }
        };
        lowered.unwrap_or_else(|told| {
            *result = Err(told);
            Template::Value(Value::Unknown(Unknown::new("after a mistake is mended")))
        })
    }

    fn interpolation(&self, context: &Context<'a>, parts: &[Part]) -> Result<Template, Told> {
        let mut lowered = Vec::with_capacity(parts.len());
        let mut result = Ok(());
        for part in parts {
            match part {
                Part::Literal(text) => lowered.push(Template::Value(Value::String(text.clone()))),
                Part::Expression(expression) => match self.entity(context, expression) {
                    Ok(Entity::Value(template)) => match &template {
                        Template::Value(value @ (Value::Null | Value::List(_) | Value::Map(_))) => {
                            result = Err(self.not_a_text(expression, noun(value)));
                        }
                        Template::List(_) => result = Err(self.not_a_text(expression, "a list")),
                        Template::Map(_) => result = Err(self.not_a_text(expression, "a map")),
                        _ => lowered.push(template),
                    },
                    Ok(_) | Err(Told) => result = Err(Told),
                },
            }
        }
        result?;
        let template = Template::Interpolation(lowered);
        let constant =
            matches!(&template, Template::Interpolation(parts) if parts.iter().all(|part| part.as_value().is_some()));
        if !constant {
            return Ok(template);
        }
        // All parts are texts, numbers or booleans: nothing can fail.
        self.language.evaluate(&template, &Nothing).map(Template::Value).map_err(|_| Told)
    }

    fn not_a_text(&self, expression: &DeclaredExpression, what: &str) -> Told {
        self.tell(
            Diagnostic::error("wrong-type", format!("{what} cannot stand inside a text"))
                .label(expression.span, what)
                .help("turn it into text: toJson(…), or join(…, ',')"),
        )
    }

    /// What an expression comes to: a value, or a resource or module by itself.
    pub(crate) fn entity(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
    ) -> Result<Entity<'a>, Told> {
        let compiled = &expression.compiled;
        if self.mistaken.contains(&expression.span) {
            return Err(Told);
        }
        if compiled.direct
            && let [chain] = compiled.chains.as_slice()
        {
            let (path, entity, rest) = self.resolve(context, expression, chain)?;
            return match entity {
                Entity::Value(Template::Value(value)) if rest.is_empty() => Ok(Entity::Value(Template::Value(value))),
                // Kept apart, so that what is constant in it can be seen and checked.
                Entity::Value(template @ (Template::List(_) | Template::Map(_) | Template::Secret(_)))
                    if rest.is_empty() =>
                {
                    Ok(Entity::Value(template))
                }
                Entity::Value(_) => self.bound(expression, path, entity),
                Entity::Resource(..) if !rest.is_empty() => self.bound(expression, path, entity),
                entity => Ok(entity),
            };
        }
        let mut bindings = Bindings::new();
        self.bind_all(context, expression, compiled, &mut bindings)?;
        self.finish(expression, bindings)
    }

    /// The same where an instance may be meant by itself, whose key is computed: `queues[each.key]`.
    pub(crate) fn instance_or_entity(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
    ) -> Result<Entity<'a>, Told> {
        let compiled = &expression.compiled;
        if !self.mistaken.contains(&expression.span)
            && compiled.leads
            && let Some(chain) = compiled.chains.last()
        {
            let (_, entity, rest) = self.resolve(context, expression, chain)?;
            match entity {
                Entity::Resource(..) | Entity::Module(_) if rest.is_empty() => return Ok(entity),
                // Which of them is not known, or was not said.
                Entity::Instances(_) if rest.len() <= 1 => return Ok(entity),
                _ => {}
            }
        }
        self.entity(context, expression)
    }

    fn bound(
        &self,
        expression: &Arc<DeclaredExpression>,
        path: Vec<Arc<str>>,
        entity: Entity<'a>,
    ) -> Result<Entity<'a>, Told> {
        let mut bindings = Bindings::new();
        insert(&mut bindings, &path, self.binding(entity, &[])?);
        self.finish(expression, bindings)
    }

    /// Evaluates as far as possible; what cannot be known yet remains an expression.
    fn finish(&self, expression: &Arc<DeclaredExpression>, bindings: Bindings) -> Result<Entity<'a>, Told> {
        let remains = |bindings: Bindings| {
            let text = expression.compiled.text.clone();
            Ok(Entity::Value(Template::Expression(Expression { text, bindings, span: Some(expression.span) })))
        };
        // The commonest case by far: an attribute, which nothing can be known of.
        if expression.compiled.direct && bindings.values().all(leads_to_resource) {
            return remains(bindings);
        }
        match self.language.run(&expression.compiled, &bindings, &Nothing) {
            Ok(value) if value.is_known() && !value.has_secret() => Ok(Entity::Value(Template::Value(value))),
            Ok(_) => remains(bindings),
            Err(reason) => Err(self.tell(
                Diagnostic::error("expression-failed", format!("the expression fails: {reason}"))
                    .label(expression.span, "this expression")
                    .help("mend the expression, or the value that it works on"),
            )),
        }
    }

    fn bind_all(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        compiled: &Compiled,
        bindings: &mut Bindings,
    ) -> Result<(), Told> {
        let mut result = Ok(());
        for chain in &compiled.chains {
            if !self.is_reached(context, expression, chain)? {
                continue;
            }
            match self.resolve(context, expression, chain) {
                Ok((path, entity, rest)) => match self.binding(entity, rest) {
                    Ok(binding) => insert(bindings, &path, binding),
                    Err(told) => result = Err(told),
                },
                Err(told) => result = Err(told),
            }
        }
        result
    }

    /// Whether the conditions around a chain may let the evaluation come to it.
    fn is_reached(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        chain: &Chain,
    ) -> Result<bool, Told> {
        for guard in &chain.guards {
            if let Value::Bool(decided) = self.part(context, expression, &guard.condition)?
                && decided != guard.expected
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A part of an expression, evaluated by itself.
    fn part(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        compiled: &Compiled,
    ) -> Result<Value, Told> {
        let mut bindings = Bindings::new();
        self.bind_all(context, expression, compiled, &mut bindings)?;
        self.language.run(compiled, &bindings, &Nothing).map_err(|reason| {
            self.tell(
                Diagnostic::error("expression-failed", format!("the expression fails: {reason}"))
                    .label(expression.span, "this expression")
                    .help("mend the expression, or the value that it works on"),
            )
        })
    }

    /// Follows a chain to what it leads to: the names that lead there, and the steps that are left to follow later.
    fn resolve<'c>(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        chain: &'c Chain,
    ) -> Result<Resolved<'a, 'c>, Told> {
        let mut path = vec![chain.root.clone()];
        let (entity, steps): (Entity<'a>, &[Step]) = match (&*chain.root, chain.steps.split_first()) {
            ("environment", _) => {
                let (found, steps) = descend_into(&self.environment, &chain.steps, &mut path);
                return Ok((path, Entity::Value(found), steps));
            }
            ("region" | REGION, _) => (constant(Value::from(context.placement.region.as_str())), &chain.steps),
            ("account", _) => (Entity::Value(self.account_value(context)), &chain.steps),
            ("each", _) => (constant(each_value(context)), &chain.steps),
            ("parameters", Some((Step::Key(name, _), rest))) => {
                path.push(name.clone());
                (Entity::Value(self.parameter(&context.frame, name)?), rest)
            }
            ("parameters", _) => {
                let mut all = BTreeMap::new();
                for name in context.frame.body.parameters.keys() {
                    all.insert(name.clone(), self.parameter(&context.frame, name)?);
                }
                (Entity::Value(fold_map(all)), &chain.steps)
            }
            (FILES, Some((step, rest))) => {
                let (name, text) = self.file(context, expression, step)?;
                path.push(name);
                (constant(Value::String(text)), rest)
            }
            ("stacks", Some((Step::Key(stack, _), rest))) => {
                path.push(stack.clone());
                let frame = self.stacks.borrow().get(stack).cloned().ok_or(Told)?;
                let Some((Step::Key(output, _), rest)) = rest.split_first() else { return Err(Told) };
                path.push(output.clone());
                (self.output(&frame, output)?, rest)
            }
            (name, _) => {
                let (name, block) = context.frame.body.blocks.get_key_value(name).ok_or(Told)?;
                (Entity::Instances(self.instances(&context.frame, name, block)?), &chain.steps)
            }
        };
        let (entity, rest) = self.descend(context, expression, chain, &mut path, entity, steps)?;
        Ok((path, entity, rest))
    }

    fn descend<'c>(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        chain: &'c Chain,
        path: &mut Vec<Arc<str>>,
        mut entity: Entity<'a>,
        mut steps: &'c [Step],
    ) -> Result<(Entity<'a>, &'c [Step]), Told> {
        loop {
            entity = match (entity, steps.split_first()) {
                (Entity::Value(template), Some((Step::Key(key, _), rest))) => match member(template, key) {
                    Ok(found) => {
                        path.push(key.clone());
                        steps = rest;
                        Entity::Value(found)
                    }
                    // Not there, or not known: evaluating tells.
                    Err(template) => return Ok((Entity::Value(template), steps)),
                },
                (Entity::Instances(instances), step) => match &instances.kind {
                    InstancesKind::One(instance) => instance.entity.clone(),
                    InstancesKind::None => return Err(self.absent(expression, chain, &instances)),
                    InstancesKind::Keyed(keyed) => {
                        let Some((step, rest)) = step else { return Ok((Entity::Instances(instances), steps)) };
                        let Some(key) = self.key(context, expression, step)? else {
                            return Ok((Entity::Instances(instances.clone()), steps));
                        };
                        let Some(instance) = keyed.get(&key) else {
                            return Err(self.unknown_instance(expression, chain, &instances, &key));
                        };
                        path.push(key);
                        steps = rest;
                        instance.entity.clone()
                    }
                },
                (Entity::Module(frame), Some((Step::Key(output, _), rest))) => {
                    path.push(output.clone());
                    steps = rest;
                    self.output(&frame, output)?
                }
                (entity, _) => return Ok((entity, steps)),
            };
        }
    }

    /// What a name of `dependsOn` stands for; none for a block whose `when` is false: nothing has to be waited for then.
    pub(crate) fn dependency(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
    ) -> Result<Option<Entity<'a>>, Told> {
        if let [chain] = expression.compiled.chains.as_slice()
            && let Some((name, block)) = context.frame.body.blocks.get_key_value(&chain.root)
            && matches!(self.instances(&context.frame, name, block)?.kind, InstancesKind::None)
        {
            return Ok(None);
        }
        self.entity(context, expression).map(Some)
    }

    /// The key that a step stands for; none if that is not known yet.
    fn key(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        step: &Step,
    ) -> Result<Option<Arc<str>>, Told> {
        Ok(match step {
            Step::Key(key, _) => Some(key.clone()),
            Step::Index(index) => Some(index.to_string().into()),
            Step::Computed(None) => None,
            Step::Computed(Some(compiled)) => match self.part(context, expression, compiled)? {
                Value::String(text) => Some(text),
                Value::Number(number) => Some(number.to_string().into()),
                _ => None,
            },
        })
    }

    fn absent(&self, expression: &DeclaredExpression, chain: &Chain, instances: &Instances<'_>) -> Told {
        let mut diagnostic =
            Diagnostic::error("absent-reference", format!("`{}` does not exist here: its `when` is false", chain.root))
                .label(expression.within(&chain.root_range), "refers to what does not exist");
        if let Some(when) = &instances.block.when {
            diagnostic = diagnostic.label(when.span, "comes to false");
        }
        self.tell(diagnostic.help("refer to it only where it exists: ${condition ? one : other}"))
    }

    fn unknown_instance(
        &self,
        expression: &DeclaredExpression,
        chain: &Chain,
        instances: &Instances<'_>,
        key: &str,
    ) -> Told {
        let InstancesKind::Keyed(keyed) = &instances.kind else { return Told };
        let name = &chain.root;
        if instances.absent.iter().any(|absent| &**absent == key) {
            return self.absent(expression, chain, instances);
        }
        let range = chain.steps.iter().find_map(|step| match step {
            Step::Key(name, range) if &**name == key => Some(range.clone()),
            _ => None,
        });
        let diagnostic = Diagnostic::error("unknown-instance", format!("`{name}` has no instance {key:?}"))
            .label(expression.within(&range.unwrap_or_else(|| chain.root_range.clone())), "unknown instance");
        let known: Vec<&str> = keyed.keys().map(|known| &**known).collect();
        let help = match did_you_mean(key, known.iter().copied()) {
            Some(suggestion) => format!("did you mean {name}['{suggestion}']?"),
            None => format!("instances: {}", known.join(", ")),
        };
        self.tell(diagnostic.help(help))
    }

    fn file(
        &self,
        context: &Context<'a>,
        expression: &Arc<DeclaredExpression>,
        step: &Step,
    ) -> Result<(Arc<str>, Arc<str>), Told> {
        let Some(path) = self.key(context, expression, step)? else {
            return Err(self.tell(
                Diagnostic::error("unknown-value", "the path of a file must be known before anything is made")
                    .label(expression.span, "depends on what is not known yet")
                    .help("write the path out, or take it from a parameter"),
            ));
        };
        let mut project = self.project.borrow_mut();
        match project.read_beside(context.frame.body.source, &path) {
            Ok(source) => {
                let text = project.sources.get(source).map(|file| file.text.clone()).unwrap_or_default();
                Ok((path, text))
            }
            Err(unreadable) => {
                drop(project);
                Err(self.tell(
                    Diagnostic::error(unreadable.code, unreadable.summary)
                        .label(expression.span, "read here")
                        .help(unreadable.help),
                ))
            }
        }
    }

    fn account_value(&self, context: &Context<'a>) -> Template {
        let name = &context.placement.account;
        let file = self.files.environment;
        let target = file.settings.accounts.get(name);
        let id = target.map(|target| id_template(target, file.made_accounts.get(name).copied()));
        fold_map(BTreeMap::from([
            ("id".into(), id.unwrap_or_else(|| Template::Value(Value::from("")))),
            ("name".into(), Template::Value(Value::from(name.as_str()))),
        ]))
    }

    /// What an entity is for an expression; `rest` are the steps that follow, of which modules need the first.
    fn binding(&self, entity: Entity<'a>, rest: &[Step]) -> Result<Binding, Told> {
        match entity {
            Entity::Value(template) => Ok(Binding::Template(Box::new(template))),
            Entity::Resource(address, _) => Ok(Binding::Resource(address)),
            Entity::Module(frame) => {
                let mut members = BTreeMap::new();
                for output in frame.body.outputs.keys() {
                    let entity = self.output(&frame, output)?;
                    members.insert(output.clone(), self.binding(entity, &[])?);
                }
                Ok(Binding::Members(members))
            }
            Entity::Instances(instances) => {
                let InstancesKind::Keyed(keyed) = &instances.kind else { return Err(Told) };
                let wanted = rest.get(1);
                let mut members = BTreeMap::new();
                for (key, instance) in keyed {
                    let binding = match (&instance.entity, wanted) {
                        // Only the output that is asked for, whichever the instance.
                        (Entity::Module(frame), Some(Step::Key(output, _))) => {
                            let entity = self.output(frame, output)?;
                            let inner = self.binding(entity, &[])?;
                            Binding::Members(BTreeMap::from([(output.clone(), inner)]))
                        }
                        (entity, _) => self.binding(entity.clone(), &[])?,
                    };
                    members.insert(key.clone(), binding);
                }
                Ok(Binding::Members(members))
            }
        }
    }

    /// An output of a stack or module.
    pub(crate) fn output(&self, frame: &Rc<Frame<'a>>, name: &Arc<str>) -> Result<Entity<'a>, Told> {
        let declared = frame.body.outputs.get(name).ok_or(Told)?;
        let what = || format!("the output {name} of {}", frame.name());
        self.once(&frame.outputs, name, what, Some(declared.name_span), || {
            let context = Context { frame: frame.clone(), each: None, placement: frame.placement.clone() };
            match declared.value.sole_expression() {
                Some(expression) => self.entity(&context, expression),
                None => self.lower(&context, &declared.value).map(Entity::Value),
            }
        })
    }

    /// A value that must be known before anything is made.
    pub(crate) fn known(&self, context: &Context<'a>, declared: &Declared, what: &str) -> Result<Value, Told> {
        let template = self.lower(context, declared)?;
        match &template {
            Template::Value(value) => Ok(value.clone()),
            _ => {
                let reason = match self.language.evaluate(&template, &Nothing) {
                    Ok(value) => value.first_unknown().map(|unknown| unknown.reason.to_string()),
                    Err(_) => None,
                };
                let reason = reason.unwrap_or_else(|| "later".to_owned());
                Err(self.tell(
                    Diagnostic::error("unknown-value", format!("{what} must be known before anything is made"))
                        .label(declared.span, format!("known only {reason}"))
                        .help("use parameters and environment data here, not attributes or secrets"),
                ))
            }
        }
    }

    /// A boolean that must be known.
    pub(crate) fn known_bool(&self, context: &Context<'a>, declared: &Declared, what: &str) -> Result<bool, Told> {
        match self.known(context, declared, what)? {
            Value::Bool(value) => Ok(value),
            other => Err(self.tell(
                Diagnostic::error("wrong-type", format!("{what} must be true or false, not {}", noun(&other)))
                    .label(declared.span, noun(&other))
                    .help("write a condition, such as ${environment.name == 'prod'}"),
            )),
        }
    }

    /// A text that must be known.
    pub(crate) fn known_text(&self, context: &Context<'a>, declared: &Declared, what: &str) -> Result<Arc<str>, Told> {
        match self.known(context, declared, what)? {
            Value::String(text) => Ok(text),
            other => Err(self.tell(
                Diagnostic::error("wrong-type", format!("{what} must be a text, not {}", noun(&other)))
                    .label(declared.span, noun(&other))
                    .help("put it in quotes"),
            )),
        }
    }
}

fn constant<'a>(value: Value) -> Entity<'a> {
    Entity::Value(Template::Value(value))
}

fn each_value(context: &Context<'_>) -> Value {
    match &context.each {
        Some(each) => Value::from(BTreeMap::from([
            ("key".into(), Value::String(each.key.clone())),
            ("value".into(), each.value.clone()),
        ])),
        None => Value::Null,
    }
}

/// A member of a template that is a map; the template back if it has none of that name.
fn member(template: Template, key: &str) -> Result<Template, Template> {
    match template {
        Template::Map(mut map) => match map.remove(key) {
            Some(member) => Ok(member),
            None => Err(Template::Map(map)),
        },
        Template::Value(Value::Map(mut map)) => match map.remove(key) {
            Some(member) => Ok(Template::Value(member)),
            None => Err(Template::Value(Value::Map(map))),
        },
        other => Err(other),
    }
}

/// As far as names lead into a template, copying nothing on the way.
fn descend_into<'c>(template: &Template, steps: &'c [Step], path: &mut Vec<Arc<str>>) -> (Template, &'c [Step]) {
    match (template, steps.split_first()) {
        (Template::Map(map), Some((Step::Key(key, _), rest))) => match map.get(key) {
            Some(member) => {
                path.push(key.clone());
                descend_into(member, rest, path)
            }
            None => (template.clone(), steps),
        },
        (Template::Value(value), _) => {
            let (mut place, mut steps) = (value, steps);
            while let (Value::Map(map), Some((Step::Key(key, _), rest))) = (place, steps.split_first()) {
                let Some(member) = map.get(key) else { break };
                path.push(key.clone());
                (place, steps) = (member, rest);
            }
            (Template::Value(place.clone()), steps)
        }
        _ => (template.clone(), steps),
    }
}

fn leads_to_resource(binding: &Binding) -> bool {
    match binding {
        Binding::Resource(_) => true,
        Binding::Template(_) => false,
        Binding::Members(members) => members.values().all(leads_to_resource),
    }
}

/// Adds a binding below the names that lead to it. What is bound whole stays whole, and what is bound in part for one chain keeps
/// that part for the next.
fn insert(bindings: &mut Bindings, path: &[Arc<str>], binding: Binding) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        match (bindings.get_mut(first), binding) {
            (Some(Binding::Members(known)), Binding::Members(more)) => {
                for (name, member) in more {
                    insert(known, &[name], member);
                }
            }
            (_, binding) => {
                bindings.insert(first.clone(), binding);
            }
        }
        return;
    }
    match bindings.entry(first.clone()).or_insert_with(|| Binding::Members(BTreeMap::new())) {
        Binding::Members(members) => insert(members, rest, binding),
        Binding::Template(_) | Binding::Resource(_) => {}
    }
}

/// A list of templates; a constant if all of them are.
pub(crate) fn fold_list(list: Vec<Template>) -> Template {
    if list.iter().all(|each| each.as_value().is_some()) {
        return Template::Value(Value::List(list.into_iter().filter_map(into_value).collect()));
    }
    Template::List(list)
}

/// A map of templates; a constant if all of them are.
pub(crate) fn fold_map(map: BTreeMap<Arc<str>, Template>) -> Template {
    if map.values().all(|each| each.as_value().is_some()) {
        let members = map.into_iter().filter_map(|(key, each)| Some((key, into_value(each)?)));
        return Template::Value(Value::Map(members.collect()));
    }
    Template::Map(map)
}

fn into_value(template: Template) -> Option<Value> {
    match template {
        Template::Value(value) => Some(value),
        _ => None,
    }
}

/// What `environment` stands for.
fn environment_value(file: &EnvironmentFile) -> Template {
    let settings = &file.settings;
    let text = |text: &str| Template::Value(Value::from(text));
    let accounts = settings.accounts.iter().map(|(name, account)| {
        let id = id_template(account, file.made_accounts.get(name).copied());
        let mut members = BTreeMap::from([("id".into(), id)]);
        members.extend(account.made_by().map(|by| ("from".into(), text(&by.to_string()))));
        (Arc::from(name.as_str()), fold_map(members))
    });
    let tags = settings.tags.iter().map(|(key, value)| (key.clone(), Value::String(value.clone())));
    let target = match settings.target {
        charter_model::TargetKind::Simulator => "simulator",
        charter_model::TargetKind::Aws => "aws",
    };
    let mut members: BTreeMap<Arc<str>, Template> = BTreeMap::from([
        ("accounts".into(), fold_map(accounts.collect())),
        ("ephemeral".into(), Template::Value(Value::Bool(settings.ephemeral))),
        ("name".into(), text(settings.environment.as_str())),
        ("region".into(), text(settings.region.as_str())),
        ("tags".into(), Template::Value(Value::Map(tags.collect()))),
        ("target".into(), text(target)),
    ]);
    for (name, declared) in &file.data {
        members.insert(name.clone(), data_template(declared));
    }
    fold_map(members)
}

/// Data of an environment: constants and secrets.
pub(crate) fn data_template(declared: &Declared) -> Template {
    match &declared.kind {
        DeclaredKind::Constant(value) => Template::Value(value.clone()),
        DeclaredKind::Secret(reference) => Template::Secret(reference.clone()),
        DeclaredKind::List(list) => fold_list(list.iter().map(data_template).collect()),
        DeclaredKind::Map(map) => fold_map(map.iter().map(|(key, each)| (key.clone(), data_template(each))).collect()),
        // Told where the environment was read.
        DeclaredKind::Expression(_) | DeclaredKind::Interpolation(_) | DeclaredKind::Invalid => {
            Template::Value(Value::Null)
        }
    }
}
