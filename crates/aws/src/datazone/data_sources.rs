//! `AWS::DataZone::DataSource` and `AWS::DataZone::SubscriptionTarget`: where assets come from, and where granted ones go.

use super::within::{Member, Page, Place};
use crate::convert;
use crate::living::{Found, Health, optional};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_data_source::builders::CreateDataSourceInputBuilder;
use aws_sdk_datazone::operation::create_subscription_target::builders::CreateSubscriptionTargetInputBuilder;
use aws_sdk_datazone::operation::get_data_source::GetDataSourceOutput;
use aws_sdk_datazone::operation::update_data_source::builders::UpdateDataSourceInputBuilder;
use aws_sdk_datazone::operation::update_subscription_target::builders::UpdateSubscriptionTargetInputBuilder;
use aws_sdk_datazone::types::DataSourceStatus;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, Properties};

/// Serves data sources.
pub(super) struct DataSources;

/// Serves subscription targets.
pub(super) struct SubscriptionTargets;

fn health(source: &GetDataSourceOutput) -> Health {
    match source.status() {
        Some(DataSourceStatus::Creating | DataSourceStatus::Updating | DataSourceStatus::Deleting) => Health::Waiting,
        Some(DataSourceStatus::FailedCreation | DataSourceStatus::FailedUpdate | DataSourceStatus::FailedDeletion) => {
            let message = source.error_message().map(|error| {
                let detail = error.error_detail().map(|detail| format!(": {detail}")).unwrap_or_default();
                format!("{}{detail}", error.error_type().as_str())
            });
            Health::Failed(message)
        }
        // A run hinders nothing but changes, which answer with a conflict.
        _ => Health::Ready,
    }
}

#[async_trait]
impl Member for DataSources {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::DataSource"];
    const NOUN: &'static str = "data source";
    const HAS_TOKEN: bool = true;

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDataSourceInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        Ok(place.done(input.send_with(place.client()).await).await?.id)
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_data_source().domain_identifier(&place.domain).identifier(place.id());
        let source = place.found(call.send().await).await?;
        Ok(source.map(|source| Found {
            properties: convert::properties(&source),
            status: source.status().map_or_else(String::new, |status| status.as_str().to_owned()),
            health: health(&source),
        }))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, _change: &Change<'_>) -> Result<(), Failure> {
        let input: UpdateDataSourceInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&place.domain).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_data_source().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let project: String = convert::required(&request.filter, "ProjectIdentifier")?;
        let call = place.client().list_data_sources().domain_identifier(&place.domain).project_identifier(project);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        Ok((answer.items.into_iter().map(|each| each.data_source_id).collect(), answer.next_token))
    }
}

#[async_trait]
impl Member for SubscriptionTargets {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::SubscriptionTarget"];
    const NOUN: &'static str = "subscription target";
    const FORM: &'static str = "DomainId|EnvironmentId|Id";
    const HAS_TOKEN: bool = true;
    const TEXTS: &'static [&'static str] = &[];

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateSubscriptionTargetInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        let answer = place.done(input.send_with(place.client()).await).await?;
        Ok(format!("{}|{}", answer.environment_id, answer.id))
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_subscription_target().domain_identifier(&place.domain);
        let call = call.environment_identifier(place.parent()).identifier(place.id());
        let target = place.found(call.send().await).await?;
        Ok(target.map(|target| Found::ready(convert::properties(&target))))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, _change: &Change<'_>) -> Result<(), Failure> {
        let input: UpdateSubscriptionTargetInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&place.domain).environment_identifier(place.parent());
        place.done(input.identifier(place.id()).send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_subscription_target().domain_identifier(&place.domain);
        let call = call.environment_identifier(place.parent()).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let environment: String = convert::required(&request.filter, "EnvironmentIdentifier")?;
        let call = place.client().list_subscription_targets().domain_identifier(&place.domain);
        let call = call.environment_identifier(environment).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        let ids = answer.items.into_iter().map(|each| format!("{}|{}", each.environment_id, each.id)).collect();
        Ok((ids, answer.next_token))
    }
}
