//! What preview, apply, destroy and drift have in common: the state, what is there, the plan, the run.

use crate::acts;
use crate::command_error::{CommandError, ExitCode};
use crate::interrupt;
use crate::project::{Place, Project};
use crate::render::progress::{self, ProgressView};
use crate::target::Target;
use crate::ui::{RED, Ui, YELLOW, paint};
use crate::{permission, proof};
use charter_aws::AwsProvider;
use charter_catalog::Catalog;
use charter_executor::{ApplyOptions, ApplyRequest, EnvironmentSecrets, Event, EventKind, RecoverOptions, RunSummary};
use charter_lang::{Language, StateSettings};
use charter_model::{
    AccountName, Address, Diagnostic, Diagnostics, Evaluator, Placement, Region, Scope, SecretReference, StackName,
    TypeName, Unknown, Value,
};
use charter_planner::account_id;
use charter_planner::{Action, Mode, Observations, Plan, PlanRequest, ResolvedSecrets, Selection};
use charter_provider::{PreflightFinding, Provider, ResourcePreflight};
use charter_state::{Backend, Fresh, Holder, LocalBackend, Session, SessionOptions, Snapshot, StateError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many resources are read at once.
const READING: usize = 32;

/// Where the state of the environment is kept.
pub(crate) fn backend(place: &Place) -> Result<Arc<dyn Backend>, CommandError> {
    let folder = match &place.settings.state {
        StateSettings::Local { path: Some(path) } => place.root.join(path),
        StateSettings::Local { path: None } => place.state_folder(),
        StateSettings::S3 { .. } => {
            return Err(CommandError::new(ExitCode::InvalidInput, "state cannot be kept in S3 yet").help(
                "say `state: {backend: local}` in the environment, and keep .charter/state where runs share it",
            ));
        }
    };
    Ok(Arc::new(LocalBackend::new(folder, place.settings.environment.clone())))
}

/// The state as it is, without the lock. An environment that has none yet has an empty one.
pub(crate) async fn peek(place: &Place) -> Result<Snapshot, CommandError> {
    let loaded = backend(place)?.load().await.map_err(state_error)?;
    Ok(loaded.map_or_else(|| Snapshot::new(place.settings.environment.clone(), "", ""), |loaded| loaded.snapshot))
}

/// Takes the lock and opens the state.
pub(crate) async fn open(ui: Ui, place: &Place, command: &str) -> Result<Session, CommandError> {
    let options = SessionOptions {
        environment: place.settings.environment.clone(),
        holder: Holder {
            user: std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned()),
            host: host_name(),
            pid: std::process::id(),
            command: command.to_owned(),
            since: jiff::Timestamp::now(),
        },
        fresh: Fresh { lineage: random().into(), salt: random().into() },
        wait: Duration::ZERO,
    };
    let session = Session::open(backend(place)?, options).await.map_err(state_error)?;
    for note in session.notes() {
        ui.say(&format!("{} {note}", paint(YELLOW, "note:")));
    }
    Ok(session)
}

/// The name of this machine, as the lock tells it to others.
pub(crate) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME"));
    name.map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// A fresh random text: only here, and for `seed`, is any made.
pub(crate) fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// A seed for the spread of retries.
fn seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}

/// A failure of the state in the words and exit codes of commands.
pub(crate) fn state_error(error: StateError) -> CommandError {
    let code = match &error {
        StateError::Locked { .. } | StateError::LockLost { .. } => ExitCode::Locked,
        StateError::Newer { .. } | StateError::Corrupt { .. } | StateError::OtherEnvironment { .. } => {
            ExitCode::InvalidInput
        }
        _ => ExitCode::Unexpected,
    };
    CommandError::new(code, error.to_string())
}

/// What a plan is to be about.
pub(crate) struct Planning<'a> {
    pub(crate) ui: Ui,
    pub(crate) project: &'a Project,
    /// None: compare with what is recorded, without credentials.
    pub(crate) provider: Option<&'a dyn Provider>,
    pub(crate) mode: Mode,
    pub(crate) selection: Selection,
}

