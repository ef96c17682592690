//! Kinds that govern: units and policies of AWS Organizations, and Amazon DataZone domains with what is in one, their shares, and what is
//! published in them. They cannot stand alone: each is in a home (a domain, the unit above) that another block may be, and has companions
//! beside it, which only it uses.

use super::model::{Kind, Make, tags};
use serde_json::{Value as Json, json};

/// What a resource is made from.
#[derive(Debug)]
pub struct Around<'a> {
    /// What its properties come from.
    pub seed: u64,
    /// What it refers to, wherever it has room for a text.
    pub reference: Option<&'a str>,
    /// A text that no other resource of the project has, of the keys of a `forEach` one too.
    pub name: &'a str,
    /// The block that it is in, if there is one.
    pub home: Option<&'a Home>,
    /// The account of those of its companions, and of itself, that are in another one than the rest.
    pub other_account: &'a str,
    /// Stands before the name of a companion where it is referred to, and what stands behind it.
    pub beside: (&'a str, &'a str),
}

/// What a block that others are in is referred to by.
#[derive(Debug, Clone)]
pub struct Home {
    /// Its id.
    pub id: String,
    /// Its [`Kind::top`], if it has one: of a domain, the id of the unit at its top.
    pub top: Option<String>,
}

impl Around<'_> {
    /// An attribute of a companion.
    fn of(&self, companion: &str, attribute: &str) -> String {
        let (before, behind) = self.beside;
        format!("${{{before}{companion}{behind}.{attribute}}}")
    }

    /// The domain that it is in: another block, or its own.
    fn domain(&self) -> String {
        self.home.map_or_else(|| self.of("domain", "Id"), |home| home.id.clone())
    }

    fn root_unit(&self) -> String {
        let home = self.home.and_then(|home| home.top.clone());
        home.unwrap_or_else(|| self.of("domain", "RootDomainUnitId"))
    }

    /// Where a type has no tags.
    fn description(&self) -> String {
        format!("version {}{}", self.seed % 5, self.reference.map(|text| format!(" of {text}")).unwrap_or_default())
    }
}

