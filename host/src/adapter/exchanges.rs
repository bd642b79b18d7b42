//! What one call asked its back end, kept for the desk (rule T11): see [`Exchange`]. Shared by the call, which an abort may end at any point, and by
//! whoever keeps it afterwards.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;

use super::bindings::shared::transport::Request;
use crate::domain::{Excerpt, Exchange, Failure, Personal};
use crate::egress::{EgressError, Reply};

/// Requests that are kept of one call; what comes after them is not.
const MOST: usize = 20;

/// Most bytes of a name or a path that is kept.
const NAME_BYTES: usize = 512;

/// The exchanges of one call, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Exchanges(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    exchanges: Mutex<Vec<Exchange>>,
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
        let name = |text: &str| Excerpt::of(text.as_bytes(), written, NAME_BYTES).text.unwrap_or_default();
        let exchange = Exchange {
            endpoint: name(&request.endpoint),
            method: name(&request.method),
            target: name(&target(request)),
            request: request.body.as_deref().map(|body| Excerpt::of(body, written, limit)),
            status: None,
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
        let (status, reply, failure) = match result {
            Ok(reply) => (Some(reply.status.as_u16()), Some(Excerpt::of(&reply.body, self.written(personal), limit)), None),
            Err(error) => {
                let failure = Failure::from(error);
                let sentence = format!("{}: {}", failure.code.as_str(), failure.message);
                (None, None, Some(personal.conceal(&sentence).into_owned()))
            }
        };
        if let Some(exchange) = self.0.exchanges.lock().get_mut(place) {
            (exchange.status, exchange.reply, exchange.failure) = (status, reply, failure);
            exchange.took_ms = Some(took.as_millis().try_into().unwrap_or(u64::MAX));
        }
    }

    fn written(&self, personal: &Personal) -> &Personal {
        self.0.written.get_or_init(|| personal.written())
    }
}

/// Path and query as the adapter gave them, before anything of them is encoded.
fn target(request: &Request) -> String {
    let pairs: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, pairs.join("&")) }
}
