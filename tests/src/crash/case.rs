//! One case: a scenario, what disturbs it, and the verdict. A case has a name; whoever has the name can replay it.

use crate::crash::assistant::{Assistant, assistant};
use crate::crash::figures::Figures;
use crate::crash::generated::{Family, Generated, governed, shop};
use crate::crash::judge::contents;
use crate::crash::random::Random;
use crate::crash::recorder::{Mishap, Orders, Remains, torn};
use crate::crash::scenario::{Reviews, Scenario, reviews, scenario};
use crate::crash::world::{Watched, World};
use charter_planner::Mode;
use charter_simulator::{Faults, Settings};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Names a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Everything is drawn from the seed: `seed:17`.
    Random(u64),
    /// The same over stacks of what governs many accounts: `governed:17`.
    Governed(u64),
    /// The same over stacks of a data mesh: `mesh:17`.
    Mesh(u64),
    /// A run over the assistant, disturbed as the seed draws it: `assistant-update:17`.
    Assistant(Assistant, u64),
    /// A single crash of a run over product-reviews, nothing else: `apply:57`, `apply:57:torn`, `apply:57:torn:3` (there, the
    /// recovery crashes too).
    Crash {
        /// Of which run.
        scenario: Reviews,
        /// At which of its points.
        point: usize,
        /// What the disk makes of it.
        disk: Disk,
        /// At which point of the recovery it crashes again.
        again: Option<usize>,
    },
}

/// What a crash does to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// All that was written is there.
    Whole,
    /// The write that came next is there in part.
    Torn,
    /// Names that were not made durable are lost, as in a power cut.
    PowerCut,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(seed) => write!(formatter, "seed:{seed}"),
            Self::Governed(seed) => write!(formatter, "governed:{seed}"),
            Self::Mesh(seed) => write!(formatter, "mesh:{seed}"),
            Self::Assistant(which, seed) => write!(formatter, "{which}:{seed}"),
            Self::Crash { scenario, point, disk, again } => {
                let disk = match disk {
                    Disk::Whole => "whole",
                    Disk::Torn => "torn",
                    Disk::PowerCut => "power-cut",
                };
                write!(formatter, "{scenario}:{point}:{disk}")?;
                again.map_or(Ok(()), |again| write!(formatter, ":{again}"))
            }
        }
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
        let mut parts = text.trim().split(':');
        let first = parts.next().unwrap_or_default();
        let second = parts
            .next()
            .ok_or_else(|| format!("{text} names no case: seed:N, governed:N, mesh:N or SCENARIO:POINT"))?;
        match first {
            "seed" => return Ok(Self::Random(number(second)? as u64)),
            "governed" => return Ok(Self::Governed(number(second)? as u64)),
            "mesh" => return Ok(Self::Mesh(number(second)? as u64)),
            _ => {}
        }
        if let Ok(which) = first.parse() {
            return Ok(Self::Assistant(which, number(second)? as u64));
        }
        let disk = match parts.next() {
            None | Some("whole") => Disk::Whole,
            Some("torn") => Disk::Torn,
            Some("power-cut") => Disk::PowerCut,
            Some(other) => return Err(format!("{other} is no disk: whole, torn, power-cut")),
        };
        let again = parts.next().map(number).transpose()?;
        Ok(Self::Crash { scenario: first.parse()?, point: number(second)?, disk, again })
    }
}

/// How long nobody looks after a crash; which of them, goes round.
const REST: [u64; 5] = [0, 3, 60, 900, 3 * 3600];

/// At most so many undisturbed runs may be needed after the last disturbance: one goes on, one more replaces what a failed
/// creation left half-made or what has shown its effect only then, and one is for what was found out of order by both.
const MOST_RUNS: usize = 3;

/// Every single crash of one run, ready to be judged.
pub struct Sweep {
    which: Reviews,
    scenario: Scenario,
    points: Vec<(Case, Remains)>,
}

impl Sweep {
    /// Runs the scenario undisturbed and keeps what a crash at each of its points would leave.
    pub async fn new(which: Reviews, figures: &Arc<Figures>) -> Result<Self, String> {
        let scenario = reviews(which, 1, figures).await?;
        let mut run = scenario.start.fork();
        let orders = Orders { keep_all: true, ..Orders::default() };
        let Watched::Ended(ran, recorder) = run.watch(scenario.mode, orders).await else {
            return Err("nothing was to stop it".to_owned());
        };
        (*ran)?;
        let kept = recorder.into_kept();
        let mut points = Vec::new();
        for (point, remains) in kept.iter().enumerate() {
            let case = |disk| Case::Crash { scenario: which, point, disk, again: None };
            points.push((case(Disk::Whole), remains.clone()));
            if let Some(after) = kept.get(point + 1)
                && let Some(remains) = torn(remains, after, |most| Random::new(point as u64).below(most))
            {
                points.push((case(Disk::Torn), remains));
            }
            let power_cut = remains.files.fork();
            power_cut.lose_power();
            if format!("{power_cut:?}") != format!("{:?}", remains.files) {
                points.push((case(Disk::PowerCut), Remains { files: power_cut, ..remains.clone() }));
            }
        }
        Ok(Self { which, scenario, points })
    }

