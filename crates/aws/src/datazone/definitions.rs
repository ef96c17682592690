//! `AWS::DataZone::FormType`, `AWS::DataZone::ProjectProfile` and `AWS::DataZone::Connection`.

use super::lifecycle::{Entity, Found, done_in, found, optional, parts, settings};
use crate::clients::Clients;
use crate::convert;
use crate::settle::{Change, explain_existing};
use async_trait::async_trait;
use aws_sdk_datazone::operation::create_connection::builders::CreateConnectionInputBuilder;
use aws_sdk_datazone::operation::create_form_type::builders::CreateFormTypeInputBuilder;
use aws_sdk_datazone::operation::create_project_profile::builders::CreateProjectProfileInputBuilder;
use aws_sdk_datazone::operation::update_connection::builders::UpdateConnectionInputBuilder;
use aws_sdk_datazone::operation::update_project_profile::builders::UpdateProjectProfileInputBuilder;
use aws_sdk_datazone::types::{SearchTypesResultItem, TypesSearchScope};
use charter_provider::{CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties};
use serde_json::Value;

const FORM_TYPE: &str = "AWS::DataZone::FormType";
const PROJECT_PROFILE: &str = "AWS::DataZone::ProjectProfile";
const CONNECTION: &str = "AWS::DataZone::Connection";
const NAMED_FORM: &str = "DomainIdentifier|FormTypeIdentifier";
const FORM: &str = "DomainId|Id";

/// Serves form types.
pub(super) struct FormTypes;

/// Serves profiles of projects (V2).
pub(super) struct ProjectProfiles;

/// Serves connections.
pub(super) struct Connections;

async fn define(clients: &Clients, properties: &Properties) -> Result<String, Failure> {
    let domain: String = convert::required(properties, "DomainIdentifier")?;
    let input: CreateFormTypeInputBuilder = convert::input(properties)?;
    let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await?;
    Ok(format!("{}|{}", answer.domain_id, answer.name))
}

#[async_trait]
impl Entity for FormTypes {
    const TYPE: &'static [&'static str] = &[FORM_TYPE];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let name: String = convert::required(&request.properties, "Name")?;
        let identifier = format!("{domain}|{name}");
        // A second creation makes another revision of the first.
        if self.find(clients, &identifier, None).await?.is_some() {
            let message = format!("there is a form type {name} already: adopt it with `import: {identifier}`");
            return Err(Failure::new(FailureCode::AlreadyExists, message));
        }
        define(clients, &request.properties).await
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, name] = parts(FORM_TYPE, NAMED_FORM, identifier)?;
        let call = clients.datazone().get_form_type().domain_identifier(&domain).form_type_identifier(name);
        let form = found(clients, &domain, call.send().await).await?;
        Ok(form.map(|form| Found::ready(convert::properties(&form))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        if self.find(change.clients, change.identifier, None).await?.is_none() {
            return Err(Failure::new(FailureCode::NotFound, format!("there is no form type {}", change.identifier)));
        }
        // There is no UpdateFormType: a new revision takes the place of the old one.
        define(change.clients, change.desired).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, name] = parts(FORM_TYPE, NAMED_FORM, &request.identifier)?;
        let call = clients.datazone().delete_form_type().domain_identifier(&domain).form_type_identifier(name);
        done_in(clients, &domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let call = clients.datazone().search_types().domain_identifier(&domain).managed(false);
        let call = call.search_scope(TypesSearchScope::FormType).set_search_text(optional(request, "Name"));
        let answer = done_in(clients, &domain, call.set_next_token(request.page.clone()).send().await).await?;
        let items = answer.items.unwrap_or_default().into_iter();
        let identifiers = items.filter_map(|item| match item {
            SearchTypesResultItem::FormTypeItem(form) => Some(format!("{}|{}", form.domain_id, form.name)),
            _ => None,
        });
        Ok(ListResponse { identifiers: identifiers.collect(), next: answer.next_token })
    }
}

