//! A short rest after a time-out: a slow server costs one look-up in so long, not every one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whether the server is asked at the moment.
pub(super) struct Rest {
    started: Instant,
    time: Duration,
    /// Milliseconds from the start; 0: no rest.
    until: AtomicU64,
}

impl Rest {
    pub(super) fn new(time: Duration) -> Self {
        Self { started: Instant::now(), time, until: AtomicU64::new(0) }
    }

    /// Whether a look-up may go. When the rest is over, one goes first, and the others wait for what comes of it.
    pub(super) fn lets_through(&self, now: Instant) -> bool {
        let until = self.until.load(Ordering::Acquire);
        let is_first = || self.until.compare_exchange(until, self.end_from(now), Ordering::AcqRel, Ordering::Acquire).is_ok();
        until == 0 || (self.millis(now) >= until && is_first())
    }

    /// A time-out. Whether a rest begins that was not there before.
    pub(super) fn begin(&self, now: Instant) -> bool {
        self.until.swap(self.end_from(now), Ordering::AcqRel) == 0
    }

    /// The server answers in time.
    pub(super) fn end(&self) {
        // Mostly there is none: a load leaves the line to all who read it.
        if self.is_on() {
            self.until.store(0, Ordering::Release);
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.until.load(Ordering::Acquire) != 0
    }

    fn end_from(&self, now: Instant) -> u64 {
        self.millis(now + self.time).saturating_add(1)
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f11_after_a_time_out_nothing_goes_for_a_while_and_then_one_at_a_time() {
        let rest = Rest::new(Duration::from_secs(1));
        let (now, later) = (rest.started, rest.started + Duration::from_millis(1_001));
        assert!(rest.lets_through(now) && !rest.is_on());
        assert!(rest.begin(now));
        assert!(!rest.begin(now), "it was resting already");
        assert!(!rest.lets_through(now));
        assert!(rest.lets_through(later), "one tries");
        assert!(!rest.lets_through(later), "the others wait for it");
        rest.end();
        assert!(rest.lets_through(now) && rest.lets_through(now));
    }
}
