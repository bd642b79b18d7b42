//! Some back ends repeat what they were sent: an error page that shows the request, a service for debugging. A secret of the host that stands in a
//! reply as it was sent is made unreadable before an adapter sees the reply. A back end that writes it otherwise gives it away all the same.

use bytes::{Bytes, BytesMut};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use memchr::memmem;

use super::client::Reply;

/// Shorter ones stand in replies by chance.
const SHORTEST: usize = 12;

/// The reply, each secret of the request's headers in it as asterisks: nothing moves, so that lengths and positions stay right.
pub(super) fn conceal(reply: Reply, sent: &HeaderMap) -> Reply {
    let secrets: Vec<_> = sent.iter().filter(|(_, value)| value.is_sensitive()).collect();
    let secrets: Vec<_> = secrets.iter().flat_map(|(name, value)| pieces(*name == COOKIE, value.as_bytes())).collect();
    let Reply { status, mut headers, mut body } = reply;
    for secret in secrets {
        let secret = memmem::Finder::new(secret);
        for value in headers.values_mut() {
            if let Some(concealed) = concealed(&secret, value.as_bytes()) {
                *value = HeaderValue::from_bytes(&concealed).unwrap_or(HeaderValue::from_static("concealed"));
            }
        }
        if let Some(concealed) = concealed(&secret, &body) {
            body = Bytes::from(concealed);
        }
    }
    Reply { status, headers, body }
}

/// The secret parts of a header: without the scheme of a credential or the names of cookies.
fn pieces(is_cookie: bool, value: &[u8]) -> Vec<&[u8]> {
    let after = |sign: u8, text: &'_ [u8]| text.iter().position(|byte| *byte == sign).map_or(0, |at| at + 1);
    let parts: Vec<&[u8]> = match is_cookie {
        true => value.split(|byte| *byte == b';').map(|pair| pair.get(after(b'=', pair)..).unwrap_or_default()).collect(),
        false => vec![value.get(after(b' ', value)..).unwrap_or_default()],
    };
    parts.into_iter().filter(|part| part.len() >= SHORTEST).collect()
}

fn concealed(secret: &memmem::Finder<'_>, text: &[u8]) -> Option<BytesMut> {
    let mut found = secret.find_iter(text).peekable();
    found.peek()?;
    let mut concealed = BytesMut::from(text);
    for at in found {
        if let Some(place) = concealed.get_mut(at..at + secret.needle().len()) {
            place.fill(b'*');
        }
    }
    Some(concealed)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http::header::{AUTHORIZATION, LOCATION, WARNING};

    use super::super::credential::secret_value;
    use super::*;

    fn shown(body: &str, location: &str) -> (String, String) {
        let mut sent = HeaderMap::new();
        sent.insert(AUTHORIZATION, secret_value("Bearer abcdefghijklmnop").unwrap());
        sent.insert(COOKIE, secret_value("SAP_SESSIONID=qrstuvwxyz0123; sap-client=100").unwrap());
        sent.insert(WARNING, HeaderValue::from_static("no secret at all"));
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_str(location).unwrap())]);
        let reply = Reply { status: StatusCode::OK, headers, body: Bytes::copy_from_slice(body.as_bytes()) };
        let reply = conceal(reply, &sent);
        let location = reply.headers.get(LOCATION).unwrap().to_str().unwrap().to_owned();
        (String::from_utf8(reply.body.to_vec()).unwrap(), location)
    }

    #[test]
    fn a_secret_that_is_repeated_is_made_unreadable_wherever_it_stands() {
        let echo = "authorization: Bearer abcdefghijklmnop\ncookie: SAP_SESSIONID=qrstuvwxyz0123; abcdefghijklmnop";
        let (body, location) = shown(echo, "/login?token=abcdefghijklmnop");
        let stars = "*".repeat(16);
        assert_eq!(body, format!("authorization: Bearer {stars}\ncookie: SAP_SESSIONID={}; {stars}", "*".repeat(14)));
        assert_eq!(location, format!("/login?token={stars}"));
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let body = "Bearer, SAP_SESSIONID, sap-client=100, no secret at all, abcdefghijklmno";
        assert_eq!(shown(body, "/x"), (body.to_owned(), "/x".to_owned()));
    }
}
