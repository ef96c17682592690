//! `AWS::QBusiness::Retriever`.

use super::support::{self, arn, beside_tags, change_tags, marked};
use crate::clients::Clients;
use crate::convert;
use crate::datazone::lifecycle::{Entity, Found, parts, settings};
use crate::errors::failure;
use crate::settle::{Change, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::create_retriever::builders::CreateRetrieverInputBuilder;
use aws_sdk_qbusiness::operation::update_retriever::builders::UpdateRetrieverInputBuilder;
use charter_provider::{CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Properties, RecoverRequest};
use std::time::Duration;

const TYPE: &str = "AWS::QBusiness::Retriever";
const FORM: &str = "ApplicationId|RetrieverId";

/// Serves retrievers.
pub(super) struct Retrievers;

#[async_trait]
impl Entity for Retrievers {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    const HAS_TOKEN: bool = true;

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let input: CreateRetrieverInputBuilder = convert::input(&request.properties)?;
        let application: String = convert::required(&request.properties, "ApplicationId")?;
        let call = input.client_token(&*request.token.0).send_with(clients.q_business());
        let id = call.await.map_err(failure)?.retriever_id.unwrap_or_default();
        Ok(format!("{application}|{id}"))
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        _recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let [application, id] = parts(TYPE, FORM, identifier)?;
        let call = clients.q_business().get_retriever().application_id(&application).retriever_id(&id);
        let Some(answer) = if_found(call.send().await.map_err(failure))? else { return Ok(None) };
        let status = answer.status().map_or("", |status| status.as_str());
        let arn = arn(clients, &application, &format!("/retriever/{id}"));
        let properties = convert::properties(&answer);
        support::found(clients, &arn, properties, status, None).await
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, change.identifier)?;
        let clients = change.clients;
        if change.has("Tags") {
            let arn = arn(clients, &application, &format!("/retriever/{id}"));
            change_tags(clients, &arn, change.observed, change.desired).await?;
        }
        if beside_tags(&change) {
            let settings = settings(&change, &[]);
            let input: UpdateRetrieverInputBuilder = convert::input(&settings)?;
            let call = input.application_id(application).retriever_id(id);
            call.send_with(clients.q_business()).await.map_err(failure)?;
        }
        Ok(())
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let [application, id] = parts(TYPE, FORM, &request.identifier)?;
        let call = clients.q_business().delete_retriever().application_id(application).retriever_id(id);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let call = clients.q_business().list_retrievers().application_id(&application);
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let ids = answer.retrievers.unwrap_or_default().into_iter().filter_map(|each| each.retriever_id);
        let identifiers = ids.map(|id| format!("{application}|{id}")).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        marked(self, clients, request).await
    }
}
