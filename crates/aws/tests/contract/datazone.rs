//! DataZone, and the runs that bring assets in.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use crate::shared::REGION;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::DataZone::Domain", prepare: |ground| Box::pin(domain(ground)) },
    Case { type_name: "AWS::DataZone::Project", prepare: |ground| Box::pin(project(ground)) },
    Case { type_name: "AWS::DataZone::Project", prepare: |ground| Box::pin(parameterized_project(ground)) },
    Case { type_name: "AWS::DataZone::ProjectMembership", prepare: |ground| Box::pin(membership(ground)) },
    Case { type_name: "AWS::DataZone::UserProfile", prepare: |ground| Box::pin(role_user(ground)) },
    Case { type_name: "AWS::DataZone::UserProfile", prepare: |ground| Box::pin(directory_user(ground)) },
    Case { type_name: "AWS::DataZone::GroupProfile", prepare: |ground| Box::pin(role_group(ground)) },
    Case { type_name: "AWS::DataZone::GroupProfile", prepare: |ground| Box::pin(directory_group(ground)) },
    Case { type_name: CONFIGURATION, prepare: |ground| Box::pin(blueprint_configuration(ground)) },
    Case { type_name: "AWS::DataZone::EnvironmentProfile", prepare: |ground| Box::pin(environment_profile(ground)) },
    Case { type_name: "AWS::DataZone::Environment", prepare: |ground| Box::pin(environment(ground)) },
    Case { type_name: "AWS::DataZone::EnvironmentActions", prepare: |ground| Box::pin(action(ground)) },
    Case { type_name: "AWS::DataZone::SubscriptionTarget", prepare: |ground| Box::pin(target(ground)) },
    Case { type_name: "AWS::DataZone::DataSource", prepare: |ground| Box::pin(data_source(ground)) },
    Case { type_name: CONNECTION, prepare: |ground| Box::pin(connection(ground)) },
    Case { type_name: CONNECTION, prepare: |ground| Box::pin(bucket_connection(ground)) },
    Case { type_name: CONNECTION, prepare: |ground| Box::pin(warehouse_connection(ground)) },
    Case { type_name: CONNECTION, prepare: |ground| Box::pin(database_connection(ground)) },
    Case { type_name: CONNECTION, prepare: |ground| Box::pin(spark_connection(ground)) },
    Case { type_name: "AWS::DataZone::DomainUnit", prepare: |ground| Box::pin(unit(ground)) },
    Case { type_name: "AWS::DataZone::Owner", prepare: |ground| Box::pin(owner(ground)) },
    Case { type_name: "AWS::DataZone::PolicyGrant", prepare: |ground| Box::pin(grant(ground)) },
    Case { type_name: "AWS::DataZone::FormType", prepare: |ground| Box::pin(form_type(ground)) },
    Case { type_name: "AWS::DataZone::ProjectProfile", prepare: |ground| Box::pin(project_profile(ground)) },
    Case { type_name: "Charter::DataZone::DataSourceRun", prepare: |ground| Box::pin(run(ground)) },
];

const CONNECTION: &str = "AWS::DataZone::Connection";
const CONFIGURATION: &str = "AWS::DataZone::EnvironmentBlueprintConfiguration";

/// What is made with what it is changed by: members of one object, null to take one away.
fn changed(before: &Value, changes: Value) -> Value {
    let mut after = before.clone();
    for (name, value) in crate::shared::object(changes) {
        match value {
            Value::Null => drop(after.as_object_mut().unwrap().remove(&name)),
            value => after[name] = value,
        }
    }
    after
}

fn role(ground: &Ground<'_>, name: &str) -> String {
    format!("arn:aws:iam::{}:role/{name}", ground.account)
}

