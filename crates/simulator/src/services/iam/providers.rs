//! OpenID Connect and SAML providers.

use super::records::{OidcProvider, SamlProvider};
use super::support::{add_tags, exists, invalid, limit, listed, missing, new_tags};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, tag_list, texts};
use crate::store::{GLOBAL, Record};
use serde_json::json;

/// A kind of provider, as far as tags and deletion go.
pub(super) trait Provider: Record {
    const MEMBER: &'static str;
    fn absent(arn: &str) -> ServiceError;
    fn arn(&self) -> &str;
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
}

impl Provider for OidcProvider {
    const MEMBER: &'static str = "OpenIDConnectProviderArn";
    fn absent(arn: &str) -> ServiceError {
        missing(format!("OpenIDConnect Provider not found for arn {arn}"))
    }
    fn arn(&self) -> &str {
        &self.arn
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Provider for SamlProvider {
    const MEMBER: &'static str = "SAMLProviderArn";
    fn absent(arn: &str) -> ServiceError {
        missing(format!("Manifest not found for arn {arn}"))
    }
    fn arn(&self) -> &str {
        &self.arn
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

fn held<P: Provider>(call: &Call<'_>) -> Result<P, ServiceError> {
    let arn = call.required(P::MEMBER);
    call.store.get(call.account, GLOBAL, arn).ok_or_else(|| P::absent(arn))
}

fn seen<P: Provider>(call: &Call<'_>) -> Result<P, ServiceError> {
    let arn = call.required(P::MEMBER);
    call.store.read(call.account, GLOBAL, arn).ok_or_else(|| P::absent(arn))
}

fn keep<P: Provider>(call: &mut Call<'_>, provider: &P) {
    call.store.put(call.account, GLOBAL, provider.arn(), provider);
}

pub(super) fn delete<P: Provider>(call: &mut Call<'_>) -> Answer {
    let provider: P = held(call)?;
    call.store.remove::<P>(call.account, GLOBAL, provider.arn());
    nothing()
}

/// "This operation is idempotent; it does not fail or return an error if you call the operation for a provider that does not exist"
/// (IAM API Reference, "DeleteOpenIDConnectProvider").
pub(super) fn delete_oidc(call: &mut Call<'_>) -> Answer {
    if held::<OidcProvider>(call).is_ok() { delete::<OidcProvider>(call) } else { nothing() }
}

pub(super) fn tag<P: Provider>(call: &mut Call<'_>) -> Answer {
    let mut provider: P = held(call)?;
    add_tags(call, provider.tags_mut())?;
    keep(call, &provider);
    nothing()
}

pub(super) fn untag<P: Provider>(call: &mut Call<'_>) -> Answer {
    let mut provider: P = held(call)?;
    texts(call, "TagKeys").iter().for_each(|key| drop(provider.tags_mut().remove(key)));
    keep(call, &provider);
    nothing()
}

pub(super) fn list_tags<P: Provider>(call: &mut Call<'_>) -> Answer {
    let provider: P = seen(call)?;
    let tags = provider.tags().iter();
    let tags = tags.map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", tags)
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), ServiceError> {
    if thumbprints.len() > 5 {
        return Err(limit("Cannot exceed quota for ThumbprintsPerOpenIdConnectProvider: 5".to_owned()));
    }
    if thumbprints.iter().any(|thumbprint| !thumbprint.chars().all(|digit| digit.is_ascii_hexdigit())) {
        return Err(invalid("Thumbprint must be a hexadecimal SHA-1 digest of 40 characters."));
    }
    Ok(())
}

pub(super) fn create_oidc(call: &mut Call<'_>) -> Answer {
    let given = call.required("Url").to_owned();
    let url = match given.strip_prefix("https://") {
        Some(url) if !url.is_empty() && !url.contains(['?', '#']) => url.to_owned(),
        _ => {
            return Err(ServiceError::new("ValidationError", "Invalid Open ID Connect Provider URL").with_status(400));
        }
    };
    let (clients, thumbprints) = (texts(call, "ClientIDList"), texts(call, "ThumbprintList"));
    check_thumbprints(&thumbprints)?;
    if clients.len() > 100 {
        return Err(limit("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100".to_owned()));
    }
    let tags = new_tags(call)?;
    let arn = call.global_arn("iam", format!("oidc-provider/{url}"));
    if call.store.contains::<OidcProvider>(call.account, GLOBAL, &arn) {
        return Err(exists(format!("Provider with url {given} already exists.")));
    }
    // Without a thumbprint IAM fetches that of the provider's certificate authority; here it is made of the address.
    let thumbprints = if thumbprints.is_empty() {
        vec![charter_model::content_digest(&json!(url)).chars().take(40).collect()]
    } else {
        thumbprints
    };
    let provider = OidcProvider { arn, url, clients, thumbprints, tags, created: call.now };
    keep(call, &provider);
    Ok(json!({"OpenIDConnectProviderArn": provider.arn, "Tags": tag_list(&provider.tags)}))
}

pub(super) fn get_oidc(call: &mut Call<'_>) -> Answer {
    let provider: OidcProvider = seen(call)?;
    Ok(json!({
        "Url": provider.url,
        "ClientIDList": provider.clients,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": provider.created.to_string(),
        "Tags": tag_list(&provider.tags),
    }))
}

pub(super) fn list_oidc(call: &mut Call<'_>) -> Answer {
    let providers = call.store.read_all::<OidcProvider>(call.account, GLOBAL).into_iter();
    let providers: Vec<_> = providers.map(|(arn, _)| json!({"Arn": arn})).collect();
    Ok(json!({"OpenIDConnectProviderList": providers}))
}

pub(super) fn add_client(call: &mut Call<'_>) -> Answer {
    let mut provider: OidcProvider = held(call)?;
    let client = call.required("ClientID").to_owned();
    if !provider.clients.contains(&client) {
        provider.clients.push(client);
    }
    keep(call, &provider);
    nothing()
}

pub(super) fn remove_client(call: &mut Call<'_>) -> Answer {
    let mut provider: OidcProvider = held(call)?;
    let client = call.required("ClientID");
    provider.clients.retain(|held| held != client);
    keep(call, &provider);
    nothing()
}

pub(super) fn update_thumbprints(call: &mut Call<'_>) -> Answer {
    let mut provider: OidcProvider = held(call)?;
    let thumbprints = texts(call, "ThumbprintList");
    check_thumbprints(&thumbprints)?;
    provider.thumbprints = thumbprints;
    keep(call, &provider);
    nothing()
}

fn check_metadata(metadata: &str) -> Result<(), ServiceError> {
    if metadata.contains("EntityDescriptor") && metadata.contains("entityID") {
        Ok(())
    } else {
        Err(invalid("Could not parse metadata"))
    }
}

pub(super) fn create_saml(call: &mut Call<'_>) -> Answer {
    let name = call.required("Name").to_owned();
    let metadata = call.required("SAMLMetadataDocument").to_owned();
    check_metadata(&metadata)?;
    let tags = new_tags(call)?;
    let arn = call.global_arn("iam", format!("saml-provider/{name}"));
    if call.store.contains::<SamlProvider>(call.account, GLOBAL, &arn) {
        return Err(exists(format!("Provider with name {name} already exists.")));
    }
    let private_keys = match call.text("AddPrivateKey") {
        Some(_) => vec![(call.random.upper_alphanumeric(22), call.now)],
        None => Vec::new(),
    };
    let provider = SamlProvider {
        arn,
        uuid: call.random.upper_alphanumeric(22),
        metadata,
        encryption_mode: call.text("AssertionEncryptionMode").map(str::to_owned),
        private_keys,
        tags,
        created: call.now,
        // IAM takes it from the metadata, or a hundred years.
        valid_until: call.after(100.0 * 365.0 * 86_400.0),
    };
    keep(call, &provider);
    Ok(json!({"SAMLProviderArn": provider.arn, "Tags": tag_list(&provider.tags)}))
}

pub(super) fn get_saml(call: &mut Call<'_>) -> Answer {
    let provider: SamlProvider = seen(call)?;
    let keys: Vec<_> =
        provider.private_keys.iter().map(|(id, at)| json!({"KeyId": id, "Timestamp": at.to_string()})).collect();
    Ok(json!({
        "SAMLProviderUUID": provider.uuid,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created.to_string(),
        "ValidUntil": provider.valid_until.to_string(),
        "Tags": tag_list(&provider.tags),
        "AssertionEncryptionMode": provider.encryption_mode,
        "PrivateKeyList": keys,
    }))
}

pub(super) fn update_saml(call: &mut Call<'_>) -> Answer {
    let mut provider: SamlProvider = held(call)?;
    if let Some(metadata) = call.text("SAMLMetadataDocument") {
        check_metadata(metadata)?;
        metadata.clone_into(&mut provider.metadata);
    }
    if let Some(mode) = call.text("AssertionEncryptionMode") {
        provider.encryption_mode = Some(mode.to_owned());
    }
    if call.text("AddPrivateKey").is_some() {
        if provider.private_keys.len() >= 2 {
            return Err(limit("Cannot exceed quota for PrivateKeysPerSAMLProvider: 2".to_owned()));
        }
        provider.private_keys.push((call.random.upper_alphanumeric(22), call.now));
    }
    if let Some(id) = call.text("RemovePrivateKey") {
        provider.private_keys.retain(|(held, _)| held != id);
    }
    keep(call, &provider);
    Ok(json!({"SAMLProviderArn": provider.arn}))
}

pub(super) fn list_saml(call: &mut Call<'_>) -> Answer {
    let providers = call.store.read_all::<SamlProvider>(call.account, GLOBAL).into_iter();
    let providers: Vec<_> = providers
        .map(|(arn, provider)| {
            json!({
                "Arn": arn,
                "ValidUntil": provider.valid_until.to_string(),
                "CreateDate": provider.created.to_string(),
            })
        })
        .collect();
    Ok(json!({"SAMLProviderList": providers}))
}
