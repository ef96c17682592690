//! The DataZone adapters against the simulator.

use crate::support::{ACCOUNT, World, assert_code, assert_reflects, properties, tagged};
use charter_catalog::Catalog;
use charter_model::TypeName;
use charter_provider::{Failure, FailureCode, Operation, Progress, Properties, Provider, Recovered};
use charter_simulator::Settings;
use serde_json::{Value, Value as Json, json};

const REGION: &str = "us-east-1";
const DOMAIN: &str = "AWS::DataZone::Domain";
const PROJECT: &str = "AWS::DataZone::Project";
const MEMBERSHIP: &str = "AWS::DataZone::ProjectMembership";
const USER: &str = "AWS::DataZone::UserProfile";
const GROUP: &str = "AWS::DataZone::GroupProfile";

/// A world with two roles that DataZone can assume.
async fn world_with(settings: Settings) -> World {
    let world = World::new(settings, REGION).await;
    for name in ["execution", "service", "analyst"] {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }]});
        let role = properties(json!({"RoleName": name, "AssumeRolePolicyDocument": trust}));
        world.create("stack/role", "AWS::IAM::Role", &role).await.unwrap();
    }
    world
}

async fn world() -> World {
    world_with(Settings::default()).await
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A domain for what is in one; its id.
async fn domain(world: &World) -> String {
    let wanted = json!({"Name": "bank", "DomainExecutionRole": role("execution"),
        "SingleSignOn": {"Type": "IAM_IDC", "UserAssignment": "MANUAL"}});
    world.create("stack/domain", DOMAIN, &properties(wanted)).await.unwrap().identifier
}

async fn project(world: &World, domain: &str, name: &str) -> String {
    let wanted = properties(json!({"DomainIdentifier": domain, "Name": name}));
    let made = world.create("stack/project", PROJECT, &wanted).await.unwrap();
    made.identifier.split_once('|').unwrap().1.to_owned()
}

fn domain_subject() -> Subject {
    Subject {
        type_name: DOMAIN,
        before: json!({
            "Name": "bank", "Description": "Data of the bank", "DomainExecutionRole": role("execution"),
            "DomainVersion": "V2", "ServiceRole": role("service"),
            "Tags": [{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}],
        }),
        after: json!({
            "Name": "bank-data", "DomainExecutionRole": role("analyst"), "DomainVersion": "V2",
            "ServiceRole": role("execution"), "SingleSignOn": {"Type": "IAM_IDC", "UserAssignment": "AUTOMATIC"},
            "Tags": [{"Key": "team", "Value": "b"}],
        }),
        has_tags: true,
        filter: Some(json!({})),
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_keeps_the_contract() {
    contract(&world().await, domain_subject()).await;
}

#[tokio::test(start_paused = true)]
async fn a_domain_keeps_the_contract_though_reads_are_behind() {
    contract(&world_with(Settings { eventual_consistency: 3.0, ..Settings::default() }).await, domain_subject()).await;
}

#[tokio::test(start_paused = true)]
async fn a_project_keeps_the_contract() {
    let world = world().await;
    let domain = domain(&world).await;
    let subject = Subject {
        type_name: PROJECT,
        before: json!({
            "DomainIdentifier": domain, "Name": "cards", "Description": "Of the cards",
            "ResourceTags": [{"Key": "team", "Value": "cards"}],
        }),
        after: json!({"DomainIdentifier": domain, "Name": "all cards", "GlossaryTerms": ["abc"]}),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain})),
    };
    contract(&world, subject).await;
}

#[tokio::test(start_paused = true)]
async fn a_membership_keeps_the_contract() {
    let world = world().await;
    let domain = domain(&world).await;
    let project = project(&world, &domain, "cards").await;
    let membership = |designation: &str| {
        json!({
            "DomainIdentifier": domain, "ProjectIdentifier": project, "Designation": designation,
            "Member": {"UserIdentifier": role("analyst")},
        })
    };
    let subject = Subject {
        type_name: MEMBERSHIP,
        before: membership("PROJECT_CONTRIBUTOR"),
        after: membership("PROJECT_OWNER"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain, "ProjectIdentifier": project})),
    };
    contract(&world, subject).await;
}

