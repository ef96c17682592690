//! Several accounts of one organization: shares that are offered, taken or given, subscriptions that are decided, and accounts that
//! were made a moment ago.

use super::support::properties;
use crate::shared::{
    ACCOUNT as MANAGEMENT, NEIGHBOUR as MEMBER, REGION, Reach, environment, provider_of, simulated_with,
};
use charter_aws::AwsProvider;
use charter_model::{AccountId, AccountName, Placement, Region, TypeName};
use charter_provider::contract::Driver;
use charter_provider::{Done, Failure, FailureCode, IdempotencyToken, Observed, Provider};
use charter_simulator::Settings;
use serde_json::{Value as Json, json};
use std::cell::Cell;

const ACCEPTANCE: &str = "Charter::RAM::ShareAcceptance";
const SHARE: &str = "AWS::RAM::ResourceShare";
const SUBSCRIPTION: &str = "Charter::DataZone::Subscription";

/// A cloud with a management account and one member.
struct Mesh {
    reach: Reach,
    provider: AwsProvider,
    tokens: Cell<u32>,
}

fn placement(account: &str) -> Placement {
    Placement { account: AccountName::new(account).unwrap(), region: Region::new(REGION).unwrap() }
}

async fn provider(reach: &Reach, member: (&str, &str)) -> AwsProvider {
    let accounts = [("management", MANAGEMENT), member].map(|(name, id)| (AccountName::new(name).unwrap(), id));
    provider_of(&accounts, Region::new(REGION).unwrap(), reach).await
}

impl Mesh {
    async fn new() -> Self {
        let reach = simulated_with(Settings::default(), &[MEMBER]);
        let provider = provider(&reach, ("member", MEMBER)).await;
        Self { reach, provider, tokens: Cell::new(0) }
    }

    fn driver(&self, account: &str) -> Driver<'_> {
        Driver::new(&self.provider, placement(account), environment())
    }

    async fn create(&self, account: &str, address: &str, type_name: &str, wanted: Json) -> Result<Done, Failure> {
        let driver = self.driver(account);
        let (address, name) = (address.parse().unwrap(), TypeName::new(type_name).unwrap());
        self.tokens.set(self.tokens.get() + 1);
        let token = IdempotencyToken(format!("{:064x}", self.tokens.get()).into());
        driver.create(&address, &name, &properties(wanted), &token).await
    }

    async fn read(&self, account: &str, type_name: &str, done: &Done) -> Option<Json> {
        let name = TypeName::new(type_name).unwrap();
        match self.driver(account).read(&name, &done.identifier, Some(&done.properties)).await.unwrap() {
            Observed::Present { properties } => Some(Json::Object(properties)),
            Observed::Absent => None,
        }
    }

    async fn delete(&self, account: &str, type_name: &str, done: &Done) -> Result<Done, Failure> {
        let name = TypeName::new(type_name).unwrap();
        let address = "stack/gone".parse().unwrap();
        self.driver(account).delete(&address, &name, &done.identifier, &done.properties, false).await
    }

    /// RAM as a person in the management account calls it.
    fn ram(&self) -> aws_sdk_ram::Client {
        let mut configuration = aws_sdk_ram::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_ram::config::Region::new(REGION))
            .endpoint_url(&self.reach.endpoint)
            .credentials_provider(self.reach.credentials.clone());
        configuration.set_http_client(self.reach.http_client.clone());
        aws_sdk_ram::Client::from_conf(configuration.build())
    }

    /// DataZone likewise.
    fn datazone(&self) -> aws_sdk_datazone::Client {
        let mut configuration = aws_sdk_datazone::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_datazone::config::Region::new(REGION))
            .endpoint_url(&self.reach.endpoint)
            .credentials_provider(self.reach.credentials.clone());
        configuration.set_http_client(self.reach.http_client.clone());
        aws_sdk_datazone::Client::from_conf(configuration.build())
    }

    /// A domain of the management account is shared with the member, which takes it.
    async fn open_domain(&self, domain: &str, name: &str) -> Done {
        let arn = format!("arn:aws:datazone:{REGION}:{MANAGEMENT}:domain/{domain}");
        let share = json!({"Name": name, "ResourceArns": [arn], "Principals": [MEMBER]});
        let share = self.create("management", "stack/share", SHARE, share).await.unwrap();
        let acceptance = json!({"ResourceShareArn": share.identifier});
        self.create("member", "stack/acceptance", ACCEPTANCE, acceptance).await.unwrap();
        share
    }

    /// A share of the member's with the management account.
    async fn share(&self, principals: Json) -> String {
        let subnet = format!("arn:aws:ec2:us-east-1:{MEMBER}:subnet/subnet-1");
        let wanted = json!({"Name": "network", "ResourceArns": [subnet], "Principals": principals});
        self.create("member", "stack/share", SHARE, wanted).await.unwrap().identifier
    }
}

