//! One environment: its disk, its cloud, and whole runs over them as the command line makes them.

use crate::cloud::{Cloud, Killer, MARKED, NAMED, SLOW, Thing};
use crate::language::{Paths, template};
use charter_executor::*;
use charter_model::*;
use charter_planner::{Mode, Observations, Plan, PlanRequest, Selection, plan, reads};
use charter_state::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub(crate) struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_800_000_000).unwrap() + self.0.elapsed()
    }
}

pub(crate) struct Environment(pub BTreeMap<String, String>);

impl SecretResolver for Environment {
    fn environment(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

pub(crate) struct World {
    pub(crate) files: MemoryFiles,
    pub(crate) cloud: Cloud,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) runs: u64,
    pub(crate) graph: DesiredGraph,
    pub(crate) secrets: Environment,
    pub(crate) events: Vec<Event>,
}

/// One resource: name, type, properties.
pub(crate) type Row<'a> = (&'a str, &'a str, serde_json::Value);

pub(crate) fn graph(rows: &[Row<'_>]) -> DesiredGraph {
    let placement = Placement { account: "retail".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    let resources = rows.iter().map(|(name, type_name, properties)| {
        let address: Address = format!("shop/{name}").parse().unwrap();
        let properties = template(properties);
        let dependencies = properties
            .resources()
            .into_iter()
            .map(|address| Dependency { address, property: None, span: None })
            .collect();
        let replace = match *type_name {
            NAMED => ReplaceOrder::DeleteFirst,
            _ => ReplaceOrder::CreateFirst,
        };
        let resource = DesiredResource {
            address: address.clone(),
            type_name: type_name.parse().unwrap(),
            placement: placement.clone(),
            properties,
            locations: Arc::default(),
            dependencies,
            lifecycle: Lifecycle { replace: Some(replace), ..Lifecycle::default() },
        };
        (address, resource)
    });
    DesiredGraph {
        environment: "local".parse().unwrap(),
        target: TargetKind::Simulator,
        ephemeral: true,
        accounts: BTreeMap::from([(
            placement.account.clone(),
            AccountTarget {
                id: AccountId::new("111111111111").unwrap().into(),
                role: None,
                external_id: None,
                profile: None,
                session_tags: BTreeMap::new(),
            },
        )]),
        region: placement.region.clone(),
        tags: BTreeMap::new(),
        stacks: vec!["shop".parse().unwrap()],
        resources: resources.collect(),
        outputs: BTreeMap::new(),
        grants: Vec::new(),
        expectations: Vec::new(),
        sources: Arc::default(),
    }
}

impl World {
    pub(crate) fn new(rows: &[Row<'_>]) -> Self {
        Self::over(Cloud::new(), rows)
    }

    pub(crate) fn over(cloud: Cloud, rows: &[Row<'_>]) -> Self {
        Self {
            files: MemoryFiles::new(),
            cloud,
            clock: Arc::new(TestClock(Instant::now())),
            runs: 0,
            graph: graph(rows),
            secrets: Environment(BTreeMap::new()),
            events: Vec::new(),
        }
    }

    pub(crate) fn backend(&self) -> LocalBackend {
        LocalBackend::with("/state", "local".parse().unwrap(), Arc::new(self.files.clone()), self.clock.clone())
    }

    pub(crate) async fn open(&self) -> Result<Session, StateError> {
        let options = SessionOptions {
            environment: "local".parse().unwrap(),
            holder: Holder {
                user: "ada".into(),
                host: "here".into(),
                pid: 1,
                command: "apply".into(),
                since: self.clock.now(),
            },
            fresh: Fresh { lineage: "lineage".into(), salt: "salt".into() },
            wait: Duration::ZERO,
        };
        Session::open(Arc::new(self.backend()), options).await
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.backend().load().await.unwrap().unwrap().snapshot
    }

    /// Plans from the state and the cloud as they are.
    pub(crate) async fn plan(&self, session: &Session, mode: Mode) -> Plan {
        let snapshot = session.snapshot();
        let targets = reads(&self.graph, &snapshot, &Selection::default());
        let observed = observe(&self.cloud, &targets, 8, mpsc::unbounded_channel().0).await.unwrap();
        self.plan_from(&snapshot, &observed, mode).await
    }

    pub(crate) async fn plan_from(&self, snapshot: &Snapshot, observed: &Observations, mode: Mode) -> Plan {
        let (secrets, _) = read_secrets(&self.graph, &self.cloud, &self.secrets, &snapshot.salt, &|_| true).await;
        let request = PlanRequest {
            graph: &self.graph,
            snapshot,
            observed,
            catalog: &*self.cloud.catalog,
            evaluator: &Paths,
            secrets: &secrets,
            mode,
            selection: Selection::default(),
        };
        plan(request).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"))
    }

    pub(crate) async fn apply_plan(
        &mut self,
        session: &Session,
        plan: &Plan,
        interrupt: watch::Receiver<Interrupt>,
    ) -> Result<RunSummary, ApplyError> {
        let (sender, mut events) = mpsc::unbounded_channel();
        self.runs += 1;
        let result = apply(ApplyRequest {
            plan,
            provider: &self.cloud,
            state: session,
            evaluator: &Paths,
            catalog: &self.cloud.catalog,
            secrets: &self.secrets,
            options: ApplyOptions::new(format!("run-{}", self.runs), 7),
            events: sender,
            interrupt,
        })
        .await;
        while let Ok(event) = events.try_recv() {
            self.events.push(event);
        }
        result
    }

    /// A whole run, as the command line makes it.
    pub(crate) async fn run(&mut self, mode: Mode) -> Result<(RunSummary, RecoveryReport), String> {
        let words = |error: StateError| error.to_string();
        let session = self.open().await.map_err(words)?;
        let quiet = || mpsc::unbounded_channel().0;
        let wanted = match mode {
            Mode::Destroy => BTreeSet::new(),
            Mode::Apply | Mode::Drift => self.graph.resources.keys().cloned().collect(),
        };
        let options = RecoverOptions { wanted: Some(&wanted), ..RecoverOptions::default() };
        let report = recover(&self.cloud, &session, &self.cloud.catalog, options, quiet()).await.map_err(words)?;
        let plan = self.plan(&session, mode).await;
        let (_keep, interrupt) = watch::channel(Interrupt::None);
        let summary = self.apply_plan(&session, &plan, interrupt).await.map_err(|error| error.to_string())?;
        session.finish().await.map_err(words)?;
        Ok((summary, report))
    }

    pub(crate) async fn run_whole(&mut self, mode: Mode) -> RunSummary {
        let (summary, report) = self.run(mode).await.unwrap();
        assert!(summary.is_complete(), "{summary:#?}\n{report:#?}");
        summary
    }

    /// A run that is stopped dead at a step; false if it came to its end before.
    pub(crate) async fn run_until(&mut self, step: usize, fault: Fault, mode: Mode) -> bool {
        let killer = Killer::at(step);
        self.cloud.killer = killer.clone();
        let hook = killer.clone();
        self.files.set_faults(move |_, _| {
            match (hook.dead.load(std::sync::atomic::Ordering::Relaxed), hook.strikes()) {
                (true, _) => Fault::Before(ErrorKind::Other),
                (false, true) => fault,
                (false, false) => Fault::None,
            }
        });
        let died = tokio::select! {
            biased;
            () = killer.died.notified() => true,
            _ = self.run(mode) => killer.dead.load(std::sync::atomic::Ordering::Relaxed),
        };
        self.files.clear_faults();
        self.cloud.killer = Killer::at(usize::MAX);
        died
    }

    /// What is there is what is desired, once each, and what is recorded.
    pub(crate) async fn check(&self, rows: &[Row<'_>]) {
        // Whatever is still being deleted has time to go.
        let things: BTreeMap<String, Thing> = self.cloud.things();
        let snapshot = self.snapshot().await;
        assert!(snapshot.open.is_empty(), "open: {:#?}", snapshot.open);
        assert!(snapshot.deposed.is_empty(), "deposed: {:#?}", snapshot.deposed);
        assert_eq!(things.len(), rows.len(), "orphans or phantoms: {things:#?}");
        assert_eq!(snapshot.resources.len(), rows.len(), "{:#?}", snapshot.resources);
        let by_address: BTreeMap<String, (&String, &Thing)> =
            things.iter().map(|(identifier, thing)| (thing.address.to_string(), (identifier, thing))).collect();
        for (name, type_name, properties) in rows {
            let address = format!("shop/{name}");
            let (identifier, thing) = by_address.get(&address).unwrap_or_else(|| panic!("{address} is missing"));
            let record = &snapshot.resources[&address.parse().unwrap()];
            assert_eq!(record.identifier.as_deref(), Some(identifier.as_str()), "{address}");
            assert_eq!(record.attributes.to_json(), serde_json::Value::Object(thing.properties.clone()), "{address}");
            assert!(record.status.is_ready());
            for (key, value) in properties.as_object().unwrap() {
                let expected = match value.as_str().and_then(|text| text.strip_prefix("${")) {
                    Some(path) => {
                        let (name, member) = path.trim_end_matches('}').split_once('.').unwrap();
                        by_address[&format!("shop/{name}")].1.properties[member].clone()
                    }
                    None => value.clone(),
                };
                if key != "Password" {
                    assert_eq!(thing.properties[key], expected, "{address} {key}");
                }
            }
            assert!([NAMED, SLOW, MARKED].contains(type_name));
        }
    }
}
