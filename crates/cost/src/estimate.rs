//! The estimate: what the resources of a plan cost before it and after it.

use charter_catalog::{Price, PriceFound, price_number, price_of};
use charter_model::{Address, DesiredGraph, Evaluator, Pointer, Scope, SecretReference, TypeName, Unknown, Value};
use charter_planner::{Action, OperationKind, Plan};
use charter_state::{Record, Snapshot};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The tag that says who pays.
pub const LINE_TAG: &str = "lineOfBusiness";

/// Dollars a month: between the least and the most, which are equal where the price does not depend on use.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Amount {
    /// At the least capacity.
    pub least: f64,
    /// At the most capacity.
    pub most: f64,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Who pays: the tag `lineOfBusiness`, else the stack.
    pub line_of_business: String,
    /// Whether the tag says so.
    pub tagged: bool,
    /// Which.
    pub address: Address,
    /// What is paid for: `Developer Edition index`.
    pub what: String,
    /// Now.
    pub before: Amount,
    /// Once the plan is applied.
    pub after: Amount,
}

/// A type that costs something, one does not know how much.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unpriced {
    /// The type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Why.
    pub why: String,
    /// How many there will be.
    pub count: usize,
}

/// What a plan changes of the bill.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Estimate {
    /// Every resource with a price, before or after.
    pub lines: Vec<Line>,
    /// What has none.
    pub unpriced: Vec<Unpriced>,
}

impl Amount {
    /// The sum, at the least and at the most.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }

    /// The difference, at the least and at the most.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { least: self.least - other.least, most: self.most - other.most }
    }
}

impl Estimate {
    /// Before and after, by who pays.
    pub fn by_line_of_business(&self) -> BTreeMap<&str, (Amount, Amount)> {
        let mut sums: BTreeMap<&str, (Amount, Amount)> = BTreeMap::new();
        for line in &self.lines {
            let (before, after) = sums.entry(&line.line_of_business).or_default();
            *before = before.plus(line.before);
            *after = after.plus(line.after);
        }
        sums
    }
}

/// Everything that only an apply will tell is unknown.
struct BeforeApply;

impl Scope for BeforeApply {
    fn resource(&self, address: &Address) -> Value {
        Value::Unknown(Unknown::new(format!("after {address} is created")))
    }

    fn secret(&self, _reference: &SecretReference) -> Value {
        Value::Unknown(Unknown::new("when it is applied"))
    }
}

/// A resource at one moment.
struct Item {
    type_name: TypeName,
    properties: Value,
    dependencies: Vec<Address>,
}

impl Item {
    fn of(record: &Record) -> Self {
        Self {
            type_name: record.type_name.clone(),
            properties: record.inputs.clone(),
            dependencies: record.dependencies.clone(),
        }
    }
}

/// What is recorded comes to: before and after are the same.
pub fn standing(snapshot: &Snapshot) -> Estimate {
    let items = recorded(snapshot);
    compare(&items, &items)
}

fn recorded(snapshot: &Snapshot) -> BTreeMap<Address, Item> {
    snapshot.resources.iter().map(|(address, record)| (address.clone(), Item::of(record))).collect()
}

/// What the plan changes of the bill. Resources that the plan leaves as they are count before and after.
pub fn estimate(plan: &Plan, graph: &DesiredGraph, snapshot: &Snapshot, evaluator: &dyn Evaluator) -> Estimate {
    let before = recorded(snapshot);
    let mut after = recorded(snapshot);
    for step in &plan.steps {
        match &step.action {
            Action::Delete | Action::Forget => drop(after.remove(&step.address)),
            Action::Move { from } => {
                if let Some(item) = after.remove(from) {
                    after.insert(step.address.clone(), item);
                }
            }
            _ => {}
        }
    }
    for operation in &plan.operations {
        let makes = matches!(operation.kind, OperationKind::Create { .. } | OperationKind::Update);
        let Some(properties) = operation.properties.as_ref().filter(|_| makes) else { continue };
        let desired = graph.resources.get(&operation.address);
        let dependencies = desired.into_iter().flat_map(|resource| &resource.dependencies);
        let item = Item {
            type_name: operation.type_name.clone(),
            properties: evaluator.evaluate(properties, &BeforeApply).unwrap_or_else(|_| Value::empty_map()),
            dependencies: dependencies.map(|dependency| dependency.address.clone()).collect(),
        };
        after.insert(operation.address.clone(), item);
    }
    compare(&before, &after)
}

