//! Which parts of an ARN can be known before anything exists: names, as opposed to the ids that AWS makes. Imports nothing of the
//! crate.

use charter_planner::{OperationKind, Plan};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every text that a plan knows beforehand, and the parts of it between `/` and `:`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    texts: BTreeSet<String>,
    /// What is rehearsed under another id than it has in truth.
    truths: BTreeMap<String, String>,
}

impl Known {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut known = Self::default();
        for operation in &plan.operations {
            known.add(&serde_json::to_value(&operation.properties).unwrap_or_default());
            if let OperationKind::Adopt { identifier } = &operation.kind {
                known.add(&Value::from(identifier.as_str()));
            }
        }
        known
    }

    /// Takes one identifier for another, and each of its parts for the other's.
    pub(crate) fn stands_for(&mut self, rehearsed: &str, truth: &str) {
        let parts =
            |identifier: &str| -> Vec<String> { identifier.split(['/', ':', '|']).map(str::to_owned).collect() };
        let (rehearsed, truth) = (parts(rehearsed), parts(truth));
        if rehearsed.len() == truth.len() {
            self.truths.extend(rehearsed.into_iter().zip(truth).filter(|(one, other)| one != other));
        }
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.texts.extend(text.split(['/', ':']).map(str::to_owned));
                self.texts.insert(text.clone());
                // A policy document, a body: JSON within a text.
                if text.starts_with(['{', '['])
                    && let Ok(inner) = serde_json::from_str(text)
                {
                    self.add(&inner);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.texts.insert(name.clone());
                    self.add(member);
                }
            }
            _ => {}
        }
    }

    /// Whether a name stands in the plan.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.texts.contains(name)
    }

    /// An ARN in which whatever cannot be known is a `*`; and whether there is such a thing.
    ///
    /// The six random characters at the end of a secret's ARN are `??????`, as Secrets Manager's own documentation writes them.
    pub(crate) fn pattern(&self, arn: &str, named: &[String]) -> (String, bool) {
        let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
        let Some(path) = parts.pop().filter(|_| parts.len() == 5) else { return (arn.to_owned(), arn.contains('*')) };
        let mut path = path.to_owned();
        let secret = parts.get(2) == Some(&"secretsmanager");
        for name in named {
            if let Some(truth) = self.truths.get(name) {
                path = path.replace(name.as_str(), truth);
                continue;
            }
            if self.has(name) {
                continue;
            }
            if secret && name.len() == 6 && path.ends_with(&format!("-{name}")) {
                path = format!("{}??????", path.strip_suffix(name.as_str()).unwrap_or(&path));
            } else {
                path = path.replace(name.as_str(), "*");
            }
        }
        // Nothing is gained by six of any characters after any text.
        let path = path.replace("*-??????", "*");
        let open = path.contains(['*', '?']);
        (format!("{}:{path}", parts.join(":")), open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(texts: &[&str]) -> Known {
        Known { texts: texts.iter().map(|text| (*text).to_owned()).collect(), ..Known::default() }
    }

    fn pattern(known: &Known, arn: &str, named: &[&str]) -> String {
        let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        known.pattern(arn, &named).0
    }

    #[test]
    fn names_stay_and_ids_become_stars() {
        let known = known(&["local-reader"]);
        assert_eq!(
            pattern(&known, "arn:aws:iam::333333333333:role/local-reader", &["local-reader"]),
            "arn:aws:iam::333333333333:role/local-reader"
        );
        assert_eq!(
            pattern(&known, "arn:aws:kendra:us-east-2:333333333333:index/3b1e/data-source/77aa", &["3b1e", "77aa"]),
            "arn:aws:kendra:us-east-2:333333333333:index/*/data-source/*"
        );
    }

    #[test]
    fn what_is_adopted_has_its_own_id() {
        let mut known = known(&[]);
        known.stands_for("vpc-0a|igw-1", "vpc-77|igw-88");
        known.stands_for("one/two", "three");
        assert_eq!(
            pattern(&known, "arn:aws:ec2:us-east-2:333333333333:vpc/vpc-0a", &["vpc-0a"]),
            "arn:aws:ec2:us-east-2:333333333333:vpc/vpc-77"
        );
        assert_eq!(
            pattern(&known, "arn:aws:s:us-east-2:333333333333:a/one", &["one"]),
            "arn:aws:s:us-east-2:333333333333:a/*"
        );
    }

    #[test]
    fn a_secret_keeps_its_name_and_six_characters() {
        let known = known(&["db-login"]);
        let arn = "arn:aws:secretsmanager:us-east-2:333333333333:secret:";
        assert_eq!(
            pattern(&known, &format!("{arn}db-login-aBcDeF"), &["db-login", "aBcDeF"]),
            format!("{arn}db-login-??????")
        );
        assert_eq!(
            pattern(&known, &format!("{arn}rds!cluster-77aa-aBcDeF"), &["77aa", "aBcDeF"]),
            format!("{arn}rds!cluster-*")
        );
    }
}
