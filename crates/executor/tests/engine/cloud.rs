//! A small cloud in memory. Two kinds of service: one that knows resources by their names and has no tokens, and is done at once; one
//! that makes identifiers of its own, knows tokens, and takes a minute. Both refuse a reference to what does not exist, and the
//! deletion of what is referred to.

use async_trait::async_trait;
use charter_catalog::{Catalog, TypeSchema};
use charter_model::{Address, Placement, TypeName};
use charter_provider::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

pub(crate) const NAMED: &str = "Test::Fast::Named";
pub(crate) const SLOW: &str = "Test::Slow::Token";
/// As slow, but what it makes bears a mark and is found by it.
pub(crate) const MARKED: &str = "Test::Slow::Marked";

pub(crate) fn catalog() -> Catalog {
    let document = |name: &str, identifier: &str, read_only: &[&str]| {
        json!({
            "typeName": name, "description": "For tests.", "additionalProperties": false,
            "properties": {
                "Name": {"type": "string"}, "Id": {"type": "string"}, "Arn": {"type": "string"}, "Size": {"type": "integer"},
                "Text": {"type": "string"}, "Kind": {"type": "string"}, "Ref": {"type": "string"}, "Password": {"type": "string"},
            },
            "primaryIdentifier": [identifier], "readOnlyProperties": read_only,
            "createOnlyProperties": ["/properties/Name", "/properties/Kind"],
            "writeOnlyProperties": ["/properties/Password"], "tagging": {"taggable": false},
        })
    };
    let mut marked = document(MARKED, "/properties/Id", &["/properties/Id", "/properties/Arn"]);
    marked["tagging"] = json!({"taggable": true, "tagProperty": "/properties/Tags"});
    marked["properties"]["Tags"] = json!({"type": "array", "items": {"type": "object", "additionalProperties": false,
        "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}}});
    Catalog::from_documents([
        document(NAMED, "/properties/Name", &["/properties/Arn"]),
        document(SLOW, "/properties/Id", &["/properties/Id", "/properties/Arn"]),
        marked,
    ])
    .unwrap()
}

/// Stops everything dead at one step: nothing that is asked after it is answered.
#[derive(Default)]
pub(crate) struct Killer {
    pub(crate) at: AtomicUsize,
    pub(crate) steps: AtomicUsize,
    pub(crate) dead: AtomicBool,
    pub(crate) died: Notify,
}

impl Killer {
    pub(crate) fn at(step: usize) -> Arc<Self> {
        let killer = Self::default();
        killer.at.store(step, Ordering::Relaxed);
        Arc::new(killer)
    }

    /// Counts a step; whether it is the one to die at, or comes after it.
    pub(crate) fn strikes(&self) -> bool {
        if self.dead.load(Ordering::Relaxed) {
            return true;
        }
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        if step == self.at.load(Ordering::Relaxed) {
            self.dead.store(true, Ordering::Relaxed);
            self.died.notify_one();
            return true;
        }
        false
    }

    async fn pass(&self) {
        if self.strikes() {
            std::future::pending::<()>().await;
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thing {
    pub(crate) address: Address,
    pub(crate) properties: Properties,
    pub(crate) ready_at: Instant,
    pub(crate) deleted_at: Option<Instant>,
}

/// Decides the answer to a call instead of the cloud: name of the call, identifier or address.
type Script = dyn Fn(&str, &str) -> Answer + Send + Sync;

/// What a script wants.
pub(crate) enum Answer {
    /// The cloud answers.
    Honest,
    /// The call fails without effect.
    Fail(Failure),
    /// The call has its effect, and its answer is lost.
    Lose(Failure),
    /// It never answers.
    Hang,
    /// It has its effect and never answers.
    TakeAndHang,
}

#[derive(Default)]
pub(crate) struct Inventory {
    pub(crate) things: BTreeMap<String, Thing>,
    pub(crate) tokens: BTreeMap<String, String>,
    pub(crate) made: usize,
    /// Whether anything is on its way out.
    pub(crate) deleting: bool,
    pub(crate) calls: BTreeMap<&'static str, usize>,
    /// Secrets that arrived.
    pub(crate) passwords: Vec<String>,
    /// Of each thing, the last one.
    pub(crate) password_of: BTreeMap<String, String>,
    /// What a deletion of what is known by its name leaves behind.
    pub(crate) leaves: Option<&'static str>,
}

#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) inventory: Arc<Mutex<Inventory>>,
    pub(crate) killer: Arc<Killer>,
    pub(crate) script: Arc<Script>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) takes: Duration,
    /// How long a look-up does not see what was made.
    pub(crate) hidden_for: Duration,
    /// Whether what is known by its name is made or changed only at the first look at how it stands.
    pub(crate) hesitates: bool,
}

impl Cloud {
    pub(crate) fn new() -> Self {
        Self {
            inventory: Arc::default(),
            killer: Killer::at(usize::MAX),
            script: Arc::new(|_, _| Answer::Honest),
            catalog: Arc::new(catalog()),
            takes: Duration::from_secs(60),
            hidden_for: Duration::ZERO,
            hesitates: false,
        }
    }

    pub(crate) fn with_script(mut self, script: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        self.script = Arc::new(script);
        self
    }

    pub(crate) fn things(&self) -> BTreeMap<String, Thing> {
        let mut inventory = self.inventory.lock().unwrap();
        inventory.sweep();
        inventory.things.clone()
    }

    pub(crate) fn calls(&self, name: &str) -> usize {
        self.inventory.lock().unwrap().calls.get(name).copied().unwrap_or_default()
    }

    async fn around<T>(
        &self,
        call: &'static str,
        what: &str,
        failed: impl Fn(Failure) -> T,
        effect: impl FnOnce(&mut Inventory) -> T,
    ) -> T {
        self.killer.pass().await;
        *self.inventory.lock().unwrap().calls.entry(call).or_default() += 1;
        let answer = match (self.script)(call, what) {
            Answer::Honest => {
                let mut inventory = self.inventory.lock().unwrap();
                inventory.sweep();
                effect(&mut inventory)
            }
            Answer::Fail(failure) => failed(failure),
            Answer::Lose(failure) => {
                let mut inventory = self.inventory.lock().unwrap();
                inventory.sweep();
                effect(&mut inventory);
                failed(failure)
            }
            Answer::Hang => std::future::pending().await,
            Answer::TakeAndHang => {
                drop(effect(&mut self.inventory.lock().unwrap()));
                std::future::pending().await
            }
        };
        self.killer.pass().await;
        answer
    }
}

impl Inventory {
    fn sweep(&mut self) {
        if !std::mem::take(&mut self.deleting) {
            return;
        }
        let now = Instant::now();
        self.deleting = self.things.values().any(|thing| thing.deleted_at.is_some_and(|at| at > now));
        self.things.retain(|_, thing| thing.deleted_at.is_none_or(|at| at > now));
    }

    fn pending(handle: String, identifier: &str) -> Progress {
        Self::not_yet(handle, Some(identifier.to_owned()))
    }

    fn not_yet(handle: String, identifier: Option<String>) -> Progress {
        Progress::Pending(Pending {
            handle,
            identifier,
            retry_after: Duration::from_secs(20),
            status: Some("creating".into()),
        })
    }

    fn done(&self, identifier: &str) -> Progress {
        let properties = self.things.get(identifier).map(|thing| thing.properties.clone()).unwrap_or_default();
        Progress::Done(Done::new(identifier, properties))
    }

    fn check_reference(&self, properties: &Properties) -> Result<(), Failure> {
        match properties.get("Ref").and_then(|reference| reference.as_str()) {
            Some(reference) if !self.things.contains_key(reference) => {
                Err(Failure::new(FailureCode::InvalidRequest, format!("{reference} does not exist")))
            }
            _ => Ok(()),
        }
    }

    fn create(&mut self, request: CreateRequest, takes: Duration) -> Progress {
        let mut properties = request.properties;
        if let Err(failure) = self.check_reference(&properties) {
            return failure.into();
        }
        let password = properties.remove("Password").map(|password| password.as_str().unwrap().to_owned());
        self.passwords.extend(password.clone());
        let slow = request.type_name.as_str() != NAMED;
        let identifier = if slow {
            if let Some(identifier) = self.tokens.get(&*request.token.0) {
                let identifier = identifier.clone();
                return Self::pending(format!("create:{identifier}"), &identifier);
            }
            self.made += 1;
            format!("id-{}", self.made)
        } else {
            properties["Name"].as_str().unwrap().to_owned()
        };
        if self.things.contains_key(&identifier) {
            return Failure::new(FailureCode::AlreadyExists, format!("{identifier} exists")).into();
        }
        properties.insert("Arn".into(), format!("arn:{identifier}").into());
        if slow {
            properties.insert("Id".into(), identifier.clone().into());
            self.tokens.insert(request.token.0.to_string(), identifier.clone());
        }
        self.password_of.extend(password.map(|password| (identifier.clone(), password)));
        let ready_at = Instant::now() + if slow { takes } else { Duration::ZERO };
        let thing = Thing { address: request.address, properties, ready_at, deleted_at: None };
        self.things.insert(identifier.clone(), thing);
        if slow { Self::pending(format!("create:{identifier}"), &identifier) } else { self.done(&identifier) }
    }

    fn update(&mut self, request: UpdateRequest) -> Progress {
        if let Err(failure) = self.check_reference(&request.properties) {
            return failure.into();
        }
        let mut asked = request.properties;
        if let Some(password) = asked.remove("Password") {
            let password = password.as_str().unwrap().to_owned();
            self.passwords.push(password.clone());
            self.password_of.insert(request.identifier.clone(), password);
        }
        let Some(thing) = self.things.get_mut(&request.identifier) else {
            return Failure::new(FailureCode::NotFound, "gone").into();
        };
        for place in &request.changed {
            let key = place.segments()[0].to_string();
            match asked.get(&key) {
                Some(value) => thing.properties.insert(key, value.clone()),
                None => thing.properties.remove(&key),
            };
        }
        self.done(&request.identifier)
    }

    fn delete(&mut self, request: DeleteRequest, takes: Duration) -> Progress {
        let referred = self.things.iter().find(|(_, thing)| {
            thing.deleted_at.is_none()
                && thing.properties.get("Ref").and_then(|value| value.as_str()) == Some(&request.identifier)
        });
        if let Some((identifier, _)) = referred {
            return Failure::new(FailureCode::InvalidRequest, format!("{identifier} refers to it")).into();
        }
        let slow = request.type_name.as_str() != NAMED;
        let Some(thing) = self.things.get_mut(&request.identifier) else {
            return Failure::new(FailureCode::NotFound, "gone").into();
        };
        if slow {
            thing.deleted_at.get_or_insert(Instant::now() + takes);
            self.deleting = true;
            return Self::pending(format!("delete:{}", request.identifier), &request.identifier);
        }
        self.things.remove(&request.identifier);
        self.deleted(&request.identifier)
    }

    fn deleted(&self, identifier: &str) -> Progress {
        let left_behind = self.leaves.map(str::to_owned);
        Progress::Done(Done { left_behind, ..Done::new(identifier, Properties::new()) })
    }

    fn status(&mut self, request: &StatusRequest) -> Progress {
        let (operation, identifier) = request.handle.split_once(':').unwrap();
        match operation {
            "begin" => return self.begin(request, identifier),
            "finish" => return self.finish(request, identifier),
            "left" => return self.deleted(identifier),
            _ => {}
        }
        match self.things.get(identifier) {
            None => Failure::new(FailureCode::NotFound, "gone").into(),
            Some(thing) if operation == "create" && thing.ready_at <= Instant::now() => self.done(identifier),
            Some(_) => Self::pending(request.handle.clone(), identifier),
        }
    }

    /// The creation that was hesitated over.
    fn begin(&mut self, request: &StatusRequest, address: &str) -> Progress {
        if let Err(failure) = request.can_be_asked_again() {
            return failure.into();
        }
        let create = CreateRequest {
            address: address.parse().unwrap(),
            type_name: request.type_name.clone(),
            placement: request.placement.clone(),
            properties: request.properties.clone(),
            token: request.token.clone(),
        };
        self.create(create, Duration::ZERO)
    }

    /// What is left of a change: as a service's second call, with as much of it as is known.
    fn finish(&mut self, request: &StatusRequest, identifier: &str) -> Progress {
        let update = UpdateRequest {
            address: "shop/unknown".parse().unwrap(),
            type_name: request.type_name.clone(),
            placement: request.placement.clone(),
            identifier: identifier.to_owned(),
            observed: Properties::new(),
            properties: request.properties.clone(),
            changed: Vec::new(),
            token: request.token.clone(),
        };
        self.update(update)
    }

    fn recover(&self, request: &RecoverRequest, hidden_for: Duration) -> Recovered {
        let exists = |identifier: &str| self.things.contains_key(identifier);
        match (request.operation, request.type_name.as_str()) {
            (Operation::Create, SLOW) => Recovered::Repeat,
            (Operation::Create, MARKED) => {
                let ours = self.things.iter().find(|(_, thing)| thing.address == request.address);
                ours.map_or(Recovered::Repeat, |(identifier, _)| Recovered::Exists { identifier: identifier.clone() })
            }
            (Operation::Create, _) => {
                let name = request.properties["Name"].as_str().unwrap();
                match self.things.get(name) {
                    Some(thing) if thing.address == request.address && thing.ready_at.elapsed() >= hidden_for => {
                        Recovered::Exists { identifier: name.into() }
                    }
                    _ => Recovered::Absent,
                }
            }
            _ => match &request.identifier {
                Some(identifier) if exists(identifier) => Recovered::Exists { identifier: identifier.clone() },
                Some(identifier) if self.leaves.is_some() => {
                    match Self::pending(format!("left:{identifier}"), identifier) {
                        Progress::Pending(pending) => Recovered::Pending(pending),
                        _ => Recovered::Absent,
                    }
                }
                _ => Recovered::Absent,
            },
        }
    }
}

#[async_trait]
impl Provider for Cloud {
    fn schema(&self, type_name: &TypeName) -> Option<Arc<TypeSchema>> {
        self.catalog.schema(type_name)
    }

    async fn verify(&self, placement: &Placement) -> Result<(), Failure> {
        self.around("verify", placement.account.as_str(), Err, |_| Ok(())).await
    }

    async fn create(&self, request: CreateRequest) -> Progress {
        let (what, takes) = (request.address.to_string(), self.takes);
        let hesitates = self.hesitates && request.type_name.as_str() == NAMED;
        self.around("create", &what, Into::into, move |inventory| match hesitates {
            true => Inventory::not_yet(format!("begin:{}", request.address), None),
            false => inventory.create(request, takes),
        })
        .await
    }

    async fn read(&self, request: ReadRequest) -> Result<Observed, Failure> {
        let what = request.identifier.clone();
        self.around("read", &what, Err, move |inventory| {
            Ok(match inventory.things.get(&request.identifier) {
                Some(thing) => Observed::Present { properties: thing.properties.clone() },
                None => Observed::Absent,
            })
        })
        .await
    }

    async fn update(&self, request: UpdateRequest) -> Progress {
        let (what, identifier) = (request.address.to_string(), request.identifier.clone());
        let hesitates = self.hesitates && request.type_name.as_str() == NAMED;
        self.around("update", &what, Into::into, move |inventory| match hesitates {
            true => {
                let mut plain = request;
                plain.properties.remove("Password");
                match inventory.update(plain) {
                    Progress::Done(_) => Inventory::pending(format!("finish:{identifier}"), &identifier),
                    other => other,
                }
            }
            false => inventory.update(request),
        })
        .await
    }

    async fn delete(&self, request: DeleteRequest) -> Progress {
        let (what, takes) = (request.address.to_string(), self.takes);
        self.around("delete", &what, Into::into, move |inventory| inventory.delete(request, takes)).await
    }

    async fn status(&self, request: StatusRequest) -> Progress {
        let what = request.handle.clone();
        self.around("status", &what, Into::into, move |inventory| inventory.status(&request)).await
    }

    async fn list(&self, _request: ListRequest) -> Result<ListResponse, Failure> {
        Ok(ListResponse::default())
    }

    async fn recover(&self, request: RecoverRequest) -> Result<Recovered, Failure> {
        let (what, hidden_for) = (request.address.to_string(), self.hidden_for);
        self.around("recover", &what, Err, move |inventory| Ok(inventory.recover(&request, hidden_for))).await
    }

    async fn secret(&self, _placement: &Placement, name: &str) -> Result<String, Failure> {
        Err(Failure::new(FailureCode::NotFound, name))
    }
}
