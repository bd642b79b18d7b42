//! Whether one request has left: settled once, between the connection that is about to send it and the caller that gives up on it. So a
//! caller that reads "not left" can rely on it. Used by `client` only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::SystemTime;

use tokio::time::Instant;

const HERE: u8 = 0;
const LEFT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// Until when a request may leave, by two clocks: one that goes evenly and that nobody can set, and the machine's, which alone knows how long the
/// machine slept. A host that stood still while another one took its work over must not go on where it was (rule T5).
#[derive(Clone, Copy, Debug)]
pub struct LeavesBy {
    even: Instant,
    machine: SystemTime,
}

impl LeavesBy {
    /// To be made when the time begins to run.
    pub fn at(ends: Instant) -> Self {
        Self { even: ends, machine: SystemTime::now() + ends.saturating_duration_since(Instant::now()) }
    }

    pub(super) fn is_over(self) -> bool {
        Instant::now() >= self.even || SystemTime::now() >= self.machine
    }
}

/// The caller's end. A request that has not left when this is dropped never leaves.
#[derive(Debug)]
pub(super) struct Departure(Arc<State>);

/// The connection's end.
#[derive(Debug)]
pub(super) struct Pass(Arc<State>);

/// The caller gave up before the request left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request was withdrawn, or its time was over, before it left")]
pub(super) struct Withdrawn;

#[derive(Debug)]
struct State {
    at: AtomicU8,
    by: LeavesBy,
    /// Set before the first byte of a change leaves.
    change_mark: Option<Arc<AtomicBool>>,
}

impl Departure {
    pub(super) fn new(by: LeavesBy, change_mark: Option<Arc<AtomicBool>>) -> Self {
        Self(Arc::new(State { at: AtomicU8::new(HERE), by, change_mark }))
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
    /// Asked right before every piece of the request. What comes too late is withdrawn.
    pub(super) fn leave(&self) -> Result<(), Withdrawn> {
        if self.0.by.is_over() {
            self.0.settle(WITHDRAWN);
        }
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
    use std::time::Duration;

    use super::*;

    fn in_time() -> LeavesBy {
        LeavesBy::at(Instant::now() + Duration::from_secs(60))
    }

    #[test]
    fn t5_what_comes_too_late_by_either_clock_does_not_leave() {
        let passed = LeavesBy { even: Instant::now(), ..in_time() };
        let slept = LeavesBy { machine: SystemTime::now() - Duration::from_secs(1), ..in_time() };
        for by in [passed, slept] {
            let mark = Arc::new(AtomicBool::new(false));
            let departure = Departure::new(by, Some(Arc::clone(&mark)));
            assert_eq!(departure.pass().leave(), Err(Withdrawn));
            assert!(!mark.load(Ordering::Acquire), "nothing has left");
        }
    }

    #[test]
    fn t5_a_request_that_has_begun_to_leave_is_not_cut_off() {
        let ends = Instant::now() + Duration::from_millis(20);
        let departure = Departure::new(LeavesBy::at(ends), None);
        let pass = departure.pass();
        assert_eq!(pass.leave(), Ok(()));
        while !LeavesBy::at(ends).is_over() {
            std::hint::spin_loop();
        }
        assert_eq!(pass.leave(), Ok(()));
    }

    #[test]
    fn t4_a_request_that_was_withdrawn_never_leaves() {
        let mark = Arc::new(AtomicBool::new(false));
        let departure = Departure::new(in_time(), Some(Arc::clone(&mark)));
        let pass = departure.pass();
        assert!(departure.withdraw());
        assert_eq!(pass.leave(), Err(Withdrawn));
        assert!(!mark.load(Ordering::Acquire));
    }

    #[test]
    fn t4_a_request_that_left_cannot_be_withdrawn() {
        let mark = Arc::new(AtomicBool::new(false));
        let departure = Departure::new(in_time(), Some(Arc::clone(&mark)));
        assert_eq!(departure.pass().leave(), Ok(()));
        assert!(!departure.withdraw());
        assert!(mark.load(Ordering::Acquire));
    }

    #[test]
    fn t4_a_caller_that_goes_away_withdraws_its_request() {
        let departure = Departure::new(in_time(), None);
        let pass = departure.pass();
        drop(departure);
        assert_eq!(pass.leave(), Err(Withdrawn));
    }
}
