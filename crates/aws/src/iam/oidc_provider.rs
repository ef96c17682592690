//! `AWS::IAM::OIDCProvider`: an identity provider that speaks OpenID Connect. Its identifier is its ARN, made from its URL.

use super::{marks, names};
use crate::clients::Clients;
use crate::convert::{self, required};
use crate::errors::failure;
use crate::settle::{Change, Removed, Resource, explain_existing, gone_is_fine, if_found};
use async_trait::async_trait;
use aws_sdk_iam::operation::create_open_id_connect_provider::builders::CreateOpenIdConnectProviderInputBuilder;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest, Recovered,
};
use serde_json::Value;

pub(super) struct OidcProvider;

#[async_trait]
impl Resource for OidcProvider {
    const TYPE: &'static [&'static str] = &["AWS::IAM::OIDCProvider"];

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateOpenIdConnectProviderInputBuilder = convert::input(&request.properties)?;
        let arn = arn_of(clients, &request.properties)?;
        let answer = input.send_with(clients.iam()).await.map_err(failure);
        let answer = answer.map_err(|failure| explain_existing(failure, "identity provider", &arn))?;
        Ok(answer.open_id_connect_provider_arn.unwrap_or(arn))
    }

    async fn apply(&self, change: Change<'_>) -> Result<(), Failure> {
        let (iam, arn) = (change.clients.iam(), change.identifier);
        if change.has("ThumbprintList") {
            let thumbprints = names(change.desired, "ThumbprintList").into_iter().collect();
            let call = iam.update_open_id_connect_provider_thumbprint().open_id_connect_provider_arn(arn);
            call.set_thumbprint_list(Some(thumbprints)).send().await.map_err(failure)?;
        }
        if change.has("ClientIdList") {
            let (present, desired) = (names(change.observed, "ClientIdList"), names(change.desired, "ClientIdList"));
            for client in desired.difference(&present) {
                let call = iam.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(arn);
                call.client_id(client).send().await.map_err(failure)?;
            }
            for client in present.difference(&desired) {
                let call = iam.remove_client_id_from_open_id_connect_provider().open_id_connect_provider_arn(arn);
                gone_is_fine(call.client_id(client).send().await.map_err(failure))?;
            }
        }
        if change.has("Tags") {
            let tags = marks::change(&change);
            if !tags.set.is_empty() {
                let call = iam.tag_open_id_connect_provider().open_id_connect_provider_arn(arn);
                call.set_tags(Some(marks::to_list(&tags.set)?)).send().await.map_err(failure)?;
            }
            if !tags.remove.is_empty() {
                let call = iam.untag_open_id_connect_provider().open_id_connect_provider_arn(arn);
                call.set_tag_keys(Some(tags.remove)).send().await.map_err(failure)?;
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
        let call = clients.iam().get_open_id_connect_provider().open_id_connect_provider_arn(identifier);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let mut properties = convert::properties(&answer);
        marks::put(&mut properties, answer.tags());
        properties.insert("Arn".to_owned(), Value::String(identifier.to_owned()));
        // It comes back without the scheme, which is always this one (IAM API Reference, "CreateOpenIDConnectProvider").
        if let Some(url) = answer.url {
            properties.insert("Url".to_owned(), Value::String(format!("https://{}", bare(&url))));
        }
        Ok(Some(properties))
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<Removed, Failure> {
        let (iam, arn) = (clients.iam(), &request.identifier);
        // The deletion "does not fail or return an error if you call the operation for a provider that does not exist" (IAM API
        // Reference, "DeleteOpenIDConnectProvider"), so the look before it has to.
        iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn).send().await.map_err(failure)?;
        iam.delete_open_id_connect_provider().open_id_connect_provider_arn(arn).send().await.map_err(failure)?;
        Ok(Removed::Whole)
    }

    async fn list(&self, clients: &Clients, _request: &ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.iam().list_open_id_connect_providers().send().await.map_err(failure)?;
        let list = answer.open_id_connect_provider_list.into_iter().flatten();
        Ok(ListResponse { identifiers: list.filter_map(|provider| provider.arn).collect(), next: None })
    }

    async fn recover(&self, clients: &Clients, request: &RecoverRequest) -> Result<Recovered, Failure> {
        let arn = arn_of(clients, &request.properties)?;
        let call = clients.iam().get_open_id_connect_provider().open_id_connect_provider_arn(&arn);
        let answer = if_found(call.send().await.map_err(failure))?;
        Ok(marks::recovered(answer.map(|answer| marks::from_list(answer.tags())), arn, request))
    }
}

fn bare(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/')
}

fn arn_of(clients: &Clients, properties: &Properties) -> Result<String, Failure> {
    let url: String = required(properties, "Url")?;
    Ok(format!("arn:{}:iam::{}:oidc-provider/{}", clients.partition(), clients.account_id(), bare(&url)))
}
