//! The terminal: the only place that prints. Data goes to standard output, words to standard error; colours only where they
//! are seen (`NO_COLOR`, `CLICOLOR_FORCE` and redirections are respected by `anstream`).

use crate::command_error::{CommandError, ExitCode};
use anstyle::{AnsiColor, Style};
use charter_model::{Diagnostics, Sources};
use std::io::{BufRead, IsTerminal, Write};

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
            let _ = writeln!(anstream::stdout(), "{text}");
        }
    }

    /// Data as they are, for both.
    pub(crate) fn raw(&self, text: &str) {
        let _ = writeln!(anstream::stdout(), "{text}");
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
        let mut line = serde_json::json!({"charter": JSON_VERSION, "type": kind});
        match (serde_json::to_value(payload), line.as_object_mut()) {
            (Ok(serde_json::Value::Object(members)), Some(line)) => line.extend(members),
            (Ok(other), Some(line)) => {
                line.insert("value".to_owned(), other);
            }
            (Err(error), Some(line)) => {
                line.insert("error".to_owned(), error.to_string().into());
            }
            (_, None) => {}
        }
        let _ = writeln!(std::io::stdout(), "{line}");
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
            CommandError::Input { diagnostics, sources } => {
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
        if !std::io::stdin().is_terminal() || !self.is_interactive() {
            return Err(CommandError::new(ExitCode::InvalidInput, "there is nobody to ask")
                .help(format!("add {flag} to go on without a question")));
        }
        let mut error = anstream::stderr();
        let _ = write!(error, "{question} Only 'yes' goes on: ");
        let _ = error.flush();
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim() == "yes")
    }
}
