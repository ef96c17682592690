//! What became of an intent: by the running requests, by the identifier, by the mark, and last by the client token.
//!
//! A client token is valid for 36 hours; after that the same token makes a second resource (CreateResource, `ClientToken`). So
//! a creation is repeated only if nothing carries the mark of its address. What a request older than that has made carries it.

use super::CloudControl;
use super::event::{Following, Handle};
use crate::adapter::Adapter;
use crate::clients::Clients;
use crate::errors::failure;
use crate::tags::{Owner, Tags, owner};
use aws_sdk_cloudcontrol::types::{Operation as RequestOperation, OperationStatus, ResourceRequestStatusFilter};
use charter_catalog::{TagShape, TypeSchema};
use charter_provider::{Failure, FailureCode, ListRequest, Operation, Progress, Properties, RecoverRequest, Recovered};
use serde_json::Value;

/// How many resources of a type are looked at for a mark before giving up: each is one call.
const MOST_LOOKED_AT: usize = 1000;

impl CloudControl {
    pub(super) async fn recover_intent(
        &self,
        clients: &Clients,
        request: RecoverRequest,
    ) -> Result<Recovered, Failure> {
        let schema = match self.catalog.schema(&request.type_name) {
            Some(schema) => schema,
            None => return Ok(Recovered::Repeat),
        };
        let identifier = request.identifier.clone().or_else(|| schema.identifier_of(&request.properties));
        if let Some(identifier) = &identifier
            && let Some(running) = self.running(clients, &request, identifier).await?
        {
            return Ok(running);
        }
        match (request.operation, identifier) {
            (Operation::Create, identifier) => self.recover_creation(clients, &request, &schema, identifier).await,
            (Operation::Update | Operation::Delete, Some(identifier)) => {
                let found = self.get(clients, &request.type_name, &identifier).await?;
                Ok(found.map_or(Recovered::Absent, |_| Recovered::Exists { identifier }))
            }
            // Neither is ever asked for without an identifier.
            (Operation::Update | Operation::Delete, None) => Ok(Recovered::Absent),
        }
    }

    async fn recover_creation(
        &self,
        clients: &Clients,
        request: &RecoverRequest,
        schema: &TypeSchema,
        identifier: Option<String>,
    ) -> Result<Recovered, Failure> {
        if let Some(identifier) = identifier {
            let Some(found) = self.get(clients, &request.type_name, &identifier).await? else {
                return Ok(Recovered::Repeat);
            };
            // An identifier from the journal came from our own call; one made of the inputs may be somebody else's.
            let ours = request.identifier.is_some() || schema.tagging().is_none();
            return Ok(match tags_of(schema, &found).map(|tags| owner(&tags, request)) {
                _ if ours => Recovered::Exists { identifier },
                Some(Owner::Ours) => Recovered::Exists { identifier },
                Some(Owner::Other(whose)) => Recovered::Ambiguous {
                    reason: format!(
                        "{} {identifier} exists, but {whose}. Import it if it is meant, or give the new one another name",
                        request.type_name
                    ),
                    candidates: vec![identifier],
                },
                None => Recovered::Exists { identifier },
            });
        }
        let mut marked = self.marked(clients, request, schema).await?;
        Ok(match (marked.pop(), marked.is_empty()) {
            (None, _) => Recovered::Repeat,
            (Some(identifier), true) => Recovered::Exists { identifier },
            (Some(last), false) => {
                marked.push(last);
                let reason =
                    format!("several resources carry the mark of {}; delete those that are not meant", request.address);
                Recovered::Ambiguous { candidates: marked, reason }
            }
        })
    }

    /// A request for this very resource that still runs.
    async fn running(
        &self,
        clients: &Clients,
        request: &RecoverRequest,
        identifier: &str,
    ) -> Result<Option<Recovered>, Failure> {
        let operation = match request.operation {
            Operation::Create => RequestOperation::Create,
            Operation::Update => RequestOperation::Update,
            Operation::Delete => RequestOperation::Delete,
        };
        let filter = ResourceRequestStatusFilter::builder()
            .operations(operation)
            .operation_statuses(OperationStatus::Pending)
            .operation_statuses(OperationStatus::InProgress)
            .build();
        let mut pages = clients
            .cloud_control()
            .list_resource_requests()
            .resource_request_status_filter(filter)
            .into_paginator()
            .items()
            .send();
        while let Some(event) = pages.next().await {
            let event = event.map_err(failure)?;
            let same = event.type_name.as_deref() == Some(request.type_name.as_str())
                && event.identifier.as_deref() == Some(identifier);
            if same && let Progress::Pending(pending) = Following::started(Some(event), Handle::default())?.pending()? {
                return Ok(Some(Recovered::Pending(pending)));
            }
        }
        Ok(None)
    }

    /// The resources of the type that carry the mark of the address. Empty for types without tags, and for those that cannot
    /// be listed.
    async fn marked(
        &self,
        clients: &Clients,
        request: &RecoverRequest,
        schema: &TypeSchema,
    ) -> Result<Vec<String>, Failure> {
        if schema.tagging().is_none() {
            return Ok(Vec::new());
        }
        let (mut found, mut looked_at, mut page) = (Vec::new(), 0, None);
        loop {
            let list = ListRequest {
                type_name: request.type_name.clone(),
                placement: request.placement.clone(),
                // Types that live within another can only be listed by the properties that name it; others ignore them.
                filter: parents(schema, &request.properties),
                page,
            };
            let answer = match self.list(clients, list).await {
                Ok(answer) => answer,
                Err(failure) if cannot_list(failure.code) => return Ok(found),
                Err(failure) => return Err(failure),
            };
            for identifier in answer.identifiers {
                looked_at += 1;
                if let Some(properties) = self.get(clients, &request.type_name, &identifier).await?
                    && tags_of(schema, &properties).is_some_and(|tags| owner(&tags, request) == Owner::Ours)
                {
                    found.push(identifier);
                }
            }
            page = answer.next;
            if page.is_none() {
                return Ok(found);
            }
            if looked_at >= MOST_LOOKED_AT {
                let message = format!(
                    "whether the creation of {} took effect cannot be told: there are more than {MOST_LOOKED_AT} resources of \
                     {} to look through. Look for one with the tag charter:address={} and import it, or remove the intent",
                    request.address, request.type_name, request.address
                );
                return Err(Failure::new(FailureCode::GeneralServiceException, message));
            }
        }
    }
}

fn cannot_list(code: FailureCode) -> bool {
    matches!(code, FailureCode::Unsupported | FailureCode::InvalidRequest | FailureCode::NotFound)
}

/// The parts of the identifier that the inputs already tell: those of the parent.
fn parents(schema: &TypeSchema, properties: &Properties) -> Properties {
    let names = crate::recorded::top_level(schema.primary_identifier());
    properties
        .iter()
        .filter(|(name, _)| names.contains(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn tags_of(schema: &TypeSchema, properties: &Properties) -> Option<Tags> {
    let tagging = schema.tagging()?;
    let value = tagging.property.get(&Value::Object(properties.clone()))?.clone();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(match (&tagging.shape, value) {
        (TagShape::Map, Value::Object(map)) => {
            map.iter().filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
        }
        (TagShape::List { key, value }, Value::Array(list)) => {
            list.iter().filter_map(|tag| Some((text(tag.get(key)?)?, text(tag.get(value)?)?))).collect()
        }
        _ => return None,
    })
}
