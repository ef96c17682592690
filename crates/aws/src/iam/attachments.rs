//! Roles, users and groups: the three that policies hang on.

use super::marks;
use crate::clients::Clients;
use crate::errors::failure;
use crate::settle::if_found;
use crate::tags;
use charter_provider::{Failure, Properties};
use std::collections::BTreeSet;
use std::fmt;

/// The kinds, by the property of a policy that names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Group,
    Role,
    User,
}

/// One role, user or group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Principal {
    pub(super) kind: Kind,
    pub(super) name: String,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Group, Self::Role, Self::User];

    /// The property that lists names of this kind.
    pub(super) fn property(self) -> &'static str {
        match self {
            Self::Group => "Groups",
            Self::Role => "Roles",
            Self::User => "Users",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Role => "role",
            Self::User => "user",
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind.word(), self.name)
    }
}

impl std::str::FromStr for Principal {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, name) = text.split_once('/').ok_or(())?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word).ok_or(())?;
        Ok(Self { kind, name: name.to_owned() })
    }
}

/// All that the properties of a policy name.
pub(super) fn principals(properties: &Properties) -> BTreeSet<Principal> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| {
            super::names(properties, kind.property()).into_iter().map(move |name| Principal { kind, name })
        })
        .collect()
}

/// Puts names into properties, one list for each kind that has any.
pub(super) fn put(properties: &mut Properties, principals: &BTreeSet<Principal>) {
    for kind in Kind::ALL {
        let names: Vec<&str> =
            principals.iter().filter(|each| each.kind == kind).map(|each| each.name.as_str()).collect();
        if !names.is_empty() {
            properties.insert(kind.property().to_owned(), names.into());
        }
    }
}

impl Principal {
    /// Whether it carries the mark of our environment. IAM knows no tags of groups (IAM User Guide, "Tags for IAM resources"), so
    /// of them it cannot be told.
    pub(super) async fn is_of_environment(&self, clients: &Clients) -> Result<bool, Failure> {
        let (iam, name) = (clients.iam(), &self.name);
        let list =
            match self.kind {
                Kind::Group => None,
                Kind::Role => if_found(iam.list_role_tags().role_name(name).send().await.map_err(failure))?
                    .map(|answer| answer.tags),
                Kind::User => if_found(iam.list_user_tags().user_name(name).send().await.map_err(failure))?
                    .map(|answer| answer.tags),
            };
        let environment = list.and_then(|list| marks::from_list(&list).remove(tags::ENVIRONMENT));
        Ok(environment.is_some_and(|environment| environment == clients.environment().as_str()))
    }

    /// Attaches a managed policy.
    pub(super) async fn attach(&self, clients: &Clients, policy_arn: &str) -> Result<(), Failure> {
        let (iam, name) = (clients.iam(), &self.name);
        match self.kind {
            Kind::Group => {
                iam.attach_group_policy().group_name(name).policy_arn(policy_arn).send().await.map_err(failure)?;
            }
            Kind::Role => {
                iam.attach_role_policy().role_name(name).policy_arn(policy_arn).send().await.map_err(failure)?;
            }
            Kind::User => {
                iam.attach_user_policy().user_name(name).policy_arn(policy_arn).send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    /// Detaches a managed policy.
    pub(super) async fn detach(&self, clients: &Clients, policy_arn: &str) -> Result<(), Failure> {
        let (iam, name) = (clients.iam(), &self.name);
        match self.kind {
            Kind::Group => {
                iam.detach_group_policy().group_name(name).policy_arn(policy_arn).send().await.map_err(failure)?;
            }
            Kind::Role => {
                iam.detach_role_policy().role_name(name).policy_arn(policy_arn).send().await.map_err(failure)?;
            }
            Kind::User => {
                iam.detach_user_policy().user_name(name).policy_arn(policy_arn).send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    /// Writes an inline policy, also over one of the same name.
    pub(super) async fn put_inline(&self, clients: &Clients, policy: &str, document: &str) -> Result<(), Failure> {
        let (iam, name) = (clients.iam(), &self.name);
        match self.kind {
            Kind::Group => {
                let call = iam.put_group_policy().group_name(name).policy_name(policy).policy_document(document);
                call.send().await.map_err(failure)?;
            }
            Kind::Role => {
                let call = iam.put_role_policy().role_name(name).policy_name(policy).policy_document(document);
                call.send().await.map_err(failure)?;
            }
            Kind::User => {
                let call = iam.put_user_policy().user_name(name).policy_name(policy).policy_document(document);
                call.send().await.map_err(failure)?;
            }
        }
        Ok(())
    }

    /// The document of an inline policy, as IAM encodes it.
    pub(super) async fn get_inline(&self, clients: &Clients, policy: &str) -> Result<String, Failure> {
        let (iam, name) = (clients.iam(), &self.name);
        Ok(match self.kind {
            Kind::Group => {
                let call = iam.get_group_policy().group_name(name).policy_name(policy);
                call.send().await.map_err(failure)?.policy_document
            }
            Kind::Role => {
                let call = iam.get_role_policy().role_name(name).policy_name(policy);
                call.send().await.map_err(failure)?.policy_document
            }
            Kind::User => {
                let call = iam.get_user_policy().user_name(name).policy_name(policy);
                call.send().await.map_err(failure)?.policy_document
            }
        })
    }

    /// Takes an inline policy away.
    pub(super) async fn delete_inline(&self, clients: &Clients, policy: &str) -> Result<(), Failure> {
        let (iam, name) = (clients.iam(), &self.name);
        match self.kind {
            Kind::Group => {
                iam.delete_group_policy().group_name(name).policy_name(policy).send().await.map_err(failure)?;
            }
            Kind::Role => {
                iam.delete_role_policy().role_name(name).policy_name(policy).send().await.map_err(failure)?;
            }
            Kind::User => {
                iam.delete_user_policy().user_name(name).policy_name(policy).send().await.map_err(failure)?;
            }
        }
        Ok(())
    }
}
