//! Buckets: their names are the world's.

use super::records::{Bucket, DeletedBucket, Object, Upload};
use super::support::{bucket, error, keep, owner};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, page, page_size, tags_of};
use crate::store::GLOBAL;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Seconds for which a deleted bucket's name cannot be had: S3 gives no promise, callers see conflicts for a while
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html>).
const NAME_RELEASE: f64 = 15.0;

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
fn check_name(name: &str) -> Result<(), ServiceError> {
    let letters = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let is_address = name.split('.').count() == 4
        && name.split('.').all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit()));
    let sound = (3..=63).contains(&name.len())
        && name.chars().all(|character| letters(character) || ".-".contains(character))
        && name.starts_with(letters)
        && name.ends_with(letters)
        && !name.contains("..")
        && !is_address
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|suffix| name.ends_with(suffix));
    if sound {
        Ok(())
    } else {
        Err(error(400, "InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name.to_owned()))
    }
}

fn check_location(call: &Call<'_>) -> Result<(), ServiceError> {
    let asked = call.member("CreateBucketConfiguration").and_then(|it| it.get("LocationConstraint"));
    let incompatible = |what: &str| {
        Err(error(
            400,
            "IllegalLocationConstraintException",
            format!(
                "The {what} location constraint is incompatible for the region specific endpoint this request was sent to."
            ),
        ))
    };
    match asked.and_then(Value::as_str) {
        None if call.region == "us-east-1" => Ok(()),
        None => incompatible("unspecified"),
        Some("us-east-1") => {
            Err(error(400, "InvalidLocationConstraint", "The specified location-constraint is not valid"))
        }
        Some(asked) if asked == call.region => Ok(()),
        Some(asked) => incompatible(asked),
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("Bucket").to_owned();
    check_name(&name)?;
    check_location(call)?;
    let location = || {
        if call.region == "us-east-1" { format!("/{name}") } else { format!("http://{name}.s3.amazonaws.com/") }
    };
    let held = call.store.named::<Bucket>(&name).into_iter().next();
    match held {
        // Only this region answers again as if it had made it (CreateBucket, BucketAlreadyOwnedByYou).
        Some(entry) if entry.account == *call.account && entry.region == "us-east-1" && call.region == "us-east-1" => {
            return Ok(json!({"Location": location()}));
        }
        Some(entry) if entry.account == *call.account => {
            return Err(error(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )
            .with("BucketName", name));
        }
        Some(_) => {
            return Err(error(
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a \
                 different name and try again.",
            )
            .with("BucketName", name));
        }
        None => {}
    }
    if !call.store.named::<DeletedBucket>(&name).is_empty() {
        return Err(error(
            409,
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. Please try again.",
        ));
    }
    let ownership = call.text("ObjectOwnership").unwrap_or("BucketOwnerEnforced");
    if ownership == "BucketOwnerEnforced" && call.text("ACL").is_some_and(|acl| acl != "private") {
        return Err(error(
            400,
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        ));
    }
    let mut settings = Map::from_iter([
        ("Encryption".to_owned(), default_encryption()),
        (
            "PublicAccessBlock".to_owned(),
            json!({"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}),
        ),
        ("OwnershipControls".to_owned(), json!({"Rules": [{"ObjectOwnership": ownership}]})),
    ]);
    let tags = call.member("CreateBucketConfiguration").and_then(|it| it.get("Tags")).filter(|tags| !tags.is_null());
    if let Some(tags) = tags.filter(|tags| !tags_of(Some(tags)).is_empty()) {
        settings.insert("Tagging".to_owned(), json!({"TagSet": tags}));
    }
    let object_lock = call.flag("ObjectLockEnabledForBucket").unwrap_or(false);
    if object_lock {
        settings.insert("Versioning".to_owned(), json!({"Status": "Enabled"}));
        settings.insert("ObjectLock".to_owned(), json!({"ObjectLockEnabled": "Enabled"}));
    }
    let location = location();
    let bucket = Bucket { created: call.now, settings, configurations: BTreeMap::new(), object_lock, name };
    keep(call, &bucket);
    Ok(json!({"Location": location, "BucketArn": format!("arn:{}:s3:::{}", call.partition(), bucket.name)}))
}

/// Since January 2023 every bucket encrypts.
pub(super) fn default_encryption() -> Value {
    json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]})
}

pub(super) fn head(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    Ok(json!({
        "BucketRegion": call.region,
        "BucketArn": format!("arn:{}:s3:::{}", call.partition(), bucket.name),
        "AccessPointAlias": false,
    }))
}

pub(super) fn location(call: &mut Call<'_>) -> Answer {
    bucket(call)?;
    Ok(json!({"LocationConstraint": (call.region != "us-east-1").then_some(call.region)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let buckets = call.store.everywhere::<Bucket>().into_iter().filter(|entry| entry.account == *call.account);
    let mut buckets: Vec<(String, Value)> = buckets
        .filter(|entry| call.text("BucketRegion").is_none_or(|region| entry.region == region))
        .filter(|entry| call.text("Prefix").is_none_or(|prefix| entry.key.starts_with(prefix)))
        .map(|entry| {
            let shown = json!({
                "Name": entry.key,
                "CreationDate": entry.record.created.to_string(),
                "BucketRegion": entry.region,
            });
            (entry.key, shown)
        })
        .collect();
    buckets.sort_by(|(one, _), (other, _)| one.cmp(other));
    let size = page_size(call, "MaxBuckets", 10_000);
    let (buckets, next) = page(buckets, call.text("ContinuationToken"), size)
        .ok_or_else(|| error(400, "InvalidArgument", "The continuation token provided is incorrect"))?;
    Ok(json!({
        "Buckets": buckets,
        "Owner": owner(call),
        "ContinuationToken": next,
        "Prefix": call.text("Prefix"),
    }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let bucket = bucket(call)?;
    let objects = call.store.list::<Object>(call.account, call.region);
    if objects.iter().any(|(_, object)| object.bucket == bucket.name) {
        let versioned = bucket.versioning().is_some();
        let message = if versioned {
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
        } else {
            "The bucket you tried to delete is not empty"
        };
        return Err(error(409, "BucketNotEmpty", message).with("BucketName", bucket.name));
    }
    // Uploads that were never completed do not hold a bucket; they go with it.
    for (id, upload) in call.store.list::<Upload>(call.account, call.region) {
        if upload.bucket == bucket.name {
            super::uploads::forget(call, &id, &upload);
        }
    }
    call.store.remove::<Bucket>(call.account, call.region, &bucket.name);
    let released = DeletedBucket { until: call.after(NAME_RELEASE) };
    call.store.put(call.account, GLOBAL, &bucket.name, &released);
    nothing()
}
