//! What an adapter asked of its back end in one attempt and what it was answered, as people at the desk see it (rule T11): cut, and without what is
//! personal. Credentials are never in it: the host adds them behind the adapter.

use serde::{Deserialize, Serialize};

use super::Personal;

/// One request of an adapter and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// As the adapter's settings name it.
    pub endpoint: String,
    pub method: String,
    /// Path below the endpoint and query, as the adapter wrote them.
    pub target: String,
    /// What the adapter had read of its session (interface `session`) before this request, since the one before; what is secret is blotted out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session: Vec<(String, String)>,
    /// The request's body, when it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Excerpt>,
    /// Of the reply; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Of the reply, as the adapter saw them; what is secret is blotted out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Excerpt>,
    /// Why there was no reply: a code of [`super::FailureCode`] and a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Milliseconds until the reply or the failure; absent when the attempt ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

/// What stands for a secret: a token that the back end gave to the adapter, say. Whoever plays an exchange again needs no other.
pub const SECRET: &str = "***";

/// Whether what has this name, of a header or in a session, may be a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "csrf", "cookie", "auth", "secret", "key", "session", "password"].iter().any(|part| name.contains(part))
}

/// The beginning of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Absent when it is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Bytes of the whole body.
    pub bytes: usize,
    /// Whether there was more than `text` shows.
    pub is_cut: bool,
}

impl Excerpt {
    /// At most `limit` bytes of a body, what is personal made unreadable in the ways in which it is written ([`Personal::written`]). Of what is cut, a piece more is left out, so that
    /// no half of a name remains at the end.
    pub fn of(body: &[u8], written: &Personal, limit: usize) -> Self {
        let slack = written.longest();
        let whole = body.len() <= limit;
        let seen = body.get(..body.len().min(limit.saturating_add(slack))).unwrap_or(body);
        let text = text_of(seen, seen.len() < body.len()).map(|text| {
            let concealed = written.conceal(text);
            let keep = if whole { concealed.len() } else { limit.min(concealed.len().saturating_sub(slack)) };
            cut(&concealed, keep).to_owned()
        });
        Self { text, bytes: body.len(), is_cut: !whole }
    }
}

/// As text; a character that the cut went through is left out.
fn text_of(bytes: &[u8], is_cut: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if is_cut && error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    }
}

/// At most so many bytes, between two characters.
fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str, personal: &str, limit: usize) -> String {
        Excerpt::of(body.as_bytes(), &Personal::text(personal).written(), limit).text.unwrap()
    }

    #[test]
    fn a3_what_is_personal_is_unreadable_however_a_body_writes_it() {
        let name = "Zoë \"O'Hara\" & Söhne";
        for written in [
            r#"{"name":"Zoë \"O'Hara\" & Söhne"}"#,
            r#"{"name":"Zo\u00eb \"O'Hara\" & S\u00f6hne"}"#,
            r#"{"name":"Zoë \"O'Hara\" \u0026 Söhne"}"#,
            r#"{"name":"Zo\u00EB \u0022O\u0027Hara\u0022 \u0026 S\u00F6hne"}"#,
            r#"{"name":"Zo\u00EB \"O'Hara\" & S\u00F6hne"}"#,
            "<Name>Zoë &quot;O'Hara&quot; &amp; Söhne</Name>",
            "<Name>Zoë \"O'Hara\" &amp; Söhne</Name>",
            "name=Zo%C3%AB%20%22O%27Hara%22%20%26%20S%C3%B6hne",
            "name=Zo%C3%AB+%22O%27Hara%22+%26+S%C3%B6hne",
        ] {
            let shown = shown(written, name, 1_000);
            assert!(!shown.contains("Hara") && !shown.contains("hne"), "{shown}");
            assert!(shown.contains("ame"), "{shown}");
        }
    }

    #[test]
    fn a3_no_half_of_a_name_remains_where_a_body_is_cut() {
        let body = format!("{}Musterfrau{}", "x".repeat(95), "y".repeat(100));
        for limit in 80..120 {
            let shown = shown(&body, "Musterfrau", limit);
            assert!(!shown.contains('M') && shown.len() <= limit, "{limit}: {shown}");
        }
    }

    #[test]
    fn a_cut_falls_between_characters_and_is_told() {
        let excerpt = Excerpt::of("äöüäöü".as_bytes(), &Personal::default(), 5);
        assert_eq!(excerpt, Excerpt { text: Some("äö".into()), bytes: 12, is_cut: true });
        let excerpt = Excerpt::of(b"whole", &Personal::default(), 5);
        assert_eq!(excerpt, Excerpt { text: Some("whole".into()), bytes: 5, is_cut: false });
    }

    #[test]
    fn what_is_no_text_is_told_by_its_size() {
        assert_eq!(Excerpt::of(&[0xff, 0xfe], &Personal::default(), 5), Excerpt { text: None, bytes: 2, is_cut: false });
    }
}
