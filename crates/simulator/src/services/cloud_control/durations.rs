//! How long operations take, in virtual seconds. Estimates of what AWS takes, not measured; what is not
//! listed takes 5 to 20.

use super::records::Operation;
use crate::random::Random;

/// Creation; updates take half of it, deletions as the third column says.
const DURATIONS: &[(&str, f64, f64)] = &[
    ("AWS::Bedrock::DataSource", 8.0, 30.0),
    ("AWS::Bedrock::KnowledgeBase", 25.0, 20.0),
    ("AWS::CloudFront::Distribution", 240.0, 240.0),
    ("AWS::DataZone::Domain", 60.0, 60.0),
    ("AWS::EC2::InternetGateway", 15.0, 15.0),
    ("AWS::EC2::NatGateway", 100.0, 60.0),
    ("AWS::EC2::SecurityGroup", 6.0, 4.0),
    ("AWS::EC2::SecurityGroupEgress", 3.0, 3.0),
    ("AWS::EC2::SecurityGroupIngress", 3.0, 3.0),
    ("AWS::EC2::Subnet", 6.0, 4.0),
    ("AWS::EC2::VPC", 12.0, 4.0),
    ("AWS::EC2::VPCEndpoint", 60.0, 90.0),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", 150.0, 20.0),
    ("AWS::KMS::Key", 20.0, 5.0),
    ("AWS::Lambda::Function", 12.0, 5.0),
    ("AWS::Logs::LogGroup", 4.0, 3.0),
    ("AWS::OpenSearchServerless::Collection", 300.0, 120.0),
];

pub(super) fn seconds(type_name: &str, operation: Operation, random: &mut Random) -> f64 {
    let known = DURATIONS.iter().find(|(name, ..)| *name == type_name);
    let (create, delete) = match known {
        Some((_, create, delete)) => (create * random.between(0.8, 1.2), delete * random.between(0.8, 1.2)),
        None => (random.between(5.0, 20.0), random.between(5.0, 20.0)),
    };
    match operation {
        Operation::Create => create,
        Operation::Update => create / 2.0,
        Operation::Delete => delete,
    }
}
