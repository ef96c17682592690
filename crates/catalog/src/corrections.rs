//! Where a schema of the registry says less than the service itself does, and Charter's native adapter goes by the service.
//! Imports nothing of this crate.

use serde_json::{Value as Json, json};

/// What is otherwise than a type's schema says.
struct Correction {
    type_name: &'static str,
    /// Listed as write-only, as CloudFormation's handler does not read it back; the service tells it, so drift of it shows.
    readable: &'static [&'static str],
    /// What of the readable is still never told: credentials among others, so that they are sealed.
    untold: &'static [&'static str],
    /// The properties that identify a resource, where those of the schema do not.
    identifier: &'static [&'static str],
    /// Listed as create-only, as CloudFormation's handler only sets it when it creates; the service changes it in place.
    changeable: &'static [&'static str],
    /// Whether a replacement has to take the old one away first, where the schema does not say so.
    delete_first: bool,
    /// The property that holds the tags, where the schema does not say that there is one.
    tags: Option<&'static str>,
}

impl Correction {
    /// Nothing is otherwise yet.
    const fn of(type_name: &'static str) -> Self {
        Self {
            type_name,
            readable: &[],
            untold: &[],
            identifier: &[],
            changeable: &[],
            delete_first: false,
            tags: None,
        }
    }
}