/// What stands beside a block, for it alone.
#[derive(Debug)]
pub struct Companion {
    /// Ends its name.
    pub name: &'static str,
    /// Its type.
    pub type_name: &'static str,
    /// Whether it is in another account than its block: see [`super::model::Project::other_account`].
    pub across: bool,
    /// Its properties.
    pub make: fn(&Around<'_>) -> Json,
}

const fn companion(name: &'static str, type_name: &'static str, make: fn(&Around<'_>) -> Json) -> Companion {
    Companion { name, type_name, across: false, make }
}

/// In another account than its block.
const fn across(name: &'static str, type_name: &'static str, make: fn(&Around<'_>) -> Json) -> Companion {
    Companion { across: true, ..companion(name, type_name, make) }
}

/// The type of domains: what is in one is where it is.
pub const DOMAIN: &str = "AWS::DataZone::Domain";
const ENVIRONMENT: &str = "AWS::DataZone::Environment";
const UNIT: &str = "AWS::Organizations::OrganizationalUnit";

const ROLE: Companion = companion("role", "AWS::IAM::Role", role);
const PROJECT: Companion = companion(
    "project",
    "AWS::DataZone::Project",
    |around| json!({"DomainIdentifier": around.domain(), "Description": "a companion"}),
);
const USER: Companion = companion("user", "AWS::DataZone::UserProfile", user);

const EXECUTION: Companion = companion("execution", "AWS::IAM::Role", role);
const OF_EXECUTION: Companion =
    companion("domain", DOMAIN, |around| json!({"DomainExecutionRole": around.of("execution", "Arn")}));
const BLUEPRINT: Companion = companion("blueprint", "AWS::DataZone::EnvironmentBlueprintConfiguration", |around| {
    json!({
        "DomainIdentifier": around.domain(), "EnvironmentBlueprintIdentifier": "DefaultDataLake",
        "EnabledRegions": ["${region}"], "ProvisioningRoleArn": around.of("execution", "Arn"),
        "RegionalParameters": [{"Region": "${region}", "Parameters": {"S3Location": "s3://lake"}}],
    })
});
const PROFILE: Companion =
    companion("profile", "AWS::DataZone::EnvironmentProfile", |around| profile(around, "project"));

/// Beside what is in a domain, where no block is one.
pub const OWN_DOMAIN: &[Companion] = &[EXECUTION, OF_EXECUTION];

/// Every environment of a blueprint needs all of it, and a domain has but one configuration of a blueprint.
const OF_AN_ENVIRONMENT: &[Companion] = &[EXECUTION, OF_EXECUTION, PROJECT, BLUEPRINT, PROFILE];

const LAKE: Companion = companion("lake", ENVIRONMENT, environment);
const OF_A_CONNECTION: &[Companion] = &[EXECUTION, OF_EXECUTION, PROJECT, BLUEPRINT, PROFILE, LAKE];

const SOURCE: Companion = companion("source", "AWS::DataZone::DataSource", source);
const OF_A_RUN: &[Companion] = &[EXECUTION, OF_EXECUTION, PROJECT, BLUEPRINT, PROFILE, LAKE, SOURCE];

const RUN_TYPE: &str = "Charter::DataZone::DataSourceRun";
const LISTING: &str = "Charter::DataZone::Listing";
const RUN: Companion = companion(
    "run",
    RUN_TYPE,
    |around| json!({"DomainIdentifier": around.domain(), "DataSourceIdentifier": around.of("source", "Id")}),
);
const OF_A_LISTING: &[Companion] = &[EXECUTION, OF_EXECUTION, PROJECT, BLUEPRINT, PROFILE, LAKE, SOURCE, RUN];

const OF_A_SUBSCRIPTION: &[Companion] = &[
    EXECUTION,
    OF_EXECUTION,
    PROJECT,
    BLUEPRINT,
    PROFILE,
    LAKE,
    SOURCE,
    RUN,
    companion(ORDERS, LISTING, |around| publish(around, ORDERS)),
    companion(CUSTOMERS, LISTING, |around| publish(around, CUSTOMERS)),
    companion(
        "consumer",
        "AWS::DataZone::Project",
        |around| json!({"DomainIdentifier": around.domain(), "Description": "subscribes"}),
    ),
    companion("reading", "AWS::DataZone::EnvironmentProfile", |around| profile(around, "consumer")),
    companion("house", ENVIRONMENT, |around| {
        json!({
            "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of("consumer", "Id"),
            "EnvironmentProfileIdentifier": around.of("reading", "Id"),
        })
    }),
    companion("target", "AWS::DataZone::SubscriptionTarget", target),
];

const SHARE_TYPE: &str = "AWS::RAM::ResourceShare";
const ACCEPTANCE: &str = "Charter::RAM::ShareAcceptance";
const OF_AN_ACCEPTANCE: &[Companion] = &[
    companion("share", SHARE_TYPE, |around| offer_or_not(around, "share")),
    companion("instead", SHARE_TYPE, |around| offer_or_not(around, "instead")),
];
const OF_A_MEMBER: &[Companion] = &[
    EXECUTION,
    OF_EXECUTION,
    companion("share", SHARE_TYPE, offer),
    across("acceptance", ACCEPTANCE, |around| json!({"ResourceShareArn": around.of("share", "Arn")})),
    across("provisioning", "AWS::IAM::Role", role),
];

const STUDIO: &[Companion] = &[
    EXECUTION,
    companion("domain", DOMAIN, |around| {
        let role = around.of("execution", "Arn");
        json!({"DomainVersion": "V2", "DomainExecutionRole": role, "ServiceRole": role})
    }),
];

/// The kinds. Not among them: an account, which no plan closes, and the organization, of which there is one.
pub const KINDS: &[Kind] = &[
    // One that is kept would hold the unit above it.
    Kind { managed: true, home: Some(UNIT), can_stay: false, ..of(UNIT, "Id", unit) },
    Kind {
        managed: true,
        companions: &[companion(
            "unit",
            UNIT,
            |around| json!({"Name": format!("{}-companion", around.name), "ParentId": "${environment.root}"}),
        )],
        ..of("AWS::Organizations::Policy", "Id", policy)
    },
    Kind { companions: &[ROLE], top: Some("RootDomainUnitId"), ..of(DOMAIN, "Id", domain) },
    in_domain("AWS::DataZone::Project", "Id", &[], project),
    in_domain("AWS::DataZone::DomainUnit", "Id", &[], domain_unit),
    in_domain("AWS::DataZone::UserProfile", "Id", &[ROLE], user),
    in_domain("AWS::DataZone::GroupProfile", "Id", &[ROLE], group),
    in_domain("AWS::DataZone::ProjectMembership", "MemberIdentifier", &[ROLE, PROJECT], membership),
    in_domain("AWS::DataZone::Owner", "OwnerIdentifier", &[ROLE, USER, OWNED], owner),
    in_domain("AWS::DataZone::PolicyGrant", "GrantId", &[ROLE, USER], grant),
    in_domain("AWS::DataZone::FormType", "FormTypeIdentifier", &[PROJECT], form_type),
    Kind { companions: STUDIO, ..of("AWS::DataZone::ProjectProfile", "Id", project_profile) },
    // One that is kept would hold its profile.
    Kind { companions: OF_AN_ENVIRONMENT, can_stay: false, ..of(ENVIRONMENT, "Id", environment) },
    Kind {
        companions: OF_A_CONNECTION,
        can_stay: false,
        ..of("AWS::DataZone::Connection", "ConnectionId", connection)
    },
    Kind { can_stay: false, ..in_domain(SHARE_TYPE, "Arn", &[], share) },
    Kind { across: true, can_stay: false, ..in_domain(ACCEPTANCE, "OwningAccountId", OF_AN_ACCEPTANCE, acceptance) },
    Kind {
        across: true,
        companions: OF_A_MEMBER,
        can_stay: false,
        ..of("AWS::DataZone::EnvironmentBlueprintConfiguration", "EnvironmentBlueprintId", blueprint_of_a_member)
    },
    Kind { companions: OF_A_RUN, can_stay: false, ..of(RUN_TYPE, "RunId", run) },
    Kind { companions: OF_A_LISTING, can_stay: false, ..of(LISTING, "ListingId", listing) },
    Kind {
        companions: OF_A_SUBSCRIPTION,
        can_stay: false,
        ..of("Charter::DataZone::Subscription", "SubscriptionId", subscription)
    },
];

/// What a data source brings in: one is published or the other.
const ORDERS: &str = "orders";
const CUSTOMERS: &str = "customers";

const OWNED: Companion = companion("owned", "AWS::DataZone::DomainUnit", domain_unit);

const fn of(type_name: &'static str, attribute: &'static str, make: fn(&Around<'_>) -> Json) -> Kind {
    Kind::new(type_name, attribute, Make::Around(make))
}

const fn in_domain(
    type_name: &'static str,
    attribute: &'static str,
    companions: &'static [Companion],
    make: fn(&Around<'_>) -> Json,
) -> Kind {
    Kind { home: Some(DOMAIN), companions, ..of(type_name, attribute, make) }
}

/// The same with more members, or others.
fn with(mut made: Json, more: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
    if let Some(made) = made.as_object_mut() {
        made.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    made
}

/// DataZone tags its sessions: <https://docs.aws.amazon.com/datazone/latest/userguide/AmazonDataZoneDomainExecutionRole.html>
fn role(_around: &Around<'_>) -> Json {
    let statement = json!({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Principal": {"Service": "datazone.amazonaws.com"}});
    json!({"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
}

fn unit(around: &Around<'_>) -> Json {
    // What it is in is create-only.
    let home = around.home.filter(|_| around.seed % 2 == 1).map(|home| home.id.clone());
    json!({
        "Name": format!("{}-{}", around.name, around.seed % 5),
        "ParentId": home.unwrap_or_else(|| "${environment.root}".to_owned()),
        "Tags": tags(around.reference),
    })
}

fn policy(around: &Around<'_>) -> Json {
    let seed = around.seed;
    // The type is create-only; only policies of the one type that is turned on can be attached.
    let (kind, content) = if seed % 4 == 3 {
        ("TAG_POLICY", json!({"tags": {"team": {"tag_key": {"@@assign": format!("Team{}", seed % 3)}}}}))
    } else {
        let statement = json!({"Effect": "Deny", "Action": format!("account:*{}", seed % 3), "Resource": "*"});
        ("SERVICE_CONTROL_POLICY", json!({"Version": "2012-10-17", "Statement": [statement]}))
    };
    let targets = if seed.is_multiple_of(4) { json!([around.of("unit", "Id")]) } else { json!([]) };
    json!({"Type": kind, "Content": content, "TargetIds": targets, "Tags": tags(around.reference)})
}

fn domain(around: &Around<'_>) -> Json {
    let role = around.of("role", "Arn");
    let is_studio = around.seed % 4 == 3;
    let made = json!({
        "Description": format!("domain {}", around.seed % 5),
        "DomainExecutionRole": role,
        // Create-only.
        "DomainVersion": if is_studio { "V2" } else { "V1" },
        "Tags": tags(around.reference),
    });
    with(made, is_studio.then(|| ("ServiceRole", role.into())))
}

fn project(around: &Around<'_>) -> Json {
    let tags = around.seed.is_multiple_of(3).then(|| json!([{"Key": "team", "Value": format!("{}", around.seed % 4)}]));
    let made = json!({"DomainIdentifier": around.domain(), "Description": around.description()});
    with(made, tags.map(|tags| ("ResourceTags", tags)))
}

fn domain_unit(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "ParentDomainUnitIdentifier": around.root_unit(),
        "Description": around.description(),
    })
}

fn user(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "UserIdentifier": around.of("role", "Arn"), "UserType": "IAM_ROLE",
        "Status": "ACTIVATED",
    })
}

fn group(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "RolePrincipalArn": around.of("role", "Arn"),
        "Status": if around.seed.is_multiple_of(2) { "ASSIGNED" } else { "NOT_ASSIGNED" },
    })
}

fn membership(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of("project", "Id"),
        "Member": {"UserIdentifier": around.of("role", "Arn")},
        "Designation": if around.seed.is_multiple_of(2) { "PROJECT_CONTRIBUTOR" } else { "PROJECT_OWNER" },
    })
}

fn owner(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "EntityType": "DOMAIN_UNIT", "EntityIdentifier": around.of("owned", "Id"),
        "Owner": {"User": {"UserIdentifier": around.of("user", "Id")}},
    })
}

