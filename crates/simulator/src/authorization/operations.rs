//! From an operation to the actions that it takes. Most have the operation's name; the others are listed, each with its source.

use super::{Question, behind, facts, resources};
use crate::service::Call;

/// The prefix of a service's actions, where it is not the service's name.
const PREFIXES: &[(&str, &str)] = &[
    ("bedrock-agent", "bedrock"),
    ("bedrock-runtime", "bedrock"),
    ("cloudcontrol", "cloudformation"),
    ("resourcegroupstaggingapi", "tag"),
    ("sso-admin", "sso"),
];

/// Operations whose actions have other names. No action: everybody may.
///
/// Sources: S3: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>). STS: API Reference, GetCallerIdentity
/// ("no permissions are required") and GetSessionToken (likewise). Bedrock: API Reference, Converse ("requires permission for the
/// `bedrock:InvokeModel` action") and ConverseStream. Budgets: Service Authorization Reference, whose two actions stand for all
/// operations on budgets (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html>).
const OTHERWISE: &[(&str, &str, &[&str])] = &[
    ("bedrock-runtime", "Converse", &["bedrock:InvokeModel"]),
    ("bedrock-runtime", "ConverseStream", &["bedrock:InvokeModelWithResponseStream"]),
    ("budgets", "CreateBudget", &["budgets:ModifyBudget"]),
    ("budgets", "CreateNotification", &["budgets:ModifyBudget"]),
    ("budgets", "CreateSubscriber", &["budgets:ModifyBudget"]),
    ("budgets", "DeleteBudget", &["budgets:ModifyBudget"]),
    ("budgets", "DeleteNotification", &["budgets:ModifyBudget"]),
    ("budgets", "DeleteSubscriber", &["budgets:ModifyBudget"]),
    ("budgets", "DescribeBudget", &["budgets:ViewBudget"]),
    ("budgets", "DescribeBudgets", &["budgets:ViewBudget"]),
    ("budgets", "DescribeNotificationsForBudget", &["budgets:ViewBudget"]),
    ("budgets", "DescribeSubscribersForNotification", &["budgets:ViewBudget"]),
    ("budgets", "UpdateBudget", &["budgets:ModifyBudget"]),
    ("budgets", "UpdateNotification", &["budgets:ModifyBudget"]),
    ("budgets", "UpdateSubscriber", &["budgets:ModifyBudget"]),
    ("s3", "AbortMultipartUpload", &["s3:AbortMultipartUpload"]),
    ("s3", "CompleteMultipartUpload", &["s3:PutObject"]),
    ("s3", "CopyObject", &["s3:PutObject"]),
    ("s3", "CreateMultipartUpload", &["s3:PutObject"]),
    ("s3", "DeleteBucketAnalyticsConfiguration", &["s3:PutAnalyticsConfiguration"]),
    ("s3", "DeleteBucketCors", &["s3:PutBucketCORS"]),
    ("s3", "DeleteBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3", "DeleteBucketIntelligentTieringConfiguration", &["s3:PutIntelligentTieringConfiguration"]),
    ("s3", "DeleteBucketInventoryConfiguration", &["s3:PutInventoryConfiguration"]),
    ("s3", "DeleteBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
    ("s3", "DeleteBucketMetricsConfiguration", &["s3:PutMetricsConfiguration"]),
    ("s3", "DeleteBucketOwnershipControls", &["s3:PutBucketOwnershipControls"]),
    ("s3", "DeleteBucketReplication", &["s3:PutReplicationConfiguration"]),
    ("s3", "DeleteBucketTagging", &["s3:PutBucketTagging"]),
    ("s3", "DeletePublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3", "DeleteObjects", &["s3:DeleteObject"]),
    ("s3", "GetBucketAccelerateConfiguration", &["s3:GetAccelerateConfiguration"]),
    ("s3", "GetBucketAnalyticsConfiguration", &["s3:GetAnalyticsConfiguration"]),
    ("s3", "GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    ("s3", "GetBucketIntelligentTieringConfiguration", &["s3:GetIntelligentTieringConfiguration"]),
    ("s3", "GetBucketInventoryConfiguration", &["s3:GetInventoryConfiguration"]),
    ("s3", "GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"]),
    ("s3", "GetBucketMetricsConfiguration", &["s3:GetMetricsConfiguration"]),
    ("s3", "GetBucketNotificationConfiguration", &["s3:GetBucketNotification"]),
    ("s3", "GetBucketReplication", &["s3:GetReplicationConfiguration"]),
    ("s3", "GetObjectLockConfiguration", &["s3:GetBucketObjectLockConfiguration"]),
    ("s3", "GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("s3", "HeadBucket", &["s3:ListBucket"]),
    ("s3", "HeadObject", &["s3:GetObject"]),
    ("s3", "ListBucketAnalyticsConfigurations", &["s3:GetAnalyticsConfiguration"]),
    ("s3", "ListBucketIntelligentTieringConfigurations", &["s3:GetIntelligentTieringConfiguration"]),
    ("s3", "ListBucketInventoryConfigurations", &["s3:GetInventoryConfiguration"]),
    ("s3", "ListBucketMetricsConfigurations", &["s3:GetMetricsConfiguration"]),
    ("s3", "ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3", "ListMultipartUploads", &["s3:ListBucketMultipartUploads"]),
    ("s3", "ListObjectVersions", &["s3:ListBucketVersions"]),
    ("s3", "ListObjects", &["s3:ListBucket"]),
    ("s3", "ListObjectsV2", &["s3:ListBucket"]),
    ("s3", "ListParts", &["s3:ListMultipartUploadParts"]),
    ("s3", "PutBucketAccelerateConfiguration", &["s3:PutAccelerateConfiguration"]),
    ("s3", "PutBucketAnalyticsConfiguration", &["s3:PutAnalyticsConfiguration"]),
    ("s3", "PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3", "PutBucketIntelligentTieringConfiguration", &["s3:PutIntelligentTieringConfiguration"]),
    ("s3", "PutBucketInventoryConfiguration", &["s3:PutInventoryConfiguration"]),
    ("s3", "PutBucketLifecycleConfiguration", &["s3:PutLifecycleConfiguration"]),
    ("s3", "PutBucketMetricsConfiguration", &["s3:PutMetricsConfiguration"]),
    ("s3", "PutBucketNotificationConfiguration", &["s3:PutBucketNotification"]),
    ("s3", "PutBucketReplication", &["s3:PutReplicationConfiguration"]),
    ("s3", "PutObjectLockConfiguration", &["s3:PutBucketObjectLockConfiguration"]),
    ("s3", "PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3", "UploadPart", &["s3:PutObject"]),
    ("s3", "UploadPartCopy", &["s3:PutObject"]),
    ("sts", "GetCallerIdentity", &[]),
    ("sts", "GetSessionToken", &[]),
];

pub(super) fn prefix(service: &str) -> &str {
    PREFIXES.iter().find(|(own, _)| *own == service).map_or(service, |(_, prefix)| prefix)
}

/// The actions of an operation.
pub(super) fn actions(service: &str, operation: &str) -> Vec<String> {
    match OTHERWISE.iter().find(|(own, name, _)| *own == service && *name == operation) {
        Some((_, _, actions)) => actions.iter().map(|action| (*action).to_owned()).collect(),
        None => vec![format!("{}:{operation}", prefix(service))],
    }
}

/// Everything that a call asks of IAM, in the order in which it is asked.
pub(super) fn questions(call: &Call<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    for name in own_actions(call) {
        questions.extend(resources::ask(call, &facts::action(&name), &call.input, None));
    }
    questions.extend(behind::questions(call, &questions));
    questions
}

/// With the differences that the input makes: a version of an object has actions of its own.
fn own_actions(call: &Call<'_>) -> Vec<String> {
    let versioned =
        |action: &str| if call.member("VersionId").is_some() { format!("{action}Version") } else { action.to_owned() };
    match (call.service, call.operation) {
        ("s3", "DeleteObject") => vec![versioned("s3:DeleteObject")],
        ("s3", "GetObject" | "HeadObject") => vec![versioned("s3:GetObject")],
        ("s3", "DeleteObjects") => {
            let objects = call.input.pointer("/Delete/Objects").and_then(serde_json::Value::as_array);
            let named = |object: &serde_json::Value| object.get("VersionId").is_some_and(|id| !id.is_null());
            let (some, all) = (objects.into_iter().flatten().any(named), objects.into_iter().flatten().all(named));
            let mut actions = Vec::new();
            actions.extend(some.then(|| "s3:DeleteObjectVersion".to_owned()));
            actions.extend((!all).then(|| "s3:DeleteObject".to_owned()));
            actions
        }
        (service, operation) => actions(service, operation),
    }
}
