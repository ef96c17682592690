//! `charter finetune`: starts fine-tuning jobs and buys throughput, which nothing else of Charter does: both cost money until they end.

use crate::arguments::{
    BuyArguments, FineTuneArguments, FineTuneCommand, FineTuneSelected, GlobalArguments, NamedArguments,
    StartArguments, Term, ThroughputCommand,
};
use crate::command_error::{CommandError, CommandResult, ExitCode};
use crate::cost::dollars;
use crate::project::{self, Project};
use crate::render::table::{RowKind, Table};
use crate::session;
use crate::target::{self, Target};
use crate::ui::{BOLD, GREEN, RED, Ui, YELLOW, paint};
use charter_aws::{FineTuningGround, FineTuningOrder, FineTuningStanding, ThroughputOrder};
use charter_catalog::{PriceFound, PriceUnit, price_of};
use charter_model::{Address, Placement, content_digest};
use charter_provider::{Failure, FailureCode};
use charter_state::{Record, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

const GROUND: &str = "Charter::Bedrock::FineTuning";
/// So many characters of the digest tell the jobs of one ground apart.
const DIGEST: usize = 10;

/// The one of them.
pub(crate) async fn run(ui: Ui, global: &GlobalArguments, arguments: &FineTuneArguments) -> CommandResult {
    let (selected, word) = match &arguments.command {
        FineTuneCommand::Status { selected, .. } => (selected, "status"),
        FineTuneCommand::Start(arguments) => (&arguments.selected, "start"),
        FineTuneCommand::Stop(arguments) => (&arguments.selected, "stop"),
        FineTuneCommand::Delete(arguments) => (&arguments.selected, "delete"),
        FineTuneCommand::Throughput { command: ThroughputCommand::Buy(arguments) } => (&arguments.selected, "buy"),
        FineTuneCommand::Throughput { command: ThroughputCommand::Release(arguments) } => {
            (&arguments.selected, "release")
        }
    };
    let project = project::load(ui, global, &selected.environment, &[])?;
    let target = target::connect(ui, &project).await?;
    if let FineTuneCommand::Status { detailed_exitcode, .. } = &arguments.command {
        let act = Act::find(ui, &project, &target, &session::peek(&project.place).await?, selected).await?;
        return act.status(*detailed_exitcode).await;
    }
    // Two runs at once must not both find that nothing is there.
    let command = format!("finetune {word} -e {}", selected.environment);
    let session = session::open(ui, &project.place, &command).await?;
    let result = act(ui, &project, &target, &session.snapshot(), selected, &arguments.command).await;
    session::close(session, result).await
}

async fn act(
    ui: Ui,
    project: &Project,
    target: &Target,
    snapshot: &Snapshot,
    selected: &FineTuneSelected,
    command: &FineTuneCommand,
) -> CommandResult {
    let act = Act::find(ui, project, target, snapshot, selected).await?;
    match command {
        FineTuneCommand::Status { detailed_exitcode, .. } => act.status(*detailed_exitcode).await,
        FineTuneCommand::Start(arguments) => act.start(arguments).await,
        FineTuneCommand::Stop(arguments) => act.stop(arguments).await,
        FineTuneCommand::Delete(arguments) => act.delete(arguments).await,
        FineTuneCommand::Throughput { command: ThroughputCommand::Buy(arguments) } => act.buy(arguments).await,
        FineTuneCommand::Throughput { command: ThroughputCommand::Release(arguments) } => act.release(arguments).await,
    }
}

/// What acts are done with and to.
struct Act<'a> {
    ui: Ui,
    target: &'a Target,
    address: Address,
    placement: Placement,
    ground: FineTuningGround,
    environment: &'a str,
    lineage: Arc<str>,
}

fn invalid(message: impl Into<String>) -> CommandError {
    CommandError::new(ExitCode::InvalidInput, message)
}

fn failed(what: &str, failure: &Failure) -> CommandError {
    let code = match failure.code {
        FailureCode::AccessDenied | FailureCode::InvalidCredentials => ExitCode::Credentials,
        _ => ExitCode::SomeFailed,
    };
    CommandError::new(code, format!("{what}: {failure}"))
}

/// The one that is meant: the only one, the one at an address, or the one inside of a module there.
fn ground<'a>(snapshot: &'a Snapshot, on: Option<&str>) -> Result<&'a Record, CommandError> {
    let all: Vec<&Record> = snapshot.resources.values().filter(|record| record.type_name.as_str() == GROUND).collect();
    let names = || all.iter().map(|record| record.address.to_string()).collect::<Vec<_>>();
    let found: Vec<&&Record> = match on {
        Some(on) => {
            let inside = format!("{on}.");
            let is_it = |record: &&&Record| {
                let address = record.address.to_string();
                address == on || address.starts_with(&inside)
            };
            all.iter().filter(is_it).collect()
        }
        None => all.iter().collect(),
    };
    match (found.as_slice(), on) {
        ([record], _) => Ok(record),
        ([], Some(on)) => Err(project::unknown("applied fine-tuning", on, names().iter().map(String::as_str))),
        ([], None) => Err(invalid(format!("no {GROUND} has been applied in this environment"))
            .help("the module secure-finetune has one: add it to a stack, and apply")),
        _ => Err(invalid("there are several, and it is not said which is meant")
            .help(format!("add --on with one of {}", names().join(", ")))),
    }
}

