//! One kind of cached answers: memory in front of a [`Gatherer`].

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::weight::entry_bytes;
use super::{Entry, Fetch, Gatherer, Join, Lookup, Weigh};
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
pub struct Memory<K, V>(Cache<K, Arc<Entry<V>>>);

impl<K, V> Clone for Memory<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

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

impl<K: Hash + Eq + Weigh + Send + Sync + 'static, V: Weigh + Send + Sync + 'static> Memory<K, V> {
    /// Keeps at most `max_bytes`, estimated from the size of each key and value.
    pub fn new(max_bytes: u64) -> Self {
        let weigher = |key: &K, entry: &Arc<Entry<V>>| u32::try_from(entry_bytes(key, entry)).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weigher).max_capacity(max_bytes).expire_after(KeptFor).build())
    }

    pub fn get(&self, key: &K) -> Option<Arc<Entry<V>>> {
        self.0.get(key)
    }

    /// Remembers an entry, unless a newer one is there already.
    pub fn remember(&self, key: K, entry: Arc<Entry<V>>) {
        self.0.entry(key).and_compute_with(|known| match known {
            Some(known) if known.value().fresh_until > entry.fresh_until && known.value().as_of > entry.as_of => {
                moka::ops::compute::Op::Nop
            }
            _ => moka::ops::compute::Op::Put(entry),
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

impl<F: Fetch<Key: Weigh, Value: Weigh>> ReadCache<F> {
    /// `kind` labels the metrics: `availability` or `offer_price`.
    /// It asks on `threads`.
    pub fn new(kind: &'static str, memory: Memory<F::Key, F::Value>, fetch: Arc<F>, clock: Clock, threads: Handle) -> Self {
        Self { memory, gatherer: Gatherer::new(fetch, threads), clock, kind }
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
        let (mut answers, mut indexes) = (Vec::with_capacity(wanted.len()), Vec::new());
        let (mut to_ask, mut to_refresh) = (Vec::new(), Vec::new());
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
                    indexes.push(index);
                    to_ask.push((key, item));
                    answers.push(fallback(lookup));
                }
                // A live read never falls back to what is known: whoever asks live is about to bill.
                (Demand::Live, _) => {
                    self.count("live");
                    indexes.push(index);
                    to_ask.push((key, item));
                    answers.push(Answer::Pending);
                }
            }
        }
        if !to_refresh.is_empty() {
            self.gatherer.refresh(scope, to_refresh);
        }
        if !to_ask.is_empty() {
            let join = if demand == Demand::Live { Join::NotYetSent } else { Join::InFlight };
            let receivers = self.gatherer.ask(scope, join, to_ask);
            collect(indexes, receivers, deadline, &mut answers).await;
        }
        answers
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!("ordergate_cache_reads_total", "kind" => self.kind, "outcome" => outcome).increment(1);
    }
}

