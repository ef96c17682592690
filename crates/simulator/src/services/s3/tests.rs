use crate::services::testing::Cloud;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use charter_model::AccountId;
use serde_json::{Value, json};

fn with_bucket() -> Cloud {
    let mut cloud = Cloud::new();
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "reviews"}));
    cloud
}

fn put(cloud: &mut Cloud, key: &str, text: &str) -> Value {
    cloud.ok("s3", "PutObject", json!({"Bucket": "reviews", "Key": key, "Body": STANDARD.encode(text)}))
}

fn text(cloud: &mut Cloud, input: Value) -> String {
    let body = cloud.ok("s3", "GetObject", input)["Body"].clone();
    String::from_utf8(STANDARD.decode(body.as_str().unwrap()).unwrap()).unwrap()
}

#[test]
fn names_belong_to_the_world() {
    let mut cloud = with_bucket();
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "reviews"}));
    cloud.account = AccountId::new("222222222222").unwrap();
    assert!(cloud.refused("s3", "CreateBucket", json!({"Bucket": "reviews"})).starts_with("BucketAlreadyExists"));
    assert!(cloud.refused("s3", "HeadBucket", json!({"Bucket": "reviews"})).starts_with("AccessDenied"));
    for name in ["ab", "Reviews", "-x-", "a..b", "192.168.0.1", "xn--a"] {
        assert!(
            cloud.refused("s3", "CreateBucket", json!({"Bucket": name})).starts_with("InvalidBucketName"),
            "{name}"
        );
    }
}

#[test]
fn a_region_takes_only_its_own_constraint() {
    let mut cloud = with_bucket();
    cloud.region = "eu-west-1".to_owned();
    let with =
        |location: &str| json!({"Bucket": "other", "CreateBucketConfiguration": {"LocationConstraint": location}});
    assert!(
        cloud.refused("s3", "CreateBucket", json!({"Bucket": "other"})).contains("The unspecified location constraint")
    );
    assert!(cloud.refused("s3", "CreateBucket", with("us-west-2")).starts_with("IllegalLocationConstraintException"));
    cloud.ok("s3", "CreateBucket", with("eu-west-1"));
    assert!(cloud.refused("s3", "CreateBucket", with("eu-west-1")).starts_with("BucketAlreadyOwnedByYou"));
    assert_eq!(cloud.ok("s3", "GetBucketLocation", json!({"Bucket": "other"}))["LocationConstraint"], "eu-west-1");
    assert!(cloud.refused("s3", "HeadBucket", json!({"Bucket": "reviews"})).starts_with("PermanentRedirect"));
    assert_eq!(cloud.ok("s3", "ListBuckets", json!({}))["Buckets"].as_array().unwrap().len(), 2);
}

#[test]
fn a_bucket_is_deleted_only_when_empty_and_its_name_is_late_to_be_free() {
    let mut cloud = with_bucket();
    put(&mut cloud, "a", "1");
    assert!(cloud.refused("s3", "DeleteBucket", json!({"Bucket": "reviews"})).starts_with("BucketNotEmpty"));
    cloud.ok("s3", "DeleteObject", json!({"Bucket": "reviews", "Key": "a"}));
    cloud.ok("s3", "DeleteBucket", json!({"Bucket": "reviews"}));
    assert_eq!(cloud.left(), Vec::<String>::new());
    assert!(cloud.refused("s3", "CreateBucket", json!({"Bucket": "reviews"})).starts_with("OperationAborted"));
    cloud.pass(16.0);
    cloud.ok("s3", "CreateBucket", json!({"Bucket": "reviews"}));
}

