//! Marks: what was asked about an item before an instant is not used any more, whoever asked it and in whatever variant.
//!
//! Nothing is searched and nothing is removed: a look-up compares the instant of the answer with the newest mark that reaches it. An answer
//! that was under way when its item was marked is therefore as little used as one that was cached before.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;

use super::{Dimensions, Outdated};
use crate::domain::{AccountNumber, AdapterName, Location, Sku, StoreName};

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
    /// Answers that do not depend on the account are reached as well.
    pub account: Option<AccountNumber>,
}

impl Reach {
    /// Whatever is known of an item.
    pub fn everything(sku: Sku) -> Self {
        Self { sku, adapter: None, store: None, location: None, account: None }
    }
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
    by_item: HashMap<Sku, Vec<Mark>>,
    /// In the order in which they were made; some may be gone already.
    oldest_first: VecDeque<(Timestamp, Sku)>,
    /// Reaches everything.
    floor: Option<Outdated>,
}

struct Mark {
    reach: Reach,
    outdated: Outdated,
    made_at: Timestamp,
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

    /// From `now` on, nothing within `reach` is used that is outdated.
    pub(super) fn put(&self, reach: Reach, outdated: Outdated, now: Timestamp) {
        let mut made = self.made.write();
        made.forget_until(self.oldest_answer(now));
        made.put(Mark { reach, outdated, made_at: now }, MAX_MARKS);
        self.any.store(true, Ordering::Release);
    }

    /// What all marks together say about a question.
    pub(super) fn latest(&self, about: &Dimensions<'_>) -> Option<Outdated> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let made = self.made.read();
        let of_item = made.by_item.get(about.sku).into_iter().flatten();
        let of_item = of_item.filter(|mark| mark.reach.includes(about)).map(|mark| mark.outdated);
        of_item.chain(made.floor).reduce(Outdated::and)
    }
}

impl Reach {
    pub(super) fn includes(&self, about: &Dimensions<'_>) -> bool {
        let account = || about.buyer.and_then(|buyer| buyer.account.as_ref());
        self.adapter.as_ref().is_none_or(|adapter| adapter == about.adapter)
            && self.store.as_ref().is_none_or(|store| store == about.store)
            && self.location.as_ref().is_none_or(|location| about.location.is_none_or(|about| about == location))
            && self.account.as_ref().is_none_or(|own| account().is_none_or(|about| about == own))
    }

    /// Whether a mark with this reach reaches everything that one with the other does.
    pub(super) fn contains(&self, other: &Self) -> bool {
        fn part<T: PartialEq>(own: Option<&T>, other: Option<&T>) -> bool {
            own.is_none() || own == other
        }
        self.sku == other.sku
            && part(self.adapter.as_ref(), other.adapter.as_ref())
            && part(self.store.as_ref(), other.store.as_ref())
            && part(self.location.as_ref(), other.location.as_ref())
            && part(self.account.as_ref(), other.account.as_ref())
    }
}

impl Made {
    fn put(&mut self, mut mark: Mark, most: usize) {
        self.oldest_first.push_back((mark.made_at, mark.reach.sku.clone()));
        let of_item = self.by_item.entry(mark.reach.sku.clone()).or_default();
        of_item.retain(|other| {
            if other.reach == mark.reach {
                mark.outdated = mark.outdated.and(other.outdated);
            }
            let says_more = mark.outdated.and(other.outdated) != mark.outdated;
            says_more || !mark.reach.contains(&other.reach)
        });
        if of_item.len() >= MAX_PER_ITEM {
            mark.outdated = of_item.drain(..).fold(mark.outdated, |all, other| all.and(other.outdated));
            mark.reach = Reach::everything(mark.reach.sku);
        }
        of_item.push(mark);
        while self.oldest_first.len() > most {
            let Some(forgotten) = self.forget_oldest() else { return };
            self.floor = Some(self.floor.map_or(forgotten, |floor| floor.and(forgotten)));
        }
    }

    fn forget_until(&mut self, end: Timestamp) {
        while self.oldest_first.front().is_some_and(|(at, _)| *at < end) {
            self.forget_oldest();
        }
    }

    /// What the forgotten ones said.
    fn forget_oldest(&mut self) -> Option<Outdated> {
        let (at, sku) = self.oldest_first.pop_front()?;
        let mut said = Outdated::NOTHING;
        if let Some(of_item) = self.by_item.get_mut(&sku) {
            for forgotten in of_item.extract_if(.., |mark| mark.made_at <= at) {
                said = said.and(forgotten.outdated);
            }
            if of_item.is_empty() {
                self.by_item.remove(&sku);
            }
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests;
