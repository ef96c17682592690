//! Engines and their versions, as far as Aurora and the plain engines beside it go.

use super::support::combination;
use crate::service::ServiceError;

/// An engine with what follows from it.
pub(super) struct Engine {
    pub(super) name: &'static str,
    /// The first is the default.
    versions: &'static [&'static str],
    pub(super) port: i64,
    pub(super) reserved: &'static [&'static str],
    pub(super) logs: &'static [&'static str],
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/aurorapostgresql-release-calendar.html> and the pages of
/// the other engines.
const ENGINES: &[Engine] = &[
    Engine {
        name: "aurora-postgresql",
        versions: &[
            "17.5", "17.4", "16.9", "16.8", "16.6", "16.4", "16.3", "16.2", "16.1", "15.13", "15.12", "15.10", "15.8",
            "15.7", "15.6", "15.5", "15.4", "15.3", "14.18", "14.17", "14.15", "14.13", "14.12", "14.11", "14.10",
            "14.9", "13.21", "13.20", "13.18",
        ],
        port: 5432,
        reserved: &["admin", "rdsadmin"],
        logs: &["postgresql", "instance", "iam-db-auth-error"],
    },
    Engine {
        name: "aurora-mysql",
        versions: &[
            "8.0.mysql_aurora.3.08.2",
            "8.0.mysql_aurora.3.08.0",
            "8.0.mysql_aurora.3.07.1",
            "8.0.mysql_aurora.3.05.2",
            "8.0.mysql_aurora.3.04.3",
        ],
        port: 3306,
        reserved: &["rdsadmin"],
        logs: &["audit", "error", "general", "slowquery", "instance", "iam-db-auth-error"],
    },
    Engine {
        name: "postgres",
        versions: &["17.5", "17.4", "16.9", "16.8", "15.13", "15.12", "15.4", "14.18", "13.21"],
        port: 5432,
        reserved: &["admin", "rdsadmin"],
        logs: &["postgresql", "upgrade", "iam-db-auth-error"],
    },
    Engine {
        name: "mysql",
        versions: &["8.4.5", "8.0.42", "8.0.40"],
        port: 3306,
        reserved: &["rdsadmin"],
        logs: &["audit", "error", "general", "slowquery", "iam-db-auth-error"],
    },
];

pub(super) fn engine(name: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| engine.name == name)
}

impl Engine {
    pub(super) fn is_aurora(&self) -> bool {
        self.name.starts_with("aurora")
    }

    /// The full version for a version, a major version (`15`) or nothing.
    pub(super) fn version(&self, asked: Option<&str>) -> Result<&'static str, ServiceError> {
        let found = match asked {
            None => self.versions.first(),
            Some(asked) => self
                .versions
                .iter()
                .find(|version| **version == asked)
                .or_else(|| self.versions.iter().find(|version| version.starts_with(&format!("{asked}.")))),
        };
        found
            .copied()
            .ok_or_else(|| combination(format!("Cannot find version {} for {}", asked.unwrap_or_default(), self.name)))
    }

    /// `aurora-postgresql15`.
    pub(super) fn family(&self, version: &str) -> String {
        let major = if self.port == 5432 {
            version.split('.').next().unwrap_or_default().to_owned()
        } else {
            version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
        };
        format!("{}{major}", self.name)
    }
}
