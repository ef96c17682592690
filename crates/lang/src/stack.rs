//! Reading stacks and modules. Imports `reader`, `declared`, `parameters`.

use crate::declared::{
    Block, BlockKind, Body, Declared, DeclaredExpression, DeclaredKind, ExpectationDeclaration, GrantDeclaration,
    ModuleBlock, ModuleFile, Named, OutputDeclaration, ParameterDeclaration, ResourceBlock, StackFile,
};
use crate::environment::read_id;
use crate::expressions::is_reserved;
use crate::node::{Entry, Node, NodeKind};
use crate::parameters::ValueSchema;
use crate::reader::{Fields, Reader, locations};
use crate::timeout::duration;
use charter_catalog::{Catalog, GATHERED, only_by_cloudformation};
use charter_model::{
    Diagnostic, ExpectedDecision, Pointer, ReplaceOrder, Segment, SourceId, Span, StackName, Timeouts, TypeName, Value,
    did_you_mean,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names that stand for something else in expressions.
const TAKEN: &[&str] = &["account", "each", "environment", "parameters", "region", "stacks"];

/// Reads a stack.
pub(crate) fn read_stack(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    source: SourceId,
    node: &Node,
) -> Option<StackFile> {
    let first = first_key(node);
    let mut fields = reader.fields(node, "a stack", first)?;
    let name = fields.required("stack", reader);
    let name_span = name.map_or(first, |entry| entry.value.span);
    let name = name.and_then(|entry| read_id(reader, &entry.value, |text| StackName::new(text)));
    let account = fields.optional("account").map(|entry| reader.value(&entry.value));
    let region = fields.optional("region").map(|entry| reader.value(&entry.value));
    let mut body = read_body(reader, catalog, source, &mut fields);
    body.expectations =
        fields.optional("access").map(|entry| read_expectations(reader, &entry.value)).unwrap_or_default();
    fields.finish(reader);
    Some(StackFile { name: name?, name_span, account, region, body })
}

/// Reads a module; `name` is that of its folder.
pub(crate) fn read_module(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    source: SourceId,
    node: &Node,
    name: &str,
) -> Option<ModuleFile> {
    let mut fields = reader.fields(node, "a module", first_key(node))?;
    if let Some(entry) = fields.required("module", reader)
        && let Some(text) = reader.text(&entry.value)
        && &*text.value != name
    {
        reader.diagnostics.push(
            Diagnostic::error("wrong-name", format!("the folder is called {name}, the module {}", text.value))
                .label(text.span, "not the name of the folder")
                .help(format!("write `module: {name}`")),
        );
    }
    let body = read_body(reader, catalog, source, &mut fields);
    fields.finish(reader);
    Some(ModuleFile { body })
}

fn first_key(node: &Node) -> Span {
    node.entries().and_then(<[Entry]>::first).map_or(node.span, |entry| entry.key_span)
}

fn read_body(reader: &mut Reader<'_>, catalog: &Catalog, source: SourceId, fields: &mut Fields<'_>) -> Body {
    if let Some(entry) = fields.optional("description") {
        reader.text(&entry.value);
    }
    let mut body = Body {
        source,
        parameters: BTreeMap::new(),
        blocks: BTreeMap::new(),
        grants: Vec::new(),
        outputs: BTreeMap::new(),
        expectations: Vec::new(),
    };
    if let Some(entry) = fields.optional("parameters") {
        for parameter in reader.entries(&entry.value) {
            if check_name(reader, parameter, "a parameter", &[]) {
                let declaration = read_parameter(reader, parameter);
                body.parameters.insert(parameter.key.clone(), declaration);
            }
        }
    }
    if let Some(entry) = fields.optional("resources") {
        for block in reader.entries(&entry.value) {
            let valid = check_name(reader, block, "a resource", TAKEN);
            if let Some(declared) = read_block(reader, catalog, block).filter(|_| valid) {
                body.blocks.insert(block.key.clone(), declared);
            }
        }
    }
    if let Some(entry) = fields.optional("grants") {
        for grant in reader.elements(&entry.value) {
            body.grants.extend(read_grant(reader, grant));
        }
    }
    if let Some(entry) = fields.optional("outputs") {
        for output in reader.entries(&entry.value) {
            if check_name(reader, output, "an output", &[]) {
                let declaration = read_output(reader, output);
                body.outputs.insert(output.key.clone(), declaration);
            }
        }
    }
    body
}

/// Names are identifiers, so that expressions can use them.
fn check_name(reader: &mut Reader<'_>, entry: &Entry, what: &str, taken: &[&str]) -> bool {
    let problem = if Segment::new(&entry.key, None).is_err() {
        Some("a letter or '_' first, then letters, digits or '_'".to_owned())
    } else if taken.contains(&&*entry.key) {
        Some(format!("`{}` stands for something else in expressions: choose another name", entry.key))
    } else if !taken.is_empty() && is_reserved(&entry.key) {
        Some(format!("`{}` is a word of the expression language: choose another name", entry.key))
    } else if entry.key.len() > 64 {
        Some("at most 64 characters".to_owned())
    } else {
        None
    };
    let Some(problem) = problem else { return true };
    reader.diagnostics.push(
        Diagnostic::error("invalid-name", format!("{:?} cannot be the name of {what}", &*entry.key))
            .label(entry.key_span, "not a name")
            .help(problem),
    );
    false
}

fn read_parameter(reader: &mut Reader<'_>, entry: &Entry) -> ParameterDeclaration {
    let schema = ValueSchema::read(reader, &entry.value, &["default", "required", "secret"]);
    let mut declaration =
        ParameterDeclaration { name_span: entry.key_span, schema, default: None, required: true, secret: false };
    if let Some(default) = entry.value.get("default") {
        let value = reader.value(&default.value);
        let mut closed = true;
        value.expressions(&mut |expression| {
            closed &=
                expression.compiled.chains.iter().all(|chain| {
                    matches!(&*chain.root, "environment" | "account" | "region" | crate::expressions::REGION)
                });
        });
        if !closed {
            reader.diagnostics.push(
                Diagnostic::error(
                    "expression-not-allowed",
                    "a default can only refer to environment, account and region",
                )
                .label(value.span, "refers to more")
                .help("compute the value where the parameter is used"),
            );
        } else {
            if let DeclaredKind::Constant(constant) = &value.kind
                && *constant != Value::Null
            {
                for mismatch in declaration.schema.check(constant) {
                    reader.diagnostics.push(
                        Diagnostic::error(
                            "parameter-schema",
                            format!("the default does not fit: {}", mismatch.message),
                        )
                        .label(value.span, "the default")
                        .help(mismatch.help.unwrap_or_else(|| "change the default or the schema".to_owned())),
                    );
                }
            }
            declaration.default = Some(value);
        }
        declaration.required = false;
    }
    // As a list, `required` names members of an object, as in JSON Schema; as a boolean, whether the parameter must be given.
    match entry.value.get("required").map(|required| &required.value) {
        Some(Node { kind: NodeKind::Bool(required), .. }) => declaration.required &= *required,
        Some(node @ Node { kind: NodeKind::List(_), .. }) => {
            let names: Vec<_> = reader.elements(node).iter().filter_map(|name| reader.text(name)).collect();
            declaration.schema.require(names.into_iter().map(|name| name.value));
        }
        Some(node) => reader.wrong_type(node, "a boolean, or a list of member names"),
        None => {}
    }
    if let Some(secret) = entry.value.get("secret") {
        declaration.secret = reader.boolean(&secret.value).unwrap_or_default();
    }
    declaration
}

fn read_block(reader: &mut Reader<'_>, catalog: &Catalog, entry: &Entry) -> Option<Block> {
    let mut fields = reader.fields(&entry.value, "a resource", entry.key_span)?;
    let type_entry = fields.optional("type");
    let module_entry = fields.optional("module");
    let kind = match (type_entry, module_entry) {
        (Some(type_entry), None) => read_resource(reader, catalog, entry, &mut fields, type_entry),
        (None, Some(module_entry)) => {
            fields.what = "a module block";
            read_module_block(reader, &mut fields, module_entry)
        }
        (Some(type_entry), Some(module_entry)) => {
            reader.diagnostics.push(
                Diagnostic::error("type-and-module", "a block is a resource or a module, not both")
                    .label(module_entry.key_span, "a module")
                    .label(type_entry.key_span, "a resource")
                    .help("remove one of the two"),
            );
            return None;
        }
        (None, None) => {
            let near = fields.rest().any(|entry| did_you_mean(&entry.key, ["type", "module"]).is_some());
            if near {
                let nearest: Vec<&Entry> =
                    fields.rest().filter(|entry| did_you_mean(&entry.key, ["type", "module"]).is_some()).collect();
                for slip in nearest {
                    let suggestion = did_you_mean(&slip.key, ["type", "module"]);
                    let diagnostic = crate::reader::unknown_key(slip, "a resource", suggestion, &[]);
                    reader.diagnostics.push(diagnostic);
                }
            } else {
                reader.diagnostics.push(
                    Diagnostic::error("missing-key", format!("`{}` needs `type` or `module`", entry.key))
                        .label(entry.key_span, "neither is given")
                        .help("add `type: AWS::…::…`, or `module: NAME`"),
                );
            }
            return None;
        }
    };
    let mut value =
        |key: &'static str, reader: &mut Reader<'_>| fields.optional(key).map(|entry| reader.value(&entry.value));
    let for_each = value("forEach", reader);
    let when = value("when", reader);
    let account = value("account", reader);
    let region = value("region", reader);
    let protect = value("protect", reader);
    let retain = value("retain", reader);
    let moved_from = value("movedFrom", reader);
    let depends_on = fields.optional("dependsOn").map(|entry| read_names(reader, &entry.value)).unwrap_or_default();
    fields.finish(reader);
    Some(Block {
        name_span: entry.key_span,
        kind: kind?,
        for_each,
        when,
        depends_on,
        account,
        region,
        protect,
        retain,
        moved_from,
    })
}

fn read_resource(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    entry: &Entry,
    fields: &mut Fields<'_>,
    type_entry: &Entry,
) -> Option<BlockKind> {
    let type_name = read_type(reader, catalog, &type_entry.value);
    let properties = fields.optional("properties");
    if let Some(properties) = properties
        && !matches!(properties.value.kind, NodeKind::Map(_) | NodeKind::Text(_))
    {
        reader.wrong_type(&properties.value, "a map");
    }
    let declared = match properties {
        Some(properties) if !matches!(properties.value.kind, NodeKind::Map(_) | NodeKind::Text(_)) => {
            Declared { span: properties.value.span, kind: DeclaredKind::Invalid }
        }
        Some(properties) => reader.value(&properties.value),
        None => Declared { span: entry.key_span, kind: DeclaredKind::Constant(Value::empty_map()) },
    };
    let replace = fields.optional("replace").and_then(|entry| read_replace(reader, &entry.value));
    let mut ignore_changes = Vec::new();
    if let Some(entry) = fields.optional("ignoreChanges") {
        for node in reader.elements(&entry.value) {
            ignore_changes.extend(read_pointer(reader, catalog, type_name.as_ref(), node));
        }
    }
    let import = fields.optional("import").map(|entry| reader.value(&entry.value));
    let timeouts = fields.optional("timeouts").map(|entry| read_timeouts(reader, entry)).unwrap_or_default();
    Some(BlockKind::Resource(Box::new(ResourceBlock {
        type_name: type_name?,
        properties: declared,
        locations: Arc::new(locations(entry.key_span, properties.map(|entry| &entry.value))),
        replace,
        ignore_changes,
        import,
        timeouts,
    })))
}

fn read_type(reader: &mut Reader<'_>, catalog: &Catalog, node: &Node) -> Option<TypeName> {
    let text = reader.text(node)?;
    let suggestion = || catalog.suggest(&text.value);
    let type_name = TypeName::new(&text.value).ok();
    if let Some(type_name) = &type_name
        && catalog.schema(type_name).is_some()
    {
        if only_by_cloudformation(type_name) {
            let summary =
                format!("{type_name} is made by CloudFormation only: AWS Cloud Control has no handlers for it");
            let help = format!(
                "use a newer type that does the same, or make it elsewhere and write its identifier down; known on {GATHERED}, \
                 so AWS may offer it by now"
            );
            let diagnostic = Diagnostic::warning("only-by-cloudformation", summary);
            reader.diagnostics.push(diagnostic.label(text.span, "an apply is refused").help(help));
        }
        return Some(type_name.clone());
    }
    let diagnostic = Diagnostic::error("unknown-type", format!("there is no resource type {:?}", &*text.value))
        .label(text.span, "unknown type");
    let help = match suggestion() {
        Some(suggestion) => format!("did you mean {suggestion}?"),
        None => "types are named as in CloudFormation, such as AWS::Kendra::Index".to_owned(),
    };
    reader.diagnostics.push(diagnostic.help(help));
    None
}

fn read_module_block(reader: &mut Reader<'_>, fields: &mut Fields<'_>, module: &Entry) -> Option<BlockKind> {
    let mut with = BTreeMap::new();
    if let Some(entry) = fields.optional("with") {
        for argument in reader.entries(&entry.value) {
            let value = reader.value(&argument.value);
            with.insert(argument.key.clone(), (argument.key_span, value));
        }
    }
    let module = reader.text(&module.value)?;
    Some(BlockKind::Module(ModuleBlock { module, with }))
}

fn read_replace(reader: &mut Reader<'_>, node: &Node) -> Option<ReplaceOrder> {
    let text = reader.text(node)?;
    match &*text.value {
        "create-first" => Some(ReplaceOrder::CreateFirst),
        "delete-first" => Some(ReplaceOrder::DeleteFirst),
        other => {
            reader.diagnostics.push(
                Diagnostic::error("not-allowed", format!("{other:?} is not an order of replacement"))
                    .label(text.span, "unknown order")
                    .help("write `create-first` or `delete-first`"),
            );
            None
        }
    }
}

fn read_pointer(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    type_name: Option<&TypeName>,
    node: &Node,
) -> Option<Pointer> {
    let text = reader.text(node)?;
    let pointer = match text.value.parse::<Pointer>() {
        Ok(pointer) => pointer,
        Err(error) => {
            reader.diagnostics.push(
                Diagnostic::error("invalid-path", error.to_string())
                    .label(text.span, "not a path")
                    .help(format!("did you mean /{}?", text.value.replace('.', "/"))),
            );
            return None;
        }
    };
    let schema = catalog.schema(type_name?)?;
    let names: Vec<String> = pointer.segments().iter().map(ToString::to_string).collect();
    let path: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Err(unknown) = schema.attribute(&path) {
        let name = path.get(unknown.depth).copied().unwrap_or_default();
        let diagnostic =
            Diagnostic::error("unknown-property", format!("{} has no property `{name}`", schema.type_name()))
                .label(text.span, "unknown property");
        reader.diagnostics.push(match unknown.suggestion {
            Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
            None => diagnostic.help(format!("see `charter explain {}`", schema.type_name())),
        });
        return None;
    }
    Some(pointer)
}

fn read_timeouts(reader: &mut Reader<'_>, entry: &Entry) -> Timeouts {
    let Some(mut fields) = reader.fields(&entry.value, "`timeouts`", entry.key_span) else {
        return Timeouts::default();
    };
    let mut read = |key: &'static str| {
        let node = &fields.optional(key)?.value;
        let text = reader.text(node)?;
        let parsed = duration(&text.value);
        if parsed.is_none() {
            reader.diagnostics.push(
                Diagnostic::error("invalid-duration", format!("{:?} is not a duration", &*text.value))
                    .label(text.span, "not a duration")
                    .help("write hours, minutes and seconds: 90s, 30m, 1h30m"),
            );
        }
        parsed
    };
    let timeouts = Timeouts { create: read("create"), update: read("update"), delete: read("delete") };
    fields.finish(reader);
    timeouts
}

