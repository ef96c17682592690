//! The principals, resources and policies that there will be. Imports `arns`, `resolve`,
//! `tree`.

use crate::arns::partition;
use crate::resolve::Resolver;
use crate::tree::Tree;
use charter_access::{
    Caller, Context, Policies, Policy, PolicyDocument, PolicyKind, Request, Statement, Symbol, parse,
};
use charter_model::{Address, DesiredGraph, Evaluator, Pointer, Scope, Span, Value};
use charter_planner::Plan;
use charter_state::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Where a policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The resource that holds it.
    pub address: Option<Address>,
    /// Where the policy was written, and each of its statements, as far as it still is.
    pub spans: Vec<Option<Span>>,
}

/// The tag that says which line of business a principal belongs to.
const LINE_OF_BUSINESS: &str = "lineOfBusiness";

/// The value of a tag.
fn tag(value: &Value, key: &str) -> Option<String> {
    let Some(Value::List(tags)) = value.get("Tags") else { return None };
    let of_key = |tag: &&Value| tag.get("Key").and_then(Value::as_str) == Some(key);
    tags.iter().find(of_key)?.get("Value")?.as_str().map(str::to_owned)
}

/// A user or role with what is attached to it.
#[derive(Debug, Clone)]
pub(crate) struct PrincipalEntry {
    pub(crate) address: Option<Address>,
    pub(crate) account_name: String,
    pub(crate) account: String,
    /// What the tag [`LINE_OF_BUSINESS`] says.
    pub(crate) line_of_business: Option<String>,
    name: String,
    is_user: bool,
    pub(crate) identity: Vec<Policy>,
    boundary: Option<Policy>,
}

/// A resource with a policy of its own.
#[derive(Debug, Clone)]
struct Guarded {
    account: String,
    /// Whether what lies below it (objects of a bucket) is guarded too.
    below: bool,
    decides: bool,
    policies: Vec<Policy>,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// By ARN.
    pub(crate) principals: BTreeMap<String, PrincipalEntry>,
    /// By ARN.
    guarded: BTreeMap<String, Guarded>,
    /// By account id.
    service_control: BTreeMap<String, Vec<Policy>>,
    resource_control: BTreeMap<String, Vec<Policy>>,
    origins: Vec<Origin>,
    /// The ARN of every resource of the plan, with the account that holds it.
    pub(crate) resources: BTreeMap<String, String>,
    arns: BTreeMap<Address, String>,
    /// What could not be read as a policy.
    pub problems: Vec<String>,
}

impl World {
    /// The world as it will be once the plan is applied.
    pub fn planned(graph: &DesiredGraph, snapshot: &Snapshot, plan: &Plan, evaluator: &dyn Evaluator) -> Self {
        let resolver = Resolver::new(graph, snapshot, Some(plan), evaluator);
        Build { world: Self::default(), resolver: &resolver, values: BTreeMap::new() }.run()
    }

    /// The world as it was recorded by the last apply.
    pub fn recorded(graph: &DesiredGraph, snapshot: &Snapshot, evaluator: &dyn Evaluator) -> Self {
        let recorded = DesiredGraph { resources: BTreeMap::new(), ..graph.clone() };
        let resolver = Resolver::new(&recorded, snapshot, None, evaluator);
        Build { world: Self::default(), resolver: &resolver, values: BTreeMap::new() }.run()
    }

    /// The ARN of a resource of the stacks.
    pub fn arn_of(&self, address: &Address) -> Option<&str> {
        self.arns.get(address).map(String::as_str)
    }

    /// Where a policy was written.
    pub fn origin(&self, number: usize) -> Option<&Origin> {
        self.origins.get(number)
    }

    /// The span of a deciding statement, if it is written in the stacks.
    pub fn span(&self, deciding: &charter_access::Deciding) -> Option<Span> {
        let spans = &self.origin(deciding.origin)?.spans;
        let own = deciding.statement.and_then(|statement| spans.get(statement + 1)).copied().flatten();
        own.or_else(|| spans.first().copied().flatten())
    }

    /// Whether a user or role of this ARN is known.
    pub fn knows(&self, principal: &str) -> bool {
        self.principals.contains_key(principal)
    }

