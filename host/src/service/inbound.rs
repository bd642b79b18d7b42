//! What back ends push (rule F12): who sends is checked before the adapter runs, the adapter turns the message into events, and each event is
//! believed only as far as it determines something. A push that changes nothing is answered as one that did: senders repeat what is refused.

mod apply;
mod determined;
mod documents;
mod doors;
mod pace;
mod seen;
mod sender;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::{Commerce, ServiceError};
use crate::adapter::operation::{PushedEvent, Translate};
use crate::domain::{AdapterName, CallContext, Failure, FailureCode, Purpose};
pub(super) use apply::describe_metrics;
use apply::{Effect, Receiving};
use doors::Door;
pub(super) use doors::Doors;
use seen::Sight;

/// How long an adapter may take to read a message.
const READING_TIME: Duration = Duration::from_secs(5);
/// When a sender who was turned away should come back.
const COME_BACK: Duration = Duration::from_secs(1);

/// A message as it came. Names of headers in lower case.
#[derive(Clone, Debug)]
pub struct PushedMessage {
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub request_id: String,
    pub trace_parent: Option<String>,
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// Events that changed what is known.
    pub applied: u32,
    /// Events that did not, by reason.
    #[schema(value_type = std::collections::BTreeMap<String, u32>, example = json!({"older": 2}))]
    pub ignored: BTreeMap<&'static str, u32>,
    /// The message came before; nothing was done again.
    pub replayed: bool,
}

/// A message on its way in: it has a place, its sender is not known yet.
pub struct Delivery {
    commerce: Commerce,
    adapter: AdapterName,
    door: Arc<Door>,
    _place: OwnedSemaphorePermit,
}

impl Commerce {
    /// A place for one message to an adapter, before anything of it is read.
    pub fn inbound(&self, adapter: &AdapterName) -> Result<Delivery, ServiceError> {
        let door = self.inner.doors.of(adapter).ok_or_else(|| ServiceError::NoInbound(adapter.to_string()))?;
        let Ok(place) = Arc::clone(&door.places).try_acquire_owned() else { return Err(door.shed(adapter, "max_concurrent")) };
        Ok(Delivery { commerce: self.clone(), adapter: adapter.clone(), door, _place: place })
    }
}

impl Delivery {
    pub fn max_body_bytes(&self) -> usize {
        self.door.config.max_body_bytes
    }

    /// Checks who sent it, has it read, and applies it.
    pub async fn take(self, message: PushedMessage) -> Result<Receipt, ServiceError> {
        let (door, adapter, now) = (&self.door, &self.adapter, self.commerce.inner.clock.now());
        let id = sender::check(&door.config, &message.headers, &message.body, now)
            .map_err(|forged| door.refuse(adapter, forged, now))?;
        if !door.pace.lets_through(now) {
            return Err(door.shed(adapter, "max_per_sec"));
        }
        let under_way = match id.map(|id| door.seen.begin(&id, now)) {
            Some(Sight::Before) => {
                door.count(adapter, "replayed");
                return Ok(Receipt { replayed: true, ..Receipt::default() });
            }
            // The first one may still fail: its sender must not take this answer for that one's.
            Some(Sight::UnderWay) => return Err(door.shed(adapter, "under_way")),
            Some(Sight::First(under_way)) => Some(under_way),
            None => None,
        };
        let events = self.read(&message).await?;
        let receipt = self.apply(events).await;
        under_way.into_iter().for_each(seen::UnderWay::done);
        door.count(adapter, "taken");
        Ok(receipt)
    }

    /// What the adapter makes of it, on the threads of reads.
    async fn read(&self, message: &PushedMessage) -> Result<Vec<PushedEvent>, ServiceError> {
        let (commerce, config) = (&self.commerce, &self.door.config);
        let live = commerce.adapter(&self.adapter)?;
        let given = |name: &str| name == "content-type" || config.headers.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let headers = message.headers.iter().filter(|(name, _)| given(name)).cloned().collect();
        let translate = Translate { headers, body: message.body.clone(), max_events: config.max_events };
        let context = CallContext {
            store: "".into(),
            channel: "back-end".into(),
            locale: "en".into(),
            request_id: message.request_id.clone(),
            trace_parent: message.trace_parent.clone(),
            purpose: Purpose::Inbound,
            deadline: READING_TIME,
        };
        let read = live.call_on(&commerce.inner.reads, &context, translate).await;
        read.map_err(|failure| self.unreadable(failure))
    }

    fn unreadable(&self, failure: Failure) -> ServiceError {
        match failure.code {
            FailureCode::InvalidResponse | FailureCode::InvalidRequest | FailureCode::Rejected | FailureCode::NotFound => {
                self.door.count(&self.adapter, "unreadable");
                ServiceError::Unreadable(failure.message)
            }
            FailureCode::Throttled => self.door.shed(&self.adapter, "concurrency"),
            _ => {
                self.door.count(&self.adapter, "failed");
                failure.into()
            }
        }
    }

    async fn apply(&self, events: Vec<PushedEvent>) -> Receipt {
        let mut receipt = Receipt::default();
        let receiving = Receiving { commerce: &self.commerce, adapter: &self.adapter, config: &self.door.config };
        for pushed in events {
            match receiving.apply(pushed).await {
                Effect::Applied => receipt.applied += 1,
                Effect::Ignored(reason) => *receipt.ignored.entry(reason).or_default() += 1,
            }
        }
        receipt
    }
}
