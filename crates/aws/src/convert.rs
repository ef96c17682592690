//! Between the registry's JSON and the SDK's types: two traits, implemented here for what the types are made of and by
//! `cargo xtask adapters` (see `generated`) for the types themselves.
//!
//! ```text
//! let input: CreateDbClusterInputBuilder = convert::input(&request.properties)?;   // then add tokens, tags; .send_with(&client)
//! let properties: Properties = convert::properties(&db_cluster);                    // registry names, no nulls
//! let groups: Option<Vec<String>> = convert::get(&properties, "VpcSecurityGroupIds")?;
//! ```
//!
//! Imports `model`, `provider` and the SDK's primitives only. No message repeats a value: it may be a secret.

use aws_smithy_types::date_time::Format;
use aws_smithy_types::{Blob, DateTime, Document, Number};
use charter_model::{Pointer, PointerSegment};
use charter_provider::{Failure, FailureCode, Properties};
use serde_json::Value;
use std::collections::HashMap;

/// A property that cannot be turned into what the service takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub(crate) struct ConversionError {
    /// Where, below the properties.
    pub(crate) pointer: Pointer,
    /// What was expected there.
    pub(crate) message: String,
}

impl ConversionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { pointer: Pointer::root(), message: message.into() }
    }

    /// The same error, seen from one level further out.
    #[must_use]
    pub(crate) fn below(self, step: PointerSegment) -> Self {
        let pointer = std::iter::once(step).chain(self.pointer.segments().iter().cloned()).collect();
        Self { pointer, ..self }
    }
}

impl From<ConversionError> for Failure {
    fn from(error: ConversionError) -> Self {
        Failure::new(FailureCode::InvalidRequest, error.to_string())
    }
}

/// Made from a value of the registry's shape.
pub(crate) trait FromJson: Sized {
    /// Reads the value. Booleans and numbers may be written as text, as CloudFormation allows.
    fn from_json(value: &Value) -> Result<Self, ConversionError>;
}

/// Written as a value of the registry's shape.
pub(crate) trait ToJson {
    /// None where there is nothing to say: absent, or an empty list or map.
    fn to_json(&self) -> Option<Value>;
}

/// The input builder of an operation, filled from properties.
pub(crate) fn input<T: FromJson>(properties: &Properties) -> Result<T, ConversionError> {
    // One clone of the map per call, so that all of the conversions share one signature.
    T::from_json(&Value::Object(properties.clone()))
}

/// The properties that an SDK structure stands for.
pub(crate) fn properties(structure: &impl ToJson) -> Properties {
    match structure.to_json() {
        Some(Value::Object(properties)) => properties,
        _ => Properties::new(),
    }
}

/// A member of an object; null counts as absent.
pub(crate) fn get<T: FromJson>(from: &Properties, name: &str) -> Result<Option<T>, ConversionError> {
    match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::from_json(value).map(Some).map_err(|error| error.below(PointerSegment::Key(name.into()))),
    }
}

/// A member further inside; absent where any step is.
pub(crate) fn get_at<T: FromJson>(from: &Properties, path: &[&str]) -> Result<Option<T>, ConversionError> {
    match path {
        [] => Ok(None),
        [name] => get(from, name),
        [name, rest @ ..] => match from.get(*name) {
            None | Some(Value::Null) => Ok(None),
            Some(inner) => object(inner)
                .and_then(|inner| get_at(inner, rest))
                .map_err(|error| error.below(PointerSegment::Key((*name).into()))),
        },
    }
}

/// A map that the registry has as a list of `{Key, Value}`.
pub(crate) fn get_pairs<T: FromJson>(
    from: &Properties,
    name: &str,
) -> Result<Option<HashMap<String, T>>, ConversionError> {
    let Some(list) = get::<Vec<Properties>>(from, name)? else { return Ok(None) };
    let pairs = list.iter().enumerate().map(|(index, pair)| {
        let pair = required(pair, "Key").and_then(|key| Ok((key, required(pair, "Value")?)));
        pair.map_err(|error| error.below(PointerSegment::Index(index)).below(PointerSegment::Key(name.into())))
    });
    pairs.collect::<Result<_, _>>().map(Some)
}

/// A member that must be there.
pub(crate) fn required<T: FromJson>(from: &Properties, name: &str) -> Result<T, ConversionError> {
    get(from, name)?.ok_or_else(|| ConversionError::new("is required").below(PointerSegment::Key(name.into())))
}

/// The members of an object.
pub(crate) fn object(value: &Value) -> Result<&Properties, ConversionError> {
    value.as_object().ok_or_else(|| expected("an object", value))
}

/// A structure of which the SDK says that a member is missing.
pub(crate) fn incomplete(error: aws_smithy_types::error::operation::BuildError) -> ConversionError {
    ConversionError::new(error.to_string())
}

