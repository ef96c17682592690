//! Property test against `iam-rs`, an evaluator that others wrote: single policies over random requests must come to the same
//! answer.
//!
//! `iam-rs` knows neither accounts nor boundaries nor organisations, so what is compared is one policy at a time: effects, actions,
//! resources, conditions, set operators, variables. The order of policies is held to AWS's pages in `evaluation.rs`.
//!
//! Differences, settled from AWS's documentation for our side, so that the generator does not draw them:
//! * `ArnEquals` with wildcards: `iam-rs` compares exactly; AWS: "`ArnEquals` and `ArnLike` behave the same"
//!   (IAM User Guide, "Condition operators").
//! * Variables as the values of `StringEquals`: `iam-rs` leaves them as text; AWS: "you can use a policy variable for `Condition`
//!   values … in any condition that involves the string operators or the ARN operators" (IAM User Guide, "Variables and tags").

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a policy that cannot be read must fail"
)]

use charter_access::{Caller, Context, Denial, Policies, Policy, PolicyDocument, Request, Verdict, evaluate};
use iam_rs::{Arn, ContextValue, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId};
use proptest::prelude::*;
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::111111111111:user/ana";

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn actions() -> impl Strategy<Value = Value> {
    let action = one_of(&[
        "s3:GetObject",
        "s3:getobject",
        "s3:Get*",
        "s3:*",
        "*",
        "s3:Put?bject",
        "sqs:SendMessage",
        "S3:PutObject",
    ]);
    prop::collection::vec(action, 1..3).prop_map(|list| json!(list))
}

fn resources() -> impl Strategy<Value = Value> {
    let resource = one_of(&[
        "*",
        "arn:aws:s3:::docs/*",
        "arn:aws:s3:::docs/a",
        "arn:aws:s3:::docs/?",
        "arn:aws:s3:::*/a",
        "arn:aws:s3:::docs/${aws:username}",
        "arn:aws:s3:::docs/${aws:username}/*",
        "arn:aws:sqs:*:111111111111:q*",
        "arn:aws:sqs:us-east-2:*:queue",
    ]);
    prop::collection::vec(resource, 1..3).prop_map(|list| json!(list))
}

const TEXTS: &[&str] = &["a", "A", "ab", "a*", "b?"];
const NUMBERS: &[&str] = &["1", "2", "10", "-1", "1.5"];
const DATES: &[&str] = &["2020-01-01T00:00:00Z", "2020-06-01T12:30:00Z", "2021-01-01T00:00:00Z"];
const ADDRESSES: &[&str] = &["203.0.113.0/24", "203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"];
const ARNS: &[&str] =
    &["arn:aws:sns:*:111111111111:t", "arn:aws:sns:eu-west-1:*:t?", "arn:aws:sns:eu-west-1:111111111111:t1"];

const EXACT_ARNS: &[&str] = &["arn:aws:sns:eu-west-1:111111111111:t1", "arn:aws:sns:us-east-1:222222222222:t"];

fn condition() -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![
        (
            one_of(&[
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike"
            ]),
            Just("k:text"),
            Just(TEXTS)
        ),
        (
            one_of(&[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals"
            ]),
            Just("k:number"),
            Just(NUMBERS)
        ),
        (
            one_of(&[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals"
            ]),
            Just("k:date"),
            Just(DATES)
        ),
        (one_of(&["Bool"]), Just("k:bool"), Just(&["true", "false"][..])),
        (one_of(&["IpAddress", "NotIpAddress"]), Just("k:address"), Just(ADDRESSES)),
        (one_of(&["ArnLike", "ArnNotLike"]), Just("k:arn"), Just(ARNS)),
        (one_of(&["ArnEquals", "ArnNotEquals"]), Just("k:arn"), Just(EXACT_ARNS)),
    ];
    let plain = kinds
        .prop_flat_map(|(operator, key, words)| {
            (Just(operator), Just(key), prop::collection::vec(one_of(words), 1..3), any::<bool>())
        })
        .prop_map(|(operator, key, values, if_exists)| {
            let operator = if if_exists { format!("{operator}IfExists") } else { operator };
            json!({operator: {key: values}})
        });
    let null = (one_of(&["k:text", "k:number"]), one_of(&["true", "false"]))
        .prop_map(|(key, value)| json!({"Null": {key: value}}));
    let sets = (
        one_of(&[
            "ForAllValues:StringEquals",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringLike",
            "ForAnyValue:StringLike",
        ]),
        prop::collection::vec(one_of(&["a", "b", "a*"]), 1..3),
    )
        .prop_map(|(operator, values)| json!({operator: {"aws:TagKeys": values}}));
    prop_oneof![4 => Just(Value::Null), 4 => plain, 1 => null, 2 => sets]
}

