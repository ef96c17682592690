//! Decides what happens to a resource that is desired. Imports `model`, `state`, `catalog`.

use crate::compare::{Compared, creation, ignore};
use crate::complete::{Completed, Existing, fill};
use crate::decision::{Decision, Fate};
use crate::draft::Draft;
use crate::live::{Existence, attributes, existence, protect, same_attributes};
use crate::replace::{Replacement, incomplete_reason};
use crate::request::{ReadPurpose, Seen};
use crate::sealing::{same, seal, seal_template, without_plain};
use crate::secrets::{assume_unchanged, references};
use crate::types::TypeFacts;
use crate::visible::{PlanScope, Visible};
use crate::{Action, Change};
use charter_model::{Address, DesiredResource, Diagnostic, Pointer, ReplaceOrder, Template, Value};
use charter_state::{Record, RecordStatus, Stage};
use std::rc::Rc;

/// A desired resource with its properties worked out.
pub(crate) struct Desired<'a> {
    pub(crate) resource: &'a DesiredResource,
    pub(crate) facts: Rc<TypeFacts>,
    pub(crate) template: Template,
    pub(crate) value: Value,
    pub(crate) named_by_user: bool,
    pub(crate) dependencies: Vec<Address>,
}

impl<'a> Draft<'a> {
    /// Decides about one desired resource; all that it depends on has been decided.
    pub(crate) fn decide(&mut self, resource: &'a DesiredResource, dependencies: Vec<Address>) {
        let Some(facts) = self.types.get(&resource.type_name) else {
            let text = format!("{} is of a type that is not known: {}", resource.address, resource.type_name);
            let diagnostic = Diagnostic::error("unknown-type", text).help("correct the name of the type");
            self.blame(diagnostic, resource, &Pointer::root());
            return;
        };
        let record = self.records.get(&resource.address).map(|record| record.as_ref().clone());
        match record {
            None => match resource.lifecycle.import.clone() {
                Some(identifier) => self.decide_import(resource, facts, dependencies, identifier),
                None => self.decide_new(resource, facts, dependencies, None),
            },
            Some(record) => self.decide_recorded(resource, facts, dependencies, record),
        }
    }

    fn decide_recorded(
        &mut self,
        resource: &'a DesiredResource,
        facts: Rc<TypeFacts>,
        dependencies: Vec<Address>,
        record: Record,
    ) {
        if let (Some(import), Some(identifier)) = (&resource.lifecycle.import, &record.identifier)
            && import != identifier
        {
            let text = format!("{} cannot adopt {import:?}: it is recorded as {identifier:?}", resource.address);
            let help =
                format!("remove `import`, or forget the recorded one with `charter state rm {}`", resource.address);
            self.blame(Diagnostic::error("import-conflict", text).help(help), resource, &Pointer::root());
            return;
        }
        let seen = self.request.observed.get(&resource.address, ReadPurpose::Recorded);
        let salt = &self.request.snapshot.salt;
        let elsewhere = record.placement != resource.placement;
        let other_type = record.type_name != resource.type_name;
        let recorded_facts = if other_type { self.types.get(&record.type_name) } else { Some(facts.clone()) };
        match existence(&record, seen, recorded_facts.as_deref(), salt) {
            Existence::Gone => {
                self.decide_new(resource, facts, dependencies, Some((record, "it was deleted behind our back")));
            }
            Existence::Unmade => {
                let reason = "its creation failed before it had an identifier";
                self.decide_new(resource, facts, dependencies, Some((record, reason)));
            }
            Existence::Present(live) if elsewhere || other_type => {
                let reason = if other_type {
                    format!("its type was {}", record.type_name)
                } else {
                    format!("it was in {} {}", record.placement.account, record.placement.region)
                };
                let replacement = Replacement { record, live, reason: Some(reason), same_place: false };
                self.decide_replacement(resource, facts, dependencies, replacement);
            }
            Existence::Present(live) => match &record.status {
                RecordStatus::Incomplete { reason } => {
                    let reason = Some(incomplete_reason(reason));
                    let replacement = Replacement { record, live, reason, same_place: true };
                    self.decide_replacement(resource, facts, dependencies, replacement);
                }
                RecordStatus::Ready => self.decide_existing(resource, facts, dependencies, record, live),
            },
        }
    }