#[tokio::test(start_paused = true)]
async fn members_of_one_project_are_told_apart_and_a_changed_designation_shows() {
    let world = world().await;
    let domain = domain(&world).await;
    let project = project(&world, &domain, "cards").await;
    let group = properties(json!({"DomainIdentifier": domain, "GroupIdentifier": "analysts"}));
    world.create("stack/group", GROUP, &group).await.unwrap();
    let wanted = |member: Value| {
        properties(json!({"DomainIdentifier": domain, "ProjectIdentifier": project, "Member": member,
            "Designation": "PROJECT_CONTRIBUTOR"}))
    };
    let user = wanted(json!({"UserIdentifier": role("analyst")}));
    let user = world.create("stack/user", MEMBERSHIP, &user).await.unwrap();
    let group = wanted(json!({"GroupIdentifier": "analysts"}));
    let group = world.create("stack/group_member", MEMBERSHIP, &group).await.unwrap();
    assert_ne!(user.identifier, group.identifier);
    assert!(group.identifier.contains("|GROUP_IDENTIFIER|"), "{}", group.identifier);
    // Somebody else changes it: the registry would not tell.
    let mut changed = user.properties.clone();
    changed.insert("Designation".into(), "PROJECT_OWNER".into());
    world.update(MEMBERSHIP, &user.identifier, &user.properties, &changed).await.unwrap();
    let observed = world.read(MEMBERSHIP, &user.identifier, Some(&user.properties)).await.unwrap().unwrap();
    assert_eq!(observed["Designation"], "PROJECT_OWNER");
    let observed = world.read(MEMBERSHIP, &group.identifier, Some(&group.properties)).await.unwrap().unwrap();
    assert_eq!(observed["Designation"], "PROJECT_CONTRIBUTOR");
}