/// Adds a member, unless there is nothing to say.
pub(crate) fn put(to: &mut Properties, name: &str, value: &impl ToJson) {
    if let Some(value) = value.to_json() {
        to.insert(name.to_owned(), value);
    }
}

/// Adds a member that the registry has as a text and the service as a number or a truth value.
pub(crate) fn put_text(to: &mut Properties, name: &str, value: &impl ToJson) {
    if let Some(value) = value.to_json() {
        to.insert(name.to_owned(), as_text(value));
    }
}

/// Adds a map as a list of `{Key, Value}`, sorted by key.
pub(crate) fn put_pairs(to: &mut Properties, name: &str, value: &impl ToJson) {
    if let Some(Value::Object(members)) = value.to_json() {
        let mut pairs: Vec<(String, Value)> = members.into_iter().collect();
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
        let pairs = pairs.into_iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect();
        to.insert(name.to_owned(), Value::Array(pairs));
    }
}

/// Adds what lies at `source` inside `value` (`[]` stands for every element) at the place `target`, making objects on the way.
pub(crate) fn put_at(to: &mut Properties, target: &[&str], value: &impl ToJson, source: &[&str]) {
    if let Some(value) = value.to_json().and_then(|value| extract(value, source)) {
        insert_at(to, target, value);
    }
}

/// The same, as a text.
pub(crate) fn put_text_at(to: &mut Properties, target: &[&str], value: &impl ToJson, source: &[&str]) {
    if let Some(value) = value.to_json().and_then(|value| extract(value, source)) {
        insert_at(to, target, as_text(value));
    }
}

/// Takes properties as an object, or nothing if there are none.
pub(crate) fn some_object(properties: Properties) -> Option<Value> {
    (!properties.is_empty()).then_some(Value::Object(properties))
}

fn insert_at(to: &mut Properties, target: &[&str], value: Value) {
    match target {
        [] => {}
        [name] => {
            to.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = to.entry(*name).or_insert_with(|| Value::Object(Properties::new()));
            if let Value::Object(inner) = inner {
                insert_at(inner, rest, value);
            }
        }
    }
}

fn extract(value: Value, source: &[&str]) -> Option<Value> {
    let Some((step, rest)) = source.split_first() else { return Some(value) };
    match value {
        Value::Array(list) if *step == "[]" => {
            let list: Vec<Value> = list.into_iter().filter_map(|each| extract(each, rest)).collect();
            (!list.is_empty()).then_some(Value::Array(list))
        }
        Value::Array(list) => extract(list.into_iter().nth(step.parse().ok()?)?, rest),
        Value::Object(mut members) => extract(members.remove(*step)?, rest),
        _ => None,
    }
}

fn as_text(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(truth) => Value::String(truth.to_string()),
        other => other,
    }
}

fn expected(what: &str, found: &Value) -> ConversionError {
    let found = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    ConversionError::new(format!("must be {what}, not {found}"))
}

impl FromJson for String {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            // The registry takes documents (policies, templates) as objects, the services as text.
            Value::Object(_) => Ok(value.to_string()),
            other => Err(expected("a text", other)),
        }
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        match value {
            Value::Bool(truth) => Ok(*truth),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            other => Err(expected("true or false", other)),
        }
    }
}

/// A whole number, also one written `"5"` or `5.0`.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(exactly)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The whole number that a floating one is; beyond 2^53 not every one can be told.
fn exactly(number: f64) -> Option<i64> {
    let safe = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "checked in the line above")]
    safe.then_some(number as i64)
}

impl FromJson for i64 {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        whole(value).ok_or_else(|| expected("a whole number", value))
    }
}

impl FromJson for i32 {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        let number = i64::from_json(value)?;
        Self::try_from(number).map_err(|_| ConversionError::new("is a number beyond what the service takes"))
    }
}

impl FromJson for f64 {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
        .ok_or_else(|| expected("a number", value))
    }
}

impl FromJson for f32 {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        #[allow(clippy::cast_possible_truncation, reason = "the service takes no more digits")]
        f64::from_json(value).map(|number| number as Self)
    }
}

impl FromJson for DateTime {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        let text = value.as_str().ok_or_else(|| expected("a time such as 2026-01-31T12:00:00Z", value))?;
        // With a zone other than Z is as good a time.
        DateTime::from_str(text, Format::DateTimeWithOffset)
            .map_err(|_| ConversionError::new("must be a time such as 2026-01-31T12:00:00Z"))
    }
}

impl FromJson for Blob {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        let text = value.as_str().ok_or_else(|| expected("base64 text", value))?;
        aws_smithy_types::base64::decode(text).map(Blob::new).map_err(|_| ConversionError::new("must be base64 text"))
    }
}

