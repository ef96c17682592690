//! One environment: a disk in memory, a simulated cloud, and whole runs over both as the commands make them, with the real
//! language, planner, executor, adapters and SDKs. Only sockets and real time are left out.

use crate::crash::figures::Figures;
use crate::crash::recorder::{Orders, Recorder, Remains};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use charter_aws::{AwsConfiguration, AwsProvider, in_process};
use charter_catalog::Catalog;
use charter_executor::{
    ApplyOptions, ApplyRequest, Interrupt, RecoverOptions, RecoveryReport, RunSummary, SecretResolver, apply, locate,
    observe, read_secrets, recover,
};
use charter_lang::Language;
use charter_model::{DesiredGraph, EnvironmentName};
use charter_planner::{Mode, Plan, PlanRequest, ResolvedSecrets, Selection, plan, reads};
use charter_simulator::{Organization, Settings, Simulator, StaticCredentials};
use charter_state::{Backend, Clock, Fresh, Holder, LocalBackend, MemoryFiles, Session, SessionOptions, Snapshot};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// No run may take longer, in virtual time: everything that was begun ends.
const LONGEST_RUN: Duration = Duration::from_secs(48 * 3600);

struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> jiff::Timestamp {
        let begin = jiff::Timestamp::constant(1_800_000_000, 0);
        begin.checked_add(self.0.elapsed()).unwrap_or(begin)
    }
}

struct NoSecrets;

impl SecretResolver for NoSecrets {
    fn environment(&self, _name: &str) -> Option<String> {
        None
    }
}

/// What one run came to.
#[derive(Debug)]
pub struct Ran {
    /// What it did.
    pub summary: RunSummary,
    /// What it settled before.
    pub report: RecoveryReport,
    /// What it set out to do.
    pub plan: Plan,
}

/// How a run ended that was watched.
pub enum Watched {
    /// By itself.
    Ended(Box<Result<Ran, String>>, Recorder),
    /// Stopped dead.
    Died(Recorder),
}

/// An environment.
pub struct World {
    /// How its cloud behaves.
    pub settings: Settings,
    /// Its cloud.
    pub cloud: Simulator,
    /// Its disk.
    pub files: MemoryFiles,
    /// What all worlds count.
    pub figures: Arc<Figures>,
    /// What it is to be like.
    pub graph: Arc<DesiredGraph>,
    credentials: StaticCredentials,
    seed: u64,
    runs: u64,
    /// The cloud as it behaved before, with what it was asked then.
    earlier: Vec<Simulator>,
}

impl World {
    /// An empty one.
    pub fn new(graph: Arc<DesiredGraph>, settings: Settings, seed: u64, figures: Arc<Figures>) -> Self {
        let cloud = Simulator::open(settings.clone(), None).expect("a cloud in memory opens");
        let credentials = cloud.seed(&organization(&graph)).expect("a cloud in memory can be written");
        Self {
            settings,
            cloud,
            files: MemoryFiles::new(),
            figures,
            graph,
            credentials,
            seed,
            runs: 0,
            earlier: Vec::new(),
        }
    }

