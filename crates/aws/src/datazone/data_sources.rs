//! `AWS::DataZone::DataSource` and `AWS::DataZone::SubscriptionTarget`: where assets come from, and where granted ones go.

use super::lifecycle::{Entity, Found, Health, done_in, found, optional, parts, settings};
use crate::clients::Clients;
use crate::convert;
use crate::settle::{Change, explain_existing};
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_data_source::builders::CreateDataSourceInputBuilder;
use aws_sdk_datazone::operation::create_subscription_target::builders::CreateSubscriptionTargetInputBuilder;
use aws_sdk_datazone::operation::get_data_source::GetDataSourceOutput;
use aws_sdk_datazone::operation::update_data_source::builders::UpdateDataSourceInputBuilder;
use aws_sdk_datazone::operation::update_subscription_target::builders::UpdateSubscriptionTargetInputBuilder;
use aws_sdk_datazone::types::DataSourceStatus;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties};

const SOURCE: &str = "AWS::DataZone::DataSource";
const TARGET: &str = "AWS::DataZone::SubscriptionTarget";
const FORM: &str = "DomainId|Id";
const TARGET_FORM: &str = "DomainId|EnvironmentId|Id";

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
impl Entity for DataSources {
    const TYPE: &'static [&'static str] = &[SOURCE];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateDataSourceInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let name = convert::get::<String>(&request.properties, "Name")?.unwrap_or_default();
        let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await;
        let answer = answer.map_err(|failure| explain_existing(failure, "data source", &name))?;
        Ok(format!("{}|{}", answer.domain_id, answer.id))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(SOURCE, FORM, identifier)?;
        let call = clients.datazone().get_data_source().domain_identifier(&domain).identifier(id);
        let source = found(clients, &domain, call.send().await).await?;
        Ok(source.map(|source| Found {
            properties: convert::properties(&source),
            status: source.status().map_or_else(String::new, |status| status.as_str().to_owned()),
            health: health(&source),
        }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(SOURCE, FORM, change.identifier)?;
        let input: UpdateDataSourceInputBuilder = convert::input(&settings(&change, &["Description"]))?;
        let input = input.domain_identifier(&domain).identifier(id);
        done_in(change.clients, &domain, input.send_with(change.clients.datazone()).await).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(SOURCE, FORM, &request.identifier)?;
        let call = clients.datazone().delete_data_source().domain_identifier(&domain).identifier(id);
        done_in(clients, &domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let project: String = convert::required(&request.filter, "ProjectIdentifier")?;
        let call = clients.datazone().list_data_sources().domain_identifier(&domain).project_identifier(project);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = done_in(clients, &domain, call.send().await).await?;
        let identifiers =
            answer.items.iter().map(|each| format!("{}|{}", each.domain_id, each.data_source_id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }
}

#[async_trait]
impl Entity for SubscriptionTargets {
    const TYPE: &'static [&'static str] = &[TARGET];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateSubscriptionTargetInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let name = convert::get::<String>(&request.properties, "Name")?.unwrap_or_default();
        let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await;
        let answer = answer.map_err(|failure| explain_existing(failure, "subscription target", &name))?;
        Ok(format!("{}|{}|{}", answer.domain_id, answer.environment_id, answer.id))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, environment, id] = parts(TARGET, TARGET_FORM, identifier)?;
        let call = clients.datazone().get_subscription_target().domain_identifier(&domain);
        let call = call.environment_identifier(environment).identifier(id);
        let target = found(clients, &domain, call.send().await).await?;
        Ok(target.map(|target| Found::ready(convert::properties(&target))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, environment, id] = parts(TARGET, TARGET_FORM, change.identifier)?;
        let input: UpdateSubscriptionTargetInputBuilder = convert::input(&settings(&change, &[]))?;
        let input = input.domain_identifier(&domain).environment_identifier(environment).identifier(id);
        done_in(change.clients, &domain, input.send_with(change.clients.datazone()).await).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, environment, id] = parts(TARGET, TARGET_FORM, &request.identifier)?;
        let call = clients.datazone().delete_subscription_target().domain_identifier(&domain);
        let call = call.environment_identifier(environment).identifier(id);
        done_in(clients, &domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let environment: String = convert::required(&request.filter, "EnvironmentIdentifier")?;
        let call = clients.datazone().list_subscription_targets().domain_identifier(&domain);
        let call = call.environment_identifier(environment).set_next_token(request.page.clone());
        let answer = done_in(clients, &domain, call.send().await).await?;
        let items = answer.items.iter();
        let identifiers = items.map(|each| format!("{}|{}|{}", each.domain_id, each.environment_id, each.id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }
}
