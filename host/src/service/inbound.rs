//! What back ends push (rule F12): who sends is checked before the adapter runs, the adapter turns the message into events, and each event is
//! believed only as far as it determines something. A push that changes nothing is answered as one that did: senders repeat what is refused.

mod apply;
mod determined;
mod documents;
mod doors;
mod ledger;
mod news;
mod seen;
mod sender;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Commerce, ServiceError, not_loaded};
use crate::adapter::operation::{PushedEvent, Translate};
use crate::domain::{AdapterName, CallContext, EventKind, Failure, FailureCode, Purpose, Standing};
pub(super) use apply::describe_metrics;
use apply::{Effect, Receiving};
use doors::Door;
pub(super) use doors::Doors;
pub use ledger::{PushLog, PushReport, TurnedAway};
use seen::Sight;
use sender::Proof;

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

/// How a message of a proven sender was dealt with.
struct Handled {
    outcome: &'static str,
    kinds: Kinds,
    result: Result<Receipt, ServiceError>,
}

/// Events by kind.
type Kinds = BTreeMap<&'static str, u32>;

/// A message on its way in, whose sender is not known yet.
pub struct Delivery {
    commerce: Commerce,
    adapter: AdapterName,
    door: Arc<Door>,
}

impl Commerce {
    /// One message to an adapter, before anything of it is read.
    pub fn inbound(&self, adapter: &AdapterName) -> Result<Delivery, ServiceError> {
        let door = self.inner.doors.of(adapter).ok_or_else(|| ServiceError::NoInbound(adapter.to_string()))?;
        Ok(Delivery { commerce: self.clone(), adapter: adapter.clone(), door })
    }

    /// What was pushed to an adapter lately, to this host.
    pub fn pushes(&self, adapter: &AdapterName) -> Result<PushLog, ServiceError> {
        self.adapter_report(adapter)?;
        self.inner.doors.of(adapter).map(|door| door.ledger.log()).ok_or_else(|| {
            let message = format!("nobody may push to {adapter}: say who under [adapters.{adapter}.inbound] and reload");
            ServiceError::AdapterConflict(message)
        })
    }
}

impl Delivery {
    pub fn max_body_bytes(&self) -> usize {
        self.door.config.max_body_bytes
    }

    /// Checks who sent it, has it read, and applies it. Only who has proven that takes a place: strangers cannot take them all.
    pub async fn take(self, message: PushedMessage) -> Result<Receipt, ServiceError> {
        let (door, adapter, now) = (&self.door, &self.adapter, self.commerce.now());
        let proof = sender::check(&door.config, &message.headers, &message.body, now)
            .map_err(|forged| door.refuse(adapter, forged, now))?;
        let Ok(_place) = door.places.try_acquire() else {
            return Err(door.shed(adapter, "max_concurrent", now));
        };
        if door.pace.take(Instant::now()).is_err() {
            return Err(door.shed(adapter, "max_per_sec", now));
        }
        let under_way = match proof.id.as_ref().map(|id| door.seen.begin(id, now)) {
            Some(Sight::Before) => {
                let replayed = Receipt { replayed: true, ..Receipt::default() };
                self.note(&message, &proof, "replayed", Kinds::new(), &replayed);
                return Ok(replayed);
            }
            // The first one may still fail: its sender must not take this answer for that one's.
            Some(Sight::UnderWay) => return Err(door.shed(adapter, "under_way", now)),
            Some(Sight::First(under_way)) => Some(under_way),
            None => None,
        };
        let Handled { outcome, kinds, result } = self.handle(&message).await?;
        self.note(&message, &proof, outcome, kinds, result.as_ref().unwrap_or(&Receipt::default()));
        if result.is_ok() {
            under_way.into_iter().for_each(seen::UnderWay::done);
        }
        result
    }

    /// An error: it was turned away, and is noted as such already.
    async fn handle(&self, message: &PushedMessage) -> Result<Handled, ServiceError> {
        let unread = |outcome, error| Handled { outcome, kinds: Kinds::new(), result: Err(error) };
        match self.read(message).await {
            Ok((events, standing)) => {
                let kinds = kinds(&events);
                let result = self.apply(events, standing).await;
                Ok(Handled { outcome: if result.is_ok() { "taken" } else { "not_stored" }, kinds, result })
            }
            Err(failure) => match self.unreadable(failure) {
                turned_away @ ServiceError::Overloaded(_) => Err(turned_away),
                unreadable @ ServiceError::Unreadable(_) => Ok(unread("unreadable", unreadable)),
                failed => Ok(unread("failed", failed)),
            },
        }
    }

    fn note(&self, message: &PushedMessage, proof: &Proof, outcome: &'static str, events: Kinds, receipt: &Receipt) {
        self.door.count(&self.adapter, outcome);
        let (at, request_id, sender) = (self.commerce.now(), message.request_id.clone(), self.door.config.sender.kind());
        let (secret, applied, ignored) = (proof.secret, receipt.applied, receipt.ignored.clone());
        self.door.ledger.note(PushReport { at, request_id, sender, secret, outcome, events, applied, ignored });
    }

    /// What the adapter makes of it, on the threads of reads.
    async fn read(&self, message: &PushedMessage) -> Result<(Vec<PushedEvent>, Standing), Failure> {
        let (commerce, config) = (&self.commerce, &self.door.config);
        let live = commerce.inner.adapters.get(&self.adapter).ok_or_else(|| not_loaded(&self.adapter))?;
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
        // As with what is asked: when this version is found to be bad, what it made of the message is not used any more.
        Ok((live.call_on(&commerce.inner.reads, &context, translate).await?, live.standing()))
    }

    fn unreadable(&self, failure: Failure) -> ServiceError {
        match failure.code {
            FailureCode::InvalidResponse | FailureCode::InvalidRequest | FailureCode::Rejected | FailureCode::NotFound => {
                ServiceError::Unreadable(failure.message)
            }
            FailureCode::Throttled => self.door.shed(&self.adapter, "concurrency", self.commerce.now()),
            _ => failure.into(),
        }
    }

    /// All of them; an error when one could not be stored, so that its sender sends the message again.
    async fn apply(&self, events: Vec<PushedEvent>, standing: Standing) -> Result<Receipt, ServiceError> {
        let (mut receipt, mut not_stored) = (Receipt::default(), None);
        let receiving = Receiving { commerce: &self.commerce, adapter: &self.adapter, config: &self.door.config, standing };
        for pushed in events {
            match receiving.apply(pushed).await {
                Ok(Effect::Applied) => receipt.applied += 1,
                Ok(Effect::Ignored(reason)) => *receipt.ignored.entry(reason).or_default() += 1,
                Err(error) => not_stored = Some(error),
            }
        }
        not_stored.map_or(Ok(receipt), |error| Err(error.into()))
    }
}

/// How many there are of each kind.
fn kinds(events: &[PushedEvent]) -> Kinds {
    let mut kinds = Kinds::new();
    for event in events {
        *kinds.entry(EventKind::parse(&event.kind).map_or("unknown", EventKind::as_str)).or_default() += 1;
    }
    kinds
}
