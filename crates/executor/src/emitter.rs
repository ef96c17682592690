//! The stream of events, stamped with the time since the run began.

use crate::{Event, EventKind};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Sends events; that nobody listens any more stops nothing.
pub(crate) struct Emitter {
    sender: mpsc::UnboundedSender<Event>,
    begin: Instant,
}

impl Emitter {
    pub(crate) fn new(sender: mpsc::UnboundedSender<Event>) -> Self {
        Self { sender, begin: Instant::now() }
    }

    pub(crate) fn emit(&self, kind: EventKind) {
        let _ = self.sender.send(Event { at: self.begin.elapsed(), kind });
    }
}
