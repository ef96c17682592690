//! Stacks of one account: IAM, S3, Secrets Manager, SQS, SNS, CloudWatch Logs, EC2, Kendra.

use super::{ANY_ORDER, Family, NOT_FIRST, Order, Row};

/// Roles and what uses them, buckets, queues, networks, indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Role,
    RolePolicy,
    Secret,
    Bucket,
    Queue,
    Topic,
    LogGroup,
    Network,
    Subnet,
    SecurityGroup,
    Index,
    InstanceProfile,
}

const ENVIRONMENT: &str = r#"environment: local
target: simulator
region: us-east-2
accounts:
  management: {id: "111111111111"}
  retail: {id: "333333333333", role: OrganizationAccountAccessRole}
tags: {owner: platform}
ephemeral: true
"#;

impl Family for Kind {
    const ALL: &[Self] = &[
        Self::Role,
        Self::RolePolicy,
        Self::Secret,
        Self::Bucket,
        Self::Queue,
        Self::Topic,
        Self::LogGroup,
        Self::Network,
        Self::Subnet,
        Self::SecurityGroup,
        Self::Index,
        Self::InstanceProfile,
    ];
    const ENVIRONMENT: &'static str = ENVIRONMENT;
    const STACK: &'static str = "stack: shop\naccount: retail\nresources:\n";

    fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::RolePolicy => "policy",
            Self::Secret => "secret",
            Self::Bucket => "bucket",
            Self::Queue => "queue",
            Self::Topic => "topic",
            Self::LogGroup => "logs",
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::SecurityGroup => "group",
            Self::Index => "index",
            Self::InstanceProfile => "profile",
        }
    }

    fn needs(self) -> &'static [Self] {
        match self {
            Self::RolePolicy | Self::Index | Self::InstanceProfile => &[Self::Role],
            Self::Subnet | Self::SecurityGroup => &[Self::Network],
            _ => &[],
        }
    }

    fn may_name(self, other: Self) -> bool {
        self == Self::RolePolicy && arn(other).is_some()
    }

    /// What holds a role or a network must let go of it before it can be deleted, so that those cannot go first.
    fn orders(self) -> &'static [Order] {
        if matches!(self, Self::Role | Self::Network) { NOT_FIRST } else { ANY_ORDER }
    }

    fn entry(row: &Row<Self>, rows: &[Row<Self>]) -> (&'static str, String) {
        properties(row, rows)
    }
}

/// The attribute that a policy names it by.
fn arn(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Secret => Some("Id"),
        Kind::Bucket | Kind::Queue | Kind::LogGroup | Kind::Index => Some("Arn"),
        Kind::Topic => Some("TopicArn"),
        _ => None,
    }
}

fn properties(row: &Row<Kind>, rows: &[Row<Kind>]) -> (&'static str, String) {
    let (variant, fixed) = (row.variant, row.fixed);
    let first = row.refers.first().map(|(name, _)| name.as_str()).unwrap_or_default();
    match row.kind {
        Kind::Role => (
            "AWS::IAM::Role",
            format!(
                r#"{{Description: "Version {variant} of a role", Path: "/path{fixed}/", AssumeRolePolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Principal: {{Service: [kendra.amazonaws.com, ec2.amazonaws.com]}}, Action: "sts:AssumeRole"}}]}}}}"#
            ),
        ),
        Kind::RolePolicy => {
            let mut resources: Vec<String> =
                row.refers.iter().filter_map(|(name, kind)| Some(format!("\"${{{name}.{}}}\"", arn(*kind)?))).collect();
            if resources.is_empty() {
                resources.push("\"*\"".to_owned());
            }
            (
                "AWS::IAM::RolePolicy",
                format!(
                    r#"{{RoleName: "${{{first}.RoleName}}", PolicyName: "policy{}{fixed}", PolicyDocument: {{Version: "2012-10-17", Statement: [{{Sid: "Version{variant}", Effect: Allow, Action: "*", Resource: [{}]}}]}}}}"#,
                    row.name,
                    resources.join(", ")
                ),
            )
        }
        Kind::Secret => (
            "AWS::SecretsManager::Secret",
            format!(
                r#"{{Name: "{}/fixed{fixed}", Description: "Version {variant}", GenerateSecretString: {{PasswordLength: 20}}}}"#,
                row.name
            ),
        ),
        Kind::Bucket => (
            "AWS::S3::Bucket",
            format!(
                r#"{{BucketName: "shop-{}-fixed{fixed}", VersioningConfiguration: {{Status: {}}}}}"#,
                row.name,
                if variant % 2 == 0 { "Enabled" } else { "Suspended" }
            ),
        ),
        Kind::Queue => (
            "AWS::SQS::Queue",
            format!(r#"{{QueueName: "{}Fixed{fixed}", VisibilityTimeout: {}}}"#, row.name, 30 + variant),
        ),
        Kind::Topic => (
            "AWS::SNS::Topic",
            format!(r#"{{DisplayName: "Version {variant}", TopicName: "{}Fixed{fixed}"}}"#, row.name),
        ),
        Kind::LogGroup => (
            "AWS::Logs::LogGroup",
            format!(
                r#"{{LogGroupName: "/shop/{}/fixed{fixed}", RetentionInDays: {}}}"#,
                row.name,
                if variant % 2 == 0 { 7 } else { 14 }
            ),
        ),
        Kind::Network => (
            "AWS::EC2::VPC",
            format!(r#"{{CidrBlock: "10.{fixed}.0.0/16", EnableDnsHostnames: {}}}"#, variant % 2 == 1),
        ),
        Kind::Subnet => {
            let network = rows.iter().find(|other| other.name == first).map_or(0, |network| network.fixed);
            let number = row.name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
            (
                "AWS::EC2::Subnet",
                format!(
                    r#"{{VpcId: "${{{first}.VpcId}}", CidrBlock: "10.{network}.{number}.0/24", MapPublicIpOnLaunch: {}}}"#,
                    variant % 2 == 1
                ),
            )
        }
        Kind::SecurityGroup => (
            "AWS::EC2::SecurityGroup",
            format!(
                r#"{{VpcId: "${{{first}.VpcId}}", GroupDescription: "Fixed {fixed}", SecurityGroupIngress: [{{IpProtocol: tcp, FromPort: {0}, ToPort: {0}, CidrIp: "10.0.0.0/8"}}]}}"#,
                443 + variant
            ),
        ),
        Kind::Index => (
            "AWS::Kendra::Index",
            format!(
                r#"{{Name: "{}Fixed{fixed}", Edition: {}, Description: "Version {variant}", RoleArn: "${{{first}.Arn}}"}}"#,
                row.name,
                if fixed % 2 == 0 { "DEVELOPER_EDITION" } else { "ENTERPRISE_EDITION" }
            ),
        ),
        Kind::InstanceProfile => {
            ("AWS::IAM::InstanceProfile", format!(r#"{{Roles: ["${{{first}.RoleName}}"], Path: "/path{fixed}/"}}"#))
        }
    }
}
