//! The property that Charter fills with a physical name: found by a rule from the schema, with a table of what the schemas do not say.
//! Imports `node` and `pattern` of this crate.

use crate::TypeSchema;
use crate::node::{Arena, Kind, Node, NodeId};
use crate::pattern::Pattern;
use crate::transform::Transform;
use charter_model::{Pointer, PointerSegment};

/// The property that names a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameProperty {
    /// The top-level property.
    pub pointer: Pointer,
    /// In characters.
    pub longest: usize,
    /// Bucket names, for one, have none.
    pub upper_case: bool,
    /// Whether two resources cannot have the same name at once, so that a create-first replacement needs a fresh one.
    pub unique: bool,
    /// Whether the service keeps the names of what was deleted, so that whatever is made later needs a fresh one.
    pub kept: bool,
    /// What may stand between the parts of a name: `-`, else `_`; none where only letters and digits are allowed.
    pub separator: Option<char>,
}

/// The longest name where no one says how long it may be: that of a DNS label, which all services with names take.
const DEFAULT_LONGEST: usize = 63;
/// Longer names are of no use to anyone.
const LONGEST: usize = 255;
/// Shorter ones have no room for what tells names apart.
const SHORTEST: usize = 16;

/// Types whose name means something outside, so that a made-up one would be wrong: the user must give it.
const NAMED_BY_THE_USER: &[(&str, &str)] = &[
    ("AWS::Amplify::Branch", "the name of a branch in the repository"),
    ("AWS::Amplify::Domain", "a DNS name"),
    ("AWS::ApiGateway::Model", "referred to by name inside API definitions"),
    ("AWS::ApiGateway::Stage", "part of the URL"),
    ("AWS::ApiGatewayV2::Stage", "part of the URL"),
    ("AWS::AppMesh::VirtualService", "a DNS name"),
    ("AWS::CloudFormation::Stack", "the stack of another tool"),
    ("AWS::DirectoryService::MicrosoftAD", "a DNS name"),
    ("AWS::DirectoryService::SimpleAD", "a DNS name"),
    ("AWS::EKS::Addon", "one of the add-ons that EKS offers"),
    ("AWS::KMS::Alias", "what callers know the key by"),
    ("AWS::Lambda::Alias", "part of the ARN that callers use"),
    ("AWS::Lightsail::Domain", "a DNS name"),
    ("AWS::Organizations::Account", "what people know the account by"),
    ("AWS::Organizations::OrganizationalUnit", "what people know the unit by"),
    ("AWS::Route53::HostedZone", "a DNS name"),
    ("AWS::Route53::RecordSet", "a DNS name"),
    ("AWS::Route53::RecordSetGroup", "a DNS name"),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", "a DNS name"),
    ("AWS::ServiceDiscovery::PublicDnsNamespace", "a DNS name"),
    ("Charter::QBusiness::Group", "what the access lists of documents call it"),
    ("Charter::RDS::SqlScript", "part of the script's identity"),
];

/// Names that the rule does not find.
const NAMES: &[(&str, &str)] = &[("AWS::EC2::KeyPair", "KeyName"), ("AWS::QBusiness::Application", "DisplayName")];

/// Types of which a deleted one keeps its name for good.
const KEPT: &[&str] = &[
    // It is listed as `DELETED`, and CreateEnvironment answers 409 (hashicorp/terraform-provider-awscc, issue 1879).
    "AWS::DataZone::Environment",
];

