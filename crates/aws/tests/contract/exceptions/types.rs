//! Breaches of types other than DataZone's.

use super::{Breaches, NO_TOKEN, of_peer, of_type, without_token};
use charter_provider::contract::Row;

/// A run is an event of its data source; there is nothing to make twice, to change or to delete.
const SYNC: &[&str] = &["Charter::Kendra::Sync", "Charter::QBusiness::Sync"];
const START_SYNC: &str = "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/StartDataSourceSyncJob";

const ORGANIZATION: &[&str] = &["AWS::Organizations::Organization"];
const CREATE_ORGANIZATION: &str = "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CreateOrganization";

const ACCEPTANCE: &[&str] = &["Charter::RAM::ShareAcceptance"];
/// It says that a model can be called: there is nothing to make, and nothing to take away.
const MODEL_ACCESS: &[&str] = &["Charter::Bedrock::ModelAccess"];

pub(super) const BREACHES: &[Breaches] = &[
    of_type(
        MODEL_ACCESS,
        &[
            (Row::AbsentDelete, "it succeeds"),
            (Row::RecoverFinds, "Repeat"),
            (Row::CreateTwice, "it succeeds"),
            (Row::DeletedRead, "ModelId"),
            (Row::DeletedDelete, "it succeeds"),
            (Row::DeletedList, "is still listed"),
            (Row::DeletionIsDrift, "the plan sees nothing"),
        ],
        "a model is AWS's own: that it can be called is looked at, and nothing is made, agreed to or taken away",
        "https://docs.aws.amazon.com/goto/WebAPI/bedrock-2023-04-20/GetFoundationModelAvailability",
    ),
    of_type(
        &["AWS::Bedrock::GuardrailVersion"],
        &[(Row::RecoverFinds, "Repeat"), (Row::CreateTwice, "it succeeds")],
        "a version has a number instead of a name, and no tags: the token alone tells whose it is",
        "https://docs.aws.amazon.com/goto/WebAPI/bedrock-2023-04-20/CreateGuardrailVersion",
    ),
    of_type(
        &["AWS::Bedrock::PromptVersion"],
        &[(Row::CreateTwice, "it succeeds")],
        "a version has a number instead of a name",
        "https://docs.aws.amazon.com/goto/WebAPI/bedrock-agent-2023-06-05/CreatePromptVersion",
    ),
    without_token(
        &["Charter::Bedrock::InvocationLogging"],
        "https://docs.aws.amazon.com/goto/WebAPI/bedrock-2023-04-20/PutModelInvocationLoggingConfiguration",
    ),
    without_token(&["AWS::Budgets::Budget"], "https://docs.aws.amazon.com/goto/WebAPI/budgets-2016-10-20/CreateBudget"),
    of_type(
        &["Charter::Billing::CostAllocationTags"],
        &[(Row::CreateTwice, "it succeeds")],
        "a key that is active is activated once more without harm; nothing says who did it first",
        "https://docs.aws.amazon.com/goto/WebAPI/ce-2017-10-25/UpdateCostAllocationTagsStatus",
    ),
    of_peer(
        "simulator",
        &["AWS::Organizations::Account"],
        &[(Row::SameToken, "EMAIL_ALREADY_EXISTS")],
        NO_TOKEN,
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CreateAccount",
    ),
    without_token(
        &["AWS::Organizations::ResourcePolicy"],
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/PutResourcePolicy",
    ),
    of_peer(
        "simulator",
        &["AWS::Organizations::OrganizationalUnit"],
        &[(Row::SameToken, "AlreadyExists")],
        NO_TOKEN,
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CreateOrganizationalUnit",
    ),
    without_token(
        &["AWS::Organizations::Policy"],
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CreatePolicy",
    ),
    of_peer(
        "simulator",
        ORGANIZATION,
        &[(Row::RecoverNothing, "Ambiguous")],
        "the account is in an organization that nothing marks as ours: an organization has no tags",
        CREATE_ORGANIZATION,
    ),
    of_peer(
        "simulator",
        ORGANIZATION,
        &[(Row::Create, "import: o-")],
        "an account is in one organization at most (AlreadyInOrganizationException)",
        CREATE_ORGANIZATION,
    ),
    of_type(
        &["AWS::Organizations::Account"],
        &[(Row::Delete, "retain: true")],
        "an account is never closed by a deletion: it would be suspended for ninety days",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CloseAccount",
    ),
    of_type(
        &["AWS::RAM::ResourceShare"],
        &[(Row::CreateTwice, "it succeeds")],
        "names need not be unique: only the same client token makes the same share",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/CreateResourceShare",
    ),
    without_token(
        &["Charter::Organizations::ServiceAccess"],
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/EnableAWSServiceAccess",
    ),
    without_token(
        &["Charter::RAM::OrganizationSharing"],
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/EnableSharingWithAwsOrganization",
    ),
    of_type(
        ACCEPTANCE,
        &[(Row::SameToken, "AlreadyExists")],
        "an account accepts a share once: recovery finds it by the share's ARN instead",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/AcceptResourceShareInvitation",
    ),
    of_type(
        ACCEPTANCE,
        &[(Row::CreateAgain, "no invitation")],
        "who has left a share comes back only by another invitation of its owner",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/DisassociateResourceShare",
    ),
    without_token(&["AWS::IAM::Role"], "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/CreateRole"),
    without_token(
        &["AWS::IAM::RolePolicy", "AWS::IAM::Policy"],
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/PutRolePolicy",
    ),
    without_token(&["AWS::IAM::ManagedPolicy"], "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/CreatePolicy"),
    without_token(
        &["AWS::IAM::InstanceProfile"],
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/CreateInstanceProfile",
    ),
    without_token(
        &["AWS::IAM::OIDCProvider"],
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/CreateOpenIDConnectProvider",
    ),
    without_token(
        &["AWS::IAM::SAMLProvider"],
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/CreateSAMLProvider",
    ),
    of_type(
        &["AWS::IAM::Policy"],
        &[(Row::List, "cannot be listed"), (Row::DeletedList, "cannot be listed")],
        "inline policies exist only within roles, users and groups, and are listed by those",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/ListRolePolicies",
    ),
    without_token(&["AWS::S3::Bucket"], "https://docs.aws.amazon.com/goto/WebAPI/s3-2006-03-01/CreateBucket"),
    without_token(&["AWS::S3::BucketPolicy"], "https://docs.aws.amazon.com/goto/WebAPI/s3-2006-03-01/PutBucketPolicy"),
    without_token(&["AWS::RDS::DBCluster"], "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBCluster"),
    without_token(&["AWS::RDS::DBInstance"], "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBInstance"),
    of_type(
        &["AWS::RDS::DBCluster"],
        &[(Row::Attributes, "/StorageThroughput")],
        "for Multi-AZ DB clusters only, not for Aurora",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/DescribeDBClusters",
    ),
    of_type(
        &["AWS::RDS::DBInstance"],
        &[(Row::Attributes, "/PercentProgress")],
        "told only while something is under way, for replicas, RDS Custom or listeners",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/DescribeDBInstances",
    ),
    of_type(
        &["AWS::Kendra::Index"],
        &[(Row::CreateTwice, "it succeeds")],
        "names need not be unique: only the same ClientToken makes the same",
        "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/CreateIndex",
    ),
    of_type(
        &["AWS::Kendra::DataSource"],
        &[(Row::CreateTwice, "it succeeds")],
        "names need not be unique: only the same ClientToken makes the same",
        "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/CreateDataSource",
    ),
    of_type(
        &["AWS::Kendra::Faq"],
        &[(Row::CreateTwice, "it succeeds")],
        "names need not be unique: only the same ClientToken makes the same",
        "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/CreateFaq",
    ),
    without_token(
        &["AWS::LakeFormation::Resource"],
        "https://docs.aws.amazon.com/goto/WebAPI/lakeformation-2017-03-31/RegisterResource",
    ),
    of_type(
        &["AWS::QBusiness::Application"],
        &[(Row::CreateTwice, "it succeeds")],
        "names need not be unique: only the same clientToken makes the same",
        "https://docs.aws.amazon.com/goto/WebAPI/qbusiness-2023-11-27/CreateApplication",
    ),
    of_type(
        &["AWS::QBusiness::Application"],
        &[(Row::Attributes, "/IdentityCenterApplicationArn")],
        "only an application whose people are in IAM Identity Center has one",
        "https://docs.aws.amazon.com/goto/WebAPI/qbusiness-2023-11-27/GetApplication",
    ),
    of_type(
        &[
            "AWS::QBusiness::DataAccessor",
            "AWS::QBusiness::DataSource",
            "AWS::QBusiness::Index",
            "AWS::QBusiness::Plugin",
            "AWS::QBusiness::Retriever",
            "AWS::QBusiness::WebExperience",
        ],
        &[(Row::CreateTwice, "it succeeds")],
        "names need not be unique: only the same clientToken makes the same",
        "https://docs.aws.amazon.com/goto/WebAPI/qbusiness-2023-11-27/CreateIndex",
    ),
    without_token(
        &["AWS::QBusiness::Permission"],
        "https://docs.aws.amazon.com/goto/WebAPI/qbusiness-2023-11-27/AssociatePermission",
    ),
    without_token(
        &["Charter::QBusiness::Group"],
        "https://docs.aws.amazon.com/goto/WebAPI/qbusiness-2023-11-27/PutGroup",
    ),
    of_type(
        &["Charter::QBusiness::ChatControls"],
        &[(Row::SameToken, "AlreadyExists")],
        "an application has one set of controls, which a second creation would replace: it is found instead",
        "https://docs.aws.amazon.com/goto/WebAPI/qbusiness-2023-11-27/UpdateChatControlsConfiguration",
    ),
    of_type(
        SYNC,
        &[(Row::AbsentUpdate, "it succeeds"), (Row::CreateTwice, "it succeeds"), (Row::DeletedUpdate, "it succeeds")],
        "it is another run of the data source",
        START_SYNC,
    ),
    of_type(
        SYNC,
        &[(Row::AbsentDelete, "it succeeds"), (Row::DeletedDelete, "it succeeds")],
        "only a run under way can be ended",
        "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/StopDataSourceSyncJob",
    ),
    of_type(
        SYNC,
        &[(Row::Attributes, "/ErrorMessage")],
        "only a run that failed has one",
        "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/ListDataSourceSyncJobs",
    ),
    of_type(SYNC, &[(Row::RecoverFinds, "Repeat")], "a run has no marks; another one does no harm", START_SYNC),
    of_type(SYNC, &[(Row::ChangeIsDrift, "sees nothing")], "a trigger is ours alone", START_SYNC),
    of_type(
        SYNC,
        &[(Row::DeletedRead, "SUCCEEDED"), (Row::DeletedList, "still listed"), (Row::DeletionIsDrift, "sees nothing")],
        "the history of runs stays, and so does what a run did",
        "https://docs.aws.amazon.com/goto/WebAPI/kendra-2019-02-03/ListDataSourceSyncJobs",
    ),
    of_type(
        &["AWS::EC2::VPC"],
        &[(Row::CreateTwice, "it succeeds")],
        "a VPC has no name",
        "https://docs.aws.amazon.com/goto/WebAPI/ec2-2016-11-15/CreateVpc",
    ),
    of_type(
        &["AWS::EC2::SubnetRouteTableAssociation"],
        &[(Row::RecoverFinds, "Repeat")],
        "it has no tags to find it by: Cloud Control is asked again with the same token",
        "https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html#resource-operations-idempotency",
    ),
];
