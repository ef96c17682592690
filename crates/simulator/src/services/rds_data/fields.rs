//! Between the Data API's `Field` and PostgreSQL's values.

use super::connection::bad_request;
use super::sql::{Kind, Outcome, ResultColumn, Typed};
use crate::service::ServiceError;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The parameters of a statement by name.
pub(super) fn parameters(list: Option<&Value>) -> Result<BTreeMap<String, Typed>, ServiceError> {
    let mut parameters = BTreeMap::new();
    for parameter in list.and_then(Value::as_array).into_iter().flatten() {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let value = parameter.get("value").and_then(Value::as_object).cloned().unwrap_or_default();
        let hint = parameter.get("typeHint").and_then(Value::as_str);
        parameters.insert(name.to_owned(), typed(name, &value, hint)?);
    }
    Ok(parameters)
}

fn typed(name: &str, value: &Map<String, Value>, hint: Option<&str>) -> Result<Typed, ServiceError> {
    let given = value.iter().find(|(_, held)| !held.is_null());
    let Some((member, held)) = given else {
        return Err(bad_request(format!("The parameter {name} has no value")));
    };
    let hinted = match hint {
        None => None,
        Some("DATE") => Some(Kind::Date),
        Some("DECIMAL") => Some(Kind::Numeric),
        Some("JSON") => Some(Kind::Jsonb),
        Some("TIME") => Some(Kind::Time),
        Some("TIMESTAMP") => Some(Kind::Timestamp),
        Some("UUID") => Some(Kind::Uuid),
        Some(other) => return Err(bad_request(format!("Unknown type hint {other}"))),
    };
    Ok(match member.as_str() {
        "isNull" => Typed { value: Value::Null, kind: hinted },
        "booleanValue" => Typed::of(Kind::Boolean, held.clone()),
        "longValue" => Typed::of(Kind::BigInt, held.clone()),
        "doubleValue" => Typed::of(Kind::Double, held.clone()),
        "blobValue" => Typed::of(Kind::Bytea, held.clone()),
        "stringValue" => {
            let kind = hinted.unwrap_or(Kind::Varchar(None));
            let value = kind
                .coerce(held)
                .map_err(|error| bad_request(format!("The parameter {name} doesn't fit its type hint: {error}")))?;
            Typed::of(kind, value)
        }
        _ => return Err(bad_request("Array parameters are not supported")),
    })
}

fn field(kind: &Kind, value: &Value) -> Value {
    let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (kind, value) {
        (_, Value::Null) => json!({"isNull": true}),
        (Kind::Boolean, value) => json!({"booleanValue": value}),
        (kind, Value::Number(number)) if kind.is_whole_number() => json!({"longValue": number}),
        (Kind::Real | Kind::Double, Value::Number(number)) => json!({"doubleValue": number}),
        (Kind::Bytea, value) => json!({"blobValue": value}),
        // Without the zone: the Data API gives times in UTC.
        (Kind::TimestampWithZone, _) => json!({"stringValue": text().trim_end_matches("+00")}),
        _ => json!({"stringValue": text()}),
    }
}

fn metadata(column: &ResultColumn) -> Value {
    json!({
        "name": column.name,
        "label": column.name,
        "type": column.kind.jdbc(),
        "typeName": column.kind.catalogue_name(),
        "arrayBaseColumnType": 0,
        "isAutoIncrement": false,
        "isCaseSensitive": column.kind.is_text(),
        "isCurrency": false,
        "isSigned": column.kind.is_number(),
        "nullable": 1,
        "precision": match column.kind {
            Kind::Varchar(Some(size)) | Kind::Char(size) => size,
            _ => 0,
        },
        "scale": 0,
        "schemaName": "",
        "tableName": "",
    })
}

/// Bytes of an answer (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html>).
const LIMIT: usize = 1024 * 1024;

/// The answer to a statement.
pub(super) fn answer(outcome: Outcome, with_metadata: bool, as_json: bool) -> Result<Value, ServiceError> {
    let (columns, rows) = match outcome {
        Outcome::Changed(count) => return Ok(json!({"numberOfRecordsUpdated": count, "generatedFields": []})),
        Outcome::Rows { columns, rows } => (columns, rows),
    };
    let mut answer = json!({"numberOfRecordsUpdated": 0});
    if as_json {
        let records: Vec<Map<String, Value>> = rows
            .iter()
            .map(|row| columns.iter().zip(row).map(|(column, value)| (column.name.clone(), value.clone())).collect())
            .collect();
        let records = serde_json::to_string(&records).unwrap_or_default();
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("formattedRecords".to_owned(), json!(records));
        }
    } else {
        let records: Vec<Vec<Value>> = rows
            .iter()
            .map(|row| columns.iter().zip(row).map(|(column, value)| field(&column.kind, value)).collect())
            .collect();
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("records".to_owned(), json!(records));
            if with_metadata {
                answer.insert("columnMetadata".to_owned(), columns.iter().map(metadata).collect());
            }
        }
    }
    if answer.to_string().len() > LIMIT {
        return Err(bad_request("Database returned more than the allowed response size limit"));
    }
    Ok(answer)
}
