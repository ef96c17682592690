//! One resource, taken through its life.

use super::subject::{marked, with_tags};
use super::{Driver, Report, Row, Subject};
use crate::{Done, Failure, FailureCode, IdempotencyToken, Observed, Operation, Progress, Properties, Recovered};
use charter_catalog::TypeSchema;
use charter_model::{Address, Placement, PointerSegment, TypeName, Value};
use serde_json::Value as Json;

/// What is known of a resource, for a plan of it.
pub struct Known<'a> {
    /// Where it stands in the stacks.
    pub address: &'a Address,
    /// Its type.
    pub type_name: &'a TypeName,
    /// Where it lives.
    pub placement: &'a Placement,
    /// Its identifier.
    pub identifier: &'a str,
    /// What was last asked for; it is asked for again.
    pub inputs: &'a Properties,
    /// What the last operation told.
    pub attributes: &'a Properties,
    /// What is there now.
    pub observed: &'a Observed,
}

/// What a plan of a resource would change, each in a line; nothing if it would change nothing. The planner's comparison, brought in
/// from outside: this crate must not import it.
pub type PlannedChanges<'a> = &'a (dyn Fn(&Known<'_>) -> Vec<String> + Send + Sync);

/// The result of a row.
type Result<T = ()> = std::result::Result<T, String>;

/// Takes a resource through its life and notes which rows of the contract were kept. Ends early where nothing can come after; what
/// it made it deletes.
///
/// The type must be one that the provider has a schema of; the report of any other is a breach of [`Row::Create`].
pub async fn examine(driver: &Driver<'_>, subject: &Subject, planned: PlannedChanges<'_>) -> Report {
    let mut report = Report::new(subject.type_name.clone());
    let life = driver
        .provider
        .schema(&subject.type_name)
        .ok_or_else(|| format!("the provider has no schema of {}", subject.type_name))
        .and_then(|schema| Ok((schema, address("stack/subject")?, address("stack/other")?)));
    match life {
        Ok((schema, address, other)) => {
            let before = marked(&schema, &subject.before, &address, &driver.environment);
            let after = subject.after.as_ref().map(|after| marked(&schema, after, &address, &driver.environment));
            let (driver, report) = (driver, &mut report);
            Life { driver, subject, planned, schema: &schema, address, other, before, after, report }.live().await;
        }
        Err(message) => report.note(Row::Create, Err(message)),
    }
    report
}

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

struct Life<'a> {
    driver: &'a Driver<'a>,
    subject: &'a Subject,
    planned: PlannedChanges<'a>,
    schema: &'a TypeSchema,
    address: Address,
    other: Address,
    before: Properties,
    after: Option<Properties>,
    report: &'a mut Report,
}

impl Life<'_> {
    async fn live(mut self) {
        self.absence().await;
        let token = self.driver.token();
        let Some(created) = self.creation(&token).await else { return };
        self.model(&created);
        self.agreement(&created).await;
        self.further_creations(&created, &token).await;
        let attributes = match self.after.clone() {
            Some(after) => self.change(&created, &after).await,
            None => created.properties.clone(),
        };
        let attributes = self.tags(&created.identifier, attributes).await;
        if self.deletion(&created.identifier, &attributes).await {
            self.rebirth().await;
        }
    }

    /// Before there is anything.
    async fn absence(&mut self) {
        let token = self.driver.token();
        let found = self.recover(&token).await;
        let found = found.and_then(|found| match found {
            Recovered::Absent | Recovered::Repeat => Ok(()),
            other => Err(format!("{other:?}")),
        });
        self.report.note(Row::RecoverNothing, found);
        // Where the name is the user's, the identifier is known beforehand.
        if let Some(identifier) = self.schema.identifier_of(&self.before) {
            let before = self.before.clone();
            if let Some(after) = self.after.clone() {
                let result = self.update(&identifier, &before, &after).await;
                self.report.note(Row::AbsentUpdate, says(result, FailureCode::NotFound));
            }
            let result = self.delete(&identifier, &before).await;
            self.report.note(Row::AbsentDelete, says(result, FailureCode::NotFound));
        }
    }

    async fn creation(&mut self, token: &IdempotencyToken) -> Option<Done> {
        match self.create(&self.address, token).await {
            Ok(done) => {
                self.report.note(Row::Create, Ok(()));
                Some(done)
            }
            Err(failure) => {
                self.report.note(Row::Create, Err(failure.to_string()));
                if let Some(identifier) = &failure.identifier {
                    // What is half-made goes; that it could not be made is what matters.
                    drop(self.delete(identifier, &self.before).await);
                }
                None
            }
        }
    }

    /// What a creation tells.
    fn model(&mut self, created: &Done) {
        let told = Json::Object(created.properties.clone());
        self.report.note(Row::Model, self.reflects(&created.properties, &self.before, None));
        let missing: Vec<String> = self
            .schema
            .read_only()
            .iter()
            .filter(|place| !place.segments().iter().any(is_wildcard) && place.get(&told).is_none())
            // What is part of something optional is there only with it.
            .filter(|place| place.parent().is_none_or(|parent| parent.get(&told).is_some()))
            .map(ToString::to_string)
            .collect();
        self.report.note(Row::Attributes, none_of(&missing, "not told"));
        let nulls = if has_null(&told) { Err(format!("{told}")) } else { Ok(()) };
        self.report.note(Row::NoNulls, nulls);
        let asked = Json::Object(self.before.clone());
        let leaked: Vec<String> = self
            .schema
            .write_only()
            .iter()
            .filter(|place| place.get(&told).is_some_and(|told| place.get(&asked) == Some(told)))
            .map(ToString::to_string)
            .collect();
        self.report.note(Row::WriteOnly, none_of(&leaked, "told"));
        let made = self.schema.identifier_of(&created.properties);
        let agrees = match made {
            Some(made) if made == created.identifier => Ok(()),
            other => Err(format!("{} is not {other:?}", created.identifier)),
        };
        self.report.note(Row::Identifier, agrees);
    }

    /// Read, listed, planned and recovered, it is what was made.
    async fn agreement(&mut self, created: &Done) {
        let same = self.reads_as(&created.identifier, &self.before, &created.properties).await;
        self.report.note(Row::Read, same);
        let listed = self.listed().await;
        let listed = listed.and_then(|listed| match listed.contains(&created.identifier) {
            true => Ok(()),
            false => Err(format!("{} is not among {listed:?}", created.identifier)),
        });
        self.report.note(Row::List, listed);
        let again = self.plan(&created.identifier, &self.before, &created.properties).await;
        self.report.note(Row::PlanAgain, again.and_then(|changes| none_of(&changes, "planned")));
    }

    async fn further_creations(&mut self, created: &Done, token: &IdempotencyToken) {
        let found = match self.recover(token).await {
            Ok(Recovered::Exists { identifier }) if identifier == created.identifier => Ok(()),
            // What may not be whole is gone on with, and is the same in the end.
            Ok(Recovered::Pending(pending)) if pending.identifier.as_ref() == Some(&created.identifier) => {
                let (type_name, progress) = (&self.subject.type_name, Progress::Pending(pending));
                let followed = self.driver.follow(Operation::Create, type_name, &self.before, token, progress).await;
                followed.map_err(|failure| failure.to_string()).and_then(|done| {
                    if done.identifier == created.identifier { Ok(()) } else { Err(format!("{done:?}")) }
                })
            }
            other => Err(format!("{other:?}")),
        };
        self.report.note(Row::RecoverFinds, found);
        let same = match self.create(&self.address, token).await {
            Ok(done) if done.identifier == created.identifier => Ok(()),
            Ok(done) => {
                drop(self.delete(&done.identifier, &self.before).await);
                Err(format!("made {} beside {}", done.identifier, created.identifier))
            }
            Err(failure) => Err(failure.to_string()),
        };
        self.report.note(Row::SameToken, same);
        // Of another address, so with other marks.
        let wanted = marked(self.schema, &self.subject.before, &self.other, &self.driver.environment);
        let token = self.driver.token();
        let second = self.driver.create(&self.other, &self.subject.type_name, &wanted, &token).await;
        if let Ok(done) = &second
            && done.identifier != created.identifier
        {
            drop(self.delete(&done.identifier, &wanted).await);
        }
        let refused = says(second, FailureCode::AlreadyExists);
        self.report.note(Row::CreateTwice, refused);
        let same = self.reads_as(&created.identifier, &self.before, &created.properties).await;
        self.report.note(Row::Undisturbed, same);
    }

    /// There and back. What is there at the end.
    async fn change(&mut self, created: &Done, after: &Properties) -> Properties {
        let identifier = created.identifier.as_str();
        let before = self.before.clone();
        let updated = match self.update(identifier, &before, after).await {
            Ok(updated) => updated,
            Err(failure) => {
                self.report.note(Row::Update, Err(failure.to_string()));
                return created.properties.clone();
            }
        };
        self.report.note(Row::Update, Ok(()));
        let same = match updated.identifier == identifier {
            true => Ok(()),
            false => Err(format!("{} became {}", identifier, updated.identifier)),
        };
        self.report.note(Row::UpdateIdentifier, same);
        self.report.note(Row::UpdateWhole, self.reflects(&updated.properties, after, Some(&before)));
        let same = self.reads_as(identifier, after, &updated.properties).await;
        self.report.note(Row::UpdateRead, same);
        let again = self.plan(identifier, after, &updated.properties).await;
        self.report.note(Row::UpdatePlan, again.and_then(|changes| none_of(&changes, "planned")));
        // To whoever recorded the creation, the update happened behind their back.
        let drift = self.plan(identifier, &before, &created.properties).await;
        self.report.note(Row::ChangeIsDrift, drift.and_then(seen));
        let reverted = match self.update(identifier, after, &before).await {
            Ok(reverted) => self.reflects(&reverted.properties, &before, Some(after)).map(|()| reverted),
            Err(failure) => Err(failure.to_string()),
        };
        let attributes = reverted.as_ref().map_or_else(|_| updated.properties, |done| done.properties.clone());
        self.report.note(Row::UpdateBack, reverted.map(drop));
        attributes
    }

    /// The tags alone, changed. What is there at the end.
    async fn tags(&mut self, identifier: &str, attributes: Properties) -> Properties {
        if !self.schema.tagging().is_some_and(|tagging| tagging.updatable) {
            return attributes;
        }
        let first = with_tags(self.schema, &self.before, &[("contract-stays", "one"), ("contract-goes", "one")]);
        let second = with_tags(self.schema, &self.before, &[("contract-stays", "two"), ("contract-comes", "two")]);
        let before = self.before.clone();
        let mut attributes = attributes;
        for (from, to) in [(&before, &first), (&first, &second), (&second, &before)] {
            let result = match self.update(identifier, from, to).await {
                Ok(done) => {
                    attributes = done.properties;
                    self.reflects(&attributes, to, Some(from))
                }
                Err(failure) => Err(failure.to_string()),
            };
            self.report.note(Row::Tags, result);
        }
        attributes
    }

    /// Answers whether it is gone.
    async fn deletion(&mut self, identifier: &str, attributes: &Properties) -> bool {
        let before = self.before.clone();
        let recorded = self.recorded(&before, attributes);
        if let Err(failure) = self.delete(identifier, &recorded).await {
            self.report.note(Row::Delete, Err(failure.to_string()));
            return false;
        }
        self.report.note(Row::Delete, Ok(()));
        let observed = self.observe(identifier, &before, attributes).await;
        let absent = observed.and_then(|observed| match observed {
            Observed::Absent => Ok(()),
            Observed::Present { properties } => Err(format!("{properties:?}")),
        });
        self.report.note(Row::DeletedRead, absent);
        let drift = self.plan(identifier, &before, attributes).await;
        self.report.note(Row::DeletionIsDrift, drift.and_then(seen));
        if let Some(after) = self.after.clone() {
            let result = self.update(identifier, &before, &after).await;
            self.report.note(Row::DeletedUpdate, says(result, FailureCode::NotFound));
        }
        let result = self.delete(identifier, &recorded).await;
        self.report.note(Row::DeletedDelete, says(result, FailureCode::NotFound));
        let listed = self.listed().await.and_then(|listed| match listed.iter().any(|each| each == identifier) {
            true => Err(format!("{identifier} is still listed")),
            false => Ok(()),
        });
        self.report.note(Row::DeletedList, listed);
        true
    }

    async fn rebirth(&mut self) {
        let token = self.driver.token();
        let again = match self.create(&self.address, &token).await {
            Ok(done) => {
                let same = self.reflects(&done.properties, &self.before, None);
                let recorded = self.recorded(&self.before, &done.properties);
                let gone = self.delete(&done.identifier, &recorded).await;
                same.and(gone.map(drop).map_err(|failure| failure.to_string()))
            }
            Err(failure) => Err(failure.to_string()),
        };
        self.report.note(Row::CreateAgain, again);
    }

    async fn create(&self, address: &Address, token: &IdempotencyToken) -> std::result::Result<Done, Failure> {
        self.driver.create(address, &self.subject.type_name, &self.before, token).await
    }

    async fn update(
        &self,
        identifier: &str,
        before: &Properties,
        after: &Properties,
    ) -> std::result::Result<Done, Failure> {
        self.driver.update(&self.address, &self.subject.type_name, identifier, before, after).await
    }

    async fn delete(&self, identifier: &str, recorded: &Properties) -> std::result::Result<Done, Failure> {
        self.driver.delete(&self.address, &self.subject.type_name, identifier, recorded, true).await
    }

    async fn recover(&self, token: &IdempotencyToken) -> Result<Recovered> {
        let found = self.driver.recover(&self.address, &self.subject.type_name, &self.before, token).await;
        found.map_err(|failure| failure.to_string())
    }

    async fn listed(&self) -> Result<Vec<String>> {
        let found = self.driver.list(&self.subject.type_name, &self.subject.filter).await;
        found.map_err(|failure| failure.to_string())
    }

    /// What the engine would have on record: what was told and what was asked for, without the write-only.
    fn recorded(&self, inputs: &Properties, attributes: &Properties) -> Properties {
        let mut recorded = attributes.clone();
        for (name, value) in inputs {
            recorded.entry(name.clone()).or_insert_with(|| value.clone());
        }
        for place in self.schema.write_only() {
            if let [PointerSegment::Key(name)] = place.segments() {
                recorded.remove(&**name);
            }
        }
        recorded
    }

    async fn observe(&self, identifier: &str, inputs: &Properties, attributes: &Properties) -> Result<Observed> {
        let recorded = self.recorded(inputs, attributes);
        let observed = self.driver.read(&self.subject.type_name, identifier, Some(&recorded)).await;
        observed.map_err(|failure| failure.to_string())
    }

    async fn reads_as(&self, identifier: &str, inputs: &Properties, told: &Properties) -> Result {
        match self.observe(identifier, inputs, told).await? {
            Observed::Absent => Err(format!("{identifier} is absent")),
            Observed::Present { properties } if properties == *told => Ok(()),
            Observed::Present { properties } => {
                let names =
                    properties.keys().chain(told.keys()).filter(|name| properties.get(*name) != told.get(*name));
                let mut names: Vec<String> = names
                    .map(|name| format!("{name}: read {:?}, told {:?}", properties.get(name), told.get(name)))
                    .collect();
                names.sort();
                names.dedup();
                none_of(&names, "other than told")
            }
        }
    }

    async fn plan(&self, identifier: &str, inputs: &Properties, attributes: &Properties) -> Result<Vec<String>> {
        let observed = self.observe(identifier, inputs, attributes).await?;
        Ok((self.planned)(&Known {
            address: &self.address,
            type_name: &self.subject.type_name,
            placement: &self.driver.placement,
            identifier,
            inputs,
            attributes,
            observed: &observed,
        }))
    }

    /// Whether what is told is what was asked for; and whether what was once asked for and no longer is has gone.
    fn reflects(&self, told: &Properties, asked: &Properties, formerly: Option<&Properties>) -> Result {
        let value = |properties: &Properties| Value::from(Json::Object(properties.clone()));
        let differences = self.schema.differences(&value(told), &value(asked), &value(asked));
        let differences = differences
            .iter()
            .map(|each| format!("{}: told {:?}, asked for {:?}", each.pointer, each.before, each.after));
        let left = formerly
            .into_iter()
            .flatten()
            .filter(|(name, old)| !asked.contains_key(*name) && told.get(*name).is_some_and(|now| now == *old));
        let left = left.map(|(name, _)| format!("{name}: still as it was"));
        none_of(&differences.chain(left).collect::<Vec<_>>(), "not as asked for")
    }
}

fn is_wildcard(segment: &PointerSegment) -> bool {
    matches!(segment, PointerSegment::Key(key) if &**key == "*")
}

fn has_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(list) => list.iter().any(has_null),
        Json::Object(map) => map.values().any(has_null),
        _ => false,
    }
}

fn none_of(found: &[String], what: &str) -> Result {
    if found.is_empty() { Ok(()) } else { Err(format!("{what}: {}", found.join("; "))) }
}

/// Drift must be seen.
fn seen(changes: Vec<String>) -> Result {
    if changes.is_empty() { Err("the plan sees nothing".to_owned()) } else { Ok(()) }
}

fn says<T: std::fmt::Debug>(result: std::result::Result<T, Failure>, code: FailureCode) -> Result {
    match result {
        Err(failure) if failure.code == code => Ok(()),
        Err(failure) => Err(failure.to_string()),
        Ok(done) => Err(format!("it succeeds: {done:?}")),
    }
}