impl FromJson for Document {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        Ok(match value {
            Value::Null => Document::Null,
            Value::Bool(truth) => Document::Bool(*truth),
            Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => Number::PosInt(number),
                (_, Some(number), _) => Number::NegInt(number),
                (.., number) => Number::Float(number.unwrap_or_default()),
            }),
            Value::String(text) => Document::String(text.clone()),
            Value::Array(list) => Document::Array(list.iter().map(Document::from_json).collect::<Result<_, _>>()?),
            Value::Object(members) => Document::Object(
                members.iter().map(|(name, value)| Ok((name.clone(), Document::from_json(value)?))).collect::<Result<
                    _,
                    ConversionError,
                >>(
                )?,
            ),
        })
    }
}

impl FromJson for Value {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        Ok(value.clone())
    }
}

impl FromJson for Properties {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        object(value).cloned()
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        T::from_json(value).map(Box::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        let list = value.as_array().ok_or_else(|| expected("a list", value))?;
        list.iter()
            .enumerate()
            .map(|(index, each)| T::from_json(each).map_err(|error| error.below(PointerSegment::Index(index))))
            .collect()
    }
}

impl<T: FromJson> FromJson for HashMap<String, T> {
    fn from_json(value: &Value) -> Result<Self, ConversionError> {
        object(value)?
            .iter()
            .map(|(name, each)| match T::from_json(each) {
                Ok(each) => Ok((name.clone(), each)),
                Err(error) => Err(error.below(PointerSegment::Key(name.as_str().into()))),
            })
            .collect()
    }
}

impl ToJson for String {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Option<Value> {
        Some(Value::Bool(*self))
    }
}

impl ToJson for i32 {
    fn to_json(&self) -> Option<Value> {
        Some(Value::from(*self))
    }
}

impl ToJson for i64 {
    fn to_json(&self) -> Option<Value> {
        Some(Value::from(*self))
    }
}

impl ToJson for f64 {
    fn to_json(&self) -> Option<Value> {
        // `2`, as it was written, rather than `2.0`.
        exactly(*self).map(Value::from).or_else(|| serde_json::Number::from_f64(*self).map(Value::Number))
    }
}

impl ToJson for f32 {
    fn to_json(&self) -> Option<Value> {
        // By way of its shortest text: 0.1 shall not become 0.10000000149.
        self.to_string().parse::<f64>().ok()?.to_json()
    }
}

impl ToJson for DateTime {
    fn to_json(&self) -> Option<Value> {
        self.fmt(Format::DateTime).ok().map(Value::String)
    }
}

impl ToJson for Blob {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(aws_smithy_types::base64::encode(self)))
    }
}

impl ToJson for Document {
    fn to_json(&self) -> Option<Value> {
        Some(match self {
            // Inside a document everything is the user's: nulls and empty lists stay.
            Document::Null => Value::Null,
            Document::Bool(truth) => Value::Bool(*truth),
            Document::Number(Number::PosInt(number)) => Value::from(*number),
            Document::Number(Number::NegInt(number)) => Value::from(*number),
            Document::Number(Number::Float(number)) => number.to_json()?,
            Document::String(text) => Value::String(text.clone()),
            Document::Array(list) => Value::Array(list.iter().filter_map(ToJson::to_json).collect()),
            Document::Object(members) => Value::Object(
                members.iter().filter_map(|(name, value)| Some((name.clone(), value.to_json()?))).collect(),
            ),
        })
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Option<Value> {
        self.as_ref()?.to_json()
    }
}

impl<T: ToJson> ToJson for Box<T> {
    fn to_json(&self) -> Option<Value> {
        self.as_ref().to_json()
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Option<Value> {
        let list: Vec<Value> = self.iter().filter_map(ToJson::to_json).collect();
        (!list.is_empty()).then_some(Value::Array(list))
    }
}

impl<T: ToJson> ToJson for HashMap<String, T> {
    fn to_json(&self) -> Option<Value> {
        some_object(self.iter().filter_map(|(name, value)| Some((name.clone(), value.to_json()?))).collect())
    }
}

/// Implements both traits for enumerations of the SDK, which all know `From<&str>` and `as_str`.
macro_rules! text_enums {
    ($($name:path),* $(,)?) => {$(
        impl $crate::convert::FromJson for $name {
            fn from_json(value: &serde_json::Value) -> Result<Self, $crate::convert::ConversionError> {
                String::from_json(value).map(|text| Self::from(text.as_str()))
            }
        }
        impl $crate::convert::ToJson for $name {
            fn to_json(&self) -> Option<serde_json::Value> {
                Some(serde_json::Value::String(self.as_str().to_owned()))
            }
        }
    )*};
}
pub(crate) use text_enums;

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_kendra::types::{Relevance, TemplateConfiguration};
    use aws_sdk_rds::operation::create_db_cluster::builders::CreateDbClusterInputBuilder;
    use aws_sdk_rds::types::{DbCluster, DomainMembership, VpcSecurityGroupMembership};
    use serde_json::json;

