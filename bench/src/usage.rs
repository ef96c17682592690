//! What a process used, from the files of proc(5): `getrusage` would need another crate, and its features would make every developer
//! compile half of the workspace's dependencies a second time.

use crate::BenchResult;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// In which `/proc/PID/stat` counts: USER_HZ, which is 100 on every architecture that Rust's standard library serves with Linux.
const TICKS: f64 = 100.0;

/// What a process, or a part of one, used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Seconds of the processors: its own and the system's for it.
    pub(crate) cpu: f64,
    /// The most memory that was resident, in MB of a million bytes; of a part of a process, as of its end.
    pub(crate) peak: f64,
}

/// Seconds of the processors that this process used, and those that its ended children used.
fn cpu() -> BenchResult<(f64, f64)> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold anything; the fields after it are numbered from 3 (proc(5)).
    let (_, fields) = text.rsplit_once(')').ok_or("/proc/self/stat is not as proc(5) says")?;
    let fields: Vec<f64> = fields.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    let sum = |first: usize| fields.iter().skip(first - 3).take(2).sum::<f64>() / TICKS;
    Ok((sum(14), sum(16)))
}

/// The most memory of a process so far, in MB; none if it is gone.
fn peak(process: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes: f64 =
        text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

/// Runs a program some times with its output thrown away. Its wall time is the median, its CPU time the mean, its memory the most that
/// was seen in any run (looked at every millisecond).
pub(crate) fn of_program(
    runs: usize,
    program: &Path,
    arguments: &[&OsStr],
    mut before_each: impl FnMut(),
) -> BenchResult<Usage> {
    let (mut walls, mut most) = (Vec::new(), 0.0_f64);
    let mut used = 0.0;
    for _ in 0..runs.max(1) {
        before_each();
        let (_, before) = cpu()?;
        let begin = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        // Taken in by a thread, so that a program that says much does not wait for a reader.
        let words = child.stderr.take().map(|stderr| std::thread::spawn(move || std::io::read_to_string(stderr)));
        let id = child.id().to_string();
        let status = loop {
            most = peak(&id).unwrap_or(0.0).max(most);
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        walls.push(begin.elapsed().as_secs_f64());
        used += cpu()?.1 - before;
        if !status.success() {
            let words = words.and_then(|words| words.join().ok()).transpose()?.unwrap_or_default();
            return Err(format!("{} {arguments:?} ended with {status}: {words}", program.display()).into());
        }
    }
    walls.sort_by(f64::total_cmp);
    let wall = walls.get(walls.len() / 2).copied().ok_or("nothing was run")?;
    Ok(Usage { wall, cpu: used / walls.len() as f64, peak: most })
}

/// A part of this process, from its begin to [`Part::end`].
pub(crate) struct Part {
    begin: Instant,
    cpu: f64,
}

impl Part {
    pub(crate) fn begin() -> BenchResult<Self> {
        Ok(Self { cpu: cpu()?.0, begin: Instant::now() })
    }

    pub(crate) fn end(self) -> BenchResult<Usage> {
        let wall = self.begin.elapsed().as_secs_f64();
        Ok(Usage { wall, cpu: cpu()?.0 - self.cpu, peak: peak("self").unwrap_or_default() })
    }
}