/// How long a name may be and whether upper-case letters are kept, where the schema says neither. Source: the API reference of the
/// operation named.
const LIMITS: &[(&str, usize, bool)] = &[
    // EC2 CreateSecurityGroup
    ("AWS::EC2::SecurityGroup", 255, true),
    // ElastiCache CreateCacheCluster, CreateReplicationGroup
    ("AWS::ElastiCache::CacheCluster", 50, false),
    ("AWS::ElastiCache::ReplicationGroup", 40, false),
    // Elastic Load Balancing v2 CreateLoadBalancer, CreateTargetGroup
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", 32, true),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", 32, true),
    // Glue CreateDatabase: "folded to lowercase when it is stored"
    ("AWS::Glue::Database", 255, false),
    // IAM PutRolePolicy, CreatePolicy, CreateInstanceProfile, CreateRole, CreateUser, CreateGroup
    ("AWS::IAM::Group", 128, true),
    ("AWS::IAM::GroupPolicy", 128, true),
    ("AWS::IAM::InstanceProfile", 128, true),
    ("AWS::IAM::ManagedPolicy", 128, true),
    ("AWS::IAM::Policy", 128, true),
    ("AWS::IAM::Role", 64, true),
    ("AWS::IAM::RolePolicy", 128, true),
    ("AWS::IAM::User", 64, true),
    ("AWS::IAM::UserPolicy", 128, true),
    // Lambda CreateFunction
    ("AWS::Lambda::Function", 64, true),
    // OpenSearch Service CreateDomain; OpenSearch Serverless CreateCollection
    ("AWS::OpenSearchServerless::Collection", 32, false),
    ("AWS::OpenSearchService::Domain", 28, false),
    // RDS CreateDBCluster, CreateDBInstance, CreateDBSubnetGroup, CreateDBClusterParameterGroup, CreateDBParameterGroup: all are
    // "stored as a lowercase string"
    ("AWS::RDS::DBCluster", 63, false),
    ("AWS::RDS::DBClusterParameterGroup", 255, false),
    ("AWS::RDS::DBInstance", 63, false),
    ("AWS::RDS::DBParameterGroup", 255, false),
    ("AWS::RDS::DBProxy", 63, false),
    ("AWS::RDS::DBSubnetGroup", 255, false),
    ("AWS::RDS::GlobalCluster", 63, false),
    ("AWS::RDS::OptionGroup", 255, false),
    // Redshift CreateCluster: "alphabetic characters must be lowercase"
    ("AWS::Redshift::Cluster", 63, false),
    // S3 User Guide, "General purpose buckets naming rules"
    ("AWS::S3::Bucket", 63, false),
    // SNS CreateTopic
    ("AWS::SNS::Topic", 256, true),
    // SQS CreateQueue
    ("AWS::SQS::Queue", 80, true),
];

impl TypeSchema {
    /// The property that names the resource and that Charter fills in where the user gives none, with the longest name that the
    /// type takes and whether upper-case letters are allowed in it. None if the type has no such property.
    ///
    /// The rule: a text at the top level, set by the user, that is called `Name`, or the resource's own name (or its end) with `Name`
    /// or `Identifier` behind it; that is no reference to another resource, has no fixed choices and no default. One that is part of the
    /// primary identifier goes before others.
    pub fn name_property(&self) -> Option<NameProperty> {
        self.name.get_or_init(|| self.find_name()).clone()
    }

    /// Whether a top-level property is the one that Charter fills in.
    pub(crate) fn is_filled_in(&self, name: &str) -> bool {
        let named = self.name.get_or_init(|| self.find_name()).as_ref();
        let segment = named.and_then(|named| named.pointer.segments().first());
        matches!(segment, Some(PointerSegment::Key(key)) if **key == *name)
    }

    fn find_name(&self) -> Option<NameProperty> {
        let type_name = self.type_name.as_str();
        if NAMED_BY_THE_USER.iter().any(|(named, _)| *named == type_name) {
            return None;
        }
        let told = NAMES.iter().find(|(named, _)| *named == type_name).map(|(_, property)| *property);
        let members = self.arena.members(Arena::ROOT);
        let (name, id) = members
            .iter()
            .filter(|(name, _)| told.map_or_else(|| self.is_name(name), |told| told == &****name))
            .filter(|(name, id)| self.is_free_text(name, **id))
            .map(|(name, id)| (&***name, *id))
            .min_by_key(|(name, _)| (!self.identifies(name), rank(name), name.len()))?;
        let facets = self.arena.facets(id);
        let (separator, pattern_longest) = separator(&facets)?;
        let limits = LIMITS.iter().find(|(named, ..)| *named == type_name);
        let folded = self
            .places
            .member(name)
            .is_some_and(|places| places.transforms.iter().any(|transform| matches!(transform, Transform::Case)));
        let said = facets.iter().find_map(|node| node.limits.max_length);
        let longest = [said, pattern_longest, limits.map(|(_, longest, _)| *longest)].into_iter().flatten().min();
        let longest = longest.unwrap_or(DEFAULT_LONGEST).min(LONGEST);
        let upper_case =
            !folded && limits.is_none_or(|(.., upper_case)| *upper_case) && matches(&facets, &sample('A', separator));
        (longest >= SHORTEST).then(|| NameProperty {
            pointer: Pointer::root().key(name),
            longest,
            upper_case,
            // What only shows need not differ. Of other names it is seldom said whether they must: a fresh one does no harm.
            unique: name != "DisplayName",
            kept: KEPT.contains(&type_name),
            separator,
        })
    }

