//! The project on disk: where it is, and what its files say.

use crate::arguments::{GlobalArguments, Selected};
use crate::command_error::{CommandError, ExitCode};
use crate::ui::Ui;
use charter_catalog::Catalog;
use charter_lang::{EnvironmentSettings, LoadOptions, Loaded};
use charter_model::{Address, DesiredGraph, StackName, did_you_mean};
use charter_planner::Selection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder below the project where Charter keeps what is not written by people: state, and the simulated cloud.
const OWN_FOLDER: &str = ".charter";

/// An environment of a project: all that is needed to look at its state and its simulated cloud, whatever its stacks say.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder that holds stacks/ and environments/.
    pub(crate) root: PathBuf,
    /// What the environment says.
    pub(crate) settings: EnvironmentSettings,
    /// Where the simulator writes what it is asked and answers.
    pub(crate) exchanges: Option<PathBuf>,
    /// Whether the simulator allows and denies calls by the policies of IAM, whatever the environment says.
    pub(crate) enforce_policies: bool,
}

/// A project whose files were read without an error.
#[derive(Debug)]
pub(crate) struct Project {
    /// Where it is.
    pub(crate) place: Place,
    /// What the stacks ask for.
    pub(crate) graph: DesiredGraph,
}

impl Place {
    fn new(root: PathBuf, settings: EnvironmentSettings, global: &GlobalArguments) -> Self {
        Self { root, settings, exchanges: global.exchanges.clone(), enforce_policies: global.enforce_policies }
    }

    /// Where the state of all environments is kept, unless the environment says otherwise.
    pub(crate) fn state_folder(&self) -> PathBuf {
        self.root.join(OWN_FOLDER).join("state")
    }

    /// Where what people must do is written down.
    pub(crate) fn hand_off_folder(&self) -> PathBuf {
        self.root.join(OWN_FOLDER).join("handoff").join(self.settings.environment.as_str())
    }

    /// Where the simulated cloud of an environment is kept.
    pub(crate) fn simulator_folder(&self) -> PathBuf {
        self.root.join(OWN_FOLDER).join("simulator").join(self.settings.environment.as_str())
    }
}

/// The folder that was named, else the nearest one above the current one that holds `environments/`.
pub(crate) fn root(global: &GlobalArguments) -> Result<PathBuf, CommandError> {
    if let Some(folder) = &global.project {
        return if folder.join("environments").is_dir() {
            Ok(folder.clone())
        } else {
            Err(CommandError::new(ExitCode::InvalidInput, format!("{} holds no environments/", folder.display()))
                .help("name the folder that holds stacks/ and environments/, or make one with `charter init`"))
        };
    }
    let current = std::env::current_dir()?;
    let found = current.ancestors().find(|folder| folder.join("environments").is_dir());
    found.map(Path::to_path_buf).ok_or_else(|| {
        CommandError::new(ExitCode::InvalidInput, "there is no project here: no folder above holds environments/")
            .help("make one with `charter init`, or name it with --project")
    })
}

/// Reads everything that one environment is made of. Warnings are said; errors end the command.
pub(crate) fn load(
    ui: Ui,
    global: &GlobalArguments,
    environment: &str,
    set: &[String],
) -> Result<Project, CommandError> {
    let root = root(global)?;
    let parameters = set.iter().map(|text| assignment(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
    let options = LoadOptions { root: root.clone(), environment: environment.to_owned(), parameters };
    let Loaded { graph, diagnostics, sources, settings } = charter_lang::load(&options, Catalog::embedded());
    match (graph, settings) {
        (Some(graph), Some(settings)) => {
            ui.diagnostics(&diagnostics, &sources);
            Ok(Project { place: Place::new(root, settings, global), graph })
        }
        _ => Err(CommandError::Input { diagnostics: Box::new(diagnostics), sources }),
    }
}

/// Reads one environment and nothing that its stacks say: broken stacks must not stand between a user and the state.
pub(crate) fn place(global: &GlobalArguments, environment: &str) -> Result<Place, CommandError> {
    let root = root(global)?;
    let options = LoadOptions { root: root.clone(), environment: environment.to_owned(), ..LoadOptions::default() };
    let Loaded { diagnostics, sources, settings, .. } = charter_lang::load(&options, Catalog::embedded());
    match settings {
        Some(settings) => Ok(Place::new(root, settings, global)),
        None => Err(CommandError::Input { diagnostics: Box::new(diagnostics), sources }),
    }
}

/// `STACK.NAME=VALUE`; the value is JSON if it can be read as such, else a text.
fn assignment(text: &str) -> Result<(String, serde_json::Value), CommandError> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        CommandError::new(ExitCode::InvalidInput, format!("--set {text}: there is no '='"))
            .help("write --set STACK.NAME=VALUE")
    })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

/// What the command line selects, checked against what there is: declared, or still recorded.
pub(crate) fn selection(
    project: &Project,
    selected: &Selected,
    recorded: impl Fn(&Address) -> bool,
) -> Result<Selection, CommandError> {
    let mut selection = Selection::default();
    for text in &selected.stacks {
        let stack =
            StackName::new(text).map_err(|error| CommandError::new(ExitCode::InvalidInput, error.to_string()))?;
        if !project.graph.stacks.contains(&stack) {
            let known = project.graph.stacks.iter().map(StackName::as_str);
            return Err(unknown("stack", text, known));
        }
        selection.stacks.insert(stack);
    }
    for text in &selected.target {
        let address: Address = self::address(text)?;
        if !project.graph.resources.contains_key(&address) && !recorded(&address) {
            let known: Vec<String> = project.graph.resources.keys().map(Address::to_string).collect();
            return Err(unknown("resource", text, known.iter().map(String::as_str)));
        }
        selection.addresses.insert(address);
    }
    Ok(selection)
}

/// An address as typed.
pub(crate) fn address(text: &str) -> Result<Address, CommandError> {
    text.parse().map_err(|error| CommandError::new(ExitCode::InvalidInput, format!("{error}")))
}

/// "There is no stack x", with what was meant.
pub(crate) fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> CommandError {
    let known: Vec<&str> = known.collect();
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("there are: {}", known.join(", ")),
    };
    CommandError::new(ExitCode::InvalidInput, format!("there is no {kind} {name}")).help(help)
}
