//! Dependency order, and the rules of types that no reference says. Imports `model`.

use charter_model::{Address, DesiredResource, Pointer, TypeName};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

/// A rule of a type: a resource of it completes what one of its properties refers to. Whatever else refers to that comes after
/// both (the policies of a role before what runs under the role), and goes before both.
#[derive(Debug, Deserialize)]
struct Companion {
    #[serde(rename = "type")]
    type_name: TypeName,
    completes: Pointer,
}

/// Kept as data: the planner itself knows no type.
static COMPANIONS: LazyLock<BTreeMap<TypeName, Vec<Pointer>>> = LazyLock::new(|| {
    let rules: Vec<Companion> = serde_json::from_str(include_str!("../data/companions.json")).unwrap_or_default();
    let mut by_type: BTreeMap<TypeName, Vec<Pointer>> = BTreeMap::new();
    for rule in rules {
        by_type.entry(rule.type_name).or_default().push(rule.completes);
    }
    by_type
});

/// The resources of a plan in an order in which each comes after all that it depends on.
pub(crate) struct Order {
    pub(crate) sequence: Vec<Address>,
    /// What each depends on, by reference, `dependsOn` or rule; sorted, each once.
    pub(crate) dependencies: HashMap<Address, Vec<Address>>,
}

/// What is left when an order is sought and there is a cycle.
pub(crate) struct Cycle(pub(crate) Vec<Address>);

/// Puts the resources in order.
pub(crate) fn order<'a>(resources: &BTreeMap<&'a Address, &'a DesiredResource>) -> Result<Order, Cycle> {
    let index: HashMap<&Address, usize> =
        resources.keys().enumerate().map(|(place, address)| (*address, place)).collect();
    let all: Vec<&DesiredResource> = resources.values().copied().collect();
    let mut dependencies: Vec<BTreeSet<usize>> = Vec::with_capacity(all.len());
    let mut completed: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut referrers: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
    let mut completes: Vec<BTreeSet<usize>> = Vec::with_capacity(all.len());
    for (place, resource) in all.iter().enumerate() {
        let rules = COMPANIONS.get(&resource.type_name);
        let (mut on, mut completing) = (BTreeSet::new(), BTreeSet::new());
        for dependency in &resource.dependencies {
            let Some(target) = index.get(&dependency.address).copied() else { continue };
            on.insert(target);
            let Some(property) = &dependency.property else { continue };
            if rules.is_some_and(|rules| rules.iter().any(|rule| rule.contains(property))) {
                completing.insert(target);
            } else if let Some(referrers) = referrers.get_mut(target) {
                referrers.push(place);
            }
        }
        for target in &completing {
            completed.entry(*target).or_default().push(place);
        }
        dependencies.push(on);
        completes.push(completing);
    }
    let rank = |place: usize| u8::from(completes.get(place).is_none_or(BTreeSet::is_empty));
    let sequence = sorted(&dependencies, rank).map_err(|left| {
        Cycle(left.into_iter().filter_map(|place| all.get(place).map(|each| each.address.clone())).collect())
    })?;
    let mut position = vec![0; all.len()];
    for (rank, place) in sequence.iter().enumerate() {
        if let Some(position) = position.get_mut(*place) {
            *position = rank;
        }
    }
    // A rule gives way where it would close a cycle: it holds only for what comes later in this order anyway.
    for (target, companions) in &completed {
        for referrer in referrers.get(*target).into_iter().flatten() {
            let own = completes.get(*referrer).is_some_and(|completes| completes.contains(target));
            for companion in companions {
                if !own
                    && position.get(*companion) < position.get(*referrer)
                    && let Some(on) = dependencies.get_mut(*referrer)
                {
                    on.insert(*companion);
                }
            }
        }
    }
    let address = |place: &usize| all.get(*place).map(|resource| resource.address.clone());
    Ok(Order {
        sequence: sequence.iter().filter_map(address).collect(),
        dependencies: all
            .iter()
            .zip(&dependencies)
            .map(|(resource, on)| (resource.address.clone(), on.iter().filter_map(address).collect()))
            .collect(),
    })
}

/// Kahn's algorithm: everything after what it depends on; among what is ready, the lowest rank first, then the lowest number.
/// On a cycle, what could not be placed.
pub(crate) fn sorted(dependencies: &[BTreeSet<usize>], rank: impl Fn(usize) -> u8) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting: Vec<usize> = dependencies.iter().map(BTreeSet::len).collect();
    let mut dependants: Vec<Vec<usize>> = vec![Vec::new(); dependencies.len()];
    for (place, on) in dependencies.iter().enumerate() {
        for target in on {
            if let Some(dependants) = dependants.get_mut(*target) {
                dependants.push(place);
            }
        }
    }
    let mut ready: BTreeSet<(u8, usize)> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(place, _)| (rank(place), place)).collect();
    let mut sequence = Vec::with_capacity(dependencies.len());
    while let Some((_, place)) = ready.pop_first() {
        sequence.push(place);
        for dependant in dependants.get(place).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(*dependant) {
                *count -= 1;
                if *count == 0 {
                    ready.insert((rank(*dependant), *dependant));
                }
            }
        }
    }
    if sequence.len() == dependencies.len() {
        Ok(sequence)
    } else {
        Err(waiting.iter().enumerate().filter(|(_, count)| **count > 0).map(|(place, _)| place).collect())
    }
}