const fn readable(type_name: &'static str, readable: &'static [&'static str]) -> Correction {
    Correction { readable, ..Correction::of(type_name) }
}

/// What is told by GetInferenceProfile (its models), GetGuardrail, GetDomain and so on, and changed by CreateNotification,
/// DeleteNotification and TagResource of AWS Budgets: service models of botocore 1.43.
const CORRECTIONS: &[Correction] = &[
    readable("AWS::Bedrock::ApplicationInferenceProfile", &["ModelSource"]),
    readable("AWS::Bedrock::GuardrailVersion", &["GuardrailIdentifier"]),
    Correction {
        changeable: &["NotificationsWithSubscribers"],
        tags: Some("ResourceTags"),
        ..Correction::of("AWS::Budgets::Budget")
    },
    readable(
        "AWS::DataZone::DataSource",
        &["Configuration", "ConnectionIdentifier", "DomainIdentifier", "EnvironmentIdentifier", "ProjectIdentifier"],
    ),
    Correction {
        readable: &[
            "Configurations",
            "DomainIdentifier",
            "EnvironmentIdentifier",
            "ProjectIdentifier",
            "Props",
            "Scope",
        ],
        // Without `withSecret`, GetConnection tells none of them; the shapes GlueConnection and AuthenticationConfiguration lack the
        // others.
        untold: &[
            "Props/GlueProperties/GlueConnectionInput/AuthenticationConfiguration/BasicAuthenticationCredentials",
            "Props/GlueProperties/GlueConnectionInput/AuthenticationConfiguration/CustomAuthenticationCredentials",
            "Props/GlueProperties/GlueConnectionInput/AuthenticationConfiguration/KmsKeyArn",
            "Props/GlueProperties/GlueConnectionInput/AuthenticationConfiguration/OAuth2Properties/AuthorizationCodeProperties",
            "Props/GlueProperties/GlueConnectionInput/AuthenticationConfiguration/OAuth2Properties/OAuth2Credentials",
            "Props/GlueProperties/GlueConnectionInput/ConnectionProperties/ENCRYPTED_PASSWORD",
            "Props/GlueProperties/GlueConnectionInput/ConnectionProperties/PASSWORD",
            "Props/GlueProperties/GlueConnectionInput/ValidateCredentials",
            "Props/GlueProperties/GlueConnectionInput/ValidateForComputeEnvironments",
            "Props/RedshiftProperties/Credentials",
        ],
        ..Correction::of("AWS::DataZone::Connection")
    },
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
    // It is replaced where its domain is another one; a member account then loses the old domain, and could not reach the old
    // configuration any more.
    Correction {
        readable: &[
            "DomainIdentifier",
            "EnvironmentBlueprintIdentifier",
            "EnvironmentRolePermissionBoundary",
            "ProvisioningConfigurations",
        ],
        delete_first: true,
        ..Correction::of("AWS::DataZone::EnvironmentBlueprintConfiguration")
    },
    readable(
        "AWS::DataZone::EnvironmentProfile",
        &["DomainIdentifier", "EnvironmentBlueprintIdentifier", "ProjectIdentifier"],
    ),
    readable("AWS::DataZone::GroupProfile", &["DomainIdentifier", "GroupIdentifier", "RolePrincipalArn", "GroupType"]),
    readable("AWS::DataZone::Project", &["DomainIdentifier", "ProjectProfileId", "UserParameters"]),
    // The registry's two parts tell no two members of a project apart.
    Correction {
        readable: &["Designation", "Member"],
        identifier: &["DomainIdentifier", "ProjectIdentifier", "MemberIdentifierType", "MemberIdentifier"],
        ..Correction::of("AWS::DataZone::ProjectMembership")
    },
    readable("AWS::DataZone::Owner", &["Owner"]),
    // It has no name: a policy type, an entity and a principal are what a grant is, and AddPolicyGrant knows a ConflictException.
    Correction { delete_first: true, ..Correction::of("AWS::DataZone::PolicyGrant") },
    readable("AWS::DataZone::ProjectProfile", &["DomainUnitIdentifier"]),
    readable("AWS::DataZone::SubscriptionTarget", &["DomainIdentifier", "EnvironmentIdentifier"]),
    readable("AWS::DataZone::UserProfile", &["DomainIdentifier", "UserIdentifier", "UserType", "SessionName"]),
    // It has handlers by now: pulumi-aws-native 1.84.0, `glue:getTable` takes these three.
    Correction { identifier: &["CatalogId", "DatabaseName", "Name"], ..Correction::of("AWS::Glue::Table") },
    // It has no handlers, and so only a placeholder. RegisterResource: AlreadyExistsException.
    Correction { identifier: &["ResourceArn"], ..Correction::of("AWS::LakeFormation::Resource") },
    // AWS RAM: GetResourceShareAssociations and ListResourceSharePermissions.
    readable("AWS::RAM::ResourceShare", &["PermissionArns", "Principals", "ResourceArns", "Sources"]),
];

/// A read-only attribute of all that is in a DataZone domain, which the registry does not have: the account that the domain is of.
/// Nothing else tells whom to ask whether a domain is gone that an account does not see any more.
pub const DOMAIN_ACCOUNT: &str = "DomainAccountId";

/// Corrects the document of a type, if there is something to correct.
pub(crate) fn apply(name: &str, document: &mut Json) {
    if name.starts_with("AWS::DataZone::") && name != "AWS::DataZone::Domain" {
        if let Some(Json::Object(properties)) = document.get_mut("properties") {
            properties.insert(DOMAIN_ACCOUNT.to_owned(), json!({"type": "string", "pattern": "^[0-9]{12}$"}));
        }
        if let Some(Json::Array(read_only)) = document.get_mut("readOnlyProperties") {
            read_only.push(format!("/properties/{DOMAIN_ACCOUNT}").into());
        }
    }
    let Some(correction) = CORRECTIONS.iter().find(|each| each.type_name == name) else { return };
    for (word, dropped) in
        [("writeOnlyProperties", correction.readable), ("createOnlyProperties", correction.changeable)]
    {
        if let Some(Json::Array(list)) = document.get_mut(word) {
            list.retain(|pointer| {
                let property = pointer.as_str().and_then(|pointer| pointer.strip_prefix("/properties/"));
                property.is_none_or(|property| !dropped.contains(&property))
            });
        }
    }
    if let Some(Json::Array(write_only)) = document.get_mut("writeOnlyProperties") {
        write_only.extend(correction.untold.iter().map(|path| format!("/properties/{path}").into()));
    }
    if !correction.identifier.is_empty()
        && let Some(members) = document.as_object_mut()
    {
        let identifier =
            correction.identifier.iter().map(|property| format!("/properties/{property}")).collect::<Vec<_>>();
        members.insert("primaryIdentifier".to_owned(), json!(identifier));
    }
    if let (true, Some(members)) = (correction.delete_first, document.as_object_mut()) {
        members.insert("replacementStrategy".to_owned(), "delete_then_create".into());
    }
    if let (Some(property), Some(members)) = (correction.tags, document.as_object_mut()) {
        let tagging = json!({"taggable": true, "tagUpdatable": true, "tagProperty": format!("/properties/{property}")});
        members.insert("tagging".to_owned(), tagging);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;
    use charter_model::{Pointer, ReplaceOrder, TypeName};

    #[test]
    fn all_that_is_in_a_domain_names_the_account_of_the_domain() {
        let catalog = Catalog::embedded();
        let place = Pointer::root().key(DOMAIN_ACCOUNT);
        for name in catalog.type_names().filter(|name| name.contains("::DataZone::")) {
            let name = TypeName::new(name).unwrap();
            let is_told = catalog.schema(&name).unwrap().read_only().contains(&place);
            assert_eq!(is_told, name.as_str() != "AWS::DataZone::Domain", "{name}");
        }
    }

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
            for path in correction.untold {
                let place = path.split('/').fold(Pointer::root(), |place, step| place.key(step));
                assert!(schema.write_only().contains(&place), "{name}: {path}");
                let property = path.split('/').next().unwrap();
                assert!(correction.readable.contains(&property), "{name}: {property} is write-only as a whole");
            }
            for property in correction.changeable {
                let listed = json!(format!("/properties/{property}"));
                let by_the_registry = raw["createOnlyProperties"].as_array().unwrap();
                assert!(by_the_registry.contains(&listed), "{name}: {property} can be changed: drop the correction");
                assert!(!schema.create_only().contains(&Pointer::root().key(property)), "{name}: {property}");
            }
            if correction.delete_first {
                assert!(raw.get("replacementStrategy").is_none(), "{name}: the registry says so: drop the correction");
                assert_eq!(schema.replacement_order(), Some(ReplaceOrder::DeleteFirst), "{name}");
            }
            if let Some(property) = correction.tags {
                assert!(
                    raw.get("tagging").is_none(),
                    "{name}: the registry says how it is tagged: drop the correction"
                );
                assert_eq!(schema.tagging().unwrap().property, Pointer::root().key(property));
            }
            for property in correction.identifier {
                assert!(raw["properties"].get(property).is_some(), "{name}: {property}");
            }
        }
    }
}