impl Planning<'_> {
    /// Reads what is there and plans.
    pub(crate) async fn plan(&self, snapshot: &Snapshot) -> Result<Plan, CommandError> {
        let graph = &self.project.graph;
        if let Some(provider) = self.provider {
            locate(self.project, provider, snapshot)?;
        }
        let observed = match self.provider {
            Some(provider) => self.observe(provider, snapshot).await?,
            None => Observations::default(),
        };
        let secrets = match self.provider {
            // Neither destruction nor drift sends a secret anywhere.
            Some(provider) if self.mode == Mode::Apply => {
                let mut members = charter_planner::taking_part(graph, snapshot, &self.selection);
                members.retain(|address| {
                    let placement = graph.resources.get(address).map(|resource| &resource.placement);
                    placement.is_some_and(|placement| account_id(graph, snapshot, &placement.account).is_some())
                });
                resolve_secrets(self.project, provider, &snapshot.salt, &members).await?
            }
            _ => ResolvedSecrets::default(),
        };
        let plan = charter_planner::plan(PlanRequest {
            graph,
            snapshot,
            observed: &observed,
            catalog: Catalog::embedded(),
            evaluator: &Language::new(),
            secrets: &secrets,
            mode: self.mode,
            selection: self.selection.clone(),
        });
        let mut plan = plan.map_err(|diagnostics| CommandError::Input {
            diagnostics: Box::new(diagnostics),
            sources: graph.sources.clone(),
        })?;
        match self.provider {
            Some(provider) => plan.note_left_behind(&|type_name| provider.left_behind(type_name)),
            None => {
                let known = charter_aws::left_behind(Catalog::embedded());
                plan.note_left_behind(&|type_name| known.get(type_name).copied());
            }
        }
        if self.mode == Mode::Apply {
            proof::expectations(self.ui, self.project, snapshot, &plan)?;
        }
        if let Some(provider) = self.provider {
            if self.mode == Mode::Apply {
                check(self.project, provider)?;
            }
            self.preflight(provider, snapshot, &plan).await?;
        }
        Ok(plan)
    }

    async fn observe(&self, provider: &dyn Provider, snapshot: &Snapshot) -> Result<Observations, CommandError> {
        let targets = charter_planner::reads(&self.project.graph, snapshot, &self.selection);
        if targets.is_empty() {
            return Ok(Observations::default());
        }
        let (events, follower) = follow(self.ui);
        let result = charter_executor::observe(provider, &targets, READING, events).await;
        let _ = follower.await;
        result.map_err(|failures| {
            let mut code = ExitCode::Unexpected;
            for (address, failure) in &failures {
                self.ui.emit("failure", &serde_json::json!({"address": address, "failure": failure}));
                self.ui.say(&format!("{} {address} cannot be read: {failure}", paint(RED.bold(), "✗")));
                permission::emit(self.ui, address, failure);
                permission::advice(failure).into_iter().for_each(|advice| self.ui.say(&advice));
                if is_about_credentials(failure.code) {
                    code = ExitCode::Credentials;
                }
            }
            CommandError::new(code, format!("{} resources cannot be read; nothing was changed", failures.len()))
        })
    }

    /// What the plan makes, changes or replaces, as far as it is known.
    fn named_in(&self, plan: &Plan) -> Vec<ResourcePreflight> {
        let language = Language::new();
        let steps = plan.steps.iter().filter_map(|step| {
            let replaces = match &step.action {
                Action::Create | Action::Update => false,
                Action::Replace { .. } => true,
                _ => return None,
            };
            let resource = self.project.graph.resources.get(&step.address)?;
            Some(ResourcePreflight {
                address: step.address.clone(),
                type_name: step.type_name.clone(),
                placement: step.placement.clone(),
                desired: language.evaluate(&resource.properties, &NothingKnown).ok()?,
                replaces,
            })
        });
        steps.collect()
    }

    /// Whether the accounts can use what the plan creates there.
    async fn preflight(&self, provider: &dyn Provider, snapshot: &Snapshot, plan: &Plan) -> Result<(), CommandError> {
        // An account that the plan makes cannot be asked yet.
        let is_there = |placement: &Placement| account_id(&self.project.graph, snapshot, &placement.account).is_some();
        let mut created: BTreeMap<Placement, BTreeSet<TypeName>> = BTreeMap::new();
        for step in &plan.steps {
            if matches!(step.action, Action::Create | Action::Replace { .. }) && is_there(&step.placement) {
                created.entry(step.placement.clone()).or_default().insert(step.type_name.clone());
            }
        }
        let mut blocked = false;
        let mut tell = |account: &AccountName, region: &Region, finding: &PreflightFinding| {
            blocked |= finding.blocks;
            let word = if finding.blocks { paint(RED.bold(), "error:") } else { paint(YELLOW, "warning:") };
            self.ui.emit("preflight", &serde_json::json!({"account": account, "finding": finding}));
            self.ui.say(&format!("{word} account {account}, {region}: {}", finding.message));
        };
        for (placement, types) in created {
            let types: Vec<TypeName> = types.into_iter().collect();
            verify(provider, &placement).await?;
            let findings = provider.preflight(&placement, &types).await.map_err(|failure| {
                CommandError::new(ExitCode::Unexpected, format!("account {}: {failure}", placement.account))
            })?;
            findings.iter().for_each(|finding| tell(&placement.account, &placement.region, finding));
        }
        for resource in self.named_in(plan).into_iter().filter(|resource| is_there(&resource.placement)) {
            let findings = provider.preflight_resource(&resource).await.map_err(|failure| {
                CommandError::new(ExitCode::Unexpected, format!("{}: {failure}", resource.address))
            })?;
            let placement = &resource.placement;
            findings.iter().for_each(|finding| tell(&placement.account, &placement.region, finding));
        }
        if blocked {
            return Err(CommandError::new(
                ExitCode::InvalidInput,
                "an account cannot take this plan; nothing was changed",
            ));
        }
        Ok(())
    }
}

