//! Marks: what was asked about an item before an instant is not used any more, whoever asked it and in whatever variant.
//!
//! Nothing is searched and nothing is removed: a look-up compares the instant of the answer with the newest mark that reaches it. An answer
//! that was under way when its item was marked is therefore as little used as one that was cached before.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;

use super::Dimensions;
use crate::domain::{AdapterName, Location, Sku, StoreName};

/// Most marks. When there are more, the oldest gives way to one that reaches everything: too much is asked again rather than too little.
const MAX_MARKS: usize = 100_000;
/// Most marks of one item. When there are more, one that reaches the whole item takes their place.
const MAX_PER_ITEM: usize = 16;
/// A mark outlives the answers that it reaches by so much: one that was under way when it was made is kept later.
const MARGIN: Duration = Duration::from_secs(3_600);

/// What a mark is about. An absent part means all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub sku: Sku,
    pub adapter: Option<AdapterName>,
    pub store: Option<StoreName>,
    /// Answers about no location in particular are reached as well: they may count this one's stock.
    pub location: Option<Location>,
}

/// The marks of one kind of answers.
#[derive(Default)]
pub struct Marks {
    /// Whether there is any: without one, a look-up costs a load.
    any: AtomicBool,
    /// The longest time that an answer was kept, in seconds: no older one can be left.
    kept_secs: AtomicU64,
    made: RwLock<Made>,
}

#[derive(Default)]
struct Made {
    by_item: HashMap<Sku, Vec<(Reach, Timestamp)>>,
    /// In the order in which they were made; some may be gone already.
    oldest_first: VecDeque<(Timestamp, Sku)>,
    /// Reaches everything.
    floor: Option<Timestamp>,
}

impl Marks {
    /// An answer is kept for so long.
    pub(super) fn note_kept(&self, time: Duration) {
        self.kept_secs.fetch_max(time.as_secs(), Ordering::Relaxed);
    }

    /// No answer that is left at `now` was asked before.
    pub(super) fn oldest_answer(&self, now: Timestamp) -> Timestamp {
        let kept = Duration::from_secs(self.kept_secs.load(Ordering::Relaxed)).saturating_add(MARGIN);
        now.saturating_sub(SignedDuration::try_from(kept).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MIN)
    }

    /// What was asked until `at` is not used any more.
    pub(super) fn put(&self, reach: Reach, at: Timestamp) {
        let mut made = self.made.write();
        made.forget_until(self.oldest_answer(at));
        made.put(reach, at, MAX_MARKS);
        self.any.store(true, Ordering::Release);
    }

    /// When what is asked about was marked last.
    pub(super) fn latest(&self, about: &Dimensions<'_>) -> Option<Timestamp> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let made = self.made.read();
        let of_item = made.by_item.get(about.sku).into_iter().flatten();
        let of_item = of_item.filter(|(reach, _)| reach.includes(about)).map(|(_, at)| *at);
        of_item.chain(made.floor).max()
    }
}

impl Reach {
    fn includes(&self, about: &Dimensions<'_>) -> bool {
        self.adapter.as_ref().is_none_or(|adapter| adapter == about.adapter)
            && self.store.as_ref().is_none_or(|store| store == about.store)
            && self.location.as_ref().is_none_or(|location| about.location.is_none_or(|about| about == location))
    }

    /// Whether a mark with this reach makes one with the other needless.
    fn contains(&self, other: &Self) -> bool {
        let parts = |own: Option<&str>, other: Option<&str>| own.is_none() || own == other;
        parts(self.adapter.as_ref().map(AdapterName::as_str), other.adapter.as_ref().map(AdapterName::as_str))
            && parts(self.store.as_ref().map(StoreName::as_str), other.store.as_ref().map(StoreName::as_str))
            && parts(self.location.as_ref().map(Location::as_str), other.location.as_ref().map(Location::as_str))
    }
}

impl Made {
    fn put(&mut self, reach: Reach, at: Timestamp, most: usize) {
        self.oldest_first.push_back((at, reach.sku.clone()));
        let of_item = self.by_item.entry(reach.sku.clone()).or_default();
        of_item.retain(|(other, earlier)| *earlier > at || !reach.contains(other));
        if of_item.len() >= MAX_PER_ITEM {
            of_item.clear();
            of_item.push((Reach { adapter: None, store: None, location: None, ..reach }, at));
        } else {
            of_item.push((reach, at));
        }
        while self.oldest_first.len() > most {
            let Some(oldest) = self.forget_oldest() else { return };
            self.floor = self.floor.max(Some(oldest));
        }
    }

    fn forget_until(&mut self, end: Timestamp) {
        while self.oldest_first.front().is_some_and(|(at, _)| *at < end) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) -> Option<Timestamp> {
        let (at, sku) = self.oldest_first.pop_front()?;
        if let Some(of_item) = self.by_item.get_mut(&sku) {
            of_item.retain(|(_, made_at)| *made_at > at);
            if of_item.is_empty() {
                self.by_item.remove(&sku);
            }
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests;