/// As [`sorted`], with wishes on top: pairs of which the first should come before the second. A wish gives way only where nothing
/// else could go on without that: then one goes that waits for wishes alone, at best one (`last` is false for it, or it leads to
/// such) that others wait for.
pub(crate) fn sorted_with_wishes(
    dependencies: &[BTreeSet<usize>],
    wishes: &[(usize, usize)],
    last: &[bool],
) -> Result<Vec<usize>, Vec<usize>> {
    let leads = leads_on(dependencies, last)?;
    let count = dependencies.len();
    let mut waiting: Vec<usize> = dependencies.iter().map(BTreeSet::len).collect();
    let mut wishing = vec![0_usize; count];
    let mut dependants: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut wishers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (place, on) in dependencies.iter().enumerate() {
        on.iter().for_each(|target| push(&mut dependants, *target, place));
    }
    let mut budget = SEARCH_BUDGET;
    for (before, after) in wishes {
        // Without this, what cannot be granted anyway would be as good a reason to wait as what can.
        if leads.get(*after) == Some(&true) && reaches(&dependants, *after, *before, &mut budget) {
            continue;
        }
        push(&mut wishers, *before, *after);
        if let Some(wishing) = wishing.get_mut(*after) {
            *wishing += 1;
        }
    }
    let is_zero = |counts: &[usize], place: usize| counts.get(place) == Some(&0);
    let key = |place: usize| (u8::from(!leads.get(place).copied().unwrap_or_default()), place);
    let mut ready = BTreeSet::new();
    let mut wanting = BTreeSet::new();
    for place in (0..count).filter(|place| is_zero(&waiting, *place)) {
        if is_zero(&wishing, place) {
            ready.insert(key(place))
        } else {
            wanting.insert(key(place))
        };
    }
    let mut sequence = Vec::with_capacity(count);
    let mut placed = vec![false; count];
    while let Some((_, place)) = ready.pop_first().or_else(|| wanting.pop_first()) {
        if std::mem::replace(placed.get_mut(place).unwrap_or(&mut true), true) {
            continue;
        }
        sequence.push(place);
        for wisher in wishers.get(place).into_iter().flatten() {
            if let Some(wishing) = wishing.get_mut(*wisher) {
                *wishing -= 1;
            }
            if is_zero(&wishing, *wisher) && is_zero(&waiting, *wisher) && wanting.remove(&key(*wisher)) {
                ready.insert(key(*wisher));
            }
        }
        for dependant in dependants.get(place).into_iter().flatten() {
            if let Some(waiting) = waiting.get_mut(*dependant) {
                *waiting -= 1;
            }
            if is_zero(&waiting, *dependant) {
                let into = if is_zero(&wishing, *dependant) { &mut ready } else { &mut wanting };
                into.insert(key(*dependant));
            }
        }
    }
    Ok(sequence)
}

/// How many steps may be spent on finding out which wishes cannot be granted; it is about how good the order is, not whether it
/// is right.
const SEARCH_BUDGET: usize = 1_000_000;

/// Whether a place comes after another in any case, as far as the budget lasts.
fn reaches(dependants: &[Vec<usize>], from: usize, to: usize, budget: &mut usize) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = std::collections::VecDeque::from([from]);
    while let Some(place) = open.pop_front() {
        for dependant in dependants.get(place).into_iter().flatten() {
            if *dependant == to {
                return true;
            }
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            if seen.insert(*dependant) {
                open.push_back(*dependant);
            }
        }
    }
    false
}

fn push(lists: &mut [Vec<usize>], place: usize, value: usize) {
    if let Some(list) = lists.get_mut(place) {
        list.push(value);
    }
}

/// Which places are not `last`, or must come before one that is not.
fn leads_on(dependencies: &[BTreeSet<usize>], last: &[bool]) -> Result<Vec<bool>, Vec<usize>> {
    let sequence = sorted(dependencies, |_| 0)?;
    let mut leads: Vec<bool> = last.iter().map(|last| !last).collect();
    for place in sequence.into_iter().rev().filter(|place| dependencies.get(*place).is_some_and(|on| !on.is_empty())) {
        if leads.get(place).copied().unwrap_or_default() {
            for target in dependencies.get(place).into_iter().flatten() {
                if let Some(leads) = leads.get_mut(*target) {
                    *leads = true;
                }
            }
        }
    }
    Ok(leads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_types_read() {
        assert!(!COMPANIONS.is_empty());
        let catalog = charter_catalog::Catalog::embedded();
        for (type_name, places) in COMPANIONS.iter() {
            let schema = catalog.schema(type_name).unwrap();
            for place in places {
                assert!(schema.property_at(place).is_some(), "{type_name} {place}");
            }
        }
    }
}
