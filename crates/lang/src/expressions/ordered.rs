//! Maps that are walked through in the order of their keys. The interpreter's own maps hash with a random seed, so that `map` and
//! `filter` over them would come out in another order with every run; a plan must not.

use cel::ExecutionError;
use cel::common::traits::{self, Container, Indexer, Iterable, Sizer};
use cel::common::types::{CelInt, CelMap, CelMapKey, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use std::any::Any;

/// A map of constants: the interpreter's own, beside its keys in order.
#[derive(Debug)]
pub(crate) struct OrderedMap {
    map: CelMap<'static>,
    keys: Vec<Box<dyn Val>>,
}

impl OrderedMap {
    /// The members, sorted by key.
    pub(crate) fn new(members: impl Iterator<Item = (String, Box<dyn Val>)>) -> Self {
        let mut keys: Vec<Box<dyn Val>> = Vec::new();
        let map = members
            .map(|(key, member)| {
                keys.push(Box::new(CelString::from(key.clone())));
                (CelMapKey::from(key), member)
            })
            .collect::<std::collections::HashMap<_, _>>();
        Self { map: CelMap::from(map), keys }
    }
}

impl Val for OrderedMap {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        self.map.as_container()
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
        match other.as_any().and_then(|other| other.downcast_ref::<Self>()) {
            Some(other) => self.map.equals(&other.map),
            None => self.map.equals(other),
        }
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        let keys = self.keys.iter().map(|key| key.clone_as_boxed()).collect();
        Box::new(Self { map: self.map.clone(), keys })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for OrderedMap {}

impl Indexer for OrderedMap {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Indexer::get(&self.map, index)
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Box::new(self.map).steal(index)
    }
}

struct Keys<'b>(std::slice::Iter<'b, Box<dyn Val>>);

impl<'b, 'v> traits::Iterator<'b, 'v> for Keys<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|key| key.as_ref() as &(dyn Val + 'v))
    }
}

impl Iterable for OrderedMap {
    fn iter<'b, 'v>(&'b self) -> Box<dyn traits::Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Keys(self.keys.iter()))
    }
}

impl Sizer for OrderedMap {
    fn size(&self) -> CelInt {
        self.map.size()
    }
}
