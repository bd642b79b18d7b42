//! Memory that all calls of one adapter hold at once: their instances', and the replies that the host keeps for them. Each call has limits of its
//! own, but as many calls as an adapter may have could together take a machine's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Traffic;

/// One for each generation of an adapter.
#[derive(Debug)]
pub struct Holdings {
    held: AtomicUsize,
    most: usize,
}

/// What one call holds. Given back when it is dropped.
#[derive(Debug)]
pub struct Held {
    of: Option<Arc<Holdings>>,
    /// Nothing is taken beyond so much of all calls.
    most: usize,
    bytes: AtomicUsize,
    refused: AtomicBool,
}

impl Holdings {
    /// At most so many bytes.
    pub fn new(most: usize) -> Self {
        Self { held: AtomicUsize::new(0), most }
    }

    /// For one call. Reads leave a quarter to checkouts and transfers, so that browsing cannot take an order's memory.
    pub fn share(self: &Arc<Self>, traffic: Traffic) -> Held {
        let most = if traffic == Traffic::Read { self.most - self.most / 4 } else { self.most };
        Held { of: Some(Arc::clone(self)), most, bytes: AtomicUsize::new(0), refused: AtomicBool::new(false) }
    }
}

impl Held {
    /// Without end: for what is bounded otherwise.
    pub fn unbounded() -> Self {
        Self { of: None, most: usize::MAX, bytes: AtomicUsize::new(0), refused: AtomicBool::new(false) }
    }

    /// False when there is no room for so much more.
    pub fn take(&self, bytes: usize) -> bool {
        let Some(holdings) = &self.of else { return true };
        let more = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.most);
        let taken = holdings.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        match taken {
            true => drop(self.bytes.fetch_add(bytes, Ordering::Relaxed)),
            false => self.refused.store(true, Ordering::Relaxed),
        }
        taken
    }

    /// For as long as what is returned lives; nothing when there is no room for so much more.
    pub fn keep(&self, bytes: usize) -> Option<Kept<'_>> {
        self.take(bytes).then(|| Kept { held: self, bytes })
    }

    /// Whether the call was refused any.
    pub fn was_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }
}

/// What a call holds for a part of its time.
#[derive(Debug)]
pub struct Kept<'a> {
    held: &'a Held,
    bytes: usize,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if let Some(holdings) = &self.held.of {
            self.held.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
            holdings.held.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(holdings) = &self.of {
            holdings.held.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_calls_together_hold_no_more_than_there_is_and_give_it_back() {
        let holdings = Arc::new(Holdings::new(100));
        let (one, other) = (holdings.share(Traffic::Transfer), holdings.share(Traffic::Transfer));
        assert!(one.take(60) && !other.take(60) && other.take(40) && !one.take(1));
        assert!(one.was_refused() && other.was_refused());
        drop(one);
        let third = holdings.share(Traffic::Transfer);
        assert!(third.take(60) && !third.take(1));
    }

    #[test]
    fn what_is_held_for_a_while_is_given_back_before_the_call_ends() {
        let holdings = Arc::new(Holdings::new(100));
        let call = holdings.share(Traffic::Transfer);
        assert!(call.take(10));
        let kept = call.keep(80).unwrap();
        assert!(call.keep(20).is_none());
        drop(kept);
        assert!(call.keep(90).is_some());
        assert!(call.take(90));
        drop(call);
        assert!(holdings.share(Traffic::Transfer).take(100));
    }

    #[test]
    fn browsing_leaves_a_quarter_to_orders() {
        let holdings = Arc::new(Holdings::new(100));
        let (reads, order) = (holdings.share(Traffic::Read), holdings.share(Traffic::Transfer));
        assert!(reads.take(75) && !reads.take(1) && order.take(25));
    }

    #[test]
    fn no_number_is_too_large() {
        let holdings = Arc::new(Holdings::new(100));
        let call = holdings.share(Traffic::Transfer);
        assert!(call.take(1) && !call.take(usize::MAX));
        assert!(Held::unbounded().take(usize::MAX));
    }
}
