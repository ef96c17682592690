//! From what was asked to statements: each action on exactly the resources it was asked for, under the conditions that hold.

use crate::rehearsal::{Rehearsal, account_of};
use crate::watched::Work;
use charter_access::{PolicyDocument, Statement};
use charter_model::{AccountId, AccountName, Address, DesiredGraph};
use charter_simulator::{ACCESS_ROLE, Authorization};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The tag that everything bears which Charter makes.
const ENVIRONMENT_TAG: &str = "charter:environment";

/// A condition: operator, key, value.
type Condition = (&'static str, String, String);

/// What one account's deployer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPermissions {
    /// The name of the account in the environment.
    pub account: AccountName,
    /// Its id; none if the stacks make it.
    pub id: Option<AccountId>,
    /// Each with what needs it.
    pub permissions: Vec<Permission>,
}

/// A statement, and what needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The statement.
    pub statement: Statement,
    /// What needs it.
    pub needs: BTreeSet<Need>,
}

/// What needs a permission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Need {
    /// A resource of the stacks.
    Resource(Address),
    /// Every run in the account: checks before it, lists after it, the assumption of roles.
    EveryRun,
}

/// How a policy comes to the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Attachment {
    /// As a managed policy of its own, which is attached.
    Managed,
    /// Embedded in the role.
    Inline,
}

/// A policy, ready to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyText {
    /// The document.
    pub document: serde_json::Value,
    /// How it comes to the role.
    pub attachment: Attachment,
    /// What needs each statement, in their order.
    pub needs: Vec<BTreeSet<Need>>,
}

/// The least permissions of each account, from a rehearsal of its graph.
pub fn permissions(rehearsal: &Rehearsal, graph: &DesiredGraph) -> Vec<AccountPermissions> {
    let mut accounts: BTreeMap<&AccountId, BTreeMap<Key, BTreeSet<Need>>> = BTreeMap::new();
    for authorization in &rehearsal.authorizations {
        let Some(asked) = Asked::of(authorization, rehearsal, graph) else { continue };
        let needs = accounts.entry(&authorization.account).or_default();
        for resource in asked.resources {
            let key = Key { action: asked.action.clone(), conditions: asked.conditions.clone(), resource };
            needs.entry(key).or_default().insert(asked.need.clone());
        }
    }
    let row = |(id, needs): (&AccountId, BTreeMap<Key, BTreeSet<Need>>)| {
        Some(AccountPermissions {
            account: account_of(graph, rehearsal, id)?.clone(),
            // One that was made for the rehearsal is another one than will be made.
            id: (!rehearsal.made.values().any(|made| made == id)).then(|| id.clone()),
            permissions: join(without_doubles(needs)),
        })
    };
    accounts.into_iter().filter_map(row).collect()
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    action: String,
    conditions: BTreeSet<Condition>,
    resource: String,
}

/// An authorization in the terms of policies.
struct Asked {
    action: String,
    resources: Vec<String>,
    conditions: BTreeSet<Condition>,
    need: Need,
}

impl Asked {
    fn of(authorization: &Authorization, rehearsal: &Rehearsal, graph: &DesiredGraph) -> Option<Self> {
        let work = authorization.purpose.as_deref().and_then(Work::parse);
        if let Some((operation, address)) = &work
            && !is_done(graph, operation, address)
        {
            return None;
        }
        let (resource, open) = rehearsal.known.pattern(&authorization.resource, &authorization.named);
        let mut conditions = BTreeSet::new();
        let mut tied = |key: &str, tags: &BTreeMap<String, String>| {
            if let Some(value) = tags.get(ENVIRONMENT_TAG) {
                conditions.insert(("StringEquals", format!("{key}/{ENVIRONMENT_TAG}"), value.clone()));
            }
        };
        // What is named needs no tag to be told.
        if open {
            tied("aws:ResourceTag", &authorization.resource_tags);
            tied("aws:RequestTag", &authorization.request_tags);
        }
        if let Some(service) = &authorization.passed_to {
            conditions.insert(("StringEquals", "iam:PassedToService".to_owned(), service.clone()));
        }
        let resources = match authorization.service == "sts" {
            true => ways_in(&authorization.resource, rehearsal, graph)?,
            false => vec![resource],
        };
        let anywhere = |resource: String| {
            rehearsal.made.values().fold(resource, |resource, made| resource.replace(made.as_str(), "*"))
        };
        let resources = resources.into_iter().map(anywhere).collect();
        let need = work.map_or(Need::EveryRun, |(_, address)| Need::Resource(address));
        Some(Self { action: authorization.action.clone(), resources, conditions, need })
    }
}

