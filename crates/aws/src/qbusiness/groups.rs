//! `Charter::QBusiness::Group`: who is in a group that access lists name.
//!
//! The API takes members and never tells them: GetGroup answers whether and when a change was taken in. So the record tells who is
//! in a group as long as nobody has changed it since; after that its members are not known, which shows as drift. A group has no
//! tags, and its name is its own: one that is there already is somebody else's.

use crate::clients::Clients;
use crate::convert;
use crate::errors::failure;
use crate::living::{Entity, Found, Health, optional};
use crate::settle::{Change, explain_existing, if_found};
use async_trait::async_trait;
use aws_sdk_qbusiness::operation::get_group::GetGroupOutput;
use aws_sdk_qbusiness::operation::put_group::builders::PutGroupInputBuilder;
use aws_sdk_qbusiness::primitives::DateTime;
use aws_sdk_qbusiness::types::{GroupMembers, GroupStatus, MembershipType};
use charter_provider::{
    CreateRequest, DeleteRequest, Failure, FailureCode, ListRequest, ListResponse, Properties, RecoverRequest,
};
use serde_json::Value;
use std::time::{Duration, SystemTime};

const TYPE: &str = "Charter::QBusiness::Group";
/// The length of every id of Q Business.
const ID: usize = 36;

/// Serves groups.
pub(super) struct Groups;

/// Which group.
struct Place {
    application: String,
    index: String,
    source: Option<String>,
    name: String,
}

impl Place {
    fn of(properties: &Properties) -> Result<Self, Failure> {
        Ok(Self {
            application: convert::required(properties, "ApplicationId")?,
            index: convert::required(properties, "IndexId")?,
            source: convert::get(properties, "DataSourceId")?,
            name: convert::required(properties, "GroupName")?,
        })
    }

    /// `ApplicationId|IndexId|GroupName`, or with the data source before the name.
    fn parse(identifier: &str) -> Result<Self, Failure> {
        let mut parts = identifier.splitn(3, '|').filter(|part| !part.is_empty());
        let (Some(application), Some(index), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            let message = format!(
                "{identifier} is not an identifier of {TYPE}: write ApplicationId|IndexId|GroupName, or \
                 ApplicationId|IndexId|DataSourceId|GroupName"
            );
            return Err(Failure::new(FailureCode::InvalidRequest, message));
        };
        let (source, name) = match rest.split_once('|') {
            Some((source, name)) if source.len() == ID && !name.is_empty() => (Some(source.to_owned()), name),
            _ => (None, rest),
        };
        Ok(Self { application: application.to_owned(), index: index.to_owned(), source, name: name.to_owned() })
    }

    fn id(&self) -> String {
        match &self.source {
            Some(source) => format!("{source}|{}", self.name),
            None => self.name.clone(),
        }
    }

    fn identifier(&self) -> String {
        format!("{}|{}|{}", self.application, self.index, self.id())
    }

    async fn get(&self, clients: &Clients) -> Result<Option<GetGroupOutput>, Failure> {
        let call = clients.q_business().get_group().application_id(&self.application).index_id(&self.index);
        let call = call.group_name(&self.name).set_data_source_id(self.source.clone());
        if_found(call.send().await.map_err(failure))
    }

    async fn put(&self, clients: &Clients, desired: &Properties) -> Result<(), Failure> {
        let input: PutGroupInputBuilder = convert::input(desired)?;
        let members = input.get_group_members().clone().unwrap_or_else(|| GroupMembers::builder().build());
        let kind = if self.source.is_some() { MembershipType::Datasource } else { MembershipType::Index };
        let call = input.group_members(members).r#type(kind).send_with(clients.q_business());
        call.await.map(drop).map_err(failure)
    }

    fn properties(&self, seen: &GetGroupOutput, recorded: Option<&Properties>) -> Properties {
        let mut properties = Properties::new();
        convert::put(&mut properties, "ApplicationId", &self.application);
        convert::put(&mut properties, "IndexId", &self.index);
        convert::put(&mut properties, "GroupName", &self.name);
        convert::put(&mut properties, "DataSourceId", &self.source);
        convert::put(&mut properties, "Id", &self.id());
        if let Some(status) = seen.status() {
            convert::put(&mut properties, "Status", &status.status().map(|status| status.as_str().to_owned()));
            convert::put(&mut properties, "LastUpdatedAt", &status.last_updated_at().copied());
        }
        let Some(recorded) = recorded else { return properties };
        // A record without a moment is what was just asked for.
        let then = recorded.get("LastUpdatedAt");
        if then.is_none() || then == properties.get("LastUpdatedAt") {
            for name in ["GroupMembers", "RoleArn"] {
                if let Some(value) = recorded.get(name).filter(|value| !is_nobody(value)) {
                    properties.insert(name.to_owned(), value.clone());
                }
            }
        }
        properties
    }
}

/// Empty lists are as good as none.
fn is_nobody(members: &Value) -> bool {
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    members.as_object().is_some_and(|members| members.values().all(is_empty))
}

