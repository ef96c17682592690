//! Three-valued answers: yes, no, or it depends, and on what. Imports nothing.

use std::collections::BTreeSet;

/// What an answer hangs on where it is neither yes nor no.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doubt {
    /// What only an apply will tell: labels of [`Symbol`](crate::Symbol)s, or the reasons that the caller gave.
    pub unknown: BTreeSet<String>,
    /// Condition keys that differ from request to request.
    pub context: BTreeSet<String>,
}

impl Doubt {
    pub(crate) fn about_apply(reason: impl Into<String>) -> Self {
        Self { unknown: BTreeSet::from([reason.into()]), context: BTreeSet::new() }
    }

    pub(crate) fn about_request(key: impl Into<String>) -> Self {
        Self { unknown: BTreeSet::new(), context: BTreeSet::from([key.into()]) }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.unknown.extend(other.unknown);
        self.context.extend(other.context);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.context.is_empty()
    }
}

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Depends(Doubt),
}

impl Answer {
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Depends(mut doubt) => match other() {
                Self::No => Self::No,
                Self::Yes => Self::Depends(doubt),
                Self::Depends(more) => {
                    doubt.extend(more);
                    Self::Depends(doubt)
                }
            },
        }
    }

    pub(crate) fn or(self, other: impl FnOnce() -> Self) -> Self {
        self.not().and(|| other().not()).not()
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            depends @ Self::Depends(_) => depends,
        }
    }

    pub(crate) fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::No, |all, next| all.or(|| next))
    }

    pub(crate) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::Yes, |all, next| all.and(|| next))
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
