//! The grants of subscriptions: DataZone's doing where it manages the asset, ours where it does not.

use super::refusals::found;
use crate::clients::Clients;
use aws_sdk_datazone::types::SubscriptionGrantSummary;
use charter_provider::{Failure, Properties};
use serde_json::Value;

/// A text of the properties.
pub(super) fn text<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

/// The grants of a subscription.
pub(super) async fn grants(
    clients: &Clients,
    domain: &str,
    subscription: &str,
) -> Result<Vec<SubscriptionGrantSummary>, Failure> {
    let call = clients.datazone().list_subscription_grants().domain_identifier(domain).subscription_id(subscription);
    let mut pages = call.into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = found(clients, domain, page).await? else { break };
        all.extend(page.items);
    }
    Ok(all)
}

/// Whether a grant is the one that is asked for.
pub(super) fn is_wanted(grant: &SubscriptionGrantSummary, wanted: &Properties) -> bool {
    let environment = text(wanted, "EnvironmentIdentifier");
    let target = text(wanted, "SubscriptionTargetIdentifier");
    environment.is_some_and(|id| grant.environment_id.as_deref().is_none_or(|own| own == id))
        && target.is_none_or(|id| id == grant.subscription_target_id)
}

/// Why a grant failed.
pub(super) fn cause(grant: &SubscriptionGrantSummary) -> String {
    let told = grant.assets().iter().filter_map(|asset| asset.failure_cause()?.message());
    let told: Vec<&str> = told.collect();
    if told.is_empty() { "no reason is given".to_owned() } else { told.join("; ") }
}
