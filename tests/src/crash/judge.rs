//! Judges what a disturbed history left, by what an undisturbed one left: the two clouds must be the same but for ids that were
//! drawn and moments that have passed.
//!
//! Nothing of Charter's own state is believed. Both clouds are read out of the simulator. That each thing there has one
//! counterpart means: no orphan, no phantom, no duplicate. That all properties agree under one renaming of drawn ids, which must be
//! the same at all places, means: properties equal, references resolved. Under that very renaming the state must be what the
//! undisturbed state is. Things in the cloud that only ids tell apart are held against each other last, when all other places have
//! told which id is which.

use charter_model::DesiredGraph;
use charter_simulator::{InventoryItem, Simulator, StoredItem};
use charter_state::Snapshot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a cloud holds: what users made, and the databases that are in clusters.
pub type Contents = Vec<(InventoryItem, Value)>;

/// Reads a cloud out.
pub fn contents(cloud: &Simulator) -> Contents {
    let all = cloud.contents();
    // A database is kept by the id of its cluster, and is gone with it.
    let clusters: BTreeSet<String> = all
        .iter()
        .filter(|stored| stored.item.kind == "cluster")
        .filter_map(|stored| Some(stored.value.get("resource_id")?.as_str()?.to_owned()))
        .collect();
    let is_judged = |stored: &StoredItem| match stored.item.identifier.split_once('/') {
        Some((cluster, _)) if stored.item.service == "rds-data" && stored.item.kind == "database" => {
            clusters.contains(cluster)
        }
        _ => stored.counts,
    };
    all.iter().filter(|stored| is_judged(stored)).map(|stored| (stored.item.clone(), stored.value.clone())).collect()
}

/// Which drawn id of the undisturbed history is which of the disturbed one.
#[derive(Debug, Default)]
struct Renaming {
    forward: BTreeMap<String, String>,
    backward: BTreeMap<String, String>,
    /// Lists of which only the ids tell the elements apart, in the order of these ids: held against each other when it is known which
    /// is which.
    sets: Vec<(String, Vec<String>, Vec<String>)>,
}

/// Knows which words were written by people: those are never drawn ids.
pub struct Judge {
    written: BTreeSet<String>,
}

/// Things of one kind that only ids tell apart.
struct Alike<'c> {
    place: String,
    expected: Vec<&'c (InventoryItem, Value)>,
    found: Vec<&'c (InventoryItem, Value)>,
}

/// What the undisturbed history left.
pub struct Expected {
    /// The cloud.
    pub contents: Contents,
    /// The state.
    pub snapshot: Snapshot,
}

/// Shorter words are never drawn.
const SHORTEST_ID: usize = 6;

impl Judge {
    /// For what these graphs' files say.
    pub fn new(graphs: &[&DesiredGraph]) -> Self {
        let mut written = BTreeSet::new();
        for graph in graphs {
            for source in graph.sources.files() {
                written.extend(words(&source.text).map(str::to_owned));
            }
        }
        Self { written }
    }

    /// All that is wrong, or nothing.
    pub fn compare(&self, expected: &Expected, contents: &Contents, snapshot: &Snapshot) -> Result<(), String> {
        let mut renaming = Renaming::default();
        let alike = self.compare_clouds(&mut renaming, &expected.contents, contents)?;
        if !snapshot.open.is_empty() || !snapshot.deposed.is_empty() {
            return Err(format!("left open: {:?}; deposed: {:?}", snapshot.open, snapshot.deposed));
        }
        let (left, right) = (state_of(&expected.snapshot), state_of(snapshot));
        self.same(&mut renaming, "state", &left, &right)?;
        self.compare_alike(&mut renaming, alike)?;
        self.same_sets(&mut renaming)
    }

    fn same_sets(&self, renaming: &mut Renaming) -> Result<(), String> {
        for (place, left, right) in std::mem::take(&mut renaming.sets) {
            let mut left: Vec<(String, String)> =
                left.into_iter().map(|text| (renaming.renamed(&text), text)).collect();
            let mut right = right;
            left.sort();
            right.sort();
            for ((_, left), right) in left.iter().zip(&right) {
                self.same_text(renaming, &place, left, right)?;
            }
        }
        Ok(())
    }