    fn map(value: Value) -> Properties {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn registry_properties_become_an_input_under_the_names_of_the_api() {
        let properties = map(json!({
            "DBClusterIdentifier": "reviews", "Engine": "aurora-postgresql", "BackupRetentionPeriod": "7",
            "EnableHttpEndpoint": "true", "PerformanceInsightsEnabled": true,
            "MasterUserSecret": {"KmsKeyId": "alias/key"},
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": "64"},
            "VpcSecurityGroupIds": ["sg-1", "sg-2"], "Tags": [{"Key": "k", "Value": "v"}], "StorageType": null,
        }));
        let input = input::<CreateDbClusterInputBuilder>(&properties).unwrap().build().unwrap();
        assert_eq!(input.backup_retention_period(), Some(7));
        assert_eq!(input.enable_http_endpoint(), Some(true));
        assert_eq!(input.enable_performance_insights(), Some(true));
        assert_eq!(input.master_user_secret_kms_key_id(), Some("alias/key"));
        assert_eq!(input.serverless_v2_scaling_configuration().unwrap().max_capacity(), Some(64.0));
        assert_eq!(input.vpc_security_group_ids(), ["sg-1", "sg-2"]);
        assert_eq!(input.tags()[0].value(), Some("v"));
        assert_eq!(input.storage_type(), None);
    }

    #[test]
    fn an_output_becomes_properties_under_the_names_of_the_registry() {
        let group = |id: &str| VpcSecurityGroupMembership::builder().vpc_security_group_id(id).status("active").build();
        let cluster = DbCluster::builder()
            .db_cluster_identifier("reviews")
            .db_subnet_group("subnets")
            .endpoint("reviews.cluster.local")
            .port(5432)
            .status("available")
            .http_endpoint_enabled(true)
            .domain_memberships(DomainMembership::builder().domain("d-1").build())
            .vpc_security_groups(group("sg-1"))
            .vpc_security_groups(group("sg-2"))
            .set_availability_zones(Some(Vec::new()))
            .build();
        let expected = json!({
            "DBClusterIdentifier": "reviews", "DBSubnetGroupName": "subnets", "Domain": "d-1", "EnableHttpEndpoint": true,
            "Endpoint": {"Address": "reviews.cluster.local", "Port": "5432"}, "Port": 5432,
            "VpcSecurityGroupIds": ["sg-1", "sg-2"],
        });
        assert_eq!(Value::Object(properties(&cluster)), expected);
    }

    #[test]
    fn an_error_names_the_place_and_never_the_value() {
        let properties = map(json!({"Engine": "e", "Tags": [{"Key": "k"}, {"Key": ["hunter2"]}]}));
        let error = input::<CreateDbClusterInputBuilder>(&properties).unwrap_err();
        assert_eq!(error.to_string(), "/Tags/1/Key: must be a text, not a list");

        let properties = map(json!({"ServerlessV2ScalingConfiguration": {"MinCapacity": "hunter2"}}));
        let error = input::<CreateDbClusterInputBuilder>(&properties).unwrap_err();
        assert_eq!(error.to_string(), "/ServerlessV2ScalingConfiguration/MinCapacity: must be a number, not a text");
    }

    #[test]
    fn a_list_of_pairs_stands_for_a_map() {
        let written = json!({"ValueImportanceItems": [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]});
        let relevance = Relevance::from_json(&written).unwrap();
        assert_eq!(relevance.value_importance_map().unwrap()["b"], 2);
        assert_eq!(relevance.to_json(), Some(written));
    }

    #[test]
    fn a_document_keeps_all_that_is_in_it() {
        let written =
            json!({"Template": {"none": null, "list": [], "number": 1.5, "big": 9_007_199_254_740_993_u64, "low": -3}});
        let configuration = TemplateConfiguration::from_json(&written).unwrap();
        assert_eq!(configuration.to_json(), Some(written));
    }

    #[test]
    fn numbers_come_back_as_they_were_written() {
        assert_eq!(2.0_f64.to_json(), Some(json!(2)));
        assert_eq!(0.5_f64.to_json(), Some(json!(0.5)));
        assert_eq!(0.1_f32.to_json(), Some(json!(0.1)));
        assert!(i32::from_json(&json!(3_000_000_000_u32)).is_err());
        assert!(i64::from_json(&json!(1.5)).is_err());
    }

    #[test]
    fn times_may_carry_a_zone() {
        let time = DateTime::from_json(&json!("2026-01-31T14:00:00+02:00")).unwrap();
        assert_eq!(time.to_json(), Some(json!("2026-01-31T12:00:00Z")));
    }
}
