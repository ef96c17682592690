//! `AWS::QBusiness::WebExperience`: where people sign in and ask.

use super::support::{self, arn, beside_tags, change_tags, marked};
use crate::clients::Clients;
use crate::convert;
use crate::datazone::lifecycle::{Entity, Found, parts, settings};
use crate::errors::failure;
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_web_experience::builders::CreateWebExperienceInputBuilder;
use aws_sdk_qbusiness::operation::update_web_experience::builders::UpdateWebExperienceInputBuilder;
use aws_sdk_qbusiness::types::BrowserExtensionConfiguration;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use serde_json::{Value, json};
use std::time::Duration;

const TYPE: &str = "AWS::QBusiness::WebExperience";
const FORM: &str = "ApplicationId|WebExperienceId";

/// Serves web experiences.
pub(super) struct WebExperiences;

#[async_trait]
impl Entity for WebExperiences {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateWebExperienceInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        let id = call.await.map_err(failure)?.web_experience_id.unwrap_or_default();
        Ok(format!("{application}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.q_business().get_web_experience().application_id(&application).web_experience_id(&id);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let arn = arn(clients, &application, &format!("/web-experience/{id}"));
        let mut properties = convert::properties(&answer);
        properties.retain(|_, value| !is_blank(value));
        support::found(clients, &arn, properties, status, answer.error()).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, change.identifier)?;
        let clients = change.clients;
        if change.has("Tags") {
            let arn = arn(clients, &application, &format!("/web-experience/{id}"));
            change_tags(clients, &arn, change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let mut settings = settings(&change, &["Subtitle", "Title", "WelcomeMessage"]);
            if change.has("SamplePromptsControlMode") && !change.desired.contains_key("SamplePromptsControlMode") {
                settings.insert("SamplePromptsControlMode".to_owned(), "ENABLED".into());
            }
            // Every one of its links is taken away by an empty text.
            if change.has("CustomizationConfiguration") && !change.desired.contains_key("CustomizationConfiguration") {
                let none = json!({"CustomCSSUrl": "", "FaviconUrl": "", "FontUrl": "", "LogoUrl": ""});
                settings.insert("CustomizationConfiguration".to_owned(), none);
            }
            let mut input: UpdateWebExperienceInputBuilder = convert::input(&settings)?;
            if change.has("Origins") && !change.desired.contains_key("Origins") {
                input = input.set_origins(Some(Vec::new()));
            }
            if change.has("BrowserExtensionConfiguration")
                && !change.desired.contains_key("BrowserExtensionConfiguration")
            {
                let none =
                    BrowserExtensionConfiguration::builder().set_enabled_browser_extensions(Some(Vec::new())).build();
                input = input.set_browser_extension_configuration(none.ok());
            }
            let call = input.application_id(application).web_experience_id(id);
            call.send_with(clients.q_business()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.q_business().delete_web_experience().application_id(application).web_experience_id(id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let call = clients.q_business().list_web_experiences().application_id(&application);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let ids = answer.web_experiences.unwrap_or_default().into_iter().filter_map(|each| each.web_experience_id);
        let identifiers = ids.map(|id| format!("{application}|{id}")).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}

/// What was taken away by an empty text, or an empty list, is not there.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.values().all(is_blank),
        _ => false,
    }
}
