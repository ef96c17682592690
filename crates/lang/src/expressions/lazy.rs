//! Values that hold something unknown or secret, as the interpreter sees them: it may look past what is unknown to what
//! is known beside it, and whoever looks at a secret is remembered.

use super::convert::to_cel;
use cel::ExecutionError;
use cel::common::traits::{self, Adder, Container, Indexer, Iterable, Sizer};
use cel::common::types::{CelInt, CelString, DYN_TYPE, LIST_TYPE, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use charter_model::{Secret, Unknown, Value};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A value with what the interpreter may do with it.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Nothing unknown or secret inside.
    Plain(Value),
    List(Vec<Arc<Shape>>),
    Map(BTreeMap<Arc<str>, Arc<Shape>>),
    Unknown(Unknown),
    Secret(Secret),
    /// Its own evaluation failed; matters only if somebody looks.
    Failed(String),
}

/// What an evaluation looked at.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) unknown: Option<Unknown>,
    /// The result cannot be trusted even if the interpreter came to one.
    pub(crate) spoilt: bool,
    /// Fingerprints of the secrets that were read.
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) failed: Option<String>,
}

impl Touched {
    pub(crate) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unknown(&self, unknown: &Unknown) -> ExecutionError {
        self.lock().unknown.get_or_insert_with(|| unknown.clone());
        ExecutionError::InternalError("unknown".to_owned())
    }

    fn spoil(&self, unknown: &Unknown) {
        let mut seen = self.lock();
        seen.unknown.get_or_insert_with(|| unknown.clone());
        seen.spoilt = true;
    }
}

impl Shape {
    pub(crate) fn new(value: Value) -> Self {
        if value.is_known() && !value.has_secret() {
            return Self::Plain(value);
        }
        match value {
            Value::Unknown(unknown) => Self::Unknown(unknown),
            Value::Secret(secret) => Self::Secret(secret),
            Value::List(list) => Self::List(list.into_iter().map(|each| Arc::new(Self::new(each))).collect()),
            Value::Map(map) => Self::Map(map.into_iter().map(|(key, each)| (key, Arc::new(Self::new(each)))).collect()),
            plain => Self::Plain(plain),
        }
    }

    /// For the interpreter: native where it can be.
    pub(crate) fn present(self: &Arc<Self>, touched: &Arc<Touched>) -> Result<Box<dyn Val>, ExecutionError> {
        match &**self {
            Self::Plain(value) => Ok(to_cel(value)),
            Self::List(_) | Self::Map(_) => {
                Ok(Box::new(Lazy { shape: self.clone(), touched: touched.clone(), elements: OnceLock::new() }))
            }
            Self::Unknown(unknown) => Err(touched.unknown(unknown)),
            Self::Secret(secret) => {
                touched.lock().secrets.insert(secret.fingerprint().to_owned());
                match secret.reveal() {
                    Some(plain) => Ok(to_cel(plain)),
                    None => Err(touched.unknown(&Unknown::new("after the secret is read"))),
                }
            }
            Self::Failed(reason) => {
                touched.lock().failed.get_or_insert_with(|| reason.clone());
                Err(ExecutionError::InternalError("failed".to_owned()))
            }
        }
    }

    /// The whole as a value, which looks at everything inside.
    fn solid(self: &Arc<Self>, touched: &Arc<Touched>) -> Result<Value, ExecutionError> {
        match &**self {
            Self::Plain(value) => Ok(value.clone()),
            Self::List(list) => Ok(Value::List(list.iter().map(|each| each.solid(touched)).collect::<Result<_, _>>()?)),
            Self::Map(map) => {
                Ok(Value::Map(map.iter().map(|(key, each)| Ok((key.clone(), each.solid(touched)?))).collect::<Result<
                    _,
                    ExecutionError,
                >>(
                )?))
            }
            Self::Secret(secret) => {
                self.present(touched)?;
                Ok(secret.reveal().cloned().unwrap_or(Value::Null))
            }
            Self::Unknown(_) | Self::Failed(_) => self.present(touched).map(|_| Value::Null),
        }
    }
}

/// A list or map that holds something unknown or secret.
#[derive(Debug, Clone)]
pub(crate) struct Lazy {
    shape: Arc<Shape>,
    touched: Arc<Touched>,
    /// What iteration hands out; made when first asked for, since the interpreter borrows from it.
    elements: OnceLock<Vec<Box<dyn Val>>>,
}