/// Puts each answer in its place as it comes; what is known stays where the back end does not answer by the deadline.
async fn collect<V>(
    indexes: Vec<usize>,
    receivers: Vec<oneshot::Receiver<Arc<Entry<V>>>>,
    deadline: tokio::time::Instant,
    answers: &mut [Answer<V>],
) {
    for (index, receiver) in indexes.into_iter().zip(receivers) {
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
mod tests {
    use super::*;
    use crate::cache::Lifetime;
    use jiff::{SignedDuration, Timestamp};
    use parking_lot::Mutex;

    /// A back end that counts its calls and may be down.
    struct Backend {
        memory: Memory<u32, String>,
        clock: Clock,
        calls: Mutex<u32>,
        down: Mutex<bool>,
        fresh_secs: u64,
    }

    impl Fetch for Backend {
        type Scope = ();
        type Key = u32;
        type Item = ();
        type Value = String;

        fn cap(&self, (): &()) -> usize {
            100
        }

        fn calls(&self, (): &()) -> usize {
            1
        }

        async fn fetch(self: Arc<Self>, (): (), items: Vec<(u32, ())>) -> Vec<Arc<Entry<String>>> {
            *self.calls.lock() += 1;
            let call = *self.calls.lock();
            let down = *self.down.lock();
            let lifetime = Lifetime { fresh: Duration::from_secs(self.fresh_secs), stale: Duration::from_secs(100) };
            let answer = |key: u32| {
                let answer = if down { Err(Failure::new(FailureCode::Unavailable, "down")) } else { Ok(format!("call {call}")) };
                let entry = Arc::new(Entry::new(answer, self.clock.now(), None, lifetime));
                if entry.answer.is_ok() {
                    self.memory.remember(key, Arc::clone(&entry));
                }
                entry
            };
            items.into_iter().map(|(key, ())| answer(key)).collect()
        }
    }

    fn cache(fresh_secs: u64) -> (ReadCache<Backend>, Arc<Backend>, Clock) {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        let memory = Memory::new(1_000_000);
        let backend = Arc::new(Backend {
            memory: memory.clone(),
            clock: clock.clone(),
            calls: Mutex::new(0),
            down: Mutex::new(false),
            fresh_secs,
        });
        (ReadCache::new("test", memory, Arc::clone(&backend), clock.clone(), Handle::current()), backend, clock)
    }

    async fn read(cache: &ReadCache<Backend>, demand: Demand) -> Result<(String, Source), FailureCode> {
        let wanted = vec![Wanted { known_as: vec![1], key: 1, item: () }];
        match cache.read(&(), demand, wanted, Duration::from_secs(5), |_, ()| true).await.remove(0) {
            Answer::Known(entry, source) => Ok((entry.answer.clone().unwrap(), source)),
            Answer::Pending => Ok(("pending".into(), Source::Fallback)),
            Answer::NotAsked => Ok(("not asked".into(), Source::Fallback)),
            Answer::Failed(failure) => Err(failure.code),
        }
    }

    #[test]
    fn memory_is_bounded_by_the_bytes_of_what_is_kept_not_by_its_number() {
        let memory: Memory<u32, String> = Memory::new(100_000);
        let lifetime = Lifetime { fresh: Duration::from_secs(60), stale: Duration::ZERO };
        for key in 0..100 {
            memory.remember(key, Arc::new(Entry::new(Ok("x".repeat(10_000)), Timestamp::UNIX_EPOCH, None, lifetime)));
        }
        memory.0.run_pending_tasks();
        let kept = memory.0.entry_count();
        assert!((1..=9).contains(&kept), "{kept} entries of 10 kB in 100 kB");
    }

    #[tokio::test]
    async fn f1_the_first_read_is_live_the_second_cached() {
        let (cache, ..) = cache(10);
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 1".into(), Source::Live)));
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 1".into(), Source::Cached)));
    }

    #[tokio::test]
    async fn a_stale_value_is_shown_at_once_while_a_refresh_runs() {
        let (cache, backend, clock) = cache(10);
        read(&cache, Demand::Cached).await.unwrap();
        clock.advance(SignedDuration::from_secs(11));
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 1".into(), Source::Stale)));
        while *backend.calls.lock() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 2".into(), Source::Cached)));
    }

    #[tokio::test]
    async fn a_live_read_never_answers_from_the_cache_not_even_when_the_back_end_is_down() {
        let (cache, backend, _) = cache(10);
        read(&cache, Demand::Cached).await.unwrap();
        assert_eq!(read(&cache, Demand::Live).await, Ok(("call 2".into(), Source::Live)));
        *backend.down.lock() = true;
        assert_eq!(read(&cache, Demand::Live).await, Err(FailureCode::Unavailable));
    }

    #[tokio::test]
    async fn f3_a_value_that_must_be_asked_is_shown_as_stale_only_while_the_back_end_is_down() {
        let (cache, backend, _) = cache(0);
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 1".into(), Source::Live)));
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 2".into(), Source::Live)));
        *backend.down.lock() = true;
        assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 2".into(), Source::Stale)));
    }

    #[tokio::test]
    async fn a_read_that_does_not_wait_is_told_that_the_answer_is_pending() {
        let (cache, backend, _) = cache(10);
        assert_eq!(read(&cache, Demand::CachedOnly).await, Ok(("pending".into(), Source::Fallback)));
        while *backend.calls.lock() < 1 || backend.memory.get(&1).is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(read(&cache, Demand::CachedOnly).await, Ok(("call 1".into(), Source::Cached)));
    }

    #[tokio::test]
    async fn f2_what_is_never_asked_on_a_miss_is_shown_once_something_else_has_brought_it() {
        let (cache, backend, clock) = cache(10);
        assert_eq!(read(&cache, Demand::KnownOnly).await, Ok(("not asked".into(), Source::Fallback)));
        assert_eq!(*backend.calls.lock(), 0);
        read(&cache, Demand::Live).await.unwrap();
        assert_eq!(read(&cache, Demand::KnownOnly).await, Ok(("call 1".into(), Source::Cached)));
        clock.advance(SignedDuration::from_secs(11));
        assert_eq!(read(&cache, Demand::KnownOnly).await, Ok(("call 1".into(), Source::Stale)));
    }
}
