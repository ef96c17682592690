//! The condition keys of a request, as far as the simulator knows them.
//!
//! Source: IAM User Guide, "AWS global condition context keys"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).

use super::Question;
use crate::identity::{Caller, CallerKind, Role, User};
use crate::organization::Membership;
use crate::service::Call;
use crate::store::GLOBAL;
use charter_access::Context;
use std::collections::BTreeMap;

pub(super) fn of(call: &Call<'_>, caller: &Caller, question: &Question) -> Context {
    let mut context = Context::closed()
        .with("aws:PrincipalArn", [caller.policy_arn()])
        .with("aws:PrincipalAccount", [caller.account.as_str()])
        .with("aws:PrincipalIsAWSService", ["false"])
        .with("aws:userid", [caller.user_id.as_str()])
        .with("aws:RequestedRegion", [call.region])
        .with("aws:CurrentTime", [call.now.to_string()])
        .with("aws:EpochTime", [call.now.as_second().to_string()])
        .with("aws:SourceIp", ["127.0.0.1"])
        // The simulator's loopback stands for AWS's endpoints, which take TLS only.
        .with("aws:SecureTransport", ["true"])
        .with("aws:ViaAWSService", [question.by_handler.to_string()]);
    let tags = match &caller.kind {
        CallerKind::User(name) => {
            context = context.with("aws:PrincipalType", ["User"]).with("aws:username", [name.as_str()]);
            call.store.get::<User>(&caller.account, GLOBAL, name).map(|user| user.tags).unwrap_or_default()
        }
        CallerKind::Session { role, tags: session, .. } => {
            context = context.with("aws:PrincipalType", ["AssumedRole"]);
            let role = call.store.get::<Role>(&caller.account, GLOBAL, role);
            // Session tags win over those of the role.
            let mut tags: BTreeMap<String, String> = role.map(|role| role.tags).unwrap_or_default();
            tags.extend(session.clone());
            tags
        }
    };
    for (key, value) in &tags {
        context = context.with(&format!("aws:PrincipalTag/{key}"), [value.as_str()]);
    }
    if let Some(membership) = Membership::of(call.store, &caller.account) {
        context = context.with("aws:PrincipalOrgID", [membership.organization]);
    }
    if !question.request_tags.is_empty() {
        context = context.with("aws:TagKeys", question.request_tags.keys().cloned());
    }
    for (key, value) in &question.request_tags {
        context = context.with(&format!("aws:RequestTag/{key}"), [value.as_str()]);
    }
    let prefix = question.action.split(':').next().unwrap_or_default();
    for (key, value) in &question.resource_tags {
        context = context.with(&format!("aws:ResourceTag/{key}"), [value.as_str()]);
        context = context.with(&format!("{prefix}:ResourceTag/{key}"), [value.as_str()]);
    }
    if let Some(service) = &question.passed_to {
        context = context.with("iam:PassedToService", [service.as_str()]);
    }
    if call.service == "sts" {
        for (key, member) in [
            ("sts:ExternalId", "ExternalId"),
            ("sts:RoleSessionName", "RoleSessionName"),
            ("sts:SourceIdentity", "SourceIdentity"),
        ] {
            if let Some(text) = call.text(member) {
                context = context.with(key, [text]);
            }
        }
    }
    for (key, value) in &question.keys {
        context = context.with(key, [value.as_str()]);
    }
    context
}
