//! One key, one call; different keys join into batches, adaptively (rule F8).
//!
//! A miss goes out at once. While a call for the same scope is in flight, others gather; they leave together when it returns, or as soon as
//! they fill the adapter's cap. There is no waiting window. One scope has only so many calls in flight; what does not fit waits. A caller
//! who goes away cancels no call: others may wait for the same answer. What nobody waits for any more when its turn comes is not asked.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Entry;

/// How a batch is asked. Two implementations: availability and offer prices.
pub trait Fetch: Send + Sync + 'static {
    /// What the items of one call have in common.
    type Scope: Clone + Eq + Hash + Send + Sync + 'static;
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    type Item: Clone + Send + Sync + 'static;
    type Value: Send + Sync + 'static;

    /// Most items in one call.
    fn cap(&self, scope: &Self::Scope) -> usize;

    /// Most calls in flight at once for a scope: one buyer must not take everyone's places.
    fn calls(&self, scope: &Self::Scope) -> usize;

    /// Asks the back end and remembers the answers: one entry per item, in order.
    fn fetch(
        self: Arc<Self>,
        scope: Self::Scope,
        items: Vec<(Self::Key, Self::Item)>,
    ) -> impl Future<Output = Vec<Arc<Entry<Self::Value>>>> + Send;

    /// What other hosts know, without asking the back end: for each item, in order.
    fn known_elsewhere(
        &self,
        _: &Self::Scope,
        items: &[(Self::Key, Self::Item)],
    ) -> impl Future<Output = Vec<Option<Arc<Entry<Self::Value>>>>> + Send {
        std::future::ready(items.iter().map(|_| None).collect())
    }
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
    threads: Handle,
}

struct Queue<F: Fetch> {
    /// Calls in flight.
    calls: usize,
    /// Number of the latest call.
    latest: u64,
    /// What is waiting should have left, but for the most calls in flight.
    held_back: bool,
    waiting: VecDeque<(F::Key, F::Item)>,
    /// Refreshes: they leave with others, or when nothing else is under way (rule F10).
    refreshing: VecDeque<(F::Key, F::Item)>,
    waiting_for: HashMap<F::Key, Waiters<F::Value>>,
    /// Who waits for which call of a key; more than one when a live question followed.
    in_flight: HashMap<F::Key, Calls<F::Value>>,
}

impl<F: Fetch> Default for Queue<F> {
    fn default() -> Self {
        Self {
            calls: 0,
            latest: 0,
            held_back: false,
            waiting: VecDeque::new(),
            refreshing: VecDeque::new(),
            waiting_for: HashMap::new(),
            in_flight: HashMap::new(),
        }
    }
}

impl<F: Fetch> Clone for Gatherer<F> {
    fn clone(&self) -> Self {
        Self { fetch: Arc::clone(&self.fetch), scopes: Arc::clone(&self.scopes), threads: self.threads.clone() }
    }
}

impl<F: Fetch> Gatherer<F> {
    /// It asks on `threads`.
    pub fn new(fetch: Arc<F>, threads: Handle) -> Self {
        Self { fetch, scopes: Arc::default(), threads }
    }

    pub(super) fn fetch(&self) -> &F {
        &self.fetch
    }

    /// Asks for items that belong together; each receiver yields its item's entry. `landed` says what is known by now of the item at a
    /// position: a call may have returned since its asker looked. It remembers its answer before it ends, so that an item that is not being
    /// asked is known if it was. A live question does not look.
    pub fn ask(
        &self,
        scope: &F::Scope,
        join: Join,
        items: Batch<F>,
        landed: impl Fn(usize, &(F::Key, F::Item)) -> Option<Answer<F::Value>>,
    ) -> Vec<oneshot::Receiver<Answer<F::Value>>> {
        let mut scopes = self.scopes.lock();
        let queue = scopes.entry(scope.clone()).or_default();
        let enlist = |(position, asked): (usize, (F::Key, F::Item))| {
            let looks = join == Join::InFlight && !queue.is_asked(&asked.0);
            match looks.then(|| landed(position, &asked)).flatten() {
                Some(entry) => answered(entry),
                None => queue.enlist(asked.0, asked.1, join),
            }
        };
        let receivers = items.into_iter().enumerate().map(enlist).collect();
        self.dispatch(scope, queue);
        if queue.is_idle() {
            scopes.remove(scope);
        }
        receivers
    }

