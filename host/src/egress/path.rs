//! Joins a path that an adapter asked for to an endpoint's prefix, so that it can never leave that prefix or name another host. Pure.

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathRefusal {
    #[error("a path has no query or fragment: give the query as `query`")]
    Query,
    #[error("a path has no `..` or `.` segment, encoded or not")]
    Dots,
    #[error("a path has no empty segment, scheme or authority")]
    Authority,
    #[error("a path is percent-encoded: {0:?} must not stand in it")]
    Character(char),
    #[error("a percent sign in a path is followed by two hexadecimal digits")]
    Percent,
    #[error("a path is at most {MAX_BYTES} bytes long")]
    TooLong,
    #[error("a query is at most {MAX_QUERY_BYTES} bytes long: a larger one belongs in the body")]
    QueryTooLong,
}

const MAX_BYTES: usize = 8 * 1024;

/// Before encoding, names, values and a separator for each.
const MAX_QUERY_BYTES: usize = 16 * 1024;

/// How often a segment is decoded in search of hidden dots. Servers decode once, badly configured chains of them twice.
const MAX_DECODINGS: usize = 4;

/// `prefix` (no trailing slash, or empty) and `path`, as the path of a request. A leading slash of `path` is optional.
pub(super) fn join(prefix: &str, path: &str) -> Result<String, PathRefusal> {
    if path.len() > MAX_BYTES {
        return Err(PathRefusal::TooLong);
    }
    path.chars().try_for_each(check_character)?;
    check_percent(path)?;
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        // Only the last segment may be empty: that is a trailing slash, or no path at all.
        if segment.is_empty() && segments.peek().is_some() {
            return Err(PathRefusal::Authority);
        }
        check_dots(segment)?;
    }
    match path {
        "" if prefix.is_empty() => Ok("/".into()),
        "" => Ok(prefix.into()),
        path => Ok(format!("{prefix}/{path}")),
    }
}

/// Query pairs, percent-encoded, without the question mark; empty when there are none. The length is judged before any of it is encoded.
pub(super) fn encode_query(pairs: &[(String, String)]) -> Result<String, PathRefusal> {
    let bytes = pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
    if bytes > MAX_QUERY_BYTES {
        return Err(PathRefusal::QueryTooLong);
    }
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    Ok(pairs.join("&"))
}

/// Percent-encodes all but unreserved characters and those that are plain in every query (RFC 3986, section 3.4); `+` is always encoded.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'$' | b'(' | b')' | b',' | b':' | b'/' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 0x0f)]),
        }
    }
    encoded
}

/// In upper case, as RFC 3986 recommends; `nibble` is below 16.
fn hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'A' - 10 + nibble })
}

/// Path characters of RFC 3986, section 3.3, without `@`, which some parsers take for the end of a user name.
fn check_character(character: char) -> Result<(), PathRefusal> {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' | '%' | '/' => Ok(()),
        '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '=' | ':' => Ok(()),
        '?' | '#' => Err(PathRefusal::Query),
        '\\' | '@' => Err(PathRefusal::Authority),
        other => Err(PathRefusal::Character(other)),
    }
}

fn check_percent(path: &str) -> Result<(), PathRefusal> {
    let well_formed = path.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        let mut is_digit = || digits.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        is_digit() && is_digit()
    });
    if well_formed { Ok(()) } else { Err(PathRefusal::Percent) }
}

/// No segment may be, or decode to, something with a `..` or `.` segment, a control character or a backslash in it. What stands after a
/// semicolon is a parameter that some servers cut off, so `..;x` is `..` as well. The same characters in more bytes than UTF-8 gives them
/// (`%c0%ae` for a dot) were read as such by servers of old, and are nothing in any other.
fn check_dots(segment: &str) -> Result<(), PathRefusal> {
    let mut decoded = segment.as_bytes().to_vec();
    for _ in 0..MAX_DECODINGS {
        let is_dots = |part: &[u8]| matches!(part.split(|byte| *byte == b';').next(), Some(b"." | b".."));
        if decoded.split(|byte| matches!(byte, b'/' | b'\\')).any(is_dots) {
            return Err(PathRefusal::Dots);
        }
        if is_overlong(&decoded) {
            return Err(PathRefusal::Dots);
        }
        if let Some(control) = decoded.iter().find(|byte| byte.is_ascii_control() || **byte == b'\\') {
            return Err(PathRefusal::Character(char::from(*control)));
        }
        match decode(&decoded) {
            Some(once_more) => decoded = once_more,
            None => return Ok(()),
        }
    }
    Err(PathRefusal::Percent)
}

