//! What an account that a DataZone domain is shared with cannot do in it. Imports nothing of this crate.
//!
//! A member of a project that is a group is looked up by datazone:GetGroupProfile on the domain. In the domain's own account that
//! is a matter of the caller's policy; from another account the resource policy of the domain must allow it as well, which is made
//! of the permission of its resource share. AWS's permissions for domains do not have the action, and a domain takes no customer
//! managed one (RAM User Guide, "Shareable AWS resources"; aws/modern-data-architecture-accelerator, issue 39, with the refusal:
//! "no resource-based policy allows the datazone:GetGroupProfile action"). So this is told before anything is made.

use charter_model::{Address, DesiredGraph, DesiredResource, Diagnostic, Diagnostics, Pointer, Template, Value};

const MEMBERSHIP: &str = "AWS::DataZone::ProjectMembership";
const DOMAIN: &str = "AWS::DataZone::Domain";
const SHARE: &str = "AWS::RAM::ResourceShare";

/// The permissions that are known not to allow GetGroupProfile: the default, and the one that has all of its actions and more.
const WITHOUT_PROFILES: &[&str] = &[
    "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionAmazonDataZoneDomain",
    "arn:aws:ram::aws:permission/AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess",
];

/// What is known of the resource share of a domain.
#[derive(Debug, PartialEq, Eq)]
enum Shared {
    /// Its permission does not allow it.
    Without,
    /// Nothing is known: the share is made elsewhere, or has another permission.
    Unknown,
}

/// Memberships of groups in domains of other accounts.
pub fn hub_policies(graph: &DesiredGraph) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for resource in graph.resources.values().filter(|resource| resource.type_name.as_str() == MEMBERSHIP) {
        let Some(domain) = domain_of(graph, resource) else { continue };
        if domain.placement.account == resource.placement.account || !is_group(resource) {
            continue;
        }
        let (own, hub) = (&resource.placement.account, &domain.placement.account);
        let text = format!(
            "{} makes a group a member from account {own}, but the domain {} is of account {hub}",
            resource.address, domain.address
        );
        let (diagnostic, why) = match shared(graph, &domain.address) {
            Shared::Without => (
                Diagnostic::error("hub-policy", text),
                "the domain's resource share does not allow datazone:GetGroupProfile, and no permission can be made that does",
            ),
            Shared::Unknown => (
                Diagnostic::warning("hub-policy", text),
                "the domain's resource share must allow datazone:GetGroupProfile, which none of AWS's permissions is known to do",
            ),
        };
        let place = resource.locations.nearest(&Pointer::root().key("Member"));
        let diagnostic = match place {
            Some(span) => diagnostic.label(span, "looked up by datazone:GetGroupProfile"),
            None => diagnostic,
        };
        diagnostics.push(
            diagnostic
                .help(format!("{why}: add `account: {hub}` to the block, so that the domain's own account does it")),
        );
    }
    diagnostics
}

fn property<'a>(resource: &'a DesiredResource, name: &str) -> Option<&'a Template> {
    match &resource.properties {
        Template::Map(members) => members.get(name),
        _ => None,
    }
}

/// The value of a property that is a constant.
fn constant(resource: &DesiredResource, name: &str) -> Option<Value> {
    match &resource.properties {
        Template::Value(Value::Map(members)) => members.get(name).cloned(),
        _ => property(resource, name).and_then(Template::as_value).cloned(),
    }
}

/// The domain of the stacks that a resource is in.
fn domain_of<'a>(graph: &'a DesiredGraph, resource: &DesiredResource) -> Option<&'a DesiredResource> {
    let named = property(resource, "DomainIdentifier")?.resources();
    let mut domains = named.iter().filter_map(|address| graph.resources.get(address));
    domains.find(|each| each.type_name.as_str() == DOMAIN)
}

fn is_group(resource: &DesiredResource) -> bool {
    const GROUP: &str = "GroupIdentifier";
    match property(resource, "Member") {
        Some(Template::Map(members)) => members.contains_key(GROUP),
        _ => matches!(constant(resource, "Member"), Some(Value::Map(members)) if members.contains_key(GROUP)),
    }
}

/// What the shares of a domain in the stacks allow.
fn shared(graph: &DesiredGraph, domain: &Address) -> Shared {
    let shares = graph.resources.values().filter(|resource| {
        resource.type_name.as_str() == SHARE
            && property(resource, "ResourceArns").is_some_and(|arns| arns.resources().contains(domain))
    });
    let mut shares = shares.peekable();
    if shares.peek().is_none() {
        return Shared::Unknown;
    }
    let lacks = |share: &DesiredResource| match (property(share, "PermissionArns"), constant(share, "PermissionArns")) {
        (None, None) => true,
        (_, Some(Value::List(arns))) => {
            arns.iter().all(|arn| matches!(arn, Value::String(arn) if WITHOUT_PROFILES.contains(&&**arn)))
        }
        _ => false,
    };
    if shares.all(lacks) { Shared::Without } else { Shared::Unknown }
}
