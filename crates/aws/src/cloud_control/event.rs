//! From Cloud Control's progress events to ours.

use super::CloudControl;
use crate::adapter::Step;
use crate::clients::Clients;
use crate::error_codes::code_of;
use crate::progress::{deleted, done, not_found, pending, wait_after};
use crate::propagation::{Repeat, given_up, is_passing};
use aws_sdk_cloudcontrol::types::{OperationStatus, ProgressEvent};
use charter_model::{Pointer, TypeName};
use charter_provider::{Failure, FailureCode, IdempotencyToken, Operation};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Registry handlers are polled no faster than this in the end; most finish within a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a resource is looked for that was just made: read handlers of eventually consistent services lag behind, some by
/// minutes. As long as this, about six and a half minutes, it does not count as half-made, which would replace it.
const LOOKS: u32 = 40;

/// What the journal keeps. It holds no property values.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handle {
    /// Cloud Control's name for the running request; empty while the call waits to be made again.
    pub(super) request_token: String,
    /// How often it was looked at.
    #[serde(default)]
    pub(super) polls: u32,
    /// How often the call was made before.
    #[serde(default)]
    pub(super) repeats: u32,
    /// How often the finished resource could not be found.
    #[serde(default)]
    pub(super) looks: u32,
    /// For an update that may have to be made again: what differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changed: Vec<Pointer>,
}

impl Handle {
    /// At most 128 characters (CreateResource, `ClientToken`).
    pub(super) fn client_token(&self, token: &IdempotencyToken) -> String {
        match self.repeats {
            0 => token.0.to_string(),
            repeats => format!("{}-{repeats}", token.0),
        }
    }
}

/// A request as last seen.
pub(super) struct Following {
    pub(super) identifier: Option<String>,
    pub(super) status: Option<OperationStatus>,
    error: Option<String>,
    message: Option<String>,
    wait: Option<Duration>,
    handle: Handle,
}

impl Following {
    pub(super) fn started(event: Option<ProgressEvent>, handle: Handle) -> Result<Self, Failure> {
        let event = event.ok_or_else(|| {
            Failure::new(FailureCode::ServiceInternalError, "Cloud Control answered without a progress event")
        })?;
        // Both times are the service's, so that our own clock plays no part.
        let wait = event.retry_after.zip(event.event_time).and_then(|(until, since)| {
            u64::try_from(until.secs().saturating_sub(since.secs())).ok().map(Duration::from_secs)
        });
        let request_token = event.request_token.unwrap_or_else(|| handle.request_token.clone());
        Ok(Self {
            identifier: event.identifier,
            status: event.operation_status,
            error: event.error_code.map(|code| code.as_str().to_owned()),
            message: event.status_message,
            wait,
            handle: Handle { request_token, ..handle },
        })
    }

    /// A request that Cloud Control no longer knows: it ended long ago.
    pub(super) fn forgotten(identifier: Option<String>, handle: Handle) -> Self {
        Self { identifier, status: Some(OperationStatus::Success), error: None, message: None, wait: None, handle }
    }

    fn failure(&self) -> Failure {
        let error = self.error.as_deref().unwrap_or("Unknown");
        let message = self.message.as_deref().unwrap_or("the handler gave no reason");
        Failure::new(
            code_of(error, message).unwrap_or(FailureCode::GeneralServiceException),
            format!("{error}: {message}"),
        )
    }

    /// What to keep while it goes on.
    pub(super) fn pending(self) -> Step {
        let wait = self.wait.filter(|wait| !wait.is_zero()).unwrap_or_default();
        let wait = wait.max(wait_after(self.handle.polls, LONGEST_WAIT)).min(LONGEST_WAIT.saturating_mul(3));
        let status = self.status.as_ref().map_or("in progress", |status| status.as_str());
        pending(&self.handle, self.identifier, wait, status.to_lowercase().replace('_', " "))
    }
}

impl CloudControl {
    /// Turns what was seen into progress; reads the resource when it is finished.
    pub(super) async fn follow(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        operation: Operation,
        following: Following,
    ) -> Step {
        match following.status {
            Some(OperationStatus::Success) => self.finish(clients, type_name, operation, following).await,
            Some(OperationStatus::Failed) => self.fail(clients, type_name, operation, following).await,
            Some(OperationStatus::CancelComplete) => {
                let mut failure =
                    Failure::new(FailureCode::NotStabilized, "the request was cancelled in Cloud Control");
                if operation == Operation::Create {
                    failure.identifier = following.identifier;
                }
                Err(failure)
            }
            _ => following.pending(),
        }
    }

    async fn finish(
        &self,
        clients: &Clients,
        type_name: &TypeName,
        operation: Operation,
        following: Following,
    ) -> Step {
        let Some(identifier) = following.identifier.clone() else {
            let message = format!("Cloud Control says that {type_name} is done but does not say which resource it is");
            return Err(Failure::new(FailureCode::ServiceInternalError, message));
        };
        if operation == Operation::Delete {
            return Ok(deleted(identifier));
        }
        if let Some(properties) = self.get(clients, type_name, &identifier).await? {
            return Ok(done(identifier, properties));
        }
        let mut handle = following.handle;
        handle.looks = handle.looks.saturating_add(1);
        if handle.looks > LOOKS {
            let mut failure = not_found(type_name.as_str(), &identifier);
            failure.code = FailureCode::NotStabilized;
            failure.message.push_str(", although Cloud Control says that it is done");
            return Err(failure.with_identifier(identifier));
        }
        let wait = wait_after(handle.looks, LONGEST_WAIT);
        pending(&handle, Some(identifier), wait, "waiting to be readable")
    }

    async fn fail(&self, clients: &Clients, type_name: &TypeName, operation: Operation, following: Following) -> Step {
        let failure = following.failure();
        if operation == Operation::Create
            && failure.code != FailureCode::AlreadyExists
            && let Some(identifier) = following.identifier.clone()
        {
            // An event may name what was to be made although nothing was. Only what can be read is a half-made resource; if
            // that cannot be told, it must not be lost.
            match self.get(clients, type_name, &identifier).await {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return Err(failure.with_identifier(identifier)),
            }
        }
        if operation == Operation::Delete || !is_passing(&failure) {
            return Err(failure);
        }
        let repeats = following.handle.repeats.saturating_add(1);
        let Some(wait) = Repeat::wait_before(repeats) else { return Err(given_up(failure)) };
        let handle = Handle { request_token: String::new(), polls: 0, repeats, ..following.handle };
        pending(&handle, following.identifier.filter(|_| operation == Operation::Update), wait, "waiting for IAM")
    }
}
