//! When calls leave and who gets their answers.

use super::*;
use crate::cache::Lifetime;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Most calls in flight at once.
const CALLS: usize = 4;

/// Reports each batch and answers it when the test gives a permit.
struct Scripted {
    cap: usize,
    batches: mpsc::UnboundedSender<Vec<u32>>,
    permits: Semaphore,
}

impl Fetch for Scripted {
    type Scope = &'static str;
    type Key = u32;
    type Item = ();
    type Value = u32;

    fn cap(&self, _: &Self::Scope) -> usize {
        self.cap
    }

    fn calls(&self, _: &Self::Scope) -> usize {
        CALLS
    }

    async fn fetch(self: Arc<Self>, _: Self::Scope, items: Vec<(u32, ())>) -> Vec<Arc<Entry<u32>>> {
        self.batches.send(items.iter().map(|(key, ())| *key).collect()).unwrap();
        self.permits.acquire().await.unwrap().forget();
        assert!(items.iter().all(|(key, ())| *key != 666), "a fetch that fails");
        let lifetime = Lifetime { fresh: Duration::from_secs(1), stale: Duration::ZERO };
        items.iter().map(|(key, ())| Arc::new(Entry::new(Ok(*key), Timestamp::UNIX_EPOCH, None, lifetime))).collect()
    }
}

fn scripted(cap: usize) -> (Arc<Scripted>, Gatherer<Scripted>, mpsc::UnboundedReceiver<Vec<u32>>) {
    let (batches, seen) = mpsc::unbounded_channel();
    let fetch = Arc::new(Scripted { cap, batches, permits: Semaphore::new(0) });
    (Arc::clone(&fetch), Gatherer::new(fetch, Handle::current()), seen)
}

fn items(keys: impl IntoIterator<Item = u32>) -> Vec<(u32, ())> {
    keys.into_iter().map(|key| (key, ())).collect()
}

/// No call has returned since the asker looked.
fn nothing(_: usize, _: &(u32, ())) -> Option<Answer<u32>> {
    None
}

#[tokio::test]
async fn f8_a_thousand_misses_on_one_key_make_one_call() {
    let (fetch, gatherer, mut seen) = scripted(100);
    let waiting: Vec<_> = (0..1000).flat_map(|_| gatherer.ask(&"s", Join::InFlight, items([7]), nothing)).collect();
    assert_eq!(seen.recv().await, Some(vec![7]));
    fetch.permits.add_permits(1);
    for receiver in waiting {
        assert_eq!(receiver.await.unwrap().answer, Ok(7));
    }
    assert!(seen.try_recv().is_err(), "no second call");
    assert!(gatherer.scopes.lock().is_empty(), "nothing is left behind");
}

#[tokio::test]
async fn f8_a_miss_goes_out_at_once_and_others_gather_while_it_is_in_flight() {
    let (fetch, gatherer, mut seen) = scripted(100);
    let first = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    assert_eq!(seen.recv().await, Some(vec![1]));
    let others: Vec<_> = (2..6).flat_map(|key| gatherer.ask(&"s", Join::InFlight, items([key]), nothing)).collect();
    assert!(seen.try_recv().is_err(), "they gather");
    fetch.permits.add_permits(2);
    assert_eq!(seen.recv().await, Some(vec![2, 3, 4, 5]));
    for receiver in first.into_iter().chain(others) {
        assert!(receiver.await.is_ok());
    }
}

#[tokio::test]
async fn f8_gathered_keys_leave_as_soon_as_they_fill_the_cap() {
    let (_fetch, gatherer, mut seen) = scripted(3);
    let _first = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    assert_eq!(seen.recv().await, Some(vec![1]));
    let _second = gatherer.ask(&"s", Join::InFlight, items([2, 3]), nothing);
    assert!(seen.try_recv().is_err());
    let _third = gatherer.ask(&"s", Join::InFlight, items([4]), nothing);
    assert_eq!(seen.recv().await, Some(vec![2, 3, 4]));
}

