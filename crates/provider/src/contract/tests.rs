//! A provider that keeps the contract, and one for each row that breaks it there: the examination must notice.

use super::{Driver, Exception, Known, Report, Row, Subject, Verdict, examine, judge};
use crate::{
    CreateRequest, DeleteRequest, Done, Failure, FailureCode, ListRequest, ListResponse, Observed, Progress,
    Properties, Provider, ReadRequest, RecoverRequest, Recovered, StatusRequest, UpdateRequest,
};
use async_trait::async_trait;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{AccountName, EnvironmentName, Placement, Region, TypeName, Value};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const TYPE: &str = "Test::A::Thing";

fn schema() -> Arc<TypeSchema> {
    let text = || json!({"type": "string"});
    let document = json!({
        "typeName": TYPE,
        "properties": {
            "Name": text(), "Size": {"type": "integer"}, "Note": text(), "Password": text(), "Arn": text(),
            "Tags": {"type": "array", "insertionOrder": false, "items": {"type": "object",
                "properties": {"Key": text(), "Value": text()}, "additionalProperties": false}},
        },
        "createOnlyProperties": ["/properties/Name"],
        "readOnlyProperties": ["/properties/Arn"],
        "writeOnlyProperties": ["/properties/Password"],
        "primaryIdentifier": ["/properties/Name"],
        "tagging": {"taggable": true, "tagUpdatable": true, "tagProperty": "/properties/Tags"},
        "additionalProperties": false
    });
    Catalog::from_documents([document]).unwrap().schema(&TypeName::new(TYPE).unwrap()).unwrap()
}

/// A small cloud with at most one fault.
struct Cloud {
    fault: Option<Row>,
    schema: Arc<TypeSchema>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    things: BTreeMap<String, Properties>,
    deleted: BTreeSet<String>,
    tokens: BTreeMap<Arc<str>, String>,
    updates: usize,
}

fn failed(code: FailureCode) -> Progress {
    Failure::new(code, "as asked").into()
}

impl Cloud {
    fn has(&self, fault: Row) -> bool {
        self.fault == Some(fault)
    }

    fn told(&self, name: &str, thing: &Properties) -> Properties {
        let mut told = thing.clone();
        if !self.has(Row::WriteOnly) {
            told.remove("Password");
        }
        if !self.has(Row::Attributes) {
            told.insert("Arn".into(), format!("arn:{name}").into());
        }
        if self.has(Row::NoNulls) {
            told.insert("Extra".into(), json!([{"Nothing": null}]));
        }
        if self.has(Row::Model) {
            told.insert("Size".into(), 99.into());
        }
        told
    }

    fn done(&self, name: &str, thing: &Properties) -> Progress {
        Progress::Done(Done::new(name, self.told(name, thing)))
    }
}