/// Names of blocks: `cluster`, `profiles['cards']`, or the same as an expression.
fn read_names(reader: &mut Reader<'_>, node: &Node) -> Vec<Arc<DeclaredExpression>> {
    let mut found = Vec::new();
    for node in Reader::one_or_many(node) {
        let NodeKind::Text(text) = &node.kind else {
            reader.wrong_type(node, "a text");
            continue;
        };
        if text.value.contains("${") {
            found.extend(reader.value(node).sole_expression().cloned());
            continue;
        }
        let span = Span {
            offset: node.span.offset + text.quote,
            length: node.span.length.saturating_sub(2 * text.quote),
            ..node.span
        };
        let exact = reader.sources.text(span) == Some(&*text.value);
        found.extend(reader.expression(&text.value, span, exact));
    }
    found
}

fn read_grant(reader: &mut Reader<'_>, node: &Node) -> Option<GrantDeclaration> {
    let mut fields = reader.fields(node, "a grant", node.span)?;
    let to = fields.required("to", reader).map(|entry| reader.value(&entry.value));
    let on = fields.required("on", reader).map(|entry| reader.value(&entry.value));
    let access: Option<Vec<Named<Arc<str>>>> = fields
        .required("access", reader)
        .map(|entry| Reader::one_or_many(&entry.value).iter().filter_map(|node| reader.text(node)).collect());
    let prefix = fields.optional("prefix").map(|entry| reader.value(&entry.value));
    let when = fields.optional("when").map(|entry| reader.value(&entry.value));
    fields.finish(reader);
    Some(GrantDeclaration { span: node.span, to: to?, on: on?, access: access?, prefix, when })
}

