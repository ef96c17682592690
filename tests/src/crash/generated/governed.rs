//! Stacks of what governs many accounts: an organization with units, guard rails and an account that moves between the units (in the
//! management account), and Amazon DataZone domains with what is in one (in the hub): one of DataZone itself, which can be replaced
//! with all that is in it, and one of SageMaker Unified Studio, whose projects are made by profiles. And stacks of a data mesh
//! ([`MESH`]).
//!
//! What the services rule is ruled here as well: one profile for a role, one ownership and one grant for a user, few guard rails on
//! a unit; who is a member or an owner is not out of use; and an environment is named by Charter, since its name is never free again.

use super::{ANY_ORDER, Family, NOT_FIRST, Order, Row};

/// The organization that there is has the id that the simulator draws from this seed.
pub(crate) const CLOUD: u64 = 0;

/// Roles, what is in an organization, what is in a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Role,
    Key,
    Organization,
    Unit,
    GuardRail,
    Account,
    Domain,
    DomainUnit,
    Project,
    User,
    Group,
    UserMembership,
    GroupMembership,
    Owner,
    Grant,
    FormType,
    Blueprint,
    EnvironmentProfile,
    Environment,
    Action,
    Target,
    DataSource,
    Studio,
    ProjectProfile,
    StudioProject,
    Run,
    Listing,
    Consumer,
    ConsumerProfile,
    ConsumerEnvironment,
    ConsumerTarget,
    Subscription,
    Share,
    Acceptance,
    MemberRole,
    MemberBlueprint,
}

/// Those of which a data mesh is made: what one project publishes and another subscribes to, in a domain that is shared. What is
/// not among them comes with what needs it: one project of either side, so that no two subscribe to the same for the same.
pub(crate) const MESH: &[Kind] = &[
    Kind::Role,
    Kind::Domain,
    Kind::DataSource,
    Kind::Run,
    Kind::Listing,
    Kind::Listing,
    Kind::Subscription,
    Kind::Subscription,
    Kind::Share,
    Kind::Acceptance,
    Kind::MemberBlueprint,
];

const ENVIRONMENT: &str = r#"environment: local
target: simulator
region: us-east-2
accounts:
  management: {id: "111111111111"}
  hub: {id: "222222222222", role: OrganizationAccountAccessRole}
tags: {owner: platform}
ephemeral: true
"#;

/// Two fewer than Organizations allows (five, the one of AWS included): as many as one version can drop while others come.
const MOST_ON_UNIT: usize = 2;

impl Family for Kind {
    /// What is not among them comes with what needs it.
    const ALL: &[Self] = &[
        Self::Role,
        Self::Unit,
        Self::GuardRail,
        Self::Account,
        Self::Domain,
        Self::DomainUnit,
        Self::Project,
        Self::User,
        Self::Group,
        Self::UserMembership,
        Self::GroupMembership,
        Self::Owner,
        Self::Grant,
        Self::FormType,
        Self::EnvironmentProfile,
        Self::Environment,
        Self::Action,
        Self::Target,
        Self::DataSource,
        Self::ProjectProfile,
        Self::StudioProject,
    ];
    const ENVIRONMENT: &'static str = ENVIRONMENT;
    const STACK: &'static str = "stack: governance\naccount: hub\nresources:\n";

    fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Key => "key",
            Self::Organization => "organization",
            Self::Unit => "unit",
            Self::GuardRail => "guardRail",
            Self::Account => "hub",
            Self::Domain => "domain",
            Self::DomainUnit => "domainUnit",
            Self::Project => "project",
            Self::User => "user",
            Self::Group => "group",
            Self::UserMembership => "member",
            Self::GroupMembership => "members",
            Self::Owner => "owner",
            Self::Grant => "grant",
            Self::FormType => "form",
            Self::Blueprint => "blueprint",
            Self::EnvironmentProfile => "profile",
            Self::Environment => "environment",
            Self::Action => "action",
            Self::Target => "target",
            Self::DataSource => "source",
            Self::Studio => "studio",
            Self::ProjectProfile => "projectProfile",
            Self::StudioProject => "studioProject",
            Self::Run => "run",
            Self::Listing => "listing",
            Self::Consumer => "consumer",
            Self::ConsumerProfile => "consumerProfile",
            Self::ConsumerEnvironment => "consumerEnvironment",
            Self::ConsumerTarget => "consumerTarget",
            Self::Subscription => "subscription",
            Self::Share => "share",
            Self::Acceptance => "acceptance",
            Self::MemberRole => "memberRole",
            Self::MemberBlueprint => "memberBlueprint",
        }
    }

    fn needs(self) -> &'static [Self] {
        match self {
            Self::Role | Self::Key | Self::Organization | Self::GuardRail | Self::MemberRole => &[],
            Self::Unit => &[Self::Organization],
            Self::Account => &[Self::Unit],
            Self::Domain => &[Self::Role, Self::Key],
            Self::Studio => &[Self::Role],
            Self::DomainUnit | Self::Project | Self::Consumer | Self::Share => &[Self::Domain],
            Self::User | Self::Group | Self::Blueprint => &[Self::Domain, Self::Role],
            Self::UserMembership => &[Self::Domain, Self::Project, Self::User],
            Self::GroupMembership => &[Self::Domain, Self::Project, Self::Group],
            Self::Owner | Self::Grant => &[Self::Domain, Self::DomainUnit, Self::User],
            Self::FormType => &[Self::Domain, Self::Project],
            Self::EnvironmentProfile => &[Self::Domain, Self::Project, Self::Blueprint],
            Self::Environment => &[Self::Domain, Self::EnvironmentProfile],
            Self::Action | Self::DataSource => &[Self::Domain, Self::Environment],
            Self::Target => &[Self::Domain, Self::Environment, Self::Role],
            Self::ProjectProfile => &[Self::Studio],
            Self::StudioProject => &[Self::Studio, Self::ProjectProfile],
            Self::Run => &[Self::Domain, Self::DataSource],
            Self::Listing => &[Self::Domain, Self::Project, Self::Run],
            Self::ConsumerProfile => &[Self::Domain, Self::Consumer, Self::Blueprint],
            Self::ConsumerEnvironment => &[Self::Domain, Self::ConsumerProfile],
            Self::ConsumerTarget => &[Self::Domain, Self::ConsumerEnvironment, Self::Role],
            Self::Subscription => &[Self::Domain, Self::Listing, Self::ConsumerTarget],
            Self::Acceptance => &[Self::Share],
            Self::MemberBlueprint => &[Self::Domain, Self::Acceptance, Self::MemberRole],
        }
    }

    fn may_name(self, other: Self) -> bool {
        match self {
            Self::Unit | Self::GuardRail | Self::Account => other == Self::Unit,
            Self::DomainUnit | Self::Project => other == Self::DomainUnit,
            _ => false,
        }
    }

    fn orders(self) -> &'static [Order] {
        match self {
            // Projects move out of a domain unit when there is another one.
            Self::DomainUnit => NOT_FIRST,
            // A user has no two grants of one policy, whatever their details.
            Self::Grant => &[Some("delete-first")],
            // The share gives the new domain and no longer the old one when the new blueprint comes.
            Self::MemberBlueprint => &[Some("delete-first")],
            _ => ANY_ORDER,
        }
    }

    fn is_single(self) -> bool {
        matches!(self, Self::Account | Self::Domain | Self::MemberBlueprint)
    }

    fn is_single_for_its_references(self) -> bool {
        matches!(
            self,
            Self::User
                | Self::Group
                | Self::UserMembership
                | Self::GroupMembership
                | Self::Owner
                | Self::Grant
                | Self::Subscription
                | Self::Acceptance
        )
    }

    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Unit | Self::GuardRail | Self::Acceptance | Self::MemberRole | Self::MemberBlueprint => {
                &["account: management"]
            }
            Self::Organization => &["account: management", "import: o-mkz59b5vps", "retain: true"],
            Self::Account => &[
                "account: management",
                r#"import: "222222222222""#,
                "retain: true",
                "ignoreChanges: [/AccountName, /Email]",
            ],
            _ => &[],
        }
    }

    fn entry(row: &Row<Self>, rows: &[Row<Self>]) -> (&'static str, String) {
        match row.kind {
            Kind::Role | Kind::MemberRole | Kind::Key => of_the_account(row),
            Kind::Share | Kind::Acceptance => association(row, rows),
            Kind::Organization | Kind::Unit | Kind::GuardRail | Kind::Account => of_the_organization(row, rows),
            Kind::Domain | Kind::Studio => domain(row),
            _ => in_domain(row, rows),
        }
    }
}

