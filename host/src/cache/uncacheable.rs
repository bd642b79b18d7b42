//! Items that the back end does not want to be cached (rule F12): they are asked each time, until their end, a later push or a person lifts it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use parking_lot::RwLock;
use serde::Serialize;

use super::{Dimensions, Reach};
use crate::domain::{AdapterName, Location, Sku, StoreName};

/// Most items. More are refused, loudly: forgetting one would show what must not be cached.
const MAX: usize = 10_000;
/// Most reaches of one item, such as locations.
const MAX_PER_ITEM: usize = 256;

/// What must not be cached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withheld {
    pub adapter: Option<AdapterName>,
    pub store: Option<StoreName>,
    pub location: Option<Location>,
    /// When the back end said so, by its clock.
    pub as_of: Timestamp,
    /// None: until it is lifted.
    pub until: Option<Timestamp>,
}

/// There are too many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// The items, of all kinds of answers.
#[derive(Default)]
pub struct Uncacheable {
    /// Whether there is any: without one, a look costs a load.
    any: AtomicBool,
    by_item: RwLock<HashMap<Sku, Vec<(Reach, Withheld)>>>,
}

impl Uncacheable {
    /// What lies within the reach is asked each time. The same reach again takes the place of itself; false: what is there is newer.
    pub fn put(&self, reach: &Reach, as_of: Timestamp, until: Option<Timestamp>, now: Timestamp) -> Result<bool, TooMany> {
        let mut by_item = self.by_item.write();
        let is_full = |by_item: &HashMap<Sku, _>| by_item.len() >= MAX && !by_item.contains_key(&reach.sku);
        if is_full(&by_item) {
            forget_ended(&mut by_item, now);
            if is_full(&by_item) {
                return Err(TooMany);
            }
        }
        let Reach { adapter, store, location, .. } = reach.clone();
        let of_item = by_item.entry(reach.sku.clone()).or_default();
        if of_item.len() >= MAX_PER_ITEM && of_item.iter().all(|(known, _)| known != reach) {
            return Err(TooMany);
        }
        let is_newest = of_item.iter().all(|(known, withheld)| known != reach || withheld.as_of <= as_of);
        if is_newest {
            of_item.retain(|(known, _)| known != reach);
            of_item.push((reach.clone(), Withheld { adapter, store, location, as_of, until }));
        }
        self.any.store(true, Ordering::Release);
        Ok(is_newest)
    }

    /// What lies within the reach and was said before `as_of` is cached again. How many that were.
    pub fn lift(&self, reach: &Reach, as_of: Timestamp) -> usize {
        if !self.any.load(Ordering::Acquire) {
            return 0;
        }
        let mut by_item = self.by_item.write();
        let Some(of_item) = by_item.get_mut(&reach.sku) else { return 0 };
        let before = of_item.len();
        of_item.retain(|(known, withheld)| !(reach.contains(known) && withheld.as_of < as_of));
        let lifted = before - of_item.len();
        if of_item.is_empty() {
            by_item.remove(&reach.sku);
        }
        self.any.store(!by_item.is_empty(), Ordering::Release);
        lifted
    }

    /// Whether answers to a question must not be cached now.
    pub fn includes(&self, about: &Dimensions<'_>, now: Timestamp) -> bool {
        self.any.load(Ordering::Acquire)
            && self.by_item.read().get(about.sku).is_some_and(|of_item| {
                of_item.iter().any(|(reach, withheld)| reach.includes(about) && withheld.until.is_none_or(|end| now < end))
            })
    }

    /// What is said of an item now.
    pub fn of(&self, sku: &Sku, now: Timestamp) -> Vec<Withheld> {
        let by_item = self.by_item.read();
        let of_item = by_item.get(sku).into_iter().flatten().map(|(_, withheld)| withheld);
        of_item.filter(|withheld| withheld.until.is_none_or(|end| now < end)).cloned().collect()
    }
}

fn forget_ended(by_item: &mut HashMap<Sku, Vec<(Reach, Withheld)>>, now: Timestamp) {
    by_item.retain(|_, of_item| {
        of_item.retain(|(_, withheld)| withheld.until.is_none_or(|end| now < end));
        !of_item.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(secs)
    }

    fn includes(uncacheable: &Uncacheable, sku: &str, location: Option<&str>, now: i64) -> bool {
        let (adapter, store, sku, location) = ("erp".into(), "main".into(), sku.into(), location.map(Location::from));
        uncacheable.includes(&Dimensions::of(&adapter, &store, &sku, location.as_ref()), at(now))
    }

    #[test]
    fn f12_an_item_is_not_cached_until_its_end_or_until_something_later_lifts_it() {
        let uncacheable = Uncacheable::default();
        let of =
            |sku: &str, location: Option<&str>| Reach { location: location.map(Into::into), ..Reach::everything(sku.into()) };
        uncacheable.put(&of("A", None), at(10), Some(at(100)), at(10)).unwrap();
        uncacheable.put(&of("B", Some("BER")), at(10), None, at(10)).unwrap();
        assert!(includes(&uncacheable, "A", Some("HAM"), 99) && !includes(&uncacheable, "A", Some("HAM"), 100));
        assert!(includes(&uncacheable, "B", Some("BER"), 500) && !includes(&uncacheable, "B", Some("HAM"), 500));
        assert!(includes(&uncacheable, "B", None, 500), "it may count Berlin's stock");
        assert_eq!(uncacheable.put(&of("A", None), at(9), None, at(20)), Ok(false));
        assert!(!includes(&uncacheable, "A", None, 100), "what is older changes nothing");
        assert_eq!(uncacheable.lift(&of("A", Some("BER")), at(20)), 0, "one location says nothing of the others");
        assert_eq!(uncacheable.lift(&of("A", None), at(10)), 0, "it is not later");
        assert_eq!((uncacheable.lift(&of("A", None), at(11)), uncacheable.lift(&of("B", None), at(11))), (1, 1));
        assert!(!includes(&uncacheable, "A", None, 12) && uncacheable.of(&"B".into(), at(12)).is_empty());
    }

    #[test]
    fn f12_there_is_a_most_of_them_and_ended_ones_do_not_count() {
        let uncacheable = Uncacheable::default();
        for number in 0..MAX {
            let end = (number == 0).then(|| at(50));
            uncacheable.put(&Reach::everything(format!("S{number}").into()), at(1), end, at(1)).unwrap();
        }
        let more = Reach::everything("more".into());
        assert_eq!(uncacheable.put(&more, at(2), None, at(2)), Err(TooMany));
        assert!(uncacheable.put(&Reach::everything("S1".into()), at(2), None, at(2)).is_ok(), "one that is there already");
        assert!(uncacheable.put(&more, at(51), None, at(51)).is_ok());
    }
}
