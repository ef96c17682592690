//! All measurements, as tables for people.

use crate::bound::Bound;
use crate::project::{self, ENVIRONMENT, Shape};
use crate::rounds::Rounds;
use crate::usage::{Usage, of_program};
use crate::{BenchResult, machine};
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Operations of the simulated cloud end soon, so that a run's length is not theirs; its latency and rates vary by measurement.
const QUICK: &str = "timeScale: 1000";
/// A round trip of 50 ms; rates of the order of what AWS documents or what callers have seen for one account and region. They are
/// a load to measure under, not a claim about AWS.
const SLOW: &str = "faults: {latencyMilliseconds: 50, callsPerSecond: {iam: 20, s3: 100, cloudcontrol: 40}}";

const BEGIN: &str = "<!-- measured: written by cargo xtask bench -->";
const END: &str = "<!-- end -->";

#[derive(Debug, clap::Args)]
pub(crate) struct AllArguments {
    /// The program that is measured.
    #[arg(long)]
    charter: PathBuf,
    /// The same program, built without optimisation.
    #[arg(long)]
    debug_charter: Option<PathBuf>,
    /// The repository, whose own stacks are previewed.
    #[arg(long)]
    repository: PathBuf,
    /// Sizes without a cloud.
    #[arg(long, value_delimiter = ',', default_value = "100,1000,10000,50000")]
    sizes: Vec<usize>,
    /// How many resources are applied without latency.
    #[arg(long, default_value_t = 10_000)]
    applied: usize,
    /// How many resources are applied with latency and rates.
    #[arg(long, default_value_t = 1000)]
    slowly: usize,
    /// What the machine was doing beside.
    #[arg(long)]
    note: Option<String>,
    /// The page whose tables are replaced.
    #[arg(long)]
    write: Option<PathBuf>,
}

pub(crate) fn run(arguments: &AllArguments) -> BenchResult {
    let before = machine::load();
    let mut tables = String::new();
    start(arguments, &mut tables)?;
    offline(arguments, &mut tables)?;
    rounds(arguments, &mut tables)?;
    let mut text = format!(
        "{}. Load of the machine before the run: {before}; after it: {}.",
        machine::describe(),
        machine::load()
    );
    if let Some(note) = &arguments.note {
        write!(text, " {note}")?;
    }
    writeln!(text, "\n{tables}")?;
    if let Some(page) = &arguments.write {
        let old = std::fs::read_to_string(page)?;
        let (head, rest) = old.split_once(BEGIN).ok_or("the page has no place for the tables")?;
        let (_, tail) = rest.split_once(END).ok_or("the place for the tables has no end")?;
        std::fs::write(page, format!("{head}{BEGIN}\n{text}{END}{tail}"))?;
    }
    println!("{text}");
    Ok(())
}

