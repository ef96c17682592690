//! The evaluator against AWS's documentation: each row names the page and the rule that it holds the evaluator to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a row that cannot be read must fail"
)]

use charter_access::{Caller, Context, Denial, Layer, Policies, Policy, PolicyDocument, Request, Verdict, evaluate};
use serde_json::{Value, json};

const LOGIC: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html";
const ORDER: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html";
const CROSS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html";
const BOUNDARY: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html";
const SCP: &str =
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html";
const RCP: &str = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html";
const KEYS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html";
const PRINCIPAL: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html";
const NOT_PRINCIPAL: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html";
const ACTION: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html";
const NOT_ACTION: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html";
const RESOURCE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html";
const NOT_RESOURCE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html";
const OPERATORS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";
const MULTIPLE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html";
const SETS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html";
const VARIABLES: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html";

const ROLE: &str = "arn:aws:iam::111111111111:role/reader";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/reader/job";
const USER: &str = "arn:aws:iam::111111111111:user/ana";
const ROOT: &str = "arn:aws:iam::111111111111:root";
const OBJECT: &str = "arn:aws:s3:::docs/a";

/// One question with its policies.
struct Case {
    request: Request,
    policies: Policies,
}

fn policy(statements: Value) -> Policy {
    versioned("2012-10-17", statements)
}

fn versioned(version: &str, statements: Value) -> Policy {
    let document = PolicyDocument::from_value(&json!({"Version": version, "Statement": statements})).unwrap();
    Policy { name: "policy".to_owned(), origin: 7, document: Ok(document) }
}

fn allow() -> Value {
    json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
}

fn other() -> Value {
    json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"})
}

fn deny() -> Value {
    json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
}

fn by(principal: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"})
}

fn asks(caller: &str) -> Case {
    Case {
        request: Request {
            caller: Caller::from_arn(caller).unwrap(),
            action: "s3:GetObject".to_owned(),
            resource: OBJECT.to_owned(),
            resource_account: None,
            context: Context::closed(),
        },
        policies: Policies::default(),
    }
}

impl Case {
    fn who(mut self, caller: Caller) -> Self {
        self.request.caller = caller;
        self
    }

    fn action(mut self, action: &str) -> Self {
        self.request.action = action.to_owned();
        self
    }

    fn resource(mut self, resource: &str) -> Self {
        self.request.resource = resource.to_owned();
        self
    }

    fn in_account(mut self, account: &str) -> Self {
        self.request.resource_account = Some(account.to_owned());
        self
    }

    fn context(mut self, key: &str, values: &[&str]) -> Self {
        self.request.context = self.request.context.with(key, values.iter().copied());
        self
    }

    fn identity(mut self, statements: Value) -> Self {
        self.policies.identity.push(policy(statements));
        self
    }

    fn old_identity(mut self, statements: Value) -> Self {
        self.policies.identity.push(versioned("2008-10-17", statements));
        self
    }

    fn boundary(mut self, statements: Value) -> Self {
        self.policies.boundary = Some(policy(statements));
        self
    }

    fn session(mut self, statements: Value) -> Self {
        self.policies.session.get_or_insert_default().push(policy(statements));
        self
    }

    fn on_resource(mut self, statements: Value) -> Self {
        self.policies.resource.push(policy(statements));
        self
    }

    fn resource_decides(mut self) -> Self {
        self.policies.resource_decides = true;
        self
    }

    fn scp(mut self, statements: Value) -> Self {
        self.policies.service_control.push(vec![policy(statements)]);
        self
    }

    fn rcp(mut self, statements: Value) -> Self {
        self.policies.resource_control.push(vec![policy(statements)]);
        self
    }

    /// With one identity statement under this condition.
    fn when(self, condition: Value) -> Self {
        let mut statement = allow();
        statement["Condition"] = condition;
        self.identity(statement)
    }
}

