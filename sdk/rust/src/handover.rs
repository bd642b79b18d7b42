//! Handing over a document to a back end that would take it twice: it is looked for first, created, and read again.

use crate::log;
use crate::types::Failure;

/// A conflict that names the document, when the look-up found one with our reference. A failed look-up has sent nothing.
pub fn check_absent(found: Result<Option<String>, Failure>) -> Result<(), Failure> {
    match found.map_err(Failure::of_a_read)? {
        Some(number) => Err(Failure::conflict("The back end has a document with this reference.", number)),
        None => Ok(()),
    }
}

/// What was read of a document that was just created; nothing, and a line in the log, when it cannot be read. It is there all the same.
pub fn read_again<T>(what: &str, read: Result<T, Failure>) -> Option<T> {
    read.map_err(|failure| {
        let fields = [("code", failure.code), ("detail", failure.detail.unwrap_or(failure.message))];
        log::warn(&format!("a new {what} was not read again"), &fields);
    })
    .ok()
}

/// What a field of at most so many characters keeps of a line id: the id, or its place when it is too long.
pub fn line_key(index: usize, id: &str, most: usize) -> String {
    if id.chars().count() <= most && !id.is_empty() { id.to_owned() } else { format!("#{}", index + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_there_is_a_conflict_with_its_number() {
        assert!(check_absent(Ok(None)).is_ok());
        let conflict = check_absent(Ok(Some("7".to_owned()))).unwrap_err();
        assert_eq!((conflict.code.as_str(), conflict.detail.as_deref()), ("conflict", Some("7")));
    }

    #[test]
    fn a_failed_look_up_leaves_nothing_in_doubt() {
        assert_eq!(check_absent(Err(Failure::outcome_unknown("x"))).unwrap_err().code, "unavailable");
        assert_eq!(check_absent(Err(Failure::auth("x"))).unwrap_err().code, "auth");
    }

    #[test]
    fn a_line_id_that_is_too_long_is_its_place() {
        assert_eq!(
            [line_key(0, "1", 6), line_key(0, "abcdef", 6), line_key(1, "abcdefg", 6), line_key(2, "", 6)],
            ["1", "abcdef", "#2", "#3"]
        );
    }
}
