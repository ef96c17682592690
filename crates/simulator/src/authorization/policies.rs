//! The policies that bear on a request: of the caller, of its account's place in the organization, of the resource.

use super::Question;
use super::resources::read_tags;
use crate::identity::{Caller, CallerKind, Role, User};
use crate::organization::Membership;
use crate::service::Call;
use crate::services::organizations::records::{Member, Policy as OrganizationPolicy, SERVICE_CONTROL, Tree, Unit};
use crate::services::{control_policy, group_policies, managed_policy, resource_policy};
use crate::store::GLOBAL;
use charter_access::{Caller as Asker, Effect, Policies, Policy, PolicyDocument, Statement};
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
    document: Result<Arc<Indexed>, String>,
}

/// A document whose statements are found by the action that they are about: policies of thousands of characters bear on call after
/// call, and each call is about one action.
#[derive(Debug)]
struct Indexed {
    version: String,
    statements: Vec<Statement>,
    /// Places of the statements that name an action, in small letters.
    by_action: HashMap<String, Vec<usize>>,
    /// Places of those that may be about any.
    of_any: Vec<usize>,
}

impl Indexed {
    fn new(document: PolicyDocument) -> Self {
        let mut by_action: HashMap<String, Vec<usize>> = HashMap::new();
        let mut of_any = Vec::new();
        for (place, statement) in document.statement.iter().enumerate() {
            if !statement.not_action.is_empty() || statement.action.iter().any(|text| text.contains(['*', '?', '$'])) {
                of_any.push(place);
                continue;
            }
            for action in &statement.action {
                by_action.entry(action.to_ascii_lowercase()).or_default().push(place);
            }
        }
        Self { version: document.version, statements: document.statement, by_action, of_any }
    }

    /// The statements that may be about an action on a resource, in order.
    fn about(&self, action: &str, resource: &str) -> Vec<Statement> {
        let named = self.by_action.get(&action.to_ascii_lowercase()).into_iter().flatten();
        let mut places: Vec<usize> = named.chain(&self.of_any).copied().collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| narrowed(self.statements.get(place)?, action, resource)).collect()
    }
}

/// A statement with those of its actions and resources only that may match; none if none may.
fn narrowed(statement: &Statement, action: &str, resource: &str) -> Option<Statement> {
    const WILD: [char; 3] = ['*', '?', '$'];
    let may_name = |text: &&String| text.eq_ignore_ascii_case(action) || text.contains(WILD);
    let may_match = |text: &&String| resource.starts_with(text.split(WILD).next().unwrap_or_default());
    let resources: BTreeSet<String> = statement.resource.iter().filter(may_match).cloned().collect();
    if resources.is_empty() && !statement.resource.is_empty() {
        return None;
    }
    Some(Statement {
        sid: statement.sid.clone(),
        effect: statement.effect,
        principal: statement.principal.clone(),
        not_principal: statement.not_principal.clone(),
        action: statement.action.iter().filter(may_name).cloned().collect(),
        not_action: statement.not_action.clone(),
        resource: resources,
        not_resource: statement.not_resource.clone(),
        condition: statement.condition.clone(),
    })
}

/// The policies that bear on everything that a caller asks.
#[derive(Debug, Default)]
pub(super) struct OfCaller {
    identity: Vec<ReadPolicy>,
    boundary: Option<ReadPolicy>,
    session: Option<Vec<ReadPolicy>>,
    service_control: Vec<Vec<ReadPolicy>>,
}

impl OfCaller {
    pub(super) fn of(call: &Call<'_>, caller: &Caller) -> Self {
        let (identity, boundary) = identity(call, caller);
        let session = session(call, caller);
        Self { identity, boundary, session, service_control: service_control(call, &caller.account) }
    }
}

/// All policies that bear on a question, with those of its caller.
pub(super) fn of(call: &Call<'_>, question: &Question, own: &OfCaller) -> Policies {
    let action = &question.action;
    let all = |list: &[ReadPolicy]| list.iter().map(|policy| policy.about(action, &question.resource)).collect();
    let resource: Vec<Policy> = of_resource(call, &question.resource)
        .into_iter()
        .map(|policy| policy.about(action, &question.resource))
        .collect();
    // A role says who may assume it, a key who may use it: without their word, policies of the caller count for nothing.
    let is_trust = action.starts_with("sts:") && !resource.is_empty();
    let is_key = action.starts_with("kms:") && !resource.is_empty();
    Policies {
        identity: all(&own.identity),
        boundary: own.boundary.as_ref().map(|policy| policy.about(action, &question.resource)),
        session: own.session.as_deref().map(all),
        resource,
        resource_decides: is_trust || is_key,
        service_control: own.service_control.iter().map(|level| all(level)).collect(),
        resource_control: Vec::new(),
    }
}

/// Takes an action out of the statements that allow it by its name; a pattern that it fits stays.
pub(super) fn forget_action(policies: &mut [Policy], action: &str) {
    for document in policies.iter_mut().filter_map(|policy| policy.document.as_mut().ok()) {
        for statement in document.statement.iter_mut().filter(|statement| statement.effect == Effect::Allow) {
            statement.action.retain(|named| !named.eq_ignore_ascii_case(action));
        }
        document.statement.retain(|statement| !statement.action.is_empty() || !statement.not_action.is_empty());
    }
}

impl ReadPolicy {
    /// Only what may be about an action on a resource: all else says nothing to it.
    fn about(&self, action: &str, resource: &str) -> Policy {
        let document = self.document.as_ref().map(|indexed| PolicyDocument {
            version: indexed.version.clone(),
            id: None,
            statement: indexed.about(action, resource),
        });
        Policy { name: self.name.clone(), origin: 0, document: document.map_err(Clone::clone) }
    }
}

/// Reads a policy. The same documents bear on call after call, so that what was read is kept.
fn policy(name: impl Into<String>, document: &str) -> ReadPolicy {
    type Kept = HashMap<String, Result<Arc<Indexed>, String>>;
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
    let result = PolicyDocument::from_json(document)
        .map(|read| Arc::new(Indexed::new(read)))
        .map_err(|error| format!("{name}: {error}"));
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

/// The policies that were passed when the session was opened.
fn session(call: &Call<'_>, caller: &Caller) -> Option<Vec<ReadPolicy>> {
    let CallerKind::Session { policies: Some(passed), .. } = &caller.kind else { return None };
    let inline = passed.inline.iter().map(|document| policy("the session policy", document));
    Some(inline.chain(passed.managed.iter().map(|arn| managed(call, arn))).collect())
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
        "kms" | "oam" => control_policy(call, arn),
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
    // An organization answers to its members; what each may, its delegation policy says. Invitations and shares, though their ARNs
    // are of the account that shares, are accepted and left by those whom they invite, and RAM itself tells who that is (AWS RAM User
    // Guide, "Accepting and rejecting resource share invitations", "Leaving a resource share").
    let answers_to_others = matches!(service, "organizations" | "ram");
    let belongs = !account.is_empty() && !answers_to_others;
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
