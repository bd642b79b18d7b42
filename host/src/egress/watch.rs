//! Somebody watches the requests of chosen calls, decides what becomes of each, and keeps what the adapter got. The conformance kit makes the
//! faults of a network this way, for any back end. Stands before credentials and cookies are added, so none of them is ever kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::client::Reply;
use super::endpoint::EgressRequest;
use super::error::{Effect, EgressError};
use super::{Budget, Egress, Trace};

/// The calls that are watched, by their request ids. All others are left alone.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<HashMap<String, Arc<Tap>>>>);

/// What was said in one call that is watched, and what is to become of it.
pub struct Tap {
    source: Source,
    heard: Mutex<Vec<Heard>>,
}

enum Source {
    /// The back end, with what becomes of the request at a place (counted from zero), or of every request.
    Backend(Vec<(Option<usize>, Act)>),
    /// What was kept of another call; nothing is sent.
    Kept(Vec<Heard>),
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Nothing leaves.
    Instead(Answer),
    /// It leaves and is answered.
    Then(Answer),
    /// Nothing leaves that can change something; the rest is sent.
    Withheld,
    /// The network doubles it; what answers the second one arrives.
    Twice,
}

/// What the adapter gets in place of the true reply.
#[derive(Clone)]
pub enum Answer {
    /// The request was not delivered.
    Refused,
    /// The reply was lost.
    Lost,
    /// No reply comes while the call has time.
    Never,
    Reply(Reply),
    /// The true reply, changed; without one, what came instead.
    Changed(Arc<dyn Fn(Reply) -> Reply + Send + Sync>),
}

/// A request as the adapter made it, and what it got.
#[derive(Clone, Debug)]
pub struct Heard {
    pub request: EgressRequest,
    /// Its endpoint, as the adapter named it.
    pub endpoint: String,
    /// Absent while nothing has come.
    pub came: Option<Result<Reply, EgressError>>,
}

impl Watch {
    /// Watches the call with that request id from now on.
    pub fn begin(&self, request_id: &str, tap: &Arc<Tap>) {
        self.0.lock().insert(request_id.to_owned(), Arc::clone(tap));
    }

    pub fn end(&self, request_id: &str) {
        self.0.lock().remove(request_id);
    }

    pub(super) fn of(&self, trace: &Trace) -> Option<Arc<Tap>> {
        self.0.lock().get(&trace.request_id).cloned()
    }
}

impl Tap {
    pub fn before_backend(acts: Vec<(Option<usize>, Act)>) -> Arc<Self> {
        Arc::new(Self { source: Source::Backend(acts), heard: Mutex::default() })
    }

    /// Answers what was kept, in its order. A request that differs is refused, and so is one more than there were.
    pub fn of_kept(kept: Vec<Heard>) -> Arc<Self> {
        Arc::new(Self { source: Source::Kept(kept), heard: Mutex::default() })
    }

    /// Everything so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().clone()
    }

    /// One exchange.
    pub(super) async fn exchange(&self, way: Way<'_>, request: EgressRequest) -> Result<Reply, EgressError> {
        let place = self.begin(way.endpoint, request.clone());
        let effect = if matches!(request.method.as_str(), "GET" | "HEAD") { Effect::None } else { Effect::Change };
        let moment = Moment { effect, way, began: Instant::now() };
        let came = match &self.source {
            Source::Backend(acts) => {
                let act = acts.iter().find(|(at, _)| at.is_none_or(|at| at == place)).map(|(_, act)| act);
                moment.meet(act, request).await
            }
            Source::Kept(kept) => moment.replay(kept.get(place), &request).await,
        };
        if let Some(heard) = self.heard.lock().get_mut(place) {
            heard.came = Some(came.clone());
        }
        came
    }

    fn begin(&self, endpoint: &str, request: EgressRequest) -> usize {
        let mut heard = self.heard.lock();
        heard.push(Heard { request, endpoint: endpoint.to_owned(), came: None });
        heard.len() - 1
    }
}

/// The production way of one call to one endpoint.
pub(super) struct Way<'a> {
    pub egress: &'a Egress,
    pub endpoint: &'a str,
    pub trace: &'a Trace,
    pub budget: &'a Budget,
}

impl Way<'_> {
    async fn send(&self, request: EgressRequest) -> Result<Reply, EgressError> {
        self.egress.dispatch(self.endpoint, request, self.trace, self.budget).await
    }
}

/// One request at its time.
struct Moment<'a> {
    effect: Effect,
    way: Way<'a>,
    began: Instant,
}