    /// Its cases, in order.
    pub fn cases(&self) -> Vec<Case> {
        self.points.iter().map(|(case, _)| *case).collect()
    }

    fn remains(&self, case: Case) -> Result<&Remains, String> {
        let Case::Crash { scenario, point, disk, .. } = case else { return Err("not a case of a sweep".to_owned()) };
        let wanted = Case::Crash { scenario, point, disk, again: None };
        let found = self.points.iter().find(|(case, _)| *case == wanted);
        found.map(|(_, remains)| remains).ok_or_else(|| format!("{} has no such point: {wanted}", self.which))
    }

    /// Judges one.
    pub async fn judge(&self, case: Case) -> Result<(), String> {
        let remains = self.remains(case)?;
        let Case::Crash { point, again, .. } = case else { return Err("not a case of a sweep".to_owned()) };
        let mut world = self.scenario.start.after(remains, &self.scenario.start.settings);
        rest(point).await;
        let words = |error| format!("stopped {}: {error}", remains.after);
        if let Some(again) = again {
            let kept = self.recovery(&mut world).await.map_err(words)?;
            let Some(next) = kept.get(again) else { return Err(words(format!("the recovery has no point {again}"))) };
            world = self.scenario.start.after(next, &self.scenario.start.settings);
            rest(point + again).await;
            let both = |error| format!("stopped {}, then {}: {error}", remains.after, next.after);
            return finish(&mut world, &self.scenario).await.map_err(both);
        }
        finish(&mut world, &self.scenario).await.map_err(words)
    }

    /// How many points the recovery from a crash has.
    pub async fn points_of_recovery(&self, case: Case) -> Result<usize, String> {
        let mut world = self.scenario.start.after(self.remains(case)?, &self.scenario.start.settings);
        if let Case::Crash { point, .. } = case {
            rest(point).await;
        }
        Ok(self.recovery(&mut world).await?.len())
    }

    /// What crashes of the recovery would leave: until it is over and the plan is made.
    async fn recovery(&self, world: &mut World) -> Result<Vec<Remains>, String> {
        let orders = Orders { keep_all: true, until_recovered: true, ..Orders::default() };
        let recorder = match world.watch(self.scenario.mode, orders).await {
            Watched::Ended(_, recorder) | Watched::Died(recorder) => recorder,
        };
        Ok(recorder.into_kept())
    }
}

