//! The capabilities that grants are made from: one row for each word on each type, with the page that says so.
//! Imports `capability` for the shape of a row.
//!
//! Every row names exact actions; where AWS supports only `*` as the resource of an action, the action is left out.
//! Sorted by type, then name.

use crate::capability::{Capability, Permission, ResourcePart};

const fn on(actions: &'static [&'static str], part: ResourcePart) -> Permission {
    Permission { actions, on: part, conditions: &[] }
}

const INVOKE_MODEL: &[&str] = &["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

pub(crate) const TABLE: &[Capability] = &[
    Capability {
        type_name: "AWS::Bedrock::ApplicationInferenceProfile",
        name: "invoke",
        meaning: "call the models through the profile, and only through it",
        permissions: &[
            on(INVOKE_MODEL, ResourcePart::Attribute("InferenceProfileArn")),
            on(&["bedrock:GetInferenceProfile"], ResourcePart::Attribute("InferenceProfileArn")),
            Permission {
                actions: INVOKE_MODEL,
                on: ResourcePart::Models,
                conditions: &[("ArnEquals", "bedrock:InferenceProfileArn", "InferenceProfileArn")],
            },
        ],
        source: "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    },
    Capability {
        type_name: "AWS::Bedrock::Guardrail",
        name: "apply",
        meaning: "check text against the guardrail",
        permissions: &[on(&["bedrock:ApplyGuardrail"], ResourcePart::Attribute("GuardrailArn"))],
        source: "https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions.html",
    },
    Capability {
        type_name: "AWS::Bedrock::KnowledgeBase",
        name: "retrieve",
        meaning: "search the knowledge base",
        permissions: &[on(&["bedrock:Retrieve"], ResourcePart::Attribute("KnowledgeBaseArn"))],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html",
    },
    Capability {
        type_name: "AWS::Bedrock::KnowledgeBase",
        name: "sync",
        meaning: "start and follow ingestion of its data sources",
        permissions: &[on(
            &["bedrock:GetIngestionJob", "bedrock:ListIngestionJobs", "bedrock:StartIngestionJob"],
            ResourcePart::Attribute("KnowledgeBaseArn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html",
    },
    Capability {
        type_name: "AWS::DynamoDB::Table",
        name: "read",
        meaning: "read items of the table",
        permissions: &[on(
            &[
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:DescribeTable",
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:Scan",
            ],
            ResourcePart::Attribute("Arn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
    },
    Capability {
        type_name: "AWS::DynamoDB::Table",
        name: "write",
        meaning: "put, change and delete items of the table",
        permissions: &[on(
            &["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            ResourcePart::Attribute("Arn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
    },
    Capability {
        type_name: "AWS::KMS::Key",
        name: "decrypt",
        meaning: "decrypt with the key",
        permissions: &[on(&["kms:Decrypt", "kms:DescribeKey"], ResourcePart::Attribute("Arn"))],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html",
    },
    Capability {
        type_name: "AWS::KMS::Key",
        name: "encrypt",
        meaning: "encrypt with the key, directly or by data keys",
        permissions: &[on(&["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], ResourcePart::Attribute("Arn"))],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html",
    },
    Capability {
        type_name: "AWS::Kendra::DataSource",
        name: "sync",
        meaning: "start, stop and follow syncs of the data source",
        permissions: &[
            on(
                &["kendra:ListDataSourceSyncJobs", "kendra:StartDataSourceSyncJob", "kendra:StopDataSourceSyncJob"],
                ResourcePart::Attribute("Arn"),
            ),
            on(
                &["kendra:ListDataSourceSyncJobs", "kendra:StartDataSourceSyncJob", "kendra:StopDataSourceSyncJob"],
                ResourcePart::Pattern("arn:{partition}:kendra:{region}:{account}:index/{IndexId}"),
            ),
        ],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkendra.html",
    },
    Capability {
        type_name: "AWS::Kendra::Index",
        name: "query",
        meaning: "search the index",
        permissions: &[on(
            &["kendra:DescribeIndex", "kendra:GetQuerySuggestions", "kendra:Query", "kendra:Retrieve"],
            ResourcePart::Attribute("Arn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkendra.html",
    },
    Capability {
        type_name: "AWS::Kendra::Index",
        name: "sync",
        meaning: "start, stop and follow syncs of every data source of the index",
        permissions: &[
            on(
                &["kendra:ListDataSourceSyncJobs", "kendra:StartDataSourceSyncJob", "kendra:StopDataSourceSyncJob"],
                ResourcePart::Attribute("Arn"),
            ),
            on(
                &["kendra:ListDataSourceSyncJobs", "kendra:StartDataSourceSyncJob", "kendra:StopDataSourceSyncJob"],
                ResourcePart::Suffixed("Arn", "/data-source/*"),
            ),
        ],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkendra.html",
    },
    Capability {
        type_name: "AWS::Kendra::Index",
        name: "write",
        meaning: "put documents into the index and delete them",
        permissions: &[on(
            &["kendra:BatchDeleteDocument", "kendra:BatchGetDocumentStatus", "kendra:BatchPutDocument"],
            ResourcePart::Attribute("Arn"),
        )],
        source: "https://docs.aws.amazon.com/kendra/latest/dg/iam-roles.html",
    },
    Capability {
        type_name: "AWS::Lambda::Function",
        name: "invoke",
        meaning: "call the function, any version or alias of it",
        permissions: &[
            on(&["lambda:InvokeFunction"], ResourcePart::Attribute("Arn")),
            on(&["lambda:InvokeFunction"], ResourcePart::Suffixed("Arn", ":*")),
        ],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Capability {
        type_name: "AWS::Logs::LogGroup",
        name: "write",
        meaning: "create streams in the log group and write to them",
        // The attribute ends in `:*` already, which is the form that these actions take.
        permissions: &[on(&["logs:CreateLogStream", "logs:PutLogEvents"], ResourcePart::Attribute("Arn"))],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
    },
    Capability {
        type_name: "AWS::RDS::DBCluster",
        name: "data-api",
        meaning: "run SQL through the Data API; the secret that holds the credentials is granted by `read-master-secret`, or `read` on the secret",
        permissions: &[on(
            &[
                "rds-data:BatchExecuteStatement",
                "rds-data:BeginTransaction",
                "rds-data:CommitTransaction",
                "rds-data:ExecuteStatement",
                "rds-data:RollbackTransaction",
            ],
            ResourcePart::Attribute("DBClusterArn"),
        )],
        source: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html",
    },
    Capability {
        type_name: "AWS::RDS::DBCluster",
        name: "read-master-secret",
        meaning: "read the master password that RDS keeps in Secrets Manager (ManageMasterUserPassword)",
        permissions: &[on(
            &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            ResourcePart::Attribute("MasterUserSecret.SecretArn"),
        )],
        source: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html",
    },
    Capability {
        type_name: "AWS::S3::Bucket",
        name: "read",
        meaning: "list and read objects; below `prefix` where the grant gives one",
        permissions: &[
            on(&["s3:ListBucket"], ResourcePart::Attribute("Arn")),
            on(&["s3:GetObject"], ResourcePart::Objects("Arn")),
        ],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
    },
    Capability {
        type_name: "AWS::S3::Bucket",
        name: "write",
        meaning: "put and delete objects; below `prefix` where the grant gives one",
        permissions: &[on(
            &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            ResourcePart::Objects("Arn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
    },
    Capability {
        type_name: "AWS::SNS::Topic",
        name: "publish",
        meaning: "publish to the topic",
        permissions: &[on(&["sns:Publish"], ResourcePart::Attribute("TopicArn"))],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html",
    },
    Capability {
        type_name: "AWS::SQS::Queue",
        name: "receive",
        meaning: "take messages from the queue",
        permissions: &[on(
            &[
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ReceiveMessage",
            ],
            ResourcePart::Attribute("Arn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html",
    },
    Capability {
        type_name: "AWS::SQS::Queue",
        name: "send",
        meaning: "put messages into the queue",
        permissions: &[on(
            &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"],
            ResourcePart::Attribute("Arn"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html",
    },
    Capability {
        type_name: "AWS::SecretsManager::Secret",
        name: "read",
        meaning: "read the secret's value",
        // The attribute `Id` of this type is the ARN.
        permissions: &[on(
            &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            ResourcePart::Attribute("Id"),
        )],
        source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_unique() {
        let names: Vec<_> = TABLE.iter().map(|row| (row.type_name, row.name)).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn actions_are_exact_and_each_row_has_a_source() {
        for row in TABLE {
            assert!(row.source.starts_with("https://docs.aws.amazon.com/"), "{}", row.name);
            for permission in row.permissions {
                assert!(!permission.actions.is_empty());
                for action in permission.actions {
                    assert!(action.contains(':') && !action.contains('*'), "{action}");
                }
            }
        }
    }
}