fn start(arguments: &AllArguments, tables: &mut String) -> BenchResult {
    const RUNS: usize = 9;
    let folder = tempfile::tempdir()?;
    let (small, own) = (folder.path().join("small"), folder.path().join("own"));
    if !Command::new(&arguments.charter).arg("init").arg(&small).output()?.status.success() {
        return Err("charter init failed".into());
    }
    for part in ["stacks", "modules", "environments"] {
        copy(&arguments.repository.join(part), &own.join(part))?;
    }
    let words = |folder: &Path, words: &[&str]| -> Vec<OsString> {
        let project = [OsStr::new("--project"), folder.as_os_str()];
        words.iter().map(OsStr::new).chain(project).map(OsStr::to_owned).collect()
    };
    let rows: Vec<(&str, Vec<OsString>)> = vec![
        ("`charter --version`", vec!["--version".into()]),
        ("`charter validate`, the project of `charter init`", words(&small, &["validate"])),
        ("`charter preview --offline`, the same", words(&small, &["preview", "-e", "local", "--offline"])),
        ("`charter preview`, the same, simulator begun", words(&small, &["preview", "-e", "local"])),
        ("`charter validate`, this repository's stacks", words(&own, &["validate"])),
        (
            "`charter preview --offline`, this repository's stacks",
            words(&own, &["preview", "-e", "local", "--offline"]),
        ),
        ("`charter preview`, this repository's stacks, simulator begun", words(&own, &["preview", "-e", "local"])),
    ];
    writeln!(tables, "\nFrom a cold start, median of {RUNS} runs, everything included:\n")?;
    writeln!(tables, "| command | release: ms | CPU ms | MB | debug: ms | CPU ms |\n|---|--:|--:|--:|--:|--:|")?;
    for (name, command) in &rows {
        let command: Vec<&OsStr> = command.iter().map(OsString::as_os_str).collect();
        // The process that a command begins with must find no simulated cloud of the one before.
        let forget = || {
            for project in [&small, &own] {
                drop(std::fs::remove_dir_all(project.join(".charter")));
            }
        };
        let run = |program: &Path| of_program(RUNS, program, &command, forget);
        let release = run(&arguments.charter)?;
        let debug = arguments.debug_charter.as_deref().map(run).transpose()?;
        let debug =
            debug.map_or("– | –".to_owned(), |debug| format!("{:.0} | {:.0}", debug.wall * 1e3, debug.cpu * 1e3));
        let line = format!(
            "| {name} | {:.0} | {:.0} | {:.0} | {debug} |",
            release.wall * 1e3,
            release.cpu * 1e3,
            release.peak
        );
        eprintln!("{line}");
        writeln!(tables, "{line}")?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> BenchResult {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn offline(arguments: &AllArguments, tables: &mut String) -> BenchResult {
    writeln!(
        tables,
        "\nWithout credentials, by the program itself, median of three; growth is the time for each resource beside that of the size before:\n\n\
         | resources | validate: s | CPU s | MB | growth | preview: s | CPU s | MB | growth |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    let many = arguments.sizes.iter().map(|size| (*size, Shape::ManyStacks));
    let mut before: Option<(usize, Usage, Usage)> = None;
    for (size, shape) in many.chain(std::iter::once((arguments.applied, Shape::OneStack))) {
        let folder = tempfile::tempdir()?;
        project::write(folder.path(), size, shape, "{}")?;
        let project = [OsStr::new("--project"), folder.path().as_os_str(), OsStr::new("-e"), OsStr::new(ENVIRONMENT)];
        let run = |words: &[&str]| {
            let command: Vec<&OsStr> = words.iter().map(OsStr::new).chain(project).collect();
            of_program(3, &arguments.charter, &command, || {})
        };
        let (validate, preview) = (run(&["validate"])?, run(&["preview", "--offline"])?);
        let growth = |now: Usage, then: fn(&(usize, Usage, Usage)) -> Usage| match &before {
            Some(before) if shape == Shape::ManyStacks => {
                format!("{:.2}", now.cpu / size as f64 / (then(before).cpu / before.0 as f64))
            }
            _ => "–".to_owned(),
        };
        let name = match shape {
            Shape::ManyStacks => format!("{size}, a hundred in each stack"),
            Shape::OneStack => format!("{size}, all in one stack"),
        };
        let line = format!(
            "| {name} | {} | {} | {} | {} |",
            cells(validate),
            growth(validate, |before| before.1),
            cells(preview),
            growth(preview, |before| before.2)
        );
        eprintln!("{line}");
        writeln!(tables, "{line}")?;
        before = Some((size, validate, preview));
    }
    Ok(())
}

fn cells(usage: Usage) -> String {
    format!("{:.2} | {:.2} | {:.0}", usage.wall, usage.cpu, usage.peak)
}

fn rounds(arguments: &AllArguments, tables: &mut String) -> BenchResult {
    writeln!(
        tables,
        "\nAgainst the simulator in the process of the measurement, state on disk. The floor is the same API calls by the bare SDK at the \
         same concurrency; the bound is arithmetic. CPU holds the simulator's too:\n\n\
         | what | s | CPU s | calls | throttled | floor: s | CPU s | throttled | bound: s | times the larger of both |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )?;
    for (size, settings, how) in [
        (arguments.applied, format!("{{{QUICK}}}"), "no latency"),
        (arguments.slowly, format!("{{{QUICK}, {SLOW}}}"), "50 ms, rates"),
    ] {
        let folder = tempfile::tempdir()?;
        project::write(folder.path(), size, Shape::ManyStacks, &settings)?;
        let out = folder.path().join("rounds.json");
        let program = std::env::current_exe()?;
        let whole =
            of_program(1, &program, &[OsStr::new("rounds"), folder.path().as_os_str(), out.as_os_str()], || {})?;
        let rounds: Rounds = serde_json::from_slice(&std::fs::read(&out)?)?;
        let mut row = |name: &str,
                       run: Usage,
                       throttled: usize,
                       floor: Usage,
                       floor_throttled: usize,
                       bound: &Bound|
         -> BenchResult {
            let line = format!(
                "| {name} of {size}, {how} | {:.2} | {:.2} | {} | {throttled} | {:.2} | {:.2} | {floor_throttled} | {:.2} ({}) | {:.2} |",
                run.wall,
                run.cpu,
                bound.calls,
                floor.wall,
                floor.cpu,
                bound.seconds(),
                bound.reason(),
                run.wall / floor.wall.max(bound.seconds()),
            );
            eprintln!("{line}");
            writeln!(tables, "{line}")?;
            Ok(())
        };
        let apply = (rounds.apply, rounds.apply_throttled, rounds.apply_floor, rounds.apply_floor_throttled);
        row("apply", apply.0, apply.1, apply.2, apply.3, &rounds.apply_bound)?;
        row("reading before a preview", rounds.observe, 0, rounds.observe_floor, 0, &rounds.observe_bound)?;
        writeln!(
            tables,
            "| the rest of that preview: loading, comparing | {:.2} | {:.2} | – | – | – | – | – | – | – |",
            rounds.load.wall + rounds.compare.wall,
            rounds.load.cpu + rounds.compare.cpu
        )?;
        eprintln!("whole process: {whole:?}");
    }
    Ok(())
}