#[tokio::test(start_paused = true)]
async fn profiles_keep_the_contract() {
    let world = world().await;
    let domain = domain(&world).await;
    for user in [role("analyst"), "mary".to_owned()] {
        let status = if user == "mary" { "ASSIGNED" } else { "ACTIVATED" };
        let subject = Subject {
            type_name: USER,
            before: json!({"DomainIdentifier": domain, "UserIdentifier": user}),
            after: json!({"DomainIdentifier": domain, "UserIdentifier": user, "Status": status}),
            has_tags: false,
            filter: Some(json!({"DomainIdentifier": domain})),
        };
        contract(&world, subject).await;
    }
    for by in ["GroupIdentifier", "RolePrincipalArn"] {
        let name = if by == "GroupIdentifier" { "analysts".to_owned() } else { role("analyst") };
        let subject = Subject {
            type_name: GROUP,
            before: json!({"DomainIdentifier": domain, by: name}),
            after: json!({"DomainIdentifier": domain, by: name, "Status": "ASSIGNED"}),
            has_tags: false,
            filter: Some(json!({"DomainIdentifier": domain})),
        };
        contract(&world, subject).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_destroyed_user_profile_is_left_out_of_use_and_that_is_said() {
    let world = world().await;
    let domain = domain(&world).await;
    let wanted = properties(json!({"DomainIdentifier": domain, "UserIdentifier": role("analyst")}));
    let made = world.create("stack/user", USER, &wanted).await.unwrap();
    let request = charter_provider::DeleteRequest {
        address: "stack/user".parse().unwrap(),
        type_name: charter_model::TypeName::new(USER).unwrap(),
        placement: world.placement(),
        identifier: made.identifier.clone(),
        recorded: made.properties.clone(),
        discard_contents: false,
        token: world.token(),
    };
    let token = request.token.clone();
    let progress = world.provider.delete(request).await;
    let Progress::Pending(pending) = &progress else { panic!("{progress:?}") };
    assert!(pending.status.as_deref().unwrap().contains("cannot delete a user profile"), "{pending:?}");
    world.follow(progress, Operation::Delete, USER, &made.properties, &token).await.unwrap();
    // It is there all the same, and the next creation takes it into use again.
    let again = world.create("stack/user", USER, &wanted).await.unwrap();
    assert_eq!(again.identifier, made.identifier);
    assert_eq!(again.properties["Status"], "ACTIVATED");
    // One that is in use is not taken over.
    let failure = assert_code(world.create("stack/other", USER, &wanted).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains(&format!("import: {}", made.identifier)), "{failure}");
}

async fn failed_domain(world: &World) -> (Properties, Failure) {
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555");
    let wanted = json!({"Name": "bank", "DomainExecutionRole": role("execution"), "KmsKeyIdentifier": key});
    let wanted = tagged(properties(wanted), "stack/domain");
    let failure = world.create("stack/domain", DOMAIN, &wanted).await.unwrap_err();
    (wanted, failure)
}

#[tokio::test(start_paused = true)]
async fn a_failed_domain_creation_leaves_a_domain_that_is_known() {
    let world = world().await;
    let (wanted, failure) = failed_domain(&world).await;
    assert_eq!(failure.code, FailureCode::NotStabilized);
    let identifier = failure.identifier.clone().unwrap();
    // Also when nothing was heard of it.
    let found = world.recover("stack/domain", DOMAIN, &wanted, &world.token()).await;
    assert_eq!(found, Recovered::Exists { identifier: identifier.clone() });
    // And it blocks its name, which is explained with the next step.
    let failure = assert_code(world.create("stack/other", DOMAIN, &wanted).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains("delete-domain") && failure.message.contains(&identifier), "{failure}");
    world.delete(DOMAIN, &identifier, &wanted, false).await.unwrap();
    assert_eq!(world.read(DOMAIN, &identifier, None).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_a_domain_is_gone_with_it_and_is_refused_while_it_is_not() {
    let world = world().await;
    let domain = domain(&world).await;
    let project = format!("{domain}|{}", project(&world, &domain, "cards").await);
    let nothing = Properties::new();
    // A domain with something in it is not deleted by accident.
    let request = charter_provider::DeleteRequest {
        address: "stack/domain".parse().unwrap(),
        type_name: charter_model::TypeName::new(DOMAIN).unwrap(),
        placement: world.placement(),
        identifier: domain.clone(),
        recorded: nothing.clone(),
        discard_contents: false,
        token: world.token(),
    };
    let Progress::Failed(failure) = world.provider.delete(request.clone()).await else { panic!("it must fail") };
    assert_eq!(failure.code, FailureCode::ResourceConflict);
    let request = charter_provider::DeleteRequest { discard_contents: true, ..request };
    let Progress::Pending(_) = world.provider.delete(request).await else { panic!("it takes time") };
    // 403 to the caller: the domain is going, so the project is gone.
    assert_eq!(world.read(PROJECT, &project, None).await.unwrap(), None);
    assert_code(world.delete(PROJECT, &project, &nothing, true).await, FailureCode::NotFound);
    assert_code(world.update(PROJECT, &project, &nothing, &nothing).await, FailureCode::NotFound);
    // A domain that nobody knows of is gone as well.
    assert_eq!(world.read(PROJECT, "dzd_unknown|abc", None).await.unwrap(), None);
    assert_eq!(world.read(DOMAIN, "dzd_unknown", None).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn the_service_role_is_read_back_and_shows_no_change() {
    let world = world().await;
    let wanted = json!({"Name": "bank", "DomainVersion": "V2", "DomainExecutionRole": role("execution"),
        "ServiceRole": role("service")});
    let made = world.create("stack/domain", DOMAIN, &properties(wanted.clone())).await.unwrap();
    let observed = world.read(DOMAIN, &made.identifier, None).await.unwrap().unwrap();
    assert_eq!(observed["ServiceRole"], wanted["ServiceRole"]);
    assert_reflects(DOMAIN, &observed, &properties(wanted));
}

#[tokio::test(start_paused = true)]
async fn a_domain_waits_for_a_role_that_was_just_made() {
    let world = World::new(Settings { eventual_consistency: 20.0, ..Settings::default() }, REGION).await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let fresh = properties(json!({"RoleName": "fresh", "AssumeRolePolicyDocument": trust}));
    world.create("stack/role", "AWS::IAM::Role", &fresh).await.unwrap();
    let wanted = properties(json!({"Name": "bank", "DomainExecutionRole": role("fresh")}));
    world.create("stack/domain", DOMAIN, &wanted).await.unwrap();
}

const RUN: &str = "Charter::DataZone::DataSourceRun";
const CONFIGURATION: &str = "AWS::DataZone::EnvironmentBlueprintConfiguration";
const PROFILE: &str = "AWS::DataZone::EnvironmentProfile";
const ENVIRONMENT: &str = "AWS::DataZone::Environment";

fn configuration(domain: &str, blueprint: &str) -> Value {
    json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": blueprint, "EnabledRegions": [REGION],
        "ManageAccessRoleArn": role("service"), "ProvisioningRoleArn": role("execution"),
        "RegionalParameters": [{"Region": REGION, "Parameters": {"S3Location": "s3://lake"}}],
    })
}

/// A domain with a project, a configured blueprint and a profile: their ids.
async fn with_profile(world: &World, blueprint: &str) -> (String, String, String) {
    let domain = domain(world).await;
    let project = project(world, &domain, "cards").await;
    let made = world.create("stack/blueprint", CONFIGURATION, &properties(configuration(&domain, blueprint))).await;
    let (_, id) = made.unwrap().identifier.split_once('|').map(|(_, id)| ((), id.to_owned())).unwrap();
    let wanted = json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentBlueprintIdentifier": id,
        "AwsAccountId": ACCOUNT, "AwsAccountRegion": REGION, "Name": "lake",
    });
    let made = world.create("stack/profile", PROFILE, &properties(wanted)).await.unwrap();
    let profile = made.identifier.split_once('|').unwrap().1.to_owned();
    (domain, project, profile)
}

fn environment(domain: &str, project: &str, profile: &str, name: &str) -> Value {
    json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentProfileIdentifier": profile, "Name": name,
    })
}

