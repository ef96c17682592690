//! Creating, updating and deleting resources.

use super::records::{Failure, Operation, Resource};
use super::requests::{self, Decided};
use super::{
    attributes, handler_service, network, not_found, object, patch, references, remove, schema, schema_path, trails,
    versions, visible,
};
use crate::service::{Call, ServiceError};
use charter_catalog::TypeSchema;
use charter_model::{Pointer, PointerSegment};
use serde_json::{Map, Value};

/// What is wrong with a model, before any handler sees it.
///
/// Source of the words: <https://github.com/pulumi/pulumi-aws-native/issues/1866>
fn validate(schema: &TypeSchema, model: &Value) -> Result<(), ServiceError> {
    let violations = schema.validate(&charter_model::Value::from(model.clone()));
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = violations
        .iter()
        .map(|violation| {
            let name = violation.pointer.segments().last().map(ToString::to_string).unwrap_or_default();
            let around = violation.pointer.parent().unwrap_or_default();
            match violation.code {
                "missing-property" => format!("#{around}: required key [{name}] not found"),
                "unknown-property" => format!("#{around}: extraneous key [{name}] is not permitted"),
                _ => format!("#{}: {}", violation.pointer, violation.message),
            }
        })
        .collect();
    Err(ServiceError::new("ValidationException", format!("Model validation failed ({})", lines.join("\n"))))
}

fn busy(call: &Call<'_>, resource: &Resource) -> Result<(), ServiceError> {
    if resource.busy <= call.now {
        return Ok(());
    }
    let message = format!(
        "Another operation on resource '{}' of type '{}' is in progress.",
        resource.identifier, resource.type_name
    );
    Err(ServiceError::new("ConcurrentOperationException", message))
}

/// What a handler ends with that is refused what it calls.
fn refused(call: &mut Call<'_>) -> Option<Failure> {
    let because = call.handler_refusal.take()?;
    let (service, request) = (handler_service(call), call.random.uuid());
    let message = format!("{because} (Service: {service}, Status Code: 403, Request ID: {request})");
    Some(Failure::new("AccessDenied", message))
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let schema = schema(call)?;
    if let Some(known) = requests::known(call)? {
        return Ok(known);
    }
    let desired = Value::Object(object(call.required("DesiredState"), "DesiredState")?);
    validate(&schema, &desired)?;
    let type_name = call.required("TypeName").to_owned();
    let completes = requests::completion(call, &type_name, Operation::Create);
    let mut decided = Decided { operation: Operation::Create, identifier: None, completes, outcome: Ok(None) };
    let made = match refused(call) {
        Some(failure) => Err(failure),
        None => make(call, &schema, desired),
    };
    match made {
        Ok((identifier, properties)) => {
            let model = visible(&schema, &properties);
            let resource = Resource {
                type_name,
                identifier: identifier.clone(),
                properties,
                created: call.now,
                ready: completes,
                busy: completes,
                gone: None,
            };
            resource.save(call);
            decided.identifier = Some(identifier);
            decided.outcome = Ok(Some(model));
        }
        Err(failure) => decided.outcome = Err(failure),
    }
    Ok(requests::keep(call, decided))
}