    /// Whether a property is called as what names the resource is.
    fn is_name(&self, name: &str) -> bool {
        let resource = self.type_name.resource();
        let stem = ["Name", "Identifier"].iter().find_map(|ending| name.strip_suffix(ending));
        match stem {
            Some("") => name == "Name",
            Some("Display") => self.required().contains(&name),
            Some(stem) => {
                ends_with_words(resource, stem) || ends_with_words(stem, resource) && self.required().contains(&name)
            }
            None => self.identifies(name) && name.strip_suffix("Id") == Some(resource),
        }
    }

    /// Whether the property is a part of the primary identifier.
    fn identifies(&self, name: &str) -> bool {
        self.primary_identifier.iter().any(|pointer| *pointer == Pointer::root().key(name))
    }

    /// Whether the property is a text that is the user's to choose.
    fn is_free_text(&self, name: &str, id: NodeId) -> bool {
        let places = self.places.member(name);
        let facets = self.arena.facets(id);
        let refers = |node: &&Node| {
            node.relationship.is_some()
                || !node.allowed.is_empty()
                || !node.allowed_in_any_case.is_empty()
                || node.default.is_some()
                || node
                    .format
                    .as_deref()
                    .is_some_and(|format| format.starts_with("AWS::") && !format.starts_with(self.type_name.as_str()))
        };
        self.arena.kinds(id).iter().eq([Kind::String])
            && !places.is_some_and(|places| places.read_only || places.write_only)
            && !facets.iter().any(refers)
    }
}

/// `Name` before `DBClusterIdentifier` before `DisplayName`.
fn rank(name: &str) -> u8 {
    match name {
        "Name" => 0,
        "DisplayName" => 2,
        _ => 1,
    }
}

/// Whether `stem` is the resource's name, or its end from a word on: `Group` of `SecurityGroup`.
fn ends_with_words(resource: &str, stem: &str) -> bool {
    resource.to_lowercase().ends_with(&stem.to_lowercase())
        && stem.starts_with(|first: char| first.is_ascii_uppercase())
        && resource.len() >= stem.len()
}

/// What may stand between the parts of a name, and how long a name the patterns take; none if they take no such name at all.
fn separator(facets: &[&Node]) -> Option<(Option<char>, Option<usize>)> {
    let separator =
        [Some('-'), Some('_'), None].into_iter().find(|separator| matches(facets, &sample('a', *separator)))?;
    // Where a pattern bounds the length, names of one letter show it: the length from which on they no longer match.
    let fits = |length: usize| matches(facets, &"a".repeat(length));
    if fits(LONGEST + 1) || !fits(SHORTEST) {
        return Some((separator, None));
    }
    let (mut fitting, mut failing) = (SHORTEST, LONGEST + 1);
    while failing - fitting > 1 {
        let middle = (fitting + failing) / 2;
        if fits(middle) { fitting = middle } else { failing = middle }
    }
    Some((separator, Some(fitting)))
}

/// A name as Charter makes them, beginning with a letter of the given case.
fn sample(first: char, separator: Option<char>) -> String {
    let separator = separator.map(String::from).unwrap_or_default();
    [format!("{first}{first}"), "a".to_owned(), "b0c1".to_owned()].join(&separator)
}

fn matches(facets: &[&Node], name: &str) -> bool {
    facets.iter().filter_map(|node| node.pattern.as_deref()).all(|pattern: &Pattern| pattern.matches(name))
}

#[cfg(test)]
mod tests;
