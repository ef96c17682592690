//! The accounts that a cloud begins with: as AWS Organizations hands them over, with nothing in them but the way in.

use crate::identity::{AccessKey, Caller, CallerKind, Role, User};
use crate::random::Random;
use crate::services::organizations::records::{Member, Tree};
use crate::store::{GLOBAL, Record, Store};
use charter_model::{AccountId, AccountName, AccountTarget};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The accounts that exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The account that manages the others.
    pub management: AccountId,
    /// The others. Each has the role `OrganizationAccountAccessRole`, which the management account can assume.
    pub members: Vec<AccountId>,
}

impl Organization {
    /// The accounts of an environment as an organization. The management account is the one named so, else the first that is reached
    /// without a role, else the first. None: there are no accounts.
    pub fn of(accounts: &BTreeMap<AccountName, AccountTarget>) -> Option<Self> {
        let (_, management) = accounts
            .iter()
            .find(|(name, _)| name.as_str() == "management")
            .or_else(|| accounts.iter().find(|(_, account)| account.role.is_none()))
            .or_else(|| accounts.iter().next())?;
        let management = management.known_id()?.clone();
        // Those that the stacks make are not there from the start.
        let known = accounts.values().filter_map(|account| account.known_id().cloned());
        let members = known.filter(|id| *id != management).collect();
        Some(Self { management, members })
    }

    /// Whether the way into an account is its administrator, a user: so it is with the one that manages the others.
    pub(crate) fn is_entered_as_user(store: &Store, account: &AccountId) -> bool {
        store.contains::<User>(account, GLOBAL, ADMIN)
    }
}

/// How the accounts stand to each other in the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// They are an organization.
    #[default]
    Together,
    /// They are the organization of this id.
    TogetherAs(String),
    /// There is no organization yet, and every account is for itself.
    Apart,
}

/// The keys of the management account's administrator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticCredentials {
    /// `AKIA…`
    pub access_key_id: String,
    /// Never shown.
    pub secret_access_key: String,
}

impl fmt::Debug for StaticCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StaticCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"(hidden)")
            .finish()
    }
}

/// The role that AWS Organizations makes in every account that it creates.
pub const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
pub(crate) const ADMIN: &str = "admin";

/// The organization's id, `o-…`, by account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) organization: String,
    pub(crate) management: AccountId,
}

impl Record for Membership {
    const SERVICE: &'static str = "organizations";
    const KIND: &'static str = "account";
    const INVENTORY: bool = false;
}

impl Membership {
    /// The only key: an account is in one organization at most.
    pub(crate) const KEY: &'static str = "membership";

    /// The organization that an account is in.
    pub(crate) fn of(store: &Store, account: &AccountId) -> Option<Self> {
        store.get(account, GLOBAL, Self::KEY)
    }
}

/// Makes what is missing of the accounts, and tells the administrator's keys. Safe to repeat; accounts can be added.
pub(crate) fn seed(
    store: &mut Store,
    seed: u64,
    organization: &Organization,
    standing: &Standing,
    now: Timestamp,
) -> StaticCredentials {
    store.set_seeding(true);
    let management = &organization.management;
    if *standing != Standing::Apart {
        let own = match standing {
            Standing::TogetherAs(id) => Some(id.as_str()),
            _ => None,
        };
        join(store, seed, organization, own, now);
    }
    for account in &organization.members {
        if !store.contains::<Role>(account, GLOBAL, ACCESS_ROLE) {
            let mut random = Random::new(seed, &format!("access-role/{account}"));
            let role = access_role(&mut random, ACCESS_ROLE, management, account, now);
            store.put(account, GLOBAL, ACCESS_ROLE, &role);
        }
    }
    let credentials = administrator(store, seed, management, now);
    store.set_seeding(false);
    credentials
}

