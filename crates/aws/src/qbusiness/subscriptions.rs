//! `Charter::QBusiness::Subscription`: a user or a group of IAM Identity Center who pays for an application.
//!
//! "An unsubscribed user or group loses all Amazon Q Business feature access at the start of next month" (API Reference,
//! CancelSubscription): one without a subscription for the next month counts as deleted.

use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::{Entity, Found, parts};
use crate::progress::not_found;
use crate::settle::{Change, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_subscription::builders::CreateSubscriptionInputBuilder;
use aws_sdk_qbusiness::types::{Subscription, SubscriptionPrincipal, SubscriptionType};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, LeftBehind, ListRequest, ListResponse, Properties,
    RecoverRequest,
};

const TYPE: &str = "Charter::QBusiness::Subscription";
const FORM: &str = "ApplicationId|SubscriptionId";

/// Serves subscriptions.
pub(super) struct Subscriptions;

/// The subscriptions of an application that go on; none if it is gone.
async fn all(clients: &Clients, application: &str) -> Result<Option<Vec<Subscription>>, Failure> {
    let mut pages = clients.q_business().list_subscriptions().application_id(application).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = if_found(page.map_err(failure))? else { return Ok(None) };
        let subscriptions = page.subscriptions.unwrap_or_default().into_iter();
        found.extend(subscriptions.filter(|it| it.next_subscription.is_some()));
    }
    Ok(Some(found))
}

async fn by_id(clients: &Clients, identifier: &str) -> Result<Option<(String, Subscription)>, Failure> {
    let [application, id] = parts(TYPE, FORM, identifier)?;
    let found = all(clients, &application).await?.unwrap_or_default();
    let found = found.into_iter().find(|it| it.subscription_id.as_deref() == Some(&id));
    Ok(found.map(|subscription| (application, subscription)))
}

async fn by_principal(
    clients: &Clients,
    application: &str,
    principal: Option<&SubscriptionPrincipal>,
) -> Result<Option<String>, Failure> {
    let found = all(clients, application).await?.unwrap_or_default();
    let found = found.into_iter().find(|it| it.principal.as_ref() == principal);
    Ok(found.and_then(|it| Some(format!("{application}|{}", it.subscription_id?))))
}

#[async_trait]
impl Entity for Subscriptions {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LEFT_BEHIND: Option<LeftBehind> = Some(LeftBehind {
        what: "cancelled: AWS ends a subscription with the month; it stays until then, or until the application goes",
        within: "ApplicationId",
    });

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateSubscriptionInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let principal = input.get_principal().clone();
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        match call.await.map_err(failure) {
            Ok(answer) => Ok(format!("{application}|{}", answer.subscription_id.unwrap_or_default())),
            Err(failure) if failure.code == FailureCode::ResourceConflict => {
                match by_principal(clients, &application, principal.as_ref()).await? {
                    Some(identifier) => {
                        let failure = Failure { code: FailureCode::AlreadyExists, ..failure };
                        Err(explain_existing(failure, "subscription", &identifier))
                    }
                    None => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let Some((application, subscription)) = by_id(clients, identifier).await? else { return Ok(None) };
        let mut properties = convert::properties(&subscription);
        properties.insert("ApplicationId".to_owned(), application.into());
        // What it will be is what was asked for; less is had from the next month on.
        if let Some(next) = properties.get("NextType").cloned() {
            properties.insert("Type".to_owned(), next);
        }
        Ok(Some(Found::ready(properties)))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        // Of one that was cancelled, an update would make a new one.
        let Some((application, subscription)) = by_id(change.clients, change.identifier).await? else {
            return Err(not_found(TYPE, change.identifier));
        };
        let tier: SubscriptionType = convert::required(change.desired, "Type")?;
        let call = change.clients.q_business().update_subscription().application_id(application);
        let call = call.set_subscription_id(subscription.subscription_id).r#type(tier);
        call.send().await.map(drop).map_err(failure)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let Some((application, subscription)) = by_id(clients, &request.identifier).await? else {
            return Err(not_found(TYPE, &request.identifier));
        };
        let call = clients.q_business().cancel_subscription().application_id(application);
        call.set_subscription_id(subscription.subscription_id).send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let found = all(clients, &application).await?.unwrap_or_default().into_iter();
        let identifiers = found.filter_map(|it| Some(format!("{application}|{}", it.subscription_id?))).collect();
        Ok(ListResponse { identifiers, next: None })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let principal: Option<SubscriptionPrincipal> = convert::get(&request.properties, "Principal")?;
        let found = by_principal(clients, &application, principal.as_ref()).await?;
        Ok(Some(found.into_iter().collect()))
    }
}
