//! How a service rewrites a value that it is given, as far as the registry's `propertyTransform` says it in one of a few plain
//! forms: so that what comes back is known to be what was asked for.

use crate::pattern::Pattern;

/// One way of rewriting. Written `lowercase`, `after:/`, `prefix:arn:.+:key/` in a digest.
#[derive(Debug)]
pub(crate) enum Transform {
    /// Case is folded, one way or the other.
    Case,
    /// Only what follows the first separator is kept.
    After(String),
    /// Only what follows the first separator is kept, in lower case.
    AfterLowercase(String),
    /// Only what follows the last separator is kept.
    Last(String),
    /// What is put before, as a pattern.
    Prefix(Pattern),
    /// What is put behind.
    Suffix(String),
    /// White space at the end is taken off.
    Trimmed,
    /// More parts are added behind a dot: `15` is told as `15.4`.
    Longer,
}

impl Transform {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (form, argument) = text.split_once(':').unwrap_or((text, ""));
        Some(match form {
            "lowercase" | "uppercase" => Self::Case,
            "after" => Self::After(argument.to_owned()),
            "after-lowercase" => Self::AfterLowercase(argument.to_owned()),
            "last" => Self::Last(argument.to_owned()),
            "prefix" => Self::Prefix(Pattern::new(&format!("^(?:{argument})"))),
            "suffix" => Self::Suffix(argument.to_owned()),
            "trimmed" => Self::Trimmed,
            "longer" => Self::Longer,
            _ => return None,
        })
    }

    /// Whether one of both is what the service makes of the other.
    pub(crate) fn relates(&self, left: &str, right: &str) -> bool {
        self.leads(left, right) || self.leads(right, left)
    }

    fn leads(&self, given: &str, told: &str) -> bool {
        match self {
            Self::Case => given.to_lowercase() == told.to_lowercase(),
            Self::After(separator) => given.split_once(separator).is_some_and(|(_, rest)| rest == told),
            Self::AfterLowercase(separator) => {
                let rest = given.split_once(separator).map_or(given, |(_, rest)| rest);
                rest.to_lowercase() == told.to_lowercase()
            }
            Self::Last(separator) => given.rsplit_once(separator).is_some_and(|(_, rest)| rest == told),
            Self::Prefix(pattern) => {
                told.strip_suffix(given).is_some_and(|before| !given.is_empty() && pattern.is_whole_match(before))
            }
            Self::Suffix(suffix) => told.strip_suffix(suffix.as_str()) == Some(given),
            Self::Trimmed => given.trim_end() == told,
            Self::Longer => told.strip_prefix(given).is_some_and(|rest| !given.is_empty() && rest.starts_with('.')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relates(form: &str, left: &str, right: &str) -> bool {
        Transform::parse(form).unwrap().relates(left, right)
    }

    #[test]
    fn each_form_relates_what_was_given_to_what_is_told() {
        assert!(relates("lowercase", "GenAI-Kendra", "genai-kendra"));
        assert!(!relates("lowercase", "GenAI-Kendra", "genai-kendra2"));
        assert!(relates("after:/", "arn:aws:kms:us-east-1:111111111111:key/abc", "abc"));
        assert!(relates("last:/", "arn:aws:x/y/z", "z"));
        assert!(
            relates("longer", "15", "15.4") && !relates("longer", "1", "15.4") && !relates("longer", "15.5", "15.4")
        );
        assert!(relates("trimmed", "a \n", "a"));
        assert!(relates("suffix:.", "example.com", "example.com."));
        let prefix = r"prefix:arn:.+?:kms:.+?:.+?:key\/";
        assert!(relates(prefix, "abc", "arn:aws:kms:us-east-1:111111111111:key/abc"));
        assert!(!relates(prefix, "abc", "arn:aws:kms:us-east-1:111111111111:key/xabc"));
        assert!(!relates(prefix, "abc", "arn:aws:kms:us-east-1:111111111111:alias/abc"));
    }
}
