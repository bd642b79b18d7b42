//! Percent-encoding of path segments (RFC 3986, section 2.3: only unreserved characters stay).

use std::fmt::Write;

/// One path segment: `A/7 ü` becomes `A%2F7%20%C3%BC`. Query parameters need none of this, the host encodes them.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_cannot_make_a_second_segment() {
        assert_eq!(segment("A/7 ü?#%"), "A%2F7%20%C3%BC%3F%23%25");
        assert_eq!(segment("a-b_c.d~e"), "a-b_c.d~e");
    }
}