fn refusal(outcome: Result<Done, Failure>, code: FailureCode) -> String {
    let failure = outcome.expect_err("it is refused");
    assert_eq!(failure.code, code, "{failure}");
    failure.message
}

#[tokio::test(start_paused = true)]
async fn what_the_organization_shares_needs_no_acceptance_and_says_so() {
    let mesh = Mesh::new().await;
    mesh.ram().enable_sharing_with_aws_organization().send().await.unwrap();
    let share = mesh.share(json!([MANAGEMENT])).await;
    let wanted = json!({"ResourceShareArn": share});
    let accepted = mesh.create("management", "stack/acceptance", ACCEPTANCE, wanted).await.unwrap();
    assert_eq!(accepted.properties["AcceptedBy"], "ORGANIZATION");
    // The account cannot leave: a deletion changes nothing, and says that it is done.
    mesh.delete("management", ACCEPTANCE, &accepted).await.unwrap();
    assert!(mesh.read("management", ACCEPTANCE, &accepted).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_rejected_or_missing_invitation_is_told_plainly() {
    let mesh = Mesh::new().await;
    let share = mesh.share(json!([MANAGEMENT])).await;
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    let invitations = mesh.ram().get_resource_share_invitations().send().await.unwrap();
    let invitation = invitations.resource_share_invitations()[0].resource_share_invitation_arn().unwrap().to_owned();
    mesh.ram().reject_resource_share_invitation().resource_share_invitation_arn(invitation).send().await.unwrap();
    let rejected = mesh.create("management", "stack/a", ACCEPTANCE, json!({"ResourceShareArn": share})).await;
    let message = refusal(rejected, FailureCode::InvalidRequest);
    assert!(message.contains("was rejected") && message.contains(MEMBER), "{message}");

    let other = mesh.share(json!(["999999999999"])).await;
    let missing = mesh.create("management", "stack/b", ACCEPTANCE, json!({"ResourceShareArn": other})).await;
    let message = refusal(missing, FailureCode::NotStabilized);
    assert!(message.contains("among its Principals"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_a_share_sees_what_others_changed() {
    let mesh = Mesh::new().await;
    let wanted = json!({"Name": "network", "Principals": [MEMBER]});
    let made = mesh.create("management", "stack/share", SHARE, wanted).await.unwrap();
    let call = mesh.ram().disassociate_resource_share().resource_share_arn(&made.identifier).principals(MEMBER);
    call.send().await.unwrap();
    let read = mesh.read("management", SHARE, &made).await.unwrap();
    assert_eq!(read.get("Principals"), None, "{read}");
    mesh.delete("management", SHARE, &made).await.unwrap();
    // It is told as DELETED for hours.
    assert_eq!(mesh.read("management", SHARE, &made).await, None);
}

#[tokio::test(start_paused = true)]
async fn the_role_of_a_new_account_is_assumed_as_soon_as_it_can_be() {
    let mesh = Mesh::new().await;
    let wanted = json!({"AccountName": "cards", "Email": "aws+cards@example.com"});
    let made = mesh.create("management", "stack/cards", "AWS::Organizations::Account", wanted).await.unwrap();
    let provider = provider(&mesh.reach, ("cards", &made.identifier)).await;
    let begin = tokio::time::Instant::now();
    provider.verify(&placement("cards")).await.unwrap();
    assert!(begin.elapsed().as_secs() >= 5, "it was not waited for");

    // Closed by an act of its own, after which nobody gets in and its block can go.
    let id = AccountId::new(&made.identifier).unwrap();
    let management = placement("management");
    provider.close_account(&management, &id).await.unwrap();
    provider.close_account(&management, &id).await.unwrap();
    let standing = provider.account_standing(&management, &id).await.unwrap().unwrap();
    assert!(standing.is_closed() && !standing.is_management, "{standing:?}");
    mesh.delete("management", "AWS::Organizations::Account", &made).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_new_is_not_waited_for() {
    let mesh = Mesh::new().await;
    let provider = provider(&mesh.reach, ("missing", "999999999999")).await;
    let begin = tokio::time::Instant::now();
    assert_eq!(provider.verify(&placement("missing")).await.unwrap_err().code, FailureCode::InvalidCredentials);
    assert!(begin.elapsed().as_secs() < 5);
}

/// A domain with a producer's published table and a consumer's project: domain, listing, project.
async fn published(mesh: &Mesh) -> (Json, Json, Json) {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
    }]});
    let make = async |name: &str, type_name: &str, wanted: Json| {
        let made = mesh.create("management", &format!("stack/{name}"), type_name, wanted).await;
        Json::Object(made.unwrap_or_else(|failure| panic!("{name}: {failure}")).properties)
    };
    let role =
        make("role", "AWS::IAM::Role", json!({"AssumeRolePolicyDocument": trust, "RoleName": "execution"})).await;
    let domain = json!({"Name": "bank", "DomainExecutionRole": role["Arn"], "DomainVersion": "V1"});
    let domain = make("domain", "AWS::DataZone::Domain", domain).await["Id"].clone();
    let project = json!({"DomainIdentifier": domain, "Name": "lake"});
    let producer = make("producer", "AWS::DataZone::Project", project).await["Id"].clone();
    let project = json!({"DomainIdentifier": domain, "Name": "marketing"});
    let consumer = make("consumer", "AWS::DataZone::Project", project).await["Id"].clone();
    let blueprint = json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": "DefaultDataLake", "EnabledRegions": ["us-east-1"],
        "RegionalParameters": [{"Region": "us-east-1", "Parameters": {"S3Location": "s3://bucket"}}],
    });
    let blueprint = make("blueprint", "AWS::DataZone::EnvironmentBlueprintConfiguration", blueprint).await;
    let environment = json!({
        "DomainIdentifier": domain, "ProjectIdentifier": producer, "Name": "lake",
        "EnvironmentBlueprintIdentifier": blueprint["EnvironmentBlueprintId"],
        "EnvironmentAccountIdentifier": MANAGEMENT, "EnvironmentAccountRegion": "us-east-1",
    });
    let environment = make("environment", "AWS::DataZone::Environment", environment).await["Id"].clone();
    let source = json!({
        "DomainIdentifier": domain, "ProjectIdentifier": producer, "EnvironmentIdentifier": environment, "Name": "tables",
        "Type": "GLUE", "Configuration": {"GlueRunConfiguration": {"RelationalFilterConfigurations": [{"DatabaseName": "bank"}]}},
    });
    let source = make("source", "AWS::DataZone::DataSource", source).await["Id"].clone();
    let run = json!({"DomainIdentifier": domain, "DataSourceIdentifier": source});
    make("run", "Charter::DataZone::DataSourceRun", run).await;
    let listing = json!({"DomainIdentifier": domain, "ProjectIdentifier": producer, "EntityName": "bank"});
    let listing = make("listing", "Charter::DataZone::Listing", listing).await["ListingId"].clone();
    (domain, listing, consumer)
}

