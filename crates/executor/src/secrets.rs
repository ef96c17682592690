//! Reads secrets, where they are needed and not before. They go into requests and nowhere else.

use crate::call::read_with_retries;
use crate::limits::Limits;
use crate::random::Random;
use charter_model::{Address, Binding, DesiredGraph, Placement, Secret, SecretReference, Template, Value};
use charter_planner::ResolvedSecrets;
use charter_provider::{Failure, FailureCode, Provider};
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where `secret://env/NAME` comes from.
pub trait SecretResolver: Send + Sync {
    /// The value of an environment variable; none if it is not set.
    fn environment(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnvironmentSecrets;

impl SecretResolver for EnvironmentSecrets {
    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// A secret's text, read once; the lock is held while it is read, so that operations that need it at the same moment wait for one
/// call.
type Slot = Arc<Mutex<Option<Arc<str>>>>;

/// The secrets of a run, each read once.
pub(crate) struct Secrets<'a> {
    provider: &'a dyn Provider,
    resolver: &'a dyn SecretResolver,
    limits: &'a Limits,
    salt: Arc<str>,
    seed: u64,
    texts: Mutex<BTreeMap<(Placement, Arc<str>), Slot>>,
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(
        provider: &'a dyn Provider,
        resolver: &'a dyn SecretResolver,
        limits: &'a Limits,
        salt: Arc<str>,
        seed: u64,
    ) -> Self {
        Self { provider, resolver, limits, salt, seed, texts: Mutex::default() }
    }

    /// Every secret that a template refers to, as seen from a placement.
    pub(crate) async fn of(
        &self,
        template: &Template,
        placement: &Placement,
    ) -> Result<BTreeMap<SecretReference, Value>, Failure> {
        let mut found = BTreeMap::new();
        for reference in references(template) {
            let secret = self.read(&reference, placement).await?;
            found.insert(reference, Value::Secret(secret));
        }
        Ok(found)
    }

    /// Those that are set in the environment of the process. An output has no account to read others in; they stay unknown there.
    pub(crate) fn of_process(&self, template: &Template) -> BTreeMap<SecretReference, Value> {
        let found = references(template).into_iter().filter_map(|reference| match &reference {
            SecretReference::Environment { name } => {
                let plain = self.resolver.environment(name)?;
                Some((reference, Value::Secret(Secret::new(plain.as_str().into(), &self.salt))))
            }
            SecretReference::SecretsManager { .. } => None,
        });
        found.collect()
    }

    async fn read(&self, reference: &SecretReference, placement: &Placement) -> Result<Secret, Failure> {
        let plain: Value = match reference {
            SecretReference::Environment { name } => {
                let text = self.resolver.environment(name).ok_or_else(|| {
                    Failure::new(
                        FailureCode::InvalidRequest,
                        format!("{reference} has no value: set the environment variable {name} and run again"),
                    )
                })?;
                text.as_str().into()
            }
            SecretReference::SecretsManager { name, key } => {
                let text = self.text(name, placement).await?;
                match key {
                    None => (&*text).into(),
                    Some(key) => member(&text, key).ok_or_else(|| {
                        Failure::new(
                            FailureCode::InvalidRequest,
                            format!(
                                "{reference} has no value: the secret is not a JSON object with the member {key:?}"
                            ),
                        )
                    })?,
                }
            }
        };
        Ok(Secret::new(plain, &self.salt))
    }

    async fn text(&self, name: &Arc<str>, placement: &Placement) -> Result<Arc<str>, Failure> {
        let slot = self.texts.lock().await.entry((placement.clone(), name.clone())).or_default().clone();
        let mut slot = slot.lock().await;
        if let Some(text) = slot.as_ref() {
            return Ok(text.clone());
        }
        let bucket = self
            .limits
            .bucket(crate::limits::BucketKey { placement: placement.clone(), service: "SecretsManager".into() });
        let mut random = Random::new(self.seed, name.bytes().fold(17, |mixed, byte| mixed * 31 + u64::from(byte)));
        let text: Arc<str> =
            read_with_retries(&bucket, &mut random, None, || self.provider.secret(placement, name)).await?.into();
        *slot = Some(text.clone());
        Ok(text)
    }
}

fn member(text: &str, key: &str) -> Option<Value> {
    let document: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(document.get(key)?.clone().into())
}

/// Every secret that a template refers to, each once.
pub(crate) fn references(template: &Template) -> BTreeSet<SecretReference> {
    let mut found = BTreeSet::new();
    collect(template, &mut found);
    found
}

fn collect(template: &Template, found: &mut BTreeSet<SecretReference>) {
    match template {
        Template::Value(_) => {}
        Template::Secret(reference) => {
            found.insert(reference.clone());
        }
        Template::List(parts) | Template::Interpolation(parts) => parts.iter().for_each(|part| collect(part, found)),
        Template::Map(members) => members.values().for_each(|part| collect(part, found)),
        Template::Expression(expression) => {
            expression.bindings.values().for_each(|binding| collect_binding(binding, found));
        }
    }
}

fn collect_binding(binding: &Binding, found: &mut BTreeSet<SecretReference>) {
    match binding {
        Binding::Template(template) => collect(template, found),
        Binding::Resource(_) => {}
        Binding::Members(members) => members.values().for_each(|member| collect_binding(member, found)),
    }
}

/// Reads the secrets that a graph refers to, at the addresses that take part, so that the plan sees which have changed. What cannot be read (a secret that this very
/// run will make, a variable that is not set) is left out and told: the plan goes by the recorded references then, and an apply that
/// needs the value fails.
pub async fn read_secrets(
    graph: &DesiredGraph,
    provider: &dyn Provider,
    resolver: &dyn SecretResolver,
    salt: &str,
    takes_part: &(dyn Fn(&Address) -> bool + Sync),
) -> (ResolvedSecrets, Vec<(Address, Failure)>) {
    const AT_ONCE: usize = 16;
    let limits = Limits::default();
    let secrets = &Secrets::new(provider, resolver, &limits, salt.into(), 0);
    let mut wanted: BTreeMap<(&Placement, SecretReference), &Address> = BTreeMap::new();
    for resource in graph.resources.values().filter(|resource| takes_part(&resource.address)) {
        for reference in references(&resource.properties) {
            wanted.entry((&resource.placement, reference)).or_insert(&resource.address);
        }
    }
    let read: Vec<_> = stream::iter(wanted)
        .map(|((placement, reference), address)| async move {
            let result = secrets.read(&reference, placement).await;
            (placement, reference, address, result)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut found, mut failures) = (ResolvedSecrets::default(), Vec::new());
    for (placement, reference, address, result) in read {
        match result {
            Ok(secret) => found.insert(placement.clone(), reference, Value::Secret(secret), salt),
            Err(failure) => failures.push((address.clone(), failure)),
        }
    }
    (found, failures)
}
