//! Replies from a script instead of a network, and the requests that asked for them: a mapping is tried out without a back end.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;

use super::client::{Head, Outgoing, Reply};
use super::error::EgressError;

/// What scripted endpoints answer, in order, and what they were asked.
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
}

/// A request as it would have left.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub url: String,
    /// Secrets in it are blotted out.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// The script had a reply for it.
    pub is_answered: bool,
}

/// What stands for a secret.
pub const BLOT: &str = "***";

impl Script {
    /// Answers the first request with the first reply, and so on.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(Mutex::new(State { replies: replies.into_iter().collect(), asked: Vec::new() })))
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.0.lock().asked.clone()
    }

    /// Replies that nobody has asked for.
    pub fn left(&self) -> usize {
        self.0.lock().replies.len()
    }

    /// Notes the request; without a reply for it, it counts as not delivered.
    pub(super) fn exchange(&self, outgoing: Outgoing) -> Result<Reply, EgressError> {
        let mut state = self.0.lock();
        let reply = state.replies.pop_front();
        let Outgoing { head: Head { method, uri, headers }, body } = outgoing;
        let asked = Asked {
            method: method.to_string(),
            url: uri.to_string(),
            headers: shown(&headers),
            body,
            is_answered: reply.is_some(),
        };
        state.asked.push(asked);
        reply.ok_or_else(|| EgressError::NotDelivered("the script has no reply to it".into()))
    }
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| match value.is_sensitive() {
        true => BLOT.to_owned(),
        false => String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let mut shown: Vec<_> = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    shown.sort();
    shown
}