fn grant(around: &Around<'_>) -> Json {
    // All of it is create-only. The detail is the same: nobody has two grants of one policy.
    let (policy, detail) = match around.seed % 3 {
        0 => ("CREATE_PROJECT", "CreateProject"),
        1 => ("CREATE_GLOSSARY", "CreateGlossary"),
        _ => ("CREATE_DOMAIN_UNIT", "CreateDomainUnit"),
    };
    json!({
        "DomainIdentifier": around.domain(), "EntityType": "DOMAIN_UNIT", "EntityIdentifier": around.root_unit(),
        "PolicyType": policy, "Principal": {"User": {"UserIdentifier": around.of("user", "Id")}},
        "Detail": {detail: {"IncludeChildDomainUnits": true}},
    })
}

fn form_type(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "OwningProjectIdentifier": around.of("project", "Id"),
        "Status": "ENABLED", "Description": around.description(),
        "Model": {"Smithy": format!("structure Form {{ version{}: String }}", around.seed % 4)},
    })
}

fn project_profile(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "Description": around.description(),
        "Status": if around.seed.is_multiple_of(2) { "ENABLED" } else { "DISABLED" },
    })
}

/// Without a name: a deleted one keeps its own, so that Charter has to give another one with each replacement.
fn environment(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of("project", "Id"),
        "EnvironmentProfileIdentifier": around.of("profile", "Id"), "Description": around.description(),
        // Create-only.
        "UserParameters": [{"Name": "producerGlueDbName", "Value": format!("database{}", around.seed % 3)}],
    })
}

