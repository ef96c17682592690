//! Resource Access Manager: a share of what the account owns, and the acceptance of one that another account offers.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use crate::shared::NEIGHBOUR;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::RAM::ResourceShare", prepare: |ground| Box::pin(async { Ok(share(ground)) }) },
    Case { type_name: "AWS::RAM::ResourceShare", prepare: |ground| Box::pin(async { Ok(renamed_share(ground)) }) },
    Case {
        type_name: "Charter::RAM::OrganizationSharing",
        prepare: |_| Box::pin(async { Ok(Parts { before: json!({}), after: Value::Null, filter: json!({}) }) }),
    },
    Case { type_name: "Charter::RAM::ShareAcceptance", prepare: |ground| Box::pin(acceptance(ground)) },
];

fn subnet(account: &str, number: u32) -> String {
    format!("arn:aws:ec2:us-east-1:{account}:subnet/subnet-{number}")
}

fn share(ground: &Ground<'_>) -> Parts {
    let share = |name: &str, number: u32, principal: &str, tag: &str| {
        json!({
            "Name": name, "AllowExternalPrincipals": true, "ResourceArns": [subnet(ground.account, number)],
            "Principals": [principal], "Tags": [{"Key": tag, "Value": "1"}],
        })
    };
    Parts {
        before: share("network", 1, "444444444444", "a"),
        after: share("networks", 2, "555555555555", "b"),
        filter: json!({}),
    }
}

/// A share of which nothing is changed but what UpdateResourceShare changes: all of it that moto can change.
fn renamed_share(ground: &Ground<'_>) -> Parts {
    let share = |name: &str, allows: bool| {
        let resource = subnet(ground.account, 1);
        json!({"Name": name, "AllowExternalPrincipals": allows, "ResourceArns": [resource]})
    };
    Parts { before: share("network", true), after: share("networks", false), filter: json!({}) }
}

async fn acceptance(ground: &Ground<'_>) -> Result<Parts, String> {
    let share = json!({
        "Name": "network", "ResourceArns": [subnet(NEIGHBOUR, 1)], "Principals": [ground.account],
    });
    let share = ground.make_next_door("AWS::RAM::ResourceShare", share).await?.identifier;
    Ok(Parts { before: json!({"ResourceShareArn": share}), after: Value::Null, filter: json!({}) })
}
