//! Sessions for people whom a provider vouches for. The responses and tokens are those of `tests/tests/identity_provider.py`, signed by
//! libraries that nobody here wrote, for the first minutes of 2026.

use crate::issuers::IssuerKeys;
use crate::services::testing::Cloud;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::333333333333:role/web";
const SAML: &str = "arn:aws:iam::333333333333:saml-provider/corp";
const OIDC: &str = "arn:aws:iam::333333333333:oidc-provider/login.example.com";

fn fixtures() -> Value {
    serde_json::from_str(include_str!("fixtures/provider.json")).unwrap()
}

/// A cloud with both providers, and a role that trusts them as Amazon Q Business has it.
fn cloud() -> Cloud {
    let fixtures = fixtures();
    let mut cloud = Cloud::new();
    let metadata = fixtures["metadata"].as_str().unwrap();
    cloud.ok("iam", "CreateSAMLProvider", json!({"Name": "corp", "SAMLMetadataDocument": metadata}));
    let provider = json!({"Url": "https://login.example.com", "ClientIDList": ["client"]});
    cloud.ok("iam", "CreateOpenIDConnectProvider", provider);
    let statement = |provider: &str, action: &str, condition: Value| json!({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, "Condition": condition});
    let tagged = json!({"StringLike": {"aws:RequestTag/Email": "*"}});
    let recipient = json!({"StringEquals": {"SAML:aud": ["https://us-east-1.signin.aws.amazon.com/saml"]}});
    let audience = json!({"StringEquals": {"login.example.com:aud": "client"}});
    let trust = json!({"Version": "2012-10-17", "Statement": [
        statement(SAML, "sts:AssumeRoleWithSAML", recipient),
        statement(SAML, "sts:TagSession", tagged.clone()),
        statement(OIDC, "sts:AssumeRoleWithWebIdentity", audience),
        statement(OIDC, "sts:TagSession", tagged),
    ]});
    cloud.ok("iam", "CreateRole", json!({"RoleName": "web", "AssumeRolePolicyDocument": trust.to_string()}));
    let keys = fixtures["keys"].as_array().unwrap().clone();
    cloud.issuer_keys = Some(IssuerKeys { issuer: "https://login.example.com".to_owned(), keys: Ok(keys) });
    cloud
}

fn saml(response: &str) -> Value {
    json!({"RoleArn": ROLE, "PrincipalArn": SAML, "SAMLAssertion": response})
}

fn response(name: &str) -> String {
    fixtures()["responses"][name].as_str().unwrap().to_owned()
}

fn web(name: &str) -> Value {
    json!({"RoleArn": ROLE, "RoleSessionName": "mary", "WebIdentityToken": fixtures()["tokens"][name]})
}

#[test]
fn a_signed_response_opens_a_session_with_its_tags() {
    for name in ["good", "wholly signed"] {
        let mut cloud = cloud();
        let answer = cloud.ok("sts", "AssumeRoleWithSAML", saml(&response(name)));
        assert_eq!(
            answer["AssumedRoleUser"]["Arn"],
            "arn:aws:sts::333333333333:assumed-role/web/mary_major@example.com"
        );
        assert_eq!(answer["Subject"], "mary");
        assert_eq!(answer["SubjectType"], "persistent");
        assert_eq!(answer["Audience"], "https://us-east-1.signin.aws.amazon.com/saml");
        let key = answer["Credentials"]["AccessKeyId"].as_str().unwrap();
        let key = crate::identity::AccessKey::find(&cloud.store, key).unwrap();
        let crate::identity::CallerKind::Session { tags, .. } = key.caller.kind else { panic!("a session") };
        assert_eq!(tags["Email"], "mary_major@example.com");
    }
}

#[test]
fn each_response_that_is_not_right_is_refused_for_its_own_reason() {
    let mut cloud = cloud();
    for (name, expected) in [
        ("unsigned", "InvalidIdentityToken: Response signature invalid"),
        ("another issuer", "InvalidIdentityToken: Issuer not present in specified provider"),
        ("another audience", "InvalidIdentityToken: Response does not contain the required audience."),
        ("another recipient", "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"),
        ("a space in the role", "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"),
        ("no session name", "InvalidIdentityToken: RoleSessionName is required in AuthnResponse"),
        ("no e-mail", "AccessDenied: Not authorized to perform sts:TagSession"),
        (
            "denied",
            "IDPRejectedClaim: The identity provider did not authenticate the user: urn:oasis:names:tc:SAML:2.0:status:AuthnFailed",
        ),
    ] {
        assert_eq!(cloud.refused("sts", "AssumeRoleWithSAML", saml(&response(name))), expected, "{name}");
    }
    let other = json!({"RoleArn": ROLE, "PrincipalArn": format!("{SAML}2"), "SAMLAssertion": response("good")});
    let refused = cloud.refused("sts", "AssumeRoleWithSAML", other);
    assert_eq!(refused, "InvalidIdentityToken: Specified provider doesn't exist");
    let refused = cloud.refused("sts", "AssumeRoleWithSAML", saml("AAAA"));
    assert_eq!(refused, "InvalidIdentityToken: Your request included an invalid SAML response");
    cloud.pass(301.0);
    let refused = cloud.refused("sts", "AssumeRoleWithSAML", saml(&response("good")));
    assert_eq!(refused, "ExpiredTokenException: Token must be redeemed within 5 minutes of issuance");
}

