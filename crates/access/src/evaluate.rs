//! The evaluator, in AWS's order. Imports every module of the crate.
//!
//! Sources: IAM User Guide, "Policy evaluation logic"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>), "How AWS enforcement code logic
//! evaluates requests" (`…evaluation-logic_policy-eval-denyallow.html`), "Cross-account policy evaluation logic"
//! (`…evaluation-logic-cross-account.html`), "Permissions boundaries for IAM entities" (`access_policies_boundaries.html`).

use crate::answer::{Answer, Doubt};
use crate::naming::{Named, is_spared, named};
use crate::request::{Caller, Context, Request};
use crate::symbol::{Reach, bounded, lower, matches, plain, wild};
use crate::variables::pattern;
use crate::{Effect, PolicyDocument, Statement, VERSION, operators};
use std::collections::BTreeSet;

/// A policy as the evaluator takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// For a reader: `the inline policy ask-the-retriever`.
    pub name: String,
    /// The caller's own: what it needs to show where the policy was written.
    pub origin: usize,
    /// What it says; or why that is not known.
    pub document: Result<PolicyDocument, String>,
}

/// All policies that bear on a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// Of the user and its groups, or of the role.
    pub identity: Vec<Policy>,
    /// The permissions boundary of the user or role, if it has one.
    pub boundary: Option<Policy>,
    /// Passed when the session was made; none: there was none.
    pub session: Option<Vec<Policy>>,
    /// Of the resource: bucket policy, key policy, trust policy.
    pub resource: Vec<Policy>,
    /// Whether nothing but the resource's policy lets identity policies count: KMS keys and the trust of roles. Source: KMS Developer
    /// Guide, "Key policies": without a statement that allows the account, IAM policies have no effect.
    pub resource_decides: bool,
    /// Service control policies of the caller's account: one list for each level, the root of the organisation first. Empty for the
    /// management account and outside of organisations.
    pub service_control: Vec<Vec<Policy>>,
    /// Resource control policies of the resource's account, level by level.
    pub resource_control: Vec<Vec<Policy>>,
}

/// The kinds of policy, in the order in which AWS asks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A resource control policy.
    ResourceControl,
    /// A service control policy.
    ServiceControl,
    /// A policy of the resource.
    Resource,
    /// A policy of the user or role.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// A session policy.
    Session,
}

impl Layer {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::Resource => "resource policy",
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

/// A statement that decided, or may decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deciding {
    /// Of which kind its policy is.
    pub layer: Layer,
    /// [`Policy::name`]
    pub policy: String,
    /// [`Policy::origin`]
    pub origin: usize,
    /// Its place in the policy; none where the whole policy is not known.
    pub statement: Option<usize>,
    /// Its name.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
}

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every such request is allowed.
    Allow,
    /// No such request is allowed.
    Deny,
    /// It depends.
    Depends,
}

/// Why it is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// A statement says so.
    Explicit,
    /// Nothing of this kind allows it.
    Implicit(Layer),
}

/// A decision with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The outcome.
    pub verdict: Verdict,
    /// Why, if it is denied.
    pub denial: Option<Denial>,
    /// The statements that allow or deny it; those that may, if it depends. None for an implicit denial.
    pub deciding: Vec<Deciding>,
    /// What it depends on.
    pub doubt: Doubt,
}

/// Decides a request.
pub fn evaluate(request: &Request, policies: &Policies) -> Decision {
    let asked = Asked::new(request, policies.boundary.is_some());
    let all = policies.by_layer();
    let mut denying = Vec::new();
    let denied =
        Answer::any(all.iter().map(|(layer, list)| asked.says(Effect::Deny, *layer, list, &mut denying).any()));
    if denied == Answer::Yes {
        return Decision {
            verdict: Verdict::Deny,
            denial: Some(Denial::Explicit),
            deciding: sorted(denying.into_iter().filter(|(_, answer)| *answer == Answer::Yes)),
            doubt: Doubt::default(),
        };
    }
    let mut allowing = Vec::new();
    let (allowed, missing) = asked.allowed(policies, &mut allowing);
    match (denied, allowed) {
        (_, Answer::No) => Decision {
            verdict: Verdict::Deny,
            denial: Some(Denial::Implicit(missing)),
            deciding: Vec::new(),
            doubt: Doubt::default(),
        },
        (Answer::No, Answer::Yes) => Decision {
            verdict: Verdict::Allow,
            denial: None,
            deciding: sorted(allowing.into_iter().filter(|(_, answer)| *answer == Answer::Yes)),
            doubt: Doubt::default(),
        },
        (denied, allowed) => {
            let mut doubt = Doubt::default();
            for answer in [denied, allowed] {
                if let Answer::Depends(more) = answer {
                    doubt.extend(more);
                }
            }
            allowing.extend(denying);
            Decision {
                verdict: Verdict::Depends,
                denial: None,
                deciding: sorted(allowing.into_iter().filter(|(_, answer)| *answer != Answer::No)),
                doubt,
            }
        }
    }
}

