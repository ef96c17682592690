//! The rehearsal: everything that a deployer does with a graph, once, against a cloud of its own, in virtual time.

use crate::known::Known;
use crate::scene::Scene;
use charter_catalog::Catalog;
use charter_model::{AccountId, AccountName, Address, DesiredGraph, Evaluator, Placement, TypeName, Value};
use charter_planner::{Mode, Selection};
use charter_simulator::{Authorization, DeployerPolicies, Standing};
use charter_state::{Entry, Record, Session};
use std::collections::{BTreeMap, BTreeSet};

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

/// The policies of the deployer, by account. An account that is not there has none.
pub type Enforced = BTreeMap<AccountId, DeployerPolicies>;

/// What a rehearsal came to.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// What each call asked of IAM, in order.
    pub authorizations: Vec<Authorization>,
    /// What was refused for want of a permission.
    pub refusals: Vec<Refusal>,
    /// What could not be rehearsed for another reason, and so is missing from the authorizations.
    pub problems: Vec<String>,
    /// Types that go through Cloud Control and whose handlers' calls are not known: what they take is missing as well.
    pub unlisted: BTreeSet<TypeName>,
    /// Types that go through Cloud Control and whose handlers' calls are inferred from what their service offers.
    pub derived: BTreeSet<TypeName>,
    /// What was there from the beginning and is adopted.
    pub adopted: BTreeSet<Address>,
    /// How many single changes of a property were rehearsed.
    pub edits: usize,
    /// What is left in the end although it was made: identifiers, with their type.
    pub left: Vec<String>,
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
    /// The simulated cloud or the state in memory does not work: a fault of this program. Or the policies that shall be enforced are
    /// none that IAM takes.
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
pub(crate) struct Stage<'a> {
    pub(crate) request: &'a RehearsalRequest<'a>,
    pub(crate) graph: DesiredGraph,
}

impl<'a> Stage<'a> {
    fn new(request: &'a RehearsalRequest<'a>) -> Self {
        let mut graph = request.graph.clone();
        for resource in graph.resources.values_mut() {
            // Nothing is there that could be moved; and all of it goes in the end.
            resource.lifecycle.moved_from = None;
            resource.lifecycle.protect = false;
        }
        Self { request, graph }
    }

    async fn await_all(mut self) -> Result<Rehearsal, RehearsalError> {
        let mut scene = Scene::begin(&mut self).await?;
        let session = scene.open(&self.graph).await.map_err(setup)?;
        let mut places = self.places();
        // An account that the stacks make cannot be asked before.
        places.retain(|placement, _| {
            self.graph.accounts.get(&placement.account).is_some_and(|target| target.known_id().is_some())
        });
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
        let made = session.snapshot();
        for (address, record) in &made.resources {
            // What is made here instead of being adopted bears another identifier than what is there in truth.
            let truth =
                self.request.graph.resources.get(address).and_then(|resource| resource.lifecycle.import.as_ref());
            if let (Some(truth), Some(identifier)) = (truth, &record.identifier) {
                scene.rehearsal.known.stands_for(identifier, truth);
            }
        }
        // What tomorrow's edits change.
        scene.edit(&made, &self.graph).await;
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
        scene.rehearsal.left = session.snapshot().resources.keys().map(ToString::to_string).collect();
        session.finish().await.map_err(setup)?;
        Ok(scene.end())
    }

    /// The types of the graph, by where they are.
    pub(crate) fn places(&self) -> BTreeMap<Placement, BTreeSet<TypeName>> {
        let mut places: BTreeMap<Placement, BTreeSet<TypeName>> = BTreeMap::new();
        let selected = |address: &Address| self.request.selection.covers(address);
        for resource in self.graph.resources.values().filter(|resource| selected(&resource.address)) {
            places.entry(resource.placement.clone()).or_default().insert(resource.type_name.clone());
        }
        places
    }

    /// How the accounts stand to each other before anything is done: as the organization that is adopted, or apart where one is
    /// to be made.
    pub(crate) fn standing(&self) -> Standing {
        let selected = |address: &Address| self.request.selection.covers(address);
        let organization = self.graph.resources.values().find(|resource| {
            resource.type_name.as_str() == "AWS::Organizations::Organization" && selected(&resource.address)
        });
        match organization.map(|resource| resource.lifecycle.import.as_ref()) {
            None => Standing::Together,
            Some(None) => Standing::Apart,
            Some(Some(id)) => Standing::TogetherAs(id.clone()),
        }
    }
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

pub(crate) fn setup(error: impl std::fmt::Display) -> RehearsalError {
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
