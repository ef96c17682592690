//! `AWS::QBusiness::Application`.
//!
//! Auto-subscription is set by an update, once the application is `ACTIVE`. Who has a subscription is unsubscribed before the
//! application is deleted: "An unsubscribed user … You must cancel a subscription for a user removed from your identity provider to
//! stop subscription charges for them" (User Guide, "Managing subscriptions for applications using IAM Federation"). With an
//! application goes everything in it.

use super::availability;
use super::support::{self, arn, beside_tags, change_tags, marked, switch_off};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::{Entity, Found, settings};
use crate::settle::{Change, gone_is_fine, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_application::builders::CreateApplicationInputBuilder;
use aws_sdk_qbusiness::operation::update_application::builders::UpdateApplicationInputBuilder;
use charter_model::{TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Observed, PreflightFinding,
    Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use std::sync::Arc;
use std::time::Duration;

/// Serves applications.
pub(super) struct Applications;

/// Cancels what is still paid for from the next month on.
async fn unsubscribe(clients: &Clients, application: &str) -> Result<(), Failure> {
    let mut pages = clients.q_business().list_subscriptions().application_id(application).into_paginator().send();
    while let Some(page) = pages.next().await {
        for subscription in page.map_err(failure)?.subscriptions.unwrap_or_default() {
            if let (Some(id), Some(_)) = (subscription.subscription_id(), subscription.next_subscription()) {
                let call = clients.q_business().cancel_subscription().application_id(application).subscription_id(id);
                gone_is_fine(call.send().await.map_err(failure))?;
            }
        }
    }
    Ok(())
}

#[async_trait]
impl Entity for Applications {
    const TYPE: &'static [&'static str] = &["AWS::QBusiness::Application"];
    const LONGEST_WAIT: Duration = Duration::from_secs(10);
    const AFTERWARDS: &'static [&'static str] = &["AutoSubscriptionConfiguration"];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateApplicationInputBuilder = convert::input(&request.properties)?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        Ok(call.await.map_err(failure)?.application_id.unwrap_or_default())
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let call = clients.q_business().get_application().application_id(identifier);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let arn = arn(clients, identifier, "");
        support::found(clients, &arn, convert::properties(&answer), status, answer.error()).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let Change { clients, identifier, .. } = change;
        if change.has("Tags") {
            change_tags(clients, &arn(clients, identifier, ""), change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let mut settings = settings(&change, &["Description"]);
            let controls = [
                ("AttachmentsConfiguration", "AttachmentsControlMode"),
                ("QAppsConfiguration", "QAppsControlMode"),
                ("PersonalizationConfiguration", "PersonalizationControlMode"),
                ("AutoSubscriptionConfiguration", "AutoSubscribe"),
            ];
            switch_off(&mut settings, &change, &controls);
            let input: UpdateApplicationInputBuilder = convert::input(&settings)?;
            let call = input.application_id(identifier).send_with(clients.q_business());
            call.await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        unsubscribe(clients, &request.identifier).await?;
        let call = clients.q_business().delete_application().application_id(&request.identifier);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let call = clients.q_business().list_applications().set_next_token(request.page.clone());
        let answer = call.send().await.map_err(failure)?;
        let applications = answer.applications.unwrap_or_default().into_iter();
        let identifiers = applications.filter_map(|application| application.application_id).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}

/// The adapter, which says first whether the account can use the service at all.
pub(super) struct Checked(pub(super) Arc<dyn Adapter>);

#[async_trait]
impl Adapter for Checked {
    fn types(&self) -> &'static [&'static str] {
        self.0.types()
    }

    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.0.check(type_name, desired)
    }

    async fn preflight(&self, clients: &Clients, _types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        availability::preflight(clients).await
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        self.0.create(clients, request).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        self.0.read(clients, request).await
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        self.0.update(clients, request).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        self.0.delete(clients, request).await
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        self.0.status(clients, request).await
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        self.0.list(clients, request).await
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        self.0.recover(clients, request).await
    }
}
