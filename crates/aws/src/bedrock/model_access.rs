//! `Charter::Bedrock::ModelAccess`: that a model can be called. A preflight that is written down: nothing is made, agreed to or
//! bought, and nothing is taken away again. Identified by the id of the model or system profile.

use super::models::{self, Standing, Strictness};
use crate::adapter::{Adapter, ResourcePreflight, Step};
use crate::clients::Clients;
use crate::convert::required;
use crate::errors::failure;
use crate::progress::{decode_handle, deleted, done, not_found, pending, wait_after};
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, PreflightFinding,
    Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const TYPE: &str = "Charter::Bedrock::ModelAccess";
/// An agreement takes some minutes to be in force (Amazon Bedrock User Guide, "Access Amazon Bedrock foundation models").
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const LOOKS: u32 = 45;

/// Serves model access.
pub(super) struct ModelAccesses;

/// What the journal keeps.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    polls: u32,
}

fn properties(id: &str, standing: &Standing) -> Properties {
    let mut properties = Properties::from_iter([
        ("ModelId".to_owned(), id.into()),
        ("ModelArns".to_owned(), standing.models.iter().cloned().collect()),
    ]);
    properties.extend(standing.lifecycle.clone().map(|life| ("Lifecycle".to_owned(), life.into())));
    properties
}

async fn look(clients: &Clients, id: &str, polls: u32) -> Step {
    let standing = models::standing(clients, id, Strictness::Strict).await?;
    let against: Vec<&str> =
        standing.findings.iter().filter(|finding| finding.blocks).map(|finding| finding.message.as_str()).collect();
    if against.is_empty() {
        return Ok(done(id, properties(id, &standing)));
    }
    if standing.is_pending && against.len() == 1 && polls < LOOKS {
        let wait = wait_after(polls, LONGEST_WAIT);
        return pending(&Handle { polls }, Some(id.to_owned()), wait, "waiting for the agreement");
    }
    Err(Failure::new(FailureCode::InvalidRequest, against.join("; ")))
}

#[async_trait]
impl Adapter for ModelAccesses {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn preflight_resource(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        models::of_resource(clients, resource, Strictness::Strict).await
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let id: String = required(&request.properties, "ModelId")?;
        look(clients, &id, 0).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let standing = models::standing(clients, &request.identifier, Strictness::Strict).await?;
        if standing.models.is_empty() {
            return Ok(Observed::Absent);
        }
        Ok(Observed::Present { properties: properties(&request.identifier, &standing) })
    }

    async fn update(&self, _clients: &Clients, request: UpdateRequest) -> Step {
        // Its only property is create-only.
        Err(not_found(TYPE, &request.identifier))
    }

    async fn delete(&self, _clients: &Clients, request: DeleteRequest) -> Step {
        Ok(deleted(request.identifier))
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let polls = decode_handle::<Handle>(&request.handle)?.polls.saturating_add(1);
        look(clients, &request.identifier.unwrap_or_default(), polls).await
    }

    async fn list(&self, clients: &Clients, _request: ListRequest) -> Result<ListResponse, Failure> {
        let answer = clients.bedrock().list_foundation_models().send().await.map_err(failure)?;
        let mut identifiers: Vec<String> =
            answer.model_summaries.into_iter().flatten().map(|model| model.model_id).collect();
        let mut pages = clients.bedrock().list_inference_profiles().into_paginator().send();
        while let Some(page) = pages.next().await {
            let profiles = page.map_err(failure)?.inference_profile_summaries.into_iter().flatten();
            identifiers.extend(profiles.map(|profile| profile.inference_profile_id));
        }
        Ok(ListResponse { identifiers, next: None })
    }

    async fn recover(&self, _clients: &Clients, _request: RecoverRequest) -> Result<Recovered, Failure> {
        // Looking again harms nothing.
        Ok(Recovered::Repeat)
    }
}
