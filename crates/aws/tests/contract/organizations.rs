//! Organizations.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use charter_model::TypeName;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: ORGANIZATION, prepare: |_| Box::pin(async { Ok(organization()) }) },
    Case { type_name: "AWS::Organizations::OrganizationalUnit", prepare: |ground| Box::pin(unit(ground)) },
    Case { type_name: "AWS::Organizations::Account", prepare: |ground| Box::pin(account(ground)) },
    Case { type_name: "AWS::Organizations::Policy", prepare: |ground| Box::pin(policy(ground)) },
    Case { type_name: "AWS::Organizations::ResourcePolicy", prepare: |_| Box::pin(async { Ok(resource_policy()) }) },
    Case { type_name: "Charter::Organizations::ServiceAccess", prepare: |ground| Box::pin(service_access(ground)) },
];

const ORGANIZATION: &str = "AWS::Organizations::Organization";

/// The root of the organization that there is.
async fn root(ground: &Ground<'_>) -> Result<Value, String> {
    let name = TypeName::new(ORGANIZATION).unwrap();
    let found = ground.driver.list(&name, &serde_json::Map::new()).await.map_err(|failure| failure.to_string())?;
    let identifier = match found.into_iter().next() {
        Some(identifier) => identifier,
        None => ground.make(ORGANIZATION, json!({"FeatureSet": "ALL"})).await?.identifier,
    };
    ground.look(ORGANIZATION, &identifier, "RootId").await
}

fn deny(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]})
}

fn organization() -> Parts {
    Parts { before: json!({"FeatureSet": "ALL"}), after: Value::Null, filter: json!({}) }
}

async fn unit(ground: &Ground<'_>) -> Result<Parts, String> {
    let root = root(ground).await?;
    Ok(Parts {
        before: json!({"Name": "lines-of-business", "ParentId": root, "Tags": [{"Key": "a", "Value": "1"}]}),
        after: json!({"Name": "business", "ParentId": root, "Tags": [{"Key": "b", "Value": "2"}]}),
        filter: json!({"ParentId": root}),
    })
}

async fn account(ground: &Ground<'_>) -> Result<Parts, String> {
    let root = root(ground).await?;
    let unit = json!({"Name": "cards", "ParentId": root});
    let unit = ground.make("AWS::Organizations::OrganizationalUnit", unit).await?.identifier;
    let account =
        |parent: Value| json!({"AccountName": "cards", "Email": "aws+cards@example.com", "ParentIds": [parent]});
    Ok(Parts { before: account(unit.into()), after: account(root), filter: json!({}) })
}

async fn policy(ground: &Ground<'_>) -> Result<Parts, String> {
    let root = root(ground).await?;
    Ok(Parts {
        before: json!({"Name": "guard-rail", "Type": "SERVICE_CONTROL_POLICY", "Description": "No leaving.",
            "TargetIds": [root], "Content": deny("organizations:LeaveOrganization")}),
        after: json!({"Name": "guard-rails", "Type": "SERVICE_CONTROL_POLICY", "Content": deny("cloudtrail:StopLogging")}),
        filter: json!({}),
    })
}

async fn service_access(ground: &Ground<'_>) -> Result<Parts, String> {
    root(ground).await?;
    let before = json!({"ServicePrincipal": "cloudtrail.amazonaws.com"});
    Ok(Parts { before, after: Value::Null, filter: json!({}) })
}

fn resource_policy() -> Parts {
    let policy = |action: &str| {
        let principal = json!({"AWS": "arn:aws:iam::222222222222:root"});
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"});
        json!({"Content": {"Version": "2012-10-17", "Statement": [statement]}})
    };
    Parts { before: policy("organizations:ListAccounts"), after: policy("organizations:ListRoots"), filter: json!({}) }
}
