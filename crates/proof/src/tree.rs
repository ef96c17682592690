//! What stands below what in the organisation, as far as the stacks say so. Imports `resolve`.

use crate::resolve::Resolver;
use crate::world::{text, texts};
use charter_model::{Address, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of units below the root. Source: Organizations User Guide, "Quotas for AWS Organizations".
const DEEPEST: usize = 5;

/// Roots, units and accounts.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    roots: BTreeSet<String>,
    /// Of each account and unit, the unit or root above it.
    parents: BTreeMap<String, String>,
}

impl Tree {
    /// Reads it off the resources of the plan.
    pub(crate) fn new(resolver: &Resolver<'_>, values: &BTreeMap<Address, Value>) -> Self {
        let mut tree = Self::default();
        for (address, value) in values {
            match resolver.place(address).map_or("", |(type_name, _)| type_name.as_str()) {
                "AWS::Organizations::Organization" => drop(tree.roots.insert(text(value, "RootId"))),
                "AWS::Organizations::OrganizationalUnit" => {
                    tree.parents.insert(text(value, "Id"), text(value, "ParentId"));
                }
                "AWS::Organizations::Account" => {
                    // One that is about to be adopted is known by what it is adopted by.
                    let adopted = resolver.graph.resources.get(address).and_then(|own| own.lifecycle.import.clone());
                    let id = adopted.unwrap_or_else(|| text(value, "AccountId"));
                    if let Some(parent) = texts(value.get("ParentIds")).into_iter().next() {
                        tree.parents.insert(id, parent);
                    }
                }
                _ => {}
            }
        }
        tree
    }

    /// Whether a policy on the target binds the account; none where the stacks do not say which accounts the target holds.
    pub(crate) fn binds(&self, target: &str, account: &str) -> Option<bool> {
        let is_root = |id: &str| id.starts_with("r-") || self.roots.contains(id);
        if target == account || is_root(target) {
            return Some(true);
        }
        if target.len() == 12 && target.bytes().all(|each| each.is_ascii_digit()) {
            return Some(false);
        }
        let mut place = account;
        // A circle, which nobody can make, ends as well.
        for _ in 0..=DEEPEST {
            match self.parents.get(place) {
                Some(parent) if parent == target => return Some(true),
                Some(parent) if is_root(parent) => return Some(false),
                Some(parent) => place = parent,
                None => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_binds_what_is_below_its_target() {
        let pairs = [("retail", "ou-lines"), ("ou-lines", "ou-work"), ("ou-work", "‹root›"), ("stray", "ou-gone")];
        let tree = Tree {
            roots: BTreeSet::from(["‹root›".to_owned()]),
            parents: pairs.map(|(child, parent)| (child.to_owned(), parent.to_owned())).into(),
        };
        for target in ["retail", "ou-lines", "ou-work", "‹root›", "r-abcd"] {
            assert_eq!(tree.binds(target, "retail"), Some(true), "{target}");
        }
        assert_eq!(tree.binds("ou-other", "retail"), Some(false));
        assert_eq!(tree.binds("444444444444", "retail"), Some(false));
        // Where the account or a unit is not in the stacks, nobody can tell.
        assert_eq!(tree.binds("ou-work", "555555555555"), None);
        assert_eq!(tree.binds("ou-work", "stray"), None);
    }
}
