//! Reads before a back end that counts its calls and may be down.

use super::*;
use crate::cache::{Lifetime, Reach};
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
                self.memory.remember(&key, Arc::clone(&entry));
            }
            entry
        };
        items.into_iter().map(|(key, ())| answer(key)).collect()
    }
}

fn cache(fresh_secs: u64) -> (ReadCache<Backend>, Arc<Backend>, Clock) {
    let clock = Clock::manual(Timestamp::UNIX_EPOCH);
    let memory = Memory::new(1_000_000, &clock);
    let backend = Arc::new(Backend {
        memory: memory.clone(),
        clock: clock.clone(),
        calls: Mutex::new(0),
        down: Mutex::new(false),
        fresh_secs,
    });
    (ReadCache::new(Kind::Availability, memory, None, Arc::clone(&backend), clock.clone(), Handle::current()), backend, clock)
}

async fn read(cache: &ReadCache<Backend>, demand: Demand) -> Result<(String, Source), FailureCode> {
    let wanted = vec![Wanted { wider: None, key: 1, item: () }];
    match cache.read(&(), demand, wanted, Duration::from_secs(5), |_, ()| true).await.remove(0) {
        Answer::Known(entry, source) => Ok((entry.answer.clone().unwrap(), source)),
        Answer::Pending => Ok(("pending".into(), Source::Fallback)),
        Answer::NotAsked => Ok(("not asked".into(), Source::Fallback)),
        Answer::Failed(failure) => Err(failure.code),
    }
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

#[tokio::test]
async fn what_was_asked_before_its_item_was_marked_is_neither_used_nor_kept() {
    let (cache, backend, clock) = cache(10);
    read(&cache, Demand::Cached).await.unwrap();
    clock.advance(SignedDuration::from_secs(1));
    let reach = Reach::everything("1".into());
    cache.memory.mark(reach, clock.now());
    clock.advance(SignedDuration::from_secs(1));
    assert!(backend.memory.get(&1).is_none());
    let under_way = Entry::new(Ok("asked before".to_owned()), Timestamp::UNIX_EPOCH, None, Lifetime::default());
    assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 2".into(), Source::Live)));
    backend.memory.remember(&1, Arc::new(under_way));
    assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 2".into(), Source::Cached)));
    *backend.down.lock() = true;
    clock.advance(SignedDuration::from_secs(11));
    assert_eq!(read(&cache, Demand::Cached).await, Ok(("call 2".into(), Source::Stale)));
}

#[tokio::test]
async fn f8_a_call_that_returns_between_looking_and_asking_answers_and_is_not_made_again() {
    let (cache, backend, clock) = cache(10);
    let entry = |text: &str| {
        let lifetime = Lifetime { fresh: Duration::from_secs(10), stale: Duration::ZERO };
        Arc::new(Entry::new(Ok(text.to_owned()), clock.now(), None, lifetime))
    };
    backend.memory.remember(&2, entry("does not answer it"));
    // The reader looks, and what it finds is no answer; meanwhile a call for the same returns.
    let usable = |known: &String, (): &()| {
        backend.memory.remember(&1, entry("of the call"));
        known == "of the call"
    };
    let wanted = vec![Wanted { wider: Some(1), key: 2, item: () }];
    let answer = cache.read(&(), Demand::Cached, wanted, Duration::from_secs(5), usable).await.remove(0);
    assert!(matches!(&answer, Answer::Known(known, _) if known.answer.as_deref() == Ok("of the call")), "{answer:?}");
    assert_eq!(*backend.calls.lock(), 0);
}