#[async_trait]
impl Entity for Groups {
    const TYPE: &'static [&'static str] = &[TYPE];
    const LONGEST_WAIT: Duration = Duration::from_secs(10);
    // Who is in it is never told.
    const MOVES: Option<&'static str> = Some("LastUpdatedAt");

    async fn make(&self, clients: &Clients, request: &CreateRequest) -> Result<String, Failure> {
        let place = Place::of(&request.properties)?;
        // PutGroup would replace the members of one that is there.
        if place.get(clients).await?.is_some() {
            let message = format!("the group {} is there", place.name);
            let failure = Failure::new(FailureCode::AlreadyExists, message);
            return Err(explain_existing(failure, "group", &place.identifier()));
        }
        place.put(clients, &request.properties).await?;
        Ok(place.identifier())
    }

    async fn find(
        &self,
        clients: &Clients,
        identifier: &str,
        recorded: Option<&Properties>,
    ) -> Result<Option<Found>, Failure> {
        let place = Place::parse(identifier)?;
        let Some(seen) = place.get(clients).await? else { return Ok(None) };
        let detail = seen.status();
        let status = detail.and_then(|detail| detail.status());
        let health = match status {
            Some(GroupStatus::Deleted) => return Ok(None),
            Some(GroupStatus::Failed) => {
                let words = detail.and_then(|detail| detail.error_detail()?.error_message());
                Health::Failed(words.map(str::to_owned))
            }
            Some(GroupStatus::Processing | GroupStatus::Deleting) => Health::Waiting,
            _ => Health::Ready,
        };
        let status = status.map_or("", |status| status.as_str()).to_owned();
        Ok(Some(Found { properties: place.properties(&seen, recorded), status, health }))
    }

    async fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        let place = Place::parse(change.identifier)?;
        // Of one that is gone, it would make a new one.
        if place.get(change.clients).await?.is_none() {
            return Err(crate::progress::not_found(TYPE, change.identifier));
        }
        place.put(change.clients, change.desired).await
    }

    async fn remove(&self, clients: &Clients, request: &DeleteRequest) -> Result<(), Failure> {
        let place = Place::parse(&request.identifier)?;
        let call = clients.q_business().delete_group().application_id(place.application).index_id(place.index);
        let call = call.group_name(place.name).set_data_source_id(place.source);
        call.send().await.map(drop).map_err(failure)
    }

    async fn list(&self, clients: &Clients, request: &ListRequest) -> Result<ListResponse, Failure> {
        let application: String = convert::required(&request.filter, "ApplicationId")?;
        let index: String = convert::required(&request.filter, "IndexId")?;
        let source = optional(request, "DataSourceId");
        // It lists what was last changed before a moment; a day from now, that is everything.
        let moment = DateTime::from(SystemTime::now() + Duration::from_secs(86_400));
        let call = clients.q_business().list_groups().application_id(&application).index_id(&index);
        let call = call.updated_earlier_than(moment).set_data_source_id(source.clone());
        let answer = call.set_next_token(request.page.clone()).send().await.map_err(failure)?;
        let names = answer.items.unwrap_or_default().into_iter().filter_map(|item| item.group_name);
        let identifiers = names.map(|name| {
            let place = Place { application: application.clone(), index: index.clone(), source: source.clone(), name };
            place.identifier()
        });
        Ok(ListResponse { identifiers: identifiers.collect(), next: answer.next_token })
    }

    async fn candidates(&self, clients: &Clients, request: &RecoverRequest) -> Result<Option<Vec<String>>, Failure> {
        let place = Place::of(&request.properties)?;
        Ok(Some(place.get(clients).await?.map(|_| place.identifier()).into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_may_name_a_data_source_and_a_name_may_hold_bars() {
        let id = "0123456789abcdef0123456789abcdef0123";
        for (text, source, name) in [
            ("a|i|core-team".to_owned(), None, "core-team"),
            ("a|i|core|team".to_owned(), None, "core|team"),
            (format!("a|i|{id}|core-team"), Some(id), "core-team"),
        ] {
            let place = Place::parse(&text).unwrap();
            assert_eq!((place.source.as_deref(), place.name.as_str()), (source, name), "{text}");
            assert_eq!(place.identifier(), text);
        }
        assert!(Place::parse("a|i").is_err() && Place::parse("a||x").is_err());
    }

    #[test]
    fn members_are_known_until_somebody_changes_the_group() {
        let place = Place::parse("a|i|team").unwrap();
        let seen = |seconds: i64| {
            let status = aws_sdk_qbusiness::types::GroupStatusDetail::builder()
                .status(GroupStatus::Succeeded)
                .last_updated_at(DateTime::from_secs(seconds))
                .build();
            GetGroupOutput::builder().status(status).build()
        };
        let members = serde_json::json!({"MemberUsers": [{"UserId": "mary@example.com"}]});
        let mut recorded = Properties::from_iter([("GroupMembers".to_owned(), members.clone())]);
        // Just asked for.
        let told = place.properties(&seen(1), Some(&recorded));
        assert_eq!(told.get("GroupMembers"), Some(&members));
        recorded.insert("LastUpdatedAt".to_owned(), told["LastUpdatedAt"].clone());
        assert_eq!(place.properties(&seen(1), Some(&recorded)).get("GroupMembers"), Some(&members));
        assert_eq!(place.properties(&seen(2), Some(&recorded)).get("GroupMembers"), None);
        assert_eq!(place.properties(&seen(1), None).get("GroupMembers"), None);
    }
}
