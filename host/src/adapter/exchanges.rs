//! What one call asked its back end, kept for the desk (rule T11): see [`Exchange`]. Shared by the call, which an abort may end at any point, and by
//! whoever keeps it afterwards.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;

use super::bindings::shared::transport::Request;
use crate::domain::{Excerpt, Exchange, Failure, Personal, SECRET, is_secret_name};
use crate::egress::{EgressError, Reply, shown_headers};

/// Requests that are kept of one call; what comes after them is not.
const MOST: usize = 20;

/// Most bytes of a name, a path, or the value of a header or of the session that is kept.
const NAME_BYTES: usize = 512;

/// Most headers of a reply, and values of the session before a request, that are kept.
const MOST_PAIRS: usize = 32;

/// The exchanges of one call, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Exchanges(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    exchanges: Mutex<Vec<Exchange>>,
    /// Values of the session that were read since the last request.
    session: Mutex<Vec<(String, String)>>,
    /// What is personal in the call, in every way in which bodies write it: found out once.
    written: OnceLock<Personal>,
}

/// The place of one that has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun(usize);

impl Exchanges {
    /// What was kept until now.
    pub fn taken(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.0.exchanges.lock())
    }

    /// Keeps a request that is about to leave, at most `limit` bytes of its body. None when there are enough.
    pub(super) fn begin(&self, request: &Request, personal: &Personal, limit: usize) -> Option<Begun> {
        if limit == 0 || self.0.exchanges.lock().len() >= MOST {
            return None;
        }
        let written = self.written(personal);
        let exchange = Exchange {
            endpoint: short(&request.endpoint, written),
            method: short(&request.method, written),
            target: kept_target(request, written),
            session: kept_pairs(std::mem::take(&mut *self.0.session.lock()), written),
            request: request.body.as_deref().map(|body| Excerpt::of(body, written, limit)),
            status: None,
            headers: vec![],
            reply: None,
            failure: None,
            took_ms: None,
        };
        let mut kept = self.0.exchanges.lock();
        kept.push(exchange);
        Some(Begun(kept.len() - 1))
    }

    /// Keeps what came of it.
    pub(super) fn end(
        &self,
        Begun(place): Begun,
        result: &Result<Reply, EgressError>,
        took: Duration,
        personal: &Personal,
        limit: usize,
    ) {
        let mut exchanges = self.0.exchanges.lock();
        let Some(exchange) = exchanges.get_mut(place) else { return };
        exchange.took_ms = Some(took.as_millis().try_into().unwrap_or(u64::MAX));
        match result {
            Ok(reply) => {
                let written = self.written(personal);
                exchange.status = Some(reply.status.as_u16());
                exchange.headers = kept_pairs(shown_headers(&reply.headers), written);
                exchange.reply = Some(Excerpt::of(&reply.body, written, limit));
            }
            Err(error) => {
                let failure = Failure::from(error);
                let sentence = format!("{}: {}", failure.code.as_str(), failure.message);
                exchange.failure = Some(personal.conceal(&sentence).into_owned());
            }
        }
    }

    /// Keeps a value of the session that the adapter has read.
    pub(super) fn read_of_session(&self, key: &str, value: &str) {
        let mut session = self.0.session.lock();
        if session.len() < MOST_PAIRS {
            session.push((key.to_owned(), value.to_owned()));
        }
    }

    fn written(&self, personal: &Personal) -> &Personal {
        self.0.written.get_or_init(|| personal.written())
    }
}

fn short(text: &str, written: &Personal) -> String {
    Excerpt::of(text.as_bytes(), written, NAME_BYTES).text.unwrap_or_default()
}

fn kept_pairs(pairs: Vec<(String, String)>, written: &Personal) -> Vec<(String, String)> {
    let value = |name: &str, value: &str| if is_secret_name(name) { SECRET.to_owned() } else { short(value, written) };
    pairs.iter().take(MOST_PAIRS).map(|(name, text)| (short(name, written), value(name, text))).collect()
}

/// As it is kept of a request: see [`Exchange::target`].
pub(super) fn kept_target(request: &Request, written: &Personal) -> String {
    short(&target(request), written)
}

/// Path and query as the adapter gave them, before anything of them is encoded.
fn target(request: &Request) -> String {
    let pairs: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, pairs.join("&")) }
}
