//! What Budgets keeps.

use super::error;
use crate::service::ServiceError;
use crate::services::shared::Tags;
use crate::store::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A budget, by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Budget {
    pub(super) name: String,
    /// By the member names of the answers.
    pub(super) settings: Map<String, Value>,
    pub(super) notified: Vec<Notified>,
    pub(super) tags: Tags,
}

impl Record for Budget {
    const SERVICE: &'static str = "budgets";
    const KIND: &'static str = "budget";
}

/// A notification, and who gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Notified {
    /// Without its state.
    pub(super) notification: Value,
    pub(super) subscribers: Vec<Value>,
}

impl Notified {
    /// From what CreateBudget and CreateNotification take.
    pub(super) fn new(asked: &Value) -> Result<Self, ServiceError> {
        let subscribers: Vec<Value> = asked.get("Subscribers").and_then(Value::as_array).cloned().unwrap_or_default();
        if subscribers.is_empty() {
            return Err(error("InvalidParameterException", "A notification must have at least one subscriber."));
        }
        Ok(Self { notification: bare(asked.get("Notification").unwrap_or(&Value::Null)), subscribers })
    }
}

/// What tells notifications apart: everything but their state; a threshold is a percentage unless it says otherwise.
pub(super) fn bare(notification: &Value) -> Value {
    let part = |name: &str| notification.get(name).filter(|value| !value.is_null()).cloned();
    json!({
        "NotificationType": part("NotificationType"),
        "ComparisonOperator": part("ComparisonOperator"),
        "Threshold": part("Threshold").and_then(|value| value.as_f64()),
        "ThresholdType": part("ThresholdType").unwrap_or_else(|| json!("PERCENTAGE")),
    })
}
