//! Whether, and as what, a `Principal` names a caller. Imports `answer`, `principal`, `request`, `symbol`.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and "…: NotPrincipal",
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::Principal;
use crate::answer::{Answer, Doubt};
use crate::request::Caller;
use crate::symbol::{matches, plain};

/// By which of its names a caller is named: what a grant is worth hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// As itself: session, user, service, provider; or as one of everybody.
    pub(crate) direct: Answer,
    /// By the ARN of its role.
    pub(crate) role: Answer,
    /// By its account.
    pub(crate) account: Answer,
}

impl Named {
    pub(crate) fn nobody() -> Self {
        Self { direct: Answer::No, role: Answer::No, account: Answer::No }
    }

    pub(crate) fn directly(answer: Answer) -> Self {
        Self { direct: answer, ..Self::nobody() }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            direct: self.direct.or(|| other.direct),
            role: self.role.or(|| other.role),
            account: self.account.or(|| other.account),
        }
    }

    pub(crate) fn and(self, other: &Answer) -> Self {
        Self {
            direct: self.direct.and(|| other.clone()),
            role: self.role.and(|| other.clone()),
            account: self.account.and(|| other.clone()),
        }
    }

    pub(crate) fn any(self) -> Answer {
        self.direct.or(|| self.role).or(|| self.account)
    }
}

/// As what a principal names a caller.
pub(crate) fn named(principal: &Principal, caller: &Caller) -> Named {
    let normal = principal.normalised();
    if normal == Principal::Everyone || normal.names("AWS").any(|name| name == "*") {
        return Named::directly(Answer::Yes);
    }
    let is = |name: &str, own: &str| matches(&plain(name), &plain(own));
    let any = |kind: &str, own: &str| Answer::any(normal.names(kind).map(|name| is(name, own)));
    let mut found = Named::nobody();
    match caller {
        Caller::Service(service) => found.direct = any("Service", service).or(|| any("Service", "*")),
        Caller::Federated(provider) => found.direct = any("Federated", provider).or(|| any("Federated", "*")),
        Caller::Anonymous => {}
        Caller::Root { .. } => {}
        Caller::User { arn, .. } => found.direct = any("AWS", arn),
        Caller::Role { arn, .. } => {
            found.role = any("AWS", arn);
            if let Some(session) = caller.session_arn() {
                found.direct = any("AWS", &session);
            }
        }
        Caller::FederatedUser { arn, user, .. } => {
            found.direct = any("AWS", arn);
            // A grant to the user who asked for the session is limited by the session policies, as one to a role.
            found.role = any("AWS", user);
        }
    }
    if let Some(account) = caller.account() {
        found.account =
            Answer::any(normal.names("AWS").map(|name| match name.split(':').collect::<Vec<_>>().as_slice() {
                ["arn", _, "iam", "", named, "root"] => is(named, account),
                _ => Answer::No,
            }));
        // Which account a canonical user ID stands for is in no policy.
        if let Some(canonical) = normal.names("CanonicalUser").next() {
            let doubt = Doubt::about_apply(format!("which account the canonical user {canonical} is"));
            found.account = found.account.or(|| Answer::Depends(doubt));
        }
    }
    found
}

/// Whether a `NotPrincipal` spares a caller. AWS may look at the account first, then the role, then the session: each must be
/// named, and where only some are, whether it is spared cannot be told.
pub(crate) fn is_spared(principal: &Principal, caller: &Caller) -> Answer {
    let by = named(principal, caller);
    let own = by.direct.clone().or(|| by.role.clone());
    match caller {
        Caller::Service(_) | Caller::Federated(_) | Caller::Anonymous => own,
        Caller::Root { .. } => by.account.or(|| own),
        _ => match (own, by.account) {
            (Answer::Yes, Answer::Yes) => Answer::Yes,
            (Answer::Yes, _) => Answer::Depends(Doubt::about_apply("a NotPrincipal that leaves out the account")),
            (own, _) => own,
        },
    }
}
