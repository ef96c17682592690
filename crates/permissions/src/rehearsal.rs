//! The rehearsal: everything that a deployer does with a graph, once, against a cloud of its own, in virtual time.

use crate::known::Known;
use crate::watched::{Watched, Work};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_executor::{ApplyOptions, ApplyRequest, Interrupt, RunSummary, SecretResolver};
use charter_model::{AccountId, AccountName, Address, DesiredGraph, Evaluator, Placement, TypeName, Value};
use charter_planner::{Mode, Plan, PlanRequest, Selection};
use charter_provider::{
    Failure, FailureCode, IdempotencyToken, ListRequest, Operation, Properties, Provider, RecoverRequest,
};
use charter_simulator::{ACCESS_ROLE, Authorization, Organization, Purpose, Settings, Simulator, knows_handlers};
use charter_state::{
    Backend, Clock, Entry, Fresh, Holder, LocalBackend, MemoryFiles, Record, Session, SessionOptions, Snapshot,
    StateError,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How many resources are read at once.
const READING: usize = 16;

/// What is rehearsed.
#[derive(Clone)]
pub struct RehearsalRequest<'a> {
    /// What the stacks ask for.
    pub graph: &'a DesiredGraph,
    /// Of what.
    pub selection: Selection,
    /// Finishes expressions.
    pub evaluator: &'a dyn Evaluator,
    /// Policies that are enforced; none: everything is allowed.
    pub enforced: Option<&'a Enforced>,
}

/// The policies of the deployer, by account.
pub type Enforced = BTreeMap<AccountId, Vec<String>>;

/// What a rehearsal came to.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// What each call asked of IAM, in order.
    pub authorizations: Vec<Authorization>,
    /// What was refused for want of a permission.
    pub refusals: Vec<Refusal>,
    /// What could not be rehearsed for another reason, and so is missing from the authorizations: a resource that exists outside of
    /// the stacks, for example.
    pub problems: Vec<String>,
    /// Types that go through Cloud Control and whose handlers' calls are not known: what they take is missing as well.
    pub unlisted: BTreeSet<TypeName>,
    pub(crate) known: Known,
    /// The accounts that the stacks make, as they were made for the rehearsal.
    pub(crate) made: BTreeMap<AccountName, AccountId>,
}

/// Something that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was to be done: `create product-reviews/reader`.
    pub what: String,
    /// AWS's words.
    pub message: String,
}

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The simulated cloud or the state in memory does not work: a fault of this program.
    #[error("the rehearsal could not be set up: {0}")]
    Setup(String),
    /// The stacks cannot be planned.
    #[error("the stacks cannot be planned")]
    Plan(Box<charter_model::Diagnostics>),
}

/// Rehearses a graph. Takes no credentials, reaches no network, and waits for nothing: its time is virtual, on a thread of its own.
pub fn rehearse(request: &RehearsalRequest<'_>) -> Result<Rehearsal, RehearsalError> {
    let failed = |error: &dyn std::fmt::Display| RehearsalError::Setup(error.to_string());
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .map_err(|error| failed(&error))?;
            runtime.block_on(Stage::new(request).await_all())
        });
        thread.join().unwrap_or_else(|_| Err(RehearsalError::Setup("the rehearsal ended in the middle".to_owned())))
    })
}

/// The graph as it is rehearsed.
struct Stage<'a> {
    request: &'a RehearsalRequest<'a>,
    graph: DesiredGraph,
}

/// Confirms every open hand-off; whether there was one.
async fn confirm_hand_offs(session: &Session) -> Result<bool, RehearsalError> {
    let snapshot = session.snapshot();
    let open: Vec<Entry> = snapshot.resources.values().filter_map(confirmed).collect();
    let any = !open.is_empty();
    session.record(open).await.map_err(setup)?;
    Ok(any)
}

fn confirmed(record: &Record) -> Option<Entry> {
    let schema = Catalog::embedded().schema(&record.type_name)?;
    let place = schema.confirmation()?;
    if record.attributes.at(place) == Some(&Value::Bool(true)) {
        return None;
    }
    let mut record = record.clone();
    let Value::Map(members) = &mut record.attributes else { return None };
    members.insert(place.segments().first()?.to_string().into(), Value::Bool(true));
    Some(Entry::Put { record: Box::new(record) })
}

/// The cloud, the provider and the state of one rehearsal.
struct Scene {
    simulator: Simulator,
    provider: Watched<AwsProvider>,
    files: MemoryFiles,
    clock: Arc<VirtualClock>,
    rehearsal: Rehearsal,
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

impl<'a> Stage<'a> {
    fn new(request: &'a RehearsalRequest<'a>) -> Self {
        let mut graph = request.graph.clone();
        for resource in graph.resources.values_mut() {
            // Nothing exists yet that could be adopted or moved; and all of it goes in the end.
            resource.lifecycle.import = None;
            resource.lifecycle.moved_from = None;
            resource.lifecycle.protect = false;
        }
        Self { request, graph }
    }

