//! Carries plans out, the way the executor is told to, against a small cloud that minds what AWS minds: a name can be taken, what
//! is in use cannot be deleted, what can only be set at creation cannot be changed. Nothing is taken from a plan but what the
//! executor may take: operations, edges, templates; values are evaluated anew from what really came out.

use super::language::Paths;
use super::world::{World, empty_snapshot};
use crate::sealing::{seal, seal_like, without_plain};
use crate::{Mode, Observations, Operation, OperationKind, Plan, Selection, reads};
use charter_model::{Address, Diagnostics, Evaluator, Placement, Scope, SecretReference, TypeName, Value};
use charter_provider::{Observed, Properties};
use charter_state::{Deposed, Record, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// What there is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub(crate) type_name: TypeName,
    pub(crate) placement: Placement,
    pub(crate) properties: Properties,
}

/// The small cloud, and what is recorded of it.
#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    pub(crate) snapshot: Snapshot,
    pub(crate) things: BTreeMap<String, Thing>,
    made: usize,
    /// Decides which of several ready operations runs first.
    pub(crate) seed: u64,
    /// What ran, in order: `create s/a`.
    pub(crate) log: Vec<String>,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        Self { snapshot: empty_snapshot(), things: BTreeMap::new(), made: 0, seed: 0, log: Vec::new() }
    }

    /// A cloud with these stacks applied.
    pub(crate) fn with(text: &str) -> Self {
        let mut cloud = Self::new();
        cloud.apply(&World::new(text));
        cloud
    }

    pub(crate) fn observe(&self, world: &World, selection: &Selection) -> Observations {
        let mut observed = Observations::default();
        for target in reads(&world.graph(), &self.snapshot, selection) {
            let found = match self.things.get(&target.identifier) {
                Some(thing) if thing.placement == target.placement => {
                    Observed::Present { properties: told(&thing.properties) }
                }
                _ => Observed::Absent,
            };
            observed.insert(&target, found);
        }
        observed
    }

    pub(crate) fn try_plan(&self, world: &World, mode: Mode, selection: Selection) -> Result<Plan, Diagnostics> {
        let observed = self.observe(world, &selection);
        world.plan_from(&self.snapshot, &observed, &world.resolved(&self.snapshot.salt), mode, selection)
    }

    /// A plan of everything.
    pub(crate) fn plan(&self, world: &World) -> Plan {
        self.try_plan(world, Mode::Apply, Selection::default()).unwrap_or_else(|found| panic!("{found:#?}"))
    }

    /// A plan without reading anything.
    pub(crate) fn plan_offline(&self, world: &World) -> Plan {
        let (observed, secrets) = Default::default();
        world.plan_from(&self.snapshot, &observed, &secrets, Mode::Apply, Selection::default()).unwrap()
    }

    /// The errors and warnings of a plan that is refused.
    pub(crate) fn refusal(&self, world: &World, mode: Mode) -> String {
        let found = self.try_plan(world, mode, Selection::default()).unwrap_err();
        let lines = found.iter().map(|each| {
            let place = each.labels.first().and_then(|label| world.graph().sources.location(label.span));
            let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
            format!("{}{place}: {}\n  help: {}\n", each.code, each.summary, each.help.clone().unwrap_or_default())
        });
        lines.collect()
    }

    pub(crate) fn apply(&mut self, world: &World) -> Plan {
        let plan = self.plan(world);
        self.run(world, &plan);
        plan
    }

    pub(crate) fn destroy(&mut self, world: &World) -> Plan {
        let plan =
            self.try_plan(world, Mode::Destroy, Selection::default()).unwrap_or_else(|found| panic!("{found:#?}"));
        self.run(world, &plan);
        plan
    }

    /// Carries a plan out to its end.
    pub(crate) fn run(&mut self, world: &World, plan: &Plan) {
        plan.check_fresh(&self.snapshot).unwrap();
        let mut open: BTreeSet<usize> = (0..plan.operations.len()).collect();
        while !open.is_empty() {
            let ready: Vec<usize> = open
                .iter()
                .copied()
                .filter(|id| plan.edges.iter().all(|edge| edge.after != *id || !open.contains(&edge.before)))
                .collect();
            assert!(!ready.is_empty(), "nothing is ready: {plan:#?}");
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let chosen = ready[usize::try_from(self.seed >> 33).unwrap() % ready.len()];
            self.carry_out(world, plan, &plan.operations[chosen]);
            open.remove(&chosen);
        }
        for (stack, outputs) in &plan.outputs {
            let values = outputs
                .iter()
                .map(|(name, output)| (name.clone(), without_plain(self.evaluate(world, plan, None, &output.value))))
                .filter(|(_, value)| *value != Value::Null)
                .collect();
            self.snapshot.outputs.insert(stack.clone(), values);
        }
        self.snapshot.outputs.retain(|_, values| !values.is_empty());
        if !plan.operations.is_empty() {
            self.snapshot.serial += 1;
        }
    }

    fn carry_out(&mut self, world: &World, plan: &Plan, operation: &Operation) {
        let address = &operation.address;
        let word = match &operation.kind {
            OperationKind::Create { depose } => {
                let value = self.wanted(world, plan, operation);
                if *depose {
                    let record = self.snapshot.resources.remove(address).unwrap();
                    self.snapshot.deposed.push(Deposed { record });
                }
                let identifier = self.make(operation, &value);
                self.record(operation, identifier, value);
                "create"
            }
            OperationKind::Update => {
                let value = self.wanted(world, plan, operation);
                let identifier = self.snapshot.resources[address].identifier.clone().unwrap();
                let Value::Map(wanted) = Value::from(value.to_plain_json()) else { unreachable!() };
                let thing = self.things.get_mut(&identifier).expect("updates what is there");
                for fixed in ["ThingName", "OtherName", "StiffName", "Zone", "FixedLink", "From", "To"] {
                    let (old, new) = (thing.properties.get(fixed), wanted.get(fixed).map(Value::to_json));
                    assert!(new.is_none() || old == new.as_ref(), "{address}: {fixed} cannot be changed");
                }
                thing.properties.retain(|key, _| key == "Arn" || key == "Id");
                for (key, value) in wanted {
                    thing.properties.insert(key.to_string(), value.to_json());
                }
                self.record(operation, identifier, value);
                "update"
            }
            OperationKind::Delete => {
                let record = self.snapshot.resources.remove(address).unwrap();
                self.unmake(&record, plan);
                "delete"
            }
            OperationKind::DeleteDeposed { generation } => {
                let of =
                    |deposed: &Deposed| deposed.record.address == *address && deposed.record.generation == *generation;
                let place = self.snapshot.deposed.iter().position(of).expect("deletes a deposed one that there is");
                let deposed = self.snapshot.deposed.remove(place);
                self.unmake(&deposed.record, plan);
                "delete-deposed"
            }
            OperationKind::Adopt { identifier } => {
                let value = self.wanted(world, plan, operation);
                assert!(self.things.contains_key(identifier));
                self.record(operation, identifier.clone(), value);
                "adopt"
            }
            OperationKind::Record { from } => {
                if let Some(from) = from {
                    self.snapshot.resources.remove(from).expect("moves what is there");
                }
                self.snapshot.resources.insert(address.clone(), operation.next.clone().unwrap());
                "record"
            }
            OperationKind::Forget => {
                self.snapshot.resources.remove(address).expect("forgets what is there");
                "forget"
            }
        };
        self.log.push(format!("{word} {address}"));
    }

    fn wanted(&self, world: &World, plan: &Plan, operation: &Operation) -> Value {
        let template = operation.properties.as_ref().expect("an operation that asks for something says for what");
        let mut value = self.evaluate(world, plan, Some(&operation.placement), template);
        assert!(value.is_known(), "{} at {}: {value:?}", operation.address, self.log.len());
        seal(&mut value, &["/Password".parse().unwrap()], &self.snapshot.salt);
        value
    }

    fn evaluate(
        &self,
        world: &World,
        plan: &Plan,
        placement: Option<&Placement>,
        template: &charter_model::Template,
    ) -> Value {
        let scope = Attributes { cloud: self, world, plan, placement: placement.cloned() };
        Paths.evaluate(template, &scope).unwrap()
    }

    fn make(&mut self, operation: &Operation, value: &Value) -> String {
        let serde_json::Value::Object(mut properties) = value.to_plain_json() else { unreachable!() };
        for (name, thing) in &self.things {
            let same_place = thing.type_name == operation.type_name && thing.placement == operation.placement;
            for unique in ["ThingName", "OtherName", "StiffName"] {
                let taken = properties.get(unique).is_some_and(|value| thing.properties.get(unique) == Some(value));
                assert!(!(same_place && taken), "{}: the name is taken by {name}", operation.address);
            }
        }
        self.made += 1;
        let identifier = if operation.type_name.resource() == "Link" {
            let part = |key: &str| properties[key].as_str().unwrap().to_owned();
            format!("{}|{}", part("From"), part("To"))
        } else {
            let id = format!("id-{}", self.made);
            properties.insert("Id".into(), id.clone().into());
            properties.insert("Arn".into(), format!("arn:{id}").into());
            id
        };
        let (type_name, placement) = (operation.type_name.clone(), operation.placement.clone());
        let old = self.things.insert(identifier.clone(), Thing { type_name, placement, properties });
        assert!(old.is_none(), "{identifier} exists already");
        identifier
    }

    /// Deletes what nothing uses, unless the user waits for a successor that something is deleted to make room for: then there may
    /// be no order that does without.
    fn unmake(&mut self, record: &Record, plan: &Plan) {
        let identifier = record.identifier.as_deref().unwrap();
        self.things.remove(identifier).expect("deletes what is there");
        let arn = format!("arn:{identifier}");
        for (name, thing) in &self.things {
            let text = serde_json::to_string(&thing.properties).unwrap();
            if text.contains(&format!("\"{identifier}\"")) || text.contains(&format!("\"{arn}\"")) {
                let user = self.snapshot.resources.values().find(|each| each.identifier.as_ref() == Some(name));
                let waits = user.is_some_and(|user| waits_for_room(plan, &user.address));
                assert!(waits, "{} is deleted while {name} uses it", record.address);
            }
        }
    }

    fn record(&mut self, operation: &Operation, identifier: String, value: Value) {
        let mut attributes = serde_json::Value::Object(told(&self.things[&identifier].properties)).into();
        seal_like(&mut attributes, &value, &self.snapshot.salt);
        let attributes = without_plain(attributes);
        let next = operation.next.clone().expect("an operation that makes something says what is recorded");
        assert_eq!(next.address, operation.address);
        let record = Record { identifier: Some(identifier), inputs: without_plain(value), attributes, ..next };
        self.snapshot.resources.insert(operation.address.clone(), record);
    }

    /// Changes something behind our back.
    pub(crate) fn change(&mut self, address: &str, key: &str, value: serde_json::Value) {
        let identifier = self.identifier(address);
        let properties = &mut self.things.get_mut(&identifier).unwrap().properties;
        if value.is_null() {
            properties.remove(key);
        } else {
            properties.insert(key.to_owned(), value);
        }
    }

    /// Deletes something behind our back.
    pub(crate) fn vanish(&mut self, address: &str) {
        let identifier = self.identifier(address);
        self.things.remove(&identifier).unwrap();
    }

    pub(crate) fn identifier(&self, address: &str) -> String {
        self.recorded(address).identifier.clone().unwrap()
    }

    pub(crate) fn recorded(&self, address: &str) -> &Record {
        &self.snapshot.resources[&address.parse::<Address>().unwrap()]
    }

    pub(crate) fn recorded_mut(&mut self, address: &str) -> &mut Record {
        self.snapshot.resources.get_mut(&address.parse::<Address>().unwrap()).unwrap()
    }

    pub(crate) fn there(&self, address: &str) -> &Properties {
        &self.things[&self.identifier(address)].properties
    }

    /// Nothing is there that is not recorded, and nothing recorded that is not there.
    pub(crate) fn assert_accounted(&self) {
        let recorded: BTreeSet<String> = self
            .snapshot
            .resources
            .values()
            .chain(self.snapshot.deposed.iter().map(|deposed| &deposed.record))
            .map(|record| record.identifier.clone().unwrap())
            .collect();
        assert_eq!(recorded, self.things.keys().cloned().collect());
        assert!(self.snapshot.deposed.is_empty());
    }
}

