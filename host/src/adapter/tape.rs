//! What a back end answered an earlier call, played again to another one: to another version of the adapter, or with other settings. Nothing leaves the
//! host. What was kept ([`Exchange`]) is without secrets and what is personal, so the answers are too.

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;

use super::bindings::shared::transport::Request;
use super::exchanges::kept_target;
use crate::domain::{Exchange, Failure, FailureCode, Personal, Side};
use crate::egress::{Budget, EgressError, Reply};

/// The exchanges of one call, each of which answers once.
#[derive(Clone, Debug)]
pub struct Tape(Arc<Reel>);

#[derive(Debug)]
struct Reel {
    kept: Vec<Exchange>,
    /// Which of them have answered.
    played: Mutex<Vec<bool>>,
}

impl Tape {
    /// Plays what was kept of an earlier call.
    pub fn new(kept: Vec<Exchange>) -> Self {
        let played = Mutex::new(vec![false; kept.len()]);
        Self(Arc::new(Reel { kept, played }))
    }

    /// What the back end answered the first time that this was asked of it: endpoint, method and target count, the body does not, because that is what
    /// a mended mapping changes.
    pub(super) fn answer(&self, request: &Request, budget: &Budget, personal: &Personal) -> Result<Reply, EgressError> {
        if !budget.take_request() {
            return Err(EgressError::TooManyRequests);
        }
        let result = match self.play(request, &kept_target(request, &personal.written())) {
            Some(exchange) => reply(exchange),
            None => Err(EgressError::NotDelivered("the earlier call asked no such thing, so there is no answer to it".into())),
        };
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            budget.note_change(&result);
        }
        result
    }

    /// What the earlier call read of its session.
    pub(super) fn session(&self, key: &str) -> Option<String> {
        let read = self.0.kept.iter().flat_map(|exchange| &exchange.session);
        read.filter(|(name, _)| name == key).map(|(_, value)| value.clone()).next()
    }

    fn play(&self, request: &Request, target: &str) -> Option<&Exchange> {
        let mut played = self.0.played.lock();
        let (exchange, played) = self.0.kept.iter().zip(played.iter_mut()).find(|(exchange, played)| {
            !**played && exchange.endpoint == request.endpoint && exchange.method == request.method && exchange.target == target
        })?;
        *played = true;
        Some(exchange)
    }
}

/// As it came, as far as it was kept.
fn reply(exchange: &Exchange) -> Result<Reply, EgressError> {
    let Some(status) = exchange.status.and_then(|status| StatusCode::from_u16(status).ok()) else {
        return Err(EgressError::Kept(Box::new(failure(exchange))));
    };
    let excerpt = exchange.reply.as_ref();
    if let Some(cut) = excerpt.filter(|excerpt| excerpt.is_cut || (excerpt.text.is_none() && excerpt.bytes > 0)) {
        let message = format!("only a part of the reply was kept (it had {} bytes): raise limits.exchange_bytes", cut.bytes);
        return Err(EgressError::Kept(Box::new(Failure::new(FailureCode::InvalidResponse, message))));
    }
    let body = excerpt.and_then(|excerpt| excerpt.text.clone()).unwrap_or_default();
    let headers = exchange
        .headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::from_str(name).ok()?, HeaderValue::from_str(value).ok()?)));
    Ok(Reply { status, headers: headers.collect::<HeaderMap>(), body: Bytes::from(body) })
}

/// `code: sentence`, as it was kept.
fn failure(exchange: &Exchange) -> Failure {
    let side = if matches!(exchange.method.as_str(), "GET" | "HEAD") { Side::Read } else { Side::Write };
    match exchange.failure.as_deref().and_then(|kept| kept.split_once(": ")) {
        Some((code, sentence)) => Failure::new(FailureCode::parse(code, side), sentence),
        // The host ended in the middle of it.
        None => Failure::new(FailureCode::parse("", side), "what became of the request was not kept"),
    }
}
