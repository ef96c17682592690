//! `AWS::Budgets::Budget`. Its identifier is its name.
//!
//! CloudFormation replaces a budget whose notifications change, as its handler only sets them when it creates; here each is added
//! and taken away by itself.

use super::notifications::{self, Notified};
use crate::clients::Clients;
use crate::convert::{self, get, required};
use crate::errors::failure;
use crate::progress::not_found;
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use crate::tags::{self, Owner, TagChange, Tags, owner};
use async_trait::async_trait;
use aws_sdk_budgets::operation::create_budget::builders::CreateBudgetInputBuilder;
use aws_sdk_budgets::types::{Budget as Described, ResourceTag};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
    Recovered,
};
use serde_json::{Number, Value, json};

pub(super) struct Budget;

const TYPE: &str = "AWS::Budgets::Budget";

/// Service Authorization Reference, "Resource types defined by AWS Budget Service".
fn arn(clients: &Clients, name: &str) -> String {
    format!("arn:{}:budgets::{}:budget/{name}", clients.partition(), clients.account_id())
}

async fn describe(clients: &Clients, name: &str) -> Result<Option<Described>, Failure> {
    let call = clients.budgets().describe_budget().account_id(clients.account_id().as_str()).budget_name(name);
    // Without being asked to, the service leaves the expression out (DescribeBudget, ShowFilterExpression).
    let call = call.show_filter_expression(true);
    Ok(if_found(call.send().await.map_err(failure))?.and_then(|answer| answer.budget))
}

async fn tags_of(clients: &Clients, name: &str) -> Result<Tags, Failure> {
    let call = clients.budgets().list_tags_for_resource().resource_arn(arn(clients, name));
    let tags = call.send().await.map_err(failure)?.resource_tags.unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

fn resource_tags(tags: &Tags) -> Result<Vec<ResourceTag>, Failure> {
    let list = tags.iter().map(|(key, value)| ResourceTag::builder().key(key).value(value).build());
    let list = list.collect::<Result<_, _>>();
    list.map_err(|error| Failure::new(FailureCode::InvalidRequest, error.to_string()))
}

/// The input of CreateBudget; its `Budget` is that of UpdateBudget, too. The registry does not require a name, Charter fills it in.
fn input(properties: &Properties) -> Result<CreateBudgetInputBuilder, Failure> {
    let mut properties = properties.clone();
    // The registry takes an object or text; a budget with neither is one of all costs.
    for place in ["CostFilters", "PlannedBudgetLimits"] {
        if let Some(Value::Object(budget)) = properties.get_mut("Budget")
            && let Some(Value::String(text)) = budget.get(place)
            && let Ok(parsed) = serde_json::from_str(text)
        {
            budget.insert(place.to_owned(), parsed);
        }
    }
    Ok(convert::input(&properties)?)
}

/// As the registry has it: amounts are numbers; what AWS counts by itself is no property.
fn shown(budget: &Described) -> Value {
    let mut shown = convert::properties(budget);
    if let Some(Value::Object(limit)) = shown.get_mut("BudgetLimit")
        && let Some(amount) = limit.get("Amount").and_then(Value::as_str).and_then(|text| text.parse::<f64>().ok())
        && let Some(number) = Number::from_f64(amount)
    {
        limit.insert("Amount".to_owned(), Value::Number(number));
    }
    Value::Object(shown)
}

fn name_in(properties: &Properties) -> Result<String, Failure> {
    let budget: Properties = required(properties, "Budget")?;
    Ok(required(&budget, "BudgetName")?)
}

#[async_trait]
impl Resource for Budget {
    const TYPE: &'static [&'static str] = &[TYPE];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let name = name_in(&request.properties)?;
        let input = input(&request.properties)?.account_id(clients.account_id().as_str());
        let answer = input.send_with(clients.budgets()).await.map_err(failure);
        answer.map_err(|failure| explain_existing(failure, "budget", &name))?;
        Ok(name)
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let Change { clients, identifier, observed, desired, .. } = change;
        let (client, account) = (clients.budgets(), clients.account_id().as_str());
        if change.has("Budget") {
            if name_in(desired)? != identifier {
                let message = "the name of a budget cannot be changed: it identifies it";
                return Err(Failure::new(FailureCode::NotUpdatable, message));
            }
            let budget = input(desired)?.get_budget().clone();
            client.update_budget().account_id(account).set_new_budget(budget).send().await.map_err(failure)?;
        }
        if change.has("NotificationsWithSubscribers") {
            let wanted: Vec<Notified> = notifications::of_properties(desired)?;
            notifications::change(clients, identifier, &wanted).await?;
        }
        if change.has("ResourceTags") {
            let present = tags::from_property(observed, "ResourceTags");
            let difference = TagChange::between(&present, &tags::from_property(desired, "ResourceTags"));
            if !difference.set.is_empty() {
                let call = client.tag_resource().resource_arn(arn(clients, identifier));
                let call = call.set_resource_tags(Some(resource_tags(&difference.set)?));
                call.send().await.map_err(failure)?;
            }
            if !difference.remove.is_empty() {
                let call = client.untag_resource().resource_arn(arn(clients, identifier));
                call.set_resource_tag_keys(Some(difference.remove)).send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let Some(found) = describe(clients, identifier).await? else { return Ok(None) };
        let mut properties =
            Properties::from_iter([("Id".to_owned(), json!(identifier)), ("Budget".to_owned(), shown(&found))]);
        let Some(notified) = if_found(notifications::of_budget(clients, identifier).await)? else { return Ok(None) };
        let list: Vec<Value> = notified.iter().map(Notified::shown).collect();
        if !list.is_empty() {
            properties.insert("NotificationsWithSubscribers".to_owned(), Value::Array(list));
        }
        let Some(tags) = if_found(tags_of(clients, identifier).await)? else { return Ok(None) };
        properties.extend(tags::to_property(tags).map(|tags| ("ResourceTags".to_owned(), tags)));
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.budgets().delete_budget().account_id(clients.account_id().as_str());
        call.budget_name(&request.identifier).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.budgets().describe_budgets().account_id(clients.account_id().as_str());
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let identifiers = answer.budgets.into_iter().flatten().map(|budget| budget.budget_name).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let name = name_in(&request.properties)?;
        if describe(clients, &name).await?.is_none() {
            return Ok(Recovered::Absent);
        }
        let Some(tags) = if_found(tags_of(clients, &name).await)? else { return Ok(Recovered::Absent) };
        // Another's: our call was refused, as names are unique.
        let is_ours = owner(&tags, request) == Owner::Ours;
        Ok(if is_ours { Recovered::Exists { identifier: name } } else { Recovered::Absent })
    }
}

/// Of what is gone Budgets says so in three ways; for a change that is one.
pub(super) fn gone(identifier: &str) -> Failure {
    not_found(TYPE, identifier)
}

/// The list of a property.
pub(super) fn list_in(properties: &Properties, name: &str) -> Result<Vec<Properties>, Failure> {
    Ok(get::<Vec<Properties>>(properties, name)?.unwrap_or_default())
}