/// Stands for an unknown element while a list is iterated.
#[derive(Debug, Clone)]
struct Hole;

impl Lazy {
    pub(crate) fn to_value(&self) -> Result<Value, ExecutionError> {
        self.shape.solid(&self.touched)
    }

    fn member(&self, index: &dyn Val) -> Result<Box<dyn Val>, ExecutionError> {
        match &*self.shape {
            Shape::Map(map) => {
                let key = index.downcast_ref::<CelString<'_>>().map(CelString::inner).unwrap_or_default();
                match map.get(key) {
                    Some(member) => member.present(&self.touched),
                    None => Err(ExecutionError::no_such_key(key)),
                }
            }
            Shape::List(list) => {
                let place = index.downcast_ref::<CelInt>().and_then(|number| usize::try_from(*number.inner()).ok());
                match place.and_then(|place| list.get(place)) {
                    Some(element) => element.present(&self.touched),
                    None => Err(ExecutionError::function_error("_[_]", "the index is outside the list")),
                }
            }
            _ => Err(ExecutionError::InternalError("not a collection".to_owned())),
        }
    }

    fn handed_out(&self) -> &[Box<dyn Val>] {
        self.elements.get_or_init(|| match &*self.shape {
            Shape::Map(map) => {
                map.keys().map(|key| Box::new(CelString::from(key.as_ref().to_owned())) as Box<dyn Val>).collect()
            }
            Shape::List(list) => list
                .iter()
                .map(|each| {
                    each.present(&self.touched).unwrap_or_else(|_| {
                        if let Some(unknown) = self.touched.seen().unknown {
                            self.touched.spoil(&unknown);
                        }
                        Box::new(Hole)
                    })
                })
                .collect(),
            _ => Vec::new(),
        })
    }
}

impl Val for Lazy {
    fn get_type(&self) -> &Type {
        match &*self.shape {
            Shape::Map(_) => &MAP_TYPE,
            _ => &LIST_TYPE,
        }
    }

    fn cel_type() -> &'static Type {
        &DYN_TYPE
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        matches!(&*self.shape, Shape::List(_)).then_some(self)
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn into_indexer<'v>(self: Box<Self>) -> Option<Box<dyn Indexer + 'v>>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        match self.shape.solid(&self.touched) {
            Ok(value) => to_cel(&value).equals(other),
            Err(_) => {
                if let Some(unknown) = self.touched.seen().unknown {
                    self.touched.spoil(&unknown);
                }
                false
            }
        }
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Lazy {}

impl Adder for Lazy {
    fn add<'b, 'v>(&'b self, right: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let left = to_cel(&self.shape.solid(&self.touched)?);
        let sum = left
            .as_adder()
            .ok_or_else(|| ExecutionError::no_such_overload("_+_", Vec::new()))?
            .add(right)?
            .into_owned();
        Ok(CowVal::Owned(sum))
    }
}

impl Container for Lazy {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        match &*self.shape {
            Shape::Map(map) => {
                Ok(value.downcast_ref::<CelString<'_>>().is_some_and(|key| map.contains_key(key.inner())))
            }
            _ => {
                let solid = to_cel(&self.shape.solid(&self.touched)?);
                solid.as_container().map_or(Ok(false), |container| container.contains(value))
            }
        }
    }
}

impl Indexer for Lazy {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(CowVal::Owned(self.member(index)?))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.member(index)
    }
}

struct Elements<'b>(std::slice::Iter<'b, Box<dyn Val>>);

impl<'b, 'v> traits::Iterator<'b, 'v> for Elements<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|each| each.as_ref() as &(dyn Val + 'v))
    }
}

impl Iterable for Lazy {
    fn iter<'b, 'v>(&'b self) -> Box<dyn traits::Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Elements(self.handed_out().iter()))
    }
}

impl Sizer for Lazy {
    fn size(&self) -> CelInt {
        let size = match &*self.shape {
            Shape::Map(map) => map.len(),
            Shape::List(list) => list.len(),
            _ => 0,
        };
        CelInt::from(i64::try_from(size).unwrap_or(i64::MAX))
    }
}

impl Val for Hole {
    fn get_type(&self) -> &Type {
        &DYN_TYPE
    }

    fn cel_type() -> &'static Type {
        &DYN_TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}