async fn with_environment(world: &World, blueprint: &str) -> (String, String, String) {
    let (domain, project, profile) = with_profile(world, blueprint).await;
    let wanted = properties(environment(&domain, &project, &profile, "lake"));
    let made = world.create("stack/environment", ENVIRONMENT, &wanted).await.unwrap();
    let environment = made.identifier.split_once('|').unwrap().1.to_owned();
    (domain, project, environment)
}

#[tokio::test(start_paused = true)]
async fn a_blueprint_configuration_keeps_the_contract() {
    let world = world().await;
    let domain = domain(&world).await;
    let mut after = configuration(&domain, "DefaultDataLake");
    after["EnabledRegions"] = json!([REGION, "eu-west-1"]);
    after["RegionalParameters"] = json!([
        {"Region": "eu-west-1", "Parameters": {"S3Location": "s3://other"}},
        {"Region": REGION, "Parameters": {"S3Location": "s3://lake2"}},
    ]);
    let subject = Subject {
        type_name: CONFIGURATION,
        before: configuration(&domain, "DefaultDataLake"),
        after,
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain})),
    };
    contract(&world, subject).await;
}

#[tokio::test(start_paused = true)]
async fn an_environment_profile_keeps_the_contract() {
    let world = world().await;
    let domain = domain(&world).await;
    let project = project(&world, &domain, "cards").await;
    let profile = |name: &str| {
        json!({
            "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentBlueprintIdentifier": "datalakeblueprint",
            "AwsAccountId": ACCOUNT, "AwsAccountRegion": REGION, "Name": name,
            "UserParameters": [{"Name": "producerGlueDbName", "Value": name}],
        })
    };
    let mut before = profile("lake");
    before["Description"] = "Of the cards".into();
    let subject = Subject {
        type_name: PROFILE,
        before,
        after: profile("sea"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain})),
    };
    contract(&world, subject).await;
}