    /// The texts of a list, if only ids tell them apart.
    fn set_of_ids(&self, elements: &[Value]) -> Option<Vec<String>> {
        let texts: Option<Vec<String>> = elements.iter().map(|each| each.as_str().map(str::to_owned)).collect();
        let texts = texts.filter(|texts| texts.len() > 1)?;
        let first = self.without_ids(texts.first()?);
        (first.contains('*') && texts.iter().all(|text| self.without_ids(text) == first)).then_some(texts)
    }

    /// Holds against each other what can be told apart; returns the rest.
    fn compare_clouds<'c>(
        &self,
        renaming: &mut Renaming,
        expected: &'c Contents,
        found: &'c Contents,
    ) -> Result<Vec<Alike<'c>>, String> {
        let (left, right) = (self.groups(expected), self.groups(found));
        let (mut missing, mut surplus) = (Vec::new(), Vec::new());
        let keys: BTreeSet<&Vec<String>> = left.keys().chain(right.keys()).collect();
        let nothing = Vec::new();
        for key in &keys {
            let (left, right) = (left.get(*key).unwrap_or(&nothing), right.get(*key).unwrap_or(&nothing));
            if left.len() > right.len() {
                missing.push(format!("{} of {}", left.len() - right.len(), key.join(" ")));
            }
            if right.len() > left.len() {
                let which: Vec<&str> = right.iter().map(|(item, _)| item.identifier.as_str()).collect();
                surplus.push(format!("{} of {} ({})", right.len() - left.len(), key.join(" "), which.join(", ")));
            }
        }
        if !missing.is_empty() || !surplus.is_empty() {
            return Err(format!("missing in the cloud: {missing:?}; orphans or duplicates: {surplus:?}"));
        }
        let mut alike = Vec::new();
        for key in keys {
            let (left, right) = (left.get(key).unwrap_or(&nothing), right.get(key).unwrap_or(&nothing));
            let place = format!("cloud {}", key.join(" "));
            let shown: Vec<_> = left.iter().map(|entry| self.shown(entry, |_| None)).collect();
            let pairs = left.iter().copied().zip(right.iter().copied()).zip(&shown);
            let (told, same): (Vec<_>, Vec<_>) =
                pairs.partition(|(_, own)| shown.iter().filter(|other| other == own).count() == 1);
            for ((left, right), _) in told {
                self.compare_pair(renaming, &place, left, right)?;
            }
            let (expected, found) = same.into_iter().map(|(pair, _)| pair).unzip();
            alike.push(Alike { place, expected, found });
        }
        Ok(alike)
    }

    fn compare_alike(&self, renaming: &mut Renaming, alike: Vec<Alike<'_>>) -> Result<(), String> {
        for Alike { place, expected: mut left, found: mut right } in alike {
            left.sort_by_cached_key(|entry| self.shown(entry, |id| renaming.forward.get(id).cloned()));
            let is_known = |id: &str| renaming.backward.contains_key(id).then(|| id.to_owned());
            right.sort_by_cached_key(|entry| self.shown(entry, is_known));
            for (left, right) in left.into_iter().zip(right) {
                self.compare_pair(renaming, &place, left, right)?;
            }
        }
        Ok(())
    }

    fn compare_pair(
        &self,
        renaming: &mut Renaming,
        place: &str,
        (expected, expected_value): &(InventoryItem, Value),
        (found, found_value): &(InventoryItem, Value),
    ) -> Result<(), String> {
        self.same_text(renaming, place, expected.account.as_str(), found.account.as_str())?;
        self.same_text(renaming, place, &expected.identifier, &found.identifier)?;
        self.same(renaming, place, expected_value, found_value)
    }

    /// What a thing shows, without moments, and of the drawn ids only what is known of them.
    fn shown(&self, entry: &(InventoryItem, Value), known: impl Fn(&str) -> Option<String>) -> (String, String) {
        let (item, value) = entry;
        (self.with_ids(&item.identifier, &known), self.with_ids(&timeless(value).to_string(), &known))
    }

    /// Things of one kind that no name and no address tells apart stand together, in the order of what is not drawn in them.
    fn groups<'c>(&self, contents: &'c Contents) -> BTreeMap<Vec<String>, Vec<&'c (InventoryItem, Value)>> {
        let mut groups: BTreeMap<Vec<String>, Vec<&(InventoryItem, Value)>> = BTreeMap::new();
        for entry in contents {
            let (item, value) = entry;
            let name = address_of(value).unwrap_or_else(|| self.without_ids(&item.identifier));
            let key = vec![
                self.without_ids(item.account.as_str()),
                item.region.clone(),
                item.service.clone(),
                item.kind.clone(),
                name,
            ];
            groups.entry(key).or_default().push(entry);
        }
        for group in groups.values_mut() {
            group.sort_by_cached_key(|entry| self.shown(entry, |_| None));
        }
        groups
    }

    fn is_drawn(&self, word: &str) -> bool {
        word.len() >= SHORTEST_ID && !self.written.contains(word)
    }

    fn without_ids(&self, text: &str) -> String {
        self.with_ids(text, |_| None)
    }

    /// A text in which something stands for each drawn id.
    fn with_ids(&self, text: &str, instead: impl Fn(&str) -> Option<String>) -> String {
        let mut result = String::new();
        for (word, between) in pieces(text) {
            match self.is_drawn(word) {
                true => result.push_str(&instead(word).unwrap_or_else(|| "*".to_owned())),
                false => result.push_str(word),
            }
            result.push_str(between);
        }
        result
    }

    fn same(&self, renaming: &mut Renaming, place: &str, left: &Value, right: &Value) -> Result<(), String> {
        match (left, right) {
            (Value::Object(left_members), Value::Object(right_members)) => {
                // Members whose names are ids (versions of a secret) are matched by what is not drawn in them.
                let by_name = |members: &serde_json::Map<String, Value>| -> Vec<(String, String)> {
                    let mut names: Vec<_> = members.keys().map(|name| (self.without_ids(name), name.clone())).collect();
                    names.sort();
                    names
                };
                let (left_names, right_names) = (by_name(left_members), by_name(right_members));
                let same = left_names.iter().map(|(name, _)| name).eq(right_names.iter().map(|(name, _)| name));
                if !same {
                    return Err(format!("{place}: expected {left}, found {right}"));
                }
                for ((_, left_name), (_, right_name)) in left_names.iter().zip(&right_names) {
                    self.same_text(renaming, place, left_name, right_name)?;
                    let place = format!("{place}/{left_name}");
                    let (Some(left), Some(right)) = (left_members.get(left_name), right_members.get(right_name)) else {
                        continue;
                    };
                    if !is_drawn_throughout(left_name) && !counts_changes(left_name) {
                        self.same(renaming, &place, left, right)?;
                    }
                }
                Ok(())
            }
            // How often something was changed differs where a change was asked for again.
            (Value::Array(left), Value::Array(right)) if is_history(left) && is_history(right) => Ok(()),
            (Value::Array(left_elements), Value::Array(right_elements))
                if left_elements.len() == right_elements.len() =>
            {
                if let (Some(left), Some(right)) = (self.set_of_ids(left_elements), self.set_of_ids(right_elements)) {
                    renaming.sets.push((place.to_owned(), left, right));
                    return Ok(());
                }
                for (index, (left, right)) in left_elements.iter().zip(right_elements).enumerate() {
                    self.same(renaming, &format!("{place}/{index}"), left, right)?;
                }
                Ok(())
            }
            (Value::String(left), Value::String(right)) => self.same_text(renaming, place, left, right),
            _ if left == right => Ok(()),
            _ => Err(format!("{place}: expected {left}, found {right}")),
        }
    }

    fn same_text(&self, renaming: &mut Renaming, place: &str, left: &str, right: &str) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("{place}: expected {left:?}, found {right:?}{why}"));
        if is_moment(left) && is_moment(right) {
            return Ok(());
        }
        let (left_pieces, right_pieces) = (pieces(left), pieces(right));
        if left_pieces.len() != right_pieces.len() {
            return wrong("");
        }
        for ((left_word, left_between), (right_word, right_between)) in left_pieces.into_iter().zip(right_pieces) {
            if left_between != right_between {
                return wrong("");
            }
            if left_word != right_word && !(self.is_drawn(left_word) && self.is_drawn(right_word)) {
                return wrong("");
            }
            if self.is_drawn(left_word)
                && let Err(other) = renaming.add(left_word, right_word)
            {
                return wrong(&format!(": elsewhere {other}"));
            }
        }
        Ok(())
    }
}

