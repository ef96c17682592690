//! What the DataZone adapters do beyond the contract.

use crate::shared::REGION;
use crate::support::{ACCOUNT, World, assert_code, named, properties, tagged};
use charter_provider::{Failure, FailureCode, Operation, Progress, Properties, Provider, Recovered};
use charter_simulator::Settings;
use serde_json::{Value, json};

const DOMAIN: &str = "AWS::DataZone::Domain";
const PROJECT: &str = "AWS::DataZone::Project";
const MEMBERSHIP: &str = "AWS::DataZone::ProjectMembership";
const USER: &str = "AWS::DataZone::UserProfile";
const GROUP: &str = "AWS::DataZone::GroupProfile";

/// A world with roles that DataZone can assume.
async fn world() -> World {
    world_with(Settings::default()).await
}

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
async fn a_membership_that_is_made_anew_is_not_taken_for_gone_while_reads_are_behind() {
    let world = world_with(Settings { eventual_consistency: 15.0, ..Settings::default() }).await;
    let domain = domain(&world).await;
    let project = project(&world, &domain, "cards").await;
    let wanted = |designation: &str| {
        properties(json!({"DomainIdentifier": domain, "ProjectIdentifier": project, "Designation": designation,
            "Member": {"UserIdentifier": role("analyst")}}))
    };
    let (before, after) = (wanted("PROJECT_CONTRIBUTOR"), wanted("PROJECT_OWNER"));
    let made = world.create("stack/member", MEMBERSHIP, &before).await.unwrap();
    let request = charter_provider::UpdateRequest {
        address: "stack/member".parse().unwrap(),
        type_name: named(MEMBERSHIP),
        placement: world.placement(),
        identifier: made.identifier.clone(),
        observed: made.properties.clone(),
        properties: after.clone(),
        changed: vec!["/Designation".parse().unwrap()],
        token: world.token(),
    };
    let token = request.token.clone();
    let progress = world.provider.update(request).await;
    assert!(matches!(progress, Progress::Pending(_)), "{progress:?}");
    // No more was heard of it; what was taken away shows before what was made.
    assert_eq!(world.read(MEMBERSHIP, &made.identifier, None).await.unwrap(), None);
    let request = charter_provider::RecoverRequest {
        operation: Operation::Update,
        address: "stack/member".parse().unwrap(),
        environment: "test".parse().unwrap(),
        type_name: named(MEMBERSHIP),
        placement: world.placement(),
        identifier: Some(made.identifier.clone()),
        properties: after.clone(),
        token: token.clone(),
    };
    let recovered = world.provider.recover(request).await.unwrap();
    let Recovered::Pending(pending) = recovered else { panic!("{recovered:?}") };
    let progress = Progress::Pending(pending);
    let done = world.driver.follow(Operation::Update, &named(MEMBERSHIP), &after, &token, progress).await.unwrap();
    assert_eq!(done.properties["Designation"], "PROJECT_OWNER");
}

#[tokio::test(start_paused = true)]
async fn a_destroyed_user_profile_is_left_out_of_use_and_that_is_said() {
    let world = world().await;
    let domain = domain(&world).await;
    let wanted = properties(json!({"DomainIdentifier": domain, "UserIdentifier": role("analyst")}));
    let made = world.create("stack/user", USER, &wanted).await.unwrap();
    let request = charter_provider::DeleteRequest {
        address: "stack/user".parse().unwrap(),
        type_name: named(USER),
        placement: world.placement(),
        identifier: made.identifier.clone(),
        recorded: made.properties.clone(),
        discard_contents: false,
        token: world.token(),
    };
    let token = request.token.clone();
    let progress = world.provider.delete(request).await;
    let said = Some("deactivated: AWS deletes no user profile; it stays in the domain until the domain goes");
    let done = world.driver.follow(Operation::Delete, &named(USER), &made.properties, &token, progress).await.unwrap();
    assert_eq!(done.left_behind.as_deref(), said);
    // Before it is asked for, too, and by whoever follows a deletion of which nothing was heard.
    assert_eq!(world.provider.left_behind(&named(USER)).map(|left| left.what), said);
    let request = charter_provider::RecoverRequest {
        operation: Operation::Delete,
        address: "stack/user".parse().unwrap(),
        environment: "test".parse().unwrap(),
        type_name: named(USER),
        placement: world.placement(),
        identifier: Some(made.identifier.clone()),
        properties: wanted.clone(),
        token: token.clone(),
    };
    let recovered = world.provider.recover(request).await.unwrap();
    let Recovered::Pending(pending) = recovered else { panic!("{recovered:?}") };
    let progress = Progress::Pending(pending);
    let done = world.driver.follow(Operation::Delete, &named(USER), &made.properties, &token, progress).await.unwrap();
    assert_eq!(done.left_behind.as_deref(), said);
    // It is there all the same, and the next creation takes it into use again.
    let again = world.create("stack/user", USER, &wanted).await.unwrap();
    assert_eq!(again.identifier, made.identifier);
    assert_eq!(again.properties["Status"], "ACTIVATED");
    // One that is in use is not taken over.
    let failure = assert_code(world.create("stack/other", USER, &wanted).await, FailureCode::AlreadyExists);
    assert!(failure.message.contains(&format!("import: {}", made.identifier)), "{failure}");
}

