//! `cargo xtask soak`: crashes and faults for as long as one likes, with figures at the end.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool speaks for itself")]

use charter_tests::crash::case::{Case, Sweep, paused, replay, run};
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
    /// Random cases for so many minutes.
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
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
        let until = Instant::now() + Duration::from_secs_f64((arguments.minutes * 60.0).max(0.0));
        let next = AtomicU64::new(arguments.seed);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while Instant::now() < until {
                        let case = Case::Random(next.fetch_add(1, Ordering::Relaxed));
                        self.judge(case, run(case, &self.figures));
                    }
                });
            }
        });
    }

    fn exhaustive(&self, jobs: usize) {
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some(which) = Reviews::ALL.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                        paused(self.sweep(*which));
                    }
                });
            }
        });
    }

    async fn sweep(&self, which: Reviews) {
        let sweep = match Sweep::new(which, &self.figures).await {
            Ok(sweep) => sweep,
            Err(error) => {
                let case = Case::Crash {
                    scenario: which,
                    point: 0,
                    disk: charter_tests::crash::case::Disk::Whole,
                    again: None,
                };
                return self.judge(case, Err(error));
            }
        };
        for case in sweep.cases() {
            self.judge(case, sweep.judge(case).await);
            let Case::Crash { scenario, point, disk, .. } = case else { continue };
            let recovery = sweep.points_of_recovery(case).await.unwrap_or_default();
            for again in 0..recovery {
                let case = Case::Crash { scenario, point, disk, again: Some(again) };
                self.judge(case, sweep.judge(case).await);
            }
        }
        eprintln!("{which}: {} crash points", sweep.cases().len());
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begin = Instant::now();
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let soak = Soak { figures: Arc::default(), failures: Mutex::default() };
    match arguments.case {
        Some(case) => soak.judge(case, run(case, &soak.figures)),
        None if arguments.exhaustive => soak.exhaustive(jobs),
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
