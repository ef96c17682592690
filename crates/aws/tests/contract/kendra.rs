//! Kendra, and the runs that bring documents in.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::Kendra::Index", prepare: |ground| Box::pin(index(ground)) },
    Case { type_name: "AWS::Kendra::DataSource", prepare: |ground| Box::pin(data_source(ground)) },
    Case { type_name: "AWS::Kendra::Faq", prepare: |ground| Box::pin(faq(ground)) },
    Case { type_name: "Charter::Kendra::Sync", prepare: |ground| Box::pin(sync(ground)) },
];

const BUCKET: &str = "documents-of-reviews";

async fn role(ground: &Ground<'_>) -> Result<Value, String> {
    ground.role("kendra", "kendra.amazonaws.com").await
}

async fn index(ground: &Ground<'_>) -> Result<Parts, String> {
    let role = role(ground).await?;
    let brand = json!({"Name": "brand", "Type": "STRING_VALUE", "Search": {"Facetable": true}});
    Ok(Parts {
        before: json!({"Name": "reviews", "Edition": "DEVELOPER_EDITION", "RoleArn": role, "Description": "d",
            "DocumentMetadataConfigurations": [brand], "Tags": [{"Key": "team", "Value": "a"}]}),
        after: json!({"Name": "reviews-2", "Edition": "DEVELOPER_EDITION", "RoleArn": role,
            "Description": "reviews of products", "DocumentMetadataConfigurations": [brand],
            "Tags": [{"Key": "team", "Value": "b"}]}),
        filter: json!({}),
    })
}

/// An index with a bucket beside it: role, index.
async fn make_index(ground: &Ground<'_>) -> Result<(Value, Value), String> {
    let role = role(ground).await?;
    let index = json!({"Name": "reviews", "Edition": "DEVELOPER_EDITION", "RoleArn": role});
    let index = ground.make("AWS::Kendra::Index", index).await?.properties["Id"].clone();
    ground.make("AWS::S3::Bucket", json!({"BucketName": BUCKET})).await?;
    Ok((role, index))
}

fn source(role: &Value, index: &Value, more: Value) -> Value {
    let mut source = json!({"Name": "documents", "IndexId": index, "Type": "S3", "RoleArn": role, "LanguageCode": "en",
        "DataSourceConfiguration": {"S3Configuration": {"BucketName": BUCKET}}});
    source.as_object_mut().unwrap().extend(crate::shared::object(more));
    source
}

async fn data_source(ground: &Ground<'_>) -> Result<Parts, String> {
    let (role, index) = make_index(ground).await?;
    let after = json!({"Description": "all documents", "Tags": [{"Key": "team", "Value": "b"}],
        "DataSourceConfiguration": {"S3Configuration": {"BucketName": BUCKET, "InclusionPrefixes": ["all/"]}}});
    Ok(Parts {
        before: source(
            &role,
            &index,
            json!({"Schedule": "cron(0 0 * * ? *)", "Tags": [{"Key": "team", "Value": "a"}]}),
        ),
        after: source(&role, &index, after),
        filter: json!({"IndexId": index}),
    })
}

async fn faq(ground: &Ground<'_>) -> Result<Parts, String> {
    let (role, index) = make_index(ground).await?;
    ground.put(BUCKET, "faq.csv", "What is it?,A review\n").await?;
    let faq = |team: &str| {
        json!({"Name": "questions", "IndexId": index, "RoleArn": role, "FileFormat": "CSV", "LanguageCode": "en",
            "S3Path": {"Bucket": BUCKET, "Key": "faq.csv"}, "Tags": [{"Key": "team", "Value": team}]})
    };
    Ok(Parts { before: faq("a"), after: faq("b"), filter: json!({"IndexId": index}) })
}

async fn sync(ground: &Ground<'_>) -> Result<Parts, String> {
    let (role, index) = make_index(ground).await?;
    let source =
        ground.make("AWS::Kendra::DataSource", source(&role, &index, json!({}))).await?.properties["Id"].clone();
    let run = |trigger: &str| json!({"IndexId": index, "DataSourceId": source, "Trigger": trigger});
    Ok(Parts { before: run("one"), after: run("two"), filter: json!({"IndexId": index}) })
}
