//! Whether a connection is being used. The listener asks; nothing else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// Requests of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request that is being answered; dropped at its end.
pub(super) struct Running(Arc<Counts>);

impl Activity {
    pub(super) fn begin(&self) -> Running {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(&self.0))
    }

    /// Returns when no request came within `first`, or, later, when none was there for `limit` (looked at so often: twice that at most).
    pub(super) async fn idle(&self, clock: &Clock, first: Duration, limit: Duration) {
        clock.sleep(first).await;
        let mut seen = self.seen();
        if seen.0 == 0 {
            return;
        }
        loop {
            clock.sleep(limit).await;
            let now = self.seen();
            let (begun, ended) = now;
            if now == seen && begun == ended {
                return;
            }
            seen = now;
        }
    }

    fn seen(&self) -> (u64, u64) {
        (self.0.begun.load(Ordering::Relaxed), self.0.ended.load(Ordering::Relaxed))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
