//! What availability and offer prices have in common: what a purpose demands, how an adapter is asked, and how its answers are kept.

mod fetching;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use futures::future::join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Caller, Shop};
use crate::adapter::Reader;
use crate::cache::{Demand, Keyed, Kind, Memory, Shared, Shelf, Uncacheable, Urgency, Weigh};
use crate::clock::Clock;
use crate::domain::{CallContext, Purpose, StoreName};
pub(super) use fetching::Answers;

/// Which reads the cache may answer (the table of purposes in the freshness rules).
pub(super) fn demand(purpose: Purpose) -> Demand {
    match purpose {
        Purpose::Browse | Purpose::Cart => Demand::Cached,
        _ => Demand::Live,
    }
}

/// The same for one item, whose policy has a say (rule F2).
pub(super) fn by_policy(demand: Demand, bypass: bool, call_on_miss: bool) -> Demand {
    match demand {
        Demand::Cached | Demand::CachedOnly if bypass => Demand::Live,
        Demand::Cached | Demand::CachedOnly if !call_on_miss => Demand::KnownOnly,
        demand => demand,
    }
}

/// Who asks with this demand. A question that is asked live says so, whatever its caller's purpose: others whose purpose wants it live may
/// get its answer.
pub(super) fn asker(caller: &Caller, purpose: Purpose, demand: Demand) -> Arc<CallContext> {
    let is_live = demand == Demand::Live && self::demand(purpose) != Demand::Live;
    Arc::new(caller.read_context(if is_live { Purpose::Checkout } else { purpose }))
}

/// Reads each item by its own demand: all at once where they agree, which is the rule. One answer for each, in the order asked.
pub(super) async fn read_each<I, A, Reading: Future<Output = Vec<A>>>(
    items: Vec<(Demand, I)>,
    read: impl Fn(Demand, Vec<I>) -> Reading,
) -> Vec<A> {
    let first = items.first().map_or(Demand::Cached, |(demand, _)| *demand);
    if items.iter().all(|(demand, _)| *demand == first) {
        return read(first, items.into_iter().map(|(_, item)| item).collect()).await;
    }
    let mut groups: BTreeMap<Demand, (Vec<usize>, Vec<I>)> = BTreeMap::new();
    for (place, (demand, item)) in items.into_iter().enumerate() {
        let (places, items) = groups.entry(demand).or_default();
        places.push(place);
        items.push(item);
    }
    let (places, readings): (Vec<_>, Vec<_>) =
        groups.into_iter().map(|(demand, (places, items))| (places, read(demand, items))).unzip();
    let answers = join_all(readings).await.into_iter().flatten();
    let mut answers: Vec<_> = places.into_iter().flatten().zip(answers).collect();
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

pub(super) fn urgency(demand: Demand) -> Urgency {
    match demand {
        Demand::Live => Urgency::Live,
        Demand::Cached | Demand::CachedOnly | Demand::KnownOnly => Urgency::Browsing,
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
    /// Where hosts share their answers.
    pub(super) shelf: Option<Shelf<K, V>>,
    uncacheable: Arc<Uncacheable>,
    clock: Clock,
}

/// Whom a call asks, and how.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) reader: &'a Reader,
    pub(super) store: &'a StoreName,
    pub(super) urgency: Urgency,
}

impl<K, V> Catalog<K, V>
where
    K: Clone + Hash + Eq + Weigh + Keyed + Send + Sync + 'static,
    V: Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// `max_bytes`: how much memory its answers may take. With whom they are shared, and which may not be kept.
    pub(super) fn new(
        kind: Kind,
        shops: &BTreeMap<StoreName, Arc<Shop>>,
        max_bytes: u64,
        (shared, uncacheable): (Option<&Shared>, &Arc<Uncacheable>),
        clock: &Clock,
    ) -> Self {
        let memory = Memory::new(max_bytes, clock);
        let shelf = shared.map(|shared| shared.shelf(kind, &memory));
        Self { shops: shops.clone(), memory, shelf, uncacheable: Arc::clone(uncacheable), clock: clock.clone() }
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

    #[test]
    fn f2_a_policy_can_make_a_read_live_or_keep_it_from_asking_but_never_a_live_one_cached() {
        assert_eq!(by_policy(Demand::Cached, true, true), Demand::Live);
        assert_eq!(by_policy(Demand::CachedOnly, false, false), Demand::KnownOnly);
        assert_eq!(by_policy(Demand::Cached, false, true), Demand::Cached);
        assert_eq!(by_policy(Demand::Live, false, false), Demand::Live);
        assert_eq!(by_policy(Demand::Cached, true, false), Demand::Live, "the delivery method decides first");
    }

    #[tokio::test]
    async fn items_with_different_demands_are_answered_in_the_order_asked() {
        let items = vec![(Demand::Live, 1), (Demand::Cached, 2), (Demand::KnownOnly, 3), (Demand::Cached, 4), (Demand::Live, 5)];
        let answers =
            read_each(items, async |demand, items: Vec<i32>| items.into_iter().map(|item| (item, demand)).collect()).await;
        let order: Vec<_> = answers.iter().map(|(item, _): &(i32, Demand)| *item).collect();
        assert_eq!(order, [1, 2, 3, 4, 5]);
        assert_eq!((answers[1].1, answers[4].1), (Demand::Cached, Demand::Live));
        let none = read_each(Vec::<(Demand, i32)>::new(), async |_, items| items).await;
        assert!(none.is_empty());
    }
}
