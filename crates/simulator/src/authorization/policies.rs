//! The policies that bear on a request: of the caller, of its account's place in the organization, of the resource.

use super::Question;
use super::resources::read_tags;
use crate::identity::{Caller, CallerKind, Role, User};
use crate::organization::Membership;
use crate::service::Call;
use crate::services::organizations::records::{Member, Policy as OrganizationPolicy, SERVICE_CONTROL, Tree, Unit};
use crate::services::{group_policies, key_policy, managed_policy, resource_policy};
use crate::store::GLOBAL;
use charter_access::{Caller as Asker, Policies, Policy, PolicyDocument};
use charter_model::AccountId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// What a new organization attaches to everything, and Organizations calls `FullAWSAccess`; AWS's `AdministratorAccess` says it too.
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The caller, as the evaluator takes it.
pub(super) fn caller(caller: &Caller) -> Asker {
    let account = caller.account.to_string();
    match &caller.kind {
        CallerKind::User(_) => Asker::User { account, arn: caller.arn.clone() },
        CallerKind::Session { role_arn, .. } => {
            Asker::Role { account, arn: role_arn.clone(), session: caller.arn.rsplit('/').next().map(str::to_owned) }
        }
    }
}

/// A policy that was read; or why it cannot be.
#[derive(Debug, Clone)]
pub(super) struct ReadPolicy {
    name: String,
    document: Result<Arc<PolicyDocument>, String>,
}

/// The policies that bear on everything that a caller asks.
#[derive(Debug, Default)]
pub(super) struct OfCaller {
    identity: Vec<ReadPolicy>,
    boundary: Option<ReadPolicy>,
    service_control: Vec<Vec<ReadPolicy>>,
}

impl OfCaller {
    pub(super) fn of(call: &Call<'_>, caller: &Caller) -> Self {
        let (identity, boundary) = identity(call, caller);
        Self { identity, boundary, service_control: service_control(call, &caller.account) }
    }
}

/// All policies that bear on a question, with those of its caller.
pub(super) fn of(call: &Call<'_>, question: &Question, own: &OfCaller) -> Policies {
    let action = &question.action;
    let all = |list: &[ReadPolicy]| list.iter().map(|policy| policy.about(action)).collect();
    let resource: Vec<Policy> =
        of_resource(call, &question.resource).into_iter().map(|policy| policy.about(action)).collect();
    // A role says who may assume it, a key who may use it: without their word, policies of the caller count for nothing.
    let is_trust = action.starts_with("sts:") && !resource.is_empty();
    let is_key = action.starts_with("kms:") && !resource.is_empty();
    Policies {
        identity: all(&own.identity),
        boundary: own.boundary.as_ref().map(|policy| policy.about(action)),
        session: None,
        resource,
        resource_decides: is_trust || is_key,
        service_control: own.service_control.iter().map(|level| all(level)).collect(),
        resource_control: Vec::new(),
    }
}

impl ReadPolicy {
    /// Only the statements that may be about an action: all others say nothing to it.
    fn about(&self, action: &str) -> Policy {
        let wild = |text: &String| text.contains(['*', '?', '$']) || text.eq_ignore_ascii_case(action);
        let document = self.document.as_ref().map(|document| PolicyDocument {
            version: document.version.clone(),
            id: None,
            statement: document
                .statement
                .iter()
                .filter(|statement| statement.action.iter().any(wild) || !statement.not_action.is_empty())
                .cloned()
                .collect(),
        });
        Policy { name: self.name.clone(), origin: 0, document: document.map_err(Clone::clone) }
    }
}

/// Reads a policy. The same documents bear on call after call, so that what was read is kept.
fn policy(name: impl Into<String>, document: &str) -> ReadPolicy {
    type Kept = HashMap<String, Result<Arc<PolicyDocument>, String>>;
    static READ: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
    const MOST: usize = 1000;
    let name = name.into();
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(document) = read.get(document) {
        return ReadPolicy { name, document: document.clone() };
    }
    if read.len() == MOST {
        read.clear();
    }
    let result = PolicyDocument::from_json(document).map(Arc::new).map_err(|error| format!("{name}: {error}"));
    read.insert(document.to_owned(), result.clone());
    ReadPolicy { name, document: result }
}

fn managed(call: &Call<'_>, arn: &str) -> ReadPolicy {
    if arn.ends_with(":iam::aws:policy/AdministratorAccess") {
        return policy(arn, EVERYTHING);
    }
    match managed_policy(call, arn) {
        Some(document) => policy(arn, &document),
        None => ReadPolicy {
            name: arn.to_owned(),
            document: Err(format!("the simulator does not hold the document of {arn}")),
        },
    }
}

