//! What PostgreSQL answers when it refuses a statement. Imports nothing.

/// A refusal, in the form in which the Data API passes it on:
/// `ERROR: relation "reviews" does not exist; Position: 15; SQLState: 42P01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlError {
    /// The sentence, without the leading `ERROR: `.
    pub(crate) message: String,
    /// The five characters of <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
    pub(crate) state: &'static str,
    /// Character of the statement, from one.
    pub(crate) position: Option<usize>,
}

impl SqlError {
    /// A refusal without a position.
    pub(crate) fn new(state: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), state, position: None }
    }

    /// A refusal at a character of the statement.
    pub(crate) fn at(mut self, position: Option<usize>) -> Self {
        self.position = position;
        self
    }

    /// SQL that PostgreSQL takes and this executor does not.
    pub(crate) fn not_simulated(what: &str) -> Self {
        Self::new("0A000", format!("the Charter simulator does not simulate {what}"))
    }

    /// A misplaced word.
    pub(crate) fn syntax(near: &str) -> Self {
        if near.is_empty() {
            Self::new("42601", "syntax error at end of input")
        } else {
            Self::new("42601", format!("syntax error at or near \"{near}\""))
        }
    }
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ERROR: {}", self.message)?;
        if let Some(position) = self.position {
            write!(formatter, "; Position: {position}")?;
        }
        write!(formatter, "; SQLState: {}", self.state)
    }
}
