//! Whether one request has left: settled once, between the connection that is about to send it and the caller that gives up on it. So a
//! caller that reads "not left" can rely on it. Used by `client` only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

const HERE: u8 = 0;
const LEFT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// The caller's end. A request that has not left when this is dropped never leaves.
#[derive(Debug)]
pub(super) struct Departure(Arc<State>);

/// The connection's end.
#[derive(Debug)]
pub(super) struct Pass(Arc<State>);

/// The caller gave up before the request left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request was withdrawn before it left")]
pub(super) struct Withdrawn;

#[derive(Debug)]
struct State {
    at: AtomicU8,
    /// Set before the first byte of a change leaves.
    change_mark: Option<Arc<AtomicBool>>,
}

impl Departure {
    pub(super) fn new(change_mark: Option<Arc<AtomicBool>>) -> Self {
        Self(Arc::new(State { at: AtomicU8::new(HERE), change_mark }))
    }

    pub(super) fn pass(&self) -> Pass {
        Pass(Arc::clone(&self.0))
    }

    /// Keeps the request from leaving; false when it may have left.
    pub(super) fn withdraw(&self) -> bool {
        let left = self.0.settle(WITHDRAWN) == LEFT;
        if left {
            // The connection may not have come to it yet.
            self.0.mark();
        }
        !left
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        self.withdraw();
    }
}

impl Pass {
    /// Asked before every piece of the request.
    pub(super) fn leave(&self) -> Result<(), Withdrawn> {
        if self.0.settle(LEFT) == WITHDRAWN {
            return Err(Withdrawn);
        }
        self.0.mark();
        Ok(())
    }
}

impl State {
    fn mark(&self) {
        if let Some(mark) = &self.change_mark {
            mark.store(true, Ordering::Release);
        }
    }

    /// What it is after this attempt: the first word counts.
    fn settle(&self, wanted: u8) -> u8 {
        self.at.compare_exchange(HERE, wanted, Ordering::AcqRel, Ordering::Acquire).map_or_else(|found| found, |_| wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t4_a_request_that_was_withdrawn_never_leaves() {
        let mark = Arc::new(AtomicBool::new(false));
        let departure = Departure::new(Some(Arc::clone(&mark)));
        let pass = departure.pass();
        assert!(departure.withdraw());
        assert_eq!(pass.leave(), Err(Withdrawn));
        assert!(!mark.load(Ordering::Acquire));
    }

    #[test]
    fn t4_a_request_that_left_cannot_be_withdrawn() {
        let mark = Arc::new(AtomicBool::new(false));
        let departure = Departure::new(Some(Arc::clone(&mark)));
        assert_eq!(departure.pass().leave(), Ok(()));
        assert!(!departure.withdraw());
        assert!(mark.load(Ordering::Acquire));
    }

    #[test]
    fn t4_a_caller_that_goes_away_withdraws_its_request() {
        let departure = Departure::new(None);
        let pass = departure.pass();
        drop(departure);
        assert_eq!(pass.leave(), Err(Withdrawn));
    }
}
