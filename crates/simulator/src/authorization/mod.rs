//! Whether IAM allows a call: which actions it takes on which resources, by AWS's own lists, and what the policies that exist in
//! the cloud say of them, by the evaluator of `access`.
//!
//! A call is a list of [`Question`]s. `operations` knows how calls differ from actions, `resources` what they are about, `behind`
//! what services do in the caller's name (passing roles, secrets, keys, the handlers of Cloud Control), `context` the condition
//! keys, `policies` what applies to the caller and to the resource, `refusal` how each protocol words a denial.

mod behind;
mod context;
mod facts;
mod operations;
mod policies;
mod refusal;
mod resources;
#[cfg(test)]
mod tests;

use crate::identity::{Caller, CallerKind};
use crate::model::Protocol;
use crate::service::{Call, ServiceError};
use charter_access::{Caller as Asker, Context, Decision, Policies, Request, Verdict, evaluate};
use charter_model::{AccountId, TypeName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a request is made for, in the words of whoever makes it: an extension of a request to [`Simulator::handle`], kept with the
/// [`Authorization`]s that the request takes.
///
/// [`Simulator::handle`]: crate::Simulator::handle
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose(pub String);

/// One action that a call took, and what it was about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// The account of the caller.
    pub account: AccountId,
    /// The user or role, as policies name it.
    pub principal: String,
    /// `rds-data`, the service that was called.
    pub service: String,
    /// The operation that was called.
    pub operation: String,
    /// `kendra:CreateIndex`
    pub action: String,
    /// The ARN; `*` for actions that are about no resource. A part that nobody can know yet, such as the id of what is being
    /// made, is a `*`.
    pub resource: String,
    /// The parts of the ARN that are names or ids.
    pub named: Vec<String>,
    /// The tags of the request, if the action can be tied to them.
    pub request_tags: BTreeMap<String, String>,
    /// The tags that the resource had, if the action can be tied to them.
    pub resource_tags: BTreeMap<String, String>,
    /// Of `iam:PassRole`, the service that gets the role.
    pub passed_to: Option<String>,
    /// Why it was denied; none if it was not, or if nobody looked.
    pub denied: Option<String>,
    /// How it would be denied if no policy of the caller's own named the action; none if something else allows it, or if nobody
    /// looked.
    pub denied_without: Option<String>,
    /// [`Purpose`]
    pub purpose: Option<String>,
}

/// One question to IAM.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Question {
    action: String,
    resource: String,
    named: Vec<String>,
    request_tags: BTreeMap<String, String>,
    resource_tags: BTreeMap<String, String>,
    passed_to: Option<String>,
    /// Further condition keys.
    keys: Vec<(&'static str, String)>,
    /// Whether a handler of the registry asks it, on behalf of the caller of Cloud Control.
    by_handler: bool,
}

/// What IAM says to a call.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// Every action that it took, denied or not.
    pub(crate) authorizations: Vec<Authorization>,
    /// The refusal of the call itself.
    pub(crate) refusal: Option<ServiceError>,
    /// Why the handler that Cloud Control calls is refused.
    pub(crate) handler_refusal: Option<String>,
}

/// Where it is known from what the handlers of a type call for the user of Cloud Control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerSource {
    /// The registry's own list.
    Registry,
    /// The operations that the service offers: no list is public.
    Derived,
}

/// Where it is known from what the handlers of a type call for the user of Cloud Control. None: it is not.
pub fn handler_source(type_name: &TypeName) -> Option<HandlerSource> {
    let handlers = facts::handlers(type_name.as_str())?;
    Some(if handlers.derived { HandlerSource::Derived } else { HandlerSource::Registry })
}

