//! What Q Business asks of the configuration of a connector: each type has a schema of its own.
//!
//! <https://docs.aws.amazon.com/amazonq/latest/qbusiness-ug/s3-cfn.html>, `confluence-cloud-api.html`, `confluence-server-api.html`,
//! `sharepoint-cloud-api.html` and `sharepoint-server-subscription-cfn.html` beside it. Of connectors that are not listed here, only
//! what all schemas have in common is asked for.

use super::support::invalid;
use crate::service::ServiceError;
use serde_json::Value;

/// What the schema of a connector says.
struct Template {
    types: &'static [&'static str],
    sync_modes: &'static [&'static str],
    required: &'static [&'static str],
    /// Where a value is one of few.
    choices: &'static [(&'static str, &'static [&'static str])],
    /// Where addresses are, which are `https://…`.
    addresses: &'static [&'static str],
}

const FULL: &[&str] = &["FULL_CRAWL", "FORCED_FULL_CRAWL"];
const ALL: &[&str] = &["FULL_CRAWL", "FORCED_FULL_CRAWL", "CHANGE_LOG"];

const TEMPLATES: &[Template] = &[
    Template {
        types: &["S3"],
        sync_modes: FULL,
        required: &[
            "/connectionConfiguration/repositoryEndpointMetadata/BucketName",
            "/repositoryConfigurations/document/fieldMappings",
        ],
        choices: &[],
        addresses: &[],
    },
    Template {
        types: &["S3V2"],
        // The newer connector for S3 always brings in what changed.
        sync_modes: &[],
        required: &["/connectionConfiguration/bucketName"],
        choices: &[],
        addresses: &[],
    },
    Template {
        types: &["CONFLUENCEV2", "CONFLUENCE"],
        sync_modes: FULL,
        required: &[
            "/secretArn",
            "/connectionConfiguration/repositoryEndpointMetadata/hostUrl",
            "/connectionConfiguration/repositoryEndpointMetadata/type",
            "/connectionConfiguration/repositoryEndpointMetadata/authType",
            "/repositoryConfigurations",
            "/additionalProperties",
        ],
        choices: &[
            ("/connectionConfiguration/repositoryEndpointMetadata/type", &["SAAS", "ON_PREM"]),
            ("/connectionConfiguration/repositoryEndpointMetadata/authType", &["Basic", "OAuth2", "Personal-token"]),
        ],
        addresses: &["/connectionConfiguration/repositoryEndpointMetadata/hostUrl"],
    },
    Template {
        types: &["SHAREPOINTV2", "SHAREPOINT"],
        sync_modes: ALL,
        required: &[
            "/secretArn",
            "/enableIdentityCrawler",
            "/connectionConfiguration/repositoryEndpointMetadata/siteUrls",
            "/connectionConfiguration/repositoryEndpointMetadata/domain",
            "/connectionConfiguration/repositoryEndpointMetadata/repositoryAdditionalProperties/authType",
            "/connectionConfiguration/repositoryEndpointMetadata/repositoryAdditionalProperties/version",
            "/repositoryConfigurations",
            "/additionalProperties",
        ],
        choices: &[
            (
                "/connectionConfiguration/repositoryEndpointMetadata/repositoryAdditionalProperties/authType",
                &["OAuth2", "OAuth2Certificate", "OAuth2App", "Basic", "NTLM", "Kerberos"],
            ),
            (
                "/connectionConfiguration/repositoryEndpointMetadata/repositoryAdditionalProperties/version",
                &["Online", "Server"],
            ),
        ],
        addresses: &["/connectionConfiguration/repositoryEndpointMetadata/siteUrls"],
    },
];

const OTHERS: Template =
    Template { types: &[], sync_modes: ALL, required: &["/connectionConfiguration"], choices: &[], addresses: &[] };

/// Refuses a configuration that does not follow the schema of its type.
pub(super) fn check(kind: &str, configuration: &Value) -> Result<(), ServiceError> {
    let template = TEMPLATES.iter().find(|template| template.types.contains(&kind)).unwrap_or(&OTHERS);
    let unfit = |what: String| invalid(format!("The configuration does not follow the schema of {kind}: {what}."));
    let text = |place: &str| configuration.pointer(place).and_then(Value::as_str);
    let dots = |place: &str| place.trim_start_matches('/').replace('/', ".");
    if let Some(missing) = template.required.iter().find(|place| configuration.pointer(place).is_none()) {
        return Err(unfit(format!("{} is required", dots(missing))));
    }
    if !template.sync_modes.is_empty() && !text("/syncMode").is_some_and(|mode| template.sync_modes.contains(&mode)) {
        return Err(unfit(format!("syncMode must be one of {}", template.sync_modes.join(", "))));
    }
    for (place, choices) in template.choices {
        if !text(place).is_some_and(|value| choices.contains(&value)) {
            return Err(unfit(format!("{} must be one of {}", dots(place), choices.join(", "))));
        }
    }
    for place in template.addresses {
        let is_address = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("https:"));
        let fit = match configuration.pointer(place) {
            Some(Value::Array(list)) => list.iter().all(is_address),
            Some(other) => is_address(other),
            None => true,
        };
        if !fit {
            return Err(unfit(format!("{} must begin with https:", dots(place))));
        }
    }
    let entities = configuration.pointer("/repositoryConfigurations").and_then(Value::as_object);
    for (entity, mapped) in entities.into_iter().flatten() {
        let Some(mappings) = mapped.get("fieldMappings").and_then(Value::as_array) else {
            return Err(unfit(format!("repositoryConfigurations.{entity}.fieldMappings is required")));
        };
        if !mappings.iter().all(is_mapping) {
            let needs =
                "indexFieldName, dataSourceFieldName and indexFieldType, which is STRING, STRING_LIST, DATE or LONG";
            return Err(unfit(format!("a mapping of {entity} needs {needs}")));
        }
    }
    Ok(())
}

fn is_mapping(mapping: &Value) -> bool {
    let text = |name: &str| mapping.get(name).and_then(Value::as_str);
    text("indexFieldName").is_some()
        && text("dataSourceFieldName").is_some()
        && text("indexFieldType").is_some_and(|kind| ["STRING", "STRING_LIST", "DATE", "LONG"].contains(&kind))
}