impl Moment<'_> {
    async fn meet(&self, act: Option<&Act>, request: EgressRequest) -> Result<Reply, EgressError> {
        match act {
            None => self.way.send(request).await,
            Some(Act::Withheld) if self.effect == Effect::None => self.way.send(request).await,
            Some(Act::Withheld) => Err(EgressError::NotDelivered("it is withheld".into())),
            Some(Act::Twice) => {
                let _first = self.way.send(request.clone()).await;
                self.way.send(request).await
            }
            Some(Act::Instead(answer)) => {
                let came = self.answer(answer, None, &request).await;
                self.note(&came);
                came
            }
            Some(Act::Then(answer)) => {
                let came = match self.way.send(request.clone()).await {
                    Ok(reply) => self.answer(answer, Some(reply), &request).await,
                    failed => failed,
                };
                self.note(&came);
                came
            }
        }
    }

    async fn answer(&self, answer: &Answer, reply: Option<Reply>, request: &EgressRequest) -> Result<Reply, EgressError> {
        match answer {
            Answer::Refused => Err(EgressError::NotDelivered("connection refused".into())),
            Answer::Lost => Err(EgressError::Lost { cause: "connection reset".into(), effect: self.effect }),
            Answer::Never => {
                let ends = request.timeout.map_or(self.way.budget.ends(), |wish| self.way.budget.ends().min(self.began + wish));
                sleep_until(ends).await;
                let within_ms = self.began.elapsed().as_millis();
                Err(EgressError::TimedOut { stage: "reply body", within_ms, effect: self.effect })
            }
            Answer::Reply(reply) => Ok(reply.clone()),
            Answer::Changed(change) => {
                reply.map(|reply| change(reply)).ok_or_else(|| EgressError::NotDelivered("nothing to change".into()))
            }
        }
    }

    /// As production notes what becomes of a change.
    fn note(&self, came: &Result<Reply, EgressError>) {
        let has_left = came.as_ref().map_or_else(EgressError::may_have_been_taken, |_| true);
        if self.effect == Effect::Change && has_left {
            self.way.budget.change_mark().store(true, Ordering::Release);
            self.way.budget.note_change(came);
        }
    }

    async fn replay(&self, kept: Option<&Heard>, request: &EgressRequest) -> Result<Reply, EgressError> {
        let endpoint = self.way.endpoint;
        let Some(kept) = kept else { return Err(EgressError::Strays(format!("{} was not asked then", line(endpoint, request)))) };
        if let Some(difference) = difference(kept, endpoint, request) {
            return Err(EgressError::Strays(difference));
        }
        match &kept.came {
            Some(came) => {
                self.note(came);
                came.clone()
            }
            // It was still waiting when its call was ended.
            None => std::future::pending().await,
        }
    }
}

/// What differs between a request that was kept and one that is made again; headers are not compared.
fn difference(kept: &Heard, endpoint: &str, request: &EgressRequest) -> Option<String> {
    let (then, now) = (line(&kept.endpoint, &kept.request), line(endpoint, request));
    if then != now {
        return Some(format!("it was {then}, now it is {now}"));
    }
    let (then, now) = (kept.request.body.as_deref().unwrap_or_default(), request.body.as_deref().unwrap_or_default());
    (then != now).then(|| format!("{} had the body {}, now it has {}", line(endpoint, request), shown(then), shown(now)))
}

/// Endpoint, method, path and query.
fn line(endpoint: &str, request: &EgressRequest) -> String {
    let query: Vec<_> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{endpoint}: {} {}{query}", request.method, request.path)
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(2_000).collect()
}

impl Heard {
    /// Endpoint, method, path and query, for people.
    pub fn line(&self) -> String {
        line(&self.endpoint, &self.request)
    }

    /// Whether it can have changed something, by its method.
    pub fn is_change(&self) -> bool {
        !matches!(self.request.method.as_str(), "GET" | "HEAD")
    }

    /// The body of the reply, when one came.
    pub fn reply_body(&self) -> Option<&Bytes> {
        self.came.as_ref()?.as_ref().ok().map(|reply| &reply.body)
    }

    /// Whether the same is asked.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        difference(self, &other.endpoint, &other.request).is_none()
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("heard", &self.heard.lock().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "Refused",
            Self::Lost => "Lost",
            Self::Never => "Never",
            Self::Reply(_) => "Reply",
            Self::Changed(_) => "Changed",
        })
    }
}

#[cfg(test)]
mod tests;
