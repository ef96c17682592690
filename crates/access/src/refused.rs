//! What AWS says when it refuses a call, read: who lacks which action on what, and the statement that would allow it. Imports
//! `document`.
//!
//! Sources: IAM User Guide, "Troubleshoot access denied error messages"
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>); Amazon EC2 API Reference, "Error codes"
//! (`UnauthorizedOperation`); STS API Reference, DecodeAuthorizationMessage.

use crate::Statement;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The ARN of whoever asked; none if the message does not say.
    pub principal: Option<String>,
    /// `kendra:CreateIndex`; none if the message is sealed.
    pub action: Option<String>,
    /// The ARN of what it was asked for; `*` where the message names none.
    pub resource: String,
    /// What decided: `identity-based policy`, `service control policy`; none if the message does not say.
    pub policy: Option<String>,
    /// Whether a statement denies it, so that no further one can allow it.
    pub explicit: bool,
    /// The details, sealed by AWS, for `aws sts decode-authorization-message`.
    pub sealed: Option<String>,
}

impl Refused {
    /// Reads a message of AWS; none if it is about something else.
    pub fn read(message: &str) -> Option<Self> {
        let sealed = message
            .split_once("Encoded authorization failure message: ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .map(|text| text.trim_end_matches('.').to_owned());
        let Some((before, after)) = message.split_once("is not authorized to perform: ") else {
            return sealed.map(|sealed| Self {
                principal: None,
                action: None,
                resource: "*".to_owned(),
                policy: None,
                explicit: false,
                sealed: Some(sealed),
            });
        };
        let principal = before.rsplit_once("User: ").map(|(_, who)| who.trim().to_owned());
        let action = after.split_whitespace().next()?.trim_end_matches([',', '.', ';']);
        if !action.contains(':') {
            return None;
        }
        let resource = after
            .split_once("on resource: ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .map_or("*", |text| text.trim_end_matches([',', ';', ')']).trim_end_matches('.').trim_matches('"'));
        let explicit = after.contains("with an explicit deny");
        let policy = match explicit {
            true => after.split_once("explicit deny in a").map(|(_, rest)| rest.trim_start_matches("n ").trim_start()),
            false => after.split_once("because no ").and_then(|(_, rest)| Some(rest.split_once(" allows")?.0)),
        };
        let policy = policy.map(|text| {
            let words = text.split_once("policy").map_or(text, |(kind, _)| kind).trim_end();
            match words.split_once("boundary") {
                Some(_) => "permissions boundary".to_owned(),
                None => format!("{words} policy"),
            }
        });
        let policy =
            policy.or_else(|| after.contains("permissions boundary").then(|| "permissions boundary".to_owned()));
        Some(Self {
            principal,
            action: Some(action.to_owned()),
            resource: resource.to_owned(),
            policy,
            explicit,
            sealed,
        })
    }

    /// The statement that allows it, for the policy of whoever asked. None where none would: something denies it, or it is sealed.
    pub fn statement(&self) -> Option<Statement> {
        let action = self.action.as_ref().filter(|_| !self.explicit)?;
        Some(Statement::allow([action.clone()]).on([self.resource.clone()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const WHO: &str = "arn:aws:sts::333333333333:assumed-role/CharterDeployer/charter-dev";

    fn read(message: &str) -> Refused {
        Refused::read(message).unwrap()
    }

    #[test]
    fn an_action_that_nothing_allows_comes_with_its_statement() {
        let refused = read(&format!(
            "AccessDeniedException: User: {WHO} is not authorized to perform: kendra:DescribeIndex on resource: \
             arn:aws:kendra:us-east-2:333333333333:index/i because no identity-based policy allows the kendra:DescribeIndex action"
        ));
        assert_eq!(refused.principal.as_deref(), Some(WHO));
        assert_eq!(refused.policy.as_deref(), Some("identity-based policy"));
        assert_eq!(
            serde_json::to_value(refused.statement().unwrap()).unwrap(),
            json!({"Effect": "Allow", "Action": "kendra:DescribeIndex", "Resource": "arn:aws:kendra:us-east-2:333333333333:index/i"})
        );
    }

    #[test]
    fn s3_quotes_the_resource_and_older_messages_name_no_policy() {
        let refused = read(&format!(
            "AccessDenied: User: {WHO} is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::b\" because no \
             identity-based policy allows the s3:CreateBucket action"
        ));
        assert_eq!(refused.resource, "arn:aws:s3:::b");
        let refused = read(&format!("AccessDenied: User: {WHO} is not authorized to perform: iam:ListRoles"));
        assert_eq!((refused.resource.as_str(), refused.policy), ("*", None));
    }

    #[test]
    fn an_explicit_denial_has_no_remedy_in_the_own_policy() {
        let refused = read(&format!(
            "AccessDenied: User: {WHO} is not authorized to perform: iam:CreateUser on resource: \
             arn:aws:iam::333333333333:user/u with an explicit deny in a service control policy"
        ));
        assert!(refused.explicit && refused.statement().is_none());
        assert_eq!(refused.policy.as_deref(), Some("service control policy"));
        let refused = read(&format!(
            "AccessDenied: User: {WHO} is not authorized to perform: iam:CreateUser on resource: \
             arn:aws:iam::333333333333:user/u because no permissions boundary allows the iam:CreateUser action"
        ));
        assert_eq!(refused.policy.as_deref(), Some("permissions boundary"));
    }

    #[test]
    fn the_sealed_message_of_ec2_is_kept_for_decoding() {
        let refused = read(
            "UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: \
             aBcD-_9",
        );
        assert_eq!((refused.action, refused.sealed.as_deref()), (None, Some("aBcD-_9")));
        let refused = read(&format!(
            "You are not authorized to perform this operation. User: {WHO} is not authorized to perform: ec2:CreateVpc on resource: \
             arn:aws:ec2:us-east-2:333333333333:vpc/* because no identity-based policy allows the ec2:CreateVpc action. Encoded \
             authorization failure message: aBcD (Service: Ec2, Status Code: 403, Request ID: 1)"
        ));
        assert_eq!(refused.resource, "arn:aws:ec2:us-east-2:333333333333:vpc/*");
        assert_eq!(refused.action.as_deref(), Some("ec2:CreateVpc"));
    }

    #[test]
    fn other_messages_are_no_refusals() {
        assert_eq!(Refused::read("AccessDeniedException: the account takes no new customers"), None);
    }
}
