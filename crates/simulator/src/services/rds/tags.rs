//! Tags of everything that RDS keeps, by ARN.

use super::records::{Cluster, ClusterSnapshot, Instance, ParameterGroup, SubnetGroup};
use super::support::value;
use crate::service::{Call, ServiceError};
use crate::services::shared::{Answer, Tags, nothing, tag_list, tags_of, texts};
use crate::store::Record;
use serde_json::json;

trait Tagged: Record {
    fn tags(&mut self) -> &mut Tags;
}

macro_rules! tagged {
    ($($type:ty),*) => {$(
        impl Tagged for $type {
            fn tags(&mut self) -> &mut Tags {
                &mut self.tags
            }
        }
    )*};
}
tagged!(Cluster, ClusterSnapshot, Instance, ParameterGroup, SubnetGroup);

/// Works on the tags of one thing and keeps it if they changed.
fn at<R: Tagged>(
    call: &mut Call<'_>,
    key: &str,
    absent: ServiceError,
    work: impl FnOnce(&mut Tags) -> Result<(), ServiceError>,
) -> Result<Tags, ServiceError> {
    let mut record: R = call.store.get(call.account, call.region, key).ok_or(absent)?;
    let before = record.tags().clone();
    work(record.tags())?;
    let after = record.tags().clone();
    if after != before {
        call.store.put(call.account, call.region, key, &record);
    }
    Ok(after)
}

fn with(call: &mut Call<'_>, work: impl FnOnce(&mut Tags) -> Result<(), ServiceError>) -> Result<Tags, ServiceError> {
    let arn = call.required("ResourceName").to_owned();
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", _, "rds", region, account, kind, name] = parts.as_slice() else {
        return Err(value(format!("Invalid resource name: {arn}")));
    };
    if *account != call.account.as_str() || *region != call.region {
        return Err(value(format!("The specified resource name does not match an RDS resource in this region: {arn}")));
    }
    let absent = |code: &str, noun: &str| ServiceError::new(code, format!("{noun} not found: {name}"));
    match *kind {
        "cluster" => at::<Cluster>(call, name, absent("DBClusterNotFoundFault", "DBCluster"), work),
        "db" => at::<Instance>(call, name, absent("DBInstanceNotFound", "DBInstance"), work),
        "subgrp" => at::<SubnetGroup>(call, name, absent("DBSubnetGroupNotFoundFault", "DBSubnetGroup"), work),
        "cluster-snapshot" => {
            at::<ClusterSnapshot>(call, name, absent("DBClusterSnapshotNotFoundFault", "DBClusterSnapshot"), work)
        }
        "cluster-pg" => {
            let absent = absent("DBParameterGroupNotFound", "DBClusterParameterGroup");
            at::<ParameterGroup>(call, &format!("cluster/{name}"), absent, work)
        }
        "pg" => {
            let absent = absent("DBParameterGroupNotFound", "DBParameterGroup");
            at::<ParameterGroup>(call, &format!("instance/{name}"), absent, work)
        }
        _ => Err(value(format!("Invalid resource name: {arn}"))),
    }
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let new = tags_of(call.member("Tags"));
    if let Some(key) = new.keys().find(|key| key.to_lowercase().starts_with("aws:")) {
        return Err(value(format!("The tag key {key} is reserved: it begins with aws:")));
    }
    with(call, |tags| {
        tags.extend(new);
        if tags.len() > 50 {
            return Err(value("The number of tags has reached the maximum limit of 50."));
        }
        Ok(())
    })?;
    nothing()
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let keys = texts(call, "TagKeys");
    with(call, |tags| {
        tags.retain(|key, _| !keys.contains(key));
        Ok(())
    })?;
    nothing()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let tags = with(call, |_| Ok(()))?;
    Ok(json!({"TagList": tag_list(&tags)}))
}
