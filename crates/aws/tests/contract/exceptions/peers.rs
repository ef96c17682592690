//! What stands in for AWS, where it does otherwise than AWS's documentation.

use super::{Breaches, NO_TOKEN, of_peer};
use charter_provider::contract::Row;

const IDENTIFIERS: &str = "https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html";
const CREATE_RESOURCE: &str = "https://docs.aws.amazon.com/goto/WebAPI/cloudcontrol-2021-09-30/CreateResource";
const GET_RESOURCE: &str = "https://docs.aws.amazon.com/goto/WebAPI/cloudcontrol-2021-09-30/GetResource";

/// What is asked of every handler, so of what Cloud Control serves.
const CONTRACT: &str =
    "https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html";

/// What `writeOnlyProperties` of a schema mean.
const SCHEMA: &str = "https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html";

const MODIFY_CLUSTER: &str = "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/ModifyDBCluster";
const CREATE_SUBNET_GROUP: &str = "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBSubnetGroup";
const CREATE_PARAMETER_GROUP: &str = "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBParameterGroup";
const CREATE_CLUSTER_PARAMETER_GROUP: &str =
    "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBClusterParameterGroup";
const TOKEN_REFUSED: &[(Row, &str)] = &[(Row::SameToken, "AlreadyExists")];
const OVERWRITTEN: &[(Row, &str)] = &[(Row::CreateTwice, "it succeeds"), (Row::Undisturbed, "Tags")];
const OVERWRITES: &str = "a second creation of the name overwrites the first, instead of being refused";

