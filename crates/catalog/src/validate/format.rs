//! The forms that the registry names with the word `format`. Those that say nothing about the text itself, or nothing that is certain,
//! are let through by name.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Formats that say nothing that could be checked: what they are for, in the data.
#[cfg(test)]
const UNCHECKED: &[&str] = &[
    // Hints on the width of a number.
    "double",
    "int64",
    // Hints for forms on a screen.
    "password",
    "string",
    // One use, with a pattern beside it.
    "timestamp",
    // Lists: the elements carry their own format.
    "AWS::EC2::SecurityGroup.Ids",
    "AWS::EC2::SecurityGroup.Names",
    "AWS::EC2::Subnet.Ids",
];

/// Whether this module knows the format.
#[cfg(test)]
pub(super) fn is_known(format: &str) -> bool {
    UNCHECKED.contains(&format) || rule(format).is_some()
}

/// Checks a text; the error says what it must be.
pub(super) fn check(format: &str, text: &str) -> Result<(), &'static str> {
    match rule(format) {
        Some((expected, holds)) if !holds(text) => Err(expected),
        _ => Ok(()),
    }
}

type Rule = (&'static str, fn(&str) -> bool);

fn rule(format: &str) -> Option<Rule> {
    let rule: Rule = match format {
        "json" => ("JSON", |text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()),
        "date-time" => ("a date and time such as 2026-08-01T12:00:00Z", is_date_time),
        "ipv4-network" => ("an IPv4 network such as 10.0.0.0/16", |text| is_network::<Ipv4Addr>(text, 32)),
        "ipv6-network" => ("an IPv6 network such as 2001:db8::/56", |text| is_network::<Ipv6Addr>(text, 128)),
        "uri" => ("a URI such as https://example.com/", |text| {
            text.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
        }),
        "AWS::ACM::Certificate.Arn" => {
            ("the ARN of a certificate", |text| is_arn(text, &["acm", "iam"], &["certificate/", "server-certificate/"]))
        }
        "AWS::EC2::Image.Id" => ("the id of an image: ami-… or a reference to a parameter", |text| {
            is_id(text, "ami-") || text.starts_with("resolve:ssm:")
        }),
        "AWS::EC2::SecurityGroup.Id" => ("the id of a security group: sg-…", |text| is_id(text, "sg-")),
        "AWS::EC2::SecurityGroup.Name" => {
            ("the name of a security group", |text| (1..=255).contains(&text.chars().count()))
        }
        "AWS::EC2::Subnet.Id" => ("the id of a subnet: subnet-…", |text| is_id(text, "subnet-")),
        "AWS::EC2::VPC.Id" => ("the id of a VPC: vpc-…", |text| is_id(text, "vpc-")),
        "AWS::IAM::Role.Arn" => ("the ARN of a role", |text| is_arn(text, &["iam"], &["role/"])),
        // Wherever a key's ARN is taken, the ARN of an alias is (AWS Key Management Service Developer Guide, "Key identifiers").
        "AWS::KMS::Key.Arn" => ("the ARN of a KMS key", |text| is_arn(text, &["kms"], &["key/", "alias/"])),
        "AWS::KMS::Key.Id" => ("the id of a KMS key", |text| {
            text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        }),
        "AWS::KMS::Alias.AliasName" => {
            ("the name of a KMS key's alias: alias/…", |text| text.len() > 6 && text.starts_with("alias/"))
        }
        "AWS::Lambda::Function.Arn" => {
            ("the ARN of a Lambda function", |text| is_arn(text, &["lambda"], &["function:"]))
        }
        "AWS::Lambda::Function.Name" => ("the name of a Lambda function", |text| (1..=170).contains(&text.len())),
        "AWS::Logs::LogGroup.Name" => ("the name of a log group", |text| {
            (1..=512).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/#".contains(&byte))
        }),
        "AWS::S3::Bucket.Name" => ("the name of a bucket", |text| {
            // Buckets from before 2018 may have upper-case letters and underscores.
            (3..=255).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        }),
        "AWS::SQS::Queue.Arn" => ("the ARN of an SQS queue", |text| is_arn(text, &["sqs"], &[""])),
        "AWS::SNS::Topic.Arn" => ("the ARN of an SNS topic", |text| is_arn(text, &["sns"], &[""])),
        _ => return None,
    };
    Some(rule)
}

/// Whether the text is JSON and begins a map.
pub(super) fn is_json_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn is_network<A: std::str::FromStr>(text: &str, longest: u8) -> bool {
    text.split_once('/').is_some_and(|(address, prefix)| {
        address.parse::<A>().is_ok() && prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)
    })
}

fn is_date_time(text: &str) -> bool {
    let shape: String = text.chars().map(|each| if each.is_ascii_digit() { '0' } else { each }).collect();
    let date = shape.strip_prefix("0000-00-00");
    date.is_some_and(|rest| {
        rest.is_empty()
            || rest.get(1..).is_some_and(|time| time.starts_with("00:00")) && rest.starts_with(['T', 't', ' '])
    })
}

fn is_arn(text: &str, services: &[&str], resources: &[&str]) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [scheme, partition, service, _, account, resource] = parts.as_slice() else { return false };
    *scheme == "arn"
        && partition.starts_with("aws")
        && services.contains(service)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resources.iter().any(|prefix| resource.len() > prefix.len() && resource.starts_with(prefix))
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|id| {
        matches!(id.len(), 8 | 17) && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_tells_its_own_from_others() {
        let cases = [
            ("json", r#"{"a": 1}"#, "{a: 1}"),
            ("date-time", "2026-08-01T12:00:00Z", "yesterday"),
            ("ipv4-network", "10.0.0.0/16", "10.0.0.0"),
            ("ipv6-network", "2001:db8::/56", "2001:db8::/129"),
            ("uri", "https://example.com/", "example"),
            ("AWS::EC2::VPC.Id", "vpc-0123456789abcdef0", "vpc-1"),
            ("AWS::EC2::Image.Id", "resolve:ssm:/aws/service/ami", "image"),
            ("AWS::IAM::Role.Arn", "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::111111111111:user/reader"),
            (
                "AWS::KMS::Key.Arn",
                "arn:aws:kms:us-east-1:111111111111:key/abc",
                "arn:aws:kms:us-east-1:111111111111:abc",
            ),
            ("AWS::KMS::Alias.AliasName", "alias/aws/rds", "aws/rds"),
            ("AWS::SNS::Topic.Arn", "arn:aws:sns:us-east-1:111111111111:topic", "topic"),
            ("AWS::S3::Bucket.Name", "my-bucket", "s3://my-bucket"),
        ];
        for (format, good, bad) in cases {
            assert_eq!(check(format, good), Ok(()), "{format}");
            assert!(check(format, bad).is_err(), "{format}");
        }
    }
}
