//! Puts the layers together: one request in, one response out, with the faults that the settings ask for.

use crate::authorization::{Authorization, Purpose, judge};
use crate::calls::{CallLog, CallRecord, InjectedFault};
use crate::clock::Clock;
use crate::deployer::{self, DeployerPolicies, RestrictError};
use crate::exchanges::ExchangeLog;
use crate::identity::{AccessKey, Caller};
use crate::issuers::{IssuerKeys, keys_for};
use crate::model::{Models, Operation, ServiceModel};
use crate::organization::{self, Organization, Standing, StaticCredentials};
use crate::pace::Paces;
use crate::random::Random;
use crate::service::{Call, ServiceError, not_simulated};
use crate::services::{behaviour, unsigned_caller};
use crate::settings::Settings;
use crate::store::{CloudSnapshot, InventoryItem, Store, StoreError, StoredItem};
use crate::store_files::StoreFiles;
use crate::wire::{self, Common, Incoming, Signature, SignatureError, Target};
use bytes::Bytes;
use charter_model::AccountId;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A simulated AWS. Cheap to clone: all clones are the same cloud.
#[derive(Debug, Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    clock: Clock,
    core: Mutex<Core>,
    files: Option<StoreFiles>,
}

#[derive(Debug)]
struct Core {
    store: Store,
    calls: CallLog,
    paces: Paces,
    exchanges: ExchangeLog,
    authorizations: Vec<Authorization>,
}

impl Core {
    fn new(store: Store, calls: CallLog, exchanges: ExchangeLog) -> Self {
        Self { store, calls, paces: Paces::default(), exchanges, authorizations: Vec::new() }
    }
}

/// The connection was cut before the response, or part of it, came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was lost before the response came")]
pub struct ConnectionLost;

impl Simulator {
    /// Opens the cloud of a store, or a new one in memory. A store is open in one process at a time: see [`running_at`](Self::running_at).
    ///
    /// The clock starts here: under tokio's paused time, open it in the runtime.
    pub fn open(settings: Settings, store: Option<&Path>) -> Result<Self, StoreError> {
        let exchanges = ExchangeLog::new(settings.exchanges.clone());
        let (clock, core, files) = match store {
            None => {
                let clock = Clock::in_memory(&settings);
                let core = Core::new(Store::in_memory(clock.now()), CallLog::default(), exchanges);
                (clock, core, None)
            }
            Some(path) => {
                let files = StoreFiles::lock(path)?;
                let (mut store, before) = Store::open(path)?;
                let clock = Clock::resumed(&settings, before);
                store.compact(clock.anchor())?;
                let calls = CallLog::with_file(files.calls()?);
                (clock, Core::new(store, calls, exchanges), Some(files))
            }
        };
        Ok(Self { shared: Arc::new(Shared { settings, clock, core: Mutex::new(core), files }) })
    }

    /// A cloud in memory that goes on from a snapshot, at the moment when it was taken, whatever time has passed since. How it
    /// behaves may be another: so a test takes one cloud apart into many that go different ways.
    pub fn from_snapshot(settings: Settings, snapshot: &CloudSnapshot) -> Self {
        let clock = Clock::at(&settings, snapshot.moment());
        let exchanges = ExchangeLog::new(settings.exchanges.clone());
        let core = Core::new(Store::from_snapshot(snapshot), CallLog::default(), exchanges);
        Self { shared: Arc::new(Shared { settings, clock, core: Mutex::new(core), files: None }) }
    }

    /// The cloud as it is now.
    pub fn snapshot(&self) -> CloudSnapshot {
        let now = self.shared.clock.now();
        self.core().store.snapshot(now)
    }

    /// Puts a cloud in memory back to what it was; its clock goes on.
    pub fn restore(&self, snapshot: &CloudSnapshot) {
        if self.shared.files.is_none() {
            self.core().store = Store::from_snapshot(snapshot);
        }
    }

    /// Grows whenever a call changes what is stored, and only then.
    pub fn changes(&self) -> u64 {
        self.core().store.changes()
    }

    /// The address of the process that has the store open and serves it, if there is one.
    pub fn running_at(store: &Path) -> Option<SocketAddr> {
        StoreFiles::address(store)
    }

    /// How it behaves.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Makes the accounts, where they are missing: the management account with an administrator, whose keys are returned, and the
    /// members with their access role, all in one organization. Nothing of it counts as a resource.
    pub fn seed(&self, organization: &Organization) -> Result<StaticCredentials, StoreError> {
        self.seed_standing(organization, &Standing::Together)
    }

