//! Query and Retrieve: plain matching of words over what was synced. No meaning is understood here; the forms are Kendra's.

use super::records::{DataSource, Document, Faq, Settings};
use super::support::{conflict, index, invalid};
use crate::service::{Call, ServiceError};
use crate::services::s3;
use crate::services::shared::Answer;
use crate::services::sync_runs::synced;
use crate::services::words::{excerpt, score, words};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The documents of an index by id.
pub(super) fn documents(call: &Call<'_>, index: &str) -> BTreeMap<String, Document> {
    let sources = call.store.list::<DataSource>(call.account, call.region).into_iter();
    sources.filter(|(_, source)| source.index == index).flat_map(|(key, _)| synced(call, &key)).collect()
}

/// Questions with their answers, from the FAQs of an index that are active.
pub(super) fn questions(call: &Call<'_>, index: &str) -> Vec<(String, String)> {
    let faqs = call.store.list::<Faq>(call.account, call.region).into_iter();
    faqs.filter(|(_, faq)| faq.index == index && faq.life.status(call.now) == "ACTIVE")
        .flat_map(|(_, faq)| read_questions(call, &faq.settings).unwrap_or_default())
        .collect()
}

/// Reads a FAQ's file, or says why it cannot be read.
pub(super) fn read_questions(call: &Call<'_>, settings: &Settings) -> Result<Vec<(String, String)>, String> {
    let path =
        |name: &str| settings.get("S3Path").and_then(|path| path.get(name)).and_then(Value::as_str).unwrap_or_default();
    let (bucket, key) = (path("Bucket"), path("Key"));
    let body = s3::objects(call, bucket)
        .and_then(|objects| objects.into_iter().find(|(held, _)| held == key))
        .map(|(_, body)| String::from_utf8_lossy(&body).into_owned())
        .ok_or_else(|| format!("The FAQ file s3://{bucket}/{key} can't be read."))?;
    let format = settings.get("FileFormat").and_then(Value::as_str).unwrap_or("CSV");
    if format == "JSON" {
        let document: Value = serde_json::from_str(&body).map_err(|_| "The FAQ file isn't valid JSON.".to_owned())?;
        let entries = document.get("FaqDocuments").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        return Ok(entries.iter().map(|entry| (text(entry, "Question"), text(entry, "Answer"))).collect());
    }
    let lines = body.lines().skip(usize::from(format == "CSV_WITH_HEADER")).filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let mut fields = fields(line).into_iter();
            fields.next().zip(fields.next()).ok_or_else(|| "A line of the FAQ file has no answer.".to_owned())
        })
        .collect()
}

/// The fields of one line of comma-separated values.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match (character, fields.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => fields.push(String::new()),
            (other, Some(field)) => field.push(other),
            (_, None) => {}
        }
    }
    fields
}

fn confidence(score: usize, of: usize) -> &'static str {
    match score * 4 / of.max(1) {
        4.. => "VERY_HIGH",
        3 => "HIGH",
        2 => "MEDIUM",
        _ => "LOW",
    }
}

struct Search {
    id: String,
    asked: BTreeSet<String>,
    found: Vec<(usize, String, Document)>,
}

fn search(call: &mut Call<'_>) -> Result<Search, ServiceError> {
    let index = index(call, call.required("IndexId"))?;
    let status = index.life.status(call.now);
    if !matches!(status, "ACTIVE" | "UPDATING") {
        return Err(conflict(format!("The index {} is in the {status} state and can't be queried.", index.id)));
    }
    for unknown in ["AttributeFilter", "Facets", "CollapseConfiguration", "SortingConfiguration"] {
        if call.member(unknown).is_some() {
            return Err(call.not_simulated());
        }
    }
    let text = call.text("QueryText").unwrap_or_default();
    if text.trim().is_empty() {
        return Err(invalid("QueryText must not be empty."));
    }
    let asked: BTreeSet<String> = words(text).collect();
    let mut found: Vec<_> = documents(call, &index.id)
        .into_iter()
        .map(|(id, document)| {
            let score = score(&asked, &format!("{} {}", document.title, document.body));
            (score, id, document)
        })
        .filter(|(score, _, _)| *score > 0)
        .collect();
    found.sort_by(|(one, id, _), (other, other_id, _)| other.cmp(one).then_with(|| id.cmp(other_id)));
    Ok(Search { id: call.random.uuid(), asked, found })
}