/// Whether what is made or changed at an address waits, through others, for a deletion.
fn waits_for_room(plan: &Plan, address: &Address) -> bool {
    let makes = |operation: &Operation| matches!(operation.kind, OperationKind::Create { .. } | OperationKind::Update);
    let own = |id: &usize| plan.operations[*id].address == *address && makes(&plan.operations[*id]);
    let mut open: Vec<usize> = (0..plan.operations.len()).filter(own).collect();
    let mut reached: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        for edge in plan.edges.iter().filter(|edge| edge.after == id) {
            if reached.insert(edge.before) {
                open.push(edge.before);
            }
        }
    }
    reached.into_iter().any(|id| plan.operations[id].kind == OperationKind::Delete)
}

/// What AWS tells: all but the write-only.
fn told(properties: &Properties) -> Properties {
    properties.iter().filter(|(key, _)| *key != "Password").map(|(key, value)| (key.clone(), value.clone())).collect()
}

struct Attributes<'a> {
    cloud: &'a Cloud,
    world: &'a World,
    plan: &'a Plan,
    placement: Option<Placement>,
}

impl Scope for Attributes<'_> {
    fn resource(&self, address: &Address) -> Value {
        let touched = self.plan.operations.iter().any(|operation| {
            operation.address == *address
                && matches!(
                    operation.kind,
                    OperationKind::Create { .. } | OperationKind::Update | OperationKind::Adopt { .. }
                )
        });
        if touched {
            self.cloud.snapshot.resources[address].attributes.clone()
        } else {
            self.plan.attributes.get(address).unwrap_or_else(|| panic!("the plan does not tell of {address}")).clone()
        }
    }

    fn secret(&self, reference: &SecretReference) -> Value {
        assert!(self.placement.is_some());
        let SecretReference::Environment { name } = reference else { unreachable!() };
        let plain = self.world.secrets[&**name].as_str().into();
        Value::Secret(charter_model::Secret::new(plain, &self.cloud.snapshot.salt))
    }
}
