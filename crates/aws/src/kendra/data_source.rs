//! `AWS::Kendra::DataSource`: a connector of an index. Identified by its id and that of the index.

use super::lifecycle::{
    Candidate, Handle, OWN, Stage, change_tags, complete, course, following, gone_if, index_arn, parts,
    recovered_creation, tags_of,
};
use super::template_vpc;
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on, reference_missing};
use crate::progress::{decode_handle, done, not_found};
use crate::recorded::top_level;
use async_trait::async_trait;
use aws_sdk_kendra::operation::create_data_source::builders::CreateDataSourceInputBuilder;
use aws_sdk_kendra::operation::describe_data_source::DescribeDataSourceOutput;
use aws_sdk_kendra::operation::update_data_source::builders::UpdateDataSourceInputBuilder;
use aws_sdk_kendra::types::CustomDocumentEnrichmentConfiguration;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use std::time::Duration;

const TYPE: &str = "AWS::Kendra::DataSource";
/// Creation takes a moment; deletion "could take up to an hour or more", as its documents leave the index (DeleteDataSource).
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Serves data sources.
pub(crate) struct DataSources;

impl DataSources {
    async fn describe(
        &self,
        clients: &Clients,
        id: &str,
        index: &str,
    ) -> Result<Option<DescribeDataSourceOutput>, Failure> {
        match clients.kendra().describe_data_source().id(id).index_id(index).send().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => match failure_on(error, OWN) {
                failure if failure.code == FailureCode::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    async fn properties(&self, clients: &Clients, source: &DescribeDataSourceOutput) -> Result<Properties, Failure> {
        let mut properties = convert::properties(source);
        template_vpc::put(&mut properties, source.vpc_configuration());
        let arn = arn(clients, source.id().unwrap_or_default(), source.index_id().unwrap_or_default());
        complete(&mut properties, &arn, tags_of(clients, &arn).await?);
        Ok(properties)
    }
}

fn arn(clients: &Clients, id: &str, index: &str) -> String {
    format!("{}/data-source/{id}", index_arn(clients, index))
}

#[async_trait]
impl Adapter for DataSources {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let index: String = convert::required(&request.properties, "IndexId")?;
        let mut properties = request.properties;
        let vpc = template_vpc::take(&mut properties)?;
        let input: CreateDataSourceInputBuilder = convert::input(&properties)?;
        let input = if vpc.is_some() { input.set_vpc_configuration(vpc) } else { input };
        let answer = input.client_token(&*request.token.0).send_with(clients.kendra()).await;
        let id = answer.map_err(|error| reference_missing(failure(error)))?.id;
        Handle::at(Stage::Creating).pending(&format!("{id}|{index}"), "creating", LONGEST_WAIT)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let (id, index) = parts(TYPE, &request.identifier)?;
        let Some(source) = self.describe(clients, id, index).await? else { return Ok(Observed::Absent) };
        Ok(Observed::Present { properties: self.properties(clients, &source).await? })
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (id, index) = parts(TYPE, &request.identifier)?;
        let desired = &request.properties;
        let mut names = top_level(&request.changed);
        if names.remove("Tags")
            && let Err(failure) = change_tags(clients, &arn(clients, id, index), &request.observed, desired).await
        {
            return Err(gone_if(failure, self.describe(clients, id, index).await?, TYPE, &request.identifier));
        }
        if !names.is_empty() {
            let mut settings: Properties =
                names.iter().filter_map(|name| Some((name.clone(), desired.get(name)?.clone()))).collect();
            let vpc = template_vpc::take(&mut settings)?;
            let mut input: UpdateDataSourceInputBuilder = convert::input(&settings)?;
            if vpc.is_some() {
                input = input.set_vpc_configuration(vpc);
            }
            for name in names.iter().filter(|name| !desired.contains_key(*name)) {
                input = match name.as_str() {
                    "Description" => input.description(""),
                    // Without a schedule it runs when asked to.
                    "Schedule" => input.schedule(""),
                    "CustomDocumentEnrichmentConfiguration" => input.custom_document_enrichment_configuration(
                        CustomDocumentEnrichmentConfiguration::builder().build(),
                    ),
                    _ => input,
                };
            }
            let call = input.id(id).index_id(index).send_with(clients.kendra());
            call.await.map_err(|error| failure_on(error, OWN))?;
        }
        Handle::at(Stage::Settling).pending(&request.identifier, "updating", LONGEST_WAIT)
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let (id, index) = parts(TYPE, &request.identifier)?;
        let call = clients.kendra().delete_data_source().id(id).index_id(index);
        call.send().await.map_err(|error| failure_on(error, OWN))?;
        Handle::at(Stage::Deleting).pending(&request.identifier, "deleting", LONGEST_WAIT)
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let identifier = request.identifier.unwrap_or_default();
        let (id, index) = parts(TYPE, &identifier)?;
        let found = self.describe(clients, id, index).await?;
        let seen = found
            .as_ref()
            .map(|source| (source.status().map_or("unknown", |status| status.as_str()), source.error_message()));
        let answer = course(TYPE, &identifier, decode_handle(&request.handle)?, seen, LONGEST_WAIT)?;
        match (answer, &found) {
            (Some(progress), _) => Ok(progress),
            (None, Some(source)) => {
                let properties = self.properties(clients, source).await?;
                Ok(done(identifier, properties))
            }
            (None, None) => Err(not_found(TYPE, &identifier)),
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let index: String = convert::required(&request.filter, "IndexId")?;
        let call = clients.kendra().list_data_sources().index_id(&index).set_next_token(request.page);
        let answer = call.send().await.map_err(failure)?;
        let items = answer.summary_items.unwrap_or_default();
        let identifiers = items.into_iter().filter_map(|item| Some(format!("{}|{index}", item.id?))).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        if let Some(identifier) = &request.identifier {
            let (id, index) = parts(TYPE, identifier)?;
            let Some(source) = self.describe(clients, id, index).await? else { return Ok(Recovered::Absent) };
            let status = source.status().map_or("unknown", |status| status.as_str());
            return following(Stage::of(request.operation), identifier, status, LONGEST_WAIT);
        }
        if request.operation != Operation::Create {
            return Ok(Recovered::Absent);
        }
        let index: String = convert::required(&request.properties, "IndexId")?;
        let name: Option<String> = convert::get(&request.properties, "Name")?;
        let mut candidates = Vec::new();
        let mut pages = clients.kendra().list_data_sources().index_id(&index).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| failure_on(error, OWN)) {
                // With its index everything in it is gone.
                Err(failure) if failure.code == FailureCode::NotFound => return Ok(Recovered::Absent),
                page => page?,
            };
            for item in page.summary_items.unwrap_or_default() {
                if item.name == name
                    && let Some(id) = item.id
                {
                    let tags = tags_of(clients, &arn(clients, &id, &index)).await?;
                    let status = item.status.map_or_else(String::new, |status| status.as_str().to_owned());
                    candidates.push(Candidate { identifier: format!("{id}|{index}"), tags, status });
                }
            }
        }
        recovered_creation(&request, candidates, LONGEST_WAIT)
    }
}
