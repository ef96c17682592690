//! Parameter groups of clusters and of instances: one behaviour for the two.

use super::records::{Cluster, Instance, ParameterGroup};
use super::support::{combination, listed, passes, value};
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, nothing, tags_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Which of the two kinds a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Cluster,
    Instance,
}

/// The families that there are (`describe-db-engine-versions`, July 2026), for both kinds.
const FAMILIES: &[&str] = &[
    "aurora-mysql8.0",
    "aurora-postgresql13",
    "aurora-postgresql14",
    "aurora-postgresql15",
    "aurora-postgresql16",
    "aurora-postgresql17",
    "mysql8.0",
    "mysql8.4",
    "postgres13",
    "postgres14",
    "postgres15",
    "postgres16",
    "postgres17",
];

/// Parameters that are often set: name, whether a change waits for a reboot, type, default. A group holds some four hundred more,
/// which are taken as dynamic strings.
const KNOWN: &[(&str, bool, &str, Option<&str>)] = &[
    ("autovacuum", false, "boolean", Some("1")),
    ("log_min_duration_statement", false, "integer", None),
    ("log_statement", false, "string", None),
    ("max_connections", true, "integer", Some("LEAST({DBInstanceClassMemory/9531392},5000)")),
    ("pg_stat_statements.track", false, "string", None),
    ("rds.force_ssl", false, "boolean", Some("1")),
    ("rds.logical_replication", true, "boolean", Some("0")),
    ("shared_buffers", true, "integer", Some("SUM({DBInstanceClassMemory/12038},-50003)")),
    ("shared_preload_libraries", true, "list", Some("pg_stat_statements")),
    ("statement_timeout", false, "integer", None),
    ("timezone", false, "string", Some("UTC")),
    ("wal_sender_timeout", false, "integer", Some("30000")),
    ("work_mem", false, "integer", None),
];

impl Of {
    fn member(self) -> &'static str {
        match self {
            Self::Cluster => "DBClusterParameterGroupName",
            Self::Instance => "DBParameterGroupName",
        }
    }

    fn whole(self) -> &'static str {
        match self {
            Self::Cluster => "DBClusterParameterGroup",
            Self::Instance => "DBParameterGroup",
        }
    }

    pub(super) fn key(self, name: &str) -> String {
        match self {
            Self::Cluster => format!("cluster/{name}"),
            Self::Instance => format!("instance/{name}"),
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Cluster => "cluster/",
            Self::Instance => "instance/",
        }
    }

    fn arn(self, call: &Call<'_>, name: &str) -> String {
        match self {
            Self::Cluster => call.arn("rds", format!("cluster-pg:{name}")),
            Self::Instance => call.arn("rds", format!("pg:{name}")),
        }
    }

    fn shown(self, group: &ParameterGroup) -> Value {
        json!({
            self.member(): group.name,
            "DBParameterGroupFamily": group.family,
            "Description": group.description,
            format!("{}Arn", self.whole()): group.arn,
        })
    }

    /// The groups that AWS keeps for everybody.
    fn default_group(self, call: &Call<'_>, name: &str) -> Option<ParameterGroup> {
        let family = name.strip_prefix("default.").filter(|family| FAMILIES.contains(family))?;
        if self == Self::Cluster && !family.starts_with("aurora") {
            return None;
        }
        Some(ParameterGroup {
            name: name.to_owned(),
            arn: self.arn(call, name),
            family: family.to_owned(),
            description: match self {
                Self::Cluster => format!("Default cluster parameter group for {family}"),
                Self::Instance => format!("Default parameter group for {family}"),
            },
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
        })
    }
}

/// The operations on groups of both kinds answer with the instance kind's code; only a cluster that names a missing group gets
/// the cluster kind's.
fn absent(of: Of, name: &str) -> ServiceError {
    ServiceError::new("DBParameterGroupNotFound", format!("{} not found: {name}", of.whole())).with_status(404)
}

