//! Everything that exists: typed records by collection, account, region and key; kept on disk, if there is a path, in a log of
//! mutations.
//!
//! Life cycles are lazy: a record holds the virtual moments of its life, and what state it is in follows from `now` when it is
//! read. So nothing runs in the background, and a store that was closed for an hour has lived through that hour.

mod log;

use charter_model::AccountId;
use jiff::Timestamp;
use log::{Change, Log, Transaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use log::ClockAnchor;
pub use log::StoreError;

/// The region of what is in no region.
pub(crate) const GLOBAL: &str = "aws-global";

/// A kind of thing that is stored.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// The service that it belongs to: `iam`.
    const SERVICE: &'static str;
    /// What it is: `role`. Together with the service it names the collection.
    const KIND: &'static str;
    /// Whether it counts as a resource that a user made and must delete.
    const INVENTORY: bool = true;
    /// When it is gone, if that is decided: from that moment on the store does not know it any more.
    fn gone(&self) -> Option<Timestamp> {
        None
    }

    /// Whether it is paid for as long as it is there: then what it was is still known when it is gone.
    fn is_metered(&self) -> bool {
        false
    }
}

/// A record with where it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<R> {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    pub(crate) key: String,
    pub(crate) record: R,
}

/// Something that exists and that a user made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InventoryItem {
    /// The account that it is in.
    pub account: AccountId,
    /// The region, or `aws-global`.
    pub region: String,
    /// `iam`, `rds`.
    pub service: String,
    /// `role`, `cluster`; of Cloud Control's, the resource type.
    pub kind: String,
    /// What its service knows it by.
    pub identifier: String,
}

/// Something that the simulator keeps, with all that it knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredItem {
    /// What and where it is.
    pub item: InventoryItem,
    /// Whether it counts as a resource that a user made; else it is part of something else, a session, a token.
    pub counts: bool,
    /// What is stored, in the simulator's own form.
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) collection: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) key: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Slot {
    value: Value,
    /// What readers are told until `settled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    inventory: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    metered: bool,
}

/// Something that was paid for and is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ended {
    collection: String,
    value: Value,
    ended: Timestamp,
}

impl Record for Ended {
    const SERVICE: &'static str = "ce";
    const KIND: &'static str = "ended";
    const INVENTORY: bool = false;
}

/// Something that is paid for, or was.
#[derive(Debug)]
pub(crate) struct Metered {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    /// `kendra/index`
    pub(crate) collection: String,
    pub(crate) value: Value,
    /// Since when it is gone, or when it will be.
    pub(crate) ended: Option<Timestamp>,
}

/// Everything that exists.
#[derive(Debug)]
pub(crate) struct Store {
    slots: BTreeMap<Place, Slot>,
    pending: Vec<Change>,
    log: Option<Log>,
    now: Timestamp,
    /// In seconds.
    consistency: f64,
    /// What is put meanwhile is part of the cloud as it is handed over, not a resource that a user made.
    seeding: bool,
    /// How many calls there have been, over all runs.
    calls: u64,
    /// How often something was put or removed since it was opened.
    changes: u64,
}

/// A cloud as it was at one moment: what a copy of it begins with.
#[derive(Debug, Clone)]
pub struct CloudSnapshot {
    slots: BTreeMap<Place, Slot>,
    calls: u64,
    now: Timestamp,
}

impl CloudSnapshot {
    /// The virtual moment that it was taken at.
    pub fn moment(&self) -> Timestamp {
        self.now
    }
}

impl Store {
    /// An empty store in memory.
    pub(crate) fn in_memory(now: Timestamp) -> Self {
        Self {
            slots: BTreeMap::new(),
            pending: Vec::new(),
            log: None,
            now,
            consistency: 0.0,
            seeding: false,
            calls: 0,
            changes: 0,
        }
    }