/// The policies of the user with its groups, or of the role; and its boundary.
fn identity(call: &Call<'_>, caller: &Caller) -> (Vec<ReadPolicy>, Option<ReadPolicy>) {
    let account = &caller.account;
    let (inline, attached, boundary): (BTreeMap<String, String>, BTreeSet<String>, Option<String>) = match &caller.kind
    {
        CallerKind::User(name) => {
            let Some(user) = call.store.get::<User>(account, GLOBAL, name) else { return Default::default() };
            let (inline, attached) = group_policies(call, name);
            let (mut all, mut arns) = (user.inline_policies, user.attached_policies);
            all.extend(inline);
            arns.extend(attached);
            (all, arns, None)
        }
        CallerKind::Session { role, .. } => {
            let Some(role) = call.store.get::<Role>(account, GLOBAL, role) else { return Default::default() };
            (role.inline_policies, role.attached_policies, role.permissions_boundary)
        }
    };
    let mut policies: Vec<ReadPolicy> = inline.iter().map(|(name, document)| policy(name, document)).collect();
    policies.extend(attached.iter().map(|arn| managed(call, arn)));
    (policies, boundary.map(|arn| managed(call, &arn)))
}

/// Service control policies of the caller's account, the root first. The management account has none.
fn service_control(call: &Call<'_>, account: &AccountId) -> Vec<Vec<ReadPolicy>> {
    let Some(membership) = Membership::of(call.store, account) else { return Vec::new() };
    let management = &membership.management;
    if management == account {
        return Vec::new();
    }
    let Some(tree) = call.store.get::<Tree>(management, GLOBAL, Tree::KEY) else { return Vec::new() };
    if !tree.policy_types.contains(SERVICE_CONTROL) {
        return Vec::new();
    }
    let mut path = vec![account.to_string()];
    let mut parent = call.store.get::<Member>(management, GLOBAL, account.as_str()).map(|member| member.parent);
    while let Some(id) = parent {
        parent = call.store.get::<Unit>(management, GLOBAL, &id).map(|unit| unit.parent);
        path.push(id);
    }
    let all = call.store.list::<OrganizationPolicy>(management, GLOBAL);
    let level = |id: &String| {
        // FullAWSAccess cannot be detached here: see `services::organizations`.
        let mut level = vec![policy("FullAWSAccess", EVERYTHING)];
        let own = all.iter().filter(|(_, each)| each.kind == SERVICE_CONTROL && each.targets.contains(id));
        level.extend(own.map(|(_, each)| policy(&each.name, &each.content)));
        level
    };
    path.iter().rev().map(level).collect()
}

/// The policy of a resource, if it has one.
fn of_resource(call: &Call<'_>, arn: &str) -> Option<ReadPolicy> {
    let (service, account, path) = split(arn)?;
    let document = match service {
        "iam" => {
            let name = path.strip_prefix("role/")?.rsplit('/').next()?;
            let account = AccountId::new(account).ok()?;
            return Some(policy(
                format!("the trust policy of {name}"),
                &call.store.get::<Role>(&account, GLOBAL, name)?.trust_policy,
            ))
            .filter(|_| call.service == "sts");
        }
        "kms" => key_policy(call, arn),
        "s3" | "secretsmanager" => resource_policy(call, arn),
        _ => None,
    };
    Some(policy(format!("the policy of {arn}"), &document?))
}

/// The account that a resource belongs to; none: the caller's.
pub(super) fn owner(call: &Call<'_>, question: &Question) -> Option<String> {
    let (service, account, path) = split(&question.resource)?;
    if service == "s3" {
        let bucket = path.split('/').next()?;
        return crate::services::bucket_owner(call, bucket).map(|account| account.to_string());
    }
    // An organization answers to its members; what each may, its delegation policy says.
    let belongs = !account.is_empty() && service != "organizations";
    belongs.then(|| account.to_owned()).filter(|account| account != "aws" && account != "*")
}

/// Service, account and the rest of an ARN.
fn split(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", _, service) = (parts.next()?, parts.next()?, parts.next()?) else { return None };
    let (_, account, path) = (parts.next()?, parts.next()?, parts.next()?);
    Some((service, account, path))
}

/// The tags that a resource has: of whatever is stored under its ARN, or, of types that Cloud Control makes, under its id.
pub(super) fn tags_of(call: &Call<'_>, arn: &str) -> BTreeMap<String, String> {
    let Some((service, _, path)) = split(arn) else { return BTreeMap::new() };
    let id = path.rsplit(['/', ':']).next().unwrap_or_default();
    let found = call.store.about(service, arn, id);
    let read = |value: &Value| {
        let own = value.get("tags").or_else(|| value.pointer("/properties/Tags"));
        own.map(read_tags).unwrap_or_default()
    };
    found.map(read).unwrap_or_default()
}
