//! The cloud, the provider and the state of one rehearsal, and the single things that are done there. Imports `rehearsal`, `watched`,
//! `edits`.

use crate::edits::edits;
use crate::rehearsal::{Refusal, Rehearsal, RehearsalError, Stage, setup};
use crate::watched::{Watched, Work};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_access::Refused;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::{Catalog, TypeSchema};
use charter_executor::{ApplyOptions, ApplyRequest, Interrupt, RunSummary, SecretResolver};
use charter_model::{Address, DesiredGraph, Placement, Pointer, TypeName, Value};
use charter_planner::{Mode, Plan, PlanRequest};
use charter_provider::{
    Failure, FailureCode, IdempotencyToken, ListRequest, Observed, Operation, Progress, Properties, Provider,
    ReadRequest, RecoverRequest, StatusRequest, UpdateRequest,
};
use charter_simulator::{
    ACCESS_ROLE, HandlerSource, Organization, Purpose, Settings, Simulator, StaticCredentials, handler_source,
};
use charter_state::{
    Backend, Clock, Fresh, Holder, LocalBackend, MemoryFiles, Record, Session, SessionOptions, Snapshot, StateError,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How many resources are read at once.
const READING: usize = 16;

/// How often one change of a property is asked after.
const PATIENCE: usize = 500;

/// What stands in for a value that no state keeps.
const SECRET: &str = "rehearsed-secret";

/// The cloud, the provider and the state of one rehearsal.
pub(crate) struct Scene {
    simulator: Simulator,
    provider: Watched<AwsProvider>,
    /// The types that do not go through Cloud Control.
    native: BTreeSet<TypeName>,
    files: MemoryFiles,
    clock: Arc<VirtualClock>,
    pub(crate) rehearsal: Rehearsal,
    runs: u64,
}

struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH + self.0.elapsed()
    }
}

/// Every variable of the environment has a value, and none is a secret.
struct AnyValue;

impl SecretResolver for AnyValue {
    fn environment(&self, name: &str) -> Option<String> {
        Some(format!("the value of {name}"))
    }
}

impl Scene {
    /// A cloud with the accounts of the graph and nothing else. What is there by that is adopted where the graph adopts it; what is
    /// not there is made, as if nobody adopted it.
    pub(crate) async fn begin(stage: &mut Stage<'_>) -> Result<Self, RehearsalError> {
        let enforced = stage.request.enforced;
        let settings = Settings {
            verify_signatures: false,
            record_authorizations: true,
            enforce_policies: enforced.is_some(),
            ..Settings::default()
        };
        let simulator = Simulator::open(settings, None).map_err(setup)?;
        let organization = Organization::of(&stage.graph.accounts)
            .ok_or_else(|| RehearsalError::Setup("the environment names no account".to_owned()))?;
        let keys = simulator.seed_standing(&organization, &stage.standing()).map_err(setup)?;
        let looking = provider(&simulator, &stage.graph, &organization, &keys).await?;
        let adopted = adopt(&looking, &mut stage.graph).await?;
        // Nobody looks before a deployer does.
        simulator.authorizations();
        if let Some(enforced) = enforced {
            let none = Default::default();
            for id in stage.graph.accounts.values().filter_map(|target| target.known_id()) {
                simulator.restrict(id, enforced.get(id).unwrap_or(&none)).map_err(setup)?;
            }
        }
        let provider = provider(&simulator, &stage.graph, &organization, &keys).await?;
        let native: BTreeSet<TypeName> = provider.native_types().into_iter().collect();
        let mut rehearsal = Rehearsal { adopted, ..Rehearsal::default() };
        for name in stage.places().into_values().flatten().filter(|name| !native.contains(name)) {
            match handler_source(&name) {
                Some(HandlerSource::Registry) => {}
                Some(HandlerSource::Derived) => drop(rehearsal.derived.insert(name)),
                None => drop(rehearsal.unlisted.insert(name)),
            }
        }
        Ok(Self {
            simulator,
            provider: Watched::new(provider),
            native,
            files: MemoryFiles::new(),
            clock: Arc::new(VirtualClock(Instant::now())),
            rehearsal,
            runs: 0,
        })
    }

