//! What Q Business refuses of the things in an application, at creation and at every change.

use super::records::{Index, Item, Settings, Thing};
use super::support::{absent, at_rest, check_role, check_secret, invalid};
use super::{enrichment, templates};
use crate::identity::Role;
use crate::service::{Call, ServiceError};
use crate::services::kendra;
use crate::store::GLOBAL;
use serde_json::{Value, json};

/// Judges the settings that a thing would have, and completes them.
pub(super) type Check = fn(&mut Call<'_>, &Item, &mut Settings) -> Result<(), ServiceError>;

fn text<'a>(settings: &'a Settings, pointer: &str) -> Option<&'a str> {
    let (first, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
    let value = settings.get(first)?;
    if rest.is_empty() { value.as_str() } else { value.pointer(&format!("/{rest}"))?.as_str() }
}

pub(super) fn index(_call: &mut Call<'_>, _application: &Item, settings: &mut Settings) -> Result<(), ServiceError> {
    settings.entry("type").or_insert(json!("ENTERPRISE"));
    settings.entry("capacityConfiguration").or_insert(json!({"units": 1}));
    merge_attributes(settings);
    Ok(())
}

/// Attributes that every index has, among others
/// (<https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/doc-attributes-types.html>).
const RESERVED: &[(&str, &str)] = &[
    ("_authors", "STRING_LIST"),
    ("_category", "STRING"),
    ("_created_at", "DATE"),
    ("_document_title", "STRING"),
    ("_last_updated_at", "DATE"),
    ("_source_uri", "STRING"),
    ("_version", "STRING"),
    ("_view_count", "NUMBER"),
];

/// An index keeps the attributes that it has, beside those that an update names.
fn merge_attributes(settings: &mut Settings) {
    const KEPT: &str = "keptAttributes";
    let listed = |value: Option<Value>| value.and_then(|value| value.as_array().cloned()).unwrap_or_default();
    let mut all = listed(settings.remove(KEPT));
    if all.is_empty() {
        all = RESERVED.iter().map(|(name, kind)| json!({"name": name, "type": kind, "search": "DISABLED"})).collect();
    }
    for attribute in listed(settings.remove("documentAttributeConfigurations")) {
        let name = attribute.get("name").cloned();
        match all.iter_mut().find(|held| held.get("name").cloned() == name) {
            Some(held) => *held = attribute,
            None => all.push(attribute),
        }
    }
    settings.insert(KEPT.to_owned(), json!(all));
    settings.insert("documentAttributeConfigurations".to_owned(), json!(all));
}

pub(super) fn retriever(call: &mut Call<'_>, application: &Item, settings: &mut Settings) -> Result<(), ServiceError> {
    check_role(call, text(settings, "roleArn"), "qbusiness.amazonaws.com", &application.id)?;
    let native = text(settings, "configuration/nativeIndexConfiguration/indexId");
    let kendra_index = text(settings, "configuration/kendraIndexConfiguration/indexId");
    match (text(settings, "type"), native, kendra_index) {
        (Some("NATIVE_INDEX"), Some(id), None) => {
            let key = format!("{}|{id}", application.id);
            let index: Option<Index> = call.store.get(call.account, call.region, &key);
            at_rest(call, &index.ok_or_else(|| absent(id, Index::WORD))?)
        }
        (Some("KENDRA_INDEX"), None, Some(id)) => {
            if text(settings, "roleArn").is_none() {
                return Err(invalid("roleArn is needed for a retriever of the type KENDRA_INDEX."));
            }
            if kendra::has_index(call, id) { Ok(()) } else { Err(absent(id, "KendraIndex")) }
        }
        (kind, ..) => {
            let kind = kind.unwrap_or_default();
            Err(invalid(format!("The configuration does not fit the type {kind} of the retriever.")))
        }
    }
}

pub(super) fn data_source(
    call: &mut Call<'_>,
    application: &Item,
    settings: &mut Settings,
) -> Result<(), ServiceError> {
    let Some(kind) = text(settings, "configuration/type").map(str::to_owned) else {
        return Err(invalid("The configuration does not follow its schema: type is required."));
    };
    if kind != "CUSTOM" {
        templates::check(&kind, settings.get("configuration").unwrap_or(&Value::Null))?;
        if text(settings, "roleArn").is_none() {
            return Err(invalid(format!("roleArn is needed for a data source of the type {kind}.")));
        }
    }
    check_role(call, text(settings, "roleArn"), "qbusiness.amazonaws.com", &application.id)?;
    check_secret(call, text(settings, "configuration/secretArn"), false)?;
    enrichment::check(call, application, settings)?;
    settings.insert("type".to_owned(), json!(kind));
    Ok(())
}

