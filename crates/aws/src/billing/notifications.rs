//! The notifications of a budget, and who gets them: each added and taken away by itself.

use super::budget::{gone, list_in};
use crate::clients::Clients;
use crate::convert::{self, required};
use crate::errors::failure;
use crate::settle::{gone_is_fine, if_found};
use aws_sdk_budgets::types::{Notification, Subscriber, ThresholdType};
use charter_provider::{Failure, Properties};
use serde_json::{Value, json};

/// A notification with its subscribers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notified {
    notification: Notification,
    subscribers: Vec<Subscriber>,
}

impl Notified {
    /// As the registry has it.
    pub(super) fn shown(&self) -> Value {
        let subscribers: Vec<Value> =
            self.subscribers.iter().map(|each| Value::Object(convert::properties(each))).collect();
        let mut notification = convert::properties(&self.notification);
        notification.remove("NotificationState");
        json!({"Notification": notification, "Subscribers": subscribers})
    }
}

/// What tells notifications apart. A threshold is a percentage unless it says otherwise (API Reference, "Notification").
fn bare(mut notification: Notification) -> Notification {
    notification.notification_state = None;
    notification.threshold_type.get_or_insert(ThresholdType::Percentage);
    notification
}

/// Those that are asked for.
pub(super) fn of_properties(properties: &Properties) -> Result<Vec<Notified>, Failure> {
    let list = list_in(properties, "NotificationsWithSubscribers")?;
    list.iter()
        .map(|each| {
            let notification: Notification = required(each, "Notification")?;
            let subscribers: Vec<Subscriber> = required(each, "Subscribers")?;
            Ok(Notified { notification: bare(notification), subscribers })
        })
        .collect()
}

/// Those that are there.
pub(super) async fn of_budget(clients: &Clients, name: &str) -> Result<Vec<Notified>, Failure> {
    let (client, account) = (clients.budgets(), clients.account_id().as_str());
    let mut found = Vec::new();
    let call = client.describe_notifications_for_budget().account_id(account).budget_name(name);
    let mut pages = call.into_paginator().send();
    while let Some(page) = pages.next().await {
        for notification in page.map_err(failure)?.notifications.unwrap_or_default() {
            let notification = bare(notification);
            let mut subscribers = Vec::new();
            let call = client.describe_subscribers_for_notification().account_id(account).budget_name(name);
            let mut inner = call.notification(notification.clone()).into_paginator().send();
            while let Some(page) = inner.next().await {
                subscribers.extend(page.map_err(failure)?.subscribers.unwrap_or_default());
            }
            found.push(Notified { notification, subscribers });
        }
    }
    Ok(found)
}

/// Brings them about, from what is really there: an earlier try may have got half-way.
pub(super) async fn change(clients: &Clients, name: &str, wanted: &[Notified]) -> Result<(), Failure> {
    let (client, account) = (clients.budgets(), clients.account_id().as_str());
    let present = if_found(of_budget(clients, name).await)?.ok_or_else(|| gone(name))?;
    for each in wanted {
        let Some(there) = present.iter().find(|there| there.notification == each.notification) else {
            let call = client.create_notification().account_id(account).budget_name(name);
            let call = call.notification(each.notification.clone()).set_subscribers(Some(each.subscribers.clone()));
            call.send().await.map_err(failure)?;
            continue;
        };
        // New ones first: with its last subscriber a notification goes.
        for subscriber in each.subscribers.iter().filter(|subscriber| !there.subscribers.contains(subscriber)) {
            let call = client.create_subscriber().account_id(account).budget_name(name);
            let call = call.notification(each.notification.clone()).subscriber(subscriber.clone());
            call.send().await.map_err(failure)?;
        }
        for subscriber in there.subscribers.iter().filter(|subscriber| !each.subscribers.contains(subscriber)) {
            let call = client.delete_subscriber().account_id(account).budget_name(name);
            let call = call.notification(each.notification.clone()).subscriber(subscriber.clone());
            gone_is_fine(call.send().await.map_err(failure))?;
        }
    }
    for there in &present {
        if !wanted.iter().any(|each| each.notification == there.notification) {
            let call = client.delete_notification().account_id(account).budget_name(name);
            gone_is_fine(call.notification(there.notification.clone()).send().await.map_err(failure))?;
        }
    }
    Ok(())
}
