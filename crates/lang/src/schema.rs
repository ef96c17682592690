//! JSON Schemas of the files, so that editors complete and check while one writes. Imports `parameters` for its words.

use charter_catalog::Catalog;
use charter_model::TypeName;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `stacks/NAME.yaml`
    Stack,
    /// `modules/NAME/module.yaml`
    Module,
    /// `environments/NAME.yaml`
    Environment,
}

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Stack, Self::Module, Self::Environment];

    /// `stack`, `module`, `environment`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Module => "module",
            Self::Environment => "environment",
        }
    }
}

/// The JSON Schema (draft 2020-12) of a kind of file. Every resource type is offered; properties are left open.
pub fn json_schema(kind: FileKind, catalog: &Catalog) -> Json {
    json_schema_with(kind, catalog, &BTreeSet::new())
}

/// The same, with the properties of these types: all 1,600 would make a file that no editor likes, so give those that a
/// project uses.
pub fn json_schema_with(kind: FileKind, catalog: &Catalog, types: &BTreeSet<TypeName>) -> Json {
    let mut schema = match kind {
        FileKind::Stack => body("stack", true),
        FileKind::Module => body("module", false),
        FileKind::Environment => environment(),
    };
    if let (Json::Object(schema), false) = (&mut schema, kind == FileKind::Environment) {
        schema.insert("$defs".to_owned(), definitions(catalog, types));
    }
    if let Json::Object(schema) = &mut schema {
        schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("title".to_owned(), format!("Charter {}", kind.name()).into());
    }
    schema
}

const EXPRESSION: &str = r"^\$\{[\s\S]*\}$";

fn text(description: &str) -> Json {
    json!({"type": "string", "description": description})
}

/// A value of a type, or an expression that comes to one.
fn or_expression(schema: &Json) -> Json {
    json!({"anyOf": [schema, {"type": "string", "pattern": EXPRESSION}]})
}

fn name_map(description: &str, member: &Json) -> Json {
    json!({
        "type": ["object", "null"],
        "description": description,
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 64},
        "additionalProperties": member,
    })
}

fn body(kind: &str, stack: bool) -> Json {
    let label = r"^[A-Za-z][A-Za-z0-9_-]*$";
    let mut properties = Map::new();
    let mut add = |name: &str, schema: Json| drop(properties.insert(name.to_owned(), schema));
    add(
        kind,
        json!({"type": "string", "pattern": label, "maxLength": 64, "description": format!("The name of the {kind}.")}),
    );
    add("description", text("For a reader."));
    add("parameters", name_map("What the user may choose.", &json!({"$ref": "#/$defs/parameter"})));
    add("resources", name_map("Resources and modules, by name.", &json!({"$ref": "#/$defs/block"})));
    add(
        "grants",
        json!({"type": ["array", "null"], "items": {"$ref": "#/$defs/grant"}, "description": "Who may do what."}),
    );
    add("outputs", name_map("Values for others.", &json!({"$ref": "#/$defs/output"})));
    if stack {
        add("account", text("The account, by the name that the environment gives it."));
        add("region", text("The region; that of the environment if left out."));
        add(
            "access",
            json!({
                "type": ["array", "null"],
                "description": "What must hold about access; checked on every preview.",
                "items": {"$ref": "#/$defs/expectation"},
            }),
        );
    }
    json!({"type": "object", "required": [kind], "additionalProperties": false, "properties": properties})
}

fn definitions(catalog: &Catalog, types: &BTreeSet<TypeName>) -> Json {
    let mut definitions = Map::new();
    let mut rules = Vec::new();
    for type_name in types {
        let Some(schema) = catalog.schema(type_name) else { continue };
        let name = type_name.as_str().replace("::", "-");
        let base = format!("#/$defs/{name}");
        definitions.insert(name, schema.json_schema(&base));
        rules.push(json!({
            "if": {"properties": {"type": {"const": type_name.as_str()}}, "required": ["type"]},
            "then": {"properties": {"properties": {"$ref": base}}},
        }));
    }
    definitions.insert("block".to_owned(), block(catalog, &rules));
    definitions.insert("parameter".to_owned(), parameter());
    definitions.insert("grant".to_owned(), grant());
    definitions.insert("output".to_owned(), json!({"description": "A value, or {value, description}."}));
    definitions.insert("expectation".to_owned(), expectation());
    definitions.insert("timeout".to_owned(), json!({"type": "string", "pattern": r"^(?=.)(\d+h)?(\d+m)?(\d+s)?$"}));
    Json::Object(definitions)
}

