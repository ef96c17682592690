//! The policy of an application: what independent software vendors of other accounts may do with it.

use super::records::{Application, Permission, Thing};
use super::support::{absent, active_application, application, application_arn, conflict};
use crate::service::Call;
use crate::services::shared::{Answer, nothing, texts};
use serde_json::{Map, Value, json};

fn key(call: &Call<'_>) -> String {
    format!("{}|{}", call.required("applicationId"), call.required("statementId"))
}

pub(super) fn associate(call: &mut Call<'_>) -> Answer {
    let application = active_application(call)?;
    let id = call.required("statementId");
    if call.store.contains::<Permission>(call.account, call.region, &key(call)) {
        return Err(conflict(format!("The policy already has a statement {id}."), id, "Statement"));
    }
    let mut statement = json!({
        "Sid": id,
        "Effect": "Allow",
        "Principal": {"AWS": call.required("principal")},
        "Action": texts(call, "actions"),
        "Resource": application_arn(call, &application.item().id),
    });
    let conditions = call.member("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut operators: Map<String, Value> = Map::new();
    for condition in &conditions {
        let text = |name: &str| condition.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let values = condition.get("conditionValues").cloned().unwrap_or_default();
        let keys = operators.entry(text("conditionOperator")).or_insert(json!({}));
        if let Value::Object(keys) = keys {
            keys.insert(text("conditionKey"), values);
        }
    }
    if let (Value::Object(statement), false) = (&mut statement, operators.is_empty()) {
        statement.insert("Condition".to_owned(), Value::Object(operators));
    }
    let told = statement.to_string();
    call.store.put(call.account, call.region, &key(call), &Permission { statement, gone: None });
    Ok(json!({"statement": told}))
}

pub(super) fn disassociate(call: &mut Call<'_>) -> Answer {
    application(call)?;
    if !call.store.remove::<Permission>(call.account, call.region, &key(call)) {
        return Err(absent(call.required("statementId"), "Statement"));
    }
    nothing()
}

pub(super) fn policy(call: &mut Call<'_>) -> Answer {
    application(call)?;
    let id = call.required("applicationId");
    let prefix = format!("{id}|");
    let all = call.store.read_prefix::<Permission>(call.account, call.region, &prefix).into_iter();
    let statements: Vec<Value> = all.map(|permission| permission.statement).collect();
    if statements.is_empty() {
        return Err(absent(id, &format!("{}Policy", Application::WORD)));
    }
    Ok(json!({"policy": json!({"Version": "2012-10-17", "Statement": statements}).to_string()}))
}