/// Makes the accounts an organization, as far as they are not.
fn join(store: &mut Store, seed: u64, organization: &Organization, id: Option<&str>, now: Timestamp) {
    let management = &organization.management;
    let made = || format!("o-{}", Random::new(seed, &format!("organization/{management}")).lower_alphanumeric(10));
    let id = match Membership::of(store, management) {
        Some(membership) => membership.organization,
        None => id.map_or_else(made, str::to_owned),
    };
    let tree = store.get::<Tree>(management, GLOBAL, Tree::KEY).unwrap_or_else(|| {
        let root = Random::new(seed, &format!("root/{management}")).lower_alphanumeric(4);
        let tree = Tree::new(id.clone(), format!("r-{root}"), management.clone(), "ALL");
        store.put(management, GLOBAL, Tree::KEY, &tree);
        tree
    });
    for account in std::iter::once(management).chain(&organization.members) {
        let membership = Membership { organization: id.clone(), management: management.clone() };
        store.put(account, GLOBAL, Membership::KEY, &membership);
        if !store.contains::<Member>(management, GLOBAL, account.as_str()) {
            let member = Member {
                id: account.clone(),
                name: if account == management { "management".to_owned() } else { format!("account-{account}") },
                email: email(account),
                parent: tree.root.clone(),
                method: "INVITED".to_owned(),
                joined: now,
                closed: None,
                tags: BTreeMap::new(),
            };
            store.put(management, GLOBAL, account.as_str(), &member);
        }
    }
}

/// The address that an account is registered under which was there from the start.
pub(crate) fn email(account: &AccountId) -> String {
    format!("aws+{account}@example.com")
}

/// The role by which the management account gets into another one.
pub(crate) fn access_role(
    random: &mut Random,
    name: &str,
    management: &AccountId,
    account: &AccountId,
    now: Timestamp,
) -> Role {
    let trust = charter_access::RoleTrust::new(format!("arn:aws:iam::{management}:root")).with_session_tags();
    Role {
        name: name.to_owned(),
        id: format!("AROA{}", random.base32(17)),
        arn: format!("arn:aws:iam::{account}:role/{name}"),
        path: "/".to_owned(),
        trust_policy: trust.document().to_value().to_string(),
        description: None,
        max_session_duration: 3600,
        permissions_boundary: None,
        tags: BTreeMap::new(),
        inline_policies: BTreeMap::new(),
        attached_policies: BTreeSet::from([ADMINISTRATOR.to_owned()]),
        created: now,
        assumable: now,
        service_linked: false,
    }
}

/// Puts these inline policies in place of all that the way into an account has.
pub(crate) fn restrict(store: &mut Store, account: &AccountId, documents: &[String]) {
    store.set_seeding(true);
    let inline: BTreeMap<String, String> =
        documents.iter().enumerate().map(|(place, text)| (format!("deployer-{}", place + 1), text.clone())).collect();
    if let Some(mut role) = store.get::<Role>(account, GLOBAL, ACCESS_ROLE) {
        role.attached_policies.clear();
        role.inline_policies.clone_from(&inline);
        store.put(account, GLOBAL, ACCESS_ROLE, &role);
    }
    if let Some(mut user) = store.get::<User>(account, GLOBAL, ADMIN) {
        user.attached_policies.clear();
        user.inline_policies = inline;
        store.put(account, GLOBAL, ADMIN, &user);
    }
    store.set_seeding(false);
}

fn administrator(store: &mut Store, seed: u64, management: &AccountId, now: Timestamp) -> StaticCredentials {
    let mut random = Random::new(seed, &format!("administrator/{management}"));
    let user = User {
        name: ADMIN.to_owned(),
        id: format!("AIDA{}", random.base32(17)),
        arn: format!("arn:aws:iam::{management}:user/{ADMIN}"),
        path: "/".to_owned(),
        tags: BTreeMap::new(),
        inline_policies: BTreeMap::new(),
        attached_policies: BTreeSet::from([ADMINISTRATOR.to_owned()]),
        created: now,
    };
    let known = AccessKey::of_user(store, &user, management);
    if !store.contains::<User>(management, GLOBAL, ADMIN) {
        store.put(management, GLOBAL, ADMIN, &user);
    }
    let key = known.unwrap_or_else(|| {
        let key = AccessKey {
            id: format!("AKIA{}", random.base32(16)),
            secret: random.alphanumeric(40),
            session_token: None,
            expires: None,
            caller: Caller {
                account: management.clone(),
                arn: user.arn.clone(),
                user_id: user.id.clone(),
                kind: CallerKind::User(ADMIN.to_owned()),
            },
        };
        key.save(store);
        key
    });
    StaticCredentials { access_key_id: key.id, secret_access_key: key.secret }
}