fn paged<T>(call: &Call<'_>, most: i64, items: Vec<T>) -> Result<Vec<T>, ServiceError> {
    let size = call.integer("PageSize").unwrap_or(10);
    let number = call.integer("PageNumber").unwrap_or(1);
    if !(1..=most).contains(&size) || number < 1 {
        return Err(invalid(format!("PageNumber must be at least 1 and PageSize between 1 and {most}.")));
    }
    let (size, number) = (usize::try_from(size).unwrap_or(10), usize::try_from(number).unwrap_or(1));
    // Kendra shows no more than a hundred results.
    Ok(items.into_iter().take(100).skip(size * (number - 1)).take(size).collect())
}

pub(super) fn query(call: &mut Call<'_>) -> Answer {
    let Search { id, asked, found } = search(call)?;
    let answers = questions(call, call.required("IndexId"));
    let mut items: Vec<Value> = Vec::new();
    for (question, answer) in answers {
        let score = score(&asked, &question);
        if score * 2 >= asked.len() && score > 0 {
            items.push(json!({
                "Id": format!("{id}-{}", call.random.uuid()),
                "Type": "QUESTION_ANSWER",
                "Format": "TEXT",
                "DocumentTitle": {"Text": ""},
                "DocumentExcerpt": {"Text": answer, "Highlights": []},
                "AdditionalAttributes": [{"Key": "QuestionText", "ValueType": "TEXT_WITH_HIGHLIGHTS_VALUE",
                    "Value": {"TextWithHighlightsValue": {"Text": question, "Highlights": []}}}],
                "DocumentAttributes": [],
                "ScoreAttributes": {"ScoreConfidence": confidence(score, asked.len())},
            }));
        }
    }
    for (score, document_id, document) in found {
        items.push(json!({
            "Id": format!("{id}-{}", call.random.uuid()),
            "Type": "DOCUMENT",
            "Format": "TEXT",
            "DocumentId": document_id,
            "DocumentTitle": {"Text": document.title, "Highlights": []},
            "DocumentExcerpt": {"Text": excerpt(&asked, &document.body, 300), "Highlights": []},
            "DocumentURI": document.uri,
            "DocumentAttributes": [],
            "ScoreAttributes": {"ScoreConfidence": confidence(score, asked.len())},
        }));
    }
    if let Some(kind) = call.text("QueryResultTypeFilter") {
        items.retain(|item| item.get("Type").and_then(Value::as_str) == Some(kind));
    }
    let total = items.len().min(100);
    Ok(
        json!({"QueryId": id, "ResultItems": paged(call, 100, items)?, "TotalNumberOfResults": total, "FacetResults": []}),
    )
}

pub(super) fn retrieve(call: &mut Call<'_>) -> Answer {
    let Search { id, asked, found } = search(call)?;
    let mut items = Vec::new();
    for (score, document_id, document) in found {
        items.push(json!({
            "Id": format!("{id}-{}", call.random.uuid()),
            "DocumentId": document_id,
            "DocumentTitle": document.title,
            // A passage is up to two hundred words.
            "Content": excerpt(&asked, &document.body, 1_200),
            "DocumentURI": document.uri,
            "DocumentAttributes": [],
            "ScoreAttributes": {"ScoreConfidence": confidence(score, asked.len())},
        }));
    }
    Ok(json!({"QueryId": id, "ResultItems": paged(call, 100, items)?}))
}