    /// The same, for accounts that stand to each other in another way.
    pub fn seed_standing(
        &self,
        organization: &Organization,
        standing: &Standing,
    ) -> Result<StaticCredentials, StoreError> {
        let mut core = self.core();
        let now = self.shared.clock.now();
        core.store.begin(now, 0.0);
        let seed = self.shared.settings.seed;
        let credentials = organization::seed(&mut core.store, seed, organization, standing, now);
        core.store.commit()?;
        Ok(credentials)
    }

    /// Gives the way into an account, the management account's administrator or the access role of a member, exactly these policies.
    /// Only with [`Settings::enforce_policies`] does that change what it may do.
    pub fn restrict(&self, account: &AccountId, policies: &DeployerPolicies) -> Result<(), RestrictError> {
        let mut core = self.core();
        let now = self.shared.clock.now();
        core.store.begin(now, 0.0);
        deployer::give(&mut core.store, &self.shared.settings, now, account, policies)?;
        Ok(core.store.commit()?)
    }

    /// Everything that users made and that still exists, in all accounts and regions, sorted.
    pub fn inventory(&self) -> Vec<InventoryItem> {
        let now = self.shared.clock.now();
        self.core().store.inventory(now)
    }

    /// Everything that is stored, whatever a reader is told of it yet: for those who judge a history by what it has left.
    pub fn contents(&self) -> Vec<StoredItem> {
        let now = self.shared.clock.now();
        self.core().store.contents(now)
    }

    /// The calls that this process answered, at most the last 100,000. All of them are in the file `STORE.calls`, if there is a store.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.core().calls.recent()
    }

    /// What each call asked of IAM, in order, if the settings say that it is kept; and none of it twice: they are taken.
    pub fn authorizations(&self) -> Vec<Authorization> {
        std::mem::take(&mut self.core().authorizations)
    }

    pub(crate) fn files(&self) -> Option<&StoreFiles> {
        self.shared.files.as_ref()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // A handler that panicked leaves nothing half written: a call's changes go to the log at its end.
        self.shared.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request: an AWS service's, told by what it is signed for.
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ConnectionLost> {
        let latency = self.shared.settings.faults.latency();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let issuer_keys = keys_for(&self.shared.settings, &request).await;
        self.answer(&request, issuer_keys)
    }

    fn answer(
        &self,
        request: &Request<Bytes>,
        issuer_keys: Option<IssuerKeys>,
    ) -> Result<Response<Bytes>, ConnectionLost> {
        let headers = with_host(request);
        let incoming = Incoming {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: &headers,
            body: request.body(),
        };
        let mut core = self.core();
        let core = &mut *core;
        let now = self.shared.clock.now();
        let number = core.store.begin(now, self.shared.settings.eventual_consistency);
        let mut turn = Turn::new(&self.shared.settings, now, number);
        if turn.strikes(self.shared.settings.faults.connection_cut) {
            turn.record.fault = Some(InjectedFault::ConnectionCut);
            core.calls.add(turn.record);
            return Err(ConnectionLost);
        }
        turn.issuer_keys = issuer_keys;
        turn.purpose = request.extensions().get::<Purpose>().cloned();
        let response = turn.answer(&mut core.store, &mut core.paces, &incoming);
        core.authorizations.append(&mut turn.authorizations);
        core.exchanges.add(&turn.record, &incoming, &response, &turn.request_id);
        let stored = core.store.commit();
        let lost = turn.record.fault.is_none() && turn.strikes(self.shared.settings.faults.lost_response);
        if lost {
            turn.record.fault = Some(InjectedFault::LostResponse);
        }
        core.calls.add(turn.record);
        match stored {
            Ok(()) if !lost => Ok(response),
            Ok(()) => Err(ConnectionLost),
            Err(error) => {
                tracing::error!(%error, "the simulator's store cannot be written");
                Err(ConnectionLost)
            }
        }
    }
}

/// In process, a request may name its host in the address only.
fn with_host(request: &Request<Bytes>) -> http::HeaderMap {
    let mut headers = request.headers().clone();
    if !headers.contains_key(http::header::HOST)
        && let Some(authority) = request.uri().authority()
        && let Ok(value) = HeaderValue::try_from(authority.as_str())
    {
        headers.insert(http::header::HOST, value);
    }
    headers
}