pub(super) fn plugin(call: &mut Call<'_>, application: &Item, settings: &mut Settings) -> Result<(), ServiceError> {
    let custom = text(settings, "type") == Some("CUSTOM");
    if custom != settings.contains_key("customPluginConfiguration") {
        return Err(invalid("customPluginConfiguration is for a plugin of the type CUSTOM, which needs it."));
    }
    for way in ["basicAuthConfiguration", "oAuth2ClientCredentialConfiguration", "idcAuthConfiguration"] {
        check_role(
            call,
            text(settings, &format!("authConfiguration/{way}/roleArn")),
            "qbusiness.amazonaws.com",
            &application.id,
        )?;
        check_secret(call, text(settings, &format!("authConfiguration/{way}/secretArn")), false)?;
    }
    settings.entry("state").or_insert(json!("ENABLED"));
    Ok(())
}

pub(super) fn data_accessor(
    call: &mut Call<'_>,
    _application: &Item,
    settings: &mut Settings,
) -> Result<(), ServiceError> {
    if !settings.contains_key("idcApplicationArn") {
        let (instance, id) = (call.random.hex(16), call.random.hex(16));
        let arn = format!("arn:{}:sso::{}:application/ssoins-{instance}/apl-{id}", call.partition(), call.account);
        settings.insert("idcApplicationArn".to_owned(), json!(arn));
    }
    Ok(())
}

pub(super) fn web_experience(
    call: &mut Call<'_>,
    application: &Item,
    settings: &mut Settings,
) -> Result<(), ServiceError> {
    let identity = application.text("identityType").unwrap_or_default();
    let provider = application.text("iamIdentityProviderArn");
    let (saml, oidc) = (
        text(settings, "identityProviderConfiguration/samlConfiguration/authenticationUrl").is_some(),
        text(settings, "identityProviderConfiguration/openIDConnectConfiguration/secretsArn").is_some(),
    );
    let fits = match identity {
        "AWS_IAM_IDP_SAML" => !oidc,
        "AWS_IAM_IDP_OIDC" => !saml,
        _ => !saml && !oidc,
    };
    if !fits {
        return Err(invalid(format!("identityProviderConfiguration does not fit the identity type {identity}.")));
    }
    if let Some(role) = text(settings, "roleArn") {
        match provider {
            Some(provider) => check_federated_role(call, role, provider)?,
            None => check_role(call, Some(role), "application.qbusiness.amazonaws.com", &application.id)?,
        }
    }
    let part = |name: &str| text(settings, &format!("identityProviderConfiguration/openIDConnectConfiguration/{name}"));
    check_secret(call, part("secretsArn"), true)?;
    check_role(call, part("secretsRole"), "application.qbusiness.amazonaws.com", &application.id)?;
    let pending = provider.is_some() && (!settings.contains_key("roleArn") || !(saml || oidc));
    if pending {
        settings.insert("pendingAuthentication".to_owned(), json!(true));
    } else {
        settings.remove("pendingAuthentication");
    }
    settings.entry("samplePromptsControlMode").or_insert(json!("ENABLED"));
    if !settings.contains_key("defaultEndpoint") {
        let host = call.random.lower_alphanumeric(8);
        let endpoint = format!("https://{host}.chat.qbusiness.{}.on.aws/", call.region);
        settings.insert("defaultEndpoint".to_owned(), json!(endpoint));
    }
    Ok(())
}

/// A role that people assume by their tokens: it must be known everywhere, and name their provider.
fn check_federated_role(call: &Call<'_>, arn: &str, provider: &str) -> Result<(), ServiceError> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role: Option<Role> = call.store.get(call.account, GLOBAL, name);
    let trusts = |role: &Role| {
        let policy: Value = serde_json::from_str(&role.trust_policy).unwrap_or_default();
        let statements = policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default();
        statements.iter().any(|it| it.pointer("/Principal/Federated").is_some_and(|named| names(named, provider)))
    };
    match role.filter(|role| role.arn == arn && role.assumable <= call.now && trusts(role)) {
        Some(_) => Ok(()),
        None => Err(invalid(format!(
            "Failed to assume role {arn}. Please make sure your role exists, has {provider} as trusted entity"
        ))),
    }
}

fn names(value: &Value, text: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|each| names(each, text)),
        other => other.as_str() == Some(text),
    }
}

/// The application's own role and key.
pub(super) fn application(call: &Call<'_>, id: &str, settings: &Settings) -> Result<(), ServiceError> {
    check_role(call, text(settings, "roleArn"), "qbusiness.amazonaws.com", id)?;
    let Some(key) = text(settings, "encryptionConfiguration/kmsKeyId") else { return Ok(()) };
    // Another account's key cannot be looked for.
    let own = !key.starts_with("arn:") || key.starts_with(&call.arn("kms", ""));
    if own && call.store.mentions(call.account, call.region, "cloudcontrol/resource", key).is_empty() {
        return Err(invalid(format!("The KMS key {key} could not be found.")));
    }
    Ok(())
}