/// ASCII in two to four bytes (RFC 3629, section 10).
fn is_overlong(bytes: &[u8]) -> bool {
    let continues = |byte: u8| (0x80..0xc0).contains(&byte);
    let starts = |pair: &[u8]| match *pair {
        [0xc0 | 0xc1, second] => continues(second),
        [0xe0, second] => (0x80..0xa0).contains(&second),
        [0xf0, second] => (0x80..0x90).contains(&second),
        _ => false,
    };
    bytes.windows(2).any(starts)
}

/// Decodes percent signs once; `None` when there are none to decode.
fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, tail)) = rest.split_first() {
        match (first, hex_pair(tail)) {
            (b'%', Some((byte, after))) => {
                decoded.push(byte);
                rest = after;
            }
            _ => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    (decoded.len() < encoded.len()).then_some(decoded)
}

fn hex_pair(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (pair, after) = bytes.split_at_checked(2)?;
    let text = std::str::from_utf8(pair).ok()?;
    Some((u8::from_str_radix(text, 16).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_appended_to_the_prefix_of_the_endpoint() {
        for (prefix, path, joined) in [
            ("", "", "/"),
            ("", "/orders", "/orders"),
            ("/api/v2", "orders/", "/api/v2/orders/"),
            ("/api", "/A_SalesOrder('4711')/to_Item", "/api/A_SalesOrder('4711')/to_Item"),
            ("/api", "/items/AB%2F12", "/api/items/AB%2F12"),
            ("/api", "/items/a..b", "/api/items/a..b"),
            ("/api", "/items/%C3%A4%E0%A4%85%F0%9F%94%A7", "/api/items/%C3%A4%E0%A4%85%F0%9F%94%A7"),
            ("/api", "/items/M%FCller%C0", "/api/items/M%FCller%C0"),
            ("/api", "", "/api"),
        ] {
            assert_eq!(join(prefix, path).as_deref(), Ok(joined));
        }
    }

    #[test]
    fn a_path_never_leaves_its_prefix() {
        for path in [
            "/..",
            "/a/../b",
            "../b",
            "/a/.",
            "/%2e%2e/b",
            "/%2E./b",
            "/.%2e",
            "/%252e%252e/b",
            "/%25252e%25252e/b",
            "/a%2f..%2fb",
            "/a%5c..%5cb",
            "/..;x=1/b",
            "/%2e%2e%3bx/b",
            "/%c0%ae%c0%ae/b",
            "/a%C0%AFb",
            "/%25c0%25ae%25c0%25ae/b",
            "/%e0%80%ae%e0%80%ae/b",
            "/%f0%80%80%ae./b",
        ] {
            assert_eq!(join("/api", path), Err(PathRefusal::Dots), "{path}");
        }
    }

    #[test]
    fn a_path_never_names_a_host() {
        for path in ["//evil.test/x", "http://evil.test/", "/a//b", "@evil.test/", "/a@b", "\\\\evil.test"] {
            assert_eq!(join("/api", path), Err(PathRefusal::Authority), "{path}");
        }
    }

    #[test]
    fn a_path_carries_no_query_fragment_or_raw_characters() {
        assert_eq!(join("", "/a?b=1"), Err(PathRefusal::Query));
        assert_eq!(join("", "/a#b"), Err(PathRefusal::Query));
        for path in ["/a\r\nHost: evil", "/a\0", "/a b", "/ä", "/a%0d%0aX:1", "/a%00", "/a%250a"] {
            assert!(matches!(join("", path), Err(PathRefusal::Character(_))), "{path:?}");
        }
        for path in ["/a%", "/a%2", "/a%zz"] {
            assert_eq!(join("", path), Err(PathRefusal::Percent), "{path}");
        }
    }

    #[test]
    fn a_query_is_encoded_by_the_host() {
        let pairs = [("$filter".to_owned(), "Name eq 'A&B'+1".to_owned()), ("q".to_owned(), "ä\r\n".to_owned())];
        assert_eq!(encode_query(&pairs).unwrap(), "$filter=Name%20eq%20%27A%26B%27%2B1&q=%C3%A4%0D%0A");
    }

    #[test]
    fn a_long_query_is_refused_before_it_is_encoded() {
        let pair = |bytes: usize| [("q".to_owned(), " ".repeat(bytes))];
        assert_eq!(encode_query(&pair(MAX_QUERY_BYTES - 3)).unwrap().len(), 2 + 3 * (MAX_QUERY_BYTES - 3));
        assert_eq!(encode_query(&pair(MAX_QUERY_BYTES - 2)), Err(PathRefusal::QueryTooLong));
        let many = vec![(String::new(), String::new()); MAX_QUERY_BYTES];
        assert_eq!(encode_query(&many), Err(PathRefusal::QueryTooLong));
    }
}
