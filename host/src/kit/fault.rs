//! The faults that the kit makes at a request of a call, on the wire, for any back end.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::egress::{Act, Answer, Reply};

/// What the injected 429 asks for.
pub(super) const RETRY_AFTER_SECS: u64 = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    ConnectionRefused,
    Unauthorized,
    Throttled,
    Broken,
    Away,
    Redirect,
    ReplyLost,
    CutMidBody,
    Truncated,
    Null,
    EmptyList,
    EmptyObject,
    HtmlPage,
    Drip,
    Doubled,
}

impl Fault {
    pub(super) const ALL: [Self; 15] = [
        Self::ConnectionRefused,
        Self::Unauthorized,
        Self::Throttled,
        Self::Broken,
        Self::Away,
        Self::Redirect,
        Self::ReplyLost,
        Self::CutMidBody,
        Self::Truncated,
        Self::Null,
        Self::EmptyList,
        Self::EmptyObject,
        Self::HtmlPage,
        Self::Drip,
        Self::Doubled,
    ];

    /// Of a change that has no reference to be found by.
    pub(super) const FOR_CHANGES: [Self; 5] =
        [Self::ConnectionRefused, Self::Broken, Self::ReplyLost, Self::HtmlPage, Self::Drip];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection refused",
            Self::Unauthorized => "401 before the back end saw it",
            Self::Throttled => "429 before the back end saw it",
            Self::Broken => "500 before the back end saw it",
            Self::Away => "503 before the back end saw it",
            Self::Redirect => "a redirect before the back end saw it",
            Self::ReplyLost => "reply lost after the back end answered",
            Self::CutMidBody => "connection cut in the reply's body",
            Self::Truncated => "half of the reply's body",
            Self::Null => "the reply's body became null",
            Self::EmptyList => "the reply's body became []",
            Self::EmptyObject => "the reply's body became {}",
            Self::HtmlPage => "an HTML page with status 200 in place of the reply",
            Self::Drip => "a reply that drips until the call's time is over",
            Self::Doubled => "the network doubled the request",
        }
    }

    pub(super) fn act(self) -> Act {
        match self {
            Self::ConnectionRefused => Act::Instead(Answer::Refused),
            Self::Unauthorized => instead(401, &[]),
            Self::Throttled => instead(429, &[(RETRY_AFTER, "7")]),
            Self::Broken => instead(500, &[]),
            Self::Away => instead(503, &[]),
            Self::Redirect => instead(302, &[(LOCATION, "/login")]),
            Self::ReplyLost | Self::CutMidBody => Act::Then(Answer::Lost),
            Self::Truncated => changed(|reply| {
                let half = reply.body.slice(..reply.body.len() / 2);
                Reply { body: half, ..reply }
            }),
            Self::Null => body("null"),
            Self::EmptyList => body("[]"),
            Self::EmptyObject => body("{}"),
            Self::HtmlPage => changed(|_| Reply {
                status: StatusCode::OK,
                headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/html"))]),
                body: Bytes::from_static(b"<!DOCTYPE html><html><body>Please sign in</body></html>"),
            }),
            Self::Drip => Act::Then(Answer::Never),
            Self::Doubled => Act::Twice,
        }
    }

    /// Whether the back end cannot be called well then.
    pub(super) fn is_an_outage(self) -> bool {
        use Fault::{Away, Broken, ConnectionRefused, CutMidBody, Drip, ReplyLost, Throttled, Unauthorized};
        matches!(self, ConnectionRefused | Unauthorized | Throttled | Broken | Away | ReplyLost | CutMidBody | Drip)
    }

    /// Whether it is a fault at all where a reply has this body: what is the back end's own way to say "nothing" is none.
    pub(super) fn fits(self, body: Option<&Bytes>, nothing: &[Bytes]) -> bool {
        let (Some(made), Some(body)) = (self.body(), body) else { return true };
        let is_said = nothing.iter().any(|said| trimmed(said) == made.as_bytes());
        let is_list = serde_json::from_slice::<Value>(body).is_ok_and(|body| body.is_array());
        !(is_said || is_list && self == Self::EmptyList || trimmed(body) == made.as_bytes())
    }

    fn body(self) -> Option<&'static str> {
        match self {
            Self::Null => Some("null"),
            Self::EmptyList => Some("[]"),
            Self::EmptyObject => Some("{}"),
            _ => None,
        }
    }
}

fn trimmed(body: &[u8]) -> &[u8] {
    body.trim_ascii()
}

fn instead(status: u16, headers: &[(HeaderName, &'static str)]) -> Act {
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Act::Instead(Answer::Reply(Reply { status, headers, body: Bytes::new() }))
}

fn body(text: &'static str) -> Act {
    changed(move |reply| Reply { body: Bytes::from_static(text.as_bytes()), ..reply })
}

fn changed(change: impl Fn(Reply) -> Reply + Send + Sync + 'static) -> Act {
    Act::Then(Answer::Changed(Arc::new(change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_no_fault_where_lists_are_answered() {
        let list = Bytes::from_static(b"[{\"id\": 1}]");
        assert!(!Fault::EmptyList.fits(Some(&list), &[]));
        assert!(Fault::EmptyObject.fits(Some(&list), &[]) && Fault::HtmlPage.fits(Some(&list), &[]));
        let object = Bytes::from_static(b"{\"items\": []}");
        assert!(Fault::EmptyList.fits(Some(&object), &[]));
    }

    #[test]
    fn how_the_back_end_says_nothing_is_no_fault() {
        let object = Bytes::from_static(b"{\"id\": 1}");
        assert!(!Fault::Null.fits(Some(&object), &[Bytes::from_static(b" null\n")]));
        assert!(Fault::Null.fits(Some(&object), &[Bytes::from_static(b"[]")]));
    }
}