/// Who makes a call, for which region, and at what time by their own clock.
struct CalledBy {
    caller: Caller,
    region: String,
    now: jiff::Timestamp,
    /// Where nobody signs, no policy of the caller is asked.
    signed: bool,
}

/// The region of an endpoint's name (`sts.eu-west-1.amazonaws.com`), for calls that no signature is made for.
fn region_of(incoming: &Incoming<'_>) -> String {
    let host = incoming.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match host.split('.').collect::<Vec<_>>()[..] {
        ["sts", region, "amazonaws", ..] => region.to_owned(),
        // The global endpoint of STS is there, and so is loopback.
        _ => "us-east-1".to_owned(),
    }
}

/// The answering of one request.
struct Turn<'a> {
    settings: &'a Settings,
    now: jiff::Timestamp,
    dice: Random,
    ids: Random,
    request_id: String,
    record: CallRecord,
    issuer_keys: Option<IssuerKeys>,
    purpose: Option<Purpose>,
    authorizations: Vec<Authorization>,
}

impl<'a> Turn<'a> {
    fn new(settings: &'a Settings, now: jiff::Timestamp, number: u64) -> Self {
        Self {
            settings,
            now,
            dice: Random::new(settings.seed, &format!("faults/{number}")),
            ids: Random::new(settings.seed, &format!("call/{number}")),
            request_id: Random::new(settings.seed, &format!("request/{number}")).uuid(),
            record: CallRecord {
                time: now,
                service: String::new(),
                operation: String::new(),
                account: None,
                region: String::new(),
                principal: None,
                error: None,
                fault: None,
            },
            issuer_keys: None,
            purpose: None,
            authorizations: Vec::new(),
        }
    }

    fn strikes(&mut self, rate: f64) -> bool {
        // Drawn also at a rate of nothing, so that one fault's rate does not shift the others' draws.
        self.dice.fraction() < rate
    }

    fn answer(&mut self, store: &mut Store, paces: &mut Paces, incoming: &Incoming<'_>) -> Response<Bytes> {
        let models = Models::embedded();
        let signature = Signature::parse(incoming);
        let signed_for = match &signature {
            Ok(signature) => signature.service.as_str(),
            // Without a signature nothing tells the service; the answer is one that every reader of XML or JSON understands.
            Err(_) if incoming.headers.contains_key("x-amz-target") => "secretsmanager",
            Err(_) if incoming.path == "/" => "sts",
            Err(_) => "s3",
        };
        self.record.service = signed_for.to_owned();
        let Some(target) = wire::target(models, signed_for, incoming) else {
            return self.unknown_service(signed_for);
        };
        let model = target.model;
        self.record.service = model.name.clone();
        let operation = target.operation.map(|(_, operation)| operation);
        match self.authenticated(store, paces, incoming, signature, &target) {
            Ok(response) => response,
            Err(error) => {
                self.record.error = Some(error.code.clone());
                wire::refuse(model, operation, &error, &self.request_id, incoming.method)
            }
        }
    }

    fn authenticated(
        &mut self,
        store: &mut Store,
        paces: &mut Paces,
        incoming: &Incoming<'_>,
        signature: Result<Signature, SignatureError>,
        target: &Target<'_>,
    ) -> Result<Response<Bytes>, ServiceError> {
        let model = target.model;
        if let (Err(SignatureError::Missing), Some((name, operation))) = (&signature, target.operation)
            && let Some(caller) = unsigned_caller(&model.name, name, &wire::read(target, operation, incoming)?)
        {
            let caller = caller?;
            let by = CalledBy { caller, region: region_of(incoming), now: Clock::of_the_machine(), signed: false };
            return self.perform(store, paces, incoming, target, by);
        }
        let signature = signature.map_err(|error| match error {
            SignatureError::Missing => common(model, Common::Unsigned, "Request is missing Authentication Token"),
            SignatureError::Malformed(what) => common(model, Common::IncompleteSignature, what),
        })?;
        self.record.region.clone_from(&signature.region);
        let caller = authenticate(self.settings, store, incoming, &signature, model)?;
        let by = CalledBy { caller, region: signature.region, now: signature.caller_now, signed: true };
        self.perform(store, paces, incoming, target, by)
    }

