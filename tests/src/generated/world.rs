//! A project's folder, its state and its cloud, and runs over them as the command line makes them: in this process, over the
//! simulator, in virtual time.

use super::model::{Project, REGIONS};
use super::text;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_executor::{
    ApplyError, ApplyOptions, ApplyRequest, Event, EventKind, Interrupt, OperationName, OperationResult,
    RecoverOptions, RunSummary, SecretResolver,
};
use charter_lang::{Language, LoadOptions};
use charter_model::{AccountId, AccountName, Address, DesiredGraph, Diagnostics, Placement, TypeName};
use charter_planner::{Mode, OperationKind, Plan, PlanRequest, Selection};
use charter_provider::{CreateRequest, IdempotencyToken, Progress, Provider};
use charter_simulator::{CallRecord, Faults, Organization, Settings, Simulator, StaticCredentials};
use charter_state::{Backend, Clock, Fresh, Holder, LocalBackend, MemoryFiles, Session, SessionOptions, Snapshot};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How many resources are read at once.
const READING: usize = 16;

/// Everything that runs share.
pub struct World {
    /// The cloud.
    pub simulator: Simulator,
    provider: AwsProvider,
    folder: tempfile::TempDir,
    files: MemoryFiles,
    clock: Arc<VirtualClock>,
    runs: u64,
    /// What was in the cloud before the first run.
    given: BTreeSet<String>,
    /// The root of the organization, which projects refer to as `environment.root`.
    root: String,
    /// Whether things go wrong in the cloud.
    pub faults: bool,
}

/// What an apply came to.
#[derive(Debug)]
pub struct Applied {
    /// In figures.
    pub summary: RunSummary,
    /// Each operation that ended, and how.
    pub finished: Vec<(Address, OperationName, OperationResult)>,
    /// The calls that it made.
    pub calls: Vec<CallRecord>,
}

/// Begins every secret that is kept beside the cloud or given in it: nothing that Charter keeps may hold it.
pub const HUSH: &str = "hush-hush";

/// What stands in for the environment of the process.
struct Texts;

impl SecretResolver for Texts {
    fn environment(&self, name: &str) -> Option<String> {
        Some(format!("{HUSH} {name}"))
    }
}

struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_800_000_000).expect("a time") + self.0.elapsed()
    }
}

impl World {
    /// A cloud of three accounts, in which there is the secret that projects read, and no more. Must be called under paused time.
    pub async fn new(settings: Settings) -> Self {
        // Faults begin with the first run.
        let calm = Settings { faults: Faults::default(), ..settings.clone() };
        let simulator = Simulator::open(calm, None).expect("a cloud in memory opens");
        let account = |digits: &str| AccountId::new(digits).expect("an account");
        let organization = Organization {
            management: account("111111111111"),
            members: vec![account("333333333333"), account("444444444444")],
        };
        let keys = simulator.seed(&organization).expect("accounts can be made in memory");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = root_of_the_organization(&simulator);
        let files = text::files(&Project { blocks: Vec::new() }, None, 0);
        write(folder.path(), &files, &root);
        let graph = load(folder.path()).expect("the environment loads");
        give(&provider(&simulator, &keys, &graph).await, graph.accounts.keys()).await;
        let faults = settings.faults != Faults::default();
        let simulator = Simulator::from_snapshot(settings, &simulator.snapshot());
        let provider = provider(&simulator, &keys, &graph).await;
        let (files, clock) = (MemoryFiles::new(), Arc::new(VirtualClock(Instant::now())));
        let given = everything(&simulator).collect();
        Self { simulator, provider, folder, files, clock, runs: 0, given, root, faults }
    }

    /// Writes a project's files, and loads them. The files of before are gone.
    pub fn load(&self, files: &BTreeMap<String, String>) -> Result<DesiredGraph, Diagnostics> {
        write(self.folder.path(), files, &self.root);
        load(self.folder.path())
    }

