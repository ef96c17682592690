//! Breaches of DataZone's types.

use super::{Breaches, of_type, without_token};
use charter_provider::contract::Row;

/// A run is over when it is over: there is nothing to make twice or to delete.
const RUN: &[&str] = &["Charter::DataZone::DataSourceRun"];
const START_RUN: &str = "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/StartDataSourceRun";

pub(super) const BREACHES: &[Breaches] = &[
    of_type(
        &["Charter::DataZone::Listing"],
        &[(Row::SameToken, "AlreadyExists")],
        "an asset is published once: recovery finds its listing by the asset instead",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/GetAsset",
    ),
    of_type(
        &["Charter::DataZone::Listing"],
        &[(Row::ChangeIsDrift, "the plan sees nothing")],
        "a trigger is known to Charter alone",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateListingChangeSet",
    ),
    of_type(
        &["Charter::DataZone::Subscription"],
        &[(Row::CreateTwice, "it succeeds")],
        "a subscription that is there is adopted: a project has one to a listing at most",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateSubscriptionRequest",
    ),
    of_type(
        &["Charter::DataZone::Subscription"],
        &[(Row::ChangeIsDrift, "the plan sees nothing")],
        "only a request that nobody has decided can be changed: a reason that is given later is kept for the next",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/UpdateSubscriptionRequest",
    ),
    without_token(
        &["AWS::DataZone::Project"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateProject",
    ),
    without_token(
        &["AWS::DataZone::ProjectMembership"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateProjectMembership",
    ),
    without_token(
        &["AWS::DataZone::EnvironmentBlueprintConfiguration"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/PutEnvironmentBlueprintConfiguration",
    ),
    without_token(
        &["AWS::DataZone::EnvironmentProfile"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateEnvironmentProfile",
    ),
    without_token(
        &["AWS::DataZone::Environment"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateEnvironment",
    ),
    without_token(
        &["AWS::DataZone::EnvironmentActions"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateEnvironmentAction",
    ),
    without_token(
        &["AWS::DataZone::FormType"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateFormType",
    ),
    without_token(
        &["AWS::DataZone::ProjectProfile"],
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/CreateProjectProfile",
    ),
    of_type(
        &["AWS::DataZone::Owner"],
        &[(Row::SameToken, "is an owner already")],
        "what a second addition of an owner answers is not documented: who is one is asked before, whatever the token",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/AddEntityOwner",
    ),
    of_type(
        &["AWS::DataZone::Domain"],
        &[(Row::UpdateBack, "SingleSignOn: still as it was")],
        "Identity Center, once enabled, is disabled in Identity Center only",
        "https://docs.aws.amazon.com/datazone/latest/userguide/disable-IAM-identity-center-for-datazone.html",
    ),
    of_type(
        &["AWS::DataZone::Project"],
        &[(Row::UpdateBack, "GlossaryTerms: still as it was")],
        "a list of glossary terms has one at least, so that the last cannot be taken away",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/UpdateProject",
    ),
    of_type(
        &["AWS::DataZone::GroupProfile"],
        &[(Row::Attributes, "/RolePrincipalId")],
        "told only of the group of a role's sessions",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/GetGroupProfile",
    ),
    of_type(
        &["AWS::DataZone::Environment"],
        &[(Row::CreateAgain, "keeps the name of a deleted environment")],
        "a deleted environment keeps its name",
        "https://github.com/hashicorp/terraform-provider-awscc/issues/1879",
    ),
    of_type(
        &["AWS::DataZone::SubscriptionTarget"],
        &[(Row::Attributes, "/UpdatedBy")],
        "told only of one that was updated",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/GetSubscriptionTarget",
    ),
    of_type(
        &["AWS::DataZone::DataSource"],
        &[(Row::Attributes, "/ConnectionId; /LastRunAssetCount; /LastRunAt; /LastRunStatus")],
        "told only of one over a connection, and of one that has run",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/GetDataSource",
    ),
    of_type(
        &["AWS::DataZone::Connection"],
        &[(Row::Attributes, "/EnvironmentUserRole")],
        "told only of one whose environment has a user role",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/GetConnection",
    ),
    of_type(RUN, &[(Row::RecoverFinds, "Repeat")], "runs look alike: the same token tells", START_RUN),
    of_type(RUN, &[(Row::CreateTwice, "it succeeds")], "it is another run of the data source", START_RUN),
    of_type(
        RUN,
        &[
            (Row::DeletedRead, "SUCCESS"),
            (Row::DeletedDelete, "it succeeds"),
            (Row::DeletedList, "still listed"),
            (Row::DeletionIsDrift, "sees nothing"),
        ],
        "no call ends or deletes a run: its history stays, and so does what it brought in",
        "https://docs.aws.amazon.com/goto/WebAPI/datazone-2018-05-10/ListDataSourceRuns",
    ),
];
