//! Which headers an adapter may set and see. Pure.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Why a header is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRefusal {
    #[error("the header {0:?} is the host's")]
    Owned(String),
    #[error("{0:?} is no header name")]
    Name(String),
    #[error("the value of header {0:?} is not plain text on one line")]
    Value(String),
    #[error("a request has at most {MAX_HEADERS} headers and {MAX_BYTES} bytes of them")]
    TooMany,
}

const MAX_HEADERS: usize = 64;
const MAX_BYTES: usize = 32 * 1024;

/// Headers that the host owns: those that decide where a request goes, who it comes from and how it is framed.
const OWNED: [&str; 22] = [
    "host",
    "authorization",
    "cookie",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "expect",
    "http2-settings",
    "traceparent",
    "tracestate",
    "x-request-id",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
    "accept-encoding",
];

/// The adapter's headers, or the first that it may not set. `credential` is the header in which the endpoint's credential travels.
pub(super) fn admit(headers: &[(String, String)], credential: Option<&HeaderName>) -> Result<HeaderMap, HeaderRefusal> {
    let bytes = |headers: &[(String, String)]| headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if headers.len() > MAX_HEADERS || bytes(headers) > MAX_BYTES {
        return Err(HeaderRefusal::TooMany);
    }
    let mut admitted = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderRefusal::Name(name.chars().take(64).collect()))?;
        if is_owned(parsed.as_str()) || credential == Some(&parsed) {
            return Err(HeaderRefusal::Owned(parsed.as_str().to_owned()));
        }
        let value = HeaderValue::from_str(value).map_err(|_| HeaderRefusal::Value(parsed.as_str().to_owned()))?;
        admitted.append(parsed, value);
    }
    Ok(admitted)
}

/// A reply's headers as the adapter sees them: names in lower case, without cookies.
pub fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let visible = headers.iter().filter(|(name, _)| !matches!(name.as_str(), "set-cookie" | "set-cookie2"));
    visible.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

fn is_owned(name: &str) -> bool {
    name.starts_with("proxy-") || OWNED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn headers_of_the_host_are_refused_in_any_case() {
        for name in
            ["Host", "AUTHORIZATION", "cookie", "Proxy-Authorization", "Content-Length", "Transfer-Encoding", "traceparent"]
        {
            assert!(matches!(admit(&pair(name, "x"), None), Err(HeaderRefusal::Owned(_))), "{name}");
        }
        let credential = HeaderName::from_static("x-api-key");
        assert!(matches!(admit(&pair("X-Api-Key", "x"), Some(&credential)), Err(HeaderRefusal::Owned(_))));
    }

    #[test]
    fn a_header_cannot_smuggle_another_line() {
        for value in ["a\r\nHost: evil", "a\nb", "a\0b"] {
            assert!(matches!(admit(&pair("x-note", value), None), Err(HeaderRefusal::Value(_))), "{value:?}");
        }
        for name in ["x note", "x:note", "x\r\nhost", ""] {
            assert!(matches!(admit(&pair(name, "a"), None), Err(HeaderRefusal::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn ordinary_headers_pass_in_their_order() {
        let headers = admit(&[("If-Match".into(), "\"1\"".into()), ("x-csrf-token".into(), "abc".into())], None).unwrap();
        assert_eq!(headers.get("if-match").unwrap(), "\"1\"");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn cookies_are_never_shown() {
        let mut headers = HeaderMap::new();
        headers.insert("Set-Cookie", HeaderValue::from_static("session=1"));
        headers.insert("ETag", HeaderValue::from_static("\"1\""));
        assert_eq!(shown(&headers), pair("etag", "\"1\""));
    }
}
