//! One HTTP exchange over a pooled connection, with its timeouts and size caps, and an exact word on whether the request may have left.
//! Never follows a redirect, never sends a change twice.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::address::AddressRefusal;
use super::budget::{Spent, Traffic};
use super::connector::Connector;
use super::departure::{Departure, LeavesBy, Pass, Withdrawn};
use super::error::{Effect, EgressError};
use crate::config::EndpointConfig;

/// A whole reply.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What to send. Cloned only for a renewed credential or a read whose connection had died.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub head: Head,
    pub body: Bytes,
}

#[derive(Clone, Debug)]
pub(super) struct Head {
    pub method: Method,
    pub uri: http::Uri,
    pub headers: HeaderMap,
}

/// What one exchange may take.
pub(super) struct Allowance<'a> {
    pub ends: Instant,
    /// No request leaves later.
    pub leaves_by: LeavesBy,
    pub reply_bytes: usize,
    /// Asked for every piece of the reply; a refusal ends the exchange.
    pub take_bytes: &'a (dyn Fn(usize) -> Result<(), Spent> + Sync),
    /// Set as soon as a change may have left.
    pub change_mark: Option<Arc<AtomicBool>>,
}

/// The connections to one endpoint, apart for each kind of traffic: on one HTTP/2 connection for all, reads could take up all streams and
/// the window.
pub(super) struct Clients {
    read: PooledClient,
    checkout: PooledClient,
    transfer: PooledClient,
}

impl Clients {
    pub(super) fn new(connector: &Connector, config: &EndpointConfig) -> Self {
        let client = || PooledClient::new(connector.clone(), config);
        Self { read: client(), checkout: client(), transfer: client() }
    }

    pub(super) fn of(&self, traffic: Traffic) -> &PooledClient {
        match traffic {
            Traffic::Read => &self.read,
            Traffic::Checkout => &self.checkout,
            Traffic::Transfer => &self.transfer,
        }
    }
}

/// Connections of one kind of traffic to one endpoint.
pub(super) struct PooledClient {
    client: Client<Connector, OutgoingBody>,
    first_byte: Duration,
    between_bytes: Duration,
}

impl PooledClient {
    pub(super) fn new(connector: Connector, config: &EndpointConfig) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(config.idle_connections)
            .build(connector);
        Self {
            client,
            first_byte: Duration::from_millis(config.first_byte_timeout_ms),
            between_bytes: Duration::from_millis(config.between_bytes_timeout_ms),
        }
    }

    /// Sends one request and reads the whole reply.
    pub(super) async fn exchange(&self, outgoing: Outgoing, allowance: &Allowance<'_>) -> Result<Reply, EgressError> {
        let effect = effect_of(&outgoing.head.method);
        let began = Instant::now();
        if allowance.leaves_by.is_over() {
            return Err(EgressError::NotDelivered(Withdrawn.to_string()));
        }
        let departure = Departure::new(allowance.leaves_by, allowance.change_mark.clone().filter(|_| effect == Effect::Change));
        let request = prepare(outgoing, departure.pass());
        let first_byte_by = allowance.ends.min(began + self.first_byte);
        let response = match timeout_at(first_byte_by, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(classify(&error, effect)),
            // From here on it cannot leave any more, even if a connection has it already.
            Err(_) if departure.withdraw() => {
                return Err(EgressError::NotDelivered("no connection was free in time".into()));
            }
            Err(_) => return Err(EgressError::TimedOut { stage: "first byte", within_ms: began.elapsed().as_millis(), effect }),
        };
        let (parts, body) = response.into_parts();
        let body = self.read(body, effect, allowance).await?;
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    async fn read(&self, mut body: Incoming, effect: Effect, allowance: &Allowance<'_>) -> Result<Bytes, EgressError> {
        let began = Instant::now();
        if body.size_hint().lower() > allowance.reply_bytes as u64 {
            return Err(EgressError::TooLarge { limit: allowance.reply_bytes, effect });
        }
        let mut whole = BytesMut::new();
        loop {
            let next_by = allowance.ends.min(Instant::now() + self.between_bytes);
            let frame = match timeout_at(next_by, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Err(EgressError::Lost { cause: chain(&error), effect }),
                Ok(None) => return Ok(whole.freeze()),
                Err(_) => {
                    return Err(EgressError::TimedOut { stage: "reply body", within_ms: began.elapsed().as_millis(), effect });
                }
            };
            let Ok(piece) = frame.into_data() else { continue };
            if whole.len() + piece.len() > allowance.reply_bytes {
                return Err(EgressError::TooLarge { limit: allowance.reply_bytes, effect });
            }
            (allowance.take_bytes)(piece.len()).map_err(|spent| match spent {
                Spent::Replies => EgressError::TooLargeTogether { effect },
                Spent::Holdings => EgressError::Crowded { effect },
            })?;
            whole.extend_from_slice(&piece);
        }
    }
}

pub(super) fn effect_of(method: &Method) -> Effect {
    if matches!(*method, Method::GET | Method::HEAD) { Effect::None } else { Effect::Change }
}

fn prepare(outgoing: Outgoing, pass: Pass) -> Request<OutgoingBody> {
    let mut request = Request::new(OutgoingBody::new(outgoing.body, pass));
    *request.method_mut() = outgoing.head.method;
    *request.uri_mut() = outgoing.head.uri;
    *request.headers_mut() = outgoing.head.headers;
    request
}

/// A failure before the reply's head. Whether the request left is read from the error: hyper gives an unsent request back as canceled, and
/// names connection failures; all else may have left.
fn classify(error: &legacy::Error, effect: Effect) -> EgressError {
    if let Some(refusal) = source_of::<AddressRefusal>(error) {
        return EgressError::Address(*refusal);
    }
    let unsent = error.is_connect()
        || source_of::<Withdrawn>(error).is_some()
        || source_of::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled);
    if unsent { EgressError::NotDelivered(chain(error)) } else { EgressError::Lost { cause: chain(error), effect } }
}

fn source_of<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| next_cause(*error)).find_map(|error| error.downcast_ref::<E>())
}

/// `io::Error::other` hides its content from `source`, so it is asked for it.
fn next_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inside.map(|inside| inside as &(dyn Error + 'static)).or_else(|| error.source())
}

/// The causes of an error in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<_> = std::iter::successors(Some(error), |error| next_cause(*error)).map(ToString::to_string).collect();
    let mut distinct: Vec<String> = Vec::with_capacity(causes.len());
    for cause in causes {
        if !distinct.last().is_some_and(|last| last.contains(&cause)) {
            distinct.push(cause);
        }
    }
    distinct.join(": ")
}

/// A body that notes when the connection first asks for it: from then on the request may be on the wire. A request whose body was never
/// asked for is not whole, so no server can have acted on it. An empty body is never asked for, so it counts as left from the start.
pub(super) struct OutgoingBody {
    data: Option<Bytes>,
    pass: Pass,
}

impl OutgoingBody {
    fn new(data: Bytes, pass: Pass) -> Self {
        let data = (!data.is_empty()).then_some(data);
        if data.is_none() {
            // Nobody can have withdrawn it, and its time was not over: it is only now being made.
            let _ = pass.leave();
        }
        Self { data, pass }
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        Poll::Ready(match self.pass.leave() {
            Ok(()) => self.data.take().map(|data| Ok(Frame::data(data))),
            Err(withdrawn) => Some(Err(withdrawn)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