    pub(crate) fn end(mut self) -> Rehearsal {
        self.rehearsal.authorizations = self.simulator.authorizations();
        self.rehearsal
    }

    pub(crate) async fn open(&self, graph: &DesiredGraph) -> Result<Session, StateError> {
        let environment = graph.environment.clone();
        let backend: Arc<dyn Backend> = Arc::new(LocalBackend::with(
            "/rehearsal",
            environment.clone(),
            Arc::new(self.files.clone()),
            self.clock.clone(),
        ));
        let holder = Holder {
            user: "rehearsal".into(),
            host: "here".into(),
            pid: std::process::id(),
            command: "permissions".into(),
            since: self.clock.now(),
        };
        let fresh = Fresh { lineage: "rehearsal".into(), salt: "rehearsal".into() };
        Session::open(backend, SessionOptions { environment, holder, fresh, wait: Duration::ZERO }).await
    }

    fn note(&mut self, what: String, failure: &Failure) {
        let denied = matches!(failure.code, FailureCode::AccessDenied | FailureCode::InvalidCredentials);
        if denied {
            self.rehearsal.refusals.push(Refusal { what, message: failure.message.clone() });
        } else {
            self.rehearsal.problems.push(format!("{what}: {failure}"));
        }
    }

    /// Notes what IAM refused, and nothing else: where any other answer will do.
    fn note_refusal(&mut self, what: String, failure: &Failure) {
        if Refused::read(&failure.message).is_some() {
            self.rehearsal.refusals.push(Refusal { what, message: failure.message.clone() });
        }
    }