/// As the contract, but for its last step: a deleted environment keeps its name.
#[tokio::test(start_paused = true)]
async fn an_environment_keeps_the_contract_but_for_its_name() {
    let world = world().await;
    let (domain, project, profile) = with_profile(&world, "CustomAwsService").await;
    let mut before = environment(&domain, &project, &profile, "lake");
    before["Description"] = "Of the cards".into();
    before["UserParameters"] = json!([{"Name": "producerGlueDbName", "Value": "cards"}]);
    before["EnvironmentRoleArn"] = role("analyst").into();
    let before = properties(before);
    let token = world.token();
    let made = world.create_with("stack/environment", ENVIRONMENT, &before, token.clone()).await.unwrap();
    assert_reflects(ENVIRONMENT, &made.properties, &before);
    let filter = json!({"DomainIdentifier": domain, "ProjectIdentifier": project});
    assert_eq!(world.list(ENVIRONMENT, filter.clone()).await.unwrap(), std::slice::from_ref(&made.identifier));
    let found = world.recover("stack/environment", ENVIRONMENT, &before, &token).await;
    assert_eq!(found, Recovered::Exists { identifier: made.identifier.clone() });
    assert_code(world.create("stack/other", ENVIRONMENT, &before).await, FailureCode::AlreadyExists);
    let mut after = before.clone();
    after.insert("Name".into(), "sea".into());
    after.remove("Description");
    let updated = world.update(ENVIRONMENT, &made.identifier, &before, &after).await.unwrap();
    assert_reflects(ENVIRONMENT, &updated.properties, &after);
    world.delete(ENVIRONMENT, &made.identifier, &updated.properties, true).await.unwrap();
    assert_eq!(world.read(ENVIRONMENT, &made.identifier, Some(&updated.properties)).await.unwrap(), None);
    assert_code(world.delete(ENVIRONMENT, &made.identifier, &after, true).await, FailureCode::NotFound);
    assert_code(world.update(ENVIRONMENT, &made.identifier, &after, &before).await, FailureCode::NotFound);
    assert_eq!(world.list(ENVIRONMENT, filter).await.unwrap(), Vec::<String>::new());
    // The name is not free again, and that is explained.
    let failure = assert_code(world.create("stack/environment", ENVIRONMENT, &after).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains("keeps the name of a deleted environment"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn an_environment_waits_for_no_blueprint_that_cannot_make_it() {
    let world = world().await;
    let (domain, project, profile) = with_profile(&world, "DefaultDataLake").await;
    let configure = |regions: Value, parameters: Value| {
        let mut wanted = configuration(&domain, "DefaultDataLake");
        wanted["EnabledRegions"] = regions;
        wanted["RegionalParameters"] = parameters;
        properties(wanted)
    };
    let good = properties(configuration(&domain, "DefaultDataLake"));
    let identifier = format!("{domain}|datalakeblueprint");
    let wanted = properties(environment(&domain, &project, &profile, "lake"));
    for (configuration, words) in [
        (configure(json!(["eu-west-1"]), json!([])), "is not enabled in us-east-1"),
        (configure(json!([REGION]), json!([])), "has no parameters for us-east-1"),
    ] {
        world.update(CONFIGURATION, &identifier, &good, &configuration).await.unwrap();
        let failure = world.create("stack/environment", ENVIRONMENT, &wanted).await.unwrap_err();
        assert!(failure.message.contains(words) && failure.identifier.is_none(), "{failure}");
        world.update(CONFIGURATION, &identifier, &configuration, &good).await.unwrap();
    }
    // Nothing was asked for that would have kept the name.
    world.create("stack/environment", ENVIRONMENT, &wanted).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_hangs_on_an_environment_keeps_the_contract() {
    let world = world().await;
    let (domain, project, environment) = with_environment(&world, "DefaultDataLake").await;
    let within = json!({"DomainIdentifier": domain, "EnvironmentIdentifier": environment});
    let action = |name: &str| {
        json!({"DomainIdentifier": domain, "EnvironmentIdentifier": environment, "Name": name,
            "Parameters": {"Uri": format!("https://example.com/{name}")}})
    };
    let subject = Subject {
        type_name: "AWS::DataZone::EnvironmentActions",
        before: action("console"),
        after: action("query"),
        has_tags: false,
        filter: Some(within.clone()),
    };
    contract(&world, subject).await;
    let target = |name: &str, manager: &str| {
        json!({
            "DomainIdentifier": domain, "EnvironmentIdentifier": environment, "Name": name, "Type": "GlueSubscriptionTargetType",
            "ApplicableAssetTypes": ["GlueTableAssetType"], "AuthorizedPrincipals": [role("analyst")],
            "ManageAccessRole": role(manager), "Provider": "Amazon DataZone",
            "SubscriptionTargetConfig": [{"FormName": "GlueSubscriptionTargetConfigForm", "Content": "{\"databaseName\":\"cards\"}"}],
        })
    };
    let subject = Subject {
        type_name: "AWS::DataZone::SubscriptionTarget",
        before: target("cards", "service"),
        after: target("all cards", "execution"),
        has_tags: false,
        filter: Some(within),
    };
    contract(&world, subject).await;
    let source = |name: &str, database: &str| {
        json!({
            "DomainIdentifier": domain, "EnvironmentIdentifier": environment, "ProjectIdentifier": project, "Name": name,
            "Type": "GLUE", "EnableSetting": "ENABLED", "PublishOnImport": true,
            "Configuration": {"GlueRunConfiguration": {"RelationalFilterConfigurations": [
                {"DatabaseName": database, "FilterExpressions": [{"Expression": "*", "Type": "INCLUDE"}]},
            ]}},
        })
    };
    let mut before = source("cards", "cards");
    before["Description"] = "Of the cards".into();
    let subject = Subject {
        type_name: "AWS::DataZone::DataSource",
        before,
        after: source("loans", "loans"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain, "ProjectIdentifier": project})),
    };
    contract(&world, subject).await;
    let connection = |description: &str| {
        json!({
            "DomainIdentifier": domain, "EnvironmentIdentifier": environment, "Name": "athena", "Description": description,
            "Props": {"AthenaProperties": {"WorkgroupName": "primary"}},
        })
    };
    let subject = Subject {
        type_name: "AWS::DataZone::Connection",
        before: connection("one"),
        after: connection("two"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain})),
    };
    contract(&world, subject).await;
}

