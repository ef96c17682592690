//! Where a schema of the registry says less than the service itself does, and Charter's native adapter goes by the service.
//! Imports nothing of this crate.

use serde_json::{Value as Json, json};

/// What is otherwise than a type's schema says.
struct Correction {
    type_name: &'static str,
    /// Listed as write-only, as CloudFormation's handler does not read it back; the service tells it, so drift of it shows.
    readable: &'static [&'static str],
    /// The properties that identify a resource, where those of the schema do not.
    identifier: &'static [&'static str],
}

const fn readable(type_name: &'static str, readable: &'static [&'static str]) -> Correction {
    Correction { type_name, readable, identifier: &[] }
}

/// Amazon DataZone: the members of GetDomain, GetProject and so on, in the service model of botocore 1.43.
const CORRECTIONS: &[Correction] = &[
    readable(
        "AWS::DataZone::DataSource",
        &["Configuration", "ConnectionIdentifier", "DomainIdentifier", "EnvironmentIdentifier", "ProjectIdentifier"],
    ),
    readable("AWS::DataZone::Connection", &["DomainIdentifier", "EnvironmentIdentifier", "ProjectIdentifier", "Scope"]),
    readable("AWS::DataZone::Domain", &["ServiceRole"]),
    readable(
        "AWS::DataZone::Environment",
        &[
            "DomainIdentifier",
            "EnvironmentAccountIdentifier",
            "EnvironmentAccountRegion",
            "EnvironmentBlueprintIdentifier",
            "EnvironmentConfigurationId",
            "EnvironmentProfileIdentifier",
            "ProjectIdentifier",
        ],
    ),
    readable("AWS::DataZone::EnvironmentActions", &["DomainIdentifier", "EnvironmentIdentifier"]),
    readable(
        "AWS::DataZone::EnvironmentBlueprintConfiguration",
        &[
            "DomainIdentifier",
            "EnvironmentBlueprintIdentifier",
            "EnvironmentRolePermissionBoundary",
            "ProvisioningConfigurations",
        ],
    ),
    readable(
        "AWS::DataZone::EnvironmentProfile",
        &["DomainIdentifier", "EnvironmentBlueprintIdentifier", "ProjectIdentifier"],
    ),
    readable("AWS::DataZone::GroupProfile", &["DomainIdentifier", "GroupIdentifier", "RolePrincipalArn", "GroupType"]),
    readable("AWS::DataZone::Project", &["DomainIdentifier", "ProjectProfileId"]),
    // The registry's two parts tell no two members of a project apart.
    Correction {
        type_name: "AWS::DataZone::ProjectMembership",
        readable: &["Designation", "Member"],
        identifier: &["DomainIdentifier", "ProjectIdentifier", "MemberIdentifierType", "MemberIdentifier"],
    },
    readable("AWS::DataZone::Owner", &["Owner"]),
    readable("AWS::DataZone::ProjectProfile", &["DomainUnitIdentifier"]),
    readable("AWS::DataZone::SubscriptionTarget", &["DomainIdentifier", "EnvironmentIdentifier"]),
    readable("AWS::DataZone::UserProfile", &["DomainIdentifier", "UserIdentifier", "UserType", "SessionName"]),
];

/// Corrects the document of a type, if there is something to correct.
pub(crate) fn apply(name: &str, document: &mut Json) {
    let Some(correction) = CORRECTIONS.iter().find(|each| each.type_name == name) else { return };
    if let Some(Json::Array(list)) = document.get_mut("writeOnlyProperties") {
        list.retain(|pointer| {
            let property = pointer.as_str().and_then(|pointer| pointer.strip_prefix("/properties/"));
            property.is_none_or(|property| !correction.readable.contains(&property))
        });
    }
    if !correction.identifier.is_empty()
        && let Some(members) = document.as_object_mut()
    {
        let identifier =
            correction.identifier.iter().map(|property| format!("/properties/{property}")).collect::<Vec<_>>();
        members.insert("primaryIdentifier".to_owned(), json!(identifier));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;
    use charter_model::{Pointer, TypeName};

    #[test]
    fn every_correction_is_of_something_that_the_registry_says_otherwise() {
        for correction in CORRECTIONS {
            let name = TypeName::new(correction.type_name).unwrap();
            let raw = Catalog::embedded().registry_document(&name).unwrap();
            let schema = Catalog::embedded().schema(&name).unwrap();
            for property in correction.readable {
                let listed = json!(format!("/properties/{property}"));
                let by_the_registry = raw["writeOnlyProperties"].as_array().unwrap();
                assert!(by_the_registry.contains(&listed), "{name}: {property} is not write-only: drop the correction");
                let place = Pointer::root().key(property);
                assert!(!schema.write_only().contains(&place), "{name}: {property}");
            }
            for property in correction.identifier {
                assert!(raw["properties"].get(property).is_some(), "{name}: {property}");
            }
        }
    }
}
