//! Who vouches for the people of an Amazon Q Business application.
//!
//! Sources: Amazon Q Business User Guide, "Creating an Amazon Q Business application using IAM Federation" (which providers, the name of
//! the secret, the session tag); "Secure API access to Amazon Q Business with IAM federation" (AWS Machine Learning Blog: the regional
//! sign-in endpoint is recommended); IAM API Reference, "CreateOpenIDConnectProvider" (thumbprints).

use super::{Resources, at, each};
use charter_model::{DesiredResource, Diagnostic, Value};

/// Hosts of issuers whose tokens Q Business does not take, with whose they are: "Amazon Q Business supports Microsoft Entra ID with
/// SAML 2.0, but doesn't support OIDC for Google or Microsoft Entra ID" (Amazon Q Business User Guide, on applications that use IAM
/// Federation). The hosts are Microsoft's, of the two versions of its tokens and of its
/// national clouds (<https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>), and Google's
/// (<https://accounts.google.com/.well-known/openid-configuration>).
const NOT_SUPPORTED: &[(&str, &str)] = &[
    ("login.microsoftonline.com", "Microsoft Entra ID"),
    ("login.microsoftonline.us", "Microsoft Entra ID"),
    ("login.partner.microsoftonline.cn", "Microsoft Entra ID"),
    ("sts.windows.net", "Microsoft Entra ID"),
    ("sts.chinacloudapi.cn", "Microsoft Entra ID"),
    ("accounts.google.com", "Google"),
];

pub(super) fn find(resources: &Resources<'_>, found: &mut Vec<Diagnostic>) {
    for provider in resources.of_type("AWS::IAM::OIDCProvider") {
        thumbprints(resources, provider, found);
    }
    for application in resources.of_type("AWS::QBusiness::Application") {
        supported(resources, application, found);
    }
    for experience in resources.of_type("AWS::QBusiness::WebExperience") {
        secret_name(
            resources,
            experience,
            "/IdentityProviderConfiguration/OpenIDConnectConfiguration/SecretsArn",
            found,
        );
        for role in resources.behind(experience, "/RoleArn") {
            if role.type_name.as_str() == "AWS::IAM::Role" {
                trust(resources, role, found);
            }
        }
    }
}

fn thumbprints(resources: &Resources<'_>, provider: &DesiredResource, found: &mut Vec<Diagnostic>) {
    let Some(list) = resources.at(provider, "/ThumbprintList") else { return };
    let is_wrong = |text: &str| text.len() != 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit());
    for text in each(list).filter_map(Value::as_str).filter(|text| is_wrong(text)) {
        let message = format!("{}: {text:?} is no thumbprint", provider.address);
        let diagnostic = Diagnostic::error("bad-format", message).help(
            "a thumbprint is the SHA-1 digest of the certificate authority's certificate: 40 hexadecimal digits, without colons. Leave the list out and IAM finds it out",
        );
        found.push(at(provider, "/ThumbprintList", diagnostic, "not 40 hexadecimal digits"));
    }
}

fn supported(resources: &Resources<'_>, application: &DesiredResource, found: &mut Vec<Diagnostic>) {
    if resources.text(application, "/IdentityType") != Some("AWS_IAM_IDP_OIDC") {
        return;
    }
    let given = resources.text(application, "/IamIdentityProviderArn").map(str::to_owned);
    let made = resources.behind(application, "/IamIdentityProviderArn");
    let made = made.filter_map(|provider| resources.text(provider, "/Url").map(str::to_owned));
    for issuer in given.into_iter().chain(made) {
        let Some((_, whose)) = NOT_SUPPORTED.iter().find(|(host, _)| issuer.contains(host)) else { continue };
        let text = format!("{}: Amazon Q Business takes no OIDC tokens of {whose}", application.address);
        let diagnostic = Diagnostic::error("provider-not-supported", text)
            .help("let people sign in over SAML (`AWS_IAM_IDP_SAML`), or by IAM Identity Center");
        found.push(at(application, "/IamIdentityProviderArn", diagnostic, "not supported over OIDC"));
    }
}

