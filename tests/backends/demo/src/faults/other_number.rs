//! The number of the document before, in place of its own: as of a system that reads the last number of its range too early.

use serde_json::{Value, json};

/// The answer with it; nothing when the answer has no number.
pub(super) fn told(answer: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    let (range, number) = answer.get("no")?.as_str()?.rsplit_once('-')?;
    let before = format!("{range}-{}", number.parse::<u64>().ok()?.checked_sub(1)?);
    *answer.get_mut("no")? = json!(before);
    serde_json::to_vec(&answer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_before_is_told() {
        let answer: Value = serde_json::from_slice(&told(br#"{"no": "SO-100023", "state": "OPN"}"#).unwrap()).unwrap();
        assert_eq!(answer, json!({"no": "SO-100022", "state": "OPN"}));
        assert_eq!(told(b"{}"), None);
    }
}
