//! Throws inputs at a target and notices what becomes of each: a panic, a hang, too much memory. What cannot be caught (a stack
//! that overflows) leaves the input in a file that is written before each execution.

use crate::mutate::Mutator;
use crate::targets::Target;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long one input may take. A build without optimisation is about ten times slower than what users run.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 5 });

/// How much memory the process may hold.
const MOST_KILOBYTES: u64 = 2 << 20;

/// The stack of the main thread on Linux, where the program reads its files.
const STACK: usize = 8 << 20;

/// When to end.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After so many mutated inputs.
    Executions(u64),
    /// After so long.
    Time(Duration),
}

/// What came of a campaign.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many inputs were run, the corpus included.
    pub executions: u64,
    /// Inputs that made the target panic, each with what it said.
    pub findings: Vec<(Vec<u8>, String)>,
}

/// Runs the whole corpus, then mutated inputs. Ends at the first finding of mutation; all findings of the corpus are told.
///
/// `current` is the file that holds the input that runs. A hang or too much memory ends the process with the code 70.
pub fn run(
    target: Target,
    corpus: &[(String, Vec<u8>)],
    seed: u64,
    until: Until,
    current: &Path,
) -> io::Result<Outcome> {
    let kept = Arc::new(Kept::new(current)?);
    let watcher = Watch::start(target.name, Arc::clone(&kept));
    let entries: Vec<Vec<u8>> = corpus.iter().map(|(_, input)| input.clone()).collect();
    let work = move || -> io::Result<Outcome> {
        let mut outcome = Outcome::default();
        for input in &entries {
            outcome.executions += 1;
            if let Some(said) = kept.execute(target, input)? {
                outcome.findings.push((input.clone(), said));
            }
        }
        let mut mutator = Mutator::new(entries, seed);
        let begin = Instant::now();
        let mut mutated = 0;
        while outcome.findings.is_empty() && until.goes_on(mutated, begin) {
            let input = mutator.next_input();
            mutated += 1;
            if let Some(said) = kept.execute(target, &input)? {
                outcome.findings.push((input, said));
            }
        }
        outcome.executions += mutated;
        Ok(outcome)
    };
    let worker = std::thread::Builder::new().name(format!("fuzz {}", target.name)).stack_size(STACK).spawn(work)?;
    let outcome = worker.join().map_err(|_| io::Error::other("the fuzzer itself panicked"))?;
    watcher.stop();
    outcome
}

impl Until {
    fn goes_on(self, executions: u64, begin: Instant) -> bool {
        match self {
            Self::Executions(most) => executions < most,
            Self::Time(longest) => begin.elapsed() < longest,
        }
    }
}

/// The input that runs, where it survives the process.
struct Kept {
    path: PathBuf,
    file: Mutex<File>,
    /// Since the campaign began, in milliseconds plus one; 0 while nothing runs.
    since: AtomicU64,
    begin: Instant,
}

impl Kept {
    fn new(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = Mutex::new(File::create(path)?);
        Ok(Self { path: path.to_owned(), file, since: AtomicU64::new(0), begin: Instant::now() })
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn execute(&self, target: Target, input: &[u8]) -> io::Result<Option<String>> {
        if let Ok(mut file) = self.file.lock() {
            file.rewind()?;
            file.write_all(input)?;
            file.set_len(input.len() as u64)?;
        }
        self.since.store(self.milliseconds(), Ordering::Release);
        let result = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
        self.since.store(0, Ordering::Release);
        Ok(result.err().map(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
        }))
    }
}

struct Watch {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    fn start(name: &'static str, kept: Arc<Kept>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Acquire) {
                std::thread::park_timeout(Duration::from_millis(100));
                let since = kept.since.load(Ordering::Acquire);
                let took = if since == 0 { 0 } else { kept.milliseconds().saturating_sub(since) };
                if u128::from(took) > LONGEST.as_millis() {
                    give_up(name, &kept.path, &format!("an input takes more than {} s", LONGEST.as_secs()));
                }
                if resident_kilobytes().is_some_and(|kilobytes| kilobytes > MOST_KILOBYTES) {
                    give_up(name, &kept.path, &format!("more than {MOST_KILOBYTES} kB of memory are held"));
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }

    fn stop(mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

#[allow(clippy::print_stderr, reason = "the process ends here")]
fn give_up(name: &str, path: &Path, what: &str) -> ! {
    eprintln!("{name}: {what}: the input is in {}", path.display());
    std::process::exit(70)
}

/// How much memory this process holds; none where the system does not tell it in a file.
fn resident_kilobytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign(run: fn(&[u8]), until: Until) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let corpus = [("a".to_owned(), b"abc".to_vec())];
        super::run(Target { name: "test", run }, &corpus, 1, until, &folder.path().join("current")).unwrap()
    }

    #[test]
    fn a_panic_is_a_finding_with_its_input() {
        let outcome = campaign(|input| assert!(input.len() < 5, "five"), Until::Executions(100_000));
        let (input, said) = &outcome.findings[0];
        assert!(input.len() >= 5);
        assert!(said.contains("five"));
        assert!(outcome.executions < 100_000);
    }

    #[test]
    fn without_a_finding_it_ends_at_its_bound() {
        let outcome = campaign(|_| {}, Until::Executions(50));
        assert_eq!((outcome.executions, outcome.findings.len()), (51, 0));
    }
}