fn sorted(found: impl Iterator<Item = (Deciding, Answer)>) -> Vec<Deciding> {
    found.map(|(deciding, _)| deciding).collect::<BTreeSet<_>>().into_iter().collect()
}

impl Policies {
    fn by_layer(&self) -> Vec<(Layer, Vec<&Policy>)> {
        vec![
            (Layer::ResourceControl, self.resource_control.iter().flatten().collect()),
            (Layer::ServiceControl, self.service_control.iter().flatten().collect()),
            (Layer::Resource, self.resource.iter().collect()),
            (Layer::Identity, self.identity.iter().collect()),
            (Layer::Boundary, self.boundary.iter().collect()),
            (Layer::Session, self.session.iter().flatten().collect()),
        ]
    }
}

/// A request made ready for matching.
struct Asked<'a> {
    request: &'a Request,
    action: Vec<crate::symbol::Atom>,
    resource: Vec<crate::symbol::Atom>,
    bounded: bool,
}

type Found = Vec<(Deciding, Answer)>;

impl<'a> Asked<'a> {
    fn new(request: &'a Request, bounded: bool) -> Self {
        Self { request, action: lower(plain(&request.action)), resource: plain(&request.resource), bounded }
    }

    /// What the policies of one layer say with one effect: by whom they name, where they name somebody.
    fn says(&self, effect: Effect, layer: Layer, policies: &[&Policy], found: &mut Found) -> Named {
        let mut all = Named::nobody();
        for policy in policies {
            let document = match &policy.document {
                Ok(document) => document,
                Err(reason) => {
                    // It may say anything.
                    let answer = Answer::Depends(Doubt::about_apply(reason));
                    let deciding = Deciding {
                        layer,
                        policy: policy.name.clone(),
                        origin: policy.origin,
                        statement: None,
                        sid: None,
                        effect,
                    };
                    found.push((deciding, answer.clone()));
                    all = all.or(Named::directly(answer));
                    continue;
                }
            };
            let variables = document.version == VERSION;
            for (place, statement) in document.statement.iter().enumerate().filter(|(_, each)| each.effect == effect) {
                let named = self.applies(layer, statement, variables);
                let answer = named.clone().any();
                if answer != Answer::No {
                    let deciding = Deciding {
                        layer,
                        policy: policy.name.clone(),
                        origin: policy.origin,
                        statement: Some(place),
                        sid: statement.sid.clone(),
                        effect,
                    };
                    found.push((deciding, answer));
                }
                all = all.or(named);
            }
        }
        all
    }

    fn applies(&self, layer: Layer, statement: &Statement, variables: bool) -> Named {
        let context = &self.request.context;
        let names_resource = || {
            let trust = statement.resource.is_empty() && statement.not_resource.is_empty();
            // A trust policy has no resource: it stands on its role.
            if trust && layer == Layer::Resource {
                return Answer::Yes;
            }
            let is_in =
                |list: &BTreeSet<String>| Answer::any(list.iter().map(|text| self.names(text, context, variables)));
            if statement.not_resource.is_empty() {
                is_in(&statement.resource)
            } else {
                is_in(&statement.not_resource).not()
            }
        };
        let rest = self
            .names_action(statement)
            .and(names_resource)
            .and(|| operators::hold(&statement.condition, context, variables));
        if layer != Layer::Resource && layer != Layer::ResourceControl {
            return Named::directly(rest);
        }
        let caller = &self.request.caller;
        let who = match (&statement.principal, &statement.not_principal) {
            (Some(principal), _) => named(principal, caller),
            (None, Some(principal)) => Named::directly(match statement.effect {
                // Source: access_policies_boundaries: it always denies whoever has a permissions boundary.
                Effect::Deny if self.bounded => Answer::Yes,
                _ => is_spared(principal, caller).not(),
            }),
            (None, None) => Named::nobody(),
        };
        who.and(&rest)
    }

