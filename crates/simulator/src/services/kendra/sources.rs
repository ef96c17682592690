//! Data sources and FAQs.

use super::indices::arn as index_arn;
use super::records::{DataSource, Document, Faq};
use super::support::{
    absent, active_index, check_role, conflict, index, invalid, kept, listed, made_before, named, quota,
};
use super::timing;
use crate::service::{Call, ServiceError};
use crate::services::life::Life;
use crate::services::secrets_manager::support::named as secret_named;
use crate::services::shared::{Answer, nothing, remember, tags_of};
use crate::services::sync_runs;
use serde_json::{Value, json};

const KEPT: &[&str] = &[
    "Name",
    "Type",
    "Configuration",
    "VpcConfiguration",
    "Description",
    "Schedule",
    "RoleArn",
    "LanguageCode",
    "CustomDocumentEnrichmentConfiguration",
];

pub(super) fn key(index: &str, id: &str) -> String {
    format!("{index}|{id}")
}

fn held(call: &Call<'_>) -> Result<DataSource, ServiceError> {
    let (index_id, id) = (call.required("IndexId"), call.required("Id"));
    index(call, index_id)?;
    call.store
        .get(call.account, call.region, &key(index_id, id))
        .ok_or_else(|| absent(format!("Data source {id} not found for index {index_id}")))
}

/// The truth of a data source at rest: what a sync and an update need.
pub(super) fn active(call: &Call<'_>) -> Result<DataSource, ServiceError> {
    let source = held(call)?;
    match source.life.status(call.now) {
        "ACTIVE" => Ok(source),
        status => Err(conflict(format!(
            "The data source {} is in the {status} state. It must be in the ACTIVE state for this operation.",
            source.id
        ))),
    }
}

fn keep(call: &mut Call<'_>, source: &DataSource) {
    call.store.put(call.account, call.region, &key(&source.index, &source.id), source);
}

/// Refuses a configuration that does not fit its type.
fn check_configuration(call: &Call<'_>, kind: &str, configuration: Option<&Value>) -> Result<(), ServiceError> {
    let given: Vec<&str> = configuration
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name.as_str())
        .collect();
    if kind == "CUSTOM" {
        if !given.is_empty() {
            return Err(invalid("Configuration can't be given for a data source of type CUSTOM."));
        }
        return Ok(());
    }
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let [one] = given.as_slice() else {
        return Err(invalid(format!("Exactly one configuration must be given for a data source of type {kind}.")));
    };
    if letters(one) != format!("{}configuration", letters(kind)) {
        return Err(invalid(format!("The configuration {one} doesn't fit the data source type {kind}.")));
    }
    let part = configuration.and_then(|configuration| configuration.get(one));
    if kind == "TEMPLATE" {
        let template = part.and_then(|part| part.get("Template"));
        let text = |pointer: &str| template.and_then(|template| template.pointer(pointer)).and_then(Value::as_str);
        if text("/type").is_none() || template.and_then(|it| it.get("connectionConfiguration")).is_none() {
            return Err(invalid(
                "The template doesn't follow its schema: the required keys type and connectionConfiguration must be there.",
            ));
        }
        if text("/syncMode").is_none_or(|mode| !matches!(mode, "FULL_CRAWL" | "FORCED_FULL_CRAWL" | "CHANGE_LOG")) {
            return Err(invalid(
                "The template doesn't follow its schema: syncMode must be FULL_CRAWL, FORCED_FULL_CRAWL or CHANGE_LOG.",
            ));
        }
        check_secret(call, text("/secretArn"))?;
    }
    if kind == "DATABASE" {
        let secret = part.and_then(|part| part.pointer("/ConnectionConfiguration/SecretArn")).and_then(Value::as_str);
        check_secret(call, secret)?;
    }
    Ok(())
}

fn check_secret(call: &Call<'_>, arn: Option<&str>) -> Result<(), ServiceError> {
    match arn {
        Some(arn) if secret_named(call, arn, true).is_none_or(|secret| secret.deleted.is_some()) => {
            Err(invalid(format!("Secrets Manager throws the exception: the secret {arn} can't be found.")))
        }
        _ => Ok(()),
    }
}