/// Types of which ministack's Cloud Control makes up the identifiers.
const MADE_UP: &[&str] = &[
    "AWS::DynamoDB::Table",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::ECR::Repository",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];
const NOT_MADE: &str = "read-only attributes are not made";

pub(super) const BREACHES: &[Breaches] = &[
    of_peer(
        "moto",
        &["AWS::Organizations::OrganizationalUnit"],
        &[(Row::SameToken, "made ou-"), (Row::CreateTwice, "it succeeds")],
        "two units of one parent have one name (DuplicateOrganizationalUnitException)",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CreateOrganizationalUnit",
    ),
    of_peer(
        "moto",
        &["AWS::Organizations::OrganizationalUnit"],
        &[(Row::Attributes, "/Path")],
        "the path of a unit is not told",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/DescribeOrganizationalUnit",
    ),
    of_peer(
        "moto",
        &["AWS::Organizations::Account"],
        &[(Row::SameToken, "made "), (Row::CreateTwice, "it succeeds")],
        "two accounts have one address (EMAIL_ALREADY_EXISTS)",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/DescribeCreateAccountStatus",
    ),
    of_peer(
        "moto",
        &["AWS::Organizations::Account"],
        &[(Row::Attributes, "/Paths")],
        "the path of an account is not told",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/DescribeAccount",
    ),
    of_peer(
        "moto",
        &["AWS::RAM::ResourceShare"],
        &[
            (Row::Model, "not as asked for: /Tags: told None"),
            (Row::PlanAgain, "planned: Apply: Update: /Tags: None becomes"),
            (Row::UpdateWhole, "not as asked for: /Tags: told None"),
            (Row::UpdatePlan, "planned: Apply: Update: /Tags: None becomes"),
            (Row::UpdateBack, "not as asked for: /Tags: told None"),
            (Row::CreateAgain, "not as asked for: /Tags: told None"),
        ],
        "shares have no tags (moto/ram/models.py: ResourceShare.__init__ takes the name and allowExternalPrincipals alone)",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/GetResourceShares",
    ),
    of_peer(
        "moto",
        &["AWS::RAM::ResourceShare"],
        &[(Row::Tags, "HTTP 404")],
        "not there: moto/ram/urls.py routes eight operations, and TagResource is none of them",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/TagResource",
    ),
    of_peer(
        "moto",
        &["AWS::RAM::ResourceShare"],
        &[(Row::Update, "HTTP 404")],
        "what a share holds and whom it is for cannot be changed: moto/ram/urls.py has no route for it (a change of name is compared)",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/AssociateResourceShare",
    ),
    of_peer(
        "moto",
        &["AWS::RAM::ResourceShare"],
        &[(Row::SameToken, "beside")],
        "the client token is not minded (moto/ram/models.py, create_resource_share)",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/CreateResourceShare",
    ),
    of_peer(
        "moto",
        &["Charter::RAM::OrganizationSharing"],
        &[(Row::Create, "cannot be read")],
        "it says true and does nothing, neither trusted access nor a service-linked role (moto/ram/models.py, \
         enable_sharing_with_aws_organization)",
        "https://docs.aws.amazon.com/goto/WebAPI/ram-2018-01-04/EnableSharingWithAwsOrganization",
    ),
    of_peer(
        "moto",
        &["AWS::Organizations::ResourcePolicy"],
        &[(Row::RecoverNothing, "HTTP 500"), (Row::Create, "HTTP 500")],
        "not implemented, none of the three operations: moto/organizations/responses.py has no method for any, so that the dispatch \
         of moto/core/responses.py raises NotImplementedError",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/DescribeResourcePolicy",
    ),
    of_peer(
        "moto",
        &["AWS::Organizations::Organization"],
        &[(Row::RecoverFinds, "Ambiguous"), (Row::SameToken, "AlreadyExists")],
        "an organization has no tags and its creation takes no token: nothing says who made it",
        "https://docs.aws.amazon.com/goto/WebAPI/organizations-2016-11-28/CreateOrganization",
    ),
    // Of types that both moto and ministack break in another way.
    of_peer("simulator", &["AWS::RDS::DBSubnetGroup"], TOKEN_REFUSED, NO_TOKEN, CREATE_SUBNET_GROUP),
    of_peer("simulator", &["AWS::RDS::DBParameterGroup"], TOKEN_REFUSED, NO_TOKEN, CREATE_PARAMETER_GROUP),
    of_peer("moto", &["AWS::RDS::DBParameterGroup"], TOKEN_REFUSED, NO_TOKEN, CREATE_PARAMETER_GROUP),
    of_peer(
        "simulator",
        &["AWS::RDS::DBClusterParameterGroup"],
        TOKEN_REFUSED,
        NO_TOKEN,
        CREATE_CLUSTER_PARAMETER_GROUP,
    ),
    of_peer("moto", &["AWS::RDS::DBClusterParameterGroup"], TOKEN_REFUSED, NO_TOKEN, CREATE_CLUSTER_PARAMETER_GROUP),
    of_peer(
        "simulator",
        &["AWS::EC2::SubnetRouteTableAssociation"],
        &[(Row::CreateTwice, "it succeeds")],
        "its Cloud Control does not know that a subnet has one association at most (Resource.AlreadyAssociated)",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    ),
    of_peer(
        "moto",
        &["AWS::IAM::ManagedPolicy"],
        &[(Row::Attributes, "/PermissionsBoundaryUsageCount")],
        "does not tell how often a policy is a boundary",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/GetPolicy",
    ),
    of_peer(
        "moto",
        &["AWS::IAM::OIDCProvider"],
        &[(Row::Update, "HTTP 500"), (Row::Tags, "/ThumbprintList")],
        "AddClientIDToOpenIDConnectProvider is not implemented; so the update fails half-way",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/AddClientIDToOpenIDConnectProvider",
    ),
    of_peer(
        "moto",
        &["AWS::IAM::SAMLProvider"],
        &[(Row::Create, "HTTP 500")],
        "loses the tags of a creation, and does not implement TagSAMLProvider",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/TagSAMLProvider",
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBCluster"],
        &[(Row::Model, "/EnableHttpEndpoint"), (Row::PlanAgain, "/EnableHttpEndpoint")],
        "the Data API is never enabled",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBCluster",
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBCluster"],
        &[(Row::Undisturbed, "DBClusterResourceId")],
        "a second creation of the name overwrites the first before it fails",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/CreateDBCluster",
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBCluster"],
        &[(Row::UpdateWhole, "/EnableCloudwatchLogsExports"), (Row::UpdatePlan, "/EnableCloudwatchLogsExports")],
        "does not turn log exports on",
        MODIFY_CLUSTER,
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBCluster"],
        &[(Row::UpdateBack, "HTTP 500"), (Row::Tags, "/BackupRetentionPeriod")],
        "fails inside when the exports are changed back; so the next update begins half-way",
        MODIFY_CLUSTER,
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBCluster"],
        &[(Row::CreateAgain, "DBClusterSnapshotAlreadyExistsFault")],
        "the automated snapshot of a deleted cluster stays, and keeps its name from being used",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/DeleteDBCluster",
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup"],
        &[(Row::Update, "no such parameter")],
        "the family lacks log_min_duration_statement",
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_LogAccess.Concepts.PostgreSQL.overview.parameter-groups.html",
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBInstance"],
        &[
            (Row::Read, "LatestRestorableTime"),
            (Row::Undisturbed, "LatestRestorableTime"),
            (Row::UpdateRead, "LatestRestorableTime"),
        ],
        "tells the moment of the call as LatestRestorableTime, which moves in steps of minutes",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/DescribeDBInstances",
    ),
    of_peer("moto", &["AWS::RDS::DBSubnetGroup"], OVERWRITTEN, OVERWRITES, CREATE_SUBNET_GROUP),
    of_peer(
        "moto",
        &["AWS::RDS::DBSubnetGroup"],
        &[(Row::Update, "NotFound"), (Row::Tags, "NotFound"), (Row::Delete, "NotFound")],
        "a modification loses the group",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/ModifyDBSubnetGroup",
    ),
    of_peer(
        "moto",
        &["AWS::RDS::DBSubnetGroup"],
        &[(Row::AbsentUpdate, "HTTP 500")],
        "a modification of what is absent fails inside, instead of saying DBSubnetGroupNotFoundFault",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/ModifyDBSubnetGroup",
    ),
    of_peer(
        "moto",
        &["AWS::S3::Bucket"],
        &[(Row::Create, "HTTP 200")],
        "answers with root elements of its own (GetBucketAccelerateConfigurationResponse)",
        "https://docs.aws.amazon.com/goto/WebAPI/s3-2006-03-01/GetBucketAccelerateConfiguration",
    ),
    of_peer(
        "moto",
        &["AWS::SecretsManager::Secret"],
        &[(Row::UpdateWhole, "Description")],
        "an empty description changes nothing",
        "https://docs.aws.amazon.com/goto/WebAPI/secretsmanager-2017-10-17/UpdateSecret",
    ),
    of_peer(
        "ministack",
        &["AWS::EC2::SubnetRouteTableAssociation"],
        &[(Row::CreateTwice, "it succeeds")],
        "its Cloud Control does not know that a subnet has one association at most (Resource.AlreadyAssociated)",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    ),
    of_peer(
        "ministack",
        &["AWS::IAM::ManagedPolicy"],
        &[(Row::Attributes, "/PermissionsBoundaryUsageCount")],
        "does not tell how often a policy is a boundary",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/GetPolicy",
    ),
    of_peer(
        "ministack",
        &["AWS::IAM::OIDCProvider"],
        &[
            (Row::Update, "UpdateOpenIDConnectProviderThumbprint"),
            (Row::DeletedUpdate, "UpdateOpenIDConnectProviderThumbprint"),
        ],
        "not implemented",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/UpdateOpenIDConnectProviderThumbprint",
    ),
    of_peer(
        "ministack",
        &["AWS::IAM::OIDCProvider"],
        &[(Row::Tags, "TagOpenIDConnectProvider")],
        "not implemented",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/TagOpenIDConnectProvider",
    ),
    of_peer(
        "ministack",
        &["AWS::IAM::SAMLProvider"],
        &[(Row::Update, "TagSAMLProvider"), (Row::Tags, "TagSAMLProvider")],
        "not implemented",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/TagSAMLProvider",
    ),
    of_peer(
        "ministack",
        &["AWS::IAM::SAMLProvider"],
        &[(Row::Attributes, "/SamlProviderUUID")],
        "does not tell it",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/GetSAMLProvider",
    ),
    of_peer(
        "ministack",
        &["AWS::IAM::Role"],
        &[(Row::UpdateWhole, "Description")],
        "an empty description changes nothing",
        "https://docs.aws.amazon.com/goto/WebAPI/iam-2010-05-08/UpdateRole",
    ),
    of_peer(
        "ministack",
        &["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"],
        &[(Row::Attributes, "/Arn")],
        NOT_MADE,
        GET_RESOURCE,
    ),
    of_peer(
        "ministack",
        &["AWS::EC2::SubnetRouteTableAssociation"],
        &[(Row::Attributes, "/Id")],
        NOT_MADE,
        GET_RESOURCE,
    ),
    of_peer("ministack", &["AWS::EC2::VPC"], &[(Row::Attributes, "/VpcId")], NOT_MADE, GET_RESOURCE),
    of_peer("ministack", &["AWS::ECR::Repository"], &[(Row::Attributes, "/RepositoryUri")], NOT_MADE, GET_RESOURCE),
    of_peer("ministack", &["AWS::SNS::Topic"], &[(Row::Attributes, "/TopicArn")], NOT_MADE, GET_RESOURCE),
    of_peer("ministack", &["AWS::SQS::Queue"], &[(Row::Attributes, "/QueueUrl")], NOT_MADE, GET_RESOURCE),
    of_peer("ministack", MADE_UP, &[(Row::Identifier, "is not")], "identifiers are made up", IDENTIFIERS),
    of_peer("ministack", MADE_UP, &[(Row::SameToken, "beside")], "the client token is not minded", CREATE_RESOURCE),
    of_peer("ministack", &["AWS::SSM::Parameter"], TOKEN_REFUSED, "the client token is not minded", CREATE_RESOURCE),
    of_peer(
        "ministack",
        &["AWS::DynamoDB::Table", "AWS::ECR::Repository", "AWS::Logs::LogGroup", "AWS::SNS::Topic", "AWS::SQS::Queue"],
        &[(Row::CreateTwice, "it succeeds")],
        "a name can be taken twice",
        CONTRACT,
    ),
    of_peer(
        "ministack",
        &["AWS::DynamoDB::Table", "AWS::ECR::Repository", "AWS::Logs::LogGroup"],
        &[(Row::RecoverFinds, "Repeat")],
        "made-up identifiers hide the resource from a look by its name",
        IDENTIFIERS,
    ),
    of_peer(
        "ministack",
        &["AWS::SSM::Parameter"],
        &[(Row::UpdateWhole, "Description"), (Row::WriteOnly, "/Description")],
        "tells what is write-only, and keeps it",
        SCHEMA,
    ),
    of_peer(
        "ministack",
        &["AWS::RDS::DBCluster"],
        &[
            (Row::Model, "/ServerlessV2ScalingConfiguration"),
            (Row::PlanAgain, "/ServerlessV2ScalingConfiguration"),
            (Row::CreateAgain, "/ServerlessV2ScalingConfiguration"),
            (Row::Tags, "/ServerlessV2ScalingConfiguration"),
            (Row::UpdateBack, "/ServerlessV2ScalingConfiguration"),
            (Row::UpdatePlan, "/ServerlessV2ScalingConfiguration"),
            (Row::UpdateWhole, "/ServerlessV2ScalingConfiguration"),
        ],
        "does not tell the capacity of a serverless cluster",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/DescribeDBClusters",
    ),
    of_peer("ministack", &["AWS::RDS::DBSubnetGroup"], OVERWRITTEN, OVERWRITES, CREATE_SUBNET_GROUP),
    of_peer("ministack", &["AWS::RDS::DBParameterGroup"], OVERWRITTEN, OVERWRITES, CREATE_PARAMETER_GROUP),
    of_peer(
        "ministack",
        &["AWS::RDS::DBClusterParameterGroup"],
        OVERWRITTEN,
        OVERWRITES,
        CREATE_CLUSTER_PARAMETER_GROUP,
    ),
    of_peer(
        "ministack",
        &["AWS::RDS::DBInstance"],
        &[(Row::UpdatePlan, "/AutoMinorVersionUpgrade"), (Row::UpdateWhole, "/AutoMinorVersionUpgrade")],
        "changes neither AutoMinorVersionUpgrade nor PromotionTier",
        "https://docs.aws.amazon.com/goto/WebAPI/rds-2014-10-31/ModifyDBInstance",
    ),
    of_peer(
        "ministack",
        &["AWS::SecretsManager::Secret"],
        &[(Row::SameToken, "ResourceExistsException")],
        "a repeated creation with the same token and content is refused",
        "https://docs.aws.amazon.com/goto/WebAPI/secretsmanager-2017-10-17/CreateSecret",
    ),
];