#[tokio::test]
async fn f9_items_asked_together_leave_together_in_capped_batches() {
    let (_fetch, gatherer, mut seen) = scripted(100);
    let _waiting = gatherer.ask(&"s", Join::InFlight, items(0..250), nothing);
    let mut sizes = Vec::new();
    for _ in 0..3 {
        sizes.push(seen.recv().await.unwrap().len());
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
}

#[tokio::test]
async fn a_live_question_is_not_answered_by_a_call_that_has_already_left() {
    let (fetch, gatherer, mut seen) = scripted(100);
    let cached = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    assert_eq!(seen.recv().await, Some(vec![1]));
    let live = gatherer.ask(&"s", Join::NotYetSent, items([1]), nothing);
    fetch.permits.add_permits(2);
    assert_eq!(seen.recv().await, Some(vec![1]), "asked again");
    for receiver in cached.into_iter().chain(live) {
        assert!(receiver.await.is_ok());
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_cancels_nobody_elses_answer() {
    let (fetch, gatherer, mut seen) = scripted(100);
    let gone = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    let stays = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    seen.recv().await.unwrap();
    drop(gone);
    fetch.permits.add_permits(1);
    for receiver in stays {
        assert_eq!(receiver.await.unwrap().answer, Ok(1));
    }
}

#[tokio::test]
async fn a_fetch_that_dies_answers_its_callers_and_blocks_nothing() {
    let (fetch, gatherer, mut seen) = scripted(100);
    fetch.permits.add_permits(2);
    let lost = gatherer.ask(&"s", Join::InFlight, items([666]), nothing);
    for receiver in lost {
        assert!(receiver.await.unwrap().answer.is_err());
    }
    assert_eq!(seen.recv().await, Some(vec![666]));
    for receiver in gatherer.ask(&"s", Join::InFlight, items([1]), nothing) {
        assert_eq!(receiver.await.unwrap().answer, Ok(1));
    }
}

#[tokio::test]
async fn one_scope_has_only_so_many_calls_in_flight_and_the_rest_waits_its_turn() {
    let (fetch, gatherer, mut seen) = scripted(1);
    let mut waiting = gatherer.ask(&"s", Join::InFlight, items(0..6), nothing);
    for _ in 0..CALLS {
        seen.recv().await.unwrap();
    }
    tokio::task::yield_now().await;
    assert!(seen.try_recv().is_err(), "the rest waits");
    assert!(gatherer.ask(&"another", Join::InFlight, items([9]), nothing).pop().is_some());
    assert_eq!(seen.recv().await, Some(vec![9]), "another scope does not wait");
    fetch.permits.add_permits(7);
    for receiver in waiting.drain(..) {
        assert!(receiver.await.unwrap().answer.is_ok());
    }
}

#[tokio::test]
async fn what_was_held_back_leaves_as_soon_as_a_place_is_free_even_if_it_fills_no_call() {
    let (fetch, gatherer, mut seen) = scripted(2);
    let _waiting = gatherer.ask(&"s", Join::InFlight, items(0..9), nothing);
    for _ in 0..CALLS {
        assert_eq!(seen.recv().await.unwrap().len(), 2);
    }
    fetch.permits.add_permits(1);
    assert_eq!(seen.recv().await, Some(vec![8]));
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_when_its_turn_comes_is_not_asked() {
    let (fetch, gatherer, mut seen) = scripted(1);
    let mut waiting = gatherer.ask(&"s", Join::InFlight, items(0..6), nothing);
    for _ in 0..CALLS {
        seen.recv().await.unwrap();
    }
    let last = waiting.pop().unwrap();
    drop(waiting);
    fetch.permits.add_permits(6);
    assert_eq!(last.await.unwrap().answer, Ok(5));
    assert_eq!(seen.recv().await, Some(vec![5]), "4 was not asked");
}

#[tokio::test]
async fn f10_refreshes_are_bounded_and_yield_to_what_somebody_waits_for() {
    let (fetch, gatherer, mut seen) = scripted(2);
    let first = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    assert_eq!(seen.recv().await, Some(vec![1]));
    gatherer.refresh(&"s", items([10, 11, 12, 13]));
    assert!(seen.try_recv().is_err(), "a refresh opens no second call");
    let asked = gatherer.ask(&"s", Join::InFlight, items([2, 3]), nothing);
    assert_eq!(seen.recv().await, Some(vec![2, 3]), "those who wait go first");
    fetch.permits.add_permits(3);
    assert_eq!(seen.recv().await, Some(vec![10, 11]), "not more than one call takes");
    for receiver in first.into_iter().chain(asked) {
        assert!(receiver.await.is_ok());
    }
    gatherer.refresh(&"s", items([12]));
    fetch.permits.add_permits(1);
    assert_eq!(seen.recv().await, Some(vec![12]), "what was left out is asked at the next read");
}

#[tokio::test]
async fn f10_a_refresh_that_somebody_waits_for_after_all_goes_with_the_others() {
    let (fetch, gatherer, mut seen) = scripted(2);
    let _first = gatherer.ask(&"s", Join::InFlight, items([1]), nothing);
    assert_eq!(seen.recv().await, Some(vec![1]));
    gatherer.refresh(&"s", items([10, 11]));
    let waiting = gatherer.ask(&"s", Join::InFlight, items([11, 2]), nothing);
    assert_eq!(seen.recv().await, Some(vec![11, 2]));
    fetch.permits.add_permits(3);
    assert_eq!(seen.recv().await, Some(vec![10]));
    for receiver in waiting {
        assert!(receiver.await.is_ok());
    }
}
