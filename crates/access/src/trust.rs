//! Trust policies: who may assume a role. Imports `document` and `principal`.

use crate::{PolicyDocument, Principal, Statement};

/// A role that a service assumes, tied to the account (and, where known, the resource) that it acts for, so that the
/// service cannot be made to use it on behalf of somebody else.
///
/// Source: IAM User Guide, "The confused deputy problem",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTrust {
    services: Vec<String>,
    source_account: Option<String>,
    source_arns: Vec<String>,
}

impl ServiceTrust {
    /// A service principal: `kendra.amazonaws.com`.
    pub fn new(service: impl Into<String>) -> Self {
        Self { services: vec![service.into()], source_account: None, source_arns: Vec::new() }
    }

    /// Another service as well.
    #[must_use]
    pub fn and_service(mut self, service: impl Into<String>) -> Self {
        self.services.push(service.into());
        self
    }

    /// Only for resources of this account: `aws:SourceAccount`.
    #[must_use]
    pub fn for_account(mut self, account: impl Into<String>) -> Self {
        self.source_account = Some(account.into());
        self
    }

    /// Only for this resource; `*` and `?` match: `aws:SourceArn`.
    #[must_use]
    pub fn for_arn(mut self, arn: impl Into<String>) -> Self {
        self.source_arns.push(arn.into());
        self
    }

    /// The trust policy.
    pub fn document(self) -> PolicyDocument {
        let mut statement = Statement::allow(["sts:AssumeRole"]).by(Principal::services(self.services));
        if let Some(account) = self.source_account {
            statement = statement.when("StringEquals", "aws:SourceAccount", [account]);
        }
        if !self.source_arns.is_empty() {
            statement = statement.when("ArnLike", "aws:SourceArn", self.source_arns);
        }
        PolicyDocument::new([statement])
    }
}

/// A role that roles, users or accounts assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTrust {
    principals: Vec<String>,
    external_id: Option<String>,
    tag_session: bool,
}

impl RoleTrust {
    /// The ARN of a role or user, or the twelve digits of an account.
    pub fn new(principal: impl Into<String>) -> Self {
        Self { principals: vec![principal.into()], external_id: None, tag_session: false }
    }

    /// Another principal as well.
    #[must_use]
    pub fn and_principal(mut self, principal: impl Into<String>) -> Self {
        self.principals.push(principal.into());
        self
    }

    /// Only with this external id: `sts:ExternalId`.
    #[must_use]
    pub fn with_external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// The session may carry tags, which needs `sts:TagSession` beside `sts:AssumeRole`.
    #[must_use]
    pub fn with_session_tags(mut self) -> Self {
        self.tag_session = true;
        self
    }

    /// The trust policy.
    pub fn document(self) -> PolicyDocument {
        let actions: &[&str] =
            if self.tag_session { &["sts:AssumeRole", "sts:TagSession"] } else { &["sts:AssumeRole"] };
        let mut statement = Statement::allow(actions.iter().copied()).by(Principal::aws(self.principals));
        if let Some(external_id) = self.external_id {
            statement = statement.when("StringEquals", "sts:ExternalId", [external_id]);
        }
        PolicyDocument::new([statement])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_is_tied_to_its_source() {
        let document = ServiceTrust::new("kendra.amazonaws.com")
            .for_account("111111111111")
            .for_arn("arn:aws:kendra:us-east-1:111111111111:index/*")
            .document();
        assert_eq!(
            document.to_value(),
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "kendra.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "111111111111"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:kendra:us-east-1:111111111111:index/*"}
                }
            }]})
        );
    }

    #[test]
    fn a_role_is_assumed_with_its_external_id() {
        let document = RoleTrust::new("111111111111").with_external_id("x").with_session_tags().document();
        assert_eq!(
            document.to_value(),
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"AWS": "111111111111"},
                "Condition": {"StringEquals": {"sts:ExternalId": "x"}}
            }]})
        );
    }
}