/// The roles that DataZone works with. It tags its sessions: <https://docs.aws.amazon.com/datazone/latest/userguide/AmazonDataZoneDomainExecutionRole.html>
async fn make_roles(ground: &Ground<'_>) -> Result<(), String> {
    for name in ["execution", "service", "analyst"] {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }]});
        ground.make("AWS::IAM::Role", json!({"RoleName": name, "AssumeRolePolicyDocument": trust})).await?;
    }
    Ok(())
}

/// What is made in a domain: its own id.
async fn make(ground: &Ground<'_>, type_name: &str, properties: Value) -> Result<String, String> {
    let made = ground.make(type_name, properties).await?.identifier;
    Ok(made.rsplit('|').next().unwrap_or_default().to_owned())
}

/// A domain whose users come from IAM and from Identity Center.
async fn make_domain(ground: &Ground<'_>) -> Result<String, String> {
    make_roles(ground).await?;
    let sign_on = json!({"Type": "IAM_IDC", "UserAssignment": "MANUAL"});
    let domain = json!({"Name": "bank", "DomainExecutionRole": role(ground, "execution"), "SingleSignOn": sign_on});
    make(ground, "AWS::DataZone::Domain", domain).await
}

/// A domain with a project: their ids.
async fn make_project(ground: &Ground<'_>) -> Result<(String, String), String> {
    let domain = make_domain(ground).await?;
    let project = json!({"DomainIdentifier": domain, "Name": "cards"});
    let project = make(ground, "AWS::DataZone::Project", project).await?;
    Ok((domain, project))
}

fn configuration(ground: &Ground<'_>, domain: &str, blueprint: &str) -> Value {
    json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": blueprint, "EnabledRegions": [REGION],
        "ManageAccessRoleArn": role(ground, "service"), "ProvisioningRoleArn": role(ground, "execution"),
        "RegionalParameters": [{"Region": REGION, "Parameters": {"S3Location": "s3://lake"}}],
    })
}

fn profile(ground: &Ground<'_>, domain: &str, project: &str, blueprint: &str) -> Value {
    json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentBlueprintIdentifier": blueprint,
        "AwsAccountId": ground.account, "AwsAccountRegion": REGION, "Name": "lake",
    })
}

/// A domain with a project, a configured blueprint and a profile: the ids of domain, project and profile.
async fn make_profile(ground: &Ground<'_>, blueprint: &str) -> Result<(String, String, String), String> {
    let (domain, project) = make_project(ground).await?;
    let blueprint = make(ground, CONFIGURATION, configuration(ground, &domain, blueprint)).await?;
    let profile = profile(ground, &domain, &project, &blueprint);
    let profile = make(ground, "AWS::DataZone::EnvironmentProfile", profile).await?;
    Ok((domain, project, profile))
}

fn lake(domain: &str, project: &str, profile: &str) -> Value {
    json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentProfileIdentifier": profile,
        "Name": "lake",
    })
}

/// A domain with a project and an environment: their ids.
async fn make_environment(ground: &Ground<'_>) -> Result<(String, String, String), String> {
    let (domain, project, profile) = make_profile(ground, "DefaultDataLake").await?;
    let environment = make(ground, "AWS::DataZone::Environment", lake(&domain, &project, &profile)).await?;
    Ok((domain, project, environment))
}

/// The unit at the top of a domain.
async fn root(ground: &Ground<'_>, domain: &str) -> Result<Value, String> {
    ground.look("AWS::DataZone::Domain", domain, "RootDomainUnitId").await
}

async fn domain(ground: &Ground<'_>) -> Result<Parts, String> {
    make_roles(ground).await?;
    let before = json!({
        "Name": "bank", "Description": "Data of the bank", "DomainExecutionRole": role(ground, "execution"),
        "DomainVersion": "V2", "ServiceRole": role(ground, "service"),
        "Tags": [{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}],
    });
    let changes = json!({
        "Name": "bank-data", "Description": null, "DomainExecutionRole": role(ground, "analyst"),
        "ServiceRole": role(ground, "execution"),
        "SingleSignOn": {"Type": "IAM_IDC", "UserAssignment": "AUTOMATIC"},
        "Tags": [{"Key": "team", "Value": "b"}],
    });
    Ok(Parts { after: changed(&before, changes), before, filter: json!({}) })
}