/// Whether the plan does what was rehearsed: what is adopted is not made, what is protected or kept is not deleted.
fn is_done(graph: &DesiredGraph, operation: &str, address: &Address) -> bool {
    let Some(resource) = graph.resources.get(address) else { return true };
    match operation {
        "create" => resource.lifecycle.import.is_none(),
        "delete" => !resource.lifecycle.protect && !resource.lifecycle.retain,
        _ => true,
    }
}

/// The roles of the environment that stand behind the rehearsed way into an account. None: its credentials are its own.
fn ways_in(resource: &str, rehearsal: &Rehearsal, graph: &DesiredGraph) -> Option<Vec<String>> {
    let Some((before, _)) = resource.split_once(&format!(":role/{ACCESS_ROLE}")) else {
        return Some(vec![resource.to_owned()]);
    };
    let id = before.rsplit(':').next()?;
    if rehearsal.made.values().any(|made| made.as_str() == id) {
        return Some(vec![resource.to_owned()]);
    }
    let roles: Vec<String> = graph
        .accounts
        .values()
        .filter(|target| target.known_id().is_some_and(|known| known.as_str() == id))
        .filter_map(|target| target.role.as_ref())
        .map(|role| match role.starts_with("arn:") {
            true => role.clone(),
            false => format!("{before}:role/{}", role.trim_start_matches('/')),
        })
        .collect();
    (!roles.is_empty()).then_some(roles)
}

/// Without what another allows already: the same action on the same resource under fewer conditions, or on a wider pattern.
fn without_doubles(mut needs: BTreeMap<Key, BTreeSet<Need>>) -> BTreeMap<Key, BTreeSet<Need>> {
    let keys: Vec<Key> = needs.keys().cloned().collect();
    for key in &keys {
        let covering = keys.iter().find(|other| {
            *other != key
                && other.action == key.action
                && other.conditions.is_subset(&key.conditions)
                && covers(&other.resource, &key.resource)
                // Of two that cover each other, the first stays.
                && (*other < key || !(key.conditions.is_subset(&other.conditions) && covers(&key.resource, &other.resource)))
        });
        let Some(covering) = covering.filter(|covering| needs.contains_key(covering)) else { continue };
        let covering = covering.clone();
        let moved = needs.remove(key).unwrap_or_default();
        needs.entry(covering).or_default().extend(moved);
    }
    needs
}

/// Whether a pattern matches everything that another does; told only of patterns whose stars stand alone.
fn covers(wide: &str, narrow: &str) -> bool {
    if wide == narrow || wide == "*" {
        return true;
    }
    match wide.split_once('*') {
        Some((before, "")) => narrow.starts_with(before),
        _ => false,
    }
}

/// Joins actions that are about the same resources under the same conditions, service by service.
fn join(needs: BTreeMap<Key, BTreeSet<Need>>) -> Vec<Permission> {
    type Frame = (BTreeSet<Condition>, String);
    let mut by_action: BTreeMap<Frame, (BTreeSet<String>, BTreeSet<Need>)> = BTreeMap::new();
    for (key, need) in needs {
        let (resources, all) = by_action.entry((key.conditions, key.action)).or_default();
        resources.insert(key.resource);
        all.extend(need);
    }
    type Shape = (String, BTreeSet<Condition>, BTreeSet<String>);
    let mut joined: BTreeMap<Shape, (BTreeSet<String>, BTreeSet<Need>)> = BTreeMap::new();
    for ((conditions, action), (resources, need)) in by_action {
        let service = action.split(':').next().unwrap_or_default().to_owned();
        let (actions, all) = joined.entry((service, conditions, resources)).or_default();
        actions.insert(action);
        all.extend(need);
    }
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    joined
        .into_iter()
        .map(|((service, conditions, resources), (actions, needs))| {
            let number = numbers.entry(service.clone()).or_default();
            *number += 1;
            let mut statement = Statement::allow(actions).on(resources).named(sid(&service, *number));
            for (operator, key, value) in conditions {
                statement = statement.when(operator, &key, [value]);
            }
            Permission { statement, needs }
        })
        .collect()
}

/// Letters and digits only, as identity policies ask for: `RdsData2`.
fn sid(service: &str, number: usize) -> String {
    let words = service.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    format!("{}{number}", words.collect::<String>())
}

impl PolicyText {
    pub(crate) fn of(permissions: &[Permission], attachment: Attachment) -> Self {
        let statements = permissions.iter().map(|permission| permission.statement.clone());
        Self {
            document: PolicyDocument::new(statements).to_value(),
            attachment,
            needs: permissions.iter().map(|permission| permission.needs.clone()).collect(),
        }
    }
}
