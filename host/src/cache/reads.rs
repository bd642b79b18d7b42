//! One kind of cached answers: memory in front of a [`Gatherer`].

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics::Counter;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::{Entry, Fetch, Gatherer, Join, Keyed, Lookup, Memory, Weigh};
use crate::clock::Clock;
use crate::domain::{Failure, FailureCode, Source};

/// What a read accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// The cache; stale values are shown while a refresh runs; missing ones are asked.
    Cached,
    /// The cache; missing ones are asked in the background and reported as pending.
    CachedOnly,
    /// The cache, however old; stale values are shown while a refresh runs; missing ones are not asked.
    KnownOnly,
    /// The back end, now.
    Live,
}

/// What a read gets for one item.
#[derive(Clone, Debug)]
pub enum Answer<V> {
    Known(Arc<Entry<V>>, Source),
    /// Being asked; nothing known yet.
    Pending,
    /// Nothing known, and not to be asked.
    NotAsked,
    /// No answer, and nothing known.
    Failed(Failure),
}

/// Answers by key, kept until their stale time is over or memory is short.
pub struct ReadCache<F: Fetch> {
    memory: Memory<F::Key, F::Value>,
    gatherer: Gatherer<F>,
    clock: Clock,
    counters: Counters,
}

/// How many items were answered how. Kept: finding them anew for each item of a page would cost more than finding its answers.
struct Counters {
    fresh: Counter,
    stale: Counter,
    pending: Counter,
    not_asked: Counter,
    miss: Counter,
    live: Counter,
}

impl Counters {
    fn of(kind: &'static str) -> Self {
        let of = |outcome: &'static str| metrics::counter!("ordergate_cache_reads_total", "kind" => kind, "outcome" => outcome);
        Self {
            fresh: of("fresh"),
            stale: of("stale"),
            pending: of("pending"),
            not_asked: of("not_asked"),
            miss: of("miss"),
            live: of("live"),
        }
    }
}

/// Longer than any call of a read is under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(120);

/// One item of a read: the keys under which an answer may be known, and how to ask.
pub struct Wanted<F: Fetch> {
    /// Looked up first: the key of an answer to many questions.
    pub wider: Option<F::Key>,
    /// Looked up then; names the question for [`Fetch`].
    pub key: F::Key,
    pub item: F::Item,
}

impl<F: Fetch<Key: Weigh + Keyed, Value: Weigh>> ReadCache<F> {
    /// `kind` labels the metrics: `availability` or `offer_price`.
    /// It asks on `threads`.
    pub fn new(kind: &'static str, memory: Memory<F::Key, F::Value>, fetch: Arc<F>, clock: Clock, threads: Handle) -> Self {
        Self { memory, gatherer: Gatherer::new(fetch, threads), clock, counters: Counters::of(kind) }
    }

    /// What is remembered.
    pub fn memory(&self) -> &Memory<F::Key, F::Value> {
        &self.memory
    }