fn check_source_role(call: &Call<'_>, id: &str, kind: &str) -> Result<(), ServiceError> {
    match call.text("RoleArn") {
        Some(_) if kind == "CUSTOM" => Err(invalid("RoleArn can't be given for a data source of type CUSTOM.")),
        Some(role) => {
            check_role(call, role, &format!("{}/data-source/{id}", index_arn(call, call.required("IndexId"))))
        }
        None if kind == "CUSTOM" => Ok(()),
        None => Err(invalid(format!("RoleArn must be given for a data source of type {kind}."))),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let token = call.text("ClientToken").map(str::to_owned);
    if let Some(id) = made_before(call, token.as_deref())? {
        return Ok(json!({"Id": id}));
    }
    let index = active_index(call, call.required("IndexId"))?;
    let kind = call.required("Type").to_owned();
    let id = call.random.uuid();
    check_configuration(call, &kind, call.member("Configuration"))?;
    check_source_role(call, &id, &kind)?;
    let all = call.store.list::<DataSource>(call.account, call.region);
    let count = all.iter().filter(|(_, source)| source.index == index.id).count();
    let most = timing::data_sources(index.settings.get("Edition").and_then(Value::as_str).unwrap_or_default());
    if count >= most {
        return Err(quota(format!("You have reached the limit of {most} data sources for the index {}.", index.id)));
    }
    let mut settings = kept(call, KEPT);
    settings.entry("LanguageCode").or_insert(json!("en"));
    let source = DataSource {
        index: index.id,
        settings,
        tags: tags_of(call.member("Tags")),
        life: Life::new(call.now, timing::DATA_SOURCE_CREATION, None),
        id,
    };
    keep(call, &source);
    remember(call, token, &source.id);
    Ok(json!({"Id": source.id}))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (index_id, id) = (call.required("IndexId"), call.required("Id"));
    index(call, index_id)?;
    let source: DataSource = call
        .store
        .read(call.account, call.region, &key(index_id, id))
        .ok_or_else(|| absent(format!("Data source {id} not found for index {index_id}")))?;
    let mut shown = source.settings.clone();
    shown.insert("Id".to_owned(), json!(source.id));
    shown.insert("IndexId".to_owned(), json!(source.index));
    shown.extend(life(&source.life, call));
    Ok(Value::Object(shown))
}

fn life(life: &Life, call: &Call<'_>) -> serde_json::Map<String, Value> {
    let status = life.status(call.now);
    json!({
        "Status": status,
        "CreatedAt": life.created.to_string(),
        "UpdatedAt": life.updated.to_string(),
        "ErrorMessage": life.fault.clone().filter(|_| status == "FAILED"),
    })
    .as_object()
    .cloned()
    .unwrap_or_default()
}

fn summary(settings: &super::records::Settings, names: &[&str], id: &str, of: &Life, call: &Call<'_>) -> Value {
    let mut shown = named(settings, names);
    shown.insert("Id".to_owned(), json!(id));
    let mut life = life(of, call);
    life.remove("ErrorMessage");
    shown.extend(life);
    Value::Object(shown)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let index = index(call, call.required("IndexId"))?;
    let sources = call.store.read_all::<DataSource>(call.account, call.region).into_iter();
    let sources = sources
        .filter(|(_, source)| source.index == index.id)
        .map(|(key, source)| {
            let names = ["Name", "Type", "LanguageCode"];
            (key, summary(&source.settings, &names, &source.id, &source.life, call))
        })
        .collect();
    listed(call, "SummaryItems", 100, sources)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut source = active(call)?;
    let kind = source.settings.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if call.member("Configuration").is_some() {
        check_configuration(call, &kind, call.member("Configuration"))?;
    }
    if call.text("RoleArn").is_some() {
        check_source_role(call, &source.id, &kind)?;
    }
    source.settings.extend(kept(call, KEPT));
    source.life.updated = call.now;
    source.life.updating_until = Some(call.after(timing::DATA_SOURCE_UPDATE));
    keep(call, &source);
    nothing()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut source = held(call)?;
    match source.life.status(call.now) {
        "ACTIVE" | "FAILED" => {}
        status => {
            return Err(conflict(format!(
                "The data source {} can't be deleted while it is in the {status} state.",
                source.id
            )));
        }
    }
    let gone = call.after(timing::DATA_SOURCE_DELETION);
    source.life.deleted = Some(gone);
    keep(call, &source);
    sync_runs::forget::<Document>(call, &format!("{}|{}|", source.index, source.id), gone);
    nothing()
}

const FAQ_KEPT: &[&str] = &["Name", "Description", "S3Path", "RoleArn", "FileFormat", "LanguageCode"];

fn held_faq(call: &Call<'_>, late: bool) -> Result<Faq, ServiceError> {
    let (index_id, id) = (call.required("IndexId"), call.required("Id"));
    index(call, index_id)?;
    let key = key(index_id, id);
    let faq = if late {
        call.store.read(call.account, call.region, &key)
    } else {
        call.store.get(call.account, call.region, &key)
    };
    faq.ok_or_else(|| absent(format!("FAQ {id} not found for index {index_id}")))
}

pub(super) fn create_faq(call: &mut Call<'_>) -> Answer {
    let token = call.text("ClientToken").map(str::to_owned);
    if let Some(id) = made_before(call, token.as_deref())? {
        return Ok(json!({"Id": id}));
    }
    let index = active_index(call, call.required("IndexId"))?;
    let id = call.random.uuid();
    check_role(call, call.required("RoleArn"), &format!("{}/faq/{id}", index_arn(call, &index.id)))?;
    let all = call.store.list::<Faq>(call.account, call.region);
    if all.iter().filter(|(_, faq)| faq.index == index.id).count() >= timing::FAQS {
        return Err(quota(format!("You have reached the limit of {} FAQs for the index {}.", timing::FAQS, index.id)));
    }
    let mut settings = kept(call, FAQ_KEPT);
    settings.entry("FileFormat").or_insert(json!("CSV"));
    settings.entry("LanguageCode").or_insert(json!("en"));
    let fault = super::search::read_questions(call, &settings).err();
    let faq = Faq {
        index: index.id,
        settings,
        tags: tags_of(call.member("Tags")),
        life: Life::new(call.now, timing::FAQ_CREATION, fault),
        id,
    };
    call.store.put(call.account, call.region, &key(&faq.index, &faq.id), &faq);
    remember(call, token, &faq.id);
    Ok(json!({"Id": faq.id}))
}

pub(super) fn describe_faq(call: &mut Call<'_>) -> Answer {
    let faq = held_faq(call, true)?;
    let mut shown = faq.settings.clone();
    shown.insert("Id".to_owned(), json!(faq.id));
    shown.insert("IndexId".to_owned(), json!(faq.index));
    shown.extend(life(&faq.life, call));
    Ok(Value::Object(shown))
}

pub(super) fn list_faqs(call: &mut Call<'_>) -> Answer {
    let index = index(call, call.required("IndexId"))?;
    let faqs = call.store.read_all::<Faq>(call.account, call.region).into_iter();
    let faqs = faqs
        .filter(|(_, faq)| faq.index == index.id)
        .map(|(key, faq)| {
            let names = ["Name", "FileFormat", "LanguageCode"];
            (key, summary(&faq.settings, &names, &faq.id, &faq.life, call))
        })
        .collect();
    listed(call, "FaqSummaryItems", 100, faqs)
}

pub(super) fn delete_faq(call: &mut Call<'_>) -> Answer {
    let mut faq = held_faq(call, false)?;
    match faq.life.status(call.now) {
        "ACTIVE" | "FAILED" => {}
        status => {
            return Err(conflict(format!("The FAQ {} can't be deleted while it is in the {status} state.", faq.id)));
        }
    }
    faq.life.deleted = Some(call.after(timing::FAQ_DELETION));
    call.store.put(call.account, call.region, &key(&faq.index, &faq.id), &faq);
    nothing()
}
