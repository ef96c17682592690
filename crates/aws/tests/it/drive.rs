//! Requests from JSON, and operations followed to their end: what the engine does, without the engine.

use charter_model::{Address, EnvironmentName, Placement, Pointer, TypeName};
use charter_provider::{
    CreateRequest, DeleteRequest, Done, Failure, IdempotencyToken, Observed, Operation, Pending, Progress, Properties,
    Provider, ReadRequest, RecoverRequest, StatusRequest, UpdateRequest,
};
use serde_json::{Value, json};

pub(crate) fn object(value: Value) -> Properties {
    match value {
        Value::Object(members) => members,
        other => panic!("an object, not {other}"),
    }
}

pub(crate) fn address() -> Address {
    "stack/thing".parse().unwrap()
}

pub(crate) fn token(text: &str) -> IdempotencyToken {
    IdempotencyToken(format!("{text:0>64}").into())
}

/// The tags that the engine puts on everything.
pub(crate) fn marks() -> Value {
    json!([{"Key": "charter:address", "Value": "stack/thing"}, {"Key": "charter:environment", "Value": "test"}])
}

pub(crate) fn create_request(type_name: &str, placement: Placement, properties: Value) -> CreateRequest {
    CreateRequest {
        address: address(),
        type_name: TypeName::new(type_name).unwrap(),
        placement,
        properties: object(properties),
        token: token("c0ffee"),
    }
}

pub(crate) fn update_request(
    type_name: &str,
    placement: Placement,
    identifier: &str,
    observed: Value,
    properties: Value,
    changed: &[&str],
) -> UpdateRequest {
    UpdateRequest {
        address: address(),
        type_name: TypeName::new(type_name).unwrap(),
        placement,
        identifier: identifier.into(),
        observed: object(observed),
        properties: object(properties),
        changed: changed.iter().map(|name| Pointer::root().key(name)).collect(),
        token: token("beef"),
    }
}

pub(crate) fn delete_request(
    type_name: &str,
    placement: Placement,
    identifier: &str,
    recorded: Value,
) -> DeleteRequest {
    DeleteRequest {
        address: address(),
        type_name: TypeName::new(type_name).unwrap(),
        placement,
        identifier: identifier.into(),
        recorded: object(recorded),
        discard_contents: true,
        token: token("dead"),
    }
}

pub(crate) fn recover_request(
    operation: Operation,
    create: &CreateRequest,
    identifier: Option<&str>,
) -> RecoverRequest {
    RecoverRequest {
        operation,
        address: create.address.clone(),
        environment: EnvironmentName::new("test").unwrap(),
        type_name: create.type_name.clone(),
        placement: create.placement.clone(),
        identifier: identifier.map(str::to_owned),
        properties: create.properties.clone(),
        token: create.token.clone(),
    }
}

pub(crate) fn present(observed: Observed) -> Value {
    match observed {
        Observed::Present { properties } => Value::Object(properties),
        Observed::Absent => panic!("absent"),
    }
}

pub(crate) fn failed(progress: Progress) -> Failure {
    match progress {
        Progress::Failed(failure) => failure,
        other => panic!("not failed: {other:?}"),
    }
}

pub(crate) fn pending(progress: Progress) -> Pending {
    match progress {
        Progress::Pending(pending) => pending,
        other => panic!("not pending: {other:?}"),
    }
}

/// What a status request repeats of the request that it is about.
#[derive(Clone)]
pub(crate) struct About {
    pub(crate) operation: Operation,
    pub(crate) type_name: TypeName,
    pub(crate) placement: Placement,
    pub(crate) properties: Properties,
    pub(crate) token: IdempotencyToken,
}

/// The most looks that an operation may take.
const PATIENCE: usize = 500;

/// Follows an operation to its end, letting (paused) time pass as asked.
pub(crate) async fn follow(provider: &dyn Provider, about: &About, mut progress: Progress) -> Result<Done, Failure> {
    let mut identifier = None;
    for _ in 0..PATIENCE {
        match progress {
            Progress::Done(done) => return Ok(done),
            Progress::Failed(failure) if failure.code.is_retryable() => {
                panic!("followed to a failure that is worth a retry: {failure}")
            }
            Progress::Failed(failure) => return Err(failure),
            Progress::Pending(pending) => {
                identifier = pending.identifier.clone().or(identifier);
                tokio::time::sleep(pending.retry_after).await;
                let request = StatusRequest {
                    operation: about.operation,
                    type_name: about.type_name.clone(),
                    placement: about.placement.clone(),
                    handle: pending.handle,
                    identifier: identifier.clone(),
                    properties: about.properties.clone(),
                    without_secrets: false,
                    token: about.token.clone(),
                };
                progress = provider.status(request).await;
            }
        }
    }
    panic!("still {progress:?} after {PATIENCE} looks");
}

pub(crate) async fn create(provider: &dyn Provider, request: CreateRequest) -> Result<Done, Failure> {
    let about = About {
        operation: Operation::Create,
        type_name: request.type_name.clone(),
        placement: request.placement.clone(),
        properties: request.properties.clone(),
        token: request.token.clone(),
    };
    let progress = provider.create(request).await;
    follow(provider, &about, progress).await
}

pub(crate) async fn update(provider: &dyn Provider, request: UpdateRequest) -> Result<Done, Failure> {
    let about = About {
        operation: Operation::Update,
        type_name: request.type_name.clone(),
        placement: request.placement.clone(),
        properties: request.properties.clone(),
        token: request.token.clone(),
    };
    let progress = provider.update(request).await;
    follow(provider, &about, progress).await
}

pub(crate) async fn delete(provider: &dyn Provider, request: DeleteRequest) -> Result<Done, Failure> {
    let about = About {
        operation: Operation::Delete,
        type_name: request.type_name.clone(),
        placement: request.placement.clone(),
        properties: request.recorded.clone(),
        token: request.token.clone(),
    };
    let progress = provider.delete(request).await;
    follow(provider, &about, progress).await
}

pub(crate) async fn read(provider: &dyn Provider, create: &CreateRequest, identifier: &str) -> Observed {
    let request = ReadRequest {
        type_name: create.type_name.clone(),
        placement: create.placement.clone(),
        identifier: identifier.into(),
        recorded: Some(create.properties.clone()),
    };
    provider.read(request).await.unwrap()
}