async fn project(ground: &Ground<'_>) -> Result<Parts, String> {
    let domain = make_domain(ground).await?;
    let before = json!({
        "DomainIdentifier": domain, "Name": "cards", "Description": "Of the cards",
        "ResourceTags": [{"Key": "team", "Value": "cards"}],
    });
    let changes = json!({"Name": "all cards", "Description": null, "ResourceTags": null, "GlossaryTerms": ["abc"]});
    Ok(Parts { after: changed(&before, changes), before, filter: json!({"DomainIdentifier": domain}) })
}

/// Of a profile with two environments: parameters are given for one of them, and not all that it has.
async fn parameterized_project(ground: &Ground<'_>) -> Result<Parts, String> {
    let profile = project_profile(ground).await?;
    let domain = profile.filter["DomainIdentifier"].clone();
    let environment = |name: &str| changed(&profile.before["EnvironmentConfigurations"][0], json!({"Name": name}));
    let two = json!({"EnvironmentConfigurations": [environment("lake"), environment("warehouse")]});
    let profile = make(ground, "AWS::DataZone::ProjectProfile", changed(&profile.before, two)).await?;
    let parameters = |database: &str| {
        json!([{
            "EnvironmentConfigurationName": "lake",
            "EnvironmentParameters": [{"Name": "glueDbName", "Value": database}],
        }])
    };
    let before = json!({
        "DomainIdentifier": domain, "Name": "cards", "ProjectProfileId": profile, "UserParameters": parameters("cards"),
    });
    let after = changed(&before, json!({"UserParameters": parameters("loans")}));
    Ok(Parts { before, after, filter: json!({"DomainIdentifier": domain}) })
}

async fn membership(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, project) = make_project(ground).await?;
    let before = json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "Designation": "PROJECT_CONTRIBUTOR",
        "Member": {"UserIdentifier": role(ground, "analyst")},
    });
    Ok(Parts {
        after: changed(&before, json!({"Designation": "PROJECT_OWNER"})),
        before,
        filter: json!({"DomainIdentifier": domain, "ProjectIdentifier": project}),
    })
}

/// A profile of a user or a group, put into use and out of it as is done with its kind.
async fn member(ground: &Ground<'_>, by: &str, name: String, statuses: [&str; 2]) -> Result<Parts, String> {
    let domain = make_domain(ground).await?;
    let [before, after] = statuses.map(|status| json!({"DomainIdentifier": domain, by: name, "Status": status}));
    Ok(Parts { before, after, filter: json!({"DomainIdentifier": domain}) })
}

async fn role_user(ground: &Ground<'_>) -> Result<Parts, String> {
    member(ground, "UserIdentifier", role(ground, "analyst"), ["ACTIVATED", "DEACTIVATED"]).await
}

async fn directory_user(ground: &Ground<'_>) -> Result<Parts, String> {
    member(ground, "UserIdentifier", "mary".to_owned(), ["ASSIGNED", "NOT_ASSIGNED"]).await
}

async fn role_group(ground: &Ground<'_>) -> Result<Parts, String> {
    member(ground, "RolePrincipalArn", role(ground, "analyst"), ["ASSIGNED", "NOT_ASSIGNED"]).await
}

async fn directory_group(ground: &Ground<'_>) -> Result<Parts, String> {
    member(ground, "GroupIdentifier", "analysts".to_owned(), ["ASSIGNED", "NOT_ASSIGNED"]).await
}