impl<'a> Act<'a> {
    async fn find(
        ui: Ui,
        project: &Project,
        target: &'a Target,
        snapshot: &Snapshot,
        selected: &'a FineTuneSelected,
    ) -> Result<Self, CommandError> {
        let record = ground(snapshot, selected.on.as_deref())?;
        let recorded = record.attributes.to_plain_json();
        let ground = recorded.as_object().ok_or_else(|| invalid(format!("the record of {} is empty", record.address)));
        let ground = FineTuningGround::of(ground?).map_err(|failure| failed(&record.address.to_string(), &failure))?;
        if !project.graph.accounts.contains_key(&record.placement.account) {
            return Err(invalid(format!("the environment names no account {}", record.placement.account)));
        }
        session::verify(target.provider.as_ref(), &record.placement).await?;
        Ok(Self {
            ui,
            target,
            address: record.address.clone(),
            placement: record.placement.clone(),
            ground,
            environment: &selected.environment,
            lineage: snapshot.lineage.clone(),
        })
    }

    fn command(&self, words: &str) -> String {
        format!("charter finetune {words} -e {} --on {}", self.environment, self.address)
    }

    async fn standing(&self) -> Result<FineTuningStanding, CommandError> {
        let standing = self.target.provider.fine_tuning(&self.placement, &self.ground).await;
        standing.map_err(|failure| failed(&self.address.to_string(), &failure))
    }

    /// What a call carries: the same for the same name on the same ground of the same state, whoever asks and however often.
    fn token(&self, act: &str, name: &str) -> String {
        content_digest(&serde_json::json!({
            "lineage": self.lineage, "address": self.address, "act": act, "name": name, "role": self.ground.role_arn,
        }))
    }

    /// Asks whether to go on; false: nothing was changed.
    fn goes_on(&self, question: &str, yes: bool) -> Result<bool, CommandError> {
        if yes || self.ui.confirm(question, "--yes")? {
            return Ok(true);
        }
        self.ui.say("Nothing was changed.");
        Ok(false)
    }

    fn done(&self, text: &str) -> CommandResult {
        self.ui.say(&format!("{} {text}", paint(GREEN, "✓")));
        Ok(ExitCode::Done)
    }

    async fn status(&self, detailed_exitcode: bool) -> CommandResult {
        let standing = self.standing().await?;
        self.ui.emit("fine-tuning", &serde_json::json!({"address": self.address, "standing": standing}));
        self.ui.data(&self.text(&standing));
        for job in standing.jobs.iter().filter(|job| job.failure.is_some()) {
            let failure = job.failure.as_deref().unwrap_or_default();
            self.ui.say(&format!("{} {}: {failure}", paint(RED.bold(), "failed:"), job.name));
        }
        let busy = standing.jobs.iter().any(|job| job.is_under_way());
        Ok(if detailed_exitcode && busy { ExitCode::Changes } else { ExitCode::Done })
    }

    fn text(&self, standing: &FineTuningStanding) -> String {
        let row = |cells: [&str; 4]| (RowKind::Plain, cells.map(str::to_owned).to_vec());
        let jobs = standing.jobs.iter().map(|job| row([&job.name, "job", &job.status, &job.created]));
        let models = standing.models.iter().map(|model| row([&model.name, "model", "kept", &model.created]));
        let throughputs = standing.throughputs.iter().map(|each| {
            let until =
                each.committed_until.as_ref().map(|until| format!("committed until {until}")).unwrap_or_default();
            row([&each.name, &format!("throughput × {}", each.units), &each.status, &until])
        });
        let rows: Vec<_> = jobs.chain(models).chain(throughputs).collect();
        if rows.is_empty() {
            return format!("{}: no job, no model, no throughput", self.address);
        }
        let header = ["name", "what", "state", "since"].map(str::to_owned).to_vec();
        format!("{}\n{}", paint(BOLD, &self.address), Table { header, rows }.text())
    }