    /// What bears on a request.
    pub(crate) fn policies(&self, request: &Request) -> Policies {
        let entry = match &request.caller {
            Caller::Role { arn, .. } | Caller::User { arn, .. } => self.principals.get(arn),
            _ => None,
        };
        let assumes = request.action.to_ascii_lowercase().starts_with("sts:assumerole");
        let guarded = itself_and_above(&request.resource).find_map(|arn| {
            let guarded = self.guarded.get(arn)?;
            let is_role = self.principals.contains_key(arn);
            ((assumes || !is_role) && (guarded.below || arn == request.resource)).then_some(guarded)
        });
        let level = |all: &BTreeMap<String, Vec<Policy>>, account: Option<&str>| {
            let found = account.and_then(|account| all.get(account)).cloned();
            // Both come on top of the policy that lets everything pass, which AWS attaches by itself.
            found.map(|found| vec![[full_access()].into_iter().chain(found).collect()]).unwrap_or_default()
        };
        Policies {
            identity: entry.map(|entry| entry.identity.clone()).unwrap_or_default(),
            boundary: entry.and_then(|entry| entry.boundary.clone()),
            session: None,
            resource: guarded.map(|guarded| guarded.policies.clone()).unwrap_or_default(),
            resource_decides: guarded.is_some_and(|guarded| guarded.decides),
            service_control: level(&self.service_control, request.caller.account()),
            resource_control: level(&self.resource_control, request.resource_account.as_deref()),
        }
    }

    /// The account that owns what an ARN names.
    pub(crate) fn owner(&self, arn: &str) -> Option<String> {
        let written = arn.split(':').nth(4).filter(|account| !account.is_empty() && !account.contains('*'));
        if let Some(account) = written {
            // Foundation models and other things of AWS's own belong to no account of ours.
            return (account.len() == 12).then(|| account.to_owned());
        }
        itself_and_above(arn).find_map(|arn| {
            let guarded = self.guarded.get(arn).map(|guarded| &guarded.account);
            guarded.or_else(|| self.resources.get(arn)).cloned()
        })
    }

    /// The circumstances that are certain of any request of a caller.
    pub(crate) fn context(&self, caller: &Caller, resource: &str, owner: Option<&str>) -> Context {
        let mut context = Context::open();
        if let Some(owner) = owner {
            context = context.with("aws:ResourceAccount", [owner]);
        }
        // Not of an ARN that nobody knows yet, nor of one with a wildcard.
        let is_region = |text: &str| text.bytes().all(|each| each.is_ascii_alphanumeric() || each == b'-');
        if let Some(region) = resource.split(':').nth(3).filter(|region| !region.is_empty() && is_region(region)) {
            context = context.with("aws:RequestedRegion", [region]);
        }
        let (arn, kind) = match caller {
            Caller::User { arn, .. } => (arn, "User"),
            Caller::Role { arn, .. } => (arn, "AssumedRole"),
            _ => return context,
        };
        if let (Caller::User { .. }, Some(name)) = (caller, arn.rsplit('/').next()) {
            context = context.with("aws:username", [name]);
        }
        // Source: IAM User Guide, "AWS global condition context keys": aws:SourceArn and aws:SourceAccount are there only when a
        // service principal calls.
        context
            .with("aws:PrincipalArn", [arn.as_str()])
            .with("aws:PrincipalAccount", [caller.account().unwrap_or_default()])
            .with("aws:PrincipalType", [kind])
            .with("aws:PrincipalIsAWSService", ["false"])
            .without("aws:SourceArn")
            .without("aws:SourceAccount")
    }
}

/// An ARN and what it lies in: a bucket, of an object.
fn itself_and_above(arn: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(arn), |arn| arn.rsplit_once('/').map(|(above, _)| above))
}

fn full_access() -> Policy {
    let document = PolicyDocument::new([Statement::allow(["*"]).on(["*"]).by(charter_access::Principal::Everyone)]);
    Policy { name: "FullAWSAccess".to_owned(), origin: usize::MAX, document: Ok(document) }
}