fn connection(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "EnvironmentIdentifier": around.of("lake", "Id"),
        "Description": around.description(),
        "Props": {"AthenaProperties": {"WorkgroupName": format!("group{}", around.seed % 3)}},
    })
}

/// Of the domain, with somebody outside: it is offered, and nobody takes it.
fn share(around: &Around<'_>) -> Json {
    json!({
        "AllowExternalPrincipals": true,
        "Principals": [format!("99999999999{}", around.seed % 3)],
        "ResourceArns": [domain_arn(around)],
        "Tags": tags(around.reference),
    })
}

/// The domain's ARN.
fn domain_arn(around: &Around<'_>) -> String {
    format!("arn:aws:datazone:${{region}}:${{account.id}}:domain/{}", around.domain())
}

/// Of the domain, with the other account.
fn offer(around: &Around<'_>) -> Json {
    json!({
        "AllowExternalPrincipals": true,
        "Principals": [format!("${{environment.accounts.{}.id}}", around.other_account)],
        "ResourceArns": [domain_arn(around)],
    })
}

fn accepted(around: &Around<'_>) -> &'static str {
    if around.seed % 2 == 1 { "share" } else { "instead" }
}

/// Who leaves a share is in it no longer: only one that is accepted is offered.
fn offer_or_not(around: &Around<'_>, share: &str) -> Json {
    with(offer(around), (share != accepted(around)).then(|| ("Principals", json!([]))))
}

fn acceptance(around: &Around<'_>) -> Json {
    // Create-only.
    json!({"ResourceShareArn": around.of(accepted(around), "Arn")})
}

/// In an account that the domain is shared with; the place in it tells that it comes after the acceptance.
fn blueprint_of_a_member(around: &Around<'_>) -> Json {
    let place = format!("s3://lake-of-{}/{}", around.of("acceptance", "OwningAccountId"), around.seed % 4);
    json!({
        "DomainIdentifier": around.domain(), "EnvironmentBlueprintIdentifier": "DefaultDataLake",
        "EnabledRegions": ["${region}"], "ProvisioningRoleArn": around.of("provisioning", "Arn"),
        "RegionalParameters": [{"Region": "${region}", "Parameters": {"S3Location": place}}],
    })
}

fn profile(around: &Around<'_>, project: &str) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of(project, "Id"),
        "EnvironmentBlueprintIdentifier": around.of("blueprint", "EnvironmentBlueprintId"),
        "AwsAccountId": "${account.id}", "AwsAccountRegion": "${region}",
    })
}

