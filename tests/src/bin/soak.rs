//! `cargo xtask soak`: crashes and faults for as long as one likes, with figures at the end.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks for itself")]

use charter_tests::crash::assistant::Assistant;
use charter_tests::crash::case::{Case, Disk, Sweep, paused, replay, run};
use charter_tests::crash::figures::Figures;
use charter_tests::crash::scenario::Reviews;
use clap::Parser;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Crashes and faults, in process, under paused time.
#[derive(Debug, Parser)]
struct Arguments {
    /// For so many minutes: random cases for 30 if it is not said, crash points until there are no more.
    #[arg(long)]
    minutes: Option<f64>,
    /// The seed of the first case; the next have the numbers after it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instead: every crash point of product-reviews, and every crash point of the recovery from each.
    #[arg(long, conflicts_with = "case")]
    exhaustive: bool,
    /// Instead: one case again, by its name.
    #[arg(long)]
    case: Option<Case>,
    /// How many cases at once.
    #[arg(long)]
    jobs: Option<usize>,
}

/// Every so many crash points are taken before those between them.
const STRIDE: usize = 16;

/// One of so many random cases is about the assistant.
const ASSISTANT: u64 = 12;

/// One of so many is about an organization and domains, and one about a data mesh.
const GOVERNED: u64 = 4;

/// The case of a number.
fn drawn(number: u64) -> Case {
    let which = Assistant::ALL.get((number / ASSISTANT) as usize % Assistant::ALL.len());
    match which {
        Some(which) if number.is_multiple_of(ASSISTANT) => Case::Assistant(*which, number),
        _ if number % GOVERNED == 1 => Case::Governed(number),
        _ if number % GOVERNED == 3 => Case::Mesh(number),
        _ => Case::Random(number),
    }
}

/// What all threads share.
struct Soak {
    figures: Arc<Figures>,
    failures: Mutex<Vec<Case>>,
}

impl Soak {
    fn judge(&self, case: Case, verdict: Result<(), String>) {
        if let Err(error) = verdict {
            eprintln!("\n✗ {case}: {error}\n{}", replay(case));
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(case);
        }
    }

    fn random(&self, arguments: &Arguments, jobs: usize) {
        let until = Instant::now() + minutes(arguments.minutes.unwrap_or(30.0));
        let next = AtomicU64::new(arguments.seed);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while Instant::now() < until {
                        let case = drawn(next.fetch_add(1, Ordering::Relaxed));
                        self.judge(case, run(case, &self.figures));
                    }
                });
            }
        });
    }

    /// Every scenario, as many at once as there are jobs. Those that have few points do not wait for those that have many.
    fn exhaustive(&self, jobs: usize, until: Option<Instant>) {
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some(which) = Reviews::ALL.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                        paused(self.sweep(*which, until));
                    }
                });
            }
        });
    }

    /// Every point first; then, point after point, every point of the recovery from it.
    async fn sweep(&self, which: Reviews, until: Option<Instant>) {
        let is_over = || until.is_some_and(|until| Instant::now() >= until);
        let point = |point, disk, again| Case::Crash { scenario: which, point, disk, again };
        let sweep = match Sweep::new(which, &self.figures).await {
            Ok(sweep) => sweep,
            Err(error) => return self.judge(point(0, Disk::Whole, None), Err(error)),
        };
        // Spread over the whole run, so that a bounded sweep is a sample of it.
        let all = sweep.cases();
        let cases: Vec<Case> = (0..STRIDE).flat_map(|first| all.iter().skip(first).step_by(STRIDE)).copied().collect();
        let mut judged = 0;
        for case in cases.iter().take_while(|_| !is_over()) {
            self.judge(*case, sweep.judge(*case).await);
            judged += 1;
        }
        eprintln!("{which}: {judged} of {} crash points", cases.len());
        let (mut from, mut judged) = (0, 0);
        for case in cases.iter().take_while(|_| !is_over()) {
            let Case::Crash { point: at, disk, .. } = *case else { continue };
            let recovery = match sweep.points_of_recovery(*case).await {
                Ok(recovery) => recovery,
                Err(error) => {
                    self.judge(*case, Err(error));
                    continue;
                }
            };
            for again in 0..recovery {
                let case = point(at, disk, Some(again));
                self.judge(case, sweep.judge(case).await);
                judged += 1;
            }
            from += 1;
        }
        eprintln!("{which}: {judged} points of the recovery from {from} of {} crash points", cases.len());
    }
}

fn minutes(count: f64) -> Duration {
    Duration::from_secs_f64((count * 60.0).max(0.0))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begin = Instant::now();
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let soak = Soak { figures: Arc::default(), failures: Mutex::default() };
    match arguments.case {
        Some(case) => soak.judge(case, run(case, &soak.figures)),
        None if arguments.exhaustive => soak.exhaustive(jobs, arguments.minutes.map(|count| begin + minutes(count))),
        None => soak.random(&arguments, jobs),
    }
    let failures = soak.failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{:<32}{:>12.1} s", "time", begin.elapsed().as_secs_f64());
    print!("{}", soak.figures);
    println!("{:<32}{:>12}", "failures", failures.len());
    for case in &failures {
        println!("  {case}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
