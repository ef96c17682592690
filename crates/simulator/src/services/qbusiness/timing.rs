//! How long Q Business takes, in virtual seconds, and its limits.
//!
//! AWS documents that these operations take time, not how much. The times are of the order that the public sample scripts of AWS
//! wait for: they look every few seconds until an application or an index is `ACTIVE`.

/// `CREATING` → `ACTIVE`; `UPDATING` → `ACTIVE`; `DELETING` → gone.
pub(super) const APPLICATION: Times = Times { creation: 20.0, update: 10.0, deletion: 60.0 };
pub(super) const INDEX: Times = Times { creation: 180.0, update: 20.0, deletion: 90.0 };
/// A retriever has no word for being deleted: it goes at once.
pub(super) const RETRIEVER: Times = Times { creation: 10.0, update: 0.0, deletion: 0.0 };
pub(super) const DATA_SOURCE: Times = Times { creation: 30.0, update: 15.0, deletion: 90.0 };
pub(super) const WEB_EXPERIENCE: Times = Times { creation: 20.0, update: 0.0, deletion: 20.0 };
pub(super) const PLUGIN: Times = Times { creation: 15.0, update: 10.0, deletion: 0.0 };
/// A data accessor has no status at all.
pub(super) const DATA_ACCESSOR: Times = Times { creation: 0.0, update: 0.0, deletion: 0.0 };
/// `PROCESSING` → `SUCCEEDED` of a group, and `DELETING` → gone.
pub(super) const GROUP: f64 = 15.0;

/// "For inline groups, there is a limit of 1000 members per group" (API Reference, PutGroup).
pub(super) const INLINE_MEMBERS: usize = 1_000;

/// What the steps of a life take.
pub(super) struct Times {
    pub(super) creation: f64,
    pub(super) update: f64,
    pub(super) deletion: f64,
}