struct Build<'a> {
    world: World,
    resolver: &'a Resolver<'a>,
    values: BTreeMap<Address, Value>,
}

impl Build<'_> {
    fn run(mut self) -> World {
        self.values = self
            .resolver
            .addresses()
            .into_iter()
            .map(|address| (address.clone(), self.resolver.resource(&address)))
            .collect();
        let values = std::mem::take(&mut self.values);
        let of = |types: &'static [&'static str]| {
            let found = values.iter().filter(move |(address, _)| {
                self.resolver.place(address).is_some_and(|(name, _)| types.contains(&name.as_str()))
            });
            found.map(|(address, value)| (address.clone(), value.clone())).collect::<Vec<_>>()
        };
        let (principals, groups) = (of(&["AWS::IAM::Role", "AWS::IAM::User"]), of(&["AWS::IAM::Group"]));
        let inline = of(&["AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::IAM::Policy"]);
        let (managed, joining) = (of(&["AWS::IAM::ManagedPolicy"]), of(&["AWS::IAM::UserToGroupAddition"]));
        let guarding = of(&["AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::SecretsManager::ResourcePolicy"]);
        let organisation = of(&["AWS::Organizations::Policy"]);
        let tree = Tree::new(self.resolver, &values);
        for (address, value) in &values {
            let Some((type_name, placement)) = self.resolver.place(address) else { continue };
            let account = self.resolver.account(placement);
            let own = format!("{}Arn", type_name.resource());
            // A secret's Id is its ARN.
            let arn = ["Arn", own.as_str(), "PolicyArn", "Id"].into_iter().find_map(|name| value.get(name)?.as_str());
            if let Some(arn) = arn.filter(|arn| arn.starts_with("arn:")) {
                self.world.resources.insert(arn.to_owned(), account);
                self.world.arns.insert(address.clone(), arn.to_owned());
            }
        }
        // Managed policies first: the others name them.
        let mut by_arn: BTreeMap<String, Policy> = BTreeMap::new();
        for (address, value) in &managed {
            let name = format!("managed policy {}", text(value, "ManagedPolicyName"));
            let policy = self.policy(address, value, "PolicyDocument", &name, PolicyKind::Identity);
            by_arn.insert(text(value, "PolicyArn"), policy);
        }
        let mut members: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for (address, value) in &principals {
            let user = text(value, "UserName");
            for group in texts(value.get("Groups")) {
                members.entry((self.account_of(address), group)).or_default().push(user.clone());
            }
        }
        for (address, value) in &joining {
            members
                .entry((self.account_of(address), text(value, "GroupName")))
                .or_default()
                .extend(texts(value.get("Users")));
        }
        let mut group_policies: BTreeMap<(String, String), Vec<Policy>> = BTreeMap::new();
        for (address, value) in &groups {
            let own = self.attached(address, value, &by_arn);
            group_policies.entry((self.account_of(address), text(value, "GroupName"))).or_default().extend(own);
        }
        for (address, value) in &principals {
            let identity = self.attached(address, value, &by_arn);
            let boundary =
                value.get("PermissionsBoundary").and_then(Value::as_str).map(|arn| named_policy(arn, &by_arn));
            let account_name =
                self.resolver.place(address).map(|(_, place)| place.account.to_string()).unwrap_or_default();
            let is_user = value.get("UserName").is_some();
            let name = text(value, if is_user { "UserName" } else { "RoleName" });
            let arn = text(value, "Arn");
            let account = self.account_of(address);
            if !is_user {
                let trust = self.policy(address, value, "AssumeRolePolicyDocument", "trust policy", PolicyKind::Trust);
                let (arn, account) = (arn.clone(), account.clone());
                self.guarded(arn, Guarded { account, below: false, decides: true, policies: vec![trust] });
            }
            let entry = PrincipalEntry {
                address: Some(address.clone()),
                account_name,
                account,
                line_of_business: tag(value, LINE_OF_BUSINESS),
                name,
                is_user,
                identity,
                boundary,
            };
            self.world.principals.insert(arn, entry);
        }
        let mut attach = Vec::new();
        for (address, value) in &inline {
            let name = format!("inline policy {}", text(value, "PolicyName"));
            attach.push((address, value, self.policy(address, value, "PolicyDocument", &name, PolicyKind::Identity)));
        }
        for (address, value) in &managed {
            if let Some(policy) = by_arn.get(&text(value, "PolicyArn")) {
                attach.push((address, value, policy.clone()));
            }
        }
        let mut named_so: BTreeMap<(bool, String, String), Vec<String>> = BTreeMap::new();
        for (arn, entry) in &self.world.principals {
            let key = (entry.is_user, entry.account.clone(), entry.name.clone());
            named_so.entry(key).or_default().push(arn.clone());
        }
        for (address, value, policy) in attach {
            let account = self.account_of(address);
            let named = |one: &str, many: &str| {
                texts(value.get(one)).into_iter().chain(texts(value.get(many))).collect::<Vec<_>>()
            };
            for (user, names) in [(false, named("RoleName", "Roles")), (true, named("UserName", "Users"))] {
                let names: BTreeSet<String> = names.into_iter().collect();
                let arns = names.into_iter().filter_map(|name| named_so.get(&(user, account.clone(), name)));
                for arn in arns.flatten() {
                    if let Some(entry) = self.world.principals.get_mut(arn) {
                        entry.identity.push(policy.clone());
                    }
                }
            }
            for group in named("GroupName", "Groups") {
                group_policies.entry((account.clone(), group)).or_default().push(policy.clone());
            }
        }
        for ((account, group), policies) in group_policies {
            let users: BTreeSet<String> =
                members.get(&(account.clone(), group)).into_iter().flatten().cloned().collect();
            let arns = users.into_iter().filter_map(|user| named_so.get(&(true, account.clone(), user)));
            for arn in arns.flatten() {
                if let Some(entry) = self.world.principals.get_mut(arn) {
                    entry.identity.extend(policies.iter().cloned());
                }
            }
        }
        for (address, value) in &guarding {
            self.guard(address, value);
        }
        for (address, value) in &organisation {
            self.control(address, value, &tree);
        }
        self.world
    }

    fn account_of(&self, address: &Address) -> String {
        self.resolver.place(address).map(|(_, placement)| self.resolver.account(placement)).unwrap_or_default()
    }

    /// The inline policies of a role, user or group, and the managed ones that it names.
    fn attached(&mut self, address: &Address, value: &Value, managed: &BTreeMap<String, Policy>) -> Vec<Policy> {
        let mut all = Vec::new();
        if let Some(Value::List(list)) = value.get("Policies") {
            for (place, each) in list.iter().enumerate() {
                let name = format!("inline policy {}", text(each, "PolicyName"));
                let pointer = Pointer::root().key("Policies").index(place).key("PolicyDocument");
                all.push(self.document(address, each.get("PolicyDocument"), &pointer, &name, PolicyKind::Identity));
            }
        }
        all.extend(texts(value.get("ManagedPolicyArns")).iter().map(|arn| named_policy(arn, managed)));
        all
    }

    fn policy(&mut self, address: &Address, value: &Value, property: &str, name: &str, kind: PolicyKind) -> Policy {
        self.document(address, value.get(property), &Pointer::root().key(property), name, kind)
    }

    fn document(
        &mut self,
        address: &Address,
        value: Option<&Value>,
        pointer: &Pointer,
        name: &str,
        kind: PolicyKind,
    ) -> Policy {
        let json = match value.map(Value::to_json) {
            Some(serde_json::Value::String(text)) => {
                serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
            }
            Some(json) => json,
            None => serde_json::Value::Null,
        };
        let statements = match json.get("Statement") {
            Some(serde_json::Value::Array(list)) => list.len(),
            _ => 1,
        };
        let locations = self.resolver.graph.resources.get(address).map(|resource| resource.locations.clone());
        let at = |pointer: &Pointer| locations.as_ref().and_then(|locations| locations.nearest(pointer));
        let inner = pointer.key("Statement");
        let spans = std::iter::once(at(pointer)).chain((0..statements).map(|place| at(&inner.index(place)))).collect();
        let origin = self.world.origins.len();
        self.world.origins.push(Origin { address: Some(address.clone()), spans });
        let document = parse(&json, kind).map_err(|problems| {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            if !Symbol::is_in(&json.to_string()) {
                self.world.problems.push(format!("{name} of {address}: {}", list.join("; ")));
            }
            format!("what {name} of {address} says")
        });
        Policy { name: format!("{name} ({address})"), origin, document }
    }

    fn guard(&mut self, address: &Address, value: &Value) {
        let Some((type_name, placement)) = self.resolver.place(address) else { return };
        let account = self.resolver.account(placement);
        let (arn, property, name, below, decides) = match type_name.as_str() {
            "AWS::S3::BucketPolicy" => {
                let bucket = text(value, "Bucket");
                let arn = format!("arn:{}:s3:::{bucket}", partition(placement.region.as_str()));
                (arn, "PolicyDocument", "bucket policy", true, false)
            }
            "AWS::KMS::Key" => (text(value, "Arn"), "KeyPolicy", "key policy", false, true),
            _ => (text(value, "SecretId"), "ResourcePolicy", "secret's policy", false, false),
        };
        // A key without a policy of its own gets the one that lets the account decide. Source: KMS Developer Guide, "Default key
        // policy".
        let missing = value.get(property).is_none();
        let policies = match missing {
            true => vec![default_key_policy(&account, placement.region.as_str())],
            false => vec![self.policy(address, value, property, name, PolicyKind::Resource)],
        };
        self.guarded(arn, Guarded { account, below, decides, policies });
    }

    /// A thing has one policy of its own: the service refuses a second.
    fn guarded(&mut self, arn: String, guarded: Guarded) {
        self.world.guarded.entry(arn).or_insert(guarded);
    }

    /// Policies of the organisation: on an account, on the root (all accounts but the management one), on a unit.
    fn control(&mut self, address: &Address, value: &Value, tree: &Tree) {
        let kind = text(value, "Type");
        let name = format!("{} {}", if kind == "RESOURCE_CONTROL_POLICY" { "RCP" } else { "SCP" }, text(value, "Name"));
        let policy_kind = match kind.as_str() {
            "SERVICE_CONTROL_POLICY" => PolicyKind::Identity,
            "RESOURCE_CONTROL_POLICY" => PolicyKind::Resource,
            _ => return,
        };
        let policy = self.policy(address, value, "Content", &name, policy_kind);
        // The organisation's policies are made in the management account, which they do not bind.
        let management = self.account_of(address);
        let names = self.resolver.graph.accounts.keys();
        let accounts: Vec<String> = names.map(|name| self.resolver.account_id(name)).collect();
        for target in texts(value.get("TargetIds")) {
            for account in accounts.iter().filter(|account| **account != management) {
                let all = match policy_kind {
                    PolicyKind::Resource => &mut self.world.resource_control,
                    _ => &mut self.world.service_control,
                };
                let attached = match tree.binds(&target, account) {
                    Some(true) => policy.clone(),
                    Some(false) => continue,
                    None => {
                        let document = Err(format!("whether account {account} is in {}", Symbol::readable(&target)));
                        Policy { document, ..policy.clone() }
                    }
                };
                let all = all.entry(account.clone()).or_default();
                // On an account and on a unit above it, a policy binds no more than once.
                if !all.iter().any(|one| one.origin == attached.origin && one.document == attached.document) {
                    all.push(attached);
                }
            }
        }
    }
}

fn default_key_policy(account: &str, region: &str) -> Policy {
    let root = format!("arn:{}:iam::{account}:root", partition(region));
    let statement = Statement::allow(["kms:*"]).on(["*"]).by(charter_access::Principal::aws([root]));
    Policy { name: "default key policy".to_owned(), origin: usize::MAX, document: Ok(PolicyDocument::new([statement])) }
}

fn named_policy(arn: &str, managed: &BTreeMap<String, Policy>) -> Policy {
    managed.get(arn).cloned().unwrap_or_else(|| Policy {
        name: format!("managed policy {}", Symbol::readable(arn)),
        origin: usize::MAX,
        document: Err(format!("what the managed policy {} says", Symbol::readable(arn))),
    })
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A text or a list of texts.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.to_string()],
        Some(Value::List(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