async fn blueprint_configuration(ground: &Ground<'_>) -> Result<Parts, String> {
    let domain = make_domain(ground).await?;
    let before = configuration(ground, &domain, "DefaultDataLake");
    let changes = json!({
        "EnabledRegions": [REGION, "eu-west-1"],
        "RegionalParameters": [
            {"Region": "eu-west-1", "Parameters": {"S3Location": "s3://other"}},
            {"Region": REGION, "Parameters": {"S3Location": "s3://lake2"}},
        ],
    });
    Ok(Parts { after: changed(&before, changes), before, filter: json!({"DomainIdentifier": domain}) })
}

async fn environment_profile(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, project) = make_project(ground).await?;
    let parameters = |name: &str| json!([{"Name": "producerGlueDbName", "Value": name}]);
    let more = json!({"Description": "Of the cards", "UserParameters": parameters("cards")});
    let before = changed(&profile(ground, &domain, &project, "datalakeblueprint"), more);
    let changes = json!({"Name": "sea", "Description": null, "UserParameters": parameters("loans")});
    Ok(Parts { after: changed(&before, changes), before, filter: json!({"DomainIdentifier": domain}) })
}

async fn environment(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, project, profile) = make_profile(ground, "CustomAwsService").await?;
    let more = json!({
        "Description": "Of the cards", "UserParameters": [{"Name": "producerGlueDbName", "Value": "cards"}],
        "EnvironmentRoleArn": role(ground, "analyst"),
    });
    let before = changed(&lake(&domain, &project, &profile), more);
    Ok(Parts {
        after: changed(&before, json!({"Name": "sea", "Description": null})),
        before,
        filter: json!({"DomainIdentifier": domain, "ProjectIdentifier": project}),
    })
}

async fn action(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, _, environment) = make_environment(ground).await?;
    let filter = json!({"DomainIdentifier": domain, "EnvironmentIdentifier": environment});
    let action = |name: &str, description: Value| {
        let parameters = json!({"Uri": format!("https://example.com/{name}")});
        changed(&filter, json!({"Name": name, "Parameters": parameters, "Description": description}))
    };
    Ok(Parts { before: action("console", "Opens it".into()), after: action("query", Value::Null), filter })
}

async fn target(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, _, environment) = make_environment(ground).await?;
    let filter = json!({"DomainIdentifier": domain, "EnvironmentIdentifier": environment});
    let form = |database: &str| json!([{"FormName": "GlueSubscriptionTargetConfigForm", "Content": format!("{{\"databaseName\":\"{database}\"}}")}]);
    let more = json!({
        "Name": "cards", "Type": "GlueSubscriptionTargetType", "ApplicableAssetTypes": ["GlueTableAssetType"],
        "AuthorizedPrincipals": [role(ground, "analyst")], "ManageAccessRole": role(ground, "service"),
        "Provider": "Amazon DataZone", "SubscriptionTargetConfig": form("cards"),
    });
    let before = changed(&filter, more);
    let changes = json!({
        "Name": "all cards", "ApplicableAssetTypes": ["GlueTableAssetType", "GlueViewAssetType"],
        "ManageAccessRole": role(ground, "execution"), "SubscriptionTargetConfig": form("loans"),
    });
    Ok(Parts { after: changed(&before, changes), before, filter })
}

fn glue(domain: &str, project: &str, environment: &str) -> Value {
    json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentIdentifier": environment,
        "Name": "cards", "Type": "GLUE", "EnableSetting": "ENABLED", "PublishOnImport": true,
        "Configuration": {"GlueRunConfiguration": {"RelationalFilterConfigurations": [
            {"DatabaseName": "cards", "FilterExpressions": [{"Expression": "*", "Type": "INCLUDE"}]},
        ]}},
    })
}

async fn data_source(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, project, environment) = make_environment(ground).await?;
    let before = changed(&glue(&domain, &project, &environment), json!({"Description": "Of the cards"}));
    let loans = json!({"GlueRunConfiguration": {"RelationalFilterConfigurations": [
        {"DatabaseName": "loans", "FilterExpressions": [{"Expression": "a*", "Type": "EXCLUDE"}]},
    ]}});
    let changes = json!({
        "Name": "loans", "Description": null, "EnableSetting": "DISABLED", "PublishOnImport": false,
        "Configuration": loans,
    });
    Ok(Parts {
        after: changed(&before, changes),
        before,
        filter: json!({"DomainIdentifier": domain, "ProjectIdentifier": project}),
    })
}

