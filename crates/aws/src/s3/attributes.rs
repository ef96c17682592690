//! What can be told of a bucket from its name and region alone.

use crate::clients::Clients;
use charter_provider::Properties;
use serde_json::Value;

/// Regions whose website endpoint has a dash in front of the region, not a dot. Source: AWS General Reference, "Amazon S3 website
/// endpoints".
const DASHED: &[&str] = &[
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "us-gov-west-1",
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
];

/// Adds the read-only attributes.
pub(super) fn put(properties: &mut Properties, clients: &Clients, bucket: &str) {
    let region = clients.region().as_str();
    let suffix = if clients.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let separator = if DASHED.contains(&region) { '-' } else { '.' };
    let attributes = [
        ("Arn", format!("arn:{}:s3:::{bucket}", clients.partition())),
        ("DomainName", format!("{bucket}.s3.{suffix}")),
        ("DualStackDomainName", format!("{bucket}.s3.dualstack.{region}.{suffix}")),
        ("RegionalDomainName", format!("{bucket}.s3.{region}.{suffix}")),
        ("WebsiteURL", format!("http://{bucket}.s3-website{separator}{region}.{suffix}")),
    ];
    properties.extend(attributes.map(|(name, value)| (name.to_owned(), Value::String(value))));
}