/// The group that a cluster or an instance asks for, with its family.
pub(super) fn find(call: &Call<'_>, of: Of, name: &str) -> Result<ParameterGroup, ServiceError> {
    let name = name.to_ascii_lowercase();
    call.store.get(call.account, call.region, &of.key(&name)).or_else(|| of.default_group(call, &name)).ok_or_else(
        || match of {
            Of::Cluster => ServiceError::new(
                "DBClusterParameterGroupNotFound",
                format!("DBClusterParameterGroup not found: {name}"),
            ),
            Of::Instance => absent(of, &name),
        },
    )
}

pub(super) fn create(call: &mut Call<'_>, of: Of) -> Answer {
    let name = call.required(of.member()).to_ascii_lowercase();
    let sound = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 255
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        && !name.ends_with('-')
        && !name.contains("--");
    if !sound {
        return Err(value(format!(
            "The parameter {} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, \
             and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
            of.member()
        )));
    }
    let family = call.required("DBParameterGroupFamily").to_owned();
    if !FAMILIES.contains(&family.as_str()) {
        return Err(value(format!("ParameterGroupFamily {family} is not a valid parameter group family")));
    }
    if call.store.contains::<ParameterGroup>(call.account, call.region, &of.key(&name)) {
        return Err(ServiceError::new(
            "DBParameterGroupAlreadyExists",
            format!("Parameter group {name} already exists"),
        ));
    }
    let group = ParameterGroup {
        arn: of.arn(call, &name),
        family,
        description: call.required("Description").to_owned(),
        parameters: BTreeMap::new(),
        tags: tags_of(call.member("Tags")),
        name,
    };
    call.store.put(call.account, call.region, &of.key(&group.name), &group);
    Ok(json!({of.whole(): of.shown(&group)}))
}

pub(super) fn describe(call: &mut Call<'_>, of: Of) -> Answer {
    let list = format!("{}s", of.whole());
    if let Some(name) = call.text(of.member()) {
        let name = name.to_ascii_lowercase();
        let group: ParameterGroup = call
            .store
            .read(call.account, call.region, &of.key(&name))
            .or_else(|| of.default_group(call, &name))
            .ok_or_else(|| absent(of, &name))?;
        return Ok(json!({ list: [of.shown(&group)] }));
    }
    passes(call, |_| None)?;
    let groups = call.store.read_all::<ParameterGroup>(call.account, call.region).into_iter();
    let groups = groups.filter(|(key, _)| key.starts_with(of.prefix())).map(|(key, group)| (key, of.shown(&group)));
    listed(call, &list, groups.collect())
}

fn shown_parameter(name: &str, fixed: bool, kind: &str, held: Option<&str>, source: &str, method: &str) -> Value {
    json!({
        "ParameterName": name,
        "ParameterValue": held,
        "Source": source,
        "ApplyType": if fixed { "static" } else { "dynamic" },
        "DataType": kind,
        "IsModifiable": true,
        "ApplyMethod": method,
        "SupportedEngineModes": ["provisioned"],
    })
}

pub(super) fn describe_parameters(call: &mut Call<'_>, of: Of) -> Answer {
    let name = call.required(of.member()).to_ascii_lowercase();
    let group: ParameterGroup = call
        .store
        .read(call.account, call.region, &of.key(&name))
        .or_else(|| of.default_group(call, &name))
        .ok_or_else(|| absent(of, &name))?;
    let source = call.text("Source").map(str::to_owned);
    let mut parameters: BTreeMap<String, Value> = BTreeMap::new();
    for (name, fixed, kind, default) in KNOWN {
        let source = if default.is_some() { "system" } else { "engine-default" };
        let method = if *fixed { "pending-reboot" } else { "immediate" };
        parameters.insert((*name).to_owned(), shown_parameter(name, *fixed, kind, *default, source, method));
    }
    for (name, (held, method)) in &group.parameters {
        let known = KNOWN.iter().find(|(known, ..)| known == name);
        let (fixed, kind) = known.map_or((false, "string"), |(_, fixed, kind, _)| (*fixed, *kind));
        parameters.insert(name.clone(), shown_parameter(name, fixed, kind, Some(held), "user", method));
    }
    let wanted = |shown: &Value| {
        source.as_deref().is_none_or(|source| shown.get("Source").and_then(Value::as_str) == Some(source))
    };
    listed(call, "Parameters", parameters.into_iter().filter(|(_, shown)| wanted(shown)).collect())
}

