//! Indices.

use super::records::{DataSource, Document, Faq, Index};
use super::support::{active_index, check_role, conflict, index, invalid, kept, listed, made_before, named, quota};
use super::{search, timing};
use crate::service::{Call, ServiceError, later};
use crate::services::life::Life;
use crate::services::shared::{Answer, nothing, remember, tags_of};
use crate::services::sync_runs;
use serde_json::{Value, json};

const KEPT: &[&str] = &[
    "Name",
    "Edition",
    "RoleArn",
    "ServerSideEncryptionConfiguration",
    "Description",
    "UserTokenConfigurations",
    "UserContextPolicy",
    "UserGroupResolutionConfiguration",
];

/// The fields that every index has (<https://docs.aws.amazon.com/kendra/latest/dg/hiw-index.html#index-reserved-fields>).
fn reserved_fields() -> Value {
    let field = |name: &str, kind: &str, facet: bool, search: bool, show: bool, sort: bool| {
        let relevance = match kind {
            "DATE_VALUE" => json!({"Freshness": false, "Importance": 1}),
            "LONG_VALUE" => json!({"Importance": 1, "RankOrder": "ASCENDING"}),
            _ => json!({"Importance": 1, "ValueImportanceMap": {}}),
        };
        json!({
            "Name": name,
            "Type": kind,
            "Relevance": relevance,
            "Search": {"Facetable": facet, "Searchable": search, "Displayable": show, "Sortable": sort},
        })
    };
    json!([
        field("_authors", "STRING_LIST_VALUE", false, false, false, false),
        field("_category", "STRING_VALUE", false, false, false, false),
        field("_created_at", "DATE_VALUE", false, false, false, false),
        field("_data_source_id", "STRING_VALUE", false, false, false, false),
        field("_document_body", "STRING_VALUE", false, true, true, false),
        field("_document_title", "STRING_VALUE", false, true, true, false),
        field("_excerpt_page_number", "LONG_VALUE", false, false, false, false),
        field("_faq_id", "STRING_VALUE", false, false, false, false),
        field("_file_type", "STRING_VALUE", false, false, false, false),
        field("_language_code", "STRING_VALUE", true, false, false, false),
        field("_last_updated_at", "DATE_VALUE", false, false, false, false),
        field("_source_uri", "STRING_VALUE", false, false, true, false),
        field("_tenant_id", "STRING_VALUE", false, false, false, false),
        field("_version", "STRING_VALUE", false, false, false, false),
        field("_view_count", "LONG_VALUE", false, false, false, false),
    ])
}

pub(super) fn arn(call: &Call<'_>, id: &str) -> String {
    call.arn("kendra", format!("index/{id}"))
}

