//! One kind of cached answers: memory in front of a [`Gatherer`].

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use moka::Expiry;
use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::marks::Marks;
use super::weight::entry_bytes;
use super::{Dimensions, Entry, Fetch, Gatherer, Join, Keyed, Lookup, Reach, Weigh};
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
    kind: &'static str,
}

/// The memory part, shared with the fetch that fills it.
pub struct Memory<K, V>(Cache<K, Arc<Entry<V>>>, Arc<Marks>);

impl<K, V> Clone for Memory<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), Arc::clone(&self.1))
    }
}

/// Entries with their keys.
pub type Found<K, V> = Vec<(Arc<K>, Arc<Entry<V>>)>;

/// Longer than any call of a read is under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(120);

/// Entries leave memory when they may not even be shown as stale.
struct KeptFor;

impl<K, V> Expiry<K, Arc<Entry<V>>> for KeptFor {
    fn expire_after_create(&self, _: &K, entry: &Arc<Entry<V>>, _: Instant) -> Option<Duration> {
        Some(entry.kept_for)
    }

    fn expire_after_update(&self, _: &K, entry: &Arc<Entry<V>>, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.kept_for)
    }
}

impl<K: Hash + Eq + Weigh + Keyed + Send + Sync + 'static, V: Weigh + Send + Sync + 'static> Memory<K, V> {
    /// Keeps at most `max_bytes`, estimated from the size of each key and value.
    pub fn new(max_bytes: u64) -> Self {
        let weigher = |key: &K, entry: &Arc<Entry<V>>| u32::try_from(entry_bytes(key, entry)).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weigher).max_capacity(max_bytes).expire_after(KeptFor).build(), Arc::default())
    }

    /// What is known, unless it was asked before its item was marked.
    pub fn get(&self, key: &K) -> Option<Arc<Entry<V>>> {
        self.0.get(key).filter(|entry| !self.is_outdated(key, entry))
    }

    /// From now on, nothing within `reach` is used that was asked until `at`.
    pub fn mark(&self, reach: Reach, at: Timestamp) {
        self.1.put(reach, at);
    }

    /// When what a key is about was marked last.
    pub fn marked_at(&self, about: &Dimensions<'_>) -> Option<Timestamp> {
        self.1.latest(about)
    }

    /// No answer that is left at `now` was asked before.
    pub fn oldest_answer(&self, now: Timestamp) -> Timestamp {
        self.1.oldest_answer(now)
    }

    fn is_outdated(&self, key: &K, entry: &Entry<V>) -> bool {
        self.marked_at(&key.dimensions()).is_some_and(|marked_at| entry.asked_at <= marked_at)
    }

    /// Entries whose key is as wanted, used or not, at most so many. Looks at every entry.
    pub fn search(&self, most: usize, wanted: impl Fn(&Dimensions<'_>) -> bool) -> Found<K, V> {
        self.0.iter().filter(|(key, _)| wanted(&key.dimensions())).take(most).collect()
    }

    /// Remembers an entry, unless a newer one is there already or its item was marked while it was asked.
    pub fn remember(&self, key: K, entry: Arc<Entry<V>>) {
        let marked_at = self.marked_at(&key.dimensions());
        let is_outdated = |entry: &Entry<V>| marked_at.is_some_and(|marked_at| entry.asked_at <= marked_at);
        if is_outdated(&entry) {
            return;
        }
        self.1.note_kept(entry.kept_for);
        let is_newer = |known: &Entry<V>| known.fresh_until > entry.fresh_until && known.as_of > entry.as_of;
        self.0.entry(key).and_compute_with(|known| match known {
            Some(known) if is_newer(known.value()) && !is_outdated(known.value()) => moka::ops::compute::Op::Nop,
            _ => moka::ops::compute::Op::Put(Arc::clone(&entry)),
        });
    }
}

/// One item of a read: the keys under which an answer may be known, and how to ask.
pub struct Wanted<F: Fetch> {
    /// Looked up in this order.
    pub known_as: Vec<F::Key>,
    /// Names the question for [`Fetch`].
    pub key: F::Key,
    pub item: F::Item,
}

impl<F: Fetch<Key: Weigh + Keyed, Value: Weigh>> ReadCache<F> {
    /// `kind` labels the metrics: `availability` or `offer_price`.
    /// It asks on `threads`.
    pub fn new(kind: &'static str, memory: Memory<F::Key, F::Value>, fetch: Arc<F>, clock: Clock, threads: Handle) -> Self {
        Self { memory, gatherer: Gatherer::new(fetch, threads), clock, kind }
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
        for (index, Wanted { known_as, key, item }) in wanted.into_iter().enumerate() {
            let is_usable = |entry: &Arc<Entry<F::Value>>| entry.answer.as_ref().map_or(true, |value| usable(value, &item));
            let known = known_as.iter().filter_map(|key| self.memory.get(key)).find(is_usable);
            let lookup = known.map_or(Lookup::Miss, |entry| entry.lookup(now));
            match (demand, lookup) {
                (Demand::Cached | Demand::CachedOnly | Demand::KnownOnly, Lookup::Fresh(entry)) => {
                    self.count("fresh");
                    answers.push(Answer::Known(entry, Source::Cached));
                }
                (Demand::Cached | Demand::CachedOnly | Demand::KnownOnly, Lookup::Stale(entry)) => {
                    self.count("stale");
                    to_refresh.push((key, item));
                    answers.push(Answer::Known(entry, Source::Stale));
                }
                (Demand::KnownOnly, Lookup::Expired(entry)) if entry.answer.is_ok() => {
                    self.count("stale");
                    to_refresh.push((key, item));
                    answers.push(Answer::Known(entry, Source::Stale));
                }
                (Demand::KnownOnly, Lookup::Expired(_) | Lookup::Miss) => {
                    self.count("not_asked");
                    answers.push(Answer::NotAsked);
                }
                (Demand::CachedOnly, Lookup::Expired(_) | Lookup::Miss) => {
                    self.count("pending");
                    to_refresh.push((key, item));
                    answers.push(Answer::Pending);
                }
                (Demand::Cached, lookup @ (Lookup::Expired(_) | Lookup::Miss)) => {
                    self.count("miss");
                    let asked = if self.may_join(&key, now) { &mut to_ask } else { &mut to_ask_anew };
                    asked.push((index, (key, item)));
                    answers.push(fallback(lookup));
                }
                // A live read never falls back to what is known: whoever asks live is about to bill.
                (Demand::Live, _) => {
                    self.count("live");
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

    fn count(&self, outcome: &'static str) {
        metrics::counter!("ordergate_cache_reads_total", "kind" => self.kind, "outcome" => outcome).increment(1);
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