#[tokio::test(start_paused = true)]
async fn domain_units_their_owners_and_grants_keep_the_contract() {
    let world = world().await;
    let domain = domain(&world).await;
    let root = world.read(DOMAIN, &domain, None).await.unwrap().unwrap()["RootDomainUnitId"].clone();
    let user = properties(json!({"DomainIdentifier": domain, "UserIdentifier": role("analyst")}));
    world.create("stack/user", USER, &user).await.unwrap();
    let unit = |name: &str| json!({"DomainIdentifier": domain, "ParentDomainUnitIdentifier": root, "Name": name});
    let mut before = unit("cards");
    before["Description"] = "Of the cards".into();
    let subject = Subject {
        type_name: "AWS::DataZone::DomainUnit",
        before,
        after: unit("loans"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain, "ParentDomainUnitIdentifier": root})),
    };
    contract(&world, subject).await;
    let owner = json!({
        "DomainIdentifier": domain, "EntityType": "DOMAIN_UNIT", "EntityIdentifier": root,
        "Owner": {"User": {"UserIdentifier": role("analyst")}},
    });
    let subject = Subject {
        type_name: "AWS::DataZone::Owner",
        before: owner.clone(),
        after: owner,
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain, "EntityType": "DOMAIN_UNIT", "EntityIdentifier": root})),
    };
    contract(&world, subject).await;
    let grant = json!({
        "DomainIdentifier": domain, "EntityType": "DOMAIN_UNIT", "EntityIdentifier": root, "PolicyType": "CREATE_PROJECT",
        "Principal": {"User": {"UserIdentifier": role("analyst")}},
        "Detail": {"CreateProject": {"IncludeChildDomainUnits": true}},
    });
    let subject = Subject {
        type_name: "AWS::DataZone::PolicyGrant",
        before: grant.clone(),
        after: grant,
        has_tags: false,
        filter: Some(json!({
            "DomainIdentifier": domain, "EntityType": "DOMAIN_UNIT", "EntityIdentifier": root, "PolicyType": "CREATE_PROJECT",
        })),
    };
    contract(&world, subject).await;
}

