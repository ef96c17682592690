//! For adapters that follow what they began by asking how it stands: it is over when reads show what was asked for, and not when a
//! read that is behind shows what was before, ready as ever. What a read never shows would be planned again by every run, so it is no
//! cost to wait for it.

use crate::adapter::{Adapter, ResourcePreflight, Step};
use crate::clients::Clients;
use crate::progress::{decode_handle, done, encode_handle, not_found, pending, wait_after};
use crate::recorded::differing;
use async_trait::async_trait;
use charter_catalog::Catalog;
use charter_model::{TypeName, Value};
use charter_provider::{
    CheckResponse, CreateRequest, DeleteRequest, Failure, ListRequest, ListResponse, Observed, Operation, Pending,
    PreflightFinding, Progress, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How many looks what was written gets to show; then what shows is taken for AWS's own way of writing it.
const LOOKS: u32 = 6;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

struct Reflecting<A> {
    followed: A,
    /// With what it is asked how a creation stands, as the text of a handle; none: it is read.
    creating: Option<String>,
    catalog: &'static Catalog,
}

/// Lets an adapter look until reads show what was asked for. Asked with `creating` it goes on with a creation, and may be asked so
/// again and again.
pub(crate) fn asking<A: Adapter + 'static>(
    followed: A,
    creating: &impl Serialize,
    catalog: &'static Catalog,
) -> Arc<dyn Adapter> {
    // A handle is data without what JSON cannot hold.
    Arc::new(Reflecting { followed, creating: encode_handle(creating).ok(), catalog })
}

/// The same, by reads: what is being changed when it can be read as it shall be counts as done.
pub(crate) fn reading<A: Adapter + 'static>(followed: A, catalog: &'static Catalog) -> Arc<dyn Adapter> {
    Arc::new(Reflecting { followed, creating: None, catalog })
}

/// What the journal keeps while it looks. Its members have names that no adapter's own handle has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Look {
    settling: u32,
    /// The adapter's own handle, with which it is asked again; none: it is read.
    asked_with: Option<String>,
}

impl<A: Adapter> Reflecting<A> {
    /// How it stands, and what to look with the next time.
    async fn look(&self, clients: &Clients, mut request: StatusRequest) -> Result<(Progress, Look), Failure> {
        let look = match decode_handle::<Look>(&request.handle) {
            Ok(look) => look,
            Err(_) => Look { settling: 0, asked_with: Some(request.handle.clone()) },
        };
        let Some(handle) = look.asked_with.clone() else {
            let identifier = request.identifier.unwrap_or_default();
            let StatusRequest { type_name, placement, properties, .. } = request;
            let read = ReadRequest {
                type_name: type_name.clone(),
                placement,
                identifier: identifier.clone(),
                recorded: Some(properties),
            };
            return match self.followed.read(clients, read).await? {
                Observed::Present { properties } => Ok((done(identifier, properties), look)),
                // It was there a moment ago.
                Observed::Absent if look.settling < LOOKS => Ok((self.wait(&look, identifier)?, look)),
                Observed::Absent => Err(not_found(type_name.as_str(), &identifier)),
            };
        };
        request.handle.clone_from(&handle);
        let progress = self.followed.status(clients, request).await?;
        Ok((progress, Look { asked_with: self.creating.as_ref().map(|_| handle), ..look }))
    }

    /// The next look.
    fn wait(&self, look: &Look, identifier: String) -> Step {
        let next = Look { settling: look.settling.saturating_add(1), asked_with: look.asked_with.clone() };
        pending(&next, Some(identifier), wait_after(look.settling, LONGEST_WAIT), "settling")
    }
}

#[async_trait]
impl<A: Adapter> Adapter for Reflecting<A> {
    fn types(&self) -> &'static [&'static str] {
        self.followed.types()
    }

    fn check(&self, type_name: &TypeName, desired: &Value) -> CheckResponse {
        self.followed.check(type_name, desired)
    }

    async fn preflight(&self, clients: &Clients, types: &[TypeName]) -> Result<Vec<PreflightFinding>, Failure> {
        self.followed.preflight(clients, types).await
    }

    async fn preflight_resource(
        &self,
        clients: &Clients,
        resource: &ResourcePreflight,
    ) -> Result<Vec<PreflightFinding>, Failure> {
        self.followed.preflight_resource(clients, resource).await
    }

    async fn create(&self, clients: &Clients, request: CreateRequest) -> Step {
        self.followed.create(clients, request).await
    }

    async fn read(&self, clients: &Clients, request: ReadRequest) -> Result<Observed, Failure> {
        self.followed.read(clients, request).await
    }

    async fn update(&self, clients: &Clients, request: UpdateRequest) -> Step {
        self.followed.update(clients, request).await
    }

    async fn delete(&self, clients: &Clients, request: DeleteRequest) -> Step {
        self.followed.delete(clients, request).await
    }

    async fn status(&self, clients: &Clients, request: StatusRequest) -> Step {
        let (type_name, desired) = (request.type_name.clone(), request.properties.clone());
        let operation = request.operation;
        let (progress, look) = self.look(clients, request).await?;
        match progress {
            Progress::Done(done)
                if operation != Operation::Delete
                    && look.settling < LOOKS
                    && !differing(self.catalog, &type_name, &done.properties, &desired).is_empty() =>
            {
                self.wait(&look, done.identifier)
            }
            progress => Ok(progress),
        }
    }

    async fn list(&self, clients: &Clients, request: ListRequest) -> Result<ListResponse, Failure> {
        self.followed.list(clients, request).await
    }

    async fn recover(&self, clients: &Clients, request: RecoverRequest) -> Result<Recovered, Failure> {
        let (operation, type_name, placement) =
            (request.operation, request.type_name.clone(), request.placement.clone());
        let desired = request.properties.clone();
        let found = self.followed.recover(clients, request).await?;
        let (Recovered::Exists { identifier }, Operation::Create, Some(handle)) = (&found, operation, &self.creating)
        else {
            return Ok(found);
        };
        let read = ReadRequest {
            type_name: type_name.clone(),
            placement,
            identifier: identifier.clone(),
            recorded: Some(desired.clone()),
        };
        let is_whole = match self.followed.read(clients, read).await? {
            Observed::Present { properties } => differing(self.catalog, &type_name, &properties, &desired).is_empty(),
            Observed::Absent => false,
        };
        if is_whole {
            return Ok(found);
        }
        // It was made, but what a creation does not take may not have come.
        let (identifier, status) = (Some(identifier.clone()), Some("completing".to_owned()));
        Ok(Recovered::Pending(Pending { handle: handle.clone(), identifier, retry_after: Duration::ZERO, status }))
    }
}
