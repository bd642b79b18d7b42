//! Items that the back end does not want to be cached (rule F12): they are asked each time, until their end, a later push or a person lifts it.
//! One that has ended is remembered for a while, so that an older message that comes again does not bring it back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use parking_lot::RwLock;

use super::{Dimensions, Reach};
use crate::domain::{Sku, Withheld};

/// Most reaches of one item, such as locations.
const MAX_PER_ITEM: usize = 256;

/// There are too many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// The items, of all kinds of answers.
pub struct Uncacheable {
    /// Most items in force. More are refused, loudly: forgetting one would show what must not be cached.
    most: usize,
    /// Whether there is any: without one, a look costs a load.
    any: AtomicBool,
    by_item: RwLock<ByItem>,
}

type ByItem = HashMap<Sku, Vec<(Reach, Withheld)>>;

impl Uncacheable {
    pub fn new(most: usize) -> Self {
        Self { most, any: AtomicBool::new(false), by_item: RwLock::default() }
    }

    /// What lies within its reach is asked each time, as long as it is in force. The same reach again takes the place of itself; false: what is there
    /// is newer.
    pub fn put(&self, withheld: Withheld, now: Timestamp) -> Result<bool, TooMany> {
        let mut by_item = self.by_item.write();
        let reach = reach_of(&withheld);
        if withheld.is_in_force(now) && !self.make_place(&mut by_item, &withheld.sku, now) {
            return Err(TooMany);
        }
        let of_item = by_item.entry(reach.sku.clone()).or_default();
        if of_item.len() >= MAX_PER_ITEM && of_item.iter().all(|(known, _)| *known != reach) {
            return Err(TooMany);
        }
        let is_newest = of_item.iter().all(|(known, other)| *known != reach || other.as_of <= withheld.as_of);
        if is_newest {
            of_item.retain(|(known, _)| *known != reach);
            of_item.push((reach, withheld));
        }
        self.any.store(true, Ordering::Release);
        Ok(is_newest)
    }

    /// All of them, and nothing else, from now on. What is in force only since then.
    pub fn replace(&self, all: Vec<Withheld>, now: Timestamp) -> Vec<Reach> {
        let mut by_item = ByItem::new();
        for withheld in all {
            by_item.entry(withheld.sku.clone()).or_default().push((reach_of(&withheld), withheld));
        }
        self.any.store(!by_item.is_empty(), Ordering::Release);
        let before = std::mem::replace(&mut *self.by_item.write(), by_item.clone());
        let was_in_force = |reach: &Reach| in_force(before.get(&reach.sku), now).any(|(known, _)| known == reach);
        let in_force_now = by_item.values().flat_map(|of_item| in_force(Some(of_item), now)).map(|(reach, _)| reach);
        in_force_now.filter(|reach| !was_in_force(reach)).cloned().collect()
    }

    /// What lies within the reach, is in force and was said before `as_of`, as it is when that has ended it. Without `as_of`: whenever it was said.
    pub fn ended_by(&self, reach: &Reach, as_of: Option<Timestamp>, now: Timestamp) -> Vec<Withheld> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let by_item = self.by_item.read();
        let within =
            in_force(by_item.get(&reach.sku), now).filter(|(known, _)| reach.contains(known)).map(|(_, withheld)| withheld);
        let earlier = within.filter(|withheld| as_of.is_none_or(|as_of| withheld.as_of < as_of));
        earlier.map(|withheld| withheld.clone().ended(as_of, now)).collect()
    }

    /// Whether answers to a question must not be cached now.
    pub fn includes(&self, about: &Dimensions<'_>, now: Timestamp) -> bool {
        self.any.load(Ordering::Acquire)
            && in_force(self.by_item.read().get(about.sku), now).any(|(reach, _)| reach.includes(about))
    }

    /// What is said of an item now.
    pub fn of(&self, sku: &Sku, now: Timestamp) -> Vec<Withheld> {
        in_force(self.by_item.read().get(sku), now).map(|(_, withheld)| withheld.clone()).collect()
    }

    /// Whether one more item may be in force, when some were forgotten that have ended.
    fn make_place(&self, by_item: &mut ByItem, sku: &Sku, now: Timestamp) -> bool {
        if by_item.len() < self.most || in_force(by_item.get(sku), now).next().is_some() {
            return true;
        }
        let long_ago = now.saturating_sub(Withheld::REMEMBERED).unwrap_or(Timestamp::MIN);
        forget_ended(by_item, if by_item.len() < 2 * self.most { long_ago } else { now });
        by_item.values().filter(|of_item| in_force(Some(of_item), now).next().is_some()).count() < self.most
    }
}

fn reach_of(withheld: &Withheld) -> Reach {
    let Withheld { sku, adapter, store, location, .. } = withheld.clone();
    // An account's price cannot be told apart from the item here: rather too little is cached.
    Reach { adapter, store, location, ..Reach::everything(sku) }
}

fn in_force(of_item: Option<&Vec<(Reach, Withheld)>>, now: Timestamp) -> impl Iterator<Item = &(Reach, Withheld)> {
    of_item.into_iter().flatten().filter(move |(_, withheld)| withheld.is_in_force(now))
}

fn forget_ended(by_item: &mut ByItem, before: Timestamp) {
    by_item.retain(|_, of_item| {
        of_item.retain(|(_, withheld)| withheld.is_in_force(before));
        !of_item.is_empty()
    });
}

#[cfg(test)]
mod tests;