    /// A file below the folder of the training data, which must be there; and what tells its contents from others.
    async fn data(&self, file: &str) -> Result<(String, i64, String), CommandError> {
        let uri = match file.starts_with("s3://") {
            true => file.to_owned(),
            false => format!("{}{file}", self.ground.training_data_uri),
        };
        let found = self.target.provider.training_data(&self.placement, &uri).await;
        let found = found.map_err(|failure| failed(&uri, &failure))?;
        let (size, tag) = found.ok_or_else(|| {
            invalid(format!("there is no {uri}")).help(format!("put the data below {}", self.ground.training_data_uri))
        })?;
        Ok((uri, size, tag))
    }

    async fn start(&self, arguments: &StartArguments) -> CommandResult {
        let hyper_parameters = arguments.set.iter().map(|text| {
            let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            pair.ok_or_else(|| invalid(format!("--set {text}: there is no '='")).help("write --set NAME=VALUE"))
        });
        let hyper_parameters = hyper_parameters.collect::<Result<BTreeMap<_, _>, _>>()?;
        let (training_data, size, tag) = self.data(&arguments.data).await?;
        let validation = match &arguments.validation {
            Some(file) => Some(self.data(file).await?),
            None => None,
        };
        // One job for the same data, model and parameters: who wants another gives it a name.
        let digest = content_digest(&serde_json::json!({
            "baseModel": arguments.base_model, "hyperParameters": hyper_parameters, "data": [training_data, tag],
            "validation": validation.as_ref().map(|(uri, _, tag)| [uri, tag]),
        }));
        let made = || format!("{}-{}", self.ground.name, digest.get(..DIGEST).unwrap_or_default());
        let name = arguments.name.clone().unwrap_or_else(made);
        let standing = self.standing().await?;
        if let Some(job) = standing.jobs.iter().find(|job| job.name == name) {
            self.ui.emit("job", job);
            if let Some(failure) = &job.failure {
                return Err(CommandError::new(ExitCode::SomeFailed, format!("the job {name} failed: {failure}"))
                    .help("a job is not run twice under one name: give the next try another with --name"));
            }
            return self.done(&format!("the job {name} was started before, and is {}", job.status));
        }
        self.ui.say(&format!(
            "The job {name} trains {} on {training_data} ({size} bytes), in account {}, {}.",
            arguments.base_model, self.placement.account, self.placement.region
        ));
        self.ui.say(&training_price(&arguments.base_model));
        self.ui.say(&model_price());
        if !self.goes_on("Start it?", arguments.yes)? {
            return Ok(ExitCode::Done);
        }
        let order = FineTuningOrder {
            token: self.token("start", &name),
            name: name.clone(),
            base_model: arguments.base_model.clone(),
            training_data,
            validation_data: validation.map(|(uri, _, _)| uri),
            hyper_parameters,
        };
        let arn = self.target.provider.start_fine_tuning(&self.placement, &self.ground, &order).await;
        let arn = arn.map_err(|failure| {
            failed(&format!("the job {name}"), &failure).help("the same command again starts no second job")
        })?;
        self.ui.emit("job-started", &serde_json::json!({"name": name, "arn": arn, "address": self.address}));
        self.done(&format!("the job {name} runs: {}", self.command("status")))
    }

    async fn stop(&self, arguments: &NamedArguments) -> CommandResult {
        let (standing, name) = (self.standing().await?, &arguments.name);
        let names: Vec<&str> = standing.jobs.iter().map(|job| job.name.as_str()).collect();
        let job = standing.jobs.iter().find(|job| job.name == *name);
        let job = job.ok_or_else(|| project::unknown("job", name, names.into_iter()))?;
        if !job.is_under_way() {
            return self.done(&format!("the job {name} is {} already", job.status));
        }
        let question = format!("The job {name} is lost, what it cost is not paid back. Stop it?");
        if !self.goes_on(&question, arguments.yes)? {
            return Ok(ExitCode::Done);
        }
        let stopped = self.target.provider.stop_fine_tuning(&self.placement, name).await;
        stopped.map_err(|failure| failed(&format!("the job {name}"), &failure))?;
        self.done(&format!("the job {name} stops"))
    }

    async fn delete(&self, arguments: &NamedArguments) -> CommandResult {
        let (standing, name) = (self.standing().await?, &arguments.name);
        let names: Vec<&str> = standing.models.iter().map(|model| model.name.as_str()).collect();
        let model = standing.models.iter().find(|model| model.name == *name);
        let model = model.ok_or_else(|| project::unknown("model", name, names.into_iter()))?;
        if let Some(by) = standing.throughputs.iter().find(|each| each.model_arn == model.arn) {
            return Err(invalid(format!("the throughput {} serves the model {name}", by.name))
                .help(format!("release it first: {}", self.command(&format!("throughput release {}", by.name)))));
        }
        let question = format!("The model {name} cannot be had back but by another job. Delete it?");
        if !self.goes_on(&question, arguments.yes)? {
            return Ok(ExitCode::Done);
        }
        let deleted = self.target.provider.delete_custom_model(&self.placement, name).await;
        deleted.map_err(|failure| failed(&format!("the model {name}"), &failure))?;
        self.done(&format!("the model {name} is gone"))
    }

