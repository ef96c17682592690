//! `AWS::Kendra::Faq`: questions and answers from a file. Nothing of it can be changed but its tags.

use super::lifecycle::{
    Candidate, Handle, OWN, Stage, change_tags, complete, course, following, gone_if, index_arn, parts,
    recovered_creation, tags_of,
};
use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::errors::{failure, failure_on, reference_missing};
use crate::progress::{decode_handle, done, not_found};
use crate::recorded::top_level;
use async_trait::async_trait;
use aws_sdk_kendra::operation::create_faq::builders::CreateFaqInputBuilder;
use aws_sdk_kendra::operation::describe_faq::DescribeFaqOutput;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Operation, Properties,
    ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use std::time::Duration;

const TYPE: &str = "AWS::Kendra::Faq";
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Serves FAQs.
pub(crate) struct Faqs;

impl Faqs {
    async fn describe(&self, clients: &Clients, id: &str, index: &str) -> Result<Option<DescribeFaqOutput>, Failure> {
        match clients.kendra().describe_faq().id(id).index_id(index).send().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => match failure_on(error, OWN) {
                failure if failure.code == FailureCode::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    async fn properties(&self, clients: &Clients, faq: &DescribeFaqOutput) -> Result<Properties, Failure> {
        let mut properties = convert::properties(faq);
        let arn = arn(clients, faq.id().unwrap_or_default(), faq.index_id().unwrap_or_default());
        complete(&mut properties, &arn, tags_of(clients, &arn).await?);
        Ok(properties)
    }
}

fn arn(clients: &Clients, id: &str, index: &str) -> String {
    format!("{}/faq/{id}", index_arn(clients, index))
}

#[async_trait]
impl Adapter for Faqs {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let index: String = convert::required(&request.properties, "IndexId")?;
        let input: CreateFaqInputBuilder = convert::input(&request.properties)?;
        let answer = input.client_token(&*request.token.0).send_with(clients.kendra()).await;
        let id = answer.map_err(|error| reference_missing(failure(error)))?.id.unwrap_or_default();
        Handle::at(Stage::Creating).pending(&format!("{id}|{index}"), "creating", LONGEST_WAIT)
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let (id, index) = parts(TYPE, &request.identifier)?;
        let Some(faq) = self.describe(clients, id, index).await? else { return Ok(Observed::Absent) };
        Ok(Observed::Present { properties: self.properties(clients, &faq).await? })
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let (id, index) = parts(TYPE, &request.identifier)?;
        if let Some(name) = top_level(&request.changed).into_iter().find(|name| name != "Tags") {
            let message = format!("/{name}: Kendra cannot change a FAQ but for its tags; it must be replaced");
            return Err(Failure::new(FailureCode::NotUpdatable, message));
        }
        let changed = change_tags(clients, &arn(clients, id, index), &request.observed, &request.properties).await;
        if let Err(failure) = changed {
            return Err(gone_if(failure, self.describe(clients, id, index).await?, TYPE, &request.identifier));
        }
        Handle::at(Stage::Settling).pending(&request.identifier, "updating", LONGEST_WAIT)
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let (id, index) = parts(TYPE, &request.identifier)?;
        let handle = Handle::at(Stage::Deleting);
        let answer = clients.kendra().delete_faq().id(id).index_id(index).send().await;
        match answer.map_err(|error| failure_on(error, OWN)) {
            Ok(_) => handle.pending(&request.identifier, "deleting", LONGEST_WAIT),
            // The deletion may be our own, of which no answer came.
            Err(failure) if failure.code == FailureCode::ResourceConflict => {
                match self.describe(clients, id, index).await? {
                    Some(faq) if faq.status().is_some_and(|status| status.as_str() == "DELETING") => {
                        handle.pending(&request.identifier, "deleting", LONGEST_WAIT)
                    }
                    _ => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let identifier = request.identifier.unwrap_or_default();
        let (id, index) = parts(TYPE, &identifier)?;
        let found = self.describe(clients, id, index).await?;
        let seen =
            found.as_ref().map(|faq| (faq.status().map_or("unknown", |status| status.as_str()), faq.error_message()));
        let answer = course(TYPE, &identifier, decode_handle(&request.handle)?, seen, LONGEST_WAIT)?;
        match (answer, &found) {
            (Some(progress), _) => Ok(progress),
            (None, Some(faq)) => {
                let properties = self.properties(clients, faq).await?;
                Ok(done(identifier, properties))
            }
            (None, None) => Err(not_found(TYPE, &identifier)),
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let index: String = convert::required(&request.filter, "IndexId")?;
        let call = clients.kendra().list_faqs().index_id(&index).set_next_token(request.page);
        let answer = call.send().await.map_err(failure)?;
        let items = answer.faq_summary_items.unwrap_or_default();
        let identifiers = items.into_iter().filter_map(|item| Some(format!("{}|{index}", item.id?))).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        if let Some(identifier) = &request.identifier {
            let (id, index) = parts(TYPE, identifier)?;
            let Some(faq) = self.describe(clients, id, index).await? else { return Ok(Recovered::Absent) };
            let status = faq.status().map_or("unknown", |status| status.as_str());
            return following(Stage::of(request.operation), identifier, status, LONGEST_WAIT);
        }
        if request.operation != Operation::Create {
            return Ok(Recovered::Absent);
        }
        let index: String = convert::required(&request.properties, "IndexId")?;
        let name: Option<String> = convert::get(&request.properties, "Name")?;
        let mut candidates = Vec::new();
        let mut pages = clients.kendra().list_faqs().index_id(&index).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| failure_on(error, OWN)) {
                // With its index everything in it is gone.
                Err(failure) if failure.code == FailureCode::NotFound => return Ok(Recovered::Absent),
                page => page?,
            };
            for item in page.faq_summary_items.unwrap_or_default() {
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