    /// The store of a file; made if there is none. Tells the clock's anchor of the last run, and the last moment in the log.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<ClockAnchor>), StoreError> {
        let (log, loaded) = Log::open(path)?;
        let store =
            Self { slots: loaded.slots, log: Some(log), calls: loaded.calls, ..Self::in_memory(Timestamp::UNIX_EPOCH) };
        Ok((store, loaded.clock))
    }

    /// All of it as it is at a moment.
    pub(crate) fn snapshot(&self, now: Timestamp) -> CloudSnapshot {
        CloudSnapshot { slots: self.slots.clone(), calls: self.calls, now }
    }

    /// A store in memory that goes on from there.
    pub(crate) fn from_snapshot(snapshot: &CloudSnapshot) -> Self {
        Self { slots: snapshot.slots.clone(), calls: snapshot.calls, ..Self::in_memory(snapshot.now) }
    }

    /// How often something was put or removed since it was opened.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Rewrites the log as one snapshot that starts from this anchor.
    pub(crate) fn compact(&mut self, clock: ClockAnchor) -> Result<(), StoreError> {
        self.now = clock.virtual_time;
        let now = self.now;
        let gone: Vec<Place> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.gone.is_some_and(|gone| gone <= now))
            .map(|(it, _)| it.clone())
            .collect();
        for place in gone {
            self.retire(&place);
            self.slots.remove(&place);
        }
        // All of it is in the snapshot.
        self.pending.clear();
        match &mut self.log {
            Some(log) => log.compact(clock, self.calls, &self.slots),
            None => Ok(()),
        }
    }

    /// Begins a call: sets the moment that everything is read at, and tells the call's number.
    pub(crate) fn begin(&mut self, now: Timestamp, consistency: f64) -> u64 {
        self.now = now;
        self.consistency = consistency;
        self.calls += 1;
        self.calls
    }

    /// Ends a call: its changes are with the operating system when this returns.
    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut self.pending);
        match &mut self.log {
            Some(log) if !changes.is_empty() => log.append(&Transaction { call: self.calls, now: self.now, changes }),
            _ => Ok(()),
        }
    }

    /// What is put from here on is seeded, or not any more.
    pub(crate) fn set_seeding(&mut self, seeding: bool) {
        self.seeding = seeding;
    }

    fn place<R: Record>(account: &AccountId, region: &str, key: &str) -> Place {
        Place {
            collection: collection::<R>(),
            account: account.as_str().to_owned(),
            region: region.to_owned(),
            key: key.to_owned(),
        }
    }

    fn slot(&self, place: &Place) -> Option<&Slot> {
        self.slots.get(place).filter(|slot| slot.gone.is_none_or(|gone| gone > self.now))
    }

    /// The truth: what the service itself knows, and what a name conflicts with.
    pub(crate) fn get<R: Record>(&self, account: &AccountId, region: &str, key: &str) -> Option<R> {
        decode(&self.slot(&Self::place::<R>(account, region, key))?.value)
    }

    /// What a reader is told, which may be late: nothing of what was just made, the old of what was just changed.
    pub(crate) fn read<R: Record>(&self, account: &AccountId, region: &str, key: &str) -> Option<R> {
        decode(self.slot(&Self::place::<R>(account, region, key))?.told(self.now)?)
    }

    pub(crate) fn contains<R: Record>(&self, account: &AccountId, region: &str, key: &str) -> bool {
        self.slot(&Self::place::<R>(account, region, key)).is_some()
    }

    /// Adds or replaces.
    pub(crate) fn put<R: Record>(&mut self, account: &AccountId, region: &str, key: &str, record: &R) {
        let place = Self::place::<R>(account, region, key);
        let value = match serde_json::to_value(record) {
            Ok(value) => value,
            Err(error) => {
                tracing::error!(collection = place.collection, key, %error, "a record does not serialise");
                return;
            }
        };
        let known = self.slot(&place);
        // A replaced record keeps what it is in the inventory: an update of something seeded does not make it a user's.
        let inventory = known.map_or(R::INVENTORY && !self.seeding, |slot| slot.inventory);
        let late = self.consistency > 0.0 && !self.seeding;
        let slot = Slot {
            before: if late { known.and_then(|slot| slot.told(self.now)).cloned() } else { None },
            settled: late.then(|| crate::service::later(self.now, self.consistency)),
            gone: record.gone(),
            inventory,
            metered: inventory && record.is_metered(),
            value,
        };
        if known.is_none() {
            // One of the same name that is gone.
            self.retire(&place);
        }
        self.insert(place, slot);
    }

    fn insert(&mut self, place: Place, slot: Slot) {
        if self.log.is_some() {
            self.pending.push(Change::Put(place.clone(), slot.clone()));
        }
        self.changes += 1;
        self.slots.insert(place, slot);
    }

    /// Keeps what is about to be forgotten, if it was paid for.
    fn retire(&mut self, place: &Place) {
        let Some(slot) = self.slots.get(place).filter(|slot| slot.metered) else { return };
        let ended = slot.gone.map_or(self.now, |gone| gone.min(self.now));
        let record = Ended { collection: place.collection.clone(), value: slot.value.clone(), ended };
        let Ok(value) = serde_json::to_value(record) else { return };
        let kept = Place {
            collection: collection::<Ended>(),
            key: format!("{}/{}/{ended}", place.collection, place.key),
            ..place.clone()
        };
        let slot = Slot { value, before: None, settled: None, gone: None, inventory: false, metered: false };
        self.insert(kept, slot);
    }

    /// All that is paid for, and all that was.
    pub(crate) fn metered(&self) -> Vec<Metered> {
        let kept = self.everywhere::<Ended>().into_iter().map(|entry| Metered {
            account: entry.account,
            region: entry.region,
            collection: entry.record.collection,
            value: entry.record.value,
            ended: Some(entry.record.ended),
        });
        let known = self.slots.iter().filter(|(_, slot)| slot.metered).filter_map(|(place, slot)| {
            Some(Metered {
                account: AccountId::new(&place.account).ok()?,
                region: place.region.clone(),
                collection: place.collection.clone(),
                value: slot.value.clone(),
                ended: slot.gone,
            })
        });
        kept.chain(known).collect()
    }

    /// Whether it was there.
    pub(crate) fn remove<R: Record>(&mut self, account: &AccountId, region: &str, key: &str) -> bool {
        let place = Self::place::<R>(account, region, key);
        let was_there = self.slot(&place).is_some();
        self.retire(&place);
        self.changes += 1;
        if self.slots.remove(&place).is_some() && self.log.is_some() {
            self.pending.push(Change::Remove(place));
        }
        was_there
    }

    /// All of one account and region, the truth, sorted by key.
    pub(crate) fn list<R: Record>(&self, account: &AccountId, region: &str) -> Vec<(String, R)> {
        let entries = self.range::<R>(Some((account.as_str(), region)));
        entries.filter_map(|(place, slot)| Some((place.key.clone(), decode(&slot.value)?))).collect()
    }

    /// All of one account and region as a reader is told, sorted by key.
    pub(crate) fn read_all<R: Record>(&self, account: &AccountId, region: &str) -> Vec<(String, R)> {
        let entries = self.range::<R>(Some((account.as_str(), region)));
        entries.filter_map(|(place, slot)| Some((place.key.clone(), decode(slot.told(self.now)?)?))).collect()
    }

    /// What a reader is told of those of one account and region whose keys begin alike.
    pub(crate) fn read_prefix<R: Record>(&self, account: &AccountId, region: &str, prefix: &str) -> Vec<R> {
        self.slots
            .range(Self::place::<R>(account, region, prefix)..)
            .take_while(|(place, _)| {
                place.collection == collection::<R>()
                    && place.account == account.as_str()
                    && place.region == region
                    && place.key.starts_with(prefix)
            })
            .filter(|(_, slot)| slot.gone.is_none_or(|gone| gone > self.now))
            .filter_map(|(_, slot)| decode(slot.told(self.now)?))
            .collect()
    }

    /// The keys of those of a collection (`rds/cluster`) that hold a text as a value somewhere.
    pub(crate) fn mentions(&self, account: &AccountId, region: &str, collection: &str, text: &str) -> Vec<String> {
        let start = Place {
            collection: collection.to_owned(),
            account: account.as_str().to_owned(),
            region: region.to_owned(),
            key: String::new(),
        };
        self.slots
            .range(start..)
            .take_while(|(place, _)| {
                place.collection == collection && place.account == account.as_str() && place.region == region
            })
            .filter(|(_, slot)| slot.gone.is_none_or(|gone| gone > self.now) && holds(&slot.value, text))
            .map(|(place, _)| place.key.clone())
            .collect()
    }

    /// What a service, or Cloud Control for it, keeps under an ARN; else under the id at its end.
    pub(crate) fn about(&self, service: &str, arn: &str, id: &str) -> Option<&Value> {
        let there = |slot: &Slot| slot.gone.is_none_or(|gone| gone > self.now);
        let own = format!("{service}/");
        let of_type = format!("AWS::{service}::").to_lowercase();
        let mut by_id = None;
        for (place, slot) in &self.slots {
            let by_control =
                place.collection == "cloudcontrol/resource" && place.key.to_lowercase().starts_with(&of_type);
            if !(by_control || place.collection.starts_with(&own)) || !there(slot) {
                continue;
            }
            let known = slot.value.get("arn").or_else(|| slot.value.pointer("/properties/Arn")).and_then(Value::as_str);
            if known == Some(arn) {
                return Some(&slot.value);
            }
            let key = place.key.rsplit(['|', ' ']).next().unwrap_or_default();
            if known.is_none() && key == id && arn.contains(place.account.as_str()) {
                by_id = Some(&slot.value);
            }
        }
        by_id
    }

    /// The one with a key that is unique over all accounts.
    pub(crate) fn anywhere<R: Record>(&self, region: &str, key: &str) -> Option<R> {
        self.named(key).into_iter().find(|entry| entry.region == region).map(|entry| entry.record)
    }

    /// All with one key, of every account and region. Looks once in each place that has any of the kind, not at each record.
    pub(crate) fn named<R: Record>(&self, key: &str) -> Vec<Entry<R>> {
        let mut found = Vec::new();
        let empty = String::new;
        let mut start = Place { collection: collection::<R>(), account: empty(), region: empty(), key: empty() };
        while let Some((first, _)) = self.slots.range(&start..).next()
            && first.collection == start.collection
        {
            let place = Place { key: key.to_owned(), ..first.clone() };
            let record = self.slot(&place).and_then(|slot| decode(&slot.value));
            if let (Some(record), Ok(account)) = (record, AccountId::new(&place.account)) {
                found.push(Entry { account, region: place.region.clone(), key: place.key.clone(), record });
            }
            // The least text after the region.
            start = Place { region: format!("{}\0", place.region), key: empty(), ..place };
        }
        found
    }

    /// All of every account and region: for names that are unique in the world, such as those of buckets.
    pub(crate) fn everywhere<R: Record>(&self) -> Vec<Entry<R>> {
        self.range::<R>(None)
            .filter_map(|(place, slot)| {
                Some(Entry {
                    account: AccountId::new(&place.account).ok()?,
                    region: place.region.clone(),
                    key: place.key.clone(),
                    record: decode(&slot.value)?,
                })
            })
            .collect()
    }

    fn range<'a, R: Record>(
        &'a self,
        within: Option<(&'a str, &'a str)>,
    ) -> impl Iterator<Item = (&'a Place, &'a Slot)> {
        let collection = collection::<R>();
        let (account, region) = within.unwrap_or_default();
        let start = Place {
            collection: collection.clone(),
            account: account.to_owned(),
            region: region.to_owned(),
            key: String::new(),
        };
        self.slots
            .range(start..)
            .take_while(move |(place, _)| {
                place.collection == collection
                    && within.is_none_or(|(account, region)| place.account == account && place.region == region)
            })
            .filter(|(_, slot)| slot.gone.is_none_or(|gone| gone > self.now))
    }

    /// Everything that users made and that is still there, sorted.
    pub(crate) fn inventory(&self, now: Timestamp) -> Vec<InventoryItem> {
        let there = self.there(now).filter(|(_, slot)| slot.inventory);
        let mut items: Vec<_> = there.filter_map(|(place, _)| inventory_item(place)).collect();
        items.sort();
        items
    }

    /// Everything that is there, sorted, with all that the service knows of it: the truth, not what a reader is told.
    pub(crate) fn contents(&self, now: Timestamp) -> Vec<StoredItem> {
        let stored = |(place, slot): (&Place, &Slot)| {
            Some(StoredItem { item: inventory_item(place)?, counts: slot.inventory, value: slot.value.clone() })
        };
        let mut items: Vec<_> = self.there(now).filter_map(stored).collect();
        items.sort_by(|left, right| left.item.cmp(&right.item));
        items
    }

    fn there(&self, now: Timestamp) -> impl Iterator<Item = (&Place, &Slot)> {
        self.slots.iter().filter(move |(_, slot)| slot.gone.is_none_or(|gone| gone > now))
    }
}

