//! What availability and offer prices have in common: what a purpose demands, how an adapter is asked, and how its answers are kept.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use jiff::Timestamp;

use super::Shop;
use crate::adapter::Reader;
use crate::adapter::operation::Operation;
use crate::cache::{Demand, Entry, Lifetime, Memory, Urgency, Weigh};
use crate::clock::Clock;
use crate::domain::{CallContext, Failure, FailureCode, Purpose, StoreName};

/// Which reads the cache may answer (the table of purposes in the freshness rules).
pub(super) fn demand(purpose: Purpose) -> Demand {
    match purpose {
        Purpose::Browse | Purpose::Cart => Demand::Cached,
        _ => Demand::Live,
    }
}

pub(super) fn urgency(demand: Demand) -> Urgency {
    match demand {
        Demand::Live => Urgency::Live,
        Demand::Cached | Demand::CachedOnly => Urgency::Browsing,
    }
}

/// One item, and the request that asked it first.
#[derive(Clone)]
pub(super) struct Question<I> {
    pub(super) item: I,
    pub(super) asker: Arc<CallContext>,
}

/// Asks adapters about items and keeps their answers. What of an answer is believed, and for how long, the two reads say for themselves.
pub(super) struct Catalog<K, V> {
    shops: BTreeMap<StoreName, Arc<Shop>>,
    pub(super) memory: Memory<K, V>,
    pub(super) clock: Clock,
}

impl<K, V> Catalog<K, V>
where
    K: Clone + Hash + Eq + Weigh + Send + Sync + 'static,
    V: Weigh + Send + Sync + 'static,
{
    /// `max_bytes`: how much memory its answers may take.
    pub(super) fn new(shops: &BTreeMap<StoreName, Arc<Shop>>, max_bytes: u64, clock: &Clock) -> Self {
        Self { shops: shops.clone(), memory: Memory::new(max_bytes, clock), clock: clock.clone() }
    }

    /// Asks for all items in one call: one answer each, in order. When the call fails, every item has. The context is that of the first
    /// asker, with the store's whole deadline, because others may have joined.
    pub(super) async fn ask<I: Clone, O: Operation<Reply = Vec<Result<V, Failure>>>>(
        &self,
        reader: &Reader,
        store: &StoreName,
        items: &[(K, Question<I>)],
        operation: impl FnOnce(Vec<I>) -> O,
    ) -> Vec<Result<V, Failure>> {
        let everything_failed = |failure: Failure| items.iter().map(|_| Err(failure.clone())).collect();
        let (Some((_, first)), Some(shop)) = (items.first(), self.shops.get(store)) else {
            return everything_failed(Failure::new(FailureCode::Unavailable, "there is no such store any more"));
        };
        let context = CallContext { deadline: shop.config.read_deadline(), ..CallContext::clone(&first.asker) };
        let operation = operation(items.iter().map(|(_, question)| question.item.clone()).collect());
        reader.call(&context, &operation).await.unwrap_or_else(everything_failed)
    }

    /// Makes an entry of an answer, and remembers it when it has a lifetime.
    pub(super) fn keep(
        &self,
        key: K,
        answer: Result<V, Failure>,
        asked_at: Timestamp,
        as_of: Option<Timestamp>,
        lifetime: Option<Lifetime>,
    ) -> Arc<Entry<V>> {
        let entry = Arc::new(Entry::new(answer, asked_at, as_of, lifetime.unwrap_or_default()));
        if lifetime.is_some() {
            self.memory.remember(&key, Arc::clone(&entry));
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_question_never_travels_in_a_call_that_browses() {
        let of = |purpose| urgency(demand(purpose));
        assert_eq!(of(Purpose::Browse), of(Purpose::Cart));
        assert_ne!(of(Purpose::Browse), of(Purpose::Checkout));
        assert_eq!(of(Purpose::Checkout), of(Purpose::Commit));
    }
}