    async fn buy(&self, arguments: &BuyArguments) -> CommandResult {
        let (standing, model) = (self.standing().await?, &arguments.model);
        let names: Vec<&str> = standing.models.iter().map(|model| model.name.as_str()).collect();
        if !standing.models.iter().any(|each| each.name == *model) {
            return Err(project::unknown("model", model, names.into_iter()));
        }
        let name = arguments.name.clone().unwrap_or_else(|| model.clone());
        if let Some(throughput) = standing.throughputs.iter().find(|each| each.name == name) {
            self.ui.emit("throughput", throughput);
            return self.done(&format!("the throughput {name} was bought before, and is {}", throughput.status));
        }
        let units =
            if arguments.units == 1 { "one model unit".to_owned() } else { format!("{} model units", arguments.units) };
        self.ui.say(&format!(
            "{} {units} for {model}, in account {}, {}: {}",
            paint(RED.bold(), "warning:"),
            self.placement.account,
            self.placement.region,
            throughput_price()
        ));
        let commitment = match arguments.term {
            Term::None => {
                self.ui.say("Without a term: it can be released at any time, and is paid until then.");
                if !self.goes_on("Buy it?", arguments.yes)? {
                    return Ok(ExitCode::Done);
                }
                None
            }
            Term::OneMonth => Some(("OneMonth", "a month")),
            Term::SixMonths => Some(("SixMonths", "six months")),
        };
        if let Some((_, words)) = commitment {
            self.ui.say(&format!("It is paid for {words} whatever becomes of it: before, AWS does not release it."));
            let typed = match &arguments.confirm {
                Some(typed) => typed.clone(),
                None => self.ui.ask(&format!("Type {name} to commit to {words}:"), "--confirm NAME")?,
            };
            if typed != name {
                return Err(invalid(format!("{typed:?} is not its name, {name}: nothing was changed")));
            }
        }
        let order = ThroughputOrder {
            token: self.token("buy", &name),
            name: name.clone(),
            model: model.clone(),
            units: i32::try_from(arguments.units).map_err(|_| invalid("so many model units there are not"))?,
            commitment: commitment.map(|(word, _)| word.to_owned()),
        };
        let arn = self.target.provider.buy_throughput(&self.placement, &self.ground, &order).await;
        let arn = arn.map_err(|failure| {
            failed(&format!("the throughput {name}"), &failure).help("the same command again buys no second one")
        })?;
        self.ui.emit("throughput-bought", &serde_json::json!({"name": name, "arn": arn, "address": self.address}));
        self.ui.data(&arn);
        self.done(&format!("the throughput {name} is bought: {}", self.command(&format!("throughput release {name}"))))
    }

    async fn release(&self, arguments: &NamedArguments) -> CommandResult {
        let (standing, name) = (self.standing().await?, &arguments.name);
        let names: Vec<&str> = standing.throughputs.iter().map(|each| each.name.as_str()).collect();
        if !names.contains(&name.as_str()) {
            return Err(project::unknown("throughput", name, names.into_iter()));
        }
        if !self.goes_on(&format!("Applications that call {name} fail from then on. Release it?"), arguments.yes)? {
            return Ok(ExitCode::Done);
        }
        let released = self.target.provider.release_throughput(&self.placement, name).await;
        released.map_err(|failure| failed(&format!("the throughput {name}"), &failure))?;
        self.done(&format!("the throughput {name} is released"))
    }
}

fn price_words(type_name: &str, properties: serde_json::Value) -> String {
    match price_of(type_name, &properties.into()) {
        PriceFound::Priced(price) => {
            let per = match price.unit() {
                PriceUnit::Hour => "an hour",
                PriceUnit::Month => "a month",
                PriceUnit::ThousandTokens => "for a thousand tokens",
            };
            // Tokens cost less than a cent.
            let amount = if price.amount() < 0.01 { format!("${}", price.amount()) } else { dollars(price.amount()) };
            let (source, read) = price.source();
            format!("{amount} {per}, {} ({source}, {read})", price.what())
        }
        PriceFound::Unpriced(why) => why.to_owned(),
        PriceFound::Free => "nothing".to_owned(),
    }
}

fn training_price(base_model: &str) -> String {
    let price = price_words("Charter::Bedrock::FineTuningJob", serde_json::json!({"BaseModel": base_model}));
    format!("{} {price}", paint(YELLOW, "cost:"))
}

fn model_price() -> String {
    let price = price_words("Charter::Bedrock::CustomModel", serde_json::json!({}));
    format!("{} then {price}", paint(YELLOW, "cost:"))
}

fn throughput_price() -> String {
    price_words("Charter::Bedrock::ProvisionedThroughput", serde_json::json!({}))
}