impl Renaming {
    /// A text with the ids in it that are known by now.
    fn renamed(&self, text: &str) -> String {
        let words = pieces(text).into_iter();
        words.flat_map(|(word, between)| [self.forward.get(word).map_or(word, String::as_str), between]).collect()
    }

    fn add(&mut self, left: &str, right: &str) -> Result<(), String> {
        let forward = self.forward.entry(left.to_owned()).or_insert_with(|| right.to_owned());
        if forward != right {
            return Err(format!("{left} is {forward}"));
        }
        let backward = self.backward.entry(right.to_owned()).or_insert_with(|| left.to_owned());
        if backward != left {
            return Err(format!("{right} stands for {backward}"));
        }
        Ok(())
    }
}

/// What must agree of two states.
fn state_of(snapshot: &Snapshot) -> Value {
    let mut state = serde_json::json!({"resources": snapshot.resources, "outputs": snapshot.outputs});
    if let Some(resources) = state.get_mut("resources").and_then(Value::as_object_mut) {
        for record in resources.values_mut().filter_map(Value::as_object_mut) {
            // How often it was replaced differs where a creation failed half-way and was made again.
            record.remove("generation");
            // What a service never tells is known after a creation that answered, not after one that was recovered.
            if let Some(attributes) = record.get_mut("attributes").and_then(Value::as_object_mut) {
                attributes.retain(|_, value| value.get("$secret").is_none());
            }
        }
    }
    state
}

