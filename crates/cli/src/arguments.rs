//! The command line, in one place: every command, flag and default. Parsing only; what a command does stands in `commands`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Provisions governed generative-AI platforms on AWS from declarative YAML: many accounts, one plan.
#[derive(Debug, Parser)]
#[command(name = "charter", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Accepted by every command.
#[derive(Debug, Args, Clone)]
pub(crate) struct GlobalArguments {
    /// The project: the folder that holds stacks/ and environments/. Default: the nearest one above the current folder.
    #[arg(long, global = true, value_name = "FOLDER", env = "CHARTER_PROJECT")]
    pub(crate) project: Option<PathBuf>,
    /// Write what the simulator is asked and answers into files of this folder, for checks by other readers of AWS's protocols.
    #[arg(long, global = true, hide = true, value_name = "FOLDER", env = "CHARTER_EXCHANGES")]
    pub(crate) exchanges: Option<PathBuf>,
    /// Let the simulator allow and deny calls by the policies of IAM, as `enforcePolicies` of the environment does.
    #[arg(long, global = true, hide = true, env = "CHARTER_ENFORCE_POLICIES")]
    pub(crate) enforce_policies: bool,
    /// Write JSON lines to standard output instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more; twice for the calls that are made.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a new project: an environment on the simulator and a first stack.
    Init(InitArguments),
    /// Check stacks, modules and environments without credentials.
    Validate(ValidateArguments),
    /// Show what an apply would do.
    #[command(visible_alias = "plan")]
    Preview(PreviewArguments),
    /// Make reality match the stacks.
    #[command(visible_alias = "up")]
    Apply(ApplyArguments),
    /// Take away what the stacks made.
    #[command(visible_alias = "down")]
    Destroy(DestroyArguments),
    /// Take away everything of an ephemeral environment.
    Teardown(TeardownArguments),
    /// Show who may do what, across all accounts.
    Access(AccessArguments),
    /// Acts on whole AWS accounts that no plan contains.
    Account(AccountArguments),
    /// Show what was spent, by line of business, as AWS Cost Explorer tells it. Each page of its answer costs $0.01.
    Cost(CostArguments),
    /// Print the least policies with which the stacks can be applied and destroyed. Needs no credentials.
    Permissions(PermissionsArguments),
    /// Show what was changed behind Charter's back.
    Drift(DriftArguments),
    /// Fine-tuning jobs and provisioned throughput, which no plan contains: each asks first, and says what it costs.
    #[command(name = "finetune")]
    FineTune(FineTuneArguments),
    /// Adopt what exists: record it under an address.
    Import(ImportArguments),
    /// Print the outputs of the last apply.
    Output(OutputArguments),
    /// Draw the resources and what depends on what.
    Graph(GraphArguments),
    /// Show and confirm what people must do outside AWS.
    #[command(name = "handoff")]
    HandOff(HandOffArguments),
    /// Explain a resource type, a resource of the stacks, or the code of a finding.
    Explain(ExplainArguments),
    /// Look at and repair the state.
    State(StateArguments),
    /// Serve the simulated AWS on loopback.
    Simulator(SimulatorArguments),
    /// Print the JSON Schemas of stacks, modules and environments, for editors.
    Schema(SchemaArguments),
    /// Print a completion script for a shell.
    Completion(CompletionArguments),
}

/// Which environment, and what of it.
#[derive(Debug, Args, Clone)]
pub(crate) struct Selected {
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// Only these stacks, and what they depend on. Default: all.
    #[arg(value_name = "STACK")]
    pub(crate) stacks: Vec<String>,
    /// Only these resources, and what they depend on: STACK/NAME.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<String>,
    /// Set a parameter for this run: STACK.NAME=VALUE; the value is read as JSON, else as text.
    #[arg(long, value_name = "STACK.NAME=VALUE")]
    pub(crate) set: Vec<String>,
}