    /// Asks again in the background for what nobody waits for (rule F10): skipped when it is being asked already, or when as much waits as one
    /// call takes.
    pub fn refresh(&self, scope: &F::Scope, items: Batch<F>) {
        let mut scopes = self.scopes.lock();
        let queue = scopes.entry(scope.clone()).or_default();
        let cap = self.fetch.cap(scope);
        for (key, item) in items {
            if !queue.is_asked(&key) && queue.waiting.len() + queue.refreshing.len() < cap {
                queue.waiting_for.insert(key.clone(), Vec::new());
                queue.refreshing.push_back((key, item));
            }
        }
        self.dispatch(scope, queue);
        if queue.is_idle() {
            scopes.remove(scope);
        }
    }

    /// Sends what may leave now: everything when nothing is in flight or it was held back, else only full batches; never more calls
    /// than the scope may have in flight. Refreshes fill what is left of a call, and get one of their own only when nothing is in flight.
    fn dispatch(&self, scope: &F::Scope, queue: &mut Queue<F>) {
        let (cap, most) = (self.fetch.cap(scope).max(1), self.fetch.calls(scope).max(1));
        let everything = queue.calls == 0 || queue.held_back;
        while !queue.waiting.is_empty() && (everything || queue.waiting.len() >= cap) {
            if queue.calls >= most {
                queue.held_back = true;
                return;
            }
            let (call, batch) = queue.take(cap);
            if !batch.is_empty() {
                self.send(scope, call, batch);
            }
        }
        queue.held_back = false;
        if queue.calls == 0 && !queue.refreshing.is_empty() {
            let (call, batch) = queue.take(cap);
            if !batch.is_empty() {
                self.send(scope, call, batch);
            }
        }
    }

    fn send(&self, scope: &F::Scope, call: u64, batch: Batch<F>) {
        let (gatherer, scope) = (self.clone(), scope.clone());
        self.threads.spawn(async move {
            let keys: Vec<_> = batch.iter().map(|(key, _)| key.clone()).collect();
            // A defect in it is answered below instead of leaving its callers waiting.
            let asked = AssertUnwindSafe(Arc::clone(&gatherer.fetch).fetch(scope.clone(), batch)).catch_unwind().await;
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
            let entry = entry.unwrap_or_else(Entry::lost);
            for waiter in waiters {
                // A receiver that is gone is a caller who has left: nothing to do.
                let _ = waiter.send(Arc::clone(&entry));
            }
        }
    }
}

impl<F: Fetch> Queue<F> {
    /// Whether a call for it is under way or to come.
    fn is_asked(&self, key: &F::Key) -> bool {
        self.in_flight.contains_key(key) || self.waiting_for.contains_key(key)
    }

    fn enlist(&mut self, key: F::Key, item: F::Item, join: Join) -> oneshot::Receiver<Answer<F::Value>> {
        let (sender, receiver) = oneshot::channel();
        if join == Join::InFlight
            && let Some((_, waiters)) = self.in_flight.get_mut(&key).and_then(|calls| calls.last_mut())
        {
            waiters.push(sender);
        } else if let Some(waiters) = self.waiting_for.get_mut(&key) {
            // It was a refresh: now somebody waits for it.
            if let Some(position) = self.refreshing.iter().position(|(refreshed, _)| *refreshed == key) {
                self.waiting.extend(self.refreshing.remove(position));
            }
            waiters.push(sender);
        } else {
            self.waiting_for.insert(key.clone(), vec![sender]);
            self.waiting.push_back((key, item));
        }
        receiver
    }

    fn take(&mut self, cap: usize) -> (u64, Batch<F>) {
        let (call, mut batch) = (self.latest + 1, Vec::new());
        while batch.len() < cap
            && let Some((key, item)) = self.waiting.pop_front().or_else(|| self.refreshing.pop_front())
        {
            let waiters = self.waiting_for.remove(&key).unwrap_or_default();
            if is_wanted(&waiters) {
                self.in_flight.entry(key.clone()).or_default().push((call, waiters));
                batch.push((key, item));
            }
        }
        if !batch.is_empty() {
            self.calls += 1;
            self.latest = call;
        }
        (call, batch)
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
        self.calls == 0 && self.waiting.is_empty() && self.refreshing.is_empty()
    }
}

fn answered<V>(entry: Answer<V>) -> oneshot::Receiver<Answer<V>> {
    let (sender, receiver) = oneshot::channel();
    // Its receiver is there.
    let _ = sender.send(entry);
    receiver
}

/// Somebody waits, or nobody ever did: a refresh.
fn is_wanted<V>(waiters: &Waiters<V>) -> bool {
    waiters.is_empty() || waiters.iter().any(|waiter| !waiter.is_closed())
}

#[cfg(test)]
mod tests;
