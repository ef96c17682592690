//! Applications.

use super::records::{
    Application, ChatControls, Conversation, DataAccessor, DataSource, Document, Group, Index, Item, Permission,
    Plugin, Retriever, Settings, Subscription, Thing, WebExperience,
};
use super::support::{
    absent, active_application, application, conflict, invalid, keep, kept, listed, made_before, remember,
};
use super::{checks, things};
use crate::service::{Call, ServiceError};
use crate::services::iam::has_provider;
use crate::services::life::Life;
use crate::services::shared::{Answer, lower_tags_of, nothing};
use crate::services::sync_runs;
use crate::store::Record;
use jiff::Timestamp;
use serde_json::{Value, json};

fn made(call: &Call<'_>, id: &str) -> Value {
    json!({"applicationId": id, "applicationArn": super::support::application_arn(call, id)})
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(id) = made_before(call, Application::WORD)? {
        return Ok(made(call, &id));
    }
    let id = call.random.uuid();
    let mut settings = kept(call, Application::KEPT);
    identify(call, &mut settings)?;
    checks::application(call, &id, &settings)?;
    // What GetApplication tells of an application that was made without them.
    for (name, member) in [
        ("attachmentsConfiguration", "attachmentsControlMode"),
        ("qAppsConfiguration", "qAppsControlMode"),
        ("personalizationConfiguration", "personalizationControlMode"),
    ] {
        settings.entry(name).or_insert(json!({member: "DISABLED"}));
    }
    let item = Item {
        application: id.clone(),
        index: None,
        settings,
        tags: lower_tags_of(call.member("tags")),
        life: Life::new(call.now, Application::TIMES.creation, None),
        id,
    };
    keep(call, &Application::of(item.clone()));
    remember(call, &item.id);
    Ok(made(call, &item.id))
}

/// How people are known must be said whole, and nothing else with it.
fn identify(call: &mut Call<'_>, settings: &mut Settings) -> Result<(), ServiceError> {
    let instance = call.text("identityCenterInstanceArn").map(str::to_owned);
    let provider = call.text("iamIdentityProviderArn").map(str::to_owned);
    let clients = call.member("clientIdsForOIDC").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    // Before there were other types, there was only this one, and callers did not name it.
    let kind = call.text("identityType").unwrap_or("AWS_IAM_IDC").to_owned();
    settings.insert("identityType".to_owned(), json!(kind));
    let of_form = |form: &str| provider.as_deref().is_some_and(|arn| arn.contains(form));
    let whole = match kind.as_str() {
        "AWS_IAM_IDP_OIDC" => of_form(":oidc-provider/") && clients && instance.is_none(),
        "AWS_IAM_IDP_SAML" => of_form(":saml-provider/") && !clients && instance.is_none(),
        "AWS_IAM_IDC" => instance.is_some() && provider.is_none() && !clients,
        "AWS_QUICKSIGHT_IDP" => call.member("quickSightConfiguration").is_some() && provider.is_none(),
        _ => instance.is_none() && provider.is_none() && !clients,
    };
    if !whole {
        let needs = match kind.as_str() {
            "AWS_IAM_IDP_OIDC" => "iamIdentityProviderArn of an OIDC provider and clientIdsForOIDC",
            "AWS_IAM_IDP_SAML" => "iamIdentityProviderArn of a SAML provider",
            "AWS_IAM_IDC" => "identityCenterInstanceArn",
            "AWS_QUICKSIGHT_IDP" => "quickSightConfiguration",
            _ => "no member that says who people are",
        };
        return Err(invalid(format!("The identity type {kind} needs {needs}, and nothing of another type.")));
    }
    if let Some(arn) = &provider
        && !has_provider(call, arn)
    {
        return Err(invalid(format!("The IAM identity provider {arn} could not be found.")));
    }
    if let Some(instance) = instance.as_deref().and_then(|arn| arn.rsplit('/').next()) {
        let application = call.random.hex(16);
        let arn = format!("arn:{}:sso::{}:application/{instance}/apl-{application}", call.partition(), call.account);
        settings.insert("identityCenterApplicationArn".to_owned(), json!(arn));
    }
    Ok(())
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.required("applicationId");
    let application: Application =
        call.store.read(call.account, call.region, id).ok_or_else(|| absent(id, Application::WORD))?;
    Ok(Value::Object(things::shown::<Application>(call, application.item())))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let all = call.store.read_all::<Application>(call.account, call.region).into_iter();
    let items = all.map(|(key, it)| (key, things::summary::<Application>(call, it.item()))).collect();
    listed(call, Application::LIST, items)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut application = active_application(call)?;
    let mut settings = application.item().settings.clone();
    settings.extend(kept(call, &["displayName", "description", "roleArn"]));
    settings.extend(kept(call, &["attachmentsConfiguration", "qAppsConfiguration", "personalizationConfiguration"]));
    settings.extend(kept(call, Application::UPDATED));
    if let Some(automatic) = call.member("autoSubscriptionConfiguration") {
        let kind = application.item().text("identityType").unwrap_or_default();
        if !kind.starts_with("AWS_IAM_IDP_") {
            return Err(invalid(format!(
                "autoSubscriptionConfiguration is for applications with IAM federation, not for {kind}."
            )));
        }
        let enabled = automatic.get("autoSubscribe").and_then(Value::as_str) == Some("ENABLED");
        if enabled && automatic.get("defaultSubscriptionType").is_none_or(Value::is_null) {
            return Err(invalid("defaultSubscriptionType is needed where autoSubscribe is ENABLED."));
        }
    }
    let id = application.item().id.clone();
    checks::application(call, &id, &settings)?;
    let until = call.after(Application::TIMES.update);
    let item = application.item_mut();
    item.settings = settings;
    item.life.updated = call.now;
    item.life.updating_until = Some(until);
    keep(call, &application);
    nothing()
}

