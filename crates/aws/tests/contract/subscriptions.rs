//! What is published in a DataZone domain, and who subscribes to it.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "Charter::DataZone::Listing", prepare: |ground| Box::pin(listing(ground)) },
    Case { type_name: "Charter::DataZone::Subscription", prepare: |ground| Box::pin(subscription(ground)) },
];

/// A domain with a project that has an asset `bank` from a run of its data source.
struct Inventory {
    domain: Value,
    project: Value,
    blueprint: Value,
    role: Value,
}

async fn inventory(ground: &Ground<'_>) -> Result<Inventory, String> {
    let role = ground.role("execution", "datazone.amazonaws.com").await?;
    let made = async |type_name: &str, properties: Value, attribute: &str| -> Result<Value, String> {
        Ok(ground.make(type_name, properties).await?.properties[attribute].clone())
    };
    let domain = json!({"Name": "bank", "DomainExecutionRole": role, "DomainVersion": "V1"});
    let domain = made("AWS::DataZone::Domain", domain, "Id").await?;
    let project = project(ground, &domain, "lake").await?;
    let blueprint = json!({
        "DomainIdentifier": domain, "EnvironmentBlueprintIdentifier": "DefaultDataLake", "EnabledRegions": ["us-east-1"],
        "RegionalParameters": [{"Region": "us-east-1", "Parameters": {"S3Location": "s3://bucket"}}],
    });
    let blueprint =
        made("AWS::DataZone::EnvironmentBlueprintConfiguration", blueprint, "EnvironmentBlueprintId").await?;
    let environment = environment(ground, &domain, &project, &blueprint).await?;
    let configuration = json!({"GlueRunConfiguration": {"RelationalFilterConfigurations": [{"DatabaseName": "bank"}]}});
    let source = json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "EnvironmentIdentifier": environment, "Name": "tables",
        "Type": "GLUE", "Configuration": configuration,
    });
    let source = made("AWS::DataZone::DataSource", source, "Id").await?;
    let run = json!({"DomainIdentifier": domain, "DataSourceIdentifier": source});
    made("Charter::DataZone::DataSourceRun", run, "RunId").await?;
    Ok(Inventory { domain, project, blueprint, role })
}

async fn project(ground: &Ground<'_>, domain: &Value, name: &str) -> Result<Value, String> {
    let project = json!({"DomainIdentifier": domain, "Name": name});
    Ok(ground.make("AWS::DataZone::Project", project).await?.properties["Id"].clone())
}

async fn environment(ground: &Ground<'_>, domain: &Value, project: &Value, blueprint: &Value) -> Result<Value, String> {
    let environment = json!({
        "DomainIdentifier": domain, "ProjectIdentifier": project, "Name": "lake",
        "EnvironmentBlueprintIdentifier": blueprint,
        "EnvironmentAccountIdentifier": ground.account, "EnvironmentAccountRegion": "us-east-1",
    });
    Ok(ground.make("AWS::DataZone::Environment", environment).await?.properties["Id"].clone())
}

async fn listing(ground: &Ground<'_>) -> Result<Parts, String> {
    let Inventory { domain, project, .. } = inventory(ground).await?;
    let listing = |trigger: &str| json!({"DomainIdentifier": domain, "ProjectIdentifier": project, "EntityName": "bank", "Trigger": trigger});
    Ok(Parts { before: listing("first"), after: listing("second"), filter: json!({"DomainIdentifier": domain}) })
}

async fn subscription(ground: &Ground<'_>) -> Result<Parts, String> {
    let Inventory { domain, project: producer, blueprint, role } = inventory(ground).await?;
    let listing = json!({"DomainIdentifier": domain, "ProjectIdentifier": producer, "EntityName": "bank"});
    let listing = ground.make("Charter::DataZone::Listing", listing).await?.properties["ListingId"].clone();
    let consumer = project(ground, &domain, "marketing").await?;
    let environment = environment(ground, &domain, &consumer, &blueprint).await?;
    let target = json!({
        "DomainIdentifier": domain, "EnvironmentIdentifier": environment, "Name": "lake",
        "Type": "GlueSubscriptionTargetType", "ApplicableAssetTypes": ["GlueTableAssetType"],
        "AuthorizedPrincipals": [role], "ManageAccessRole": role, "SubscriptionTargetConfig": [],
    });
    ground.make("AWS::DataZone::SubscriptionTarget", target).await?;
    let subscription = |reason: &str| {
        json!({
            "DomainIdentifier": domain, "ListingIdentifier": listing, "ProjectIdentifier": consumer,
            "RequestReason": reason, "ApprovedBy": ground.account, "EnvironmentIdentifier": environment,
        })
    };
    Ok(Parts {
        before: subscription("campaigns"),
        after: subscription("campaigns for deposits"),
        filter: json!({"DomainIdentifier": domain}),
    })
}