fn inventory_item(place: &Place) -> Option<InventoryItem> {
    let (service, kind) = place.collection.split_once('/')?;
    // A collection of many kinds holds the kind in its keys.
    let (kind, identifier) = match place.key.split_once(' ') {
        Some((kind, identifier)) if kind.contains("::") => (kind, identifier),
        _ => (kind, place.key.as_str()),
    };
    Some(InventoryItem {
        account: AccountId::new(&place.account).ok()?,
        region: place.region.clone(),
        service: service.to_owned(),
        kind: kind.to_owned(),
        identifier: identifier.to_owned(),
    })
}

impl Slot {
    fn told(&self, now: Timestamp) -> Option<&Value> {
        match self.settled {
            Some(settled) if now < settled => self.before.as_ref(),
            _ => Some(&self.value),
        }
    }
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(elements) => elements.iter().any(|element| holds(element, text)),
        Value::Object(members) => members.values().any(|member| holds(member, text)),
        _ => false,
    }
}

fn collection<R: Record>() -> String {
    format!("{}/{}", R::SERVICE, R::KIND)
}

fn decode<R: Record>(value: &Value) -> Option<R> {
    match R::deserialize(value) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::error!(collection = collection::<R>(), %error, "a record does not deserialise");
            None
        }
    }
}

#[cfg(test)]
mod tests;