impl Selected {
    /// The command that does the same again, ready to be typed.
    pub(crate) fn command(&self, name: &str) -> String {
        let quoted = |text: &str| {
            let plain = |character: char| character.is_ascii_alphanumeric() || "-_./=:,".contains(character);
            if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
        };
        let mut words = vec![format!("charter {name} -e {}", quoted(&self.environment))];
        words.extend(self.stacks.iter().map(|stack| quoted(stack)));
        words.extend(self.target.iter().map(|address| format!("--target {}", quoted(address))));
        words.extend(self.set.iter().map(|parameter| format!("--set {}", quoted(parameter))));
        words.join(" ")
    }
}

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// Where; made if it is not there.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    /// The environment. Default: every one.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PreviewArguments {
    #[command(flatten)]
    pub(crate) selected: Selected,
    /// Save the plan for `apply --plan`.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Compare with what is recorded instead of with AWS: needs no credentials.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Exit with 2 if there is something to do.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Preview the destruction instead.
    #[arg(long)]
    pub(crate) destroy: bool,
    /// Show every property of what is created.
    #[arg(long)]
    pub(crate) details: bool,
    /// Write it as Markdown, for a comment on a pull request.
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    pub(crate) selected: Selected,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Apply exactly this saved plan, or refuse if it is stale.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stacks", "target", "set"])]
    pub(crate) plan: Option<PathBuf>,
    /// Show every property of what is created.
    #[arg(long)]
    pub(crate) details: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DestroyArguments {
    #[command(flatten)]
    pub(crate) selected: Selected,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TeardownArguments {
    /// The environment; it must say `ephemeral: true`.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DriftArguments {
    #[command(flatten)]
    pub(crate) selected: Selected,
    /// Exit with 2 if something drifted.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Record what is there now, instead of only showing it.
    #[arg(long)]
    pub(crate) accept: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AccessArguments {
    /// The environment: a file below environments/.
    #[arg(long, short, global = true, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: Option<String>,
    /// One row for each action and resource, one column for each line of business, or for each principal.
    #[arg(long, value_name = "COLUMNS", num_args = 0..=1, require_equals = true, default_missing_value = "line-of-business")]
    pub(crate) matrix: Option<MatrixColumns>,
    #[command(subcommand)]
    pub(crate) command: Option<AccessCommand>,
}

/// What the columns of the matrix stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixColumns {
    /// Lines of business, by the tag lineOfBusiness of users and roles; the others by their account.
    LineOfBusiness,
    /// Users and roles.
    Principal,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Decide one question, and show the statements that decide it.
    Why {
        /// An ARN, a service, or the address of a role or user: STACK/NAME.
        principal: String,
        /// Such as kendra:Query.
        action: String,
        /// An ARN, or an address: STACK/NAME.
        resource: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AccountArguments {
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Close an account of the organization: what it holds is deleted after 90 days.
    Close(CloseArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CloseArguments {
    /// Its name in the environment, or the address of the block that made it: STACK/NAME.
    pub(crate) account: String,
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// The account's id, instead of typing it when asked.
    #[arg(long, value_name = "ID")]
    pub(crate) confirm: Option<String>,
    /// Also an account that still holds resources of the state.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CostArguments {
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// The tag key that says who pays: lineOfBusiness, costCenter, application, environment, or another that is activated.
    #[arg(long, value_name = "TAG", default_value = "lineOfBusiness")]
    pub(crate) by: String,
    /// The first day. Default: that of the month before this one.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<jiff::civil::Date>,
    /// The last day. Default: today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<jiff::civil::Date>,
    /// So many days up to the last one, instead of --from.
    #[arg(long, value_name = "NUMBER", conflicts_with = "from", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: Option<u32>,
    /// By days instead of by months.
    #[arg(long)]
    pub(crate) daily: bool,
    /// Write the table as Markdown.
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FineTuneArguments {
    #[command(subcommand)]
    pub(crate) command: FineTuneCommand,
}

/// What jobs run with.
#[derive(Debug, Args)]
pub(crate) struct FineTuneSelected {
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// The module or resource that it is about: STACK/NAME. Default: the only one that was applied.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) on: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FineTuneCommand {
    /// Start a job. The same data, base model and parameters are trained once, however often it is asked.
    Start(StartArguments),
    /// Show the jobs, the models that came of them, and their throughput.
    Status {
        #[command(flatten)]
        selected: FineTuneSelected,
        /// Exit with 2 while a job runs.
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Stop a job.
    Stop(NamedArguments),
    /// Delete a custom model.
    Delete(NamedArguments),
    /// Provisioned throughput of a custom model: paid by the hour until it is released.
    Throughput {
        #[command(subcommand)]
        command: ThroughputCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ThroughputCommand {
    /// Buy some.
    Buy(BuyArguments),
    /// Give it back.
    Release(NamedArguments),
}

#[derive(Debug, Args)]
pub(crate) struct StartArguments {
    #[command(flatten)]
    pub(crate) selected: FineTuneSelected,
    /// What to begin with: amazon.nova-micro-v1:0:128k.
    #[arg(long, value_name = "MODEL")]
    pub(crate) base_model: String,
    /// The training data: a file below the folder that the module names, or s3://BUCKET/KEY.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: String,
    /// Data to validate with.
    #[arg(long, value_name = "FILE")]
    pub(crate) validation: Option<String>,
    /// A hyperparameter, as the base model takes it: epochCount=2.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The name of the job and of its model. Default: made of what is trained on what.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Something that there is, by its name.
#[derive(Debug, Args)]
pub(crate) struct NamedArguments {
    /// Its name, as `charter finetune status` tells it.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) selected: FineTuneSelected,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// For how long it is paid in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Term {
    /// Until it is released.
    None,
    /// A month at least.
    OneMonth,
    /// Six months at least.
    SixMonths,
}

#[derive(Debug, Args)]
pub(crate) struct BuyArguments {
    /// The custom model.
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) selected: FineTuneSelected,
    /// How many model units.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) units: u32,
    /// For how long it is paid in any case.
    #[arg(long, default_value = "none")]
    pub(crate) term: Term,
    /// Its name. Default: that of the model.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Do not ask. A term is asked about all the same.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Its name, instead of typing it when asked about a term.
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PermissionsArguments {
    #[command(flatten)]
    pub(crate) selected: Selected,
    /// Also write each policy into a file of this folder: ACCOUNT-NUMBER.json.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// Where it stands in the stacks: STACK/NAME, and the block must be there. Or, with --account, a type: then nothing is
    /// recorded, and a stack that adopts it and what is inside of it is written to standard output.
    #[arg(value_name = "ADDRESS|TYPE")]
    pub(crate) address: String,
    /// The primary identifier; several parts joined by '|'.
    pub(crate) identifier: String,
    /// The account that what exists is in, by its name in the environment.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Its region. Default: that of the environment.
    #[arg(long, value_name = "REGION", requires = "account")]
    pub(crate) region: Option<String>,
    /// The name of the stack that is written.
    #[arg(long, value_name = "STACK", requires = "account", default_value = "imported")]
    pub(crate) stack: String,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
    /// Only this stack.
    pub(crate) stack: Option<String>,
    /// Only this output, bare, for scripts.
    pub(crate) name: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArguments {
    #[command(flatten)]
    pub(crate) selected: Selected,
    /// In which language.
    #[arg(long, default_value = "mermaid")]
    pub(crate) format: GraphFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A type (AWS::Kendra::Index), a code (charter::unknown-property), or with -e an address (product-reviews/knowledge.index).
    pub(crate) subject: String,
    /// For an address: the environment.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct HandOffArguments {
    #[command(subcommand)]
    pub(crate) command: HandOffCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HandOffCommand {
    /// List the hand-offs, open or confirmed.
    List {
        #[command(flatten)]
        selected: StateSelected,
        /// Exit with 2 if one is open.
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Print what is to be entered where.
    Show {
        #[command(flatten)]
        selected: StateSelected,
        /// STACK/NAME, or the name that it was given.
        name: String,
    },
    /// Record that it is done, as it is shown now: what waits for it goes on with the next apply.
    Confirm {
        #[command(flatten)]
        selected: StateSelected,
        /// STACK/NAME, or the name that it was given.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StateArguments {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List what is recorded.
    List(StateSelected),
    /// Show one record.
    Show {
        #[command(flatten)]
        selected: StateSelected,
        /// STACK/NAME
        address: String,
    },
    /// Record a resource under another address.
    Mv {
        #[command(flatten)]
        selected: StateSelected,
        /// STACK/NAME
        from: String,
        /// STACK/NAME
        to: String,
    },
    /// Forget a resource; the real thing stays.
    Rm {
        #[command(flatten)]
        selected: StateSelected,
        /// STACK/NAME
        address: String,
    },
    /// Free the lock of a run that is dead; a live one keeps it.
    Unlock {
        #[command(flatten)]
        selected: StateSelected,
        /// Also of a run that is alive: it stops at its next write.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StateSelected {
    /// The environment: a file below environments/.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT")]
    pub(crate) environment: String,
}

#[derive(Debug, Args)]
pub(crate) struct SimulatorArguments {
    /// The environment whose simulated cloud is served.
    #[arg(long, short, value_name = "NAME", env = "CHARTER_ENVIRONMENT", default_value = "local")]
    pub(crate) environment: String,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,
    /// List what the simulated accounts hold, and end.
    #[arg(long)]
    pub(crate) list: bool,
    /// Forget the simulated cloud, and end.
    #[arg(long, conflicts_with = "list")]
    pub(crate) reset: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaKind {
    /// stacks/*.yaml
    Stack,
    /// modules/*/module.yaml
    Module,
    /// environments/*.yaml
    Environment,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Of which files.
    pub(crate) kind: SchemaKind,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionArguments {
    /// For which shell.
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_next_command_is_about_the_same_selection() {
        let text = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let selected = Selected {
            environment: "local".to_owned(),
            stacks: text(&["reviews"]),
            target: text(&["reviews/a['b']"]),
            set: text(&["reviews.size=2"]),
        };
        assert_eq!(
            selected.command("apply"),
            r"charter apply -e local reviews --target 'reviews/a['\''b'\'']' --set reviews.size=2"
        );
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
