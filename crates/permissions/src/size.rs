//! Policies of the size that IAM takes.

use crate::statements::{AccountPermissions, Attachment, Permission, PolicyText};
use charter_access::Statement;
use std::collections::BTreeSet;

/// Characters that a managed policy may have; white space does not count.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas" (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const POLICY_LIMIT: usize = 6144;

/// Managed policies that a role may have without asking AWS for more: ten, and at most 25. Same source.
pub const MOST_POLICIES: usize = 10;

/// Characters that all inline policies of a role may have together; white space does not count. Same source.
pub const INLINE_LIMIT: usize = 10_240;

/// What a document needs beside its statements.
const FRAME: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

/// The statements of an account in as few documents as they go into: managed policies, each within [`POLICY_LIMIT`]; what does not go
/// into [`MOST_POLICIES`] of them, into one inline policy within [`INLINE_LIMIT`]; what does not go into that either, into further
/// managed policies, for which the quota must be raised. Statements that are too large for one are cut by their resources, which
/// changes nothing of what they allow.
pub fn size(account: &AccountPermissions) -> Vec<PolicyText> {
    let mut pieces: Vec<Permission> = account.permissions.iter().flat_map(cut).collect();
    // The largest first, each into the first document that has room.
    pieces.sort_by_key(|piece| std::cmp::Reverse(length(&piece.statement)));
    let mut documents: Vec<Document> = Vec::new();
    for piece in pieces {
        let needed = length(&piece.statement) + 1;
        match documents.iter_mut().find(|document| document.used + needed <= document.limit()) {
            Some(document) => {
                document.used += needed;
                document.list.push(piece);
            }
            None => {
                let attachment = match documents.len() {
                    MOST_POLICIES => Attachment::Inline,
                    _ => Attachment::Managed,
                };
                documents.push(Document { attachment, used: FRAME + needed, list: vec![piece] });
            }
        }
    }
    for document in &mut documents {
        document.list.sort_by(|one, other| one.statement.sid.cmp(&other.statement.sid));
    }
    documents.iter().map(|document| PolicyText::of(&document.list, document.attachment)).collect()
}

/// A document that fills up.
struct Document {
    attachment: Attachment,
    used: usize,
    list: Vec<Permission>,
}

impl Document {
    fn limit(&self) -> usize {
        match self.attachment {
            Attachment::Managed => POLICY_LIMIT,
            Attachment::Inline => INLINE_LIMIT,
        }
    }
}

fn length(statement: &Statement) -> usize {
    let text = serde_json::to_string(statement).unwrap_or_default();
    text.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// A statement in pieces that each fit into a document.
fn cut(permission: &Permission) -> Vec<Permission> {
    let room = POLICY_LIMIT - FRAME - 1;
    if length(&permission.statement) <= room {
        return vec![permission.clone()];
    }
    let (by_actions, list) = match permission.statement.resource.len() > 1 {
        true => (false, &permission.statement.resource),
        false => (true, &permission.statement.action),
    };
    if list.len() < 2 {
        return vec![permission.clone()];
    }
    let middle = list.len() / 2;
    let halves: [BTreeSet<String>; 2] =
        [list.iter().take(middle).cloned().collect(), list.iter().skip(middle).cloned().collect()];
    let half = |(number, half): (usize, BTreeSet<String>)| {
        let mut piece = permission.clone();
        if by_actions {
            piece.statement.action = half;
        } else {
            piece.statement.resource = half;
        }
        let letter = if number == 0 { "a" } else { "b" };
        piece.statement.sid = piece.statement.sid.map(|sid| format!("{sid}{letter}"));
        piece
    };
    halves.into_iter().enumerate().map(half).flat_map(|piece| cut(&piece)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_model::{AccountId, AccountName};

    fn account(permissions: Vec<Permission>) -> AccountPermissions {
        AccountPermissions {
            account: AccountName::new("retail").unwrap(),
            id: AccountId::new("333333333333").ok(),
            permissions,
        }
    }

    fn permission(sid: &str, resources: usize) -> Permission {
        let resources: Vec<String> = (0..resources)
            .map(|number| format!("arn:aws:iam::333333333333:role/a-role-with-a-name-{number}"))
            .collect();
        let statement = Statement::allow(["iam:GetRole", "iam:CreateRole"]).on(resources).named(sid);
        Permission { statement, needs: BTreeSet::new() }
    }

    #[test]
    fn what_fits_stays_together() {
        assert_eq!(size(&account(vec![permission("One", 3), permission("Two", 4)])).len(), 1);
    }

    #[test]
    fn a_large_statement_is_cut_and_loses_nothing() {
        let policies = size(&account(vec![permission("Large", 500), permission("Small", 1)]));
        assert!(policies.len() > 1);
        let mut resources = 0;
        for policy in &policies {
            let text = policy.document.to_string();
            assert!(text.chars().filter(|letter| !letter.is_whitespace()).count() <= POLICY_LIMIT, "{}", text.len());
            for statement in policy.document["Statement"].as_array().unwrap() {
                resources += statement["Resource"].as_array().map_or(1, Vec::len);
            }
        }
        assert_eq!(resources, 501);
    }

    #[test]
    fn what_ten_managed_policies_do_not_hold_goes_into_an_inline_one_and_then_into_more() {
        // About 5,000 characters each: one to a managed policy, two to the inline one.
        let many = (0..13).map(|number| permission(&format!("Statement{number}"), 83)).collect();
        let policies = size(&account(many));
        let attachments: Vec<Attachment> = policies.iter().map(|policy| policy.attachment).collect();
        let mut expected = vec![Attachment::Managed; 10];
        expected.extend([Attachment::Inline, Attachment::Managed]);
        assert_eq!(attachments, expected);
        for policy in &policies {
            let length = policy.document.to_string().chars().filter(|letter| !letter.is_whitespace()).count();
            let limit = if policy.attachment == Attachment::Inline { INLINE_LIMIT } else { POLICY_LIMIT };
            assert!(length <= limit, "{length}");
        }
        assert_eq!(policies[10].needs.len(), 2);
    }
}