#[tokio::test(start_paused = true)]
async fn form_types_and_project_profiles_keep_the_contract() {
    let world = world().await;
    let wanted = json!({"Name": "bank", "DomainExecutionRole": role("execution"), "DomainVersion": "V2",
        "ServiceRole": role("service")});
    let domain = world.create("stack/domain", DOMAIN, &properties(wanted)).await.unwrap().identifier;
    let project = project(&world, &domain, "cards").await;
    let form = |text: &str| {
        json!({"DomainIdentifier": domain, "Name": "Quality", "OwningProjectIdentifier": project, "Status": "ENABLED",
            "Model": {"Smithy": format!("structure Quality {{ {text}: String }}")}})
    };
    let subject = Subject {
        type_name: "AWS::DataZone::FormType",
        before: form("score"),
        after: form("grade"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain})),
    };
    contract(&world, subject).await;
    let profile = |name: &str, region: &str| {
        json!({
            "DomainIdentifier": domain, "Name": name, "Status": "ENABLED",
            "EnvironmentConfigurations": [{
                "Name": "lake", "EnvironmentBlueprintId": "datalakeblueprint", "DeploymentMode": "ON_CREATE",
                "AwsAccount": {"AwsAccountId": ACCOUNT}, "AwsRegion": {"RegionName": region},
            }],
        })
    };
    let subject = Subject {
        type_name: "AWS::DataZone::ProjectProfile",
        before: profile("analytics", REGION),
        after: profile("all analytics", "eu-west-1"),
        has_tags: false,
        filter: Some(json!({"DomainIdentifier": domain})),
    };
    contract(&world, subject).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_is_followed_to_its_end_and_the_same_token_starts_no_other() {
    let world = world().await;
    let (domain, project, environment) = with_environment(&world, "DefaultDataLake").await;
    let source = properties(json!({
        "DomainIdentifier": domain, "EnvironmentIdentifier": environment, "ProjectIdentifier": project, "Name": "cards",
        "Type": "GLUE", "Configuration": {"GlueRunConfiguration": {"RelationalFilterConfigurations": [
            {"DatabaseName": "cards"}, {"DatabaseName": "loans"},
        ]}},
    }));
    let source = world.create("stack/source", "AWS::DataZone::DataSource", &source).await.unwrap();
    let (_, id) = source.identifier.split_once('|').unwrap();
    let wanted = properties(json!({"DomainIdentifier": domain, "DataSourceIdentifier": id, "Trigger": "first"}));
    let token = world.token();
    let run = world.create_with("stack/run", RUN, &wanted, token.clone()).await.unwrap();
    assert_eq!((&run.properties["Status"], &run.properties["AssetsAdded"]), (&json!("SUCCESS"), &json!(2)));
    assert_eq!(world.recover("stack/run", RUN, &wanted, &token).await, Recovered::Repeat);
    let again = world.create_with("stack/run", RUN, &wanted, token).await.unwrap();
    assert_eq!(again.identifier, run.identifier);
    let observed = world.read(RUN, &run.identifier, Some(&run.properties)).await.unwrap().unwrap();
    assert_eq!(observed, run.properties);
    // Another one is another run, and waits for none: the first is over.
    let other = world.create("stack/other", RUN, &wanted).await.unwrap();
    assert_ne!(other.identifier, run.identifier);
    world.delete(RUN, &other.identifier, &other.properties, false).await.unwrap();
    // With its data source it is gone.
    world.delete("AWS::DataZone::DataSource", &source.identifier, &source.properties, false).await.unwrap();
    let lost = format!("{domain}|unknown");
    assert_eq!(world.read(RUN, &lost, Some(&run.properties)).await.unwrap(), None);
}

