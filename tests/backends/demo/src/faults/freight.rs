//! A line that nobody asked for: freight, before the others.

use serde_json::{Value, json};

/// The answer with it; nothing when the answer has no lines.
pub(super) fn added(answer: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    let list = ["stock", "positions"].into_iter().find(|list| answer.get(list).is_some_and(Value::is_array))?;
    let lines = answer.get_mut(list)?.as_array_mut()?;
    let mut freight = lines.iter().find(|line| line.get("error").is_none())?.clone();
    let fields = freight.as_object_mut()?;
    fields.insert("article".into(), json!("FREIGHT"));
    for (field, own) in [("pos", json!(lines.len().to_string())), ("net", json!("9.90")), ("free", json!("1"))] {
        if let Some(value) = fields.get_mut(field) {
            *value = own;
        }
    }
    lines.insert(0, freight);
    serde_json::to_vec(&answer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freight_comes_first_under_a_number_that_was_not_asked() {
        let lines = json!({"positions": [{"pos": "0", "article": "A", "net": "1"}, {"pos": "1", "error": {}}]});
        let answer: Value = serde_json::from_slice(&added(lines.to_string().as_bytes()).unwrap()).unwrap();
        assert_eq!(answer["positions"][0], json!({"pos": "2", "article": "FREIGHT", "net": "9.90"}));
        assert_eq!(answer["positions"].as_array().unwrap().len(), 3);
        assert_eq!(added(b"{}"), None);
    }
}