fn statement() -> impl Strategy<Value = Value> {
    (one_of(&["Allow", "Allow", "Deny"]), actions(), any::<bool>(), resources(), any::<bool>(), condition()).prop_map(
        |(effect, actions, not_action, resources, not_resource, condition)| {
            let action = if not_action { "NotAction" } else { "Action" };
            let resource = if not_resource { "NotResource" } else { "Resource" };
            let mut statement = json!({"Effect": effect, action: actions, resource: resources});
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

#[derive(Debug, Clone)]
struct Asked {
    action: String,
    resource: String,
    text: Option<String>,
    number: Option<String>,
    date: Option<String>,
    flag: Option<bool>,
    address: Option<String>,
    arn: Option<String>,
    tags: Option<Vec<String>>,
    username: Option<String>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let maybe = |words: &'static [&'static str]| prop::option::weighted(0.7, one_of(words));
    (
        one_of(&["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
        one_of(&[
            "arn:aws:s3:::docs/a",
            "arn:aws:s3:::docs/ana",
            "arn:aws:s3:::other/a",
            "arn:aws:s3:::docs/ana/b",
            "arn:aws:sqs:us-east-2:111111111111:queue",
        ]),
        (
            maybe(&["a", "A", "ab", "bc", "ana"]),
            maybe(NUMBERS),
            maybe(DATES),
            prop::option::weighted(0.7, any::<bool>()),
        ),
        maybe(&["203.0.113.7", "203.0.114.1", "10.1.2.3", "2001:db8::1"]),
        maybe(&[
            "arn:aws:sns:eu-west-1:111111111111:t1",
            "arn:aws:sns:us-east-1:222222222222:t",
            "arn:aws:sns:us-east-1:111111111111:t",
        ]),
        prop::option::weighted(0.7, prop::collection::vec(one_of(&["a", "b", "ab"]), 1..3)),
        maybe(&["ana", "a"]),
    )
        .prop_map(|(action, resource, (text, number, date, flag), address, arn, tags, username)| Asked {
            action,
            resource,
            text,
            number,
            date,
            flag,
            address,
            arn,
            tags,
            username,
        })
}

/// What Charter says: allow, explicit deny, or nothing applies.
fn ours(document: &Value, asked: &Asked) -> Decision {
    let mut context = Context::closed();
    let flag = asked.flag.map(|flag| flag.to_string());
    for (key, value) in [
        ("k:text", &asked.text),
        ("k:number", &asked.number),
        ("k:date", &asked.date),
        ("k:bool", &flag),
        ("k:address", &asked.address),
        ("k:arn", &asked.arn),
        ("aws:username", &asked.username),
    ] {
        if let Some(value) = value {
            context = context.with(key, [value.as_str()]);
        }
    }
    if let Some(tags) = &asked.tags {
        context = context.with("aws:TagKeys", tags.iter().map(String::as_str));
    }
    let request = Request {
        caller: Caller::from_arn(USER).unwrap(),
        action: asked.action.clone(),
        resource: asked.resource.clone(),
        resource_account: None,
        context,
    };
    let document = PolicyDocument::from_value(document).unwrap();
    let identity = vec![Policy { name: "p".to_owned(), origin: 0, document: Ok(document) }];
    let decision = evaluate(&request, &Policies { identity, ..Policies::default() });
    match (decision.verdict, decision.denial) {
        (Verdict::Allow, _) => Decision::Allow,
        (Verdict::Deny, Some(Denial::Explicit)) => Decision::Deny,
        (Verdict::Deny, _) => Decision::NotApplicable,
        (Verdict::Depends, _) => panic!("nothing is unknown here: {decision:?}"),
    }
}

/// What the peer says.
fn theirs(document: &Value, asked: &Asked) -> Result<Decision, String> {
    let policy: IAMPolicy = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let mut context = iam_rs::Context::new();
    let text = |value: &String| ContextValue::String(value.clone());
    for (key, value) in [
        ("k:text", &asked.text),
        ("k:address", &asked.address),
        ("k:arn", &asked.arn),
        ("aws:username", &asked.username),
    ] {
        if let Some(value) = value {
            context.insert(key.to_owned(), text(value));
        }
    }
    if let Some(number) = &asked.number {
        context.insert("k:number".to_owned(), ContextValue::Number(number.parse().unwrap()));
    }
    if let Some(date) = &asked.date {
        context.insert("k:date".to_owned(), ContextValue::DateTime(date.parse().unwrap()));
    }
    if let Some(flag) = asked.flag {
        context.insert("k:bool".to_owned(), ContextValue::Boolean(flag));
    }
    if let Some(tags) = &asked.tags {
        context.insert("aws:TagKeys".to_owned(), ContextValue::StringList(tags.clone()));
    }
    let principal = Principal::Aws(PrincipalId::String(USER.to_owned()));
    let resource = Arn::parse(&asked.resource).map_err(|error| error.to_string())?;
    let request = IAMRequest::new_with_context(principal, asked.action.clone(), resource, context);
    let result = PolicyEvaluator::with_policies(vec![policy]).evaluate(&request).map_err(|error| error.to_string())?;
    Ok(result.decision)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_evaluators_agree(statements in prop::collection::vec(statement(), 1..4), asked in asked()) {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let peer = theirs(&document, &asked);
        prop_assert_eq!(peer, Ok(ours(&document, &asked)), "{} for {:?}", document, asked);
    }
}