#[async_trait]
impl Provider for Cloud {
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        (type_name.as_str() == TYPE).then(|| Arc::clone(&self.schema))
    }

    async fn verify(&self, _placement: &Placement) -> Result<(), Failure> {
        Ok(())
    }

    async fn create(&self, request: CreateRequest) -> Progress {
        let mut state = self.state.lock().unwrap();
        let name = request.properties["Name"].as_str().unwrap().to_owned();
        if self.has(Row::Create) || (self.has(Row::CreateAgain) && state.deleted.contains(&name)) {
            return failed(FailureCode::GeneralServiceException);
        }
        if let Some(thing) = state.things.get_mut(&name) {
            if self.has(Row::Undisturbed) {
                thing.insert("Size".into(), 98.into());
            }
            let thing = thing.clone();
            let is_own = state.tokens.get(&request.token.0) == Some(&name) && !self.has(Row::SameToken);
            return match is_own || self.has(Row::CreateTwice) {
                true => self.done(&name, &thing),
                false => failed(FailureCode::AlreadyExists),
            };
        }
        state.things.insert(name.clone(), request.properties.clone());
        state.tokens.insert(request.token.0, name.clone());
        let identifier = if self.has(Row::Identifier) { "other" } else { &name };
        match self.done(&name, &request.properties) {
            Progress::Done(done) => Progress::Done(Done { identifier: identifier.to_owned(), ..done }),
            other => other,
        }
    }

    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure> {
        let state = self.state.lock().unwrap();
        let name = &request.identifier;
        let Some(thing) = state.things.get(name) else {
            let recorded = request.recorded.filter(|_| {
                (self.has(Row::DeletedRead) || self.has(Row::DeletionIsDrift)) && state.deleted.contains(name)
            });
            return Ok(recorded.map_or(Observed::Absent, |properties| Observed::Present { properties }));
        };
        let mut properties = self.told(name, thing);
        if self.has(Row::ChangeIsDrift) {
            properties = request.recorded.unwrap_or(properties);
        }
        let is_late = state.updates > 0 && (self.has(Row::UpdateRead) || self.has(Row::UpdatePlan));
        if is_late || self.has(Row::Read) || self.has(Row::PlanAgain) {
            properties.insert("Size".into(), 97.into());
        }
        Ok(Observed::Present { properties })
    }

    async fn update(&self, request: UpdateRequest) -> Progress {
        let mut state = self.state.lock().unwrap();
        let name = request.identifier;
        let Some(thing) = state.things.get(&name).cloned() else {
            let was_there = state.deleted.contains(&name);
            let says_so = if was_there { self.has(Row::DeletedUpdate) } else { self.has(Row::AbsentUpdate) };
            return if says_so { self.done(&name, &request.properties) } else { failed(FailureCode::NotFound) };
        };
        state.updates += 1;
        if self.has(Row::Update) || (self.has(Row::UpdateBack) && state.updates > 1) {
            return failed(FailureCode::GeneralServiceException);
        }
        let mut next = request.properties;
        if self.has(Row::UpdateWhole) {
            for (key, value) in &thing {
                next.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        if self.has(Row::Tags) {
            next.insert("Tags".into(), thing["Tags"].clone());
        }
        state.things.insert(name.clone(), next.clone());
        let identifier = if self.has(Row::UpdateIdentifier) { "other" } else { &name };
        match self.done(&name, &next) {
            Progress::Done(done) => Progress::Done(Done { identifier: identifier.to_owned(), ..done }),
            other => other,
        }
    }

    async fn delete(&self, request: DeleteRequest) -> Progress {
        let mut state = self.state.lock().unwrap();
        let name = request.identifier;
        let was_there = state.deleted.contains(&name);
        if self.has(Row::Delete) && state.things.contains_key(&name) {
            return failed(FailureCode::GeneralServiceException);
        }
        if state.things.remove(&name).is_some() {
            state.deleted.insert(name.clone());
            return Progress::Done(Done::new(name, Properties::new()));
        }
        let says_so = if was_there { self.has(Row::DeletedDelete) } else { self.has(Row::AbsentDelete) };
        if says_so { self.done(&name, &Properties::new()) } else { failed(FailureCode::NotFound) }
    }

    async fn status(&self, _request: StatusRequest) -> Progress {
        failed(FailureCode::InternalFailure)
    }

    /// One identifier a page.
    async fn list(&self, request: ListRequest) -> Result<ListResponse, Failure> {
        let state = self.state.lock().unwrap();
        let mut names: Vec<&String> = state.things.keys().filter(|_| !self.has(Row::List)).collect();
        names.extend(state.deleted.iter().filter(|_| self.has(Row::DeletedList)));
        let place: usize = request.page.map_or(0, |page| page.parse().unwrap());
        Ok(ListResponse {
            identifiers: names.get(place).map(|name| (*name).clone()).into_iter().collect(),
            next: (place + 1 < names.len()).then(|| (place + 1).to_string()),
        })
    }

    async fn recover(&self, request: RecoverRequest) -> Result<Recovered, Failure> {
        let state = self.state.lock().unwrap();
        let found = state.tokens.get(&request.token.0).filter(|_| !self.has(Row::RecoverFinds)).cloned();
        let found = found.or_else(|| self.has(Row::RecoverNothing).then(|| "stranger".to_owned()));
        Ok(found.map_or(Recovered::Absent, |identifier| Recovered::Exists { identifier }))
    }

    async fn secret(&self, _placement: &Placement, _name: &str) -> Result<String, Failure> {
        Ok(String::new())
    }
}

fn planned(known: &Known<'_>) -> Vec<String> {
    let value = |properties: &Properties| Value::from(Json::Object(properties.clone()));
    match known.observed {
        Observed::Absent => vec!["gone".to_owned()],
        Observed::Present { properties } => {
            let inputs = value(known.inputs);
            let differences = schema().differences(&value(properties), &inputs, &inputs);
            differences.iter().map(|each| each.pointer.to_string()).collect()
        }
    }
}

async fn report(fault: Option<Row>) -> Report {
    let cloud = Cloud { fault, schema: schema(), state: Mutex::default() };
    let placement = Placement { account: AccountName::new("main").unwrap(), region: Region::new("us-east-1").unwrap() };
    let driver = Driver::new(&cloud, placement, EnvironmentName::new("test").unwrap());
    let subject = Subject::new(
        TypeName::new(TYPE).unwrap(),
        json!({"Name": "a", "Size": 1, "Note": "n", "Password": "hunter2"}),
        json!({"Name": "a", "Size": 2, "Password": "hunter2"}),
        json!({}),
    );
    examine(&driver, &subject, &planned).await
}

#[tokio::test]
async fn who_keeps_the_contract_keeps_every_row() {
    let report = report(None).await;
    assert_eq!(judge(std::slice::from_ref(&report), "peer", &[]), Vec::<String>::new());
    assert_eq!(report.kept(), Row::ALL.len(), "{:?}", report.rows);
}

#[tokio::test]
async fn a_breach_of_any_row_is_noticed() {
    for row in Row::ALL {
        let report = report(Some(*row)).await;
        assert!(matches!(report.rows.get(row), Some(Verdict::Broken(_))), "{row}: {:?}", report.rows);
        assert!(!judge(std::slice::from_ref(&report), "peer", &[]).is_empty(), "{row}");
    }
}

fn exception(peer: Option<&'static str>, row: Row, shows: &'static str) -> Exception {
    Exception { peer, type_name: TYPE, row, shows, fault: "lists nothing", source: "https://example.com/" }
}

#[tokio::test]
async fn a_declared_breach_is_no_problem_and_must_happen() {
    let (breached, kept) = (report(Some(Row::List)).await, report(None).await);
    for peer in [None, Some("peer")] {
        let declared = [exception(peer, Row::List, "is not among")];
        assert_eq!(judge(std::slice::from_ref(&breached), "peer", &declared), Vec::<String>::new());
        let problems = judge(std::slice::from_ref(&kept), "peer", &declared);
        assert!(problems.len() == 1 && problems[0].contains("no longer happens: lists nothing"), "{problems:?}");
    }
}

#[tokio::test]
async fn of_variants_of_a_type_one_must_show_an_exception() {
    let reports = [report(Some(Row::List)).await, report(None).await];
    assert_eq!(judge(&reports, "peer", &[exception(None, Row::List, "is not among")]), Vec::<String>::new());
    assert_eq!(judge(&reports, "peer", &[]).len(), 1);
}

#[tokio::test]
async fn an_exception_without_a_source_is_none() {
    let breached = [report(Some(Row::List)).await];
    for (source, problems) in [
        ("botocore/data/iam/2010-05-08/service-2.json#CreateRole", 0),
        ("botocore/data/iam/2010-05-08/service-2.json", 1),
        ("IAM API Reference, CreateRole", 1),
        ("https://docs.aws.amazon.com/ and more", 1),
    ] {
        let declared = [Exception { source, ..exception(None, Row::List, "is not among") }];
        assert_eq!(judge(&breached, "peer", &declared).len(), problems, "{source}");
    }
}

#[tokio::test]
async fn an_exception_hides_no_other_breach_and_no_other_peer() {
    let breached = report(Some(Row::List)).await;
    // Another breach of the row: both are told.
    assert_eq!(judge(std::slice::from_ref(&breached), "peer", &[exception(None, Row::List, "another")]).len(), 2);
    assert_eq!(
        judge(std::slice::from_ref(&breached), "peer", &[exception(Some("another"), Row::List, "is not among")]).len(),
        1
    );
}

#[tokio::test]
async fn what_was_not_reached_misses_the_exceptions_of_a_peer_only() {
    let stopped = Report::stopped(TypeName::new(TYPE).unwrap(), "no ground");
    let create = exception(Some("peer"), Row::Create, "no ground");
    assert_eq!(
        judge(std::slice::from_ref(&stopped), "peer", &[create, exception(None, Row::List, "x")]),
        Vec::<String>::new()
    );
    assert_eq!(
        judge(std::slice::from_ref(&stopped), "peer", &[create, exception(Some("peer"), Row::List, "x")]).len(),
        1
    );
}
