//! `AWS::QBusiness::DataAccessor`: what an independent software vendor may ask of the index.

use super::support::{self, arn, beside_tags, change_tags, marked};
use crate::clients::Clients;
use crate::convert;
use crate::datazone::lifecycle::{Entity, Found, parts, settings};
use crate::errors::failure;
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_data_accessor::builders::CreateDataAccessorInputBuilder;
use aws_sdk_qbusiness::operation::update_data_accessor::builders::UpdateDataAccessorInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use std::time::Duration;

const TYPE: &str = "AWS::QBusiness::DataAccessor";
const FORM: &str = "ApplicationId|DataAccessorId";

/// Serves data accessors.
pub(super) struct DataAccessors;

#[async_trait]
impl Entity for DataAccessors {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDataAccessorInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        let id = call.await.map_err(failure)?.data_accessor_id;
        Ok(format!("{application}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.q_business().get_data_accessor().application_id(&application).data_accessor_id(&id);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = "";
        let arn = arn(clients, &application, &format!("/data-accessor/{id}"));
        let properties = convert::properties(&answer);
        support::found(clients, &arn, properties, status, None).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, change.identifier)?;
        let clients = change.clients;
        if change.has("Tags") {
            let arn = arn(clients, &application, &format!("/data-accessor/{id}"));
            change_tags(clients, &arn, change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let settings = settings(&change, &[]);
            let mut input: UpdateDataAccessorInputBuilder = convert::input(&settings)?;
            if input.get_action_configurations().is_none() {
                let kept: UpdateDataAccessorInputBuilder = convert::input(change.desired)?;
                input = input.set_action_configurations(kept.get_action_configurations().clone());
            }
            let call = input.application_id(application).data_accessor_id(id);
            call.send_with(clients.q_business()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.q_business().delete_data_accessor().application_id(application).data_accessor_id(id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let call = clients.q_business().list_data_accessors().application_id(&application);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let ids = answer.data_accessors.unwrap_or_default().into_iter().filter_map(|each| each.data_accessor_id);
        let identifiers = ids.map(|id| format!("{application}|{id}")).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}