    fn names_action(&self, statement: &Statement) -> Answer {
        let is_in =
            |list: &BTreeSet<String>| Answer::any(list.iter().map(|text| matches(&lower(wild(text)), &self.action)));
        if statement.not_action.is_empty() { is_in(&statement.action) } else { is_in(&statement.not_action).not() }
    }

    fn names(&self, text: &str, context: &Context, variables: bool) -> Answer {
        match pattern(text, true, variables.then_some(context)) {
            Some(pattern) => matches(&bounded(pattern, Reach::ResourceElement), &self.resource),
            None => Answer::No,
        }
    }

    /// Whether it is allowed, but for explicit denials; and the layer that is missing if it is not.
    fn allowed(&self, policies: &Policies, found: &mut Found) -> (Answer, Layer) {
        let caller = &self.request.caller;
        let mut layer = |layer, policies: &[Policy]| {
            let refs: Vec<&Policy> = policies.iter().collect();
            self.says(Effect::Allow, layer, &refs, found)
        };
        let resource_control =
            Answer::all(policies.resource_control.iter().map(|level| layer(Layer::ResourceControl, level).any()));
        // They bind the users and roles of an account, its root user too, and nobody else.
        let service_control = match caller.account() {
            Some(_) => {
                Answer::all(policies.service_control.iter().map(|level| layer(Layer::ServiceControl, level).any()))
            }
            None => Answer::Yes,
        };
        let resource = layer(Layer::Resource, &policies.resource);
        let identity = match caller {
            Caller::Root { .. } => Answer::Yes,
            _ => layer(Layer::Identity, &policies.identity).any(),
        };
        let boundary = match &policies.boundary {
            Some(boundary) => layer(Layer::Boundary, std::slice::from_ref(boundary)).any(),
            None => Answer::Yes,
        };
        let session = match (&policies.session, caller) {
            (Some(session), _) => layer(Layer::Session, session).any(),
            // Source: STS API, GetFederationToken: without session policies the session has no permissions.
            (None, Caller::FederatedUser { .. }) => Answer::No,
            (None, _) => Answer::Yes,
        };
        let granted = if self.is_foreign() {
            // Source: cross-account evaluation: both sides must allow.
            let own = || identity.clone().and(|| boundary.clone()).and(|| session.clone());
            match caller.account() {
                Some(_) => own().and(|| resource.clone().any()),
                None => resource.clone().any(),
            }
        } else {
            let limits = || boundary.clone().and(|| session.clone());
            let counts = if policies.resource_decides { resource.clone().any() } else { Answer::Yes };
            let by_identity = identity.clone().and(limits).and(|| counts);
            // A grant to the ARN of a role stays within boundary and session policies; one to the session itself, to a user or
            // to everybody does not. One to the account only lets its own policies decide.
            let by_resource = resource.direct.clone().or(|| resource.role.clone().and(limits));
            by_resource.or(|| by_identity)
        };
        let missing = [
            (Layer::ResourceControl, &resource_control),
            (Layer::ServiceControl, &service_control),
            (Layer::Identity, &identity),
            (Layer::Boundary, &boundary),
            (Layer::Session, &session),
        ];
        let missing = match missing.iter().find(|(_, answer)| **answer == Answer::No) {
            Some((layer, _)) if caller.account().is_some() || *layer == Layer::ResourceControl => *layer,
            _ => Layer::Resource,
        };
        (resource_control.and(|| service_control).and(|| granted), missing)
    }

    fn is_foreign(&self) -> bool {
        match (self.request.caller.account(), &self.request.resource_account) {
            (Some(own), Some(owner)) => own != owner,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}
