use crate::services::testing::Cloud;
use serde_json::{Value, json};

const ACCOUNT: &str = "333333333333";

fn of(mut input: Value) -> Value {
    input["AccountId"] = json!(ACCOUNT);
    input
}

fn notification(threshold: f64) -> Value {
    json!({"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": threshold})
}

#[test]
fn a_budget_has_notifications_that_go_with_their_last_subscriber() {
    let mut cloud = Cloud::new();
    let mail = |address: &str| json!({"SubscriptionType": "EMAIL", "Address": address});
    let budget = json!({"BudgetName": "retail", "BudgetType": "COST", "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "100", "Unit": "USD"}});
    let with = json!([{"Notification": notification(80.0), "Subscribers": [mail("a@example.com")]}]);
    let asked = of(json!({"Budget": budget, "NotificationsWithSubscribers": with,
        "ResourceTags": [{"Key": "k", "Value": "v"}]}));
    cloud.ok("budgets", "CreateBudget", asked.clone());
    assert!(cloud.refused("budgets", "CreateBudget", asked).starts_with("DuplicateRecordException"));
    let named = of(json!({"BudgetName": "retail"}));
    let found = cloud.ok("budgets", "DescribeBudget", named.clone());
    assert_eq!(found["Budget"]["BudgetLimit"]["Amount"], "100.0");
    assert_eq!(found["Budget"]["CostTypes"]["IncludeTax"], true);
    let about = of(json!({"BudgetName": "retail", "Notification": notification(80.0)}));
    let mut subscribe = about.clone();
    subscribe["Subscriber"] = mail("b@example.com");
    cloud.ok("budgets", "CreateSubscriber", subscribe.clone());
    assert!(cloud.refused("budgets", "CreateSubscriber", subscribe.clone()).starts_with("DuplicateRecordException"));
    let subscribers = cloud.ok("budgets", "DescribeSubscribersForNotification", about.clone());
    assert_eq!(subscribers["Subscribers"].as_array().unwrap().len(), 2);
    cloud.ok("budgets", "DeleteSubscriber", subscribe.clone());
    subscribe["Subscriber"] = mail("a@example.com");
    cloud.ok("budgets", "DeleteSubscriber", subscribe);
    let left = cloud.ok("budgets", "DescribeNotificationsForBudget", named.clone());
    assert_eq!(left["Notifications"], json!([]));
    let arn = json!({"ResourceARN": "arn:aws:budgets::333333333333:budget/retail"});
    assert_eq!(cloud.ok("budgets", "ListTagsForResource", arn)["ResourceTags"], json!([{"Key": "k", "Value": "v"}]));
    cloud.ok("budgets", "DeleteBudget", named.clone());
    assert!(cloud.refused("budgets", "DescribeBudget", named).starts_with("NotFoundException"));
    let other = json!({"AccountId": "444444444444", "BudgetName": "retail"});
    assert!(cloud.refused("budgets", "DescribeBudget", other).starts_with("AccessDeniedException"));
}
