//! One kind of cached answers: memory in front of a [`Gatherer`].

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics::Counter;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::gather::Batch;
use super::{Dimensions, Entry, Fetch, Gatherer, Join, Keyed, Kind, Lookup, Memory, Reach, Shelf, Told, Weigh};
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
    shelf: Option<Shelf<F::Key, F::Value>>,
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

/// Where the answers of a read come, each with its place.
type Receivers<V> = Vec<(usize, oneshot::Receiver<Arc<Entry<V>>>)>;

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
    /// `shelf`: where hosts share answers of this kind. It asks on `threads`.
    pub fn new(
        kind: Kind,
        memory: Memory<F::Key, F::Value>,
        shelf: Option<Shelf<F::Key, F::Value>>,
        fetch: Arc<F>,
        clock: Clock,
        threads: Handle,
    ) -> Self {
        Self { memory, shelf, gatherer: Gatherer::new(fetch, threads), clock, counters: Counters::of(kind.as_str()) }
    }

    /// Drops what this host has in memory under keys as wanted. Looks at each.
    pub fn forget(&self, wanted: impl Fn(&Dimensions<'_>) -> bool) {
        self.memory.forget(wanted);
    }

    /// From now on, nothing within `reach` is used that was asked until `at`, here and on all other hosts. Tells whether those know it;
    /// nothing when there are none. What the back end said by itself is remembered after it, or it is marked as well.
    pub async fn mark(&self, reach: Reach, at: Timestamp) -> Option<Told> {
        // Here first: what this host looks up meanwhile is asked before.
        self.memory.mark(reach.clone(), at);
        match &self.shelf {
            Some(shelf) => Some(shelf.end(&reach).await),
            None => None,
        }
    }

    /// Nothing within `reach` is used on other hosts that was asked until now; this one's memory is seen to already.
    pub async fn tell_others(&self, reach: &Reach) {
        if let Some(shelf) = &self.shelf {
            shelf.end(reach).await;
        }
    }

    /// What is remembered.
    pub fn memory(&self) -> &Memory<F::Key, F::Value> {
        &self.memory
    }

    /// Has what is known asked again in the background, because it is not as fresh as its entry says.
    pub fn refresh(&self, scope: &F::Scope, items: Vec<(F::Key, F::Item)>) {
        self.gatherer.refresh(scope, items);
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
        let (mut wider_keys, mut to_look_for) = (Vec::new(), Vec::new());
        for (index, Wanted { wider, key, item }) in wanted.into_iter().enumerate() {
            match (demand, self.look_up(wider.as_ref(), &key, |value| usable(value, &item), now)) {
                (Demand::Cached | Demand::CachedOnly | Demand::KnownOnly, Lookup::Fresh(entry)) => {
                    self.counters.fresh.increment(1);
                    let source = entry.fresh_source();
                    answers.push(Answer::Known(entry, source));
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
                    if self.shelf.is_some() {
                        to_look_for.push((index, (key, item)));
                    }
                    answers.push(Answer::NotAsked);
                }
                (Demand::CachedOnly, Lookup::Expired(_) | Lookup::Miss) => {
                    self.counters.pending.increment(1);
                    to_refresh.push((key, item));
                    answers.push(Answer::Pending);
                }
                (Demand::Cached, lookup @ (Lookup::Expired(_) | Lookup::Miss)) => {
                    self.counters.miss.increment(1);
                    if self.may_join(&key, now) {
                        to_ask.push((index, (key, item)));
                        wider_keys.push(wider);
                    } else {
                        to_ask_anew.push((index, (key, item)));
                    }
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
        if !to_look_for.is_empty() {
            let (indexes, items) = to_look_for.into_iter().unzip();
            self.look_elsewhere(scope, indexes, items, &mut answers).await;
        }
        let landed = |position: usize, (key, item): &(F::Key, F::Item)| {
            let wider = wider_keys.get(position).and_then(Option::as_ref);
            match self.look_up(wider, key, |value| usable(value, item), now) {
                Lookup::Fresh(entry) => Some(entry),
                _ => None,
            }
        };
        let mut receivers = Vec::new();
        for (join, asked) in [(Join::InFlight, to_ask), (Join::NotYetSent, to_ask_anew)] {
            let (indexes, asked): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            if !asked.is_empty() {
                receivers.extend(indexes.into_iter().zip(self.gatherer.ask(scope, join, asked, landed)));
            }
        }
        self.collect(receivers, deadline, &mut answers).await;
        answers
    }

    /// How the first usable entry stands that is known under the keys of an item.
    fn look_up(
        &self,
        wider: Option<&F::Key>,
        key: &F::Key,
        usable: impl Fn(&F::Value) -> bool,
        now: Timestamp,
    ) -> Lookup<F::Value> {
        let is_usable = |entry: &Arc<Entry<F::Value>>| entry.answer.as_ref().map_or(true, &usable);
        let known = wider.into_iter().chain([key]).filter_map(|key| self.memory.get(key)).find(is_usable);
        known.map_or(Lookup::Miss, |entry| self.memory.standing(entry, now))
    }

    /// What may not be asked another host may have been answered.
    async fn look_elsewhere(&self, scope: &F::Scope, indexes: Vec<usize>, items: Batch<F>, answers: &mut [Answer<F::Value>]) {
        let known = self.gatherer.fetch().known_elsewhere(scope, &items).await;
        for (index, entry) in indexes.into_iter().zip(known) {
            if let (Some(answer), Some(entry)) = (answers.get_mut(index), entry) {
                let source = entry.source_of_asked(self.clock.now());
                *answer = Answer::Known(entry, source);
            }
        }
    }

    /// Puts each answer in its place as it comes; what is known stays where the back end does not answer by the deadline.
    async fn collect(&self, receivers: Receivers<F::Value>, deadline: tokio::time::Instant, answers: &mut [Answer<F::Value>]) {
        for (index, receiver) in receivers {
            let asked = timeout_at(deadline, receiver).await.ok().and_then(Result::ok);
            if let Some(answer) = answers.get_mut(index) {
                *answer = better(answer, asked, self.clock.now());
            }
        }
    }

    /// Whether a call that is under way may answer: not one that may have left before its item was marked.
    fn may_join(&self, key: &F::Key, now: Timestamp) -> bool {
        self.memory.outdated(&key.dimensions()).is_none_or(|outdated| now.duration_since(outdated.at()) > UNDER_WAY)
    }
}

/// The new answer, unless it is none and something is known.
fn better<V>(known: &Answer<V>, asked: Option<Arc<Entry<V>>>, now: Timestamp) -> Answer<V> {
    let failure = match asked {
        Some(entry) => match &entry.answer {
            Err(failure) if failure.is_outage() => failure.clone(),
            _ => {
                let source = entry.source_of_asked(now);
                return Answer::Known(entry, source);
            }
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

#[cfg(test)]
mod tests;