    fn decide_new(
        &mut self,
        resource: &'a DesiredResource,
        facts: Rc<TypeFacts>,
        dependencies: Vec<Address>,
        again: Option<(Record, &str)>,
    ) {
        let generation = again.as_ref().map_or(0, |(record, _)| record.generation);
        let generation = match self.generation_under_way(&resource.address) {
            Some(begun) => generation.max(begun),
            None if facts.name.as_ref().is_some_and(|name| name.kept) => generation.max(self.generation_of_now()),
            None => generation,
        };
        let Some(desired) = self.work_out(resource, facts, dependencies, None, generation, None) else { return };
        let changes = creation(resource, &desired.value, self.lines);
        let mut next = self.next(&desired, None);
        next.generation = generation;
        let mut decision = self.about(&desired, Action::Create, Fate::Create).with_changes(changes);
        decision.next = Some(next);
        if let Some((record, reason)) = again {
            decision = decision.because(reason);
            decision.record = Some(record);
        }
        let reason = format!("after {} is created", resource.address);
        let visible = Visible::coming(desired.value, desired.facts, reason);
        self.settle(decision, visible);
    }

    /// The generation of a creation that an earlier run began and of which nothing is to be seen. What takes its place must have
    /// its name, so that the same call is made again: under another one nobody would look for what may show late.
    pub(crate) fn generation_under_way(&self, address: &Address) -> Option<u32> {
        let begun = self.request.snapshot.open_at(address).filter(|intent| intent.stage == Stage::Create);
        begun.map(|intent| intent.record.generation).max()
    }

    /// A generation that nothing of before can have had, also where no record tells of it: what is replaced gets the next
    /// generation in a run, and the state another serial with each run.
    fn generation_of_now(&self) -> u32 {
        u32::try_from(self.request.snapshot.serial).unwrap_or(u32::MAX)
    }

    fn decide_existing(
        &mut self,
        resource: &'a DesiredResource,
        facts: Rc<TypeFacts>,
        dependencies: Vec<Address>,
        record: Record,
        live: Value,
    ) {
        let existing = Existing { inputs: &record.inputs, live: &live };
        let desired = self.work_out(resource, facts.clone(), dependencies.clone(), Some(existing), 0, Some(&record));
        let Some(mut desired) = desired else { return };
        ignore(&resource.lifecycle.ignore_changes, &live, &mut desired.value, &mut desired.template);
        let changes = self.changes(&desired, &live, Some(&record.inputs));
        if changes.iter().any(|change| change.forces_replacement) {
            let replacement = Replacement { record, live, reason: None, same_place: true };
            self.decide_replacement(resource, facts, dependencies, replacement);
            return;
        }
        if let Some(reason) = self.goes_with_what_it_is_in(&desired) {
            let replacement = Replacement { record, live, reason: Some(reason), same_place: true };
            self.decide_replacement(resource, facts, dependencies, replacement);
            return;
        }
        let mut next = self.next(&desired, Some(&record));
        if !changes.is_empty() {
            let changed = changes.iter().map(|change| change.pointer.clone()).collect();
            let mut decision = self.about(&desired, Action::Update, Fate::Update).with_changes(changes);
            decision.step.identifier = record.identifier.clone();
            decision.next = Some(next);
            decision.record = Some(record);
            self.settle(decision, Visible::updated(live, desired.value, changed));
            return;
        }
        next.attributes = attributes(live.clone(), &desired.facts);
        // What it depends on has moved: the state still names the old address.
        let renamed = matches!(self.records.get(&resource.address), Some(std::borrow::Cow::Owned(_)));
        let same = !renamed && same_record(&next, &record, &desired.facts);
        let fate = if same { Fate::Nothing } else { Fate::Record };
        let mut decision = self.about(&desired, Action::None, fate);
        if next.protect != record.protect {
            let word = if next.protect { "on" } else { "off" };
            decision = decision.because(format!("its protection is switched {word}"));
        }
        decision.step.identifier = record.identifier.clone();
        decision.next = Some(next);
        decision.record = Some(record);
        self.settle(decision, Visible::known(live, &desired.value));
    }

