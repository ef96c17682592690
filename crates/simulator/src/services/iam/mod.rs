//! IAM: global in its account, strict about documents, late to tell others what changed.
//!
//! Other behaviours ask it whether a service may assume a role, [`role_can_be_assumed_by`], and whether there is a role or user at
//! all, [`principal_id`].

pub(crate) mod document;
mod holders;
mod managed;
mod policies;
mod profiles;
mod providers;
pub(super) mod records;
mod roles;
mod support;
#[cfg(test)]
mod tests;
mod users;

use self::holders as policy;
use self::records::{Group, OidcProvider, SamlProvider};
use crate::identity::{Role, User};
use crate::service::{Call, Service};
use crate::services::shared::Answer;
use crate::store::GLOBAL;
use crate::trust::{Assumer, Context, allows};
use charter_model::AccountId;

/// The behaviour of IAM.
pub(crate) struct Iam;

impl Service for Iam {
    fn call(&self, call: &mut Call<'_>) -> Answer {
        match call.operation {
            "CreateRole" => roles::create(call),
            "GetRole" => roles::get(call),
            "ListRoles" => roles::list(call),
            "UpdateRole" | "UpdateRoleDescription" => roles::update(call),
            "UpdateAssumeRolePolicy" => roles::update_trust(call),
            "DeleteRole" => roles::delete(call),
            "PutRolePermissionsBoundary" => roles::put_boundary(call),
            "DeleteRolePermissionsBoundary" => roles::delete_boundary(call),
            "TagRole" => roles::tag(call),
            "UntagRole" => roles::untag(call),
            "ListRoleTags" => roles::list_tags(call),
            "CreateServiceLinkedRole" => roles::create_linked(call),
            "DeleteServiceLinkedRole" => roles::delete_linked(call),
            "GetServiceLinkedRoleDeletionStatus" => roles::linked_deletion(call),

            "PutRolePolicy" => policy::put_inline::<Role>(call),
            "GetRolePolicy" => policy::get_inline::<Role>(call),
            "DeleteRolePolicy" => policy::delete_inline::<Role>(call),
            "ListRolePolicies" => policy::list_inline::<Role>(call),
            "AttachRolePolicy" => policy::attach::<Role>(call),
            "DetachRolePolicy" => policy::detach::<Role>(call),
            "ListAttachedRolePolicies" => policy::list_attached::<Role>(call),
            "PutUserPolicy" => policy::put_inline::<User>(call),
            "GetUserPolicy" => policy::get_inline::<User>(call),
            "DeleteUserPolicy" => policy::delete_inline::<User>(call),
            "ListUserPolicies" => policy::list_inline::<User>(call),
            "AttachUserPolicy" => policy::attach::<User>(call),
            "DetachUserPolicy" => policy::detach::<User>(call),
            "ListAttachedUserPolicies" => policy::list_attached::<User>(call),
            "PutGroupPolicy" => policy::put_inline::<Group>(call),
            "GetGroupPolicy" => policy::get_inline::<Group>(call),
            "DeleteGroupPolicy" => policy::delete_inline::<Group>(call),
            "ListGroupPolicies" => policy::list_inline::<Group>(call),
            "AttachGroupPolicy" => policy::attach::<Group>(call),
            "DetachGroupPolicy" => policy::detach::<Group>(call),
            "ListAttachedGroupPolicies" => policy::list_attached::<Group>(call),

            "CreatePolicy" => policies::create(call),
            "GetPolicy" => policies::get(call),
            "ListPolicies" => policies::list(call),
            "DeletePolicy" => policies::delete(call),
            "CreatePolicyVersion" => policies::create_version(call),
            "GetPolicyVersion" => policies::get_version(call),
            "ListPolicyVersions" => policies::list_versions(call),
            "DeletePolicyVersion" => policies::delete_version(call),
            "SetDefaultPolicyVersion" => policies::set_default_version(call),
            "ListEntitiesForPolicy" => policies::entities(call),
            "TagPolicy" => policies::tag(call),
            "UntagPolicy" => policies::untag(call),
            "ListPolicyTags" => policies::list_tags(call),

            "CreateInstanceProfile" => profiles::create(call),
            "GetInstanceProfile" => profiles::get(call),
            "ListInstanceProfiles" => profiles::list(call),
            "ListInstanceProfilesForRole" => profiles::list_for_role(call),
            "DeleteInstanceProfile" => profiles::delete(call),
            "AddRoleToInstanceProfile" => profiles::add_role(call),
            "RemoveRoleFromInstanceProfile" => profiles::remove_role(call),
            "TagInstanceProfile" => profiles::tag(call),
            "UntagInstanceProfile" => profiles::untag(call),
            "ListInstanceProfileTags" => profiles::list_tags(call),

            "CreateOpenIDConnectProvider" => providers::create_oidc(call),
            "GetOpenIDConnectProvider" => providers::get_oidc(call),
            "ListOpenIDConnectProviders" => providers::list_oidc(call),
            "DeleteOpenIDConnectProvider" => providers::delete_oidc(call),
            "AddClientIDToOpenIDConnectProvider" => providers::add_client(call),
            "RemoveClientIDFromOpenIDConnectProvider" => providers::remove_client(call),
            "UpdateOpenIDConnectProviderThumbprint" => providers::update_thumbprints(call),
            "TagOpenIDConnectProvider" => providers::tag::<OidcProvider>(call),
            "UntagOpenIDConnectProvider" => providers::untag::<OidcProvider>(call),
            "ListOpenIDConnectProviderTags" => providers::list_tags::<OidcProvider>(call),

            "CreateSAMLProvider" => providers::create_saml(call),
            "GetSAMLProvider" => providers::get_saml(call),
            "ListSAMLProviders" => providers::list_saml(call),
            "UpdateSAMLProvider" => providers::update_saml(call),
            "DeleteSAMLProvider" => providers::delete::<SamlProvider>(call),
            "TagSAMLProvider" => providers::tag::<SamlProvider>(call),
            "UntagSAMLProvider" => providers::untag::<SamlProvider>(call),
            "ListSAMLProviderTags" => providers::list_tags::<SamlProvider>(call),

            "CreateUser" => users::create(call),
            "GetUser" => users::get(call),
            "ListUsers" => users::list(call),
            "DeleteUser" => users::delete(call),
            "TagUser" => users::tag(call),
            "UntagUser" => users::untag(call),
            "ListUserTags" => users::list_tags(call),
            "CreateAccessKey" => users::create_key(call),
            "ListAccessKeys" => users::list_keys(call),
            "DeleteAccessKey" => users::delete_key(call),
            "CreateGroup" => users::create_group(call),
            "GetGroup" => users::get_group(call),
            "ListGroups" => users::list_groups(call),
            "ListGroupsForUser" => users::groups_for_user(call),
            "DeleteGroup" => users::delete_group(call),
            "AddUserToGroup" => users::add_to_group(call),
            "RemoveUserFromGroup" => users::remove_from_group(call),
            _ => Err(call.not_simulated()),
        }
    }
}

