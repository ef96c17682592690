//! A project's folder, its state and its cloud, and runs over them as the command line makes them: in this process, over the
//! simulator, in virtual time.

use super::model::Project;
use super::text;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_executor::{
    ApplyError, ApplyOptions, ApplyRequest, EnvironmentSecrets, Event, EventKind, Interrupt, OperationName,
    OperationResult, RunSummary,
};
use charter_lang::{Language, LoadOptions};
use charter_model::{AccountId, Address, DesiredGraph, Diagnostics};
use charter_planner::{Mode, OperationKind, Plan, PlanRequest, Selection};
use charter_simulator::{CallRecord, Organization, Settings, Simulator};
use charter_state::{Backend, Clock, Fresh, Holder, LocalBackend, MemoryFiles, Session, SessionOptions, Snapshot};
use std::collections::BTreeMap;
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

struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_800_000_000).expect("a time") + self.0.elapsed()
    }
}

impl World {
    /// An empty cloud of three accounts. Must be called under paused time.
    pub async fn new(settings: Settings) -> Self {
        let simulator = Simulator::open(settings, None).expect("a cloud in memory opens");
        let account = |digits: &str| AccountId::new(digits).expect("an account");
        let organization = Organization {
            management: account("111111111111"),
            members: vec![account("333333333333"), account("444444444444")],
        };
        let keys = simulator.seed(&organization).expect("accounts can be made in memory");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = text::files(&Project { blocks: Vec::new() }, None, 0);
        write(folder.path(), &files);
        let graph = load(folder.path()).expect("the environment loads");
        let mut configuration =
            AwsConfiguration::new(graph.environment.clone(), graph.accounts.clone(), graph.region.clone());
        let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "simulator");
        configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
        let cloud = simulator.clone();
        configuration.http_client = Some(in_process::http_client(move |request| {
            let cloud = cloud.clone();
            async move { cloud.handle(request).await.map_err(std::io::Error::other) }
        }));
        let provider = AwsProvider::configure(configuration, Catalog::embedded()).await.expect("a provider");
        let clock = Arc::new(VirtualClock(Instant::now()));
        Self { simulator, provider, folder, files: MemoryFiles::new(), clock, runs: 0 }
    }

    /// Writes a project's files, and loads them. The files of before are gone.
    pub fn load(&self, files: &BTreeMap<String, String>) -> Result<DesiredGraph, Diagnostics> {
        write(self.folder.path(), files);
        load(self.folder.path())
    }

    /// The state, under its lock.
    pub async fn open(&self) -> Session {
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
        Session::open(self.backend(), options).await.expect("the state opens")
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
            charter_executor::read_secrets(graph, &self.provider, &EnvironmentSecrets, &snapshot.salt, &|_| true).await;
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
            secrets: &EnvironmentSecrets,
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

    /// The inventory, one line each.
    pub fn inventory(&self) -> Vec<String> {
        let items = self.simulator.inventory();
        items.iter().map(|item| format!("{} {} {} {}", item.account, item.region, item.kind, item.identifier)).collect()
    }

    /// Lets time pass, so that what is being deleted is gone.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
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

fn write(root: &Path, files: &BTreeMap<String, String>) {
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
        std::fs::write(path, content).expect("the file can be written");
    }
}

fn load(root: &Path) -> Result<DesiredGraph, Diagnostics> {
    let options = LoadOptions { root: root.to_owned(), environment: "test".to_owned(), ..LoadOptions::default() };
    let loaded = charter_lang::load(&options, Catalog::embedded());
    loaded.graph.ok_or(loaded.diagnostics)
}
