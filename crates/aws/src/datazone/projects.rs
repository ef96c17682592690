//! `AWS::DataZone::Project`.
//!
//! CreateProject takes no client token and projects carry no tags of their own; their names are unique in a domain. So a
//! creation of which nothing was heard is found by its name, if everything else that was asked for is there too.

use super::within::{Member, Page, Place};
use crate::convert;
use crate::living::{Found, Health, optional};
use crate::recorded::drop_write_only;
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_project::builders::CreateProjectInputBuilder;
use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::operation::update_project::builders::UpdateProjectInputBuilder;
use aws_sdk_datazone::types::{
    EnvironmentConfigurationUserParameter, OverallDeploymentStatus, ProjectStatus, ResourceTagSource,
};
use charter_catalog::Catalog;
use charter_model::TypeName;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, Properties};
use serde_json::{Value, json};
use std::time::Duration;

const TYPE: &str = "AWS::DataZone::Project";
const PARAMETERS: &str = "UserParameters";

/// Serves projects.
pub(super) struct Projects {
    pub(super) catalog: &'static Catalog,
}

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
    let tags: Vec<Value> = own.map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    if !tags.is_empty() {
        properties.insert("ResourceTags".to_owned(), tags.into());
    }
    properties
}

/// Only parameters that were asked for are compared: those that the environments of the project's profile have of their own come
/// along (GetProject: `userParameters`), with the ids and accounts that DataZone finds for them.
fn asked_for(told: &[EnvironmentConfigurationUserParameter], recorded: Option<&Properties>) -> Option<Value> {
    let asked = recorded?.get(PARAMETERS)?.as_array()?;
    let list: Vec<Value> = asked
        .iter()
        .filter_map(|asked| {
            let text = |name: &str| asked.get(name).and_then(Value::as_str);
            let (name, id) = (text("EnvironmentConfigurationName"), text("EnvironmentId"));
            let is_meant = |each: &&EnvironmentConfigurationUserParameter| {
                name.is_none_or(|name| each.environment_configuration_name() == Some(name))
                    && id.is_none_or(|id| each.environment_id() == Some(id))
            };
            let there = told.iter().find(is_meant)?;
            let mut entry = Properties::new();
            for (key, value) in [("EnvironmentConfigurationName", name), ("EnvironmentId", id)] {
                entry.extend(value.map(|value| (key.to_owned(), json!(value))));
            }
            let parameters: Vec<Value> = asked
                .get("EnvironmentParameters")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|parameter| {
                    let name = parameter.get("Name")?.as_str()?;
                    let there = there.environment_parameters().iter().find(|there| there.name() == Some(name))?;
                    Some(json!({"Name": name, "Value": there.value()?}))
                })
                .collect();
            if !parameters.is_empty() {
                entry.insert("EnvironmentParameters".to_owned(), parameters.into());
            }
            Some(Value::Object(entry))
        })
        .collect();
    (!list.is_empty()).then(|| list.into())
}

#[async_trait]
impl Member for Projects {
    const TYPE: &'static [&'static str] = &[TYPE];
    const NOUN: &'static str = "project";
    const LONGEST_WAIT: Duration = Duration::from_secs(10);

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateProjectInputBuilder = convert::input(&request.properties)?;
        Ok(place.done(input.send_with(place.client()).await).await?.id)
    }

    async fn find(&self, place: &Place<'_>, recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_project().domain_identifier(&place.domain).identifier(place.id());
        let Some(project) = place.found(call.send().await).await? else { return Ok(None) };
        let (status, health) = health(&project);
        let mut properties = properties(&project);
        let parameters = asked_for(project.user_parameters(), recorded);
        properties.extend(parameters.map(|parameters| (PARAMETERS.to_owned(), parameters)));
        // The catalogue says what is never told.
        if let Some(schema) = TypeName::new(TYPE).ok().and_then(|name| self.catalog.schema(&name)) {
            drop_write_only(schema.write_only(), &mut properties);
        }
        Ok(Some(Found { properties, status, health }))
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_datazone::types::{EnvironmentParameter, EnvironmentResolvedAccount};

    fn told(name: &str, parameters: &[(&str, &str)]) -> EnvironmentConfigurationUserParameter {
        let account =
            EnvironmentResolvedAccount::builder().aws_account_id("1").region_name("us-east-1").build().unwrap();
        let parameters =
            parameters.iter().map(|(name, value)| EnvironmentParameter::builder().name(*name).value(*value).build());
        EnvironmentConfigurationUserParameter::builder()
            .environment_id(format!("id-of-{name}"))
            .environment_configuration_name(name)
            .environment_resolved_account(account)
            .set_environment_parameters(Some(parameters.collect()))
            .build()
    }

    fn entry(name: &str, value: &str) -> Value {
        json!({"EnvironmentConfigurationName": name, "EnvironmentParameters": [{"Name": "database", "Value": value}]})
    }

    #[test]
    fn parameters_are_told_as_far_as_they_were_asked_for() {
        let recorded = Properties::from_iter([(PARAMETERS.to_owned(), json!([entry("lake", "cards")]))]);
        let lake = told("lake", &[("size", "small"), ("database", "loans")]);
        let warehouse = told("warehouse", &[("database", "own")]);
        let all = [warehouse.clone(), lake];
        assert_eq!(asked_for(&all, Some(&recorded)), Some(json!([entry("lake", "loans")])), "a changed value shows");
        assert_eq!(asked_for(&[warehouse], Some(&recorded)), None, "and so does an entry that is gone");
        assert_eq!(asked_for(&all, None), None, "what nobody asked for is AWS's own");
        let emptied = json!([{"EnvironmentConfigurationName": "lake"}]);
        assert_eq!(asked_for(&[told("lake", &[])], Some(&recorded)), Some(emptied), "and a parameter that is gone");
    }

    #[test]
    fn an_environment_is_told_by_its_id_where_it_was_named_by_it() {
        let asked =
            json!([{"EnvironmentId": "id-of-lake", "EnvironmentParameters": [{"Name": "database", "Value": "a"}]}]);
        let recorded = Properties::from_iter([(PARAMETERS.to_owned(), asked)]);
        let all = [told("warehouse", &[("database", "own")]), told("lake", &[("database", "b")])];
        let expected =
            json!([{"EnvironmentId": "id-of-lake", "EnvironmentParameters": [{"Name": "database", "Value": "b"}]}]);
        assert_eq!(asked_for(&all, Some(&recorded)), Some(expected));
    }
}
