//! What to do about a refusal: the action, the resource, and the statement that is missing. Imports the crate `access`.

use crate::ui::{BOLD, Ui, paint};
use charter_access::Refused;
use charter_model::Address;
use charter_provider::{Failure, FailureCode};

/// A refusal, read; none if a failure is about something else.
fn refused(failure: &Failure) -> Option<Refused> {
    Refused::read(&failure.message).filter(|_| {
        matches!(
            failure.code,
            FailureCode::AccessDenied | FailureCode::InvalidCredentials | FailureCode::InvalidRequest
        )
    })
}

/// What to do, for a reader: indented lines that follow the message.
pub(crate) fn advice(failure: &Failure) -> Option<String> {
    let refused = refused(failure)?;
    if let Some(statement) = refused.statement() {
        let text = serde_json::to_string(&statement).unwrap_or_default();
        let (action, resource) = (refused.action.as_deref().unwrap_or_default(), &refused.resource);
        let whose = match (refused.policy.as_deref(), &refused.principal) {
            (Some(policy), Some(principal)) if policy != "identity-based policy" => {
                format!("a {policy} of {principal}")
            }
            (_, Some(principal)) => format!("the policies of {principal}"),
            _ => "the policies of the deployer".to_owned(),
        };
        return Some(format!("  missing: {action} on {resource}; add to {whose}:\n  {}", paint(BOLD, text)));
    }
    if refused.explicit {
        let policy = refused.policy.as_deref().unwrap_or("policy");
        return Some(format!("  a {policy} denies it, so that no further statement can allow it"));
    }
    let sealed = refused.sealed?;
    Some(format!("  what is missing is sealed: aws sts decode-authorization-message --encoded-message {sealed}"))
}

/// The same as an event.
pub(crate) fn emit(ui: Ui, address: &Address, failure: &Failure) {
    let Some(refused) = refused(failure) else { return };
    ui.emit(
        "missing-permission",
        &serde_json::json!({
            "address": address,
            "principal": refused.principal,
            "action": refused.action,
            "resource": refused.resource,
            "deniedBy": refused.policy,
            "explicit": refused.explicit,
            "statement": refused.statement(),
            "encodedMessage": refused.sealed,
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice_on(message: &str) -> Option<String> {
        advice(&Failure::new(FailureCode::AccessDenied, message))
    }

    #[test]
    fn a_missing_permission_comes_with_the_statement_to_add() {
        let told = advice_on(
            "AccessDenied: User: arn:aws:sts::333333333333:assumed-role/Deployer/run is not authorized to perform: iam:CreateRole on \
             resource: arn:aws:iam::333333333333:role/r because no identity-based policy allows the iam:CreateRole action",
        );
        let statement = r#"{"Effect":"Allow","Action":"iam:CreateRole","Resource":"arn:aws:iam::333333333333:role/r"}"#;
        let expected = format!(
            "  missing: iam:CreateRole on arn:aws:iam::333333333333:role/r; add to the policies of \
             arn:aws:sts::333333333333:assumed-role/Deployer/run:\n  {}",
            paint(BOLD, statement)
        );
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn what_no_statement_can_mend_is_told_so() {
        let denied = "User: u is not authorized to perform: iam:CreateRole on resource: r with an explicit deny in a service control policy";
        assert_eq!(
            advice_on(denied).as_deref(),
            Some("  a service control policy denies it, so that no further statement can allow it")
        );
        let sealed = "UnauthorizedOperation: You are not authorized. Encoded authorization failure message: abc";
        assert!(advice_on(sealed).is_some_and(|told| told.ends_with("--encoded-message abc")));
        assert_eq!(advice_on("AccessDeniedException: the account takes no new customers"), None);
    }
}