/// Judges a call by the policies of whoever makes it; without `enforce`, only tells what it takes.
pub(crate) fn judge(call: &Call<'_>, protocol: Protocol, enforce: bool, purpose: Option<&Purpose>) -> Judgement {
    let mut judgement = Judgement::default();
    let own = enforce.then(|| policies::OfCaller::of(call, call.caller));
    let wondering = call.settings.record_authorizations;
    for question in operations::questions(call) {
        let (denied, denied_without) = match &own {
            Some(own) => denials(call, &question, own, wondering),
            None => (None, None),
        };
        judgement.authorizations.push(Authorization {
            account: call.account.clone(),
            principal: call.caller.policy_arn().to_owned(),
            service: call.service.to_owned(),
            operation: call.operation.to_owned(),
            action: question.action.clone(),
            resource: question.resource.clone(),
            named: question.named.clone(),
            request_tags: question.request_tags.clone(),
            resource_tags: question.resource_tags.clone(),
            passed_to: question.passed_to.clone(),
            denied: denied.clone(),
            denied_without,
            purpose: purpose.map(|purpose| purpose.0.clone()),
        });
        let Some(because) = denied else { continue };
        // AWS stops at the first.
        if question.by_handler {
            judgement.handler_refusal = Some(because);
        } else {
            judgement.refusal = Some(refusal::refuse(protocol, because));
        }
        break;
    }
    judgement
}

/// AWS's words for a denial, and those for what it would be if no policy of the caller's own named the action, where somebody
/// wonders; none if it is allowed.
fn denials(
    call: &Call<'_>,
    question: &Question,
    own: &policies::OfCaller,
    wondering: bool,
) -> (Option<String>, Option<String>) {
    let request = request(call, call.caller, question);
    let words = |policies: &Policies| {
        let decision: Decision = evaluate(&request, policies);
        (decision.verdict != Verdict::Allow).then(|| refusal::words(call, question, &decision))
    };
    let mut all = policies::of(call, question, own);
    let denied = words(&all);
    if !wondering {
        return (denied, None);
    }
    policies::forget_action(&mut all.identity, &question.action);
    (denied, words(&all))
}

fn request(call: &Call<'_>, caller: &Caller, question: &Question) -> Request {
    Request {
        caller: policies::caller(caller),
        action: question.action.clone(),
        resource: question.resource.clone(),
        resource_account: policies::owner(call, question),
        context: context::of(call, caller, question),
    }
}

/// Whether a service may do something that it does with a role of the caller's account: what the role's policies, its boundary,
/// those of the organization and those of the resource say. That the service may assume it is another question.
pub(crate) fn role_may(call: &Call<'_>, role_arn: &str, action: &str, resource: &str) -> bool {
    let role = role_arn.rsplit('/').next().unwrap_or_default().to_owned();
    let session = format!("arn:{}:sts::{}:assumed-role/{role}/service", call.partition(), call.account);
    let (role_arn, tags) = (role_arn.to_owned(), BTreeMap::new());
    let caller = Caller {
        account: call.account.clone(),
        arn: session,
        user_id: String::new(),
        kind: CallerKind::Session { role, role_arn, tags, policies: None },
    };
    let question = Question { action: action.to_owned(), resource: resource.to_owned(), ..Question::default() };
    let own = policies::OfCaller::of(call, &caller);
    evaluate(&request(call, &caller, &question), &policies::of(call, &question, &own)).verdict == Verdict::Allow
}

/// Whether a service may do something in its own name, for a resource of the caller's (`source`, an ARN): what the policy of what it
/// does it to says. `more` are further condition keys.
pub(crate) fn service_may(
    call: &Call<'_>,
    service: &str,
    source: &str,
    action: &str,
    resource: &str,
    more: &[(&str, &str)],
) -> bool {
    let question = Question { action: action.to_owned(), resource: resource.to_owned(), ..Question::default() };
    let mut context = Context::closed()
        .with("aws:PrincipalIsAWSService", ["true"])
        .with("aws:PrincipalServiceName", [service])
        .with("aws:SecureTransport", ["true"])
        .with("aws:SourceAccount", [call.account.as_str()])
        .with("aws:SourceArn", [source]);
    for (key, value) in more {
        context = context.with(key, [*value]);
    }
    let request = Request {
        caller: Asker::Service(service.to_owned()),
        action: question.action.clone(),
        resource: question.resource.clone(),
        resource_account: policies::owner(call, &question),
        context,
    };
    let policies = policies::of(call, &question, &policies::OfCaller::default());
    evaluate(&request, &policies).verdict == Verdict::Allow
}
