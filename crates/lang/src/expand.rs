//! Expanding: parameters get their values, blocks their instances, modules their frames.
//! Imports `lower`.

use crate::declared::{Block, BlockKind, Declared, DeclaredKind, ParameterDeclaration, StackFile};
use crate::expressions::noun;
use crate::frame::{Context, Each, Entity, Frame, Instance, Instances, InstancesKind, Origin, Told};
use crate::lower::{Lowering, Nothing, data_template};
use crate::reader::secret;
use charter_model::{
    AccountName, Address, AddressError, Diagnostic, Evaluator, Placement, Region, Segment, Span, Template, Value,
    did_you_mean,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

impl<'a> Lowering<'a, '_> {
    /// The frame of a stack.
    pub(crate) fn stack_frame(&self, stack: &'a StackFile) -> Result<Rc<Frame<'a>>, Told> {
        let settings = &self.files.environment.settings;
        // What a stack says of its own place can use its parameters and the environment only.
        let first = settings.accounts.keys().next().ok_or(Told)?;
        let provisional = Placement { account: first.clone(), region: settings.region.clone() };
        let frame = Rc::new(new_frame(stack, provisional));
        let context = Context { frame: frame.clone(), each: None, placement: frame.placement.clone() };
        let account = match &stack.account {
            Some(declared) => self.account(&context, declared)?,
            None if settings.accounts.len() == 1 => first.clone(),
            None => {
                let names: Vec<&str> = settings.accounts.keys().map(AccountName::as_str).collect();
                return Err(self.tell(
                    Diagnostic::error("missing-key", format!("the stack `{}` names no account", stack.name))
                        .label(stack.name_span, "in which account?")
                        .help(format!("add `account: …`, one of: {}", names.join(", "))),
                ));
            }
        };
        let region = match &stack.region {
            Some(declared) => self.region(&context, declared)?,
            None => settings.region.clone(),
        };
        Ok(Rc::new(new_frame(stack, Placement { account, region })))
    }

    fn account(&self, context: &Context<'a>, declared: &Declared) -> Result<AccountName, Told> {
        let text = self.known_text(context, declared, "the account")?;
        let accounts = &self.files.environment.settings.accounts;
        if let Some((name, _)) = accounts.iter().find(|(name, _)| name.as_str() == &*text) {
            return Ok(name.clone());
        }
        let environment = &self.files.environment.settings.environment;
        let known: Vec<&str> = accounts.keys().map(AccountName::as_str).collect();
        let diagnostic =
            Diagnostic::error("unknown-account", format!("the environment {environment} has no account {text:?}"))
                .label(declared.span, "unknown account");
        Err(self.tell(match did_you_mean(&text, known.iter().copied()) {
            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
            None => diagnostic.help(format!("accounts: {}", known.join(", "))),
        }))
    }

    fn region(&self, context: &Context<'a>, declared: &Declared) -> Result<Region, Told> {
        let text = self.known_text(context, declared, "the region")?;
        Region::new(&text).map_err(|error| {
            self.tell(
                Diagnostic::error("invalid-name", format!("{:?} is not {}", error.text, error.kind))
                    .label(declared.span, format!("not {}", error.kind))
                    .help(error.rule),
            )
        })
    }

    /// The value of a parameter, checked against its schema.
    pub(crate) fn parameter(&self, frame: &Rc<Frame<'a>>, name: &Arc<str>) -> Result<Template, Told> {
        let declaration = frame.body.parameters.get(name).ok_or(Told)?;
        let what = || format!("the parameter {name} of {}", frame.name());
        self.once(&frame.parameters, name, what, Some(declaration.name_span), || {
            let given = self.given_value(frame, name)?;
            let given = given.filter(|(template, _)| *template != Template::Value(Value::Null));
            let (template, span) = match given {
                Some((template, span)) => (template, span),
                None => match &declaration.default {
                    Some(default) => {
                        let context = Context { frame: frame.clone(), each: None, placement: frame.placement.clone() };
                        (self.lower(&context, default)?, Some(default.span))
                    }
                    None if !declaration.required => (Template::Value(Value::Null), None),
                    None => return Err(self.missing(frame, name, declaration)),
                },
            };
            // A constant default was checked where it was read.
            let constant = declaration
                .default
                .as_ref()
                .is_some_and(|default| Some(default.span) == span && matches!(default.kind, DeclaredKind::Constant(_)));
            if !constant || declaration.secret {
                self.check_parameter(name, declaration, &template, span)?;
            }
            Ok(template)
        })
    }

    /// What a parameter was given, and where that was written.
    fn given_value(&self, frame: &Rc<Frame<'a>>, name: &Arc<str>) -> Result<Option<(Template, Option<Span>)>, Told> {
        match &frame.origin {
            Origin::Module { context, block, .. } => match block.with.get(name) {
                Some((_, declared)) => Ok(Some((self.lower(context, declared)?, Some(declared.span)))),
                None => Ok(None),
            },
            Origin::Stack => {
                let full = format!("{}.{name}", frame.stack);
                if let Some(json) = self.given.get(&full).or_else(|| self.given.get(&**name)) {
                    return Ok(Some((given_template(json), None)));
                }
                let written = self.files.environment.parameters.get(frame.stack.as_str());
                Ok(written
                    .and_then(|(_, parameters)| parameters.get(name))
                    .map(|(_, declared)| (data_template(declared), Some(declared.span))))
            }
        }
    }

    fn missing(&self, frame: &Frame<'_>, name: &str, declaration: &ParameterDeclaration) -> Told {
        match &frame.origin {
            // Told by the check of modules, unless what was given came to null.
            Origin::Module { block, span, .. } => {
                if !block.with.contains_key(name) {
                    return Told;
                }
                self.tell(
                    Diagnostic::error(
                        "missing-parameter",
                        format!("the parameter `{name}` is given null, and has no default"),
                    )
                    .label(block.with.get(name).map_or(*span, |(_, declared)| declared.span), "comes to null")
                    .label(declaration.name_span, "declared here")
                    .help("give it a value"),
                )
            }
            Origin::Stack => {
                let environment = &self.files.environment.settings.environment;
                let stack = &frame.stack;
                self.tell(
                    Diagnostic::error("missing-parameter", format!("the parameter `{name}` of `{stack}` has no value"))
                        .label(declaration.name_span, "needs a value")
                        .help(format!(
                            "add `parameters: {{{stack}: {{{name}: …}}}}` to environments/{environment}.yaml, or give it a default"
                        )),
                )
            }
        }
    }

    fn check_parameter(
        &self,
        name: &str,
        declaration: &ParameterDeclaration,
        template: &Template,
        span: Option<Span>,
    ) -> Result<(), Told> {
        let place = span.unwrap_or(declaration.name_span);
        if declaration.secret && !matches!(template, Template::Secret(_) | Template::Expression(_)) {
            // Not marked in the source: the line would show it.
            let file =
                self.project.borrow().sources.location(place).map(|place| format!("{}:{}", place.file, place.line));
            let file = span.and(file).unwrap_or_else(|| "outside of the files".to_owned());
            let summary = format!("the parameter `{name}` is secret, and is given in plain text in {file}");
            return Err(self.tell(Diagnostic::error("plain-secret", summary).help(
                "give it as secret://secretsmanager/NAME#key or secret://env/NAME, and change the secret itself",
            )));
        }
        let value = match template {
            Template::Value(value) => value.clone(),
            other => self.language.evaluate(other, &Nothing).map_err(|error| {
                self.tell(
                    Diagnostic::error("expression-failed", format!("the expression fails: {}", error.reason))
                        .label(error.span.unwrap_or(place), "this expression")
                        .help("mend the expression, or the value that it works on"),
                )
            })?,
        };
        if value == Value::Null {
            return Ok(());
        }
        let mut result = Ok(());
        for mismatch in declaration.schema.check(&value) {
            let at = match mismatch.pointer.is_root() {
                true => String::new(),
                false => format!(" at {}", mismatch.pointer),
            };
            let mut diagnostic = Diagnostic::error(
                "wrong-parameter",
                format!("the parameter `{name}` does not fit{at}: {}", mismatch.message),
            );
            diagnostic = match span {
                Some(span) => diagnostic.label(span, "given here").label(declaration.name_span, "declared here"),
                None => {
                    diagnostic.label(declaration.name_span, "declared here; the value was given outside of the files")
                }
            };
            result =
                Err(self.tell(diagnostic.help(mismatch.help.unwrap_or_else(|| "give a value that fits".to_owned()))));
        }
        result
    }

    /// The instances of a block.
    pub(crate) fn instances(
        &self,
        frame: &Rc<Frame<'a>>,
        name: &'a Arc<str>,
        block: &'a Block,
    ) -> Result<Rc<Instances<'a>>, Told> {
        let what = || format!("the block {name} of {}", frame.name());
        self.once(&frame.instances, name, what, Some(block.name_span), || {
            let outer = Context { frame: frame.clone(), each: None, placement: frame.placement.clone() };
            let Some(for_each) = &block.for_each else {
                let kind = match self.instance(&outer, name, block, None)? {
                    Some(instance) => InstancesKind::One(instance),
                    None => InstancesKind::None,
                };
                return Ok(Rc::new(Instances { block, kind, absent: Vec::new() }));
            };
            let mut keyed = BTreeMap::new();
            let mut absent = Vec::new();
            let mut result = Ok(());
            for each in self.collection(&outer, for_each)? {
                let key = each.key.clone();
                match self.instance(&outer, name, block, Some(Rc::new(each))) {
                    Ok(Some(instance)) => {
                        keyed.insert(key, instance);
                    }
                    Ok(None) => absent.push(key),
                    Err(told) => result = Err(told),
                }
            }
            result.map(|()| Rc::new(Instances { block, kind: InstancesKind::Keyed(keyed), absent }))
        })
    }

    /// What `forEach` goes over.
    pub(crate) fn collection(&self, context: &Context<'a>, declared: &Declared) -> Result<Vec<Each>, Told> {
        let wrong = |message: String, help: &str| {
            self.tell(Diagnostic::error("wrong-for-each", message).label(declared.span, "gone over here").help(help))
        };
        let mut found: Vec<Each> = Vec::new();
        match self.known(context, declared, "what `forEach` goes over")? {
            Value::Map(map) => found.extend(map.into_iter().map(|(key, value)| Each { key, value })),
            Value::List(list) => {
                for (index, value) in list.into_iter().enumerate() {
                    let key = match &value {
                        Value::String(text) => text.clone(),
                        Value::Number(number) => number.to_string().into(),
                        Value::Map(map) => match map.get("key") {
                            Some(Value::String(key)) => key.clone(),
                            _ => {
                                let message = format!("element {index} has no `key`");
                                return Err(wrong(
                                    message,
                                    "give each element a `key`, or make the list a map: a place in a list would name another thing after each insertion",
                                ));
                            }
                        },
                        other => {
                            let message = format!("element {index} is {}", noun(other));
                            return Err(wrong(message, "go over texts, maps with a `key`, or a map"));
                        }
                    };
                    found.push(Each { key, value });
                }
            }
            other => {
                return Err(wrong(
                    format!("`forEach` goes over a list or a map, not {}", noun(&other)),
                    "give a list or a map",
                ));
            }
        }
        found.sort_by(|left, right| left.key.cmp(&right.key));
        if let Some([first, _]) = found.windows(2).find(|pair| matches!(pair, [left, right] if left.key == right.key)) {
            return Err(wrong(format!("two elements have the key {:?}", &*first.key), "give each its own key"));
        }
        Ok(found)
    }

    /// The name of an instance; `span` is where its key comes from.
    pub(crate) fn segment(&self, name: &str, each: Option<&Each>, span: Span) -> Result<Segment, Told> {
        Segment::new(name, each.map(|each| &*each.key)).map_err(|error| {
            let help = match &error {
                AddressError::Key(_) => {
                    "keys become part of addresses and tags: letters, digits, '-' and '_', 64 at most"
                }
                _ => "choose another name",
            };
            self.tell(Diagnostic::error("invalid-key", error.to_string()).label(span, "gone over here").help(help))
        })
    }

    /// One instance; none if its `when` is false.
    fn instance(
        &self,
        outer: &Context<'a>,
        name: &Arc<str>,
        block: &'a Block,
        each: Option<Rc<Each>>,
    ) -> Result<Option<Instance<'a>>, Told> {
        let span = block.for_each.as_ref().map_or(block.name_span, |declared| declared.span);
        let segment = self.segment(name, each.as_deref(), span)?;
        let mut context = Context { each, ..outer.clone() };
        if let Some(when) = &block.when
            && !self.known_bool(&context, when, "`when`")?
        {
            return Ok(None);
        }
        if let Some(declared) = &block.account {
            context.placement.account = self.account(&context, declared)?;
        }
        if let Some(declared) = &block.region {
            context.placement.region = self.region(&context, declared)?;
        }
        let entity = match &block.kind {
            BlockKind::Resource(resource) => {
                let address = outer.frame.address(segment.clone()).map_err(|_| Told)?;
                Entity::Resource(address, &resource.type_name)
            }
            BlockKind::Module(_) => Entity::Module(self.module_frame(&context, &segment, block)?),
        };
        Ok(Some(Instance { context, segment, entity }))
    }

    fn module_frame(&self, context: &Context<'a>, segment: &Segment, block: &'a Block) -> Result<Rc<Frame<'a>>, Told> {
        let BlockKind::Module(module) = &block.kind else { return Err(Told) };
        // An unknown module has been told.
        let file = self.files.modules.get(&module.module.value).ok_or(Told)?;
        let parent = &context.frame;
        let mut path = parent.path.clone();
        path.push(segment.clone());
        let mut depends_on = parent.depends_on.clone();
        for expression in &block.depends_on {
            if let Some(entity) = self.dependency(context, expression)? {
                depends_on.push((Rc::new(entity), expression.span));
            }
        }
        let moved_from = match &block.moved_from {
            Some(declared) => Some(self.moved_from(context, declared)?),
            None => parent.moved_from.as_ref().map(|address| address.child(segment.clone())),
        };
        let origin = Origin::Module { context: context.clone(), block: module, span: block.name_span };
        Ok(Rc::new(Frame {
            body: &file.body,
            stack: parent.stack.clone(),
            path,
            placement: context.placement.clone(),
            origin,
            protect: self.flag(context, block.protect.as_ref(), "`protect`")? || parent.protect,
            retain: self.flag(context, block.retain.as_ref(), "`retain`")? || parent.retain,
            moved_from,
            depends_on,
            parameters: RefCell::default(),
            instances: RefCell::default(),
            outputs: RefCell::default(),
            expanded: Cell::new(false),
        }))
    }

    pub(crate) fn flag(&self, context: &Context<'a>, declared: Option<&Declared>, what: &str) -> Result<bool, Told> {
        declared.map_or(Ok(false), |declared| self.known_bool(context, declared, what))
    }

    /// An address: whole, or a name beside the block.
    pub(crate) fn moved_from(&self, context: &Context<'a>, declared: &Declared) -> Result<Address, Told> {
        let text = self.known_text(context, declared, "`movedFrom`")?;
        let whole = match text.contains('/') {
            true => text.to_string(),
            false => match context.frame.path.is_empty() {
                true => format!("{}/{text}", context.frame.stack),
                false => format!("{}.{text}", context.frame.name()),
            },
        };
        whole.parse::<Address>().map_err(|error| {
            self.tell(
                Diagnostic::error("invalid-address", error.to_string())
                    .label(declared.span, "not an address")
                    .help("write the address where it stood, as `charter state list` shows it"),
            )
        })
    }

    /// Values given outside of the files that no stack asks for.
    pub(crate) fn check_given(&self, stacks: impl Iterator<Item = &'a StackFile> + Clone) {
        for name in self.given.keys() {
            let asked = |stack: &&StackFile, parameter: &str| stack.body.parameters.contains_key(parameter);
            let found = match name.split_once('.') {
                Some((stack, parameter)) => {
                    stacks.clone().any(|each| each.name.as_str() == stack && asked(&each, parameter))
                }
                None => stacks.clone().any(|each| asked(&each, name)),
            };
            if !found {
                let known: Vec<String> = stacks
                    .clone()
                    .flat_map(|stack| stack.body.parameters.keys().map(move |name| format!("{}.{name}", stack.name)))
                    .collect();
                let short = name.rsplit('.').next().unwrap_or(name);
                let suggestion = did_you_mean(name, known.iter().map(String::as_str)).or_else(|| {
                    known.iter().map(String::as_str).find(|known| {
                        known.rsplit('.').next().is_some_and(|parameter| did_you_mean(short, [parameter]).is_some())
                    })
                });
                let diagnostic = Diagnostic::error("unknown-parameter", format!("no stack has a parameter `{name}`"));
                self.tell(match suggestion {
                    Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                    None => diagnostic.help("write stack.parameter, or the name of a parameter"),
                });
            }
        }
        let environment = self.files.environment;
        for (stack, (span, parameters)) in &environment.parameters {
            let Some(file) = stacks.clone().find(|each| each.name.as_str() == &**stack) else {
                let known: Vec<&str> = stacks.clone().map(|each| each.name.as_str()).collect();
                let diagnostic = Diagnostic::error("unknown-stack", format!("there is no stack `{stack}`"))
                    .label(*span, "unknown stack");
                self.tell(match did_you_mean(stack, known.iter().copied()) {
                    Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                    None => diagnostic.help(format!("stacks: {}", known.join(", "))),
                });
                continue;
            };
            for (parameter, (span, _)) in parameters {
                if !file.body.parameters.contains_key(parameter) {
                    let known: Vec<&str> = file.body.parameters.keys().map(|known| &**known).collect();
                    let diagnostic = Diagnostic::error(
                        "unknown-parameter",
                        format!("the stack `{stack}` has no parameter `{parameter}`"),
                    )
                    .label(*span, "unknown parameter");
                    self.tell(match did_you_mean(parameter, known.iter().copied()) {
                        Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
                        None => diagnostic.help(format!("parameters: {}", known.join(", "))),
                    });
                }
            }
        }
    }
}

fn new_frame(stack: &StackFile, placement: Placement) -> Frame<'_> {
    Frame {
        body: &stack.body,
        stack: stack.name.clone(),
        path: Vec::new(),
        placement,
        origin: Origin::Stack,
        protect: false,
        retain: false,
        moved_from: None,
        depends_on: Vec::new(),
        parameters: RefCell::default(),
        instances: RefCell::default(),
        outputs: RefCell::default(),
        expanded: Cell::new(false),
    }
}

/// A value given on the command line; secrets may be named.
fn given_template(json: &serde_json::Value) -> Template {
    match json {
        serde_json::Value::String(text) if text.starts_with("secret://") => match secret(text) {
            Ok(reference) => Template::Secret(reference),
            Err(_) => Template::Value(Value::from(text.as_str())),
        },
        other => Template::Value(other.clone().into()),
    }
}
