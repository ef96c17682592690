//! A bucket's sub-resources: one table for the plain ones, by hand what is special.

use super::buckets::default_encryption;
use super::records::Bucket;
use super::support::{bucket, error, keep, owner};
use crate::service::{Call, ServiceError};
use crate::services::iam::document::{Use, principals, statements};
use crate::services::shared::{Answer, nothing, tags_of};
use serde_json::{Map, Value, json};

/// A sub-resource whose operations only keep it, tell it and forget it.
struct Plain {
    get: &'static str,
    put: &'static str,
    delete: &'static str,
    /// Where the bucket keeps it.
    name: &'static str,
    /// The input's member that holds it.
    given: &'static str,
    /// The output's member; none where its members are the output.
    told: Option<&'static str>,
    /// Code and words where it is not there; none where that is no error.
    absent: Option<(&'static str, &'static str)>,
}

const PLAIN: &[Plain] = &[
    Plain {
        get: "GetBucketVersioning",
        put: "PutBucketVersioning",
        delete: "",
        name: "Versioning",
        given: "VersioningConfiguration",
        told: None,
        absent: None,
    },
    Plain {
        get: "GetBucketEncryption",
        put: "PutBucketEncryption",
        delete: "DeleteBucketEncryption",
        name: "Encryption",
        given: "ServerSideEncryptionConfiguration",
        told: Some("ServerSideEncryptionConfiguration"),
        absent: Some((
            "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found",
        )),
    },
    Plain {
        get: "GetPublicAccessBlock",
        put: "PutPublicAccessBlock",
        delete: "DeletePublicAccessBlock",
        name: "PublicAccessBlock",
        given: "PublicAccessBlockConfiguration",
        told: Some("PublicAccessBlockConfiguration"),
        absent: Some(("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")),
    },
    Plain {
        get: "GetBucketOwnershipControls",
        put: "PutBucketOwnershipControls",
        delete: "DeleteBucketOwnershipControls",
        name: "OwnershipControls",
        given: "OwnershipControls",
        told: Some("OwnershipControls"),
        absent: Some(("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")),
    },
    Plain {
        get: "GetBucketTagging",
        put: "PutBucketTagging",
        delete: "DeleteBucketTagging",
        name: "Tagging",
        given: "Tagging",
        told: None,
        absent: Some(("NoSuchTagSet", "The TagSet does not exist")),
    },
    Plain {
        get: "GetBucketLifecycleConfiguration",
        put: "PutBucketLifecycleConfiguration",
        delete: "DeleteBucketLifecycle",
        name: "Lifecycle",
        given: "LifecycleConfiguration",
        told: None,
        absent: Some(("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")),
    },
    Plain {
        get: "GetBucketCors",
        put: "PutBucketCors",
        delete: "DeleteBucketCors",
        name: "Cors",
        given: "CORSConfiguration",
        told: None,
        absent: Some(("NoSuchCORSConfiguration", "The CORS configuration does not exist")),
    },
    Plain {
        get: "GetBucketLogging",
        put: "PutBucketLogging",
        delete: "",
        name: "Logging",
        given: "BucketLoggingStatus",
        told: None,
        absent: None,
    },
    Plain {
        get: "GetBucketNotificationConfiguration",
        put: "PutBucketNotificationConfiguration",
        delete: "",
        name: "Notification",
        given: "NotificationConfiguration",
        told: None,
        absent: None,
    },
    Plain {
        get: "GetBucketWebsite",
        put: "PutBucketWebsite",
        delete: "DeleteBucketWebsite",
        name: "Website",
        given: "WebsiteConfiguration",
        told: None,
        absent: Some(("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")),
    },
    Plain {
        get: "GetBucketAccelerateConfiguration",
        put: "PutBucketAccelerateConfiguration",
        delete: "",
        name: "Accelerate",
        given: "AccelerateConfiguration",
        told: None,
        absent: None,
    },
    Plain {
        get: "GetObjectLockConfiguration",
        put: "PutObjectLockConfiguration",
        delete: "",
        name: "ObjectLock",
        given: "ObjectLockConfiguration",
        told: Some("ObjectLockConfiguration"),
        absent: Some((
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        )),
    },
    Plain {
        get: "GetBucketReplication",
        put: "PutBucketReplication",
        delete: "DeleteBucketReplication",
        name: "Replication",
        given: "ReplicationConfiguration",
        told: Some("ReplicationConfiguration"),
        absent: Some(("ReplicationConfigurationNotFoundError", "The replication configuration was not found")),
    },
    Plain {
        get: "GetBucketRequestPayment",
        put: "PutBucketRequestPayment",
        delete: "",
        name: "RequestPayment",
        given: "RequestPaymentConfiguration",
        told: None,
        absent: None,
    },
];

