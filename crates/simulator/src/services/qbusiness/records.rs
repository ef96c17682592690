//! What Q Business keeps.

use super::timing::{self, Times};
use crate::services::life::Life;
use crate::services::shared::Tags;
use crate::services::sync_runs::SyncRun;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Values by the member names of the service's answers.
pub(crate) type Settings = Map<String, Value>;

/// An application, or something in one: all have the same form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// Its application; of an application, itself.
    pub(crate) application: String,
    /// Of a data source.
    pub(crate) index: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) tags: Tags,
    pub(crate) life: Life,
}

impl Item {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name)?.as_str()
    }

    /// `APPLICATION`, `APPLICATION|ID`, of a data source `APPLICATION|INDEX|ID`.
    pub(crate) fn key(&self) -> String {
        match &self.index {
            Some(index) => format!("{}|{index}|{}", self.application, self.id),
            None if self.id == self.application => self.id.clone(),
            None => format!("{}|{}", self.application, self.id),
        }
    }
}

/// A kind of [`Item`].
pub(crate) trait Thing: Record {
    /// The member that names one: `indexId`.
    const ID: &'static str;
    const ARN: &'static str;
    /// The member of listings: `indices`.
    const LIST: &'static str;
    /// As it is called in ARNs: `index`.
    const PATH: &'static str;
    /// As it is called in messages and as the `resourceType` of errors.
    const WORD: &'static str;
    /// The members of a creation that it keeps.
    const KEPT: &'static [&'static str];
    /// Further members, which only updates take.
    const UPDATED: &'static [&'static str];
    /// What listings tell beside the id, the status and the moments.
    const SUMMARY: &'static [&'static str];
    const TIMES: Times;

    fn of(item: Item) -> Self;
    fn item(&self) -> &Item;
    fn item_mut(&mut self) -> &mut Item;
}

macro_rules! thing {
    ($(#[$doc:meta])* $type:ident, $path:literal, $word:literal, $id:literal, $arn:literal, $list:literal, $times:ident,
     kept: $kept:expr, updated: $updated:expr, summary: $summary:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $type(Item);

        impl Record for $type {
            const SERVICE: &'static str = "qbusiness";
            const KIND: &'static str = $path;

            fn gone(&self) -> Option<Timestamp> {
                self.0.life.deleted
            }

            fn is_metered(&self) -> bool {
                Self::KIND == "index"
            }
        }

        impl Thing for $type {
            const ID: &'static str = $id;
            const ARN: &'static str = $arn;
            const LIST: &'static str = $list;
            const PATH: &'static str = $path;
            const WORD: &'static str = $word;
            const KEPT: &'static [&'static str] = $kept;
            const UPDATED: &'static [&'static str] = $updated;
            const SUMMARY: &'static [&'static str] = $summary;
            const TIMES: Times = timing::$times;

            fn of(item: Item) -> Self {
                Self(item)
            }

            fn item(&self) -> &Item {
                &self.0
            }

            fn item_mut(&mut self) -> &mut Item {
                &mut self.0
            }
        }
    };
}