async fn rest(which: usize) {
    let seconds = REST.get(which % REST.len()).copied().unwrap_or_default();
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

/// Undisturbed from here: it must come to its end, and be what it would have been.
async fn finish(world: &mut World, scenario: &Scenario) -> Result<(), String> {
    world.figures.add(&world.figures.cases, 1);
    let mut story = Vec::new();
    for _ in 0..MOST_RUNS {
        match world.run(scenario.mode).await {
            Ok(ran) if ran.summary.is_complete() && ran.report.blocked.is_empty() => {
                let snapshot = world.recorded().await?;
                if snapshot.open.is_empty() && snapshot.deposed.is_empty() {
                    return verdict(world, scenario).await.map_err(|error| format!("{error}\n{}", story.join("\n")));
                }
                story.push(format!("open: {:?}; deposed: {:?}", snapshot.open, snapshot.deposed));
            }
            Ok(ran) => story.push(format!("{:?}; {:?}", ran.summary, ran.report.blocked)),
            Err(error) => story.push(error),
        }
        // Who runs it again takes some minutes: what was not to be seen yet is seen then.
        tokio::time::advance(Duration::from_secs(300)).await;
    }
    Err(format!("not whole after {MOST_RUNS} undisturbed runs:\n{}", story.join("\n")))
}

async fn verdict(world: &mut World, scenario: &Scenario) -> Result<(), String> {
    // Whatever shows late has shown.
    tokio::time::advance(Duration::from_secs(3600)).await;
    // The run that has nothing to do comes first: a cloud that is asked brings its own books up to date.
    let again = world.run(scenario.mode).await.map_err(|error| format!("another run: {error}"))?;
    if again.plan.has_changes() || !again.summary.is_complete() {
        return Err(format!("another run has something to do: {:#?}", again.plan.steps));
    }
    let snapshot = world.recorded().await?;
    scenario.judge.compare(&scenario.expected, &contents(&world.cloud), &snapshot)
}

/// How a random case is disturbed.
struct Disturbance {
    settings: Settings,
    latency: Duration,
    runs: Vec<(Orders, Disk, u64)>,
}

impl Disturbance {
    fn draw(random: &mut Random, seed: u64, steps: usize) -> Self {
        let rate = |random: &mut Random, rates: &[f64]| *random.choose(rates);
        let throttle = rate(random, &[0.0, 0.0, 0.05, 0.2]);
        let settings = Settings {
            seed,
            eventual_consistency: rate(random, &[0.0, 0.0, 2.0, 15.0, 90.0, 240.0]),
            faults: Faults {
                latency_milliseconds: 0,
                throttle: BTreeMap::from([("*".to_owned(), throttle)]),
                server_error: rate(random, &[0.0, 0.0, 0.02, 0.08]),
                lost_response: rate(random, &[0.0, 0.0, 0.02, 0.08]),
                connection_cut: rate(random, &[0.0, 0.0, 0.02, 0.08]),
                ..Faults::default()
            },
            ..Settings::default()
        };
        let latency = Duration::from_millis(*random.choose(&[0, 0, 30, 400]));
        let runs = (0..1 + random.below(4))
            .map(|_| {
                let mut mishaps = BTreeMap::new();
                for _ in 0..random.below(3) {
                    let mishap = match random.below(6) {
                        0 => Mishap::ConnectionCut,
                        1 | 2 => Mishap::AnswerLost,
                        3 => Mishap::DiskFull { kept: 0 },
                        4 => Mishap::DiskFull { kept: random.below(600) },
                        _ => Mishap::DiskStaysFull,
                    };
                    mishaps.insert(random.below(steps), mishap);
                }
                let stop_at = random.percent(85).then(|| random.below(steps + steps / 8));
                let disk = *random.choose(&[Disk::Whole, Disk::Whole, Disk::Torn, Disk::PowerCut]);
                let orders = Orders { stop_at, mishaps, latency, ..Orders::default() };
                (orders, disk, *random.choose(&REST))
            })
            .collect();
        Self { settings, latency, runs }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { eventual_consistency, faults, .. } = &self.settings;
        writeln!(formatter, "consistency {eventual_consistency} s, latency {:?}, {faults:?}", self.latency)?;
        for (orders, disk, rest) in &self.runs {
            writeln!(formatter, "stopped at {:?}, {:?}, disk {disk:?}, then {rest} s", orders.stop_at, orders.mishaps)?;
        }
        Ok(())
    }
}

/// A scenario drawn from the seed: of product-reviews, or of stacks.
async fn drawn_scenario(random: &mut Random, seed: u64, figures: &Arc<Figures>) -> Result<(Scenario, String), String> {
    if random.percent(30) {
        let which = *random.choose(&Reviews::ALL);
        return Ok((reviews(which, seed, figures).await?, format!("product-reviews, {which}")));
    }
    generated_scenario(shop::Kind::ALL, random, seed, figures).await
}

/// A scenario of stacks of these kinds; the cloud draws its ids from its own seed.
async fn generated_scenario<F: Family>(
    kinds: &[F],
    random: &mut Random,
    cloud: u64,
    figures: &Arc<Figures>,
) -> Result<(Scenario, String), String> {
    loop {
        match one_generated(kinds, random, cloud, figures).await {
            // An order that the planner rightly refuses, before anything is touched, is no history: another is drawn.
            Err(error) if error.contains("charter::create-first-impossible") => {}
            other => return other,
        }
    }
}

async fn one_generated<F: Family>(
    kinds: &[F],
    random: &mut Random,
    cloud: u64,
    figures: &Arc<Figures>,
) -> Result<(Scenario, String), String> {
    let generated = Generated::new(kinds, random);
    let [first, second] = generated.graphs()?;
    let [one, two] = &generated.versions;
    let (scenario, words) = match random.below(4) {
        0 => (scenario(None, Arc::new(first), Mode::Apply, cloud, figures).await, one.clone()),
        1 => (
            scenario(Some(Arc::new(first.clone())), Arc::new(first), Mode::Destroy, cloud, figures).await,
            format!("destroy {one}"),
        ),
        _ => {
            let scenario = scenario(Some(Arc::new(first)), Arc::new(second), Mode::Apply, cloud, figures).await;
            (scenario, format!("{one}\n--- then\n{two}"))
        }
    };
    Ok((scenario.map_err(|error| format!("{error}\n{words}"))?, words))
}

async fn random_case(seed: u64, figures: &Arc<Figures>) -> Result<(), String> {
    let random = &mut Random::new(seed);
    let (scenario, words) = drawn_scenario(random, seed, figures).await?;
    disturbed(&scenario, random, seed, &words).await
}

async fn governed_case(kinds: &[governed::Kind], seed: u64, figures: &Arc<Figures>) -> Result<(), String> {
    let random = &mut Random::new(seed);
    let (scenario, words) = generated_scenario(kinds, random, governed::CLOUD, figures).await?;
    disturbed(&scenario, random, seed, &words).await
}

/// Disturbs the run of a scenario in every way that is drawn, and judges what comes of it.
async fn disturbed(scenario: &Scenario, random: &mut Random, seed: u64, words: &str) -> Result<(), String> {
    // How many steps an undisturbed run has, so that crashes fall anywhere in it.
    let mut calm = scenario.start.fork();
    let steps = match calm.watch(scenario.mode, Orders::default()).await {
        Watched::Ended(_, recorder) | Watched::Died(recorder) => recorder.steps(),
    };
    let disturbance = Disturbance::draw(random, seed, steps);
    let told = |error: String| format!("{error}\n{disturbance}{words}");
    let mut world = scenario.start.fork();
    world.behave(disturbance.settings.clone());
    for (orders, disk, rest) in &disturbance.runs {
        if let Watched::Died(_) = world.watch(scenario.mode, orders.clone()).await {
            strike(&world, *disk, random);
        }
        tokio::time::advance(Duration::from_secs(*rest)).await;
    }
    world.behave(scenario.start.settings.clone());
    let verdict = finish(&mut world, scenario).await;
    verdict.map_err(|error| told(format!("{error}\n--- calls that change something\n{}\n---", world.story())))
}

/// Stops the run of a scenario dead at so many points drawn from the seed, each time from the start, every other time the recovery
/// from it too, and judges what comes of it.
pub async fn stopped_anywhere(scenario: &Scenario, points: usize, seed: u64) -> Result<(), String> {
    let random = &mut Random::new(seed);
    let mut calm = scenario.start.fork();
    let steps = match calm.watch(scenario.mode, Orders::default()).await {
        Watched::Ended(_, recorder) | Watched::Died(recorder) => recorder.steps(),
    };
    for number in 0..points {
        let (stop_at, disk) = (random.below(steps), *random.choose(&[Disk::Whole, Disk::Torn, Disk::PowerCut]));
        let mut world = scenario.start.fork();
        if let Watched::Died(_) =
            world.watch(scenario.mode, Orders { stop_at: Some(stop_at), ..Orders::default() }).await
        {
            strike(&world, disk, random);
        }
        rest(stop_at).await;
        let again = (number % 2 == 1).then(|| random.below(steps));
        if let Some(again) = again {
            if let Watched::Died(_) =
                world.watch(scenario.mode, Orders { stop_at: Some(again), ..Orders::default() }).await
            {
                strike(&world, Disk::Whole, random);
            }
            rest(again).await;
        }
        if let Err(error) = finish(&mut world, scenario).await {
            let told =
                format!("seed {seed}: stopped at {stop_at} of {steps}, disk {disk:?}, again at {again:?}: {error}");
            return Err(format!("{told}\n--- calls that change something\n{}\n---", world.story()));
        }
    }
    Ok(())
}

/// What the crash does to the disk.
fn strike(world: &World, disk: Disk, random: &mut Random) {
    match disk {
        Disk::Whole => {}
        Disk::PowerCut => world.files.lose_power(),
        Disk::Torn => {
            // The write that was about to come is there in part: whatever it was, its beginning is no whole line. The journal
            // is not written before there is a snapshot; what comes first is the snapshot, beside its place.
            let has_snapshot = world.files.content(&world.state_file("state.json")).is_some();
            let file = world.state_file(if has_snapshot { "journal" } else { "state.json.new" });
            let mut bytes = world.files.content(&file).unwrap_or_default();
            let line = br#"{"serial":1,"sequence":0,"fence":1,"entries":[{"entry":"intent"#;
            bytes.extend(line.iter().take(1 + random.below(line.len() - 1)));
            world.files.set_content(&file, bytes);
        }
    }
}

/// Runs one case in a runtime of its own, whose time is paused.
pub fn run(case: Case, figures: &Arc<Figures>) -> Result<(), String> {
    paused(async {
        match case {
            Case::Random(seed) => random_case(seed, figures).await,
            Case::Governed(seed) => governed_case(governed::Kind::ALL, seed, figures).await,
            Case::Mesh(seed) => governed_case(governed::MESH, seed, figures).await,
            Case::Assistant(which, seed) => {
                let scenario = assistant(which, seed, figures).await?;
                disturbed(&scenario, &mut Random::new(seed), seed, "the stack assistant").await
            }
            Case::Crash { scenario, .. } => Sweep::new(scenario, figures).await?.judge(case).await,
        }
    })
}

/// Runs something under paused time.
pub fn paused<R>(work: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime can be made").block_on(work)
}

/// How to replay a case.
pub fn replay(case: Case) -> String {
    format!("replay with: cargo xtask soak --case {case}")
}
