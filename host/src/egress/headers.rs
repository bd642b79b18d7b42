//! Which headers an adapter may set and see. Pure.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::Effect;

/// Why a header is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRefusal {
    #[error("the header {0:?} is the host's: it says where a request goes, who sends it or what it does")]
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
const OWNED: [&str; 27] = [
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
    "x-forwarded",
    "x-host",
    "x-real-ip",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "true-client-ip",
    "remote-user",
    "iv-user",
    "via",
    "accept-encoding",
];

/// Beginnings of names that the host owns: proxies tell by them where a request came from and was meant for, and back ends believe them
/// over its path.
const OWNED_PREFIXES: [&str; 10] = [
    "proxy-",
    "x-forwarded-",
    "x-original-",
    "x-rewrite-",
    "x-client-",
    "x-remote-",
    "x-auth-request-",
    "x-ssl-",
    "ssl-client-",
    "x-envoy-",
];

/// Beginnings of names that say another method than the request's. Back ends of old need them for changes; on a request that reads, they
/// would make a change of it that looks like a read.
const METHOD_PREFIXES: [&str; 2] = ["x-http-method", "x-method"];

/// The adapter's headers, or the first that it may not set. `credential` is the header in which the endpoint's credential travels.
pub(super) fn admit(
    headers: &[(String, String)],
    effect: Effect,
    credential: Option<&HeaderName>,
) -> Result<HeaderMap, HeaderRefusal> {
    let bytes = |headers: &[(String, String)]| headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if headers.len() > MAX_HEADERS || bytes(headers) > MAX_BYTES {
        return Err(HeaderRefusal::TooMany);
    }
    let mut admitted = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderRefusal::Name(name.chars().take(64).collect()))?;
        let another_method = || METHOD_PREFIXES.iter().any(|prefix| parsed.as_str().starts_with(prefix));
        let disguises = effect == Effect::None && another_method();
        if is_owned(parsed.as_str()) || disguises || credential == Some(&parsed) {
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

/// With `_` for `-` as well: some servers take one for the other.
fn is_owned(name: &str) -> bool {
    name.contains('_') || OWNED.contains(&name) || OWNED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
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
            assert!(matches!(admit(&pair(name, "x"), Effect::Change, None), Err(HeaderRefusal::Owned(_))), "{name}");
        }
        let credential = HeaderName::from_static("x-api-key");
        assert!(matches!(admit(&pair("X-Api-Key", "x"), Effect::None, Some(&credential)), Err(HeaderRefusal::Owned(_))));
    }

    #[test]
    fn headers_that_name_another_path_or_another_caller_are_refused() {
        for name in [
            "X-Original-URL",
            "x-rewrite-url",
            "x-forwarded-user",
            "X-Forwarded-Port",
            "X-Forwarded",
            "x_forwarded_for",
            "x-client-ip",
            "X-Remote-User",
            "x-auth-request-email",
            "X-SSL-Client-Cert",
            "x-envoy-original-path",
        ] {
            assert!(matches!(admit(&pair(name, "x"), Effect::Change, None), Err(HeaderRefusal::Owned(_))), "{name}");
        }
    }

    #[test]
    fn a_read_cannot_be_disguised_as_a_change_but_a_change_may_say_which() {
        for name in ["X-HTTP-Method-Override", "x-http-method", "x-method-override"] {
            assert!(matches!(admit(&pair(name, "DELETE"), Effect::None, None), Err(HeaderRefusal::Owned(_))), "{name}");
            assert!(admit(&pair(name, "MERGE"), Effect::Change, None).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_header_cannot_smuggle_another_line() {
        for value in ["a\r\nHost: evil", "a\nb", "a\0b"] {
            assert!(matches!(admit(&pair("x-note", value), Effect::Change, None), Err(HeaderRefusal::Value(_))), "{value:?}");
        }
        for name in ["x note", "x:note", "x\r\nhost", ""] {
            assert!(matches!(admit(&pair(name, "a"), Effect::Change, None), Err(HeaderRefusal::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn ordinary_headers_pass_in_their_order() {
        let headers =
            admit(&[("If-Match".into(), "\"1\"".into()), ("x-csrf-token".into(), "abc".into())], Effect::None, None).unwrap();
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