thing!(
    /// An application.
    Application, "application", "Application", "applicationId", "applicationArn", "applications", APPLICATION,
    kept: &[
        "displayName", "description", "roleArn", "identityType", "iamIdentityProviderArn", "clientIdsForOIDC",
        "encryptionConfiguration", "attachmentsConfiguration", "qAppsConfiguration", "personalizationConfiguration",
        "quickSightConfiguration",
    ],
    updated: &["autoSubscriptionConfiguration"],
    summary: &["displayName", "identityType", "quickSightConfiguration"]
);
thing!(
    /// An index.
    Index, "index", "Index", "indexId", "indexArn", "indices", INDEX,
    kept: &["displayName", "description", "type", "capacityConfiguration"],
    updated: &["documentAttributeConfigurations"],
    summary: &["displayName"]
);
thing!(
    /// A retriever.
    Retriever, "retriever", "Retriever", "retrieverId", "retrieverArn", "retrievers", RETRIEVER,
    kept: &["displayName", "type", "configuration", "roleArn"],
    updated: &[],
    summary: &["displayName", "type"]
);
thing!(
    /// A data source.
    DataSource, "data-source", "DataSource", "dataSourceId", "dataSourceArn", "dataSources", DATA_SOURCE,
    kept: &[
        "displayName", "description", "configuration", "vpcConfiguration", "syncSchedule", "roleArn",
        "documentEnrichmentConfiguration", "mediaExtractionConfiguration",
    ],
    updated: &[],
    summary: &["displayName", "type"]
);
thing!(
    /// A web experience.
    WebExperience, "web-experience", "WebExperience", "webExperienceId", "webExperienceArn", "webExperiences",
    WEB_EXPERIENCE,
    kept: &[
        "title", "subtitle", "welcomeMessage", "samplePromptsControlMode", "origins", "roleArn",
        "identityProviderConfiguration", "browserExtensionConfiguration", "customizationConfiguration",
    ],
    updated: &["authenticationConfiguration"],
    summary: &["defaultEndpoint"]
);
thing!(
    /// A plugin.
    Plugin, "plugin", "Plugin", "pluginId", "pluginArn", "plugins", PLUGIN,
    kept: &["displayName", "type", "authConfiguration", "serverUrl", "customPluginConfiguration"],
    updated: &["state"],
    summary: &["displayName", "type", "serverUrl", "state"]
);
thing!(
    /// A data accessor: an independent software vendor who may ask the index.
    DataAccessor, "data-accessor", "DataAccessor", "dataAccessorId", "dataAccessorArn", "dataAccessors", DATA_ACCESSOR,
    kept: &["displayName", "principal", "actionConfigurations", "authenticationDetail"],
    updated: &[],
    summary: &["displayName", "idcApplicationArn", "principal", "authenticationDetail"]
);

macro_rules! record {
    ($type:ty, $kind:literal, $inventory:literal) => {
        impl Record for $type {
            const SERVICE: &'static str = "qbusiness";
            const KIND: &'static str = $kind;
            const INVENTORY: bool = $inventory;

            fn gone(&self) -> Option<Timestamp> {
                self.gone
            }
        }
    };
}

/// A group of people of an index, stored by `APPLICATION|INDEX|SOURCE|NAME`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) data_source: Option<String>,
    /// In lower case, as access lists compare them.
    pub(crate) users: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    /// When each change of it was asked for, the oldest first.
    pub(crate) changes: Vec<Timestamp>,
    pub(crate) gone: Option<Timestamp>,
}
record!(Group, "group", true);

/// What an application may answer, stored by the application. It is part of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct ChatControls {
    /// `responseScope` and the like, as they were last given.
    pub(crate) settings: Settings,
    pub(crate) blocked_phrases: BTreeSet<String>,
    pub(crate) blocked_message: Option<String>,
    /// By name.
    pub(crate) topics: BTreeMap<String, Value>,
    pub(crate) gone: Option<Timestamp>,
}
record!(ChatControls, "chat-controls", false);

/// Somebody who pays for an application, stored by `APPLICATION|ID`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) principal: Principal,
    pub(crate) current: String,
    /// None: it was cancelled, and ends with the month.
    pub(crate) next: Option<String>,
    pub(crate) gone: Option<Timestamp>,
}
record!(Subscription, "subscription", true);

/// Who has a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Principal {
    /// A user of IAM Identity Center.
    User(String),
    /// A group there.
    Group(String),
    /// A user who came by federation, with the id that Q Business gave.
    Federated {
        /// Theirs in listings.
        id: String,
        /// By which they come back.
        email: String,
    },
}

/// A statement of an application's policy, stored by `APPLICATION|STATEMENT`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Permission {
    pub(crate) statement: Value,
    pub(crate) gone: Option<Timestamp>,
}
record!(Permission, "permission", true);

/// What a user said, stored by `APPLICATION|CONVERSATION`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) email: String,
    pub(crate) gone: Option<Timestamp>,
}
record!(Conversation, "conversation", false);

/// A document in an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) uri: Option<String>,
    /// Who may read it and who not; none: it has no access list, and everybody may.
    pub(crate) access: Option<Vec<AccessEntry>>,
}

/// An entry of an access list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessEntry {
    /// In lower case if it is a user.
    pub(crate) name: String,
    pub(crate) is_group: bool,
    pub(crate) allows: bool,
}

impl Record for SyncRun<Document> {
    const SERVICE: &'static str = "qbusiness";
    const KIND: &'static str = "sync-run";
    const INVENTORY: bool = false;

    fn gone(&self) -> Option<Timestamp> {
        self.gone
    }
}