    /// What is found after a crash, some time later; the cloud behaves by these settings from then on.
    pub fn after(&self, remains: &Remains, settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            cloud: Simulator::from_snapshot(settings.clone(), &remains.cloud),
            files: remains.files.fork(),
            figures: self.figures.clone(),
            graph: self.graph.clone(),
            credentials: self.credentials.clone(),
            seed: self.seed,
            runs: self.runs + 1,
            earlier: Vec::new(),
        }
    }

    /// A copy that goes its own way.
    pub fn fork(&self) -> Self {
        self.after(&self.remains(), &self.settings)
    }

    /// What a crash at this moment would leave.
    pub fn remains(&self) -> Remains {
        Remains { files: self.files.fork(), cloud: self.cloud.snapshot(), after: "a run".to_owned() }
    }

    /// The same world; its cloud behaves otherwise from now on.
    pub fn behave(&mut self, settings: Settings) {
        self.count_faults();
        let next = Simulator::from_snapshot(settings.clone(), &self.cloud.snapshot());
        self.earlier.push(std::mem::replace(&mut self.cloud, next));
        self.settings = settings;
    }

    /// What the cloud was asked that changes something, and when a run began: for a person who looks for a fault.
    pub fn story(&self) -> String {
        const READS: [&str; 5] = ["Describe", "Get", "List", "BatchGet", "Head"];
        let mut lines = Vec::new();
        for call in self.earlier.iter().chain([&self.cloud]).flat_map(Simulator::calls) {
            if !READS.iter().any(|read| call.operation.starts_with(read)) {
                let error = call.error.unwrap_or_default();
                let fault = call.fault.map(|fault| format!("{fault:?}")).unwrap_or_default();
                lines.push(format!("{:.0} {}:{} {error}{fault}", call.time, call.service, call.operation));
            }
        }
        lines.join("\n")
    }

    fn count_faults(&self) {
        let faults = self.cloud.calls().iter().filter(|call| call.fault.is_some()).count();
        self.figures.add(&self.figures.faults, faults);
    }

    fn backend(&self) -> LocalBackend {
        let clock = Arc::new(PausedClock(Instant::now()));
        LocalBackend::with("/state", self.environment(), Arc::new(self.files.clone()), clock)
    }

    fn environment(&self) -> EnvironmentName {
        self.graph.environment.clone()
    }

    /// The files of the state, beginning with `/state/ENVIRONMENT.`.
    pub fn state_file(&self, ending: &str) -> PathBuf {
        PathBuf::from(format!("/state/{}.{ending}", self.environment()))
    }

    /// What the disk says, read as a run reads it.
    pub async fn recorded(&self) -> Result<Snapshot, String> {
        let loaded = self.backend().load().await.map_err(|error| error.to_string())?;
        Ok(loaded.map_or_else(|| Snapshot::new(self.environment(), "", ""), |loaded| loaded.snapshot))
    }

    /// A provider as a new process makes it.
    async fn provider(&self, recorder: &Recorder) -> AwsProvider {
        let graph = &self.graph;
        let mut configuration =
            AwsConfiguration::new(graph.environment.clone(), graph.accounts.clone(), graph.region.clone());
        let keys = &self.credentials;
        let credentials =
            Credentials::new(keys.access_key_id.clone(), keys.secret_access_key.clone(), None, None, "simulator");
        configuration.base_credentials = Some(SharedCredentialsProvider::new(credentials));
        let recorder = recorder.clone();
        configuration.http_client = Some(in_process::http_client(move |request| {
            let recorder = recorder.clone();
            async move { recorder.answer(request).await }
        }));
        AwsProvider::configure(configuration, Catalog::embedded()).await.expect("the provider can be configured")
    }

    /// A run to its end.
    pub async fn run(&mut self, mode: Mode) -> Result<Ran, String> {
        match self.watch(mode, Orders::default()).await {
            Watched::Ended(result, _) => *result,
            Watched::Died(_) => Err("nothing was to stop it".to_owned()),
        }
    }

    /// A run under a recorder's orders.
    pub async fn watch(&mut self, mode: Mode, orders: Orders) -> Watched {
        self.runs += 1;
        let recorder = Recorder::new(self.cloud.clone(), self.files.clone(), orders, self.figures.clone());
        let hook = recorder.clone();
        self.files.set_faults(move |name, path| hook.write(name, path));
        self.figures.add(&self.figures.runs, 1);
        let ended = {
            let run = tokio::time::timeout(LONGEST_RUN, self.attempt(mode, &recorder));
            tokio::select! {
                biased;
                () = recorder.stopped() => None,
                ended = run => Some(ended),
            }
        };
        let died = recorder.is_dead();
        recorder.bury();
        self.files.clear_faults();
        // Whatever the process held is free again; tasks that it left behind reach nothing any more.
        self.files = self.files.fork();
        match ended {
            Some(ended) if !died => {
                let result = ended.unwrap_or_else(|_| Err(format!("it did not end within {LONGEST_RUN:?}")));
                if let Ok(ran) = &result {
                    self.count(ran);
                }
                Watched::Ended(Box::new(result), recorder)
            }
            _ => {
                self.figures.add(&self.figures.crashes, 1);
                Watched::Died(recorder)
            }
        }
    }

    fn count(&self, ran: &Ran) {
        let figures = &self.figures;
        figures.add(&figures.made, ran.summary.created);
        figures.add(&figures.changed, ran.summary.updated);
        figures.add(&figures.deleted, ran.summary.deleted);
        figures.add(&figures.settled, ran.report.settled.len());
    }

    /// The state, held open as a command holds it.
    pub async fn session(&self) -> Result<Session, String> {
        let options = SessionOptions {
            environment: self.environment(),
            holder: Holder {
                user: "ada".into(),
                host: "here".into(),
                pid: 1,
                command: "apply".into(),
                since: jiff::Timestamp::constant(1_800_000_000, 0),
            },
            fresh: Fresh { lineage: "lineage".into(), salt: "salt".into() },
            wait: Duration::ZERO,
        };
        Session::open(Arc::new(self.backend()), options).await.map_err(|error| error.to_string())
    }

    /// A whole run, as the commands make it: settle, read, plan, apply, save.
    async fn attempt(&self, mode: Mode, recorder: &Recorder) -> Result<Ran, String> {
        let words = |error: charter_state::StateError| error.to_string();
        let (catalog, language) = (Catalog::embedded(), Language::new());
        let quiet = || mpsc::unbounded_channel().0;
        let provider = self.provider(recorder).await;
        let session = self.session().await?;
        let seed = self.seed.wrapping_add(self.runs);
        // As the program does: what is about to go is not made again.
        let wanted = match mode {
            Mode::Destroy => BTreeSet::new(),
            _ => self.graph.resources.keys().cloned().collect(),
        };
        let located = |snapshot: &Snapshot| {
            locate(&provider, &self.graph.accounts, snapshot).map_err(|failure| failure.to_string())
        };
        located(&session.snapshot())?;
        let options = RecoverOptions { seed, wanted: Some(&wanted) };
        let report = recover(&provider, &session, catalog, options, quiet()).await.map_err(words)?;
        recorder.mark_recovered();
        let snapshot = session.snapshot();
        located(&snapshot)?;
        let targets = reads(&self.graph, &snapshot, &Selection::default());
        let observed = match observe(&provider, &targets, 32, quiet()).await {
            Ok(observed) => observed,
            Err(failures) => {
                session.finish().await.map_err(words)?;
                return Err(format!("cannot be read: {failures:?}"));
            }
        };
        let secrets = match mode {
            Mode::Apply => read_secrets(&self.graph, &provider, &NoSecrets, &snapshot.salt, &|_| true).await.0,
            _ => ResolvedSecrets::default(),
        };
        let plan = plan(PlanRequest {
            graph: &self.graph,
            snapshot: &snapshot,
            observed: &observed,
            catalog,
            evaluator: &language,
            secrets: &secrets,
            mode,
            selection: Selection::default(),
        })
        .map_err(|diagnostics| format!("no plan: {diagnostics:?}"))?;
        let (_keep, interrupt) = watch::channel(Interrupt::None);
        let result = apply(ApplyRequest {
            plan: &plan,
            provider: &provider,
            state: &session,
            evaluator: &language,
            catalog,
            secrets: &NoSecrets,
            options: ApplyOptions::new(format!("{}/{}", self.seed, self.runs), seed),
            events: quiet(),
            interrupt,
        })
        .await;
        let finished = session.finish().await.map_err(words);
        let summary = result.map_err(|error| error.to_string())?;
        finished?;
        Ok(Ran { summary, report, plan })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.count_faults();
    }
}

/// The accounts of the environment, as the command line makes them.
fn organization(graph: &DesiredGraph) -> Organization {
    Organization::of(&graph.accounts).expect("the environment names an account")
}
