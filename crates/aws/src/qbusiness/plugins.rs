//! `AWS::QBusiness::Plugin`. Its state is set by an update, once it is built.

use super::parts::{Page, Part, Place, Seen, answered};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::settings;
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_plugin::builders::CreatePluginInputBuilder;
use aws_sdk_qbusiness::operation::update_plugin::builders::UpdatePluginInputBuilder;
use charter_provider::{CreateRequest, Failure, Properties};

/// Serves plugins.
pub(super) struct Plugins;

#[async_trait]
impl Part for Plugins {
    const TYPE: &'static [&'static str] = &["AWS::QBusiness::Plugin"];
    const FORM: &'static str = "ApplicationId|PluginId";
    const PATH: &'static str = "plugin";
    const AFTERWARDS: &'static [&'static str] = &["State"];

    async fn make(clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreatePluginInputBuilder = convert::input(&request.properties)?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        Ok(call.await.map_err(failure)?.plugin_id.unwrap_or_default())
    }

    async fn find(clients: &Clients, place: &Place, _recorded: Option<&Properties>) -> Result<Option<Seen>, Failure> {
        let call = clients.q_business().get_plugin().application_id(&place.application).plugin_id(&place.id);
        let Some(answer) = answered(call.send().await)? else { return Ok(None) };
        let status = answer.build_status().map_or("", |status| status.as_str());
        let properties = convert::properties(&answer);
        Ok(Some(Seen::plain(properties, status)))
    }

    async fn change(change: &Change<'_>, place: Place) -> Result<(), Failure> {
        let mut settings = settings(change, &[]);
        if change.has("State") && !change.desired.contains_key("State") {
            settings.insert("State".to_owned(), "ENABLED".into());
        }
        let input: UpdatePluginInputBuilder = convert::input(&settings)?;
        let call = input.application_id(place.application).plugin_id(place.id);
        call.send_with(change.clients.q_business()).await.map(drop).map_err(failure)
    }

    async fn remove(clients: &Clients, place: Place) -> Result<(), Failure> {
        let call = clients.q_business().delete_plugin().application_id(place.application).plugin_id(place.id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(clients: &Clients, application: &str, page: Option<String>) -> Result<Page, Failure> {
        let call = clients.q_business().list_plugins().application_id(application).set_next_token(page);
        let answer = call.send().await.map_err(failure)?;
        let ids = answer.plugins.unwrap_or_default().into_iter().filter_map(|each| each.plugin_id);
        Ok((ids.collect(), answer.next_token))
    }
}