fn keep(call: &mut Call<'_>, index: &Index) {
    call.store.put(call.account, call.region, &index.id, index);
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let token = call.text("ClientToken").map(str::to_owned);
    if let Some(id) = made_before(call, token.as_deref())? {
        return Ok(json!({"Id": id}));
    }
    let id = call.random.uuid();
    check_role(call, call.required("RoleArn"), &arn(call, &id))?;
    let edition = call.text("Edition").unwrap_or("ENTERPRISE_EDITION").to_owned();
    let gen_ai = edition == "GEN_AI_ENTERPRISE_EDITION";
    if gen_ai && !timing::GEN_AI_REGIONS.contains(&call.region) {
        return Err(invalid(format!("GEN_AI_ENTERPRISE_EDITION is not supported in the region {}.", call.region)));
    }
    if gen_ai && call.text("UserContextPolicy") == Some("USER_TOKEN") {
        return Err(invalid("USER_TOKEN is not supported for GEN_AI_ENTERPRISE_EDITION."));
    }
    let tokens = call.member("UserTokenConfigurations").is_some();
    if call.text("UserContextPolicy") == Some("USER_TOKEN") && !tokens {
        return Err(invalid("UserTokenConfigurations must be given with the user context policy USER_TOKEN."));
    }
    if call.store.list::<Index>(call.account, call.region).len() >= timing::INDICES {
        return Err(quota(format!("You have reached the limit of {} indices for this account.", timing::INDICES)));
    }
    let mut settings = kept(call, KEPT);
    settings.insert("Edition".to_owned(), json!(edition));
    settings.entry("UserContextPolicy").or_insert(json!("ATTRIBUTE_FILTER"));
    settings.insert("DocumentMetadataConfigurations".to_owned(), reserved_fields());
    settings.insert("CapacityUnits".to_owned(), json!({"StorageCapacityUnits": 0, "QueryCapacityUnits": 0}));
    let index = Index {
        settings,
        tags: tags_of(call.member("Tags")),
        life: Life::new(call.now, timing::INDEX_CREATION, None),
        id,
    };
    keep(call, &index);
    remember(call, token, &index.id);
    Ok(json!({"Id": index.id}))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let id = call.required("Id");
    let index: Index = call
        .store
        .read(call.account, call.region, id)
        .ok_or_else(|| super::support::absent(format!("Index {id} not found")))?;
    let documents = search::documents(call, &index.id);
    let bytes: usize = documents.values().map(|document| document.title.len() + document.body.len()).sum();
    let questions = search::questions(call, &index.id).len();
    let mut shown = index.settings.clone();
    let own = json!({
        "Id": index.id,
        "Status": index.life.status(call.now),
        "CreatedAt": index.life.created.to_string(),
        "UpdatedAt": index.life.updated.to_string(),
        "ErrorMessage": index.life.fault.clone().filter(|_| index.life.status(call.now) == "FAILED"),
        "IndexStatistics": {
            "FaqStatistics": {"IndexedQuestionAnswersCount": questions},
            "TextDocumentStatistics": {"IndexedTextDocumentsCount": documents.len(), "IndexedTextBytes": bytes},
        },
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(shown))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let indices = call.store.read_all::<Index>(call.account, call.region).into_iter();
    let indices = indices
        .map(|(id, index)| {
            let mut shown = named(&index.settings, &["Name", "Edition"]);
            shown.insert("Id".to_owned(), json!(id));
            shown.insert("Status".to_owned(), json!(index.life.status(call.now)));
            shown.insert("CreatedAt".to_owned(), json!(index.life.created.to_string()));
            shown.insert("UpdatedAt".to_owned(), json!(index.life.updated.to_string()));
            (id, Value::Object(shown))
        })
        .collect();
    listed(call, "IndexConfigurationSummaryItems", 100, indices)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut index = active_index(call, call.required("Id"))?;
    if let Some(role) = call.text("RoleArn") {
        check_role(call, role, &arn(call, &index.id))?;
    }
    let developer = index.settings.get("Edition") == Some(&json!("DEVELOPER_EDITION"));
    let mut takes = timing::INDEX_UPDATE;
    if let Some(units) = call.member("CapacityUnits") {
        if developer && units.as_object().is_some_and(|units| units.values().any(|count| *count != json!(0))) {
            return Err(invalid("Capacity units can't be added to an index of the DEVELOPER_EDITION."));
        }
        if index.settings.get("CapacityUnits") != Some(units) {
            takes = timing::CAPACITY_UPDATE;
        }
    }
    let fields = call.member("DocumentMetadataConfigurationUpdates").and_then(Value::as_array).cloned();
    merge_fields(&mut index, &fields.unwrap_or_default())?;
    let mut names: Vec<&str> = KEPT.iter().copied().filter(|name| *name != "Edition").collect();
    names.push("CapacityUnits");
    index.settings.extend(kept(call, &names));
    index.life.updated = call.now;
    index.life.updating_until = Some(call.after(takes));
    keep(call, &index);
    nothing()
}

/// Fields are changed and added; they are never taken away.
fn merge_fields(index: &mut Index, changes: &[Value]) -> Result<(), ServiceError> {
    let Some(Value::Array(fields)) = index.settings.get_mut("DocumentMetadataConfigurations") else { return Ok(()) };
    for change in changes {
        let name = change.get("Name").and_then(Value::as_str).unwrap_or_default();
        let held = fields.iter_mut().find(|field| field.get("Name").and_then(Value::as_str) == Some(name));
        match held {
            Some(field) if field.get("Type") != change.get("Type") => {
                return Err(invalid(format!("The type of the index field {name} can't be changed.")));
            }
            Some(field) => {
                for part in ["Relevance", "Search"] {
                    let new = change.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
                    let new = new.into_iter().filter(|(_, value)| !value.is_null());
                    if let Some(Value::Object(held)) = field.get_mut(part) {
                        held.extend(new);
                    }
                }
            }
            None if name.starts_with('_') => {
                return Err(invalid(format!("The index field {name} begins with an underscore, which is reserved.")));
            }
            None => {
                let mut field = json!({
                    "Relevance": {"Importance": 1},
                    "Search": {"Facetable": false, "Searchable": false, "Displayable": false, "Sortable": false},
                });
                if let (Some(field), Some(change)) = (field.as_object_mut(), change.as_object()) {
                    field.extend(
                        change.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())),
                    );
                }
                fields.push(field);
            }
        }
    }
    Ok(())
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let mut index = index(call, call.required("Id"))?;
    match index.life.status(call.now) {
        "ACTIVE" | "FAILED" => {}
        "DELETING" => return Err(conflict(format!("The index {} is already being deleted.", index.id))),
        status => {
            return Err(conflict(format!(
                "The index {} can't be deleted while it is in the {status} state.",
                index.id
            )));
        }
    }
    let gone = later(call.now, timing::INDEX_DELETION);
    index.life.deleted = Some(gone);
    keep(call, &index);
    // What is in an index goes with it.
    let prefix = format!("{}|", index.id);
    for (key, mut source) in call.store.list::<DataSource>(call.account, call.region) {
        if key.starts_with(&prefix) {
            source.life.deleted = Some(source.life.deleted.map_or(gone, |earlier| earlier.min(gone)));
            call.store.put(call.account, call.region, &key, &source);
        }
    }
    for (key, mut faq) in call.store.list::<Faq>(call.account, call.region) {
        if key.starts_with(&prefix) {
            faq.life.deleted = Some(faq.life.deleted.map_or(gone, |earlier| earlier.min(gone)));
            call.store.put(call.account, call.region, &key, &faq);
        }
    }
    sync_runs::forget::<Document>(call, &prefix, gone);
    nothing()
}