    fn perform(
        &mut self,
        store: &mut Store,
        paces: &mut Paces,
        incoming: &Incoming<'_>,
        target: &Target<'_>,
        CalledBy { caller, region, now: caller_now, signed }: CalledBy,
    ) -> Result<Response<Bytes>, ServiceError> {
        let model = target.model;
        self.record.region.clone_from(&region);
        self.record.account = Some(caller.account.clone());
        self.record.principal = Some(caller.arn.clone());
        let Some((name, operation)) = target.operation else {
            let message = format!("{} has no such operation: {} {}", model.name, incoming.method, incoming.path);
            return Err(common(model, Common::UnknownOperation, message));
        };
        self.record.operation = name.to_owned();
        let struck = self.strikes(self.settings.faults.throttle_rate(&model.name));
        let pace = self.settings.faults.pace(&model.name);
        if struck || pace.is_some_and(|pace| !paces.takes(&caller.account, &region, &model.name, pace)) {
            self.record.fault = Some(InjectedFault::Throttled);
            return Err(common(model, Common::Throttled, "Rate exceeded"));
        }
        if self.strikes(self.settings.faults.server_error) {
            self.record.fault = Some(InjectedFault::ServerError);
            let message = "The request processing has failed because of an unknown error, exception or failure.";
            return Err(common(model, Common::ServerError, message));
        }
        let input = wire::read(target, operation, incoming)?;
        let mut call = Call {
            service: &model.name,
            operation: name,
            account: &caller.account,
            region: &region,
            caller: &caller,
            input,
            now: self.now,
            caller_now,
            store,
            issuer_keys: self.issuer_keys.as_ref(),
            random: &mut self.ids,
            settings: self.settings,
            handler_refusal: None,
        };
        let enforce = self.settings.enforce_policies;
        if signed && (enforce || self.settings.record_authorizations) {
            let judgement = judge(&call, model.protocol(), enforce, self.purpose.as_ref());
            if self.settings.record_authorizations {
                self.authorizations = judgement.authorizations;
            }
            if let Some(refusal) = judgement.refusal {
                return Err(refusal);
            }
            call.handler_refusal = judgement.handler_refusal;
        }
        let output = match behaviour(&model.name) {
            Some(service) => service.call(&mut call)?,
            None => return Err(not_simulated(&model.name, name)),
        };
        self.write(model, name, operation, &output)
    }

    fn write(
        &self,
        model: &ServiceModel,
        name: &str,
        operation: &Operation,
        output: &Value,
    ) -> Result<Response<Bytes>, ServiceError> {
        wire::write(model, name, operation, output, &self.request_id).map_err(|error| {
            tracing::error!(service = model.name, operation = name, problem = error.0, "an answer is not of its shape");
            common(model, Common::ServerError, format!("simulator: {}:{name}: {}", model.name, error.0))
        })
    }

    fn unknown_service(&mut self, signed_for: &str) -> Response<Bytes> {
        self.record.error = Some(crate::service::NOT_SIMULATED.to_owned());
        let body = serde_json::json!({
            "__type": crate::service::NOT_SIMULATED, "message": format!("not simulated: {signed_for}"),
        });
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(crate::service::NOT_SIMULATED));
        response
    }
}

fn common(model: &ServiceModel, what: Common, message: impl Into<String>) -> ServiceError {
    wire::common(model, what, message)
}

fn authenticate(
    settings: &Settings,
    store: &Store,
    incoming: &Incoming<'_>,
    signature: &Signature,
    model: &ServiceModel,
) -> Result<Caller, ServiceError> {
    let key = AccessKey::find(store, &signature.access_key)
        .ok_or_else(|| common(model, Common::UnknownKey, "The security token included in the request is invalid."))?;
    if key.session_token != signature.session_token {
        return Err(common(model, Common::WrongToken, "The security token included in the request is invalid."));
    }
    if key.expires.is_some_and(|expires| expires <= signature.caller_now) {
        return Err(common(model, Common::ExpiredToken, "The security token included in the request is expired"));
    }
    if settings.verify_signatures {
        if !signature.is_made_with(&key.secret, incoming) {
            let message = "The request signature we calculated does not match the signature you provided. \
                           Check your AWS Secret Access Key and signing method.";
            return Err(common(model, Common::WrongSignature, message));
        }
        if !wire::body_is_as_declared(incoming) {
            let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            return Err(ServiceError::new("XAmzContentSHA256Mismatch", message).with_status(400));
        }
    }
    Ok(key.caller)
}

#[cfg(test)]
mod tests;