    pub(crate) async fn preflight(&mut self, places: &BTreeMap<Placement, BTreeSet<TypeName>>) {
        for (placement, types) in places {
            let types: Vec<TypeName> = types.iter().cloned().collect();
            let asked = match self.provider.verify(placement).await {
                Ok(()) => self.provider.preflight(placement, &types).await.map(drop),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = asked {
                self.note(format!("check account {}", placement.account), &failure);
            }
        }
    }

    pub(crate) async fn plan(
        &mut self,
        session: &Session,
        stage: &Stage<'_>,
        graph: &DesiredGraph,
        mode: Mode,
    ) -> Result<Plan, RehearsalError> {
        let snapshot = session.snapshot();
        let selection = stage.request.selection.clone();
        let targets = charter_planner::reads(graph, &snapshot, &selection);
        let (silent, _) = mpsc::unbounded_channel();
        let observed = match charter_executor::observe(&self.provider, &targets, READING, silent).await {
            Ok(observed) => observed,
            Err(failures) => {
                for (address, failure) in &failures {
                    self.note(format!("read {address}"), failure);
                }
                Default::default()
            }
        };
        let taking_part = charter_planner::taking_part(graph, &snapshot, &selection);
        let takes_part = |address: &Address| taking_part.contains(address);
        let (secrets, failures) =
            charter_executor::read_secrets(graph, &self.provider, &AnyValue, &snapshot.salt, &takes_part).await;
        for (address, failure) in &failures {
            self.note(format!("read the secrets of {address}"), failure);
        }
        charter_planner::plan(PlanRequest {
            graph,
            snapshot: &snapshot,
            observed: &observed,
            catalog: Catalog::embedded(),
            evaluator: stage.request.evaluator,
            secrets: &secrets,
            mode,
            selection,
        })
        .map_err(|diagnostics| RehearsalError::Plan(Box::new(diagnostics)))
    }

    pub(crate) async fn apply(
        &mut self,
        session: &Session,
        stage: &Stage<'_>,
        plan: &Plan,
    ) -> Result<(), RehearsalError> {
        self.runs += 1;
        let (_keep, interrupt) = watch::channel(Interrupt::None);
        let (silent, _) = mpsc::unbounded_channel();
        let result = charter_executor::apply(ApplyRequest {
            plan,
            provider: &self.provider,
            state: session,
            evaluator: stage.request.evaluator,
            catalog: Catalog::embedded(),
            secrets: &AnyValue,
            options: ApplyOptions::new(format!("rehearsal-{}", self.runs), self.runs),
            events: silent,
            interrupt,
        })
        .await;
        match result {
            Ok(RunSummary { failed, .. }) => {
                for (address, failure) in &failed {
                    self.note(format!("apply {address}"), failure);
                }
                Ok(())
            }
            Err(charter_executor::ApplyError::Identity { placement, failure }) => {
                self.note(format!("check account {}", placement.account), &failure);
                Ok(())
            }
            Err(error) => Err(setup(error)),
        }
    }

    /// Changes each property that can be changed in place, and puts it back in the end. That a value is refused does not matter: IAM is
    /// asked before anybody looks at it. Each resource is changed in the cloud as it was, whatever a change of another one broke.
    ///
    /// What a handler of Cloud Control calls for an update does not depend on what changes: a type that goes through it is changed
    /// once, and not at all where its tags are.
    pub(crate) async fn edit(&mut self, made: &Snapshot, graph: &DesiredGraph) {
        let before = self.simulator.snapshot();
        for record in made.resources.values() {
            let (Some(identifier), Some(schema)) = (&record.identifier, self.provider.schema(&record.type_name)) else {
                continue;
            };
            let most = match (self.native.contains(&record.type_name), schema.tagging()) {
                (true, _) => usize::MAX,
                (false, Some(tagging)) if tagging.updatable => 0,
                (false, _) => 1,
            };
            let lifecycle = graph.resources.get(&record.address).map(|resource| &resource.lifecycle);
            let ignored = lifecycle.map_or(&[][..], |lifecycle| &lifecycle.ignore_changes);
            let given = given(record, &schema);
            let mut edits = edits(&schema, &given, ignored).into_iter().take(most).peekable();
            while let Some(edit) = edits.next() {
                self.rehearsal.edits += 1;
                self.update(record, identifier, &edit.property, edit.properties).await;
                if edits.peek().is_none_or(|next| next.property != edit.property) {
                    self.update(record, identifier, &edit.property, given.clone()).await;
                }
            }
            self.simulator.restore(&before);
        }
    }

    async fn update(&mut self, record: &Record, identifier: &str, property: &Pointer, properties: Properties) {
        let recorded = match record.attributes.to_plain_json() {
            serde_json::Value::Object(recorded) => Some(recorded),
            _ => None,
        };
        let read = self.provider.read(ReadRequest {
            type_name: record.type_name.clone(),
            placement: record.placement.clone(),
            identifier: identifier.to_owned(),
            recorded,
        });
        let observed = match read.await {
            Ok(Observed::Present { properties }) => properties,
            Ok(Observed::Absent) => return,
            Err(failure) => return self.note_refusal(format!("read {}", record.address), &failure),
        };
        self.runs += 1;
        let token = IdempotencyToken(format!("{:064x}", self.runs).into());
        let progress = self.provider.update(UpdateRequest {
            address: record.address.clone(),
            type_name: record.type_name.clone(),
            placement: record.placement.clone(),
            identifier: identifier.to_owned(),
            observed,
            properties: properties.clone(),
            changed: vec![property.clone()],
            token: token.clone(),
        });
        let mut progress = progress.await;
        for _ in 0..PATIENCE {
            match progress {
                Progress::Done(_) => return,
                Progress::Failed(failure) => {
                    return self.note_refusal(format!("update {property} of {}", record.address), &failure);
                }
                Progress::Pending(pending) => {
                    tokio::time::sleep(pending.retry_after).await;
                    let request = StatusRequest {
                        operation: Operation::Update,
                        type_name: record.type_name.clone(),
                        placement: record.placement.clone(),
                        handle: pending.handle,
                        identifier: Some(identifier.to_owned()),
                        properties: properties.clone(),
                        without_secrets: false,
                        token: token.clone(),
                    };
                    progress = self.provider.status(request).await;
                }
            }
        }
    }

    /// Asks what became of each operation, as the run after a crash does.
    pub(crate) async fn recover(&mut self, snapshot: &Snapshot, graph: &DesiredGraph) {
        for record in snapshot.resources.values() {
            let Some(identifier) = &record.identifier else { continue };
            let serde_json::Value::Object(properties) = record.inputs.clone().to_plain_json() else { continue };
            // Before its identifier was known, and after.
            let ways = [
                (Operation::Create, None),
                (Operation::Create, Some(identifier.clone())),
                (Operation::Update, Some(identifier.clone())),
                (Operation::Delete, Some(identifier.clone())),
            ];
            for (operation, identifier) in ways {
                let request = RecoverRequest {
                    operation,
                    address: record.address.clone(),
                    environment: graph.environment.clone(),
                    type_name: record.type_name.clone(),
                    placement: record.placement.clone(),
                    identifier,
                    properties: properties.clone(),
                    token: IdempotencyToken("0".repeat(64).into()),
                };
                // That it cannot be told is an answer as well.
                if let Err(failure) = self.provider.recover(request).await
                    && failure.code == FailureCode::AccessDenied
                {
                    self.note(format!("recover {}", record.address), &failure);
                }
            }
        }
    }

    /// Looks for what should be gone, as a destruction does in the end. What is listed within a parent only is not asked for.
    pub(crate) async fn list(&mut self, before: &Snapshot) {
        let kinds: BTreeSet<(&Placement, &TypeName)> =
            before.resources.values().map(|record| (&record.placement, &record.type_name)).collect();
        for (placement, type_name) in kinds {
            let request = ListRequest {
                type_name: type_name.clone(),
                placement: placement.clone(),
                filter: Properties::new(),
                page: None,
            };
            if let Err(failure) = self.provider.list(request).await
                && failure.code == FailureCode::AccessDenied
            {
                self.note(format!("list {type_name}"), &failure);
            }
        }
    }
}

/// A provider that calls the simulated cloud: the management account with these keys, every other one by the access role.
async fn provider(
    simulator: &Simulator,
    graph: &DesiredGraph,
    organization: &Organization,
    keys: &StaticCredentials,
) -> Result<AwsProvider, RehearsalError> {
    let mut accounts = graph.accounts.clone();
    for target in accounts.values_mut() {
        // The way in that every simulated member account has; one that is made has the role that it is made with.
        if let Some(id) = target.known_id() {
            target.role = (*id != organization.management).then(|| ACCESS_ROLE.to_owned());
        }
        target.profile = None;
    }
    let mut configuration = AwsConfiguration::new(graph.environment.clone(), accounts, graph.region.clone());
    let (id, secret) = (keys.access_key_id.clone(), keys.secret_access_key.clone());
    let credentials = Credentials::new(id, secret, None, None, "rehearsal");
    configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
    let cloud = simulator.clone();
    configuration.http_client = Some(in_process::http_client(move |mut request| {
        let cloud = cloud.clone();
        if let Some(work) = Work::present() {
            request.extensions_mut().insert(Purpose(work.text()));
        }
        async move { cloud.handle(request).await.map_err(std::io::Error::other) }
    }));
    AwsProvider::configure(configuration, Catalog::embedded()).await.map_err(setup)
}

/// Lets the graph adopt what is there, and make the rest. Tells what is adopted.
async fn adopt(provider: &impl Provider, graph: &mut DesiredGraph) -> Result<BTreeSet<Address>, RehearsalError> {
    let mut adopted = BTreeSet::new();
    for resource in graph.resources.values_mut() {
        let Some(identifier) = &resource.lifecycle.import else { continue };
        let request = ReadRequest {
            type_name: resource.type_name.clone(),
            placement: resource.placement.clone(),
            identifier: identifier.clone(),
            recorded: None,
        };
        match provider.read(request).await {
            Ok(Observed::Present { .. }) => drop(adopted.insert(resource.address.clone())),
            // An identifier that its type cannot have leads to nothing as well.
            Ok(Observed::Absent) | Err(_) => resource.lifecycle.import = None,
        }
    }
    Ok(adopted)
}

/// What was asked for, as it was sent: a text stands in for what no state keeps, where the type takes one.
fn given(record: &Record, schema: &TypeSchema) -> Properties {
    let mut given = Properties::new();
    for (name, value) in record.inputs.as_map().into_iter().flatten() {
        let mut plain = value.to_plain_json();
        if value.has_secret() {
            plain = SECRET.into();
            let alone =
                Value::from(serde_json::Value::from(Properties::from_iter([(name.to_string(), plain.clone())])));
            let place = Pointer::root().key(name);
            if schema.validate(&alone).iter().any(|violation| place.contains(&violation.pointer)) {
                continue;
            }
        }
        given.insert(name.to_string(), plain);
    }
    given
}
