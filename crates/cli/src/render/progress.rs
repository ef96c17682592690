//! A run as it goes: on a terminal one line for each running resource and a bar for the whole; elsewhere plain lines and a
//! heartbeat; for a machine every event as a JSON line.

use crate::permission;
use crate::ui::{BOLD, DIM, GREEN, RED, Ui, YELLOW, paint};
use charter_executor::{Event, EventKind, OperationName, OperationResult, RunSummary};
use charter_model::Address;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// How long it may stay quiet off a terminal.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(20);

/// Follows the events of one run.
pub(crate) struct ProgressView {
    ui: Ui,
    bars: Option<Bars>,
    running: BTreeMap<(Address, OperationName), Running>,
    operations: usize,
    finished: usize,
    last_word: Duration,
}

struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
}

struct Running {
    since: Duration,
    status: Option<String>,
    bar: Option<ProgressBar>,
}

impl ProgressView {
    /// Ready for the first event.
    pub(crate) fn new(ui: Ui) -> Self {
        let bars = ui.is_interactive().then(|| {
            let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
            let whole = all.add(ProgressBar::new(1).with_style(whole_style()));
            Bars { all, whole }
        });
        Self { ui, bars, running: BTreeMap::new(), operations: 0, finished: 0, last_word: Duration::ZERO }
    }

    /// Shows one event.
    pub(crate) fn event(&mut self, event: &Event) {
        if self.ui.json() {
            self.ui.emit("event", event);
            return;
        }
        match &event.kind {
            EventKind::RunStarted { operations } => {
                self.operations = *operations;
                if let Some(bars) = &self.bars {
                    bars.whole.set_length(*operations as u64);
                }
            }
            EventKind::Reading { done, total } => {
                if let Some(bars) = &self.bars {
                    bars.whole.set_length(*total as u64);
                    bars.whole.set_position(*done as u64);
                    bars.whole.set_message("reading what is there");
                }
            }
            EventKind::Recovered { address, operation, result } => {
                let word = paint(YELLOW, "recovered");
                self.line(event.at, &format!("{word} {address}: {} was interrupted; {result}", verb(*operation)));
            }
            EventKind::Started { address, operation, .. } => self.started(event.at, address, *operation),
            EventKind::Waiting { address, operation, status, .. } => {
                if let Some(running) = self.running.get_mut(&(address.clone(), *operation)) {
                    running.status.clone_from(status);
                    if let Some(bar) = &running.bar {
                        bar.set_message(describe(address, *operation, status.as_deref()));
                    }
                }
            }
            EventKind::Retrying { address, operation, failure, after } => {
                let text = format!(
                    "{} {address}: {} again in {}: {}",
                    paint(YELLOW, "…"),
                    verb(*operation),
                    seconds(*after),
                    failure.message
                );
                self.line(event.at, &text);
            }
            EventKind::Finished { address, operation, identifier, result, left_behind, elapsed } => {
                let left_behind = left_behind.as_deref();
                self.finished_one(
                    event.at,
                    (address, *operation),
                    identifier.as_deref(),
                    (result, left_behind),
                    *elapsed,
                );
            }
            EventKind::Stopping { running } => {
                let text = format!(
                    "{} nothing new is started; waiting for {} running. Interrupt again to stop at once: nothing is lost.",
                    paint(YELLOW.bold(), "stopping:"),
                    running.len()
                );
                self.line(event.at, &text);
            }
            EventKind::RunFinished { .. } => self.close(),
        }
    }

    /// To be called now and then: keeps the clock on the screen going, or says off a terminal that there is still life.
    pub(crate) fn tick(&mut self, at: Duration) {
        if let Some(bars) = &self.bars {
            bars.whole.tick();
            self.running.values().filter_map(|running| running.bar.as_ref()).for_each(ProgressBar::tick);
        } else if !self.ui.json() && !self.running.is_empty() && at.saturating_sub(self.last_word) >= HEARTBEAT {
            let longest = self.running.iter().min_by_key(|(_, running)| running.since);
            if let Some(((address, operation), running)) = longest {
                let text = format!(
                    "  still at work: {} of {} done, {} running, longest {} for {}",
                    self.finished,
                    self.operations,
                    self.running.len(),
                    describe(address, *operation, running.status.as_deref()),
                    seconds(at.saturating_sub(running.since)),
                );
                self.line(at, &text);
            }
        }
    }

