//! The body of an error reply: structured by ADF, of a flat JSON kind, or the text and HTML of whatever stands before the pod.

use ordergate_sdk::json::{self, Entity};
use ordergate_sdk::markup;

/// Most characters of a text that are kept.
const MAX_TEXT: usize = 500;

/// What an error reply says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// Heading of a structured error, or the whole text of another one.
    pub(crate) title: String,
    pub(crate) details: Vec<Detail>,
    /// Whether the application itself spoke, and not a proxy in front of it.
    pub(crate) is_structured: bool,
}

/// One of the causes of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) text: String,
    pub(crate) code: String,
    /// What it is about, such as `/lines/0/ProductNumber`.
    pub(crate) path: String,
}

impl ErrorBody {
    /// Never fails: what is not understood is its text, without markup.
    pub(crate) fn parse(body: &[u8]) -> Self {
        from_json(body).unwrap_or_else(|| {
            let title = markup::text_of(&String::from_utf8_lossy(body), MAX_TEXT);
            Self { title, ..Self::default() }
        })
    }

    /// Codes and texts of the causes; the heading when there are none.
    pub(crate) fn causes(&self) -> Vec<(&str, &str)> {
        let told = self.details.iter().filter(|detail| !detail.text.is_empty() || !detail.code.is_empty());
        let causes: Vec<_> = told.map(|detail| (detail.code.as_str(), detail.text.as_str())).collect();
        if causes.is_empty() { vec![("", self.title.as_str())] } else { causes }
    }

    /// Place of the line that a cause names, counted from zero.
    pub(crate) fn line(&self) -> Option<usize> {
        self.details.iter().find_map(|detail| detail.path.strip_prefix("/lines/")?.split('/').next()?.parse().ok())
    }
}

/// `{"title", "status", "o:errorDetails": [{"detail", "o:errorCode", "o:errorPath"}]}`; the code may stand at the top, and `status` may be text.
fn from_json(body: &[u8]) -> Option<ErrorBody> {
    let parsed = json::exact(body).ok().filter(serde_json::Value::is_object)?;
    let whole = Entity::of(&parsed);
    let text = |entity: Entity<'_>, names: &[&str]| {
        let found = names.iter().find_map(|name| entity.text(name)).unwrap_or_default();
        found.chars().take(MAX_TEXT).collect::<String>()
    };
    let detail = |entity: Entity<'_>| Detail {
        text: text(entity, &["detail", "title", "message"]),
        code: text(entity, &["o:errorCode"]),
        path: text(entity, &["o:errorPath"]),
    };
    let mut details: Vec<Detail> = whole.many("o:errorDetails").into_iter().map(detail).collect();
    let own = detail(whole);
    if details.is_empty() && !own.code.is_empty() {
        details.push(own);
    }
    let title = text(whole, &["title", "detail", "message", "error_description", "error"]);
    let is_structured = !details.is_empty() || whole.text("title").is_some();
    Some(ErrorBody { title, details, is_structured })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pitfall_7_a_structured_error_is_read_with_code_text_and_line() {
        let body = ErrorBody::parse(include_bytes!("../../fixtures/error.json"));
        assert_eq!(body.causes(), [("OM-10234", "The item NOPE does not exist.")]);
        assert_eq!((body.title.as_str(), body.line(), body.is_structured), ("Bad Request", Some(1), true));
    }

    #[test]
    fn pitfall_7_status_may_be_text_or_number_and_the_code_may_stand_at_the_top() {
        for status in ["\"400\"", "400"] {
            let text = format!(r#"{{"title": "Bad Request", "status": {status}, "o:errorCode": 27521}}"#);
            let body = ErrorBody::parse(text.as_bytes());
            assert_eq!(body.causes(), [("27521", "Bad Request")]);
        }
    }

    #[test]
    fn pitfall_7_a_page_or_plain_text_is_text_of_nobody() {
        let page = ErrorBody::parse(b"<html><h1>Access denied</h1>by the firewall</html>");
        assert_eq!((page.title.as_str(), page.is_structured, page.line()), ("Access denied by the firewall", false, None));
        assert_eq!(ErrorBody::parse(b"JBO-25002: Definition not found").title, "JBO-25002: Definition not found");
        assert!(!ErrorBody::parse(br#"{"error": "invalid_token"}"#).is_structured);
        assert_eq!(ErrorBody::parse(b""), ErrorBody::default());
    }

    proptest! {
        #[test]
        fn no_body_breaks_it(body in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(ErrorBody::parse(&body).title.chars().count() <= MAX_TEXT);
        }
    }
}
