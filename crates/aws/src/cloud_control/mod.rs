//! Every registry type that has no adapter of its own, through AWS Cloud Control.
//!
//! Cloud Control runs the registry's own handlers, so this adapter knows nothing of any type but its schema. Facts are from the
//! AWS Cloud Control API Reference and User Guide (<https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/>).

mod event;
mod patch;
mod recovery;

use crate::adapter::{Adapter, ResourcePreflight, Step};
use crate::bedrock::models::{self, Strictness};
use crate::clients::Clients;
use crate::errors::{ServiceError, failure};
use crate::progress::{decode_handle, not_found};
use crate::recorded::without_nulls;
use async_trait::async_trait;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::TypeName;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, IdempotencyToken, ListRequest, ListResponse, Observed,
    Operation, PreflightFinding, Properties, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use event::{Following, Handle};
use serde_json::Value;
use std::sync::Arc;

/// Serves every type of the registry.
pub(crate) struct CloudControl {
    catalog: &'static Catalog,
}

impl CloudControl {
    pub(crate) fn new(catalog: &'static Catalog) -> Self {
        Self { catalog }
    }

    fn schema(&self, type_name: &TypeName) -> Result<Arc<TypeSchema>, Failure> {
        self.catalog.schema(type_name).ok_or_else(|| {
            Failure::new(FailureCode::Unsupported, format!("{type_name} is not in the catalogue of types"))
        })
    }

    async fn start_create(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        properties: Properties,
        token: &IdempotencyToken,
        handle: Handle,
    ) -> Result<Following, Failure> {
        let answer = clients
            .cloud_control()
            .create_resource()
            .type_name(type_name.as_str())
            .client_token(handle.client_token(token))
            .desired_state(Value::Object(properties).to_string())
            .send()
            .await
            .map_err(|error| explain(error, type_name, clients))?;
        Following::started(answer.progress_event, handle)
    }

    async fn start_update(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        identifier: &str,
        states: (&Properties, &Properties),
        token: &IdempotencyToken,
        handle: Handle,
    ) -> Result<Following, Failure> {
        let (observed, desired) = states;
        let patch = patch::patch(&*self.schema(type_name)?, observed, desired, &handle.changed);
        let answer = clients
            .cloud_control()
            .update_resource()
            .type_name(type_name.as_str())
            .identifier(identifier)
            .client_token(handle.client_token(token))
            .patch_document(patch.to_string())
            .send()
            .await
            .map_err(|error| explain(error, type_name, clients))?;
        Following::started(answer.progress_event, handle)
    }

    /// Reads without looking at what was recorded; none if it is gone.
    async fn get(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        identifier: &str,
    ) -> Result<Option<Properties>, Failure> {
        let answer =
            clients.cloud_control().get_resource().type_name(type_name.as_str()).identifier(identifier).send().await;
        let description = match answer {
            Ok(answer) => answer.resource_description,
            Err(error) => {
                let failure = explain(error, type_name, clients);
                return if failure.code == FailureCode::NotFound { Ok(None) } else { Err(failure) };
            }
        };
        let text = description.and_then(|description| description.properties).unwrap_or_default();
        match serde_json::from_str::<Value>(&text).map(without_nulls) {
            Ok(Value::Object(properties)) => Ok(Some(properties)),
            // The text itself stays out of the message: it may hold what must not be seen.
            _ => {
                let message =
                    format!("Cloud Control answered for {type_name} {identifier} with what is not a JSON object");
                Err(Failure::new(FailureCode::ServiceInternalError, message))
            }
        }
    }
}

