//! What an adapter may be called: the same name is a package of its language, a file and a table of the configuration.

use std::str::FromStr;

const LONGEST: usize = 40;

/// Words that Rust or its package manager keeps for itself, and the SDK.
const TAKEN: [&str; 46] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "ordergate-sdk",
    "override",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "true",
    "type",
    "use",
    "while",
];

/// Checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// As languages write it that have no hyphens in names.
    pub(super) fn snake_case(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let letters_fit = text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        let hyphens_fit = !text.ends_with('-') && !text.contains("--");
        if !letters_fit || !hyphens_fit || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(NameError::Letters);
        }
        if text.len() > LONGEST {
            return Err(NameError::Long);
        }
        if TAKEN.contains(&text) { Err(NameError::Taken) } else { Ok(Self(text.to_owned())) }
    }
}

/// Why a name cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameError {
    #[error("a name has small letters, digits and single hyphens, and begins with a letter, such as acme-erp")]
    Letters,
    #[error("a name has at most {LONGEST} letters")]
    Long,
    #[error("this word has a meaning of its own for compilers and package managers: add another, such as acme-erp")]
    Taken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_every_language_understands_is_taken() {
        for good in ["erp", "acme-erp", "a1", "sap-4", &"a".repeat(LONGEST)] {
            assert_eq!(good.parse::<Name>().unwrap().as_str(), good);
        }
        assert_eq!("acme-erp-2".parse::<Name>().unwrap().snake_case(), "acme_erp_2");
    }

    #[test]
    fn a_name_that_some_language_would_not_understand_is_refused() {
        for bad in ["", "-erp", "erp-", "acme--erp", "1erp", "Acme", "acme_erp", "a b", "../x", "a/b", "é"] {
            assert_eq!(bad.parse::<Name>(), Err(NameError::Letters), "{bad}");
        }
        assert_eq!("a".repeat(LONGEST + 1).parse::<Name>(), Err(NameError::Long));
        for taken in ["test", "ordergate-sdk", "match"] {
            assert_eq!(taken.parse::<Name>(), Err(NameError::Taken), "{taken}");
        }
    }
}
