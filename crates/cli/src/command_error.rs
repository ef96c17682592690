//! The one funnel in which every failure of a command becomes a message, a hint and an exit code.

use charter_model::{Diagnostics, Sources};
use std::sync::Arc;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Done.
    Done = 0,
    /// A fault of the program or of the machine.
    Unexpected = 1,
    /// `--detailed-exitcode`: there is something to do.
    Changes = 2,
    /// The input is wrong; nothing was touched.
    InvalidInput = 3,
    /// No credentials, or those of another account.
    Credentials = 4,
    /// Some resources failed.
    SomeFailed = 5,
    /// An expectation about access does not hold.
    Access = 6,
    /// The state is locked by another run.
    Locked = 7,
    /// The saved plan was made from another state.
    StalePlan = 8,
    /// Interrupted by a signal.
    Interrupted = 130,
}

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// What the user wrote is wrong.
    #[error("{} found in the input", problems(.diagnostics))]
    Input {
        /// What is wrong.
        diagnostics: Box<Diagnostics>,
        /// What the spans point into.
        sources: Arc<Sources>,
    },
    /// What the stacks expect about access does not hold.
    #[error("{} about access", expectations(.diagnostics))]
    Access {
        /// What does not hold.
        diagnostics: Box<Diagnostics>,
        /// What the spans point into.
        sources: Arc<Sources>,
    },
    /// Anything else: a message, perhaps the next step.
    #[error("{message}")]
    Message {
        /// What is wrong.
        message: String,
        /// The next step.
        help: Option<String>,
        /// How the program ends.
        code: ExitCode,
    },
}

fn problems(diagnostics: &Diagnostics) -> String {
    match diagnostics.len() {
        1 => "one problem".to_owned(),
        count => format!("{count} problems"),
    }
}

fn expectations(diagnostics: &Diagnostics) -> String {
    match diagnostics.len() {
        1 => "one expectation does not hold".to_owned(),
        count => format!("{count} expectations do not hold"),
    }
}

impl CommandError {
    /// A failure with a message.
    pub(crate) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), help: None, code }
    }

    /// The same, with the next step.
    #[must_use]
    pub(crate) fn help(self, next: impl Into<String>) -> Self {
        match self {
            Self::Message { message, code, .. } => Self::Message { message, help: Some(next.into()), code },
            input @ (Self::Input { .. } | Self::Access { .. }) => input,
        }
    }

    /// How the program ends.
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Input { .. } => ExitCode::InvalidInput,
            Self::Access { .. } => ExitCode::Access,
            Self::Message { code, .. } => *code,
        }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::new(ExitCode::Unexpected, error.to_string())
    }
}

/// What a command returns.
pub(crate) type CommandResult = Result<ExitCode, CommandError>;
