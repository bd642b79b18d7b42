//! One key, one call; different keys join into batches, adaptively (rule F8).
//!
//! A miss goes out at once. While a call for the same scope is in flight, others gather; they leave together when it returns, or as soon as
//! they fill the adapter's cap. There is no waiting window. A caller who goes away cancels nothing: others may wait for the same answer.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Entry;
use crate::domain::{Failure, FailureCode};

/// How a batch is asked. Two implementations: availability and offer prices.
pub trait Fetch: Send + Sync + 'static {
    /// What the items of one call have in common.
    type Scope: Clone + Eq + Hash + Send + Sync + 'static;
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    type Item: Clone + Send + Sync + 'static;
    type Value: Send + Sync + 'static;

    /// Most items in one call.
    fn cap(&self, scope: &Self::Scope) -> usize;

    /// Asks the back end and remembers the answers: one entry per item, in order.
    fn fetch(
        self: Arc<Self>,
        scope: Self::Scope,
        items: Vec<(Self::Key, Self::Item)>,
    ) -> impl Future<Output = Vec<Arc<Entry<Self::Value>>>> + Send;
}

/// Whether a question may be answered by a call that has already left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// A cache miss: any call in flight for the key will do.
    InFlight,
    /// A live question: only a call that has not left yet.
    NotYetSent,
}

type Answer<V> = Arc<Entry<V>>;
/// Questions that leave in one call.
pub type Batch<F> = Vec<(<F as Fetch>::Key, <F as Fetch>::Item)>;
/// Who waits for which call of a key.
type Calls<V> = Vec<(u64, Waiters<V>)>;
type Waiters<V> = Vec<oneshot::Sender<Answer<V>>>;

/// Gathers questions into calls.
pub struct Gatherer<F: Fetch> {
    fetch: Arc<F>,
    scopes: Arc<Mutex<HashMap<F::Scope, Queue<F>>>>,
}

struct Queue<F: Fetch> {
    /// Calls in flight.
    calls: usize,
    /// Number of the latest call.
    latest: u64,
    waiting: Batch<F>,
    waiting_for: HashMap<F::Key, Waiters<F::Value>>,
    /// Who waits for which call of a key; more than one when a live question followed.
    in_flight: HashMap<F::Key, Calls<F::Value>>,
}

impl<F: Fetch> Default for Queue<F> {
    fn default() -> Self {
        Self { calls: 0, latest: 0, waiting: Vec::new(), waiting_for: HashMap::new(), in_flight: HashMap::new() }
    }
}

impl<F: Fetch> Clone for Gatherer<F> {
    fn clone(&self) -> Self {
        Self { fetch: Arc::clone(&self.fetch), scopes: Arc::clone(&self.scopes) }
    }
}

impl<F: Fetch> Gatherer<F> {
    pub fn new(fetch: Arc<F>) -> Self {
        Self { fetch, scopes: Arc::default() }
    }

    /// Asks for items that belong together; each receiver yields its item's entry.
    pub fn ask(&self, scope: &F::Scope, join: Join, items: Batch<F>) -> Vec<oneshot::Receiver<Answer<F::Value>>> {
        let mut scopes = self.scopes.lock();
        let queue = scopes.entry(scope.clone()).or_default();
        let receivers = items.into_iter().map(|(key, item)| queue.enlist(key, item, join)).collect();
        self.dispatch(scope, queue);
        receivers
    }

    /// Asks again in the background for what nobody waits for (rule F10): skipped when it is being asked already, or when the queue is
    /// as long as one call.
    pub fn refresh(&self, scope: &F::Scope, items: Batch<F>) {
        let mut scopes = self.scopes.lock();
        let queue = scopes.entry(scope.clone()).or_default();
        let cap = self.fetch.cap(scope);
        for (key, item) in items {
            let asked = queue.in_flight.contains_key(&key) || queue.waiting_for.contains_key(&key);
            if !asked && queue.waiting.len() < cap {
                queue.waiting_for.insert(key.clone(), Vec::new());
                queue.waiting.push((key, item));
            }
        }
        self.dispatch(scope, queue);
        if queue.is_idle() {
            scopes.remove(scope);
        }
    }

    /// Sends what may leave now: everything when nothing is in flight, else only full batches.
    fn dispatch(&self, scope: &F::Scope, queue: &mut Queue<F>) {
        let cap = self.fetch.cap(scope).max(1);
        let nothing_in_flight = queue.calls == 0;
        while !queue.waiting.is_empty() && (nothing_in_flight || queue.waiting.len() >= cap) {
            let (call, batch) = queue.take(cap);
            self.send(scope, call, batch);
        }
    }

    fn send(&self, scope: &F::Scope, call: u64, batch: Batch<F>) {
        let (gatherer, scope) = (self.clone(), scope.clone());
        tokio::spawn(async move {
            let keys: Vec<_> = batch.iter().map(|(key, _)| key.clone()).collect();
            // In a task of its own, so that a defect in it is answered below instead of leaving its callers waiting.
            let asked = tokio::spawn(Arc::clone(&gatherer.fetch).fetch(scope.clone(), batch)).await;
            gatherer.finish(&scope, call, &keys, asked.unwrap_or_default());
        });
    }

