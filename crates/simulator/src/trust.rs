//! Whether a role's trust policy lets somebody assume it. Imports `access` for the form of policies.

use crate::identity::Caller;
use charter_access::{Effect, PolicyDocument, Principal, Statement};
use std::collections::BTreeMap;

/// Who wants to assume a role.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Assumer<'a> {
    /// A service: `kendra.amazonaws.com`.
    Service(&'a str),
    /// A user or a session.
    Caller(&'a Caller),
    /// Somebody whom an identity provider vouches for, by the provider's ARN.
    Federated(&'a str),
}

/// What the conditions of a trust policy are evaluated in: `aws:SourceAccount`, `sts:ExternalId`, by name. Names compare
/// without case.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

/// Whether the policy allows the action (`sts:AssumeRole`, `sts:TagSession`) to the assumer.
///
/// A trust policy that names an account's root leaves the decision to that account's own policies; those are
/// not evaluated.
pub(crate) fn allows(trust_policy: &str, action: &str, assumer: Assumer<'_>, context: &Context) -> bool {
    let Ok(policy) = PolicyDocument::from_json(trust_policy) else { return false };
    let applies = |effect| {
        policy.statement.iter().any(|statement| {
            statement.effect == effect
                && names_action(statement, action)
                && names_assumer(statement, assumer)
                && holds(statement, context)
        })
    };
    applies(Effect::Allow) && !applies(Effect::Deny)
}

fn names_action(statement: &Statement, action: &str) -> bool {
    let matches = |pattern: &String| like(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase());
    if statement.not_action.is_empty() {
        statement.action.iter().any(matches)
    } else {
        !statement.not_action.iter().any(matches)
    }
}

fn names_assumer(statement: &Statement, assumer: Assumer<'_>) -> bool {
    match (&statement.principal, &statement.not_principal) {
        (Some(principal), _) => is_named(principal, assumer),
        (None, Some(principal)) => !is_named(principal, assumer),
        (None, None) => false,
    }
}

fn is_named(principal: &Principal, assumer: Assumer<'_>) -> bool {
    match (principal.normalised(), assumer) {
        (Principal::Everyone, _) => true,
        (some, Assumer::Service(service)) => some.names("Service").any(|name| name == service),
        (some, Assumer::Federated(provider)) => some.names("Federated").any(|name| name == provider),
        (some, Assumer::Caller(caller)) => some.names("AWS").any(|name| {
            let root = format!(":iam::{}:root", caller.account);
            name == "*" || name == caller.arn || name == caller.policy_arn() || name.ends_with(&root)
        }),
    }
}

/// Whether all conditions of a statement hold. An operator that is not known never holds, so that nothing is allowed by it.
fn holds(statement: &Statement, context: &Context) -> bool {
    // Through JSON: one reader for every form in which a condition may be written.
    let document = PolicyDocument::new([statement.clone()]).to_value();
    let Some(conditions) = document.pointer("/Statement/0/Condition").and_then(serde_json::Value::as_object) else {
        return true;
    };
    conditions.iter().all(|(operator, keys)| {
        keys.as_object()
            .is_some_and(|keys| keys.iter().all(|(key, expected)| condition(operator, key, expected, context)))
    })
}

fn condition(operator: &str, key: &str, expected: &serde_json::Value, context: &Context) -> bool {
    let expected: Vec<String> = match expected {
        serde_json::Value::Array(list) => list.iter().map(scalar).collect(),
        one => vec![scalar(one)],
    };
    let actual = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, values)| values.as_slice());
    let (quantifier, operator) = match operator.split_once(':') {
        Some((quantifier, operator)) => (quantifier, operator),
        None => ("", operator),
    };
    if operator == "Null" {
        return expected.iter().any(|wanted| (wanted == "true") == actual.is_none());
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let negated = operator.contains("Not");
    let Some(actual) = actual else { return if_exists || negated || quantifier == "ForAllValues" };
    let compare: fn(&str, &str) -> bool = match operator.replace("Not", "").as_str() {
        "StringEquals" | "ArnEquals" if !operator.starts_with("Arn") => |pattern, value| pattern == value,
        "StringEqualsIgnoreCase" => |pattern, value| pattern.eq_ignore_ascii_case(value),
        "Bool" => |pattern, value| pattern.eq_ignore_ascii_case(value),
        // AWS treats ArnEquals as ArnLike.
        "StringLike" | "ArnLike" | "ArnEquals" => like,
        _ => return false,
    };
    let one = |value: &String| expected.iter().any(|pattern| compare(pattern, value)) != negated;
    if quantifier == "ForAnyValue" || (quantifier.is_empty() && !negated) {
        actual.iter().any(one)
    } else {
        actual.iter().all(one)
    }
}

fn scalar(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a text matches a pattern with `*` and `?`.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(each) if *each == '?' || text.get(place) == Some(each) => {
                at += 1;
                place += 1;
            }
            _ => match star {
                // Let the last star swallow one more character.
                Some((star_at, star_place)) => {
                    star = Some((star_at, star_place + 1));
                    at = star_at + 1;
                    place = star_place + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_none_or(|rest| rest.iter().all(|each| *each == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::CallerKind;
    use charter_model::AccountId;

    fn caller() -> Caller {
        Caller {
            account: AccountId::new("111111111111").unwrap(),
            arn: "arn:aws:sts::111111111111:assumed-role/Deployer/run".to_owned(),
            user_id: "AROA:run".to_owned(),
            kind: CallerKind::Session {
                role: "Deployer".to_owned(),
                role_arn: "arn:aws:iam::111111111111:role/Deployer".to_owned(),
                tags: BTreeMap::new(),
                policies: None,
            },
        }
    }

    fn trust(principal: &str, condition: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal},"Condition":{condition}}}]}}"#
        )
    }

    #[test]
    fn accounts_roles_and_services_are_told_apart() {
        let caller = caller();
        let allowed =
            |principal: &str, assumer| allows(&trust(principal, "{}"), "sts:AssumeRole", assumer, &Context::new());
        assert!(allowed(r#"{"AWS":"111111111111"}"#, Assumer::Caller(&caller)));
        assert!(allowed(r#"{"AWS":"arn:aws:iam::111111111111:role/Deployer"}"#, Assumer::Caller(&caller)));
        assert!(!allowed(r#"{"AWS":"arn:aws:iam::222222222222:root"}"#, Assumer::Caller(&caller)));
        assert!(allowed(r#"{"Service":"kendra.amazonaws.com"}"#, Assumer::Service("kendra.amazonaws.com")));
        assert!(!allowed(r#"{"Service":"kendra.amazonaws.com"}"#, Assumer::Caller(&caller)));
    }

    #[test]
    fn conditions_are_held_against_the_context() {
        let service = Assumer::Service("kendra.amazonaws.com");
        let principal = r#"{"Service":"kendra.amazonaws.com"}"#;
        let with = |condition: &str, context: &[(&str, &str)]| {
            let context = context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect();
            allows(&trust(principal, condition), "sts:AssumeRole", service, &context)
        };
        let account = r#"{"StringEquals":{"aws:SourceAccount":"1"}}"#;
        assert!(with(account, &[("AWS:sourceaccount", "1")]));
        assert!(!with(account, &[("aws:SourceAccount", "2")]));
        assert!(!with(account, &[]));
        assert!(with(r#"{"StringEqualsIfExists":{"aws:SourceAccount":"1"}}"#, &[]));
        assert!(with(
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:kendra:*:1:index/*"}}"#,
            &[("aws:SourceArn", "arn:aws:kendra:us-east-1:1:index/a")]
        ));
        assert!(!with(r#"{"DateLessThan":{"aws:CurrentTime":"2020-01-01"}}"#, &[]));
    }

    #[test]
    fn patterns_match_by_stars_and_question_marks() {
        assert!(like("a*c?e", "abbbcde") && like("*", "") && like("a**", "a"));
        assert!(!like("a?c", "ac") && !like("a*b", "abc"));
    }
}