#[test]
fn nothing_of_a_signed_response_can_be_exchanged() {
    let mut cloud = cloud();
    let text = String::from_utf8(STANDARD.decode(response("good")).unwrap()).unwrap();
    let begin = text.find("<saml:Assertion ").unwrap();
    let end = text.find("</samlp:Response>").unwrap();
    let assertion = &text[begin..end];
    let forged = assertion.replace("mary_major", "mateo_jackson").replace("\"a1\"", "\"a2\"");
    let whole = |inside: &str| format!("{}{inside}</samlp:Response>", &text[..begin]);
    for (what, response) in [
        ("another user", text.replace("mary_major", "mateo_jackson")),
        ("another key", text.replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA")),
        ("a second assertion", whole(&format!("{forged}{assertion}"))),
        (
            "the signed one inside another",
            whole(&forged.replace("</saml:Assertion>", &format!("{assertion}</saml:Assertion>"))),
        ),
        ("a signature over something else", whole(&forged)),
        ("a document type", format!("<!DOCTYPE samlp:Response>{text}")),
    ] {
        let refused = cloud.refused("sts", "AssumeRoleWithSAML", saml(&STANDARD.encode(&response)));
        assert!(refused.starts_with("InvalidIdentityToken: "), "{what}: {refused}");
    }
}

#[test]
fn a_token_opens_a_session_with_its_tags() {
    for name in ["good", "in lists"] {
        let mut cloud = cloud();
        let answer = cloud.ok("sts", "AssumeRoleWithWebIdentity", web(name));
        assert_eq!(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::333333333333:assumed-role/web/mary");
        assert_eq!(answer["SubjectFromWebIdentityToken"], "mary");
        assert_eq!((&answer["Provider"], &answer["Audience"]), (&"https://login.example.com".into(), &"client".into()));
    }
    // Without the claim there are no tags, and nothing is asked of sts:TagSession.
    cloud().ok("sts", "AssumeRoleWithWebIdentity", web("no tags"));
}

#[test]
fn each_token_that_is_not_right_is_refused_for_its_own_reason() {
    let mut cloud = cloud();
    for (name, expected) in [
        ("another audience", "InvalidIdentityToken: Incorrect token audience"),
        (
            "another issuer",
            "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://evil.example.com",
        ),
        ("without TLS", "InvalidIdentityToken: Issuer must use HTTPS"),
        ("no e-mail", "AccessDenied: Not authorized to perform sts:TagSession"),
        ("two values", "IDPRejectedClaim: The claim https://aws.amazon.com/tags is malformed"),
        ("no subject", "InvalidIdentityToken: Missing a required claim: sub"),
    ] {
        assert_eq!(cloud.refused("sts", "AssumeRoleWithWebIdentity", web(name)), expected, "{name}");
    }
    let mut other = web("good");
    other["WebIdentityToken"] = json!("not.a.token");
    let refused = cloud.refused("sts", "AssumeRoleWithWebIdentity", other);
    assert!(refused.starts_with("InvalidIdentityToken: The ID Token provided is not a valid JWT."), "{refused}");
    let mut other = web("good");
    other["RoleArn"] = json!("arn:aws:iam::333333333333:role/other");
    let refused = cloud.refused("sts", "AssumeRoleWithWebIdentity", other);
    assert_eq!(refused, "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity");
    cloud.pass(601.0);
    let refused = cloud.refused("sts", "AssumeRoleWithWebIdentity", web("good"));
    assert!(refused.starts_with("ExpiredTokenException: Token expired: current date/time"), "{refused}");
}

#[test]
fn a_token_is_held_against_what_its_issuer_publishes() {
    let mut cloud = cloud();
    let issuer = "https://login.example.com".to_owned();
    cloud.issuer_keys = Some(IssuerKeys { issuer: issuer.clone(), keys: Ok(Vec::new()) });
    let refused = cloud.refused("sts", "AssumeRoleWithWebIdentity", web("good"));
    assert_eq!(refused, "InvalidIdentityToken: Token signature invalid");
    cloud.issuer_keys = Some(IssuerKeys { issuer, keys: Err("it does not answer".to_owned()) });
    let refused = cloud.refused("sts", "AssumeRoleWithWebIdentity", web("good"));
    assert!(refused.starts_with("IDPCommunicationError: ") && refused.contains("it does not answer"), "{refused}");
}

#[test]
fn a_session_keeps_the_policies_that_it_was_opened_with() {
    let mut cloud = Cloud::new();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::333333333333:root"}, "Action": "sts:AssumeRole"},
    ]});
    cloud.ok("iam", "CreateRole", json!({"RoleName": "web", "AssumeRolePolicyDocument": trust.to_string()}));
    cloud.pass(60.0);
    let with = |policy: &str, arns: usize| {
        let arns: Vec<Value> = (0..arns).map(|_| json!({"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})).collect();
        json!({"RoleArn": ROLE, "RoleSessionName": "s", "Policy": policy, "PolicyArns": arns})
    };
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
            .to_string();
    let answer = cloud.ok("sts", "AssumeRole", with(&policy, 1));
    let key = answer["Credentials"]["AccessKeyId"].as_str().unwrap();
    let key = crate::identity::AccessKey::find(&cloud.store, key).unwrap();
    let crate::identity::CallerKind::Session { policies, .. } = key.caller.kind else { panic!("a session") };
    let policies = policies.unwrap();
    assert_eq!(policies.inline.as_deref(), Some(policy.as_str()));
    assert_eq!(policies.managed, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);

    let malformed = cloud.refused("sts", "AssumeRole", with(r#"{"Version":"2012-10-17"}"#, 0));
    assert_eq!(malformed, "MalformedPolicyDocument: Syntax errors in policy.");
    let large = policy.replace("s3:*", &format!("s3:{}", "x".repeat(2048)));
    let large = cloud.refused("sts", "AssumeRole", with(&large, 0));
    assert!(large.starts_with("PackedPolicyTooLarge: Packed policy consumes 10"), "{large}");
    let many = cloud.refused("sts", "AssumeRole", with(&policy, 11));
    assert!(many.starts_with("ValidationError: "), "{many}");
}
