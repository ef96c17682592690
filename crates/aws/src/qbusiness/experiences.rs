//! `AWS::QBusiness::WebExperience`: where people sign in and ask.

use super::parts::{Page, Part, Place, Seen, answered};
use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::settings;
use crate::settle::Change;
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_web_experience::builders::CreateWebExperienceInputBuilder;
use aws_sdk_qbusiness::operation::update_web_experience::builders::UpdateWebExperienceInputBuilder;
use aws_sdk_qbusiness::types::BrowserExtensionConfiguration;
use charter_provider::{CreateRequest, Failure, Properties};
use serde_json::{Value, json};

/// Serves web experiences.
pub(super) struct WebExperiences;

#[async_trait]
impl Part for WebExperiences {
    const TYPE: &'static [&'static str] = &["AWS::QBusiness::WebExperience"];
    const FORM: &'static str = "ApplicationId|WebExperienceId";
    const PATH: &'static str = "web-experience";

    async fn make(clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateWebExperienceInputBuilder = convert::input(&request.properties)?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        Ok(call.await.map_err(failure)?.web_experience_id.unwrap_or_default())
    }

    async fn find(clients: &Clients, place: &Place, _recorded: Option<&Properties>) -> Result<Option<Seen>, Failure> {
        let call =
            clients.q_business().get_web_experience().application_id(&place.application).web_experience_id(&place.id);
        let Some(answer) = answered(call.send().await)? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let mut properties = convert::properties(&answer);
        properties.retain(|_, value| !is_blank(value));
        Ok(Some(Seen { properties, status: status.to_owned(), error: answer.error().cloned() }))
    }

    async fn change(change: &Change<'_>, place: Place) -> Result<(), Failure> {
        let mut settings = settings(change, &["Subtitle", "Title", "WelcomeMessage"]);
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
        if change.has("BrowserExtensionConfiguration") && !change.desired.contains_key("BrowserExtensionConfiguration")
        {
            let none =
                BrowserExtensionConfiguration::builder().set_enabled_browser_extensions(Some(Vec::new())).build();
            input = input.set_browser_extension_configuration(none.ok());
        }
        let call = input.application_id(place.application).web_experience_id(place.id);
        call.send_with(change.clients.q_business()).await.map(drop).map_err(failure)
    }

    async fn remove(clients: &Clients, place: Place) -> Result<(), Failure> {
        let call =
            clients.q_business().delete_web_experience().application_id(place.application).web_experience_id(place.id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(clients: &Clients, application: &str, page: Option<String>) -> Result<Page, Failure> {
        let call = clients.q_business().list_web_experiences().application_id(application).set_next_token(page);
        let answer = call.send().await.map_err(failure)?;
        let ids = answer.web_experiences.unwrap_or_default().into_iter().filter_map(|each| each.web_experience_id);
        Ok((ids.collect(), answer.next_token))
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