#[async_trait]
impl Adapter for CloudControl {
    fn types(&self) -> &'static [&'static str] {
        &[]
    }

    async fn preflight_resource(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        models::of_resource(clients, resource, Strictness::Lenient).await
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        let CreateRequest { type_name, properties, token, .. } = request;
        let following = self.start_create(clients, &type_name, properties, &token, Handle::default()).await?;
        self.follow(clients, &type_name, Operation::Create, following).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        let found = self.get(clients, &request.type_name, &request.identifier).await?;
        Ok(found.map_or(Observed::Absent, |properties| Observed::Present { properties }))
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        let handle = Handle { changed: request.changed, ..Handle::default() };
        let states = (&request.observed, &request.properties);
        let following =
            self.start_update(clients, &request.type_name, &request.identifier, states, &request.token, handle).await?;
        self.follow(clients, &request.type_name, Operation::Update, following).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        let answer = clients
            .cloud_control()
            .delete_resource()
            .type_name(request.type_name.as_str())
            .identifier(&request.identifier)
            .client_token(Handle::default().client_token(&request.token))
            .send()
            .await
            .map_err(|error| explain(error, &request.type_name, clients))?;
        let mut following = Following::started(answer.progress_event, Handle::default())?;
        following.identifier.get_or_insert(request.identifier);
        self.follow(clients, &request.type_name, Operation::Delete, following).await
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let mut handle: Handle = decode_handle(&request.handle)?;
        handle.polls = handle.polls.saturating_add(1);
        if handle.request_token.is_empty() {
            return self.start_again(clients, request, handle).await;
        }
        let answer = clients
            .cloud_control()
            .get_resource_request_status()
            .request_token(&handle.request_token)
            .send()
            .await
            .map_err(|error| explain(error, &request.type_name, clients));
        let following = match answer {
            Ok(answer) => {
                let mut following = Following::started(answer.progress_event, handle)?;
                following.identifier = following.identifier.or(request.identifier);
                following
            }
            // Requests are forgotten after seven days; what came of it can still be seen.
            Err(failure) if failure.code == FailureCode::NotFound => Following::forgotten(request.identifier, handle),
            Err(failure) => return Err(failure),
        };
        self.follow(clients, &request.type_name, request.operation, following).await
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        let model = (!request.filter.is_empty()).then(|| Value::Object(request.filter).to_string());
        let answer = clients
            .cloud_control()
            .list_resources()
            .type_name(request.type_name.as_str())
            .set_resource_model(model)
            .set_next_token(request.page)
            .send()
            .await
            .map_err(|error| explain(error, &request.type_name, clients))?;
        let identifiers = answer.resource_descriptions.unwrap_or_default();
        let identifiers = identifiers.into_iter().filter_map(|description| description.identifier).collect();
        Ok(ListResponse { identifiers, next: answer.next_token })
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        self.recover_intent(clients, request).await
    }
}

impl CloudControl {
    /// Makes the call again after waiting for IAM. Another client token: for 36 hours the old one answers with the old failure.
    async fn start_again(&self, clients: &Clients, request: StatusRequest, handle: Handle) -> Step {
        request.can_be_asked_again()?;
        let StatusRequest { operation, type_name, identifier, properties, token, .. } = request;
        let following = match (operation, identifier) {
            (Operation::Update, Some(identifier)) => {
                let observed = self.get(clients, &type_name, &identifier).await?;
                let observed = observed.ok_or_else(|| not_found(type_name.as_str(), &identifier))?;
                let states = (&observed, &properties);
                self.start_update(clients, &type_name, &identifier, states, &token, handle).await?
            }
            _ => self.start_create(clients, &type_name, properties, &token, handle).await?,
        };
        self.follow(clients, &type_name, operation, following).await
    }
}

/// Adds what to do to the two errors that a user can do something about.
fn explain<E>(error: ServiceError<E>, type_name: &TypeName, clients: &Clients) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
    let mut failure = failure(error);
    let advice = match code.as_deref() {
        Some("UnsupportedActionException") => {
            format!("AWS Cloud Control cannot do this with {type_name}: its handlers serve CloudFormation only")
        }
        Some("TypeNotFoundException") => {
            format!("{type_name} is not offered in {}; choose another region", clients.region())
        }
        _ => return failure,
    };
    failure.message = format!("{}. {advice}", failure.message.trim_end_matches('.'));
    failure
}
