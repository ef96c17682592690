//! `AWS::DataZone::FormType` and `AWS::DataZone::ProjectProfile`.

use super::within::{Member, Page, Place};
use crate::convert;
use crate::living::{Found, optional};
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_form_type::builders::CreateFormTypeInputBuilder;
use aws_sdk_datazone::operation::create_project_profile::builders::CreateProjectProfileInputBuilder;
use aws_sdk_datazone::operation::update_project_profile::builders::UpdateProjectProfileInputBuilder;
use aws_sdk_datazone::types::{SearchTypesResultItem, TypesSearchScope};
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, Properties};
use serde_json::Value;

/// Serves form types.
pub(super) struct FormTypes;

/// Serves profiles of projects (V2).
pub(super) struct ProjectProfiles;

async fn define(place: &Place<'_>, properties: &Properties) -> Result<String, Failure> {
    let input: CreateFormTypeInputBuilder = convert::input(properties)?;
    Ok(place.done(input.send_with(place.client()).await).await?.name)
}

#[async_trait]
impl Member for FormTypes {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::FormType"];
    const NOUN: &'static str = "form type";
    const FORM: &'static str = "DomainIdentifier|FormTypeIdentifier";

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let name: String = convert::required(&request.properties, "Name")?;
        // A second creation makes another revision of the first.
        if Member::find(self, &place.at(&name), None).await?.is_some() {
            let domain = &place.domain;
            let message = format!("there is a form type {name} already: adopt it with `import: {domain}|{name}`");
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        define(place, &request.properties).await
    }

    async fn explain(&self, _place: &Place<'_>, _request: &CreateRequest, failure: Failure) -> Failure {
        failure
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_form_type().domain_identifier(&place.domain).form_type_identifier(place.id());
        let form = place.found(call.send().await).await?;
        Ok(form.map(|form| Found::ready(convert::properties(&form))))
    }

    async fn change(&self, place: &Place<'_>, _settings: Properties, change: &Change<'_>) -> Result<(), Failure> {
        if Member::find(self, place, None).await?.is_none() {
            return Err(Failure::new(FailureCode::NotFound, format!("there is no form type {}", change.identifier)));
        }
        // There is no UpdateFormType: a new revision takes the place of the old one.
        define(place, change.desired).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_form_type().domain_identifier(&place.domain).form_type_identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let call = place.client().search_types().domain_identifier(&place.domain).managed(false);
        let call = call.search_scope(TypesSearchScope::FormType).set_search_text(optional(request, "Name"));
        let answer = place.done(call.set_next_token(request.page.clone()).send().await).await?;
        let names = answer.items.unwrap_or_default().into_iter().filter_map(|item| match item {
            SearchTypesResultItem::FormTypeItem(form) => Some(form.name),
            _ => None,
        });
        Ok((names.collect(), answer.next_token))
    }
}

#[async_trait]
impl Member for ProjectProfiles {
    const TYPE: &'static [&'static str] = &["AWS::DataZone::ProjectProfile"];
    const NOUN: &'static str = "project profile";
    const TEXTS: &'static [&'static str] = &["Description", "ProjectResourceTagsDescription"];

    async fn make(&self, place: &Place<'_>, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateProjectProfileInputBuilder = convert::input(&request.properties)?;
        Ok(place.done(input.send_with(place.client()).await).await?.id)
    }

    async fn find(&self, place: &Place<'_>, _recorded: Option<&Properties>) -> Result<Option<Found>, Failure> {
        let call = place.client().get_project_profile().domain_identifier(&place.domain).identifier(place.id());
        let profile = place.found(call.send().await).await?;
        Ok(profile.map(|profile| Found::ready(convert::properties(&profile))))
    }

    async fn change(&self, place: &Place<'_>, mut settings: Properties, change: &Change<'_>) -> Result<(), Failure> {
        for name in ["EnvironmentConfigurations", "ProjectResourceTags"] {
            if change.has(name) && !change.desired.contains_key(name) {
                settings.insert(name.to_owned(), Value::Array(Vec::new()));
            }
        }
        let input: UpdateProjectProfileInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&place.domain).identifier(place.id());
        place.done(input.send_with(place.client()).await).await.map(drop)
    }

    async fn remove(&self, place: &Place<'_>, _request: &DeleteRequest) -> Result<(), Failure> {
        let call = place.client().delete_project_profile().domain_identifier(&place.domain).identifier(place.id());
        place.done(call.send().await).await.map(drop)
    }

    async fn list(&self, place: &Place<'_>, request: &ListRequest) -> Result<Page, Failure> {
        let call = place.client().list_project_profiles().domain_identifier(&place.domain);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = place.done(call.send().await).await?;
        let ids = answer.items.unwrap_or_default().into_iter().map(|each| each.id).collect();
        Ok((ids, answer.next_token))
    }
}
