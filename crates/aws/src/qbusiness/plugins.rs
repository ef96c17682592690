//! `AWS::QBusiness::Plugin`. Its state is set by an update, once it is built.

use super::support::{self, arn, beside_tags, change_tags, marked};
use crate::clients::Clients;
use crate::convert;
use crate::datazone::lifecycle::{Entity, Found, parts, settings};
use crate::errors::failure;
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_plugin::builders::CreatePluginInputBuilder;
use aws_sdk_qbusiness::operation::update_plugin::builders::UpdatePluginInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use std::time::Duration;

const TYPE: &str = "AWS::QBusiness::Plugin";
const FORM: &str = "ApplicationId|PluginId";

/// Serves plugins.
pub(super) struct Plugins;

#[async_trait]
impl Entity for Plugins {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    const AFTERWARDS: &'static [&'static str] = &["State"];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePluginInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        let id = call.await.map_err(failure)?.plugin_id.unwrap_or_default();
        Ok(format!("{application}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.q_business().get_plugin().application_id(&application).plugin_id(&id);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = answer.build_status().map_or("", |status| status.as_str());
        let arn = arn(clients, &application, &format!("/plugin/{id}"));
        let properties = convert::properties(&answer);
        support::found(clients, &arn, properties, status, None).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, change.identifier)?;
        let clients = change.clients;
        if change.has("Tags") {
            let arn = arn(clients, &application, &format!("/plugin/{id}"));
            change_tags(clients, &arn, change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let mut settings = settings(&change, &[]);
            if change.has("State") && !change.desired.contains_key("State") {
                settings.insert("State".to_owned(), "ENABLED".into());
            }
            let input: UpdatePluginInputBuilder = convert::input(&settings)?;
            let call = input.application_id(application).plugin_id(id);
            call.send_with(clients.q_business()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.q_business().delete_plugin().application_id(application).plugin_id(id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let call = clients.q_business().list_plugins().application_id(&application);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let ids = answer.plugins.unwrap_or_default().into_iter().filter_map(|each| each.plugin_id);
        let identifiers = ids.map(|id| format!("{application}|{id}")).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}
