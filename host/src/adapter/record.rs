//! What became of a generation's calls: totals since it was loaded, and how many are under way. Read by `canary` and the operators.

use std::sync::atomic::{AtomicU64, Ordering};

use super::classify::{Cause, Classified, TrapKind};
use super::operation::Lane;
use crate::domain::{Failure, FailureCode};

/// Totals of one generation.
#[derive(Debug, Default)]
pub(super) struct Record {
    calls: AtomicU64,
    failures: AtomicU64,
    traps: AtomicU64,
    in_flight: AtomicU64,
    read: Tally,
    checkout: Tally,
    transfer: Tally,
    inbound: Tally,
}

/// Calls of one lane that were run.
#[derive(Debug, Default)]
struct Tally {
    calls: AtomicU64,
    faults: AtomicU64,
}

/// Calls of one lane that were run, and those that failed by the adapter's own fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs {
    pub calls: u64,
    pub faults: u64,
}

/// The same of all lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RunsByLane {
    pub read: Runs,
    pub checkout: Runs,
    pub transfer: Runs,
    pub inbound: Runs,
}

impl Record {
    /// Counts a call as under way until dropped, however it ends.
    pub(super) fn enter(&self) -> Running<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Running(self)
    }

    pub(super) fn ended<T>(&self, outcome: &Result<T, Classified>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let Err(failed) = outcome else { return };
        if is_suspect(&failed.failure) {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        // Out of time is the back end's doing as often as the adapter's.
        if matches!(failed.cause, Cause::Trap(kind) if kind != TrapKind::Wall) {
            self.traps.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a call of a lane that was run.
    pub(super) fn ran<T>(&self, lane: Lane, outcome: &Result<T, Classified>) {
        let tally = match lane {
            Lane::Read => &self.read,
            Lane::Checkout => &self.checkout,
            Lane::Transfer => &self.transfer,
            Lane::Inbound => &self.inbound,
        };
        tally.calls.fetch_add(1, Ordering::Relaxed);
        let is_fault = outcome.as_ref().is_err_and(|failed| is_own_fault(lane, failed));
        tally.faults.fetch_add(u64::from(is_fault), Ordering::Relaxed);
    }

    /// Since it was loaded.
    pub(super) fn runs(&self) -> RunsByLane {
        let runs =
            |tally: &Tally| Runs { calls: tally.calls.load(Ordering::Relaxed), faults: tally.faults.load(Ordering::Relaxed) };
        let [read, checkout, transfer, inbound] = [&self.read, &self.checkout, &self.transfer, &self.inbound].map(runs);
        RunsByLane { read, checkout, transfer, inbound }
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls that something was wrong with; an answer of the business is none.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Calls whose guest broke down or ran into a limit.
    pub(super) fn traps(&self) -> u64 {
        self.traps.load(Ordering::Relaxed)
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }
}

impl Runs {
    /// Of all calls, between 0 and 1.
    pub(super) fn fault_ratio(self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.faults as f64 / self.calls as f64 }
    }

    fn since(self, earlier: Self) -> Self {
        Self { calls: self.calls.saturating_sub(earlier.calls), faults: self.faults.saturating_sub(earlier.faults) }
    }
}

impl RunsByLane {
    pub(super) fn each(&self) -> [(Lane, Runs); 4] {
        [(Lane::Read, self.read), (Lane::Checkout, self.checkout), (Lane::Transfer, self.transfer), (Lane::Inbound, self.inbound)]
    }

    /// What came after an earlier look.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            read: self.read.since(earlier.read),
            checkout: self.checkout.since(earlier.checkout),
            transfer: self.transfer.since(earlier.transfer),
            inbound: self.inbound.since(earlier.inbound),
        }
    }
}

/// A call under way.
pub(super) struct Running<'a>(&'a Record);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a failure may be the adapter's fault. Answers of the business and full queues are not.
pub(super) fn is_suspect(failure: &Failure) -> bool {
    !matches!(failure.code, FailureCode::Rejected | FailureCode::NotFound | FailureCode::Conflict | FailureCode::Throttled)
}

/// Whether a call failed by the adapter's own fault, whatever its back end and its customers do: its guest broke down or ran into a limit, or it
/// could not put an order or quote together that the host had taken. Elsewhere such words are often about what a customer asked.
fn is_own_fault(lane: Lane, failed: &Classified) -> bool {
    match failed.cause {
        Cause::Trap(kind) => kind != TrapKind::Wall,
        Cause::Adapter => lane == Lane::Transfer && failed.failure.code == FailureCode::InvalidRequest,
        Cause::Host => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs_of(lane: Lane, cause: Cause, code: FailureCode) -> RunsByLane {
        let record = Record::default();
        record.ran::<()>(lane, &Err(Classified { failure: Box::new(Failure::new(code, "")), cause }));
        record.runs()
    }

    #[test]
    fn what_the_guest_breaks_over_is_its_own_fault_and_a_slow_or_absent_back_end_is_not() {
        for lane in [Lane::Read, Lane::Checkout, Lane::Transfer, Lane::Inbound] {
            let faults = |cause, code| runs_of(lane, cause, code).each().map(|(_, runs)| runs.faults).iter().sum::<u64>();
            assert_eq!(faults(Cause::Trap(TrapKind::Cpu), FailureCode::Unavailable), 1, "{lane:?}");
            assert_eq!(faults(Cause::Trap(TrapKind::Wall), FailureCode::Timeout), 0, "{lane:?}");
            assert_eq!(faults(Cause::Host, FailureCode::Throttled), 0, "{lane:?}");
            for code in [FailureCode::Unavailable, FailureCode::InvalidResponse, FailureCode::Rejected, FailureCode::Auth] {
                assert_eq!(faults(Cause::Adapter, code), 0, "{lane:?} {code:?}");
            }
        }
    }

    #[test]
    fn an_order_that_cannot_be_put_together_is_its_own_fault_and_a_question_that_cannot_is_not() {
        let of = |lane| runs_of(lane, Cause::Adapter, FailureCode::InvalidRequest);
        assert_eq!(of(Lane::Transfer).transfer, Runs { calls: 1, faults: 1 });
        assert_eq!((of(Lane::Read).read, of(Lane::Checkout).checkout.faults), (Runs { calls: 1, faults: 0 }, 0));
    }

    #[test]
    fn what_was_before_is_taken_off() {
        let record = Record::default();
        record.ran(Lane::Read, &Ok(()));
        let earlier = record.runs();
        record.ran(Lane::Read, &Ok(()));
        record.ran(Lane::Transfer, &Ok(()));
        let since = record.runs().since(&earlier);
        assert_eq!((since.read.calls, since.transfer.calls, since.checkout.calls), (1, 1, 0));
    }
}