fn own(call: &Call<'_>, of: Of) -> Result<ParameterGroup, ServiceError> {
    let name = call.required(of.member()).to_ascii_lowercase();
    if name.starts_with("default.") {
        return Err(value("The parameter DBParameterGroupName must be provided and must not be a default group."));
    }
    call.store.get(call.account, call.region, &of.key(&name)).ok_or_else(|| absent(of, &name))
}

/// Name, value and apply method of each parameter of the call.
fn given(call: &Call<'_>) -> Vec<(String, Option<String>, String)> {
    let text = |parameter: &Value, member: &str| parameter.get(member).and_then(Value::as_str).map(str::to_owned);
    let list = call.member("Parameters").and_then(Value::as_array).into_iter().flatten();
    list.map(|parameter| {
        (
            text(parameter, "ParameterName").unwrap_or_default(),
            text(parameter, "ParameterValue"),
            text(parameter, "ApplyMethod").unwrap_or_default(),
        )
    })
    .collect()
}

pub(super) fn modify(call: &mut Call<'_>, of: Of) -> Answer {
    let mut group = own(call, of)?;
    let given = given(call);
    if given.len() > 20 {
        return Err(value("A maximum of 20 parameters can be modified in a single request."));
    }
    for (name, held, method) in given {
        let sound = !name.is_empty()
            && name.chars().all(|character| {
                character.is_ascii_lowercase() || character.is_ascii_digit() || "_.".contains(character)
            });
        let Some(held) = held.filter(|_| sound) else {
            return Err(value(format!("Could not find parameter with name: {name}")));
        };
        let known = KNOWN.iter().find(|(known, ..)| *known == name);
        if known.is_some_and(|(_, fixed, ..)| *fixed) && method == "immediate" {
            return Err(combination(format!("cannot use immediate apply method for static parameter: {name}")));
        }
        let valid = match known.map(|(_, _, kind, _)| *kind) {
            Some("boolean") => matches!(held.as_str(), "0" | "1" | "on" | "off" | "true" | "false"),
            Some("integer") => held.parse::<i64>().is_ok() || held.contains(['{', '(']),
            _ => true,
        };
        if !valid {
            return Err(value(format!("Invalid parameter value: {held} for: {name}")));
        }
        group.parameters.insert(name, (held, method));
    }
    call.store.put(call.account, call.region, &of.key(&group.name), &group);
    Ok(json!({of.member(): group.name}))
}

pub(super) fn reset(call: &mut Call<'_>, of: Of) -> Answer {
    let mut group = own(call, of)?;
    let given = given(call);
    if call.flag("ResetAllParameters").unwrap_or(false) {
        group.parameters.clear();
    } else if given.is_empty() {
        return Err(combination("Parameters must be specified when ResetAllParameters is false."));
    }
    given.iter().for_each(|(name, ..)| drop(group.parameters.remove(name)));
    call.store.put(call.account, call.region, &of.key(&group.name), &group);
    Ok(json!({of.member(): group.name}))
}

pub(super) fn delete(call: &mut Call<'_>, of: Of) -> Answer {
    let group = own(call, of)?;
    let used = match of {
        Of::Cluster => call
            .store
            .list::<Cluster>(call.account, call.region)
            .iter()
            .any(|(_, cluster)| cluster.setting("DBClusterParameterGroup") == group.name),
        Of::Instance => call.store.list::<Instance>(call.account, call.region).iter().any(|(_, instance)| {
            instance.settings.get("DBParameterGroupName").and_then(Value::as_str) == Some(group.name.as_str())
        }),
    };
    if used {
        return Err(ServiceError::new(
            "InvalidDBParameterGroupState",
            format!(
                "One or more database instances are still members of this parameter group {}, so the group cannot be deleted",
                group.name
            ),
        ));
    }
    call.store.remove::<ParameterGroup>(call.account, call.region, &of.key(&group.name));
    nothing()
}
