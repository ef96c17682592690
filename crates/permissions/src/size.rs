//! Policies of the size that IAM takes.

use crate::statements::{AccountPermissions, Permission, PolicyText};
use charter_access::Statement;
use std::collections::BTreeSet;

/// Characters that a managed policy may have; white space does not count.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas" (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const POLICY_LIMIT: usize = 6144;

/// Managed policies that a role may have without asking AWS for more: ten, and at most 25. Same source.
pub const MOST_POLICIES: usize = 10;

/// What a document needs beside its statements.
const FRAME: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

/// The statements of an account in as few documents as they go into, each within [`POLICY_LIMIT`]. Statements that are too large for
/// one are cut by their resources, which changes nothing of what they allow.
pub fn size(account: &AccountPermissions) -> Vec<PolicyText> {
    let mut pieces: Vec<Permission> = account.permissions.iter().flat_map(cut).collect();
    // The largest first, each into the first document that has room.
    pieces.sort_by_key(|piece| std::cmp::Reverse(length(&piece.statement)));
    let mut documents: Vec<(usize, Vec<Permission>)> = Vec::new();
    for piece in pieces {
        let needed = length(&piece.statement) + 1;
        match documents.iter_mut().find(|(used, _)| used + needed <= POLICY_LIMIT) {
            Some((used, list)) => {
                *used += needed;
                list.push(piece);
            }
            None => documents.push((FRAME + needed, vec![piece])),
        }
    }
    for (_, list) in &mut documents {
        list.sort_by(|one, other| one.statement.sid.cmp(&other.statement.sid));
    }
    documents.iter().map(|(_, list)| PolicyText::of(list)).collect()
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
}
