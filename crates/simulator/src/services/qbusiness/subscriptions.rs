//! Who pays: subscriptions of users and groups of IAM Identity Center, and those that an application with IAM federation gives to
//! whoever first asks it something.
//!
//! "An unsubscribed user or group loses all Amazon Q Business feature access at the start of next month" (API Reference,
//! CancelSubscription): until then it is listed, without a subscription for the next month.

use super::records::{Application, Principal, Subscription, Thing};
use super::support::{absent, active_application, application, conflict, invalid, listed, made_before, remember};
use crate::service::{Call, ServiceError};
use crate::services::shared::Answer;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::{Value, json};

const WORD: &str = "Subscription";

fn key(call: &Call<'_>, id: &str) -> String {
    format!("{}|{id}", call.required("applicationId"))
}

fn arn(call: &Call<'_>, id: &str) -> String {
    call.arn("qbusiness", format!("application/{}/subscription/{id}", call.required("applicationId")))
}

fn shown(call: &Call<'_>, subscription: &Subscription) -> Value {
    json!({
        "subscriptionId": subscription.id,
        "subscriptionArn": arn(call, &subscription.id),
        "currentSubscription": {"type": subscription.current},
        "nextSubscription": subscription.next.as_ref().map(|tier| json!({"type": tier})),
    })
}

fn of_application(call: &Call<'_>, application: &str) -> Vec<Subscription> {
    let prefix = format!("{application}|");
    let all = call.store.list::<Subscription>(call.account, call.region).into_iter();
    all.filter(|(key, _)| key.starts_with(&prefix)).map(|(_, subscription)| subscription).collect()
}

fn keep(call: &mut Call<'_>, application: &str, subscription: &Subscription) {
    call.store.put(call.account, call.region, &format!("{application}|{}", subscription.id), subscription);
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let application = active_application(call)?;
    let kind = application.item().text("identityType").unwrap_or_default();
    if kind != "AWS_IAM_IDC" {
        return Err(invalid(format!("Users of an application with the identity type {kind} are subscribed by it.")));
    }
    let id = &application.item().id;
    if let Some(made) = made_before(call, WORD)? {
        let before = of_application(call, id).into_iter().find(|it| it.id == made);
        return before.map(|it| shown(call, &it)).ok_or_else(|| absent(&made, WORD));
    }
    let named = |name: &str| call.member("principal")?.get(name)?.as_str().map(str::to_owned);
    let principal = match (named("user"), named("group")) {
        (Some(user), None) => Principal::User(user),
        (None, Some(group)) => Principal::Group(group),
        _ => return Err(invalid("The principal must be one user or one group.")),
    };
    let tier = call.required("type").to_owned();
    let before = of_application(call, id).into_iter().find(|it| it.principal == principal);
    let subscription = match before {
        Some(before) if before.next.is_some() => {
            let message = "The principal already has a subscription for this application.";
            return Err(conflict(message, &before.id, WORD));
        }
        // Who was unsubscribed this month comes back.
        Some(before) => Subscription { next: Some(tier), gone: None, ..before },
        None => {
            let id = call.random.uuid();
            Subscription { id, principal, current: tier.clone(), next: Some(tier), gone: None }
        }
    };
    keep(call, id, &subscription);
    remember(call, &subscription.id);
    Ok(shown(call, &subscription))
}

fn held(call: &Call<'_>) -> Result<Subscription, ServiceError> {
    application(call)?;
    let id = call.required("subscriptionId");
    call.store.get(call.account, call.region, &key(call, id)).ok_or_else(|| absent(id, WORD))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut subscription = held(call)?;
    let tier = call.required("type").to_owned();
    // More is had at once, less from the next month on.
    if tier == "Q_BUSINESS" {
        subscription.current.clone_from(&tier);
    }
    subscription.next = Some(tier);
    subscription.gone = None;
    keep(call, call.required("applicationId").to_owned().as_str(), &subscription);
    let mut answer = shown(call, &subscription);
    forget_id(&mut answer);
    Ok(answer)
}

pub(super) fn cancel(call: &mut Call<'_>) -> Answer {
    let mut subscription = held(call)?;
    subscription.next = None;
    subscription.gone = Some(next_month(call.now));
    keep(call, call.required("applicationId").to_owned().as_str(), &subscription);
    let mut answer = shown(call, &subscription);
    forget_id(&mut answer);
    Ok(answer)
}

/// Only a creation and a listing tell the id.
fn forget_id(answer: &mut Value) {
    if let Value::Object(members) = answer {
        members.remove("subscriptionId");
    }
}

/// The first moment of the next month.
fn next_month(now: Timestamp) -> Timestamp {
    let first = now.to_zoned(TimeZone::UTC).date().first_of_month();
    let next = first.checked_add(1.month()).and_then(|date| date.to_zoned(TimeZone::UTC));
    next.map_or(Timestamp::MAX, |start| start.timestamp())
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    application(call)?;
    let all = of_application(call, call.required("applicationId")).into_iter();
    let items = all
        .map(|subscription| {
            let mut entry = shown(call, &subscription);
            let principal = match &subscription.principal {
                Principal::User(id) | Principal::Federated { id, .. } => json!({"user": id}),
                Principal::Group(id) => json!({"group": id}),
            };
            if let Value::Object(members) = &mut entry {
                members.insert("principal".to_owned(), principal);
            }
            (subscription.id, entry)
        })
        .collect();
    listed(call, "subscriptions", items)
}

/// Whether a user who came by federation may ask. Who has no subscription is given one, where the application does so, and is let
/// in from the next call on.
pub(super) fn admits(call: &mut Call<'_>, application: &Application, user: &str) -> bool {
    let item = application.item();
    let of_user = |it: &Subscription| matches!(&it.principal, Principal::Federated { email, .. } if email == user);
    let before = of_application(call, &item.id).into_iter().find(of_user);
    let automatic = item.settings.get("autoSubscriptionConfiguration").cloned().unwrap_or_default();
    let enabled = automatic.get("autoSubscribe").and_then(Value::as_str) == Some("ENABLED");
    let tier = automatic.get("defaultSubscriptionType").and_then(Value::as_str).filter(|_| enabled).map(str::to_owned);
    match (before, tier) {
        (Some(mut before), Some(tier)) if before.next.is_none() => {
            before.next = Some(tier);
            before.gone = None;
            keep(call, &item.id, &before);
            true
        }
        (Some(_), _) => true,
        (None, None) => false,
        (None, Some(tier)) => {
            let principal = Principal::Federated { id: call.random.uuid(), email: user.to_owned() };
            let id = call.random.uuid();
            let subscription = Subscription { id, principal, current: tier.clone(), next: Some(tier), gone: None };
            keep(call, &item.id, &subscription);
            false
        }
    }
}