    /// Answers every wanted item, in order, within `wait`. `usable` says whether a known entry answers the item.
    pub async fn read(
        &self,
        scope: &F::Scope,
        demand: Demand,
        wanted: Vec<Wanted<F>>,
        wait: Duration,
        usable: impl Fn(&F::Value, &F::Item) -> bool + Send,
    ) -> Vec<Answer<F::Value>> {
        let deadline = tokio::time::Instant::now() + wait;
        let now = self.clock.now();
        let mut answers = Vec::with_capacity(wanted.len());
        let (mut to_ask, mut to_ask_anew, mut to_refresh) = (Vec::new(), Vec::new(), Vec::new());
        for (index, Wanted { wider, key, item }) in wanted.into_iter().enumerate() {
            let is_usable = |entry: &Arc<Entry<F::Value>>| entry.answer.as_ref().map_or(true, |value| usable(value, &item));
            let known = wider.iter().chain([&key]).filter_map(|key| self.memory.get(key)).find(is_usable);
            let lookup = known.map_or(Lookup::Miss, |entry| entry.lookup(now));
            match (demand, lookup) {
                (Demand::Cached | Demand::CachedOnly | Demand::KnownOnly, Lookup::Fresh(entry)) => {
                    self.counters.fresh.increment(1);
                    answers.push(Answer::Known(entry, Source::Cached));
                }
                (Demand::Cached | Demand::CachedOnly | Demand::KnownOnly, Lookup::Stale(entry)) => {
                    self.counters.stale.increment(1);
                    to_refresh.push((key, item));
                    answers.push(Answer::Known(entry, Source::Stale));
                }
                (Demand::KnownOnly, Lookup::Expired(entry)) if entry.answer.is_ok() => {
                    self.counters.stale.increment(1);
                    to_refresh.push((key, item));
                    answers.push(Answer::Known(entry, Source::Stale));
                }
                (Demand::KnownOnly, Lookup::Expired(_) | Lookup::Miss) => {
                    self.counters.not_asked.increment(1);
                    answers.push(Answer::NotAsked);
                }
                (Demand::CachedOnly, Lookup::Expired(_) | Lookup::Miss) => {
                    self.counters.pending.increment(1);
                    to_refresh.push((key, item));
                    answers.push(Answer::Pending);
                }
                (Demand::Cached, lookup @ (Lookup::Expired(_) | Lookup::Miss)) => {
                    self.counters.miss.increment(1);
                    let asked = if self.may_join(&key, now) { &mut to_ask } else { &mut to_ask_anew };
                    asked.push((index, (key, item)));
                    answers.push(fallback(lookup));
                }
                // A live read never falls back to what is known: whoever asks live is about to bill.
                (Demand::Live, _) => {
                    self.counters.live.increment(1);
                    to_ask_anew.push((index, (key, item)));
                    answers.push(Answer::Pending);
                }
            }
        }
        if !to_refresh.is_empty() {
            self.gatherer.refresh(scope, to_refresh);
        }
        let mut receivers = Vec::new();
        for (join, asked) in [(Join::InFlight, to_ask), (Join::NotYetSent, to_ask_anew)] {
            let (indexes, asked): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            if !asked.is_empty() {
                receivers.extend(indexes.into_iter().zip(self.gatherer.ask(scope, join, asked)));
            }
        }
        collect(receivers, deadline, &mut answers).await;
        answers
    }

    /// Whether a call that is under way may answer: not one that may have left before its item was marked.
    fn may_join(&self, key: &F::Key, now: Timestamp) -> bool {
        self.memory.marked_at(&key.dimensions()).is_none_or(|marked_at| now.duration_since(marked_at) > UNDER_WAY)
    }
}

/// Puts each answer in its place as it comes; what is known stays where the back end does not answer by the deadline.
async fn collect<V>(
    receivers: Vec<(usize, oneshot::Receiver<Arc<Entry<V>>>)>,
    deadline: tokio::time::Instant,
    answers: &mut [Answer<V>],
) {
    for (index, receiver) in receivers {
        let asked = timeout_at(deadline, receiver).await.ok().and_then(Result::ok);
        if let Some(answer) = answers.get_mut(index) {
            *answer = better(answer, asked);
        }
    }
}

/// The new answer, unless it is none and something is known.
fn better<V>(known: &Answer<V>, asked: Option<Arc<Entry<V>>>) -> Answer<V> {
    let failure = match asked {
        Some(entry) => match &entry.answer {
            Err(failure) if is_outage(failure) => failure.clone(),
            _ => return Answer::Known(entry, Source::Live),
        },
        None => Failure::new(FailureCode::Timeout, "the back end did not answer in time"),
    };
    match known {
        Answer::Known(entry, _) => Answer::Known(Arc::clone(entry), Source::Stale),
        _ => Answer::Failed(failure),
    }
}

/// What to show when asking fails: the expired value, if there is one.
fn fallback<V>(lookup: Lookup<V>) -> Answer<V> {
    match lookup {
        Lookup::Expired(entry) if entry.answer.is_ok() => Answer::Known(entry, Source::Stale),
        _ => Answer::Pending,
    }
}

/// The back end said nothing about the item itself.
fn is_outage(failure: &Failure) -> bool {
    !matches!(failure.code, FailureCode::NotFound | FailureCode::Rejected | FailureCode::InvalidRequest)
}

#[cfg(test)]
mod tests;