/// The identifier and all properties of what is to be made.
fn make(call: &mut Call<'_>, schema: &TypeSchema, desired: Value) -> Result<(String, Value), Failure> {
    references::check(call, schema, &desired)?;
    trails::check(call, schema.type_name().as_str(), &desired)?;
    let Value::Object(mut properties) = desired else {
        return Err(Failure::new("InvalidRequest", "the desired state is no object"));
    };
    let type_name = schema.type_name().as_str();
    network::check(call, type_name, &mut properties)?;
    attributes::complete(call, schema, &mut properties);
    versions::begin(call, type_name, &mut properties);
    let identifier = schema
        .identifier_of(&properties)
        .ok_or_else(|| Failure::new("InternalFailure", format!("simulator: {type_name} gets no identifier")))?;
    if Resource::get(call, type_name, &identifier).is_some() {
        let message = format!("Resource of type '{type_name}' with identifier '{identifier}' already exists.");
        return Err(Failure::new("AlreadyExists", message));
    }
    Ok((identifier, Value::Object(properties)))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let schema = schema(call)?;
    if let Some(known) = requests::known(call)? {
        return Ok(known);
    }
    let (type_name, identifier) = (call.required("TypeName").to_owned(), call.required("Identifier").to_owned());
    let mut resource = Resource::get(call, &type_name, &identifier)
        .filter(|resource| resource.ready <= call.now)
        .ok_or_else(|| not_found(&type_name, &identifier))?;
    busy(call, &resource)?;
    if schema.is_immutable() {
        let message = format!("Resource type {type_name} does not support UPDATE action");
        return Err(ServiceError::new("UnsupportedActionException", message));
    }
    let invalid = |why: String| ServiceError::new("InvalidRequestException", format!("Invalid patch document: {why}"));
    let steps: Vec<patch::Step> =
        serde_json::from_str(call.required("PatchDocument")).map_err(|error| invalid(error.to_string()))?;
    // The patch is applied to what a read tells, so write-only properties that the type requires must be in it again.
    let before = visible(&schema, &resource.properties);
    let mut after = before.clone();
    patch::apply(&mut after, &steps).map_err(invalid)?;
    refuse_changes(&before, &after, schema.create_only(), "createOnlyProperties")?;
    refuse_changes(&before, &after, schema.read_only(), "readOnlyProperties")?;
    let mut writable = after.clone();
    schema.read_only().iter().for_each(|pointer| remove(&mut writable, pointer.segments()));
    validate(&schema, &writable)?;

    let completes = requests::completion(call, &type_name, Operation::Update);
    let mut outcome = match refused(call) {
        Some(failure) => Err(failure),
        None => references::check(call, &schema, &writable)
            .and_then(|()| trails::check(call, &type_name, &writable))
            .map(|()| None),
    };
    if outcome.is_ok()
        && let Value::Object(mut properties) = after
    {
        keep_write_only(&schema, &resource.properties, &mut properties);
        attributes::touch(call, &schema, &mut properties);
        versions::lead(call, &type_name, &mut properties);
        resource.properties = Value::Object(properties);
        outcome = Ok(Some(visible(&schema, &resource.properties)));
    }
    resource.busy = completes;
    resource.save(call);
    let decided = Decided { operation: Operation::Update, identifier: Some(identifier), completes, outcome };
    Ok(requests::keep(call, decided))
}

/// Source of the words: <https://github.com/pulumi/pulumi-aws-native/issues/2936>
fn refuse_changes(before: &Value, after: &Value, places: &[Pointer], kind: &str) -> Result<(), ServiceError> {
    let changed: Vec<String> = places
        .iter()
        .filter(|pointer| all_at(before, pointer.segments()) != all_at(after, pointer.segments()))
        .map(schema_path)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!("Invalid patch update: {kind} [{}] cannot be updated", changed.join(", "));
    Err(ServiceError::new("NotUpdatableException", message))
}

/// The values at a place; `*` is every element or member.
fn all_at<'a>(value: &'a Value, path: &[PointerSegment]) -> Vec<&'a Value> {
    let Some((first, rest)) = path.split_first() else { return vec![value] };
    let name = first.to_string();
    match value {
        Value::Array(elements) if name == "*" => elements.iter().flat_map(|element| all_at(element, rest)).collect(),
        Value::Object(members) if name == "*" => members.values().flat_map(|member| all_at(member, rest)).collect(),
        Value::Object(members) => members.get(&name).map(|member| all_at(member, rest)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What was set once and is never told stays until it is set again.
fn keep_write_only(schema: &TypeSchema, before: &Value, properties: &mut Map<String, Value>) {
    for pointer in schema.write_only() {
        if let [name] = pointer.segments()
            && let Some(value) = before.get(name.to_string())
        {
            properties.entry(name.to_string()).or_insert_with(|| value.clone());
        }
    }
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    schema(call)?;
    if let Some(known) = requests::known(call)? {
        return Ok(known);
    }
    let (type_name, identifier) = (call.required("TypeName").to_owned(), call.required("Identifier").to_owned());
    let completes = requests::completion(call, &type_name, Operation::Delete);
    let mut decided =
        Decided { operation: Operation::Delete, identifier: Some(identifier.clone()), completes, outcome: Ok(None) };
    match Resource::get(call, &type_name, &identifier) {
        None => decided.outcome = Err(Failure::new("NotFound", not_found(&type_name, &identifier).message)),
        Some(mut resource) => {
            busy(call, &resource)?;
            match refused(call).or_else(|| references::dependents(call, &resource)) {
                Some(failure) => decided.outcome = Err(failure),
                None => {
                    resource.busy = completes;
                    resource.gone = Some(completes);
                    resource.save(call);
                    delete_parts(call, &resource, completes);
                }
            }
        }
    }
    Ok(requests::keep(call, decided))
}

/// A knowledge base takes its data sources along.
fn delete_parts(call: &mut Call<'_>, resource: &Resource, gone: jiff::Timestamp) {
    if resource.type_name != "AWS::Bedrock::KnowledgeBase" {
        return;
    }
    for mut part in Resource::of_type(call, "AWS::Bedrock::DataSource") {
        if part.properties.get("KnowledgeBaseId").and_then(Value::as_str) == Some(resource.identifier.as_str()) {
            part.gone = Some(gone);
            part.save(call);
        }
    }
}