    /// Lets the next batch leave, then answers everyone who waits for this one.
    fn finish(&self, scope: &F::Scope, call: u64, keys: &[F::Key], entries: Vec<Answer<F::Value>>) {
        let mut entries = entries.into_iter();
        let mut answers = Vec::with_capacity(keys.len());
        {
            let mut scopes = self.scopes.lock();
            let Some(queue) = scopes.get_mut(scope) else { return };
            queue.calls = queue.calls.saturating_sub(1);
            for key in keys {
                answers.push((queue.land(call, key), entries.next()));
            }
            self.dispatch(scope, queue);
            if queue.is_idle() {
                scopes.remove(scope);
            }
        }
        for (waiters, entry) in answers {
            let entry = entry.unwrap_or_else(lost_answer);
            for waiter in waiters {
                // A receiver that is gone is a caller who has left: nothing to do.
                let _ = waiter.send(Arc::clone(&entry));
            }
        }
    }
}

/// The fetch ended without an answer for the item: a defect of ours, reported as such rather than left waiting.
fn lost_answer<V>() -> Arc<Entry<V>> {
    let failure = Failure::new(FailureCode::Unavailable, "the answer was lost in the host");
    let lifetime = super::Lifetime { fresh: std::time::Duration::ZERO, stale: std::time::Duration::ZERO };
    Arc::new(Entry::new(Err(failure), jiff::Timestamp::UNIX_EPOCH, None, lifetime))
}

impl<F: Fetch> Queue<F> {
    fn enlist(&mut self, key: F::Key, item: F::Item, join: Join) -> oneshot::Receiver<Answer<F::Value>> {
        let (sender, receiver) = oneshot::channel();
        if join == Join::InFlight
            && let Some((_, waiters)) = self.in_flight.get_mut(&key).and_then(|calls| calls.last_mut())
        {
            waiters.push(sender);
        } else if let Some(waiters) = self.waiting_for.get_mut(&key) {
            waiters.push(sender);
        } else {
            self.waiting_for.insert(key.clone(), vec![sender]);
            self.waiting.push((key, item));
        }
        receiver
    }

    fn take(&mut self, cap: usize) -> (u64, Batch<F>) {
        self.calls += 1;
        self.latest += 1;
        let batch: Vec<_> = self.waiting.drain(..cap.min(self.waiting.len())).collect();
        for (key, _) in &batch {
            let waiters = self.waiting_for.remove(key).unwrap_or_default();
            self.in_flight.entry(key.clone()).or_default().push((self.latest, waiters));
        }
        (self.latest, batch)
    }

    fn land(&mut self, call: u64, key: &F::Key) -> Waiters<F::Value> {
        let Some(calls) = self.in_flight.get_mut(key) else { return Vec::new() };
        let position = calls.iter().position(|(number, _)| *number == call);
        let waiters = position.map(|position| calls.swap_remove(position).1).unwrap_or_default();
        if calls.is_empty() {
            self.in_flight.remove(key);
        }
        waiters
    }

    fn is_idle(&self) -> bool {
        self.calls == 0 && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Lifetime;
    use jiff::Timestamp;
    use std::time::Duration;
    use tokio::sync::{Semaphore, mpsc};

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
        (Arc::clone(&fetch), Gatherer::new(fetch), seen)
    }

    fn items(keys: impl IntoIterator<Item = u32>) -> Vec<(u32, ())> {
        keys.into_iter().map(|key| (key, ())).collect()
    }

    #[tokio::test]
    async fn f8_a_thousand_misses_on_one_key_make_one_call() {
        let (fetch, gatherer, mut seen) = scripted(100);
        let waiting: Vec<_> = (0..1000).flat_map(|_| gatherer.ask(&"s", Join::InFlight, items([7]))).collect();
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
        let first = gatherer.ask(&"s", Join::InFlight, items([1]));
        assert_eq!(seen.recv().await, Some(vec![1]));
        let others: Vec<_> = (2..6).flat_map(|key| gatherer.ask(&"s", Join::InFlight, items([key]))).collect();
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
        let _first = gatherer.ask(&"s", Join::InFlight, items([1]));
        assert_eq!(seen.recv().await, Some(vec![1]));
        let _second = gatherer.ask(&"s", Join::InFlight, items([2, 3]));
        assert!(seen.try_recv().is_err());
        let _third = gatherer.ask(&"s", Join::InFlight, items([4]));
        assert_eq!(seen.recv().await, Some(vec![2, 3, 4]));
    }

    #[tokio::test]
    async fn f9_items_asked_together_leave_together_in_capped_batches() {
        let (_fetch, gatherer, mut seen) = scripted(100);
        let _waiting = gatherer.ask(&"s", Join::InFlight, items(0..250));
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
        let cached = gatherer.ask(&"s", Join::InFlight, items([1]));
        assert_eq!(seen.recv().await, Some(vec![1]));
        let live = gatherer.ask(&"s", Join::NotYetSent, items([1]));
        fetch.permits.add_permits(2);
        assert_eq!(seen.recv().await, Some(vec![1]), "asked again");
        for receiver in cached.into_iter().chain(live) {
            assert!(receiver.await.is_ok());
        }
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_cancels_nobody_elses_answer() {
        let (fetch, gatherer, mut seen) = scripted(100);
        let gone = gatherer.ask(&"s", Join::InFlight, items([1]));
        let stays = gatherer.ask(&"s", Join::InFlight, items([1]));
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
        let lost = gatherer.ask(&"s", Join::InFlight, items([666]));
        for receiver in lost {
            assert!(receiver.await.unwrap().answer.is_err());
        }
        assert_eq!(seen.recv().await, Some(vec![666]));
        for receiver in gatherer.ask(&"s", Join::InFlight, items([1])) {
            assert_eq!(receiver.await.unwrap().answer, Ok(1));
        }
    }
}
