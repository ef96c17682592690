//! Expectations against the world. Imports `resolve`, `world`.

use crate::resolve::Resolver;
use crate::world::World;
use charter_access::{Caller, Decision, Denial, Request, Symbol, Verdict, evaluate};
use charter_model::{
    Address, DesiredGraph, Diagnostic, Diagnostics, Evaluator, Expectation, ExpectedDecision, Value, did_you_mean,
};
use charter_planner::Plan;
use charter_state::Snapshot;
use std::collections::BTreeSet;

/// What came of the expectations.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// How many hold.
    pub proved: usize,
    /// Those that cannot be decided before an apply, as warnings.
    pub undecided: Diagnostics,
    /// Those that do not hold.
    pub violated: Diagnostics,
    /// Those that name nobody, or nothing.
    pub invalid: Diagnostics,
}

/// Holds every expectation of the stacks against the world that the plan makes.
///
/// `allow` means that there is a request that is allowed; `deny` that there is none, whatever its condition keys. What a stack expects
/// of which nothing is there, and of which the plan makes nothing, is not asked: another stack alone was selected.
pub fn prove(
    world: &World,
    graph: &DesiredGraph,
    snapshot: &Snapshot,
    plan: &Plan,
    evaluator: &dyn Evaluator,
) -> Proof {
    let resolver = Resolver::new(graph, snapshot, Some(plan), evaluator);
    let mut proof = Proof::default();
    let with_resources: BTreeSet<_> = graph.resources.keys().map(Address::stack).collect();
    let there = plan.steps.iter().map(|step| &step.address).chain(snapshot.resources.keys());
    let there: BTreeSet<_> = there.map(Address::stack).collect();
    for expectation in &graph.expectations {
        if with_resources.contains(&expectation.stack) && !there.contains(&expectation.stack) {
            continue;
        }
        let value = |template| match resolver.finish(template) {
            Value::String(text) => text.to_string(),
            other => other.to_json().to_string(),
        };
        let (principal, resource) = (value(&expectation.principal), value(&expectation.resource));
        match question(world, &principal, &expectation.action, &resource) {
            Ok((_, decision)) => judge(world, expectation, &principal, &resource, &decision, &mut proof),
            Err(message) => {
                let diagnostic = Diagnostic::error("unknown-principal", message);
                proof.invalid.push(at(diagnostic, expectation, "nobody of the stacks").help(known(world, &principal)));
            }
        }
    }
    proof
}

/// Decides one question. An error says what is wrong with the principal.
pub fn question(world: &World, principal: &str, action: &str, resource: &str) -> Result<(Request, Decision), String> {
    let readable = Symbol::readable(principal);
    let caller = match Caller::from_arn(principal) {
        Some(caller) => caller,
        None if principal.ends_with(".amazonaws.com") => Caller::Service(principal.to_owned()),
        None => return Err(format!("{readable} is not the ARN of a role or user, nor a service")),
    };
    if let Caller::Role { arn, .. } | Caller::User { arn, .. } = &caller
        && !world.knows(arn)
    {
        return Err(format!("there is no principal {readable}"));
    }
    let owner = world.owner(resource);
    let context = world.context(&caller, resource, owner.as_deref());
    let request =
        Request { caller, action: action.to_owned(), resource: resource.to_owned(), resource_account: owner, context };
    let decision = evaluate(&request, &world.policies(&request));
    Ok((request, decision))
}

fn known(world: &World, principal: &str) -> String {
    let names = || world.principals.keys().map(String::as_str);
    match did_you_mean(principal, names()) {
        Some(meant) => format!("did you mean {}?", Symbol::readable(meant)),
        None => format!("there are: {}", names().map(Symbol::readable).collect::<Vec<_>>().join(", ")),
    }
}

fn at(diagnostic: Diagnostic, expectation: &Expectation, label: &str) -> Diagnostic {
    match (expectation.span, &expectation.key) {
        // One line stands for as many expectations as its `forEach` has elements.
        (Some(span), Some(key)) => diagnostic.label(span, format!("{label}, where each.key is {key}")),
        (Some(span), None) => diagnostic.label(span, label),
        (None, _) => diagnostic,
    }
}

fn judge(
    world: &World,
    expectation: &Expectation,
    principal: &str,
    resource: &str,
    decision: &Decision,
    proof: &mut Proof,
) {
    let asked = format!("{} {} on {}", Symbol::readable(principal), expectation.action, Symbol::readable(resource));
    let open = !decision.doubt.unknown.is_empty();
    match (expectation.expect, decision.verdict) {
        (ExpectedDecision::Allow, Verdict::Allow) | (ExpectedDecision::Deny, Verdict::Deny) => proof.proved += 1,
        (ExpectedDecision::Allow, Verdict::Depends) if !open => proof.proved += 1,
        (_, Verdict::Depends) if open => {
            let reasons: Vec<String> = decision.doubt.unknown.iter().map(|each| Symbol::readable(each)).collect();
            let text = format!("whether this holds is known only after an apply: {asked}");
            let diagnostic = Diagnostic::warning("access-undecided", text);
            let diagnostic = at(diagnostic, expectation, "not decided yet");
            proof.undecided.push(diagnostic.help(format!("it depends on {}", reasons.join(", "))));
        }
        (ExpectedDecision::Allow, _) => {
            let (word, help) = match decision.denial {
                Some(Denial::Implicit(layer)) => {
                    ("is not allowed", format!("no {} allows it; grant it, or expect deny", layer.word()))
                }
                _ => ("is denied", "take the denying statement back, or expect deny".to_owned()),
            };
            let diagnostic =
                Diagnostic::error("access-violated", format!("expected to be allowed, but {word}: {asked}"));
            proof.violated.push(with_statements(world, diagnostic, expectation, decision, "denies it").help(help));
        }
        (ExpectedDecision::Deny, verdict) => {
            let when = match verdict {
                Verdict::Depends => {
                    let keys: Vec<&str> = decision.doubt.context.iter().map(String::as_str).collect();
                    format!(", depending on {}", keys.join(", "))
                }
                _ => String::new(),
            };
            let diagnostic =
                Diagnostic::error("access-violated", format!("expected to be denied, but allowed{when}: {asked}"));
            let diagnostic = with_statements(world, diagnostic, expectation, decision, "allows it");
            proof.violated.push(diagnostic.help("narrow the statement, or expect allow"));
        }
    }
}

/// The deciding statements first, so that their lines are the ones drawn; then the expectation.
fn with_statements(
    world: &World,
    mut diagnostic: Diagnostic,
    expectation: &Expectation,
    decision: &Decision,
    word: &str,
) -> Diagnostic {
    for deciding in &decision.deciding {
        if let Some(span) = world.span(deciding) {
            let sid = deciding.sid.as_ref().map(|sid| format!(" {sid}")).unwrap_or_default();
            let number = deciding.statement.map_or(0, |place| place + 1);
            diagnostic = diagnostic.label(span, format!("statement {number}{sid} of the {} {word}", deciding.policy));
        }
    }
    at(diagnostic, expectation, "expected here")
}
