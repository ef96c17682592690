//! Cloud Control: every type of the registry's catalogue, by its schema alone, with what EC2 adds about networks.
//!
//! Operations take virtual time. What comes of one is decided when it is asked for; until it is done, the resource is busy, and
//! a resource that is being made is not there yet. Types with an API of their own in the simulator are answered by that only.

mod attributes;
mod changes;
mod durations;
mod network;
mod patch;
mod pattern_text;
mod records;
mod references;
mod requests;
#[cfg(test)]
mod tests;
mod trails;
mod versions;

pub(super) use network::ZONES;
pub(super) use records::Resource;

use super::shared::page;
use crate::service::{Call, Service, ServiceError};
use charter_catalog::{Catalog, TypeSchema, only_by_cloudformation};
use charter_model::{AccountId, Pointer, PointerSegment, TypeName};
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(crate) struct CloudControl;

impl Service for CloudControl {
    fn call(&self, call: &mut Call<'_>) -> Result<Value, ServiceError> {
        match call.operation {
            "CreateResource" => changes::create(call),
            "UpdateResource" => changes::update(call),
            "DeleteResource" => changes::delete(call),
            "GetResource" => get(call),
            "ListResources" => list(call),
            "GetResourceRequestStatus" => requests::status(call),
            "ListResourceRequests" => requests::list(call),
            "CancelResourceRequest" => requests::cancel(call),
            _ => Err(call.not_simulated()),
        }
    }
}

/// The properties of all resources of a type that Cloud Control made in an account and that are ready.
pub(super) fn resources_of(call: &Call<'_>, account: &AccountId, type_name: &str) -> Vec<Value> {
    let all = call.store.list::<records::Resource>(account, call.region).into_iter().map(|(_, resource)| resource);
    all.filter(|each| each.type_name == type_name && each.ready <= call.now).map(|each| each.properties).collect()
}

/// Types that the simulator serves by their own API, with the service's name there.
const NATIVE: &[(&str, &str)] = &[
    ("AWS::Bedrock::ApplicationInferenceProfile", "bedrock"),
    ("AWS::Bedrock::Guardrail", "bedrock"),
    ("AWS::Bedrock::GuardrailVersion", "bedrock"),
    ("AWS::Bedrock::IntelligentPromptRouter", "bedrock"),
    ("AWS::Bedrock::Prompt", "bedrock-agent"),
    ("AWS::Bedrock::PromptVersion", "bedrock-agent"),
    ("AWS::Budgets::Budget", "budgets"),
    ("AWS::DataZone::", "datazone"),
    ("AWS::IAM::", "iam"),
    ("AWS::Kendra::DataSource", "kendra"),
    ("AWS::Kendra::Faq", "kendra"),
    ("AWS::Kendra::Index", "kendra"),
    ("AWS::LakeFormation::Resource", "lakeformation"),
    ("AWS::RDS::DBClusterParameterGroup", "rds"),
    ("AWS::RDS::DBCluster", "rds"),
    ("AWS::RDS::DBInstance", "rds"),
    ("AWS::RDS::DBParameterGroup", "rds"),
    ("AWS::RDS::DBSubnetGroup", "rds"),
    ("AWS::S3::BucketPolicy", "s3"),
    ("AWS::S3::Bucket", "s3"),
    ("AWS::SecretsManager::Secret", "secretsmanager"),
];

/// The schema of the type that the call names.
fn schema(call: &Call<'_>) -> Result<Arc<TypeSchema>, ServiceError> {
    let name = call.required("TypeName");
    let native = NATIVE.iter().find(|(own, _)| name == *own || (own.ends_with("::") && name.starts_with(own)));
    if let Some((_, service)) = native {
        let message = format!(
            "Resource type {name} does not support {} action: not simulated here, call {service}",
            call.operation
        );
        return Err(ServiceError::new("UnsupportedActionException", message));
    }
    let type_name = TypeName::new(name).ok().filter(|_| name.starts_with("AWS::"));
    if type_name.as_ref().is_some_and(only_by_cloudformation) {
        let action = match call.operation {
            "CreateResource" => "CREATE",
            "UpdateResource" => "UPDATE",
            "DeleteResource" => "DELETE",
            "ListResources" => "LIST",
            _ => "READ",
        };
        let message = format!("Resource type {name} does not support {action} action");
        return Err(ServiceError::new("UnsupportedActionException", message));
    }
    type_name
        .and_then(|name| Catalog::embedded().schema(&name))
        .ok_or_else(|| ServiceError::new("TypeNotFoundException", format!("The type '{name}' cannot be found.")))
}