/// Everything in an application goes with it. Who still pays for it must be unsubscribed before.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut application = application(call)?;
    let id = application.item().id.clone();
    let status = application.item().life.status(call.now);
    if !matches!(status, "ACTIVE" | "FAILED") {
        return Err(conflict(format!("Application {id} is in the {status} state."), &id, Application::WORD));
    }
    let prefix = format!("{id}|");
    let paying = call.store.list::<Subscription>(call.account, call.region).into_iter();
    if paying.into_iter().any(|(key, subscription)| key.starts_with(&prefix) && subscription.next.is_some()) {
        let message = format!("Application {id} has users with subscriptions. Unsubscribe them first.");
        return Err(conflict(message, &id, Application::WORD));
    }
    let gone = call.after(Application::TIMES.deletion);
    application.item_mut().life.deleted = Some(gone);
    keep(call, &application);
    things::all_go::<Index>(call, &prefix, gone);
    things::all_go::<Retriever>(call, &prefix, gone);
    things::all_go::<DataSource>(call, &prefix, gone);
    things::all_go::<WebExperience>(call, &prefix, gone);
    things::all_go::<Plugin>(call, &prefix, gone);
    things::all_go::<DataAccessor>(call, &prefix, gone);
    sync_runs::forget::<Document>(call, &prefix, gone);
    goes(call, &prefix, gone, |it: &mut Group| &mut it.gone);
    goes(call, &prefix, gone, |it: &mut Subscription| &mut it.gone);
    goes(call, &prefix, gone, |it: &mut Permission| &mut it.gone);
    goes(call, &prefix, gone, |it: &mut Conversation| &mut it.gone);
    goes(call, &id, gone, |it: &mut ChatControls| &mut it.gone);
    nothing()
}

fn goes<R: Record>(call: &mut Call<'_>, prefix: &str, when: Timestamp, gone: fn(&mut R) -> &mut Option<Timestamp>) {
    for (key, mut record) in call.store.list::<R>(call.account, call.region) {
        if key.starts_with(prefix) {
            *gone(&mut record) = Some(when);
            call.store.put(call.account, call.region, &key, &record);
        }
    }
}
