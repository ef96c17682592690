//! AWS Lake Formation.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: LOCATION, prepare: |ground| Box::pin(location(ground)) },
    Case { type_name: LOCATION, prepare: |_| Box::pin(async { Ok(linked()) }) },
];

const LOCATION: &str = "AWS::LakeFormation::Resource";
const SERVICE: &str = "lakeformation.amazonaws.com";

fn with(bucket: &str, role: &Value, hybrid: bool) -> Value {
    json!({"ResourceArn": format!("arn:aws:s3:::{bucket}"), "RoleArn": role, "UseServiceLinkedRole": false,
        "HybridAccessEnabled": hybrid})
}

async fn location(ground: &Ground<'_>) -> Result<Parts, String> {
    let (one, other) = (ground.role("one", SERVICE).await?, ground.role("other", SERVICE).await?);
    Ok(Parts { before: with("lake", &one, true), after: with("lake", &other, false), filter: json!({}) })
}

/// With the service-linked role, which stays.
fn linked() -> Parts {
    let location = |hybrid: bool| json!({"ResourceArn": "arn:aws:s3:::pond", "UseServiceLinkedRole": true, "HybridAccessEnabled": hybrid});
    Parts { before: location(false), after: location(true), filter: json!({}) }
}
