//! A provider that agrees to everything at once.

use async_trait::async_trait;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Placement, TypeName};
use charter_provider::{
    CreateRequest, DeleteRequest, Done, Failure, FailureCode, ListRequest, ListResponse, Observed, Progress,
    Properties, Provider, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use std::sync::Arc;

pub(crate) struct Agreeable;

fn done(identifier: String, properties: Properties) -> Progress {
    Progress::Done(Done::new(identifier, properties))
}

#[async_trait]
impl Provider for Agreeable {
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        Catalog::embedded().schema(type_name)
    }

    async fn verify(&self, _: &Placement) -> Result<(), Failure> {
        Ok(())
    }

    async fn create(&self, request: CreateRequest) -> Progress {
        done(request.address.to_string(), request.properties)
    }

    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure> {
        Ok(Observed::Present { properties: request.recorded.unwrap_or_default() })
    }

    async fn update(&self, request: UpdateRequest) -> Progress {
        done(request.identifier, request.properties)
    }

    async fn delete(&self, request: DeleteRequest) -> Progress {
        done(request.identifier, Properties::new())
    }

    async fn status(&self, request: StatusRequest) -> Progress {
        done(request.identifier.unwrap_or_default(), request.properties)
    }

    async fn list(&self, _: ListRequest) -> Result<ListResponse, Failure> {
        Ok(ListResponse::default())
    }

    async fn recover(&self, _: RecoverRequest) -> Result<Recovered, Failure> {
        Ok(Recovered::Absent)
    }

    async fn secret(&self, _: &Placement, _: &str) -> Result<String, Failure> {
        Err(Failure::new(FailureCode::NotFound, "there is no secret"))
    }
}