/// One type under the contract: how it is made, to what it is changed.
struct Subject {
    type_name: &'static str,
    before: Json,
    after: Json,
    /// Whether the engine tags it.
    has_tags: bool,
    /// What a listing needs to know; none: the type cannot be listed.
    filter: Option<Json>,
}

/// The handler contract: <https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html>
async fn contract(world: &World, subject: Subject) {
    let Subject { type_name, before, after, has_tags, filter } = subject;
    let address = "stack/subject";
    let with_tags = |wanted: Json| if has_tags { tagged(properties(wanted), address) } else { properties(wanted) };
    let (before, after) = (with_tags(before), with_tags(after));

    // Nothing is there yet.
    let token = world.token();
    let found = world.recover(address, type_name, &before, &token).await;
    assert!(matches!(found, Recovered::Absent | Recovered::Repeat), "{type_name}: {found:?}");

    // create → read → list agree
    let created = world.create_with(address, type_name, &before, token.clone()).await.unwrap();
    let identifier = created.identifier.clone();
    assert_reflects(type_name, &created.properties, &before);
    let observed = world.read(type_name, &identifier, Some(&created.properties)).await.unwrap().unwrap();
    assert_eq!(observed, created.properties, "{type_name}");
    if let Some(filter) = &filter {
        let listed = world.list(type_name, filter.clone()).await.unwrap();
        assert!(listed.contains(&identifier), "{type_name}: {listed:?}");
    }
    let schema = Catalog::embedded().schema(&TypeName::new(type_name).unwrap()).unwrap();
    assert_eq!(schema.identifier_of(&created.properties).as_deref(), Some(identifier.as_str()), "{type_name}");

    // A lost answer is found again; somebody else's is not taken for ours.
    let found = world.recover(address, type_name, &before, &token).await;
    assert_eq!(found, Recovered::Exists { identifier: identifier.clone() }, "{type_name}");

    // create twice
    assert_code(world.create("stack/other", type_name, &before).await, FailureCode::AlreadyExists);
    let observed = world.read(type_name, &identifier, Some(&created.properties)).await.unwrap().unwrap();
    assert_eq!(observed, created.properties, "{type_name}: the second creation changed it");

    // update keeps the identifier, applies fully, and back again
    let updated = world.update(type_name, &identifier, &before, &after).await.unwrap();
    assert_eq!(updated.identifier, identifier);
    assert_reflects(type_name, &updated.properties, &after);
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        let left = updated.properties.get(name);
        assert!(left.is_none_or(|left| left != &before[name]), "{type_name}: {name} was not taken away: {left:?}");
    }
    let reverted = world.update(type_name, &identifier, &after, &before).await.unwrap();
    assert_reflects(type_name, &reverted.properties, &before);

    // delete; then everything says that it is gone
    world.delete(type_name, &identifier, &reverted.properties, true).await.unwrap();
    assert_eq!(world.read(type_name, &identifier, Some(&reverted.properties)).await.unwrap(), None, "{type_name}");
    assert_code(world.delete(type_name, &identifier, &reverted.properties, true).await, FailureCode::NotFound);
    assert_code(world.update(type_name, &identifier, &before, &after).await, FailureCode::NotFound);
    if let Some(filter) = &filter {
        let listed = world.list(type_name, filter.clone()).await.unwrap_or_default();
        assert!(!listed.contains(&identifier), "{type_name}: {listed:?}");
    }

    // and it can be made again
    let again = world.create(address, type_name, &before).await.unwrap();
    assert_reflects(type_name, &again.properties, &before);
    world.delete(type_name, &again.identifier, &again.properties, true).await.unwrap();
}
