//! AWS Budgets: budgets with their notifications and who is notified. Global: everything is kept without a region.

mod notifications;
mod records;
#[cfg(test)]
mod tests;

use crate::service::{Call, Service, ServiceError};
use crate::services::shared::{Answer, nothing, page, page_size, tag_list, tags_of, texts};
use crate::store::GLOBAL;
use records::{Budget, Notified};
use serde_json::{Map, Value, json};

/// The behaviour of Budgets.
pub(crate) struct Budgets;

impl Service for Budgets {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        let about = call.text("AccountId").filter(|account| *account != call.account.as_str());
        if about.is_some() {
            return Err(error(
                "AccessDeniedException",
                "You are not authorized to access the budgets of another account.",
            ));
        }
        match call.operation {
            "CreateBudget" => create(call),
            "DescribeBudget" => describe(call),
            "DescribeBudgets" => list(call),
            "UpdateBudget" => update(call),
            "DeleteBudget" => delete(call),
            "CreateNotification" => notifications::create(call),
            "DeleteNotification" => notifications::delete(call),
            "DescribeNotificationsForBudget" => notifications::list(call),
            "CreateSubscriber" => notifications::subscribe(call),
            "DeleteSubscriber" => notifications::unsubscribe(call),
            "DescribeSubscribersForNotification" => notifications::subscribers(call),
            "TagResource" => tag(call),
            "UntagResource" => untag(call),
            "ListTagsForResource" => list_tags(call),
            _ => Err(call.not_simulated()),
        }
    }
}

fn error(code: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(code, message).with_status(400)
}

fn absent(name: &str) -> ServiceError {
    error("NotFoundException", format!("Unable to get budget: {name} - the budget doesn't exist."))
}

/// The budget that a call names, the truth.
fn named(call: &Call<'_>) -> Result<Budget, ServiceError> {
    let name = call.required("BudgetName");
    call.store.get(call.account, GLOBAL, name).ok_or_else(|| absent(name))
}

fn keep(call: &mut Call<'_>, budget: &Budget) {
    call.store.put(call.account, GLOBAL, &budget.name, budget);
}

/// What was asked for with what AWS fills in: the period (API Reference, "TimePeriod"), what costs count ("CostTypes"), and amounts
/// with a fraction.
fn filled(call: &Call<'_>, asked: &Value) -> Map<String, Value> {
    let mut filled: Map<String, Value> = asked
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let month = call.now.to_string().get(..7).map(|month| format!("{month}-01T00:00:00Z"));
    let period = filled.entry("TimePeriod").or_insert_with(|| json!({}));
    if let Some(period) = period.as_object_mut() {
        period.entry("Start").or_insert(json!(month));
        period.entry("End").or_insert(json!("2087-06-15T00:00:00Z"));
    }
    let types = filled.entry("CostTypes").or_insert_with(|| json!({}));
    if let Some(types) = types.as_object_mut() {
        for name in [
            "IncludeTax",
            "IncludeSubscription",
            "IncludeRefund",
            "IncludeCredit",
            "IncludeUpfront",
            "IncludeRecurring",
            "IncludeOtherSubscription",
            "IncludeSupport",
            "IncludeDiscount",
        ] {
            types.entry(name).or_insert(json!(true));
        }
        types.entry("UseBlended").or_insert(json!(false));
        types.entry("UseAmortized").or_insert(json!(false));
    }
    if let Some(amount) = filled.get_mut("BudgetLimit").and_then(|limit| limit.get_mut("Amount")) {
        let text = amount.as_str().unwrap_or_default();
        if !text.contains('.') {
            *amount = json!(format!("{text}.0"));
        }
    }
    filled
}

fn create(call: &mut Call<'_>) -> Answer {
    let asked = call.member("Budget").cloned().unwrap_or_default();
    let name = asked.get("BudgetName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if call.store.contains::<Budget>(call.account, GLOBAL, &name) {
        let message = format!("Error creating budget: {name} - the budget already exists.");
        return Err(error("DuplicateRecordException", message));
    }
    let list = call.member("NotificationsWithSubscribers").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut notified = Vec::new();
    for each in list {
        notified.push(Notified::new(&each)?);
    }
    let settings = filled(call, &asked);
    let budget = Budget { name, settings, notified, tags: tags_of(call.member("ResourceTags")) };
    keep(call, &budget);
    nothing()
}

fn shown(budget: &Budget) -> Value {
    let mut shown = budget.settings.clone();
    shown.insert("CalculatedSpend".to_owned(), json!({"ActualSpend": {"Amount": "0.0", "Unit": "USD"}}));
    Value::Object(shown)
}

fn describe(call: &mut Call<'_>) -> Answer {
    let name = call.required("BudgetName");
    let found: Option<Budget> = call.store.read(call.account, GLOBAL, name);
    Ok(json!({"Budget": shown(&found.ok_or_else(|| absent(name))?)}))
}

fn list(call: &mut Call<'_>) -> Answer {
    let all = call.store.read_all::<Budget>(call.account, GLOBAL).into_iter();
    listed(call, "Budgets", all.map(|(name, budget)| (name, shown(&budget))).collect())
}

fn listed(call: &Call<'_>, member: &str, items: Vec<(String, Value)>) -> Answer {
    let (items, next) = page(items, call.text("NextToken"), page_size(call, "MaxResults", 100))
        .ok_or_else(|| error("InvalidNextTokenException", "The pagination token is invalid."))?;
    Ok(json!({member: items, "NextToken": next}))
}

fn update(call: &mut Call<'_>) -> Answer {
    let asked = call.member("NewBudget").cloned().unwrap_or_default();
    let name = asked.get("BudgetName").and_then(Value::as_str).unwrap_or_default();
    let mut budget: Budget = call.store.get(call.account, GLOBAL, name).ok_or_else(|| absent(name))?;
    budget.settings = filled(call, &asked);
    keep(call, &budget);
    nothing()
}

fn delete(call: &mut Call<'_>) -> Answer {
    let name = call.required("BudgetName").to_owned();
    if call.store.remove::<Budget>(call.account, GLOBAL, &name) { nothing() } else { Err(absent(&name)) }
}

/// The budget that an ARN names: `arn:aws:budgets::111111111111:budget/NAME`.
fn by_arn(call: &Call<'_>) -> Result<Budget, ServiceError> {
    let arn = call.required("ResourceARN");
    let name = arn.strip_prefix(&call.global_arn("budgets", "budget/")).unwrap_or_default();
    call.store.get(call.account, GLOBAL, name).ok_or_else(|| absent(name))
}

fn tag(call: &mut Call<'_>) -> Answer {
    let mut budget = by_arn(call)?;
    budget.tags.extend(tags_of(call.member("ResourceTags")));
    keep(call, &budget);
    nothing()
}

fn untag(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "ResourceTagKeys");
    let mut budget = by_arn(call)?;
    budget.tags.retain(|key, _| !keys.contains(key));
    keep(call, &budget);
    nothing()
}

fn list_tags(call: &mut Call<'_>) -> Answer {
    Ok(json!({"ResourceTags": tag_list(&by_arn(call)?.tags)}))
}
