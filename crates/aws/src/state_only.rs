//! What is in the state and nowhere else: nobody is called to make it, and reading it gives back what was recorded.

use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::progress::deleted;
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties, ReadRequest,
    RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};

/// One type.
#[async_trait]
pub(crate) trait Note: Send + Sync + 'static {
    /// Its name, as the one element of a list.
    const TYPE: &'static [&'static str];

    /// What a creation or a change of it comes to.
    fn written(&self, properties: Properties) -> Step;

    /// Whether it may go.
    async fn may_go(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let _ = (clients, request);
        Ok(())
    }
}

/// Makes an adapter of it.
pub(crate) struct StateOnly<N>(pub(crate) N);

#[async_trait]
impl<N: Note> Adapter for StateOnly<N> {
    fn types(&self) -> &'static [&'static str] {
        N::TYPE
    }

    async fn create(&self, _: &Clients, request: CreateRequest) -> Step {
        self.0.written(request.properties)
    }

    async fn read(&self, _: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        Ok(match request.recorded {
            Some(properties) => Observed::Present { properties },
            None => Observed::Absent,
        })
    }

    async fn update(&self, _: &Clients, request: UpdateRequest) -> Step {
        self.0.written(request.properties)
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        self.0.may_go(clients, &request).await?;
        Ok(deleted(request.identifier))
    }

    async fn status(&self, _: &Clients, request: StatusRequest) -> Step {
        let message = format!("{} {} is done at once", request.type_name, request.identifier.unwrap_or_default());
        Err(Failure::new(FailureCode::InternalFailure, message))
    }

    async fn list(&self, _: &Clients, _: ListRequest) -> Result<ListResponse, Failure> {
        Ok(ListResponse::default())
    }

    /// Whatever was begun had no effect but in the state, which does not have it: it is done again.
    async fn recover(&self, _: &Clients, _: RecoverRequest) -> Result<Recovered, Failure> {
        Ok(Recovered::Repeat)
    }
}
