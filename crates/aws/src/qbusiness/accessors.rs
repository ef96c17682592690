//! `AWS::QBusiness::DataAccessor`: what an independent software vendor may ask of the index.

use super::parts::{Page, Part, Place, Seen, answered};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::settings;
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_data_accessor::builders::CreateDataAccessorInputBuilder;
use aws_sdk_qbusiness::operation::update_data_accessor::builders::UpdateDataAccessorInputBuilder;
use charter_provider::{CreateRequest, Failure, Properties};

/// Serves data accessors.
pub(super) struct DataAccessors;

#[async_trait]
impl Part for DataAccessors {
    const TYPE: &'static [&'static str] = &["AWS::QBusiness::DataAccessor"];
    const FORM: &'static str = "ApplicationId|DataAccessorId";
    const PATH: &'static str = "data-accessor";

    async fn make(clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDataAccessorInputBuilder = convert::input(&request.properties)?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        Ok(call.await.map_err(failure)?.data_accessor_id)
    }

    async fn find(clients: &Clients, place: &Place, _recorded: Option<&Properties>) -> Result<Option<Seen>, Failure> {
        let call =
            clients.q_business().get_data_accessor().application_id(&place.application).data_accessor_id(&place.id);
        let Some(answer) = answered(call.send().await)? else { return Ok(None) };
        let properties = convert::properties(&answer);
        Ok(Some(Seen::plain(properties, "")))
    }

    async fn change(change: &Change<'_>, place: Place) -> Result<(), Failure> {
        let settings = settings(change, &[]);
        let mut input: UpdateDataAccessorInputBuilder = convert::input(&settings)?;
        if input.get_action_configurations().is_none() {
            let kept: UpdateDataAccessorInputBuilder = convert::input(change.desired)?;
            input = input.set_action_configurations(kept.get_action_configurations().clone());
        }
        let call = input.application_id(place.application).data_accessor_id(place.id);
        call.send_with(change.clients.q_business()).await.map(drop).map_err(failure)
    }

    async fn remove(clients: &Clients, place: Place) -> Result<(), Failure> {
        let call =
            clients.q_business().delete_data_accessor().application_id(place.application).data_accessor_id(place.id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(clients: &Clients, application: &str, page: Option<String>) -> Result<Page, Failure> {
        let call = clients.q_business().list_data_accessors().application_id(application).set_next_token(page);
        let answer = call.send().await.map_err(failure)?;
        let ids = answer.data_accessors.unwrap_or_default().into_iter().filter_map(|each| each.data_accessor_id);
        Ok((ids.collect(), answer.next_token))
    }
}
