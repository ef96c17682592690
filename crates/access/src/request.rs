//! What is asked: who, which action, on what, in which circumstances. Imports nothing.

use std::collections::BTreeMap;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The root user of an account.
    Root {
        /// Twelve digits.
        account: String,
    },
    /// An IAM user.
    User {
        /// Twelve digits.
        account: String,
        /// `arn:aws:iam::111111111111:user/ana`
        arn: String,
    },
    /// A session of a role: whoever assumed it.
    Role {
        /// Twelve digits.
        account: String,
        /// `arn:aws:iam::111111111111:role/reader`
        arn: String,
        /// The name of the session, where one is asked about; without it, any session.
        session: Option<String>,
    },
    /// A session made by `sts:GetFederationToken`.
    FederatedUser {
        /// Twelve digits.
        account: String,
        /// `arn:aws:sts::111111111111:federated-user/ana`
        arn: String,
        /// The IAM user who asked for the session.
        user: String,
    },
    /// A service: `kendra.amazonaws.com`.
    Service(String),
    /// Somebody whom an identity provider vouches for, before a role is assumed: the ARN or name of the provider.
    Federated(String),
    /// Nobody known.
    Anonymous,
}

impl Caller {
    /// The account that it belongs to.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
            Self::Service(_) | Self::Federated(_) | Self::Anonymous => None,
        }
    }

    /// The caller of an ARN of a role, user, session, federated user or account root. None for any other text.
    pub fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let ("arn", partition, service) = (parts.next()?, parts.next()?, parts.next()?) else { return None };
        let (_, account, rest) = (parts.next()?, parts.next()?.to_owned(), parts.next()?);
        let arn = arn.to_owned();
        match (service, rest.split_once('/')) {
            ("iam", None) if rest == "root" => Some(Self::Root { account }),
            ("iam", Some(("role", _))) => Some(Self::Role { account, arn, session: None }),
            ("iam", Some(("user", _))) => Some(Self::User { account, arn }),
            ("sts", Some(("assumed-role", rest))) => {
                let (role, session) = rest.split_once('/')?;
                // The path of the role is not in the ARN of its sessions.
                let arn = format!("arn:{partition}:iam::{account}:role/{role}");
                Some(Self::Role { account, arn, session: Some(session.to_owned()) })
            }
            ("sts", Some(("federated-user", name))) => {
                let user = format!("arn:{partition}:iam::{account}:user/{name}");
                Some(Self::FederatedUser { account, arn, user })
            }
            _ => None,
        }
    }

    /// The ARN of the session, where one is named: what a policy may name beside the role.
    pub(crate) fn session_arn(&self) -> Option<String> {
        match self {
            Self::Role { account, arn, session: Some(session) } => {
                let partition = arn.split(':').nth(1)?;
                let role = arn.rsplit('/').next()?;
                Some(format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}"))
            }
            Self::FederatedUser { arn, .. } => Some(arn.clone()),
            _ => None,
        }
    }
}

/// The condition keys of a request. Names compare without case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Vec<String>>,
    open: bool,
    absent: Vec<String>,
}

/// What is known of a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyValue<'a> {
    Present(&'a [String]),
    Absent,
    /// It may be anything, or absent.
    Open,
}

impl Context {
    /// Exactly the keys that are added: what is not there is absent from the request.
    pub fn closed() -> Self {
        Self::default()
    }

    /// Any request: what is not added may have any value, or none.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// With a key of these values.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
        self
    }

    /// With a key that is certainly not in the request. A name that ends with `/` stands for all keys below it.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.absent.push(key.to_ascii_lowercase());
        self
    }

    pub(crate) fn get(&self, key: &str) -> KeyValue<'_> {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            Some(values) => KeyValue::Present(values),
            None if !self.open => KeyValue::Absent,
            None if self
                .absent
                .iter()
                .any(|absent| key == *absent || (absent.ends_with('/') && key.starts_with(absent.as_str()))) =>
            {
                KeyValue::Absent
            }
            None => KeyValue::Open,
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who.
    pub caller: Caller,
    /// `kendra:Query`
    pub action: String,
    /// The ARN; `*` for actions that take none.
    pub resource: String,
    /// The account that owns the resource; none: that of the caller.
    pub resource_account: Option<String>,
    /// In which circumstances.
    pub context: Context,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_one_of_its_role() {
        let caller = Caller::from_arn("arn:aws:sts::111111111111:assumed-role/reader/lambda").unwrap();
        assert_eq!(
            caller,
            Caller::Role {
                account: "111111111111".to_owned(),
                arn: "arn:aws:iam::111111111111:role/reader".to_owned(),
                session: Some("lambda".to_owned())
            }
        );
        assert_eq!(caller.session_arn().unwrap(), "arn:aws:sts::111111111111:assumed-role/reader/lambda");
        assert_eq!(Caller::from_arn("arn:aws:s3:::bucket"), None);
    }
}
