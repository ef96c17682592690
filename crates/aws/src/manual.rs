//! `Charter::Manual::HandOff`: what somebody must do outside AWS. Nobody is called: a hand-off is in the state and nowhere else, so
//! reading it gives back what was recorded, and every change of it takes its confirmation away. `charter handoff confirm` records
//! that it is done.

use crate::adapter::{Adapter, Step};
use crate::clients::Clients;
use crate::convert;
use crate::progress::{deleted, done};
use async_trait::async_trait;
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Observed, Properties, ReadRequest,
    RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};

const TYPE: &str = "Charter::Manual::HandOff";

/// Serves hand-offs.
pub(crate) struct HandOffs;

/// Open, whatever it was before.
fn open(mut properties: Properties) -> Step {
    let name: String = convert::required(&properties, "Name")?;
    properties.insert("Confirmed".to_owned(), false.into());
    Ok(done(name, properties))
}

#[async_trait]
impl Adapter for HandOffs {
    fn types(&self) -> &'static [&'static str] {
        &[TYPE]
    }

    async fn create(&self, _: &Clients, request: CreateRequest) -> Step {
        open(request.properties)
    }

    async fn read(&self, _: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        Ok(match request.recorded {
            Some(properties) => Observed::Present { properties },
            None => Observed::Absent,
        })
    }

    async fn update(&self, _: &Clients, request: UpdateRequest) -> Step {
        open(request.properties)
    }

    async fn delete(&self, _: &Clients, request: DeleteRequest) -> Step {
        Ok(deleted(request.identifier))
    }

    async fn status(&self, _: &Clients, request: StatusRequest) -> Step {
        let message = format!("{TYPE} {} is done at once", request.identifier.unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use super::*;
    use charter_provider::Progress;
    use serde_json::json;

    #[test]
    fn whatever_is_made_or_changed_is_open() {
        let told = json!({"Name": "okta", "Summary": "s", "Confirmed": true});
        let Ok(Progress::Done(done)) = open(told.as_object().unwrap().clone()) else { panic!("it is done at once") };
        assert_eq!(done.identifier, "okta");
        assert_eq!(json!(done.properties), json!({"Name": "okta", "Summary": "s", "Confirmed": false}));
    }
}