/// Answers an operation on a sub-resource; none if it is not one.
pub(super) fn call(call: &mut Call<'_>) -> Option<Answer> {
    let operation = call.operation;
    if let Some(plain) = PLAIN.iter().find(|plain| plain.get == operation) {
        return Some(get(call, plain));
    }
    if let Some(plain) = PLAIN.iter().find(|plain| plain.put == operation) {
        return Some(put(call, plain));
    }
    if let Some(plain) = PLAIN.iter().find(|plain| plain.delete == operation) {
        return Some(delete(call, plain));
    }
    match operation {
        "GetBucketPolicy" => Some(get_policy(call)),
        "PutBucketPolicy" => Some(put_policy(call)),
        "DeleteBucketPolicy" => Some(delete_policy(call)),
        "GetBucketPolicyStatus" => Some(policy_status(call)),
        "GetBucketAcl" => Some(acl(call)),
        _ => configuration(call),
    }
}

fn get(call: &mut Call<'_>, plain: &Plain) -> Answer {
    let bucket = bucket(call)?;
    let held = bucket.settings.get(plain.name);
    match (held, plain.absent, plain.told) {
        (Some(held), _, Some(member)) => Ok(json!({ member: held })),
        (Some(held), _, None) => Ok(held.clone()),
        (None, Some((code, message)), _) => Err(error(404, code, message).with("BucketName", bucket.name)),
        (None, None, _) if plain.name == "RequestPayment" => Ok(json!({"Payer": "BucketOwner"})),
        (None, None, _) => nothing(),
    }
}

fn put(call: &mut Call<'_>, plain: &Plain) -> Answer {
    let mut bucket = bucket(call)?;
    let given = call.member(plain.given).cloned().unwrap_or_else(|| json!({}));
    check(&bucket, plain.name, &given)?;
    bucket.settings.insert(plain.name.to_owned(), pruned(given));
    keep(call, &bucket);
    nothing()
}

/// Without `null`.
fn pruned(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.into_iter().filter(|(_, held)| !held.is_null()).map(|(name, held)| (name, pruned(held))).collect(),
        ),
        Value::Array(list) => list.into_iter().map(pruned).collect(),
        other => other,
    }
}