    async fn await_all(self) -> Result<Rehearsal, RehearsalError> {
        let mut scene = self.scene().await?;
        let session = scene.open(&self.graph).await.map_err(setup)?;
        let places = self.places();
        scene.preflight(&places).await;
        // From nothing to everything; the plan also tells which names are known beforehand.
        let plan = scene.plan(&session, &self, &self.graph, Mode::Apply).await?;
        scene.rehearsal.known = Known::of(&plan);
        scene.apply(&session, &self, &plan).await?;
        // What people do meanwhile: what waited for it is made too.
        for _ in &self.graph.resources {
            if !confirm_hand_offs(&session).await? {
                break;
            }
            let plan = scene.plan(&session, &self, &self.graph, Mode::Apply).await?;
            scene.apply(&session, &self, &plan).await?;
        }
        // As every later plan reads it, with a tag that everything gets.
        let mut tagged = self.graph.clone();
        tagged.tags.insert("charter:rehearsal".into(), "changed".into());
        let plan = scene.plan(&session, &self, &tagged, Mode::Apply).await?;
        scene.apply(&session, &self, &plan).await?;
        let plan = scene.plan(&session, &self, &self.graph, Mode::Apply).await?;
        scene.apply(&session, &self, &plan).await?;
        // As after a crash.
        scene.recover(&session.snapshot(), &self.graph).await;
        let before = session.snapshot();
        scene.rehearsal.made.clone_from(&before.accounts);
        let plan = scene.plan(&session, &self, &self.graph, Mode::Destroy).await?;
        scene.apply(&session, &self, &plan).await?;
        scene.list(&before).await;
        session.finish().await.map_err(setup)?;
        scene.rehearsal.authorizations = scene.simulator.authorizations();
        Ok(scene.rehearsal)
    }

    async fn scene(&self) -> Result<Scene, RehearsalError> {
        let enforced = self.request.enforced;
        let settings = Settings {
            verify_signatures: false,
            record_authorizations: true,
            enforce_policies: enforced.is_some(),
            ..Settings::default()
        };
        let simulator = Simulator::open(settings, None).map_err(setup)?;
        let organization = Organization::of(&self.graph.accounts)
            .ok_or_else(|| RehearsalError::Setup("the environment names no account".to_owned()))?;
        let keys = simulator.seed(&organization).map_err(setup)?;
        for (account, documents) in enforced.into_iter().flatten() {
            simulator.restrict(account, documents).map_err(setup)?;
        }
        let mut accounts = self.graph.accounts.clone();
        for target in accounts.values_mut() {
            // The way in that every simulated member account has; one that is made has the role that it is made with.
            if let Some(id) = target.known_id() {
                target.role = (*id != organization.management).then(|| ACCESS_ROLE.to_owned());
            }
            target.profile = None;
        }
        let mut configuration =
            AwsConfiguration::new(self.graph.environment.clone(), accounts, self.graph.region.clone());
        let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "rehearsal");
        configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
        let cloud = simulator.clone();
        configuration.http_client = Some(in_process::http_client(move |mut request| {
            let cloud = cloud.clone();
            if let Some(work) = Work::present() {
                request.extensions_mut().insert(Purpose(work.text()));
            }
            async move { cloud.handle(request).await.map_err(std::io::Error::other) }
        }));
        let provider = AwsProvider::configure(configuration, Catalog::embedded()).await.map_err(setup)?;
        let native: BTreeSet<TypeName> = provider.native_types().into_iter().collect();
        let types = self.places().into_values().flatten();
        let unlisted = types.filter(|name| !native.contains(name) && !knows_handlers(name)).collect();
        Ok(Scene {
            simulator,
            provider: Watched::new(provider),
            files: MemoryFiles::new(),
            clock: Arc::new(VirtualClock(Instant::now())),
            rehearsal: Rehearsal { unlisted, ..Rehearsal::default() },
            runs: 0,
        })
    }

    /// The types of the graph, by where they are.
    fn places(&self) -> BTreeMap<Placement, BTreeSet<TypeName>> {
        let mut places: BTreeMap<Placement, BTreeSet<TypeName>> = BTreeMap::new();
        let selected = |address: &Address| self.request.selection.covers(address);
        for resource in self.graph.resources.values().filter(|resource| selected(&resource.address)) {
            places.entry(resource.placement.clone()).or_default().insert(resource.type_name.clone());
        }
        places
    }
}

impl Scene {
    async fn open(&self, graph: &DesiredGraph) -> Result<Session, StateError> {
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

    async fn preflight(&mut self, places: &BTreeMap<Placement, BTreeSet<TypeName>>) {
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

    async fn plan(
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

    async fn apply(&mut self, session: &Session, stage: &Stage<'_>, plan: &Plan) -> Result<(), RehearsalError> {
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

    /// Asks what became of each operation, as the run after a crash does.
    async fn recover(&mut self, snapshot: &Snapshot, graph: &DesiredGraph) {
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
    async fn list(&mut self, before: &Snapshot) {
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

fn setup(error: impl std::fmt::Display) -> RehearsalError {
    RehearsalError::Setup(error.to_string())
}

/// The account that a name stands for.
pub(crate) fn account_of<'a>(
    graph: &'a DesiredGraph,
    rehearsal: &'a Rehearsal,
    id: &AccountId,
) -> Option<&'a AccountName> {
    let known = graph.accounts.iter().find(|(_, target)| target.known_id() == Some(id));
    known.map(|(name, _)| name).or_else(|| rehearsal.made.iter().find(|(_, made)| *made == id).map(|(name, _)| name))
}
