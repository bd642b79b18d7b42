//! The header `sap-message`: what the back end says although it succeeded, such as an order that was saved incomplete.

use serde_json::Value;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) code: String,
    pub(crate) text: String,
    /// `success`, `info`, `warning` or `error`.
    pub(crate) severity: String,
}

impl Message {
    /// Whether somebody should look at it.
    pub(crate) fn is_serious(&self) -> bool {
        matches!(self.severity.as_str(), "warning" | "error")
    }
}

/// The header's messages, the first one before its details. What cannot be read is left out: the operation has succeeded.
pub(crate) fn messages(header: Option<&str>) -> Vec<Message> {
    let parsed: Value = header.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let details = parsed.get("details").and_then(Value::as_array);
    std::iter::once(&parsed).chain(details.into_iter().flatten()).filter_map(message).collect()
}

fn message(value: &Value) -> Option<Message> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = Message { code: text("code"), text: text("message"), severity: text("severity") };
    (!message.text.is_empty()).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_6_the_message_and_its_details_are_read() {
        let header = r#"{"code":"V1/555","message":"Order is incomplete","severity":"warning","target":"","details":[{"code":"V4/233","message":"Saved","severity":"success"}]}"#;
        let found = messages(Some(header));
        assert_eq!(found.len(), 2);
        assert!(found[0].is_serious() && !found[1].is_serious());
        assert_eq!((found[0].code.as_str(), found[1].text.as_str()), ("V1/555", "Saved"));
    }

    #[test]
    fn what_is_no_message_is_left_out() {
        for header in [None, Some(""), Some("saved"), Some("{}"), Some("[1]")] {
            assert_eq!(messages(header), []);
        }
    }
}