/// Nothing is called for it, since it is out of use already; it stays all the same.
#[tokio::test(start_paused = true)]
async fn a_user_profile_that_was_to_be_out_of_use_is_left_behind_too() {
    let world = world().await;
    let domain = domain(&world).await;
    let wanted = json!({"DomainIdentifier": domain, "UserIdentifier": role("analyst"), "Status": "DEACTIVATED"});
    let made = world.create("stack/user", USER, &properties(wanted)).await.unwrap();
    assert_eq!(made.properties["Status"], "DEACTIVATED");
    let done = world.delete(USER, &made.identifier, &made.properties, false).await.unwrap();
    assert!(done.left_behind.is_some_and(|what| what.starts_with("deactivated: ")));
}

#[tokio::test(start_paused = true)]
async fn a_destroyed_group_profile_is_left_behind() {
    let world = world().await;
    let domain = domain(&world).await;
    let wanted = properties(json!({"DomainIdentifier": domain, "RolePrincipalArn": role("analyst")}));
    let made = world.create("stack/group", GROUP, &wanted).await.unwrap();
    let done = world.delete(GROUP, &made.identifier, &made.properties, false).await.unwrap();
    assert!(done.left_behind.is_some_and(|what| what.starts_with("unassigned: AWS deletes no group profile")));
    assert_eq!(world.read(GROUP, &made.identifier, Some(&made.properties)).await.unwrap(), None);
}

#[test]
fn what_deletions_leave_behind_is_known_without_a_configuration() {
    let known = charter_aws::left_behind(charter_catalog::Catalog::embedded());
    let mut known: Vec<(&str, &str)> = known.iter().map(|(name, left)| (name.as_str(), left.within)).collect();
    known.sort_unstable();
    let domain = "DomainIdentifier";
    let expected = [
        ("AWS::DataZone::GroupProfile", domain),
        (USER, domain),
        ("Charter::QBusiness::Subscription", "ApplicationId"),
    ];
    assert_eq!(known, expected);
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
        type_name: named(DOMAIN),
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
    // A domain that its own account does not know is gone, with all that is in it. If nobody knows whose it is, nothing is.
    assert_eq!(world.read(DOMAIN, "dzd_unknown", None).await.unwrap(), None);
    assert_eq!(world.read(PROJECT, "dzd_unknown|abc", None).await.unwrap(), None);
    let failure = world.read(PROJECT, "dzd_elsewhere|abc", None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::AccessDenied, "{failure}");
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
async fn an_environment_that_is_being_deleted_is_followed_by_whoever_deletes_it_again() {
    let world = world().await;
    let (domain, _, environment) = with_environment(&world, "CustomAwsService").await;
    let request = charter_provider::DeleteRequest {
        address: "stack/environment".parse().unwrap(),
        type_name: named(ENVIRONMENT),
        placement: world.placement(),
        identifier: format!("{domain}|{environment}"),
        recorded: Properties::new(),
        discard_contents: true,
        token: world.token(),
    };
    // The answer of the first was lost, and the second is told that there is no such environment.
    for _ in 0..2 {
        let progress = world.provider.delete(request.clone()).await;
        assert!(matches!(progress, Progress::Pending(_)), "{progress:?}");
    }
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let Progress::Failed(failure) = world.provider.delete(request).await else { panic!("it is gone") };
    assert_eq!(failure.code, FailureCode::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_environment_keeps_its_name_and_that_is_explained() {
    let world = world().await;
    let (domain, project, profile) = with_profile(&world, "CustomAwsService").await;
    let wanted = properties(environment(&domain, &project, &profile, "lake"));
    let made = world.create("stack/environment", ENVIRONMENT, &wanted).await.unwrap();
    world.delete(ENVIRONMENT, &made.identifier, &made.properties, true).await.unwrap();
    let failure = assert_code(world.create("stack/other", ENVIRONMENT, &wanted).await, FailureCode::AlreadyExists);
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