/// What the provider cannot do although the type's schema allows it: told before anything is touched.
fn check(project: &Project, provider: &dyn Provider) -> Result<(), CommandError> {
    let graph = &project.graph;
    let language = Language::new();
    let mut diagnostics = Diagnostics::default();
    for resource in graph.resources.values() {
        let Ok(desired) = language.evaluate(&resource.properties, &NothingKnown) else { continue };
        for (pointer, message) in provider.check(&resource.type_name, &desired).failures {
            let mut diagnostic = Diagnostic::error("unsupported", format!("{}: {message}", resource.address));
            if let Some(span) = resource.locations.nearest(&pointer) {
                diagnostic = diagnostic.label(span, "cannot be provisioned");
            }
            diagnostics.push(diagnostic);
        }
    }
    if diagnostics.has_errors() {
        return Err(CommandError::Input { diagnostics: Box::new(diagnostics), sources: graph.sources.clone() });
    }
    Ok(())
}

/// The scope in which only constants are known.
struct NothingKnown;

impl Scope for NothingKnown {
    fn resource(&self, address: &Address) -> Value {
        Value::Unknown(Unknown::new(format!("after {address} is created")))
    }

    fn secret(&self, _reference: &SecretReference) -> Value {
        Value::Unknown(Unknown::new("when it is applied"))
    }
}

/// Refuses credentials of another account than the environment names.
pub(crate) async fn verify(provider: &dyn Provider, placement: &Placement) -> Result<(), CommandError> {
    provider.verify(placement).await.map_err(|failure| {
        CommandError::new(ExitCode::Credentials, format!("account {}: {failure}", placement.account))
    })
}

fn is_about_credentials(code: charter_provider::FailureCode) -> bool {
    matches!(code, charter_provider::FailureCode::InvalidCredentials | charter_provider::FailureCode::AccessDenied)
}

/// Reads the secrets that the selected resources refer to, so that a changed one is seen.
async fn resolve_secrets(
    project: &Project,
    provider: &dyn Provider,
    salt: &str,
    members: &BTreeSet<Address>,
) -> Result<ResolvedSecrets, CommandError> {
    let takes_part = |address: &Address| members.contains(address);
    let (secrets, failures) =
        charter_executor::read_secrets(&project.graph, provider, &EnvironmentSecrets, salt, &takes_part).await;
    if failures.is_empty() {
        return Ok(secrets);
    }
    let lines: Vec<String> =
        failures.iter().map(|(address, failure)| format!("{address}: {}", failure.message)).collect();
    Err(CommandError::new(ExitCode::InvalidInput, format!("secrets cannot be read:\n  {}", lines.join("\n  "))))
}

/// Every address that the stacks still want, also by the name that it had before.
pub(crate) fn wanted(project: &Project) -> BTreeSet<Address> {
    let resources = || project.graph.resources.values();
    let moved = resources().filter_map(|resource| resource.lifecycle.moved_from.clone());
    resources().map(|resource| resource.address.clone()).chain(moved).collect()
}

/// Tells the provider which accounts the names stand for that the stacks made.
pub(crate) fn locate(project: &Project, provider: &dyn Provider, snapshot: &Snapshot) -> Result<(), CommandError> {
    charter_executor::locate(provider, &project.graph.accounts, snapshot)
        .map_err(|failure| CommandError::new(ExitCode::Unexpected, failure.to_string()))
}

