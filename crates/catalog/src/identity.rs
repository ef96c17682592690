//! What tells resources of a type apart before they are made. Imports nothing but the schema.

use crate::TypeSchema;
use charter_model::Pointer;

/// Types of which the service gives a part of the primary identifier, although what is asked for says already which one it is: there
/// can be but one for these properties. What is not asked for counts as well.
///
/// A domain has one profile of a user or a group, a project one membership of a member, an entity one ownership of an owner: botocore
/// 1.43, `datazone`: GetUserProfile and GetGroupProfile find a profile by the principal, DeleteProjectMembership and RemoveEntityOwner
/// take one away by the member and the owner alone, PutEnvironmentBlueprintConfiguration replaces the one that an account has. And
/// `organizations`: CreateOrganizationalUnit answers with a DuplicateOrganizationalUnitException for a name that the parent has already.
const NATURAL: &[(&str, &[&str])] = &[
    ("AWS::DataZone::EnvironmentBlueprintConfiguration", &["DomainIdentifier", "EnvironmentBlueprintIdentifier"]),
    ("AWS::DataZone::GroupProfile", &["DomainIdentifier", "GroupIdentifier", "RolePrincipalArn"]),
    ("AWS::DataZone::Owner", &["DomainIdentifier", "EntityType", "EntityIdentifier", "Owner"]),
    ("AWS::DataZone::ProjectMembership", &["DomainIdentifier", "ProjectIdentifier", "Member"]),
    ("AWS::DataZone::UserProfile", &["DomainIdentifier", "UserIdentifier", "SessionName"]),
    ("AWS::Organizations::OrganizationalUnit", &["ParentId", "Name"]),
];

/// See [`TypeSchema::identity`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Together they tell which one it is; none if only the service can tell.
    pub places: Vec<Pointer>,
    /// Whether one of them may be absent, which then tells it too.
    pub may_lack: bool,
}

impl TypeSchema {
    /// The places of a resource, as a stack writes it, of which no two have the same values in one account and region: what writes
    /// the same there is the same thing.
    ///
    /// Those of the primary identifier, if the service gives no part of it; a name that is unique within the other parts of the
    /// primary identifier that are written; or what is known of the type beyond its schema.
    pub fn identity(&self) -> Identity {
        if let Some((_, properties)) = NATURAL.iter().find(|(natural, _)| *natural == self.type_name().as_str()) {
            let places = properties.iter().map(|property| Pointer::root().key(*property)).collect();
            return Identity { places, may_lack: true };
        }
        let written = self.primary_identifier().iter().filter(|place| !self.read_only().contains(place));
        let mut places: Vec<Pointer> = written.cloned().collect();
        match self.name_property().filter(|name| name.unique) {
            Some(name) => {
                places.retain(|place| *place != name.pointer);
                places.push(name.pointer);
            }
            // What the service gives would tell them apart.
            None if places.len() < self.primary_identifier().len() => places.clear(),
            None => {}
        }
        Identity { places, may_lack: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn every_type_of_the_table_has_these_properties() {
        for (name, _) in NATURAL {
            let schema = Catalog::embedded().schema(&name.parse().unwrap()).expect("the registry has it");
            for place in schema.identity().places {
                let property = schema.property_at(&place).expect("a property");
                assert!(!property.read_only, "{name} {place}");
            }
        }
    }
}
