//! Patterns for item numbers and locations.

use std::fmt;
use std::str::Chars;

use serde::Deserialize;

/// A pattern: `*` stands for any characters, also none, `?` for one character. Case matters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

impl Glob {
    /// Most characters: matching takes at most the pattern's length times the text's.
    pub const MAX: usize = 128;

    /// Fits every text.
    pub fn any() -> Self {
        Self("*".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole text fits. Allocates nothing.
    pub fn matches(&self, text: &str) -> bool {
        let (mut pattern, mut text) = (self.0.chars(), text.chars());
        // Where to go on when the latest `*` takes one more character.
        let mut latest: Option<(Chars<'_>, Chars<'_>)> = None;
        loop {
            let fits = match pattern.next() {
                Some('*') => {
                    latest = Some((pattern.clone(), text.clone()));
                    true
                }
                Some(wanted) => match text.next() {
                    Some(letter) => wanted == '?' || wanted == letter,
                    None => return false,
                },
                None if text.as_str().is_empty() => return true,
                None => false,
            };
            if !fits {
                let Some((after, rest)) = &mut latest else { return false };
                if rest.next().is_none() {
                    return false;
                }
                (pattern, text) = (after.clone(), rest.clone());
            }
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob(pattern.to_owned()).matches(text)
    }

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, text) in [
            ("*", ""),
            ("A", "A"),
            ("NW-*", "NW-"),
            ("NW-*", "NW-1014"),
            ("*-1?14", "NW-1014"),
            ("a*b*c", "aXbXbXc"),
            ("Ä?", "ÄÖ"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "A"), ("?", ""), ("nw-*", "NW-1"), ("NW-?", "NW-10"), ("*A", "AB"), ("a*b", "aXbX"), ("A", "AA")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    /// As the words say it, however slowly.
    fn slowly(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|taken| slowly(rest, &text[taken..])),
            Some((wanted, rest)) => {
                text.split_first().is_some_and(|(letter, text)| (wanted == letter || *wanted == '?') && slowly(rest, text))
            }
        }
    }

    proptest! {
        #[test]
        fn it_matches_what_the_words_say(pattern in "[ab?*]{0,8}", text in "[ab]{0,8}") {
            let slow = slowly(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches(&pattern, &text), slow);
        }
    }

    #[test]
    fn a_pattern_of_stars_takes_no_exponential_time() {
        let (pattern, text) = ("a*".repeat(64), "a".repeat(128));
        assert!(!matches(&(pattern + "b"), &text));
    }
}