fn source(around: &Around<'_>) -> Json {
    let included = [ORDERS, CUSTOMERS].map(|table| json!({"Type": "INCLUDE", "Expression": table}));
    json!({
        "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of("project", "Id"),
        "EnvironmentIdentifier": around.of("lake", "Id"), "Type": "GLUE", "EnableSetting": "ENABLED",
        "Description": around.description(),
        "Configuration": {"GlueRunConfiguration": {"RelationalFilterConfigurations": [
            {"DatabaseName": "shop", "FilterExpressions": included},
        ]}},
    })
}

fn run(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "DataSourceIdentifier": around.of("source", "Id"),
        // Create-only.
        "Trigger": around.description(),
    })
}

fn publish(around: &Around<'_>, table: &str) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of("project", "Id"), "EntityName": table,
        "Trigger": around.of("run", "RunId"),
    })
}

fn table(around: &Around<'_>) -> &'static str {
    if around.seed % 4 == 3 { CUSTOMERS } else { ORDERS }
}

fn listing(around: &Around<'_>) -> Json {
    let trigger = json!({"run": around.of("run", "RunId"), "version": around.description()});
    // What is published is create-only.
    with(publish(around, table(around)), [("Trigger", trigger)])
}

fn target(around: &Around<'_>) -> Json {
    json!({
        "DomainIdentifier": around.domain(), "EnvironmentIdentifier": around.of("house", "Id"),
        "Type": "GlueSubscriptionTargetType", "Provider": "Amazon DataZone",
        "ApplicableAssetTypes": ["GlueTableAssetType"], "AuthorizedPrincipals": [around.of("execution", "Arn")],
        "ManageAccessRole": around.of("execution", "Arn"),
        "SubscriptionTargetConfig": [{
            "FormName": "GlueSubscriptionTargetConfigForm", "Content": json!({"databaseName": "lake"}).to_string(),
        }],
    })
}

fn subscription(around: &Around<'_>) -> Json {
    // Which listing is create-only; whether access is granted is not.
    let made = json!({
        "DomainIdentifier": around.domain(), "ProjectIdentifier": around.of("consumer", "Id"),
        "ListingIdentifier": around.of(table(around), "ListingId"),
        "RequestReason": around.description(), "ApprovedBy": "${account.id}",
    });
    let granted = around.seed.is_multiple_of(2).then(|| {
        [
            ("EnvironmentIdentifier", around.of("house", "Id").into()),
            ("SubscriptionTargetIdentifier", around.of("target", "Id").into()),
        ]
    });
    with(made, granted.into_iter().flatten())
}
