//! Notifications of a budget, and who gets them.

use super::records::{Budget, Notified, bare};
use super::{error, keep, listed, named};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing};
use serde_json::{Value, json};

/// API Reference, CreateNotification: a budget has up to five notifications; the console and the quotas page say ten, and so does
/// the model (`NotificationWithSubscribersList`).
const MOST: usize = 10;
/// API Reference, CreateSubscriber: one SNS topic and up to ten addresses.
const MOST_SUBSCRIBERS: usize = 11;

fn absent() -> ServiceError {
    error("NotFoundException", "Unable to find the notification.")
}

fn asked(call: &Call<'_>) -> Value {
    bare(call.member("Notification").unwrap_or(&Value::Null))
}

fn place(call: &Call<'_>, budget: &Budget) -> Result<usize, ServiceError> {
    let asked = asked(call);
    budget.notified.iter().position(|each| each.notification == asked).ok_or_else(absent)
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let mut budget = named(call)?;
    let new = Notified::new(&call.input)?;
    if budget.notified.iter().any(|each| each.notification == new.notification) {
        return Err(error("DuplicateRecordException", "The notification already exists."));
    }
    if budget.notified.len() >= MOST {
        return Err(error("CreationLimitExceededException", "The budget has the maximum number of notifications."));
    }
    budget.notified.push(new);
    keep(call, &budget);
    nothing()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut budget = named(call)?;
    let place = place(call, &budget)?;
    budget.notified.remove(place);
    keep(call, &budget);
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let budget = named(call)?;
    let items = budget.notified.iter().enumerate().map(|(number, each)| {
        let mut shown = each.notification.clone();
        if let Some(members) = shown.as_object_mut() {
            members.insert("NotificationState".to_owned(), json!("OK"));
        }
        (format!("{number:04}"), shown)
    });
    listed(call, "Notifications", items.collect())
}

pub(super) fn subscribe(call: &mut Call<'_>) -> Answer {
    let mut budget = named(call)?;
    let place = place(call, &budget)?;
    let new = call.member("Subscriber").cloned().unwrap_or_default();
    if let Some(each) = budget.notified.get_mut(place) {
        if each.subscribers.contains(&new) {
            return Err(error("DuplicateRecordException", "The subscriber already exists."));
        }
        if each.subscribers.len() >= MOST_SUBSCRIBERS {
            return Err(error(
                "CreationLimitExceededException",
                "The notification has the maximum number of subscribers.",
            ));
        }
        each.subscribers.push(new);
    }
    keep(call, &budget);
    nothing()
}

pub(super) fn unsubscribe(call: &mut Call<'_>) -> Answer {
    let mut budget = named(call)?;
    let place = place(call, &budget)?;
    let gone = call.member("Subscriber").cloned().unwrap_or_default();
    if let Some(each) = budget.notified.get_mut(place) {
        let before = each.subscribers.len();
        each.subscribers.retain(|subscriber| *subscriber != gone);
        if each.subscribers.len() == before {
            return Err(error("NotFoundException", "Unable to find the subscriber."));
        }
        // API Reference, DeleteSubscriber: with its last subscriber a notification goes.
        if each.subscribers.is_empty() {
            budget.notified.remove(place);
        }
    }
    keep(call, &budget);
    nothing()
}

pub(super) fn subscribers(call: &mut Call<'_>) -> Answer {
    let budget = named(call)?;
    let place = place(call, &budget)?;
    let subscribers = budget.notified.get(place).map(|each| each.subscribers.clone()).unwrap_or_default();
    let items = subscribers.into_iter().enumerate().map(|(number, each)| (format!("{number:04}"), each));
    listed(call, "Subscribers", items.collect())
}