#[test]
fn sub_resources_have_their_defaults_and_their_own_errors() {
    let mut cloud = with_bucket();
    let get = |cloud: &mut Cloud, operation: &str| cloud.ok("s3", operation, json!({"Bucket": "reviews"}));
    assert_eq!(get(&mut cloud, "GetPublicAccessBlock")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], true);
    assert_eq!(
        get(&mut cloud, "GetBucketOwnershipControls")["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "BucketOwnerEnforced"
    );
    let algorithm = |answer: Value| {
        answer
            .pointer("/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault/SSEAlgorithm")
            .cloned()
    };
    assert_eq!(algorithm(get(&mut cloud, "GetBucketEncryption")), Some(json!("AES256")));
    assert_eq!(get(&mut cloud, "GetBucketVersioning"), json!({}));
    for (operation, code) in [
        ("GetBucketPolicy", "NoSuchBucketPolicy"),
        ("GetBucketTagging", "NoSuchTagSet"),
        ("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"),
        ("GetBucketCors", "NoSuchCORSConfiguration"),
        ("GetBucketWebsite", "NoSuchWebsiteConfiguration"),
        ("GetBucketReplication", "ReplicationConfigurationNotFoundError"),
        ("GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
    ] {
        assert!(
            cloud.refused("s3", operation, json!({"Bucket": "reviews"})).starts_with(&format!("{code}:")),
            "{operation}"
        );
    }
    cloud.ok(
        "s3",
        "PutBucketTagging",
        json!({"Bucket": "reviews", "Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}}),
    );
    assert_eq!(get(&mut cloud, "GetBucketTagging"), json!({"TagSet": [{"Key": "a", "Value": "1"}]}));
    cloud.ok("s3", "DeletePublicAccessBlock", json!({"Bucket": "reviews"}));
    assert!(
        cloud
            .refused("s3", "GetPublicAccessBlock", json!({"Bucket": "reviews"}))
            .starts_with("NoSuchPublicAccessBlockConfiguration")
    );
    cloud.ok(
        "s3",
        "PutBucketMetricsConfiguration",
        json!({"Bucket": "reviews", "Id": "all", "MetricsConfiguration": {"Id": "all"}}),
    );
    assert_eq!(get(&mut cloud, "ListBucketMetricsConfigurations")["MetricsConfigurationList"], json!([{"Id": "all"}]));
    assert!(cloud.refused("s3", "GetBucketTagging", json!({"Bucket": "nope"})).starts_with("NoSuchBucket"));
}

#[test]
fn a_public_policy_is_blocked_and_a_foreign_resource_refused() {
    let mut cloud = with_bucket();
    let policy = |principal: Value, resource: &str| {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource});
        json!({"Bucket": "reviews", "Policy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()})
    };
    let own = "arn:aws:s3:::reviews/*";
    assert!(cloud.refused("s3", "PutBucketPolicy", policy(json!("*"), own)).contains("BlockPublicPolicy"));
    assert!(
        cloud
            .refused("s3", "PutBucketPolicy", policy(json!({"AWS": "333333333333"}), "arn:aws:s3:::other/*"))
            .contains("Policy has invalid resource")
    );
    cloud.ok("s3", "PutBucketPolicy", policy(json!({"AWS": "333333333333"}), own));
    assert_eq!(
        cloud.ok("s3", "GetBucketPolicyStatus", json!({"Bucket": "reviews"}))["PolicyStatus"]["IsPublic"],
        false
    );
}

#[test]
fn versions_and_delete_markers_keep_what_was() {
    let mut cloud = with_bucket();
    put(&mut cloud, "a", "zero");
    cloud.ok(
        "s3",
        "PutBucketVersioning",
        json!({"Bucket": "reviews", "VersioningConfiguration": {"Status": "Enabled"}}),
    );
    let one = put(&mut cloud, "a", "one")["VersionId"].clone();
    put(&mut cloud, "a", "two");
    let marker = cloud.ok("s3", "DeleteObject", json!({"Bucket": "reviews", "Key": "a"}));
    assert_eq!(marker["DeleteMarker"], true);
    assert!(cloud.refused("s3", "GetObject", json!({"Bucket": "reviews", "Key": "a"})).starts_with("NoSuchKey"));
    assert_eq!(text(&mut cloud, json!({"Bucket": "reviews", "Key": "a", "VersionId": one})), "one");
    assert_eq!(text(&mut cloud, json!({"Bucket": "reviews", "Key": "a", "VersionId": "null"})), "zero");
    assert_eq!(cloud.ok("s3", "ListObjectsV2", json!({"Bucket": "reviews"}))["KeyCount"], 0);

    let mut seen = Vec::new();
    let mut input = json!({"Bucket": "reviews", "MaxKeys": 1});
    loop {
        let page = cloud.ok("s3", "ListObjectVersions", input.clone());
        seen.extend(
            page["Versions"].as_array().unwrap().iter().chain(page["DeleteMarkers"].as_array().unwrap()).cloned(),
        );
        if page["IsTruncated"] == false {
            break;
        }
        input = json!({"Bucket": "reviews", "MaxKeys": 1, "KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]});
    }
    assert_eq!(seen.len(), 4);
    let objects: Vec<Value> = seen.iter().map(|it| json!({"Key": it["Key"], "VersionId": it["VersionId"]})).collect();
    assert!(cloud.refused("s3", "DeleteBucket", json!({"Bucket": "reviews"})).contains("all versions"));
    let deleted = cloud.ok("s3", "DeleteObjects", json!({"Bucket": "reviews", "Delete": {"Objects": objects}}));
    assert_eq!(deleted["Deleted"].as_array().unwrap().len(), 4);
    cloud.ok("s3", "DeleteBucket", json!({"Bucket": "reviews"}));
    assert_eq!(cloud.left(), Vec::<String>::new());
}

#[test]
fn conditional_writes_hold() {
    let mut cloud = with_bucket();
    let write = |more: Value| {
        let mut input = json!({"Bucket": "reviews", "Key": "state", "Body": STANDARD.encode("x")});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let etag = cloud.ok("s3", "PutObject", write(json!({"IfNoneMatch": "*"})))["ETag"].clone();
    assert_eq!(etag, "\"9dd4e461268c8034f5c8564e155c67a6\"");
    assert!(cloud.refused("s3", "PutObject", write(json!({"IfNoneMatch": "*"}))).starts_with("PreconditionFailed"));
    cloud.ok("s3", "PutObject", write(json!({"IfMatch": etag})));
    assert!(cloud.refused("s3", "PutObject", write(json!({"IfMatch": "\"other\""}))).starts_with("PreconditionFailed"));
    assert!(
        cloud
            .refused("s3", "GetObject", json!({"Bucket": "reviews", "Key": "state", "IfNoneMatch": etag}))
            .starts_with("NotModified")
    );
}

#[test]
fn lists_roll_up_and_page() {
    let mut cloud = with_bucket();
    for key in ["a/1", "a/2", "b/1", "c", "d"] {
        put(&mut cloud, key, key);
    }
    let list = |cloud: &mut Cloud, more: Value| {
        let mut input = json!({"Bucket": "reviews", "Delimiter": "/", "MaxKeys": 2});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        cloud.ok("s3", "ListObjectsV2", input)
    };
    let first = list(&mut cloud, json!({}));
    assert_eq!(first["CommonPrefixes"], json!([{"Prefix": "a/"}, {"Prefix": "b/"}]));
    let second = list(&mut cloud, json!({"ContinuationToken": first["NextContinuationToken"]}));
    let keys: Vec<_> = second["Contents"].as_array().unwrap().iter().map(|it| it["Key"].clone()).collect();
    assert_eq!((keys, &second["IsTruncated"]), (vec![json!("c"), json!("d")], &json!(false)));
}

#[test]
fn ranges_copies_and_tags() {
    let mut cloud = with_bucket();
    put(&mut cloud, "a b", "0123456789");
    assert_eq!(text(&mut cloud, json!({"Bucket": "reviews", "Key": "a b", "Range": "bytes=2-4"})), "234");
    assert_eq!(text(&mut cloud, json!({"Bucket": "reviews", "Key": "a b", "Range": "bytes=-3"})), "789");
    assert!(
        cloud
            .refused("s3", "GetObject", json!({"Bucket": "reviews", "Key": "a b", "Range": "bytes=20-"}))
            .starts_with("InvalidRange")
    );
    cloud.ok("s3", "CopyObject", json!({"Bucket": "reviews", "Key": "copy", "CopySource": "reviews/a%20b"}));
    assert_eq!(text(&mut cloud, json!({"Bucket": "reviews", "Key": "copy"})), "0123456789");
    cloud.ok(
        "s3",
        "PutObjectTagging",
        json!({"Bucket": "reviews", "Key": "copy", "Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}),
    );
    assert_eq!(
        cloud.ok("s3", "GetObjectTagging", json!({"Bucket": "reviews", "Key": "copy"}))["TagSet"][0]["Value"],
        "v"
    );
}

#[test]
fn uploads_in_parts_come_together_or_go() {
    let mut cloud = with_bucket();
    let at = json!({"Bucket": "reviews", "Key": "big"});
    let with = |more: Value| {
        let mut input = at.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let id = cloud.ok("s3", "CreateMultipartUpload", at.clone())["UploadId"].clone();
    let first = "x".repeat(5 * 1024 * 1024);
    let mut part = |number: u32, text: &str| {
        cloud.ok("s3", "UploadPart", with(json!({"UploadId": id, "PartNumber": number, "Body": STANDARD.encode(text)})))
            ["ETag"]
            .clone()
    };
    let (one, two) = (part(1, &first), part(2, "end"));
    let complete = |parts: Value| with(json!({"UploadId": id, "MultipartUpload": {"Parts": parts}}));
    let swapped = complete(json!([{"PartNumber": 2, "ETag": two}, {"PartNumber": 1, "ETag": one}]));
    assert!(cloud.refused("s3", "CompleteMultipartUpload", swapped).starts_with("InvalidPartOrder"));
    assert!(
        cloud
            .refused("s3", "CompleteMultipartUpload", complete(json!([{"PartNumber": 1, "ETag": "x"}])))
            .starts_with("InvalidPart")
    );
    let done = cloud.ok(
        "s3",
        "CompleteMultipartUpload",
        complete(json!([{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}])),
    );
    assert!(done["ETag"].as_str().unwrap().ends_with("-2\""));
    assert_eq!(cloud.ok("s3", "HeadObject", at.clone())["ContentLength"], 5 * 1024 * 1024 + 3);
    assert!(cloud.refused("s3", "AbortMultipartUpload", with(json!({"UploadId": id}))).starts_with("NoSuchUpload"));
    let other = cloud.ok("s3", "CreateMultipartUpload", at.clone())["UploadId"].clone();
    assert_eq!(
        cloud.ok("s3", "ListMultipartUploads", json!({"Bucket": "reviews"}))["Uploads"].as_array().unwrap().len(),
        1
    );
    cloud.ok("s3", "AbortMultipartUpload", with(json!({"UploadId": other})));
    assert_eq!(cloud.left(), ["s3/bucket/reviews", "s3/object/reviews/big"]);
}
