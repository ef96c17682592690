//! `AWS::DataZone::Project`.
//!
//! CreateProject takes no client token and projects carry no tags of their own; their names are unique in a domain. So a
//! creation of which nothing was heard is found by its name, if everything else that was asked for is there too.

use super::within::{Member, Page, Place};
use crate::convert;
use crate::living::{Found, Health, optional};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_project::builders::CreateProjectInputBuilder;
use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::operation::update_project::builders::UpdateProjectInputBuilder;
use aws_sdk_datazone::types::{OverallDeploymentStatus, ProjectStatus, ResourceTagSource};
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, Properties};
use serde_json::json;
use std::time::Duration;

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
impl Member for Projects {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::Project"];
    const NOUN: &'static str = "project";
    const LONGEST_WAIT: Duration = Duration::from_secs(10);

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateProjectInputBuilder = convert::input(&request.properties)?;
        Ok(place.done(input.send_with(place.client()).await).await?.id)
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_project().domain_identifier(&place.domain).identifier(place.id());
        let project = place.found(call.send().await).await?;
        Ok(project.map(|project| {
            let (status, health) = health(&project);
            Found { properties: properties(&project), status, health }
        }))
    }

    async fn change(&self, place: &Place<'_>, settings: Properties, change: &Change<'_>) -> Result<(), Failure> {
        let mut input: UpdateProjectInputBuilder = convert::input(&settings)?;
        if change.has("ResourceTags") && !change.desired.contains_key("ResourceTags") {
            input = input.set_resource_tags(Some(std::collections::HashMap::new()));
        }
        let input = input.domain_identifier(&place.domain).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_project().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.skip_deletion_check(request.discard_contents).send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let call = place.client().list_projects().domain_identifier(&place.domain);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        let ids = answer.items.unwrap_or_default().into_iter().map(|each| each.id).collect();
        Ok((ids, answer.next_token))
    }
}