fn read_output(reader: &mut Reader<'_>, entry: &Entry) -> OutputDeclaration {
    let long = entry.value.entries().filter(|entries| {
        entries.iter().any(|each| &*each.key == "value")
            && entries.iter().all(|each| matches!(&*each.key, "value" | "description"))
    });
    let value = match long.and_then(|_| entry.value.get("value")) {
        Some(value) => reader.value(&value.value),
        None => reader.value(&entry.value),
    };
    let description = long
        .and_then(|_| entry.value.get("description"))
        .and_then(|description| reader.text(&description.value))
        .map(|text| text.value.to_string());
    OutputDeclaration { name_span: entry.key_span, value, description }
}

fn read_expectations(reader: &mut Reader<'_>, node: &Node) -> Vec<ExpectationDeclaration> {
    let mut found = Vec::new();
    for node in reader.elements(node) {
        let Some(mut fields) = reader.fields(node, "an expectation", node.span) else { continue };
        let principal = fields.required("principal", reader).map(|entry| reader.value(&entry.value));
        let actions: Option<Vec<Arc<str>>> =
            fields.required("action", reader).map(|entry| read_actions(reader, &entry.value));
        let resource = fields.required("resource", reader).map(|entry| reader.value(&entry.value));
        let expect = fields.required("expect", reader).and_then(|entry| read_expect(reader, &entry.value));
        let for_each = fields.optional("forEach").map(|entry| reader.value(&entry.value));
        let when = fields.optional("when").map(|entry| reader.value(&entry.value));
        fields.finish(reader);
        if let (Some(principal), Some(actions), Some(resource), Some(expect)) = (principal, actions, resource, expect) {
            let span = node.span;
            found.push(ExpectationDeclaration { span, principal, actions, resource, expect, for_each, when });
        }
    }
    found
}

fn read_actions(reader: &mut Reader<'_>, node: &Node) -> Vec<Arc<str>> {
    let mut found = Vec::new();
    for node in Reader::one_or_many(node) {
        let Some(text) = reader.text(node) else { continue };
        let exact = text.value.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && name.bytes().all(|each| each.is_ascii_alphanumeric())
        });
        if !exact {
            reader.diagnostics.push(
                Diagnostic::error("not-allowed", format!("{:?} is not an action", &*text.value))
                    .label(text.span, "not an action")
                    .help("write one exact action, such as bedrock:InvokeModel"),
            );
        }
        found.push(text.value);
    }
    found
}

fn read_expect(reader: &mut Reader<'_>, node: &Node) -> Option<ExpectedDecision> {
    let text = reader.text(node)?;
    match &*text.value {
        "allow" => Some(ExpectedDecision::Allow),
        "deny" => Some(ExpectedDecision::Deny),
        other => {
            reader.diagnostics.push(
                Diagnostic::error("not-allowed", format!("{other:?} is not a decision"))
                    .label(text.span, "unknown decision")
                    .help("write `allow` or `deny`"),
            );
            None
        }
    }
}