    /// The state, under its lock; what a run left open is settled as one that wants this would.
    pub async fn open(&self, graph: &DesiredGraph) -> Session {
        let holder = Holder {
            user: "ada".into(),
            host: "here".into(),
            pid: 1,
            command: "apply".into(),
            since: self.clock.now(),
        };
        let options = SessionOptions {
            environment: "test".parse().expect("a name"),
            holder,
            fresh: Fresh { lineage: "lineage".into(), salt: "salt".into() },
            wait: Duration::ZERO,
        };
        let session = Session::open(self.backend(), options).await.expect("the state opens");
        // As the program does: what a run left open is settled first.
        let wanted: BTreeSet<Address> = graph.resources.keys().cloned().collect();
        let options = RecoverOptions { seed: self.runs, wanted: Some(&wanted) };
        let quiet = mpsc::unbounded_channel().0;
        let report = charter_executor::recover(&self.provider, &session, Catalog::embedded(), options, quiet).await;
        let report = report.expect("the state can be written");
        assert!(report.blocked.is_empty(), "what is open cannot be told: {:?}", report.blocked);
        session
    }

    fn backend(&self) -> Arc<dyn Backend> {
        let environment = "test".parse().expect("a name");
        Arc::new(LocalBackend::with("/state", environment, Arc::new(self.files.clone()), self.clock.clone()))
    }

    /// What is recorded.
    pub async fn snapshot(&self) -> Snapshot {
        self.backend().load().await.expect("the state loads").expect("there is a state").snapshot
    }

    /// Reads what is there and plans, by a plan that keeps the rules of plans.
    pub async fn plan(&self, session: &Session, graph: &DesiredGraph, mode: Mode) -> Result<Plan, Diagnostics> {
        let snapshot = session.snapshot();
        let selection = Selection::default();
        let targets = charter_planner::reads(graph, &snapshot, &selection);
        let observed = charter_executor::observe(&self.provider, &targets, READING, mpsc::unbounded_channel().0)
            .await
            .unwrap_or_else(|failures| panic!("cannot be read: {failures:?}"));
        let (secrets, failures) =
            charter_executor::read_secrets(graph, &self.provider, &Texts, &snapshot.salt, &|_| true).await;
        assert!(failures.is_empty(), "{failures:?}");
        let plan = charter_planner::plan(PlanRequest {
            graph,
            snapshot: &snapshot,
            observed: &observed,
            catalog: Catalog::embedded(),
            evaluator: &Language::new(),
            secrets: &secrets,
            mode,
            selection,
        })?;
        if let Err(breaches) = charter_planner::verify(&plan, graph, &snapshot) {
            panic!("the plan breaks its own rules: {breaches:?}");
        }
        Ok(plan)
    }

    /// Applies a plan.
    pub async fn apply(&mut self, session: &Session, plan: &Plan) -> Result<Applied, ApplyError> {
        self.runs += 1;
        let before = self.simulator.calls().len();
        let (sender, mut events) = mpsc::unbounded_channel::<Event>();
        let (_keep, interrupt) = watch::channel(Interrupt::None);
        let summary = charter_executor::apply(ApplyRequest {
            plan,
            provider: &self.provider,
            state: session,
            evaluator: &Language::new(),
            catalog: Catalog::embedded(),
            secrets: &Texts,
            options: ApplyOptions::new(format!("run-{}", self.runs), self.runs),
            events: sender,
            interrupt,
        })
        .await?;
        let mut finished = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let EventKind::Finished { address, operation, result, .. } = event.kind {
                finished.push((address, operation, result));
            }
        }
        let calls = self.simulator.calls().into_iter().skip(before).collect();
        Ok(Applied { summary, finished, calls })
    }

    /// The inventory of what was made, one line each.
    pub fn inventory(&self) -> Vec<String> {
        everything(&self.simulator).filter(|line| !self.given.contains(line)).collect()
    }

    /// Whether a type has an adapter of its own; the others go through Cloud Control.
    pub fn is_native(&self, type_name: &TypeName) -> bool {
        self.provider.native_types().contains(type_name)
    }

    /// Whether what Charter keeps holds a secret.
    pub fn tells_secrets(&self) -> bool {
        let kept = self.files.paths().into_iter().filter_map(|path| self.files.content(&path));
        kept.into_iter().any(|bytes| String::from_utf8_lossy(&bytes).contains(HUSH))
    }

    /// Lets time pass, so that what is being deleted is gone.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    }
}