/// A connection of some kind, and what its properties are changed to.
async fn connection_of(ground: &Ground<'_>, name: &str, before: Value, after: Value) -> Result<Parts, String> {
    let (domain, _, environment) = make_environment(ground).await?;
    let before = json!({
        "DomainIdentifier": domain, "EnvironmentIdentifier": environment, "Name": name, "Description": "one",
        "Props": before,
    });
    let after = match after {
        Value::Null => Value::Null,
        after => changed(&before, json!({"Props": after})),
    };
    Ok(Parts { before, after, filter: json!({"DomainIdentifier": domain}) })
}

async fn connection(ground: &Ground<'_>) -> Result<Parts, String> {
    let athena = |workgroup: &str| json!({"AthenaProperties": {"WorkgroupName": workgroup}});
    connection_of(ground, "athena", athena("primary"), athena("secondary")).await
}

/// With configurations, which can be changed and taken away, whatever the kind.
async fn bucket_connection(ground: &Ground<'_>) -> Result<Parts, String> {
    let bucket = |uri: &str| json!({"S3Properties": {"S3Uri": uri}});
    let parts = connection_of(ground, "bucket", bucket("s3://cards/raw"), bucket("s3://cards/clean")).await?;
    let configurations = json!([{"Classification": "spark-defaults", "Properties": {"spark.executor.cores": "4"}}]);
    Ok(Parts { before: changed(&parts.before, json!({"Configurations": configurations})), ..parts })
}

async fn warehouse_connection(ground: &Ground<'_>) -> Result<Parts, String> {
    let warehouse = |name: &str, password: &str, enabled: bool| {
        json!({"RedshiftProperties": {
            "Storage": {"WorkgroupName": name}, "DatabaseName": "cards", "Host": format!("{name}.example.com"),
            "Port": 5440, "Credentials": {"UsernamePassword": {"Username": "charter", "Password": password}},
            "LineageSync": {"Enabled": enabled, "Schedule": {"Schedule": "cron(0 5 * * ? *)"}},
        }})
    };
    connection_of(ground, "warehouse", warehouse("cards", "one", true), warehouse("loans", "two", false)).await
}

async fn database_connection(ground: &Ground<'_>) -> Result<Parts, String> {
    let database = |host: &str, password: &str| {
        json!({"GlueProperties": {"GlueConnectionInput": {
            "Name": "cards", "Description": format!("At {host}"), "ConnectionType": "POSTGRESQL", "MatchCriteria": "cards",
            "ValidateCredentials": false, "ConnectionProperties": {"HOST": host, "PORT": "5432", "DATABASE": "cards"},
            "PhysicalConnectionRequirements": {
                "SubnetId": "subnet-1", "SecurityGroupIdList": ["sg-2", "sg-1"], "AvailabilityZone": "us-east-1a",
            },
            "AuthenticationConfiguration": {
                "AuthenticationType": "BASIC", "BasicAuthenticationCredentials": {"UserName": "charter", "Password": password},
            },
        }}})
    };
    connection_of(ground, "database", database("one.example.com", "one"), database("two.example.com", "two")).await
}

/// UpdateConnection takes no properties of this kind; what AWS fills in (workers, version) nobody asked for.
async fn spark_connection(ground: &Ground<'_>) -> Result<Parts, String> {
    let spark = json!({"SparkGlueProperties": {"GlueVersion": "4.0"}});
    let parts = connection_of(ground, "spark", spark, Value::Null).await?;
    Ok(Parts { after: changed(&parts.before, json!({"Description": "two"})), ..parts })
}