#[async_trait]
impl Entity for ProjectProfiles {
    const TYPE: &'static [&'static str] = &[PROJECT_PROFILE];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateProjectProfileInputBuilder = convert::input(&request.properties)?;
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let name = convert::get::<String>(&request.properties, "Name")?.unwrap_or_default();
        let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await;
        let answer = answer.map_err(|failure| explain_existing(failure, "project profile", &name))?;
        Ok(format!("{}|{}", answer.domain_id, answer.id))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(PROJECT_PROFILE, FORM, identifier)?;
        let call = clients.datazone().get_project_profile().domain_identifier(&domain).identifier(id);
        let profile = found(clients, &domain, call.send().await).await?;
        Ok(profile.map(|profile| Found::ready(convert::properties(&profile))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(PROJECT_PROFILE, FORM, change.identifier)?;
        let mut settings = settings(&change, &["Description", "ProjectResourceTagsDescription"]);
        for name in ["EnvironmentConfigurations", "ProjectResourceTags"] {
            if change.has(name) && !change.desired.contains_key(name) {
                settings.insert(name.to_owned(), Value::Array(Vec::new()));
            }
        }
        let input: UpdateProjectProfileInputBuilder = convert::input(&settings)?;
        let input = input.domain_identifier(&domain).identifier(id);
        done_in(change.clients, &domain, input.send_with(change.clients.datazone()).await).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(PROJECT_PROFILE, FORM, &request.identifier)?;
        let call = clients.datazone().delete_project_profile().domain_identifier(&domain).identifier(id);
        done_in(clients, &domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let call = clients.datazone().list_project_profiles().domain_identifier(&domain);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let answer = done_in(clients, &domain, call.send().await).await?;
        let items = answer.items.unwrap_or_default().into_iter();
        let identifiers = items.map(|each| format!("{}|{}", each.domain_id, each.id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }
}

#[async_trait]
impl Entity for Connections {
    const TYPE: &'static [&'static str] = &[CONNECTION];
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateConnectionInputBuilder = convert::input(&request.properties)?;
        let input = input.client_token(&*request.token.0);
        let domain: String = convert::required(&request.properties, "DomainIdentifier")?;
        let name = convert::get::<String>(&request.properties, "Name")?.unwrap_or_default();
        let answer = done_in(clients, &domain, input.send_with(clients.datazone()).await).await;
        let answer = answer.map_err(|failure| explain_existing(failure, "connection", &name))?;
        Ok(format!("{}|{}", answer.domain_id, answer.connection_id))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [domain, id] = parts(CONNECTION, "DomainId|ConnectionId", identifier)?;
        let call = clients.datazone().get_connection().domain_identifier(&domain).identifier(id);
        let connection = found(clients, &domain, call.with_secret(false).send().await).await?;
        Ok(connection.map(|connection| Found::ready(convert::properties(&connection))))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [domain, id] = parts(CONNECTION, "DomainId|ConnectionId", change.identifier)?;
        let input: UpdateConnectionInputBuilder = convert::input(&settings(&change, &["Description"]))?;
        let input = input.domain_identifier(&domain).identifier(id);
        done_in(change.clients, &domain, input.send_with(change.clients.datazone()).await).await.map(drop)
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [domain, id] = parts(CONNECTION, "DomainId|ConnectionId", &request.identifier)?;
        let call = clients.datazone().delete_connection().domain_identifier(&domain).identifier(id);
        done_in(clients, &domain, call.send().await).await.map(drop)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let domain: String = convert::required(&request.filter, "DomainIdentifier")?;
        let call = clients.datazone().list_connections().domain_identifier(&domain);
        let call = call.set_name(optional(request, "Name")).set_next_token(request.page.clone());
        let call = call.set_environment_identifier(optional(request, "EnvironmentIdentifier"));
        let call = call.set_project_identifier(optional(request, "ProjectIdentifier"));
        let answer = done_in(clients, &domain, call.send().await).await?;
        let identifiers =
            answer.items.iter().map(|each| format!("{}|{}", each.domain_id, each.connection_id)).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }
}
