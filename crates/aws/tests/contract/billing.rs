//! Budgets, and tag keys that costs are told apart by.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::Budgets::Budget", prepare: |_| Box::pin(async { Ok(budget()) }) },
    Case { type_name: "Charter::Billing::CostAllocationTags", prepare: |ground| Box::pin(tags(ground)) },
];

fn budget() -> Parts {
    let budget = |amount: u32, key: &str, notified: Value| {
        json!({
            "Budget": {"BudgetName": "retail", "BudgetType": "COST", "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": amount, "Unit": "USD"},
                "CostFilters": {"TagKeyValue": ["user:lineOfBusiness$retail"]}},
            "NotificationsWithSubscribers": notified,
            "ResourceTags": [{"Key": key, "Value": "1"}],
        })
    };
    let notified = |kind: &str, threshold: u32, addresses: &[&str]| {
        let mail = |address: &&str| json!({"SubscriptionType": "EMAIL", "Address": address});
        json!({
            "Notification": {"NotificationType": kind, "ComparisonOperator": "GREATER_THAN", "Threshold": threshold,
                "ThresholdType": "PERCENTAGE"},
            "Subscribers": addresses.iter().map(mail).collect::<Value>(),
        })
    };
    let before = json!([notified("ACTUAL", 80, &["a@example.com"]), notified("ACTUAL", 100, &["a@example.com"])]);
    let after = json!([notified("ACTUAL", 80, &["b@example.com"]), notified("FORECASTED", 100, &["a@example.com"])]);
    Parts { before: budget(100, "a", before), after: budget(200, "b", after), filter: json!({}) }
}

async fn tags(ground: &Ground<'_>) -> Result<Parts, String> {
    let tag = |key: &str| json!({"Key": key, "Value": "1"});
    let tagged = json!([tag("lineOfBusiness"), tag("costCenter"), tag("application")]);
    ground.make("AWS::SecretsManager::Secret", json!({"Name": "tagged", "SecretString": "x", "Tags": tagged})).await?;
    Ok(Parts {
        // Where reads are behind, a key is known after a day.
        before: json!({"TagKeys": ["lineOfBusiness", "costCenter"], "WaitForKeys": true}),
        after: json!({"TagKeys": ["lineOfBusiness", "application"], "WaitForKeys": true}),
        filter: json!({}),
    })
}
