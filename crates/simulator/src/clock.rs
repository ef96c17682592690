//! Virtual time. The one place that asks the machine for the time of day.

use crate::service::later;
use crate::settings::Settings;
use crate::store::ClockAnchor;
use jiff::Timestamp;
use tokio::time::Instant;

/// Virtual time: a moment to begin at, then tokio's clock times a scale. Under tokio's paused clock it stands still but for what
/// the runtime skips.
#[derive(Debug)]
pub(crate) struct Clock {
    anchor: ClockAnchor,
    started: Instant,
}

/// When a cloud in memory begins if nothing else is said: always the same, so that runs replay.
const BEGINNING: Timestamp = Timestamp::constant(1_767_225_600, 0);

impl Clock {
    /// The clock of a cloud that nobody has seen before.
    pub(crate) fn in_memory(settings: &Settings) -> Self {
        Self::at(settings, settings.start.unwrap_or(BEGINNING))
    }

    /// A clock in memory that begins now, at this virtual moment.
    pub(crate) fn at(settings: &Settings, start: Timestamp) -> Self {
        Self::from(ClockAnchor { virtual_time: start, wall_time: start, time_scale: settings.time_scale })
    }

    /// The clock of a stored cloud, which has gone on while nobody looked.
    pub(crate) fn resumed(settings: &Settings, before: Option<ClockAnchor>) -> Self {
        let wall_time = Timestamp::now();
        let virtual_time = match before {
            Some(before) => {
                let elapsed = wall_time.duration_since(before.wall_time).as_secs_f64().max(0.0);
                later(before.virtual_time, elapsed * settings.time_scale)
            }
            None => settings.start.unwrap_or(wall_time),
        };
        Self::from(ClockAnchor { virtual_time, wall_time, time_scale: settings.time_scale })
    }

    fn from(anchor: ClockAnchor) -> Self {
        Self { anchor, started: Instant::now() }
    }

    pub(crate) fn anchor(&self) -> ClockAnchor {
        self.anchor
    }

    /// The machine's own time, for what nobody has signed and dated.
    pub(crate) fn of_the_machine() -> Timestamp {
        Timestamp::now()
    }

    pub(crate) fn now(&self) -> Timestamp {
        later(self.anchor.virtual_time, self.started.elapsed().as_secs_f64() * self.anchor.time_scale)
    }
}