    /// Takes the bars off the screen.
    pub(crate) fn close(&mut self) {
        if let Some(bars) = self.bars.take() {
            let _ = bars.all.clear();
        }
    }

    fn started(&mut self, at: Duration, address: &Address, operation: OperationName) {
        // Brings the record up to date without a call: nothing to tell.
        if operation == OperationName::Record {
            return;
        }
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.all.insert_before(&bars.whole, ProgressBar::new_spinner().with_style(resource_style()));
            bar.set_message(describe(address, operation, None));
            bar
        });
        if bar.is_none() {
            self.line(at, &format!("  {} {address}", verb(operation)));
        }
        self.running.insert((address.clone(), operation), Running { since: at, status: None, bar });
    }

    fn finished_one(
        &mut self,
        at: Duration,
        (address, operation): (&Address, OperationName),
        identifier: Option<&str>,
        (result, left_behind): (&OperationResult, Option<&str>),
        elapsed: Duration,
    ) {
        if let Some(running) = self.running.remove(&(address.clone(), operation))
            && let Some(bar) = running.bar
        {
            bar.finish_and_clear();
        }
        self.finished += 1;
        if let Some(bars) = &self.bars {
            bars.whole.set_position(self.finished as u64);
        }
        let text = match result {
            OperationResult::Succeeded if operation == OperationName::Record => return,
            OperationResult::Succeeded => {
                let identifier = paint(DIM, identifier.unwrap_or_default());
                let time = paint(DIM, seconds(elapsed));
                match left_behind {
                    Some(what) => format!("{} {address} {what} {time} {identifier}", paint(YELLOW, "!")),
                    None => format!("{} {address} {} {time} {identifier}", paint(GREEN, "✓"), past(operation)),
                }
            }
            OperationResult::Unchanged => format!("{} {address} needed nothing", paint(GREEN, "✓")),
            // The whole of it stands in the summary, where it is looked for: here one line says at once that it happened.
            OperationResult::Failed { failure } => {
                let time = paint(DIM, seconds(elapsed));
                format!("{} {address} {} ({:?}) {time}", paint(RED.bold(), "✗"), failed(operation), failure.code)
            }
            OperationResult::Skipped { .. } => return,
        };
        self.line(at, &text);
    }

    fn line(&mut self, at: Duration, text: &str) {
        self.last_word = at;
        match &self.bars {
            Some(bars) => bars.all.suspend(|| self.ui.say(text)),
            None => self.ui.say(text),
        }
    }
}

/// What a run came to, with the next step where something failed.
pub(crate) fn summary(summary: &RunSummary, elapsed: Duration, next: &str) -> String {
    let mut text = String::new();
    let counts = [
        (summary.created, "created"),
        (summary.updated, "changed"),
        (summary.deleted.saturating_sub(summary.left_behind.len()), "deleted"),
        (summary.left_behind.len(), "left behind"),
        (summary.recorded, "recorded"),
        (summary.unchanged, "unchanged"),
        (summary.failed.len(), "failed"),
        (summary.skipped.len(), "not started"),
        (summary.unfinished.len(), "still going on"),
    ];
    let list: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let list = if list.is_empty() { "nothing to do".to_owned() } else { list.join(", ") };
    for (address, failure) in &summary.failed {
        // What kind of failure it is stood in the line that told of it; the message begins with AWS's own word for it.
        let _ = writeln!(text, "{} {address}: {}", paint(RED.bold(), "✗"), failure.message);
        if let Some(advice) = permission::advice(failure) {
            let _ = writeln!(text, "{advice}");
        }
        if let Some(identifier) = &failure.identifier {
            let _ = writeln!(text, "  it is half-made under {identifier}; the next apply replaces it");
        }
    }
    // What an interrupt kept from starting is only counted, since it is all that was left; so is the other half of a replacement.
    for (address, because) in &summary.skipped {
        if let Some(because) = because.as_ref().filter(|because| *because != address) {
            let _ = writeln!(text, "{} {address}: not started, {because} failed", paint(YELLOW, "-"));
        }
    }
    for address in &summary.unfinished {
        let _ = writeln!(text, "{} {address}: still going on; the next run follows it", paint(YELLOW, "…"));
    }
    for (address, what) in &summary.left_behind {
        let _ = writeln!(text, "{} {address}: {what}", paint(YELLOW, "!"));
    }
    for output in &summary.failed_outputs {
        let _ = writeln!(text, "{} output {}.{}: {}", paint(RED.bold(), "✗"), output.stack, output.name, output.reason);
    }
    let word = if !summary.failed.is_empty() || !summary.failed_outputs.is_empty() {
        paint(RED.bold(), "Incomplete:")
    } else if summary.interrupted {
        paint(YELLOW.bold(), "Interrupted:")
    } else {
        paint(GREEN.bold(), "Done:")
    };
    let _ = write!(text, "{word} {list} in {}.", seconds(elapsed));
    if !summary.is_complete() {
        let _ = write!(text, " Nothing is lost; go on with {}", paint(BOLD, next));
    }
    text
}

