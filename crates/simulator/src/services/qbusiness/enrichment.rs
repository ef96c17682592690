//! The hooks of a data source: a function of Lambda is asked about the documents that the hook's condition fits.
//!
//! The simulator runs no functions: what a hook takes goes on as it is. What Q Business needs to ask at all must be there, though,
//! by <https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/cde-iam-roles.html>: a role of the same account that trusts it for the
//! index and may call the function and use the bucket. AWS does not say what becomes of a document whose hook cannot be asked: here
//! it fails, and the run ends `INCOMPLETE`.

use super::records::{Document, Item, Settings};
use super::support::{application_arn, check_role_for, invalid};
use crate::authorization::role_may;
use crate::service::{Call, ServiceError};
use crate::services::bucket_owner;
use crate::services::cloud_control::Resource;
use crate::services::iam::role_can_be_assumed_by;
use crate::services::sync_runs::{Crawl, Documents};
use serde_json::Value;

const HOOKS: &[&str] = &["preExtractionHookConfiguration", "postExtractionHookConfiguration"];
const PRINCIPAL: &str = "qbusiness.amazonaws.com";

fn index_arn(call: &Call<'_>, application: &str, index: &str) -> String {
    format!("{}/index/{index}", application_arn(call, application))
}

/// Refuses hooks whose role Q Business cannot assume.
pub(super) fn check(call: &Call<'_>, application: &Item, settings: &Settings) -> Result<(), ServiceError> {
    let index = index_arn(call, &application.id, call.required("indexId"));
    for hook in HOOKS {
        let enrichment = settings.get("documentEnrichmentConfiguration");
        let hook = enrichment.and_then(|it| it.get(*hook));
        let Some(role) = hook.and_then(|hook| hook.get("roleArn")?.as_str()) else { continue };
        if role.split(':').nth(4) != Some(call.account.as_str()) {
            return Err(invalid(format!("The role {role} must belong to the account of the data source.")));
        }
        check_role_for(call, Some(role), PRINCIPAL, &index)?;
    }
    Ok(())
}

/// What a run brings in of what its connector found.
pub(super) fn enriched(call: &Call<'_>, source: &Item, found: Documents<Document>) -> Crawl<Document> {
    let enrichment = source.settings.get("documentEnrichmentConfiguration");
    let hooks: Vec<Hook<'_>> = HOOKS
        .iter()
        .filter_map(|name| enrichment?.get(*name))
        .map(|hook| Hook { condition: hook.get("invocationCondition"), can_be_asked: can_be_asked(call, source, hook) })
        .collect();
    let all = found.len();
    let documents: Documents<Document> = found
        .into_iter()
        .filter(|(id, document)| hooks.iter().all(|hook| hook.can_be_asked || !hook.fits(id, document)))
        .collect();
    Crawl { failed: all - documents.len(), documents }
}

struct Hook<'a> {
    condition: Option<&'a Value>,
    can_be_asked: bool,
}

impl Hook<'_> {
    fn fits(&self, id: &str, document: &Document) -> bool {
        let Some(condition) = self.condition else { return true };
        let text = |pointer: &str| condition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let value = text("/value/stringValue");
        let own = attribute(text("/key"), id, document);
        match (text("/operator"), own) {
            ("EXISTS", own) => own.is_some(),
            ("NOT_EXISTS", own) => own.is_none(),
            ("EQUALS", Some(own)) => own == value,
            ("NOT_EQUALS", Some(own)) => own != value,
            ("CONTAINS", Some(own)) => own.contains(value),
            ("NOT_CONTAINS", Some(own)) => !own.contains(value),
            ("BEGINS_WITH", Some(own)) => own.starts_with(value),
            _ => false,
        }
    }
}

/// The attributes that every document has here.
fn attribute(key: &str, id: &str, document: &Document) -> Option<String> {
    match key {
        "_document_id" => Some(id.to_owned()),
        "_document_title" => Some(document.title.clone()),
        "_source_uri" => document.uri.clone(),
        "_file_type" => Some(id.rsplit_once('.')?.1.to_uppercase()),
        _ => None,
    }
}

fn can_be_asked(call: &Call<'_>, source: &Item, hook: &Value) -> bool {
    let text = |name: &str| hook.get(name).and_then(Value::as_str);
    let (Some(function), Some(role)) = (text("lambdaArn"), text("roleArn")) else { return false };
    let index = index_arn(call, &source.application, source.index.as_deref().unwrap_or_default());
    let may = |action: &str, resource: &str| role_may(call, role, action, resource);
    role_can_be_assumed_by(call, role, PRINCIPAL, Some(&index)).is_ok()
        && is_there(call, function)
        && may("lambda:InvokeFunction", function)
        && text("s3BucketName").is_none_or(|bucket| {
            let bucket_arn = format!("arn:{}:s3:::{bucket}", call.partition());
            let objects = format!("{bucket_arn}/*");
            bucket_owner(call, bucket).is_some()
                && may("s3:GetObject", &objects)
                && may("s3:PutObject", &objects)
                && may("s3:ListBucket", &bucket_arn)
        })
}

/// A function of the caller's own account and region; of others nothing is known.
fn is_there(call: &Call<'_>, arn: &str) -> bool {
    let Some(rest) = arn.strip_prefix(&call.arn("lambda", "function:")) else { return true };
    let name = rest.split(':').next().unwrap_or_default();
    Resource::get(call, "AWS::Lambda::Function", name).is_some()
}
