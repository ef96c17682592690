//! The terminal: the only place that prints. Data goes to standard output, words to standard error; colours only where they
//! are seen (`NO_COLOR`, `CLICOLOR_FORCE` and redirections are respected by `anstream`).

use crate::command_error::{CommandError, ExitCode};
use anstyle::{AnsiColor, Style};
use charter_model::{Diagnostics, Sources};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bold.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what is beside the point.
pub(crate) const DIM: Style = Style::new().dimmed();
/// For what is made or went well.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// For what changes or wants attention.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For what goes or failed.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// For names that can be typed.
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
/// For replacements.
pub(crate) const MAGENTA: Style = AnsiColor::Magenta.on_default();

/// Wraps a text in a style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The version of the JSON lines that `--json` prints.
const JSON_VERSION: u32 = 1;

/// Whether data could not be written: the run must not look like a success then.
static DATA_LOST: AtomicBool = AtomicBool::new(false);

/// Notes a failure to write data. A reader that has had enough (`| head`) is no failure.
fn note(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        DATA_LOST.store(true, Ordering::Relaxed);
    }
}

/// Whether all data could be written.
pub(crate) fn all_data_written() -> bool {
    note(std::io::stdout().flush());
    !DATA_LOST.load(Ordering::Relaxed)
}

/// How this run speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    json: bool,
    verbose: u8,
}

impl Ui {
    /// As the flags say.
    pub(crate) fn new(json: bool, verbose: u8) -> Self {
        Self { json, verbose }
    }

    /// Whether a machine reads.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// How much is to be said.
    pub(crate) fn verbose(&self) -> u8 {
        self.verbose
    }

    /// Whether a person watches the words.
    pub(crate) fn is_interactive(&self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }

    /// Data for a person; nothing under `--json`.
    pub(crate) fn data(&self, text: &str) {
        if !self.json {
            note(writeln!(anstream::stdout(), "{text}"));
        }
    }

    /// Data as they are, for both.
    pub(crate) fn raw(&self, text: &str) {
        note(writeln!(anstream::stdout(), "{text}"));
    }

    /// Words; nothing under `--json`.
    pub(crate) fn say(&self, text: &str) {
        if !self.json {
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// Data for a machine: one line. Nothing without `--json`.
    pub(crate) fn emit(&self, kind: &str, payload: &impl serde::Serialize) {
        if !self.json {
            return;
        }
        let mut line = match serde_json::to_value(payload) {
            Ok(serde_json::Value::Object(members)) => members,
            Ok(other) => serde_json::Map::from_iter([("value".to_owned(), other)]),
            Err(error) => serde_json::Map::from_iter([("error".to_owned(), error.to_string().into())]),
        };
        // A payload that has a type of its own (a resource's) keeps it as `resourceType`: `type` tells the lines apart.
        if let Some(own) = line.remove("type") {
            line.insert("resourceType".to_owned(), own);
        }
        line.insert("charter".to_owned(), JSON_VERSION.into());
        line.insert("type".to_owned(), kind.into());
        note(writeln!(std::io::stdout(), "{}", serde_json::Value::Object(line)));
    }

    /// What was found in the input.
    pub(crate) fn diagnostics(&self, diagnostics: &Diagnostics, sources: &Sources) {
        for diagnostic in diagnostics.sorted() {
            if self.json {
                self.emit("diagnostic", &crate::render::diagnostics::as_json(diagnostic, sources));
            } else {
                self.say(&crate::render::diagnostics::render(diagnostic, sources));
            }
        }
    }

    /// Why the command ends early.
    pub(crate) fn error(&self, error: &CommandError) {
        match error {
            CommandError::Input { diagnostics, sources } | CommandError::Access { diagnostics, sources } => {
                self.diagnostics(diagnostics, sources);
                self.say(&format!("{} {error}; nothing was touched", paint(RED.bold(), "error:")));
            }
            CommandError::Message { message, help, code } => {
                if self.json {
                    let payload = serde_json::json!({"message": message, "help": help, "exitCode": *code as u8});
                    self.emit("error", &payload);
                } else {
                    self.say(&format!("{} {message}", paint(RED.bold(), "error:")));
                    if let Some(help) = help {
                        self.say(&format!("{} {help}", paint(CYAN, " help:")));
                    }
                }
            }
        }
    }

    /// Asks a question that only `yes` answers. Off a terminal there is nobody to ask: an error that names the flag.
    pub(crate) fn confirm(&self, question: &str, flag: &str) -> Result<bool, CommandError> {
        Ok(self.ask(&format!("{question} Only 'yes' goes on:"), flag)? == "yes")
    }

    /// Asks for a line. Off a terminal there is nobody to ask: an error that names the flag.
    pub(crate) fn ask(&self, question: &str, flag: &str) -> Result<String, CommandError> {
        if !std::io::stdin().is_terminal() || !self.is_interactive() {
            return Err(CommandError::new(ExitCode::InvalidInput, "there is nobody to ask")
                .help(format!("add {flag} to go on without a question")));
        }
        let mut error = anstream::stderr();
        let _ = write!(error, "{question} ");
        let _ = error.flush();
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }
}