fn whole_style() -> ProgressStyle {
    ProgressStyle::with_template("  {bar:30.green/dim} {pos}/{len}  {elapsed}  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn resource_style() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner:.cyan} {wide_msg} {elapsed:>5}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn describe(address: &Address, operation: OperationName, status: Option<&str>) -> String {
    match status {
        Some(status) => format!("{address}  {} ({status})", verb(operation)),
        None => format!("{address}  {}", verb(operation)),
    }
}

fn verb(operation: OperationName) -> &'static str {
    match operation {
        OperationName::Create => "creating",
        OperationName::Update => "changing",
        OperationName::Delete => "deleting",
        OperationName::DeleteDeposed => "deleting the old one of",
        OperationName::Adopt => "adopting",
        OperationName::Record => "recording",
        OperationName::Forget => "forgetting",
    }
}

fn past(operation: OperationName) -> &'static str {
    match operation {
        OperationName::Create => "created",
        OperationName::Update => "changed",
        OperationName::Delete => "deleted",
        OperationName::DeleteDeposed => "old one deleted",
        OperationName::Adopt => "adopted",
        OperationName::Record => "recorded",
        OperationName::Forget => "forgotten",
    }
}

fn failed(operation: OperationName) -> &'static str {
    match operation {
        OperationName::Create => "was not created",
        OperationName::Update => "was not changed",
        OperationName::Delete | OperationName::DeleteDeposed => "was not deleted",
        OperationName::Adopt => "was not adopted",
        OperationName::Record => "was not recorded",
        OperationName::Forget => "was not forgotten",
    }
}

/// `8.2s`, `2m05s`, `1h02m`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..60 => format!("{:.1}s", duration.as_secs_f64()),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use charter_provider::{Failure, FailureCode};

    #[test]
    fn durations_read_naturally() {
        let texts: Vec<String> =
            [0.25, 8.2, 125.0, 3720.0].iter().map(|each| seconds(Duration::from_secs_f64(*each))).collect();
        assert_eq!(texts, ["0.2s", "8.2s", "2m05s", "1h02m"]);
    }

    #[test]
    fn what_was_left_behind_is_told_and_not_counted_as_deleted() {
        let what = "deactivated: AWS deletes no user profile; it stays in the domain until the domain goes";
        let left_behind = vec![("s/person".parse().unwrap(), what.to_owned())];
        let run = RunSummary { deleted: 3, left_behind, ..RunSummary::default() };
        let text = summary(&run, Duration::from_secs(3), "charter destroy -e local");
        insta::assert_snapshot!(anstream::adapter::strip_str(&text), @r"
        ! s/person: deactivated: AWS deletes no user profile; it stays in the domain until the domain goes
        Done: 2 deleted, 1 left behind in 3.0s.
        ");
    }

    #[test]
    fn a_failed_run_says_what_failed_what_was_skipped_for_it_and_the_next_command() {
        let index: Address = "s/index".parse().unwrap();
        let run = RunSummary {
            created: 2,
            failed: vec![(
                index.clone(),
                Failure::new(FailureCode::AccessDenied, "AccessDeniedException: no").with_identifier("i-1"),
            )],
            skipped: vec![("s/source".parse().unwrap(), Some(index))],
            ..RunSummary::default()
        };
        let text = summary(&run, Duration::from_secs(3), "charter apply -e local");
        insta::assert_snapshot!(anstream::adapter::strip_str(&text), @r"
        ✗ s/index: AccessDeniedException: no
          it is half-made under i-1; the next apply replaces it
        - s/source: not started, s/index failed
        Incomplete: 2 created, 1 failed, 1 not started in 3.0s. Nothing is lost; go on with charter apply -e local
        ");
    }
}