/// All that is in a cloud, one line each.
fn everything(simulator: &Simulator) -> impl Iterator<Item = String> {
    let items = simulator.inventory().into_iter();
    items.map(|item| format!("{} {} {} {}", item.account, item.region, item.kind, item.identifier))
}

async fn provider(simulator: &Simulator, keys: &StaticCredentials, graph: &DesiredGraph) -> AwsProvider {
    let mut configuration =
        AwsConfiguration::new(graph.environment.clone(), graph.accounts.clone(), graph.region.clone());
    let (id, secret) = (keys.access_key_id.clone(), keys.secret_access_key.clone());
    configuration.base_credentials =
        Some(SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "simulator")));
    let cloud = simulator.clone();
    configuration.http_client = Some(in_process::http_client(move |request| {
        let cloud = cloud.clone();
        async move { cloud.handle(request).await.map_err(std::io::Error::other) }
    }));
    AwsProvider::configure(configuration, Catalog::embedded()).await.expect("a provider")
}

/// Puts the secret into every account and region that projects read it from.
async fn give(provider: &AwsProvider, accounts: impl Iterator<Item = &AccountName>) {
    let text = json!({"text": format!("{HUSH} given")}).to_string();
    let wanted = json!({"Name": "given", "SecretString": text});
    for (number, account) in accounts.enumerate() {
        for region in REGIONS {
            let request = CreateRequest {
                address: "given/secret".parse().expect("an address"),
                type_name: "AWS::SecretsManager::Secret".parse().expect("a type"),
                placement: Placement { account: account.clone(), region: region.parse().expect("a region") },
                properties: wanted.as_object().cloned().unwrap_or_default(),
                token: IdempotencyToken(format!("{number:040x}-{region}").into()),
            };
            let made = provider.create(request).await;
            assert!(!matches!(made, Progress::Failed(_)), "{made:?}");
        }
    }
}

/// What events call an operation of a plan.
pub fn operation_name(kind: &OperationKind) -> OperationName {
    match kind {
        OperationKind::Create { .. } => OperationName::Create,
        OperationKind::Update => OperationName::Update,
        OperationKind::Delete => OperationName::Delete,
        OperationKind::DeleteDeposed { .. } => OperationName::DeleteDeposed,
        OperationKind::Adopt { .. } => OperationName::Adopt,
        OperationKind::Record { .. } => OperationName::Record,
        OperationKind::Forget => OperationName::Forget,
    }
}

/// The id that the organization of the cloud has for its root.
fn root_of_the_organization(simulator: &Simulator) -> String {
    let contents = simulator.contents().into_iter();
    let mut roots = contents.filter(|stored| stored.item.service == "organizations").filter_map(|stored| {
        let root = stored.value.get("root")?.as_str()?;
        Some(root.to_owned())
    });
    roots.next().expect("the accounts are an organization")
}

/// Writes the files of a project, with what the environment can only know of the cloud.
fn write(root: &Path, files: &BTreeMap<String, String>, organization: &str) {
    for folder in ["stacks", "modules", "environments"] {
        let path = root.join(folder);
        if path.exists() {
            std::fs::remove_dir_all(&path).expect("the folder can be emptied");
        }
        std::fs::create_dir_all(&path).expect("the folder can be made");
    }
    for (name, content) in files {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(&path, content).expect("the file can be written");
        if name.starts_with("environments/") {
            let known = format!("{content}root: {organization}\n");
            std::fs::write(path, known).expect("the file can be written");
        }
    }
}

fn load(root: &Path) -> Result<DesiredGraph, Diagnostics> {
    let options = LoadOptions { root: root.to_owned(), environment: "test".to_owned(), ..LoadOptions::default() };
    let loaded = charter_lang::load(&options, Catalog::embedded());
    loaded.graph.ok_or(loaded.diagnostics)
}
