//! `AWS::QBusiness::Permission`: a statement of an application's policy. Nothing of it can be changed.

use crate::clients::Clients;
use crate::convert;
use crate::documents::decode_plain;
use crate::errors::failure;
use crate::living::{Entity, Found, parts};
use crate::settle::{Change, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::associate_permission::builders::AssociatePermissionInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
};
use serde_json::{Value, json};

const TYPE: &str = "AWS::QBusiness::Permission";
const FORM: &str = "ApplicationId|StatementId";

/// Serves permissions.
pub(super) struct Permissions;

/// The statements of an application's policy; none where it has no policy.
async fn statements(clients: &Clients, application: &str) -> Result<Vec<Value>, Failure> {
    let call = clients.q_business().get_policy().application_id(application);
    let answer = if_found(call.send().await.map_err(failure))?;
    let policy = answer.and_then(|answer| answer.policy).map(|text| decode_plain(&text)).unwrap_or_default();
    Ok(one_or_many(policy.get("Statement")))
}

fn one_or_many(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(list)) => list.clone(),
        Some(other) => vec![other.clone()],
        None => Vec::new(),
    }
}

fn id_of(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str)
}

/// A statement, as the type has it.
fn properties(application: &str, id: &str, statement: &Value) -> Properties {
    let principal = statement.pointer("/Principal/AWS").or_else(|| statement.get("Principal"));
    let mut properties = Properties::from_iter([
        ("ApplicationId".to_owned(), application.into()),
        ("StatementId".to_owned(), id.into()),
        ("Actions".to_owned(), one_or_many(statement.get("Action")).into()),
    ]);
    if let Some(principal) = one_or_many(principal).into_iter().next() {
        properties.insert("Principal".to_owned(), principal);
    }
    let mut conditions = Vec::new();
    for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = one_or_many(Some(values));
            conditions.push(json!({"ConditionOperator": operator, "ConditionKey": key, "ConditionValues": values}));
        }
    }
    if !conditions.is_empty() {
        properties.insert("Conditions".to_owned(), conditions.into());
    }
    properties
}

#[async_trait]
impl Entity for Permissions {
    const TYPE: &'static [&'static str] = &[TYPE];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: AssociatePermissionInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let id: String = convert::required(&request.properties, "StatementId")?;
        // AssociatePermission "adds or updates": one that is there would be replaced.
        if statements(clients, &application).await?.iter().any(|statement| id_of(statement) == Some(&id)) {
            let failure = Failure::new(FailureCode::AlreadyExists, format!("the statement {id} is there"));
            return Err(explain_existing(failure, "statement", &format!("{application}|{id}")));
        }
        input.send_with(clients.q_business()).await.map_err(failure)?;
        Ok(format!("{application}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id] = parts(TYPE, FORM, identifier)?;
        let statements = statements(clients, &application).await?;
        let found = statements.iter().find(|statement| id_of(statement) == Some(&id));
        Ok(found.map(|statement| Found::ready(properties(&application, &id, statement))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let message = format!("the permission {} cannot be changed, only replaced", change.identifier);
        Err(Failure::new(FailureCode::NotUpdatable, message))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.q_business().disassociate_permission().application_id(application).statement_id(id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let statements = statements(clients, &application).await?;
        let identifiers = statements.iter().filter_map(id_of).map(|id| format!("{application}|{id}")).collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let id: String = convert::required(&request.properties, "StatementId")?;
        let identifier = format!("{application}|{id}");
        let is_there = self.find(clients, &identifier, None).await?.is_some();
        Ok(Some(is_there.then_some(identifier).into_iter().collect()))
    }
}