fn compare(before: &BTreeMap<Address, Item>, after: &BTreeMap<Address, Item>) -> Estimate {
    let mut estimate = Estimate::default();
    let mut unpriced: BTreeMap<(TypeName, &str), usize> = BTreeMap::new();
    let addresses: BTreeSet<&Address> = before.keys().chain(after.keys()).collect();
    for address in addresses {
        let (was, will) = (before.get(address), after.get(address));
        let prices = [was.map(|item| price(item, before)), will.map(|item| price(item, after))];
        if let Some(Priced::Not(why)) = &prices[1]
            && let Some(item) = will
        {
            *unpriced.entry((item.type_name.clone(), why)).or_default() += 1;
        }
        let amount = |place: usize| match prices.get(place) {
            Some(Some(Priced::At(amount, _))) => *amount,
            _ => Amount::default(),
        };
        let what = prices.iter().rev().flatten().find_map(|priced| match priced {
            Priced::At(_, price) => Some(price.what().to_owned()),
            _ => None,
        });
        let Some(what) = what else { continue };
        let payer = will.or(was).and_then(payer);
        estimate.lines.push(Line {
            tagged: payer.is_some(),
            line_of_business: payer.unwrap_or_else(|| address.stack().to_string()),
            address: address.clone(),
            what,
            before: amount(0),
            after: amount(1),
        });
    }
    let row = |((type_name, why), count): ((TypeName, &str), usize)| Unpriced { type_name, why: why.to_owned(), count };
    estimate.unpriced = unpriced.into_iter().map(row).collect();
    estimate
}

enum Priced {
    At(Amount, &'static Price),
    Not(&'static str),
    Free,
}

fn price(item: &Item, all: &BTreeMap<Address, Item>) -> Priced {
    let price = match price_of(item.type_name.as_str(), &item.properties) {
        PriceFound::Priced(price) => price,
        PriceFound::Unpriced(why) => return Priced::Not(why),
        PriceFound::Free => return Priced::Free,
    };
    let bounds = match price.range() {
        Some(range) => {
            let mut items = item.dependencies.iter().filter_map(|address| all.get(address));
            let other = items.find(|other| other.type_name.as_str() == range.type_name);
            other.and_then(|other| {
                Some((price_number(&other.properties, &range.least)?, price_number(&other.properties, &range.most)?))
            })
        }
        None => price.count(&item.properties).map(|many| (many, many)),
    };
    let Some((least, most)) = bounds else {
        return Priced::Not("its capacity is not known before it is applied");
    };
    let one = price.monthly();
    Priced::At(Amount { least: least * one, most: most * one }, price)
}

/// The value at a place, written as a pointer.
fn at<'a>(properties: &'a Value, place: &str) -> Option<&'a Value> {
    properties.at(&place.parse::<Pointer>().ok()?)
}

/// Who pays: the tag `lineOfBusiness`, as a list or as a map.
fn payer(item: &Item) -> Option<String> {
    ["/Tags", "/tags"].iter().filter_map(|place| at(&item.properties, place)).find_map(|tags| match tags {
        Value::List(list) => list.iter().find_map(|tag| {
            let is_it = tag.get("Key").or_else(|| tag.get("key")).and_then(Value::as_str) == Some(LINE_TAG);
            let value = tag.get("Value").or_else(|| tag.get("value")).and_then(Value::as_str);
            value.filter(|_| is_it).map(str::to_owned)
        }),
        tags => tags.get(LINE_TAG).and_then(Value::as_str).map(str::to_owned),
    })
}
