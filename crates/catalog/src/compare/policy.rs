//! IAM policy documents by meaning. What counts as the same follows the IAM User Guide, "Grammar of the IAM JSON policy language",
//! and the pages on each element: one value may stand for a list of one, lists of actions, resources, principals and
//! condition values have no order, actions and condition keys have no case, an account's id stands for its root's ARN.

use charter_model::Value;
use serde_json::{Map, Value as Json};

/// The form that all documents of one meaning share; none if the value is not a policy, or not known through and through.
pub(super) fn canonical(document: &Value) -> Option<Json> {
    let map = document.as_map()?;
    if !map.contains_key("Statement") || !document.is_known() || document.has_secret() {
        return None;
    }
    let mut canonical = Map::new();
    for (name, value) in map {
        let value = value.to_json();
        let value = match &**name {
            "Statement" => {
                let statements: Option<Vec<Json>> = listed(value).into_iter().map(statement).collect();
                sorted(statements?)
            }
            _ => value,
        };
        canonical.insert(name.to_string(), value);
    }
    Some(Json::Object(canonical))
}

fn statement(statement: Json) -> Option<Json> {
    let Json::Object(statement) = statement else { return None };
    statement.contains_key("Effect").then_some(())?;
    let members = statement.into_iter().map(|(name, value)| {
        let value = match name.as_str() {
            "Action" | "NotAction" => sorted(texts(value, |text| text.to_lowercase())),
            "Resource" | "NotResource" => sorted(listed(value)),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" => condition(value),
            _ => value,
        };
        (name, value)
    });
    Some(Json::Object(members.collect()))
}

/// `"*"` is everyone, as `{"AWS": "*"}` is.
fn principal(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let members = map.into_iter().map(|(kind, names)| {
                let names = if kind == "AWS" { texts(names, account) } else { listed(names) };
                (kind, sorted(names))
            });
            Json::Object(members.collect())
        }
        value => Json::Object(Map::from_iter([("AWS".to_owned(), sorted(listed(value)))])),
    }
}

/// The id of an account for the ARN of its root.
fn account(name: &str) -> String {
    let id = name
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"))
        .and_then(|(_, rest)| rest.strip_suffix(":root"));
    id.unwrap_or(name).to_owned()
}

fn condition(value: Json) -> Json {
    let Json::Object(operators) = value else { return value };
    let operators = operators.into_iter().map(|(operator, tests)| {
        let tests = match tests {
            Json::Object(tests) => {
                let tests = tests.into_iter().map(|(key, values)| {
                    let values = listed(values).into_iter().map(|value| match value {
                        Json::Bool(_) | Json::Number(_) => Json::String(value.to_string()),
                        value => value,
                    });
                    // The name of a tag, behind the `/`, has case; the key itself has none.
                    let key = match key.split_once('/') {
                        Some((key, tag)) => format!("{}/{tag}", key.to_lowercase()),
                        None => key.to_lowercase(),
                    };
                    (key, sorted(values.collect()))
                });
                Json::Object(tests.collect())
            }
            tests => tests,
        };
        (operator, tests)
    });
    Json::Object(operators.collect())
}

fn listed(value: Json) -> Vec<Json> {
    match value {
        Json::Array(list) => list,
        value => vec![value],
    }
}

fn texts(value: Json, change: impl Fn(&str) -> String) -> Vec<Json> {
    let change = |value: Json| match value {
        Json::String(text) => Json::String(change(&text)),
        value => value,
    };
    listed(value).into_iter().map(change).collect()
}

fn sorted(mut list: Vec<Json>) -> Json {
    list.sort_by_key(Json::to_string);
    list.dedup();
    Json::Array(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn same(left: Json, right: Json) -> bool {
        let canonical =
            |statement: Json| canonical(&Value::from(json!({"Version": "2012-10-17", "Statement": statement})));
        let (left, right) = (canonical(left).unwrap(), canonical(right).unwrap());
        left == right
    }

    #[test]
    fn ways_of_writing_one_statement_are_one() {
        let written = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["b", "a"], "Principal": "*"});
        assert!(same(written.clone(), json!([written])));
        assert!(same(
            written,
            json!([{"Effect": "Allow", "Action": ["s3:getobject"], "Resource": ["a", "b"], "Principal": {"AWS": ["*"]}}])
        ));
    }

    #[test]
    fn an_account_is_its_root() {
        let by = |principal: &str| json!({"Effect": "Allow", "Action": "*", "Principal": {"AWS": principal}});
        assert!(same(by("111111111111"), by("arn:aws:iam::111111111111:root")));
        assert!(!same(by("111111111111"), by("arn:aws:iam::111111111111:role/root")));
        assert!(!same(by("111111111111"), by("222222222222")));
    }

    #[test]
    fn condition_values_are_sets_of_texts_and_keys_have_no_case() {
        let when = |condition: Json| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        assert!(same(
            when(json!({"Bool": {"aws:SecureTransport": false}})),
            when(json!({"Bool": {"aws:securetransport": ["false"]}}))
        ));
        assert!(!same(
            when(json!({"StringEquals": {"aws:ResourceTag/Team": "a"}})),
            when(json!({"StringEquals": {"aws:ResourceTag/team": "a"}}))
        ));
    }

    #[test]
    fn what_means_something_else_differs() {
        let written = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a"});
        for other in [
            json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "a"}),
            json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "A"}),
            json!({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "a"}),
            json!({"Sid": "One", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "a"}),
        ] {
            assert!(!same(written.clone(), other.clone()), "{other}");
        }
    }

    #[test]
    fn what_is_no_policy_has_no_canonical_form() {
        assert_eq!(canonical(&Value::from(json!({"Statement": "x"}))), None);
        assert_eq!(canonical(&Value::from(json!({"a": 1}))), None);
    }
}