fn not_found(type_name: &str, identifier: &str) -> ServiceError {
    let message = format!("Resource of type '{type_name}' with identifier '{identifier}' was not found.");
    ServiceError::new("ResourceNotFoundException", message)
}

/// Source of the words: <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-cloudformation/issues/113>
fn refused(call: &mut Call<'_>) -> Result<(), ServiceError> {
    let Some(because) = call.handler_refusal.take() else { return Ok(()) };
    let (service, request, token) = (handler_service(call), call.random.uuid(), call.random.uuid());
    let message = format!(
        "{} Handler returned status FAILED: {because} (Service: {service}, Status Code: 403, Request ID: {request}) \
         (HandlerErrorCode: AccessDenied, RequestToken: {token})",
        call.required("TypeName"),
    );
    Err(ServiceError::new("AccessDeniedException", message))
}

/// The service that a handler calls, as its messages name it: `Ec2` for `AWS::EC2::VPC`.
fn handler_service(call: &Call<'_>) -> String {
    let name = call.required("TypeName").split("::").nth(1).unwrap_or_default().to_lowercase();
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn get(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let schema = schema(call)?;
    refused(call)?;
    let (type_name, identifier) = (call.required("TypeName"), call.required("Identifier"));
    let resource = Resource::read(call, type_name, identifier)
        .filter(|resource| resource.ready <= call.now)
        .ok_or_else(|| not_found(type_name, identifier))?;
    Ok(json!({"TypeName": type_name, "ResourceDescription": description(&schema, &resource)}))
}

fn list(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let schema = schema(call)?;
    refused(call)?;
    let type_name = call.required("TypeName");
    let wanted = match call.text("ResourceModel") {
        Some(text) => object(text, "ResourceModel")?,
        None => Map::new(),
    };
    let resources = Resource::of_type(call, type_name)
        .into_iter()
        .filter(|resource| resource.ready <= call.now)
        .filter(|resource| wanted.iter().all(|(name, value)| resource.properties.get(name) == Some(value)))
        .map(|resource| (resource.identifier.clone(), resource))
        .collect();
    let size = call.integer("MaxResults").and_then(|size| usize::try_from(size).ok()).unwrap_or(100);
    let (resources, next) = page(resources, call.text("NextToken"), size)
        .ok_or_else(|| ServiceError::new("InvalidRequestException", "Invalid next token"))?;
    let descriptions: Vec<Value> = resources.iter().map(|resource| description(&schema, resource)).collect();
    Ok(json!({"TypeName": type_name, "ResourceDescriptions": descriptions, "NextToken": next}))
}

fn description(schema: &TypeSchema, resource: &Resource) -> Value {
    json!({"Identifier": resource.identifier, "Properties": visible(schema, &resource.properties).to_string()})
}

/// What a reader is told: everything but write-only properties.
fn visible(schema: &TypeSchema, properties: &Value) -> Value {
    let mut properties = properties.clone();
    for pointer in schema.write_only() {
        remove(&mut properties, pointer.segments());
    }
    properties
}

/// Removes a place; `*` is every element or member.
fn remove(value: &mut Value, path: &[PointerSegment]) {
    let Some((first, rest)) = path.split_first() else { return };
    let name = first.to_string();
    match value {
        Value::Array(elements) if name == "*" => elements.iter_mut().for_each(|element| remove(element, rest)),
        Value::Object(members) if rest.is_empty() => drop(members.remove(&name)),
        Value::Object(members) if name == "*" => members.values_mut().for_each(|member| remove(member, rest)),
        Value::Object(members) => {
            if let Some(member) = members.get_mut(&name) {
                remove(member, rest);
            }
        }
        _ => {}
    }
}

/// A JSON object given as text.
fn object(text: &str, what: &str) -> Result<Map<String, Value>, ServiceError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(ServiceError::new("InvalidRequestException", format!("{what} is not a valid JSON object"))),
    }
}

/// A place as the registry's schemas write it: `/properties/Tags/0`.
fn schema_path(pointer: &Pointer) -> String {
    format!("/properties{pointer}")
}