#[tokio::test(start_paused = true)]
async fn a_rejected_subscription_is_a_clear_failure_and_an_approved_one_is_adopted() {
    let mesh = Mesh::new().await;
    let (domain, listing, consumer) = published(&mesh).await;
    let wanted = |by: Option<&str>| {
        let mut wanted = json!({
            "DomainIdentifier": domain, "ListingIdentifier": listing, "ProjectIdentifier": consumer, "RequestReason": "campaigns",
        });
        wanted.as_object_mut().unwrap().extend(by.map(|by| ("ApprovedBy".to_owned(), json!(by))));
        wanted
    };

    // A person rejects what waits.
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let reject = async {
        let open = loop {
            tokio::time::sleep(std::time::Duration::from_secs(5)).await;
            let requests = mesh.datazone().list_subscription_requests().domain_identifier(text(&domain));
            if let Some(open) = requests.send().await.unwrap().items().first().cloned() {
                break open;
            }
        };
        let call = mesh.datazone().reject_subscription_request().domain_identifier(text(&domain));
        call.identifier(open.id()).decision_comment("not for campaigns").send().await.unwrap();
    };
    let (rejected, ()) = tokio::join!(mesh.create("management", "stack/s", SUBSCRIPTION, wanted(None)), reject);
    let message = refusal(rejected, FailureCode::InvalidRequest);
    assert!(message.contains("rejected the subscription: not for campaigns"), "{message}");

    // Who is to approve must be of the environment, and a member of the owning project.
    let stranger = mesh.create("management", "stack/s", SUBSCRIPTION, wanted(Some("999999999999"))).await;
    assert!(refusal(stranger, FailureCode::InvalidRequest).contains("has no account with the id 999999999999"));
    let outsider = mesh.create("management", "stack/s", SUBSCRIPTION, wanted(Some(MEMBER))).await;
    assert!(refusal(outsider, FailureCode::AccessDenied).contains("must be a member of the project"));

    let approved = mesh.create("management", "stack/s", SUBSCRIPTION, wanted(Some(MANAGEMENT))).await.unwrap();
    assert_eq!(approved.properties["Status"], "APPROVED");
    let adopted = mesh.create("management", "stack/s", SUBSCRIPTION, wanted(Some(MANAGEMENT))).await.unwrap();
    assert_eq!(adopted.properties["SubscriptionId"], approved.properties["SubscriptionId"]);
    mesh.delete("management", SUBSCRIPTION, &adopted).await.unwrap();
    assert_eq!(mesh.read("management", SUBSCRIPTION, &adopted).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_a_domain_that_is_shared_no_longer_does_not_count_as_gone() {
    let mesh = Mesh::new().await;
    let (domain, _, _) = published(&mesh).await;
    let text = domain.as_str().unwrap();
    let share = mesh.open_domain(text, "bank").await;
    let blueprint = json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": "DefaultDataLake", "EnabledRegions": ["us-east-1"],
    });
    const BLUEPRINT: &str = "AWS::DataZone::EnvironmentBlueprintConfiguration";
    let blueprint = mesh.create("member", "stack/blueprint", BLUEPRINT, blueprint).await.unwrap();

    // Withdrawn too early: the domain stands, so nothing that is in it is gone.
    mesh.delete("management", SHARE, &share).await.unwrap();
    let message = refusal(mesh.delete("member", BLUEPRINT, &blueprint).await, FailureCode::AccessDenied);
    assert!(
        message.contains(&format!("stands in account {MANAGEMENT}")) && message.contains("Share it again"),
        "{message}"
    );
    let name = TypeName::new(BLUEPRINT).unwrap();
    let read = mesh.driver("member").read(&name, &blueprint.identifier, Some(&blueprint.properties)).await;
    assert_eq!(read.unwrap_err().code, FailureCode::AccessDenied);

    // Shared again, it can be deleted.
    mesh.open_domain(text, "bank again").await;
    mesh.delete("member", BLUEPRINT, &blueprint).await.unwrap();

    // Only when the domain goes, its owner says so, does a refusal mean that something went with it.
    let blueprint = json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": "DefaultDataLake", "EnabledRegions": ["us-east-1"],
    });
    let blueprint = mesh.create("member", "stack/blueprintAgain", BLUEPRINT, blueprint).await.unwrap();
    let gone = mesh.datazone().delete_domain().identifier(text).skip_deletion_check(true).send().await;
    gone.unwrap();
    assert_eq!(mesh.read("member", BLUEPRINT, &blueprint).await, None);
    let message = refusal(mesh.delete("member", BLUEPRINT, &blueprint).await, FailureCode::NotFound);
    assert!(!message.contains("Share it again"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_domain_of_an_account_outside_the_environment_never_counts_as_gone_because_it_is_not_shared() {
    let mesh = Mesh::new().await;
    let (domain, _, _) = published(&mesh).await;
    let text = domain.as_str().unwrap();
    let share = mesh.open_domain(text, "bank").await;

    // An environment that has the member only, in runs that know nothing of each other.
    const BLUEPRINT: &str = "AWS::DataZone::EnvironmentBlueprintConfiguration";
    let (name, token) = (TypeName::new(BLUEPRINT).unwrap(), IdempotencyToken("f".repeat(64).into()));
    let member = AccountName::new("member").unwrap();
    let run = async || provider_of(&[(member.clone(), MEMBER)], Region::new(REGION).unwrap(), &mesh.reach).await;
    let of = |provider| Driver::new(provider, placement("member"), environment());
    let wanted = json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": "DefaultDataLake", "EnabledRegions": ["us-east-1"],
    });
    let provider = run().await;
    let address = "stack/blueprint".parse().unwrap();
    let made = of(&provider).create(&address, &name, &properties(wanted), &token).await.unwrap();
    assert_eq!(made.properties["DomainAccountId"], MANAGEMENT);

    mesh.delete("management", SHARE, &share).await.unwrap();
    let provider = run().await;
    let read = of(&provider).read(&name, &made.identifier, Some(&made.properties)).await.unwrap_err();
    assert_eq!(read.code, FailureCode::AccessDenied);
    assert!(
        read.message.contains(&format!("is of account {MANAGEMENT}, which the environment does not name")),
        "{read}"
    );
    let deleted = of(&provider).delete(&address, &name, &made.identifier, &made.properties, false).await;
    assert!(refusal(deleted, FailureCode::AccessDenied).contains("charter state rm"));
    // Of what was recorded by nobody, nobody knows whom to ask.
    let provider = run().await;
    let read = of(&provider).read(&name, &made.identifier, None).await.unwrap_err();
    assert!(read.message.contains("is of none of the environment's accounts"), "{read}");

    // It is gone when the owner, once it is asked, has it no longer.
    let gone = mesh.datazone().delete_domain().identifier(text).skip_deletion_check(true).send().await;
    gone.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(24 * 60 * 60)).await;
    assert_eq!(mesh.read("member", BLUEPRINT, &made).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_newer_version_of_a_permission_shows_as_drift_and_is_attached() {
    let mesh = Mesh::new().await;
    let template = r#"{"Effect": "ALLOW", "Action": ["ec2:RunInstances"]}"#;
    let call = mesh.ram().create_permission().name("run").resource_type("ec2:Subnet").policy_template(template);
    let permission = call.send().await.unwrap().permission.unwrap().arn.unwrap();
    let subnet = format!("arn:aws:ec2:us-east-1:{MANAGEMENT}:subnet/subnet-1");
    let wanted = json!({"Name": "network", "ResourceArns": [subnet], "PermissionArns": [permission]});
    let made = mesh.create("management", "stack/share", SHARE, wanted.clone()).await.unwrap();
    assert_eq!(made.properties["PermissionArns"], json!([permission]));

    let call = mesh.ram().create_permission_version().permission_arn(&permission).policy_template(template);
    assert_eq!(call.send().await.unwrap().permission.unwrap().version.unwrap(), "2");
    let outdated = mesh.read("management", SHARE, &made).await.unwrap();
    assert_eq!(outdated.get("PermissionArns"), None, "{outdated}");
    let driver = mesh.driver("management");
    let (address, name) = ("stack/share".parse().unwrap(), TypeName::new(SHARE).unwrap());
    let observed = outdated.as_object().unwrap();
    let updated = driver.update(&address, &name, &made.identifier, observed, &properties(wanted)).await.unwrap();
    assert_eq!(updated.properties["PermissionArns"], json!([permission]));
    let told = mesh.ram().list_resource_share_permissions().resource_share_arn(&made.identifier).send().await.unwrap();
    assert_eq!(told.permissions()[0].version(), Some("2"));
}