/// Passwords: no two are alike, in no part.
fn is_drawn_throughout(member: &str) -> bool {
    matches!(member, "string" | "password" | "password_digest")
}

/// How often a form type was defined or an asset published differs where that was asked for again, and what a run still finds
/// to do where an earlier one did it.
fn counts_changes(member: &str) -> bool {
    matches!(
        member,
        "revision" | "Revision" | "listingRevision" | "ListingRevision" | "AssetsAdded" | "AssetsUnchanged"
    )
}

fn is_moment(text: &str) -> bool {
    text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_history(elements: &[Value]) -> bool {
    !elements.is_empty() && elements.iter().all(|element| element.as_str().is_some_and(is_moment))
}

/// Without moments and counts: which of two was made first, and how often, differs from history to history.
fn timeless(value: &Value) -> Value {
    match value {
        Value::String(text) if is_moment(text) => Value::Null,
        Value::Array(elements) => elements.iter().map(timeless).collect(),
        Value::Object(members) => {
            let lasting = members.iter().filter(|(name, _)| !counts_changes(name));
            lasting.map(|(name, member)| (name.clone(), timeless(member))).collect()
        }
        other => other.clone(),
    }
}

/// The address that a thing is tagged with, however its service writes tags.
fn address_of(value: &Value) -> Option<String> {
    const TAG: &str = "charter:address";
    match value {
        Value::Object(members) => {
            if let Some(address) = members.get(TAG) {
                return address.as_str().map(str::to_owned);
            }
            let is_tag = ["Key", "key", "TagKey"].iter().any(|key| members.get(*key).is_some_and(|key| key == TAG));
            if is_tag {
                let value = ["Value", "value", "TagValue"].iter().find_map(|key| members.get(*key));
                return value.and_then(Value::as_str).map(str::to_owned);
            }
            members.values().find_map(address_of)
        }
        Value::Array(elements) => elements.iter().find_map(address_of),
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().map(|(word, _)| word).filter(|word| !word.is_empty())
}

/// Words, each with what stands between it and the next. A UUID is one word.
fn pieces(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = uuid(rest)
            .unwrap_or_else(|| rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len()));
        let (word, after) = rest.split_at(end);
        let begin = after.find(|letter: char| letter.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (between, next) = after.split_at(begin);
        pieces.push((word, between));
        rest = next;
    }
    pieces
}

/// The length of the UUID that the text begins with.
fn uuid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    let candidate = text.get(..LENGTH)?;
    let is_one = candidate.bytes().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    is_one.then_some(LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judge() -> Judge {
        Judge { written: ["reviews", "production", "subnet", "network"].map(str::to_owned).into() }
    }

    fn cloud(items: Value) -> Contents {
        let items = items.as_array().unwrap().clone();
        items
            .into_iter()
            .map(|value| {
                let item = InventoryItem {
                    account: "333333333333".parse().unwrap(),
                    region: "us-east-2".into(),
                    service: "ec2".into(),
                    kind: "thing".into(),
                    identifier: value["Id"].as_str().unwrap().into(),
                };
                (item, value)
            })
            .collect()
    }

    fn verdict(expected: Value, found: Value) -> Result<(), String> {
        let (judge, mut renaming) = (judge(), Renaming::default());
        let (expected, found) = (cloud(expected), cloud(found));
        let alike = judge.compare_clouds(&mut renaming, &expected, &found)?;
        judge.compare_alike(&mut renaming, alike)
    }

    #[test]
    fn other_ids_and_moments_are_the_same_cloud() {
        let one = json!([{"Id": "vpc-0a1b2c", "Made": "2026-01-01T00:00:00Z"}, {"Id": "reviews", "Vpc": "vpc-0a1b2c"}]);
        let two = json!([{"Id": "vpc-9f9f9f", "Made": "2026-01-02T00:00:00Z"}, {"Id": "reviews", "Vpc": "vpc-9f9f9f"}]);
        assert_eq!(verdict(one, two), Ok(()));
    }

    #[test]
    fn it_does_not_matter_which_of_two_was_made_first() {
        let cloud = |first: &str, second: &str| {
            json!([
                {"Id": "0a1b2c3d4e", "At": "2026-01-01T00:00:00Z", "Kind": first},
                {"Id": "9f9f9f9f9f", "At": "2026-01-02T00:00:00Z", "Kind": second}
            ])
        };
        assert_eq!(verdict(cloud("reviews", "network"), cloud("network", "reviews")), Ok(()));
    }

    #[test]
    fn a_reference_to_another_thing_is_not() {
        let one = json!([{"Id": "vpc-0a1b2c"}, {"Id": "reviews", "Vpc": "vpc-0a1b2c"}]);
        let two = json!([{"Id": "vpc-9f9f9f"}, {"Id": "reviews", "Vpc": "vpc-777777"}]);
        assert!(verdict(one, two).unwrap_err().contains("elsewhere"));
    }

    #[test]
    fn what_only_ids_tell_apart_is_told_apart_by_what_it_refers_to() {
        let cloud = |[first, second]: [&str; 2], grants: [&str; 2]| {
            json!([
                {"Id": grants[0], "Unit": first}, {"Id": grants[1], "Unit": second},
                {"Id": first, "Kind": "reviews"}, {"Id": second, "Kind": "network"},
            ])
        };
        let one = cloud(["0a1b2c3d4e", "5f6a7b8c9d"], ["aaaaaaaaaa", "bbbbbbbbbb"]);
        let mut two = cloud(["9f9f9f9f9f", "8e8e8e8e8e"], ["dddddddddd", "cccccccccc"]);
        // In the order of the ids, as clouds are read out.
        two.as_array_mut().unwrap().swap(0, 1);
        assert_eq!(verdict(one.clone(), two), Ok(()));
        let mut both_on_one = one.clone();
        both_on_one[1]["Unit"] = "0a1b2c3d4e".into();
        assert!(verdict(one, both_on_one).unwrap_err().contains("elsewhere"));
    }

    #[test]
    fn an_orphan_a_phantom_and_another_property_are_not() {
        let one = || json!([{"Id": "vpc-0a1b2c", "Size": 1, "Kind": "reviews"}]);
        let twice = json!([{"Id": "vpc-0a1b2c", "Size": 1, "Kind": "reviews"}, {"Id": "vpc-0a1b2d", "Size": 1, "Kind": "reviews"}]);
        assert!(verdict(one(), twice.clone()).unwrap_err().contains("orphans or duplicates: [\"1 of"));
        assert!(verdict(twice, one()).unwrap_err().contains("missing in the cloud: [\"1 of"));
        assert!(verdict(one(), json!([{"Id": "vpc-0a1b2c", "Size": 2, "Kind": "reviews"}])).is_err());
        assert!(verdict(one(), json!([{"Id": "vpc-0a1b2c", "Size": 1, "Kind": "production"}])).is_err());
    }
}
