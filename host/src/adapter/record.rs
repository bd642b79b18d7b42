//! What became of a generation's calls: totals since it was loaded, and how many are under way. Read by `canary` and the operators.

use std::sync::atomic::{AtomicU64, Ordering};

use super::classify::{Cause, Classified, TrapKind};
use crate::domain::{Failure, FailureCode};

/// Totals of one generation.
#[derive(Debug, Default)]
pub(super) struct Record {
    calls: AtomicU64,
    failures: AtomicU64,
    traps: AtomicU64,
    in_flight: AtomicU64,
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
