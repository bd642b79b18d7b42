//! What a compiling process told, made fit to be shown. It decoded hostile bytes, and names in them are the component's own: nothing of it may
//! forge a line of a log, move a terminal's cursor or fill a page.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::CompileError;

/// Most characters of one text.
const CHARACTERS: usize = 500;
/// Most entries of one list.
const ENTRIES: usize = 500;

/// Reads JSON, each text of it [plain] and each list cut.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, CompileError> {
    let mut told: Value = serde_json::from_slice(json).map_err(|_| CompileError::Damaged)?;
    tame(&mut told);
    serde_json::from_value(told).map_err(|_| CompileError::Damaged)
}

fn tame(value: &mut Value) {
    match value {
        Value::String(text) => *text = plain(text),
        Value::Array(entries) => {
            entries.truncate(ENTRIES);
            entries.iter_mut().for_each(tame);
        }
        Value::Object(members) => members.values_mut().for_each(tame),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// On one line, short, and as it reads: without what controls a terminal or turns the direction of writing.
pub(in super::super) fn plain(text: &str) -> String {
    text.chars().map(|character| if is_hidden(character) { ' ' } else { character }).take(CHARACTERS).collect()
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_cannot_forge_lines_or_fill_pages() {
        let json = serde_json::to_vec(&vec!["a\nERROR \u{1b}[2J\u{202e}b".to_owned(), "x".repeat(9_000)]).unwrap();
        let told: Vec<String> = read(&json).unwrap();
        assert_eq!(told, ["a ERROR  [2J b".to_owned(), "x".repeat(CHARACTERS)]);
        let many = serde_json::to_vec(&vec![1; 9_000]).unwrap();
        assert_eq!(read::<Vec<u8>>(&many).unwrap().len(), ENTRIES);
    }

    #[test]
    fn what_is_no_json_or_nested_without_end_is_damaged() {
        for json in ["{".to_owned(), "[".repeat(100_000), "7".to_owned()] {
            assert!(matches!(read::<Vec<String>>(json.as_bytes()), Err(CompileError::Damaged)), "{}", json.len());
        }
    }
}