/// The name that Q Business demands of a secret, which is told by its ARN or by the secret that is made.
pub(super) fn secret_name(
    resources: &Resources<'_>,
    resource: &DesiredResource,
    pointer: &str,
    found: &mut Vec<Diagnostic>,
) {
    let mut names: Vec<String> = Vec::new();
    if let Some((_, name)) = resources.text(resource, pointer).and_then(|arn| arn.split_once(":secret:")) {
        names.push(name.to_owned());
    }
    let secrets = resources.behind(resource, pointer);
    for secret in secrets.filter(|each| each.type_name.as_str() == "AWS::SecretsManager::Secret") {
        // A name that Charter makes up begins with the environment's.
        let named = secret.locations.values.keys().any(|place| place.to_string() == "/Name");
        match resources.text(secret, "/Name") {
            Some(name) => names.push(name.to_owned()),
            None if !named => names.push("made up by Charter".to_owned()),
            None => {}
        }
    }
    for name in names.iter().filter(|name| !name.starts_with("QBusiness-")) {
        let text = format!("{}: Amazon Q Business reads no secret with this name: {name}", resource.address);
        let help = "give the secret a name that begins with QBusiness-";
        let diagnostic = Diagnostic::error("secret-name", text).help(help);
        found.push(at(resource, pointer, diagnostic, "must begin with QBusiness-"));
    }
}

/// The trust policy of a role that people assume by what their provider says of them.
fn trust(resources: &Resources<'_>, role: &DesiredResource, found: &mut Vec<Diagnostic>) {
    const POLICY: &str = "/AssumeRolePolicyDocument";
    let Some(statements) = resources.at(role, "/AssumeRolePolicyDocument/Statement") else { return };
    let statements: Vec<&Value> = each(statements).collect();
    let does = |statement: &Value, action: &str| {
        statement.get("Action").is_some_and(|actions| each(actions).any(|each| each.as_str() == Some(action)))
    };
    let federated: Vec<&&Value> = statements
        .iter()
        .filter(|statement| {
            does(statement, "sts:AssumeRoleWithWebIdentity") || does(statement, "sts:AssumeRoleWithSAML")
        })
        .collect();
    // What is not known yet may say all that is missed.
    if federated.is_empty() || statements.iter().any(|statement| matches!(statement, Value::Unknown(_))) {
        return;
    }
    let has_key = |statement: &Value, key: &str| {
        let Some(Value::Map(operators)) = statement.get("Condition") else { return false };
        operators
            .values()
            .filter_map(Value::as_map)
            .flat_map(|keys| keys.keys())
            .any(|each| each.eq_ignore_ascii_case(key))
    };
    let tagged = statements
        .iter()
        .any(|statement| does(statement, "sts:TagSession") && has_key(statement, "aws:RequestTag/Email"));
    if !tagged {
        let text =
            format!("{}: the people of an Amazon Q Business application need the session tag Email", role.address);
        let help = "without it Q Business does not know who asks. Let the same principal do sts:TagSession where `StringLike: {aws:RequestTag/Email: \"*\"}`, \
                    and have the provider send the tag";
        let diagnostic = Diagnostic::error("email-tag-missing", text).help(help);
        found.push(at(role, POLICY, diagnostic, "does not allow sts:TagSession with the tag Email"));
    }
    for statement in federated.iter().filter(|statement| does(statement, "sts:AssumeRoleWithSAML")) {
        sign_in(role, statement, found);
    }
}

/// That SAML responses are taken at the sign-in page of the role's region.
fn sign_in(role: &DesiredResource, statement: &Value, found: &mut Vec<Diagnostic>) {
    let Some(Value::Map(operators)) = statement.get("Condition") else { return };
    let keys = operators.values().filter_map(Value::as_map).flatten();
    let audiences: Vec<&Value> =
        keys.filter(|(key, _)| key.eq_ignore_ascii_case("SAML:aud")).flat_map(|(_, value)| each(value)).collect();
    let region = &role.placement.region;
    let own = format!("https://{region}.signin.aws.amazon.com/saml");
    let is_page = |text: &&str| text.starts_with("https://") && text.ends_with("signin.aws.amazon.com/saml");
    let pages: Vec<&str> = audiences.iter().filter_map(|each| each.as_str()).filter(is_page).collect();
    if pages.is_empty() || pages.contains(&own.as_str()) {
        return;
    }
    let text = format!("{}: people sign in at {}, not in {region}", role.address, pages.join(", "));
    let help = format!("take responses at {own}: the page of the region does not depend on another one");
    let diagnostic = Diagnostic::warning("sign-in-elsewhere", text).help(help);
    found.push(at(role, "/AssumeRolePolicyDocument", diagnostic, "SAML:aud"));
}
