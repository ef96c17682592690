//! Stacks made at random, small on purpose: what matters is how they are disturbed. Each is made of kinds of resources that refer to
//! each other; the next version of it changes some in place, replaces some in either order, drops some, and adds some.
//!
//! Not one with [`crate::generated`], whose blocks refer to each other by any attribute and are of any type, with what stands around
//! them in the language (modules, `forEach`, accounts): here it is the cloud that matters. A reference is one that the cloud minds
//! (an index and its role, a subnet and its network, a profile that holds a role), types are those whose life is long or whose name
//! is kept, and the order of replacements is drawn. And a case is its seed: another generator would make another case of every seed
//! that ever failed.

use crate::TestProject;
use crate::crash::random::Random;
use crate::crash::scenario::graph;
use charter_model::DesiredGraph;
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
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

const KINDS: [Kind; 12] = [
    Kind::Role,
    Kind::RolePolicy,
    Kind::Secret,
    Kind::Bucket,
    Kind::Queue,
    Kind::Topic,
    Kind::LogGroup,
    Kind::Network,
    Kind::Subnet,
    Kind::SecurityGroup,
    Kind::Index,
    Kind::InstanceProfile,
];

/// One resource of a stack.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    kind: Kind,
    /// What can be changed in place.
    variant: usize,
    /// What cannot.
    fixed: usize,
    order: Option<&'static str>,
    /// Names of what it refers to.
    refers: Vec<(String, Kind)>,
}

/// A stack and its next version.
#[derive(Debug, Clone)]
pub struct Generated {
    /// As files of the stack.
    pub versions: [String; 2],
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

impl Generated {
    /// From a seed's stream.
    pub fn new(random: &mut Random) -> Self {
        let mut rows = Vec::new();
        let count = 3 + random.below(8);
        for number in 0..count {
            add(&mut rows, number, random);
        }
        let mut next = rows.clone();
        for row in &mut next {
            match random.below(5) {
                0 => row.variant += 1,
                1 => row.fixed += 1,
                2 => {
                    row.variant += 1;
                    row.fixed += random.below(2);
                }
                _ => {}
            }
        }
        // What nothing refers to may go.
        for _ in 0..random.below(3) {
            let free: Vec<usize> = (0..next.len())
                .filter(|index| {
                    let name = next.get(*index).map(|row| row.name.clone()).unwrap_or_default();
                    !next.iter().any(|row| row.refers.iter().any(|(referred, _)| *referred == name))
                })
                .collect();
            if next.len() > 1 && !free.is_empty() {
                next.remove(*random.choose(&free));
            }
        }
        for number in count..count + random.below(3) {
            add(&mut next, number, random);
        }
        Self { versions: [text(&rows), text(&next)] }
    }

    /// Loads both.
    pub fn graphs(&self) -> Result<[DesiredGraph; 2], String> {
        let load = |stack: &str| {
            let project = TestProject::empty();
            project.write("environments/local.yaml", ENVIRONMENT);
            project.write("stacks/shop.yaml", stack);
            graph(&project).map_err(|error| format!("{error}\n{stack}"))
        };
        let [first, second] = &self.versions;
        Ok([load(first)?, load(second)?])
    }
}

/// One more, if what it needs is there.
fn add(rows: &mut Vec<Row>, number: usize, random: &mut Random) {
    let kind = *random.choose(&KINDS);
    let needs: &[Kind] = match kind {
        Kind::RolePolicy | Kind::Index | Kind::InstanceProfile => &[Kind::Role],
        Kind::Subnet | Kind::SecurityGroup => &[Kind::Network],
        _ => &[],
    };
    let mut refers = Vec::new();
    for need in needs {
        let there: Vec<String> = rows.iter().filter(|row| row.kind == *need).map(|row| row.name.clone()).collect();
        if there.is_empty() {
            let name = format!("{}For{number}", name_of(*need));
            rows.push(Row { name: name.clone(), kind: *need, variant: 0, fixed: 0, order: None, refers: Vec::new() });
            refers.push((name, *need));
        } else {
            refers.push((random.choose(&there).clone(), *need));
        }
    }
    if kind == Kind::RolePolicy {
        for row in rows.iter().filter(|row| arn(row.kind).is_some()) {
            if refers.len() < 4 && random.percent(50) {
                refers.push((row.name.clone(), row.kind));
            }
        }
    }
    // What holds a role or a network must let go of it before it can be deleted, so that those cannot go first.
    let orders = [None, Some("create-first"), Some("delete-first")];
    let order = *random.choose(if matches!(kind, Kind::Role | Kind::Network) { &orders[..2] } else { &orders });
    rows.push(Row { name: format!("{}{number}", name_of(kind)), kind, variant: 0, fixed: 0, order, refers });
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Role => "role",
        Kind::RolePolicy => "policy",
        Kind::Secret => "secret",
        Kind::Bucket => "bucket",
        Kind::Queue => "queue",
        Kind::Topic => "topic",
        Kind::LogGroup => "logs",
        Kind::Network => "network",
        Kind::Subnet => "subnet",
        Kind::SecurityGroup => "group",
        Kind::Index => "index",
        Kind::InstanceProfile => "profile",
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

fn text(rows: &[Row]) -> String {
    let mut text = "stack: shop\naccount: retail\nresources:\n".to_owned();
    for row in rows {
        let (type_name, properties) = properties(row, rows);
        let order = row.order.map(|order| format!("    replace: {order}\n")).unwrap_or_default();
        writeln!(text, "  {}:\n    type: {type_name}\n{order}    properties: {properties}", row.name)
            .expect("a text can be written to");
    }
    text
}

fn properties(row: &Row, rows: &[Row]) -> (&'static str, String) {
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
