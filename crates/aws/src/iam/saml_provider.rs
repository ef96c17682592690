//! `AWS::IAM::SAMLProvider`: an identity provider that speaks SAML 2.0. Its identifier is its ARN, made from its name.

use super::marks;
use crate::clients::Clients;
use crate::convert::{self, required};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_iam::operation::create_saml_provider::builders::CreateSamlProviderInputBuilder;
use aws_sdk_iam::operation::update_saml_provider::builders::UpdateSamlProviderInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest, Recovered,
};
use serde_json::Value;

pub(super) struct SamlProvider;

#[async_trait]
impl Resource for SamlProvider {
    const TYPE: &'static [&'static str] = &["AWS::IAM::SAMLProvider"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateSamlProviderInputBuilder = convert::input(&request.properties)?;
        let arn = arn_of(clients, &request.properties)?;
        let answer = input.send_with(clients.iam()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "identity provider", &arn))?;
        Ok(answer.saml_provider_arn.unwrap_or(arn))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (iam, arn) = (change.clients.iam(), change.identifier);
        // Only what differs is sent: a key once added must not be added again.
        let differs = |name: &str| change.has(name);
        let sent = ["SamlMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"];
        if sent.iter().any(|name| differs(name)) {
            let kept = change.desired.iter().filter(|(name, _)| differs(name));
            let properties: Properties = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
            let input: UpdateSamlProviderInputBuilder = convert::input(&properties)?;
            input.saml_provider_arn(arn).send_with(iam).await.map_err(failure)?;
        }
        if change.has("Tags") {
            let tags = marks::change(&change);
            if !tags.set.is_empty() {
                let call = iam.tag_saml_provider().saml_provider_arn(arn);
                call.set_tags(Some(marks::to_list(&tags.set)?)).send().await.map_err(failure)?;
            }
            if !tags.remove.is_empty() {
                let call = iam.untag_saml_provider().saml_provider_arn(arn).set_tag_keys(Some(tags.remove));
                call.send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Properties>, Failure> {
        let call = clients.iam().get_saml_provider().saml_provider_arn(identifier);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&answer);
        marks::put(&mut properties, answer.tags());
        properties.insert("Arn".to_owned(), Value::String(identifier.to_owned()));
        if let Some((_, name)) = identifier.rsplit_once('/') {
            properties.insert("Name".to_owned(), Value::String(name.to_owned()));
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let call = clients.iam().delete_saml_provider().saml_provider_arn(&request.identifier);
        call.send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.iam().list_saml_providers().send().await.map_err(failure)?;
        let list = answer.saml_provider_list.into_iter().flatten();
        Ok(ListResponse { identifiers: list.filter_map(|provider| provider.arn).collect(), next: None })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let arn = arn_of(clients, &request.properties)?;
        let answer = if_found(clients.iam().get_saml_provider().saml_provider_arn(&arn).send().await.map_err(failure))?;
        Ok(marks::recovered(answer.map(|answer| marks::from_list(answer.tags())), arn, request))
    }
}

fn arn_of(clients: &Clients, properties: &Properties) -> Result<String, Failure> {
    let name: String = required(properties, "Name")?;
    Ok(format!("arn:{}:iam::{}:saml-provider/{name}", clients.partition(), clients.account_id()))
}