/// The same on the side of those who subscribe.
fn of_a_consumer(kind: Kind) -> Option<Kind> {
    match kind {
        Kind::Project => Some(Kind::Consumer),
        Kind::EnvironmentProfile => Some(Kind::ConsumerProfile),
        Kind::Environment => Some(Kind::ConsumerEnvironment),
        _ => None,
    }
}

/// The name of what is referred to of a kind: one that is needed is there.
fn one(row: &Row<Kind>, kind: Kind) -> &str {
    let of_a_consumer = of_a_consumer(kind).into_iter().flat_map(|kind| row.named(kind));
    row.named(kind).chain(of_a_consumer).next().unwrap_or_default()
}

/// A domain's share, with the management account as long as that takes it: an account that leaves a share is in it no longer.
fn association(row: &Row<Kind>, rows: &[Row<Kind>]) -> (&'static str, String) {
    if row.kind == Kind::Acceptance {
        let share = one(row, Kind::Share);
        return ("Charter::RAM::ShareAcceptance", format!(r#"{{ResourceShareArn: "${{{share}.Arn}}"}}"#));
    }
    let (name, variant, domain) = (&row.name, row.variant, one(row, Kind::Domain));
    let is_taken = rows.iter().any(|other| other.kind == Kind::Acceptance && other.refers_to(name));
    let with = if is_taken { r#""${environment.accounts.management.id}""# } else { "" };
    (
        "AWS::RAM::ResourceShare",
        format!(
            r#"{{Name: "{name}Version{variant}", AllowExternalPrincipals: true, Principals: [{with}], ResourceArns: ["${{{domain}.Arn}}"]}}"#
        ),
    )
}

/// What is published, and so brought in, by the runs of a data source.
fn published_from(source: &str, rows: &[Row<Kind>]) -> Vec<String> {
    let runs = rows.iter().filter(|row| row.kind == Kind::Run && row.refers_to(source));
    let of_run = |run: &Row<Kind>| {
        let listings = rows.iter().filter(|row| row.kind == Kind::Listing && row.refers_to(&run.name));
        listings.map(table).collect::<Vec<_>>()
    };
    runs.flat_map(of_run).collect()
}

/// The table that a listing is about.
fn table(listing: &Row<Kind>) -> String {
    format!("{}Fixed{}", listing.name, listing.fixed)
}

fn of_the_account(row: &Row<Kind>) -> (&'static str, String) {
    let (variant, fixed) = (row.variant, row.fixed);
    if row.kind == Kind::Key {
        let statement =
            r#"{Effect: Allow, Principal: {AWS: "arn:aws:iam::${account.id}:root"}, Action: "kms:*", Resource: "*"}"#;
        let policy = format!(r#"{{Version: "2012-10-17", Statement: [{statement}]}}"#);
        return ("AWS::KMS::Key", format!(r#"{{Description: "Version {variant}", KeyPolicy: {policy}}}"#));
    }
    // DataZone takes roles of no other paths.
    let path = if fixed % 2 == 1 { "/service-role/" } else { "/" };
    let statement = r#"{Effect: Allow, Principal: {Service: datazone.amazonaws.com}, Action: ["sts:AssumeRole", "sts:TagSession"]}"#;
    (
        "AWS::IAM::Role",
        format!(
            r#"{{Description: "Version {variant} of a role", Path: "{path}", AssumeRolePolicyDocument: {{Version: "2012-10-17", Statement: [{statement}]}}}}"#
        ),
    )
}

fn of_the_organization(row: &Row<Kind>, rows: &[Row<Kind>]) -> (&'static str, String) {
    let (variant, fixed, name) = (row.variant, row.fixed, &row.name);
    let units: Vec<&str> = row.named(Kind::Unit).collect();
    match row.kind {
        Kind::Unit => {
            // What it is in cannot be changed.
            let parent = match units.first().filter(|_| fixed % 2 == 1) {
                Some(unit) => format!("{unit}.Id"),
                None => format!("{}.RootId", one(row, Kind::Organization)),
            };
            (
                "AWS::Organizations::OrganizationalUnit",
                format!(r#"{{Name: "{name}Version{variant}", ParentId: "${{{parent}}}"}}"#),
            )
        }
        Kind::GuardRail => {
            let before: Vec<_> = rows.iter().take_while(|other| other.name != *name).collect();
            let held = |unit: &str| {
                before.iter().filter(|other| other.kind == Kind::GuardRail && other.refers_to(unit)).count()
            };
            let on: Vec<String> = units
                .iter()
                .filter(|unit| held(unit) < MOST_ON_UNIT)
                .map(|unit| format!(r#""${{{unit}.Id}}""#))
                .collect();
            // Only policies of one type can be attached: the others are not turned on.
            let (kind, content) = if fixed % 2 == 1 && on.is_empty() {
                ("TAG_POLICY", format!(r#"{{tags: {{team: {{tag_key: {{"@@assign": "Team{variant}"}}}}}}}}"#))
            } else {
                let statement =
                    format!(r#"{{Sid: "Version{variant}", Effect: Deny, Action: "account:*", Resource: "*"}}"#);
                ("SERVICE_CONTROL_POLICY", format!(r#"{{Version: "2012-10-17", Statement: [{statement}]}}"#))
            };
            (
                "AWS::Organizations::Policy",
                format!(
                    r#"{{Name: "{name}Version{variant}", Type: {kind}, TargetIds: [{}], Content: {content}}}"#,
                    on.join(", ")
                ),
            )
        }
        Kind::Account => {
            let unit = units.get(variant % units.len().max(1)).copied().unwrap_or_default();
            (
                "AWS::Organizations::Account",
                format!(
                    r#"{{AccountName: hub, Email: "aws+hub@example.com", ParentIds: ["${{{unit}.Id}}"], Tags: [{{Key: version, Value: "{fixed}"}}]}}"#
                ),
            )
        }
        _ => ("AWS::Organizations::Organization", "{FeatureSet: ALL}".to_owned()),
    }
}

fn domain(row: &Row<Kind>) -> (&'static str, String) {
    let (variant, fixed, name) = (row.variant, row.fixed, &row.name);
    let role = one(row, Kind::Role);
    let more = match row.kind {
        Kind::Studio => format!(r#"DomainVersion: V2, ServiceRole: "${{{role}.Arn}}""#),
        // Which key it has cannot be changed.
        _ if fixed % 2 == 1 => format!(r#"KmsKeyIdentifier: "${{{}.Arn}}""#, one(row, Kind::Key)),
        _ => "DomainVersion: V1".to_owned(),
    };
    (
        "AWS::DataZone::Domain",
        format!(
            r#"{{Name: "{name}Fixed{fixed}", Description: "Version {variant}", DomainExecutionRole: "${{{role}.Arn}}", {more}}}"#
        ),
    )
}

fn in_domain(row: &Row<Kind>, rows: &[Row<Kind>]) -> (&'static str, String) {
    let (variant, fixed, name) = (row.variant, row.fixed, &row.name);
    let is_used = rows.iter().any(|other| other.refers_to(name));
    let status = |[used, unused]: [&'static str; 2]| if is_used || variant % 2 == 0 { used } else { unused };
    let to = |kind: Kind, attribute: &str| format!(r#""${{{}.{attribute}}}""#, one(row, kind));
    let (type_name, own) = match row.kind {
        Kind::DomainUnit => {
            // What it is in cannot be changed.
            let parent = match row.named(Kind::DomainUnit).next().filter(|_| fixed % 2 == 1) {
                Some(unit) => format!("{unit}.Id"),
                None => format!("{}.RootDomainUnitId", one(row, Kind::Domain)),
            };
            (
                "AWS::DataZone::DomainUnit",
                format!(
                    r#"Name: "{name}Fixed{fixed}", Description: "Version {variant}", ParentDomainUnitIdentifier: "${{{parent}}}""#
                ),
            )
        }
        Kind::Project | Kind::Consumer => {
            let units: Vec<&str> = row.named(Kind::DomainUnit).collect();
            let unit = match variant.checked_rem(units.len() + 1).and_then(|which| units.get(which)) {
                Some(unit) => format!("{unit}.Id"),
                None => format!("{}.RootDomainUnitId", one(row, Kind::Domain)),
            };
            (
                "AWS::DataZone::Project",
                format!(r#"Name: "{name}Fixed{fixed}", Description: "Version {variant}", DomainUnitId: "${{{unit}}}""#),
            )
        }
        Kind::User => (
            "AWS::DataZone::UserProfile",
            format!(
                "UserIdentifier: {}, UserType: IAM_ROLE, Status: {}",
                to(Kind::Role, "Arn"),
                status(["ACTIVATED", "DEACTIVATED"])
            ),
        ),
        Kind::Group => (
            "AWS::DataZone::GroupProfile",
            format!(
                "RolePrincipalArn: {}, GroupType: IAM_ROLE_SESSION_GROUP, Status: {}",
                to(Kind::Role, "Arn"),
                status(["ASSIGNED", "NOT_ASSIGNED"])
            ),
        ),
        Kind::UserMembership | Kind::GroupMembership => {
            let member = match row.kind {
                Kind::UserMembership => format!("UserIdentifier: {}", to(Kind::User, "UserIdentifier")),
                _ => format!("GroupIdentifier: {}", to(Kind::Group, "Id")),
            };
            let designation = if variant % 2 == 0 { "PROJECT_CONTRIBUTOR" } else { "PROJECT_OWNER" };
            (
                "AWS::DataZone::ProjectMembership",
                format!(
                    "ProjectIdentifier: {}, Member: {{{member}}}, Designation: {designation}",
                    to(Kind::Project, "Id")
                ),
            )
        }
        Kind::Owner => (
            "AWS::DataZone::Owner",
            format!(
                "EntityType: DOMAIN_UNIT, EntityIdentifier: {}, Owner: {{User: {{UserIdentifier: {}}}}}",
                to(Kind::DomainUnit, "Id"),
                to(Kind::User, "Id")
            ),
        ),
        Kind::Grant => {
            let [policy, detail] = match fixed % 2 {
                0 => ["CREATE_PROJECT", "CreateProject"],
                _ => ["CREATE_GLOSSARY", "CreateGlossary"],
            };
            (
                "AWS::DataZone::PolicyGrant",
                format!(
                    "EntityType: DOMAIN_UNIT, EntityIdentifier: {}, Principal: {{User: {{UserIdentifier: {}}}}}, PolicyType: {policy}, Detail: {{{detail}: {{IncludeChildDomainUnits: {}}}}}",
                    to(Kind::DomainUnit, "Id"),
                    to(Kind::User, "Id"),
                    variant % 2 == 1
                ),
            )
        }
        Kind::FormType => (
            "AWS::DataZone::FormType",
            format!(
                r#"Name: "{name}Fixed{fixed}", OwningProjectIdentifier: {}, Status: ENABLED, Model: {{Smithy: "structure Form {{ version{variant}: String }}"}}"#,
                to(Kind::Project, "Id")
            ),
        ),
        Kind::MemberBlueprint => (
            "AWS::DataZone::EnvironmentBlueprintConfiguration",
            format!(
                r#"EnvironmentBlueprintIdentifier: DefaultDataLake, EnabledRegions: ["${{region}}"], ProvisioningRoleArn: {}, RegionalParameters: [{{Region: "${{region}}", Parameters: {{S3Location: "s3://lake/version{variant}/${{{}.OwningAccountId}}"}}}}]"#,
                to(Kind::MemberRole, "Arn"),
                one(row, Kind::Acceptance),
            ),
        ),
        Kind::Blueprint => (
            "AWS::DataZone::EnvironmentBlueprintConfiguration",
            format!(
                r#"EnvironmentBlueprintIdentifier: DefaultDataLake, EnabledRegions: ["${{region}}"], ProvisioningRoleArn: {role}, ManageAccessRoleArn: {role}, RegionalParameters: [{{Region: "${{region}}", Parameters: {{S3Location: "s3://lake/version{variant}"}}}}]"#,
                role = to(Kind::Role, "Arn")
            ),
        ),
        Kind::EnvironmentProfile | Kind::ConsumerProfile => (
            "AWS::DataZone::EnvironmentProfile",
            format!(
                r#"Name: "{name}Fixed{fixed}", Description: "Version {variant}", ProjectIdentifier: {}, EnvironmentBlueprintIdentifier: {}, AwsAccountId: "${{account.id}}", AwsAccountRegion: "${{region}}""#,
                to(Kind::Project, "Id"),
                to(Kind::Blueprint, "EnvironmentBlueprintId")
            ),
        ),
        Kind::Environment | Kind::ConsumerEnvironment => (
            "AWS::DataZone::Environment",
            format!(
                r#"Description: "Version {variant}", ProjectIdentifier: {}, EnvironmentProfileIdentifier: {}, UserParameters: [{{Name: producerGlueDbName, Value: "fixed{fixed}"}}]"#,
                to(Kind::EnvironmentProfile, "ProjectId"),
                to(Kind::EnvironmentProfile, "Id")
            ),
        ),
        Kind::Action => (
            "AWS::DataZone::EnvironmentActions",
            format!(
                r#"Name: "{name}Fixed{fixed}", EnvironmentIdentifier: {}, Parameters: {{Uri: "https://example.com/version{variant}"}}"#,
                to(Kind::Environment, "Id")
            ),
        ),
        Kind::Target | Kind::ConsumerTarget => (
            "AWS::DataZone::SubscriptionTarget",
            format!(
                r#"Name: "{name}Version{variant}", EnvironmentIdentifier: {}, Type: GlueSubscriptionTargetType, ApplicableAssetTypes: [GlueTableAssetType], AuthorizedPrincipals: [{role}], ManageAccessRole: {role}, Provider: "Amazon DataZone", SubscriptionTargetConfig: [{{FormName: GlueSubscriptionTargetConfigForm, Content: '{{"databaseName":"lake"}}'}}]"#,
                to(Kind::Environment, "Id"),
                role = to(Kind::Role, "Arn")
            ),
        ),
        Kind::DataSource => {
            let tables = published_from(name, rows);
            // The name of a table stands for one asset: it must not come from two databases.
            let filter = if tables.is_empty() {
                format!(r#"DatabaseName: "version{variant}""#)
            } else {
                let one = |table: &String| format!(r#"{{Type: INCLUDE, Expression: "{table}"}}"#);
                let all: Vec<_> = tables.iter().map(one).collect();
                format!(r#"DatabaseName: published, FilterExpressions: [{}]"#, all.join(", "))
            };
            (
                "AWS::DataZone::DataSource",
                format!(
                    r#"Name: "{name}Fixed{fixed}", Description: "Version {variant}", EnvironmentIdentifier: {}, ProjectIdentifier: {}, Type: GLUE, EnableSetting: ENABLED, Configuration: {{GlueRunConfiguration: {{RelationalFilterConfigurations: [{{{filter}}}]}}}}"#,
                    to(Kind::Environment, "Id"),
                    to(Kind::Environment, "ProjectId")
                ),
            )
        }
        Kind::Run => {
            let source = one(row, Kind::DataSource);
            // What is new is brought in by another run.
            let tables = published_from(source, rows).join(" ");
            (
                "Charter::DataZone::DataSourceRun",
                format!(r#"DataSourceIdentifier: {}, Trigger: "Fixed {fixed} {tables}""#, to(Kind::DataSource, "Id")),
            )
        }
        Kind::Listing => (
            "Charter::DataZone::Listing",
            format!(
                r#"ProjectIdentifier: {}, EntityName: "{}", Trigger: "Version {variant} ${{{}.RunId}}""#,
                to(Kind::Project, "Id"),
                table(row),
                one(row, Kind::Run)
            ),
        ),
        Kind::Subscription => {
            let grant = match fixed % 2 {
                0 => format!(", EnvironmentIdentifier: {}", to(Kind::ConsumerTarget, "EnvironmentId")),
                _ => String::new(),
            };
            (
                "Charter::DataZone::Subscription",
                format!(
                    r#"ListingIdentifier: {}, ProjectIdentifier: {}, RequestReason: "Version {variant}", ApprovedBy: "${{account.id}}"{grant}"#,
                    to(Kind::Listing, "ListingId"),
                    to(Kind::ConsumerTarget, "ProjectId")
                ),
            )
        }
        Kind::ProjectProfile => (
            "AWS::DataZone::ProjectProfile",
            format!(r#"Name: "{name}Version{variant}", Description: "Version {variant}", Status: ENABLED"#),
        ),
        _ => (
            "AWS::DataZone::Project",
            format!(
                r#"Name: "{name}Version{variant}", Description: "Version {variant}", ProjectProfileId: {}"#,
                to(Kind::ProjectProfile, "Id")
            ),
        ),
    };
    let home = if matches!(row.kind, Kind::ProjectProfile | Kind::StudioProject) { Kind::Studio } else { Kind::Domain };
    (type_name, format!("{{DomainIdentifier: {}, {own}}}", to(home, "Id")))
}