/// Makes the role of a service in the account, as the service itself does, unless it is there.
pub(crate) fn link(call: &mut Call<'_>, service: &str) {
    roles::link(call, service);
}

/// Whether a service may assume a role, and if not, why. `source_arn` is the resource that the service would act for; without it,
/// it acts for the caller's account.
pub(crate) fn role_can_be_assumed_by(
    call: &Call<'_>,
    role_arn: &str,
    service: &str,
    source_arn: Option<&str>,
) -> Result<(), String> {
    let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else {
        return Err(format!("{role_arn} is not the ARN of a role"));
    };
    let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let absent = || format!("role {role_arn} does not exist");
    let account = AccountId::new(*account).map_err(|_| absent())?;
    let role = call.store.get::<Role>(&account, GLOBAL, name).filter(|role| role.arn == role_arn).ok_or_else(absent)?;
    if call.now < role.assumable {
        return Err(format!("role {role_arn} has not propagated yet"));
    }
    // IAM User Guide, "AWS global condition context keys": the account of the resource that the service acts for. It is not the
    // caller's where that is of another account: DataZone acts for domains of the hub.
    let source_account = source_arn.and_then(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
    let source_account = source_account.unwrap_or(call.account.as_str()).to_owned();
    let mut context = Context::from([("aws:SourceAccount".to_owned(), vec![source_account])]);
    context.extend(source_arn.map(|arn| ("aws:SourceArn".to_owned(), vec![arn.to_owned()])));
    if allows(&role.trust_policy, "sts:AssumeRole", Assumer::Service(service), &context) {
        Ok(())
    } else {
        Err(format!(
            "the trust policy of role {role_arn} does not let {service} assume it for this account and resource"
        ))
    }
}

/// The id of a role or user, in whichever account; none if there is no such.
pub(crate) fn principal_id(call: &Call<'_>, arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return None };
    let account = AccountId::new(*account).ok()?;
    let name = resource.rsplit('/').next().unwrap_or_default();
    match resource.split('/').next()? {
        "role" => {
            call.store.get::<Role>(&account, GLOBAL, name).filter(|role| role.arn == arn).map(|role| role.id.clone())
        }
        "user" => {
            call.store.get::<User>(&account, GLOBAL, name).filter(|user| user.arn == arn).map(|user| user.id.clone())
        }
        _ => None,
    }
}

/// Whether the caller's account has an identity provider of that ARN.
pub(crate) fn has_provider(call: &Call<'_>, arn: &str) -> bool {
    call.store.contains::<OidcProvider>(call.account, GLOBAL, arn)
        || call.store.contains::<SamlProvider>(call.account, GLOBAL, arn)
}
