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
