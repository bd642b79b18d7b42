//! Cuts what an adapter answered to the size that its purpose needs: texts of failures and answers are kept in the database, the cache and
//! the log for long. What identifies something is never cut; see `strict`.

use crate::domain::Extensions;

/// Most bytes of a sentence, such as a failure's message.
const SENTENCE: usize = 1024;

/// Most bytes of a detail for operators.
const DETAIL: usize = 2 * 1024;

/// Most bytes of a word: a raw status, a kind, a location.
const WORD: usize = 256;

const MAX_EXTENSIONS: usize = 16;
const MAX_EXTENSION_NAME: usize = 64;

/// For messages and descriptions.
pub(super) fn sentence(text: String) -> String {
    cut(text, SENTENCE)
}

pub(super) fn detail(text: String) -> String {
    cut(text, DETAIL)
}

/// For what only names or labels something.
pub(super) fn word(text: String) -> String {
    cut(text, WORD)
}

/// The first few, each value cut; those with a long name are left out.
pub(super) fn extensions(ext: Vec<(String, String)>) -> Extensions {
    let named = ext.into_iter().filter(|(name, _)| name.len() <= MAX_EXTENSION_NAME);
    named.take(MAX_EXTENSIONS).map(|(name, value)| (name, word(value))).collect()
}

/// Cut at a character, each control character as a space: it would break lines of a log.
fn cut(text: String, most: usize) -> String {
    if text.len() <= most && !text.contains(char::is_control) {
        return text;
    }
    let kept = text.get(..text.floor_char_boundary(most)).unwrap_or_default();
    kept.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(word("x".repeat(WORD)), "x".repeat(WORD));
        assert_eq!(word("ä".repeat(WORD)), "ä".repeat(WORD / 2));
        assert_eq!(word(format!("x{}", "ä".repeat(WORD))).len(), WORD - 1);
    }

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(sentence("a\nWARN b\u{1b}[31m".into()), "a WARN b [31m");
    }

    #[test]
    fn extensions_are_few_and_short() {
        let many = (0..100).map(|number| (format!("k{number:02}"), "v".repeat(9_000))).collect();
        let kept = extensions(many);
        assert_eq!(kept.len(), MAX_EXTENSIONS);
        assert!(kept.values().all(|value| value.len() == WORD));
        assert!(extensions(vec![("k".repeat(9_000), "v".into())]).is_empty());
    }
}