const ALLOW: (Verdict, Option<Denial>) = (Verdict::Allow, None);
const EXPLICIT: (Verdict, Option<Denial>) = (Verdict::Deny, Some(Denial::Explicit));
const fn missing(layer: Layer) -> (Verdict, Option<Denial>) {
    (Verdict::Deny, Some(Denial::Implicit(layer)))
}

type Row = (&'static str, &'static str, Case, (Verdict, Option<Denial>));

fn check(rows: Vec<Row>) {
    let mut wrong = Vec::new();
    for (source, rule, case, expected) in rows {
        let decision = evaluate(&case.request, &case.policies);
        if (decision.verdict, decision.denial) != expected {
            wrong.push(format!("{rule}\n  {source}\n  expected {expected:?}, got {decision:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn order_of_policies() {
    let identity = missing(Layer::Identity);
    let managed = || asks(ROLE).identity(allow());
    let federated = Caller::from_arn("arn:aws:sts::111111111111:federated-user/ana").unwrap();
    check(vec![
        (LOGIC, "by default all requests are denied", asks(ROLE), identity),
        (LOGIC, "the root user has full access by default", asks(ROOT), ALLOW),
        (LOGIC, "an explicit allow overrides the default", managed(), ALLOW),
        (LOGIC, "an explicit deny overrides allows", managed().identity(deny()), EXPLICIT),
        (ORDER, "an explicit deny in a boundary", managed().boundary(json!([allow(), deny()])), EXPLICIT),
        (ORDER, "an explicit deny in a session policy", managed().session(json!([allow(), deny()])), EXPLICIT),
        (
            ORDER,
            "an explicit deny in a resource policy",
            managed().on_resource(json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})),
            EXPLICIT,
        ),
        (SCP, "an explicit deny in an SCP, root user too", asks(ROOT).scp(deny()), EXPLICIT),
        (SCP, "SCPs must allow", managed().scp(other()), missing(Layer::ServiceControl)),
        (SCP, "SCPs never grant", asks(ROLE).scp(allow()), identity),
        (SCP, "every level must allow", managed().scp(allow()).scp(other()), missing(Layer::ServiceControl)),
        (
            SCP,
            "every level allows",
            managed().scp(allow()).scp(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})),
            ALLOW,
        ),
        (
            SCP,
            "SCPs bound what a resource policy grants",
            asks(ROLE).on_resource(by(json!({"AWS": SESSION}))).scp(other()),
            missing(Layer::ServiceControl),
        ),
        (
            RCP,
            "an RCP denies whoever asks",
            managed().rcp(json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})),
            EXPLICIT,
        ),
        (
            RCP,
            "RCPFullAWSAccess lets all pass",
            managed().rcp(json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})),
            ALLOW,
        ),
        (ORDER, "boundary and identity policy intersect", managed().boundary(allow()), ALLOW),
        (ORDER, "a boundary that does not allow", managed().boundary(other()), missing(Layer::Boundary)),
        (BOUNDARY, "a boundary alone grants nothing", asks(ROLE).boundary(allow()), identity),
        (ORDER, "session policy and identity policy intersect", managed().session(allow()), ALLOW),
        (ORDER, "a session policy that does not allow", managed().session(other()), missing(Layer::Session)),
        (ORDER, "a session policy alone grants nothing", asks(SESSION).session(allow()), identity),
        (
            ORDER,
            "within an account the resource policy of a user suffices",
            asks(USER).on_resource(by(json!({"AWS": USER}))),
            ALLOW,
        ),
        (
            ORDER,
            "… and the user's boundary does not limit it",
            asks(USER).boundary(other()).on_resource(by(json!({"AWS": USER}))),
            ALLOW,
        ),
        (ORDER, "a grant to a role", asks(ROLE).on_resource(by(json!({"AWS": ROLE}))), ALLOW),
        (
            ORDER,
            "… is limited by its boundary",
            asks(ROLE).boundary(other()).on_resource(by(json!({"AWS": ROLE}))),
            missing(Layer::Identity),
        ),
        (
            ORDER,
            "… and by session policies",
            asks(SESSION).session(other()).on_resource(by(json!({"AWS": ROLE}))),
            missing(Layer::Identity),
        ),
        (
            ORDER,
            "a grant to the session is not limited by the boundary",
            asks(SESSION).boundary(other()).on_resource(by(json!({"AWS": SESSION}))),
            ALLOW,
        ),
        (
            ORDER,
            "… nor by session policies",
            asks(SESSION).session(other()).on_resource(by(json!({"AWS": SESSION}))),
            ALLOW,
        ),
        (
            ORDER,
            "aws:PrincipalArn with a wildcard principal is not limited by the boundary",
            asks(ROLE).boundary(other()).context("aws:PrincipalArn", &[ROLE]).on_resource(json!({
                "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
                "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}
            })),
            ALLOW,
        ),
        (
            ORDER,
            "a federated user session named itself",
            asks(USER)
                .who(federated.clone())
                .session(other())
                .on_resource(by(json!({"AWS": "arn:aws:sts::111111111111:federated-user/ana"}))),
            ALLOW,
        ),
        (
            ORDER,
            "… by its user, within the session policies",
            asks(USER).who(federated.clone()).session(other()).on_resource(by(json!({"AWS": USER}))),
            missing(Layer::Identity),
        ),
        (
            "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html",
            "a federated user without session policies has no permissions",
            asks(USER).who(federated).identity(allow()),
            missing(Layer::Session),
        ),
        (
            PRINCIPAL,
            "the account lets its identity policies decide",
            asks(ROLE).on_resource(by(json!({"AWS": "111111111111"}))),
            identity,
        ),
        (
            KEYS,
            "a key policy that says nothing of the account shuts IAM policies out",
            managed().resource_decides(),
            missing(Layer::Resource),
        ),
        (
            KEYS,
            "a key policy that names the account lets IAM policies count",
            managed().resource_decides().on_resource(by(json!({"AWS": ROOT}))),
            ALLOW,
        ),
        (
            KEYS,
            "… and gives nothing by itself",
            asks(ROLE).resource_decides().on_resource(by(json!({"AWS": ROOT}))),
            identity,
        ),
        (
            KEYS,
            "a key policy that names the role suffices",
            asks(ROLE).resource_decides().on_resource(by(json!({"AWS": ROLE}))),
            ALLOW,
        ),
    ]);
}