/// Settles what an earlier run left open. What is ambiguous blocks only its own address; what is not wanted is not made again.
pub(crate) async fn recover(
    ui: Ui,
    project: &Project,
    provider: &AwsProvider,
    session: &Session,
    wanted: &BTreeSet<Address>,
) -> Result<(), CommandError> {
    session.read(|snapshot| locate(project, provider, snapshot))?;
    acts::settle(ui, provider, session).await?;
    if session.read(|snapshot| snapshot.open.is_empty()) {
        return Ok(());
    }
    let count = session.read(|snapshot| snapshot.open.len());
    ui.say(&paint(YELLOW, format!("settling {count} operations that an interrupted run left open")));
    let (events, follower) = follow(ui);
    let options = RecoverOptions { seed: seed(), wanted: Some(wanted) };
    let report = charter_executor::recover(provider, session, Catalog::embedded(), options, events).await;
    let _ = follower.await;
    for blocked in report.map_err(state_error)?.blocked {
        let payload = serde_json::json!({"address": blocked.address, "failure": blocked.failure});
        ui.emit("unsettled", &payload);
        ui.say(&format!("{} {}: {}", paint(RED.bold(), "unsettled:"), blocked.address, blocked.failure.message));
    }
    Ok(())
}

/// How a run ended.
pub(crate) struct Ran {
    /// In figures.
    pub(crate) summary: RunSummary,
    /// The outputs of each stack.
    pub(crate) outputs: BTreeMap<StackName, BTreeMap<Arc<str>, Value>>,
    /// What the command ends with.
    pub(crate) code: ExitCode,
}

/// Applies a plan, with live progress, and says what it came to.
pub(crate) async fn apply(
    ui: Ui,
    target: &Target,
    session: &Session,
    plan: &Plan,
    next: &str,
) -> Result<Ran, CommandError> {
    let begin = Instant::now();
    let (events, follower) = follow(ui);
    let result = charter_executor::apply(ApplyRequest {
        plan,
        provider: target.provider.as_ref(),
        state: session,
        evaluator: &Language::new(),
        catalog: Catalog::embedded(),
        secrets: &EnvironmentSecrets,
        options: ApplyOptions::new(random(), seed()),
        events,
        interrupt: interrupt::watch()?,
    })
    .await;
    let outputs = follower.await.unwrap_or_default();
    let summary = match result {
        Ok(summary) => summary,
        Err(error) => {
            // What failed before the state could not be written any more would go untold.
            if let charter_executor::ApplyError::State { summary, .. } = &error
                && !summary.failed.is_empty()
            {
                ui.say(&progress::summary(summary, begin.elapsed(), next));
            }
            return Err(apply_error(error));
        }
    };
    summary.failed.iter().for_each(|(address, failure)| permission::emit(ui, address, failure));
    if plan.has_changes() || !summary.is_complete() {
        ui.say(&progress::summary(&summary, begin.elapsed(), next));
    }
    let code = if summary.interrupted {
        ExitCode::Interrupted
    } else if summary.is_complete() {
        ExitCode::Done
    } else {
        ExitCode::SomeFailed
    };
    Ok(Ran { summary, outputs, code })
}

fn apply_error(error: charter_executor::ApplyError) -> CommandError {
    use charter_executor::ApplyError;
    let code = match &error {
        ApplyError::Stale(_) => ExitCode::StalePlan,
        ApplyError::Identity { .. } => ExitCode::Credentials,
        ApplyError::Broken(_) => ExitCode::Unexpected,
        ApplyError::State { cause, .. } => return state_error(cause.clone()),
    };
    CommandError::new(code, error.to_string())
}

/// A channel for events, and the task that shows them; it ends with the outputs once the channel is closed.
type Follower = tokio::task::JoinHandle<BTreeMap<StackName, BTreeMap<Arc<str>, Value>>>;

fn follow(ui: Ui) -> (mpsc::UnboundedSender<Event>, Follower) {
    let (sender, mut events) = mpsc::unbounded_channel::<Event>();
    let follower = tokio::spawn(async move {
        const TICK: Duration = Duration::from_millis(120);
        let begin = Instant::now();
        let mut view = ProgressView::new(ui);
        let mut outputs = BTreeMap::new();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => {
                        view.event(&event);
                        if let EventKind::RunFinished { outputs: found, .. } = event.kind {
                            outputs = found;
                        }
                    }
                    None => break,
                },
                _ = ticks.tick() => view.tick(begin.elapsed()),
            }
        }
        view.close();
        outputs
    });
    (sender, follower)
}

/// Saves the state and gives the lock back.
pub(crate) async fn finish(session: Session) -> Result<Snapshot, CommandError> {
    session.finish().await.map_err(state_error)
}

/// Ends a session however its run went: the state is saved and the lock given back, and the first failure is the one to tell.
pub(crate) async fn close<T>(session: Session, result: Result<T, CommandError>) -> Result<T, CommandError> {
    let finished = finish(session).await;
    let value = result?;
    finished.map(|_| value)
}