fn check(bucket: &Bucket, name: &str, given: &Value) -> Result<(), ServiceError> {
    let state = |message: &str| Err(error(409, "InvalidBucketState", message));
    let status = given.get("Status").and_then(Value::as_str);
    match name {
        "Versioning" if bucket.object_lock && status == Some("Suspended") => {
            state("An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
        }
        "Versioning" if status.is_none() => {
            Err(error(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified"))
        }
        "ObjectLock" if bucket.versioning() != Some("Enabled") => {
            state("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
        }
        "Replication" if bucket.versioning() != Some("Enabled") => Err(error(
            400,
            "InvalidRequest",
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
        )),
        "Accelerate" if bucket.name.contains('.') => Err(error(
            400,
            "InvalidRequest",
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        )),
        "Tagging" => {
            let list = given.get("TagSet");
            let tags = tags_of(list);
            if tags.len() != list.and_then(Value::as_array).map_or(0, Vec::len) {
                return Err(error(400, "InvalidTag", "Cannot provide multiple Tags with the same key"));
            }
            if tags.len() > 50 {
                return Err(error(400, "BadRequest", "Bucket tag count cannot be greater than 50"));
            }
            if tags.keys().any(|key| key.to_lowercase().starts_with("aws:")) {
                return Err(error(400, "InvalidTag", "System tags cannot be added/updated by requester"));
            }
            Ok(())
        }
        "Lifecycle" => {
            let rules = given.get("Rules").and_then(Value::as_array).cloned().unwrap_or_default();
            if rules.is_empty() {
                return Err(error(
                    400,
                    "MalformedXML",
                    "The XML you provided was not well-formed or did not validate against our published schema",
                ));
            }
            const ACTIONS: &[&str] = &[
                "Expiration",
                "Transitions",
                "NoncurrentVersionTransitions",
                "NoncurrentVersionExpiration",
                "AbortIncompleteMultipartUpload",
            ];
            let acts = |rule: &Value| ACTIONS.iter().any(|action| rule.get(*action).is_some_and(|it| !it.is_null()));
            if !rules.iter().all(acts) {
                return Err(error(400, "InvalidRequest", "At least one action needs to be specified in a rule"));
            }
            Ok(())
        }
        "Website" => {
            let there = |member: &str| given.get(member).is_some_and(|it| !it.is_null());
            if there("IndexDocument") || there("RedirectAllRequestsTo") {
                Ok(())
            } else {
                Err(error(
                    400,
                    "InvalidArgument",
                    "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
                ))
            }
        }
        _ => Ok(()),
    }
}

fn delete(call: &mut Call<'_>, plain: &Plain) -> Answer {
    let mut bucket = bucket(call)?;
    if plain.name == "Encryption" {
        bucket.settings.insert(plain.name.to_owned(), default_encryption());
    } else {
        bucket.settings.remove(plain.name);
    }
    keep(call, &bucket);
    nothing()
}

fn policy(bucket: &Bucket) -> Result<&str, ServiceError> {
    bucket.settings.get("Policy").and_then(Value::as_str).ok_or_else(|| {
        error(404, "NoSuchBucketPolicy", "The bucket policy does not exist").with("BucketName", bucket.name.clone())
    })
}

fn get_policy(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    Ok(json!({"Policy": policy(&bucket)?}))
}

fn put_policy(call: &mut Call<'_>) -> Answer {
    let mut bucket = bucket(call)?;
    let text = call.required("Policy").to_owned();
    let malformed = |message: String| error(400, "MalformedPolicy", message);
    if serde_json::from_str::<Value>(&text).is_err() {
        return Err(malformed("Policies must be valid JSON and the first byte must be '{'".to_owned()));
    }
    if text.len() > 20 * 1024 {
        return Err(error(400, "PolicyTooLarge", "Your policy exceeds the maximum allowed document size."));
    }
    let statements = statements(&text, Use::Resource).map_err(malformed)?;
    let arn = format!("arn:{}:s3:::{}", call.partition(), bucket.name);
    for statement in &statements {
        let resources = statement.get("Resource").or_else(|| statement.get("NotResource"));
        let resources = resources.and_then(crate::services::iam::document::strings).unwrap_or_default();
        let own = |resource: &&str| {
            **resource == arn || resource.starts_with(&format!("{arn}/")) || **resource == format!("{arn}*")
        };
        if !resources.iter().all(own) {
            return Err(malformed("Policy has invalid resource".to_owned()));
        }
        let known = |kind: &str| matches!(kind, "AWS" | "Service" | "Federated" | "CanonicalUser" | "*");
        if !principals(statement).iter().all(|(kind, name)| known(kind) && !name.is_empty()) {
            return Err(malformed("Invalid principal in policy".to_owned()));
        }
    }
    let block = bucket.settings.get("PublicAccessBlock").and_then(|block| block.get("BlockPublicPolicy"));
    if block == Some(&json!(true)) && is_public(&statements) {
        return Err(error(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{arn}\" because public policies are prevented by \
                 the BlockPublicPolicy setting in S3 Block Public Access.",
                call.caller.arn
            ),
        ));
    }
    bucket.settings.insert("Policy".to_owned(), json!(text));
    keep(call, &bucket);
    nothing()
}

fn is_public(statements: &[Map<String, Value>]) -> bool {
    statements.iter().any(|statement| {
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && principals(statement).iter().any(|(_, name)| *name == "*")
            && statement.get("Condition").and_then(Value::as_object).is_none_or(Map::is_empty)
    })
}

fn delete_policy(call: &mut Call<'_>) -> Answer {
    let mut bucket = bucket(call)?;
    bucket.settings.remove("Policy");
    keep(call, &bucket);
    nothing()
}

fn policy_status(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let statements = statements(policy(&bucket)?, Use::Resource).unwrap_or_default();
    Ok(json!({"PolicyStatus": {"IsPublic": is_public(&statements)}}))
}

fn acl(call: &mut Call<'_>) -> Answer {
    bucket(call)?;
    let owner = owner(call);
    let grantee = json!({"Type": "CanonicalUser", "ID": owner.get("ID")});
    Ok(json!({"Owner": owner, "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}))
}

/// `GetBucketMetricsConfiguration` and its like: configurations that have ids.
fn configuration(call: &mut Call<'_>) -> Option<Answer> {
    for kind in ["Analytics", "IntelligentTiering", "Inventory", "Metrics"] {
        let member = format!("{kind}Configuration");
        let Some(verb) = call
            .operation
            .strip_suffix(&format!("Bucket{member}s"))
            .or_else(|| call.operation.strip_suffix(&format!("Bucket{member}")))
        else {
            continue;
        };
        return Some(with_id(call, verb, kind, &member));
    }
    None
}

fn with_id(call: &mut Call<'_>, verb: &str, kind: &str, member: &str) -> Answer {
    let mut bucket = bucket(call)?;
    let id = call.required("Id").to_owned();
    let held = bucket.configurations.entry(kind.to_owned()).or_default();
    let absent = || error(404, "NoSuchConfiguration", "The specified configuration does not exist.");
    match verb {
        "List" => {
            let list: Vec<Value> = held.values().cloned().collect();
            return Ok(json!({format!("{member}List"): list, "IsTruncated": false}));
        }
        "Get" => return held.get(&id).map(|held| json!({ member: held })).ok_or_else(absent),
        "Put" => {
            held.insert(id, pruned(call.member(member).cloned().unwrap_or_default()));
        }
        "Delete" => {
            held.remove(&id).ok_or_else(absent)?;
        }
        _ => return Err(call.not_simulated()),
    }
    keep(call, &bucket);
    nothing()
}
