//! `AWS::DataZone::Project`.
//!
//! CreateProject takes no client token and projects carry no tags of their own; their names are unique in a domain. So a
//! creation of which nothing was heard is found by its name, if everything else that was asked for is there too.

use super::lifecycle::{Entity, Found, Health, done_in, found, optional, parts, settings};
use crate::clients::Clients;
use crate::convert;
use crate::settle::{Change, explain_existing};
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_project::builders::CreateProjectInputBuilder;
use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::operation::update_project::builders::UpdateProjectInputBuilder;
use aws_sdk_datazone::types::{OverallDeploymentStatus, ProjectStatus, ResourceTagSource};
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties};
use serde_json::json;
use std::time::Duration;

const TYPE: &str = "AWS::DataZone::Project";
const FORM: &str = "DomainId|Id";

/// Serves projects.
pub(super) struct Projects;

fn health(project: &GetProjectOutput) -> (String, Health) {
    let reasons: Vec<&str> = project.failure_reasons().iter().filter_map(|each| each.message()).collect();
    let why = (!reasons.is_empty()).then(|| reasons.join("; "));
    let status = project.project_status().map_or("ACTIVE", ProjectStatus::as_str).to_owned();
    let deployment = project.environment_deployment_details().and_then(|details| details.overall_deployment_status());
    let health = match (project.project_status(), deployment) {
        (Some(ProjectStatus::DeleteFailed | ProjectStatus::UpdateFailed), _) => Health::Failed(why),
        (Some(ProjectStatus::Deleting | ProjectStatus::Updating | ProjectStatus::Moving), _) => Health::Waiting,
        // The environments of the project's profile are made with it.
        (_, Some(OverallDeploymentStatus::PendingDeployment | OverallDeploymentStatus::InProgress)) => {
            return ("DEPLOYING".to_owned(), Health::Waiting);
        }
        (_, Some(OverallDeploymentStatus::FailedDeployment | OverallDeploymentStatus::FailedValidation)) => {
            return ("FAILED_DEPLOYMENT".to_owned(), Health::Failed(why.or_else(|| deployment_failure(project))));
        }
        _ => Health::Ready,
    };
    (status, health)
}

fn deployment_failure(project: &GetProjectOutput) -> Option<String> {
    let reasons = project.environment_deployment_details()?.environment_failure_reasons()?;
    let texts: Vec<String> = reasons.values().flatten().map(|each| each.message().to_owned()).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn properties(project: &GetProjectOutput) -> Properties {
    let mut properties = convert::properties(project);
    let own = project.resource_tags().iter().filter(|tag| tag.source == ResourceTagSource::Project);
    let tags: Vec<serde_json::Value> = own.map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    if !tags.is_empty() {
        properties.insert("ResourceTags".to_owned(), tags.into());
    }
    properties
}

#[async_trait]
impl Entity for Projects {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(10);

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateProjectInputBuilder = convert::input(&request.properties)?;
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let name = convert::get::<String>(&request.properties, "Name")?.unwrap_or_default();
        let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await;
        let answer = answer.map_err(|failure| explain_existing(failure, "project", &name))?;
        Ok(format!("{}|{}", answer.domain_id, answer.id))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(TYPE, FORM, identifier)?;
        let answer = clients.datazone().get_project().domain_identifier(&domain).identifier(id).send().await;
        let project = found(clients, &domain, answer).await?;
        Ok(project.map(|project| {
            let (status, health) = health(&project);
            Found { properties: properties(&project), status, health }
        }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(TYPE, FORM, change.identifier)?;
        let mut input: UpdateProjectInputBuilder = convert::input(&settings(&change, &["Description"]))?;
        if change.has("ResourceTags") && !change.desired.contains_key("ResourceTags") {
            input = input.set_resource_tags(Some(std::collections::HashMap::new()));
        }
        let input = input.domain_identifier(&domain).identifier(id);
        done_in(change.clients, &domain, input.send_with(change.clients.datazone()).await).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.datazone().delete_project().domain_identifier(&domain).identifier(id);
        let call = call.skip_deletion_check(request.discard_contents);
        done_in(clients, &domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let call = clients.datazone().list_projects().domain_identifier(&domain).set_next_token(request.page.clone());
        let call = call.set_name(optional(request, "Name"));
        let answer = done_in(clients, &domain, call.send().await).await?;
        let identifiers = answer.items.unwrap_or_default().into_iter();
        let identifiers = identifiers.map(|each| format!("{}|{}", each.domain_id, each.id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }
}