fn block(catalog: &Catalog, rules: &[Json]) -> Json {
    let types: Vec<&str> = catalog.type_names().collect();
    let boolean = or_expression(&json!({"type": "boolean"}));
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{"required": ["type"]}, {"required": ["module"]}],
        "properties": {
            "type": {"enum": types, "description": "The resource type, as in CloudFormation."},
            "properties": {"description": "The type's properties, by the registry's names."},
            "module": text("The module: modules/NAME/module.yaml."),
            "with": {"type": ["object", "null"], "description": "Values for the module's parameters."},
            "forEach": {"description": "A list or map: one instance for each element; each.key and each.value inside."},
            "when": boolean,
            "dependsOn": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                "description": "What must exist first, beside what properties refer to."},
            "protect": boolean,
            "retain": boolean,
            "replace": {"enum": ["create-first", "delete-first"], "description": "Which comes first when it is replaced."},
            "ignoreChanges": {"type": "array", "items": {"type": "string", "pattern": "^/"},
                "description": "Properties whose differences are left alone, as JSON pointers."},
            "import": text("The identifier of what exists and is to be adopted."),
            "movedFrom": text("The address where it stood before."),
            "account": text("The account, by the name that the environment gives it."),
            "region": text("The region."),
            "timeouts": {"type": "object", "additionalProperties": false, "properties": {
                "create": {"$ref": "#/$defs/timeout"}, "update": {"$ref": "#/$defs/timeout"}, "delete": {"$ref": "#/$defs/timeout"},
            }},
        },
    });
    if let (Json::Object(schema), false) = (&mut schema, rules.is_empty()) {
        schema.insert("allOf".to_owned(), rules.into());
    }
    schema
}

fn parameter() -> Json {
    let types = json!(["string", "number", "integer", "boolean", "array", "object", "null"]);
    let number = json!({"type": "number"});
    let count = json!({"type": "integer", "minimum": 0});
    let nested = json!({"$ref": "#/$defs/parameter"});
    json!({"anyOf": [{"enum": types}, {
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "type": {"anyOf": [{"enum": types}, {"type": "array", "items": {"enum": types}}]},
            "description": text("For a reader."),
            "default": {"description": "The value where none is given."},
            "required": {"type": ["boolean", "array"]},
            "secret": {"type": "boolean", "description": "Given as secret://… only."},
            "enum": {"type": "array", "minItems": 1},
            "minimum": number, "maximum": number, "exclusiveMinimum": number, "exclusiveMaximum": number,
            "pattern": {"type": "string", "format": "regex"},
            "minLength": count, "maxLength": count, "minItems": count, "maxItems": count,
            "uniqueItems": {"type": "boolean"},
            "items": nested,
            "properties": {"type": "object", "additionalProperties": nested},
            "additionalProperties": {"anyOf": [{"type": "boolean"}, nested]},
        },
    }]})
}

fn grant() -> Json {
    let mut words: Vec<&str> = charter_access::capabilities().iter().map(|each| each.name).collect();
    words.sort_unstable();
    words.dedup();
    json!({
        "type": "object",
        "required": ["to", "on", "access"],
        "additionalProperties": false,
        "properties": {
            "to": text("The role: ${name}."),
            "on": text("The resource: ${name}."),
            "access": {"anyOf": [{"enum": words}, {"type": "array", "items": {"enum": words}}]},
            "prefix": text("What the names of a bucket's objects begin with."),
            "when": or_expression(&json!({"type": "boolean"})),
        },
    })
}

fn expectation() -> Json {
    json!({
        "type": "object",
        "required": ["principal", "action", "resource", "expect"],
        "additionalProperties": false,
        "properties": {
            "principal": text("A role of the stack, or an ARN."),
            "action": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "resource": text("A resource of the stack, or an ARN."),
            "expect": {"enum": ["allow", "deny"]},
            "forEach": {"description": "A list or map: expected for each element; each.key and each.value inside."},
            "when": text("Whether it is expected: an expression that comes to true or false."),
        },
    })
}

fn environment() -> Json {
    let account = json!({
        "type": "object",
        "oneOf": [{"required": ["id"]}, {"required": ["from"]}],
        "additionalProperties": false,
        "properties": {
            "id": {"type": ["string", "integer"], "pattern": "^[0-9]{12}$", "description": "Twelve digits."},
            "from": text("The address of the AWS::Organizations::Account that makes the account."),
            "role": text("The name or ARN of the role to assume."),
            "externalId": text("Sent with the assumption of the role."),
            "profile": text("A profile of the shared configuration files."),
            "sessionTags": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    });
    json!({
        "type": "object",
        "required": ["environment", "target", "region", "accounts"],
        "description": "Other keys are free data: ${environment.KEY}.",
        "properties": {
            "environment": text("The name, which is also that of the file."),
            "description": text("For a reader."),
            "target": {"enum": ["simulator", "aws"]},
            "region": text("Where resources go that name no region."),
            "accounts": {"type": "object", "minProperties": 1, "additionalProperties": account},
            "tags": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
            "ephemeral": {"type": "boolean", "description": "Only such an environment may be torn down."},
            "parameters": {"type": ["object", "null"], "description": "By stack, then parameter.",
                "additionalProperties": {"type": ["object", "null"]}},
            "simulator": {"type": "object"},
            "state": {
                "type": "object",
                "required": ["backend"],
                "additionalProperties": false,
                "properties": {
                    "backend": {"enum": ["local", "s3"]},
                    "path": {"type": "string"}, "bucket": {"type": "string"}, "prefix": {"type": "string"},
                    "region": {"type": "string"}, "kmsKeyId": {"type": "string"}, "profile": {"type": "string"},
                },
            },
        },
    })
}
