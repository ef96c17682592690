//! Values for a reader: short, in one line, never a secret.

use charter_model::Value;

/// Longer texts are cut in the middle of a table, never in data.
const LONGEST: usize = 72;

/// A value in one line: JSON with the markers of unknown and secret values spelled out.
pub(crate) fn inline(value: &Value) -> String {
    shorten(&full(value))
}

/// The same, not cut.
pub(crate) fn full(value: &Value) -> String {
    match value {
        Value::Unknown(unknown) => format!("(known {})", unknown.reason),
        Value::Secret(_) => "(secret)".to_owned(),
        Value::List(list) => format!("[{}]", list.iter().map(full).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let members: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", full(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_json().to_string(),
    }
}

/// For an output: a text bare, everything else as JSON.
pub(crate) fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => full(other),
    }
}

/// What differs between two values that are too long for one line: which elements or members went and which came, or the place
/// in a text where they part. None if both fit as they are.
pub(crate) fn difference(before: &Value, after: &Value) -> Option<Difference> {
    if fits(&full(before)) && fits(&full(after)) {
        return None;
    }
    if let (Value::List(one), Value::List(other)) = (before, after) {
        let (gone, come) = elements_apart(one, other);
        if gone.is_empty() && come.is_empty() {
            return Some(Difference::Order(one.len()));
        }
    }
    let mut found = Found::default();
    found.compare("", before, after);
    Some(Difference::Lines { lines: found.lines, kept: found.kept })
}

#[derive(Default)]
struct Found {
    lines: Vec<Line>,
    kept: usize,
}

impl Found {
    /// `path` leads to both within what is compared, and ends with what sets it apart from the value.
    fn compare(&mut self, path: &str, before: &Value, after: &Value) {
        match (before, after) {
            _ if fits(&full(before)) && fits(&full(after)) => self.one_line(path, before, after),
            (Value::List(before), Value::List(after)) => {
                let (gone, come) = elements_apart(before, after);
                self.kept += before.len() - gone.len();
                match (gone.as_slice(), come.as_slice()) {
                    ([gone], [come]) => self.compare(path, gone, come),
                    _ => {
                        self.lines.extend(gone.iter().map(|element| Line::Gone(format!("{path}{}", inline(element)))));
                        self.lines.extend(come.iter().map(|element| Line::Come(format!("{path}{}", inline(element)))));
                    }
                }
            }
            (Value::Map(before), Value::Map(after)) => {
                for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
                    let path = format!("{path}{key}: ");
                    match (before.get(key), after.get(key)) {
                        (Some(before), Some(after)) if before == after => self.kept += 1,
                        (Some(before), Some(after)) => self.compare(&path, before, after),
                        (Some(before), None) => self.lines.push(Line::Gone(format!("{path}{}", inline(before)))),
                        (None, Some(after)) => self.lines.push(Line::Come(format!("{path}{}", inline(after)))),
                        (None, None) => {}
                    }
                }
            }
            _ => self.one_line(path, before, after),
        }
    }

    fn one_line(&mut self, path: &str, before: &Value, after: &Value) {
        let (before, after) = around(&full(before), &full(after));
        self.lines.extend([Line::Gone(format!("{path}{before}")), Line::Come(format!("{path}{after}"))]);
    }
}

/// The elements of either list that have no counterpart in the other.
fn elements_apart<'v>(before: &'v [Value], after: &'v [Value]) -> (Vec<&'v Value>, Vec<&'v Value>) {
    let (mut gone, mut come) = (Vec::new(), after.iter().collect::<Vec<_>>());
    for element in before {
        match come.iter().position(|other| *other == element) {
            Some(same) => drop(come.remove(same)),
            None => gone.push(element),
        }
    }
    (gone, come)
}

/// How two long values differ.
#[derive(Debug, PartialEq)]
pub(crate) enum Difference {
    /// What went and came, beside so many that stay.
    Lines {
        /// In the order of the values.
        lines: Vec<Line>,
        /// How many elements or members are the same.
        kept: usize,
    },
    /// The same so many elements in another order.
    Order(usize),
}

/// One line of a difference.
#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    /// Only before.
    Gone(String),
    /// Only after.
    Come(String),
}

/// Both texts, cut so that the place where they part is to be seen.
fn around(before: &str, after: &str) -> (String, String) {
    /// What is shown before that place.
    const LEAD: usize = 24;
    if fits(before) && fits(after) {
        return (before.to_owned(), after.to_owned());
    }
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let start = same.saturating_sub(LEAD);
    let cut = |text: &str| {
        let rest: String = text.chars().skip(start).collect();
        let mark = if start > 0 { "…" } else { "" };
        shorten(&format!("{mark}{rest}"))
    };
    (cut(before), cut(after))
}

fn fits(text: &str) -> bool {
    text.chars().count() <= LONGEST
}

fn shorten(text: &str) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST - 1).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_model::{Secret, Unknown};

    #[test]
    fn a_long_difference_shows_what_differs() {
        let lines =
            |before: serde_json::Value, after: serde_json::Value| match difference(&before.into(), &after.into()) {
                Some(Difference::Lines { lines, kept }) => (lines, kept),
                other => panic!("{other:?}"),
            };
        let gone = |text: &str| Line::Gone(text.to_owned());
        let come = |text: &str| Line::Come(text.to_owned());
        let actions: Vec<String> = (0..40).map(|index| format!("s3:Action{index}")).collect();
        let mut after = actions.clone();
        after[35] = "s3:Other".to_owned();
        let before = serde_json::json!(actions);
        assert_eq!(
            lines(before.clone(), serde_json::json!(after)),
            (vec![gone("\"s3:Action35\""), come("\"s3:Other\"")], 39)
        );
        after.reverse();
        after[4] = "s3:Action35".to_owned();
        assert_eq!(difference(&before.into(), &serde_json::json!(after).into()), Some(Difference::Order(40)));

        let text = |end: &str| serde_json::json!({"Sql": format!("{}{end}", "x".repeat(300)), "Same": 1});
        let (found, kept) = lines(text("one"), text("two"));
        assert_eq!(kept, 1);
        assert_eq!(
            found,
            [gone(&format!("Sql: …{}one\"", "x".repeat(24))), come(&format!("Sql: …{}two\"", "x".repeat(24)))]
        );
        assert_eq!(difference(&Value::from("a"), &Value::from("b")), None);

        let policy = |action: &str| {
            serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", action], "Resource": "arn:aws:s3:::a-bucket-with-a-long-name/*"}]})
        };
        let (found, _) = lines(policy("s3:PutObject"), policy("s3:DeleteObject"));
        let actions = |last: &str| format!("Statement: Action: [\"s3:GetObject\", \"{last}\"]");
        assert_eq!(found, [gone(&actions("s3:PutObject")), come(&actions("s3:DeleteObject"))]);
    }

    #[test]
    fn a_value_reads_in_one_line_and_keeps_its_secrets() {
        let value: Value = serde_json::json!({"Name": "a", "Sizes": [1, 2.5]}).into();
        assert_eq!(inline(&value), r#"{Name: "a", Sizes: [1, 2.5]}"#);
        assert_eq!(inline(&Value::Secret(Secret::new("hunter2".into(), "s"))), "(secret)");
        assert_eq!(inline(&Value::Unknown(Unknown::new("after s/a is created"))), "(known after s/a is created)");
        assert!(inline(&Value::from("x".repeat(200).as_str())).chars().count() <= LONGEST);
    }
}
