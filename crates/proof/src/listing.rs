//! Who can do what, as rows; and how two worlds differ. Imports `prove`, `world`.

use crate::prove::question;
use crate::world::World;
use charter_access::{Effect, Symbol, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One row: somebody may do something on something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The account of the principal, by the name that the environment gives it.
    pub account: String,
    /// Its address in the stacks.
    pub principal: String,
    /// The line of business that it belongs to, by its tag `lineOfBusiness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_of_business: Option<String>,
    /// As the policy writes it; wildcards stand for all that they match.
    pub action: String,
    /// An ARN, or a pattern; parts that are not known yet stand in `‹…›`.
    pub resource: String,
    /// The condition keys or unknown values that it depends on; empty: always.
    pub depends_on: Vec<String>,
}

/// What every user and role may do: each action and resource that one of its policies allows, and that nothing denies.
///
/// Resources whose policies name a principal of another account are found through that principal's own policies, since both
/// sides must allow. A pattern is asked about as it is written, so a denial of part of it is not seen in its row.
pub fn listing(world: &World) -> Vec<Access> {
    let mut rows = BTreeSet::new();
    for (arn, entry) in &world.principals {
        let documents = entry.identity.iter().filter_map(|policy| policy.document.as_ref().ok());
        let statements = documents.flat_map(|document| &document.statement);
        let mut asked = BTreeSet::new();
        for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
            for action in &statement.action {
                asked.extend(statement.resource.iter().map(|resource| (action.clone(), resource.clone())));
            }
        }
        for (action, resource) in asked {
            let Ok((_, decision)) = question(world, arn, &action, &resource) else { continue };
            if decision.verdict == Verdict::Deny {
                continue;
            }
            let depends = decision.doubt.context.iter().chain(&decision.doubt.unknown);
            rows.insert(Access {
                account: entry.account_name.clone(),
                principal: entry.address.as_ref().map_or_else(|| arn.clone(), ToString::to_string),
                line_of_business: entry.line_of_business.clone(),
                action,
                resource: Symbol::readable(&resource),
                depends_on: depends.map(|each| Symbol::readable(each)).collect(),
            });
        }
    }
    rows.into_iter().collect()
}

/// What a change adds or takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", tag = "change")]
pub enum Change {
    /// It was not allowed before.
    Added(Access),
    /// It was.
    Taken(Access),
}

/// The rows of one listing that are not in the other.
pub fn changes(before: &[Access], after: &[Access]) -> Vec<Change> {
    let key = |row: &Access| (row.principal.clone(), row.action.clone(), row.resource.clone());
    let keyed = |rows: &[Access]| rows.iter().map(|row| (key(row), row.clone())).collect::<BTreeMap<_, _>>();
    let (before, after) = (keyed(before), keyed(after));
    let added =
        after.iter().filter(|(key, row)| before.get(*key) != Some(*row)).map(|(_, row)| Change::Added(row.clone()));
    let taken =
        before.iter().filter(|(key, row)| after.get(*key) != Some(*row)).map(|(_, row)| Change::Taken(row.clone()));
    added.chain(taken).collect()
}