    /// Why something must go although nothing of it changes: it is in, or on, what is replaced under the same name with the old one
    /// going first, and cannot be put elsewhere. A DB instance of such a cluster holds it, an inline policy of such a role goes with it.
    fn goes_with_what_it_is_in(&self, desired: &Desired<'_>) -> Option<String> {
        let replaced = |dependency: &'_ &Address| {
            let fate = self.decisions.get(*dependency).map(|decision| &decision.fate);
            matches!(fate, Some(Fate::Replace { order: ReplaceOrder::DeleteFirst, retain: false }))
        };
        desired.dependencies.iter().filter(replaced).find_map(|dependency| {
            let record = self.decisions.get(dependency)?.record.as_ref()?;
            let facts = self.types.get(&record.type_name)?;
            let name = facts.name.as_ref().and_then(|name| record.inputs.at(&name.pointer)?.as_str());
            let names_it = |place: &&Pointer| {
                let text = desired.value.at(place).and_then(Value::as_str);
                text.is_some() && (text == record.identifier.as_deref() || text == name)
            };
            let place = desired.facts.schema.create_only().iter().find(names_it)?;
            Some(format!("{dependency} is replaced, the old one first, and {place} cannot be changed in place"))
        })
    }

    fn decide_import(
        &mut self,
        resource: &'a DesiredResource,
        facts: Rc<TypeFacts>,
        dependencies: Vec<Address>,
        identifier: String,
    ) {
        let live = match self.request.observed.get(&resource.address, ReadPurpose::Import) {
            Some(Seen::Absent) => {
                let text = format!(
                    "{} cannot adopt {identifier:?}: there is no such {}",
                    resource.address, resource.type_name
                );
                let help = format!(
                    "check the identifier, the account ({}) and the region ({}); without `import` it is created",
                    resource.placement.account, resource.placement.region
                );
                self.blame(Diagnostic::error("import-target-absent", text).help(help), resource, &Pointer::root());
                return;
            }
            Some(Seen::Present(value)) => {
                let mut live = value.clone();
                protect(&mut live, &facts, &self.request.snapshot.salt);
                Some(live)
            }
            None => None,
        };
        let (nothing, unknown) = (Value::empty_map(), Value::Null);
        let existing = Existing { inputs: &nothing, live: live.as_ref().unwrap_or(&unknown) };
        let desired = self.work_out(resource, facts.clone(), dependencies, Some(existing), 0, None);
        let Some(mut desired) = desired else { return };
        let mut changes = Vec::new();
        if let Some(live) = &live {
            ignore(&resource.lifecycle.ignore_changes, live, &mut desired.value, &mut desired.template);
            changes = self.changes(&desired, live, None);
        }
        let forcing: Vec<&Change> = changes.iter().filter(|change| change.forces_replacement).collect();
        if let Some(first) = forcing.first() {
            let names: Vec<String> = forcing.iter().map(|change| change.pointer.to_string()).collect();
            let text = format!(
                "{} cannot adopt {identifier:?} as it is written: {} cannot be changed in place",
                resource.address,
                names.join(", ")
            );
            let help = "write what is there, or name the place in `ignoreChanges`";
            let place = first.pointer.clone();
            self.blame(Diagnostic::error("import-would-replace", text).help(help), resource, &place);
            return;
        }
        let unread = live.is_none();
        let update = unread || !changes.is_empty();
        let changed = changes.iter().map(|change| change.pointer.clone()).collect();
        let fate = Fate::Adopt { identifier: identifier.clone(), update };
        let mut decision = self.about(&desired, Action::Adopt, fate).with_changes(changes);
        if unread {
            decision = decision.because("it was not read: what differs shows once it is");
        }
        let mut next = self.next(&desired, None);
        next.identifier = Some(identifier.clone());
        if let Some(live) = &live {
            next.attributes = attributes(live.clone(), &desired.facts);
        }
        decision.step.identifier = Some(identifier);
        decision.next = Some(next);
        let visible = match live {
            Some(live) => Visible::updated(live, desired.value, changed),
            None => Visible::coming(desired.value, facts, format!("after {} is adopted", resource.address)),
        };
        self.settle(decision, visible);
    }

    /// Completes and evaluates. None if that failed, which has been reported.
    pub(crate) fn work_out(
        &mut self,
        resource: &'a DesiredResource,
        facts: Rc<TypeFacts>,
        dependencies: Vec<Address>,
        existing: Option<Existing<'_>>,
        generation: u32,
        record: Option<&Record>,
    ) -> Option<Desired<'a>> {
        let graph = self.request.graph;
        let Completed { properties: mut template, named_by_user } =
            fill(graph, resource, &facts, existing, generation, &mut self.found);
        let salt = &self.request.snapshot.salt;
        seal_template(&mut template, facts.schema.write_only(), salt);
        let scope = PlanScope { view: &self.view, placement: Some(&resource.placement), secrets: self.request.secrets };
        match self.request.evaluator.evaluate(&template, &scope) {
            Ok(value) => {
                let mut value = value.resalted(salt);
                seal(&mut value, facts.schema.write_only(), salt);
                if let Some(record) = record.filter(|record| !record.secret_references.is_empty()) {
                    assume_unchanged(&mut value, &references(&template), record);
                }
                Some(Desired { resource, facts, template, value, named_by_user, dependencies })
            }
            Err(error) => {
                let mut diagnostic = Diagnostic::error("expression-failed", format!("{}: {error}", resource.address))
                    .help("correct the expression, or the resource that it refers to");
                if let Some(span) = error.span {
                    diagnostic = diagnostic.label(span, error.reason);
                }
                self.found.push(diagnostic);
                None
            }
        }
    }

    pub(crate) fn changes(&self, desired: &Desired<'_>, live: &Value, inputs: Option<&Value>) -> Vec<Change> {
        Compared {
            facts: &desired.facts,
            resource: desired.resource,
            template: &desired.template,
            live,
            desired: &desired.value,
            inputs,
            changing: &self.changing,
            lines: self.lines,
        }
        .changes()
    }

    /// The record that a resource leads to. For one that exists, with its identifier, attributes and generation.
    pub(crate) fn next(&self, desired: &Desired<'_>, record: Option<&Record>) -> Record {
        let resource = desired.resource;
        Record {
            address: resource.address.clone(),
            type_name: resource.type_name.clone(),
            placement: resource.placement.clone(),
            identifier: record.and_then(|record| record.identifier.clone()),
            inputs: without_plain(desired.value.clone()),
            attributes: record.map_or_else(crate::visible::empty, |record| record.attributes.clone()),
            secret_references: references(&desired.template),
            dependencies: desired.dependencies.clone(),
            protect: resource.lifecycle.protect,
            retain: resource.lifecycle.retain,
            replace: resource.lifecycle.replace,
            generation: record.map_or(0, |record| record.generation),
            status: RecordStatus::Ready,
        }
    }

    /// A decision about a desired resource.
    pub(crate) fn about(&self, desired: &Desired<'_>, action: Action, fate: Fate) -> Decision {
        let resource = desired.resource;
        let location = self.lines.of(resource, &Pointer::root());
        let mut decision =
            Decision::new(&resource.address, &resource.type_name, &resource.placement, action, fate).at(location);
        decision.properties = Some(desired.template.clone());
        decision.dependencies = desired.dependencies.clone();
        decision.timeouts = resource.lifecycle.timeouts;
        decision.order_asked_for = resource.lifecycle.replace.is_some();
        decision.identity = desired.facts.identity(&desired.value);
        decision
    }
}

/// Whether two records say the same.
fn same_record(one: &Record, other: &Record, facts: &TypeFacts) -> bool {
    same(&one.inputs, &other.inputs)
        && same_attributes(&one.attributes, other, facts)
        && one.secret_references == other.secret_references
        && one.dependencies == other.dependencies
        && (one.protect, one.retain, one.replace) == (other.protect, other.retain, other.replace)
        && one.status == other.status
}