async fn unit(ground: &Ground<'_>) -> Result<Parts, String> {
    let domain = make_domain(ground).await?;
    let filter = json!({"DomainIdentifier": domain, "ParentDomainUnitIdentifier": root(ground, &domain).await?});
    let before = changed(&filter, json!({"Name": "cards", "Description": "Of the cards"}));
    Ok(Parts { after: changed(&before, json!({"Name": "loans", "Description": null})), before, filter })
}

/// The unit at the top of a domain with a user beside it: the user's ARN and what names the unit.
async fn make_user(ground: &Ground<'_>) -> Result<(String, Value), String> {
    let domain = make_domain(ground).await?;
    let user = role(ground, "analyst");
    let profile = json!({"DomainIdentifier": domain, "UserIdentifier": user});
    make(ground, "AWS::DataZone::UserProfile", profile).await?;
    let root = root(ground, &domain).await?;
    Ok((user, json!({"DomainIdentifier": domain, "EntityType": "DOMAIN_UNIT", "EntityIdentifier": root})))
}

async fn owner(ground: &Ground<'_>) -> Result<Parts, String> {
    let (user, filter) = make_user(ground).await?;
    let owner = changed(&filter, json!({"Owner": {"User": {"UserIdentifier": user}}}));
    Ok(Parts { before: owner, after: Value::Null, filter })
}

async fn grant(ground: &Ground<'_>) -> Result<Parts, String> {
    let (user, filter) = make_user(ground).await?;
    let filter = changed(&filter, json!({"PolicyType": "CREATE_PROJECT"}));
    let more = json!({
        "Principal": {"User": {"UserIdentifier": user}},
        "Detail": {"CreateProject": {"IncludeChildDomainUnits": true}},
    });
    Ok(Parts { before: changed(&filter, more), after: Value::Null, filter })
}

async fn form_type(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, project) = make_project(ground).await?;
    let model = |field: &str| json!({"Smithy": format!("structure Quality {{ {field}: String }}")});
    let before = json!({"DomainIdentifier": domain, "Name": "Quality", "OwningProjectIdentifier": project,
        "Status": "ENABLED", "Description": "Of the data", "Model": model("score")});
    let changes = json!({"Status": "DISABLED", "Description": null, "Model": model("grade")});
    Ok(Parts { after: changed(&before, changes), before, filter: json!({"DomainIdentifier": domain}) })
}

async fn project_profile(ground: &Ground<'_>) -> Result<Parts, String> {
    make_roles(ground).await?;
    let domain = json!({"Name": "bank", "DomainExecutionRole": role(ground, "execution"), "DomainVersion": "V2",
        "ServiceRole": role(ground, "service")});
    let domain = make(ground, "AWS::DataZone::Domain", domain).await?;
    let environments = |region: &str| {
        json!([{
            "Name": "lake", "EnvironmentBlueprintId": "datalakeblueprint", "DeploymentMode": "ON_CREATE",
            "AwsAccount": {"AwsAccountId": ground.account}, "AwsRegion": {"RegionName": region},
        }])
    };
    let before = json!({"DomainIdentifier": domain, "Name": "analytics", "Description": "For analysts",
        "Status": "ENABLED", "EnvironmentConfigurations": environments(REGION)});
    let changes = json!({"Name": "all analytics", "Description": null, "Status": "DISABLED",
        "EnvironmentConfigurations": environments("eu-west-1")});
    Ok(Parts { after: changed(&before, changes), before, filter: json!({"DomainIdentifier": domain}) })
}

async fn run(ground: &Ground<'_>) -> Result<Parts, String> {
    let (domain, project, environment) = make_environment(ground).await?;
    let source = make(ground, "AWS::DataZone::DataSource", glue(&domain, &project, &environment)).await?;
    let filter = json!({"DomainIdentifier": domain, "DataSourceIdentifier": source});
    Ok(Parts { before: changed(&filter, json!({"Trigger": "first"})), after: Value::Null, filter })
}