#[test]
fn across_accounts() {
    let there = || asks(ROLE).in_account("222222222222");
    let granted = || there().on_resource(by(json!({"AWS": ROLE})));
    check(vec![
        (CROSS, "the identity policy alone does not do", there().identity(allow()), missing(Layer::Resource)),
        (CROSS, "the resource policy alone does not do", granted(), missing(Layer::Identity)),
        (CROSS, "both do", granted().identity(allow()), ALLOW),
        (
            CROSS,
            "the account named instead of the role",
            there().on_resource(by(json!({"AWS": ROOT}))).identity(allow()),
            ALLOW,
        ),
        (CROSS, "everybody named", there().on_resource(by(json!("*"))).identity(allow()), ALLOW),
        (
            CROSS,
            "another account named",
            there().on_resource(by(json!({"AWS": "333333333333"}))).identity(allow()),
            missing(Layer::Resource),
        ),
        (CROSS, "the boundary limits", granted().identity(allow()).boundary(other()), missing(Layer::Boundary)),
        (
            CROSS,
            "the session policy limits, though the session is named",
            asks(SESSION)
                .in_account("222222222222")
                .identity(allow())
                .session(other())
                .on_resource(by(json!({"AWS": SESSION}))),
            missing(Layer::Session),
        ),
        (CROSS, "a deny on either side", granted().identity(json!([allow(), deny()])), EXPLICIT),
        (CROSS, "the caller's SCPs limit", granted().identity(allow()).scp(other()), missing(Layer::ServiceControl)),
    ]);
}

