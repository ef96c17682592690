//! S3 and Secrets Manager.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::json;

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::S3::Bucket", prepare: |_| Box::pin(async { Ok(bucket()) }) },
    Case { type_name: "AWS::S3::BucketPolicy", prepare: |ground| Box::pin(bucket_policy(ground)) },
    Case { type_name: "AWS::SecretsManager::Secret", prepare: |_| Box::pin(async { Ok(secret()) }) },
];

fn bucket() -> Parts {
    Parts {
        before: json!({
            "BucketName": "reviews-data",
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            ]},
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "LifecycleConfiguration": {"Rules": [
                {"Id": "old", "Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": 30,
                 "Transitions": [{"TransitionInDays": 10, "StorageClass": "GLACIER"}],
                 "NoncurrentVersionExpiration": {"NoncurrentDays": 5},
                 "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}},
                {"Id": "tagged", "Status": "Enabled", "ExpirationInDays": 7, "ObjectSizeGreaterThan": "1024",
                 "TagFilters": [{"Key": "keep", "Value": "no"}]},
            ]},
            "CorsConfiguration": {"CorsRules": [
                {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"], "MaxAge": 60,
                 "ExposedHeaders": ["etag"]},
            ]},
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": true}},
            "WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "error.html"},
            "AccelerateConfiguration": {"AccelerationStatus": "Enabled"},
            "Tags": [{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}],
        }),
        after: json!({
            "BucketName": "reviews-data",
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": true},
            ]},
            "VersioningConfiguration": {"Status": "Suspended"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "BlockPublicPolicy": false, "IgnorePublicAcls": true,
                "RestrictPublicBuckets": false,
            },
            "LifecycleConfiguration": {"Rules": [{"Id": "only", "Status": "Disabled", "ExpirationInDays": 9}]},
            "WebsiteConfiguration": {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}},
            "Tags": [{"Key": "team", "Value": "b"}],
        }),
        filter: json!({}),
    }
}

async fn bucket_policy(ground: &Ground<'_>) -> Result<Parts, String> {
    ground.make("AWS::S3::Bucket", json!({"BucketName": "reviews-shared"})).await?;
    let policy = |action: &str| {
        json!({"Bucket": "reviews-shared", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::reviews-shared/*",
            "Principal": {"AWS": format!("arn:aws:iam::{}:root", ground.account)},
        }]}})
    };
    Ok(Parts { before: policy("s3:GetObject"), after: policy("s3:PutObject"), filter: json!({}) })
}

fn secret() -> Parts {
    Parts {
        before: json!({
            "Name": "db/password", "Description": "For the index", "SecretString": "one",
            "Tags": [{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}],
        }),
        after: json!({"Name": "db/password", "SecretString": "two", "Tags": [{"Key": "team", "Value": "b"}]}),
        filter: json!({}),
    }
}
