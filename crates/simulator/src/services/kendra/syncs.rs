//! Sync runs: what a source holds when one begins is what it brings, once it ends.

use super::records::{DataSource, Document};
use super::sources;
use super::support::{absent, in_use, index, listed};
use crate::service::Call;
use crate::services::shared::{Answer, nothing, texts_of};
use crate::services::sync_runs::{self, SyncRun};
use crate::services::{rds_data, s3};
use jiff::Timestamp;
use serde_json::{Value, json};

type Documents = sync_runs::Documents<Document>;

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let source = sources::active(call)?;
    let key = sources::key(&source.index, &source.id);
    if sync_runs::is_running::<Document>(call, &key) {
        return Err(in_use(format!(
            "There is already a sync job running for the data source {}. Wait for it to end, or stop it.",
            source.id
        )));
    }
    let documents = crawl(call, &source);
    Ok(json!({"ExecutionId": sync_runs::start(call, &key, documents.map(Into::into))}))
}

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let source = sources::active(call)?;
    if !sync_runs::stop::<Document>(call, &sources::key(&source.index, &source.id)) {
        return Err(absent(format!("There is no sync job running for the data source {}.", source.id)));
    }
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let (index_id, id) = (call.required("IndexId"), call.required("Id"));
    index(call, index_id)?;
    let source: DataSource = call
        .store
        .get(call.account, call.region, &format!("{index_id}|{id}"))
        .ok_or_else(|| absent(format!("Data source {id} not found for index {index_id}")))?;
    let moment =
        |name: &str| -> Option<Timestamp> { call.member("StartTimeFilter")?.get(name)?.as_str()?.parse().ok() };
    let (after, before) = (moment("StartTime"), moment("EndTime"));
    let history = sync_runs::of::<Document>(call, &sources::key(&source.index, &source.id))
        .into_iter()
        .filter(|(_, run)| call.text("StatusFilter").is_none_or(|wanted| wanted == run.status(call.now)))
        .filter(|(_, run)| after.is_none_or(|after| run.started >= after))
        .filter(|(_, run)| before.is_none_or(|before| run.started <= before))
        // The newest first: the page's key falls as time goes on.
        .map(|(_, run)| {
            let key = format!("{:020}", i64::MAX - run.started.as_millisecond());
            (key, shown(call, &run))
        })
        .rev()
        .collect();
    listed(call, "History", 10, history)
}

fn shown(call: &Call<'_>, run: &SyncRun<Document>) -> Value {
    let fault = run.told_fault(call.now);
    let counts = run.counts(call.now);
    json!({
        "ExecutionId": run.id,
        "StartTime": run.started.to_string(),
        "EndTime": run.end(call.now).map(|ended| ended.to_string()),
        "Status": run.status(call.now),
        "ErrorMessage": fault,
        "ErrorCode": fault.map(|_| "InvalidRequest"),
        "Metrics": {
            "DocumentsAdded": counts.added.to_string(),
            "DocumentsModified": counts.modified.to_string(),
            "DocumentsDeleted": counts.deleted.to_string(),
            "DocumentsFailed": counts.failed.to_string(),
            "DocumentsScanned": counts.scanned.to_string(),
        },
    })
}

/// Reads the source as the connector would.
fn crawl(call: &Call<'_>, source: &DataSource) -> Result<Documents, String> {
    let kind = source.settings.get("Type").and_then(Value::as_str).unwrap_or_default();
    let configuration = source.settings.get("Configuration").cloned().unwrap_or_default();
    let at = |pointer: &str| configuration.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    match kind {
        "CUSTOM" => Ok(Documents::new()),
        "S3" => {
            let prefixes = texts_of(configuration.pointer("/S3Configuration/InclusionPrefixes"));
            objects(call, &at("/S3Configuration/BucketName").unwrap_or_default(), &prefixes)
        }
        "DATABASE" => {
            let part = |name: &str| at(&format!("/DatabaseConfiguration/{name}")).unwrap_or_default();
            let table = part("ConnectionConfiguration/TableName");
            table_rows(
                call,
                &Table {
                    host: part("ConnectionConfiguration/DatabaseHost"),
                    database: part("ConnectionConfiguration/DatabaseName"),
                    secret: part("ConnectionConfiguration/SecretArn"),
                    query: format!("SELECT * FROM {table}"),
                    key: part("ColumnConfiguration/DocumentIdColumnName"),
                    title: part("ColumnConfiguration/DocumentTitleColumnName"),
                    body: part("ColumnConfiguration/DocumentDataColumnName"),
                },
            )
        }
        "TEMPLATE" => {
            let template = |pointer: &str| at(&format!("/TemplateConfiguration/Template{pointer}"));
            let endpoint =
                |name: &str| template(&format!("/connectionConfiguration/repositoryEndpointMetadata/{name}"));
            let more = |name: &str| template(&format!("/additionalProperties/{name}")).unwrap_or_default();
            match template("/type").as_deref() {
                Some("JDBC") => table_rows(
                    call,
                    &Table {
                        host: endpoint("dbHost").unwrap_or_default(),
                        database: endpoint("dbInstance").unwrap_or_default(),
                        secret: template("/secretArn").unwrap_or_default(),
                        query: more("sqlQuery"),
                        key: more("primaryKey"),
                        title: more("titleColumn"),
                        body: more("bodyColumn"),
                    },
                ),
                Some("S3") => {
                    let prefixes = texts_of(
                        configuration.pointer("/TemplateConfiguration/Template/additionalProperties/inclusionPrefixes"),
                    );
                    objects(call, &endpoint("BucketName").unwrap_or_default(), &prefixes)
                }
                other => Err(not_crawled(other.unwrap_or("TEMPLATE"))),
            }
        }
        other => Err(not_crawled(other)),
    }
}

fn not_crawled(kind: &str) -> String {
    format!("The Charter simulator does not crawl sources of the type {kind}.")
}

fn objects(call: &Call<'_>, bucket: &str, prefixes: &[String]) -> Result<Documents, String> {
    let objects = s3::objects(call, bucket).ok_or_else(|| {
        format!("The S3 bucket {bucket} can't be found. Check that it exists and is in the region of the index.")
    })?;
    Ok(objects
        .into_iter()
        .filter(|(key, _)| !key.ends_with('/') && !key.ends_with(".metadata.json"))
        .filter(|(key, _)| prefixes.is_empty() || prefixes.iter().any(|prefix| key.starts_with(prefix)))
        .map(|(key, body)| {
            let document = Document {
                title: key.rsplit('/').next().unwrap_or_default().to_owned(),
                body: String::from_utf8_lossy(&body).into_owned(),
                uri: Some(format!("https://s3.{}.amazonaws.com/{bucket}/{key}", call.region)),
            };
            (format!("s3://{bucket}/{key}"), document)
        })
        .collect())
}

struct Table {
    host: String,
    database: String,
    secret: String,
    query: String,
    key: String,
    title: String,
    body: String,
}

fn table_rows(call: &Call<'_>, table: &Table) -> Result<Documents, String> {
    let rows = rds_data::read(call, &table.host, &table.database, &table.secret, &table.query)?;
    let mut documents = Documents::new();
    for row in rows {
        let column = |name: &str, what: &str| {
            row.get(&name.to_lowercase()).cloned().ok_or_else(|| {
                format!("The {what} column {name} can't be found in the result of the query {}.", table.query)
            })
        };
        let key = column(&table.key, "primary key")?;
        let title = if table.title.is_empty() { key.clone() } else { column(&table.title, "title")? };
        documents.insert(key, Document { title, body: column(&table.body, "body")?, uri: None });
    }
    Ok(documents)
}