#[test]
fn principals() {
    let service = |name: &str| asks(ROLE).who(Caller::Service(name.to_owned()));
    let provider = "arn:aws:iam::111111111111:oidc-provider/token.example";
    let nobody = || asks(ROLE).who(Caller::Anonymous);
    let none = missing(Layer::Resource);
    let trusts = |statement: Value| asks(ROLE).action("sts:AssumeRole").resource(ROLE).on_resource(statement);
    let except =
        |names: Value| json!({"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": "s3:*", "Resource": "*"});
    check(vec![
        (
            PRINCIPAL,
            "a service",
            service("kendra.amazonaws.com")
                .on_resource(by(json!({"Service": ["lambda.amazonaws.com", "kendra.amazonaws.com"]}))),
            ALLOW,
        ),
        (
            PRINCIPAL,
            "another service",
            service("kendra.amazonaws.com").on_resource(by(json!({"Service": "lambda.amazonaws.com"}))),
            none,
        ),
        (
            PRINCIPAL,
            "an account is no service",
            service("kendra.amazonaws.com").on_resource(by(json!({"AWS": ROOT}))),
            none,
        ),
        (
            SCP,
            "SCPs do not bind services",
            service("kendra.amazonaws.com").scp(other()).on_resource(by(json!({"Service": "kendra.amazonaws.com"}))),
            ALLOW,
        ),
        (
            PRINCIPAL,
            "an identity provider",
            asks(ROLE).who(Caller::Federated(provider.to_owned())).on_resource(by(json!({"Federated": provider}))),
            ALLOW,
        ),
        (PRINCIPAL, "everybody, also without credentials", nobody().on_resource(by(json!("*"))), ALLOW),
        (PRINCIPAL, "\"AWS\": \"*\" is everybody", nobody().on_resource(by(json!({"AWS": "*"}))), ALLOW),
        (PRINCIPAL, "an account does not name the anonymous", nobody().on_resource(by(json!({"AWS": ROOT}))), none),
        (PRINCIPAL, "a user", asks(USER).on_resource(by(json!({"AWS": [USER]}))), ALLOW),
        (
            PRINCIPAL,
            "names of users are case-sensitive",
            asks(USER).on_resource(by(json!({"AWS": "arn:aws:iam::111111111111:user/Ana"}))),
            missing(Layer::Identity),
        ),
        (
            PRINCIPAL,
            "no wildcard in part of a name",
            asks(USER).on_resource(by(json!({"AWS": "arn:aws:iam::111111111111:user/*"}))),
            missing(Layer::Identity),
        ),
        (
            PRINCIPAL,
            "another session of the role",
            asks("arn:aws:sts::111111111111:assumed-role/reader/x").on_resource(by(json!({"AWS": SESSION}))),
            missing(Layer::Identity),
        ),
        (
            PRINCIPAL,
            "a trust policy names no resource",
            trusts(json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"})),
            ALLOW,
        ),
        (
            NOT_PRINCIPAL,
            "all but the named are denied",
            asks(USER).identity(allow()).on_resource(except(json!([ROLE, ROOT]))),
            EXPLICIT,
        ),
        (
            NOT_PRINCIPAL,
            "the named with its account is spared",
            asks(USER).identity(allow()).on_resource(except(json!([USER, ROOT]))),
            ALLOW,
        ),
        (
            NOT_PRINCIPAL,
            "a role named with account and session",
            asks(SESSION).identity(allow()).on_resource(except(json!([ROOT, ROLE, SESSION]))),
            ALLOW,
        ),
        (
            NOT_PRINCIPAL,
            "without the account it might be denied",
            asks(USER).identity(allow()).on_resource(except(json!([USER]))),
            (Verdict::Depends, None),
        ),
        (
            BOUNDARY,
            "NotPrincipal with Deny always denies whoever has a boundary",
            asks(USER).identity(allow()).boundary(allow()).on_resource(except(json!([USER, ROOT]))),
            EXPLICIT,
        ),
    ]);
}

#[test]
fn actions_and_resources() {
    let none = missing(Layer::Identity);
    let may = |action: Value, resource: Value| {
        asks(ROLE).identity(json!({"Effect": "Allow", "Action": action, "Resource": resource}))
    };
    let queue = "arn:aws:sqs:us-east-2:111111111111:queue";
    check(vec![
        (ACTION, "names of actions are not case-sensitive", may(json!("S3:getobject"), json!("*")), ALLOW),
        (ACTION, "wildcards in the name", may(json!("s3:Get*"), json!("*")), ALLOW),
        (ACTION, "a question mark is one character", may(json!("s3:GetObjec?"), json!("*")), ALLOW),
        (ACTION, "of another service", may(json!("s3-object-lambda:GetObject"), json!("*")), none),
        (ACTION, "a list", may(json!(["s3:PutObject", "s3:GetObject"]), json!("*")), ALLOW),
        (
            NOT_ACTION,
            "everything but these",
            asks(ROLE).identity(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
            ALLOW,
        ),
        (
            NOT_ACTION,
            "… not these",
            asks(ROLE).identity(json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"})),
            none,
        ),
        (
            NOT_ACTION,
            "deny everything but these",
            asks(ROLE).identity(json!([allow(), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}])),
            EXPLICIT,
        ),
        (
            RESOURCE,
            "an asterisk covers slashes",
            may(json!("s3:*"), json!("arn:aws:s3:::docs/*")).resource("arn:aws:s3:::docs/a/b/c"),
            ALLOW,
        ),
        (RESOURCE, "names are case-sensitive", may(json!("s3:*"), json!("arn:aws:s3:::docs/A")), none),
        (RESOURCE, "a bucket is not its objects", may(json!("s3:*"), json!("arn:aws:s3:::docs")), none),
        (
            RESOURCE,
            "an asterisk at the end of a part crosses colons",
            may(json!("sqs:*"), json!("arn:aws:sqs:*:queue")).action("sqs:SendMessage").resource(queue),
            ALLOW,
        ),
        (
            RESOURCE,
            "one inside of a part does not",
            may(json!("sqs:*"), json!("arn:aws:sqs:us*1:queue")).action("sqs:SendMessage").resource(queue),
            none,
        ),
        (
            NOT_RESOURCE,
            "all resources but these",
            asks(ROLE).identity(json!({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"})),
            ALLOW,
        ),
        (
            NOT_RESOURCE,
            "… not these",
            asks(ROLE).identity(json!({"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::docs/*"]})),
            none,
        ),
        (
            NOT_RESOURCE,
            "deny all resources but these",
            asks(ROLE).identity(
                json!([allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}]),
            ),
            EXPLICIT,
        ),
    ]);
}

#[test]
fn condition_operators() {
    let no = missing(Layer::Identity);
    let with = |operator: &str, expected: Value, actual: &str| {
        asks(ROLE).context("k:x", &[actual]).when(json!({operator: {"k:x": expected}}))
    };
    let without = |operator: &str, expected: Value| asks(ROLE).when(json!({operator: {"k:x": expected}}));
    check(vec![
        (OPERATORS, "StringEquals is exact", with("StringEquals", json!("a"), "a"), ALLOW),
        (OPERATORS, "StringEquals minds case", with("StringEquals", json!("a"), "A"), no),
        (OPERATORS, "StringEquals knows no wildcards", with("StringEquals", json!("a*"), "ab"), no),
        (OPERATORS, "StringNotEquals", with("StringNotEquals", json!("a"), "b"), ALLOW),
        (OPERATORS, "StringEqualsIgnoreCase", with("StringEqualsIgnoreCase", json!("a"), "A"), ALLOW),
        (OPERATORS, "StringNotEqualsIgnoreCase", with("StringNotEqualsIgnoreCase", json!("a"), "A"), no),
        (OPERATORS, "StringLike knows wildcards", with("StringLike", json!("a*c?"), "abbcd"), ALLOW),
        (OPERATORS, "StringLike minds case", with("StringLike", json!("A*"), "ab"), no),
        (OPERATORS, "StringNotLike", with("StringNotLike", json!("a*"), "ab"), no),
        (OPERATORS, "NumericEquals", with("NumericEquals", json!(10), "10.0"), ALLOW),
        (OPERATORS, "NumericNotEquals", with("NumericNotEquals", json!("10"), "11"), ALLOW),
        (OPERATORS, "NumericLessThan", with("NumericLessThan", json!("10"), "9"), ALLOW),
        (OPERATORS, "NumericLessThan is strict", with("NumericLessThan", json!("10"), "10"), no),
        (OPERATORS, "NumericLessThanEquals", with("NumericLessThanEquals", json!("10"), "10"), ALLOW),
        (OPERATORS, "NumericGreaterThan", with("NumericGreaterThan", json!("10"), "11"), ALLOW),
        (OPERATORS, "NumericGreaterThanEquals", with("NumericGreaterThanEquals", json!("10"), "9"), no),
        (
            OPERATORS,
            "DateEquals, ISO 8601 and epoch",
            with("DateEquals", json!("2020-01-01T00:00:01Z"), "1577836801"),
            ALLOW,
        ),
        (OPERATORS, "DateNotEquals", with("DateNotEquals", json!("2020-01-01T00:00:01Z"), "2020-01-01T00:00:01Z"), no),
        (OPERATORS, "DateLessThan", with("DateLessThan", json!("2020-01-01"), "2019-12-31T23:59:59Z"), ALLOW),
        (
            OPERATORS,
            "DateLessThanEquals",
            with("DateLessThanEquals", json!("2020-01-01T00:00:00Z"), "2020-01-01"),
            ALLOW,
        ),
        (
            OPERATORS,
            "DateGreaterThan",
            with("DateGreaterThan", json!("2020-01-01T00:00:00Z"), "2020-01-01T00:00:00Z"),
            no,
        ),
        (
            OPERATORS,
            "DateGreaterThanEquals",
            with("DateGreaterThanEquals", json!("2020-01-01T00:00:00Z"), "2020-01-01T01:00:00+01:00"),
            ALLOW,
        ),
        (OPERATORS, "Bool", with("Bool", json!(true), "true"), ALLOW),
        (OPERATORS, "Bool, false", with("Bool", json!("false"), "true"), no),
        (
            OPERATORS,
            "BinaryEquals",
            with("BinaryEquals", json!("QmluYXJ5VmFsdWVJbkJhc2U2NA=="), "QmluYXJ5VmFsdWVJbkJhc2U2NA=="),
            ALLOW,
        ),
        (OPERATORS, "IpAddress in a network", with("IpAddress", json!("203.0.113.0/24"), "203.0.113.7"), ALLOW),
        (OPERATORS, "IpAddress, one address", with("IpAddress", json!("203.0.113.7"), "203.0.113.8"), no),
        (
            OPERATORS,
            "IpAddress, version 6",
            with("IpAddress", json!("2001:DB8:1234:5678::/64"), "2001:db8:1234:5678::1"),
            ALLOW,
        ),
        (OPERATORS, "NotIpAddress", with("NotIpAddress", json!("203.0.113.0/24"), "203.0.114.7"), ALLOW),
        (
            OPERATORS,
            "ArnEquals and ArnLike behave alike",
            with("ArnEquals", json!("arn:aws:sns:*:111111111111:t?"), "arn:aws:sns:eu-west-1:111111111111:t1"),
            ALLOW,
        ),
        (
            OPERATORS,
            "ArnLike takes each part by itself",
            with("ArnLike", json!("arn:aws:sns:*:t1"), "arn:aws:sns:eu-west-1:111111111111:t1"),
            no,
        ),
        (
            OPERATORS,
            "ArnNotLike",
            with("ArnNotLike", json!("arn:aws:sns:*:*:*"), "arn:aws:sns:eu-west-1:111111111111:t1"),
            no,
        ),
        (OPERATORS, "Null true: the key is absent", without("Null", json!("true")), ALLOW),
        (OPERATORS, "Null true, present", with("Null", json!("true"), "a"), no),
        (OPERATORS, "Null false: the key is present", with("Null", json!("false"), "a"), ALLOW),
        (OPERATORS, "an absent key does not match", without("StringEquals", json!("a")), no),
        (OPERATORS, "an absent key matches a negated operator", without("StringNotEquals", json!("a")), ALLOW),
        (OPERATORS, "IfExists, absent", without("StringEqualsIfExists", json!("a")), ALLOW),
        (OPERATORS, "IfExists, present and different", with("StringEqualsIfExists", json!("a"), "b"), no),
        (
            OPERATORS,
            "key names are not case-sensitive",
            asks(ROLE).context("K:X", &["a"]).when(json!({"StringEquals": {"k:x": "a"}})),
            ALLOW,
        ),
        (MULTIPLE, "values of a key are or", with("StringEquals", json!(["a", "b"]), "b"), ALLOW),
        (MULTIPLE, "values under a negated operator are nor", with("StringNotEquals", json!(["a", "b"]), "b"), no),
        (
            MULTIPLE,
            "keys are and",
            asks(ROLE).context("k:x", &["a"]).when(json!({"StringEquals": {"k:x": "a", "k:y": "b"}})),
            no,
        ),
        (
            MULTIPLE,
            "operators are and",
            asks(ROLE).context("k:x", &["a"]).when(json!({"StringEquals": {"k:x": "a"}, "Bool": {"k:y": "true"}})),
            no,
        ),
    ]);
}

#[test]
fn set_operators() {
    let no = missing(Layer::Identity);
    let with = |operator: &str, actual: &[&str]| {
        asks(ROLE).context("aws:TagKeys", actual).when(json!({operator: {"aws:TagKeys": ["a", "b"]}}))
    };
    let without = |operator: &str| asks(ROLE).when(json!({operator: {"aws:TagKeys": ["a", "b"]}}));
    check(vec![
        (SETS, "ForAllValues: each in the policy's set", with("ForAllValues:StringEquals", &["a", "b"]), ALLOW),
        (SETS, "ForAllValues: one is not", with("ForAllValues:StringEquals", &["a", "c"]), no),
        (SETS, "ForAllValues is true without keys", without("ForAllValues:StringEquals"), ALLOW),
        (SETS, "ForAllValues is true for an empty data set", with("ForAllValues:StringEquals", &[]), ALLOW),
        (SETS, "ForAnyValue: one in the set", with("ForAnyValue:StringEquals", &["c", "b"]), ALLOW),
        (SETS, "ForAnyValue: none", with("ForAnyValue:StringEquals", &["c"]), no),
        (SETS, "ForAnyValue is false without keys", without("ForAnyValue:StringEquals"), no),
        (SETS, "ForAnyValue with IfExists", without("ForAnyValue:StringEqualsIfExists"), ALLOW),
        (SETS, "ForAllValues negated: none in the set", with("ForAllValues:StringNotEquals", &["c", "d"]), ALLOW),
        (SETS, "ForAllValues negated: one in the set", with("ForAllValues:StringNotEquals", &["a", "d"]), no),
        (SETS, "ForAnyValue negated: one outside", with("ForAnyValue:StringNotEquals", &["a", "d"]), ALLOW),
        (SETS, "ForAnyValue of a pattern", with("ForAnyValue:StringLike", &["b"]), ALLOW),
    ]);
}

#[test]
fn policy_variables() {
    let no = missing(Layer::Identity);
    let on = |resource: &str| {
        asks(USER)
            .context("aws:username", &["a"])
            .identity(json!({"Effect": "Allow", "Action": "s3:*", "Resource": resource}))
    };
    let nobody =
        |resource: &str| asks(USER).identity(json!({"Effect": "Allow", "Action": "s3:*", "Resource": resource}));
    let hostile = asks(USER)
        .context("aws:username", &["*"])
        .identity(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::docs/${aws:username}"}));
    check(vec![
        (VARIABLES, "in a resource", on("arn:aws:s3:::docs/${aws:username}"), ALLOW),
        (VARIABLES, "names of variables are not case-sensitive", on("arn:aws:s3:::docs/${AWS:UserName}"), ALLOW),
        (VARIABLES, "a variable without a value matches nothing", nobody("arn:aws:s3:::docs/${aws:username}"), no),
        (VARIABLES, "a default value", nobody("arn:aws:s3:::docs/${aws:username, 'a'}"), ALLOW),
        (VARIABLES, "the value goes before the default", on("arn:aws:s3:::docs/${aws:username, 'b'}"), ALLOW),
        (VARIABLES, "a value is no wildcard", hostile, no),
        (VARIABLES, "${*} is an asterisk", on("arn:aws:s3:::docs/${*}").resource("arn:aws:s3:::docs/*"), ALLOW),
        (VARIABLES, "${*} is no wildcard", on("arn:aws:s3:::docs/${*}"), no),
        (VARIABLES, "${?} is a question mark", on("arn:aws:s3:::docs/${?}").resource("arn:aws:s3:::docs/?"), ALLOW),
        (VARIABLES, "${$} is a dollar sign", on("arn:aws:s3:::docs/${$}").resource("arn:aws:s3:::docs/$"), ALLOW),
        (
            VARIABLES,
            "in a condition",
            asks(USER)
                .context("aws:username", &["a"])
                .context("s3:prefix", &["a/b"])
                .when(json!({"StringLike": {"s3:prefix": "${aws:username}/*"}})),
            ALLOW,
        ),
        (
            VARIABLES,
            "not in version 2008-10-17",
            asks(USER).context("aws:username", &["a"]).old_identity(
                json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::docs/${aws:username}"}),
            ),
            no,
        ),
        (
            VARIABLES,
            "a key of several values is no variable",
            asks(USER)
                .context("aws:TagKeys", &["a", "b"])
                .identity(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::docs/${aws:TagKeys}"})),
            no,
        ),
    ]);
}

#[test]
fn what_a_plan_does_not_know_is_no_answer() {
    let index = |name: &str| {
        let id = charter_access::Symbol::new(charter_access::SymbolKind::Identifier, format!("{name}.Id"));
        format!("arn:aws:kendra:us-east-2:111111111111:index/{}", id.text())
    };
    let may = |resource: &str| {
        asks(ROLE)
            .action("kendra:Query")
            .identity(json!({"Effect": "Allow", "Action": "kendra:Query", "Resource": resource}))
    };
    let decide = |case: &Case| evaluate(&case.request, &case.policies);
    assert_eq!(decide(&may(&index("a")).resource(&index("a"))).verdict, Verdict::Allow);
    assert_eq!(decide(&may(&index("a")).resource(&index("b"))).verdict, Verdict::Deny);
    let depends = decide(&may(&index("a")).resource("arn:aws:kendra:us-east-2:111111111111:index/0123"));
    assert_eq!(depends.verdict, Verdict::Depends);
    assert_eq!(depends.doubt.unknown.iter().collect::<Vec<_>>(), ["a.Id"]);
    let mut blind = may(&index("a")).resource(&index("a"));
    blind.policies.boundary =
        Some(Policy { name: "b".to_owned(), origin: 1, document: Err("after s/b is created".to_owned()) });
    assert_eq!(decide(&blind).doubt.unknown.iter().collect::<Vec<_>>(), ["after s/b is created"]);
    let mut open = asks(ROLE).when(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
    open.request.context = Context::open();
    assert_eq!(decide(&open).doubt.context.iter().collect::<Vec<_>>(), ["aws:MultiFactorAuthPresent"]);
    open.request.context = Context::open().without("aws:MultiFactorAuthPresent");
    assert_eq!(decide(&open).verdict, Verdict::Deny);
}

#[test]
fn the_deciding_statement_is_named() {
    let case = asks(ROLE)
        .identity(json!([allow(), {"Sid": "NoReading", "Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}]));
    let decision = evaluate(&case.request, &case.policies);
    let [deciding] = decision.deciding.as_slice() else { panic!("one statement denies: {decision:?}") };
    assert_eq!((deciding.layer, deciding.statement, deciding.origin), (Layer::Identity, Some(1), 7));
    assert_eq!(deciding.sid.as_deref(), Some("NoReading"));
}
